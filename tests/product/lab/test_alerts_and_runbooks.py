"""Whoever follows an alert to its runbook finds something there: it fires when the runbook would act."""

from __future__ import annotations

import re

import pytest
import yaml

from outage.runbook.contract import read_contract
from tests.sites import ROOT


@pytest.mark.parametrize(
    ("alert", "runbook", "parameter"),
    [
        ("SessionsWaitForLock", "blocked-queries", "min_wait"),
        ("ReplicaFallsBehind", "replica-lag", "tolerable"),
    ],
)
def test_an_alert_fires_no_earlier_than_its_runbook_would_act(
    alert: str, runbook: str, parameter: str
) -> None:
    files = [yaml.safe_load(path.read_text()) for path in (ROOT / "lab" / "alerts").glob("*.yml")]
    (rule,) = [
        rule
        for file in files
        for group in file["groups"]
        for rule in group["rules"]
        if rule["alert"] == alert
    ]
    limit = re.fullmatch(r"\w+_seconds > (\d+)", rule["expr"])
    (wanted,) = [
        one
        for one in read_contract(ROOT / "runbooks" / f"{runbook}.ipynb").parameters
        if one.name == parameter
    ]
    assert limit is not None
    assert float(limit[1]) >= wanted.default.total_seconds()
