"""Kalshi quotes without sizes: each change of the best bids of New York's brackets, and a page's minutes of Miami's."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from engine.core.errors import InputError
from engine.core.events import BooksStale, LinkChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import MINUTE, SECOND, Nanos
from engine.core.when import instant, iso
from engine.research.sets import kalshi_events
from engine.research.sets.implied import touch
from engine.research.sets.kalshi_tapes import LOT, REPORT
from engine.research.sets.recording import Assumed, DataSet, Part, files, lots, table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from engine.core.events import Event, Listed
    from engine.core.instrument import Strike

SILENT: Final = 10 * MINUTE
"""Without a row for so long the logger was down: books are stale until the next row of each."""
CITY_ZONE: Final = ZoneInfo("America/New_York")
LISTED_HOUR: Final = 10
"""Of the day before, in the city's time: when Kalshi lists a day."""
BBO: Final = ("ts_utc", "market_ticker", "best_yes_bid", "best_no_bid")
WINNER: Final = Decimal(99)


def new_york(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the eleven events, each with the result that the archive's high gives."""
    highs = {row["event"]: round(float(row["nws_high_acis"])) for row in table(folder / "days.csv", "event")}
    for ticker, file in files(folder / "bbo", ".csv", wanted):
        if ticker not in highs:
            raise InputError(f"{folder}/days.csv: has no row of {ticker}")
        rows = list(table(file, *BBO))
        names = sorted({row["market_ticker"] for row in rows})
        markets = kalshi_events.from_tickers(ticker, names)
        listed, closes = _listed(ticker, markets, "New York", first=instant(rows[0]["ts_utc"]))
        results = _results(listed, highs[ticker])
        last = max(closes, instant(rows[-1]["ts_utc"]))
        yield Part(
            name=ticker, rows=len(rows), results=results,
            events=_changes(rows, listed, results, closes, Nanos(last + REPORT), assumed),
            groups=(("venue", "kalshi"), ("city", "New York")),
            notes=(f"{assumed.size:f} contracts at each touch assumed", "result from the archive's high"),
        )  # fmt: skip


def miami(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the seven events of displayed probabilities; their winner is the bracket that ends at 99."""
    for name, file in files(folder, "-minute.csv", wanted):
        ticker = name.upper()
        rows = list(table(file, "timestamp"))
        labels = [name for name in rows[0] if name != "timestamp"]
        markets = kalshi_events.from_labels(ticker, labels)
        listed, closes = _listed(ticker, markets, "Miami", first=instant(rows[0]["timestamp"]))
        won = [label for label in labels if rows[-1][label] and Decimal(rows[-1][label]) >= WINNER]
        if len(won) != 1:
            raise InputError(f"{file}: {len(won)} brackets end at 99 or above")
        tickers = {str(one["yes_sub_title"]): kalshi_events.name(str(one["ticker"])) for one in markets}
        results = {tickers[label]: "yes" if label == won[0] else "no" for label in labels}
        yield Part(
            name=ticker, rows=len(rows), results=results,
            events=_minutes(rows, listed, tickers, results, closes, Nanos(closes + REPORT), assumed),
            groups=(("venue", "kalshi"), ("city", "Miami")),
            notes=(f"quotes {assumed.half_spread / 100:g}c either side of the displayed probability assumed",
                   f"{assumed.size:f} contracts at each touch assumed", "outcome read off the last row"),
        )  # fmt: skip


def _listed(ticker: str, markets: list[dict[str, object]], city: str, *, first: Nanos) -> tuple[Listed, Nanos]:
    """Return an event's listing as of its first row, and when it closes: a minute before the standard-time midnight."""
    day = datetime.strptime(ticker.rpartition("-")[2], "%y%b%d")  # noqa: DTZ007 - a date
    opens = (day - timedelta(days=1)).replace(hour=LISTED_HOUR, tzinfo=CITY_ZONE)
    midnight = int(day.replace(tzinfo=CITY_ZONE).timestamp()) + 86_400
    standard = midnight + int((day.replace(tzinfo=CITY_ZONE).dst() or timedelta()).total_seconds())
    closes = Nanos(standard * SECOND - MINUTE)
    at = min(first, Nanos(int(opens.timestamp()) * SECOND))
    words = f"{day:%b} {day.day}, {day.year}"
    rules = f"the highest temperature recorded at {city} for {words} according to the National Weather Service's"
    for market in markets:
        market |= {
            "open_time": iso(at), "close_time": iso(closes), "title": f"Highest temperature in {city} on {words}?",
            "rules_primary": f"If {rules} Climatological Report (Daily) is {market['yes_sub_title']}, it is Yes.",
        }  # fmt: skip
    event = {"event_ticker": ticker, "series_ticker": ticker.partition("-")[0], "mutually_exclusive": True,
             "title": f"Highest temperature in {city} on {words}?", "category": "Climate and Weather"}  # fmt: skip
    fee = kalshi_events.SINCE_2026 if day.year >= 2026 else kalshi_events.BEFORE_2026
    return kalshi_events.listed(event, markets, at, fee), closes


def _results(listed: Listed, high: int) -> dict[InstrumentId, str]:
    return {one.id: "yes" if _holds(one.strike, high) else "no" for one in listed.instruments}


def _holds(strike: Strike | None, value: int) -> bool:
    if strike is None:
        return False
    return (strike.low is None or value >= strike.low) and (strike.high is None or value <= strike.high)


def _changes(
    rows: list[dict[str, str]], listed: Listed, results: dict[InstrumentId, str], closes: Nanos, known: Nanos,
    assumed: Assumed,
) -> Callable[[], Iterator[Event]]:  # fmt: skip
    size = lots(assumed.size, LOT)

    def events() -> Iterator[Event]:
        yield LinkChanged(at=listed.at, venue=KALSHI, up=True, channel="market")
        yield listed
        before, ended = listed.at, False
        for row in rows:
            at, name = instant(row["ts_utc"]), kalshi_events.name(row["market_ticker"])
            if at >= closes and not ended:
                ended = True
                yield from _close(results, closes)
            if ended:
                continue
            if at - before > SILENT and before > listed.at:
                yield BooksStale(at=at, venue=KALSHI, instruments=tuple(results), why="the logger was silent")
            before = at
            bid, no_bid = int(row["best_yes_bid"]) * 100, int(row["best_no_bid"]) * 100
            ask = 10_000 - no_bid if no_bid else 0
            if bid and ask and bid >= ask:
                yield BooksStale(at=at, venue=KALSHI, instruments=(name,), why="bid and ask meet")
            else:
                yield touch(at, name, bid, ask, size)
        if not ended:
            yield from _close(results, closes)
        yield from list(kalshi_events.ending(results, closes, known))[len(results) :]

    return events


def _close(results: dict[InstrumentId, str], closes: Nanos) -> Iterator[Event]:
    yield from list(kalshi_events.ending(results, closes, closes))[: len(results)]


def _minutes(
    rows: list[dict[str, str]], listed: Listed, tickers: dict[str, InstrumentId], results: dict[InstrumentId, str],
    closes: Nanos, known: Nanos, assumed: Assumed,
) -> Callable[[], Iterator[Event]]:  # fmt: skip
    """A displayed probability is quoted either side by half a spread, on whole cents, never through the other side."""
    size, half = lots(assumed.size, LOT), assumed.half_spread

    def events() -> Iterator[Event]:
        yield LinkChanged(at=listed.at, venue=KALSHI, up=True, channel="market")
        yield listed
        for earlier, row in pairwise([{"timestamp": iso(listed.at)}, *rows]):
            at = instant(row["timestamp"])
            if at >= closes:
                break
            if at - instant(earlier["timestamp"]) > SILENT and earlier is not rows[0]:
                yield BooksStale(at=at, venue=KALSHI, instruments=tuple(results), why="the page was silent")
            for label, name in tickers.items():
                if row[label]:
                    middle = int(Decimal(row[label]) * 100)
                    yield touch(at, name, (middle - half) // 100 * 100, -(-(middle + half) // 100) * 100, size)
        yield from kalshi_events.ending(results, closes, known)

    return events


NEW_YORK: Final = DataSet(
    name="kalshi-ny-bbo", title="Kalshi New York highs, every change of the best bids",
    source="github Jetpackjules/Kalshi-Trader, no licence: local checks only", parts=new_york, narrow=True,
)  # fmt: skip
MIAMI: Final = DataSet(
    name="kalshi-miami-minute", title="Kalshi Miami highs, displayed probability by the minute",
    source="github PeterJFrancoIII/Kalshi_Temp_Trader, no licence: local checks only", parts=miami, narrow=True,
)  # fmt: skip
