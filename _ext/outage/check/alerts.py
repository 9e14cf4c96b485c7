"""Whether alerts and runbooks lead to each other: who is woken lands on a page that is there.

Both directions: each rule's ``runbook_url`` is the page of a runbook, with parameters that it has, and
that runbook says that it answers the alert; each alert that a runbook says it answers has a rule.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import yaml

from outage.errors import OutageError, Problems, Refused
from outage.runbook.values import resolve_values
from outage.source import compose_all, nearest, read_text
from outage.text import one_line

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.runbook.contract import Contract


_FOLDER = "runbooks"
_ON_PURPOSE = "or say under alerts.elsewhere of the policy why it leads elsewhere"


def check_alerts(
    root: Path, policy: Policy, names: list[str], contracts: Mapping[str, Contract]
) -> list[OutageError]:
    """Every rule that leads nowhere, and every alert of a runbook that no rule has.

    Args:
        root: the handbook's folder.
        policy: says which rule files there are (``alerts.rules``), and the site; none: nothing is checked.
        names: of all runbooks.
        contracts: of those that could be read, by name.
    """
    if not policy.alerts.rules:
        return []
    found: list[OutageError] = []
    rules: list[Rule] = []
    for path in _list_files(root, policy, found):
        try:
            rules += read_rules(path, _shown(path, root))
        except OutageError as error:
            found.append(error)
    elsewhere = policy.alerts.elsewhere
    for rule in rules:
        if not any(fnmatchcase(rule.alert, alert) for alert in elsewhere):
            found += _check_leads(rule, policy.alerts.site, names, contracts)
    found += _check_needless(policy, rules)
    return [*found, *_check_answered(rules, contracts)]


def _list_files(root: Path, policy: Policy, found: list[OutageError]) -> list[Path]:
    """List the rule files, each once, in order; a pattern without any is a problem."""
    files: dict[Path, None] = {}
    for pattern in policy.alerts.rules:
        matches = [root / name for name in sorted(glob.glob(pattern, root_dir=root, recursive=True))]  # noqa: PTH207
        matches = [path for path in matches if path.is_file()]
        if not matches:
            line = policy.at("alerts.rules").line
            reason = f"alerts.rules: no file matches '{one_line(pattern)}'"
            hint = f"patterns are read from {root}; remove it if there are no such rules"
            found.append(Refused(reason, file=policy.path, line=line, hint=hint))
        files |= dict.fromkeys(matches)
    for pattern in policy.alerts.rules:
        for path in _check_passed_over(root, pattern, list(files)):
            reason = "no pattern of alerts.rules reads this file"
            hint = f"rename it, or add it to alerts.rules in {policy.path}"
            found.append(Refused(reason, file=_shown(path, root), hint=hint))
    return list(files)


def _check_needless(policy: Policy, rules: list[Rule]) -> Iterator[OutageError]:
    """Yield alerts that the policy says lead elsewhere, and that no rule raises."""
    for alert in policy.alerts.elsewhere:
        if not any(fnmatchcase(rule.alert, alert) for rule in rules):
            address = f"alerts.elsewhere.{alert}"
            near = nearest(alert, sorted({rule.alert for rule in rules}), "remove it")
            reason = f"{address}: no rule raises such an alert"
            yield Refused(reason, file=policy.path, line=policy.at(address).line, hint=near)


def _check_passed_over(root: Path, pattern: str, matches: list[Path]) -> Iterator[Path]:
    """Yield files that a pattern would match but for the letters of their ending: .yaml, .YML."""
    stem, dot, ending = pattern.rpartition(".")
    if not dot or ending.lower() not in {"yml", "yaml"}:
        return
    for name in sorted(glob.glob(f"{stem}.[yY]*", root_dir=root, recursive=True)):  # noqa: PTH207
        path = root / name
        if path not in matches and path.is_file() and path.suffix.lower() in {".yml", ".yaml"}:
            yield path


def _shown(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _check_leads(
    rule: Rule, site: str | None, names: list[str], contracts: Mapping[str, Contract]
) -> Iterator[OutageError]:
    """Check where a rule leads: find the first thing wrong on the way to the page, then each parameter."""
    base = (site or "https://HANDBOOK").rstrip("/")
    example = f"{base}/{_FOLDER}/NAME.html?PARAMETER={{{{ $labels.LABEL | urlquery }}}}"
    if not rule.runbook_url:
        hint = f"under annotations: runbook_url: {example}; {_ON_PURPOSE}"
        yield rule.refuse("it has no runbook_url", hint)
        return
    page, _, query = rule.url.partition("#")[0].partition("?")
    head, _, file = page.rpartition(f"/{_FOLDER}/")
    if not file.endswith(".html") or (head != base if site and OPEN not in head else not head):
        reason = f"its runbook_url is no runbook's page of this handbook: {one_line(rule.runbook_url)}"
        yield rule.refuse(reason, f"write: {example}; {_ON_PURPOSE}")
        return
    name = unquote(file.removesuffix(".html"))
    if OPEN in name:
        reason = "which page its runbook_url names is known only when it fires, so nobody can check it"
        yield rule.refuse(reason, "write the page's name out; let labels fill parameters")
    elif name not in names:
        reason = f"its runbook_url names a page that is not there: {_FOLDER}/{one_line(name)}.html"
        yield rule.refuse(reason, nearest(name, names))
    elif name in contracts:
        yield from _check_parameters(rule, query, contracts[name])
        if rule.alert not in contracts[name].meta.alerts:
            reason = f"it leads to runbook {name}, which does not say that it answers this alert"
            yield rule.refuse(reason, f"add it to alerts in the metadata of {_FOLDER}/{name}.ipynb")


def _check_parameters(rule: Rule, query: str, contract: Contract) -> Iterator[OutageError]:
    """Parameters of the URL that the runbook has not, may not be given, or would refuse."""
    known = {parameter.name: parameter for parameter in contract.parameters}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            reason = f"runbook {contract.name} has no parameter '{one_line(name)}'"
            yield rule.refuse(reason, nearest(name, list(known)))
        elif known[name].secret:
            reason = f"'{name}' of runbook {contract.name} is a secret, and a URL is read by many"
            yield rule.refuse(reason, "leave it out")
        elif OPEN not in value:
            for wrong in resolve_values((known[name],), {name: value}, {})[1]:
                yield rule.refuse(f"runbook {contract.name} would refuse {wrong.reason}", wrong.hint)


def _check_answered(rules: list[Rule], contracts: Mapping[str, Contract]) -> Iterator[OutageError]:
    """Alerts that a runbook says it answers, and that no rule raises."""
    alerts = sorted({rule.alert for rule in rules})
    for contract in contracts.values():
        for number, alert in enumerate(contract.meta.alerts):
            if alert not in alerts:
                reason = f"metadata runbook.alerts.{number}: no rule raises the alert '{one_line(alert)}'"
                yield contract.notebook.refuse(None, reason, nearest(alert, alerts))


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
        """Refuse this rule, at the line of its URL."""
        message = f"alert {one_line(self.alert)}: {reason}"
        return Refused(message, file=self.file, line=self.url_line, hint=hint)


def read_rules(path: Path, shown: Path | None = None) -> list[Rule]:
    """Read the alert rules of a file, in order; recording rules are left out.

    Args:
        path: the file.
        shown: the name for messages; ``path`` when None.

    Raises:
        Problems: it cannot be read, or is no rule file; all that is wrong with its shape.
    """
    shown = shown or path
    documents = compose_all(read_text(path, shown), shown)
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
    """List the items of a list; its absence is a problem at the line of what should have it."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.ScalarNode) and node.value in {"", "null", "~"}:
        return []  # Prometheus takes that for an empty list
    line = _line(node or above)
    hint = "a rule file is 'groups:', a list; each has a 'name' and 'rules:', a list"
    problems.append(Refused(f"there is no list '{key}' here", file=shown, line=line, hint=hint))
    return []


def _entry(node: yaml.Node | None, key: str) -> yaml.Node | None:
    """Return the value of a key of a mapping; None if it has none or isn't a mapping."""
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
