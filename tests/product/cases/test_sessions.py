"""Sessions held: a list of dates, cases and recordings; every case of the handbook is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.cases.sessions import load_sessions
from outage.check.handbook import check_cases
from outage.errors import Problems
from outage.render.case.page import NO_SESSIONS, write_cases_list, write_sessions_list
from tests.product.cases.company import ROOT, SMALL, handbook


def write(root: Path, text: str) -> Path:
    (root / "case-studies" / "sessions.yml").write_text(text, encoding="utf-8")
    return root


def test_a_session_is_listed_with_its_recording_the_latest_first(tmp_path: Path) -> None:
    root = write(
        handbook(tmp_path),
        f"sessions:\n  - {{date: 2026-12-03, case: {SMALL}, led: Mei Lin}}\n"
        f"  - {{date: 2026-12-10, case: {SMALL}, led: Sam, group: New joiners, recording: 'https://v.example/1'}}\n",
    )
    text = write_sessions_list(load_sessions(root), root)
    assert text.index("2026\\-12\\-10") < text.index("2026\\-12\\-03")
    assert "[Recording](<https://v.example/1>)" in text
    assert f"](/case-studies/{SMALL}/index.md)" in text


@pytest.mark.parametrize("text", ["sessions: []\n", "sessions:\n"])
def test_without_sessions_it_says_what_to_do(tmp_path: Path, text: str) -> None:
    root = write(handbook(tmp_path), text)
    assert write_sessions_list(load_sessions(root), root) == NO_SESSIONS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "sessions.yml:1: there is no list of sessions"),
        ("sessions:\n  - {date: soon, case: x, led: A}\n", "sessions.yml:2: sessions.0.date: "),
        ("sessions:\n  - {date: 2026-12-03, led: A}\n", "sessions.yml:2: sessions.0.case: this is required"),
        (
            "sessions:\n  - {date: 2026-12-03, case: seven-of-nine, led: A}\n",
            "sessions.yml:2: sessions.0.case: there is no case 'seven-of-nine'\n"
            "  hint: did you mean 'seven-of-eight'?",
        ),
        (
            f"sessions:\n  - {{date: 2026-12-03, case: {SMALL}, led: A, recording: film}}\n",
            "sessions.yml:2: sessions.0.recording: 'film' is not a link",
        ),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    root = write(handbook(tmp_path), text)
    with pytest.raises(Problems) as refused:
        load_sessions(root)
    assert words in str(refused.value)


def test_check_finds_what_is_wrong_in_any_case(tmp_path: Path) -> None:
    root = write(handbook(tmp_path), "sessions:\n  - {date: 2026-12-03, case: nothing, led: A}\n")
    path = root / "case-studies" / SMALL / "record.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("page: process/now", "page: process/then"), encoding="utf-8"
    )
    found = [str(problem) for problem in check_cases(root)]
    assert len(found) == 2
    assert found[0].startswith("case-studies/seven-of-eight/record.yml:")
    assert "there is no page 'process/then'" in found[0]
    assert found[1].startswith("case-studies/sessions.yml:2:")


def test_every_case_of_the_handbook_is_right() -> None:
    assert check_cases(ROOT) == []


def test_the_catalogue_has_every_case_the_made_up_one_first() -> None:
    text = write_cases_list(ROOT)
    assert text.startswith("**[The morning nobody could pay]")
    assert "Made up" in text.split("\n\n")[0]
