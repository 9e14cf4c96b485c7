"""What a notebook must be to be run: one fault each, and the words it must be refused with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outage.check.secrets import find_stored_secrets
from outage.errors import OutageError, Problems, Refused
from outage.runbook.contract import check_values, examine, read_contract
from outage.runbook.notebook import find_notebook, read_notebook
from tests.product.run.build import CHANGE, PARAMETERS, SETUP, Cell, Handbook, code, notebook, prose, touching

Edit = Callable[[list[Cell]], object]


def source(number: int, text: str) -> Edit:
    return lambda cells: cells[number - 1].update(source=text)


def tags(number: int, *names: str) -> Edit:
    return lambda cells: cells[number - 1]["metadata"].update(tags=list(names))


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "book.ipynb"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_valid_runbook_has_no_problem(tmp_path: Path) -> None:
    contract = read_contract(written(tmp_path, notebook(touching())))
    assert contract.problems == ()
    assert contract.notebook.title == "Touch a file"
    steps = " ".join(tag for _, tag in contract.steps)
    assert steps == "parameters setup check read change undo verify"


BAD: list[tuple[str, Edit, str]] = [
    ("no tag", lambda c: c.append(code(None, "1")), "cell 9: this code cell has no step tag"),
    ("two tags", tags(5, "read", "check"), "cell 5: two step tags: read and check"),
    ("mistyped tag", tags(4, "chekc"), "cell 4: the tag 'chekc' is unknown"),
    ("foreign tag", tags(4, "check", "raises-exception"), "cell 4: the tag 'raises-exception' is unknown"),
    ("gate as code", lambda c: c.insert(5, code("gate", "1")), "cell 6: a code cell cannot be a gate"),
    ("read as prose", lambda c: c.append(prose("x", "read")), "cell 9: a markdown cell cannot be 'read'"),
    ("empty gate", lambda c: c.insert(5, prose(" ", "gate")), "cell 6: this gate says nothing"),
    ("no parameters", lambda c: c.pop(1), "this notebook has no parameters cell"),
    ("two parameters", lambda c: c.insert(2, code("parameters", "")), "cell 3: a second parameters cell"),
    (
        "late parameters",
        lambda c: c.insert(3, c.pop(1)),
        "cell 4: the parameters cell must be the first code cell",
    ),
    ("not Python", source(5, "propose([]"), "cell 5, line 1: this is not Python"),
    ("a magic", source(4, "!ls"), "cell 4, line 1: this is not Python"),
    ("late setup", lambda c: c.append(code("setup", "")), "cell 9: setup after a change"),
    (
        "verify alone",
        lambda c: c.insert(4, code("verify", "")),
        "cell 5: there is no change before this verify",
    ),
    ("undo apart", lambda c: c.append(c.pop(6)), "cell 8: an undo must follow the change that it reverses"),
    (
        "no guard",
        source(6, CHANGE.replace("guard()", "pass")),
        "cell 6: this change cell does not begin with guard()",
    ),
    ("late guard", source(6, "x = 1\n" + CHANGE), "cell 6: this change cell does not begin with guard()"),
    ("unguarded undo", source(7, "pass"), "cell 7: this undo cell does not begin with guard()"),
    (
        "guard not imported",
        source(3, SETUP.replace("guard, ", "")),
        "cell 6: guard is never imported from the kit",
    ),
    ("own guard", source(4, "def guard(): pass"), "cell 4, line 1: 'guard' is given another meaning"),
    ("guard assigned", source(4, "guard = print"), "cell 4, line 1: 'guard' is given another meaning"),
    (
        "guard of others",
        source(4, "from x import y as guard"),
        "cell 4, line 1: 'guard' is given another meaning",
    ),
    ("nothing proposed", source(5, "1"), "cell 6: no read before this change proposes its actions"),
    (
        "proposed in vain",
        source(6, "guard()\nPath('x').touch()"),
        "cell 6: this change does not take its actions from proposed()",
    ),
    ("bad parameters", source(2, "x = 1"), "cell 2, line 1: 'x' has no type"),
    (
        "default out of range",
        source(2, f"{PARAMETERS}\nx: Annotated[int, Field(ge=1)] = 0"),
        "cell 2, line 3: the default of 'x': 0: it must be",
    ),
    (
        "limits that do not fit",
        source(2, "x: Annotated[str, Field(ge=1)] = 'a'"),
        "its limits do not fit its type",
    ),
]


@pytest.mark.parametrize(("edit", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_broken_rule_is_refused_with_file_and_cell(tmp_path: Path, edit: Edit, message: str) -> None:
    cells = touching()
    edit(cells)
    with pytest.raises(Problems) as caught:
        read_contract(written(tmp_path, notebook(cells)))
    assert message in str(caught.value)
    assert "book.ipynb: " in str(caught.value)


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"sumary": "x"}, "metadata runbook.sumary: there is no such key\n  hint: did you mean 'summary'?"),
        ({"risk": "huge"}, "metadata runbook.risk: Input should be 'none', 'low', 'medium' or 'high'"),
        ({"risk": "none"}, "metadata runbook.risk is 'none', and there is a change"),
        ({"limits": {"cell": "2 business days"}}, "metadata runbook.limits.cell: a limit is an exact length"),
        ({"hints": [{"when": "x"}]}, "metadata runbook.hints.0.means: Field required"),
    ],
)
def test_wrong_metadata_is_refused(tmp_path: Path, meta: dict[str, Any], message: str) -> None:
    with pytest.raises(Problems) as caught:
        read_contract(written(tmp_path, notebook(touching(), meta)))
    assert message in str(caught.value)


def test_what_is_only_hard_to_use_is_reported_and_does_not_stop_a_run(tmp_path: Path) -> None:
    cells = touching()[:-1]
    cells[1]["source"] = "from pathlib import Path\npath: Path"
    content = notebook(cells)
    del content["metadata"]["runbook"]["owner"]
    contract = read_contract(written(tmp_path, content))
    assert [problem.reason for problem in contract.problems] == [
        "metadata runbook.owner is missing",
        "the parameter 'path' does not say what it is",
        "nothing verifies this change",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("PNG\x89", "this is not a notebook: it is not JSON"),
        (json.dumps(notebook(touching()))[:200], "this is not a notebook: it is not JSON"),
        ("[" * 100_000, "this is not a notebook: it is nested too deeply"),
        ({"a": 1}, "this is not a notebook: it has no list of cells"),
        (
            {"cells": [1], "nbformat": 4},
            "cell 1: it is not a mapping of keys to values",
        ),
        (
            notebook([{"cell_type": "code", "source": 3}]),
            "cell 1: its source is not text",
        ),
        (
            notebook([{"cell_type": "heading"}]),
            "cell 1: its cell_type is 'heading'\n  hint: write code",
        ),
        (notebook([{"cell_type": "code", "metadata": [1]}]), "cell 1: its metadata is not a mapping"),
        (
            notebook([{**code(None, "1"), "metadata": {"tags": "read hide-input"}}]),
            'cell 1: its tags are "read hide-input", which is not a list of texts\n'
            '  hint: write them as a list in the cell\'s metadata: "tags": ["read", "hide-input"]',
        ),
        (notebook([{**code(None, "1"), "metadata": {"tags": [1]}}]), "cell 1: its tags are [1]"),
        (notebook([], nbformat=5), "this notebook's format is 5, and this outage reads format 4"),
        ({"nbformat": 3, "worksheets": [], "cells": []}, "this notebook's format is 3"),
        ({"cells": []}, "this notebook's format is None"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(Refused) as caught:
        read_notebook(written(tmp_path, content))
    assert message in str(caught.value)


def bare(content: dict[str, Any]) -> dict[str, Any]:
    """The same cells as an editor may write them: no metadata where there is nothing to say."""
    for cell in content["cells"]:
        if not cell["metadata"]["tags"]:
            cell["metadata"] = None
    return content


EDITORS: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
    ("a byte order mark", lambda content: "\ufeff" + json.dumps(content)),
    (
        "an empty last cell",
        lambda content: json.dumps(content | {"cells": [*content["cells"], code(None, "")]}),
    ),
    ("cells without metadata", lambda content: json.dumps(bare(content))),
    ("tags that are null", lambda content: json.dumps(content).replace('"tags": []', '"tags": null')),
    ("Windows line ends", lambda content: json.dumps(content, indent=1).replace("\n", "\r\n")),
]


@pytest.mark.parametrize("save", [row[1] for row in EDITORS], ids=[row[0] for row in EDITORS])
def test_what_real_editors_leave_in_a_file_makes_no_other_runbook(
    tmp_path: Path, save: Callable[[dict[str, Any]], str]
) -> None:
    path = tmp_path / "book.ipynb"
    path.write_bytes(save(notebook(touching())).encode())
    contract = read_contract(path)
    assert contract.problems == ()
    assert [tag for _, tag in contract.steps] == [
        "parameters",
        "setup",
        "check",
        "read",
        "change",
        "undo",
        "verify",
    ]
    assert list(find_stored_secrets(contract.notebook, path)) == []


def test_a_file_without_any_metadata_is_told_what_to_add(tmp_path: Path) -> None:
    content = notebook(touching())
    del content["metadata"]
    reasons = [problem.reason for problem in read_contract(written(tmp_path, content)).problems]
    assert reasons == ["metadata runbook.summary is missing", "metadata runbook.owner is missing"]


def test_a_missing_file_and_text_that_is_not_utf8_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: No such file"):
        read_notebook(tmp_path / "book.ipynb")
    (tmp_path / "book.ipynb").write_bytes(b"\xff\xfe{}")
    with pytest.raises(Refused, match="not UTF-8"):
        read_notebook(tmp_path / "book.ipynb")


def test_a_kernel_of_another_language_is_refused_by_name(tmp_path: Path) -> None:
    content = notebook(touching())
    content["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    with pytest.raises(Problems, match="asks for the kernel 'ir'"):
        read_contract(written(tmp_path, content))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("touhc", "there is no runbook 'touhc'\n  hint: did you mean 'touch'?"),
        ("../secret", "'../secret' is not the name of a runbook"),
        ("/etc/passwd", "'/etc/passwd' is not the name of a runbook"),
        ("a\x1b[2Jb", "is not the name of a runbook"),
        ("linked", "the runbook 'linked' is a link that leads out of runbooks/"),
    ],
)
def test_a_name_must_lead_to_a_file_inside_the_folder(handbook: Handbook, name: str, message: str) -> None:
    handbook.write("touch", touching())
    (handbook.root / "secret.ipynb").write_text("{}")
    (handbook.root / "runbooks" / "linked.ipynb").symlink_to("../secret.ipynb")
    with pytest.raises(OutageError) as caught:
        find_notebook(handbook.root / "runbooks", name)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["touch", "touch.ipynb", "runbooks/touch", "runbooks/touch.ipynb"])
def test_a_runbook_may_be_named_as_its_file(handbook: Handbook, name: str) -> None:
    path = handbook.write("touch", touching())
    assert find_notebook(handbook.root / "runbooks", name) == path


def test_wrong_parameters_are_told_all_at_once_with_notebook_and_cell(handbook: Handbook) -> None:
    contract = examine(read_notebook(handbook.write("touch", touching())))
    with pytest.raises(Problems) as caught:
        check_values(contract, ["paht=/x", "nonsense", "path=/a", "path=/b"])
    text = str(caught.value)
    assert "touch.ipynb: cell 2: 'nonsense' is no assignment" in text
    assert "cell 2: 'path' is given twice" in text
    assert "cell 2: there is no parameter 'paht'\n  hint: did you mean 'path'?" in text
