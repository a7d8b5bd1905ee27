"""Kalshi tapes: every trade of daily-high events with their official results, and of 15-minute crypto windows."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError
from engine.core.events import LinkChanged, Trade
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import HOUR, MINUTE, Nanos, Side
from engine.core.when import instant, iso
from engine.research.sets import kalshi_events
from engine.research.sets.implied import Implied
from engine.research.sets.recording import Assumed, DataSet, Part, files, lots, table, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from engine.core.events import Event, Listed

LOT: Final = Decimal("0.01")
REPORT: Final = 10 * HOUR
"""From the close of a daily event to its result: the climate report comes in the morning."""
CITIES: Final = {"KXHIGHNY": "New York", "KXHIGHCHI": "Chicago", "KXHIGHMIA": "Miami", "KXHIGHAUS": "Austin"}
WINDOW: Final = 15 * MINUTE
SURE: Final = 9_900
"""Ticks from which on a last price tells a window's outcome, where no official result was recorded."""
LOST: Final = 100
TAKERS: Final = {"yes": Side.BUY, "no": Side.SELL}


def weather(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the 48 events: listing, trades with the quotes they imply, close, official result."""
    for ticker, file in files(folder / "trades", ".csv", wanted):
        try:
            whole = json.loads((folder / "events" / f"{ticker}.json").read_text())
            event, markets = whole["event"], whole["markets"]
            results = {kalshi_events.name(one["ticker"]): str(one["result"]) for one in markets}
            closes = max(instant(one["close_time"]) for one in markets)
            opens = min(instant(one["open_time"]) for one in markets)
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise InputError(f"{folder}/events/{ticker}.json: no settled event ({e})") from None
        rows = list(table(file, "created_time", "ticker", "yes_price", "count", "taker_side", "trade_id"))
        listed = kalshi_events.listed(event, markets, opens, kalshi_events.BEFORE_2026)
        known = Nanos(closes + REPORT)
        yield Part(
            name=ticker, rows=len(rows), results=results,
            events=_tape(rows, listed, results, closes, known, assumed, scale=100, step=100),
            groups=(("venue", "kalshi"), ("city", CITIES.get(ticker.partition("-")[0], ticker))),
            notes=("quotes implied by the tape", f"{assumed.size:f} contracts at each touch assumed"),
        )  # fmt: skip


def crypto(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the 24 windows; their outcome is read off the last price, since no official one was recorded."""
    for ticker, file in files(folder, ".csv", wanted):
        if not ticker.startswith("KX"):
            continue
        rows = list(table(file, "ticker", "trade_id", "created_time", "yes_price", "count", "taker_side"))
        if not rows:
            raise InputError(f"{file}: holds no trade")
        first = instant(rows[0]["created_time"])
        opens = Nanos(first - first % WINDOW)
        closes, last = Nanos(opens + WINDOW), int(ticks(rows[-1]["yes_price"]))
        result = "yes" if last >= SURE else "no" if last <= LOST else ""
        if not result:
            raise InputError(f"{file}: its last price, {rows[-1]['yes_price']}, decides nothing")
        event, asset = ticker.rpartition("-")[0], ticker[2:5]
        market = {"ticker": ticker, "title": f"{asset} up in the 15 minutes to {iso(closes)}?", "yes_sub_title": "Up",
                  "open_time": iso(opens), "close_time": iso(closes)}  # fmt: skip
        listed = kalshi_events.listed(
            {"event_ticker": event, "series_ticker": f"KX{asset}15M", "title": market["title"], "category": "Crypto"},
            [market], opens, kalshi_events.SINCE_2026, kalshi_events.TAPERED,
        )  # fmt: skip
        results = {kalshi_events.name(ticker): result}
        yield Part(
            name=ticker, rows=len(rows), results=results,
            events=_tape(
                rows, listed, results, closes, Nanos(closes + assumed.decided), assumed, scale=10_000, step=10
            ),
            groups=(("venue", "kalshi"), ("underlying", asset)),
            notes=("quotes implied by the tape", f"{assumed.size:f} contracts at each touch assumed",
                   "outcome read off the last price"),
        )  # fmt: skip


def _tape(
    rows: list[dict[str, str]], listed: Listed, results: dict[InstrumentId, str], closes: Nanos, known: Nanos,
    assumed: Assumed, *, scale: int, step: int,
) -> Callable[[], Iterator[Event]]:  # fmt: skip
    """Return the events of a tape whose prices are `scale` ticks each; it may be played more than once."""

    def events() -> Iterator[Event]:
        yield LinkChanged(at=listed.at, venue=KALSHI, up=True, channel="market")
        yield listed
        quotes = {
            one: Implied(one, lots(assumed.size, LOT), step=step, low=step, high=10_000 - step, slip=assumed.slippage)
            for one in results
        }
        for row in rows:
            at, name = instant(row["created_time"]), kalshi_events.name(row["ticker"])
            price, taker = ticks(row["yes_price"], scale), TAKERS.get(row["taker_side"])
            if name not in quotes or taker is None:
                raise InputError(f"{listed.family.id}: trade {row['trade_id']} is of no market or no side of it")
            yield Trade(at=at, instrument=name, price=price, lots=lots(row["count"], LOT), taker=taker,
                        trade_id=row["trade_id"], venue_time=at)  # fmt: skip
            book = quotes[name].trade(at, price, taker)
            if book is not None:
                yield book
        yield from kalshi_events.ending(results, closes, known)

    return events


WEATHER: Final = DataSet(
    name="kalshi-weather-trades", title="Kalshi daily highs, every trade, with official results",
    source="github cpratim/Kalshi-Weather-Trading, MIT", parts=weather, narrow=True,
)  # fmt: skip
CRYPTO: Final = DataSet(
    name="kalshi-15m-crypto-trades", title="Kalshi 15-minute BTC and ETH windows, every trade",
    source="github artyomderkach-bit/btc-15m-vol-backtest, no licence: local checks only", parts=crypto, narrow=True,
)  # fmt: skip
