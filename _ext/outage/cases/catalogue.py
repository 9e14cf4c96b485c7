"""The catalogue of cases, and the list of sessions held, as MyST text."""

from __future__ import annotations

from pathlib import Path

from outage.cases.load import FOLDER, find_cases, load_case_study
from outage.cases.sessions import Session
from outage.cases.study import Study
from outage.report.markup import list_table
from outage.text import plain

NO_SESSIONS = "None yet. The first one is yours: write it into `case-studies/sessions.yml`."


def cases_list(root: Path) -> str:
    """Every case with a record: what happened, what one learns from it, for whom, and how long it takes."""
    found = [load_case_study(folder, root) for folder in find_cases(root)]
    found.sort(key=lambda study: (not study.data.made_up, study.moments[0].when.lo, study.id))
    return "\n\n".join(_case(study) for study in found)


def _case(study: Study) -> str:
    data = study.data
    title = plain(data.title)
    head = f"[{title}](/{FOLDER}/{study.id}/index.md)" if _has(study, "index.md") else title
    play = f" [Play it.](/{FOLDER}/{study.id}/walkthrough.md)" if _has(study, "walkthrough.md") else ""
    nature = "Made up. " if data.made_up else ""
    return (
        f"**{head}**\\\n{nature}{plain(data.summary)}\\\n*Teaches:* {plain(data.teaches)}\\\n"
        f"*Best for:* {plain(data.best_for)}. *Takes:* {data.minutes} minutes.{play}"
    )


def _has(study: Study, page: str) -> bool:
    return (study.folder / page).is_file()


def sessions_list(sessions: tuple[Session, ...], root: Path) -> str:
    """The sessions held, the latest first: when, which case, who led it, and where the recording is."""
    if not sessions:
        return NO_SESSIONS
    rows = []
    for one in sorted(sessions, key=lambda one: one.date, reverse=True):
        page = f"/{FOLDER}/{one.case}/index.md"
        case = f"[{plain(one.case)}]({page})" if (root / page[1:]).is_file() else plain(one.case)
        recording = f" [Recording](<{one.recording}>)" if one.recording else ""
        group = f"\\\n{plain(one.group)}" if one.group else ""
        rows.append((plain(str(one.date)), f"{case}, led by {plain(one.led)}.{recording}{group}"))
    return list_table(("Date", "Session"), rows, widths="auto", css="outage-entries")
