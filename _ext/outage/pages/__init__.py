"""The Sphinx half: roles, directives, templates, scripts. What a page says is made in ``render``.

It is thin: text that the core has made becomes nodes here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from outage.pages import (
    cases,
    classify_form,
    csp,
    directives,
    domain,
    drawing,
    escape,
    facts,
    folders,
    foot,
    glossary,
    guard,
    incident,
    links,
    outputs,
    plan,
    playbook,
    prune,
    record_roles,
    role_pages,
    roles,
    runbook,
    say,
    site,
    sources,
    tables,
    toctree,
    walkthrough,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Everything that the extension adds, feature by feature."""
    site.setup(app)
    escape.setup(app)
    guard.setup(app)
    csp.setup(app)
    domain.setup(app)
    roles.setup(app)
    directives.setup(app)
    toctree.setup(app)
    tables.setup(app)
    classify_form.setup(app)
    say.setup(app)
    facts.setup(app)
    foot.setup(app)
    plan.setup(app)
    playbook.setup(app)
    role_pages.setup(app)
    folders.setup(app)
    record_roles.setup(app)
    incident.setup(app)
    outputs.setup(app)
    runbook.setup(app)
    sources.setup(app)
    drawing.setup(app)
    glossary.setup(app)
    links.setup(app)
    prune.setup(app)
    cases.setup(app)
    walkthrough.setup(app)
    return {
        "version": "1",
        "env_version": _code(),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _code() -> int:
    """Return a number that changes with the package: what other code has read is read again."""
    package = Path(__file__).parent.parent
    sources = sorted(path for kind in ("*.py", "*.jinja") for path in package.rglob(kind))
    return crc32(b"".join(path.read_bytes() for path in sources))
