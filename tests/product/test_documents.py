"""The documents for contributors: what they name exists, and commits keep to what they ask."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.product.layers import LAYERS
from tests.sites import ROOT

DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "README.md")
PACKAGE = ROOT / "_ext" / "outage"


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_file_and_folder_that_a_document_names_exists(name):
    inline = re.findall(r"`([\w./-]+(?:\.(?:py|md|yml|jinja|json|toml|txt)|/))`", text_of(name))
    named = {each for each in inline if not each.startswith(("incidents/", "runs/", "proof/"))}
    assert named, "it names some"
    assert {each for each in named if not any((at / each).exists() for at in (ROOT, PACKAGE))} <= GENERIC


GENERIC = {
    "record.yml",
    "policy.resolved.json",
    "walkthrough.md",
    "facilitate.md",
    "index.md",
    "faults/__init__.py",
    "record/",
}
"""What a document names without its folder: each stands for one of many."""


def test_every_name_at_the_top_has_its_reason_in_architecture():
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-tree", "--name-only", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.split()
    names = [name for name in listed if not name.startswith(".")]
    assert "handbook.yml" in names
    text = text_of("ARCHITECTURE.md")
    assert [name for name in names if not re.search(rf"`{re.escape(name)}(?:/[\w/]*)?`", text)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_to_a_file_leads_somewhere(name):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text_of(name))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_layers_that_are_drawn_are_those_that_are_tested():
    drawn = re.search(r"```\n(errors\n.*?)```", text_of("ARCHITECTURE.md"), re.DOTALL)
    assert drawn is not None
    named = {name for layer in LAYERS for name in layer}
    found = [set(re.findall(r"[a-z]+", line)) & named for line in drawn[1].splitlines()]
    assert [layer <= words for layer, words in zip(LAYERS, found, strict=True)] == [True] * len(LAYERS)


NO_ORDER = re.compile(r"(?!(?:Bring|Embed|Feed|Need|Speed) )(?:[^A-Z]|\S+(?:ed|ing|[^s]s) |.*\.$)")
"""Subjects that aren't imperative: a small letter, "Added", "Adding" or "Adds" first, or a full stop last."""


def test_the_subjects_of_commits_are_short_and_imperative():
    """Those since CONTRIBUTING.md asks for it; records of incidents are committed by ``outage sync``."""
    git = ["git", "-C", str(ROOT), "log", "--no-merges", "--format=%s"]
    began = subprocess.run(
        [*git, "--diff-filter=A", "--format=%H", "--", "CONTRIBUTING.md"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert began, "this test needs the repository's history"
    done = subprocess.run(
        [*git, f"{began[-1]}..HEAD", "--", ".", ":!incidents"], capture_output=True, text=True, check=True
    )
    subjects = done.stdout.splitlines()
    assert [subject for subject in subjects if len(subject) > 72 or NO_ORDER.match(subject)] == []


@pytest.mark.parametrize("subject", ["Added a page", "Adding a page", "Adds a page", "add a page", "Add it."])
def test_a_subject_that_is_not_imperative_is_found(subject):
    assert NO_ORDER.match(subject)
