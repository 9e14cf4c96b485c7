"""The made-up outage was made with the real commands, and can be made again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from outage.cases import load_case_study
from outage.cases.judge import judge
from outage.incident.record import read
from tests.product.cases.company import ROOT

ABOUT = ("case-studies/larkfield-nobody-can-pay",)
FOLDER = ROOT / "case-studies" / "larkfield-nobody-can-pay"


def said(folder: Path) -> list[tuple[object, ...]]:
    """What a record says, without ids and the moment at which it was typed."""
    return [(one.at, one.by, one.kind, dict(one.data)) for one in read(folder).events]


def test_the_commands_make_this_very_record(tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    command = [sys.executable, str(FOLDER / "play.py"), "--into", str(tmp_path)]
    played = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert said(tmp_path) == said(FOLDER)


def test_one_promise_was_broken_and_it_is_the_one_that_two_left_to_each_other() -> None:
    found = judge(load_case_study(FOLDER, ROOT))
    assert [one.clause for one in found if one.verdict != "kept"] == ["severities.sev1.cadence.customers"]
    assert "17 min late" in found[0].text


def test_every_side_of_the_company_takes_part() -> None:
    study = load_case_study(FOLDER, ROOT)
    assert set(study.incident.roles) >= {
        "incident-commander", "operations-lead", "expert",
        "communications-lead", "customer-liaison", "scribe",
    }  # fmt: skip
    assert {update.audience for update in study.incident.updates} == {"responders", "executives", "customers"}
    by = " ".join(moment.event.by for moment in study.moments)
    assert all(part in by for part in ("sales", "warehouse", "payments", "platform", "Tom Larkfield"))
    assert [moment.id for moment in study.moments if moment.decides] == [
        "08-16-decision", "08-47-decision", "09-26-decision", "09-34-decision",
    ]  # fmt: skip
    assert all(len(moment.told.options) == 3 for moment in study.moments if moment.decides)
