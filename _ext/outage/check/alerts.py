"""Whether alerts and runbooks lead to each other: who is woken lands on a page that is there.

Both directions: each rule's ``runbook_url`` is the page of a runbook, with parameters that it has, and
that runbook says that it answers the alert; each alert that a runbook says it answers has a rule.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from outage.check.rules import OPEN, Rule, read_rules
from outage.errors import OutageError, Refused
from outage.source import nearest
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
    for path in _files(root, policy, found):
        try:
            rules += read_rules(path, _shown(path, root))
        except OutageError as error:
            found.append(error)
    elsewhere = policy.alerts.elsewhere
    for rule in rules:
        if not any(fnmatchcase(rule.alert, alert) for alert in elsewhere):
            found += _leads(rule, policy.alerts.site, names, contracts)
    found += _needless(policy, rules)
    return [*found, *_answered(rules, contracts)]


def _files(root: Path, policy: Policy, found: list[OutageError]) -> list[Path]:
    """The rule files, each once, in order; a pattern without any is a problem."""
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
        for path in _passed_over(root, pattern, list(files)):
            reason = "no pattern of alerts.rules reads this file"
            hint = f"rename it, or add it to alerts.rules in {policy.path}"
            found.append(Refused(reason, file=_shown(path, root), hint=hint))
    return list(files)


def _needless(policy: Policy, rules: list[Rule]) -> Iterator[OutageError]:
    """Yield alerts that the policy says lead elsewhere, and that no rule raises."""
    for alert in policy.alerts.elsewhere:
        if not any(fnmatchcase(rule.alert, alert) for rule in rules):
            address = f"alerts.elsewhere.{alert}"
            near = nearest(alert, sorted({rule.alert for rule in rules}), "remove it")
            reason = f"{address}: no rule raises such an alert"
            yield Refused(reason, file=policy.path, line=policy.at(address).line, hint=near)


def _passed_over(root: Path, pattern: str, matches: list[Path]) -> Iterator[Path]:
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


def _leads(
    rule: Rule, site: str | None, names: list[str], contracts: Mapping[str, Contract]
) -> Iterator[OutageError]:
    """What is wrong with where a rule leads: the first thing on the way to the page, then each parameter."""
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
        yield from _parameters(rule, query, contracts[name])
        if rule.alert not in contracts[name].meta.alerts:
            reason = f"it leads to runbook {name}, which does not say that it answers this alert"
            yield rule.refuse(reason, f"add it to alerts in the metadata of {_FOLDER}/{name}.ipynb")


def _parameters(rule: Rule, query: str, contract: Contract) -> Iterator[OutageError]:
    """Parameters of the URL that the runbook has not, may not be given, or would refuse."""
    from outage.runbook.values import resolve

    known = {parameter.name: parameter for parameter in contract.parameters}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            reason = f"runbook {contract.name} has no parameter '{one_line(name)}'"
            yield rule.refuse(reason, nearest(name, list(known)))
        elif known[name].secret:
            reason = f"'{name}' of runbook {contract.name} is a secret, and a URL is read by many"
            yield rule.refuse(reason, "leave it out")
        elif OPEN not in value:
            for wrong in resolve((known[name],), {name: value}, {})[1]:
                yield rule.refuse(f"runbook {contract.name} would refuse {wrong.reason}", wrong.hint)


def _answered(rules: list[Rule], contracts: Mapping[str, Contract]) -> Iterator[OutageError]:
    """Alerts that a runbook says it answers, and that no rule raises."""
    alerts = sorted({rule.alert for rule in rules})
    for contract in contracts.values():
        for number, alert in enumerate(contract.meta.alerts):
            if alert not in alerts:
                reason = f"metadata runbook.alerts.{number}: no rule raises the alert '{one_line(alert)}'"
                yield contract.notebook.refuse(None, reason, nearest(alert, alerts))
