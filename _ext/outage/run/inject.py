"""Our own cell of parameters: typed constructors, run after the notebook's own cell.

papermill's would turn dates and paths into text, fail on times, and copy the values into the
notebook's metadata, secrets included.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.runbook.parameters import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outage.runbook.parameters import Parameter


def injected_source(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> str:
    """Python that sets every parameter to its value; a secret is resolved where this runs.

    The names it needs are imported by their own names, which the parameters cell may use already.
    """
    lines = ["# Set by outage run."]
    imports: set[str] = set()
    for parameter in parameters:
        value = values[parameter.name]
        if parameter.secret and value is not None:
            imports |= {"from pydantic import SecretStr", "from outage.runbook.kit import secret"}
            lines.append(f"{parameter.name} = SecretStr(secret({value!r}))")
            continue
        given = "" if value != parameter.default or parameter.default is UNSET else "  # its default"
        lines.append(f"{parameter.name} = {_expression(value, imports)}{given}")
    return "\n".join([*sorted(imports), *([""] if imports else []), *lines])


def _expression(value: Any, imports: set[str]) -> str:
    """An expression that makes the value; what it needs is added to ``imports``."""
    if isinstance(value, list):
        return f"[{', '.join(_expression(item, imports) for item in value)}]"
    if isinstance(value, Path):
        imports.add("from pathlib import Path")
        return f"Path({str(value)!r})"
    if isinstance(value, datetime):
        imports.add("from datetime import datetime")
        return f"datetime.fromisoformat({value.isoformat()!r})"
    if isinstance(value, date):
        imports.add("from datetime import date")
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, timedelta):
        imports.add("from datetime import timedelta")
        return f"timedelta(days={value.days}, seconds={value.seconds}, microseconds={value.microseconds})"
    return repr(value)
