"""Everything that is known about one incident: its record, its own policy, and its runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import OutageError
from outage.incident.due import Due, list_due
from outage.incident.record.fold import load
from outage.incident.times import Times
from outage.playbook.follow import Following, list_followed
from outage.policy import Policy, parse_policy
from outage.review.audit import Finding, audit
from outage.run import history

if TYPE_CHECKING:
    from outage.incident.record.model import Incident, Run
    from outage.run.model import Run as JournalRun

POLICY_COPY = "policy.yml"
RUNS = "runs"

_NAMES_ONLY = (
    "company: {name: Unknown}\nseverities: {unknown: {name: Unknown, meaning: Its policy cannot be read}}"
)


@dataclass(frozen=True)
class SnapshotRun:
    """One run of the incident: what the record says of it, and what its journal tells.

    Attributes:
        id: name of its folder.
        recorded: from the record; None when the record does not mention it.
        journal: None when it is missing or unreadable.
        trouble: why there is no journal, or the empty string.
    """

    id: str
    recorded: Run | None
    journal: JournalRun | None
    trouble: str = ""

    @property
    def began(self) -> tuple[datetime, str]:
        """The key by which runs are ordered: when it began as far as is known, then its id."""
        known = self.journal.started if self.journal else self.recorded.at if self.recorded else None
        return (known or datetime.max.replace(tzinfo=UTC), self.id)


@dataclass(frozen=True)
class Snapshot:
    """One incident, as it stood at a moment.

    Attributes:
        incident: folded from its record.
        policy: the incident's own copy; if that cannot be read, one of default names and no promises.
        now: when this was put together (aware, UTC); decides what is missed.
        runs: in the order in which they began.
        trouble: why its policy copy cannot be used, or the empty string.
        playbooks: those that were started in it, as the handbook has them today.
    """

    incident: Incident
    policy: Policy
    now: datetime
    runs: tuple[SnapshotRun, ...] = ()
    trouble: str = ""
    playbooks: tuple[Following, ...] = ()

    @property
    def times(self) -> Times:
        """Writes moments in the company's time zone."""
        return Times(self.policy.company.timezone)

    def near(self, at: datetime) -> str:
        """Write a moment, with its date where that is not the day of the declaration."""
        return self.times.near(at, self.incident.declared_at or self.now)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the audit says; nothing without the policy."""
        return () if self.trouble else audit(self.incident, self.policy, self.now).findings

    @cached_property
    def due(self) -> tuple[Due, ...]:
        """What is due next, earliest first; nothing without the policy."""
        return () if self.trouble else list_due(self.incident, self.policy, self.now)


def load_snapshot(folder: Path, now: datetime) -> Snapshot:
    """Return the snapshot in an incident's folder.

    Trouble with record, policy or runs is part of the snapshot, for a page must be shown during an
    outage even when a line of the record was torn. Raises Failed if the record cannot be opened.
    """
    policy, trouble = _load_policy(folder)
    incident = load(folder)
    handbook = folder.parent.parent
    playbooks = () if trouble else list_followed(handbook, incident, policy, now)
    return Snapshot(incident, policy, now, _load_runs(folder, incident), trouble, playbooks)


def load_outline(folder: Path) -> Snapshot:
    """Return the snapshot without its runs, for a list. Raises Failed if the record cannot be opened."""
    policy, trouble = _load_policy(folder)
    return Snapshot(load(folder), policy, datetime.now(UTC), trouble=trouble)


def _load_runs(folder: Path, incident: Incident) -> tuple[SnapshotRun, ...]:
    recorded = {run.id: run for run in incident.runs}
    found = {path.name: path for path in history.find_runs([folder / RUNS])}
    runs = [_load_run(id_, recorded.get(id_), found.get(id_)) for id_ in {*recorded, *found}]
    return tuple(sorted(runs, key=lambda run: run.began))


def _load_run(id_: str, recorded: Run | None, folder: Path | None) -> SnapshotRun:
    if folder is None:
        return SnapshotRun(id_, recorded, None, "its journal is not in this copy of the incident")
    try:
        return SnapshotRun(id_, recorded, history.load_run(folder))
    except OutageError as error:
        return SnapshotRun(id_, recorded, None, error.message)


def _load_policy(folder: Path) -> tuple[Policy, str]:
    path = folder / POLICY_COPY
    try:
        return _parse_policy(path.read_text(encoding="utf-8")), ""
    except OSError as error:
        return _parse_policy(_NAMES_ONLY), f"{POLICY_COPY} cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return _parse_policy(_NAMES_ONLY), f"{POLICY_COPY} is not UTF-8 text"
    except OutageError as error:
        return _parse_policy(_NAMES_ONLY), str(error)


@lru_cache(maxsize=32)
def _parse_policy(text: str) -> Policy:
    """Return the policy in a text; most incidents hold copies of a few."""
    return parse_policy(text, Path(POLICY_COPY))
