"""The published JSON Schema of a playbook: ``outage/schemas/playbook.schema.json``.

``python -m outage.playbook.schema`` writes it anew; a test holds the file to the models.
"""

from __future__ import annotations

import json
from pathlib import Path

from outage.playbook.shape import playbook_schema

PATH = Path(__file__).parents[1] / "schemas" / "playbook.schema.json"


def text() -> str:
    """The file's content."""
    return json.dumps(playbook_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
