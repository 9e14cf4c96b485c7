"""The whole site builds strictly for every company that we have a policy of: ours, and those in examples/.

This is what keeps the sample company's words out of code and pages.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sites import POLICIES


@pytest.mark.timeout(600)
@pytest.mark.parametrize("policy", [*POLICIES, "tests/pages/bare.yml"])
def test_the_site_builds_without_a_warning(policy, published):
    site = published(policy)
    assert site.said == ""
    assert site.code == 0
    assert (Path(site.html) / "index.html").is_file()
