"""What a walkthrough plays: a case study, or an incident of our own that is closed, in one form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from outage.cases import find_cases, load_case_study
from outage.cases.judge import judge, judge_by_clock
from outage.cases.load import FOLDER as CASES
from outage.cases.models import EventData
from outage.cases.study import Moment
from outage.cases.times import When
from outage.errors import Refused
from outage.incident.folders import POLICY, make_slug
from outage.incident.record import FILE, read
from outage.incident.record.fold import fold
from outage.incident.times import Times
from outage.policy import load_policy
from outage.source import nearest

if TYPE_CHECKING:
    from outage.cases.judge import Judgement
    from outage.cases.models import RecordingData
    from outage.cases.study import Study
    from outage.incident.record.event import Event
    from outage.incident.record.model import Incident
    from outage.policy import Policy

INCIDENTS = "incidents"


@dataclass(frozen=True)
class Script:
    """Everything that a walkthrough plays from.

    Attributes:
        id: what the player keeps its place under: the folder, from the handbook's root.
        name: of the incident, as channels are named after it.
        title: what people call it.
        summary: what the group reads first; it gives no decision away.
        nature: what sort of story it is, in a sentence: made up, real with sources, or an incident of ours.
        ours: the policy is that of the people in the story, so its promises and channels are theirs.
        policy: by which what is due is told.
        times: how moments are written.
        moments: what is played, as it is told: what nobody knew may stand later than it happened.
        events: what is folded to know roles, stage and what is due; more than the moments' own, where
            nobody declared an incident.
        recordings: of this story, with offsets.
        judged: how the promises went; the player tells it at the end.
    """

    id: str
    name: str
    title: str
    summary: str
    nature: str
    ours: bool
    policy: Policy
    times: Times
    moments: tuple[Moment, ...]
    events: tuple[Event, ...]
    incident: Incident
    recordings: tuple[RecordingData, ...]
    judged: tuple[Judgement, ...]


def load_script(root: Path, name: str) -> Script:
    """Load the script of ``case-studies/<id>`` or ``incidents/<id>``.

    Raises:
        Refused: there is no such case or incident, it has no record, or the incident is not closed.
        Problems: the case's record is wrong.
    """
    folder = root / name
    kind = Path(name).parts[0] if Path(name).parts else ""
    if kind == INCIDENTS and (folder / FILE).is_file():
        return _script_incident(folder, name)
    if folder in find_cases(root):
        return _script_case(folder, root, name)
    here = [str(path.relative_to(root)) for path in find_cases(root)]
    here += [str(path.parent.relative_to(root)) for path in sorted(root.glob(f"{INCIDENTS}/*/{FILE}"))]
    hint = nearest(name, here, f"a case has a {CASES}/<id>/record.yml, an incident a {FILE}")
    raise Refused(f"there is nothing to play in '{name}'", hint=hint)


def _script_case(folder: Path, root: Path, name: str) -> Script:
    study = load_case_study(folder, root)
    data = study.data
    real = "This happened. Each event names who says so; where a time is not known, it says so."
    made_up = "This is made up: the company, the people and the outage."
    return Script(
        id=name,
        name=_name_incident(study),
        title=data.title,
        summary=data.summary,
        nature=made_up if data.made_up else real,
        ours=study.declared,
        policy=study.policy,
        times=study.times,
        moments=study.as_told,
        events=study.events,
        incident=study.incident,
        recordings=data.recordings,
        judged=judge(study),
    )


def _name_incident(study: Study) -> str:
    """Name the incident as ``outage declare`` would, or did, without the random end."""
    declared, zone = study.incident.declared_at, ZoneInfo(study.policy.company.timezone)
    return f"{declared.astimezone(zone):%Y-%m-%d}-{make_slug(study.incident.title)}" if declared else study.id


def _script_incident(folder: Path, name: str) -> Script:
    """Script an incident of our own, by its own copy of the policy."""
    policy = load_policy(folder / POLICY, Path(name) / POLICY)
    events = tuple(sorted(read(folder).events, key=lambda event: event.order))
    incident = fold(events, name=folder.name, file=folder / FILE)
    if incident.is_open:
        raise Refused(f"'{folder.name}' is still open", hint="an incident is played when it is closed")
    moments = tuple(Moment(event.id, When("at", event.at, event.at), event, EventData()) for event in events)
    times = Times(policy.company.timezone)
    return Script(
        id=name,
        name=folder.name,
        title=incident.title,
        summary=f"{policy.company.name}, {times.moment(events[0].at)}.",
        nature="This is a drill of ours." if incident.drill else "This is an incident of ours.",
        ours=True,
        policy=policy,
        times=times,
        moments=moments,
        events=events,
        incident=incident,
        recordings=(),
        judged=judge_by_clock(incident, policy, moments, times, whole=True),
    )
