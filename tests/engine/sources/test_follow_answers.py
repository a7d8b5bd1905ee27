"""What odd answers of the Mesonet do to who follows it, against a server of a few lines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.core.events import Observed
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import instant, iso
from engine.sources.follow import Follow
from engine.sources.iem_client import Iem
from tests.engine.sources.desk import Clock, Desk, client, serving, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NOON = instant("2026-07-03T18:00:00Z")
MDW, NYC = StationId("KMDW"), StationId("KNYC")
HEADER = "station,valid,tmpf,sknt,gust,p01i,peak_wind_gust,peak_wind_time,metar"


def row(station: StationId, at: Nanos, fahrenheit: int = 80) -> str:
    return f"{station[1:]},{iso(at)[:10]} {iso(at)[11:16]},{fahrenheit}.00,M,M,M,M,M,M"


def table(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def followed(desk: Desk, talk: Callable[[Follow, Clock, list[Observed]], Awaitable[None]]) -> None:
    """Run a talk with a `Follow` of two stations, one of them official, that asks a desk."""

    async def go() -> None:
        clock = Clock(NOON)
        heard: list[Observed] = []
        async with serving(desk) as base:
            asker = client(base, clock)
            task = Follow(iem=Iem(asker), nws=None, now=clock.now, emit=heard.append, sleep=clock.sleep)
            task.want([_station(MDW, -6, 53), _station(NYC, -5, 51)], official=[NYC])
            await talk(task, clock, heard)
            await asker.close()

    asyncio.run(go())


def _station(name: StationId, offset: int, minute: int) -> StationRow:
    return StationRow(
        id=name, name=name, lat=41.0, lon=-87.0, cell="872664521ffffff", utc_offset_hours=offset, routine_minute=minute
    )


def test_a_report_of_tomorrow_is_no_measurement() -> None:
    desk = Desk(text(table(row(MDW, Nanos(NOON - 7 * MINUTE)), row(MDW, Nanos(NOON + DAY), 120))))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        await task._reports()
        assert [event.reading.measured_at for event in heard] == [NOON - 7 * MINUTE]
        clock.at = Nanos(NOON + DAY)
        await task._reports()  # by now it may be one
        assert heard[-1].reading.measured_at == NOON + DAY

    followed(desk, talk)


def test_a_report_of_long_ago_is_not_told_anew_in_every_round() -> None:
    desk = Desk(text(table(row(MDW, Nanos(NOON - 3 * DAY)), row(MDW, Nanos(NOON - HOUR)))))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        for _ in range(4):
            await task._reports()
        assert [event.reading.measured_at for event in heard] == [NOON - HOUR]

    followed(desk, talk)


def test_a_table_that_broke_off_is_asked_for_whole_again() -> None:
    early, late = row(MDW, Nanos(NOON - 9 * HOUR), 70), row(NYC, Nanos(NOON - 5 * HOUR), 91)
    cut = table(early, late)[:-30]
    desk = Desk(*[text(cut)] * 3, text(table(early, late)))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        await task._reports()
        assert [event.reading.station for event in heard] == [MDW]
        clock.at = Nanos(NOON + 5 * MINUTE)
        await task._reports()
        assert [event.reading.station for event in heard] == [MDW, NYC]
        assert len({request.query["sts"] for request in desk.asked}) == 1
        await task._reports()
        assert instant(desk.asked[-1].query["sts"]) == NOON + 5 * MINUTE - 2 * HOUR

    followed(desk, talk)


def test_what_came_late_out_of_a_silence_is_asked_for() -> None:
    def said(*ago: int) -> str:
        return table(*(row(MDW, Nanos(NOON + hour * HOUR - 7 * MINUTE), 70 + hour) for hour in ago))

    desk = Desk(text(said(0)), text(table()), text(said(6)), text(said(0, 1, 2, 3, 4, 5, 6)))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        for hour in (0, 5, 6, 6, 6):
            clock.at = Nanos(NOON + hour * HOUR)
            await task._reports()
        assert sorted(event.reading.measured_at for event in heard) == [
            NOON + hour * HOUR - 7 * MINUTE for hour in range(7)
        ]
        asked = [instant(request.query["sts"]) for request in desk.asked]
        assert asked[1:] == [NOON - 2 * HOUR, NOON + 3 * HOUR, NOON - 7 * MINUTE, NOON + 4 * HOUR]

    followed(desk, talk)


def test_a_station_that_was_silent_from_the_first_is_asked_for_its_whole_day_when_it_speaks() -> None:
    desk = Desk(text(table()), text(table(row(MDW, Nanos(NOON - 7 * MINUTE)))))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        for _ in range(3):
            await task._reports()
        first, second, third = (instant(request.query["sts"]) for request in desk.asked)
        assert (second, third) == (NOON - 2 * HOUR, NOON - 19 * HOUR)  # seven hours before its midnight
        assert first < third

    followed(desk, talk)


FINAL = """
CDUS41 KOKX 030620
CLINYC

