"""A notebook file, read and not executed: its cells, tags and runbook metadata.

The file is read with ``json`` and checked by hand. nbformat would do it too, and takes longer
to import than the rest of a plan needs; the client loads it while the kernel starts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, get_args

from outage.errors import Refused
from outage.text import one_line
from outage.unread import hint_for

if TYPE_CHECKING:
    from collections.abc import Iterable


CellType = Literal["code", "markdown", "raw"]
MOST_BYTES = 50_000_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RESTORE = "open and save it in JupyterLab, or restore it with git"
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook, without its outputs.

    Attributes:
        index: position in the file, from 0; messages count from 1.
        id: the cell's id in the file, or ``cell-N`` where it has none that is valid.
    """

    index: int
    id: str
    cell_type: CellType
    tags: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Notebook:
    """A notebook file.

    Attributes:
        path: the file, as messages name it.
        name: the file's name without its ending: what one types after ``outage run``.
        kernelspec: name and language of the kernel it asks for; either may be empty.
        runbook: the metadata under ``runbook``, unchecked.
    """

    path: Path
    name: str
    cells: tuple[Cell, ...]
    kernelspec: tuple[str, str]
    runbook: Any

    @property
    def title(self) -> str:
        """The first heading of its Markdown cells, or its name."""
        for cell in self.cells:
            if cell.cell_type == "markdown" and (heading := re.search(r"(?m)^#\s+(.+?)\s*$", cell.source)):
                return heading[1]
        return self.name

    def refuse(
        self, cell: Cell | None, reason: str, hint: str | None = None, line: int | None = None
    ) -> Refused:
        """Make a refusal that names this file, and the cell and the line within it."""
        place = "" if cell is None else f"cell {cell.index + 1}"
        if cell is not None and line is not None:
            place += f", line {line}"
        return Refused(f"{place}: {reason}" if place else reason, file=self.path, hint=hint)


def find_notebook(folder: Path, name: str) -> Path:
    """Find the file of the runbook ``name`` in ``folder``; never one outside it.

    Args:
        folder: the project's ``runbooks/``.
        name: as typed: ``blocked-queries``, ``blocked-queries.ipynb`` or ``runbooks/blocked-queries``.

    Raises:
        Refused: no such runbook, or the name leads out of the folder.
    """
    bare = name.removeprefix(f"{folder.name}/").removesuffix(".ipynb")
    if not NAME.fullmatch(bare):
        rule = "runbook names are small letters, digits and hyphens; 'outage runbooks' lists them"
        hint = hint_for(folder.parent, "runbook", bare) or rule
        raise Refused(f"'{name}' is not the name of a runbook", hint=hint)
    path = folder / f"{bare}.ipynb"
    if not path.is_file():
        from outage.source import nearest

        known = nearest(bare, list_runbooks(folder)) or f"{folder} holds no runbooks yet"
        hint = hint_for(folder.parent, "runbook", bare) or known
        raise Refused(f"there is no runbook '{bare}'", hint=hint)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Refused(f"the runbook '{bare}' is a link that leads out of {folder.name}/", file=path)
    return path


