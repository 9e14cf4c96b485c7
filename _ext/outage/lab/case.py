"""One fault and its runbook, step by step; the first promise that is not kept ends it, and is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from outage.errors import Failed, OutageError
from outage.lab import control, proving
from outage.lab.alarms import Watch, list_firing
from outage.lab.faults import Fault, Symptom
from outage.lab.fingerprint import find_differences, take_fingerprint
from outage.lab.looks import Look, find_shown_fault
from outage.lab.model import Lab
from outage.lab.places import list_places
from outage.lab.proving import Copy, Spoken
from outage.lab.shown import describe_stale
from outage.run.model import Run
from outage.runbook.contract import Contract
from outage.runbook.proof import Alert, Attempt, Case, Failure, Sign, Undone

_MEASURED = {"postgres", "replica", "backup", "dispatch"}  # of which the exporter tells Prometheus
_WELL = 30.0  # seconds: the lab is well before it is broken, and after it is fixed
_FIRES = 45.0
_GOES = 60.0
_MOTION = 0.7  # seconds between two fingerprints that show what moves by itself
_MOST_GATES = 9
_PASSING = ("reason of flag ", "sessions")  # an undo writes a reason of its own, and a restart ends sessions
_MUCH = 1500  # characters of a command's words in a failure


class _PromiseBroken(Exception):
    """A promise was not kept; what follows would prove nothing."""

    def __init__(self, promise: str, expected: str, seen: str, next_: str) -> None:
        super().__init__(promise)
        self.failure = Failure(promise=promise, expected=expected, seen=seen[:4000] or "nothing", next=next_)


@dataclass
class _CaseNotes:
    """What the proof will say of this fault, as far as it has come."""

    parameters: dict[str, str] = field(default_factory=dict)
    before: Sign | None = None
    after: Sign | None = None
    alert: Alert | None = None
    plan: Attempt | None = None
    compared: int = 0
    apply: Attempt | None = None
    cleared: float | None = None
    undo: Undone | None = None
    failures: tuple[Failure, ...] = ()


def prove_case(copy: Copy, folder: Path, contract: Contract, fault: Fault, look: Look | None = None) -> Case:
    """Break the lab in ``folder``, started or given the parts that it lacks; let the runbook fix it.

    With ``look`` the runbook only has to see the fault, and the lab fixes it.

    Nothing is raised but what a user's interrupt raises: whatever fails is among the case's failures.
    """
    notes = _CaseNotes(alert=Alert(name=fault.alert) if fault.alert else None)
    parts = (*fault.parts, *_list_watchers(fault))
    try:
        lab, _ = control.up(folder, parts)
        parts = lab.parts
        with ExitStack() as stack:
            watch = stack.enter_context(Watch(lab, fault.alert)) if fault.alert else None
            _Proving(copy, lab, contract, fault, look, notes, watch).all()
    except _PromiseBroken as broken:
        notes.failures = (broken.failure,)
    except OutageError as error:
        words = f"the lab: {error.message}"
        notes.failures = (_describe_trouble("the lab can be broken and looked at", words, error.hint or ""),)
    except Exception as error:  # noqa: BLE001 - one runbook's proof must not take the others' with it
        words = f"{type(error).__name__}: {error}"
        notes.failures = (
            _describe_trouble("the proof itself runs", words, "fix the fault's or the part's code"),
        )
    return Case(fault=fault.id, summary=fault.summary, parts=tuple(parts), fixes=look is None, **vars(notes))


def plan_case(
    copy: Copy, folder: Path, contract: Contract, fault: Fault, look: Look | None
) -> tuple[Lab, Run]:
    """Begin as :func:`prove_case` does, as far as the plan; the lab is left up, and broken.

    Raises:
        Failed: a promise was not kept on the way.
        OutageError: the lab could not be started or broken.
    """
    lab, _ = control.up(folder, (*fault.parts, *_list_watchers(fault)))
    notes = _CaseNotes(alert=Alert(name=fault.alert) if fault.alert else None)
    with ExitStack() as stack:
        watch = stack.enter_context(Watch(lab, fault.alert)) if fault.alert else None
        try:
            return lab, _Proving(copy, lab, contract, fault, look, notes, watch).plan()
        except _PromiseBroken as broken:
            failure = broken.failure
            words = f"{failure.promise}: expected {failure.expected}, seen: {failure.seen}"
            raise Failed(words, hint=failure.next) from None


def _list_watchers(fault: Fault) -> tuple[str, ...]:
    """Return the parts that see the fault and raise its alert, if it has one."""
    if not fault.alert:
        return ()
    return ("prometheus", "database_metrics") if _MEASURED & set(fault.parts) else ("prometheus",)


def _describe_trouble(promise: str, seen: str, next_: str) -> Failure:
    return Failure(
        promise=promise, expected="no error", seen=seen[:4000], next=next_ or "look at the lab's logs"
    )


@dataclass
class _Proving:
    """The steps; each raises :class:`_PromiseBroken`, and writes down what it measured."""

    copy: Copy
    lab: Lab
    contract: Contract
    fault: Fault
    look: Look | None
    notes: _CaseNotes
    watch: Watch | None

    def all(self) -> None:
        """Prove it, from a lab that is well to a lab that is well."""
        self._well_before()
        try:
            self._begin()
            plan, still, moving = self._plan()
            self._page_shows(plan)
            if self.look is None:
                self._apply(plan, still, moving)
            else:
                if self.contract.changes:
                    self._applied(plan)
                self._fixed_by_the_lab()
        except BaseException:
            with suppress(Exception):  # what failed first is told
                self.fault.fix(self.lab)
            raise
        self.fault.fix(self.lab)

    def plan(self) -> Run:
        """Break a lab that is well, and plan; the lab is left broken."""
        self._well_before()
        self._begin()
        return self._plan()[0]

    # ------------------------------------------------------------ before

    def _well_before(self) -> None:
        symptom = self._until(sick=False, patience=_WELL)
        if symptom.sick:
            next_ = (
                "the fault's symptom must be about this fault alone:"
                " look at its module in _ext/outage/lab/faults/"
            )
            raise _PromiseBroken("the lab is well before it is broken", "no symptom", symptom.words, next_)
        if self.watch and any(alarm.name == self.fault.alert for alarm in list_firing(self.lab)):
            seen = f"{self.fault.alert} fires already"
            if self.watch.until(fires=False, patience=_WELL) is None:
                next_ = "the rule fires without its fault: look at its expression in lab/alerts/"
                raise _PromiseBroken("the alert is silent before the fault", "silence", seen, next_)
        self.copy.environment = control.build_environment(self.lab)

    def _begin(self) -> None:
        time.sleep(self.look.calm if self.look else 0.0)
        began = time.monotonic()
        self.fault.begin(self.lab)
        symptom = self._until(sick=True, patience=_WELL)
        self.notes.before = _describe_symptom(symptom)
        if not symptom.sick:
            next_ = "the fault takes no hold: look at its module in _ext/outage/lab/faults/"
            raise _PromiseBroken("the fault shows on the service itself", "a symptom", symptom.words, next_)
        if self.watch:
            fired = self.watch.until(fires=True, patience=_FIRES)
            if fired is None:
                expected = f"{self.fault.alert} fires within {_FIRES:.0f} s of: {symptom.words}"
                others = ", ".join(sorted({alarm.name for alarm in list_firing(self.lab)}))
                seen = f"it did not; {f'these fire: {others}' if others else 'no alert fires'}"
                next_ = "compare the rule's expression in lab/alerts/ with what Prometheus has of the service"
                raise _PromiseBroken("its alert fires", expected, seen, next_)
            self.notes.alert = Alert(name=self.fault.alert, fired=round(max(0.0, fired - began), 3))
        self.notes.parameters = dict(self.look.parameters if self.look else self.fault.parameters(self.lab))

    # ------------------------------------------------------------ plan

    def _plan(self) -> tuple[Run, dict[str, str], set[str]]:
        """Plan; returns the run, what there was afterwards, and what moves by itself."""
        first = take_fingerprint(self.lab)
        time.sleep(_MOTION)
        before = take_fingerprint(self.lab)
        spoken = self.copy.outage("run", self.contract.name, *self._assignments())
        after = take_fingerprint(self.lab)
        run = self._run_of(spoken, "the plan ends well", {0})
        self.notes.plan = proving.measure_attempt(spoken, run)
        time.sleep(_MOTION)
        last = take_fingerprint(self.lab)
        moving = find_differences(first, before) | find_differences(after, last)
        changed = find_differences(before, after) - moving
        self.notes.compared = len((before.keys() | after.keys()) - moving)
        if changed:
            expected = f"{self.notes.compared} things of database, files, flags, proxy and programs as before"
            seen = "changed: " + "; ".join(_describe_change(name, before, after) for name in sorted(changed))
            next_ = "move what changes from check and read cells to a change cell, behind guard()"
            raise _PromiseBroken("the plan changes nothing", expected, seen, next_)
        if not self.notes.compared:
            next_ = "the fault's parts have nothing to compare: name them in _ext/outage/lab/fingerprint.py"
            raise _PromiseBroken("the plan changes nothing", "something to compare", "nothing", next_)
        if self.look and self.look.says not in spoken.words:
            next_ = "it looks at the fault and does not show it: look at what its read cells ask for"
            raise _PromiseBroken("the plan shows the fault", f"'{self.look.says}'", _quote(spoken), next_)
        return run, last, moving

    def _page_shows(self, run: Run) -> None:
        """Check that the page shows the outputs of this fault's plan, and none of others."""
        name = self.contract.name
        under = find_shown_fault(name)
        if under is None or under[0].id != self.fault.id:
            return
        known = list_places(self.lab, (self.copy.root, self.copy.of))
        if found := describe_stale(self.copy.root / "runbooks" / f"{name}.ipynb", run, known):
            expected = (
                "every cell's stored output is what a plan shows,"
                " but for what _ext/outage/lab/varies.py names"
            )
            next_ = f"look at the difference, then store them anew: python -m outage.lab.outputs {name}"
            raise _PromiseBroken("the page shows what a plan shows", expected, "; ".join(found), next_)

    def _fixed_by_the_lab(self) -> None:
        """Fix the fault after a runbook that only looks; the alert must go then."""
        self.fault.fix(self.lab)
        ended = time.monotonic()
        symptom = self._until(sick=False, patience=_WELL)
        self.notes.after = _describe_symptom(symptom)
        if symptom.sick:
            next_ = "look at fix in the fault's module"
            raise _PromiseBroken("the lab can fix it", "no symptom", symptom.words, next_)
        self._alert_goes(ended)

    # ------------------------------------------------------------ apply

    def _apply(self, plan: Run, before: dict[str, str], moving: set[str]) -> None:
        run = self._applied(plan)
        ended = time.monotonic()
        symptom = self._until(sick=False, patience=_WELL)
        self.notes.after = _describe_symptom(symptom)
        if symptom.sick:
            expected = f"no symptom within {_WELL:.0f} s of the end of {run.id}"
            next_ = (
                "the runbook says that it is done, the service says that it is not: fix its change or verify"
            )
            raise _PromiseBroken("the apply clears the symptom", expected, symptom.words, next_)
        self.notes.cleared = round(time.monotonic() - ended, 3)
        self._alert_goes(ended)
        if any(tag == "undo" for _, tag in self.contract.steps) and _can_be_undone(run):
            self._undo(run, before, take_fingerprint(self.lab), moving)

    def _applied(self, plan: Run) -> Run:
        """Apply the plan, and have a second person confirm each gate."""
        name = self.contract.name
        spoken = self.copy.outage("run", name, *self._assignments(), "--apply", "--plan", plan.id)
        run = self._run_of(spoken, "the apply ends well", {0, 3}, not_run=plan.id)
        self.notes.apply = proving.measure_attempt(spoken, run)
        for _ in range(_MOST_GATES):
            if spoken.code == 0:
                return run
            approved = self.copy.outage("approve", run.id, by=proving.SECOND)
            if approved.code != 0:
                next_ = "read what the gate asks for"
                raise _PromiseBroken("a second person can approve", "exit 0", _quote(approved), next_)
            spoken = self.copy.outage("run", "--resume", run.id)
            run = self._run_of(spoken, "the apply ends well", {0, 3}, not_run=plan.id)
            self.notes.apply = _add_costs(self.notes.apply, proving.measure_attempt(spoken, run))
        next_ = "a runbook that asks this often is not followed at night: merge its gates"
        raise _PromiseBroken("the apply ends well", f"at most {_MOST_GATES} gates", "more", next_)

    def _alert_goes(self, ended: float) -> None:
        if self.watch is None or self.notes.alert is None:
            return
        gone = self.watch.until(fires=False, patience=_GOES)
        if gone is None:
            expected = f"{self.fault.alert} goes within {_GOES:.0f} s"
            next_ = "the rule's expression must be false when the service is well: look at it in lab/alerts/"
            raise _PromiseBroken("its alert resolves", expected, "it still fires", next_)
        resolved = round(max(0.0, gone - ended), 3)
        self.notes.alert = Alert(name=self.notes.alert.name, fired=self.notes.alert.fired, resolved=resolved)

    # ------------------------------------------------------------ undo

    def _undo(self, run: Run, before: dict[str, str], applied: dict[str, str], moving: set[str]) -> None:
        """Undo; what the change changed must be as before it, or at least the fault must show again."""
        spoken = self.copy.outage("undo", run.id, "--apply")
        if spoken.code == 3:  # it asks whether exactly this is to be undone
            self.copy.outage("approve", run.id, by=proving.SECOND)
            spoken = self.copy.outage("undo", run.id, "--apply")
        undone = self._run_of(spoken, "the undo ends well", {0})
        after = take_fingerprint(self.lab)
        before, applied, after = (_select_lasting(one) for one in (before, applied, after))
        judged = find_differences(before, applied) - moving
        left = find_differences(before, after) & judged
        symptom = self._until(sick=True, patience=_WELL) if not judged else self.fault.symptom(self.lab)
        restored = not left and (bool(judged) or symptom.sick)
        attempt = proving.measure_attempt(spoken, undone)
        self.notes.undo = Undone(attempt=attempt, restored=restored, sign=_describe_symptom(symptom))
        if not restored:
            seen = "; ".join(_describe_change(name, before, after) for name in sorted(left))
            next_ = "save() in the change what was there, and put exactly that back in the undo"
            expected = "all that the change changed is as it was before it"
            raise _PromiseBroken(
                "the undo restores", expected, seen or "nothing shows that it undid anything", next_
            )

    # ------------------------------------------------------------ in common

    def _assignments(self) -> Iterator[str]:
        for name, value in self.notes.parameters.items():
            yield from ("-p", f"{name}={value}")

    def _run_of(self, spoken: Spoken, promise: str, codes: set[int], *, not_run: str = "") -> Run:
        """Return the run that a command began, or went on with; its exit code must be one of ``codes``."""
        run = self.copy.last_run(self.contract.name)
        if spoken.code not in codes or run is None or run.id == not_run:
            expected = "exit " + " or ".join(str(code) for code in sorted(codes))
            next_ = f"read what it says; repeat it: outage lab break {self.fault.id}, and the same command"
            raise _PromiseBroken(promise, expected, f"exit {spoken.code}:\n{_quote(spoken)}", next_)
        return run

    def _until(self, *, sick: bool, patience: float) -> Symptom:
        """Return the symptom, as soon as it is there or gone, or after ``patience`` seconds as it is then."""
        until = time.monotonic() + patience
        while (symptom := self.fault.symptom(self.lab)).sick != sick and time.monotonic() < until:
            time.sleep(0.2)
        return symptom


