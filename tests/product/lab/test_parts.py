"""Parts under the supervisor: started as they are asked for, and nothing of them left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from outage.errors import Failed, Refused
from outage.lab import control, parts, ports, state
from outage.lab.condition import list_conditions
from outage.lab.parts import PARTS, model, redis
from outage.lab.parts.model import Part, Program
from tests.waiting import eventually

HANDBOOK = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    """Where a test may start a lab; it is taken down whatever happens."""
    yield tmp_path / "lab"
    if (tmp_path / "lab" / "lab.json").exists():
        control.down(tmp_path / "lab")


def is_over(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process of the lab: the supervisor's, PostgreSQL's, and theirs."""
    known = state.read(folder)
    pids = [json.loads((folder / "supervisor.pid").read_text(encoding="utf-8"))["pid"]]
    homes = map(Path, known.get("homes", {}).values())
    servers = [home / "data" / "postmaster.pid" for home in homes]
    texts = [server.read_text(encoding="utf-8") for server in servers if server.exists()]
    pids += [abs(int(text.split()[0])) for text in texts]  # below zero while the cluster is being made
    roots = [psutil.Process(pid) for pid in pids]
    return [process for root in roots for process in [root, *root.children(recursive=True)]]


def places_of(folder: Path) -> list[Path]:
    """Every folder that a lab uses: its own, that of its sockets, those of its databases."""
    known = state.read(folder)
    return [folder, Path(known["sockets"]), *map(Path, known.get("homes", {}).values())]


def a_part(name: str, *commands: str, **more) -> Part:
    """A part of shell commands, for what the real ones do not do."""
    programs = tuple(Program(f"{name}{n}", ("/bin/sh", "-c", words)) for n, words in enumerate(commands, 1))
    return replace(
        Part(name, name, ready=lambda lab: True),
        **{"prepare": lambda lab: programs, "patience": 10.0, **more},
    )


@pytest.fixture
def register(monkeypatch):
    """Adds parts of a test's own to those of the lab."""
    return lambda *new: [monkeypatch.setitem(PARTS, part.id, part) for part in new]


