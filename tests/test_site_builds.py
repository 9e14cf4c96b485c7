"""The whole site builds strictly for every company that we have a policy of: ours, and those in examples/.

This is what keeps the sample company's words out of code and pages.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
POLICIES = ["handbook.yml", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("examples/*.yml"))]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_site_builds_without_a_warning(policy, tmp_path):
    options = ["--quiet", "--fail-on-warning", "--nitpicky", "-D", f"outage_policy={policy}"]
    folders = ["-d", str(tmp_path / "doctrees"), ".", str(tmp_path / "html")]
    command = [sys.executable, "-m", "sphinx", *options, *folders]
    build = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert build.stderr == ""
    assert build.returncode == 0
    assert (tmp_path / "html" / "index.html").is_file()
