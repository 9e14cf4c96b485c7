"""`outage prove` fails when it should: each promise of a runbook is broken by one that is wrong."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from outage.errors import Failed, Refused
from outage.lab import case, targets
from outage.lab.alarms import list_firing
from outage.lab.faults import Fault, Symptom
from outage.lab.looks import Look
from outage.lab.parts import redis
from outage.lab.prove import prove
from outage.project import Project
from outage.runbook.proof import Proof
from tests.product.run.build import Cell, Handbook, code, prose

FLAG = "gift-wrap"
PARAMETERS = 'flag: str = "related-items"  # which flag to switch on again'
SETUP = """\
import os
from redis import Redis
from outage.kit import Action, guard, propose, proposed, require, save, saved

look, change = (
    Redis.from_url(os.environ[name], decode_responses=True) for name in ("REDIS_URL", "REDIS_CHANGE_URL")
)"""
READ = """\
was = look.hget("flags", flag)
print(flag, "is", was)
command, undo = f"hset flags {flag} on", f"hset flags {flag} {was}"
propose([Action(target=flag, command=command, undo=undo, data={"was": was})] if was == "off" else [])"""
CHANGE = """\
guard()
for action in proposed():
    save("was", action.data["was"])
    change.hset("flags", flag, "on")"""
UNDO = 'guard()\nchange.hset("flags", flag, saved("was"))'
VERIFY = 'require(look.hget("flags", flag) == "on", "the flag is off")'


def begin(lab):
    redis.set_flag(lab, FLAG, "off", by="a test", why="to break it")


def fix(lab):
    redis.set_flag(lab, FLAG, "on", by="a test", why="to fix it")
    return True


def symptom(lab):
    value = redis.list_flags(lab)[FLAG]
    return Symptom(value == "off", {"off": float(value == "off")}, f"the flag is {value}")


FAULT = Fault(
    id="flag-off",
    summary="A flag was switched off.",
    runbook="flag-on",
    begin=begin,
    fix=fix,
    symptom=symptom,
    parts=("redis",),
    parameters=lambda lab: {"flag": FLAG},
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What does not come is not waited for as long as on a real night."""
    for name in ("_WELL", "_FIRES", "_GOES"):
        monkeypatch.setattr(case, name, 1.0)


@pytest.fixture
def company(tmp_path: Path) -> Handbook:
    return Handbook(tmp_path / "handbook")


def right() -> dict[str, Cell]:
    """A runbook that keeps all its promises, by step."""
    return {
        "intro": prose("# Flag on"),
        "parameters": code("parameters", PARAMETERS),
        "setup": code("setup", SETUP),
        "read": code("read", READ),
        "change": code("change", CHANGE),
        "undo": code("undo", UNDO),
        "verify": code("verify", VERIFY),
    }


def proved(company: Handbook, fault: Fault | None = FAULT, **cells: Cell) -> Proof:
    """The proof of that runbook with some of its cells replaced."""
    company.write("flag-on", list((right() | cells).values()))
    project = Project(company.root, company.root / "handbook.yml")
    (proof,) = prove(project, ["flag-on"], faults={fault.id: fault} if fault else {}, looks=())
    return proof


def failure(proof: Proof) -> tuple[str, str, str]:
    """The one promise that was not kept: which, what was expected, what was seen."""
    assert proof.state == "failed"
    ((_, broken),) = proof.failures
    assert broken.next
    return broken.promise, broken.expected, broken.seen


def test_a_page_that_shows_what_a_plan_no_longer_says_is_found(company, monkeypatch):
    monkeypatch.setattr("outage.lab.case.find_shown_fault", lambda name: (FAULT, None))
    stored = {"output_type": "stream", "name": "stdout", "text": "an older runbook said quite other things"}
    old = code("read", READ) | {"outputs": [stored]}
    promise, expected, seen = failure(proved(company, read=old))
    assert promise == "the page shows what a plan shows"
    assert "but for what _ext/outage/lab/varies.py names" in expected
    assert "shows 'stdout: an older runbook said quite other things'; a plan shows" in seen


def test_a_runbook_that_keeps_its_promises_is_proved(company):
    proof = proved(company)
    (told,) = proof.cases
    assert (proof.state, proof.failures, told.fixes) == ("proved", [], True)
    assert told.parameters == {"flag": FLAG}
    assert told.before is not None
    assert told.before.signals == {"off": 1.0}
    assert told.after is not None
    assert told.after.signals == {"off": 0.0}
    assert told.undo is not None
    assert told.undo.restored
    assert told.undo.sign.words == "the flag is off"
    for attempt in (told.plan, told.apply, told.undo.attempt):
        assert attempt is not None
        assert attempt.cells + attempt.ours == pytest.approx(attempt.seconds, abs=0.01)
        assert 0 < attempt.ours < attempt.seconds
    assert told.compared > 3
    assert proof.versions.keys() >= {"python", "outage", "redis-server"}
    assert not proof.clean, "this handbook is in no repository"


def test_gates_are_confirmed_by_a_second_person(company):
    gate = prose("Ask the owner of the flag.", "gate")
    meta = {"risk": "high"}
    cells = right()
    ordered = [cells[name] for name in ("intro", "parameters", "setup", "read")]
    company.write("flag-on", [*ordered, gate, cells["change"], cells["undo"], cells["verify"]], meta)
    project = Project(company.root, company.root / "handbook.yml")
    (proof,) = prove(project, ["flag-on"], faults={FAULT.id: FAULT}, looks=())
    assert (proof.state, proof.failures) == ("proved", [])