class TestUp:
    def test_a_second_up_adds_the_parts_that_are_lacking(self, folder):
        told = []
        lab, _ = control.up(folder, ("redis",), lambda lab, part: told.append(part.id))
        process = lab.supervisor.state("redis").pid
        again, new = control.up(folder, ("postgres", "redis"), lambda lab, part: told.append(part.id))
        assert (told, new, again) == (["redis", "postgres"], True, lab)
        assert lab.supervisor.state("redis").pid == process, "what was up is left as it is"
        assert not control.up(folder, ("postgres", "redis"))[1]

    def test_a_part_brings_what_it_needs(self, folder, register):
        register(a_part("first", "sleep 600"), a_part("second", "sleep 600", needs=("first",)))
        told = []
        lab, _ = control.up(folder, ("second",), lambda lab, part: told.append(part.id))
        assert told == ["first", "second"]
        assert lab.has("first")
        control.require(lab, "second", "first")
        assert lab.parts == ("first", "second")

    def test_an_unknown_part_is_refused_with_the_nearest_name(self, folder):
        with pytest.raises(Refused, match="no part 'rediss'") as refused:
            control.up(folder, ("rediss",))
        assert "redis" in str(refused.value.hint)
        assert not folder.exists()

    def test_what_is_not_installed_is_named_with_its_package_before_anything_starts(
        self, folder, monkeypatch, register
    ):
        register(a_part("never", "sleep 600", packages={"no-such-program": "pypi:no-such-wheel"}))
        real = model.find_program
        monkeypatch.setattr(
            parts, "find_program", lambda name: None if name in {"haproxy", "redis-server"} else real(name)
        )
        with pytest.raises(Refused) as refused:
            control.up(folder, ("postgres", "haproxy", "never"))
        assert refused.value.message == (
            "not installed: redis-server, haproxy, no-such-program; nothing was started"
        )
        assert refused.value.hint == (
            "'make packages' installs haproxy, redis-server and starts none of them;"
            " 'make venv' installs no-such-wheel"
        )
        assert not folder.exists()

    def test_a_program_that_ends_at_once_fails_the_start_with_its_words_and_leaves_nothing(
        self, folder, register
    ):
        seen = []
        register(
            a_part("steady", "sleep 600"),
            a_part("broken", "echo the disk is full; exit 3", needs=("steady",), ready=lambda lab: False),
        )
        with pytest.raises(Failed, match="the disk is full"):
            control.up(folder, ("broken",), lambda lab, part: seen.extend(places_of(folder)))
        assert [place for place in seen if place.exists()] == []

    def test_a_part_that_is_never_ready_says_what_its_client_said(self, folder, register):
        def refuses(lab):
            raise ConnectionRefusedError("nobody listens")

        register(a_part("deaf", "echo waiting; sleep 600", ready=refuses, patience=0.5))
        with pytest.raises(Failed, match=r"not ready within 0 s \(ConnectionRefusedError: nobody listens\)"):
            control.up(folder, ("deaf",))

    def test_a_part_that_cannot_be_added_leaves_the_lab_as_it_was(self, folder, register):
        def fails(lab):
            raise OSError("no space left")

        register(a_part("steady", "sleep 600"), a_part("broken", "sleep 600", after=fails))
        lab, _ = control.up(folder, ("steady",))
        before = {name: state.pid for name, state in lab.supervisor.states().items()}
        with pytest.raises(Failed, match="broken did not start: OSError: no space left"):
            control.require(lab, "broken")
        assert control.find(folder).parts == ("steady",)
        assert {name: state.pid for name, state in lab.supervisor.states().items()} == before

    def test_a_port_that_somebody_takes_meanwhile_is_drawn_anew(self, folder, monkeypatch):
        real = ports.find_free_port
        with socket.socket() as taken:
            taken.bind((ports.HOST, 0))
            taken.listen()
            drawn = iter([taken.getsockname()[1]])
            monkeypatch.setattr(ports, "find_free_port", lambda: next(drawn, None) or real())
            lab, _ = control.up(folder, ("redis",))
            assert lab.port("redis") != taken.getsockname()[1]
        assert redis.list_flags(lab)["loyalty-price"] == "off"

    def test_ctrl_c_while_it_starts_leaves_nothing(self, folder, monkeypatch):
        monkeypatch.setenv("OUTAGE_LAB", str(folder))
        command = [sys.executable, "-c", "import outage.cli; outage.cli.main()", "lab", "up", "haproxy"]
        starting = subprocess.Popen(command, cwd=HANDBOOK, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        eventually(lambda: "redis" in state.read(folder).get("parts", ()))
        places = places_of(folder)
        left = processes_of(folder)
        starting.send_signal(signal.SIGINT)
        _, words = starting.communicate(timeout=60)
        assert starting.returncode == 130
        assert b"Traceback" not in words
        assert [place for place in places if place.exists()] == []
        assert [process for process in left if not is_over(process)] == []

    def test_what_a_killed_start_left_is_ended_by_down(self, folder):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_WHILE_STARTING, str(folder)], cwd=HANDBOOK, check=False
        )
        assert killed.returncode == -signal.SIGKILL
        left, places = processes_of(folder), places_of(folder)
        assert "redis-server" in {process.name() for process in left}
        assert control.down(folder)
        assert [process for process in left if not is_over(process)] == []
        assert [place for place in places if place.exists()] == []

    def test_a_long_path_is_no_hindrance_to_its_sockets(self, tmp_path):
        folder = tmp_path / ("a-long-name-of-a-folder-" * 5) / "lab"
        lab, _ = control.up(folder, ("redis",))
        try:
            assert lab.supervisor.state("redis").runs
        finally:
            control.down(folder)

    def test_two_labs_stand_side_by_side(self, folder, tmp_path):
        first, _ = control.up(folder, ("redis",))
        second, _ = control.up(tmp_path / "other", ("redis",))
        redis.set_flag(second, "gift-wrap", "off", by="a test", why="to see whose it is")
        assert control.down(tmp_path / "other")
        assert redis.list_flags(first)["gift-wrap"] == "on"


