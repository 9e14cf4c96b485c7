"""Conducts a run: which cell is run, shown or left out, what is written down before it, and why it ends."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import signal
import socket
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from outage.runbook import lines
from outage.runbook.client import Ending, NoKernelError, RunbookClient
from outage.runbook.derive import write_notebook
from outage.runbook.history import Run, load_run
from outage.runbook.inject import injected_source
from outage.runbook.kit import ACTIONS_MIME, SAVED_MIME
from outage.runbook.outputs import EVERY, CellOutputs
from outage.runbook.structure import GUARDED, step_tag
from outage.runbook.types import to_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from outage.runbook.journal import Journal
    from outage.runbook.kernel import Kernel
    from outage.runbook.notebook import Cell
    from outage.runbook.prepare import Prepared

RUN_IN_PLAN = ("parameters", "setup", "check", "read")
_CODES = {"failed": 1, "timed-out": 4, "killed": 4, "interrupted": 130}
_NOTEBOOK_EVERY = 1.0


@dataclass(frozen=True)
class Stop:
    """Why a run ends before its last cell."""

    state: str
    code: int
    reason: str


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
        limits={"cell": limits.cell.exact.total_seconds(), "run": limits.run.exact.total_seconds()},
        versions=_versions(),
        host=socket.gethostname(),
        pid=os.getpid(),
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


class Conductor:
    """One run, from its first cell to its last line."""

    def __init__(
        self, prepared: Prepared, kernel: Kernel, journal: Journal, ask: Callable[[str], bool] | None
    ) -> None:
        """``ask`` puts a gate's text before a person and returns their answer; None: nobody is there."""
        self.prepared = prepared
        self.kernel = kernel
        self.journal = journal
        self.ask = ask
        self.client = RunbookClient(kernel)
        self.began = monotonic()
        self._written = monotonic()
        self._proposal: lines.ActionsLine | None = None
        self._changes = 0
        self._saved: dict[str, Any] = {}

    def conduct(self) -> Run:
        """Run what the mode runs, and end the journal; returns the run as it is then read."""
        try:
            stop = asyncio.run(self._conduct())
        except KeyboardInterrupt:
            stop = Stop("interrupted", 130, "interrupted")
        stop = stop or Stop("succeeded", 0, "every step passed")
        seconds = round(monotonic() - self.began, 3)
        state: Any = stop.state
        self.journal.append(lines.Ended(state=state, code=stop.code, reason=stop.reason, seconds=seconds))
        run = load_run(self.prepared.folder)
        with contextlib.suppress(OSError):  # the journal is the truth, and it has ended
            write_notebook(run)
        return run

    async def _conduct(self) -> Stop | None:
        self._listen_to_signals(to_loop=True)
        try:
            await self.client.connect()
            self.began = monotonic()  # how long the kernel took to boot does not count
            for cell, tag in self.prepared.contract.steps:
                if self.client.request.reason:
                    return Stop("interrupted", 130, f"interrupted {self.client.request.reason}")
                if stop := await self._step(cell, tag):
                    return stop
                self._write_notebook()
        except NoKernelError as error:
            return Stop("failed", 4, error.message)
        finally:
            await self.client.close()
        return None

    def _listen_to_signals(self, *, to_loop: bool) -> None:
        """Signals stop the running cell; or, where the loop stands still, they raise KeyboardInterrupt."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if to_loop:
                loop.add_signal_handler(number, self.client.stop, f"by {number.name}")
            else:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.default_int_handler)

    async def _step(self, cell: Cell, tag: str) -> Stop | None:
        applying = self.prepared.order.apply
        if tag == "gate" and applying:
            return self._gate(cell, cell.source)
        if tag == "undo" and applying:
            self._note(cell, tag, "skipped")
            return None
        if not applying and tag not in RUN_IN_PLAN:
            self._note(cell, tag, "planned")
            return None
        if tag == "change" and (stop := self._before_change(cell)):
            return stop
        return await self._run(cell, tag)

    def _note(self, cell: Cell, tag: str, state: str) -> None:
        self.journal.append(_cell_line(cell, tag, state), wait=False)

    async def _run(self, cell: Cell, tag: str) -> Stop | None:
        """Run one cell, and write down what becomes of it."""
        meta = self.prepared.contract.meta
        assert meta.limits.cell.exact is not None
        assert meta.limits.run.exact is not None
        left = meta.limits.run.exact.total_seconds() - (monotonic() - self.began)
        if left <= 0:
            return Stop("failed", 4, f"the run passed its limit of {meta.limits.run}")
        self.journal.append(_cell_line(cell, tag, "running"))
        sink = _Sink(self, cell, tag)
        limit = min(meta.limits.cell.exact.total_seconds(), left)
        ending = await self._execute(cell, tag, sink, limit)
        cut = sink.outputs.finish()
        error = _error(ending, self.prepared) if ending.error else None
        self.journal.append(_cell_line(cell, tag, ending.state, round(ending.seconds, 3), error, cut))
        if ending.state == "passed":
            return None
        state = "interrupted" if ending.state == "interrupted" else "failed"
        return Stop(state, _CODES[ending.state], _reason(cell, tag, ending, limit))

    async def _execute(self, cell: Cell, tag: str, sink: _Sink, limit: float) -> Ending:
        """Run a cell's code, with a token if it changes something, handing on its output as it comes."""
        if tag in GUARDED:
            actions = self._proposal.actions if self._proposal else ()
            plain = [action.model_dump(mode="json") for action in actions]
            token = {"run": self.prepared.folder.name, "token": secrets.token_hex(8)}
            self.client.issue({**token, "actions": plain, "saved": self._saved})
        ticker = asyncio.ensure_future(_tick(sink.outputs))
        try:
            ending = await self.client.run(cell.source, sink, limit)
            if tag == "parameters" and ending.state == "passed":
                source = injected_source(self.prepared.contract.parameters, self.prepared.values)
                ending = await self.client.run(source, sink, limit)
        finally:
            ticker.cancel()
        if tag in GUARDED:
            self._proposal = None
            if ending.state in {"passed", "failed"}:
                self.client.revoke()
        return ending

    def _before_change(self, cell: Cell) -> Stop | None:
        """The actions must be on the journal, and be the plan's if there is one."""
        if self._proposal is None:
            reason = (
                f"no actions were proposed before the change in cell {cell.index + 1}: nothing was changed"
            )
            return Stop("failed", 1, reason)
        number, self._changes = self._changes, self._changes + 1
        plan = self.prepared.plan
        if plan is None:
            return None
        planned = _planned_digests(plan)
        if number < len(planned) and planned[number] == self._proposal.digest:
            return None
        text = f"The actions of cell {cell.index + 1} are not the ones that {plan.id} planned."
        return self._gate(cell, text)

    def _gate(self, cell: Cell, text: str) -> Stop | None:
        """Wait for a person; without one, the run waits and its process goes."""
        self.journal.append(lines.GateLine(cell=cell.index, state="waiting", text=text))
        if self.ask is None:
            return Stop("waiting", 3, f"waiting at cell {cell.index + 1}: {_first_line(text)}")
        self._listen_to_signals(to_loop=False)  # the loop stands still while a person is asked
        try:
            confirmed = self.ask(text)
        except (KeyboardInterrupt, EOFError):
            return Stop("interrupted", 130, f"interrupted at the gate in cell {cell.index + 1}")
        finally:
            self._listen_to_signals(to_loop=True)
        state: Any = "confirmed" if confirmed else "declined"
        self.journal.append(lines.GateLine(cell=cell.index, state=state, by=self.prepared.by))
        if step_tag(cell) == "gate":
            self._note(cell, "gate", "passed" if confirmed else "failed")
        if confirmed:
            return None
        return Stop("failed", 1, f"declined at cell {cell.index + 1}: nothing after it was run")

    def _write_notebook(self) -> None:
        """Bring the derived notebook up to date, at most once a second."""
        if monotonic() - self._written >= _NOTEBOOK_EVERY:
            with contextlib.suppress(OSError):
                write_notebook(load_run(self.prepared.folder))
            self._written = monotonic()

    # What cells send through the kit; called by the sink.

    def propose(self, cell: Cell, payload: Any) -> None:
        """Write down proposed actions; a change gets these and no others."""
        actions = [lines.ActionData.model_validate(action) for action in payload["actions"]]
        plain = [action.model_dump(mode="json") for action in actions]
        digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
        line = lines.ActionsLine(cell=cell.index, actions=tuple(actions), digest=f"sha256:{digest}")
        self.journal.append(line)
        self._proposal = line

    def save(self, cell: Cell, payload: Any) -> None:
        """Write down what a cell saved."""
        line = lines.SavedLine(cell=cell.index, name=payload["name"], value=payload["value"])
        self.journal.append(line)
        self._saved[line.name] = line.value


