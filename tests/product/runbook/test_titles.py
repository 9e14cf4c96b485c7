"""A step is called what its notebook calls it."""

import pytest

from outage.runbook.notebook import make_titles

CASES = [
    ([("code", "# Look around.\nx = 1", "read")], ["Look around"]),
    ([("markdown", "## Who *waits*\n\nText.", None), ("code", "x = 1", "read")], ["", "Who waits"]),
    (
        [("markdown", "The same as a table: all of it.", None), ("code", "x", "read")],
        ["", "The same as a table"],
    ),
    ([("markdown", "## Once", None), ("code", "x", "read"), ("code", "y", "read")], ["", "Once", ""]),
    ([("markdown", "# The notebook's title", None), ("code", "x", "setup")], ["", ""]),
    ([("markdown", "**Now** it is done.\nSure?", "gate")], ["Now it is done"]),
    ([("code", "", "read"), ("markdown", "", None)], ["", ""]),
    ([("code", "# a\x1b[2Jb", "read")], ["a\\x1b[2Jb"]),
    ([("code", f"# {'x' * 100}", "read")], [f"{'x' * 79}…"]),
]


@pytest.mark.parametrize(("cells", "expected"), CASES)
def test_titles(cells: list[tuple[str, str, str | None]], expected: list[str]) -> None:
    assert make_titles(cells) == expected
