"""Books in memory: one update with its best prices, a sweep, a board of brackets, an event of a paper market."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.bench import figures
from engine.book.brackets import edges, implied, row, sums
from engine.book.ladder import Ladder
from engine.book.sets import SetKind, complete_set
from engine.book.sparse import SparseLadder
from engine.core.commands import Place, Tif
from engine.core.effects import Approved, Submit
from engine.core.events import BookDelta, BookSnapshot
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.instrument import Instrument
from engine.core.units import Lots, Nanos, Qty, Side, Ticks
from engine.orders.simulate import Latency, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bench.figures import Figure
    from engine.book.book import Book

    Update = tuple[Side, Ticks, Lots]

UPDATES: Final = 20_000
ROUNDS: Final = 25
GONE: Final = 0.15
"""Share of updates that remove a level."""
MOVES: Final = 0.02
"""Share of updates before which the middle moves by a step."""
KALSHI_LIKE: Final = (100, 49, 5_000)
"""A step of a cent, levels on a side, where the middle begins; ticks of 0.0001."""
BINANCE_LIKE: Final = (1, 1_471, 8_612_345)
"""A coin in cents: 2,942 levels."""


def mix(step: int, levels: int, middle: int, moves: float = MOVES) -> list[Update]:
    """Return updates of levels around a middle that wanders, most of them near it; the same every time.

    The middle itself stays empty, so the book never crosses.
    """
    rng = random.Random(7)
    low, high = middle - levels * step // 2, middle + levels * step // 2
    updates: list[Update] = []
    while len(updates) < UPDATES:
        if rng.random() < moves:
            gone = rng.choice((Side.BUY, Side.SELL))
            middle = min(high, max(low, middle - step if gone is Side.BUY else middle + step))
            updates.append((gone, Ticks(middle), Lots(0)))
        side = rng.choice((Side.BUY, Side.SELL))
        away = (1 + min(levels // 2 - 1, int(rng.expovariate(8 / levels)))) * step
        price = middle - away if side is Side.BUY else middle + away
        updates.append((side, Ticks(price), Lots(0 if rng.random() < GONE else rng.randrange(1, 50_000))))
    return updates


def deltas(updates: list[Update]) -> list[Update]:
    """Return the same updates as what each adds to its level, which is how Kalshi tells them."""
    there: dict[tuple[Side, Ticks], int] = {}
    found: list[Update] = []
    for side, price, lots in updates:
        found.append((side, price, Lots(lots - there.get((side, price), 0))))
        there[side, price] = lots
    return found


def each_update(make: Callable[[], Book], act: str, updates: list[Update], bar: float | None) -> Figure:
    """Return nanoseconds per update with the best prices after it, and of that what the loop and a call take."""
    samples = []
    for _ in range(ROUNDS):
        work = getattr(make(), act)
        began = time.perf_counter_ns()
        for side, price, lots in updates:
            work(side, price, lots)
        samples.append((time.perf_counter_ns() - began) / len(updates))
    call = min(_calls(updates) for _ in range(5))
    return figures.of(
        samples[2:], "ns", bar=bar, moonshot=60.0, held="median", updates=len(updates), call=round(call, 1)
    )


def _calls(updates: list[Update]) -> float:
    """Return nanoseconds per update of a book that keeps nothing."""
    work = _Nothing().put
    began = time.perf_counter_ns()
    for side, price, lots in updates:
        work(side, price, lots)
    return (time.perf_counter_ns() - began) / len(updates)


class _Nothing:
    def put(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Do nothing."""


def book_kalshi() -> Figure:
    """One level of a book of 98 cents, set to a size."""
    return each_update(Ladder, "put", mix(*KALSHI_LIKE), 120.0)


def book_kalshi_delta() -> Figure:
    """The same, told as what is added to the level."""
    return each_update(Ladder, "add", deltas(mix(*KALSHI_LIKE)), 120.0)


def book_binance() -> Figure:
    """One level of a book of 2,942 prices without a bound, set to a size."""
    return each_update(SparseLadder, "put", mix(*BINANCE_LIKE), 120.0)


def book_sweep() -> Figure:
    """What a taker would get, three levels deep."""
    book = _filled()

    def work() -> None:
        book.sweep(Side.BUY, Lots(60_000))

    return figures.of(figures.each(work, 5_000), "us")


def bracket_board() -> Figure:
    """An event of six brackets: sums, implied probabilities by six methods, sets both ways, edges."""
    terms, book = _terms(), _filled()
    rows = [row(terms, book, 10)] * 6

    def work() -> None:
        sums(rows)
        implied(rows)
        for kind in (SetKind.BUY_YES, SetKind.BUY_NO):
            complete_set(rows, kind, exclusive=True, exhaustive=True)
        for one in rows:
            edges(one, 0.2, Qty(Decimal(10)))

    return figures.of(figures.each(work, 300, warm=20), "us")


def paper_event() -> Figure:
    """A change of a level in a market where five orders of ours work on paper: its cost beside the book's own."""
    simulator, terms = Simulator(KALSHI, lambda: 0.5, Latency(out=0, back=0, jitter=0)), _terms()
    simulator.know(terms, Nanos(0))
    simulator.step(BookSnapshot(at=Nanos(0), instrument=terms.id), Nanos(0))
    for n in range(5):
        place = Place(
            instrument=terms.id,
            side=Side.BUY,
            price=Ticks(3_000 + 100 * n),
            qty=Qty(Decimal(10)),
            tif=Tif.GTC,
        )
        simulator.step(Submit(order=Approved(order=OrderId(f"o{n}"), place=place, gates=())), Nanos(0))
    events = [
        BookDelta(at=Nanos(n), instrument=terms.id, side=side, price=price, lots=lots)
        for n, (side, price, lots) in enumerate(mix(*KALSHI_LIKE, moves=0.0))
    ]
    samples = []
    for turn in range(ROUNDS):
        began = time.perf_counter_ns()
        for event in events:
            simulator.step(event, Nanos(turn * UPDATES + event.at))
        samples.append((time.perf_counter_ns() - began) / len(events))
    market = simulator.market(terms.id)
    working = 0 if market is None else len(market.resting[Side.BUY])
    return figures.of(samples[2:], "ns", events=len(events), working=working)


def _terms() -> Instrument:
    fee = FeeRule(kind="kalshi", rate=Decimal("0.07"))
    return Instrument(id=InstrumentId(KALSHI, "BENCH-B41.5"), title="bench", fee=fee)


def _filled() -> Ladder:
    book = Ladder()
    for n in range(1, 40):
        book.put(Side.BUY, Ticks(1_500 - n * 30 // 10 * 10), Lots(25_000))
        book.put(Side.SELL, Ticks(1_500 + n * 100), Lots(25_000))
    return book


ALL: Final = {
    "book_kalshi": book_kalshi,
    "book_kalshi_delta": book_kalshi_delta,
    "book_binance": book_binance,
    "book_sweep": book_sweep,
    "bracket_board": bracket_board,
    "paper_event": paper_event,
}
