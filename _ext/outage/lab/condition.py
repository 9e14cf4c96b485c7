"""How the parts of a lab are now, and what each fault's symptom shows; told in seconds, whatever hangs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage.errors import Failed, OutageError
from outage.lab.parts import PARTS, Part
from outage.text import one_line

if TYPE_CHECKING:
    from outage.lab.faults import Fault, Symptom
    from outage.lab.model import Lab
    from outage.lab.supervise import State


@dataclass(frozen=True)
class Condition:
    """How one part is.

    Attributes:
        id: of the part; ``supervisor`` for what runs most of them.
        address: where it can be reached, in words.
        down: what of it does not run, and what the supervisor says of that.
    """

    id: str
    address: str
    down: dict[str, str]

    @property
    def well(self) -> bool:
        """Whether all of it runs."""
        return not self.down

    @property
    def words(self) -> str:
        """The same for people."""
        if self.well:
            return self.address or "runs"
        return ", ".join(" ".join(filter(None, (name, words))) for name, words in self.down.items())


@dataclass(frozen=True)
class Measured:
    """What a fault's symptom shows.

    Attributes:
        symptom: None where it could not be measured.
        words: its own, or why not.
    """

    symptom: Symptom | None
    words: str


def list_conditions(lab: Lab) -> list[Condition]:
    """Return the condition of each part that was started, in the usual order; a dead supervisor comes first.

    A part that the supervisor runs is up when all its programs are; another is asked whether it serves,
    and so are all while the supervisor does not answer.
    """
    found, states = [], {}
    try:
        states = lab.supervisor.states()
    except Failed as error:
        found.append(Condition("supervisor", "", {"": "; ".join(filter(None, (error.message, error.hint)))}))
    there = [part for part in PARTS.values() if lab.has(part.id)]
    with ThreadPoolExecutor(max(1, len(there))) as pool:
        return [*found, *pool.map(lambda part: _find_condition(lab, part, states), there)]


def measure(lab: Lab, faults: list[Fault]) -> dict[str, Measured]:
    """Measure the faults' symptoms, by id; all at the same time, for some may have to wait."""
    with ThreadPoolExecutor(max(1, len(faults))) as pool:
        found = pool.map(lambda fault: _measure(lab, fault), faults)
        return {fault.id: one for fault, one in zip(faults, found, strict=True)}


@contextmanager
def explain_silence(what: str) -> Iterator[None]:
    """Turn the error of a service of the lab that does not answer into words.

    Raises:
        Failed: ``what`` could not be done, and why.
    """
    try:
        yield
    except OutageError:
        raise
    except Exception as error:  # each of the services' clients has errors of its own
        hint = "'outage lab status' shows what does not answer"
        raise Failed(f"{what}: {_explain(error)}", hint=hint) from error


def _find_condition(lab: Lab, part: Part, states: dict[str, State]) -> Condition:
    own = {name: state for name, state in states.items() if state.part == part.id}
    down = {name: f"is {state.state}" for name, state in own.items() if not state.runs}
    if not own:
        try:
            with explain_silence("does not answer"):
                down = {} if part.ready(lab) else {part.id: "does not answer"}
        except OutageError as error:
            down = {part.id: error.message}
    return Condition(part.id, part.address(lab), down)


def _measure(lab: Lab, fault: Fault) -> Measured:
    try:
        with explain_silence("cannot be measured"):
            symptom = fault.symptom(lab)
    except OutageError as error:
        return Measured(None, error.message)
    return Measured(symptom, symptom.words)


def _explain(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}")
