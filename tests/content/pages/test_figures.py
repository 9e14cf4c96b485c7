"""`outage check` on figures: in a case study, each stands beside its source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outage.check.figures import check_figures, find_figures
from outage.check.pages import check_keepers, list_pages

CITED = "{footcite:p}`order`"
KEPT = "---\nowner: scribe\nreviewed: 2026-11-20\n---\n"


def bare(text):
    return [(problem.line, problem.message.split("'")[1]) for problem in find_figures(text, Path("a.md"))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It lost $440m.", [(1, "$440m")]),
        ("At 09:30 it\nbegan.", [(1, "09:30")]),
        ("Some words.\n\nThen 97 mails\nand 8 servers.", [(3, "97")]),
        ("- one\n- 97 mails\n- 212 orders " + CITED, [(2, "97")]),
        (f"A paragraph {CITED} of its own.\n\n97 mails.", [(3, "97")]),
        (f"| a | b |\n|---|---|\n| 97 | {CITED} |\n| 98 | x |", [(4, "98")]),
        ("# Knight, 97 mails, 1 August 2012", [(1, "97")]),
        ("1. In 45 minutes.", [(1, "45")]),
        (":::{note} The 45 minutes\nWords.\n:::", [(1, "45")]),
        (":::{note}\nIn 45 minutes.\n:::", [(2, "45")]),
        ("```{drawing} a.svg\nEight of 9.\n```", [(2, "9")]),
        ("In 2012.", [(1, "2012")]),
        (f"# A {CITED}\nIn 45 minutes.", [(2, "45")]),
    ],
)
def test_a_figure_without_a_source_beside_it_is_found(text, found):
    assert bare(text) == found


@pytest.mark.parametrize(
    "text",
    [
        f"It lost $440m in\n45 minutes {CITED}.",
        f"- 97 mails,\n  read by nobody {CITED}",
        "They say {fact}`45 minutes <the order>`.",
        ":::{fact} The order\nIn 45 minutes.\n:::",
        "# Knight Capital, 1 August 2012\n\n## 31 January to 1 February 2017\n\n## 21-22 October 2018",
        "1. First.\n2. Then S3 and db1.\n10) Last.",
        "Run `sleep 45` for {policy}`severities.highest.cadence`, [see](page.md#step-7).",
        "```text\n45\n```",
        ":::{when-pages} incidents/2026-11-20-drill/index\nWords.\n:::",
        ":::{say} When it is 45\nIt is 45.\n:::",
        "---\nreviewed: 2026-11-20\n---\nWords.",
        "% 45 in a comment\n\n<!-- 45 -->",
    ],
)
def test_what_has_its_source_or_is_no_figure_is_left_alone(text):
    assert bare(text) == []


def test_every_page_and_notebook_of_a_case_is_read_and_what_was_made_up_is_not(tmp_path):
    cells = [
        {"cell_type": "code", "source": ["45"], "outputs": [{"text": ["45"]}]},
        {"cell_type": "markdown", "source": ["# A\n", "In 45 minutes.\n"]},
    ]
    files = {
        "case-studies/index.md": "In 45 minutes.",
        "case-studies/real/index.md": "In 45 minutes.",
        "case-studies/real/record.yml": "title: Real\n",
        "case-studies/real/model.ipynb": json.dumps({"cells": cells}),
        "case-studies/real/broken.ipynb": "{",
        "case-studies/made/index.md": "In 45 minutes.",
        "case-studies/made/record.yml": "made_up: true\n",
        "process/other.md": "In 45 minutes.",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = [f"{problem.where}: {problem.message}" for problem in check_figures(tmp_path)]
    assert found == [
        "case-studies/index.md:1: the figure '45' has no source beside it",
        "case-studies/real/index.md:1: the figure '45' has no source beside it",
        "case-studies/real/model.ipynb: cell 2, line 2: the figure '45' has no source beside it",
    ]


# ---------------------------------------------------------------- who keeps a page


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.md", "# A", "a.md:1: the page does not say which role keeps it"),
        (
            "a.md",
            "---\nowner: scribe\n---\n# A",
            "a.md:1: the page does not say when it was last read through",
        ),
        ("a.md", KEPT.replace("scribe", "scribbler"), "a.md:1: its owner is no role: 'scribbler'"),
        ("a.md", KEPT.replace("11-20", "13-20"), "a.md:1: reviewed is no day: '2026-13-20'"),
        ("a.md", "---\n: [\n---\n", "a.md:1: the page does not say which role keeps it"),
        ("a.ipynb", "{}", "a.ipynb: the page does not say which role keeps it"),
    ],
)
def test_a_page_that_nobody_keeps_is_told(tmp_path, name, text, said):
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / name).write_text(text)
    problems = check_keepers(tmp_path)
    assert f"{problems[0].where}: {problems[0].message}" == f"library/{said}"
    assert problems[0].hint


def test_pages_and_notebooks_with_a_keeper_are_right_and_runs_are_no_pages(tmp_path):
    notebook = json.dumps({"cells": [], "metadata": {"owner": "scribe", "reviewed": "2026-11-20"}})
    files = {
        "process/a.md": KEPT,
        "library/change/b.ipynb": notebook,
        "process/policy.md": "# Policy",
        "case-studies/x/runs/1/notebook.ipynb": "{}",
        "library/.ipynb_checkpoints/c.ipynb": "{}",
        "elsewhere/d.md": "# D",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert check_keepers(tmp_path) == []
    assert [str(path) for path in list_pages(tmp_path)] == [
        "library/change/b.ipynb",
        "process/a.md",
        "process/policy.md",
    ]
