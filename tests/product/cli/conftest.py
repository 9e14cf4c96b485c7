"""Fixtures for the commands of a response."""

from pathlib import Path

import pytest

from tests.product.cli.desk import HANDBOOK, Terminal
from tests.product.incident.notify.desk import chat, dead_port  # noqa: F401  fixtures


@pytest.fixture
def outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal in a handbook where nothing has happened yet."""
    (tmp_path / "handbook.yml").write_text(HANDBOOK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_BY", "Ines Okafor")
    for name in ("OUTAGE_INCIDENT", "OUTAGE_HANDBOOK", "INCIDENT_URL", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(tmp_path, capsys)
