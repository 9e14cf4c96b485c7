"""The foot of a runbook's page, as MyST text: what its errors mean, and where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.report.catalogue import services
from outage.report.markup import bullets
from outage.text import joined, plain

if TYPE_CHECKING:
    from pathlib import Path

    from outage.runbook.contract import Contract
    from outage.runbook.meta import Hint

ITSELF = "A run that meets one of these errors says the same by itself."
_MOST_SAID = 4


def after(contract: Contract, folder: Path) -> str:
    """What stands below the last step; nothing where there is nothing to say.

    Args:
        contract: the runbook's.
        folder: where it and the other runbooks are.
    """
    told = bullets(_hint(hint, contract.name) for hint in contract.meta.hints)
    parts = (
        [f"## If it stops\n\nThe run says the same by itself when it meets one of these.\n\n{told}"]
        if told
        else []
    )
    if others := ", ".join(f"{{runbook}}`{name}`" for name in read_next(contract, folder)):
        parts.append(f"## Read next\n\n{others}.")
    return "\n\n".join(parts)


def read_next(contract: Contract, folder: Path) -> list[str]:
    """Where the hints lead, in their order; then the other runbooks for the same service."""
    found = [hint.runbook for hint in contract.meta.hints if hint.runbook]
    found += [name for name, service in services(folder).items() if service == contract.meta.service]
    return [name for name in dict.fromkeys(found) if name != contract.name]


def _hint(hint: Hint, own: str) -> str:
    """One error: what it says, what that means, and the runbook that helps."""
    says = [f"“{plain(text)}”" for text in hint.says[:_MOST_SAID]]
    more = " and the like" if len(hint.says) > _MOST_SAID else ""
    there = f" Go on with {{runbook}}`{hint.runbook}`." if hint.runbook not in {None, own} else ""
    return f"**{joined(says, 'or')}**{more}: {plain(hint.means)}{there}"
