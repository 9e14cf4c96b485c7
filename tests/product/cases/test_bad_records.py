"""Every refusal of a case's record: one fault a file in ``bad/``, beside it the words it must give."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.cases import load_case_study
from outage.errors import Problems
from tests.product.cases.company import case, handbook

BAD = sorted(Path(__file__).with_name("bad").glob("*.yml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_record_is_refused_in_these_words(path: Path, tmp_path: Path) -> None:
    root = handbook(tmp_path)
    folder = case(root, path.read_text(encoding="utf-8"))
    with pytest.raises(Problems) as refused:
        load_case_study(folder, root)
    assert str(refused.value) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert refused.value.code == 2


def test_the_folder_names_the_case_and_so_must_be_an_id(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    with pytest.raises(Problems, match="'My Case' is not one"):
        load_case_study(case(root, "title: x", "My Case"), root)


def test_a_case_without_a_record_is_refused(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    with pytest.raises(Problems, match=r"case-studies/nowhere/record\.yml: there is no such file"):
        load_case_study(root / "case-studies/nowhere", root)


def test_a_broken_bibliography_is_named(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    (root / "bibliography.bib").write_text("@misc{report, title = {Half", encoding="utf-8")
    with pytest.raises(Problems, match=r"bibliography\.bib: this is not BibTeX"):
        load_case_study(root / "case-studies/seven-of-eight", root)
