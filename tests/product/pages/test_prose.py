"""`outage check` on prose: one bad page per fault in `prose/`, each with what must be said about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outage.check.prose import check_prose, check_text
from outage.policy import load_policy

HERE = Path(__file__).parent
COMPANIES = HERE.parents[1] / "companies"
BAD = sorted((HERE / "prose").glob("bad-*.md"))
POLICY = load_policy(COMPANIES / "larkfield.yml")


def told(path: Path) -> list[str]:
    """What is found in a page, as ``line: message``."""
    problems = check_text(path.read_text(encoding="utf-8"), Path(path.name), POLICY)
    assert all(problem.hint for problem in problems)
    return [f"{problem.line}: {problem.message}" for problem in problems]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_page_is_told_what_it_expects(path):
    expected = re.findall(r"^% expect (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert expected
    assert told(path) == expected


def test_a_good_page_is_left_alone():
    assert told(HERE / "prose/good.md") == []


def test_what_another_company_calls_its_channels_is_found_too():
    policy = load_policy(COMPANIES / "large-group.yml")
    (problem,) = check_text("Post in Lage/Backbone, then call.", Path("a.md"), policy)
    assert problem.message == "the channel name 'Lage/Backbone' is written out"


def test_a_whole_handbook_is_read_file_by_file(tmp_path):
    for name in ("process/b.md", "process/roles/a.md", "playbooks/c.md", "elsewhere/d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# x\n\nWait 20 minutes.\n", encoding="utf-8")
    found = [problem.where for problem in check_prose(tmp_path, POLICY)]
    assert found == ["playbooks/c.md:3", "process/b.md:3", "process/roles/a.md:3"]
