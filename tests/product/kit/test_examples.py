"""Examples in the docstrings of what runbooks import: every name has one, and it does what it says."""

from __future__ import annotations

import doctest
import json
import os
from importlib import import_module
from pathlib import Path

import pytest

from outage import kit, project
from outage.lab import control
from tests.kit import public
from tests.product.run.build import Handbook

ASKING = ("fleet", "haproxy", "manifest", "postgres", "signals", "supervised", "watched")
"""Modules of the kit whose examples ask services."""
RELEASES = """
- hosts: "{{ fleet }}"
  gather_facts: false
  tasks:
    - debug: {var: outage}
      vars: {outage: {release: 4.3.1}}
"""


@pytest.fixture
def shop(_fleet, monkeypatch):
    """The way to a lab with the fleet and Prometheus; examples break nothing that would need a fix."""
    control.require(_fleet, "prometheus")
    for name, value in control.build_environment(_fleet).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def change(handbook: Handbook, tmp_path, monkeypatch):
    """This process as a kernel that may change something, in a handbook with a playbook for Ansible."""
    playbook = handbook.root / "runbooks" / "ansible" / "releases.yml"
    playbook.parent.mkdir()
    playbook.write_text(RELEASES, encoding="utf-8")
    spool = tmp_path / "spool"
    spool.touch()
    action = {"target": "session 4242", "command": "SELECT pg_terminate_backend(4242)", "data": {"pid": 4242}}
    monkeypatch.setattr(kit, "_session", kit._Session())
    told = {"run": "", "token": "t", "actions": [action], "saved": {}, "spool": str(spool)}
    kit._issue(json.dumps(told))


@pytest.mark.parametrize("name", public())
def test_it_has_an_example_that_does_what_it_says(name, change, request):
    each = public()[name]
    if name.split(".")[2] in ASKING:
        request.getfixturevalue("shop")
    if each is kit.Guarded:
        kit._revoke()
    known = {"Path": Path, "find_project": project.find_project, "url": os.environ.get("SUPERVISOR_URL")}
    names = vars(kit) | vars(import_module(each.__module__)) | known
    [example] = doctest.DocTestFinder(recurse=False).find(each, name, module=False, globs=names)
    assert example.examples
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append)
    assert "".join(said) == ""