def test_a_plan_that_changes_something(company):
    read = code("read", f'change.hset("flags", "related-items", "off")\n{READ}')
    promise, expected, seen = failure(proved(company, read=read))
    assert promise == "the plan changes nothing"
    assert expected.endswith("as before")
    assert seen == "changed: flag related-items (was on, is off)"


def test_a_plan_that_fails(company):
    promise, expected, seen = failure(
        proved(company, read=code("read", f'raise OSError("no route")\n{READ}'))
    )
    assert (promise, expected) == ("the plan ends well", "exit 0")
    assert "exit 1" in seen
    assert "no route" in seen


def test_an_apply_that_does_not_clear_the_symptom(company):
    change = code("change", CHANGE.replace('"on"', '"off"'))
    promise, _, seen = failure(proved(company, change=change, verify=code("verify", "print(1)")))
    assert (promise, seen) == ("the apply clears the symptom", "the flag is off")


def test_an_apply_whose_verify_fails(company):
    wrong = code("change", CHANGE.replace('"on"', '"off"'))
    promise, expected, seen = failure(proved(company, change=wrong))
    assert (promise, expected) == ("the apply ends well", "exit 0 or 3")
    assert "the flag is off" in seen


def test_an_undo_that_does_not_restore(company):
    proof = proved(company, undo=code("undo", 'guard()\nchange.hset("flags", "loyalty-price", "on")'))
    promise, _, seen = failure(proof)
    assert promise == "the undo restores"
    assert seen == f"flag {FLAG} (was off, is on)"
    (told,) = proof.cases
    assert told.undo is not None
    assert not told.undo.restored


def test_an_undo_that_fails(company):
    promise, _, seen = failure(proved(company, undo=code("undo", "guard()\nsaved('nothing')")))
    assert promise == "the undo ends well"
    assert "saved nothing as 'nothing'" in seen


def test_an_alert_that_never_fires(company):
    promise, expected, seen = failure(proved(company, replace(FAULT, alert="FlagOff")))
    assert promise == "its alert fires"
    assert expected.startswith("FlagOff fires within")
    assert seen == "it did not; no alert fires"


def test_an_alert_that_never_resolves(company, monkeypatch):
    """The runbook sets the flag, and the alert is about something else: a server that is not there."""
    monkeypatch.setattr(case, "_FIRES", 30.0)

    def also_a_ghost(lab):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            targets.scrape(lab, "chat", {"ghost": free.getsockname()[1]})
        begin(lab)

    proof = proved(company, replace(FAULT, begin=also_a_ghost, alert="ChatDown"))
    promise, expected, seen = failure(proof)
    assert promise == "its alert resolves"
    assert expected.startswith("ChatDown goes within")
    assert seen == "it still fires"
    (told,) = proof.cases
    assert told.alert is not None
    assert told.alert.fired is not None
    assert told.alert.resolved is None


def test_a_fault_that_does_not_take_hold(company):
    promise, _, seen = failure(proved(company, replace(FAULT, begin=fix)))
    assert (promise, seen) == ("the fault shows on the service itself", "the flag is on")


def test_a_lab_that_is_sick_before_it_is_broken(company):
    always = replace(FAULT, symptom=lambda lab: Symptom(True, {}, "it is always so"))
    promise, _, seen = failure(proved(company, always))
    assert (promise, seen) == ("the lab is well before it is broken", "it is always so")


def test_a_lab_that_cannot_be_fixed_afterwards_does_not_hide_what_failed(company):
    def stuck(lab):
        raise Failed("web6 does not serve release 4.2.0")

    read = code("read", f'raise OSError("no route")\n{READ}')
    promise, _, seen = failure(proved(company, replace(FAULT, fix=stuck), read=read))
    assert promise == "the plan ends well"
    assert "no route" in seen


def test_a_fault_that_breaks_itself_is_told_and_not_raised(company):
    def broken(lab):
        raise ZeroDivisionError("oh")

    promise, _, seen = failure(proved(company, replace(FAULT, begin=broken)))
    assert (promise, seen) == ("the proof itself runs", "ZeroDivisionError: oh")


def test_a_runbook_for_what_the_lab_lacks_is_validated_and_not_proved(company):
    proof = proved(company, None)
    assert (proof.state, proof.cases) == ("validated", ())
    assert proof.reason == "no fault of the lab calls for it"


LOOKS = (Look("look", FAULT.id, says=f"{FLAG} is off", parameters={"flag": FLAG}),)


def looked(company: Handbook, read: str) -> Proof:
    cells = right()
    company.write("look", [cells["parameters"], cells["setup"], code("read", read)], {"risk": "none"})
    project = Project(company.root, company.root / "handbook.yml")
    (proof,) = prove(project, ["look"], faults={FAULT.id: FAULT}, looks=LOOKS)
    return proof


def test_a_runbook_that_only_looks_must_see_the_fault(company):
    proof = looked(company, READ.partition("command")[0])
    (told,) = proof.cases
    assert (proof.state, told.fixes, told.apply) == ("proved", False, None)
    assert told.after is not None
    assert told.after.words == "the flag is on"


def test_a_runbook_that_looks_elsewhere_is_not_proved(company):
    promise, expected, seen = failure(looked(company, 'print("all is well")'))
    assert (promise, expected) == ("the plan shows the fault", f"'{FLAG} is off'")
    assert "all is well" in seen


def test_an_unknown_runbook_starts_nothing(company):
    with pytest.raises(Refused, match="flag-om"):
        prove(Project(company.root, company.root / "handbook.yml"), ["flag-om"])


def test_without_alertmanager_no_alert_is_known(lab):
    assert list_firing(lab) == []
