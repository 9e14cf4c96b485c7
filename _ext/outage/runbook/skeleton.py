"""A new runbook to begin with: a copy of ``skeleton.ipynb``, which runs as it is and has every step once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from outage.errors import Failed, Refused
from outage.runbook.notebook import NAME


def write_skeleton(folder: Path, name: str) -> Path:
    """Write a new runbook; returns its file.

    Args:
        folder: the project's ``runbooks/``.
        name: small letters, digits and hyphens.

    Raises:
        Refused: the name is none, or is taken.
        Failed: the file cannot be written.
    """
    if not NAME.fullmatch(name):
        raise Refused(
            f"'{name}' is not the name of a runbook", hint="small letters, digits and hyphens: restart-worker"
        )
    path = folder / f"{name}.ipynb"
    try:
        folder.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(make_skeleton(name), indent=1, ensure_ascii=False) + "\n")
    except FileExistsError:
        raise Refused("this runbook exists already", file=path, hint="choose another name") from None
    except OSError as error:
        raise Failed(f"cannot be written: {error.strerror}", file=path) from None
    return path


def make_skeleton(name: str) -> dict[str, Any]:
    """Make the notebook's content: ``skeleton.ipynb`` under the title that the name makes."""
    notebook: dict[str, Any] = json.loads(Path(__file__).with_suffix(".ipynb").read_text(encoding="utf-8"))
    notebook["cells"][0]["source"][0] = f"# {name.replace('-', ' ').capitalize()}\n"
    return notebook
