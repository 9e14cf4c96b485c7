"""An incident's page says where its playbooks stand: the state from the record, the words by its policy."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from outage.render.incident.page import write_page
from outage.render.incident.playbook import write_playbooks
from outage.render.incident.snapshot import load_snapshot
from tests.product.playbook.company import TEXT as POLICY
from tests.product.playbook.story import DECLARED, STARTED, TEXT, at, event, said

GOLDEN = Path(__file__).parent / "golden/playbook.md"
HANDBOOK = Path(__file__).parents[2] / "playbook/handbook"


def case(root, *events, minute=12):
    """The case in a handbook that has this playbook."""
    shutil.copytree(HANDBOOK, root, dirs_exist_ok=True)
    (root / "playbooks").mkdir(exist_ok=True)
    (root / "playbooks/small.yml").write_text(TEXT, encoding="utf-8")
    folder = root / "incidents/2026-06-19-all-is-lost"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.yml").write_text(POLICY, encoding="utf-8")
    lines = [one.to_line() for one in (DECLARED, *events)]
    (folder / "record.jsonl").write_bytes(b"".join(lines))
    return load_snapshot(folder, at(minute))


def test_what_is_overdue_and_next_is_in_sight_and_every_step_is_folded_away(tmp_path):
    found = case(
        tmp_path,
        STARTED,
        said(2, "declare"),
        said(3, "fix", "skipped", why="<script>{role}`x`"),
        said(4, "over", "started"),
    )
    text = write_playbooks(found)
    if os.environ.get("OUTAGE_ACCEPT"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_without_a_playbook_the_page_does_not_speak_of_one(tmp_path):
    assert "## Playbook" not in write_page(case(tmp_path))


def test_a_closed_incident_has_nothing_due(tmp_path):
    found = case(tmp_path, STARTED, event(9, "stage", stage="closed"), minute=99)
    assert "{due}" not in write_playbooks(found)


def test_a_playbook_that_is_gone_is_told_and_the_page_is_there(tmp_path):
    case(tmp_path, STARTED)
    (tmp_path / "playbooks/small.yml").unlink()
    found = load_snapshot(tmp_path / "incidents/2026-06-19-all-is-lost", at(12))
    assert "cannot be shown: there is no playbook" in write_playbooks(found)
    assert "## Timeline" in write_page(found)
