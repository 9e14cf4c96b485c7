"""Make this case's record anew, with the real commands: ``python case-studies/larkfield-nobody-can-pay/play.py``.

Every step below is typed as ``outage`` in a temporary handbook that has the sample policy, with ``--at`` for
its minute. So the company, the people and the outage are made up; the record, the audit, what was due and
where each message went are what the commands made of it. Nothing is posted: no channel has an address here.

``--into FOLDER`` writes the record elsewhere.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from outage.cli import main

HERE = Path(__file__).resolve().parent
POLICY = HERE.parent / "policy.yml"
RECORD = "record.jsonl"
DAY = "2026-10-06"
TITLE = "Wholesale customers cannot pay"
ANSWERS = "customers=many,function=stopped,mended-soon=no"

PRIYA, INES, TARIQ, MEI = "Priya Nair, sales", "Ines Okafor", "Tariq Aziz", "Mei Lin"
OWEN, SAM, NOOR = "Owen Price, sales", "Sam Boateng", "Noor Haddad"
JONAS, AISHA, DANA = "Jonas Reuter, payments", "Aisha Rahman, platform", "Dana Whitfield, warehouse"
TOM, RUTH = "Tom Larkfield", "Ruth Abara"

# When (UTC; the next day has a + before it), who types it, and the command's words.
STEPS: tuple[tuple[str, ...], ...] = (
    # ---- Reported, by someone who isn't an engineer
    ("08:07", PRIYA, "declare", TITLE, "--answers", ANSWERS, "--scope", "division", "--division", "shop"),
    ("08:08", PRIYA, "impact", "Four wholesale customers have called. On the last page, checkout spins and then says Try again. None of them could pay."),
    ("08:09", INES, "role", "incident-commander", INES),
    ("08:10", INES, "role", "operations-lead", TARIQ),
    ("08:11", INES, "update", "responders", "Since about 09:00 our time, checkout has been refusing payments. Tariq is looking at the shop. No releases, please. Next update in 15 minutes."),
    ("08:12", INES, "role", "communications-lead", MEI),
    ("08:12", INES, "role", "scribe", SAM),
    ("08:13", TARIQ, "hypothesis", "Yesterday evening's shop release. It's the most recent change."),
    ("08:14", DANA, "impact", "Warehouse: scanners that are put back in their cradle can't sign in again. The ones in use still work. 11 of 40 are out."),
    ("08:15", JONAS, "note", "Payments: all our dashboards are green, but hardly any requests are reaching us."),
    ("08:16", INES, "decision", "We're treating this as one incident, not three: Sev 1, the whole company, until someone proves it's less. The shop and the warehouse share little except the platform, so we're calling in the platform team."),
    ("08:16", INES, "severity", "sev1", "--why", "Two divisions within ten minutes; in doubt, the higher one"),
    ("08:17", INES, "scope", "company", "--why", "Several divisions, and probably the shared platform"),
    ("08:18", INES, "role", "expert", AISHA),
    ("08:19", MEI, "update", "customers", "Since about 09:00, you can't pay in our shop. Your basket is saved. We're investigating and will post an update by 09:49."),
    ("08:21", MEI, "update", "executives", "Checkout is down and the warehouse is losing its scanners. One incident, Sev 1; Ines is in command. Cause not known yet. We don't need anything from you, but please send press calls to me."),
    # ---- Investigated
    ("08:23", INES, "update", "responders", "This is now company-wide. Tariq is rolling back yesterday's shop release. Aisha is looking at sign-in. Dana: please make sure no one puts a scanner in its cradle."),
    ("08:26", TARIQ, "note", "The shop release is rolled back on all six servers, and I've checked each one. No change: payments still don't go through. It wasn't that."),
    ("08:29", DANA, "impact", "19 of 40 scanners are out. The night shift is keeping theirs in hand. Picking is at half speed, with the rest on paper."),
    ("08:32", AISHA, "note", "Everything that was running before nine still works. Everything that has started or reconnected since is refused. So it spreads on its own, as things reconnect."),
    ("08:35", INES, "update", "responders", "It spreads whenever something reconnects. Do NOT restart anything. Aisha is tracing what's refusing connections. Next update in 15 minutes."),
    ("08:38", AISHA, "hypothesis", "The certificate that our services use to identify themselves to each other has expired. The one on sign-in ran out at 08:00 UTC, 09:00 our time, to the second."),
    ("08:40", TARIQ, "note", "Confirmed on the machine itself. It should have renewed on 15 September. The renewal job was paused for the September freeze and never restarted."),
    ("08:41", INES, "stage", "identified"),
    ("08:44", NOOR, "note", "Contingency review, the short version: we went through all three options aloud with Aisha, Jonas and Tariq. What could each one make worse? How would we roll it back?"),
    ("08:47", INES, "decision", "We'll issue a new certificate by hand, valid for seven days. It goes on ONE sign-in server first. Once one scanner and one payment have proved it, it goes on the rest, one at a time. Certificate checks stay on."),
    ("08:48", MEI, "update", "customers", "We've found the problem and are working on a fix. You still can't pay, but your basket is saved. We'll post an update by 10:18."),
    ("08:49", MEI, "update", "executives", "We've found the cause: an internal certificate expired this morning. We're installing a new one, starting with one server. As far as we know, nothing was stolen and no one broke in. No orders are coming through in the meantime."),
    ("08:50", INES, "update", "responders", "New certificate: Aisha issues it, Tariq installs it on sign-in-1 only, then we check. No other changes, please."),
    ("08:53", MEI, "role", "customer-liaison", OWEN),
    ("08:58", TARIQ, "note", "sign-in-1 has the new certificate. One of Dana's scanners signed in. A payment of one penny went through; I've seen it in the bank's test account."),
    ("09:02", INES, "update", "responders", "sign-in-1 works, proved with a scanner and a payment. Tariq is continuing with the rest, one at a time, checking each. Eleven machines to go."),
    ("09:05", SAM, "contact", f"Called {TOM}: he's joining the replies to customers.", "--escalation", "executive-joins"),
    ("09:10", INES, "severity", "sev1", "--why", "Reassessed: the fix is under way, but customers can't rely on it yet"),
    ("09:15", INES, "update", "responders", "Seven of twelve done, each one checked. Scanners are coming back. Payments are next."),
    ("09:18", MEI, "update", "executives", "Seven of twelve servers are fixed. The warehouse is coming back. We expect payments within half an hour, but that's an estimate, not a promise."),
    ("09:21", TARIQ, "note", "The payment gateway has the certificate: 9 of 10 test payments go through."),
    # ---- Mistake: a restart that no one knew about
    ("09:24", TARIQ, "note", "Payments are dropping again: only 1 in 10 goes through. It looks as if the new certificate isn't holding."),
    ("09:26", INES, "decision", "Hands off, everyone. Before we roll anything back, I want each of you, by name, to say what you've changed in the last ten minutes. 'Nothing' is an answer."),
    ("09:27", JONAS, "note", "I restarted the payment gateway at 09:22 UTC. We'd agreed on that restart earlier, and I thought it still had to be done. I didn't announce it. A restart drops any payments in progress."),
    ("09:28", AISHA, "note", "Then it's the restart, not the certificate. The gateway needs ten minutes to open its lines to the banks. Leave it alone."),
    ("09:30", INES, "update", "responders", "Payments dropped because the gateway was restarted at 09:22 UTC, not because the fix failed. It'll be opening its lines until about 09:33 UTC. Don't touch it. Thanks for speaking up, Jonas."),
    # ---- Mistake: an update that two people left to each other
    ("09:32", TOM, "note", "I've got the Post on the phone. Our status page promised an update by 10:18, it's past half past, and there isn't one. Who is writing it?"),
    ("09:33", SAM, "note", "Mei thought Owen was writing to customers, because he took them over at 08:53 UTC. Owen had taken over the calls, and thought Mei was. The page has been silent since 08:48 UTC."),
    ("09:34", INES, "decision", "Mei writes the status page, and only Mei, until this is over. Owen makes the calls. Tom talks to the Post. Mei, please post what we know now, before we answer the Post. Sam, please call out every update that's due."),
    ("09:35", MEI, "update", "customers", "We promised an update by 10:18 and it's late. We're sorry. We've found the cause, and payments are coming back step by step. If you tried to pay after 10:15, please don't pay again: we're checking each of those payments. We'll post an update by 11:05."),
    ("09:36", DANA, "impact", "38 of 40 scanners work. Picking is back at full speed. 186 parcels will miss the noon collection."),
    ("09:37", JONAS, "note", "The gateway has its lines again. 10 of 10 test payments go through. 31 payments that were in progress at 09:22 UTC are open, neither taken nor refused. I'm listing them."),
    # ---- Restored
    ("09:40", INES, "stage", "monitoring"),
    ("09:41", INES, "update", "responders", "All twelve machines have the certificate. Payments and scanners work. We're monitoring. Jonas and Priya are settling the 31 open payments. Still no restarts."),
    ("09:43", PRIYA, "contact", "Sales: Owen and I have called all 14 wholesale customers with orders due today. We asked what's due, and what's the latest we can deliver. Two hadn't noticed. One will take the parcels a day later."),
    ("09:46", MEI, "update", "executives", "Service has been restored since 09:37 UTC, and we're monitoring it. 186 parcels will be late, 31 payments are being settled by hand, and we've called 14 wholesale customers. Tom talked to the Post at 09:38 UTC."),
    ("09:50", RUTH, "note", "Personal data: none was lost, changed or seen by anyone else. The checks were never switched off. We have no duty to notify, and I've written down why."),
    ("09:55", INES, "update", "responders", "Nothing new, which is good. 100 of 100 payments went through in the last ten minutes. Next: the 31."),
    ("10:03", MEI, "update", "customers", "Payments have been working normally since 10:37. We're monitoring them. If you tried to pay between 10:15 and 10:25, please don't pay again: we're checking those payments by hand and will write to each of you. We'll post an update by 12:03."),
    ("10:05", INES, "severity", "sev2", "--why", "Payments and picking have been stable for half an hour; parcels are late and 31 payments are open"),
    ("10:09", JONAS, "note", "29 of the 31 were never taken: released. Two were taken twice: refunded, and Owen has called both customers."),
    ("10:14", MEI, "update", "executives", "Stable for half an hour; now Sev 2. Two customers had paid twice and have been refunded. The late parcels go out at 15:00."),
    ("10:24", INES, "update", "responders", "The 31 payments are settled. We'll keep monitoring until noon our time, then resolve it. Please get something to eat."),
    ("10:30", NOOR, "note", "Clean-up list: 1 the new certificate expires in seven days. 2 the renewal job is still paused. 3 yesterday's shop release is still rolled back. 4 restarts are still forbidden. Each has an owner and a date."),
    ("10:52", INES, "update", "responders", "All quiet. The renewal job is running again, and it has renewed a test certificate. We'll resolve this at noon."),
    ("10:59", MEI, "update", "customers", "This is now resolved. Between 09:00 and 10:37, you couldn't pay in our shop. We're sorry. Parcels that missed their van this morning leave today at 15:00. We'll publish what happened and what we're changing."),
    ("11:00", INES, "stage", "resolved"),
    ("11:02", MEI, "update", "executives", "Resolved, after 2 hours 53 minutes. The review is tomorrow at 10:00. You're welcome to join; no one will be blamed."),
    # ---- The review
    ("+09:00", NOOR, "note", "Review, 15 minutes, 11 people. First question: what made sense to each of you at the time? We don't ask anyone why they didn't do something."),
    ("+09:04", JONAS, "note", "Review: we agreed on the restart on the call at 08:45 UTC and dropped it two minutes later, while I was on the phone to the bank. Nothing I could read said so."),
    ("+09:06", MEI, "note", "Review: to Owen, customer liaison meant calls; to me, it meant the status page too. No one read it back."),
    ("+09:10", NOOR, "action", "Alert the first on call 30, 14 and 3 days before any certificate expires.", "--owner", "Aisha Rahman", "--due", "2026-10-13"),
    ("+09:11", NOOR, "action", "Every freeze lists each job that it pauses, who restarts it, and when.", "--owner", "Tariq Aziz", "--due", "2026-10-16"),
    ("+09:12", NOOR, "action", "Anyone who takes a role reads back which audience they write to.", "--owner", "Mei Lin", "--due", "2026-10-09"),
    ("+09:13", NOOR, "action", "In an incident, every change is announced before it's made, and the operations lead answers. We'll drill this in November.", "--owner", "Tariq Aziz", "--due", "2026-10-20"),
    ("+09:14", NOOR, "action", "Publish our account for customers.", "--owner", "Owen Price", "--due", "2026-10-08"),
    ("+11:10", INES, "stage", "closed"),
)  # fmt: skip


def moment(when: str) -> str:
    """The time of a step as ``--at`` takes it: ``2026-10-06T08:07Z``."""
    day = "2026-10-07" if when.startswith("+") else DAY
    return f"{day}T{when.removeprefix('+')}Z"


def outage(command: list[str], by: str, when: str) -> None:
    """Type one command; the story ends where one is refused."""
    print(f"$ outage {shlex.join(command)}", flush=True)
    try:
        main([*command, "--by", by, "--at", moment(when)])
    except SystemExit as ended:
        if ended.code:
            raise SystemExit(f"the story ends here: that command exited with {ended.code}") from None


def play(into: Path) -> None:
    """Type every step in a handbook of its own, and keep the record."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        shutil.copyfile(POLICY, Path(name) / "handbook.yml")
        for when, by, *command in STEPS:
            outage(command, by, when)
        (record,) = Path(name).glob(f"incidents/*/{RECORD}")
        shutil.copyfile(record, into / RECORD)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Make this case's record anew, with the real commands.")
    arguments.add_argument("--into", type=Path, default=HERE, help="the folder for the record")
    for variable in [name for name in os.environ if name.startswith("OUTAGE_")]:
        del os.environ[variable]
    play(arguments.parse_args().into.resolve())
    sys.exit(0)
