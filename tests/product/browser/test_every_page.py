"""Every page of the sample company, and the policy pages of every company: quiet, fitting, accessible."""

from __future__ import annotations

import pytest

from tests.product.browser.window import DESK, PHONE
from tests.sites import LARKFIELD, POLICIES, ROOT

pytestmark = pytest.mark.timeout(600)  # the first test to ask waits for the site

LOOKS = ((PHONE, "dark"), (DESK, "light"))
URGENT = ("process", "playbooks")
QUIET = ("case-studies", "library", "runbooks")
POLICY_PAGES = ["index", "process/severity", "process/policy"]
ELSEWHERE = {*POLICY_PAGES, "playbooks/index"}
"""Pages that are looked at for every company, in these looks and in others: here, and in test_playbook.py."""


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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_page_of_policy_is_quiet_fits_and_is_accessible(policy, width, theme, published, glance):
    window = glance(width, theme)
    for name in POLICY_PAGES:
        page = window.open(published(policy).url(name))
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert window.sideways <= 0, f"{name} scrolls sideways"
        assert not (found := window.barriers), f"{name}: {found}"
    assert window.complaints == []
