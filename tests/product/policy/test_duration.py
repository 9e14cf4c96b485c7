"""Lengths of time are read as people write them, and shown in the units they were written in."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage.policy import Duration


@pytest.mark.parametrize(
    ("written", "seconds", "shown"),
    [
        ("20m", 1200, "20 minutes"),
        ("1h", 3600, "1 hour"),
        ("1h30m", 5400, "1 hour 30 minutes"),
        ("1 h 30 min", 5400, "1 hour 30 minutes"),
        ("90 m", 5400, "90 minutes"),
        ("72h", 259200, "72 hours"),
        ("24 hours", 86400, "24 hours"),
        ("2 days", 172800, "2 days"),
        ("3 weeks", 1814400, "3 weeks"),
        ("45s", 45, "45 seconds"),
        ("1 day, 2 hours", 93600, "1 day 2 hours"),
    ],
)
def test_an_exact_length(written: str, seconds: int, shown: str) -> None:
    duration = Duration.parse(written)
    assert duration.exact == timedelta(seconds=seconds)
    assert duration.business_days is None
    assert str(duration) == shown


@pytest.mark.parametrize(
    ("written", "often"),
    [
        ("1h", "hour"),
        ("20m", "20 minutes"),
        ("1h30m", "1 hour 30 minutes"),
        ("1 business day", "business day"),
        ("10 minutes", "10 minutes"),
    ],
)
def test_how_often_reads_after_the_word_every(written: str, often: str) -> None:
    assert Duration.parse(written).often == often


@pytest.mark.parametrize(
    ("written", "days", "shown"),
    [
        ("1 business day", 1, "1 business day"),
        ("3 Business Days", 3, "3 business days"),
        ("2 working days", 2, "2 business days"),
    ],
)
def test_business_days_have_no_exact_length(written: str, days: int, shown: str) -> None:
    duration = Duration.parse(written)
    assert (duration.exact, duration.business_days) == (None, days)
    assert str(duration) == shown


@pytest.mark.parametrize(
    "written", ["", "soon", "30", "0m", "-5m", "5 fortnights", "1h soon", "0 business days", "1.5h"]
)
def test_what_is_no_length_of_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(written)}$"):
        Duration.parse(written)


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=900)))
def test_the_short_form_reads_back_as_the_same_length(length: timedelta) -> None:
    duration = Duration(exact=timedelta(seconds=int(length.total_seconds())))
    assert Duration.parse(duration.short) == duration
    assert Duration.parse(str(duration)) == duration
