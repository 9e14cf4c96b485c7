"""Every refusal of a policy: one fault a file in ``bad/``, beside it the words it must give."""

from pathlib import Path

import pytest

from outage.errors import Problems
from outage.policy import load_policy

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
    (tmp_path / "handbook.yml").write_bytes(b"company: \xff\xfe")
    with pytest.raises(Problems, match="not UTF-8"):
        load_policy(tmp_path / "handbook.yml")


def test_an_address_that_is_itself_a_secret_is_not_repeated() -> None:
    path = Path(__file__).with_name("bad") / "address-is-the-secret.yml"
    with pytest.raises(Problems) as refused:
        load_policy(path)
    assert "s3cret" not in str(refused.value)
