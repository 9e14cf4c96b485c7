"""One run, cell by cell: what is run, shown or skipped, what is written down before it, and why it ends."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
from time import monotonic
from typing import TYPE_CHECKING, Any

from outage.errors import Failed
from outage.redact.scrub import is_scrubbed
from outage.run import lines
from outage.run.client import Ending, NoKernelError, RunbookClient
from outage.run.gates import Gatekeeper, Question, describe_departure, describe_production_change
from outage.run.history import SPOOL, load_run, read_spool
from outage.run.interrupts import raise_interrupt
from outage.run.model import DOUBTS, CellRun, Run
from outage.run.notebook import write_injected_source, write_notebook
from outage.run.outcome import Stop, decide_settled_stop, decide_stop, make_cell_line, make_error_data
from outage.run.outputs import EVERY, CellSink
from outage.run.resume import digest_undo
from outage.run.review import WorkingTree
from outage.runbook.digest import find_code_files
from outage.runbook.structure import GUARDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from outage.run.interrupts import Interrupts
    from outage.run.journal import Journal
    from outage.run.kernel import Kernel
    from outage.run.outputs import CellOutputs
    from outage.run.request import Prepared
    from outage.runbook.notebook import Cell

RUN_IN_PLAN = ("parameters", "setup", "check", "read")
RUN_IN_UNDO = ("parameters", "setup")
RUN_IN_CHECK = ("parameters", "setup", "check")
_NOTEBOOK_EVERY = 1.0
_NOTEBOOK_SHARE = 0.02


class Runner:
    """One run, from its first cell to its last line; or what is left of one that goes on, or its undoing."""

    def __init__(
        self,
        prepared: Prepared,
        kernel: Kernel,
        journal: Journal,
        interrupts: Interrupts,
        ask: Callable[[Question], str | None] | None,
    ) -> None:
        """Prepare to run; ``ask`` is None where no one can be asked."""
        self.prepared = prepared
        self.kernel = kernel
        self.journal = journal
        self.ask = ask
        self.interrupts = interrupts
        self.client = RunbookClient(kernel)
        self.gates = Gatekeeper(prepared, journal, ask)
        self.began = monotonic()
        self._due = monotonic() + _NOTEBOOK_EVERY
        self._proposal: lines.ActionsLine | None = None
        self._changes = 0
        self._confirmed = False
        self._to_confirm = prepared.confirm
        past = prepared.past
        self._saved: dict[str, Any] = dict(past.saved) if past else {}
        self._past: dict[int, CellRun] = {cell.index: cell for cell in past.cells} if past else {}

    def run(self) -> Run:
        """Run what the mode runs, and end the journal; returns the run as it is then read.

        Raises:
            Failed: the journal cannot be written; what was started before is on it.
        """
        try:
            stop = asyncio.run(self._run_steps())
        except KeyboardInterrupt:
            stop = Stop("interrupted", 130, "interrupted")
        except Failed as error:
            self.interrupts.ignore()
            with contextlib.suppress(Failed):  # perhaps there is room for one more line
                self._end(Stop("failed", 1, error.message))
            raise
        self.interrupts.ignore()
        self._end(stop or self._success())
        run = load_run(self.prepared.folder)
        with contextlib.suppress(OSError):  # the journal is the truth, and it has ended
            write_notebook(run)
        return run

    def _end(self, stop: Stop) -> None:
        state: Any = stop.state
        seconds = round(monotonic() - self.began, 3)
        self.journal.append(lines.Ended(state=state, code=stop.code, reason=stop.reason, seconds=seconds))

    def _success(self) -> Stop:
        if self.prepared.undo is None:
            return Stop("succeeded", 0, "every step passed")
        if left := load_run(self.prepared.folder).changed:
            cells = ", ".join(str(cell.index + 1) for cell in reversed(left))
            return Stop("failed", 1, f"not undone: the change in cell {cells}")
        return Stop("undone", 0, "every change is undone")

    async def _run_steps(self) -> Stop | None:
        self._listen_to_signals()
        try:
            await self.client.connect()
            self.began = monotonic()  # how long the kernel took to boot does not count
            self._admit()
            if self._past:
                self.client.restore(
                    self._saved, [name for name in self._saved if is_scrubbed(self._saved[name])]
                )
            for step in self._steps():
                if self.client.request.reason:
                    return Stop("interrupted", 130, f"interrupted {self.client.request.reason}")
                if stop := await self._step(*step):
                    return stop
                self._write_notebook()
            return await self._settled("after the last cell")
        except NoKernelError as error:
            return Stop("failed", 4, error.message)
        finally:
            self.interrupts.ignore()  # it is decided how the run ended
            await self.client.close()

    def _admit(self) -> None:
        """Tell the kernel what of the handbook may run in it: what the run's digest is of."""
        root, notebook = self.prepared.project.root, self.prepared.contract.notebook
        files = find_code_files(notebook, WorkingTree(root))
        self.client.admit(root, files, self.prepared.folder)

    async def _settled(self, when: str) -> Stop | None:
        """Stop after a failure that no cell raised: of a thread, a task, the kernel itself."""
        ending = await self.client.settle()
        if ending.state == "interrupted":
            return Stop("interrupted", 130, f"interrupted {self.client.request.reason}")
        return decide_settled_stop(ending, when)

    def _steps(self) -> Iterator[tuple[Cell, str]]:
        """Yield all steps, in order; to undo: parameters and setup, then the undos, newest change first."""
        steps, undo = self.prepared.contract.steps, self.prepared.undo
        if undo is None:
            only = self.prepared.request.checks_only
            yield from (step for step in steps if not only or step[1] in RUN_IN_CHECK)
            return
        yield from (step for step in steps if step[1] in RUN_IN_UNDO)
        following = {steps[at][0].index: steps[at + 1] for at in range(len(steps) - 1)}
        for index in undo:
            step = following.get(index)
            if step and step[1] == "undo":
                yield step

    def _listen_to_signals(self) -> None:
        """Have signals stop the running cell."""
        loop = asyncio.get_running_loop()

        def stop(name: str) -> None:
            loop.call_soon_threadsafe(self.client.stop, f"by {name}")

        self.interrupts.respond = stop

    async def _step(self, cell: Cell, tag: str) -> Stop | None:
        mode = self.prepared.mode
        if mode == "undo":
            return await (self._undo(cell) if tag == "undo" else self._run_cell(cell, tag))
        if mode == "plan" and tag not in RUN_IN_PLAN:
            self._note(cell, tag, "planned")
            return None
        if tag == "gate":
            return self._gate(cell, cell.source)
        if tag == "undo":
            self._note(cell, tag, "skipped")
            return None
        if tag == "change":
            return await self._change(cell)
        return await self._run_cell(cell, tag)

    def _note(self, cell: Cell, tag: str, state: str) -> None:
        self.journal.append(make_cell_line(cell, tag, state), wait=False)

    # One cell.

    async def _run_cell(self, cell: Cell, tag: str) -> Stop | None:
        """Run one cell, and write down what becomes of it."""
        meta = self.prepared.contract.meta
        assert meta.limits.cell.exact is not None
        assert meta.limits.run.exact is not None
        left = meta.limits.run.exact.total_seconds() - (monotonic() - self.began)
        if left <= 0:
            return Stop("failed", 4, f"the run passed its limit of {meta.limits.run}")
        guarded = tag in GUARDED
        if guarded and (stop := await self._settled(f"before the {tag} in cell {cell.index + 1}")):
            return stop
        self.journal.append(make_cell_line(cell, tag, "running"), wait=guarded)  # a change waits for the disk
        sink = CellSink(self, cell, tag)
        limit = min(meta.limits.cell.exact.total_seconds(), left)
        ending = await self._run_code(cell, tag, sink, limit)
        sink.outputs.finish()
        if guarded:
            self._collect(cell)
        error = make_error_data(ending, self.prepared) if ending.error else None
        line = make_cell_line(cell, tag, ending.state, round(ending.seconds, 3), error)
        self.journal.append(line, wait=guarded or ending.state != "passed")
        if guarded:
            (self.prepared.folder / SPOOL).unlink(missing_ok=True)
        return decide_stop(cell, tag, ending, limit)

    async def _run_code(self, cell: Cell, tag: str, sink: CellSink, limit: float) -> Ending:
        """Run a cell's code, with a token if it changes something, handing on its output as it comes."""
        if tag in GUARDED:
            self._issue(cell, tag)
        ticker = asyncio.ensure_future(_tick(sink.outputs))
        try:
            ending = await self.client.run(cell.source, sink, limit)
            if tag == "parameters" and ending.state == "passed":
                source = write_injected_source(self.prepared.contract.parameters, self.prepared.values)
                ending = await self.client.run(source, sink, limit)
        finally:
            ticker.cancel()
        if tag in GUARDED:
            self._proposal = None
            if ending.state in {"passed", "failed"}:
                self.client.revoke()
        return ending

    def _issue(self, cell: Cell, tag: str) -> None:
        """Give the kernel the token for one cell, with the actions that are on the journal."""
        actions: list[Any] = []
        if tag == "undo":
            actions = list(self._past[self._reversed(cell)].actions)
        elif self._proposal:
            actions = [action.model_dump(mode="json") for action in self._proposal.actions]
        token = {"run": self.prepared.folder.name, "token": secrets.token_hex(8)}
        spool = str(self.prepared.folder.resolve() / SPOOL)
        self.client.issue({**token, "actions": actions, "saved": self._saved, "spool": spool})

    def _collect(self, cell: Cell) -> None:
        """Write down what the cell saved and its kernel, killed perhaps, did not live to tell."""
        for name, value in read_spool(self.prepared.folder).items():
            if name not in self._saved or self._saved[name] != value:
                self.save(cell, {"name": name, "value": value})

    # Changes and their undoing.

    async def _change(self, cell: Cell) -> Stop | None:
        """Run a change, unless it is done already; one that was started and did not pass is asked about."""
        number, self._changes = self._changes, self._changes + 1
        before = self._past.get(cell.index)
        if before and before.unsettled:
            if stop := self._settle(cell, before):
                return stop
            before = load_run(self.prepared.folder).cells[cell.index]
        if before and before.settled:
            self._proposal, self._confirmed = None, False
            return None
        if stop := self._before_change(cell, number):
            return stop
        self._confirmed = False
        return await self._run_cell(cell, "change")

    def _settle(self, cell: Cell, before: CellRun) -> Stop | None:
        """Have a person say what became of a change that was started and did not pass."""
        text = (
            f"The change in cell {cell.index + 1} {DOUBTS[str(before.state)]}. "
            "Look at its target now: some, all or none of its actions may be done.\n"
            + "\n".join(f"  {action.get('target')}: {action.get('command')}" for action in before.actions)
        )
        prompt = "Is it done? Type done, or not-done to do it now, or stop: "
        answer = self._put(Question(text, prompt, ("done", "not-done", "stop")))
        if answer not in {"done", "not-done"}:
            reason = f"stopped: nobody said what became of the change in cell {cell.index + 1}"
            return Stop("interrupted", 130, reason)
        said: Any = answer
        self.journal.append(lines.Asserted(cell=cell.index, answer=said, by=self.prepared.by))
        return None

    def _before_change(self, cell: Cell, number: int) -> Stop | None:
        """Require actions on the journal, the plan's if there is one, and approval where it is needed."""
        if self._proposal is None:
            reason = (
                f"no actions were proposed before the change in cell {cell.index + 1}: nothing was changed"
            )
            return Stop("failed", 1, reason)
        if (plan := self.prepared.plan) and (text := describe_departure(plan, number, cell, self._proposal)):
            return self._gate(cell, text)
        if self.prepared.second_person and not self._confirmed:
            count = len(self._proposal.actions)
            actions = "1 action" if count == 1 else f"{count} actions"
            what = f"The change in cell {cell.index + 1} comes next: {actions}, as proposed."
            return self._gate(cell, what)
        if self._to_confirm and self._proposal.actions:
            text = describe_production_change(self.prepared.target, cell, self._proposal.actions)
            return self._gate(cell, text)
        return None

    async def _undo(self, cell: Cell) -> Stop | None:
        """Run one undo; of a change that did not pass, only if a person says so."""
        change = self.prepared.contract.notebook.cells[self._reversed(cell)]
        before = self._past[change.index]
        if before.unsettled:
            known = DOUBTS[str(before.state)]
            text = f"The change in cell {change.index + 1} {known}: some of it may be done."
            prompt = "Undo it? Type yes to run its undo, or no to leave it: "
            if self._put(Question(text, prompt, ("yes", "no"))) != "yes":
                self._note(cell, "undo", "skipped")
                return None
        if self._to_confirm and (stop := self._confirm_undo(cell)):
            return stop
        if stop := await self._run_cell(cell, "undo"):
            return stop
        self._note(change, "change", "undone")
        return None

    def _confirm_undo(self, cell: Cell) -> Stop | None:
        """Ask before the first undo in production, where no one was shown its plan."""
        past = self.prepared.past
        assert past is not None
        return self._gate(cell, f"This undoes changes of {self.prepared.target.words}.", digest_undo(past))

    def _reversed(self, undo: Cell) -> int:
        """Return index of the change that an undo reverses: the step before it."""
        indices = [cell.index for cell, _ in self.prepared.contract.steps]
        return indices[indices.index(undo.index) - 1]

    # People.

    def _gate(self, cell: Cell, text: str, digest: str | None = None) -> Stop | None:
        """Wait for a person; without one, the run waits and its process goes."""
        digest = self._proposal.digest if self._proposal else digest
        with self._standing_still():
            try:
                stop = self.gates.stop(cell, text, digest)
            except (KeyboardInterrupt, EOFError):
                return Stop("interrupted", 130, f"interrupted at the gate in cell {cell.index + 1}")
        self._confirmed = stop is None
        if self._confirmed and (self._proposal.actions if self._proposal else self.prepared.undo):
            self._to_confirm = False  # what was seen and confirmed is not asked about twice
        return stop

    def _put(self, question: Question) -> str | None:
        """Ask the person at the terminal; None: they left, or there is none."""
        if self.ask is None:
            return None
        with self._standing_still():
            try:
                return self.ask(question)
            except (KeyboardInterrupt, EOFError):
                return None

    @contextlib.contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Stop the clock while a person is asked: the loop waits, and their time does not count."""
        since = monotonic()
        self.interrupts.respond = raise_interrupt
        try:
            yield
        finally:
            self._listen_to_signals()
            self.began += monotonic() - since

    def _write_notebook(self) -> None:
        """Bring the derived notebook up to date: at most once a second, less often where it takes long."""
        began = monotonic()
        if began >= self._due:
            with contextlib.suppress(OSError):
                write_notebook(load_run(self.prepared.folder))
            took = monotonic() - began
            self._due = began + max(_NOTEBOOK_EVERY, took / _NOTEBOOK_SHARE)

    # What cells send through the kit; called by the sink.

    def propose(self, cell: Cell, payload: Any) -> None:
        """Write down proposed actions; a change gets these and no others."""
        actions = [lines.ActionData.model_validate(action) for action in payload["actions"]]
        plain = [action.model_dump(mode="json") for action in actions]
        digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
        line = lines.ActionsLine(cell=cell.index, actions=tuple(actions), digest=f"sha256:{digest}")
        self.journal.append(line, wait=False)
        self._proposal = line

    def save(self, cell: Cell, payload: Any) -> None:
        """Write down what a cell saved."""
        line = lines.SavedLine(cell=cell.index, name=payload["name"], value=payload["value"])
        self.journal.append(line, wait=False)
        self._saved[line.name] = line.value


async def _tick(outputs: CellOutputs) -> None:
    """Hand on gathered output while a cell is silent."""
    while True:
        await asyncio.sleep(EVERY)
        outputs.flush()
