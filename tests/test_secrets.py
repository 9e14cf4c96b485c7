"""Secrets are named where everybody reads, and read where they are used."""

from pathlib import Path

import pytest

from outage.errors import Refused
from outage.secrets import SecretMissing, resolve


def test_a_variable_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_URL", " json://x\n")
    assert resolve("secret://env/CHAT_URL") == "json://x"
    (tmp_path / "url").write_text("json://y\n", encoding="utf-8")
    assert resolve(f"secret://file{tmp_path}/url") == "json://y"
    assert resolve(f"secret://file/{tmp_path}/url") == "json://y"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("secret://file/~/url") == "json://y"


def test_what_is_missing_is_said_by_its_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAT_URL", raising=False)
    with pytest.raises(SecretMissing, match="the variable CHAT_URL holds nothing here"):
        resolve("secret://env/CHAT_URL")
    with pytest.raises(SecretMissing, match="holds nothing here"):
        resolve(f"secret://file{tmp_path}/none")
    with pytest.raises(SecretMissing, match="cannot be read"):
        resolve(f"secret://file{tmp_path}")


@pytest.mark.parametrize("wrong", ["hunter2", "secret://vault/hunter2", "secret://env/", "https://hunter2"])
def test_what_is_no_reference_may_be_the_secret_and_is_not_repeated(wrong: str) -> None:
    with pytest.raises(Refused, match="not a secret reference") as refusal:
        resolve(wrong)
    assert "hunter2" not in str(refusal.value)
