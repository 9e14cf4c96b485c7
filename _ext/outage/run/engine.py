"""A papermill engine: ``papermill --engine outage IN OUT`` plans a runbook, and says the truth about it.

With ``OUTAGE_PLAN=RUN`` it applies what that plan planned, and nothing else: there is no terminal to
confirm anything on, so the plan that was seen must be named.

papermill's own manager marks cells that never ran as completed after a kernel died or a limit
passed, and runs change cells. This engine runs what a plan runs, by the same runner as
``outage run``, and gives papermill the derived notebook with true states. The journal is put
beside papermill's output, in ``OUT.run/``. papermill finds it by its entry point.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from papermill.engines import Engine
from papermill.exceptions import PapermillException

from outage.errors import OutageError
from outage.project import find_project
from outage.run.execute import execute_notebook
from outage.run.notebook import derive_notebook
from outage.run.request import PLAN, RunRequest

if TYPE_CHECKING:
    from outage.run.model import Run

NODE: Any = nbformat.from_dict
_STATUS = {"passed": "completed", "planned": "pending", "skipped": "pending", "never-ran": "pending"}


class OutageEngine(Engine):  # type: ignore[misc]
    """Plans a runbook, or applies the plan that the environment names."""

    @classmethod
    def execute_notebook(cls, nb: Any, _: str, output_path: str | None = None, **kwargs: Any) -> Any:
        """Run ``nb`` and return it with outputs and states; papermill raises if a cell has an error.

        Args:
            nb: papermill's notebook, its parameters among the metadata.
            _: a kernel's name; a runbook runs in the Python that outage is installed in.
            output_path: where papermill will write; the journal goes beside it.
            **kwargs: ``input_path`` names the notebook; the rest is papermill's own business.

        Raises:
            PapermillException: something speaks against the run; nothing was started.
        """
        try:
            run = _run(nb, str(kwargs.get("input_path") or ""), output_path)
        except OutageError as error:
            raise PapermillException(str(error)) from None
        if run.state == "waiting":  # papermill would call that a success
            instead = f"outage run {run.runbook} --apply --plan {run.began.get('plan')}"
            raise PapermillException(f"{run.reason}; papermill cannot go on from a gate. Use: {instead}")
        return _convert_for_papermill(nb, run)


def _run(nb: Any, input_path: str, output_path: str | None) -> Run:
    """Plan the notebook's file, or apply the plan that is named, with the values that papermill was given."""
    path = Path(input_path).resolve()
    given = dict(nb.metadata.get("papermill", {}).get("parameters", {}))
    folder = Path(f"{output_path or path}.run").resolve()
    plan = os.environ.get(PLAN) or None
    request = RunRequest(
        path.stem, data=given, incident="none", folder=folder, plan=plan, apply=plan is not None
    )
    return execute_notebook(find_project(path.parent), path, request)


def _convert_for_papermill(nb: Any, run: Run) -> Any:
    """Return the derived notebook, with papermill's metadata: its own words for the states that they fit."""
    content = derive_notebook(run)
    content["metadata"]["papermill"] = dict(nb.metadata.papermill)
    for cell in content["cells"]:
        state = cell["metadata"].get("outage", {}).get("state", "passed")
        status = _STATUS.get(state, "failed")
        cell["metadata"]["papermill"] = {"status": status, "exception": status == "failed"}
    return NODE(content)
