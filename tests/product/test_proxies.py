"""Loopback is never asked through a proxy, however the environment names one; all else is, as it says."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from outage.proxies import is_direct, open_url, proxy_of, spare_loopback

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked for, which shows whether it was asked as a proxy."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server on loopback."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no proxy."""
    for name in NAMES:
        for spelt in (name, name.upper()):
            monkeypatch.setenv(spelt, "")
    return monkeypatch


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
@pytest.mark.parametrize("excepted", ["", "127.0.0.0/8,localhost", "intranet.example"])
def test_what_we_ask_on_loopback_is_asked_directly(server, environment, name, excepted):
    environment.setenv(name, NOWHERE)
    environment.setenv("no_proxy", excepted)
    with open_url(f"{server}/who", 5) as answer:
        assert answer.read() == b"/who"


@pytest.mark.parametrize(
    "place", ["localhost:80", "db.localhost", "127.0.0.1", "127.8.9.1:9090", "[::1]:80", "[::ffff:127.0.0.1]"]
)
def test_every_spelling_of_loopback_is_direct(environment, place):
    environment.setenv("http_proxy", NOWHERE)
    assert is_direct(place)
    assert proxy_of(f"http://{place}/") is None


def test_a_real_address_still_goes_through_the_proxy(server, environment):
    environment.setenv("http_proxy", server)
    with open_url("http://prometheus.example/api", 5) as answer:
        assert answer.read() == b"http://prometheus.example/api"
    assert proxy_of("http://prometheus.example/api") == server


@pytest.mark.parametrize(
    ("place", "direct"), [("10.1.2.3:9090", True), ("11.1.2.3", False), ("chat.intranet.example", True)]
)
def test_an_exception_may_be_a_range_or_a_domain(environment, place, direct):
    environment.setenv("http_proxy", NOWHERE)
    environment.setenv("no_proxy", " 10.0.0.0/8, not/a/range ,intranet.example")
    assert is_direct(place) is direct


class TestLibraries:
    """They read the environment, which says it to them once :func:`spare_loopback` has completed it."""

    @pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
    def test_urllib_and_requests_ask_loopback_directly(self, server, environment, name):
        import requests

        environment.setenv(name, NOWHERE)
        spare_loopback(os.environ)
        with urlopen(f"{server}/urllib", timeout=5) as answer:
            assert answer.read() == b"/urllib"
        assert requests.get(f"{server}/requests", timeout=5).text == "/requests"

    @pytest.mark.parametrize(
        ("lower", "upper", "begins"),
        [
            ("", "", ("localhost", "localhost")),
            ("a.example", "", ("a.example,", "a.example,")),
            ("", "b.example", ("b.example,", "b.example,")),
            ("a.example", "b.example", ("a.example,", "b.example,")),
            ("*", "", ("*", "*")),
        ],
    )
    def test_what_the_user_excepts_stays_excepted(self, lower, upper, begins):
        found = {"HTTPS_PROXY": NOWHERE, "no_proxy": lower, "NO_PROXY": upper}
        spare_loopback(found)
        assert found["no_proxy"].startswith(begins[0])
        assert found["NO_PROXY"].startswith(begins[1])
        again = dict(found)
        spare_loopback(again)
        assert again == found

    def test_an_environment_without_a_proxy_stays_as_it_is(self):
        found = {"PATH": "/bin"}
        spare_loopback(found)
        assert found == {"PATH": "/bin"}


def test_a_command_and_the_processes_that_it_starts_spare_loopback(server):
    script = (
        "import subprocess, sys\n"
        "from outage.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "child = 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read())'\n"
        f"subprocess.run([sys.executable, '-c', child, '{server}/child'], check=True)\n"
    )
    said = _run(script)
    assert "b'/child'" in said.stdout, said.stderr


def test_cells_that_a_kernel_of_others_runs_spare_loopback(server):
    script = (
        f"import outage.kit\nimport urllib.request as u; print(u.urlopen('{server}/cell', timeout=5).read())"
    )
    said = _run(script)
    assert "b'/cell'" in said.stdout, said.stderr


def _run(script: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {"http_proxy": NOWHERE}
    return subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_nothing_of_ours_asks_an_address_past_the_one_place():
    places = list((ROOT / "_ext").rglob("*.py"))
    asking = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in places
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "urlopen"
    ]
    assert asking == []
