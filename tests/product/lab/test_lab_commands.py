"""``outage lab``: what a newcomer types, in order."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from outage.lab import control, postgres
from tests.product.cli import processes
from tests.waiting import eventually

HANDBOOK = Path(__file__).parents[3]


@pytest.fixture
def outage(tmp_path, monkeypatch):
    """Runs ``outage ...`` as a process of its own, with a lab folder of the test's own."""
    monkeypatch.setenv("OUTAGE_LAB", str(tmp_path / "lab"))
    monkeypatch.chdir(HANDBOOK)
    yield processes.outage
    control.down(tmp_path / "lab")


def test_from_nothing_to_broken_to_fixed_to_nothing(outage, tmp_path):
    up = outage("lab", "up", "postgres")
    assert up.returncode == 0, up.stderr
    assert up.stdout.startswith("  postgres: PostgreSQL, the primary: 127.0.0.1:")
    assert 'eval "$(outage lab env)"' in up.stdout
    assert "was up already" in outage("lab", "up", "postgres").stdout

    broken = outage("lab", "break", "lock-blocker")
    assert "Waiting until blocked-queries would act: it ignores what has only just begun" in broken.stdout
    assert "Find and end it:  outage run blocked-queries\n" in broken.stdout
    planned = suggested(outage, broken.stdout, tmp_path / "handbook")
    assert "To apply exactly this: outage run blocked-queries --apply" in planned, "typed at once"
    state = json.loads(outage("lab", "status", "--json").stdout)
    assert state["faults"]["lock-blocker"]["signals"]["waiting_sessions"] == 4, "it outlives the command"

    assert "is fixed" in outage("lab", "fix", "lock-blocker").stdout
    assert "was not there" in outage("lab", "fix", "lock-blocker").stdout
    assert "well" in outage("lab", "status").stdout
    assert "nothing is left" in outage("lab", "down").stdout
    assert not (tmp_path / "lab").exists()
    assert outage("lab", "status").stdout.startswith("The lab is not up")


def suggested(outage, told: str, folder: Path) -> str:
    """What the command that ``lab break`` suggests says, typed with the lab's environment.

    Its runs are kept in a handbook in ``folder``, which has this one's policy, runbooks and lab.
    """
    folder.mkdir()
    for name in ("handbook.yml", "runbooks", "lab"):
        (folder / name).symlink_to(HANDBOOK / name)
    (line,) = [line for line in told.splitlines() if line.startswith("Find and end it:")]
    program = f"{shlex.quote(sys.executable)} -c 'import outage.cli; outage.cli.main()'"
    command = line.removeprefix("Find and end it:").strip().replace("outage ", f"{program} ", 1)
    exports = outage("lab", "env").stdout
    typed = ["sh", "-c", f"{exports}\nexport OUTAGE_HANDBOOK={folder}\n{command} --incident none"]
    return subprocess.run(typed, capture_output=True, text=True, check=False, timeout=60).stdout


def test_the_command_that_a_fault_suggests_is_whole(outage, tmp_path):
    outage("lab", "up", "dispatch")
    broken = outage("lab", "break", "disk-full")
    path = tmp_path / "lab" / "disk"
    assert f"Find and end it:  outage run disk-full -p path={path} -p aside=" in broken.stdout
    assert "To apply exactly this: outage run disk-full --apply" in suggested(
        outage, broken.stdout, tmp_path / "handbook"
    )


def test_its_environment_is_all_that_the_ordinary_programs_need(outage):
    outage("lab", "up", "postgres")
    exports = outage("lab", "env").stdout
    psql = postgres.find_programs() / "psql"
    shown = subprocess.run(
        ["sh", "-c", f'{exports}\nexec "{psql}" -Atc "select current_user, current_database()"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "outage_monitor|shop"


def test_each_part_is_told_with_its_address_and_status_says_which_is_down(outage, tmp_path):
    up = outage("lab", "up", "redis")
    assert up.returncode == 0, up.stderr
    lab = control.find(tmp_path / "lab")
    address = f"127.0.0.1:{lab.port('redis')}"
    assert up.stdout.splitlines()[0] == f"  redis: Redis, the feature flags: {address}"
    assert "with 1 part;" in up.stdout
    assert f"export SUPERVISOR_URL={lab.supervisor.url}" in outage("lab", "env").stdout

    assert f"  up    redis: {address}" in outage("lab", "status").stdout.splitlines()
    lab.supervisor.stop("redis")
    assert "  DOWN  redis: redis is STOPPED" in outage("lab", "status").stdout.splitlines()
    parts = json.loads(outage("lab", "status", "--json").stdout)["parts"]
    assert parts == {"redis": {"up": False, "address": address, "down": {"redis": "is STOPPED"}}}


def test_a_fault_starts_the_parts_that_it_lacks(outage):
    outage("lab", "up", "redis")
    assert "the lab runs without what it breaks" in outage("lab", "fix", "lock-blocker").stdout
    broken = outage("lab", "break", "lock-blocker")
    assert broken.returncode == 0, broken.stderr
    state = json.loads(outage("lab", "status", "--json").stdout)
    assert list(state["parts"]) == ["postgres", "redis"]
    assert state["faults"]["lock-blocker"]["sick"]


def test_a_part_that_does_not_exist_is_refused_with_the_nearest_name(outage, tmp_path):
    refused = outage("lab", "up", "postgre")
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        "the lab has no part 'postgre'",
        "  hint: did you mean 'postgres'?",
    ]
    assert not (tmp_path / "lab").exists()


def test_a_lab_that_died_is_said_and_down_clears_it(outage, tmp_path):
    outage("lab", "up", "postgres")
    home = control.find(tmp_path / "lab").server.home
    pid = int((home / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    os.kill(pid, signal.SIGKILL)
    assert "The lab has died" in outage("lab", "status").stdout
    assert outage("lab", "env").returncode == 2
    assert "nothing is left" in outage("lab", "down").stdout
    assert not home.exists()


@pytest.mark.parametrize(
    "words", [("lab", "env"), ("lab", "break", "lock-blocker"), ("lab", "fix", "lock-blocker")]
)
def test_without_a_lab_it_says_how_to_start_one(outage, words):
    refused = outage(*words)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.splitlines() == ["the lab is not up", "  hint: start it with 'outage lab up'"]


def test_an_alert_is_shown_with_the_page_that_it_leads_to(outage):
    """What a newcomer follows: from the broken lab to its alert, and from there to the runbook's page."""
    outage("lab", "up", "postgres", "database_metrics", "prometheus", "alertmanager")
    broken = outage("lab", "break", "lock-blocker")
    assert "Its alert, SessionsWaitForLock, is shown by 'outage lab status'" in broken.stdout
    alerts = eventually(
        lambda: json.loads(outage("lab", "status", "--json").stdout)["alerts"], "the alert did not fire"
    )
    assert alerts[0]["name"] == "SessionsWaitForLock"
    assert "/runbooks/blocked-queries.html" in alerts[0]["runbook_url"]
    shown = outage("lab", "status").stdout
    assert "  ALERT SessionsWaitForLock: " in shown
    assert "runbooks/blocked-queries.html" in shown.partition("its page: ")[2]
    assert shown.splitlines()[-1] == "        type:     outage run blocked-queries"
