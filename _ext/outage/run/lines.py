"""The lines of ``journal.jsonl``: one small model a kind. Their JSON Schema is published.

Every line is ``{"v": 1, "at": ..., "kind": ..., "prev": ..., "data": {...}}``; ``prev`` is the
SHA-256 of the line before it. Lines are only ever added. Keys may be added to ``data``, never
changed in meaning; readers keep kinds and keys that they do not know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1

Mode = Literal["plan", "apply", "undo"]
CellState = Literal[
    "running",
    "passed",
    "failed",
    "timed-out",
    "interrupted",
    "killed",
    "started-unknown",
    "skipped",
    "planned",
    "undone",
    "never-ran",
]
RunState = Literal["running", "succeeded", "failed", "interrupted", "waiting", "undone", "abandoned"]
Approvals = Literal["starter", "second-person"]
StepTag = Literal["parameters", "setup", "check", "read", "gate", "change", "verify", "undo"]


class Part(BaseModel):
    """Frozen; what a newer version adds is kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Data(Part):
    """The data of one kind of line."""

    kind: ClassVar[str]


class TargetData(Part):
    """What a run touches, and what that means by the policy.

    Attributes:
        words: the whole of it in words, as people were told.
        kind: ``PostgreSQL``, ``this machine``, ...
        hosts: each of them, where there are several; ``host`` has them in words.
        path: of a disk, folder or socket of this machine, where that is what is changed.
        environment: the policy's name for where it is; None if no pattern matches.
        production: whether it counts as production; what matches nothing does.
    """

    words: str
    kind: str
    host: str
    hosts: tuple[str, ...] = ()
    path: str | None = None
    port: str | None = None
    database: str | None = None
    environment: str | None = None
    production: bool


class ReviewData(Part):
    """Whether what is applied was reviewed: a commit, or the reason for going on without."""

    commit: str | None = None
    branch: str | None = None
    unreviewed: str | None = None


class Began(Data):
    """First line: what is run, against what, by whom, and with what.

    Attributes:
        parameters: JSON values of all parameters; a secret is its reference.
        digest: of sources, tags, metadata and project modules; never of outputs.
        plan: the plan that this apply insists on.
        yes: whether ``--yes`` was given: no question is asked before production is changed.
        limits: seconds a cell, and the run, may take.
        approvals: who may answer its gates: the starter, or only a second person.
    """

    kind: ClassVar[str] = "run"
    run: str
    runbook: str
    title: str
    path: str
    mode: Mode
    by: str
    incident: str | None = None
    target: TargetData
    risk: str
    parameters: dict[str, Any]
    secrets: tuple[str, ...] = ()
    digest: str
    review: ReviewData | None = None
    plan: str | None = None
    yes: bool | None = None
    limits: dict[str, float]
    versions: dict[str, str]
    host: str
    pid: int
    approvals: Approvals = "starter"


class CellData(Part):
    """A cell as it was when the run began; ``step`` is None for prose."""

    id: str
    cell_type: Literal["code", "markdown", "raw"]
    step: StepTag | None = None
    tags: tuple[str, ...] = ()
    source: str


class NotebookLine(Data):
    """Second line: the whole notebook, so that the journal alone tells the story.

    Attributes:
        injected: the source of our cell of typed parameters, which runs after theirs.
    """

    kind: ClassVar[str] = "notebook"
    cells: tuple[CellData, ...]
    runbook: dict[str, Any] = {}
    injected: str


class ErrorData(Part):
    """What a cell raised.

    Attributes:
        hint: the metadata's explanation, if one fits.
        next: the runbook that it sends a responder to, if it names one.
    """

    name: str
    value: str
    traceback: str = ""
    hint: str | None = None
    next: str | None = None


class CellLine(Data):
    """A cell reached a state. ``cell`` is its index in the notebook line.

    Attributes:
        seconds: how long it ran, when it is over.
        cut: what of its output was not kept, in words.
    """

    kind: ClassVar[str] = "cell"
    cell: int
    step: StepTag
    state: CellState
    seconds: float | None = None
    error: ErrorData | None = None
    cut: str | None = None


class OutputLine(Data):
    """One output, in the notebook format's own form (stream, display_data, execute_result, error).

    ``cut`` says in words what of it was not kept. It takes the place of an earlier output of its cell with
    the same ``display``; if it ``clears``, of all of them.
    """

    kind: ClassVar[str] = "output"
    cell: int
    output: dict[str, Any]
    cut: str | None = None
    display: int | None = None
    clears: Literal[True] | None = None


class ActionData(Part):
    """One action as the runbook declared it, see ``outage.kit.Action``."""

    target: str
    command: str
    undo: str = ""
    data: dict[str, Any] = {}


class ActionsLine(Data):
    """What a read cell proposed; ``digest`` is of the list, to compare an apply with its plan."""

    kind: ClassVar[str] = "actions"
    cell: int
    actions: tuple[ActionData, ...]
    digest: str


class SavedLine(Data):
    """What a cell saved for later cells, for a resumed run and for undo."""

    kind: ClassVar[str] = "saved"
    cell: int
    name: str
    value: Any


class GateLine(Data):
    """A gate was reached, or answered.

    Attributes:
        cell: the gate's cell, or the change before which someone is asked.
        text: what the person was told happens next.
        digest: of the actions that were proposed then; an answer is about these and no others.
        second_person: whether only a second person may answer.
        by: who answered; recorded, not authenticated.
        alone: whether the starter answered for the second person that is asked for.
        reason: why it was declined or passed alone, if that was said.
    """

    kind: ClassVar[str] = "gate"
    cell: int
    state: Literal["waiting", "confirmed", "declined"]
    text: str = ""
    digest: str | None = None
    second_person: bool | None = None
    by: str | None = None
    alone: bool | None = None
    reason: str | None = None


class Resumed(Data):
    """The run goes on in a new process and a new kernel: from where it ended, or to undo its changes.

    Attributes:
        kept: cells of changes that passed before, and are not run again.
        undo: cells of changes that are to be undone, in that order.
        yes: as in the first line.
    """

    kind: ClassVar[str] = "resumed"
    mode: Literal["apply", "undo"]
    by: str
    kept: tuple[int, ...] = ()
    undo: tuple[int, ...] = ()
    yes: bool | None = None
    host: str
    pid: int


class UndoneCell(Part):
    """One change that an undo would reverse; ``reversible`` is whether the runbook has an undo for it."""

    cell: int
    state: str
    actions: tuple[ActionData, ...] = ()
    reversible: bool


class UndoPlanned(Data):
    """Someone was shown what undoing this run would do, newest change first; nothing was done."""

    kind: ClassVar[str] = "undo-plan"
    by: str
    changes: tuple[UndoneCell, ...]


class Asserted(Data):
    """A person said what became of a change that was started and did not pass; no one checked it."""

    kind: ClassVar[str] = "asserted"
    cell: int
    answer: Literal["done", "not-done"]
    by: str


class Ended(Data):
    """The run is over, or its process goes away while it waits at a gate."""

    kind: ClassVar[str] = "ended"
    state: RunState
    code: int
    reason: str
    seconds: float


KINDS: dict[str, type[Data]] = {
    model.kind: model
    for model in (
        *(Began, NotebookLine, CellLine, OutputLine, ActionsLine, SavedLine),
        *(GateLine, Resumed, UndoPlanned, Asserted, Ended),
    )
}


class Envelope(BaseModel):
    """What every line has around its data."""

    model_config = ConfigDict(extra="allow")

    v: Literal[1]
    at: datetime
    kind: str
    prev: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    data: dict[str, Any]
