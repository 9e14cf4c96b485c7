"""What is shown of a case, as text. ``python -m tests.product.cases.test_views`` rewrites them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from outage.cases import load_case_study
from outage.cases.frames import make_frames
from outage.cases.script import load_script
from outage.policy import load_policy
from outage.render.case.page import VIEWS
from outage.render.case.walkthrough import write_walkthrough
from tests.product.cases.company import SMALL, handbook

GOLDEN = Path(__file__).with_name("golden")
NAMES = [*VIEWS, "story"]


def shown(root: Path, name: str) -> str:
    """A view of the small case."""
    site = load_policy(root / "case-studies" / "policy.yml")
    if name == "story":
        script = load_script(root, f"case-studies/{SMALL}")
        return write_walkthrough(script, make_frames(script), site) + "\n"
    return VIEWS[name](load_case_study(root / "case-studies" / SMALL, root), site) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_view_reads_as_it_did(name: str, tmp_path: Path) -> None:
    assert shown(handbook(tmp_path), name) == (GOLDEN / f"{name}.md").read_text(encoding="utf-8")


def test_a_clause_that_this_site_has_not_is_no_link(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    study = load_case_study(root / "case-studies" / SMALL, root)
    (root / "small.yml").write_text(
        "company: {name: Small}\nseverities: {bad: {meaning: Bad}}\n", encoding="utf-8"
    )
    text = VIEWS["case-promises"](study, load_policy(root / "small.yml"))
    assert "(#severities." not in text
    assert "severities\\.sev1\\.commander" in text
    assert "(#incident.reassess)" in text


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    path = root / "case-studies" / SMALL / "record.yml"
    told = path.read_text(encoding="utf-8").replace(
        "The trouble lasts.", "'<script>x</script> [a](javascript:b)'"
    )
    path.write_text(told, encoding="utf-8")
    for name in ("case-story", "story"):
        text = shown(root, name)
        assert "<script>" not in text
        assert "](javascript:" not in text


def test_a_recording_is_linked_at_the_events_that_it_shows(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    with (root / "case-studies" / SMALL / "record.yml").open("a", encoding="utf-8") as file:
        file.write(
            "recordings:\n"
            "  - {title: Our session, link: 'https://v.example/x?t={seconds}', marks: {open: '1:02:30'}}\n"
        )
    assert "](<https://v.example/x?t=3750>)" in shown(root, "case-story")
    assert "](<https://v.example/x?t=0>)" in shown(root, "case-facts")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for each in NAMES:
            (GOLDEN / f"{each}.md").write_text(shown(handbook(Path(folder)), each), encoding="utf-8")