class _Sink:
    """Outputs of one cell on their way to the journal; what the kit sends is taken out first."""

    def __init__(self, conductor: Conductor, cell: Cell, tag: str) -> None:
        self.conductor, self.cell, self.tag = conductor, cell, tag
        self.outputs = CellOutputs(self._emit)
        self.stream = self.outputs.stream
        self.error = self.outputs.error

    def _emit(self, output: dict[str, Any], cut: str | None) -> None:
        line = lines.OutputLine(cell=self.cell.index, output=output, cut=cut)
        self.conductor.journal.append(line, wait=False)

    def rich(self, output_type: str, data: dict[str, Any]) -> None:
        """Display data: proposals count in read cells only."""
        with contextlib.suppress(KeyError, TypeError, ValidationError):  # not the kit's: it counts as output
            if ACTIONS_MIME in data and self.tag == "read":
                self.conductor.propose(self.cell, data[ACTIONS_MIME])
            if SAVED_MIME in data:
                self.conductor.save(self.cell, data[SAVED_MIME])
        self.outputs.rich(output_type, data)


async def _tick(outputs: CellOutputs) -> None:
    """Hand on gathered output while a cell is silent."""
    while True:
        await asyncio.sleep(EVERY)
        outputs.flush()


def _planned_digests(plan: Run) -> list[str]:
    """Digests of the proposals that a plan's changes would have been given, in the changes' order."""
    found = []
    for cell in plan.cells:
        if cell.step == "change":
            before = [proposal.digest for proposal in plan.proposals if proposal.cell < cell.index]
            found.append(before[-1] if before else "")
    return found


