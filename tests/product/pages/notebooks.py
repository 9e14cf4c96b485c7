"""A small runbook for a small site, and what a site needs to show notebooks."""

from __future__ import annotations

from tests.product.pages.site import CONF

NB_CONF = f"""
{CONF.replace('"myst_parser"', '"myst_nb"')}
nb_execution_mode = "off"
exclude_patterns = ["_build"]
source_suffix = {{".md": "myst-nb", ".ipynb": "myst-nb"}}  # else MyST-NB writes it into Sphinx's own default
"""


def cell(kind, source, *tags, outputs=()):
    made = {
        "cell_type": kind,
        "id": f"c{abs(hash(source)) % 10**6}",
        "metadata": {"tags": list(tags)},
        "source": source,
    }
    return made | ({"outputs": list(outputs), "execution_count": None} if kind == "code" else {})


CELLS = [
    cell("markdown", "# Look twice\n\nIt looks."),
    cell("code", "hours: int = 24  # look-back window", "parameters"),
    cell("markdown", "## Look"),
    cell(
        "code", "print(1)", "read", outputs=[{"output_type": "stream", "name": "stdout", "text": "found it"}]
    ),
    cell("code", "from outage.kit import guard\nguard()", "change", "hide-input"),
    cell("code", "assert True", "verify"),
    cell("code", "helper = 1"),
]


META = {"summary": "Look once more", "service": "shop", "owner": "scribe", "risk": "low"}
