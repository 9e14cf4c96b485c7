"""Playbooks: checklists as data, and their state in an incident. Their pages are in ``render``.

``load_playbook`` reads one, refused like a policy with file and line; ``resolve`` makes of it the
checklist of this company; ``fold_plays`` and ``compute_progress`` say how far it is in an incident.
"""

from outage.playbook.load import find_playbooks, load_playbook
from outage.playbook.models import Playbook
from outage.playbook.resolve import Checklist, Task, resolve
from outage.playbook.state import Play, Progress, compute_progress, fold_plays

__all__ = [
    "Checklist",
    "Play",
    "Playbook",
    "Progress",
    "Task",
    "compute_progress",
    "find_playbooks",
    "fold_plays",
    "load_playbook",
    "resolve",
]
