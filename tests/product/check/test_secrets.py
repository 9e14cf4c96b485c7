"""`outage check` finds a secret that stands in a runbook's file, and does not repeat it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outage.check.secrets import find_stored_secrets
from outage.runbook.notebook import read_notebook
from tests.product.run.build import Handbook, reading

KEY = "AKIA" + "IOSFODNN7EXAMPLQ"
PLANTED = [
    (f"client = connect('{KEY}')", "AWS Access Key"),
    ('password = "hunter2hunter2"', "Secret Keyword"),
    ("url = 'postgresql://shop:hunter2hunter2@db/shop'", "Basic Auth Credentials"),
    ("pem = '-----BEGIN RSA PRIVATE KEY-----'", "Private Key"),
]


def said(path: Path) -> list[str]:
    return [str(problem) for problem in find_stored_secrets(read_notebook(path), path)]


@pytest.mark.parametrize(("line", "kind"), PLANTED)
def test_a_secret_in_a_cell_is_named_by_cell_and_line(handbook: Handbook, line: str, kind: str) -> None:
    path = handbook.write("book", reading(f"x = 1\n{line}"))
    (problem,) = said(path)
    assert f"cell 2, line 2: this looks like a secret ({kind})" in problem
    assert "hunter2" not in problem
    assert KEY not in problem


def test_a_reference_in_a_line_hides_no_secret_beside_it(handbook: Handbook) -> None:
    line = "connect(secret('secret://env/X'), password='hunter2hunter2')"
    (problem,) = said(handbook.write("book", reading(line)))
    assert "this looks like a secret (Secret Keyword)" in problem


def test_a_secret_in_a_stored_output_is_found(handbook: Handbook) -> None:
    path = handbook.write("book", reading("print(1)"))
    content = json.loads(path.read_text())
    stream = {"output_type": "stream", "name": "stdout", "text": ["fine\n", f"key {KEY}\n"]}
    content["cells"][1]["outputs"] = [stream]
    path.write_text(json.dumps(content))
    (problem,) = said(path)
    assert "its stored output looks like it holds a secret (AWS Access Key)" in problem


@pytest.mark.parametrize(
    "line",
    [
        'key = secret("secret://env/DB_PASSWORD")',
        "password = ask()",
        "digest = 'b07f2c7b55cb4725'",
        "hint = {'password': 'it must have this host and role'}",
    ],
)
def test_references_and_sentences_are_no_secrets(handbook: Handbook, line: str) -> None:
    assert said(handbook.write("book", reading(line))) == []
