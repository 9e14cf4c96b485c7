"""Secrets are named where everybody reads, and read where they are used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from outage.errors import Refused
from outage.policy.models import Channel
from outage.policy.tooling import Masks
from outage.runbook.types import Reference, ScalarType, build_annotation, fits
from outage.secrets import SecretMissing, find_passwords, find_references, is_reference, resolve


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


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("secret://env/A and secret://file/etc/url, both", {"secret://env/A", "secret://file/etc/url"}),
        (r'"source": "key = \"secret://file/~/key\"\n"', {"secret://file/~/key"}),
        ("[secret://env/A-1](x)", {"secret://env/A"}),
        ("secret://vault/x, secret://env/1", set()),
    ],
)
def test_references_are_found_in_a_text(text: str, inside: set[str]) -> None:
    assert find_references(text) == inside


@pytest.mark.parametrize(
    "reference",
    ["secret://env/A_1", "secret://file/etc/a b", "secret://file/~/ä", "secret://file//etc/url"],
)
def test_policy_parameters_and_resolving_take_the_same_references(reference: str) -> None:
    assert is_reference(reference)
    assert not is_reference(f"{reference} ")
    assert not is_reference(f"{reference}\n")
    kind = ScalarType("SecretStr")
    as_parameter = TypeAdapter(build_annotation(kind)).validate_python
    for text, good in ((reference, True), (f"{reference}\n", False), (f"x{reference}", False)):
        assert fits(kind, Reference(text)) is good
        assert takes(as_parameter, text) is good
        assert takes(Channel.model_validate, {"name": "x", "address": text}) is good
        assert takes(Masks.model_validate, {"names": text}) is good


def takes(validate: Callable[[Any], object], value: Any) -> bool:
    try:
        validate(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "passwords"),
    [
        ("redis://:tea-pot@cache:6379/0", {"tea-pot"}),
        ("postgresql://ada:p%40ss@db/x", {"p%40ss", "p@ss"}),
        ("a://ada:one@h1,b://bob:two@h2", {"one", "two"}),
        ("amqp://guest:guest@queue", set()),
        ("host=db password='tea pot' user=x", {"tea pot"}),
        ("Server=x;Pwd=tea-pot;Port=1", {"tea-pot"}),
        ("https://x/?token=4f1c&n=1", {"4f1c"}),
        ("see https://x:8080/a@b", set()),
    ],
)
def test_passwords_are_found_in_urls_and_connection_strings(text: str, passwords: set[str]) -> None:
    assert set(find_passwords(text)) == passwords
