"""An option given twice combines, or is refused: click alone would drop the first without a word."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from outage.cli import COMMANDS, cli
from outage.cli.repeats import refuse_repeats


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command of the command line, those in groups too."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command
        yield from below(name, command)


def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from below(f"{name} {inner.name}", inner)


def valued() -> Iterator[tuple[str, click.Command, click.Option]]:
    for name, command in commands():
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag:
                yield name, command, option


VALUED = list(valued())


@pytest.mark.parametrize(
    ("command", "option"), [one[1:] for one in VALUED], ids=[f"{n} {o.opts[0]}" for n, _, o in VALUED]
)
def test_every_option_with_a_value_is_combined_or_refused(
    command: click.Command, option: click.Option
) -> None:
    twice = [option.opts[-1], "1", option.opts[0], "2"]
    context = click.Context(command)
    parser = command.make_parser(context)
    if option.multiple:
        assert parser.parse_args(twice)[0][str(option.name)] == ["1", "2"]
    else:
        with pytest.raises(click.UsageError, match="is given 2 times, and only one would count"):
            parser.parse_args(twice)


def test_the_whole_command_line_is_looked_at() -> None:
    assert {"run --file", "declare --severity", "playbook done --at", "undo --by"} <= {
        f"{name} {option.opts[-1]}" for name, _, option in VALUED
    }


def test_flags_arguments_and_counts_may_come_again() -> None:
    @click.command()
    @click.argument("words", nargs=-1)
    @click.option("--loud", is_flag=True)
    @click.option("-v", count=True)
    def said(**given: object) -> dict[str, object]:
        return given

    found = refuse_repeats(said).main(["a", "--loud", "b", "--loud", "-vv"], standalone_mode=False)
    assert found == {"words": ("a", "b"), "loud": True, "v": 2}
