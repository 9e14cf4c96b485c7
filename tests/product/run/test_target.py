"""What a run would touch, in words; what matches no environment counts as production."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from outage.errors import Refused
from outage.policy import Policy, load_policy
from outage.run.target import find_target, list_identities
from outage.runbook.meta import RunbookMeta
from tests.product.run.build import POLICY


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


def test_this_machine_is_named_and_counts_as_production_unless_policy_knows_it(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not find_target(RunbookMeta(), {}, policy, {}).production
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    target = find_target(RunbookMeta(), {}, policy, {})
    assert (target.kind, target.host, target.production) == ("this machine", "elsewhere", True)


def test_on_a_production_server_localhost_is_production(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "DB1.live.example")
    for host in ("localhost", "127.0.0.1", "/run/postgresql", "db1.live.example."):
        target = find_target(POSTGRES, {}, policy, {"PGHOST": host, "PGDATABASE": "shop"})
        assert (target.environment, target.production) == ("live", True), host
    monkeypatch.setattr(socket, "gethostname", lambda: "laptop")
    assert find_target(POSTGRES, {}, policy, {"PGHOST": "127.0.0.1"}).environment == "lab"


def test_where_libpq_is_given_an_address_that_decides(policy: Policy) -> None:
    """It connects to PGHOSTADDR, whatever PGHOST says."""
    environ = {"PGHOST": "localhost", "PGHOSTADDR": "192.0.2.7", "PGDATABASE": "shop"}
    target = find_target(POSTGRES, {}, policy, environ)
    assert (target.host, target.production) == ("192.0.2.7", True)
    environ["PGHOST"] = "db.live.example"
    assert find_target(POSTGRES, {}, policy, environ).host == "db.live.example"


# ---- what is one target


SAME = [
    {"PGHOST": "localhost"},
    {"PGHOST": "127.0.0.1"},
    {"PGHOST": "127.1.2.3"},
    {"PGHOST": "::1"},
    {"PGHOST": "LocalHost."},
    {"PGHOST": "/run/postgresql"},
    {"PGHOST": socket.gethostname().upper()},
    {"PGHOST": "localhost", "PGPORT": "5432"},
    {},
]


def identity(policy: Policy, environ: dict[str, str]) -> tuple[str, ...]:
    return list_identities(find_target(POSTGRES, {}, policy, {"PGDATABASE": "shop", **environ}))


@pytest.mark.parametrize("environ", SAME, ids=str)
def test_all_spellings_of_this_machine_are_one_target(policy: Policy, environ: dict[str, str]) -> None:
    assert identity(policy, environ) == identity(policy, SAME[0])


def test_a_name_is_one_target_in_any_spelling(policy: Policy) -> None:
    known = {
        identity(policy, {"PGHOST": host})
        for host in ("db1.live.example", "DB1.Live.example.", " DB1.live.example")
    }
    assert len(known) == 1


@pytest.mark.parametrize(
    "environ",
    [{"PGHOST": "db1"}, {"PGPORT": "5433"}, {"PGDATABASE": "Shop"}, {"PGHOST": "128.0.0.1"}],
    ids=str,
)
def test_another_host_port_or_database_is_another_target(policy: Policy, environ: dict[str, str]) -> None:
    assert identity(policy, environ) != identity(policy, {})


def test_of_several_hosts_each_is_a_target(policy: Policy) -> None:
    both = identity(policy, {"PGHOST": "db2,DB1"})
    assert set(both) == {*identity(policy, {"PGHOST": "db1"}), *identity(policy, {"PGHOST": "db2"})}
    assert list(both) == sorted(both), "locks are taken in one order"


def test_a_disk_is_a_target_by_its_path(policy: Policy, tmp_path: Path) -> None:
    meta = RunbookMeta.model_validate({"target": {"kind": "a disk", "path": "{path}"}})
    (tmp_path / "link").symlink_to(tmp_path)

    def of(path: Path) -> tuple[str, ...]:
        return list_identities(find_target(meta, {"path": path}, policy, {}))

    assert of(tmp_path) == of(tmp_path / "link") == of(tmp_path / "x" / "..")
    assert of(tmp_path) != of(tmp_path / "x")
    words = find_target(meta, {"path": tmp_path}, policy, {}).words
    assert words == f"a disk, {tmp_path} on {socket.gethostname()}, environment 'lab'"


def test_a_url_names_a_host_or_a_socket_and_its_password_is_not_told(policy: Policy) -> None:
    meta = RunbookMeta.model_validate({"target": {"kind": "programs", "host": "$URL"}})
    target = find_target(meta, {}, policy, {"URL": "http://ann:secret@Web1.live.example:9001/RPC2"})
    assert target.words == "programs, web1.live.example port 9001, environment 'live': PRODUCTION"
    target = find_target(meta, {}, policy, {"URL": "unix:///run/supervisor.sock"})
    assert (target.path, target.host) == ("/run/supervisor.sock", socket.gethostname())
    with pytest.raises(Refused, match="the target has no host"):
        find_target(meta, {}, policy, {"URL": "http://ann:secret@"})


# ---- the lab


@pytest.fixture
def elsewhere(tmp_path: Path) -> Policy:
    """A policy that knows no host: all is production."""
    (tmp_path / "handbook.yml").write_text(
        'company: T\nseverities: {sev1: bad}\nenvironments: {live: {hosts: ["*.live"], production: true}}\n'
    )
    return load_policy(tmp_path / "handbook.yml")


def test_the_labs_own_disk_programs_and_ports_are_never_production(elsewhere: Policy, tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    lab.mkdir()
    (lab / "lab.json").write_text(json.dumps({"ports": {"postgres": 5499}, "sockets": str(tmp_path / "s")}))
    environ = {"OUTAGE_LAB": str(lab), "PGDATABASE": "shop", "PGPORT": "5499", "PGHOST": "127.0.0.1"}
    disk = RunbookMeta.model_validate({"target": {"kind": "a disk", "path": "{path}"}})
    programs = RunbookMeta.model_validate({"target": {"kind": "programs", "host": "$URL"}})

    def of(meta: RunbookMeta, path: str = "", **more: str) -> bool:
        found = find_target(meta, {"path": path}, elsewhere, {**environ, **more})
        assert found.production == (found.environment != "lab")
        return found.production

    assert not of(POSTGRES)
    assert not of(disk, f"{lab}/disk")
    assert not of(programs, URL=f"unix://{tmp_path}/s/supervisor.sock")
    assert of(POSTGRES, PGPORT="5432"), "another server of this machine"
    assert of(POSTGRES, PGHOST="db1"), "the same port elsewhere"
    assert of(POSTGRES, OUTAGE_LAB=""), "there is no lab"
    assert of(disk, str(tmp_path)), "the folder that the lab lies in"
    assert of(disk, f"{lab}/../other")
    assert of(programs, URL="unix:///run/supervisor.sock")
    (lab / "lab.json").unlink()
    assert of(POSTGRES), "the lab is down"


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
