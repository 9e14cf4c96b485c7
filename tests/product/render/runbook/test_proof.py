"""What a page says of a runbook's proof."""

from __future__ import annotations

from datetime import UTC, datetime

from outage.incident.times import Times
from outage.render.runbook.proof import write_proof, write_proof_chip
from outage.runbook.proof import Alert, Attempt, Case, Failure, Proof, Sign, Undone

AT = datetime(2026, 6, 17, 9, 40, tzinfo=UTC)
PLAN = Attempt(run="r1", seconds=2.04, cells=1.5, ours=0.5)
UNDONE = Undone(attempt=PLAN, restored=True, sign=Sign(words="as before"))
CASE = Case(
    fault="lock-blocker",
    summary="A session holds a lock.",
    before=Sign(words="4 sessions wait"),
    after=Sign(words="no session waits"),
    alert=Alert(name="SessionsWait", fired=3.2, resolved=1.6),
    plan=PLAN,
    compared=31,
    apply=Attempt(run="r2", seconds=3.1, cells=2.0, ours=1.1),
    cleared=0.4,
    undo=UNDONE,
)


def proof(**over):
    told = {
        "runbook": "blocked-queries",
        "state": "proved",
        "commit": "a" * 40,
        "clean": True,
        "digest": "d1",
        "at": AT,
        "seconds": 21.6,
        "versions": {"PostgreSQL": "18.1", "outage": "0.1.0"},
        "cases": (CASE,),
    }
    return Proof(**(told | over))


def shown(found, digest="d1"):
    return write_proof(found, "blocked-queries", digest, Times("Europe/London"))


def test_what_was_broken_what_was_done_and_how_long_it_took():
    words = shown(proof())
    assert "{chip}`proved <run good>`" in words
    assert "2026-06-17 09:40 UTC (10:40 BST)" in words
    assert "broken: A session holds a lock" in words
    assert "`outage lab break lock-blocker`" in words
    assert "could be seen after 3 s, and was gone 2 s after it was fixed" in words
    assert "the plan took 2.0 s; 31 things compared, none had changed" in words
    assert "the apply took 3.1 s; the service was well 0.4 s later" in words
    assert "undo took 2.0 s, and restored what was there before" in words
    assert "Commit aaaaaaaaaaaa" in words
    assert r"PostgreSQL 18\.1 and outage 0\.1\.0" in words


def test_a_build_without_a_proof_says_so_and_how_to_make_one():
    assert "This build has no proof of it. `outage prove blocked-queries` makes one." in shown(None)
    assert write_proof_chip(None) == ""


def test_a_proof_of_another_version_is_said_to_be_one():
    assert "The runbook was changed since" in shown(proof(), digest="d2")
    assert "The runbook was changed since" not in shown(proof())


def test_a_failed_proof_names_the_promise_what_was_expected_and_seen():
    wrong = Failure(
        promise="the plan changes nothing", expected="no change", seen="a <b>row</b>", next="Look at it"
    )
    words = shown(proof(state="failed", cases=(CASE.model_copy(update={"failures": (wrong,)}),)))
    assert "{chip}`failed <run bad>`" in words
    told = r"**the plan changes nothing**: expected no change; seen: a \<b\>row"
    assert told in words.partition("{dropdown}")[0], "what failed is not folded away"


def test_validated_is_not_proved_and_says_why():
    words = shown(proof(state="validated", reason="the lab has no such service", cases=()))
    assert "{chip}`validated <run going>`" in words
    assert "the lab has no such service" in words


def test_an_undo_that_did_not_restore_is_not_told_as_one_that_did():
    undone = CASE.model_copy(update={"undo": UNDONE.model_copy(update={"restored": False})})
    assert "did NOT restore" in shown(proof(cases=(undone,)))
