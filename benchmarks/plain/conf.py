"""The yardstick: Sphinx with its own theme. Our roles stand in as words, for the sake of the same pages."""

from docutils import nodes
from sphinx.application import Sphinx

extensions = ["myst_parser"]
include_patterns = ["index.md", "process/**.md"]
html_theme = "alabaster"


def setup(app: Sphinx) -> None:
    """Give each role that the pages use a meaning."""
    for role in ("policy", "role", "severity", "channel", "audience"):
        app.add_generic_role(role, nodes.inline)
