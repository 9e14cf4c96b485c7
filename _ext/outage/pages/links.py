"""Addresses that the link check leaves alone: names that exist in no network, since they are for examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

MADE_UP = (
    r"https?://(?:[^/]*\.)?(?:[^./]+\.(?:example|invalid|test)|example\.(?:com|net|org))(?::\d+)?(?:/|$)"
)
"""Names that are reserved for examples (RFC 2606): the sample companies live there."""


def _leave_alone(app: Sphinx, config: Config) -> None:
    config.linkcheck_ignore = [*config.linkcheck_ignore, MADE_UP]


def setup(app: Sphinx) -> None:
    """Add them to those that the configuration names."""
    app.connect("config-inited", _leave_alone)
