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

PRIYA, INES, TARIQ, MEI = "Priya Nair, sales", "Ines Okafor", "Tariq Aziz", "Mei Lin"
OWEN, SAM, NOOR = "Owen Price, sales", "Sam Boateng", "Noor Haddad"
JONAS, AISHA, DANA = "Jonas Reuter, payments", "Aisha Rahman, platform", "Dana Whitfield, warehouse"
TOM, RUTH = "Tom Larkfield", "Ruth Abara"

# When (UTC; the next day has a + before it), who types it, and the command.
STEPS: tuple[tuple[str, str, str], ...] = (
    # ---- Said, by somebody who fixes nothing
    ("08:07", PRIYA, f"declare '{TITLE}' --answers customers=many,function=stopped,mended-soon=no --scope division --division shop"),
    ("08:08", PRIYA, "impact 'Four wholesale customers have called: checkout turns on the last page and then says Try again. None of them could pay.'"),
    ("08:09", INES, f"role incident-commander '{INES}'"),
    ("08:10", INES, f"role operations-lead '{TARIQ}'"),
    ("08:11", INES, "update responders 'Checkout refuses payments since about 09:00 our time. Tariq looks at the shop. Nobody releases anything. Next word in 15 minutes.'"),
    ("08:12", INES, f"role communications-lead '{MEI}'"),
    ("08:12", INES, f"role scribe '{SAM}'"),
    ("08:13", TARIQ, "hypothesis 'Yesterday evening the shop was released. It is what changed last.'"),
    ("08:14", DANA, "impact 'Warehouse: scanners that are put back in their cradle cannot sign in again. Those in use still work. 11 of 40 are out.'"),
    ("08:15", JONAS, "note 'Payments: every screen of ours is green. Few requests arrive at all.'"),
    ("08:16", INES, "decision 'One incident, not three: Sev 1, the whole company, until somebody proves it is less. Shop and warehouse share little but the platform, so wake the platform.'"),
    ("08:16", INES, "severity sev1 --why 'Two divisions within ten minutes; in doubt the higher'"),
    ("08:17", INES, "scope company --why 'Several divisions, and probably the shared platform'"),
    ("08:18", INES, f"role expert '{AISHA}'"),
    ("08:19", MEI, "update customers 'Paying in our shop does not work since about 09:00. Your basket is kept. We are working on it. Next word here by 09:49.'"),
    ("08:21", MEI, "update executives 'Checkout is down and the warehouse is losing its scanners. One incident, Sev 1, led by Ines. Cause unknown. You are needed for nothing yet; please route press to me.'"),
    # ---- Looked for
    ("08:23", INES, "update responders 'Now company-wide. Tariq takes back the shop release of yesterday. Aisha looks at sign-in. Dana: nobody puts a scanner in its cradle.'"),
    ("08:26", TARIQ, "note 'The shop release is taken back, on all six servers, each one checked. No change: still no payment goes through. It was not that.'"),
    ("08:29", DANA, "impact '19 of 40 scanners are out. The night shift keeps its own in hand. Picking goes on at half speed, on paper for the rest.'"),
    ("08:32", AISHA, "note 'Everything that was running before nine still works. Everything that has started or reconnected since is refused. So it spreads by itself, as things reconnect.'"),
    ("08:35", INES, "update responders 'It spreads whenever something reconnects. Restart NOTHING, whatever it is. Aisha follows what refuses. Next word in 15 minutes.'"),
    ("08:38", AISHA, "hypothesis 'The certificate with which our services prove who they are to each other has expired. The one on sign-in ended at 08:00 UTC, 09:00 our time, to the second.'"),
    ("08:40", TARIQ, "note 'Confirmed on the machine itself. It should have renewed on 15 September. The renewal job was paused for the September freeze, and never started again.'"),
    ("08:41", INES, "stage identified"),
    ("08:44", NOOR, "note 'Contingency review, cut short: the three ways out, aloud, with Aisha, Jonas and Tariq. What could each make worse? How do we take it back?'"),
    ("08:47", INES, "decision 'Issue a new certificate by hand, valid for seven days. Put it on ONE sign-in server, let one scanner and one payment prove it, then on the rest one at a time. Checks stay on.'"),
    ("08:48", MEI, "update customers 'We know where it fails, and are fixing it. Paying still does not work; your basket is kept. Next word here by 10:18.'"),
    ("08:49", MEI, "update executives 'Cause found: an internal certificate expired this morning. A new one is being put in, one server first. Nothing was stolen and nobody broke in, as far as we know. No orders go through meanwhile.'"),
    ("08:50", INES, "update responders 'New certificate: Aisha issues, Tariq puts it on sign-in-1 only. Then we look. Nobody else changes anything.'"),
    ("08:53", MEI, f"role customer-liaison '{OWEN}'"),
    ("08:58", TARIQ, "note 'sign-in-1 has the new certificate. One scanner of Dana signed in. One payment of one penny went through, seen in the bank test account.'"),
    ("09:02", INES, "update responders 'sign-in-1 works: proved with a scanner and a payment. Tariq goes on, one at a time, checking each. Eleven machines to go.'"),
    ("09:05", SAM, f"contact 'Called {TOM}: he joins the replies to customers.' --escalation executive-joins"),
    ("09:10", INES, "severity sev1 --why 'Judged again: fixing has begun, but no customer can rely on it yet'"),
    ("09:15", INES, "update responders 'Seven of twelve done, each checked. Scanners return. Payments come next.'"),
    ("09:18", MEI, "update executives 'Seven of twelve servers fixed. The warehouse is coming back. Payments are expected back within the half hour, not promised.'"),
    ("09:21", TARIQ, "note 'The gateway of payments has the certificate: 9 of 10 test payments go through.'"),
    # ---- Mistake: a restart that nobody heard of
    ("09:24", TARIQ, "note 'Payments fall again: 1 of 10 goes through. It looks as if the new certificate does not hold.'"),
    ("09:26", INES, "decision 'Hands off, all. Before anything is taken back: each of you says, by name, what you changed in the last ten minutes. Nothing counts as an answer.'"),
    ("09:27", JONAS, "note 'I restarted the payment gateway at 09:22 UTC. We had agreed on that restart earlier, and I thought it was still to be done. I did not say so. It drops the payments it holds.'"),
    ("09:28", AISHA, "note 'Then it is the restart and not the certificate: the gateway needs ten minutes to open its lines to the banks. Leave it alone.'"),
    ("09:30", INES, "update responders 'Payments fell because the gateway was restarted at 09:22 UTC, and not because the fixing failed. It opens its lines until about 09:33 UTC. Nobody touches it. Thank you for saying it, Jonas.'"),
    # ---- Mistake: an update that two people left to each other
    ("09:32", TOM, "note 'The Post is on my telephone: our status page promised a word by 10:18, it is past half past, and there is none. Who writes there?'"),
    ("09:33", SAM, "note 'Mei thought that Owen writes for customers since he took them over at 08:53 UTC. Owen took over the calls, and thought that Mei writes. The page is silent since 08:48 UTC.'"),
    ("09:34", INES, "decision 'Mei writes the status page, alone, until the end; Owen calls; Tom speaks to the Post. Mei writes now, what we know, before the answer to the Post goes out. Sam calls out when a message falls due.'"),
    ("09:35", MEI, "update customers 'We promised you a word by 10:18 and are late; sorry. The cause is known and nearly fixed, and payments return step by step. If you tried to pay since 10:15, please do not pay again: we check each of those. Next word here by 11:05.'"),
    ("09:36", DANA, "impact '38 of 40 scanners work. Picking is at full speed. 186 parcels will miss the noon collection.'"),
    ("09:37", JONAS, "note 'The gateway has its lines again. 10 of 10 test payments go through. 31 payments that were under way at 09:22 UTC are open: neither taken nor refused. I make the list.'"),
    # ---- Back
    ("09:40", INES, "stage monitoring"),
    ("09:41", INES, "update responders 'All twelve machines have the certificate. Payments and scanners work. We watch. Jonas and Priya settle 31 open payments. Restarts are still forbidden.'"),
    ("09:43", PRIYA, "contact 'Sales: Owen and I called all 14 wholesale customers with orders due today. Two questions: what is due, what is the latest hour? Two had not noticed. One takes the parcels a day later.'"),
    ("09:46", MEI, "update executives 'Everything works since 09:37 UTC and is being watched. 186 parcels will be late, 31 payments are being settled by hand, 14 wholesale customers were called. Tom spoke to the Post at 09:38 UTC.'"),
    ("09:50", RUTH, "note 'Personal data: none was lost, changed or seen by others. The checks were never switched off. No duty to notify; I have written down why.'"),
    ("09:55", INES, "update responders 'Nothing new is good. 100 of 100 payments in the last ten minutes. Next: the 31.'"),
    ("10:03", MEI, "update customers 'Paying works again since 10:37. We are watching it. Please do not pay again for what you tried to pay between 10:15 and 10:25: those few are checked by hand, and we write to each of you. Next word here by 12:03.'"),
    ("10:05", INES, "severity sev2 --why 'Payments and picking have held for half an hour; parcels are late and 31 payments are open'"),
    ("10:09", JONAS, "note '29 of the 31 were never taken: released. Two were taken twice: paid back, and Owen has called both.'"),
    ("10:14", MEI, "update executives 'Held for half an hour; now Sev 2. Two customers had paid twice and have their money back. The late parcels go at 15:00.'"),
    ("10:24", INES, "update responders 'The 31 payments are settled. We watch until noon our time, then end it. Eat something.'"),
    ("10:30", NOOR, "note 'Clean-up list: 1 the new certificate ends in seven days. 2 the renewal job is still paused. 3 the shop release of yesterday is still taken back. 4 restarts are still forbidden. Each has a name and a day.'"),
    ("10:52", INES, "update responders 'Quiet. Renewal job started again and seen to renew one test certificate. Ending at noon.'"),
    ("10:59", MEI, "update customers 'It works. From 09:00 to 10:37 you could not pay. Parcels that missed their van this morning leave today at 15:00. We will publish what happened and what we change.'"),
    ("11:00", INES, "stage resolved"),
    ("11:02", MEI, "update executives 'Over, after 2 hours 53 minutes. The review is tomorrow at 10:00; you are welcome, and nobody will be blamed.'"),
    # ---- The review
    ("+09:00", NOOR, "note 'Review, 15 minutes, 11 people. First question: what made sense to each of you then? Nobody is asked why they did not.'"),
    ("+09:04", JONAS, "note 'Review: the restart had been agreed in the call at 08:45 UTC and dropped two minutes later, when I was on the telephone with the bank. Nothing that I could read said so.'"),
    ("+09:06", MEI, "note 'Review: customer liaison meant calls to Owen and the status page to me. The word meant both. Nobody read it back.'"),
    ("+09:10", NOOR, "action 'An alert on every certificate 30, 14 and 3 days before it ends, to the first on call.' --owner 'Aisha Rahman' --due 2026-10-13"),
    ("+09:11", NOOR, "action 'A freeze names every job that it pauses, who starts it again, and when.' --owner 'Tariq Aziz' --due 2026-10-16"),
    ("+09:12", NOOR, "action 'Whoever takes a role says back which audience they write to.' --owner 'Mei Lin' --due 2026-10-09"),
    ("+09:13", NOOR, "action 'In an incident every change is said before it is made, and the operations lead answers. To be drilled in November.' --owner 'Tariq Aziz' --due 2026-10-20"),
    ("+09:14", NOOR, "action 'Publish the account for customers.' --owner 'Owen Price' --due 2026-10-08"),
    ("+11:10", INES, "stage closed"),
)  # fmt: skip


def moment(when: str) -> str:
    """The time of a step as ``--at`` takes it: ``2026-10-06T08:07Z``."""
    day = "2026-10-07" if when.startswith("+") else DAY
    return f"{day}T{when.removeprefix('+')}Z"


def outage(command: str, by: str, when: str) -> None:
    """Type one command; the story ends where one is refused."""
    print(f"$ outage {command}", flush=True)
    try:
        main([*shlex.split(command), "--by", by, "--at", moment(when)])
    except SystemExit as ended:
        if ended.code:
            raise SystemExit(f"the story ends here: that command exited with {ended.code}") from None


def play(into: Path) -> None:
    """Type every step in a handbook of its own, and keep the record."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        shutil.copyfile(POLICY, Path(name) / "handbook.yml")
        for when, by, command in STEPS:
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
