"""Gates: a person reads what happens next, and says whether it may.

They answer in the run's own terminal, or from another one with ``outage approve``, which writes
the answer into the journal. A run without a terminal ends at its gate (exit 3) and is resumed.
An answer counts for the actions that were proposed when it was given, and for no others.
Names are recorded, not authenticated: that two names are two people is what their company knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outage.errors import Refused
from outage.run import lines
from outage.run.history import load_run
from outage.run.journal import Journal, is_alive
from outage.run.model import Gate, Proposal, Run
from outage.run.outcome import Stop, find_first_line, make_cell_line
from outage.runbook.structure import get_step_tag
from outage.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from outage.run.request import Prepared
    from outage.runbook.notebook import Cell

_MOST_SHOWN = 10
_MOST_LISTED = 40


@dataclass(frozen=True)
class Question:
    """What a person at the terminal is asked.

    Attributes:
        text: what it is about; empty where it was shown already.
        prompt: the question itself.
        choices: the answers that are taken; none where the answer can only come from elsewhere.
        answered: says whether the answer came from elsewhere.
    """

    text: str
    prompt: str
    choices: tuple[str, ...]
    answered: Callable[[], bool] = lambda: False


class Gatekeeper:
    """Stops one run at its gates until someone has answered."""

    def __init__(
        self,
        prepared: Prepared,
        journal: Journal,
        ask: Callable[[Question], str | None] | None,
    ) -> None:
        """``ask`` reaches the person at the terminal; None: no one is there."""
        self._prepared, self._journal, self._ask = prepared, journal, ask
        past = prepared.past
        self._before = {gate.cell: gate for gate in (past.gates if past else ())}
        # declined in the instant in which the run began to go on: it could not be ended from there
        self._final = {"confirmed", "declined"} if past and past.state == "waiting" else {"confirmed"}

    def stop(self, cell: Cell, text: str, digest: str | None) -> Stop | None:
        """Wait for a person; None: they confirmed. Without one the run waits, and its process goes.

        Args:
            cell: the gate, or the change before which someone must be asked.
            text: what happens next.
            digest: of the actions that are proposed now.

        Raises:
            KeyboardInterrupt, EOFError: the person left.
        """
        before = self._before.pop(cell.index, None)
        if before and before.state in self._final and before.digest == digest:
            return self._outcome(cell, before)
        second, alone = self._prepared.second_person, self._prepared.request.alone
        waiting = lines.GateLine(
            cell=cell.index, state="waiting", text=text, digest=digest, second_person=second or None
        )
        self._journal.append(waiting)
        if self._ask is None:
            return Stop(
                "waiting", 3, f"waiting at cell {cell.index + 1}: {find_first_line(text).lstrip('# ')}"
            )
        other = self._prepared.folder.name
        command = f"outage approve {other} --by NAME"
        if second and not alone:
            question = Question("", f"A second person must answer: {command}", (), self._answered)
        else:
            question = Question("", "Go on? Type yes to go on: ", ("yes", "no"), self._answered)
        answer = self._ask(question)
        taken: list[lines.GateLine] = []

        def take() -> list[lines.GateLine]:
            if answer is not None and load_run(self._prepared.folder).pending:
                taken.append(self._answer_line(cell, answer))
            return taken

        self._journal.decide(take)
        gate = load_run(self._prepared.folder).gates[-1]
        if not taken:  # someone else was first, and the first answer counts
            told = {"cell": gate.cell, "state": gate.state, "by": gate.by, "reason": gate.reason}
            self._journal.tell("gate", told)
        return self._outcome(cell, gate)

    def _answer_line(self, cell: Cell, answer: str) -> lines.GateLine:
        """Return the line of an answer that was typed in the run's own terminal."""
        state: Any = "confirmed" if answer == "yes" else "declined"
        alone = self._prepared.request.alone
        broke = self._prepared.second_person and alone and answer == "yes"
        more = {"alone": True, "reason": alone} if broke else {}
        return lines.GateLine(cell=cell.index, state=state, by=self._prepared.by, **more)

    def _answered(self) -> bool:
        """Return whether someone else wrote an answer into the journal."""
        if not self._journal.was_added_to():
            return False
        return load_run(self._prepared.folder).pending is None

    def _outcome(self, cell: Cell, gate: Gate) -> Stop | None:
        confirmed = gate.state == "confirmed"
        if get_step_tag(cell) == "gate":
            self._journal.append(
                make_cell_line(cell, "gate", "passed" if confirmed else "failed"), wait=False
            )
        if confirmed:
            return None
        why = f" by {gate.by}: {gate.reason}" if gate.reason else ""
        return Stop("failed", 1, f"declined at cell {cell.index + 1}{why}: nothing after it was run")


