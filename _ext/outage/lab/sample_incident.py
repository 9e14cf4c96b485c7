"""Play the sample drill for real, and record it: ``python -m outage.lab.sample_incident`` in a clone.

It breaks the lab's database and then types the commands that a team of four would type, at the minutes
below, by the clock: the drill takes 52 minutes, and so do its times. What is late in the record was late.
The people are made up, and what they say about customers is played; the database, the lock, the runs and
every time are real.

``--pace 0.1`` plays it ten times faster, to try a change; such a record is no sample, for its times are
not those of people. Where policy says so, the commands commit and push as they do for any incident.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time

from outage.incident.record import load
from outage.project import find_project

TITLE = "Drill: orders wait behind a lock"
INES, TARIQ, MEI, SAM = "Ines Okafor", "Tariq Aziz", "Mei Lin", "Sam Boateng"

LOST = "~"
"""Marks a command that is typed in a shell which does not know the lab: it fails, as it would for anybody."""

# Minute, who types it, and the command. {note} is the id of the first note.
STEPS: tuple[tuple[float, str, str], ...] = (
    (0, TARIQ, f"declare '{TITLE}' --drill --severity sev2 --scope division --division shop"),
    (1, INES, f"role incident-commander '{INES}'"),
    (1.5, INES, f"role operations-lead '{TARIQ}'"),
    (2, INES, f"role communications-lead '{MEI}'"),
    (2.5, INES, f"role scribe '{SAM}'"),
    (3, TARIQ, "impact 'Checkout hangs for about a third of the orders. Nothing is lost.'"),
    (3.5, INES, "update responders 'Checkout hangs. Tariq looks at the database. More in 15 minutes.'"),
    (4.5, TARIQ, "note 'Little load on the database, and two sessions that wait for a lock.'"),
    (6, INES, "severity sev1 --why 'No order has gone through for five minutes'"),
    (6.2, TARIQ, "impact 'No order goes through, and the warehouse cannot pick. Nothing is lost.'"),
    (6.8, TARIQ, "correct {note} 'Little load on the database, and four sessions that wait for a lock.'"),
    (7.2, TARIQ, LOST + "run blocked-queries"),
    (7.6, TARIQ, "note 'That shell was not set up for the database. Again, in one that is.'"),
    (8, TARIQ, "run blocked-queries"),
    (8.6, TARIQ, "hypothesis 'The stock import left its transaction open; everybody waits for it.'"),
    (9, INES, "stage identified"),
    (9.5, MEI, "update customers 'Orders do not go through just now. Your basket is kept.'"),
    (10.5, INES, "decision 'End the session of the import. It can be run again; orders cannot wait.'"),
    (11, TARIQ, "run blocked-queries --apply"),
    (12, INES, "stage monitoring"),
    (12.5, INES, "update responders 'The session of the import was ended. Orders go through. We watch.'"),
    (15, SAM, "note 'The warehouse calls: nothing can be picked.' --at '9m ago'"),
    (17.5, MEI, "update executives 'No orders for about ten minutes. They go through now; none was lost.'"),
    (26, INES, "update responders 'Nobody waits for a lock. We go on watching.'"),
    (28, INES, f"handoff operations-lead '{SAM}'"),
    (39.5, INES, "update responders 'Nobody waits. If it stays so, we end this in ten minutes.'"),
    (44, MEI, "update customers 'Orders go through again. You need not do anything.'"),
    (45.5, INES, "severity sev2 --why 'Orders have gone through for half an hour'"),
    (46, MEI, "update executives 'Orders have gone through for half an hour. We end this soon.'"),
    (50, INES, "stage resolved"),
    (51, SAM, "note 'Customers were told late: after the hand-over nobody watched the clock.'"),
    (52, INES, "stage closed"),
)


def type_command(command: str, by: str, environment: dict[str, str], code: int = 0) -> str:
    """Type a command, show what it says, and return that; another exit code than ``code`` ends the drill."""
    print(f"$ outage {command}", flush=True)
    line = [sys.executable, "-c", "from outage.cli import main; main()", *shlex.split(command)]
    done = subprocess.run(
        line,
        env=environment | {"OUTAGE_BY": by},
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    print(done.stdout, flush=True)
    if done.returncode != code:
        raise SystemExit(f"the drill ends here: that command exited with {done.returncode}")
    return done.stdout


def play(pace: float) -> None:
    """Break the lab, and type every step at its minute; ``pace`` is real minutes for one of the drill's."""
    lost = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment = dict(lost)
    type_command("lab up postgres", TARIQ, environment)
    for line in type_command("lab env", TARIQ, environment).splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        environment[name] = shlex.split(value)[0]
    type_command("lab break lock-blocker", TARIQ, environment)
    begun = time.monotonic()
    for minute, by, command in STEPS:
        time.sleep(max(0.0, begun + minute * 60 * pace - time.monotonic()))
        if command.startswith(LOST):
            type_command(command.removeprefix(LOST), by, lost, code=1)
        else:
            type_command(command.replace("{note}", _find_first_note()), by, environment)
    type_command("lab down", TARIQ, environment)


def _find_first_note() -> str:
    """Return the id of the first note, or nothing while there is none."""
    found = sorted(find_project().incidents.glob("*/record.jsonl"))
    entries = load(found[-1].parent).entries if found else ()
    return next((entry.event.id for entry in entries if entry.event.kind == "note"), "")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Play the sample drill for real, and record it.")
    arguments.add_argument("--pace", type=float, default=1.0, help="real minutes for a minute of the drill")
    play(arguments.parse_args().pace)
