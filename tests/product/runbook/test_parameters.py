"""The parameters cell: what may stand in it, and what is known from it without running it."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outage.run.notebook import write_injected_source
from outage.runbook.parameters import UNSET, Parameter, read_parameters
from outage.runbook.types import ScalarType, from_data, to_data, to_text
from outage.runbook.values import resolve_values

EVERY_TYPE = """\
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from pydantic import Field, SecretStr

hours: Annotated[int, Field(ge=1, le=72)] = 24  # look-back window
ratio: float = 0.5
name: str = "all"
force: bool = False
since: date | None = None
at: datetime = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
wait: timedelta = timedelta(minutes=20)
folder: Path = Path("/tmp")
level: Literal["low", "high", 3] = "low"
hosts: Annotated[list[str], Field(max_length=3)] = ["a", "b"]
days: list[date] = [date(2026, 1, 1)]
password: SecretStr = SecretStr("secret://env/PASSWORD")
either: int | str = -1
required: str  # must be given
"""


def only(source: str) -> Parameter:
    parameters, faults = read_parameters(source)
    assert not faults
    return parameters[-1]


def test_names_types_limits_defaults_and_help_are_read() -> None:
    parameters, faults = read_parameters(EVERY_TYPE)
    assert faults == []
    hours = parameters[0]
    assert (hours.name, hours.default, hours.help, hours.line) == ("hours", 24, "look-back window", 6)
    assert hours.type == ScalarType("int", {"ge": 1, "le": 72})
    assert [p.name for p in parameters if p.required] == ["required"]
    assert [p.name for p in parameters if p.secret] == ["password"]


def test_the_defaults_are_python_values() -> None:
    defaults = {p.name: p.default for p in read_parameters(EVERY_TYPE)[0]}
    assert defaults["at"] == datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    assert defaults["wait"] == timedelta(minutes=20)
    assert defaults["folder"] == Path("/tmp")
    assert defaults["days"] == [date(2026, 1, 1)]
    assert defaults["either"] == -1
    assert defaults["required"] is UNSET


def test_help_may_stand_in_field_instead_of_a_comment() -> None:
    assert only("x: Annotated[int, Field(description='how many')] = 1").help == "how many"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x = 1", "'x' has no type"),
        ("x: dict = {}", "the type dict is not supported"),
        ("x: list = []", "the type list is not supported"),
        ("x: Optional[int] = None", "the type Optional[int] is not supported"),
        ("x: int = f()", "f() would have to be executed"),
        ("x: int = 1 + 1", "1 + 1 would have to be executed"),
        ("x: str = f'{1}'", "f'{1}' would have to be executed"),
        ("x: int = 'a'", "the default of 'x', 'a', is not a whole number"),
        ("x: int = True", "the default of 'x', True, is not a whole number"),
        ("x: date = '2026-01-01'", "the default of 'x', '2026-01-01', is not a date"),
        ("x: date = date(2026, 2, 30)", "cannot be made: day is out of range"),
        ("x: SecretStr = 'hunter2'", "the default of 'x' is not a reference to a secret"),
        ("x: SecretStr = SecretStr('hunter2')", "the default of 'x' is not a reference to a secret"),
        ("x: Annotated[int, Field(24, ge=1)] = 2", "Field takes keywords here"),
        ("x: Annotated[int, Field(default_factory=f)] = 2", "Field has no 'default_factory' here"),
        ("x: Annotated[int, Gt(1)] = 2", "Annotated takes Field(...), not Gt(1)"),
        ("open('x')", "open(...) is called here"),
        ("import os", "only 'from ... import ...' may stand here"),
        ("from os import environ", "'from os import environ' may not stand here"),
        ("from pathlib import Path as P", "'from pathlib import Path as P' may not stand here"),
        ("if True:\n    x: int = 1", "If may not stand here"),
        ("x: int = 1\nx: int = 2", "'x' is declared twice"),
        ("date: int = 1", "a parameter may not be called 'date'"),
        ("x: int = ", "this is not Python"),
        ("x: int = (\0)", "this is not Python"),
        ("x: float = 1e999", "is not a number"),
        ("x: float = 1" + "0" * 400, "is not a number"),
        ("x: str = '\\ud800'", "is not a text"),
        ("x: Path = Path('a\\0')", "is not a path"),
        ("x: list[SecretStr] = []", "a list cannot hold secrets"),
        ("x: SecretStr | str", "a secret is a secret and nothing else"),
        ("x: " + "list[" * 150 + "int" + "]" * 150, "lists may stand in lists 3 deep"),
    ],
)
def test_what_is_not_on_the_whitelist_is_refused(line: str, reason: str) -> None:
    _, faults = read_parameters(line)
    assert len(faults) == 1
    assert reason in faults[0].reason


def test_a_secret_that_was_written_down_is_not_repeated() -> None:
    for line in ("x: SecretStr = 'hunter2'", "x: SecretStr = SecretStr('hunter2')"):
        fault = read_parameters(line)[1][0]
        assert "hunter2" not in f"{fault.reason} {fault.hint}"
    for kind in ("SecretStr", "SecretStr | None", "Annotated[SecretStr, Field(min_length=9)]"):
        parameter = only(f"x: {kind}")
        given = [({"x": "hunter2"}, {}), *(({}, {"x": value}) for value in ("hunter2", ["hunter2"], 1234567))]
        for texts, data in given:
            wrong = resolve_values([parameter], texts, data)[1][0]
            assert "what was given is not a reference to a secret" in wrong.reason
            assert not re.search("hunter2|1234567", f"{wrong.reason} {wrong.hint}")


def test_every_fault_is_reported_at_once_with_its_line() -> None:
    _, faults = read_parameters("x = 1\ny: int = 2\nz: set = 3")
    assert [fault.line for fault in faults] == [1, 3]


GIVEN: list[tuple[str, str, Any]] = [
    ("int", "24", 24),
    ("int", " -3 ", -3),
    ("float", "2", 2.0),
    ("bool", "yes", True),
    ("bool", "False", False),
    ("str", "24", "24"),
    ("str", "", ""),
    ("date", "2026-01-31", date(2026, 1, 31)),
    ("datetime", "2026-01-31T09:30+00:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    ("timedelta", "1h30m", timedelta(minutes=90)),
    ("Path", "a/b", Path("a/b")),
    ("SecretStr", "secret://env/PW", "secret://env/PW"),
    ("Literal['a', 3]", "3", 3),
    ("list[int]", "1, 2", [1, 2]),
    ("list[int]", "", []),
    ("list[str]", '["a,b", "c"]', ["a,b", "c"]),
    ("int | None", "none", None),
    ("int | str", "x", "x"),
    ("timedelta", "1.234567 seconds", timedelta(seconds=1, microseconds=234567)),
    ("timedelta", "-3 seconds", timedelta(seconds=-3)),
    ("timedelta", "0s", timedelta(0)),
    ("timedelta", "0 minutes", timedelta(0)),
    ("timedelta", "4000000000 seconds", timedelta(seconds=4_000_000_000)),
]


@pytest.mark.parametrize(("kind", "text", "value"), GIVEN)
def test_a_typed_text_becomes_a_value(kind: str, text: str, value: Any) -> None:
    values, wrong = resolve_values([only(f"x: {kind}")], {"x": text}, {})
    assert wrong == []
    assert values == {"x": value}
    assert type(values["x"]) is type(value)


@pytest.mark.parametrize(("kind", "text", "value"), GIVEN)
def test_a_value_survives_the_journal_and_the_command_line(kind: str, text: str, value: Any) -> None:
    parameter = only(f"x: {kind}")
    assert from_data(parameter.type, json.loads(json.dumps(to_data(value)))) == value
    assert resolve_values([parameter], {"x": to_text(value)}, {})[0] == {"x": value}


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("int", "abc", "'abc' is not a whole number"),
        ("int", "1.5", "'1.5' is not a whole number"),
        ("float", "nan", "'nan' is not a number"),
        ("bool", "1", "'1' is not true or false"),
        ("date", "24", "'24' is not a date"),
        ("datetime", "1700000000", "is not a date and time"),
        ("timedelta", "3 business days", "is not a length of time"),
        ("Path", "", "'' is not a path"),
        ("Literal['a', 'b']", "c", "'c' is not one of a, b"),
        ("list[int]", "1,x", "'x' is not a whole number"),
        ("list[int]", "[1", "starts as a JSON list and is none"),
        ("int | None", "x", "'x' is not a whole number or none"),
        ("Annotated[int, Field(ge=1, le=72)]", "99", "99: it must be less than or equal to 72"),
        ("Annotated[str, Field(pattern='^a+$')]", "b", "must match pattern '^a+$'"),
        ("Annotated[list[int], Field(max_length=1)]", "1,2", "at most 1 item"),
        (
            "Annotated[timedelta, Field(le=timedelta(hours=1))]",
            "2h",
            "2h: it must be less than or equal",
        ),
        ("timedelta", "1e400 seconds", "is not a length of time"),
        ("timedelta", "99999999999999 seconds", "is not a length of time"),
        ("list[float]", "[NaN]", "NaN is not a number"),
        ("list[float]", f"[1{'0' * 400}]", "is not a number"),
        ("list[int]", "[" * 100_000, "starts as a JSON list and is none"),
        ("str", "\udcff", "what was given is not UTF-8 text"),
        ("Path", "/tmp/\udcff", "what was given is not UTF-8 text"),
        ("int", "x" * 100_000, "… (100002 characters) is not a whole number"),
    ],
)
def test_a_text_that_is_no_value_is_refused_in_words(kind: str, text: str, reason: str) -> None:
    _, wrong = resolve_values([only(f"x: {kind}")], {"x": text}, {})
    assert len(wrong) == 1
    assert reason in wrong[0].reason


@pytest.mark.parametrize(
    ("kind", "value"),
    [("int", True), ("int", "1"), ("bool", 1), ("str", 1), ("list[int]", 1), ("float", "1")],
)
def test_values_of_a_file_keep_their_type(kind: str, value: Any) -> None:
    _, wrong = resolve_values([only(f"x: {kind}")], {}, {"x": value})
    assert len(wrong) == 1


def test_unknown_missing_and_wrong_are_all_told_at_once_with_the_nearest_name() -> None:
    parameters, _ = read_parameters("hours: int = 24  # look-back window\nname: str  # whose")
    _, wrong = resolve_values(parameters, {"huors": "3", "hours": "x"}, {})
    assert [(w.name, w.hint) for w in wrong] == [
        ("huors", "did you mean 'hours'?"),
        ("hours", "hours (look-back window) is a whole number"),
        ("name", "-p name=..."),
    ]


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("limit: int = 1\nwait: int = 1", "known here: limit, wait"),
        ("# none", "this runbook takes no parameters"),
    ],
)
def test_an_unknown_parameter_that_resembles_none_is_told_which_there_are(source: str, hint: str) -> None:
    parameters, _ = read_parameters(source)
    assert [wrong.hint for wrong in resolve_values(parameters, {"foo": "1"}, {})[1]] == [hint]


def test_the_command_line_wins_over_the_file_and_the_file_over_the_default() -> None:
    parameters, _ = read_parameters("a: int = 1\nb: int = 1\nc: int = 1")
    values, _ = resolve_values(parameters, {"a": "3"}, {"a": 2, "b": 2})
    assert values == {"a": 3, "b": 2, "c": 1}


def test_our_cell_sets_typed_values_that_are_the_ones_given() -> None:
    parameters = [p for p in read_parameters(EVERY_TYPE)[0] if not p.secret]
    values = {
        **{p.name: p.default for p in parameters},
        "required": 'it\'s "quoted"\n',
        "wait": timedelta(0, 1, 5),
    }
    scope: dict[str, Any] = {}
    exec(write_injected_source(parameters, values), scope)
    assert {name: scope[name] for name in values} == values
    assert all(type(scope[name]) is type(value) or isinstance(value, Path) for name, value in values.items())


def test_our_cell_holds_the_reference_of_a_secret_never_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2")
    parameter = only(
        "from pydantic import SecretStr\npassword: SecretStr = SecretStr('secret://env/PASSWORD')"
    )
    source = write_injected_source([parameter], {"password": "secret://env/PASSWORD"})
    assert "hunter2" not in source
    scope: dict[str, Any] = {}
    exec(source, scope)
    assert scope["password"].get_secret_value() == "hunter2"