def list_runbooks(folder: Path) -> list[str]:
    """Names of the runbooks in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.ipynb") if NAME.fullmatch(path.stem))


def read_notebook(path: Path, shown: Path | None = None) -> Notebook:
    """Read a notebook file.

    Args:
        path: the file.
        shown: the name for messages; ``path`` when None.

    Raises:
        Refused: it is missing, too large, not JSON, not a notebook, or of a format from the future.
    """
    shown = shown or path
    try:
        found = path.stat()
        if not S_ISREG(found.st_mode):
            raise Refused("this is no ordinary file", file=shown)  # a pipe would be waited for
        size = found.st_size
        if size > MOST_BYTES:
            raise Refused(f"this file has {size} bytes; a runbook has at most {MOST_BYTES}", file=shown)
        return parse_notebook(path.read_bytes(), shown)
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}", file=shown) from None


def parse_notebook(data: bytes, shown: Path) -> Notebook:
    """As :func:`read_notebook`, for what is already in memory (a file of an earlier commit, say)."""
    try:
        content = json.loads(data.decode("utf-8-sig"))  # some editors begin a file with a byte order mark
    except UnicodeDecodeError:
        hint = "an editor saved it in another encoding: save it as UTF-8"
        raise Refused("this is not a notebook: it is not UTF-8 text", file=shown, hint=hint) from None
    except json.JSONDecodeError as error:
        hint = "if it was cut short, restore it with git"
        reason = f"this is not a notebook: it is not JSON ({error.msg})"
        raise Refused(reason, file=shown, line=error.lineno, hint=hint) from None
    except RecursionError:
        raise Refused("this is not a notebook: it is nested too deeply", file=shown) from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise Refused("this is not a notebook: it has no list of cells", file=shown)
    _check_format(content, shown)
    metadata = content.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    cells = tuple(_read_cell(index, cell, shown) for index, cell in enumerate(content["cells"]))
    return Notebook(shown, shown.stem, cells, _kernelspec(metadata), metadata.get("runbook"))


def _check_format(content: dict[str, Any], shown: Path) -> None:
    version = content.get("nbformat")
    if version == 4 and type(version) is int:
        return
    hint = "open and save it in JupyterLab, which brings it to format 4"
    if isinstance(version, int) and version > 4:
        hint = "it is from the future: save it as format 4, or use a newer outage"
    reason = f"this notebook's format is {version!r}, and this outage reads format 4"
    raise Refused(reason, file=shown, hint=hint)


def _read_cell(index: int, cell: Any, shown: Path) -> Cell:
    """Return one checked cell; sources and tags may be written in either way that the format allows.

    Raises:
        Refused: its type, source, metadata or tags are not what the format says.
    """
    try:
        return _check_cell(index, cell)
    except ValueError as error:
        reason, hint = error.args
        raise Refused(f"this is not a notebook: cell {index + 1}: {reason}", file=shown, hint=hint) from None


def _check_cell(index: int, cell: Any) -> Cell:
    """Return one checked cell; the ValueError of a wrong one holds the reason and a hint."""
    if not isinstance(cell, dict):
        raise ValueError("it is not a mapping of keys to values", _RESTORE)
    kind, source = cell.get("cell_type"), cell.get("source", "")
    if kind not in get_args(CellType):
        raise ValueError(f"its cell_type is {kind!r}", "write code, markdown or raw")
    if _texts(source):
        source = "".join(source)
    if not isinstance(source, str):
        raise ValueError("its source is not text", _RESTORE)
    metadata = cell.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise ValueError("its metadata is not a mapping of keys to values", _RESTORE)
    tags = metadata.get("tags") or []
    if not _texts(tags):
        listed = json.dumps(tags.split() if isinstance(tags, str) else ["read"])
        hint = f'write them as a list in the cell\'s metadata: "tags": {listed}'
        raise ValueError(f"its tags are {json.dumps(tags)[:80]}, which is not a list of texts", hint)
    name = cell.get("id")
    name = name if isinstance(name, str) and _ID.fullmatch(name) else f"cell-{index + 1}"
    return Cell(index, name, cell["cell_type"], tuple(tags), source)


def _texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _kernelspec(metadata: dict[str, Any]) -> tuple[str, str]:
    spec = metadata.get("kernelspec")
    spec = spec if isinstance(spec, dict) else {}
    info = metadata.get("language_info")
    language = spec.get("language") or (info.get("name") if isinstance(info, dict) else "")
    return str(spec.get("name", "")), str(language or "")


_LONGEST = 80
_MARKS = re.compile(r"[*_`]|^#+\s*|^[-*>]\s+")


def make_titles(cells: Iterable[tuple[str, str, str | None]]) -> list[str]:
    """Make a title for each cell, perhaps empty, safe for one line of a terminal.

    Args:
        cells: type (``code``, ``markdown``), source and step tag of every cell, in order.

    A gate is titled by its own first line; code by its first comment, else by the heading (or
    the first sentence) of the prose right before it. The notebook's own title is nobody's.
    """
    found: list[str] = []
    before = ""
    for cell_type, source, step in cells:
        if cell_type != "code":
            before = _heading(source)
            found.append(before if step == "gate" else "")
            continue
        first = next((line.strip() for line in source.splitlines() if line.strip()), "")
        comment = _short(first.lstrip("#").strip()) if first.startswith("#") else ""
        found.append(comment or before)
        before = ""
    return found


def _heading(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    heading = next((line for line in lines if line.startswith("#")), lines[0] if lines else "")
    return "" if heading.startswith("# ") else _short(_MARKS.sub("", heading))


def _short(text: str) -> str:
    line = one_line(text)
    sentence = re.split(r"(?<=[.:?!]) ", line)[0].rstrip(".:")
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 1]}…"
