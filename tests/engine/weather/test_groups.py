from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import iso
from engine.weather import groups
from engine.weather.climate_day import SIX_HOURS, window

DATE = date(2026, 7, 3)


def told(offset: int, minute: int, *, hour: float = 0.0, heard: float | None = None) -> list[tuple[int, str]]:
    """Return hours and time, of the station's clock, of the groups to come at an hour of a day."""
    opens, closes = window(DATE, offset)
    last = None if heard is None else Nanos(int(opens + heard * HOUR))
    found = groups.to_come(opens, closes, minute, Nanos(int(opens + hour * HOUR)), last)
    return [(g.hours, iso(Nanos(g.at + offset * HOUR))[11:16]) for g in found]


@pytest.mark.parametrize(
    ("offset", "times"),
    [
        (-5, ["06:51", "12:51", "18:51"]),  # 00:51 straddles midnight
        (-6, ["11:53", "17:53", "23:53"]),
        (-7, ["10:53", "16:53", "22:53"]),
        (-8, ["09:53", "15:53", "21:53"]),
    ],
)
def test_groups_of_each_zone_are_those_of_the_settlement_sheet(offset, times) -> None:
    minute = 51 if offset == -5 else 53
    assert told(offset, minute) == [*((6, at) for at in times), (24, f"23:{minute}")]


def test_what_was_heard_or_is_long_overdue_is_not_waited_for() -> None:
    assert told(-6, 53, hour=12.0, heard=11.9)[0] == (6, "17:53")
    assert told(-6, 53, hour=12.0, heard=10.9)[0] == (6, "11:53")
    assert told(-6, 53, hour=12.2, heard=10.9)[0] == (6, "17:53")
    assert told(-6, 53, hour=23.95, heard=23.9) == []
    assert told(-6, 53, hour=30.0) == []


def test_a_report_on_the_hour_closes_its_own_hour() -> None:
    assert told(-6, 0) == [(6, "06:00"), (6, "12:00"), (6, "18:00"), (24, "00:00")]


@given(st.integers(-12, 12), st.integers(0, 59), st.integers(0, 24 * 60))
def test_every_group_lies_inside_its_day_and_in_the_future(offset, minute, past) -> None:
    opens, closes = window(DATE, offset)
    now = Nanos(opens + past * MINUTE)
    found = groups.to_come(opens, closes, minute, now, None)
    assert [g.at for g in found] == sorted(g.at for g in found)
    for group in found:
        assert group.at > now - groups.GRACE
        if group.hours == 6:
            assert opens <= group.starts == group.at - SIX_HOURS
            assert group.at < closes
        else:
            assert group.starts == opens
            assert abs(group.at - opens - DAY) <= 30 * MINUTE
