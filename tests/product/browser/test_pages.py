"""Front page, severity page and policy page, opened as files on a phone and at a desk, light and dark."""

from __future__ import annotations

import pytest

from tests.product.browser.window import DESK, PHONE
from tests.sites import POLICIES

pytestmark = pytest.mark.timeout(600)  # whoever asks first waits for the site

PAGES = ["index", "process/severity", "process/policy"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_page_is_quiet_fits_and_is_accessible(policy, width, theme, published, glance):
    window = glance(width, theme)
    for name in PAGES:
        page = window.open(published(policy).url(name))
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert window.sideways <= 0, f"{name} scrolls sideways"
        assert not (found := window.barriers), f"{name}: {found}"
    assert window.complaints == []
