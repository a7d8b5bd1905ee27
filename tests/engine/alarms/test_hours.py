"""Quiet hours, on the clock of a place."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.alarms.hours import quiet, refusal
from engine.core.units import Nanos
from engine.core.when import instant
from engine.views.alarms import Hours, clock, minute

CHICAGO = "America/Chicago"
NIGHT = Hours(on=True, zone=CHICAGO, starts=22 * 60, ends=7 * 60)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-07-03T02:59:59Z", False),  # 21:59:59 in daylight time
        ("2026-07-03T03:00:00Z", True),
        ("2026-07-03T11:59:59Z", True),
        ("2026-07-03T12:00:00Z", False),
        ("2026-01-03T03:30:00Z", False),  # 21:30 in standard time
        ("2026-01-03T04:00:00Z", True),
        ("2026-01-03T13:00:00Z", False),
    ],
)
def test_a_night_in_chicago_follows_daylight_time(at, expected):
    assert quiet(NIGHT, instant(at)) is expected


def test_the_night_of_the_clock_put_forward_is_an_hour_shorter_and_the_other_an_hour_longer():
    def length(day):
        start = instant(f"2026-{day}T00:00:00Z")
        return sum(quiet(NIGHT, Nanos(start + n * 60_000_000_000)) for n in range(24 * 60))

    assert (length("03-08"), length("11-01"), length("07-01")) == (8 * 60, 10 * 60, 9 * 60)


def test_both_of_an_hour_that_comes_twice_are_quiet_and_one_that_never_comes_is_nothing():
    twice = Hours(on=True, zone="America/New_York", starts=60, ends=120)
    assert [quiet(twice, instant(f"2026-11-01T{h}:30:00Z")) for h in ("04", "05", "06", "07")] == [
        False, True, True, False,
    ]  # fmt: skip
    never = Hours(on=True, zone="America/New_York", starts=120, ends=180)
    spring = instant("2026-03-08T00:00:00Z")
    assert not any(quiet(never, Nanos(spring + n * 60_000_000_000)) for n in range(24 * 60))


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), st.integers(0, 1439), st.integers(0, 1439))  # noqa: DTZ001
def test_what_is_quiet_agrees_with_the_clock_on_the_wall(moment, starts, ends):
    local = moment.replace(tzinfo=ZoneInfo("Europe/Berlin"), microsecond=0)
    at = Nanos(round(local.timestamp()) * 1_000_000_000)
    seen = datetime.fromtimestamp(local.timestamp(), ZoneInfo("Europe/Berlin"))
    now = 60 * seen.hour + seen.minute
    inside = starts <= now < ends if starts < ends else (now >= starts or now < ends) and starts != ends
    assert quiet(Hours(on=True, zone="Europe/Berlin", starts=starts, ends=ends), at) is inside


def test_hours_that_are_off_or_of_no_zone_are_never_quiet():
    at = instant("2026-07-03T04:00:00Z")
    assert not quiet(Hours(zone=CHICAGO), at)
    for zone in ("Mars/Olympus", "../../etc/passwd", "America", "", "/etc"):
        assert refusal(Hours(zone=zone)).startswith("no such time zone")
        assert not quiet(Hours(on=True, zone=zone, starts=0, ends=1439), at)


@given(st.integers(0, 1439))
def test_a_minute_comes_back_from_its_clock(at):
    assert minute(clock(at)) == at


@pytest.mark.parametrize("text", ["24:00", "7", "7:5", "a:00", "12:60", "", "-1:00", "²:00"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(ValueError, match="no time of day"):
        minute(text)