KILLED_WHILE_STARTING = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from outage.lab import control
from outage.lab.parts import PARTS
PARTS["redis"] = replace(PARTS["redis"], after=lambda lab: os.kill(os.getpid(), signal.SIGKILL))
control.up(Path(sys.argv[1]), ("postgres", "redis"))
"""


class TestSupervisor:
    def test_a_program_that_dies_is_brought_back_and_one_that_is_stopped_is_not(self, folder, register):
        register(a_part("pair", "sleep 600", "sleep 600"))
        lab, _ = control.up(folder, ("pair",))
        eventually(lambda: lab.supervisor.state("pair1").state == "RUNNING")
        first = lab.supervisor.state("pair1").pid
        psutil.Process(first).kill()
        eventually(lambda: lab.supervisor.state("pair1").pid not in {0, first})

        lab.supervisor.stop("pair2")
        (condition,) = list_conditions(lab)
        assert (condition.well, condition.words) == (False, "pair2 is STOPPED")
        lab.supervisor.start("pair2")
        assert all(condition.well for condition in list_conditions(lab))

    def test_a_program_that_dies_again_and_again_can_be_stopped_and_started_in_any_state(
        self, folder, register
    ):
        register(a_part("ill", "exit 3"))
        lab, _ = control.up(folder, ("ill",))
        eventually(lambda: lab.supervisor.state("ill1").state == "BACKOFF")
        lab.supervisor.start("ill1", wait=False)
        lab.supervisor.stop("ill1")
        lab.supervisor.stop("ill1")
        assert lab.supervisor.state("ill1").state == "STOPPED"
        with pytest.raises(Failed, match="no program 'well1'"):
            lab.supervisor.stop("well1")

    def test_its_own_client_finds_it_through_the_environment_and_nobody_else_may(self, folder, register):
        register(a_part("one", "sleep 600"))
        lab, _ = control.up(folder, ("one",))
        url = control.build_environment(lab)["SUPERVISOR_URL"]
        command = [sys.executable, "-m", "supervisor.supervisorctl", "-s", url, "status"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        assert shown.startswith("one:one1")
        assert Path(url.removeprefix("unix://")).stat().st_mode & 0o077 == 0
        assert lab.sockets.stat().st_mode & 0o077 == 0

    def test_killed_it_is_missed_and_down_still_ends_what_it_had_started(self, folder, register):
        register(a_part("family", "sleep 600 & sleep 601 & wait"))
        control.up(folder, ("family",))
        eventually(lambda: [one.name() for one in processes_of(folder)].count("sleep") == 2)
        left, places = processes_of(folder), places_of(folder)
        left[0].kill()
        eventually(lambda: is_over(left[0]))
        with pytest.raises(Refused, match="has died"):
            control.find(folder)
        assert control.down(folder)
        assert [process for process in left if not is_over(process)] == []
        assert [place for place in places if place.exists()] == []

    def test_pids_that_are_somebody_elses_by_now_are_left_alone(self, folder, register):
        register(a_part("one", "sleep 600"))
        control.up(folder, ("one",))
        for process in processes_of(folder):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        with subprocess.Popen(["sleep", "600"]) as bystander:
            record = folder / "supervisor.pid"
            started = json.loads(record.read_text(encoding="utf-8"))["started"]
            record.write_text(json.dumps({"pid": bystander.pid, "started": started - 60}), encoding="utf-8")
            log = folder / "supervisor" / "log"
            with log.open("a", encoding="utf-8") as file:
                file.write(f"2026-01-01 00:00:00,000 INFO spawned: 'one1' with pid {bystander.pid}\n")
            lab, new = control.up(folder, ("one",))
            assert new
            assert lab.supervisor.state("one1").pid != bystander.pid
            assert bystander.poll() is None
            bystander.kill()

    @pytest.mark.parametrize("unwritable", ["a ;b", "a #b", "a\nb"])
    def test_what_its_configuration_cannot_hold_is_refused_not_cut(self, folder, register, unwritable):
        odd = Part("odd", "odd", lambda lab: True, lambda lab: (Program("odd", ("/bin/echo", unwritable)),))
        register(odd)
        with pytest.raises(Failed, match="the supervisor cannot be told"):
            control.up(folder, ("odd",))

    def test_values_reach_a_program_as_they_are(self, folder, register):
        value = "50% of a, b=c %(ENV_HOME)s $HOME"
        show = Program("show", ("/bin/sh", "-c", 'echo "$VALUE" "$0"; sleep 600', "x%d y"), {"VALUE": value})
        register(Part("show", "show", lambda lab: lab.log("show").stat().st_size > 0, lambda lab: (show,)))
        lab, _ = control.up(folder, ("show",))
        assert lab.log("show").read_text(encoding="utf-8") == f"{value} x%d y\n"


def ordinary_user() -> tuple[list[str], int]:
    """A prefix that makes a command nobody's when we are root, and whose it is then.

    Where nobody may not enter the folder of our Python, such as root's home, it stays ours.
    """
    if os.geteuid() != 0:
        return [], os.geteuid()
    nobody = [shutil.which("setpriv") or "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    started = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import outage'], check=True)"
    can = subprocess.run([*nobody, sys.executable, "-c", started], cwd="/", capture_output=True, check=False)
    return (nobody, 65534) if can.returncode == 0 else ([], 0)


def test_no_root_is_needed():
    """sshd is left to its own tests: it lets in only those whose account has a shell."""
    with TemporaryDirectory(dir="/tmp") as own:
        up_and_down_as_ordinary_user(Path(own))


def up_and_down_as_ordinary_user(own: Path) -> None:
    names = sorted(PARTS.keys() - {"sshd"})
    prefix, user = ordinary_user()
    os.chown(own, user, -1)
    done = subprocess.run(
        [*prefix, sys.executable, "-c", UP_AND_DOWN, str(own / "lab"), *names],
        cwd=HANDBOOK,
        env={**os.environ, "TMPDIR": "/tmp", "HOME": str(own)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    assert known["parts"] == names
    assert user == 0 or known["users"] == [user]
    assert not (own / "lab").exists()


UP_AND_DOWN = """
import json, os, sys
from pathlib import Path
import psutil
from outage.lab import control
lab, _ = control.up(Path(sys.argv[1]), sys.argv[2:])
supervisor = psutil.Process(json.loads((lab.folder / "supervisor.pid").read_text())["pid"])
users = {process.uids().real for process in supervisor.children(recursive=True)} | {os.getuid()}
print(json.dumps({"parts": sorted(lab.parts), "users": sorted(users)}))
control.down(lab.folder)
"""


def test_everything_comes_up_listens_on_loopback_alone_and_goes_without_a_trace(folder):
    told = []
    lab, _ = control.up(folder, tuple(PARTS), lambda lab, part: told.append(part.id))
    assert sorted(told) == sorted(PARTS)
    assert [condition for condition in list_conditions(lab) if not condition.well] == []

    all_of_it, places = processes_of(folder), places_of(folder)
    listening = {
        connection.laddr.ip
        for process in all_of_it
        for connection in process.net_connections("inet")
        if connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}
    }
    assert listening == {"127.0.0.1"}
    for name, value in control.build_environment(lab).items():
        assert name.isidentifier()
        assert "\n" not in value

    assert control.down(folder)
    assert [process for process in all_of_it if not is_over(process)] == []
    assert [place for place in places if place.exists()] == []
