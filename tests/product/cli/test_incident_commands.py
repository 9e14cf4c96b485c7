"""The commands of a response, from the declaration to the audit."""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outage import locks
from outage.incident import folders
from outage.incident.folders import STUB, make_slug
from outage.incident.notify import Outbox, look
from outage.incident.record import append, load
from outage.project import find_project
from tests.product.cli.desk import HANDBOOK, Terminal
from tests.product.incident.notify.desk import Chat
from tests.waiting import eventually

# ---------------------------------------------------------------- declare


def test_a_title_is_enough(outage: Terminal) -> None:
    said = outage.ok("declare", "Checkout", "is", "down")
    today = datetime.now(UTC).date().isoformat()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-checkout-is-down-[a-z0-9]{4}", outage.folder.name)
    assert abs((datetime.fromisoformat(outage.folder.name[:10]) - datetime.fromisoformat(today)).days) <= 1
    assert f"Declared: {outage.folder.name}" in said
    assert "Sev 1, scope area: none was given, and in doubt it is the highest" in said
    assert "outage role incident-commander NAME" in said
    assert re.search(r"in (9|10) min: name the Incident commander", said)
    assert "[10 minutes: severities.sev1.commander]" in said
    assert outage.incident.severity == "sev1"
    assert outage.incident.declared_by == "Ines Okafor"


def test_the_folder_holds_the_policy_in_force_the_page_and_the_record(outage: Terminal) -> None:
    outage.ok("declare", "Checkout is down")
    assert (outage.folder / "policy.yml").read_text() == HANDBOOK
    assert (outage.folder / "index.md").read_text() == STUB == "```{incident}\n\n```\n"
    assert len((outage.folder / "record.jsonl").read_text().splitlines()) == 1


def test_in_doubt_the_lower_when_policy_says_so(outage: Terminal) -> None:
    with (outage.root / "handbook.yml").open("a") as file:
        file.write("classification: {when_in_doubt: lower}\n")
    assert "Sev 3, scope area: none was given, and in doubt it is the lowest" in outage.ok("declare", "x")


def test_answers_decide_by_the_clause(outage: Terminal) -> None:
    said = outage.ok("declare", "x", "--answers", "affected=some,effect=hindered,mended-soon=no,scale=area")
    assert "Sev 3, scope area: by your answers (classification.questions.affected.answers.some" in said
    assert outage.incident.answers["effect"] == "hindered"


def test_a_severity_that_is_given_is_not_said_to_come_from_the_answers(outage: Terminal) -> None:
    answers = "affected=some,effect=hindered,mended-soon=no,scale=area"
    said = outage.ok("declare", "x", "--severity", "sev1", "--answers", answers)
    assert "Sev 1, scope area: the severity as you said, the scope by your answers (large_scale)" in said


def test_a_declaration_can_say_it_all(outage: Terminal) -> None:
    outage.ok(
        *("declare", "x", "--severity", "sev2", "--scope", "division", "--area", "checkout"),
        *("--drill", "--by", "Bo", "--at", "10m ago"),
    )
    found = outage.incident
    assert (found.severity, found.scope, found.division, found.area) == (
        "sev2",
        "division",
        "payments",
        "checkout",
    )
    assert (found.drill, found.declared_by) == (True, "Bo")
    assert found.declared_at is not None
    assert timedelta(minutes=9) < datetime.now(UTC) - found.declared_at < timedelta(minutes=11)
    assert found.entries[0].late


