"""The form on a runbook's page in Chromium: the address fills it in, and all it says stays one shell word."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.product.browser.window import DESK
from tests.product.pages.notebooks import NB_CONF
from tests.product.pages.site import Site
from tests.product.run.build import code, notebook, prose, touching

PARAMETERS = """\
from typing import Annotated, Literal
from pydantic import Field, SecretStr
host: str  # which host
hours: Annotated[int, Field(ge=1, le=72)] = 24  # look-back
kind: Literal["soft", "hard"] = "soft"  # how
key: SecretStr | None = None  # to the shop"""
HOSTILE = [
    "a b",
    "it's",
    "$(touch /tmp/x)`id`;rm -rf /",
    '"><script>alert(1)</script>',
    "' --apply '",
    "-x=1 \\ é 中",
    "javascript:alert(1)",
]


@pytest.fixture(scope="module")
def page_url(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    site.write("conf.py", NB_CONF)
    cells = [prose("# Look"), code("parameters", PARAMETERS), *touching()[2:]]
    cells[3]["source"] = cells[3]["source"].replace("path.parent.is_dir()", "True")
    site.write("runbooks/look.ipynb", json.dumps(notebook(cells)))
    site.build()
    return (site.root / "_build/html/runbooks/look.html").as_uri()


def words(page):
    return shlex.split(page.locator(".outage-run-form .outage-command").inner_text())


def test_the_form_builds_the_command(page_url, reader):
    window = reader(DESK)
    page = window.open(page_url)
    assert words(page) == ["outage", "run", "look", "-p", "host=..."]
    page.locator("input[name=host]").fill("db 7")
    page.locator("input[name=hours]").fill("3")
    page.locator("select[name=kind]").select_option("hard")
    page.locator("input[name=apply]").check()
    options = ["-p", "host=db 7", "-p", "hours=3", "-p", "kind=hard"]
    assert words(page) == ["outage", "run", "look", "--apply", *options]
    page.locator("input[name=hours]").fill("24")
    assert "hours=24" not in words(page), "the default need not be said"
    assert window.complaints == []


@pytest.mark.parametrize("value", HOSTILE)
def test_an_address_fills_it_in_and_stays_one_word(page_url, reader, value):
    window = reader(DESK)
    page = window.open(f"{page_url}?{urlencode({'host': value, 'unknown': value, 'runbook': value})}")
    expect(page.locator("input[name=host]")).to_have_value(value)
    assert words(page) == ["outage", "run", "look", "-p", f"host={value}"]
    assert window.complaints == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "a\nrm -rf /"),
        ("host", "\x1b[201~rm"),
        ("host", "\u202egnp"),
        ("host", "x" * 3000),
        ("kind", "other"),
        ("key", "hunter22"),
    ],
)
def test_what_could_steer_a_terminal_or_is_a_secret_is_left_out_and_that_is_said(
    page_url, reader, name, value
):
    window = reader(DESK)
    page = window.open(f"{page_url}?{urlencode({name: value, 'apply': '1'})}")
    assert words(page) == ["outage", "run", "look", "-p", "host=..."]
    expect(page.locator(".outage-run-left-out")).to_have_text(f"Left out of the page's address: {name}.")
    assert not page.locator("input[name=apply]").is_checked(), "a link never asks for --apply"
    assert window.complaints == []


def test_a_reference_to_a_secret_is_taken_and_a_typed_secret_is_not(page_url, reader):
    page = reader(DESK).open(f"{page_url}?host=a&key=secret://env/KEY")
    assert words(page)[-1] == "key=secret://env/KEY"
    page.locator("input[name=key]").fill("hunter22")
    assert words(page)[-1] == "host=a"


def test_without_scripts_the_plain_command_stands(page_url, reader):
    page = reader(DESK, script=False).open(f"{page_url}?host=evil")
    assert words(page) == ["outage", "run", "look", "-p", "host=..."]
    expect(page.locator(".outage-run-form form")).to_be_hidden()
