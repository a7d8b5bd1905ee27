"""A seeded season of made-up daily highs: books with sizes, trades, and as much momentum as is asked for.

For walks that real recordings are too short for. Each day is one event of six brackets. Every half minute one of them
gains a cent of another, and it is the one that buyers pressed in `edge` more of the cases than the other: with an edge
of 0 nothing can be learnt, and a model that shows something there is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.core.events import BookSnapshot, Event, LinkChanged, Listed, StatusChanged, Trade
from engine.core.ids import KALSHI
from engine.core.units import DAY, HOUR, SECOND, Lots, Nanos, Side, Ticks
from engine.core.when import instant, iso
from engine.research.sets import kalshi_events
from engine.research.sets.recording import Part

NAME: Final = "synthetic-season"
START: Final = instant("2025-05-01T00:00:00Z")
OPENS: Final = 15 * HOUR
"""After midnight UTC: the morning of a day in Chicago."""
DEGREES: Final = 70
WIDTH: Final = 2
INNER: Final = 4
"""Brackets of two degrees between the two open ones."""
NEXT: Final = 30 * SECOND
"""Between two changes of the prices; a horizon as long sees one of them."""
FIRST: Final = (6, 14, 30, 28, 14, 8)
"""Cents of each bracket at the opening."""
LEAST: Final = 2
"""Cents from 0 and 1 at which a price stands still."""


def parts(seed: int, days: int, *, edge: float = 0.2, hours: float = 3.0) -> Iterator[Part]:
    """Yield the days of a season.

    Parameters
    ----------
    seed : int
        Which season; each day has a generator of its own.
    edge : float, 0 to 1
        How much likelier a rise than a fall is after buyers pressed.
    hours : float
        Of each day that are traded.
    """
    for day in range(days):
        yield _day(seed, day, edge, round(hours * HOUR))


def _day(seed: int, day: int, edge: float, length: int) -> Part:
    opens = Nanos(START + day * DAY + OPENS)
    closes = Nanos(opens + length)
    ticker = f"KXHIGHCHI-{iso(opens)[2:4]}D{day:03d}"
    low = DEGREES
    labels = [f"{low - 1}° or below"]
    labels += [f"{low + WIDTH * i}° to {low + WIDTH * i + 1}°" for i in range(INNER)]
    labels += [f"{low + WIDTH * INNER}° or above"]
    markets = [
        one | {"open_time": iso(opens), "close_time": iso(closes), "rules_primary": ""}
        for one in kalshi_events.from_labels(ticker, labels)
    ]
    listed = kalshi_events.listed(
        {"event_ticker": ticker, "series_ticker": "KXHIGHCHI", "title": "Made-up high", "category": "Climate"},
        markets, opens, kalshi_events.BEFORE_2026,
    )  # fmt: skip

    def events() -> Iterator[Event]:
        yield LinkChanged(at=opens, venue=KALSHI, up=True, channel="market")
        yield listed
        yield from _traded(np.random.default_rng((seed, day)), listed, opens, closes, edge)
        for one in listed.instruments:
            yield StatusChanged(at=closes, instrument=one.id, status="closed")

    return Part(name=ticker, rows=0, events=events, results={}, groups=(("venue", "kalshi"), ("city", "made up")),
                notes=(f"seed {seed}, edge {edge:g}, {length / HOUR:g} h a day",))  # fmt: skip


def _traded(
    rng: np.random.Generator, listed: Listed, opens: Nanos, closes: Nanos, edge: float
) -> Iterator[BookSnapshot | Trade]:
    """Yield quotes and trades: at each step one bracket gains a cent of another, foretold a little by who pressed.

    Without an edge every price is a martingale and either way is exactly as likely. A bracket near 0 or 1 stands still,
    since it could go one way only.
    """
    names = [one.id for one in listed.instruments]
    cents = list(FIRST)
    for number, at in enumerate(range(opens, closes - NEXT, NEXT)):
        free = [j for j, price in enumerate(cents) if LEAST < price < 100 - LEAST]
        gains, loses = rng.choice(free, 2, replace=False).tolist() if len(free) > 1 else (-1, -1)
        for j, name in enumerate(names):
            presses = (j == gains) - (j == loses)
            sizes = rng.integers(20, 200, 2) + 150 * np.array([presses > 0, presses < 0])
            bid, ask = 100 * (cents[j] - 1), 100 * (cents[j] + 1)
            yield BookSnapshot(
                at=Nanos(at), instrument=name, bids=((Ticks(bid), Lots(int(sizes[0]) * 100)),),
                asks=((Ticks(ask), Lots(int(sizes[1]) * 100)),),
            )  # fmt: skip
            if rng.random() < (0.7 if presses else 0.2):
                buys = rng.random() < 0.5 + 0.4 * presses
                yield Trade(
                    at=Nanos(at), instrument=name, price=Ticks(ask if buys else bid),
                    lots=Lots(int(rng.integers(1, 40)) * 100), taker=Side.BUY if buys else Side.SELL,
                    trade_id=f"t{number}-{j}",
                )  # fmt: skip
        if gains >= 0:
            step = 1 if rng.random() < 0.5 + 0.5 * edge else -1
            cents[gains] += step
            cents[loses] -= step
