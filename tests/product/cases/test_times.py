"""When something happened: each form keeps what is known, and claims no more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outage.cases.times import When, compute_span
from outage.incident.times import Times

NEW_YORK = Times("America/New_York")


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2012-08-01 09:30", at(2012, 8, 1, 13, 30), at(2012, 8, 1, 13, 30)),
        ("2012-08-01T09:30:15", at(2012, 8, 1, 13, 30, 15), at(2012, 8, 1, 13, 30, 15)),
        ("2012-08-01 09:30Z", at(2012, 8, 1, 9, 30), at(2012, 8, 1, 9, 30)),
        ("2012-08-01 09:30 UTC", at(2012, 8, 1, 9, 30), at(2012, 8, 1, 9, 30)),
        ("2012-08-01 09:30 -07:00", at(2012, 8, 1, 16, 30), at(2012, 8, 1, 16, 30)),
        ("2012-08-01", at(2012, 8, 1, 4), at(2012, 8, 2, 4)),
        ("2012-08", at(2012, 8, 1, 4), at(2012, 9, 1, 4)),
        ("2012-12", at(2012, 12, 1, 5), at(2013, 1, 1, 5)),
        ("2012", at(2012, 1, 1, 5), at(2013, 1, 1, 5)),
    ],
)
def test_a_written_time_has_two_ends(written: str, first: datetime, last: datetime) -> None:
    assert compute_span(written, "America/New_York") == (first, last)


@pytest.mark.parametrize(
    ("kind", "written", "about", "words"),
    [
        ("at", ("2012-08-01 09:30", "2012-08-01 09:30"), False, "2012-08-01 13:30 UTC (09:30 EDT)"),
        ("at", ("2012-08-01 09:30", "2012-08-01 09:30"), True, "about 2012-08-01 13:30 UTC (09:30 EDT)"),
        (
            "lasted",
            ("2012-08-01 08:01", "2012-08-01 09:30"),
            False,
            "2012-08-01 12:01 UTC (08:01 EDT) to 13:30 UTC (09:30 EDT)",
        ),
        (
            "between",
            ("2012-08-01 09:30", "2012-08-01 10:15"),
            False,
            "between 2012-08-01 13:30 UTC (09:30 EDT) and 14:15 UTC (10:15 EDT)",
        ),
        ("lasted", ("2012-07-27", "2012-07-31"), False, "27 July 2012 to 31 July 2012"),
        ("on", ("2011-10", "2011-10"), True, "about October 2011"),
        ("on", ("2003", "2003"), False, "2003"),
        ("during", None, False, "no clock time known"),
    ],
)
def test_it_reads_as_well_as_it_is_known(
    kind: str, written: tuple[str, str] | None, about: bool, words: str
) -> None:
    first, last = written or ("2012-08-01 09:30", "2012-08-01 10:15")
    zone = "America/New_York"
    when = When(kind, compute_span(first, zone)[0], compute_span(last, zone)[1], about, written)  # type: ignore[arg-type]
    assert when.words(NEW_YORK) == words


def test_the_day_is_left_out_where_it_is_plain() -> None:
    when = When("at", at(2012, 8, 1, 14), at(2012, 8, 1, 14))
    assert when.words(NEW_YORK, at(2012, 8, 1, 9)) == "14:00 UTC (10:00 EDT)"
    assert when.words(NEW_YORK, at(2012, 7, 31, 9)) == "2012-08-01 14:00 UTC (10:00 EDT)"