def is_same_person(one: str, other: str) -> bool:
    """Return whether two names are one, by their letters."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def answer_gate(
    folder: Path, by: str, *, decline: str | None = None, alone: str | None = None, shown: Gate | None = None
) -> tuple[Run, bool]:
    """Answer the gate at which a run waits, from outside of it. The first answer counts.

    Args:
        folder: the run's.
        by: who answers; recorded, not authenticated.
        decline: why not; None to confirm.
        alone: why the starter answers where a second person is asked for.
        shown: the gate that ``by`` was shown, whose answer this is; None: whichever waits.

    Returns:
        The run as it then reads, and whether its process lives and goes on by itself.

    Raises:
        Refused: it waits at no gate, at another one than was shown, or this is not ``by``'s to answer.
        Failed: the journal cannot be written.
    """

    def decide() -> list[lines.Data]:
        run = load_run(folder)
        gate = find_answerable(run, by, decline=decline, alone=alone)
        if shown is not None and (shown.cell, shown.at, shown.digest) != (gate.cell, gate.at, gate.digest):
            hint = f"outage approve {run.id} shows what it waits for now"
            raise Refused(f"{run.id} went on to another gate while this one was shown", hint=hint)
        return _make_answer_lines(run, gate, by, decline, alone)

    load_run(folder)  # where there is no journal, none is begun
    journal = Journal(folder, runner=False)
    try:
        journal.decide(decide)
    finally:
        journal.close()
    return load_run(folder), is_alive(folder)


def _make_answer_lines(
    run: Run, gate: Gate, by: str, decline: str | None, alone: str | None
) -> list[lines.Data]:
    """Return an answer from outside; a run that is declined while it has no process ends there."""
    alone = alone if gate.second_person and decline is None and _started(run, by) else None
    state: Any = "confirmed" if decline is None else "declined"
    line = lines.GateLine(
        cell=gate.cell, state=state, by=by, reason=decline or alone, alone=True if alone else None
    )
    if decline is None or is_alive(run.folder):
        return [line]
    text = f"declined at cell {gate.cell + 1} by {by}: {decline}"
    seconds = round((run.updated - run.started).total_seconds(), 3)
    return [line, lines.Ended(state="failed", code=1, reason=text, seconds=seconds)]


def find_answerable(run: Run, by: str, *, decline: str | None = None, alone: str | None = None) -> Gate:
    """Return the gate at which a run waits, if ``by`` may answer it; arguments as for :func:`answer_gate`.

    Raises:
        Refused: it waits at no gate, no reason is given where there must be one, or a second person is asked.
    """
    gate = run.pending
    if gate is None:
        answered = run.state == "waiting"
        why = run.reason if answered else f"it is {run.state}"
        hint = f"outage run --resume {run.id}" if answered else "'outage runs' lists the runs"
        raise Refused(f"{run.id} waits for no answer: {why}", hint=hint)
    if decline is not None and not decline.strip():
        raise Refused("--decline needs a reason", hint="--decline 'what speaks against it'")
    if decline is None and gate.second_person and _started(run, by) and not (alone or "").strip():
        hint = (
            "let somebody else answer, with --by and their name; if nobody can be reached: "
            "--alone REASON (it goes on the record, and the review looks at it)"
        )
        reason = f"this gate is for a second person, and {run.began.get('by')} started the run"
        raise Refused(reason, hint=hint)
    return gate


def _started(run: Run, by: str) -> bool:
    return is_same_person(by, str(run.began.get("by", "")))


def describe_production_change(
    target: lines.TargetData, cell: Cell, actions: Sequence[lines.ActionData]
) -> str:
    """Say what is about to be done to production: what a person reads before the first change."""
    shown = [f"  {one_line(action.target)}: {one_line(action.command)}" for action in actions[:_MOST_LISTED]]
    more = [f"  and {len(actions) - _MOST_LISTED} more, listed above"] if len(actions) > _MOST_LISTED else []
    count = "this action" if len(actions) == 1 else f"these {len(actions)} actions"
    head = f"The change in cell {cell.index + 1} takes {count} on {target.words}:"
    return "\n".join([head, *shown, *more])


def describe_departure(plan: Run, number: int, cell: Cell, proposal: lines.ActionsLine) -> str | None:
    """Say how the actions of a change differ from the plan's for the same change; None: they do not.

    Args:
        plan: the run whose plan is kept to.
        number: which of the runbook's changes it is, from 0.
        cell: the change.
        proposal: its actions now.
    """
    planned = [each for each in _list_planned(plan)[number : number + 1] if each]
    if [each.digest for each in planned] == [proposal.digest]:
        return None
    then = [action for each in planned for action in each.actions]
    now = [action.model_dump(mode="json") for action in proposal.actions]
    text = f"The actions of cell {cell.index + 1} are not the ones that {plan.id} planned."
    return f"{text}\n{compare_actions(then, now)}"


def _list_planned(plan: Run) -> list[Proposal | None]:
    """Return the proposals that a plan's changes would have been given, in the changes' order."""
    found: list[Proposal | None] = []
    for cell in plan.cells:
        if cell.step == "change":
            before = [proposal for proposal in plan.proposals if proposal.cell < cell.index]
            found.append(before[-1] if before else None)
    return found


def compare_actions(planned: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> str:
    """Return what a plan's actions and those of its apply have not in common, a line each, bounded."""
    before, after = _describe_actions(planned), _describe_actions(now)
    found = [f"  planned, not now: {each}" for each in before if each not in after]
    found += [f"  now, not planned: {each}" for each in after if each not in before]
    if not found:
        return "  The same is done to the same targets: what differs is the order, the undo or the data."
    more = [f"  and {len(found) - _MOST_SHOWN} more"] if len(found) > _MOST_SHOWN else []
    return "\n".join([*found[:_MOST_SHOWN], *more])


def _describe_actions(actions: Iterable[Mapping[str, Any]]) -> list[str]:
    return [one_line(f"{action.get('target')}: {action.get('command')}") for action in actions]
