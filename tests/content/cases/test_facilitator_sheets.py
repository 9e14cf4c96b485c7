"""Each case's facilitator sheet: a plan that adds up, and leaves time to read aloud what it says to read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from outage.cases import find_cases, load_case_study
from outage.cases.frames import Frame, make_frames
from outage.cases.script import load_script

ROOT = Path(__file__).parents[3]
CASES = ROOT / "case-studies"
MADE_UP = "larkfield-nobody-can-pay"
"""The first case that a group plays; its sheet is the session kit."""

WORDS_A_MINUTE = 150
TALK = 4
"""Minutes of talk that a decision needs at least, beside the reading."""

ROW = re.compile(r"^\| `(\d):(\d\d)` \| `(\d+)` \| (.+) \|$", re.MULTILINE)
NAMES = sorted(folder.name for folder in find_cases(ROOT))


def sheet(name: str) -> str:
    path = CASES / "session-kit.md" if name == MADE_UP else CASES / name / "facilitate.md"
    return path.read_text(encoding="utf-8")


def plan(name: str) -> list[tuple[int, int, str]]:
    """Rows of the plan: the minute it begins, how many minutes it takes, what is done."""
    return [(60 * int(row[1]) + int(row[2]), int(row[3]), row[4]) for row in ROW.finditer(sheet(name))]


def read_aloud(name: str) -> tuple[list[int], list[int]]:
    """Words to read before each decision (last: after the last one), and those of each decision."""
    stretches, decisions = [0], []
    for frame in make_frames(load_script(ROOT, f"case-studies/{name}")):
        if frame.moment.told.question:
            decisions.append(words(decided(frame)))
            stretches.append(0)
        else:
            stretches[-1] += words([frame.text, *(account.text for account in frame.moment.told.accounts)])
    return stretches, decisions


def decided(frame: Frame) -> Iterator[str]:
    told = frame.moment.told
    yield from (told.question or "", *told.known, *told.unknown, frame.text)
    for option in told.options:
        yield from (option.text, option.then or "")


def words(texts: Iterable[str]) -> int:
    return sum(len(text.split()) for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_each_row_begins_where_the_one_before_ends_and_the_last_ends_with_the_session(name: str) -> None:
    rows = plan(name)
    assert [start for start, _, _ in rows] == [sum(row[1] for row in rows[:n]) for n in range(len(rows))]
    assert sum(minutes for _, minutes, _ in rows) == load_case_study(CASES / name, ROOT).data.minutes


@pytest.mark.parametrize("name", NAMES)
def test_there_is_time_to_read_aloud_and_to_talk(name: str) -> None:
    stretches, decisions = read_aloud(name)
    reads = [minutes for _, minutes, what in plan(name) if what.startswith("**Read**")]
    asked = [minutes for _, minutes, what in plan(name) if what.startswith("**Decision")]
    assert len(asked) == len(decisions)
    long_enough = zip(asked, decisions, strict=True)
    assert all(minutes >= TALK + count / WORDS_A_MINUTE for minutes, count in long_enough)
    needed = [math.ceil(count / WORDS_A_MINUTE) for count in stretches if count]
    assert len(reads) == len(needed)
    assert all(minutes >= least for minutes, least in zip(reads, needed, strict=True)), needed


@pytest.mark.parametrize("name", [name for name in NAMES if name != MADE_UP])
def test_a_sheet_says_what_to_listen_for_at_each_decision_and_what_to_ask_after(name: str) -> None:
    listen, debrief = sheet(name).split("## What to listen for")[1].split("## The debrief")
    assert len(re.findall(r"^\*\*Decision \w+\.\*\*", listen, re.MULTILINE)) == len(read_aloud(name)[1])
    assert len(re.findall(r"^\d+\. .*\?", debrief, re.MULTILINE)) >= 4
