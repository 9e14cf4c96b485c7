"""From ``playbooks/<id>.yml`` to a :class:`Playbook`, or to every problem in it at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outage.playbook.models import Playbook, PlaybookData
from outage.playbook.rules import find_violations
from outage.source import Source, read_yaml
from outage.validate import PAGE, Wording, require_id, require_mapping, require_none, validate

if TYPE_CHECKING:
    from outage.policy import Policy

FOLDER = "playbooks"
_WORDING = Wording(
    start="start with 'name:', 'summary:' and 'phases:'",
    missing={
        "owner": "name the role that sees to it: incident-commander, operations-lead, expert ...",
        "good": "say what it looks like when it was done well",
        "text": "say what to do, as an order",
        "goal": "say what this phase is for, in a sentence",
        "phases": "a playbook has phases, and a phase has steps",
        "steps": "a phase has at least one step",
        "name": "say what people call it",
        "summary": "say in a sentence what it is for",
    },
    patterns={"page": PAGE},
    too_long="this is too long for a checklist: say it on a page, and link to it",
)


def find_playbooks(root: Path) -> list[Path]:
    """Find the files of a handbook's playbooks, in the order of their names."""
    return sorted((root / FOLDER).glob("*.yml"))


def load_playbook(path: Path, policy: Policy, root: Path, shown: Path | None = None) -> Playbook:
    """Read and check a playbook.

    Args:
        path: the file.
        policy: what its addresses and conditions are about.
        root: the handbook's folder, where its links lead.
        shown: its name in messages; when None, relative to ``root`` if it is below it.

    Raises:
        Problems: everything that is wrong with it, in the order of its lines; exit code 2.
    """
    shown = shown or (path.relative_to(root) if path.is_relative_to(root) else path)
    return build_playbook(read_yaml(path, shown), path.stem, policy, root)


def build_playbook(source: Source, name: str, policy: Policy, root: Path) -> Playbook:
    """Build a playbook from YAML that was read; raises as :func:`load_playbook`."""
    require_id(source, name, "the file's name is the playbook's id")
    require_mapping(source, _WORDING)
    data = validate(PlaybookData, source, _WORDING)
    require_none(source, _WORDING, find_violations(data, policy, root))
    return Playbook.model_validate({"id": name, **source.data})
