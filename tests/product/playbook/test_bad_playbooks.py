"""Every refusal of a playbook: one fault a file in ``bad/``, beside it the words it must give."""

from pathlib import Path

import pytest

from outage.errors import Problems
from outage.playbook import load_playbook
from tests.product.playbook.company import policy

ROOT = Path(__file__).parents[3]
BAD = sorted(Path(__file__).with_name("bad").glob("*.yml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_playbook_is_refused_in_these_words(path: Path) -> None:
    with pytest.raises(Problems) as refused:
        load_playbook(path, policy(), ROOT, shown=Path("playbooks/x.yml"))
    assert str(refused.value) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert refused.value.code == 2


def test_a_missing_playbook_is_refused() -> None:
    with pytest.raises(Problems, match=r"playbooks/nowhere\.yml: there is no such file"):
        load_playbook(ROOT / "playbooks/nowhere.yml", policy(), ROOT)


def test_the_file_names_the_playbook_and_so_must_be_an_id(tmp_path: Path) -> None:
    (tmp_path / "My Playbook.yml").write_text("name: x", encoding="utf-8")
    with pytest.raises(Problems, match="'My Playbook' is not one"):
        load_playbook(tmp_path / "My Playbook.yml", policy(), tmp_path)


def test_a_step_that_falls_away_may_name_what_the_company_has_not(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(
        "name: X\nsummary: X.\nphases: {a: {name: A, goal: G, steps: {one: {text: Look, owner: expert,"
        " good: G}, tell: {when: audiences.customers, text: Tell, owner: customer-liaison, good: G,"
        " due: severity.cadence.customers}}}}",
        encoding="utf-8",
    )
    assert load_playbook(tmp_path / "x.yml", policy(), tmp_path).id == "x"
