"""Folders of incidents on a small site, one of them of hostile words."""

from __future__ import annotations

import json
from pathlib import Path

from outage.incident.folders import STUB
from outage.incident.record import FILE
from tests.product.pages.site import Site
from tests.product.render.journal import BEGAN, CELLS, ended, looked, text
from tests.product.render.story import POLICY, event


def incident(site, name, events):
    """An incident's folder, as ``outage declare`` and the commands after it leave it."""
    site.write(f"incidents/{name}/index.md", STUB)
    site.write(f"incidents/{name}/policy.yml", POLICY.read_text(encoding="utf-8"))
    record(site, name).write_bytes(b"".join(one.to_line() for one in events))


def record(site: Site, name: str) -> Path:
    return site.root / "incidents" / name / FILE


def hostile_incident(site, name, words):
    """The words in every place of a record and of a journal that takes words."""
    events = [
        event(
            0,
            "declared",
            title=words,
            severity="sev1",
            scope="division",
            division=words,
            area=words,
            by=words,
        ),
        event(1, "role", role="incident-commander", person=words, by=words),
        *(event(2 + n, kind, text=words, by=words) for n, kind in enumerate(("note", "impact", "decision"))),
        event(6, "update", audience="customers", text=words, by=words),
        event(7, words, by=words, text=words),
        event(8, "severity", severity=words, why=words),
        event(9, "action", text=words, owner=words, due=words),
        event(10, "correction", event=event(2, "note", text=words, by=words).id, text=words, by=words),
        event(11, "run", run=words, runbook=words, mode="plan", target=words, state=words),
    ]
    incident(site, name, events)
    action = {"target": words, "command": words, "undo": words}
    error = {"name": words, "value": words, "hint": words}
    run(
        site,
        name,
        *looked(text(words)),
        ("actions", {"cell": 1, "actions": [action], "digest": "d"}),
        ("cell", {"cell": 2, "state": "failed", "seconds": 1, "error": error, "cut": words}),
        ended("failed", words),
        by=words,
        runbook=words,
        target={"words": words},
        parameters={words: words},
    )


def run(site, name, *lines, **began):
    """A run's folder with its journal."""
    data = [("run", BEGAN | began), ("notebook", {"cells": CELLS, "injected": ""}), *lines]
    written = [
        json.dumps(
            {"v": 1, "at": f"2026-06-17T09:57:0{number}Z", "kind": kind, "prev": "0" * 64, "data": one}
        )
        for number, (kind, one) in enumerate(data[:9])
    ]
    site.write(f"incidents/{name}/runs/{began.get('run', 'r1')}/journal.jsonl", "\n".join(written) + "\n")
