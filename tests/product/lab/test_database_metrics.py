"""What Prometheus is told about the database is what the faults' own symptoms measure."""

from __future__ import annotations

from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from outage.lab import control
from outage.lab.faults import FAULTS
from outage.lab.parts import database_metrics
from tests.waiting import eventually


@pytest.fixture
def watched(lab):
    control.require(lab, database_metrics.ID)
    return lab


def metrics(lab):
    with urlopen(database_metrics.url(lab), timeout=5) as answer:
        text = answer.read().decode()
    return {one.name: one.value for family in text_string_to_metric_families(text) for one in family.samples}


SICK = {  # fault: what its alert is made of, when it is there
    "lock-blocker": lambda now: now.get("pg_waiting_sessions") == 4,
    "slow-query": lambda now: now.get("pg_slow_statements_total", 0) > 0,
    "replica-paused": lambda now: (
        now.get("pg_replica_lag_seconds", 0) > 1 and now.get("pg_replica_paused") == 1
    ),
    "backup-broken": lambda now: now.get("backup_readable") == 0 and now.get("backup_bytes") == 0,
    "disk-full": lambda now: now.get("disk_free_ratio") == 0,
}


@pytest.mark.parametrize("fault", SICK)
def test_a_fault_shows_in_the_metrics(watched, fault):
    FAULTS[fault].begin(watched)
    assert eventually(lambda: SICK[fault](metrics(watched))), metrics(watched)


def test_a_lost_session_to_the_primary_is_opened_again(watched):
    assert eventually(lambda: metrics(watched).get("pg_up") == 1)
    with watched.server.connect("postgres") as admin:
        end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"
        assert admin.execute(end, ["database metrics"]).fetchall() == [(True,)]
    assert eventually(lambda: metrics(watched).get("pg_up") == 1)
