"""Climate days and strike texts, as tables of their own: from the settlement sheet, sections 2 and 4."""

from __future__ import annotations

import msgspec
import pytest

import resources
from engine.core.when import instant, iso
from engine.venues.kalshi import listing, strikes
from engine.venues.kalshi.wire_markets import Market
from engine.weather import climate_day
from tests.engine.venues.kalshi.markets import AT, event, market

DAYS = [
    # station, an instant, the day it lies in begins, and ends
    ("KNYC", "2026-07-03T12:00:00Z", "2026-07-03T05:00:00Z", "2026-07-04T05:00:00Z"),
    ("KNYC", "2026-01-03T12:00:00Z", "2026-01-03T05:00:00Z", "2026-01-04T05:00:00Z"),
    ("KNYC", "2026-07-04T04:30:00Z", "2026-07-03T05:00:00Z", "2026-07-04T05:00:00Z"),  # half past midnight by the clock
    ("KNYC", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T05:00:00Z"),  # clocks go forward
    ("KNYC", "2026-11-01T12:00:00Z", "2026-11-01T05:00:00Z", "2026-11-02T05:00:00Z"),  # and back: 24 hours all the same
    ("KMDW", "2026-07-03T12:00:00Z", "2026-07-03T06:00:00Z", "2026-07-04T06:00:00Z"),
    ("KAUS", "2026-07-03T12:00:00Z", "2026-07-03T06:00:00Z", "2026-07-04T06:00:00Z"),
    ("KDEN", "2026-07-03T12:00:00Z", "2026-07-03T07:00:00Z", "2026-07-04T07:00:00Z"),
    ("KLAX", "2026-07-03T12:00:00Z", "2026-07-03T08:00:00Z", "2026-07-04T08:00:00Z"),
    ("KMIA", "2026-07-03T12:00:00Z", "2026-07-03T05:00:00Z", "2026-07-04T05:00:00Z"),
    ("KPHX", "2026-07-03T12:00:00Z", "2026-07-03T07:00:00Z", "2026-07-04T07:00:00Z"),  # never has summer time
    ("KPHX", "2026-01-03T12:00:00Z", "2026-01-03T07:00:00Z", "2026-01-04T07:00:00Z"),
]
ROUTINE = {"KNYC": 51, "KMDW": 53, "KDEN": 53, "KAUS": 53, "KLAX": 53, "KMIA": 53, "KPHL": 54}
TEXTS = [
    # strike_type, floor, cap, the market's own words, values that pay, values that do not
    ("less", None, 79, "78° or below", (-20, 77, 78), (79, 80)),
    ("greater", 90, None, "91° or above", (91, 92, 130), (90, 89)),
    ("between", 83, 84, "83° to 84°", (83, 84), (82, 85)),
    ("less", None, 5, "4° or below", (4, 3, -11), (5, 6)),
    ("greater", 69, None, "70° or above", (70, 71), (69,)),
    ("between", -3, -2, "-3° to -2°", (-3, -2), (-4, -1)),
    ("less", None, -4, "−5° or below", (-5, -9), (-4, 5)),
    ("greater", 52_199, None, "$52,200 or above", (52_200,), (52_199,)),
]


@pytest.mark.parametrize(("station", "at", "begins", "ends"), DAYS)
def test_the_climate_day_is_local_standard_time_all_year(station: str, at: str, begins: str, ends: str) -> None:
    offset = next(row["utc_offset_hours"] for row in resources.load_stations() if row["id"] == station)
    assert tuple(map(iso, climate_day.window_at(instant(at), offset))) == (begins, ends)


@pytest.mark.parametrize(("station", "minute"), ROUTINE.items())
def test_the_routine_minute(station: str, minute: int) -> None:
    assert next(row["routine_minute"] for row in resources.load_stations() if row["id"] == station) == minute


@pytest.mark.parametrize(("kind", "floor", "cap", "words", "pays", "not_"), TEXTS)
def test_a_strike_holds_what_its_words_say(
    kind: str, floor: int | None, cap: int | None, words: str, pays: tuple[int, ...], not_: tuple[int, ...]
) -> None:
    row = {"ticker": "KXHIGHNY-26AUG30-X", "strike_type": kind, "yes_sub_title": words}
    row |= {key: value for key, value in (("floor_strike", floor), ("cap_strike", cap)) if value is not None}  # type: ignore[misc]
    found = strikes.strike(msgspec.convert(row, Market), 0, "°F")
    assert found is not None

    def holds(value: int) -> bool:
        return (found.low is None or value >= found.low) and (found.high is None or value <= found.high)

    assert all(map(holds, pays))
    assert not any(map(holds, not_))
    assert strikes.stated(words, 0) == (found.low, found.high), "the number and the words say the same"


def test_the_event_of_the_sheet_covers_every_whole_degree_once() -> None:
    """KXHIGHNY-22DEC11: T83 below, B83.5 to B89.5, T90 above."""
    rows = [market("T83", strike_type="less", cap_strike=83)]
    rows += [
        market(f"B{low}.5", strike_type="between", floor_strike=low, cap_strike=low + 1) for low in (83, 85, 87, 89)
    ]
    rows.append(market("T90", strike_type="greater", floor_strike=90))
    found = listing.listed(event(rows), None, AT)
    assert found.family.exhaustive
    assert found.family.exclusive
    for value in range(60, 120):
        held = [
            one for each in found.instruments if (one := each.strike)
            and (one.low is None or value >= one.low) and (one.high is None or value <= one.high)
        ]  # fmt: skip
        assert len(held) == 1, value


def test_words_that_say_something_else_prove_nothing() -> None:
    rows = [
        market("LOW", strike_type="less", cap_strike=83, yes_sub_title="83° or below"),
        market("TOP", strike_type="greater", floor_strike=82),
    ]
    assert not listing.listed(event(rows), None, AT).family.exhaustive
