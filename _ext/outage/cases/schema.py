"""The published JSON Schema of a case's record: ``outage/schemas/case.schema.json``.

``python -m outage.cases.schema`` writes it anew; a test holds the file to the models.
"""

from __future__ import annotations

import json
from pathlib import Path

from outage.cases.shape import case_schema

PATH = Path(__file__).parents[1] / "schemas" / "case.schema.json"


def text() -> str:
    """The file's content."""
    return json.dumps(case_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
