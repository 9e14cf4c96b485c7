"""The modules that run on a server: what they install, refuse and count, with no Ansible around them."""

from __future__ import annotations

import http.server
import importlib.util
import json
import sys
import threading
import types
from pathlib import Path

import pytest

from outage.lab.shop import releases

ABOUT = ("runbooks/ansible",)
ANSIBLE = Path(__file__).parents[3] / "runbooks" / "ansible"


def load(path: Path, name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def modules(monkeypatch):
    """The modules by name, with what they share found as Ansible would find it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    shared = load(ANSIBLE / "module_utils" / "release.py", "release")
    monkeypatch.setitem(sys.modules, "ansible.module_utils.release", shared)
    found = {path.stem: load(path, path.stem) for path in (ANSIBLE / "library").glob("*.py")}
    return {**found, "release": shared}


@pytest.fixture
def store(tmp_path):
    """A store with two releases, and a server that runs the first."""
    for version in (releases.OLD, releases.CURRENT):
        releases.build(version, tmp_path / "store" / version)
    (tmp_path / "web1").mkdir()
    releases.deploy(tmp_path / "store", tmp_path / "web1", releases.OLD)
    return tmp_path


def test_the_digest_is_the_one_that_the_shops_servers_reckon(modules, store):
    for version in (releases.OLD, releases.CURRENT):
        artefact = store / "store" / version
        (artefact / "__pycache__").mkdir()
        (artefact / "__pycache__" / "app.pyc").write_bytes(b"compiled")
        assert modules["release"].digest(artefact) == releases.digest(artefact)


def test_a_release_is_installed_in_one_step(modules, store):
    source, server = store / "store" / releases.CURRENT, store / "web1"
    digest = releases.digest(source)
    modules["release_deploy"].install(server, source, digest)
    assert modules["release"].deployed(server) == {"version": releases.CURRENT, "digest": digest}
    assert sorted(path.name for path in (server / "releases").iterdir()) == [releases.OLD, releases.CURRENT]
    assert not (server / "current.new").exists()


def test_a_release_that_was_changed_on_its_way_is_not_installed(modules, store):
    source, server = store / "store" / releases.CURRENT, store / "web1"
    digest = releases.digest(source)
    (source / "pages.py").write_text("import os", encoding="utf-8")
    with pytest.raises(ValueError, match="it is not what was released"):
        modules["release_deploy"].install(server, source, digest)
    assert releases.find_deployed(server) == releases.OLD


def test_a_broken_copy_on_the_server_is_replaced(modules, store):
    source, server = store / "store" / releases.CURRENT, store / "web1"
    (server / "releases" / releases.CURRENT).mkdir()
    (server / "releases" / releases.CURRENT / "half.py").touch()
    modules["release_deploy"].install(server, source, releases.digest(source))
    assert releases.digest(server / "releases" / releases.CURRENT) == releases.digest(source)


@pytest.mark.parametrize("version", ["../../etc", "/etc", "", ".", "a/b", "-x"])
def test_a_version_that_is_a_path_is_none(modules, version):
    assert modules["release_deploy"].VERSION.fullmatch(version) is None
    assert modules["release_deploy"].VERSION.fullmatch("4.2.0-rc1+b7")


def test_settings_leave_a_server_as_digests_only(modules, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"password": "hunter2", "n": 1}), encoding="utf-8")
    found = modules["release_look"].settings(tmp_path / "config.json")
    assert list(found) == ["password", "n"]
    assert "hunter2" not in json.dumps(found)
    assert modules["release_look"].settings(tmp_path / "none.json") == {}


METRICS = b"""# TYPE shop_requests_total counter
shop_requests_total{code="200",path="/"} 7.0
shop_requests_total{path="/checkout",code="200"} 2.0
shop_requests_total{code="500",path="/checkout"} 1.0
shop_orders_total 40.0
shop_orders_created 1.7e+09
"""


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        version = b'{"version": "4.2.0", "digest": "aa", "flags": {"x": "on"}}'
        body = {"/metrics": METRICS, "/version": version}.get(self.path, b"?")
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def url():
    """A web server that tells the same again and again."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_servers_own_counts(modules, url):
    counted = modules["release"].counted(url, 2)
    assert counted == {"answers": 10, "errors": 1, "checkouts": 2, "orders": 40}


def test_what_a_server_has_and_what_it_runs(modules, store, url):
    found = modules["release_look"].looked(store / "web1", url, 2)
    assert found["disk"]["version"] == releases.OLD
    assert found["runs"] == {"version": "4.2.0", "digest": "aa"}
    assert found["flags"] == {"x": "on"}
    silent = modules["release_look"].looked(store / "web1", "http://127.0.0.1:1", 2)
    assert silent["runs"] is None
    assert "refused" in silent["why"]
    assert silent["disk"]["version"] == releases.OLD


def test_a_server_that_never_comes_up_with_the_release_says_what_it_runs(modules, url):
    assert modules["release_deploy"].until_it_runs(url, "aa", 0.2) == ""
    assert "does not run bb: it runs aa" in modules["release_deploy"].until_it_runs(url, "bb", 0.2)
    assert "refused" in modules["release_deploy"].until_it_runs("http://127.0.0.1:1", "bb", 0.2)
