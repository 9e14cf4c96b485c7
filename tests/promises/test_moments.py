"""Times as people type and read them."""

from datetime import UTC, datetime, timedelta

import pytest

from outage.clock.moments import clock, shown, span, typed
from outage.errors import Refused

NOW = datetime(2026, 6, 17, 13, 10, tzinfo=UTC)  # 14:10 in London


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14:05", "2026-06-17T13:05"),
        ("14:05:30", "2026-06-17T13:05:30"),
        ("9:05", "2026-06-17T08:05"),
        ("23:50", "2026-06-16T22:50"),  # the latest 23:50 that is past
        ("10m", "2026-06-17T13:00"),
        ("10m ago", "2026-06-17T13:00"),
        ("1h 5m ago", "2026-06-17T12:05"),
        ("2026-06-17 09:00", "2026-06-17T08:00"),
        ("2026-06-17T09:00Z", "2026-06-17T09:00"),
        ("2026-06-17T09:00+02:00", "2026-06-17T07:00"),
        ("2026-01-17 09:00", "2026-01-17T09:00"),
    ],
)
def test_a_time_is_local_unless_it_says_otherwise(text: str, moment: str) -> None:
    assert typed(text, "Europe/London", NOW) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "14.05", "2026-13-01", "-5m", "ago", "\x1b[31m", "9" * 400]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(Refused, match="is not a time") as refusal:
        typed(text, "Europe/London", NOW)
    assert "10m ago" in str(refusal.value.hint)


def test_the_future_is_refused() -> None:
    with pytest.raises(Refused, match="is in the future"):
        typed("2026-06-18 09:00", "Europe/London", NOW)


def test_utc_stands_first_and_local_time_beside() -> None:
    assert shown(NOW, "Europe/London") == "2026-06-17 13:10 UTC (14:10 BST)"
    assert shown(NOW, "UTC") == "2026-06-17 13:10 UTC"
    assert shown(NOW.replace(month=1), "Europe/London") == "2026-01-17 13:10 UTC"
    assert shown(NOW.replace(month=1), "Europe/Lisbon") == "2026-01-17 13:10 UTC"
    assert shown(NOW, "Asia/Tokyo") == "2026-06-17 13:10 UTC (22:10 JST)"
    assert shown(NOW, "Pacific/Auckland") == "2026-06-17 13:10 UTC (18 Jun 01:10 NZST)"
    assert shown(NOW, "America/Sao_Paulo") == "2026-06-17 13:10 UTC (10:10 UTC-03)"
    assert clock(NOW, "Europe/London") == "13:10 UTC (14:10 BST)"


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
    assert span(timedelta(seconds=seconds)) == words
