"""``outage classify`` and ``outage check``: what the policy says, and whether the handbook keeps to it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from outage.errors import Failed, OutageError, Problems, Refused
from outage.policy.classify import UNKNOWN, list_questions
from outage.policy.classify.verdict import locate_clause, make_verdict, parse_answers
from outage.project import find_project
from outage.source import nearest
from outage.text import terminal

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.classify import Ask
    from outage.policy.classify.verdict import Verdict


@click.command()
@click.argument("answers", nargs=-1, metavar="[QUESTION=ANSWER]...")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def classify(answers: tuple[str, ...], as_json: bool) -> None:
    """Answer a few questions; get severity, scope and channels.

    A question left out counts as 'unknown'. Without answers, the questions are asked one by one.
    """
    policy = find_project().policy()
    given = parse_answers(answers) or _ask_all(policy)
    found = make_verdict(policy, given)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        click.echo(terminal("\n".join(_format_verdict(policy, found))))


def _ask_all(policy: Policy) -> dict[str, str]:
    """Ask a person at a terminal for the answers."""
    asked = list_questions(policy)
    if not sys.stdin.isatty():
        ids = ", ".join(ask.id for ask in asked)
        raise Refused("no answers are given", hint=f"write QUESTION=ANSWER for one or more of: {ids}")
    click.echo("A number, or Enter if you do not know.", err=True)
    answers = {ask.id: _ask(ask) for ask in asked}
    return {question: answer for question, answer in answers.items() if answer != UNKNOWN} or {
        asked[0].id: UNKNOWN
    }


def _ask(ask: Ask) -> str:

    click.echo(f"\n{terminal(ask.text)}", err=True)
    for number, choice in enumerate(ask.choices, start=1):
        click.echo(f"  {number}  {terminal(choice.text)}", err=True)
        for _, criterion in choice.criteria:
            click.echo(f"       - {terminal(criterion)}", err=True)
    by_key = {str(number): choice.id for number, choice in enumerate(ask.choices, start=1)}
    by_key |= {choice.id: choice.id for choice in ask.choices} | {UNKNOWN: UNKNOWN, "": UNKNOWN}
    while True:
        typed = click.prompt("Answer", default="", show_default=False, err=True).strip().lower()
        if typed in by_key:
            return by_key[typed]
        click.echo(f"That is no answer to this: {nearest(typed, [key for key in by_key if key])}", err=True)


def _format_verdict(policy: Policy, found: Verdict) -> list[str]:

    lines = [f"{found.severity_name}: {found.meaning}", f"Scope: {found.scope}"]
    if found.command:
        lines.append(f"Post in: {', '.join(found.channels.values())}")
    lines += ["", "Because of:"]
    lines += [f"  {clause.text}\n    {clause.address} ({clause.where})" for clause in found.clauses]
    if found.doubt:
        rule = "classification.when_in_doubt"
        lines += ["", found.doubt_rule, *(f"  {question}" for question in found.doubt)]
        lines += [f"    {rule} ({locate_clause(policy, rule)})"]
    if found.time_box:
        lines += ["", found.time_box]
    if found.command:
        lines += ["", "Next:", f"  {found.command}"]
        lines += ["Declared already? Then:", *(f"  {one}" for one in found.again)]
    return lines


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--links", is_flag=True, help="Ask each web address on the pages, too: minutes, and the network."
)
def check(as_json: bool, links: bool) -> None:
    """Is this handbook right: policy, pages, playbooks and runbooks?"""
    from outage.check import check as every_problem

    project = find_project()
    problems = every_problem(project)
    if links:
        from outage.check.links import check_links

        click.echo("Asking each web address on the pages. This takes minutes.", err=True)
        problems += check_links(project)
    if as_json:
        click.echo(json.dumps([_plain(problem) for problem in _single(problems)], indent=2))
    for problem in [] if as_json else problems:
        click.echo(terminal(str(problem)))
    if problems:
        count = len(list(_single(problems)))
        raise Failed(f"{count} {'problem' if count == 1 else 'problems'} found")
    if not as_json:
        also = ", and each web address answers" if links else ""
        click.echo(f"Policy, prose, playbooks and runbooks are right{also}.")


def _single(problems: list[OutageError]) -> list[OutageError]:
    return [
        one
        for problem in problems
        for one in (problem.problems if isinstance(problem, Problems) else [problem])
    ]


def _plain(problem: OutageError) -> dict[str, str | int | None]:
    file = None if problem.file is None else str(problem.file)
    return {"file": file, "line": problem.line, "message": problem.message, "hint": problem.hint}