def _cell_line(
    cell: Cell,
    tag: str,
    state: str,
    seconds: float | None = None,
    error: lines.ErrorData | None = None,
    cut: str | None = None,
) -> lines.CellLine:
    values: dict[str, Any] = {"step": tag, "state": state}
    return lines.CellLine(cell=cell.index, seconds=seconds, error=error, cut=cut, **values)


def _error(ending: Ending, prepared: Prepared) -> lines.ErrorData:
    """What was raised, with the metadata's explanation if one fits."""
    assert ending.error is not None
    text = f"{ending.error.get('name', '')}: {ending.error.get('value', '')}"
    fitting = [hint for hint in prepared.contract.meta.hints if hint.when in text]
    hint = None
    if fitting:
        further = f" Next: outage run {fitting[0].runbook}" if fitting[0].runbook else ""
        hint = f"{fitting[0].means}{further}"
    return lines.ErrorData(
        name=ending.error.get("name", ""),
        value=ending.error.get("value", ""),
        traceback=ending.error.get("traceback", ""),
        hint=hint,
    )


def _reason(cell: Cell, tag: str, ending: Ending, limit: float) -> str:
    """Why a run ended at a cell, in a sentence; a change that did not pass says what that means."""
    place = f"the {tag} in cell {cell.index + 1}"
    said = {
        "failed": f"{place} failed",
        "timed-out": f"{place} passed its limit of {limit:g} seconds",
        "killed": f"the kernel died in {place}",
        "interrupted": f"{place} was interrupted",
    }[ending.state]
    if ending.error and ending.state == "failed":
        said += f": {_first_line(ending.error.get('value', '')) or ending.error.get('name', '')}"
    if tag in GUARDED:
        said += ". It was started and did not pass: some of its actions may be done"
    return said


def _first_line(text: str) -> str:
    from outage.text import one_line

    return one_line(next((line for line in text.splitlines() if line.strip()), ""))[:300]


def _versions() -> dict[str, str]:
    """Versions of what carries a run out."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("outage-handbook", "ipykernel", "nbclient"):
        with contextlib.suppress(PackageNotFoundError):
            found[package.removesuffix("-handbook")] = version(package)
    return found
