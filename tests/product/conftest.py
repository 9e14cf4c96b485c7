"""A handbook of its own for each test that asks for one, found as the project; and one browser a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.product.browser.window import chromium, glance, open_windows, reader, started  # noqa: F401  fixtures
from tests.product.cli.desk import HANDBOOK, Terminal
from tests.product.run.build import Handbook
from tests.product.run.running import nothing_is_left  # noqa: F401  a fixture


@pytest.fixture
def handbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handbook:
    """An empty handbook; the test stands in its folder, and no incident or person is preset."""
    for name in ("OUTAGE_HANDBOOK", "OUTAGE_INCIDENT", "OUTAGE_BY", "OUTAGE_PLAN", "OUTAGE_LAB"):
        monkeypatch.delenv(name, raising=False)
    made = Handbook(tmp_path / "handbook")
    locks = tmp_path / "locks"  # tests that run beside this one apply the same runbooks to this machine
    locks.mkdir()
    monkeypatch.setenv("OUTAGE_LOCKS", str(locks))
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder in which commands are typed: a handbook where nothing has happened yet."""
    (tmp_path / "handbook.yml").write_text(HANDBOOK, encoding="utf-8")
    return tmp_path


@pytest.fixture
def outage(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """``outage ...`` as Ines types it there, in this process; it posts nowhere."""
    monkeypatch.chdir(root)
    monkeypatch.setenv("OUTAGE_BY", "Ines Okafor")
    for name in ("OUTAGE_INCIDENT", "OUTAGE_HANDBOOK", "INCIDENT_URL", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(root, capsys)