CLIMATE REPORT{mark}
NATIONAL WEATHER SERVICE NEW YORK, NY
{clock} AM EDT FRI JUL 03 2026

...THE CENTRAL PARK NY CLIMATE SUMMARY FOR JULY 2 2026...

TEMPERATURE (F)
 YESTERDAY
  MAXIMUM         {high}    455 PM  102    1949  84
  MINIMUM         72   1159 PM  55    1986  69
$$
"""
DAWN = instant("2026-07-03T07:00:00Z")


def final(high: str, clock: str = "220", mark: str = "") -> str:
    return FINAL.format(high=high, clock=clock, mark=mark)


def highs(desk: Desk, minutes: tuple[int, ...]) -> list[int | None]:
    """Return the official highs that are told when climate reports are asked for at some minutes after dawn."""
    found: list[int | None] = []

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        for minute in minutes:
            clock.at = Nanos(DAWN + minute * MINUTE)
            await task._climates()
        found.extend(event.reading.high_f for event in heard)

    followed(desk, talk)
    return found


def test_a_correction_of_the_official_report_is_looked_for() -> None:
    mended = final("94") + final("95", "931", "...CORRECTED")
    desk = Desk(text(final("94")), text(mended))
    assert highs(desk, (0, 10, 20, 50, 61, 130)) == [94, 95]
    assert len(desk.asked) == 3  # at once, and then once an hour


def test_an_official_report_without_a_high_is_not_the_last_word() -> None:
    desk = Desk(text(final("MM")), text(final("MM") + final("94", "305")))
    assert highs(desk, (0, 10, 20)) == [None, 94]
    assert len(desk.asked) == 2


def test_a_clock_that_is_set_back_does_not_put_off_the_look_for_corrections() -> None:
    desk = Desk(text(final("94")))
    highs(desk, (300, 0))
    assert len(desk.asked) == 2


OPENS = Nanos(instant("2026-07-03T05:00:00Z") - 3 * DAY)
"""Of the day before the one before yesterday in New York."""
DAY_OF_OLD = (NYC, OPENS, Nanos(OPENS + DAY))


def test_reports_of_a_market_that_closed_days_ago_are_asked_for_once() -> None:
    """The machine was off over a weekend: what the market hangs on was never asked for, and it was disputed."""
    old = Nanos(OPENS + 5 * HOUR + 51 * MINUTE)
    desk = Desk(
        text(table(row(NYC, old), row(NYC, Nanos(old + 30 * HOUR)))), text(table(row(MDW, NOON))), text(table())
    )

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        task.want([_station(MDW, -6, 53), _station(NYC, -5, 51)], [NYC], [DAY_OF_OLD])
        await task._reports()
        await task._reports()
        asked = [(request.query.getall("station"), instant(request.query["sts"])) for request in desk.asked]
        assert asked[:2] == [
            (["NYC"], OPENS),
            (["MDW"], instant("2026-07-02T23:00:00Z")),
        ]  # no other is asked so far back
        assert asked[2:] == [(["MDW", "NYC"], NOON - 2 * HOUR)]
        told = [(event.reading.station, event.reading.measured_at) for event in heard]
        assert told == [(NYC, old), (MDW, NOON)]  # what lies between is of no use

    followed(desk, talk)


def test_what_an_earlier_session_was_told_of_a_market_is_not_asked_for_again() -> None:
    desk = Desk(text(table()))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        last = Nanos(OPENS + 20 * HOUR)
        known = Reading(station=NYC, measured_at=last, kind=ReportKind.ROUTINE, source="IEM", raw="")
        task.know([known])
        task.want([_station(NYC, -5, 51)], [NYC], [DAY_OF_OLD])
        await task._reports()
        assert instant(desk.asked[0].query["sts"]) == last - 2 * HOUR

    followed(desk, talk)


def test_reports_of_long_ago_are_told_once_though_the_table_always_breaks_off() -> None:
    desk = Desk(text(table(row(NYC, Nanos(OPENS + HOUR))) + "NYC,2026-07-0"))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        task.want([_station(NYC, -5, 51)], [NYC], [DAY_OF_OLD])
        for _ in range(3):
            await task._reports()
        assert len(heard) == 1

    followed(desk, talk)


def test_the_climate_report_of_a_market_that_closed_days_ago_is_looked_for_once_an_hour() -> None:
    old = final("88").replace("JULY 2", "JUNE 30")
    desk = Desk(text(old), text(""), text(""), text(""))

    async def talk(task: Follow, clock: Clock, heard: list[Observed]) -> None:
        task.want([_station(NYC, -5, 51)], [NYC], [DAY_OF_OLD])
        for minute in (0, 10, 59, 61):
            clock.at = Nanos(DAWN + minute * MINUTE)
            await task._climates()
        days = [request.query["sdate"] for request in desk.asked]
        assert days.count("2026-06-30") == 2
        assert days.count("2026-07-02") == 4  # the last day's is awaited
        assert [(e.reading.high_f, e.reading.measured_at) for e in heard] == [(88, OPENS + DAY)]

    followed(desk, talk)
