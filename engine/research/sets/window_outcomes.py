"""Outcomes of Polymarket's five-minute windows over two months, with Binance's prices at their ends: base rates, basis.

Outcomes are those of the settlement, prices are another venue's: where the two disagree is the basis between them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError
from engine.core.events import StatusChanged
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import SECOND, Nanos
from engine.research.sets.polymarket_windows import WINDOW, listing, opening, spot_price
from engine.research.sets.recording import Assumed, DataSet, Part, one, table

if TYPE_CHECKING:
    from engine.core.events import Event

STEP: Final = 300
FILE: Final = "btc_5m_outcomes.csv"
SLUG: Final = "btc-updown-5m-"
FUTURE: Final = 4_102_444_800
"""The year 2100."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window."""

    start: int
    """Unix seconds."""
    up: bool
    opened: Decimal
    closed: Decimal
    """Binance, USDT."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What the windows say together."""

    windows: int
    ups: int
    agree: int
    """Whose move on Binance has the sign of the outcome; one without a move counts as up, as the rule has it."""
    level: int
    """Without a move on Binance."""
    holes: int
    missing: int
    """Windows inside the holes."""
    repeated: int
    """Of the pairs without a hole between them, those with one outcome."""
    pairs: int


def windows(folder: Path) -> tuple[Window, ...]:
    """Return the windows by time.

    Raises
    ------
    InputError
        If a row is none, or is there twice; it is named.
    """
    file = one(folder, FILE)
    found: list[Window] = []
    for number, row in enumerate(table(file, "timestamp", "outcome", "up_price", "btc_open", "btc_close"), 2):
        try:
            made = _window(row)
        except (ArithmeticError, KeyError, TypeError, ValueError) as e:
            raise InputError(f"{file}: line {number} is no window ({type(e).__name__}: {str(e)[:80]})") from None
        if found and made.start <= found[-1].start:
            raise InputError(f"{file}: line {number}: window {made.start} is not after the one before")
        found.append(made)
    return tuple(found)


def rates(some: Sequence[Window]) -> Rates:
    """Return counts of the windows."""
    gaps = [(b.start - a.start) // STEP - 1 for a, b in pairwise(some)]
    beside = [(a, b) for a, b in pairwise(some) if b.start - a.start == STEP]
    return Rates(
        len(some), sum(w.up for w in some), sum(w.up is (w.closed >= w.opened) for w in some),
        sum(w.closed == w.opened for w in some), sum(gap > 0 for gap in gaps), sum(gaps),
        sum(a.up is b.up for a, b in beside), len(beside),
    )  # fmt: skip


def parts(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield a part a UTC day: listings, prices of bitcoin at the ends of windows, outcomes."""
    shelves: dict[str, list[Window]] = {}
    for window in windows(folder):
        shelves.setdefault(f"{datetime.fromtimestamp(window.start, UTC):%Y-%m-%d}", []).append(window)
    for day, some in shelves.items():
        if not wanted or day in wanted:
            results = {_name(w): "yes" if w.up else "no" for w in some}
            yield Part(
                name=day, rows=len(some), results=results, events=_day(some, results, assumed.decided),
                groups=(("venue", "polymarket"), ("underlying", "BTC")),
                notes=("no order books: nothing can trade", "prices are Binance's, outcomes are Chainlink's"),
            )  # fmt: skip


def _day(some: Sequence[Window], results: dict[InstrumentId, str], decided: int) -> Callable[[], Iterator[Event]]:
    def events() -> Iterator[Event]:
        told: list[Event] = []
        for window in some:
            name, ends = _name(window), Nanos(window.start * SECOND + WINDOW)
            told += [
                listing(name.symbol, window.start, ()), spot_price(Nanos(window.start * SECOND), window.opened, ""),
                spot_price(ends, window.closed, ""), StatusChanged(at=ends, instrument=name, status="closed"),
                StatusChanged(at=Nanos(ends + decided), instrument=name, status="settled", result=results[name]),
            ]  # fmt: skip
        told.sort(key=lambda event: event.at)
        yield from opening(told[0].at, spot=True)
        yield from told

    return events


def _window(row: dict[str, str]) -> Window:
    start, up = int(row["timestamp"]), {"up": True, "down": False}[row["outcome"]]
    if start % STEP or not 0 < start < FUTURE:
        raise ValueError(f"{start} begins no window of five minutes")
    if Decimal(row["up_price"]) != int(up):
        raise ValueError(f"it ended {row['outcome']} and paid {row['up_price'][:20]}")
    opened, closed = Decimal(row["btc_open"]), Decimal(row["btc_close"])
    if not (opened.is_finite() and closed.is_finite() and min(opened, closed) > 0):
        raise ValueError("a price that is none")
    return Window(start, up, opened, closed)


def _name(window: Window) -> InstrumentId:
    return InstrumentId(POLYMARKET, f"{SLUG}{window.start}")


OUTCOMES: Final = DataSet(
    name="polymarket-btc5m-outcomes", title="Outcomes of five-minute BTC windows over two months",
    source="github felixdoteth/polymarket-btc-5m-dataset-, MIT", parts=parts, narrow=True,
)  # fmt: skip
