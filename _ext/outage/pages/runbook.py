"""A runbook's page: facts at its head, and what each code cell is for; ``{runbooks}``, the list of all.

The page is the notebook, rendered by MyST-NB with its stored outputs. A directive is put below its
title while it is read, so that a runbook needs nothing in it for the site's sake. What was found stays
in view; the code that found it is folded away. Code that changes something is never folded away.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from outage.errors import OutageError
from outage.incident.times import Times
from outage.pages import catalogue_search, folders, run_form
from outage.pages.site import get_policy
from outage.redact.mask import make_masker, mask_outputs
from outage.render.runbook.catalogue import (
    STEPS,
    describe_runbooks,
    list_services,
    load_contract,
    write_about,
    write_after,
    write_catalogue,
)
from outage.render.runbook.proof import write_proof
from outage.run.review import compute_working_digest
from outage.runbook import proof
from outage.runbook.contract import examine
from outage.runbook.notebook import read_notebook
from outage.text import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "runbooks/"
CHANGING = frozenset({"change", "undo"})
HEADING = re.compile(r"^# .*$", re.MULTILINE)
ABOUT = "\n\n```{about-runbook}\n```\n"


class AboutDirective(SphinxDirective):
    """What heads the page of the runbook in which it stands."""

    def run(self) -> list[nodes.Node]:
        """Facts, commands and parameters."""
        path = Path(self.env.doc2path(self.env.docname))
        try:
            contract = examine(read_notebook(path, Path(path.name)))
        except OutageError as error:
            raise self.error(one_line(str(error))) from None
        folders.note_folder(self.env, "runbook")
        parts = (write_about(contract), self._proof(contract.name, path))
        texts = [nodes.container("", *self.parse_text_to_nodes(text)) for text in parts]
        for text, look in zip(texts, ("outage-about", "outage-proof"), strict=True):
            text["classes"].append(look)
        return [texts[0], run_form.make_form_node(contract), texts[1]]

    def _proof(self, name: str, path: Path) -> str:
        """Return what this build knows of the runbook's proof."""
        root = Path(self.env.srcdir)
        digest = compute_working_digest(root, read_notebook(path, Path(path.name)))
        zone = get_policy(self.config).company.timezone
        return write_proof(proof.find(root, name), name, digest, Times(zone))


class RunbooksDirective(SphinxDirective):
    """The list of runbooks."""

    def run(self) -> list[nodes.Node]:
        """Return the list's text, parsed in place."""
        folders.note_folder(self.env, "runbooks")
        folder = Path(self.env.doc2path(self.env.docname)).parent
        return [
            *catalogue_search.make_search_node(describe_runbooks(folder)),
            *self.parse_text_to_nodes(write_catalogue(folder)),
        ]


class StepBadges(SphinxTransform):
    """Says above each code cell of a runbook which step it is, by the number that ``outage run`` gives it."""

    default_priority = 700

    def apply(self, **kwargs: Any) -> None:
        """Put a line before each cell that has a step tag."""
        if not self.env.docname.startswith(FOLDER):
            return
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") != "cell_code":
                continue
            metadata: dict[str, Any] = cell["cell_metadata"]
            for tag in [tag for tag in metadata.get("tags", []) if tag in STEPS]:
                cell.parent.insert(cell.parent.index(cell), _badge(cell["cell_index"] + 1, tag))


def _badge(number: int, tag: str) -> nodes.paragraph:
    chip = nodes.inline("", f"{number} {tag}", classes=["outage-chip", "outage-step", f"outage-step-{tag}"])
    words = nodes.inline("", STEPS[tag], classes=["outage-aside"])
    return nodes.paragraph("", "", chip, nodes.Text(" "), words, classes=["outage-cell-step"])


def _add_about(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the directive below a runbook's first heading, and what follows a run below its last cell.

    No cell gets another number by it.
    """
    if not docname.startswith(FOLDER) or app.env.doc2path(docname).suffix != ".ipynb":
        return
    try:
        notebook = json.loads(source[0].removeprefix("\ufeff"))
        _complete(notebook)
        _mask(app, notebook)
        _fold(notebook)
        cell = next(one for one in notebook["cells"] if one["cell_type"] == "markdown")
        text = "".join(cell["source"])
    except (ValueError, KeyError, TypeError, StopIteration):
        return  # MyST-NB says what is wrong with it
    cell["source"] = HEADING.sub(lambda found: found[0] + ABOUT, text, count=1)
    _add_after(notebook, Path(app.env.doc2path(docname)))
    source[0] = json.dumps(notebook)


def _add_after(notebook: dict[str, Any], path: Path) -> None:
    """Put what errors mean, and where to go on, below the last step."""
    with suppress(OutageError, OSError):  # the directive at the head says what is wrong
        if text := write_after(load_contract(path.parent, path.stem), path.parent):
            notebook["cells"].append({"cell_type": "markdown", "id": "after", "metadata": {}, "source": text})


def _complete(notebook: dict[str, Any]) -> None:
    """Add what an editor left out: the runner needs none of it, and MyST-NB does."""
    notebook["metadata"] = notebook.get("metadata") or {}
    for cell in notebook["cells"]:
        cell["metadata"] = cell.get("metadata") or {}
        cell["metadata"]["tags"] = cell["metadata"].get("tags") or []
        cell.setdefault("source", "")
        if cell["cell_type"] == "code":
            cell.setdefault("outputs", [])
            cell.setdefault("execution_count", None)


def _mask(app: Sphinx, notebook: dict[str, Any]) -> None:
    """Take out of stored outputs what the policy masks on pages."""
    masks = get_policy(app.config).masks
    if masks.pages:
        mask = make_masker(masks)
        for cell in notebook["cells"]:
            mask_outputs(cell.get("outputs"), mask)


def _fold(notebook: dict[str, Any]) -> None:
    """Fold the code of steps that only look, and of no other, whatever the notebook itself asks for."""
    for cell in notebook["cells"]:
        tags = [tag for tag in cell["metadata"]["tags"] if tag != "hide-input"]
        if set(tags) & STEPS.keys():
            cell["metadata"]["tags"] = tags if set(tags) & CHANGING else [*tags, "hide-input"]


def _runbooks(folder: Path) -> list[Path]:
    """Return what the list of a folder's runbooks is made from."""
    return [*sorted(folder.glob("*.ipynb")), *_proofs(folder)]


def _around(folder: Path) -> str:
    """Return what a runbook's page shows beside its notebook."""
    return f"{[path.read_text(encoding='utf-8') for path in _proofs(folder)]}{list_services(folder)}"


def _proofs(folder: Path) -> list[Path]:
    """Return the proofs of a folder's runbooks."""
    return sorted((folder.parent / proof.FOLDER).glob("*.json"))


def setup(app: Sphinx) -> None:
    """Add the directives, the badges, and what puts the facts on the page."""
    folders.set_dependency(
        "runbooks", _runbooks, lambda folder: f"{write_catalogue(folder)}{describe_runbooks(folder)}"
    )
    folders.set_dependency("runbook", _runbooks, _around)
    app.add_directive_to_domain("outage", "about-runbook", AboutDirective)
    app.add_directive_to_domain("outage", "runbooks", RunbooksDirective)
    app.add_transform(StepBadges)
    app.connect("source-read", _add_about)
    run_form.setup(app)
    catalogue_search.setup(app)
    app.add_css_file("runbook.css", priority=910)
