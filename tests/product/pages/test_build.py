"""The build itself: a wrong policy stops it in words; the company names the site."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def sphinx(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """``sphinx-build`` as a person types it, in the handbook's folder."""
    command = [sys.executable, "-m", "sphinx", "--quiet", *options, "-d", "_build/d", ".", "_build/html"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            "company: Tiny\n",
            "handbook.yml:1: severities: this is required and is missing\n  hint: add",
        ),
        ("company: Tiny\nseverities: {a: x}\nspeed: 3\n", "handbook.yml:3: speed: unknown key\n  hint: "),
        ("company: [\n", "handbook.yml:2: this is not YAML: "),
    ],
)
def test_a_wrong_policy_stops_the_build_with_its_line_and_no_traceback(site, policy, said):
    site.write("handbook.yml", policy)
    done = sphinx(site.root)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr + done.stdout
    assert not (site.root / "_build/html/index.html").exists()


def test_a_missing_policy_is_told_too(site):
    done = sphinx(site.root, "-D", "outage_policy=elsewhere.yml")
    assert done.returncode == 2
    assert done.stderr.startswith("elsewhere.yml: there is no such file\n  hint: ")


def test_an_unknown_address_fails_a_strict_build(site):
    site.pages(a="{policy}`incident.treshold`")
    done = sphinx(site.root, "--fail-on-warning")
    assert done.returncode == 1
    assert "a.md:3: WARNING: policy address 'incident.treshold'" in done.stderr


def test_the_company_names_the_site(site):
    site.build()
    assert site.page("index").title.get_text().endswith("Testers outage handbook")


def test_the_configuration_is_data_only():
    lines = (ROOT / "conf.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 70
    assert not any(line.lstrip().startswith(("def ", "class ", "import ", "from ")) for line in lines)
