"""Every refusal of a policy: one fault a file in ``bad/``, beside it the words it must give."""

from pathlib import Path
from time import process_time

import pytest

from outage.errors import Problems
from outage.policy import load_policy, parse_policy

BAD = sorted(Path(__file__).with_name("bad").glob("*.yml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_policy_is_refused_in_these_words(path: Path) -> None:
    with pytest.raises(Problems) as refused:
        load_policy(path, shown=Path("handbook.yml"))
    assert str(refused.value) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert refused.value.code == 2


def test_a_missing_policy_is_refused() -> None:
    with pytest.raises(Problems, match=r"nowhere\.yml: there is no such file"):
        load_policy(Path("nowhere.yml"))


def test_a_policy_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "handbook.yml").write_bytes(b"company:\n  name: S\xfcd\n")
    with pytest.raises(Problems, match=r"handbook\.yml:2: it is not UTF-8 text\n  hint: .* save it as UTF-8"):
        load_policy(tmp_path / "handbook.yml")


def test_a_policy_larger_than_anybody_writes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "handbook.yml").write_bytes(b"company: Acme\n" + b"# and on\n" * 200_000)
    with pytest.raises(Problems, match=r"handbook\.yml: cannot be read: it has more than 1,000,000 bytes"):
        load_policy(tmp_path / "handbook.yml")


def test_an_address_that_is_itself_a_secret_is_not_repeated() -> None:
    path = Path(__file__).with_name("bad") / "address-is-the-secret.yml"
    with pytest.raises(Problems) as refused:
        load_policy(path)
    assert "s3cret" not in str(refused.value)


def test_a_thousand_unknown_keys_are_named_in_a_moment() -> None:
    unknown = "\n".join(f"key{number}: 1" for number in range(1000))
    began = process_time()
    with pytest.raises(Problems) as refused:
        parse_policy(f"company: Acme\nseverities: {{sev1: Bad}}\n{unknown}")
    assert len(refused.value.problems) == 1000
    assert process_time() - began < 3
