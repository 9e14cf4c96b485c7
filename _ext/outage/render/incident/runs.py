"""The runs of an incident, as MyST text: how each ended, what was proposed, and what every cell did.

Outputs are shown as text and PNG only, as they stood in the end, and bounded; the run's journal keeps more.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from outage.incident.times import format_span
from outage.redact.mask import Masker, make_masker, mask_outputs
from outage.render.markup import anchor_id, bullets, chip, folded, here, list_table, moment
from outage.runbook.notebook import NAME
from outage.text import block, join_words, one_line, plain, replay_terminal

if TYPE_CHECKING:
    from outage.render.incident.snapshot import Snapshot, SnapshotRun
    from outage.run.model import CellRun, Gate, Proposal, Run

TEXT_CHARS = 6_000
"""Of each output, head and tail up to this many characters are shown."""
IMAGE_BYTES = 400_000
RUN_CHARS = 60_000
"""Of all text outputs of one run."""
MOST_ACTIONS = 50
PNG = b"\x89PNG\r\n\x1a\n"
SOUND = ("succeeded", "undone")


def write_runs(snapshot: Snapshot) -> str:
    """Return every run, in the order in which they began, masked as policy says; nothing when there are none.

    Raises Refused if policy names a list to mask that cannot be read: nothing is shown unmasked.
    """
    masks = snapshot.policy.masks
    mask = make_masker(masks) if masks.pages and snapshot.runs else None
    return "\n\n".join(_write_run(snapshot, _mask_run(run, mask) if mask else run) for run in snapshot.runs)


def _mask_run(run: SnapshotRun, mask: Masker) -> SnapshotRun:
    """Mask a run as it may be shown. An action is what was done: only its names and addresses are masked."""
    if run.journal is None:
        return run
    journal = run.journal
    cells = []
    for cell in journal.cells:
        outputs = deepcopy(cell.outputs)
        mask_outputs(list(outputs), mask)
        cells.append(replace(cell, outputs=outputs))
    proposals = tuple(
        replace(one, actions=tuple(_mask_lightly(action, mask) for action in one.actions))
        for one in journal.proposals
    )
    began = dict(journal.began)
    if isinstance(given := began.get("parameters"), dict):
        began["parameters"] = _mask_lightly(given, mask)
    reason = mask.text(journal.reason)
    gates = tuple(replace(gate, reason=mask.text(gate.reason or "", sql=False)) for gate in journal.gates)
    if isinstance(review := began.get("review"), dict):
        began["review"] = _mask_lightly(review, mask)
    shown = replace(journal, cells=tuple(cells), proposals=proposals, began=began, reason=reason, gates=gates)
    return replace(run, journal=shown)


def _mask_lightly(values: dict[str, Any], mask: Masker) -> dict[str, Any]:
    """Return texts without names and addresses; what is in SQL says what was done, and stays."""
    return {
        name: mask.text(value, sql=False) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _write_run(snapshot: Snapshot, run: SnapshotRun) -> str:
    known = run.journal or run.recorded
    began = f" at {snapshot.near(run.began[0])}" if known else ""
    title = f"{known.runbook}, {known.mode}{began}" if known else run.id
    parts = [f"### {plain(title)}", here(anchor_id("run", run.id)) + _write_state(run)]
    if run.journal:
        parts += list(_list_parts(snapshot, run.journal))
    else:
        parts.append(f"Of this run only the record's words are known: {plain(run.trouble)}.")
    return "\n\n".join(part for part in parts if part)


def _write_state(run: SnapshotRun) -> str:
    """Return how it ended, in words that come first when it did not go well."""
    state = run.journal.state if run.journal else run.recorded.state if run.recorded else "unknown"
    look = "good" if state in SOUND else "going" if state in ("running", "waiting") else "bad"
    reason = one_line(run.journal.reason) if run.journal else ""
    shown = f"{chip(state.capitalize(), 'run', look)}"
    if reason and state != "succeeded":
        shown += f" **{plain(reason[:1].upper() + reason[1:])}**"
    return shown


def _list_parts(snapshot: Snapshot, run: Run) -> Iterator[str]:
    yield _write_facts(snapshot, run)
    yield from (_write_gate(snapshot, gate) for gate in run.gates)
    yield from (_write_proposal(proposal) for proposal in run.proposals)
    if run.troubles:
        lines = [f"line {trouble.line}: {plain(trouble.message)}" for trouble in run.troubles]
        yield "Its journal has faults, and this may not be all that happened:\n\n" + bullets(lines)
    yield folded(
        _count_cells(run), _write_cells(run), opened=run.state in ("failed", "abandoned", "interrupted")
    )


def _write_facts(snapshot: Snapshot, run: Run) -> str:
    over = (
        f", for {format_span(run.updated - run.started)}" if run.state not in ("running", "waiting") else ""
    )
    at = moment(run.started, snapshot.times.near(run.started, snapshot.incident.declared_at or run.started))
    by = plain(str(run.began.get("by", "")))
    lines = [f"{at}{over}, by {by} against **{plain(run.target)}**"]
    values = run.began.get("parameters")
    if isinstance(values, dict) and values:
        lines.append(
            "With "
            + join_words([f"{plain(name)} = {plain(_write_value(one))}" for name, one in values.items()])
        )
    review = run.began.get("review")
    if isinstance(review, dict):
        lines.append(_write_review(review))
    lines.append(f"Run {plain(run.id)}")
    return bullets(lines)


def _write_review(review: dict[str, Any]) -> str:
    """Return whether what was applied had been committed before; that is all that "reviewed" means here."""
    if review.get("unreviewed"):
        return f"{chip('Unreviewed', 'mark')} {plain(str(review['unreviewed']))}"
    branch = plain(str(review.get("branch") or "the reviewed branch"))
    return f"Its source is that of commit {plain(str(review.get('commit'))[:12])} on {branch}"


def _write_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _write_gate(snapshot: Snapshot, gate: Gate) -> str:
    by = f" by {plain(gate.by)}" if gate.by else ""
    reason = f": {plain(gate.reason)}" if gate.reason else ""
    at = moment(gate.at, snapshot.near(gate.at))
    alone = f"{chip('Alone', 'mark')} " if gate.alone else ""
    return f"{alone}Gate before cell {gate.cell + 1}: {plain(gate.state)}{by} at {at}{reason}"


def _write_proposal(proposal: Proposal) -> str:
    """Return what a read cell proposed: these actions, and a change cell does no others."""
    if not proposal.actions:
        return "Nothing to change was found."
    many = "action" if len(proposal.actions) == 1 else "actions"
    rows = [_write_action(action) for action in proposal.actions[:MOST_ACTIONS]]
    left = len(proposal.actions) - len(rows)
    lead = f"{len(proposal.actions)} {many} proposed" + (
        f", of which {left} are not shown here" if left else ""
    )
    return f"{lead}:\n\n" + list_table(("Target", "What is done"), rows, widths="1 2", css="outage-actions")


def _write_action(action: dict[str, Any]) -> tuple[str, str]:
    undo = plain(str(action.get("undo") or "")) or "not possible"
    return plain(str(action.get("target", ""))), f"{block(str(action.get('command', '')))}\n\nUndo: {undo}"


def _count_cells(run: Run) -> str:
    """``9 cells: 6 passed, 2 planned and 1 never ran``."""
    states = Counter(cell.state for cell in run.cells if cell.state)
    total = sum(states.values())
    counted = join_words([f"{number} {plain(str(state))}" for state, number in states.items()])
    return f"{total} {'step' if total == 1 else 'steps'}: {counted}, with outputs"


def _write_cells(run: Run) -> str:
    room = RUN_CHARS
    parts = []
    for cell in run.cells:
        if cell.step is None:
            continue
        shown = "\n\n".join(_write_outputs(cell, min(room, TEXT_CHARS)))
        room = max(0, room - len(shown))
        parts.append("\n\n".join(part for part in (_write_cell_head(cell), shown) if part))
    return "\n\n".join(parts)


def _write_cell_head(cell: CellRun) -> str:
    look = "good" if cell.state in ("passed", "undone") else "bad" if cell.state in BAD else "going"
    took = f", {cell.seconds:.1f} s" if cell.seconds is not None else ""
    step, state = chip(str(cell.step), "step", str(cell.step)), chip(str(cell.state), "run", look)
    return f"**Cell {cell.index + 1}** {step} {state}{took}"


BAD = ("failed", "timed-out", "interrupted", "killed", "started-unknown")


def _write_outputs(cell: CellRun, room: int) -> Iterator[str]:
    """Yield the outputs of a cell: text, PNG, and what was cut."""
    for output in cell.outputs:
        kind = output.get("output_type")
        if kind == "stream":
            yield _write_text(output.get("text"), room)
        elif kind == "error":
            yield _write_text("\n".join(map(str, output.get("traceback") or [output.get("evalue")])), room)
        elif isinstance(data := output.get("data"), dict):
            yield (
                _write_image(data["image/png"])
                if "image/png" in data
                else _write_text(data.get("text/plain"), room)
            )
    hint = (cell.error or {}).get("hint")
    if hint:
        going_on = (cell.error or {}).get("next")
        then = (
            f" Next: `outage show {going_on}`"
            if isinstance(going_on, str) and NAME.fullmatch(going_on)
            else ""
        )
        yield f"What it means: {plain(str(hint))}{then}"
    for cut in cell.cut:
        yield f"Not kept: {plain(cut)}"


def _write_text(value: Any, room: int) -> str:
    """Return a text as a terminal would have shown it in the end: of a progress bar its last state."""
    text = "".join(value) if isinstance(value, list) else str(value or "")
    text = replay_terminal(text).strip("\n")
    if not text:
        return ""
    if len(text) > room:
        left = len(text) - room
        text = (
            f"{text[: room // 2]}\n… {left} characters are in the journal …\n{text[len(text) - room // 2 :]}"
        )
    return block(text)


def _write_image(encoded: Any) -> str:
    """Return a PNG inside the page, checked to be one."""
    compact = "".join(str(encoded).split())
    if len(compact) * 3 // 4 > IMAGE_BYTES:
        return "An image is in the journal; it is too large to be shown here."
    try:
        sound = base64.b64decode(compact, validate=True).startswith(PNG)
    except (binascii.Error, ValueError):
        sound = False
    if not sound:
        return "An image was no PNG, and is not shown."
    return f"![An output of this step](data:image/png;base64,{compact})"
