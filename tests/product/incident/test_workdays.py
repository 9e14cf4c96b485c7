"""Business days: no weekend, no public holiday, no day off of the company, in its own time zone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from outage.errors import Refused
from outage.incident.workdays import add_length, find_next_business_day, is_business_day
from outage.policy import Duration, parse_policy
from outage.policy.models import Calendar
from tests.product.incident.story import POLICY, policy


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2026-11-20T10:00", "30m", "2026-11-20T10:30"),
        ("2026-11-20T10:00", "3 days", "2026-11-23T10:00"),
        ("2026-11-19T10:00", "1 business day", "2026-11-20T23:59"),
        (
            "2026-11-20T10:00",
            "1 business day",
            "2026-11-24T23:59",
        ),  # a weekend, then a day off of the company
        ("2026-11-21T03:00", "1 business day", "2026-11-24T23:59"),
        ("2026-12-24T10:00", "1 business day", "2026-12-29T23:59"),  # Christmas, and Boxing Day observed
        ("2026-06-17T10:00", "1 business day", "2026-06-18T22:59"),  # British summer time
        ("2026-06-17T23:30", "1 business day", "2026-06-19T22:59"),  # it is the 18th in London by then
    ],
)
def test_a_length_is_counted_from_a_start(start: str, length: str, end: str) -> None:
    begun = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert add_length(begun, Duration.parse(length), policy()) == datetime.fromisoformat(end).replace(
        tzinfo=UTC
    )


def test_the_clock_change_does_not_bend_an_exact_length() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # London goes back an hour at 01:00 UTC
    assert add_length(before, Duration.parse("2h"), policy()) - before == timedelta(hours=2)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (
            "Europe/London",
            "2026-10-23T10:00",
            "2026-10-26T23:59",
        ),  # over the weekend on which the clocks change
        ("Europe/London", "2026-03-27T10:00", "2026-03-30T22:59"),
        (
            "America/Santiago",
            "2026-04-03T10:00",
            "2026-04-05T03:59",
        ),  # 24:00 becomes 23:00: 23:59 comes twice
        ("America/Santiago", "2026-09-04T10:00", "2026-09-06T03:59"),  # the next day begins at 01:00
        ("America/Nuuk", "2026-03-27T10:00", "2026-03-29T00:59"),  # 22:00 becomes 23:00
    ],
)
def test_a_business_day_ends_with_its_last_minute_where_the_clocks_change(
    zone: str, start: str, end: str
) -> None:
    weekend = "[saturday, sunday]" if zone == "Europe/London" else "[sunday]"
    text = POLICY.replace("Europe/London", zone).replace(
        "country: GB, region: ENG, holidays: {2026-11-23: Company day}", f"weekend: {weekend}"
    )
    begun = datetime.fromisoformat(start).replace(tzinfo=UTC)
    last = datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert add_length(begun, Duration.parse("1 business day"), parse_policy(text)) == last


def test_another_country_has_other_holidays_and_weekends() -> None:
    text = POLICY.replace(
        "country: GB, region: ENG, holidays: {2026-11-23: Company day}", "weekend: [friday, saturday]"
    )
    calendar = parse_policy(text).calendar
    assert [is_business_day(date(2026, 11, day), calendar) for day in (20, 21, 22)] == [False, False, True]
    assert not is_business_day(date(2026, 11, 23), Calendar(country="JP"))  # Labour Thanksgiving Day
    assert is_business_day(date(2026, 11, 23), Calendar(country="DE"))


def test_a_calendar_without_business_days_is_refused_not_searched_for_ever() -> None:
    every_day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    with pytest.raises(Refused, match="no business day"):
        find_next_business_day(date(2026, 11, 20), Calendar.model_validate({"weekend": every_day}))
