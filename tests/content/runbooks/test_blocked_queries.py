"""Runbook blocked-queries against a real server: what it sees, proposes, ends and says."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import UTC

import psycopg
import pytest

from outage.kit import CheckFailed, Guarded, NotSaved
from outage.lab.faults import lock_blocker
from outage.lab.faults.lock_sessions import BLOCKER, CHAIN
from tests.content.runbooks.cells import stage
from tests.waiting import eventually

ABOUT = ("runbooks/blocked-queries.ipynb",)
AT_ONCE = "min_wait=0.01 seconds"
HOLD = "update stock set on_hand = on_hand where sku = 'TIN-S'"


def identity(lab, application):
    """Process id and start of a session, as the runbook must name them."""
    query = "select pid, backend_start from pg_stat_activity where application_name = %s"
    with lab.server.connect("postgres") as admin:
        pid, started = admin.execute(query, [application]).fetchone()
    return pid, started.astimezone(UTC).isoformat()


@contextlib.contextmanager
def blocked(lab, *, statement=HOLD, holder="shop", name="holder", waits=HOLD):
    """One session holds a lock by `statement`, another waits; yields both."""
    with (
        lab.server.connect(holder, name=name) as holding,
        lab.server.connect("shop", name="waiter") as waiter,
    ):
        holding.execute("begin")
        holding.execute(statement)
        thread = threading.Thread(target=_tries, args=(waiter, waits))
        thread.start()
        _until_waiting(lab, waiter.info.backend_pid)
        try:
            yield holding, waiter
        finally:
            with contextlib.suppress(psycopg.Error):
                holding.execute("rollback")
            thread.join(2)
            if thread.is_alive():
                with lab.server.connect("postgres") as admin:
                    admin.execute("select pg_terminate_backend(%s)", [waiter.info.backend_pid])
                thread.join()


def _tries(session, statement):
    with contextlib.suppress(psycopg.Error):
        session.execute(statement)


def _until_waiting(lab, pid):
    query = "select 1 from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
    with lab.server.connect("postgres") as admin:
        eventually(lambda: admin.execute(query, [pid]).fetchone(), "nobody came to wait")


class TestPlan:
    def test_it_names_the_one_termination_by_pid_and_start(self, libpq):
        lock_blocker.begin(libpq)
        pid, started = identity(libpq, BLOCKER)
        plan = stage("blocked-queries", AT_ONCE).plan()
        (action,) = plan.actions
        assert action.data == {"pid": pid, "backend_start": started}
        assert f"pid = {pid} and backend_start = '{started}'" in action.command
        assert f"{pid} {BLOCKER} (role shop)" in action.target
        assert action.undo.startswith("not possible: its transaction is rolled back")

    def test_it_draws_who_waits_for_whom(self, libpq):
        lock_blocker.begin(libpq, waiting=2)
        (root, first, second) = (identity(libpq, name)[0] for name in (BLOCKER, *CHAIN[:2]))
        text = stage("blocked-queries").plan().text
        tree = text[text.index(f"{root} {BLOCKER}") :].splitlines()
        assert "idle in transaction" in tree[0]
        assert "update stock set on_hand = on_hand + 50" in tree[1]
        assert tree[2].startswith(f"└─ {first} {CHAIN[0]} waits ")
        assert tree[3].startswith(f"   └─ {second} {CHAIN[1]} waits ")

    def test_the_same_plan_later_proposes_the_same(self, libpq):
        lock_blocker.begin(libpq)
        first = stage("blocked-queries", AT_ONCE).plan().actions
        time.sleep(1.1)
        assert stage("blocked-queries", AT_ONCE).plan().actions == first

    def test_with_nobody_waiting_it_says_so_and_proposes_nothing(self, libpq):
        plan = stage("blocked-queries").plan()
        assert plan.actions == []
        assert "No session waits for a lock." in plan.text
        assert "Nothing to change." in plan.text

    def test_a_short_wait_is_shown_and_not_acted_on(self, libpq):
        with blocked(libpq):
            plan = stage("blocked-queries", "min_wait=1h").plan()
        assert plan.actions == []
        assert "Sessions that wait for a lock: 1." in plan.text
        assert "and min_wait is 1:00:00" in plan.text

    def test_one_blocker_can_be_chosen_even_amid_a_chain(self, libpq):
        lock_blocker.begin(libpq)
        pid, _ = identity(libpq, CHAIN[0])
        plan = stage("blocked-queries", f"blocker={pid}").plan()
        assert [action.data["pid"] for action in plan.actions] == [pid]
        assert f"{pid} {CHAIN[0]} waits itself" in plan.text

    def test_a_chosen_session_that_keeps_nobody_waiting_is_refused_by_name(self, libpq):
        with blocked(libpq) as (holding, waiter):
            pid = waiter.info.backend_pid
            with pytest.raises(CheckFailed, match=f"session {pid} keeps nobody waiting") as failed:
                stage("blocked-queries", f"blocker={pid}").plan()
            assert failed.value.hint == f"who does: {holding.info.backend_pid}"

    def test_two_holders_are_two_trees_and_two_actions(self, libpq):
        other = "update stock set on_hand = on_hand where sku = 'POT-12'"
        with blocked(libpq, name="one"), blocked(libpq, name="two", statement=other, waits=other):
            plan = stage("blocked-queries", AT_ONCE).plan()
        assert len(plan.actions) == 2

    def test_a_prepared_transaction_is_named_and_never_ended(self, libpq):
        with libpq.server.connect("shop") as shop:
            shop.execute("begin")
            shop.execute(HOLD)
            shop.execute("prepare transaction 'import-7'")
        with libpq.server.connect("shop", name="waiter") as waiter:
            thread = threading.Thread(target=_tries, args=(waiter, HOLD))
            thread.start()
            _until_waiting(libpq, waiter.info.backend_pid)
            plan = stage("blocked-queries", AT_ONCE).plan()
            with libpq.server.connect("shop") as shop:
                shop.execute("rollback prepared 'import-7'")
            thread.join()
        assert plan.actions == []
        assert "A prepared transaction holds a lock." in plan.text
        assert "import-7, by shop" in plan.text

    def test_a_superusers_session_is_named_and_left_to_whoever_runs_the_database(self, libpq):
        with blocked(libpq, holder="postgres", name="dba") as (holding, _):
            plan = stage("blocked-queries", AT_ONCE).plan()
            assert f"Not ended: {holding.info.backend_pid} dba is a superuser's" in plan.text
        assert plan.actions == []

    def test_postgresqls_own_work_is_never_ended(self, libpq):
        with blocked(libpq):
            plan = stage("blocked-queries", AT_ONCE)
            plan.run("setup", "check")
            autovacuum = "'autovacuum worker' as backend_type"
            plan.scope["WHO_WAITS"] = plan.scope["WHO_WAITS"].replace("a.backend_type", autovacuum)
            plan.run("read")
        assert plan.actions == []
        assert "is PostgreSQL's own autovacuum worker" in plan.text


class TestHostileText:
    """Program names and queries come from anywhere; they are shown and never acted on."""

    QUERY = (
        HOLD + " /* <script>alert(1)</script> \x1b[2J\x1b]0;own\x07 ```{raw} html\n``` {severity}`sev1` | */"
    )

    def test_it_stays_text_in_tree_table_and_plan(self, libpq):
        name = "<script>|`{raw}`\x1b[31m"
        with blocked(libpq, statement=self.QUERY, name=name, waits=self.QUERY):
            plan = stage("blocked-queries", AT_ONCE).plan()
        assert "\x1b" not in plan.text
        assert "\x07" not in plan.text
        assert "<script>" in plan.text
        assert all("\n```" not in text for text in (plan.text, plan.actions[0].target))

    def test_it_can_neither_break_the_drawing_nor_hide_a_session(self, libpq):
        with blocked(libpq, name="x\n└─ 1 harmless waits 0 s", waits=self.QUERY) as (_, waiter):
            text = stage("blocked-queries").plan().text
            lines = [line for line in text.splitlines() if line.lstrip().startswith(("└─", "├─"))]
            assert [line.split()[1] for line in lines] == [str(waiter.info.backend_pid)]


class TestApply:
    def test_the_blocked_sessions_really_go_on(self, libpq):
        with libpq.server.connect("shop") as shop:
            before = shop.execute("select on_hand from stock where sku = 'TEA-250'").fetchone()[0]
        lock_blocker.begin(libpq, waiting=4)
        pid, _ = identity(libpq, BLOCKER)
        done = stage("blocked-queries", AT_ONCE).plan().apply()
        assert done.saved["results"] == {str(pid): "ended"}
        assert len(done.saved["waiting"]) == 4
        assert "Of 4 sessions that waited, all have moved." in done.text
        with libpq.server.connect("shop") as shop:
            after = shop.execute("select on_hand from stock where sku = 'TEA-250'").fetchone()[0]
        assert after == before - 3, "the three checkouts completed, the import was rolled back"
        assert not lock_blocker.measure(libpq).sick

    def test_a_blocker_that_went_by_itself_is_named_and_no_error(self, libpq):
        with blocked(libpq) as (holding, _):
            pid = holding.info.backend_pid
            plan = stage("blocked-queries", AT_ONCE).plan()
            holding.close()
            done = plan.apply()
        assert done.saved["results"] == {str(pid): "had gone already"}
        assert "Nobody waited any more." in done.text

    def test_another_session_with_the_same_pid_is_not_ended(self, libpq):
        with blocked(libpq) as (holding, _):
            plan = stage("blocked-queries", AT_ONCE).plan()
            plan.actions[0].data["backend_start"] = "2020-01-01T00:00:00+00:00"
            with pytest.raises(CheckFailed, match="1 of 1 sessions still wait"):
                plan.scope["time_limit"] = plan.scope["timedelta"](seconds=0.3)
                plan.apply()
            assert holding.execute("select 1").fetchone() == (1,)
        assert plan.saved["results"] == {str(plan.actions[0].data["pid"]): "had gone already"}

    def test_what_may_not_be_ended_is_a_failure_that_says_why(self, libpq):
        with blocked(libpq, holder="postgres") as (holding, _):
            plan = stage("blocked-queries", AT_ONCE).plan()
            pid = holding.info.backend_pid
            session = plan.scope["sessions"][pid]
            data = {"pid": pid, "backend_start": plan.scope["exact"](session.backend_start)}
            plan.actions = [plan.scope["Action"](target="a superuser's", command="end", data=data)]
            with pytest.raises(CheckFailed, match=f"not ended: {pid}"):
                plan.apply()
            assert plan.saved["results"][str(pid)].startswith("refused: permission denied")
            assert holding.execute("select 1").fetchone() == (1,)

    def test_verify_fails_truthfully_when_a_second_holder_remains(self, libpq):
        earlier = "update stock set on_hand = on_hand where sku = 'TEA-250'"
        both = "update stock set on_hand = on_hand where sku in ('TEA-250', 'TIN-S')"
        with blocked(libpq, name="second"), blocked(libpq, statement=earlier, waits=both) as (first, waiter):
            pid, waiting = first.info.backend_pid, waiter.info.backend_pid
            plan = stage("blocked-queries", f"blocker={pid}", "time_limit=1 second").plan()
            with pytest.raises(CheckFailed, match="1 of 1 sessions still wait after") as failed:
                plan.apply()
        assert plan.saved["results"] == {str(pid): "ended"}
        assert f"{waiting} waiter still waits, for " in plan.text
        assert "second holder" in failed.value.hint

    def test_a_change_without_the_runner_stops_with_the_command_to_type(self, libpq):
        with blocked(libpq) as (holding, _):
            plan = stage("blocked-queries", AT_ONCE).plan()
            with pytest.raises(Guarded, match="outage run blocked-queries .*--apply"):
                plan.run("change")
            with pytest.raises(NotSaved, match="'waiting'"):
                plan.run("verify")
            assert holding.execute("select 1").fetchone() == (1,)


class TestCheck:
    """What is wrong is said within seconds, with the variable or right to look at."""

    def fails(self, *assignments):
        began = time.monotonic()
        with pytest.raises(CheckFailed) as failed:
            stage("blocked-queries", *assignments).run("setup", "check")
        assert time.monotonic() - began < 8
        return failed.value

    def test_it_says_who_enforces_that_reading_is_only_reading(self, libpq):
        text = stage("blocked-queries").run("setup", "check").text
        assert "looks as   outage_monitor: read-only is enforced by the server" in text
        assert "changes as outage_operator: may end any session but a superuser's" in text

    @pytest.mark.parametrize(
        ("user", "why"),
        [
            ("postgres", "is a superuser and may create roles and may end sessions and may write to tables"),
            ("shop", "may write to tables"),
        ],
    )
    def test_a_reader_that_could_do_more_is_said_to_be_not_enforced(self, libpq, monkeypatch, user, why):
        monkeypatch.setenv("PGUSER", user)
        if user == "postgres":
            monkeypatch.setenv("PGPASSFILE", str(libpq.server.admin_passwords))
        with granted(libpq, "pg_read_all_stats", user):
            text = stage("blocked-queries").run("setup", "check").text
        assert f"read-only is NOT ENFORCED: it {why}" in text

    def test_nobody_listens(self, libpq, monkeypatch):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            monkeypatch.setenv("PGPORT", str(free.getsockname()[1]))
            failed = self.fails()
        assert "Connection refused" in failed.message
        assert "PGHOST and PGPORT" in failed.hint

    def test_somebody_listens_and_never_answers(self, libpq, monkeypatch):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            monkeypatch.setenv("PGPORT", str(silent.getsockname()[1]))
            failed = self.fails()
        assert "timeout" in failed.message
        assert "PGHOST and PGPORT" in failed.hint

    def test_wrong_password(self, libpq, monkeypatch, tmp_path):
        passwords = tmp_path / "pgpass"
        passwords.touch(mode=0o600)
        passwords.write_text("*:*:*:*:wrong\n", encoding="utf-8")
        monkeypatch.setenv("PGPASSFILE", str(passwords))
        assert "PGPASSFILE" in self.fails().hint

    def test_no_password(self, libpq, monkeypatch):
        monkeypatch.setenv("PGPASSFILE", "/nonexistent")
        assert "PGPASSFILE" in self.fails().hint

    def test_no_such_database(self, libpq, monkeypatch):
        monkeypatch.setenv("PGDATABASE", "shpo")
        assert "PGDATABASE" in self.fails().hint

    def test_a_reader_that_may_not_see_other_sessions(self, libpq, monkeypatch):
        monkeypatch.setenv("PGUSER", "shop")
        failed = self.fails()
        assert "shop (PGUSER) may not see all sessions" in failed.message
        assert "grant pg_monitor to shop" in failed.hint

    def test_no_such_role_for_the_change(self, libpq):
        failed = self.fails("change_user=outage_oprator")
        assert "no role outage_oprator" in failed.message
        assert "change_user" in failed.hint

    def test_a_role_for_the_change_that_may_not_end_sessions(self, libpq):
        failed = self.fails("change_user=shop")
        assert "shop (change_user) may not end sessions" in failed.message
        assert "grant pg_signal_backend, pg_read_all_stats to shop" in failed.hint

    def test_a_hostile_role_name_stays_text(self, libpq):
        assert "\x1b" not in self.fails("change_user=x\x1b[2J").message


@contextlib.contextmanager
def granted(lab, right, role):
    with lab.server.connect("postgres") as admin:
        admin.execute(f"grant {right} to {role}")
        try:
            yield
        finally:
            admin.execute(f"revoke {right} from {role}")
