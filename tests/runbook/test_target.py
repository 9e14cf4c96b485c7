"""What a run would touch, in words; what matches no environment counts as production."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.errors import Refused
from outage.policy import Policy, load_policy
from outage.run.target import find_target
from outage.runbook.meta import RunbookMeta
from tests.runbook.build import POLICY


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    (tmp_path / "handbook.yml").write_text(POLICY)
    return load_policy(tmp_path / "handbook.yml")


POSTGRES = RunbookMeta(target="postgres")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PGHOST": "127.0.0.1", "PGDATABASE": "shop"}, "database 'shop' on 127.0.0.1, environment 'lab'"),
        ({"PGHOST": "/run/postgresql", "PGUSER": "ann"}, "database 'ann' on localhost, environment 'lab'"),
        ({"PGUSER": "ann", "PGPORT": "5433"}, "database 'ann' on localhost port 5433, environment 'lab'"),
        (
            {"PGHOST": "DB1.live.example", "PGPORT": "5432", "PGDATABASE": "x"},
            "environment 'live': PRODUCTION",
        ),
        ({"PGHOST": "db.elsewhere"}, "matches no environment of the policy and so counts as PRODUCTION"),
        ({"PGHOST": "localhost,db.elsewhere"}, "on localhost and db.elsewhere, which matches no environment"),
        ({"PGHOST": "a.live.example,b.live.example"}, "environment 'live': PRODUCTION"),
        ({"PGHOST": "x\x1b[2J"}, "x\\x1b[2J, which matches no"),
    ],
)
def test_postgresql_is_found_as_libpq_finds_it(policy: Policy, environ: dict[str, str], words: str) -> None:
    target = find_target(POSTGRES, {}, policy, environ)
    assert words in target.words
    assert target.production == ("PRODUCTION" in words or "matches no" in words)


def test_a_service_file_names_the_target(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "services").write_text(
        "[other]\nhost=x\n# [shop]\n[shop]\nhost=db.live.example\ndbname=orders\n"
    )
    environ = {"PGSERVICE": "shop", "PGSERVICEFILE": str(tmp_path / "services")}
    target = find_target(POSTGRES, {}, policy, environ)
    assert (target.host, target.database, target.environment) == ("db.live.example", "orders", "live")


def test_this_machine_is_named_and_counts_as_production_unless_policy_knows_it(policy: Policy) -> None:
    target = find_target(RunbookMeta(), {}, policy, {})
    assert target.kind == "this machine"
    assert target.production


def test_a_described_target_is_filled_from_parameters_and_environment(policy: Policy) -> None:
    meta = RunbookMeta.model_validate(
        {"target": {"kind": "Redis", "host": "{host}", "database": "$REDIS_DB"}}
    )
    target = find_target(meta, {"host": "r1.live.example"}, policy, {"REDIS_DB": "3"})
    assert target.words == "Redis, database '3' on r1.live.example, environment 'live': PRODUCTION"
    with pytest.raises(Refused, match=r"named by \$REDIS_DB, which is not set"):
        find_target(meta, {"host": "x"}, policy, {})
    with pytest.raises(Refused, match="there is no parameter 'host'"):
        find_target(meta, {}, policy, {"REDIS_DB": "3"})
    with pytest.raises(Refused, match="the target has no host"):
        find_target(meta, {"host": " "}, policy, {"REDIS_DB": "3"})
