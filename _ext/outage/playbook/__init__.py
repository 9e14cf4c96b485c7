"""Playbooks: checklists as data, and their state in an incident. Their pages are in ``render``.

``load_playbook`` reads one, refused like a policy with file and line; ``resolve`` makes of it the
checklist of this company; ``plays`` and ``progress`` say how far it is in an incident.
"""

from outage.playbook.load import find_playbooks, load_playbook
from outage.playbook.models import Playbook
from outage.playbook.resolve import Checklist, Task, resolve
from outage.playbook.state import Play, Progress, plays, progress

__all__ = [
    "Checklist",
    "Play",
    "Playbook",
    "Progress",
    "Task",
    "find_playbooks",
    "load_playbook",
    "plays",
    "progress",
    "resolve",
]
