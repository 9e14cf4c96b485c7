"""YAML files with the line of every value: policy, playbooks and case studies are read here.

YAML 1.2's core rules decide what is a number or a truth value, so ``NO`` is Norway and
``no`` is a word. Duplicate keys and anchors are refused: an address names one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from yaml.reader import ReaderError

from outage.errors import OutageError, Problems, Refused
from outage.text import one_line

Address = tuple[str, ...]
T = TypeVar("T")

_SCALARS: list[tuple[re.Pattern[str], Any]] = [
    (re.compile(r"~|null|Null|NULL|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"[-+]?[0-9]{19,}"), str),  # nothing here counts that far: a mistyped word
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
]
_DEEPEST = 40
_LARGEST = 1_000_000
"""Bytes of a file that a person writes by hand; the largest of ours has 16,000."""
_LONGEST_REASON = 300
"""Characters; a reason may repeat what a person wrote."""


@dataclass
class Source:
    """A YAML file as plain data, with the line of every address.

    Attributes:
        path: the file, as it is to be named in messages.
        data: nested dicts (string keys), lists and scalars.
        lines: address (keys and list indices as strings) to 1-based line.
    """

    path: Path
    data: Any
    lines: dict[Address, int] = field(default_factory=dict)

    def line(self, address: Address) -> int | None:
        """Line of an address, or of the nearest part above it that the file has."""
        for end in range(len(address), -1, -1):
            if address[:end] in self.lines:
                return self.lines[address[:end]]
        return None

    def refuse(self, address: Address, reason: str, hint: str | None = None) -> Refused:
        """Make a refusal of the value at ``address``: ``file:line: dotted.path: reason``."""
        dotted = one_line(".".join(address))
        reason = one_line(reason)
        if len(reason) > _LONGEST_REASON:
            reason = f"{reason[: _LONGEST_REASON // 2]} … {reason[-_LONGEST_REASON // 2 :]}"
        message = f"{dotted}: {reason}" if dotted else reason
        return Refused(message, file=self.path, line=self.line(address), hint=hint)


def read_yaml(path: Path, shown: Path | None = None) -> Source:
    """Read one YAML file.

    Args:
        path: the file.
        shown: the name for messages; ``path`` when None.

    Raises:
        Problems: the file is missing, unreadable, not UTF-8, too large, not YAML, or repeats a key.
    """
    shown = shown or path
    return parse_yaml(read_text(path, shown), shown)


def parse_yaml(text: str, shown: Path) -> Source:
    """Parse YAML text; as :func:`read_yaml` for what is already in memory."""
    root = compose(text, shown)
    source = Source(shown, None, {(): 1})
    problems: list[OutageError] = []
    if root is not None:
        source.data = _read_node(root, (), source, problems, set())
    if problems:
        raise Problems(problems)
    return source


def read_text(path: Path, shown: Path) -> str:
    """Read the text of a file that a person writes by hand.

    Raises:
        Problems: the file is missing, unreadable, not UTF-8 or too large.
    """
    try:
        with path.open("rb") as file:
            found = file.read(_LARGEST + 1)
    except FileNotFoundError:
        hint = "check the path, or restore it with git"
        raise Problems([Refused("there is no such file", file=shown, hint=hint)]) from None
    except OSError as error:
        raise Problems([Refused(f"cannot be read: {error.strerror}", file=shown)]) from None
    if len(found) > _LARGEST:
        reason = f"it has more than {_LARGEST:,} bytes, and nobody writes that by hand"
        hint = "check that it is the file you mean, or restore it with git"
        raise Problems([Refused(f"cannot be read: {reason}", file=shown, hint=hint)])
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError as error:
        line = found.count(b"\n", 0, error.start) + 1
        hint = "an editor saved it in another encoding: save it as UTF-8"
        raise Problems([Refused("it is not UTF-8 text", file=shown, line=line, hint=hint)]) from None


def compose(text: str, shown: Path) -> yaml.Node | None:
    """Compose the nodes of a YAML text, None for an empty one.

    PyYAML goes down a tree however deep it is, and takes the process down with it: depth is counted first.

    Raises:
        Problems: it is not YAML, or nested too deeply.
    """
    return _compose_checked(text, shown, lambda: yaml.compose(text, Loader=yaml.CSafeLoader))


def compose_all(text: str, shown: Path) -> list[yaml.Node]:
    """Return the nodes of each document of a YAML text, empty ones left out; raises as :func:`compose`."""
    documents = _compose_checked(text, shown, lambda: list(yaml.compose_all(text, Loader=yaml.CSafeLoader)))
    return [node for node in documents if not (isinstance(node, yaml.ScalarNode) and node.value == "")]


def _compose_checked(text: str, shown: Path, compose: Callable[[], T]) -> T:
    """Return what ``compose`` makes of a text that is YAML and not too deep."""
    try:
        if not (too_deep := _find_too_deep(text)):
            return compose()
    except yaml.YAMLError as error:
        raise Problems([_refuse_syntax(error, shown, text)]) from None
    hint = "look for a bracket too many, or for lines that are indented too far"
    raise Problems([Refused("this is nested too deeply", file=shown, line=too_deep, hint=hint)])


def _find_too_deep(text: str) -> int | None:
    """Find the 1-based line where a YAML text goes deeper than anything here does."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                return int(event.start_mark.line) + 1 if event.start_mark else 1
    return None


