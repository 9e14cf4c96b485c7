"""Why a run ends where it ends, in words and as an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outage.run import lines
from outage.runbook.structure import GUARDED
from outage.text import one_line

if TYPE_CHECKING:
    from outage.run.client import Ending
    from outage.run.request import Prepared
    from outage.runbook.notebook import Cell

_CODES = {"failed": 1, "timed-out": 4, "killed": 4, "interrupted": 130}


@dataclass(frozen=True)
class Stop:
    """Why a run ends before its last cell."""

    state: str
    code: int
    reason: str


def decide_stop(cell: Cell, tag: str, ending: Ending, limit: float) -> Stop | None:
    """Return what a cell's ending means for the run; None: it goes on."""
    if ending.state == "passed":
        return None
    state = "interrupted" if ending.state == "interrupted" else "failed"
    return Stop(state, _CODES[ending.state], _explain(cell, tag, ending, limit))


def decide_settled_stop(ending: Ending, when: str) -> Stop | None:
    """Return what it means that the kernel did not come to rest between two cells; None: it did."""
    if ending.state == "passed":
        return None
    said = find_first_line(ending.error.get("value", "")) if ending.error else ""
    reason = {"failed": said, "killed": "the kernel died"}.get(ending.state, "the kernel did not answer")
    return Stop("failed", _CODES[ending.state], f"{when}: {reason}")


def make_cell_line(
    cell: Cell,
    tag: str,
    state: str,
    seconds: float | None = None,
    error: lines.ErrorData | None = None,
) -> lines.CellLine:
    """Return the line that says that a cell reached a state."""
    values: dict[str, Any] = {"step": tag, "state": state}
    return lines.CellLine(cell=cell.index, seconds=seconds, error=error, **values)


def make_error_data(ending: Ending, prepared: Prepared) -> lines.ErrorData:
    """Return what was raised, with the metadata's explanation if one fits."""
    assert ending.error is not None
    text = f"{ending.error.get('name', '')}: {ending.error.get('value', '')}"
    hint = prepared.contract.meta.hint_for(text)
    return lines.ErrorData(
        name=ending.error.get("name", ""),
        value=ending.error.get("value", ""),
        traceback=ending.error.get("traceback", ""),
        hint=hint.means if hint else None,
        next=hint.runbook if hint else None,
    )


def find_first_line(text: str) -> str:
    """Return the first line of a text that says something, bounded."""
    return one_line(next((line for line in text.splitlines() if line.strip()), ""))[:300]


def _explain(cell: Cell, tag: str, ending: Ending, limit: float) -> str:
    """Return why a run ended at a cell, in a sentence; a change that did not pass says what that means."""
    place = f"the {tag} in cell {cell.index + 1}"
    said = {
        "failed": f"{place} failed",
        "timed-out": f"{place} passed its limit of {limit:g} seconds",
        "killed": f"the kernel died in {place}",
        "interrupted": f"{place} was interrupted",
    }[ending.state]
    if ending.error and ending.state == "failed":
        said += f": {find_first_line(ending.error.get('value', '')) or ending.error.get('name', '')}"
    if tag in GUARDED:
        said += ". It was started and did not pass: some of its actions may be done"
    return said
