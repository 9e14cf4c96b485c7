"""Golden signals: what is unusual, and that the servers' own metrics tell the same as Prometheus would."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from outage.kit import CheckFailed
from outage.kit.signals import (
    ALL,
    ERRORS,
    LATENCY,
    SATURATION,
    TRAFFIC,
    Names,
    _quantile,
    expressions,
    from_servers,
    robust_z,
)
from outage.kit.watched import Watched, metrics, prometheus, prometheus_answers, watched, why_silent

NAMES = Names("requests_total", "request_seconds", "inflight")


class TestUnusual:
    def test_the_usual_is_the_median_and_one_sigma_is_1_4826_deviations(self):
        others = [8.0, 9.0, 10.0, 11.0, 12.0]  # median 10, absolute deviations 2 1 0 1 2
        assert robust_z(10 + 1.4826, others, least=0.01) == pytest.approx(1.0)
        assert robust_z(10 - 3 * 1.4826, others, least=0.01) == pytest.approx(-3.0)

    def test_a_few_wild_values_move_nothing(self):
        calm, wild = [8.0, 9.0, 10.0, 11.0, 12.0], [8.0, 9.0, 10.0, 11.0, 12.0, 9000.0, 1e9]
        assert abs(robust_z(30, wild, least=0.01)) > 3.5
        assert abs(robust_z(30, calm, least=0.01)) > 3.5

    def test_where_all_were_the_same_the_least_difference_that_matters_decides(self):
        assert robust_z(10.9, [10.0] * 9, least=1.0) == 0.0
        assert robust_z(11.0, [10.0] * 9, least=1.0) == pytest.approx(3.5)

    def test_a_difference_nobody_would_notice_is_never_unusual(self):
        assert robust_z(10.4, [10.0, 10.001, 9.999], least=0.5) == 0.0


class TestQuantile:
    def test_it_is_read_between_the_edges_as_prometheus_does(self):
        assert _quantile({0.1: 50, 0.2: 100, math.inf: 100}, 0.95) == pytest.approx(0.19)

    def test_beyond_the_last_edge_it_is_that_edge(self):
        assert _quantile({0.1: 10, math.inf: 100}, 0.95) == 0.1

    @pytest.mark.parametrize("buckets", [{}, {0.1: 0, math.inf: 0}])
    def test_without_observations_there_is_none(self, buckets):
        assert _quantile(buckets, 0.95) is None


def test_its_questions_are_prometheus_own_language():
    told = {
        signal: text.format(by="by (instance) ", by_le="by (le, instance) ")
        for signal, text in expressions(NAMES, 30).items()
    }
    assert told[TRAFFIC] == "sum by (instance) (rate(requests_total[30s]))"
    assert told[LATENCY] == (
        "1000 * histogram_quantile(0.95, sum by (le, instance) (rate(request_seconds_bucket[30s])))"
    )
    assert 'requests_total{code=~"5.."}[30s]' in told[ERRORS]
    assert told[SATURATION] == "max by (instance) (inflight)"


@contextmanager
def served(*texts: str, status: int = 200) -> Iterator[str]:
    """A server that says each text once, and the last one from then on."""
    waiting = list(texts)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = (waiting.pop(0) if len(waiting) > 1 else waiting[0]).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def said(ok: int, failed: int, quick: int, slow: int, waiting: int) -> str:
    return (
        f'requests_total{{path="/",code="200"}} {ok}\nrequests_total{{path="/",code="500"}} {failed}\n'
        f'request_seconds_bucket{{le="0.1"}} {quick}\nrequest_seconds_bucket{{le="+Inf"}} {quick + slow}\n'
        f"inflight {waiting}\n"
    )


class TestServersThemselves:
    def test_two_looks_make_rates_and_a_silent_server_is_named(self):
        calm = served(said(100, 0, 100, 0, 0), said(110, 0, 110, 0, 1))
        sick = served(said(100, 0, 100, 0, 0), said(105, 5, 110, 0, 7))
        with calm as one, sick as two:
            servers = [Watched("web", "web1", one), Watched("web", "web2", two)]
            servers.append(Watched("web", "web3", "http://127.0.0.1:1/metrics"))
            found, silent = from_servers(NAMES, servers, 0.5)
        assert found[TRAFFIC]["web1"].values == (20.0,)
        assert found[ERRORS]["web2"].values == (50.0,)
        assert found[ERRORS][ALL].values == (25.0,)
        assert found[SATURATION][ALL].values == (7.0,)
        assert found[LATENCY]["web1"].values[0] == pytest.approx(95.0)
        assert list(silent) == ["web3"]
        assert "refused" in silent["web3"]

    def test_a_server_that_was_restarted_between_the_looks_counts_from_nothing(self):
        with served(said(1000, 0, 1000, 0, 0), said(4, 0, 4, 0, 0)) as url:
            found, _ = from_servers(NAMES, [Watched("web", "web1", url)], 0.5)
        assert found[TRAFFIC]["web1"].values == (8.0,)

    def test_what_are_no_metrics_is_an_error(self):
        with served("<html>") as url, pytest.raises(ValueError, match="<html>"):
            metrics(url)


class TestWhoAnswers:
    def test_a_server_says_why_it_gives_nothing(self):
        with served("no", status=503) as url:
            assert why_silent(url) == "answers 503"
        assert "refused" in why_silent("http://127.0.0.1:1/")
        with served("yes") as url:
            assert why_silent(url) == ""

    def test_prometheus_that_is_not_named_or_not_there_is_told_with_the_variable(self, monkeypatch):
        monkeypatch.delenv("PROMETHEUS_URL", raising=False)
        assert prometheus_answers() == "no Prometheus is named"
        monkeypatch.setenv("PROMETHEUS_URL", "http://127.0.0.1:1")
        with pytest.raises(CheckFailed, match="does not answer") as failed:
            prometheus("query", query="up")
        assert "PROMETHEUS_URL" in failed.value.hint

    def test_without_prometheus_its_files_say_who_is_watched(self, monkeypatch, tmp_path):
        monkeypatch.delenv("PROMETHEUS_URL", raising=False)
        (tmp_path / "torn.json").write_text("[{", encoding="utf-8")
        (tmp_path / "chat.json").write_text(
            '[{"targets": ["127.0.0.1:9"], "labels": {"job": "chat", "instance": "chat",'
            ' "__metrics_path__": "/m"}}, {"targets": ["10.0.0.1:80"]}]',
            encoding="utf-8",
        )
        monkeypatch.setenv("PROMETHEUS_TARGETS", str(tmp_path))
        assert watched() == [
            Watched("chat", "chat", "http://127.0.0.1:9/m"),
            Watched("chat", "10.0.0.1:80", "http://10.0.0.1:80/metrics"),
        ]
