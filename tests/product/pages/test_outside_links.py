"""`outage check --links`: which addresses on the pages are dead; here, all of them are on this machine."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from outage.check.links import check_links
from outage.cli import main
from outage.errors import Failed
from outage.pages.links import MADE_UP
from outage.project import Project


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/here": 200, "/moved": 302}.get(self.path, 404))
        if self.path == "/moved":
            self.send_header("Location", "/here")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A web server that knows ``/here`` and ``/moved``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


@pytest.fixture
def handbook(site, monkeypatch):
    """A handbook of a few pages; no proxy stands between it and this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("OUTAGE_HANDBOOK", raising=False)
    monkeypatch.chdir(site.root)
    for name in ("index", "process/policy"):
        path = site.root / f"{name}.md"
        path.write_text(f"---\nowner: scribe\nreviewed: 2026-11-20\n---\n{path.read_text()}")
    return site


def test_a_dead_address_is_told_with_its_page_and_line(handbook, server):
    handbook.pages(a=f"Words.\n\nSee [this]({server}/here), [that]({server}/gone).", b=f"<{server}/moved>")
    (dead,) = check_links(Project(handbook.root, handbook.root / "handbook.yml"), {"linkcheck_retries": 1})
    assert dead.where == "a.md:5"
    assert dead.message.startswith(f"{server}/gone does not answer well: 404")
    assert dead.hint


def test_an_address_at_which_nobody_listens_is_dead(handbook):
    handbook.pages(a="[closed](http://127.0.0.1:9/)")
    (dead,) = check_links(Project(handbook.root, handbook.root / "handbook.yml"), {"linkcheck_retries": 1})
    assert dead.message.startswith("http://127.0.0.1:9/ does not answer well: ")


def test_as_it_is_typed(handbook, server, capsys):
    handbook.pages(a=f"[that]({server}/gone), and [made up](https://status.larkfield.example)")
    with pytest.raises(SystemExit) as end:
        main(["check", "--links"])
    said = capsys.readouterr()
    assert end.value.code == 1
    assert f"a.md:3: {server}/gone does not answer well: 404" in said.out
    assert "larkfield.example" not in said.out
    assert "This takes minutes." in said.err
    assert said.err.endswith("1 problem found\n")


def test_pages_that_cannot_be_read_are_told_and_nothing_is_asked(handbook):
    handbook.write("conf.py", "extensions = ['there_is_no_such_extension']\n")
    with pytest.raises(Failed, match="the pages could not be read, so no address was asked"):
        check_links(Project(handbook.root, handbook.root / "handbook.yml"))


@pytest.mark.parametrize(
    ("address", "alone"),
    [
        ("https://status.larkfield.example", True),
        ("https://handbook.example/runbooks/x.html", True),
        ("https://example.org/a", True),
        ("https://example.org.evil.net/", False),
        ("https://sre.google/sre-book/", False),
    ],
)
def test_names_reserved_for_examples_are_left_alone(address, alone):
    assert bool(re.match(MADE_UP, address)) is alone
