"""The lines with which a journal begins, and with which a run goes on in another process."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from outage.run import lines
from outage.run.inject import injected_source
from outage.runbook.structure import step_tag
from outage.runbook.types import to_data

if TYPE_CHECKING:
    from outage.run.order import Prepared


def began_line(prepared: Prepared, run: str) -> lines.Began:
    """The journal's first line."""
    contract, limits = prepared.contract, prepared.contract.meta.limits
    assert limits.cell.exact is not None
    assert limits.run.exact is not None
    return lines.Began(
        run=run,
        runbook=contract.name,
        title=contract.notebook.title,
        path=str(contract.notebook.path),
        mode="apply" if prepared.order.apply else "plan",
        by=prepared.by,
        incident=prepared.incident.name if prepared.incident else None,
        target=prepared.target,
        risk=contract.meta.risk,
        parameters={name: to_data(value) for name, value in prepared.values.items()},
        secrets=tuple(parameter.name for parameter in contract.parameters if parameter.secret),
        digest=prepared.digest,
        review=prepared.review,
        plan=prepared.plan.id if prepared.plan else None,
        yes=prepared.order.yes or None,
        limits={"cell": limits.cell.exact.total_seconds(), "run": limits.run.exact.total_seconds()},
        versions=_versions(),
        host=socket.gethostname(),
        pid=os.getpid(),
        approvals="second-person" if prepared.second_person else "starter",
    )


def notebook_line(prepared: Prepared) -> lines.NotebookLine:
    """The journal's second line."""
    contract = prepared.contract
    cells = tuple(
        lines.CellData.model_validate(
            {
                "id": cell.id,
                "cell_type": cell.cell_type,
                "step": step_tag(cell),
                "tags": cell.tags,
                "source": cell.source,
            }
        )
        for cell in contract.notebook.cells
    )
    raw = contract.notebook.runbook
    injected = injected_source(contract.parameters, prepared.values)
    return lines.NotebookLine(cells=cells, runbook=raw if isinstance(raw, dict) else {}, injected=injected)


def resumed_line(prepared: Prepared) -> lines.Resumed:
    """The line with which a run goes on, or begins to be undone."""
    assert prepared.past is not None
    undo = prepared.undo or ()
    kept = [cell.index for cell in prepared.past.cells if cell.step == "change" and cell.settled]
    return lines.Resumed(
        mode="apply" if prepared.undo is None else "undo",
        by=prepared.by,
        kept=tuple(kept) if prepared.undo is None else (),
        undo=undo,
        yes=prepared.order.yes or None,
        host=socket.gethostname(),
        pid=os.getpid(),
    )


def _versions() -> dict[str, str]:
    """Versions of what carries a run out."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("outage-handbook", "ipykernel", "nbclient"):
        with suppress(PackageNotFoundError):
            found[package.removesuffix("-handbook")] = version(package)
    return found
