"""Which safeguards people went around in an incident, and why: the review looks at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.mask import masker
from outage.report.markup import anchor_id, bullets, goto
from outage.text import one_line, plain

if TYPE_CHECKING:
    from outage.report.case import Case, CaseRun


def safeguards_section(case: Case) -> str:
    """A line for each, with a link to its run; nothing when there are none.

    Raises Refused if policy names a list to mask that cannot be read: nothing is shown unmasked.
    """
    masks = case.policy.masks
    mask = masker(masks) if masks.pages and case.runs else None
    return bullets(
        f"{plain(mask.text(words, sql=False) if mask else words)} ({goto(run.id, anchor_id('run', run.id))})"
        for run in case.runs
        for words in _passed(case, run)
    )


def _passed(case: Case, run: CaseRun) -> Iterator[str]:
    """What was gone around in one run, as its journal tells; as the record tells where there is none."""
    if run.journal is None:
        yield from (_alone(who) for who in _recorded(case, run.id))
        return
    yield from (_alone(f"{gate.by}: {gate.reason}") for gate in run.journal.alone)
    review = run.journal.began.get("review")
    if isinstance(review, dict) and review.get("unreviewed"):
        by = one_line(str(run.journal.began.get("by", "")))
        yield f"Unreviewed source was applied by {by}: {one_line(str(review['unreviewed']))}"


def _alone(who: str) -> str:
    return f"A second person was asked for, and the gate passed alone by {one_line(who)}"


def _recorded(case: Case, run: str) -> list[str]:
    """Who passed a gate of the run alone, from the record's entries; each once."""
    entries = [
        entry for entry in case.incident.entries if entry.event.kind == "run" and entry.data.get("run") == run
    ]
    return list(dict.fromkeys(who for entry in entries for who in entry.data.get("alone", ())))