def test_the_same_title_twice_makes_two_incidents(outage: Terminal) -> None:
    for _ in range(2):
        outage.ok("declare", "Checkout is down", "--at", "2026-01-05T10:00Z")
    first, second = (folder.name for folder in outage.folders)
    assert (first[:-5], second[:-5]) == ("2026-01-05-checkout-is-down", "2026-01-05-checkout-is-down")
    assert first != second


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Checkout is DOWN!", "checkout-is-down"),
        ("../../etc/passwd", "etc-passwd"),
        ("/", "incident"),
        ("..", "incident"),
        ("漢字", "incident"),
        ("Zahlung schlägt fehl", "zahlung-schlagt-fehl"),
        ("a\x00b\n$(rm -rf /) `x` --help", "a-b-rm-rf-x-help"),
        ("x" * 300, "x" * 40),
        ("word " * 60, "word-word-word-word-word-word-word-word"),
        ("-----", "incident"),
    ],
)
def test_a_hostile_title_makes_a_harmless_name(title: str, name: str) -> None:
    assert make_slug(title) == name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["declare"], "Missing argument 'TITLE...'"),
        (["declare", " "], "needs a title"),
        (["declare", "x", "--severity", "sev9"], "there is no severity 'sev9'"),
        (["declare", "x", "--scope", "divison"], "did you mean 'division'?"),
        (["declare", "x", "--division", "shp"], "did you mean 'shop'?"),
        (["declare", "x", "--area", "chekout"], "did you mean 'checkout'?"),
        (["declare", "x", "--division", "shop", "--area", "checkout"], "there is no area 'checkout'"),
        (["declare", "x", "--answers", "affected"], "'affected' is not an answer"),
        (["declare", "x", "--answers", "afected=all"], "did you mean 'affected'?"),
        (["declare", "x", "--answers", "affected=all,affected=some"], "'affected' is answered twice"),
        (["declare", "x", "--at", "tomorrow"], "'tomorrow' is not a time"),
        (["declare", "x", "--at", "2999-01-01 10:00"], "is in the future"),
        (["declare", "x", "--severty", "sev1"], "No such option"),
        (["declare", "x" * 201], "title"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_wrong_declaration_is_refused_and_makes_nothing(
    outage: Terminal, arguments: list[str], said: str
) -> None:
    assert said in outage.refused(*arguments)
    assert outage.folders == []


def test_a_wrong_policy_stops_it_with_file_and_line(outage: Terminal) -> None:
    (outage.root / "handbook.yml").write_text(HANDBOOK.replace("10m", "10 parsecs"))
    assert "handbook.yml:10: severities.sev1.commander:" in outage.refused("declare", "x")


def test_outside_a_handbook_it_is_refused(
    outage: Terminal, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "no handbook.yml" in outage.refused("note", "x")


def test_a_crash_at_any_step_of_a_declaration_leaves_nothing_or_a_whole_incident(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies in the middle of the n-th flush to the disk; the next one finds its way."""
    import os

    real = os.fsync
    for step in range(8):
        left = [step]

        def fsync(descriptor: int, left: list[int] = left) -> None:
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        code = outage("declare", f"crash {step}").code
        monkeypatch.setattr(os, "fsync", real)
        if code == 0:
            break
        found = [load(folder) for folder in folders.list_folders(find_project())]
        assert all(
            one.declared_at and (outage.root / "incidents" / one.id / "policy.yml").exists() for one in found
        )
        for one in found:
            outage.ok("note", "--incident", one.id, "after the crash")
            assert (outage.root / "incidents" / one.id / "index.md").exists()
            outage.ok("stage", "closed", "--incident", one.id)
    assert step >= 4


# ---------------------------------------------------------------- which incident


def test_without_an_incident_open_it_says_how_to_open_one(outage: Terminal) -> None:
    assert "no incident is open" in outage.refused("note", "x")
    assert outage.ok("status") == "No incident is open.\n"


def test_with_several_open_it_lists_them(outage: Terminal) -> None:
    outage.ok("declare", "First")
    outage.ok("declare", "Second")
    said = outage.refused("note", "x")
    assert "several incidents are open" in said
    assert "First (investigating)" in said
    outage.ok("note", "--incident", "second", "by a part of its id")
    outage.ok("stage", "resolved", "--incident", "first")
    outage.ok("note", "goes to the one that is being worked on")
    assert load(outage.named("second")).entries[-1].text.startswith("goes to")


def test_the_variable_names_it(outage: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    outage.ok("declare", "First")
    outage.ok("declare", "Second")
    monkeypatch.setenv("OUTAGE_INCIDENT", outage.folders[0].name)
    outage.ok("note", "x")
    assert load(outage.folders[0]).entries[-1].text == "x"


def test_a_resolved_incident_can_be_written_to_and_a_closed_one_by_name(outage: Terminal) -> None:
    outage.ok("declare", "First")
    outage.ok("stage", "resolved")
    outage.ok("note", "still watched")
    outage.ok("stage", "closed")
    said = outage.refused("timeline")
    assert "no incident is open" in said
    assert f"--incident {outage.folder.name} names the newest" in said
    outage.ok("note", "--incident", outage.folder.name, "found later")
    assert outage.texts()[-1] == "found later"


def test_a_mistyped_id_is_refused_with_the_nearest(outage: Terminal) -> None:
    outage.ok("declare", "Checkout")
    wrong = outage.folder.name.replace("checkout", "chekout")
    assert f"did you mean '{outage.folder.name}'?" in outage.refused("status", wrong)
    assert "there is no incident" in outage.refused("timeline", "../../etc")
    outage.ok("declare", "Checkout again")
    assert "fits several" in outage.refused("status", "heckout")
    assert "there is no incident" in outage.refused("timeline", "../../etc")


def test_many_closed_incidents_are_passed_over_quickly_and_rightly(outage: Terminal) -> None:
    for number in range(60):
        folder = outage.root / "incidents" / f"2025-01-01-old-{number}"
        folder.mkdir(parents=True)
        append(folder, "declared", {"title": f"Old {number}"}, by="x")
        append(folder, "stage", {"stage": "closed"}, by="x")
    reopened = outage.root / "incidents" / "2025-01-01-old-7"
    append(reopened, "stage", {"stage": "investigating"}, by="x")
    assert "Old 7" in outage.ok("status")
    corrected = outage.root / "incidents" / "2025-01-01-old-9"
    wrong = load(corrected).entries[-1].event
    append(corrected, "correction", {"event": wrong.id, "text": "monitoring"}, by="x")
    assert set(re.findall(r"Old \d+", outage.ok("status"))) == {"Old 7", "Old 9"}


# ---------------------------------------------------------------- recording


def test_a_response_is_recorded_step_by_step(outage: Terminal) -> None:
    outage.ok("declare", "Orders wait", "--severity", "sev2")
    outage.ok("role", "incident-commander", "Ines", "Okafor")
    outage.ok("note", "queue", "is", "full")
    outage.ok("decision", "Restart it")
    outage.ok("hypothesis", "A lock")
    outage.ok("impact", "A third of orders")
    outage.ok("contact", "Called Tom")
    outage.ok("severity", "highest", "--why", "all orders now")
    outage.ok("scope", "division", "--division", "shop")
    outage.ok("stage", "identified")
    outage.ok("update", "customers", "Some orders wait")
    outage.ok("handoff", "incident-commander", "Bo")
    outage.ok("action", "Alert on every certificate", "--owner", "Mei Lin", "--due", "2026-12-01")
    found = outage.incident
    assert [entry.event.kind for entry in found.entries] == [
        *("declared", "role", "note", "decision", "hypothesis", "impact", "contact"),
        *("severity", "scope", "stage", "update", "handoff", "action"),
    ]
    assert (found.severity, found.scope, found.division, found.stage) == (
        "sev1",
        "division",
        "shop",
        "identified",
    )
    holder = found.holder("incident-commander")
    assert holder is not None
    assert holder.person == "Bo"
    (action,) = found.actions
    assert (action.text, action.owner, action.due) == ("Alert on every certificate", "Mei Lin", "2026-12-01")
    assert not found.problems


def test_who_writes_to_customers_in_a_drill_is_told_that_none_hears(outage: Terminal) -> None:
    outage.ok("declare", "x", "--drill")
    assert "a drill: it is recorded, and no customer hears of it" in outage.ok("update", "customers", "Soon")
    assert "a drill" not in outage.ok("update", "responders", "Soon")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["role", "comander", "Bo"], "did you mean 'incident-commander'?"),
        (["role", "scribe"], "Missing argument 'PERSON...'"),
        (["stage", "solved"], "did you mean 'resolved'?"),
        (["update", "custmers", "x"], "did you mean 'customers'?"),
        (["severity", "sv1"], "did you mean 'sev1'?"),
        (["scope", "galaxy"], "known are: area, division, company"),
        (["note", ""], "needs a text"),
        (["note", "x", "--at", "99:99"], "is not a time"),
        (["action", "x"], "Missing option '--owner'"),
        (["action", "x", "--owner", "Bo", "--due", "soon"], "write year, month and day: --due 2026-12-01"),
        (["correct", "ffffffff", "x"], "no entry 'ffffffff'"),
        (["correct", "", "x"], "several entries"),
        (["nte", "x"], "Did you mean 'note'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_mistyped_is_refused_and_not_recorded(
    outage: Terminal, arguments: list[str], said: str
) -> None:
    outage.ok("declare", "x")
    outage.ok("note", "y")
    before = (outage.folder / "record.jsonl").read_bytes()
    assert said in outage.refused(*arguments)
    assert (outage.folder / "record.jsonl").read_bytes() == before


def test_a_late_entry_stands_where_it_happened(outage: Terminal) -> None:
    outage.ok("declare", "x", "--at", "30m ago")
    outage.ok("note", "now")
    outage.ok("note", "earlier", "--at", "20m ago")
    assert outage.texts() == ["x", "earlier", "now"]
    assert "(written 20 min later)" in outage.ok("timeline")


def test_a_correction_is_shown_with_what_it_said_before(outage: Terminal) -> None:
    outage.ok("declare", "x")
    outage.ok("note", "pid 4211")
    wrong = outage.incident.entries[-1].event.id
    outage.ok("correct", wrong[:8], "pid", "4311")
    said = outage.ok("timeline")
    assert "pid 4311" in said
    assert "it said: pid 4211" in said


def test_a_correction_must_fit_what_it_corrects(outage: Terminal) -> None:
    outage.ok("declare", "x", "--severity", "sev2")
    outage.ok("severity", "sev1")
    wrong = outage.incident.entries[-1].event.id[:8]
    assert "did you mean 'sev3'?" in outage.refused("correct", wrong, "svv3")
    outage.ok("correct", wrong, "lowest")
    assert outage.incident.severity == "sev3"


def test_a_redaction_hides_the_words_everywhere_but_in_the_file(outage: Terminal) -> None:
    outage.ok("declare", "x")
    outage.ok("note", "the password is hunter2")
    outage.ok("redact", outage.incident.entries[-1].event.id[:8], "--why", "a password")
    for command in (["timeline"], ["status"], ["timeline", "--json"], ["status", "--json"]):
        assert "hunter2" not in outage.ok(*command)
    assert "(redacted by Ines Okafor: a password)" in outage.ok("timeline")
    assert b"hunter2" in (outage.folder / "record.jsonl").read_bytes()


def test_a_role_merged_into_another_is_given_to_that_one(outage: Terminal) -> None:
    with (outage.root / "handbook.yml").open("a") as file:
        file.write("roles: {scribe: {merged_into: communications-lead}}\n")
    outage.ok("declare", "x")
    assert "Communications lead: Bo" in outage.ok("role", "scribe", "Bo")


def test_an_audience_the_company_has_not_is_refused(outage: Terminal) -> None:
    with (outage.root / "handbook.yml").open("a") as file:
        file.write("audiences: {customers: none}\n")
    text = (outage.root / "handbook.yml").read_text()
    (outage.root / "handbook.yml").write_text(
        text.replace(", customers: 15m", "").replace(", customers: 30m", "")
    )
    outage.ok("declare", "x")
    assert "this company has no audience 'customers'" in outage.refused("update", "customers", "x")


def test_a_company_without_divisions_has_no_such_scope(outage: Terminal) -> None:
    kept = [
        line
        for line in HANDBOOK.splitlines()
        if not line.startswith(("divisions:", "  shop:", "  payments:"))
    ]
    (outage.root / "handbook.yml").write_text("\n".join(kept))
    said = outage.refused("declare", "x", "--scope", "division")
    assert "this company has no scope 'division'" in said
    assert "it has: area, company" in said


def test_a_companys_own_words_are_understood(outage: Terminal) -> None:
    with (outage.root / "handbook.yml").open("a") as file:
        file.write("roles: {incident-commander: {name: Lage-Leitung, short: LL}}\n")
    outage.ok("declare", "x", "--severity", "sev 2")
    outage.ok("role", "ll", "Bo")
    outage.ok("update", "Customers", "x")
    found = outage.incident
    assert (found.severity, found.holdings[0].role, found.updates[0].audience) == (
        "sev2",
        "incident-commander",
        "customers",
    )


def test_an_incident_is_judged_by_the_policy_as_it_was_declared(outage: Terminal) -> None:
    outage.ok("declare", "x")
    (outage.root / "handbook.yml").write_text(HANDBOOK.replace("10m", "7m"))
    assert "10 minutes: severities.sev1.commander" in outage.ok("status")
    (outage.folder / "policy.yml").unlink()
    assert "7 minutes: severities.sev1.commander" in outage.ok("status")


def test_who_records_is_taken_from_the_nearest_source(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outage.ok("declare", "x")
    outage.ok("note", "a", "--by", "Mei")
    monkeypatch.delenv("OUTAGE_BY")
    config = tmp_path / "gitconfig"
    config.write_text("[user]\nname = Git Name\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    outage.ok("note", "b")
    config.write_text("")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("LOGNAME", "login")
    outage.ok("note", "c")
    assert [entry.event.by for entry in outage.incident.entries] == [
        "Ines Okafor",
        "Mei",
        "Git Name",
        "login",
    ]


# ---------------------------------------------------------------- looking


def test_status_says_where_it_stands_and_what_is_due(outage: Terminal) -> None:
    outage.ok("declare", "Orders wait", "--area", "basket", "--at", "12m ago")
    outage.ok("role", "incident-commander", "Bo")
    said = outage.ok("status")
    assert "Orders wait  (" in said
    assert "Sev 1 | investigating | scope area (Shop, basket)" in said
    assert "12 min ago, by Ines Okafor" in said
    assert "Incident commander: Bo, since" in said
    assert re.search(r"LATE by [67] min: send the first message to Responders  \[5 minutes:", said)
    assert re.search(r"\d\d:\d\d UTC", said)


def test_local_time_stands_beside_utc(outage: Terminal) -> None:
    text = HANDBOOK.replace("Europe/London", "Asia/Tokyo")
    (outage.root / "handbook.yml").write_text(text)
    outage.ok("declare", "x")
    assert re.search(r"\d\d:\d\d UTC \((\d\d \w+ )?\d\d:\d\d JST\)", outage.ok("timeline"))


def test_listings_are_data_with_json(outage: Terminal) -> None:
    outage.ok("declare", "Orders wait")
    outage.ok("note", "hello")
    status = outage("status", "--json").data
    assert (status["title"], status["severity"], status["stage"]) == ("Orders wait", "sev1", "investigating")
    assert {one["what"] for one in status["due"]} >= {"commander", "first-message", "reassess"}
    timeline = outage("timeline", "--json").data
    assert [(one["kind"], one["text"]) for one in timeline][1] == ("note", "hello")
    audit = outage("audit", "--json").data
    assert {one["verdict"] for one in audit["findings"]} == {"not yet due"}
    outage.ok("declare", "Second")
    assert [one["title"] for one in outage("status", "--json").data] == ["Second", "Orders wait"]


def test_a_damaged_record_is_shown_as_far_as_it_goes_and_said(outage: Terminal) -> None:
    outage.ok("declare", "x")
    with (outage.folder / "record.jsonl").open("ab") as file:
        file.write(b'{"v":1,"torn')
    assert f"{outage.folder / 'record.jsonl'}:2: this line is torn" in outage.ok("note", "goes on")
    assert outage.texts() == ["x", "goes on"]
    assert "record.jsonl:2:" in outage.ok("timeline")


# ---------------------------------------------------------------- audit


def test_an_audit_finds_what_was_late_and_exits_with_one(outage: Terminal) -> None:
    outage.ok("declare", "x", "--at", "40m ago")
    outage.ok("role", "incident-commander", "Bo", "--at", "35m ago")
    outage.ok("update", "responders", "x", "--at", "30m ago")
    outage.ok("stage", "resolved", "--at", "28m ago")
    answer = outage("audit")
    assert answer.code == 1
    assert re.search(r"MET +Incident commander named: .*\[10 minutes: severities.sev1.commander;", answer.out)
    assert re.search(
        r"LATE +first message to Responders: .*by event [0-9a-f]{8} \([456] min late\)", answer.out
    )
    assert "1 met, 1 late, 0 missed, 0 not yet due" in answer.out


def test_a_kept_promise_exits_with_nought_and_a_drill_is_marked(outage: Terminal) -> None:
    outage.ok("declare", "x", "--drill")
    answer = outage("audit")
    assert answer.code == 0
    assert "This was a drill" in answer.out
    assert "DRILL" in outage.ok("status")


# ---------------------------------------------------------------- hostile text, posting and sync

HOSTILE = (
    "\x1b]0;pwned\x07\x1b[2J<script>alert(1)</script> {role}`x` ```{note} ::: "
    "\u202egnp\u2069 a\nb\rc \x9b31m @here"
)


def test_hostile_text_reaches_no_terminal(outage: Terminal) -> None:
    outage.ok("declare", HOSTILE, "--by", HOSTILE)
    outage.ok("role", "scribe", HOSTILE, "--by", HOSTILE)
    outage.ok("update", "customers", HOSTILE)
    outage.ok("severity", "sev2", "--why", HOSTILE)
    outage.ok("note", HOSTILE)
    note = outage.incident.entries[-1].event.id
    outage.ok("correct", note[:8], f"better {HOSTILE}")
    for command in (["status"], ["timeline"], ["audit"], ["status", "--json"], ["timeline", "--json"]):
        answer = outage(*command)
        assert answer.code in (0, 1)
        raw = answer.out.replace("\n", "")
        assert raw.isprintable(), command
    assert "\\x1b]0;pwned" in outage.ok("timeline")
    refused = outage.refused("role", HOSTILE, "x") + outage.refused("status", f"{HOSTILE}?")
    assert refused.replace("\n", "").isprintable()
    assert outage.texts()[0] == HOSTILE


def test_nothing_to_post_to_is_said_once_and_is_no_error(outage: Terminal) -> None:
    said = outage.ok("declare", "x")
    assert "not posted, and not said again: #inc-" in said
    assert "the variable INCIDENT_URL holds nothing here" in said
    assert "not posted" not in outage.ok("stage", "identified")


def test_what_a_dead_chat_did_not_take_is_said_by_status_the_next_command_and_sync(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    monkeypatch.setenv("INCIDENT_URL", f"json://127.0.0.1:{dead_port}/hunter2")
    said = outage.ok("declare", "x")
    assert "being posted to #inc-" in said
    eventually(lambda: look(outage.folder).waiting[0].problem)
    why = f"NOT posted to #inc-{outage.folder.name}"
    said = outage.ok("status")
    assert f"{why}: it could not be reached, or did not answer in time; 1 message is waiting since" in said
    assert f"{why} so far: it could not be reached" in outage.ok("note", "x")
    answer = outage("sync")
    assert f"{why}: it could not be reached, or did not answer in time; it waits" in answer.out
    assert "hunter2" not in said + answer.out + answer.err
    (waiting,) = outage("status", "--json").data["chat"]["waiting"]
    assert waiting["problem"] == "it could not be reached, or did not answer in time"


@pytest.fixture
def status_page(chat: Chat, outage: Terminal, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A handbook whose customers' channel has an address, and a command that waits for a busy machine."""
    customers = "  customers: {name: Status page, address: secret://env/PAGE_URL}\n"
    policy = HANDBOOK.replace("\nchannels:\n", f"\nchannels:\n{customers}")
    assert customers in policy
    (outage.root / "handbook.yml").write_text(policy, encoding="utf-8")
    monkeypatch.setenv("PAGE_URL", chat.url("customers"))
    monkeypatch.setattr("outage.incident.notify.PATIENCE", 60.0)
    monkeypatch.setattr("outage.incident.notify.START", 60.0)
    return chat


def test_an_update_that_reached_customers_says_so(outage: Terminal, status_page: Chat) -> None:
    outage.ok("declare", "x")
    assert "delivered to customers (Status page)" in outage.ok("update", "customers", "Some orders wait")
    assert status_page.texts("customers") == ["Investigating\nSome orders wait"]
    assert re.search(r"Chat:\n  Status page: 1 delivered, the last at \d\d:\d\d UTC\n", outage.ok("status"))


def test_an_update_that_did_not_reach_customers_fails_and_cannot_be_missed(
    outage: Terminal, status_page: Chat
) -> None:
    outage.ok("declare", "x")
    status_page.status = lambda channel, text: 503
    answer = outage("update", "customers", "Some orders wait")
    assert answer.code == 1
    why = "NOT DELIVERED to customers (Status page): it answered with HTTP status 503"
    assert answer.err.startswith(f"{why}\n")
    assert "stays in the outbox" in answer.err
    assert outage.incident.updates[-1].text == "Some orders wait", "the record comes first"
    assert "NOT DELIVERED to customers (Status page): it answered with" in outage.ok("status")

    status_page.status = lambda channel, text: 200
    outage("sync")
    assert status_page.texts("customers") == ["Investigating\nSome orders wait"]
    assert "NOT DELIVERED" not in outage.ok("status")


@pytest.mark.parametrize("named", ["customers", "Status page"])
def test_an_update_that_a_person_published_is_not_sent_later(
    outage: Terminal, status_page: Chat, named: str
) -> None:
    outage.ok("declare", "x")
    status_page.status = lambda channel, text: 503
    assert "outage sync --published customers" in outage("update", "customers", "Some orders wait").err
    assert "published by hand? outage sync --published customers" in outage.ok("status")

    status_page.status = lambda channel, text: 200
    said = outage.ok("sync", "--published", named)
    assert "published by hand, so not sent any more: 1 message to Status page" in said
    outage("sync")
    assert status_page.texts("customers") == []
    said = outage.ok("status")
    assert "NOT DELIVERED" not in said
    assert re.search(r"Status page: 1 published by hand, the last at \d\d:\d\d UTC\n", said)
    assert [one["by_hand"] for one in outage("status", "--json").data["chat"]["delivered"]] == [True]


def test_only_what_waits_for_that_channel_counts_as_published(
    outage: Terminal, status_page: Chat, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    monkeypatch.setenv("INCIDENT_URL", f"json://127.0.0.1:{dead_port}/")
    outage.ok("declare", "x")
    eventually(lambda: look(outage.folder).waiting[0].problem)
    said = outage.refused("sync", "--published", "customers")
    assert "nothing waits for 'customers'" in said
    assert f"what waits is for: #inc-{outage.folder.name}" in said
    assert len(look(outage.folder).waiting) == 1


def test_what_is_being_sent_is_not_called_published(
    outage: Terminal, status_page: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage.ok("declare", "x")
    status_page.status = lambda channel, text: 503
    outage("update", "customers", "Some orders wait")
    monkeypatch.setattr("outage.incident.notify.LIMIT", 0.1)
    with locks.hold(outage.folder / ".outbox" / "lock", wait=60.0) as ours:
        assert ours
        answer = outage("sync", "--published", "customers")
    assert (answer.code, "being sent at this moment" in answer.err) == (1, True)
    assert len([one for one in look(outage.folder).waiting if one.outward]) == 1


def test_a_correction_for_customers_fails_likewise(outage: Terminal, status_page: Chat) -> None:
    outage.ok("declare", "x")
    outage.ok("update", "customers", "All is well")
    status_page.status = lambda channel, text: 503
    update = outage.incident.entries[-1].event.id
    assert outage("correct", update[:8], "Some orders wait").code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        *(["role", "scribe", "Bo"], ["handoff", "scribe", "Bo"], ["severity", "sev2"]),
        *(["scope", "company"], ["stage", "identified"], ["update", "customers", "x"]),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_that_posts_can_be_silent(
    outage: Terminal, status_page: Chat, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENT_URL", status_page.url("incident"))
    outage.ok("declare", "x", "--silent")
    assert "nobody is told (--silent)" in outage.ok(*arguments, "--silent")
    assert outage.incident.entries[-1].event.kind == arguments[0]
    outage.ok("correct", outage.incident.entries[-1].event.id[:8], arguments[-1], "--silent")
    assert look(outage.folder) == Outbox()


def test_only_what_posts_takes_silent(outage: Terminal) -> None:
    outage.ok("declare", "x")
    assert "No such option '--silent'" in outage.refused("note", "x", "--silent")


def test_sync_outside_git_is_refused_with_what_to_do(outage: Terminal) -> None:
    outage.ok("declare", "x")
    assert "is not in a git repository" in outage.refused("sync")


def test_what_cannot_be_shared_by_itself_is_said(outage: Terminal) -> None:
    with (outage.root / "handbook.yml").open("a") as file:
        file.write("sync: {automatic: true}\n")
    said = f"not shared with anybody: {outage.root} is not in a git repository (sync.automatic)"
    assert said in outage.ok("declare", "x")
    assert said in outage.ok("status")
    assert "not shared" not in outage.ok("note", "x")
    git(outage.root, "init", "-q", "-b", "main")
    assert "not shared with anybody: git knows no remote 'origin'" in outage.ok("status")


def test_an_outbox_that_cannot_be_written_does_not_deny_the_event(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage.ok("declare", "x")
    monkeypatch.setenv("INCIDENT_URL", "json://127.0.0.1:9/")
    shutil.rmtree(outage.folder / ".outbox")
    (outage.folder / ".outbox").write_text("a file in its place")
    said = outage.ok("stage", "identified")
    assert "recorded as" in said
    assert "NOT posted:" in said


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_failed_sync_is_said_by_the_next_command_and_by_status(outage: Terminal) -> None:
    git(outage.root, "init", "-q", "-b", "main")
    git(outage.root, "remote", "add", "origin", str(outage.root / "gone.git"))
    outage.ok("declare", "x")
    answer = outage("sync")
    assert answer.code == 1
    assert "git fetch failed:\n    fatal: '" in answer.err
    assert "Please make sure you have the correct access rights\n    and the repository exists." in answer.err
    assert "is origin reachable?" in answer.err
    for said in (outage.ok("status"), outage.ok("note", "y")):
        (line,) = [line for line in said.splitlines() if "the last sync failed" in line]
        assert re.fullmatch(
            r"  NOT shared: the last sync failed \d+ s ago; 'outage sync' says why, and tries again", line
        )
        assert "git fetch" not in said


def test_someone_elses_clone_receives_an_incident_by_sync(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "x")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "x")
    monkeypatch.setenv("EMAIL", "x@larkfield.example")
    here, bare, there = outage.root, outage.root / ".remote.git", outage.root / ".bo"
    git(here, "init", "-q", "-b", "main")
    git(here, "add", "handbook.yml")
    git(here, "commit", "-q", "-m", "handbook")
    git(here, "clone", "-q", "--bare", ".", str(bare))
    git(here, "remote", "add", "origin", str(bare))
    git(here, "clone", "-q", str(bare), str(there))
    outage.ok("declare", "Orders wait")
    assert "Pushed to main at origin" in outage.ok("sync")
    assert "agree" in outage.ok("sync")

    monkeypatch.chdir(there)
    assert outage.ok("status") == "No incident is open.\n"
    outage.ok("sync")
    assert "Orders wait" in outage.ok("status")
    outage.ok("note", "from the other side")
    outage.ok("sync")
    monkeypatch.chdir(here)
    outage.ok("sync")
    assert outage.texts()[-1] == "from the other side"


def test_policy_may_have_it_shared_by_itself(outage: Terminal) -> None:
    with (outage.root / "handbook.yml").open("a") as file:
        file.write("sync: {automatic: true}\n")
    git(outage.root, "init", "-q", "-b", "main")
    git(outage.root, "add", "handbook.yml")
    git(outage.root, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "handbook")
    git(outage.root, "clone", "-q", "--bare", ".", str(outage.root / ".remote.git"))
    git(outage.root, "remote", "add", "origin", str(outage.root / ".remote.git"))
    outage.ok("declare", "Orders wait")
    there = (outage.root / ".remote.git", "ls-tree", "-r", "--name-only", "main")
    eventually(lambda: "record.jsonl" in git(*there))


# ---------------------------------------------------------------- as installed


def test_the_commands_run_from_a_shell(outage: Terminal) -> None:
    outage.ok("declare", "x")
    script = "from outage.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "note", "--json-is-text", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    done = subprocess.run(
        [sys.executable, "-c", script, "note", "--", "--dashes", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert outage.texts()[-1] == "--dashes x"
    assert json.loads((outage.folder / "record.jsonl").read_text().splitlines()[-1])["kind"] == "note"
