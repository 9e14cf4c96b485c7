"""Fixtures for all tests: a lab of one's own, clean before each test; the whole site, built once a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outage.lab import control
from outage.lab.control import Lab
from outage.lab.faults import FAULTS
from outage.lab.faults import fleet as fleet_faults
from outage.lab.postgres import ADMIN
from tests.sites import Published, publish

HANDBOOK = Path(__file__).parent.parent


def pytest_xdist_auto_num_workers() -> int | None:
    """One worker more than there are processors: for a quarter of the time a test waits for the lab."""
    asked = "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ
    return None if asked else len(os.sched_getaffinity(0)) + 1


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab") / "run"
    lab, _ = control.up(folder)
    yield lab
    control.down(folder)


@pytest.fixture
def lab(_server: Lab) -> Iterator[Lab]:
    """A lab that is up, with nothing broken; what a test breaks or leaves open is cleared after it."""
    yield _server
    for fault in FAULTS.values():
        if all(map(_server.has, fault.parts)):
            fault.fix(_server)
    with _server.server.connect(ADMIN) as admin:
        for (gid,) in admin.execute("select gid from pg_prepared_xacts where database = 'shop'").fetchall():
            admin.execute("rollback prepared '" + gid.replace("'", "''") + "'")
        admin.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )


@pytest.fixture
def libpq(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab, with libpq's variables leading to it as the monitoring role."""
    for name, value in lab.server.environment().items():
        monkeypatch.setenv(name, value)
    return lab


@pytest.fixture(scope="session")
def _fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("fleet") / "run"
    lab, _ = control.up(folder, fleet_faults.PARTS)
    yield lab
    control.down(folder)


@pytest.fixture
def fleet(_fleet: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab with web servers, HAProxy, customers and sshd, and the way to them; fixed afterwards."""
    for name, value in control.build_environment(_fleet).items():
        monkeypatch.setenv(name, value)
    yield _fleet
    fleet_faults.fix_all(_fleet)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Published]:
    """Gives the built site of a policy (``handbook.yml``); one build serves all workers of this run."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return lambda policy: publish(shared, policy)