def _select_lasting(found: dict[str, str]) -> dict[str, str]:
    """Return what an undo can restore: of a program that it runs, and not as which process; no sessions."""
    return {
        name: value.split()[0] if name.startswith("program ") else value
        for name, value in found.items()
        if not name.startswith(_PASSING)
    }


def _can_be_undone(run: Run) -> bool:
    """Return whether any action of a run says how it is undone."""
    said = [str(action.get("undo", "")) for cell in run.cells for action in cell.actions]
    return any(text and not text.startswith("not possible") for text in said)


def _describe_symptom(symptom: Symptom) -> Sign:
    return Sign(words=symptom.words, signals={name: float(value) for name, value in symptom.signals.items()})


def _add_costs(first: Attempt | None, more: Attempt) -> Attempt:
    if first is None:
        return more
    return Attempt(
        run=more.run,
        seconds=round(first.seconds + more.seconds, 3),
        cells=round(first.cells + more.cells, 3),
        ours=round(first.ours + more.ours, 3),
    )


def _describe_change(name: str, before: dict[str, str], after: dict[str, str]) -> str:
    was, now = before.get(name, "absent"), after.get(name, "absent")
    return f"{name} (was {was[:60]}, is {now[:60]})"


def _quote(spoken: Spoken) -> str:
    return spoken.words.strip()[-_MUCH:]
