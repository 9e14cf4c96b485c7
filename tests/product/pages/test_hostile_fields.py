"""Hostile text in every field of every format that pages show: none of it is an element, and none runs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from bs4 import BeautifulSoup

from outage.cases import load_case_study
from outage.cases.sessions import SessionsData, load_sessions
from outage.errors import OutageError
from outage.incident.folders import STUB
from outage.playbook import load_playbook
from outage.policy import load_policy
from outage.render import VIEWS
from outage.source import read_yaml
from tests.planting import TEXT, plant
from tests.product.browser.window import DESK
from tests.product.pages.notebooks import CELLS, META, NB_CONF, cell
from tests.product.pages.site import Site
from tests.sites import LARKFIELD, ROOT

pytestmark = pytest.mark.timeout(600)

SCHEMAS = {
    path.name.split(".")[0]: json.loads(path.read_text()) for path in ROOT.glob("_ext/**/*.schema.json")
}
STYLE = 'bibtex_default_style = "outage"\nmyst_footnote_sort = False\n'
HOSTILE_URL = (
    "https://a.example/>)<script>window.ran=5</script>[x](javascript:window.ran=6)"
    "<img/src=x/onerror=window.ran=7>`\"onclick=window.ran=8'"
)
CASE = ROOT / "case-studies/gitlab-2017"
CASE_PAGE = "# A case\n\n" + "\n\n".join(
    f"```{{{view}}}\n```"
    for view in ("case-facts", "case-story", "case-decisions", "case-promises", "walkthrough")
)


def plain_data(path: Path) -> Any:
    """A YAML file as JSON would hold it."""
    return json.loads(json.dumps(read_yaml(path, path).data, default=str))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


class Planted:
    """A handbook whose every file is full of the text; ``fields`` names those that took it, by format."""

    warnings = ""

    def __init__(self, root: Path) -> None:
        self.site, self.fields = Site(root), dict[str, set[str]]()
        self.site.write("conf.py", f'{NB_CONF}bibtex_bibfiles = ["bibliography.bib"]\n{STYLE}')
        self.policy()
        self.playbook()
        self.case()
        self.incident()
        self.runbook()
        self.glossary()

    def loads(self, load: Any, path: str) -> Any:
        """Whether what a file would hold is accepted."""

        def accepts(data: Any) -> bool:
            self.site.write(path, json.dumps(data))
            try:
                load(self.site.root / path)
            except OutageError:
                return False
            return True

        return accepts

    def planted(self, kind: str, data: Any, accepts: Any) -> Any:
        found, names = plant(SCHEMAS[kind], data, accepts)
        self.fields.setdefault(kind, set()).update(names)
        return found

    def policy(self) -> None:
        data = plain_data(ROOT / LARKFIELD)
        found = self.planted("policy", data, self.loads(load_policy, "handbook.yml"))
        self.site.write("handbook.yml", json.dumps(found))
        views = [view for view in (*VIEWS, "classify-form") if view != "policy-values"]
        parts = [f"## View {view}\n\n```{{{view}}}\n```" for view in views]
        self.site.write("process/all.md", "\n\n".join(["# All", *parts]))

    def playbook(self) -> None:
        shutil.copytree(ROOT / "process", self.site.root / "linked" / "process")  # its links lead somewhere
        shutil.copytree(ROOT / "runbooks", self.site.root / "linked" / "runbooks")
        policy = load_policy(self.site.root / "handbook.yml")
        data = plain_data(ROOT / "playbooks/customer-outage.yml")

        def load(path: Path) -> object:
            return load_playbook(path, policy, self.site.root / "linked")

        found = self.planted("playbook", data, self.loads(load, "playbooks/hostile.yml"))
        for phase in found["phases"].values():
            for step in phase["steps"].values():
                step.pop("links", None)  # the pages that they lead to are not on this small site
        self.site.write("playbooks/hostile.yml", json.dumps(found))
        self.site.write("playbooks/hostile.md", "# Small\n\n```{playbook} hostile\n```\n")
        shutil.rmtree(self.site.root / "linked")

    def case(self) -> None:
        self.site.write("bibliography.bib", self.bibliography())
        self.site.write("case-studies/policy.yml", (ROOT / "case-studies/policy.yml").read_text())
        data = plain_data(CASE / "record.yml")
        for event in data["events"]:
            event.pop("speaks", None)
        data["recordings"] = [{"title": "The session", "link": HOSTILE_URL}]
        load = self.loads(
            lambda path: load_case_study(path.parent, self.site.root), "case-studies/hostile/record.yml"
        )
        self.site.write("case-studies/hostile/record.yml", json.dumps(self.planted("case", data, load)))
        self.site.write("case-studies/hostile/index.md", CASE_PAGE)
        self.site.write("case-studies/index.md", "# Cases\n\n```{cases}\n```\n\n```{sessions}\n```\n")
        self.sessions()

    def bibliography(self) -> str:
        """Every work of the handbook's; how we know one, which is a fixed word, stays."""
        works, count = re.subn(
            r"^(  (?:author|editor|title|organization|howpublished|publisher) = \{+)",
            lambda found: f"{found[1]}{TEXT} ",
            (ROOT / "bibliography.bib").read_text(),
            flags=re.MULTILINE,
        )
        assert count > 100
        cite = "{footcite:p}`gitlab-2017-postmortem`"
        works = re.sub(r"^(  url = \{)[^}]*", rf"\1{HOSTILE_URL}", works, flags=re.MULTILINE)
        self.site.write("library/works.md", f"# Works\n\nRead {cite}.\n\n```{{footbibliography}}\n```\n")
        return works

    def sessions(self) -> None:
        held = {"date": "2026-11-20", "case": "hostile", "led": "Mei", "group": "All"}
        load = self.loads(lambda path: load_sessions(self.site.root), "case-studies/sessions.yml")
        schema = SessionsData.model_json_schema()
        found, names = plant(schema, {"sessions": [held]}, load)
        assert names == {".sessions[].led", ".sessions[].group"}
        found["sessions"][0]["recording"] = HOSTILE_URL
        assert load(found)

    def glossary(self) -> None:
        term = f"zebra {TEXT}, zeb {TEXT}\n: Two {TEXT}. {{doc}}`/process/policy`.\n"
        self.site.write("process/glossary.md", f"# Glossary\n\n```{{glossary}}\n{term}```\n")

    def incident(self) -> None:
        folder = "incidents/hostile"
        events = lines(ROOT / "tests/product/incident/record/golden/incident.jsonl")
        copies = [
            self.line("event", {**event, "id": f"copy {number}"}) for number, event in enumerate(events)
        ]
        self.site.write(
            f"{folder}/record.jsonl", "".join(json.dumps(one) + "\n" for one in [*events, *copies])
        )
        self.site.write(f"{folder}/policy.yml", (self.site.root / "handbook.yml").read_text())
        self.site.write(f"{folder}/index.md", STUB)
        self.site.write("incidents/index.md", "# Incidents\n\n```{incidents}\n```\n")
        journal = [
            self.line("journal", one) for one in lines(ROOT / "tests/product/run/golden/journal.jsonl")
        ]
        self.site.write(f"{folder}/runs/r1/journal.jsonl", "".join(json.dumps(one) + "\n" for one in journal))

    def line(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """A line of a record or journal; what it is, and which one, stays."""
        valid = jsonschema.Draft202012Validator(SCHEMAS[kind]).is_valid
        fixed = {name: data[name] for name in ("kind", "id") if name in data}
        return {**self.planted(kind, data, valid), **fixed}

    def runbook(self) -> None:
        valid = jsonschema.Draft202012Validator(SCHEMAS["runbook"]).is_valid
        meta = self.planted("runbook", META, valid)
        output = {"output_type": "stream", "name": "stdout", "text": TEXT}
        rich = {"output_type": "display_data", "metadata": {}, "data": dict.fromkeys(
            ("text/plain", "text/html", "text/markdown", "image/svg+xml", "application/javascript"), TEXT
        )}  # fmt: skip
        cells = [*CELLS, cell("code", f"print({TEXT!r})", "read", outputs=[output, rich])]
        notebook = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": {"runbook": meta}}
        self.site.write("runbooks/look.ipynb", json.dumps(notebook))
        self.site.write("runbooks/index.md", "# Runbooks\n\n```{runbooks}\n```\n")
        valid = jsonschema.Draft202012Validator(SCHEMAS["proof"]).is_valid
        proof = self.planted(
            "proof", json.loads((ROOT / "tests/product/runbook/golden/proof.json").read_text()), valid
        )
        self.site.write("proof/look.json", json.dumps(proof | {"runbook": "look"}))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The handbook, built once."""
    made = Planted(tmp_path_factory.mktemp("hostile"))
    made.warnings = made.site.build().warnings
    return made


def pages(planted: Planted) -> list[Path]:
    return sorted((planted.site.root / "_build/html").rglob("*.html"))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_format_has_fields_that_take_a_text(planted, kind):
    assert planted.fields.get(kind), "nothing of this format was planted: add it to Planted"


@pytest.mark.parametrize(
    "page", ["process/policy", "process/all", "process/glossary", "playbooks/hostile", "library/works",
             "case-studies/index", "case-studies/hostile/index", "incidents/hostile/index", "runbooks/look"],
)  # fmt: skip
def test_the_text_is_on_every_page_as_it_was_written(planted, page):
    assert TEXT[:40] in planted.site.page(page).get_text()


def test_data_is_literal_before_the_guard_behind_it_sees_it(planted):
    guarded = ("HTML is shown as text", "a link may not begin with", "a page shows only pictures")
    found = [line for line in planted.warnings.splitlines() if any(words in line for words in guarded)]
    written_by_people = ("process/glossary.md:", "runbooks/look.ipynb:")
    assert [line for line in found if not line.startswith(written_by_people)] == []


def test_no_element_and_no_attribute_of_the_text_is_on_any_page(planted):
    for path in pages(planted):
        page = BeautifulSoup(path.read_text(), "html.parser")
        assert page.find_all("iframe") == []
        assert len([one for one in page.find_all("title") if not one.find_parent("svg")]) == 1, path.name
        assert [tag for tag in page.find_all() if any(name.startswith("on") for name in tag.attrs)] == []
        assert page.find_all("img", src="x") == []
        assert [
            tag for tag in page.find_all(href=True) if str(tag["href"]).strip().startswith("javascript:")
        ] == []
        ran = [one for one in page.find_all("script") if one.get("type") != "application/json"]
        assert [one for one in ran if "ran=" in one.get_text()] == []


def test_nothing_of_the_text_runs_in_a_browser(planted, reader):
    window = reader(DESK)
    for path in pages(planted):
        page = window.open(path.as_uri())
        assert page.evaluate("window.ran") is None, path.name
        assert [said for said in window.complaints if "Security Policy" in said] == [], path.name
