"""A playbook's checklist as MyST text: a section and ``{tasks}`` a phase, a ``{task}`` a step.

The site makes tick boxes of the tasks; without scripts, on paper and in any other engine it is a list.
The texts of a playbook are MyST by their own right, written by the company as its pages are, but without
HTML: a playbook is data, and can come from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.render.markup import blocks, bullets, directive, ref, role
from outage.text import block, plain, without_html

if TYPE_CHECKING:
    from outage.playbook import Checklist, Task
    from outage.playbook.resolve import Pointer, Section, Term

SINCE = {
    "declared": "of the declaration",
    "phase": "of beginning this phase",
    "resolved": f"of {ref('stage', 'resolved')}",
}
"""What a due time counts from, in words."""


def write_checklist(found: Checklist) -> str:
    """Return the phases of a checklist, each a section with its steps."""
    return blocks(
        blocks([f"## {number}. {plain(phase.name)}", without_html(phase.goal), write_tasks(phase)])
        for number, phase in enumerate(found.phases, start=1)
    )


def write_tasks(phase: Section) -> str:
    """Return the steps of a phase."""
    return directive("tasks", phase.id, blocks(map(write_task, phase.tasks)))


def write_task(one: Task) -> str:
    """Return one step: what to do, then who and by when, then how."""
    return directive(
        "task", one.id, blocks([without_html(one.text), write_who_and_when(one), *_write_how(one)])
    )


def write_who_and_when(one: Task) -> str:
    """Write ``Scribe, within 30 minutes of the declaration``; names link to their explanations."""
    parts = [ref("role", one.owner)]
    if one.due and one.due != one.late_only:
        parts.append(f"within {_write_length(one.due)} {SINCE[one.due.since]}")
    if one.late_only:
        parts.append(f"only if it is still open after {_write_length(one.late_only)}")
    return ", ".join(parts)


def _write_length(term: Term) -> str:
    return ref("policy", term.address)


def _write_how(one: Task) -> Iterator[str]:
    """Yield what is folded away until someone wants it."""
    yield f"**Good:** {without_html(one.good)}"
    yield bullets(map(without_html, one.how))
    if one.command:
        yield write_console(*one.command)
    if one.say:
        yield directive("say", "With only the chat" if one.command else "To post", "\n".join(one.say))
    if one.evidence:
        yield f"**Attach:** {'; '.join(map(without_html, one.evidence))}."
    if one.links:
        yield f"**More:** {', '.join(_write_link(link) for link in one.links)}"
    yield directive(
        "container",
        "outage-on-record",
        f"On the record:\n\n{write_console(f'outage playbook done {one.id}')}",
    )


def write_console(*commands: str) -> str:
    """Return commands as they are typed, with a button that copies them."""
    return block("\n".join(f"$ {line}" for line in commands), "console")


def _write_link(link: Pointer) -> str:
    page, _, anchor = (link.page or "").partition("#")
    if anchor:
        return f"[{without_html(link.words or '')}](/{page}.md#{anchor})"
    kind, target = ("runbook", link.runbook) if link.runbook else ("doc", f"/{page}")
    words = (link.words or "").replace("<", "\u2039").replace(">", "\u203a")  # "<" would begin the target
    return role(kind, words, target) if words else ref(kind, target)
