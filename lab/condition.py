"""How the parts of a lab are at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.parts import PARTS

if TYPE_CHECKING:
    from lab.model import Lab


@dataclass(frozen=True)
class Condition:
    """How one part is.

    Attributes:
        id: of the part.
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


def conditions(lab: Lab) -> list[Condition]:
    """How each part is that was started, in the usual order.

    A part that the supervisor runs is up when all its programs are; another is asked whether it serves.
    """
    states = lab.supervisor.states()
    found = []
    for part in PARTS.values():
        if not lab.has(part.id):
            continue
        own = {name: state for name, state in states.items() if state.part == part.id}
        down = {name: f"is {state.state}" for name, state in own.items() if not state.runs}
        if not own and not part.ready(lab):
            down = {part.id: "does not answer"}
        found.append(Condition(part.id, part.address(lab), down))
    return found
