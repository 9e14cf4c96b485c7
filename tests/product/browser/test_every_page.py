"""Every written page of the sample company: on a phone in the dark, and at a desk in the light."""

from __future__ import annotations

import pytest

from tests.product.browser.test_pages import PAGES as SHOWN
from tests.product.browser.window import DESK, PHONE
from tests.sites import LARKFIELD, ROOT

pytestmark = pytest.mark.timeout(600)  # whoever asks first waits for the site

LOOKS = ((PHONE, "dark"), (DESK, "light"))
URGENT = ("process", "playbooks")
QUIET = ("case-studies", "library", "runbooks")
ELSEWHERE = {*SHOWN, "playbooks/index"}
"""Pages that test_pages.py and test_playbook.py look at in these looks, and in others, for every company."""


def pages(*folders: str) -> list[str]:
    """The written pages of these folders, without those of tests and those that others look at."""
    found = [
        path for folder in folders for kind in ("md", "ipynb") for path in (ROOT / folder).rglob(f"*.{kind}")
    ]
    names = {str(path.relative_to(ROOT).with_suffix("")) for path in found if "runs" not in path.parts}
    return sorted(names - ELSEWHERE)


CASES: list[tuple[str, tuple[tuple[int, str], ...]]] = [(name, LOOKS) for name in pages(*URGENT)]
# One look each is enough where pages are alike: every second one in the other.
CASES += [(name, LOOKS[number % 2 : number % 2 + 1]) for number, name in enumerate(pages(*QUIET))]


@pytest.mark.parametrize(("name", "axed"), CASES, ids=[name for name, _ in CASES])
def test_a_page_is_quiet_fits_and_is_accessible(name, axed, published, glance):
    for width, theme in LOOKS:
        window = glance(width, theme)
        window.open(published(LARKFIELD).url(name))
        assert window.sideways <= 0, f"it scrolls sideways at {width}"
        assert window.complaints == []
        if (width, theme) in axed:
            assert not (found := window.barriers), found