def _refuse_syntax(error: yaml.YAMLError, shown: Path, text: str) -> Refused:
    if isinstance(error, ReaderError):
        before = text.encode()[: error.position]  # libyaml counts bytes
        reason = f"this is not YAML: it holds the control character U+{error.character:04X}"
        hint = "delete it; editors may not show it"
        return Refused(reason, file=shown, line=before.count(b"\n") + 1, hint=hint)
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error)
    line = None if mark is None else mark.line + 1
    hint = "look at this line and the one above: a missing colon, quote or bracket, or a tab"
    return Refused(f"this is not YAML: {one_line(reason)}", file=shown, line=line, hint=hint)


def _read_node(
    node: yaml.Node, at: Address, source: Source, problems: list[OutageError], seen: set[int]
) -> Any:
    """Read the data of a node, record its line, and report what an address could not name once."""
    source.lines.setdefault(at, node.start_mark.line + 1)
    if id(node) in seen:
        hint = "write the value out: each address names one place"
        problems.append(source.refuse(at, "anchors and aliases are not supported", hint))
        return None
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return _read_scalar(node, at, source, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_read_node(item, (*at, str(i)), source, problems, seen) for i, item in enumerate(node.value)]
    return _read_mapping(node, at, source, problems, seen)


def _read_mapping(
    node: yaml.Node, at: Address, source: Source, problems: list[OutageError], seen: set[int]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            problems.append(Refused("a key must be a plain word", file=source.path, line=line))
            continue
        here = (*at, key.value)
        if key.value in result:
            first = source.lines[here]
            reason = f"this key stands twice, first on line {first}"
            problem = source.refuse(here, reason, "keep one of the two")
            problem.line = key.start_mark.line + 1
            problems.append(problem)
            continue
        source.lines[here] = key.start_mark.line + 1
        result[key.value] = _read_node(value, here, source, problems, seen)
    return result


def _read_scalar(node: yaml.ScalarNode, at: Address, source: Source, problems: list[OutageError]) -> Any:
    if node.tag.startswith("!"):
        problems.append(source.refuse(at, f"the tag {one_line(node.tag)} is not supported", "remove the tag"))
        return None
    if not node.style:  # neither quoted nor a block
        for pattern, build in _SCALARS:
            if pattern.fullmatch(node.value):
                return build(node.value)
    return node.value


def nearest(word: str, known: list[str], otherwise: str | None = None) -> str | None:
    """Make a hint that names the known word nearest to a mistyped one, or lists them all."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return otherwise or (f"known here: {', '.join(known)}" if known else None)
