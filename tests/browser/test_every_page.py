"""Every written page of the sample company: on a phone in the dark, and at a desk in the light."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import DESK, PHONE
from tests.sites import ROOT

WRITTEN = ("process/**/*.md", "playbooks/*.md", "runbooks/*.md", "runbooks/*.ipynb")
SOURCES = [path.relative_to(ROOT) for pattern in WRITTEN for path in ROOT.glob(pattern)]
PAGES = sorted(str(path.with_suffix("")) for path in SOURCES)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_fits_and_is_accessible(name, published, reader):
    for width, theme in ((PHONE, "dark"), (DESK, "light")):
        window = reader(width, theme)
        page = window.open(published("handbook.yml").url(name))
        assert window.sideways <= 0, f"it scrolls sideways at {width}"
        found = Axe().run(page, options={"preload": False})
        assert found.violations_count == 0, found.generate_report()
        assert window.complaints == []
