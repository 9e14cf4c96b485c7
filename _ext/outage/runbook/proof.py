"""The proof of a runbook: that it was run against a service that was really broken, and what came of it.

``outage prove`` writes ``proof/<runbook>.json``; pages read it with :func:`load` or :func:`find`. It is not
committed: it tells of one commit on one machine, and a build either has one or says that it has none.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from outage import files
from outage.errors import Refused
from outage.runbook.meta import Name, Text

FOLDER = "proof"
"""The folder of proofs in a handbook; git ignores it."""

State = Literal["proved", "failed", "validated"]
Seconds = Annotated[float, Field(ge=0)]
Words = Annotated[str, Field(max_length=4000)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Failure(_Model):
    """One promise that was not kept.

    Attributes:
        promise: which, in a word or two: ``the plan changes nothing``.
        expected: what should have been.
        seen: what was.
        next: what to do about it.
    """

    promise: Text
    expected: Words
    seen: Words
    next: Words


class Attempt(_Model):
    """One ``outage run`` or ``outage undo``.

    Attributes:
        run: its id.
        seconds: from the start of the command to its end, without waiting for a person.
        cells: seconds of it that the runbook's own cells took: the service, and asking it.
        ours: the rest: the command, the kernel's start and end, the journal.
    """

    run: str
    seconds: Seconds
    cells: Seconds
    ours: Seconds


class Alert(_Model):
    """The alert of a fault.

    Attributes:
        name: as in the rule file.
        fired: seconds from the fault's start until a responder could see it; None: it did not fire.
        resolved: seconds from the end of what fixed it until it was gone; None: it did not go.
    """

    name: Text
    fired: Seconds | None = None
    resolved: Seconds | None = None


class Sign(_Model):
    """What the service itself showed.

    Attributes:
        words: as a sentence.
        signals: name with unit to value.
    """

    words: Words
    signals: dict[str, float] = {}


class Undone(_Model):
    """What undoing the apply did.

    Attributes:
        attempt: the ``outage undo``.
        restored: whether all that it was to restore was as before the change.
        sign: what the service showed afterwards: the fault again, as a rule.
    """

    attempt: Attempt
    restored: bool
    sign: Sign


class Case(_Model):
    """One fault, and what the runbook did about it. What was not reached is None.

    Attributes:
        fault: the lab's name of it.
        summary: what was broken, a sentence.
        parts: of the lab that were up.
        parameters: that the runbook was given.
        fixes: whether the runbook fixes the fault; one that only looks does not.
        before: what the service showed while it was broken.
        after: and at the end.
        alert: of the fault; None: it has none.
        compared: how many things of database, files, flags and proxy were found unchanged by the plan.
        cleared: seconds from the end of the apply until the service was well.
        undo: None: the runbook has none, or it was not reached.
        failures: what went wrong; empty: nothing.
    """

    fault: Name
    summary: Words
    parts: tuple[str, ...] = ()
    parameters: dict[str, str] = {}
    fixes: bool = True
    before: Sign | None = None
    after: Sign | None = None
    alert: Alert | None = None
    plan: Attempt | None = None
    compared: int = 0
    apply: Attempt | None = None
    cleared: Seconds | None = None
    undo: Undone | None = None
    failures: tuple[Failure, ...] = ()


class Proof(_Model):
    """``proof/<runbook>.json``.

    Attributes:
        state: ``proved``, ``failed``, or ``validated``: its contract holds, and the lab has no fault for it.
        reason: why it was not proved; empty when it was.
        commit: of the handbook; its tree may have had changes, see ``clean``.
        clean: whether the runbook, and all that proves it, was as in that commit.
        digest: of the runbook that was proved, as in a journal: another digest is another runbook.
        at: when it was begun.
        seconds: the whole, with the start of the lab.
        versions: of what it ran against and with, by name.
    """

    v: Literal[1] = 1
    runbook: Name
    state: State
    reason: Words = ""
    commit: str
    clean: bool
    digest: str
    at: AwareDatetime
    seconds: Seconds
    versions: dict[str, str] = {}
    cases: tuple[Case, ...] = ()

    @property
    def failures(self) -> list[tuple[Case, Failure]]:
        """Everything that went wrong, with its fault."""
        return [(case, failure) for case in self.cases for failure in case.failures]

    def age(self, now: datetime) -> float:
        """Seconds since it was begun."""
        return (now - self.at).total_seconds()


def load(path: Path) -> Proof:
    """Load the proof in a file.

    Raises:
        Refused: there is none, or it is of another form.
    """
    hint = f"make it anew: outage prove {path.stem}"
    try:
        return Proof.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise Refused("there is no proof", file=path, hint=hint) from None
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}", file=path, hint=hint) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise Refused(f"this is no proof: {reason}", file=path, hint=hint) from None


def find(root: Path, runbook: str) -> Proof | None:
    """Find the proof of a runbook in the handbook at ``root``; None if there is none that can be read."""
    try:
        return load(root / FOLDER / f"{runbook}.json")
    except Refused:
        return None


def store(root: Path, proof: Proof) -> Path:
    """Write a proof, in one step, and return its file."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{proof.runbook}.json"
    files.replace(path, proof.model_dump_json(indent=2) + "\n", durable=False)
    return path
