"""Runbooks golden-signals and support-bundle against the shop: what they see, keep to themselves, and say."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from outage import kit
from outage.kit import CheckFailed, Guarded, run_folder
from outage.kit.watched import prometheus
from outage.lab import control
from outage.lab.faults import one_server_down
from outage.policy import load_policy
from outage.runbook.contract import read_contract
from tests.content.runbooks.cells import RUNBOOKS, advice, stage
from tests.sites import LARKFIELD
from tests.waiting import eventually

ABOUT = ("runbooks/golden-signals.ipynb", "runbooks/support-bundle.ipynb")
SIGNALS, BUNDLE = "golden-signals", "support-bundle"
SHORT = ("window=30s", "recent=5s")
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def watched(fleet, monkeypatch):
    """The shop with customers, watched by Prometheus, which has seen traffic."""
    control.require(fleet, "prometheus")
    for name, value in control.build_environment(fleet).items():
        monkeypatch.setenv(name, value)
    seen = "sum(rate(shop_requests_total[10s])) > 0"
    eventually(lambda: prometheus("query", query=seen)["result"], "no customer is seen")
    return fleet


def signals() -> str:
    return stage(SIGNALS, *SHORT).run("setup", "check", "read").text


class TestGoldenSignals:
    def test_it_shows_the_four_each_server_and_what_changed(self, watched):
        text = signals()
        for word in ("latency", "traffic", "errors", "saturation", "web1", "web8", "flag gift-wrap was set"):
            assert word in text

    def test_without_prometheus_it_asks_the_servers_and_says_so(self, watched, monkeypatch):
        monkeypatch.setenv("PROMETHEUS_URL", NOBODY)
        text = signals()
        assert "The servers are asked themselves" in text
        assert "no history to compare with" in text
        assert "No picture: without Prometheus there is no history." in text
        assert "web8" in text

    def test_it_never_proposes_or_changes_anything(self):
        contract = read_contract(RUNBOOKS / f"{SIGNALS}.ipynb")
        assert contract.meta.risk == "none"
        assert {tag for _, tag in contract.steps} <= {"parameters", "setup", "check", "read"}

    def test_flags_that_cannot_be_read_are_told_and_cost_nothing_else(self, watched, monkeypatch):
        monkeypatch.setenv("REDIS_URL", "redis://nobody:wrong@127.0.0.1:1/0")
        text = signals()
        assert "The flags cannot be read" in text
        assert "Look at REDIS_URL" in text
        assert "wrong" not in text

    def test_no_source_of_numbers(self, monkeypatch):
        for name in ("PROMETHEUS_URL", "PROMETHEUS_TARGETS"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(CheckFailed) as failed:
            stage(SIGNALS).run("setup", "check")
        assert "PROMETHEUS_URL" in failed.value.hint
        assert "Nobody says where the numbers are" in advice(SIGNALS, failed.value)

    def test_metrics_of_another_name(self, watched):
        with pytest.raises(CheckFailed, match="no metrics of that name: shop_reqests_total") as failed:
            stage(SIGNALS, "requests=shop_reqests_total").run("setup", "check")
        assert "name your service's metrics" in advice(SIGNALS, failed.value)

    def test_nobody_gives_metrics(self, monkeypatch, tmp_path):
        (tmp_path / "web.json").write_text('[{"targets": ["127.0.0.1:1"]}]', encoding="utf-8")
        monkeypatch.setenv("PROMETHEUS_URL", NOBODY)
        monkeypatch.setenv("PROMETHEUS_TARGETS", str(tmp_path))
        with pytest.raises(CheckFailed, match="no server answers with these metrics") as failed:
            stage(SIGNALS).run("setup", "check", "read")
        assert "No server gives its own metrics either" in advice(SIGNALS, failed.value)

    def test_a_question_that_prometheus_refuses(self, watched):
        broken = stage(SIGNALS, *SHORT).run("setup", "check")
        broken.scope["NAMES"] = broken.scope["Names"]("sum(", "x", "y")
        with pytest.raises(CheckFailed, match="Prometheus refuses query_range: 400") as failed:
            broken.run("read")
        assert "cannot work with the question" in advice(SIGNALS, failed.value)


@pytest.fixture
def handbook(tmp_path, monkeypatch):
    """A handbook's folder to stand in, and a run's folder in it."""
    (tmp_path / "handbook.yml").write_bytes((RUNBOOKS.parent / LARKFIELD).read_bytes())
    monkeypatch.setenv("OUTAGE_HANDBOOK", str(tmp_path))
    return tmp_path


class TestSupportBundle:
    def test_it_writes_one_scrubbed_archive_into_the_runs_folder(self, watched, handbook):
        one_server_down.begin(watched)
        plan = stage(BUNDLE).plan()
        assert "specs/programs.csv" in plan.text
        assert [action.data for action in plan.actions] == [{"name": "support-bundle.tar.gz"}]
        assert list(handbook.glob("*.gz")) == [], "a plan writes nothing"

        with_folder(handbook / "saved.jsonl", plan)
        files = contents(handbook / "support-bundle.tar.gz")
        assert b"web4,STOPPED" in files["specs/programs.csv"].replace(b"web:", b"")
        assert files["charts/traffic.png"].startswith(b"\x89PNG")
        assert {"settings/postgresql.csv", "slow/statements.csv", "logs/web1.log", "alerts.json"} <= set(
            files
        )
        together = b"".join(files.values()).decode(errors="replace")
        for line in Path(os.environ["PGPASSFILE"]).read_text(encoding="utf-8").splitlines():
            assert line.rpartition(":")[2] not in together

    def test_what_is_down_costs_only_its_own_piece(self, watched, handbook, monkeypatch):
        monkeypatch.setenv("PGPORT", "1")
        monkeypatch.setenv("HAPROXY_SOCKET", "/nonexistent")
        text = stage(BUNDLE).plan().text
        assert "left out: settings/postgresql.csv: CheckFailed: no session as PGUSER" in text
        assert "left out: specs/haproxy.csv: FileNotFoundError" in text
        assert "specs/programs.csv" in text

    def test_where_nothing_leads_anywhere_it_stops(self, handbook, monkeypatch):
        for name in (
            "PGHOST",
            "SUPERVISOR_URL",
            "PROMETHEUS_URL",
            "ALERTMANAGER_URL",
            "HAPROXY_SOCKET",
            "REDIS_URL",
        ):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(CheckFailed, match="nothing could be collected") as failed:
            stage(BUNDLE).run("setup", "check")
        assert "No service is named to this machine" in advice(BUNDLE, failed.value)

    def test_a_secret_that_is_left_in_removes_the_archive(self, watched, handbook):
        plan = stage(BUNDLE).plan()
        plan.scope["bundle"].picture("charts/odd.png", os.environ["REDIS_URL"].encode())
        with pytest.raises(CheckFailed, match="a secret is left in charts/odd.png") as failed:
            with_folder(handbook / "saved.jsonl", plan)
        assert not (handbook / "support-bundle.tar.gz").exists()
        assert "so it was removed" in advice(BUNDLE, failed.value)

    def test_the_words_of_its_other_hints_are_those_of_the_errors(self, handbook, monkeypatch):
        monkeypatch.setenv("SUPERVISOR_URL", "unix:///nonexistent")
        policy = handbook / "handbook.yml"
        text = policy.read_text(encoding="utf-8")
        policy.write_text(text.replace("names: none", "names: secret://file/nonexistent"), encoding="utf-8")
        assert load_policy(policy).masks.names
        with pytest.raises(Exception, match="names to mask cannot be read") as failed:
            stage(BUNDLE).run("setup")
        assert "has not got it" in advice(BUNDLE, failed.value)
        too_long = ValueError("more than 50 MB: ask for fewer lines of logs")
        assert "too long to send" in advice(BUNDLE, too_long)


def test_the_folder_of_a_run_is_for_a_change_alone():
    with pytest.raises(Guarded):
        run_folder()


def with_folder(spool, plan):
    """Apply, with the runner's file where the run's folder would be."""
    real = kit._issue

    def issue(text: str) -> None:
        real(text)
        kit._session.spool = str(spool)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kit, "_issue", issue)
        plan.apply()


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as archive:
        return {
            entry.name.removeprefix("support-bundle/"): file.read()
            for entry in archive
            if (file := archive.extractfile(entry)) is not None
        }
