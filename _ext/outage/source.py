"""YAML files with the line of every value: policy, playbooks and case studies are read here.

YAML 1.2's core rules decide what is a number or a truth value, so ``NO`` is Norway and
``no`` is a word. Duplicate keys and anchors are refused: an address names one place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from outage.errors import OutageError, Problems, Refused
from outage.text import one_line

Address = tuple[str, ...]

_SCALARS: list[tuple[re.Pattern[str], Any]] = [
    (re.compile(r"~|null|Null|NULL|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
]
_DEEPEST = 40


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
        """A refusal of the value at ``address``: ``file:line: dotted.path: reason``."""
        dotted = one_line(".".join(address))
        message = f"{dotted}: {reason}" if dotted else reason
        return Refused(message, file=self.path, line=self.line(address), hint=hint)


def read_yaml(path: Path, shown: Path | None = None) -> Source:
    """Read one YAML file.

    Args:
        path: the file.
        shown: the name for messages; ``path`` when None.

    Raises:
        Problems: the file is missing, unreadable, not UTF-8, not YAML, or repeats a key.
    """
    shown = shown or path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Problems(
            [Refused("there is no such file", file=shown, hint="check the path, or restore it with git")]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Problems([Refused(f"cannot be read: {reason}", file=shown)]) from None
    return parse_yaml(text, shown)


def parse_yaml(text: str, shown: Path) -> Source:
    """Parse YAML text; as :func:`read_yaml` for what is already in memory."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise Problems([_syntax(error, shown)]) from None
    source = Source(shown, None, {(): 1})
    problems: list[OutageError] = []
    if root is not None:
        source.data = _plain(root, (), source, problems, set())
    if problems:
        raise Problems(problems)
    return source


def _syntax(error: yaml.YAMLError, shown: Path) -> Refused:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error)
    line = None if mark is None else mark.line + 1
    hint = "look at this line and the one above: a missing colon, quote or bracket, or a tab"
    return Refused(f"this is not YAML: {one_line(reason)}", file=shown, line=line, hint=hint)


def _plain(node: yaml.Node, at: Address, source: Source, problems: list[OutageError], seen: set[int]) -> Any:
    """Data of a node; records its line, and reports what an address could not name once."""
    source.lines.setdefault(at, node.start_mark.line + 1)
    if id(node) in seen or len(at) > _DEEPEST:
        reason = "anchors and aliases are not supported" if id(node) in seen else "this is nested too deeply"
        problems.append(source.refuse(at, reason, "write the value out: each address names one place"))
        return None
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, at, source, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*at, str(i)), source, problems, seen) for i, item in enumerate(node.value)]
    return _mapping(node, at, source, problems, seen)


def _mapping(
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
        result[key.value] = _plain(value, here, source, problems, seen)
    return result


def _scalar(node: yaml.ScalarNode, at: Address, source: Source, problems: list[OutageError]) -> Any:
    if node.tag.startswith("!"):
        problems.append(source.refuse(at, f"the tag {one_line(node.tag)} is not supported", "remove the tag"))
        return None
    if not node.style:  # neither quoted nor a block
        for pattern, build in _SCALARS:
            if pattern.fullmatch(node.value):
                return build(node.value)
    return node.value


def nearest(word: str, known: list[str], otherwise: str | None = None) -> str | None:
    """A hint that names the known word nearest to a mistyped one, or lists them all."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return otherwise or (f"known here: {', '.join(known)}" if known else None)
