"""Outputs of one cell on their way to the journal; what the kit sends is taken out first."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from outage.run import lines
from outage.run.outputs import CellOutputs
from outage.runbook.kit import ACTIONS_MIME, SAVED_MIME

if TYPE_CHECKING:
    from outage.run.conduct import Conductor
    from outage.runbook.notebook import Cell


class CellSink:
    """Where the client puts a cell's outputs."""

    def __init__(self, conductor: Conductor, cell: Cell, tag: str) -> None:
        self.conductor, self.cell, self.tag = conductor, cell, tag
        journal = conductor.journal
        self.outputs = CellOutputs(
            self._emit,
            conductor.prepared.scrubber,
            lambda lines, latest: journal.tell(
                "glimpse", {"cell": cell.index, "lines": lines, "latest": latest}
            ),
        )
        self.stream = self.outputs.stream
        self.error = self.outputs.error
        self.clear = self.outputs.clear

    def _emit(self, output: dict[str, Any], cut: str | None) -> None:
        line = lines.OutputLine(cell=self.cell.index, output=output, cut=cut)
        self.conductor.journal.append(line, wait=False)

    def rich(self, output_type: str, data: dict[str, Any], update: str | None = None) -> None:
        """Display data: proposals count in read cells only."""
        with contextlib.suppress(KeyError, TypeError, ValidationError):  # not the kit's: it counts as output
            if ACTIONS_MIME in data and self.tag == "read":
                self.conductor.propose(self.cell, data[ACTIONS_MIME])
            if SAVED_MIME in data:
                self.conductor.save(self.cell, data[SAVED_MIME])
        self.outputs.rich(output_type, data, update)
