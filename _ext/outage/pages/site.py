"""The policy of this build: read once, before anything else; a wrong one stops the build in words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from markupsafe import escape

from outage.errors import OutageError
from outage.policy import Policy, load_policy
from outage.project import POLICY_FILE
from outage.text import terminal

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

STATIC = Path(__file__).parent / "static"

_POLICIES: WeakKeyDictionary[Config, Policy] = WeakKeyDictionary()
# Beside the configuration and not in it: Sphinx pickles configuration and environment, never the policy.


def get_policy(config: Config) -> Policy:
    """Return the policy that this build shows."""
    return _POLICIES[config]


def _read_policy(app: Sphinx, config: Config) -> None:
    shown = Path(config.outage_policy)
    try:
        policy = load_policy(Path(app.srcdir) / shown, shown)
    except OutageError as error:
        # An exception would reach the reader as a traceback and a request to report it to Sphinx.
        sys.stderr.write(f"{terminal(str(error))}\n")
        raise SystemExit(error.code) from None
    _POLICIES[config] = policy
    config.project = f"{policy.company.name} outage handbook"
    config.html_title = config.project
    if "logo" in config.html_theme_options:
        named = str(escape(config.project))  # the theme writes it as it stands
        config.html_theme_options["logo"].setdefault("text", named)


def _escape_names(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Escape the company's name: it is hostile text, and not every template of a theme escapes it."""
    context.update({name: escape(context[name]) for name in ("project", "docstitle")})


def _add_static(app: Sphinx) -> None:
    app.config.html_static_path.append(str(STATIC))


def setup(app: Sphinx) -> None:
    """Read the policy, name the site after its company, and add our style."""
    app.add_config_value("outage_policy", POLICY_FILE, "", str)
    app.connect("config-inited", _read_policy, priority=100)
    app.connect("builder-inited", _add_static)
    app.connect("html-page-context", _escape_names)
    for sheet in ("outage-icons.css", "outage.css", "outage-forms.css"):
        app.add_css_file(sheet, priority=900)
    app.add_js_file("outage-page.js", loading_method="defer")
