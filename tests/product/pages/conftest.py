"""A small site for a test to build."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.product.pages.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A handbook with a front page and a policy page."""
    return Site(tmp_path)
