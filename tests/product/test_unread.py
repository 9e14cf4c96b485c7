"""Files that were meant to be read and are elsewhere, or are spelt in another way, are named."""

from pathlib import Path

import pytest

from outage.check import check
from outage.errors import Refused
from outage.project import find_project
from outage.runbook.notebook import find_notebook
from outage.unread import find_unread, hint_for, notes
from tests.product.cli.desk import HANDBOOK
from tests.product.run.build import Handbook, reading


@pytest.fixture
def handbook(tmp_path: Path) -> Handbook:
    """A handbook of the test's own."""
    return Handbook(tmp_path / "handbook")


RUN = "incidents/2026-01-01-a/runs/20260101-100000-x-0000"
READ = [
    "handbook.yml",
    "runbooks/failover.ipynb",
    "runbooks/ansible/look.yml",
    "runbooks/.ipynb_checkpoints/failover-checkpoint.ipynb",
    "playbooks/good.yml",
    "playbooks/good.md",
    "case-studies/policy.yml",
    "case-studies/sessions.yml",
    "case-studies/knight/record.yml",
    "case-studies/knight/policy.yml",
    "case-studies/knight/model.ipynb",
    "incidents/2026-01-01-a/record.jsonl",
    "incidents/2026-01-01-a/policy.yml",
    f"{RUN}/notebook.ipynb",
    "_build/html/runbooks/old/x.ipynb",
]
UNREAD = [
    ("policy", "Handbook.yaml", "mv Handbook.yaml handbook.yml"),
    ("runbook", "runbooks/db/failover.ipynb", "mv runbooks/db/failover.ipynb runbooks/failover.ipynb"),
    ("runbook", "runbooks/Fail Over.IPYNB", "mv 'runbooks/Fail Over.IPYNB' runbooks/fail-over.ipynb"),
    ("playbook", "playbooks/good.yaml", "mv playbooks/good.yaml playbooks/good.yml"),
    ("playbook", "playbooks/Good.YML", "mv playbooks/Good.YML playbooks/good.yml"),
    ("playbook", "playbooks/shop/good.yml", "mv playbooks/shop/good.yml playbooks/good.yml"),
    (
        "case",
        "case-studies/knight/record.yaml",
        "mv case-studies/knight/record.yaml case-studies/knight/record.yml",
    ),
    ("case", "case-studies/2012/knight/record.yml", "mv case-studies/2012/knight case-studies/knight"),
    ("case", "case-studies/Sessions.yml", "mv case-studies/Sessions.yml case-studies/sessions.yml"),
    ("case", "case-studies/policy.yaml", "mv case-studies/policy.yaml case-studies/policy.yml"),
    ("incident", "incidents/2026/a/record.jsonl", "mv incidents/2026/a incidents/a"),
    ("incident", "incidents/a/Record.jsonl", "mv incidents/a/Record.jsonl incidents/a/record.jsonl"),
    ("incident", "incidents/a/policy.yaml", "mv incidents/a/policy.yaml incidents/a/policy.yml"),
]


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("", encoding="utf-8")


def test_what_is_read_and_what_is_nobodys_affair_is_not_named(tmp_path: Path) -> None:
    put(tmp_path, *READ)
    assert find_unread(tmp_path) == []


@pytest.mark.parametrize(("what", "name", "hint"), UNREAD, ids=[name for _, name, _ in UNREAD])
def test_what_is_not_read_is_named_with_what_to_type(tmp_path: Path, what: str, name: str, hint: str) -> None:
    put(tmp_path, name)
    (found,) = find_unread(tmp_path)
    assert (found.what, found.path.as_posix(), found.hint) == (what, name, hint)
    assert str(found.refuse()).startswith(f"{name}: this {what} is not read: its place is ")


def test_where_another_file_is_read_instead_one_of_them_must_go(tmp_path: Path) -> None:
    put(tmp_path, "playbooks/good.yml", "playbooks/good.yaml")
    assert list(notes(tmp_path, "playbook")) == [
        "playbooks/good.yaml is not read: playbooks/good.yml is read instead: keep one of the two"
    ]


def test_a_name_that_leads_to_such_a_file_is_answered_with_it(handbook: Handbook) -> None:
    put(handbook.root, "runbooks/db/failover.ipynb")
    for name in ("failover", "db/failover", "Failover"):
        with pytest.raises(Refused) as refused:
            find_notebook(handbook.root / "runbooks", name)
        assert str(refused.value.hint).startswith("runbooks/db/failover.ipynb is not read: mv runbooks/db/")
    assert hint_for(handbook.root, "runbook", "reboot") is None


def test_a_policy_with_another_ending_is_named_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "handbook.yaml")
    with pytest.raises(Refused, match="no handbook.yml in") as refused:
        find_project(tmp_path)
    assert refused.value.hint == "handbook.yaml is not read: mv handbook.yaml handbook.yml"
    monkeypatch.setenv("OUTAGE_HANDBOOK", str(tmp_path))
    with pytest.raises(Refused, match="there is no handbook.yml there") as refused:
        find_project()
    assert refused.value.hint == "handbook.yaml is not read: mv handbook.yaml handbook.yml"


def test_the_check_names_them_and_every_runbook_once(handbook: Handbook) -> None:
    handbook.write("Untitled", reading("1"))
    put(handbook.root, "runbooks/db/failover.ipynb", "playbooks/good.yaml")
    said = [str(problem) for problem in check(find_project(handbook.root))]
    named = [line for line in said if "Untitled" in line or "failover" in line or "good" in line]
    assert [line.partition(":")[0] for line in named] == [
        "runbooks/Untitled.ipynb",
        "runbooks/db/failover.ipynb",
        "playbooks/good.yaml",
    ]


LISTS = [
    (("runbooks",), "runbooks/db/failover.ipynb"),
    (("playbook", "list"), "playbooks/good.yaml"),
    (("status", "--all"), "incidents/2026/a/record.jsonl"),
]


@pytest.mark.parametrize(("command", "name"), LISTS, ids=[" ".join(words) for words, _ in LISTS])
def test_what_lists_a_kind_names_them_beside_the_list(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    name: str,
) -> None:
    from outage.cli import main

    (tmp_path / "handbook.yml").write_text(HANDBOOK, encoding="utf-8")
    put(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTAGE_HANDBOOK", raising=False)
    with pytest.raises(SystemExit) as done:
        main(list(command))
    assert not done.value.code
    assert f"outage: {name} is not read: mv " in capsys.readouterr().err
