"""Rule files in Prometheus' format, as far as a handbook cares: alerts, their labels and where they lead.

Prometheus itself judges the rest (``promtool check rules``), so unknown keys, anchors and expressions
are passed over. Kubernetes keeps the same groups in objects of kind PrometheusRule: those are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from outage.errors import OutageError, Problems, Refused
from outage.source import read_text, trees
from outage.text import one_line

OPEN = "\ufffc"
"""What stands for a part of a text that only a firing alert knows."""

_MERGE = "tag:yaml.org,2002:merge"
_LABEL = re.compile(r"\{\{-?\s*(?:\$labels|\.Labels)\.(\w+)\s*(?:\|\s*urlquery\s*)?-?\}\}")
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """One alert rule.

    Attributes:
        alert: its name.
        runbook_url: as written, a template maybe; empty when there is none.
        labels: those that the rule itself sets.
        file: as messages name it.
        line: of the rule, 1-based.
        url_line: of its ``runbook_url``; the rule's when there is none.
    """

    alert: str
    runbook_url: str
    labels: dict[str, str] = field(hash=False)
    file: Path
    line: int
    url_line: int

    @property
    def url(self) -> str:
        """The URL with the rule's own labels filled in, and :data:`OPEN` for what stays open."""
        known = {"alertname": self.alert} | {
            key: value for key, value in self.labels.items() if "{{" not in value
        }
        filled = _LABEL.sub(lambda found: known.get(found[1], found[0]), self.runbook_url)
        return _TEMPLATE.sub(OPEN, filled)

    def refuse(self, reason: str, hint: str | None = None) -> Refused:
        """A refusal of this rule, at the line of its URL."""
        message = f"alert {one_line(self.alert)}: {reason}"
        return Refused(message, file=self.file, line=self.url_line, hint=hint)


def read_rules(path: Path, shown: Path | None = None) -> list[Rule]:
    """The alert rules of a file, in order; recording rules are left out.

    Args:
        path: the file.
        shown: the name for messages; ``path`` when None.

    Raises:
        Problems: it cannot be read, or is no rule file; all that is wrong with its shape.
    """
    shown = shown or path
    documents = trees(read_text(path, shown), shown)
    problems: list[OutageError] = []
    rules = [
        rule
        for document in documents
        for root in _rule_files(document)
        for rule in _rules(root, shown, problems)
    ]
    if problems:
        raise Problems(problems)
    return rules


def _rule_files(document: yaml.Node) -> Iterator[yaml.Node]:
    """Yield what holds ``groups``: the document itself, or the ``spec`` of each of Kubernetes' objects."""
    kind = _entry(document, "kind")
    items = _entry(document, "items")
    if kind is None:
        yield document
    elif isinstance(items, yaml.SequenceNode):  # kind: List
        for item in items.value:
            yield from _rule_files(item)
    elif kind.value == "PrometheusRule" or _entry(_entry(document, "spec"), "groups") is not None:
        yield _entry(document, "spec") or document


def _rules(root: yaml.Node, shown: Path, problems: list[OutageError]) -> Iterator[Rule]:
    for group in _list(_entry(root, "groups"), root, "groups", shown, problems):
        for node in _list(_entry(group, "rules"), group, "rules", shown, problems):
            alert = _entry(node, "alert")
            if isinstance(alert, yaml.ScalarNode) and alert.value:
                yield _rule(node, alert, shown)
            elif _entry(node, "record") is None:
                reason = "this rule has neither 'alert' nor 'record'"
                problems.append(Refused(reason, file=shown, line=_line(node)))


def _rule(node: yaml.Node, alert: yaml.ScalarNode, shown: Path) -> Rule:
    url = _entry(_entry(node, "annotations"), "runbook_url")
    labels = _entry(node, "labels")
    return Rule(
        alert=alert.value,
        runbook_url=url.value.strip() if isinstance(url, yaml.ScalarNode) else "",
        labels={
            key: value.value for key, value in _pairs(labels).items() if isinstance(value, yaml.ScalarNode)
        },
        file=shown,
        line=_line(node),
        url_line=_line(node if url is None else url),
    )


def _list(
    node: yaml.Node | None, above: yaml.Node | None, key: str, shown: Path, problems: list[OutageError]
) -> list[yaml.Node]:
    """The items of a list; its absence is a problem at the line of what should have it."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.ScalarNode) and node.value in {"", "null", "~"}:
        return []  # Prometheus takes that for an empty list
    line = _line(node or above)
    hint = "a rule file is 'groups:', a list; each has a 'name' and 'rules:', a list"
    problems.append(Refused(f"there is no list '{key}' here", file=shown, line=line, hint=hint))
    return []


def _entry(node: yaml.Node | None, key: str) -> yaml.Node | None:
    """The value of a key of a mapping; None if it has none or is no mapping."""
    return _pairs(node).get(key)


def _pairs(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """Return keys and values of a mapping, those that ``<<`` merges into it included; its own win."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.tag == _MERGE:
            for other in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                found = _pairs(other) | found
    own = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    return found | own


def _line(node: yaml.Node | None) -> int:
    return 1 if node is None else node.start_mark.line + 1
