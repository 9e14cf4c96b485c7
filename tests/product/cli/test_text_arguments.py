"""A text is recorded as it was typed, whatever it begins with; what is meant as an option never is."""

import click
import pytest

from outage.cli import COMMANDS, LazyGroup, cli
from outage.cli.options import WORDS, TextCommand
from tests.product.cli.desk import Terminal

DASHED = [
    "-5% traffic since noon",
    "- item",
    "--force was used",
    "-p 5432 is closed",
    "-high load",
    "--x of y; --by is not",
    "->",
    "#4711 is back",
]


def last_text(outage: Terminal) -> str:
    return str(outage.incident.entries[-1].data["text"])


@pytest.mark.parametrize("text", DASHED)
def test_a_text_that_begins_with_a_sign_is_recorded(outage: Terminal, text: str) -> None:
    outage.ok("declare", "x")
    outage.ok("note", text, "--by", "Bo")
    assert last_text(outage) == text
    assert outage.incident.entries[-1].event.by == "Bo"


def test_words_and_options_may_stand_in_any_order(outage: Terminal) -> None:
    outage.ok("declare", "-5% traffic", "--severity", "sev2", "since noon")
    assert (outage.incident.title, outage.incident.severity) == ("-5% traffic since noon", "sev2")
    outage.ok("note", "-3", "--by=Bo", "of", "8", "--", "--force", "--by")
    assert last_text(outage) == "-3 of 8 --force --by"
    assert outage.incident.entries[-1].event.by == "Bo"
    outage.ok("severity", "sev3", "--why", "-5% only")
    assert outage.incident.entries[-1].data["why"] == "-5% only"
    outage.ok("update", "responders", "-5% only")
    assert last_text(outage) == "-5% only"


@pytest.mark.parametrize(
    "words", [("--force", "was used"), ("text", "--incidnt", "x"), ("text", "--at 14:05")]
)
def test_what_is_meant_as_an_option_is_refused_and_the_way_out_is_named(
    outage: Terminal, words: tuple[str, ...]
) -> None:
    outage.ok("declare", "x")
    refused = outage("note", *words)
    assert refused.code == 2
    assert "No such option" in refused.err
    assert "If your text begins with it, put -- before the text: outage note -- TEXT" in refused.err
    assert len(outage.incident.entries) == 1


def test_an_option_without_its_value_is_refused(outage: Terminal) -> None:
    assert "Option '--by' requires an argument" in outage("note", "text", "--by").err


def test_a_text_that_the_shell_took_for_a_comment_is_told_to_be_quoted(outage: Terminal) -> None:
    assert "Missing argument 'TEXT...'. A text that begins with # needs quotes" in outage("note").err


def test_every_command_that_takes_a_text_takes_any_text() -> None:
    assert isinstance(cli, LazyGroup)
    taking = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        arguments = [one for one in command.params if isinstance(one, click.Argument)]
        if any(one.nargs == WORDS["nargs"] and one.required for one in arguments):
            taking.append(name)
            assert isinstance(command, TextCommand), name
    assert {"declare", "note", "update", "correct", "role"} <= set(taking)
