"""Times as people type and read them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from outage.errors import Refused
from outage.incident.times import format_ago, format_clock, format_full, format_near, format_span, parse_typed

NOW = datetime(2026, 6, 17, 13, 10, tzinfo=UTC)  # 14:10 in London


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14:05", "2026-06-17T13:05"),
        ("14:05:30", "2026-06-17T13:05:30"),
        ("9:05", "2026-06-17T08:05"),
        ("14:11", "2026-06-17T13:10"),  # a clock that is a minute ahead: it cannot be later than now
        ("10m", "2026-06-17T13:00"),
        ("10m ago", "2026-06-17T13:00"),
        ("1h 5m ago", "2026-06-17T12:05"),
        ("2026-06-17 09:00", "2026-06-17T08:00"),
        ("2026-06-17T09:00Z", "2026-06-17T09:00"),
        ("2026-06-17T09:00+02:00", "2026-06-17T07:00"),
        ("2026-01-17 09:00", "2026-01-17T09:00"),
        ("09:00 BST", "2026-06-17T08:00"),
        ("09:00+02:00", "2026-06-17T07:00"),
    ],
)
def test_a_time_is_local_unless_it_says_otherwise(text: str, moment: str) -> None:
    assert parse_typed(text, "Europe/London", NOW) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "14.05", "2026-13-01", "-5m", "ago", "\x1b[31m", "9" * 400]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(Refused, match="is not a time") as refusal:
        parse_typed(text, "Europe/London", NOW)
    assert "10m ago" in str(refusal.value.hint)


@pytest.mark.parametrize(
    "zone", ["Europe/London", "UTC", "Asia/Tokyo", "Pacific/Auckland", "America/Sao_Paulo"]
)
@pytest.mark.parametrize("write", [format_full, format_clock], ids=["with its date", "without"])
def test_what_our_own_output_prints_can_be_typed_again(
    write: Callable[[datetime, str], str], zone: str
) -> None:
    at = NOW - timedelta(minutes=17)
    printed = write(at, zone)
    for text in (printed, printed.partition(" (")[0], printed.lower()):
        assert parse_typed(text, zone, NOW) == at


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "13:10"),
        ("Now", "13:10"),
        ("12:56 UTC", "12:56"),
        ("12:56Z", "12:56"),
        ("12:56 utc", "12:56"),
        ("12:56:30Z", "12:56:30"),
        ("2026-06-17T12:56:00.250000Z", "12:56:00.250000"),
        ("10 minutes ago", "13:00"),
        ("1 minute ago", "13:09"),
        ("30s ago", "13:09:30"),
        ("45 s", "13:09:15"),
        ("2 h 05 min ago", "11:05"),
        ("1 hour and 5 minutes ago", "12:05"),
        ("12 min ago", "12:58"),
    ],
)
def test_moments_as_people_and_our_output_write_them(text: str, moment: str) -> None:
    expected = datetime.fromisoformat(f"2026-06-17T{moment}").replace(tzinfo=UTC)
    assert parse_typed(text, "Europe/London", NOW) == expected


def test_days_ago_are_read_as_they_are_printed() -> None:
    assert parse_typed(f"{format_span(timedelta(days=3))} ago", "Europe/London", NOW) == NOW - timedelta(
        days=3
    )


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31", "0001-01-01 10:00"]
)
def test_a_year_that_cannot_be_meant_is_not_a_time(text: str) -> None:
    for zone in ("Europe/London", "Asia/Tokyo", "America/Sao_Paulo"):
        with pytest.raises(Refused, match="is not a time|is in the future"):
            parse_typed(text, zone, NOW)


def test_the_future_is_refused() -> None:
    with pytest.raises(Refused, match="is in the future"):
        parse_typed("2026-06-18 09:00", "Europe/London", NOW)


@pytest.mark.parametrize(
    ("text", "at"),
    [("23:50", "2026-06-16T22:50Z"), ("23:50 UTC", "2026-06-16T23:50Z"), ("15:30 BST", "2026-06-16T14:30Z")],
)
def test_a_time_that_has_not_come_today_is_never_filed_under_yesterday_unasked(text: str, at: str) -> None:
    with pytest.raises(Refused, match="is in the future") as refusal:
        parse_typed(text, "Europe/London", NOW)
    assert str(refusal.value.hint) == f"if it was yesterday: --at {at}"
    asked: list[str] = []

    def yes(question: str) -> bool:
        asked.append(question)
        return True

    yesterday = datetime.fromisoformat(at)
    assert parse_typed(text, "Europe/London", NOW, yes) == yesterday
    with pytest.raises(Refused, match="is in the future"):
        parse_typed(text, "Europe/London", NOW, lambda _: False)
    assert f"Do you mean yesterday, {format_full(yesterday, 'Europe/London')}?" in asked[0]
    assert parse_typed(at, "Europe/London", NOW) == yesterday, "the hint can be typed as it stands"


def test_a_date_in_the_future_is_not_taken_for_a_slip_of_a_day() -> None:
    with pytest.raises(Refused, match="is in the future"):
        parse_typed("2026-06-18 09:00", "Europe/London", NOW, lambda _: True)


# ---------------------------------------------------------------- where the clocks change

AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)  # London: 02:00 BST becomes 01:00 GMT at 01:00 UTC
SPRING = datetime(2026, 3, 29, tzinfo=UTC)  # London: 01:00 GMT becomes 02:00 BST at 01:00 UTC


@pytest.mark.parametrize(
    ("now", "at"),
    [("00:45", "00:30"), ("01:10", "00:30"), ("01:35", "01:30"), ("09:00", "01:30")],
)
def test_a_time_of_day_that_comes_twice_is_the_latest_that_is_past(now: str, at: str) -> None:
    hour, minute = map(int, now.split(":"))
    found = parse_typed("01:30", "Europe/London", AUTUMN.replace(hour=hour, minute=minute))
    assert f"{found:%H:%M}" == at


def test_a_date_on_which_a_time_comes_twice_shows_both_and_either_can_be_typed() -> None:
    now = AUTUMN.replace(hour=12)
    with pytest.raises(Refused, match="show 2026-10-25 01:30 twice") as refusal:
        parse_typed("2026-10-25 01:30", "Europe/London", now)
    hint = str(refusal.value.hint)
    assert hint == (
        "--at 2026-10-25T00:30Z for 2026-10-25 00:30 UTC (01:30 BST)"
        " or --at 2026-10-25T01:30Z for 2026-10-25 01:30 UTC"
    )
    assert parse_typed("2026-10-25 01:30 BST", "Europe/London", now) == AUTUMN.replace(minute=30)
    assert parse_typed("2026-10-25 01:30 GMT", "Europe/London", now) == AUTUMN.replace(hour=1, minute=30)
    assert parse_typed("2026-10-25 01:30", "Europe/London", AUTUMN.replace(minute=40)) == AUTUMN.replace(
        minute=30
    )


@pytest.mark.parametrize("text", ["01:30", "2026-03-29 01:30"])
def test_a_time_that_the_clocks_skip_is_refused_with_both_readings(text: str) -> None:
    with pytest.raises(Refused, match="skip 2026-03-29 01:30") as refusal:
        parse_typed(text, "Europe/London", SPRING.replace(hour=12))
    assert "2026-03-29T00:30Z" in str(refusal.value.hint)
    assert "2026-03-29T01:30Z" in str(refusal.value.hint)
    assert parse_typed("02:30", "Europe/London", SPRING.replace(hour=12)) == SPRING.replace(hour=1, minute=30)


def test_a_date_is_said_when_it_is_not_that_of_the_other_moment() -> None:
    assert format_near(NOW, NOW + timedelta(hours=2), "Europe/London") == "13:10 UTC (14:10 BST)"
    assert format_near(NOW, NOW + timedelta(hours=12), "Europe/London") == "2026-06-17 13:10 UTC (14:10 BST)"


def test_a_moment_that_has_not_come_is_never_called_past() -> None:
    assert format_ago(NOW, NOW + timedelta(minutes=9)) == "9 min ago"
    assert format_ago(NOW + timedelta(minutes=9), NOW) == "9 min ahead of this machine's clock"


def test_utc_stands_first_and_local_time_beside() -> None:
    assert format_full(NOW, "Europe/London") == "2026-06-17 13:10 UTC (14:10 BST)"
    assert format_full(NOW, "UTC") == "2026-06-17 13:10 UTC"
    assert format_full(NOW.replace(month=1), "Europe/London") == "2026-01-17 13:10 UTC"
    assert format_full(NOW.replace(month=1), "Europe/Lisbon") == "2026-01-17 13:10 UTC"
    assert format_full(NOW, "Asia/Tokyo") == "2026-06-17 13:10 UTC (22:10 JST)"
    assert format_full(NOW, "Pacific/Auckland") == "2026-06-17 13:10 UTC (18 Jun 01:10 NZST)"
    assert format_full(NOW, "America/Sao_Paulo") == "2026-06-17 13:10 UTC (10:10 UTC-03)"
    assert format_clock(NOW, "Europe/London") == "13:10 UTC (14:10 BST)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7500, "2 h 05 min"),
        (172800, "2 days"),
        (-90, "1 min"),
    ],
)
def test_a_length_at_a_glance(seconds: int, words: str) -> None:
    assert format_span(timedelta(seconds=seconds)) == words
