"""``outage runs RUN``: each cell of one run, its gates and actions, and how to go on; of a killed one too."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from outage.run.gates import answer_gate
from tests.product.cli.processes import OUTAGE, outage
from tests.product.run.build import Handbook, prose, touching
from tests.product.run.running import Log, run, two_changes
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("nothing_is_left")
GATE = prose("Now b is done.", "gate")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def looked_at(run: str) -> dict[str, Any]:
    done = outage("runs", run, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def states(data: dict[str, Any]) -> str:
    return " ".join(f"{cell['step']}:{cell['state']}" for cell in data["cells"])


def test_the_cell_that_was_in_flight_when_the_runner_was_killed_is_shown(
    handbook: Handbook, log: Log
) -> None:
    log.trouble("a", "time.sleep(99)")
    handbook.write("two", two_changes())
    order = [*OUTAGE, "run", "two", "-p", f"log={log.path}", "--apply", "--unreviewed", "a test"]
    runner = subprocess.Popen(order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually(lambda: str(log) == "a", lambda: str(log))
    name = handbook.runs()[0].name
    running = looked_at(name)
    assert (running["state"], running["next"]) == (
        "running",
        f"It is being carried out. To end it: outage stop {name}",
    )
    assert "change:running" in states(running)
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    data = looked_at(name)
    assert data["state"] == "abandoned"
    assert states(data).startswith(
        "parameters:passed setup:passed check:passed read:passed change:started-unknown"
    )
    change = data["cells"][4]
    assert [action["command"] for action in change["actions"]] == ["a"]
    assert f"outage run --resume {name} (at a terminal: it asks what became of it)" in data["next"]
    assert f"outage undo {name}" in data["next"]
    words = outage("runs", name).stdout
    assert "5 change" in words
    assert "started-unknown" in words
    assert f"{log.path}: a" in words


def test_gates_and_what_answers_them_are_shown(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE)
    data = looked_at(done.id)
    assert [(gate["cell"], gate["state"], gate["text"]) for gate in data["gates"]] == [
        (7, "waiting", "Now b is done.")
    ]
    assert data["next"].startswith(f"Approve it with: outage approve {done.id}")
    answer_gate(done.folder, "Bo")
    assert looked_at(done.id)["next"] == f"To go on: outage run --resume {done.id}"
    assert "Gate in cell 8: confirmed by Bo at " in outage("runs", done.id).stdout


def test_a_part_of_its_id_names_it_and_what_ended_well_can_be_undone(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook)
    said = outage("runs", done.id[-4:]).stdout
    assert said.startswith(f"{done.id}: apply of two, succeeded after ")
    assert said.endswith(f"To undo it: outage undo {done.id}\n")


def test_a_plan_leads_to_its_apply(handbook: Handbook, tmp_path: Path) -> None:
    handbook.write("touch", touching())
    plan = run("touch", f"path={tmp_path / 'x'}")
    assert f"--apply --plan {plan.id}" in outage("runs", plan.id).stdout


def test_nothing_hostile_reaches_the_terminal(handbook: Handbook, tmp_path: Path) -> None:
    cells = touching()
    cells[3]["source"] = "require(False, 'bad \\x1b[2J', 'x')"
    handbook.write("touch", cells)
    done = run("touch", f"path={tmp_path / 'x'}", by="Ines\x1b[2J")
    said = outage("runs", done.id).stdout
    assert "\x1b" not in said
    assert "bad \\x1b[2J" in said


def test_what_is_about_the_list_is_refused_for_one_run(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook)
    refused = outage("runs", done.id, "-n", "3")
    assert (refused.returncode, "RUN names one run" in refused.stderr) == (2, True)
    assert outage("runs", "nothing-like-it").returncode == 2
