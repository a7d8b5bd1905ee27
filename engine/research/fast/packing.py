"""Events of one venue to arrays, once; then they can be played as often as there are parameters.

What the kernels cannot hold is refused here in a sentence: a fee that does not come out in whole micro-units, prices
too far apart for a ladder, a lot that changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.core.errors import InputError
from engine.core.events import (
    BookDelta,
    BookSnapshot,
    BooksStale,
    GridChanged,
    LinkChanged,
    Listed,
    StatusChanged,
    Trade,
)
from engine.core.instrument import Payoff
from engine.core.units import MICRO, Side
from engine.maths import fees as schedule
from engine.research.fast import layout as at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.events import Event
    from engine.core.fee_rule import FeeRule
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.instrument import Band, Instrument
    from engine.research.fast.layout import Ints

STATES: Final = {
    "unopened": at.UNOPENED, "open": at.OPEN, "paused": at.PAUSED, "closed": at.CLOSED,
    "determined": at.DETERMINED, "settled": at.SETTLED,
}  # fmt: skip
SIDES: Final = {None: -1, Side.BUY: at.BUY, Side.SELL: at.SELL}
KINDS: Final = {
    "none": at.NO_FEE, "of_cost": at.OF_COST, "kalshi": at.KALSHI, "kalshi_cents": at.KALSHI_CENTS,
    "polymarket": at.POLYMARKET,
}  # fmt: skip
WIDEST: Final = 1 << 22
"""Steps of the longest ladder."""
ROOM: Final = 64
"""Steps beyond the prices that were seen, of an instrument whose prices have no bound."""
LONGEST: Final = 1 << 53
"""Of what a fee multiplies lots with."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What happened on a venue, as the kernels read it."""

    venue: VenueId
    names: tuple[InstrumentId, ...]
    instruments: tuple[Instrument, ...]
    """As first listed."""
    rows: np.ndarray[Any, Any]
    """`layout.ROW`, in order of time."""
    ends: Ints
    """Rows after so many events of the source, from none on."""
    prices: Ints
    lots: Ints
    """Levels of snapshots."""
    terms: Ints
    bands: Ints
    fees: Ints
    low: Ints
    high: Ints
    stride: Ints
    """Of each instrument's prices."""
    most_levels: int
    """Of one side of a book."""

    @property
    def until(self) -> int:
        """When the last event was."""
        return int(self.rows["at"][-1]) if len(self.rows) else 0


class Packer:
    """Takes events, and gives them packed."""

    def __init__(self, venue: VenueId) -> None:
        self.venue = venue
        self._places: dict[InstrumentId, int] = {}
        self._known: list[Instrument] = []
        self._rows: list[tuple[int, int, int, int, int, int, int, int, int]] = []
        self._ends = [0]
        self._prices: list[int] = []
        self._lots: list[int] = []
        self._terms: list[tuple[int, ...]] = []
        self._bands: list[tuple[int, int, int]] = []
        self._fees: list[tuple[int, ...]] = []
        self._grids: dict[int, list[tuple[int, int, int]]] = {}
        """Every band of each instrument."""
        self._fee_rows: dict[object, int] = {}
        self._latest = 0

    def take(self, event: Event) -> None:
        """Take one event in; those of other venues, and those no gateway hears, leave no row."""
        self._latest = max(self._latest, event.at)
        match event:
            case BookDelta():
                self._delta(event)
            case Trade():
                self._row(event.instrument, at.TRADE, event.lots, event.price, side=SIDES[event.taker])
            case BookSnapshot():
                self._snapshot(event)
            case Listed():
                for instrument in event.instruments:
                    self._know(instrument)
            case StatusChanged():
                self._row(event.instrument, at.STATUS, event.closes or 0, self._state(event.status))
            case GridChanged():
                first, n = self._grid(event.instrument, event.grid)
                self._row(event.instrument, at.STEPS, 0, first, bid=n)
            case BooksStale() if event.venue == self.venue:
                self._doubt(event.instruments)
            case LinkChanged(up=False, channel="market" | "") if event.venue == self.venue:
                self._doubt(self._places)
            case _:
                pass
        self._ends.append(len(self._rows))

    def done(self, orders: Iterable[tuple[InstrumentId, int]] = ()) -> Packed:
        """Return what was taken in; `orders` are prices at which ours may come to lie."""
        n = len(self._known)
        rows = np.array(self._rows, dtype=at.ROW) if self._rows else np.zeros(0, at.ROW)
        prices = np.array(self._prices, dtype=np.int64)
        low, high, stride = (np.zeros(n, np.int64) for _ in range(3))
        seen = self._seen(rows, prices, orders)
        for place, instrument in enumerate(self._known):
            low[place], high[place], stride[place] = _ladder(instrument, seen[place], self._bands_of(place))
        return Packed(
            venue=self.venue, names=tuple(self._places), instruments=tuple(self._known), rows=rows,
            ends=np.array(self._ends, np.int64), prices=prices, lots=np.array(self._lots, np.int64),
            terms=_table(self._terms, 6), bands=_table(self._bands, 3), fees=_table(self._fees, at.FEE_COLUMNS),
            low=low, high=high, stride=stride, most_levels=max((len(one) for one in seen), default=0),
        )  # fmt: skip

    def _row(
        self, name: InstrumentId, kind: int, lots: int, price: int, *, side: int = -1, bid: int = 0, ask: int = 0,
        by: int = 0,
    ) -> None:  # fmt: skip
        place = self._places.get(name)
        if place is not None:
            if not (-(1 << 31) < price < 1 << 31 and -(1 << 62) < lots < 1 << 62):
                raise InputError(f"{name.symbol}: a price or size of {price} and {lots} is too large for the fast path")
            self._rows.append((self._latest, lots, price, place, bid, ask, kind, side, by))

    def _delta(self, event: BookDelta) -> None:
        self._row(
            event.instrument, at.DELTA, event.lots, event.price, side=SIDES[event.side], bid=event.best_bid or 0,
            ask=event.best_ask or 0, by=int(event.by),
        )  # fmt: skip

    def _snapshot(self, event: BookSnapshot) -> None:
        if event.instrument not in self._places:
            return
        first = len(self._prices)
        for price, lots in (*event.bids, *event.asks):
            self._prices.append(price)
            self._lots.append(lots)
        self._row(event.instrument, at.SNAPSHOT, first, 0, bid=len(event.bids), ask=len(event.asks))

    def _doubt(self, names: Iterable[InstrumentId]) -> None:
        for name in names:
            self._row(name, at.STALE, 0, 0)

    def _know(self, instrument: Instrument) -> None:
        if instrument.id.venue != self.venue:
            return
        place = self._places.setdefault(instrument.id, len(self._places))
        if place == len(self._known):
            self._known.append(instrument)
        first = self._known[place]
        same = (first.lot, first.unit, first.payoff, first.step)
        if same != (instrument.lot, instrument.unit, instrument.payoff, instrument.step):
            raise InputError(f"{instrument.id.symbol}: its lot, unit or step changed")
        bands, n = self._grid(instrument.id, instrument.grid)
        least = ceil(instrument.least / instrument.lot)
        terms = (self._state(instrument.status), instrument.closes or 0, bands, n, least, self._fee(instrument))
        self._terms.append(terms)
        self._row(instrument.id, at.KNOW, 0, len(self._terms) - 1)

    def _grid(self, name: InstrumentId, grid: Sequence[Band]) -> tuple[int, int]:
        rows = [(int(band.start), int(band.stop), int(band.step)) for band in grid]
        self._grids.setdefault(self._places.get(name, -1), []).extend(rows)
        first = len(self._bands)
        self._bands += rows
        return first, len(rows)

    def _bands_of(self, place: int) -> Ints:
        return _table(self._grids.get(place, []), 3)

    def _state(self, status: str) -> int:
        return STATES.get(status, at.CLOSED)

    def _fee(self, instrument: Instrument) -> int:
        key = (instrument.fee, instrument.lot, instrument.unit)
        if key not in self._fee_rows:
            self._fee_rows[key] = len(self._fees)
            self._fees.append(fee_row(instrument))
        return self._fee_rows[key]

    def _seen(self, rows: np.ndarray[Any, Any], prices: Ints, orders: Iterable[tuple[InstrumentId, int]]) -> list[Ints]:
        """Return every price at which a level or an order of each instrument lies."""
        n = len(self._known)
        found: list[list[Ints]] = [[np.zeros(0, np.int64)] for _ in range(n)]
        deltas = rows[rows["kind"] == at.DELTA]
        books = rows[rows["kind"] == at.SNAPSHOT]
        owners = np.repeat(books["one"], books["bid"].astype(np.int64) + books["ask"])
        for place in range(n):
            found[place].append(np.unique(deltas["price"][deltas["one"] == place]).astype(np.int64))
            found[place].append(np.unique(prices[owners == place]))
        for name, price in orders:
            if name in self._places and price:
                found[self._places[name]].append(np.array([price], np.int64))
        return [np.unique(np.concatenate(some)) for some in found]


def pack(events: Iterable[Event], venue: VenueId) -> Packed:
    """Return events of a venue packed.

    Raises
    ------
    InputError
        If something of them cannot be held.
    """
    packer = Packer(venue)
    for event in events:
        packer.take(event)
    return packer.done()


def fee_row(instrument: Instrument) -> tuple[int, ...]:
    """Return an instrument's fee as the kernels reckon it.

    Raises
    ------
    InputError
        If it does not come out in whole micro-units.
    """
    rule, name = instrument.fee, instrument.id.symbol
    kind = KINDS.get(rule.kind, at.UNKNOWN_FEE)
    lot, unit = Fraction(instrument.lot), Fraction(instrument.unit)
    top = int(1 / instrument.unit) if instrument.payoff is Payoff.BINARY else 0
    waived = rule.waived_until or 0
    if kind in (at.NO_FEE, at.UNKNOWN_FEE):
        return (kind, 0, 1, 0, 1, 1, 1, 0, waived, top)
    if kind != at.OF_COST and not top:
        raise InputError(f"{name}: a fee of kind {rule.kind} is of contracts that pay 0 or 1")
    if kind == at.POLYMARKET and rule.exponent != 1:
        raise InputError(f"{name}: a fee with the exponent {rule.exponent} is not known on the fast path")
    step, taker, maker = _parts(rule, kind)
    scale = lot * unit * (1 if kind == at.OF_COST else unit) / Fraction(step)
    rates = [Fraction(taker) * scale, Fraction(maker) * scale]
    micros, shave = Fraction(step) / Fraction(MICRO), Fraction(rule.precision or schedule.KALSHI_STEP) / Fraction(MICRO)
    cost = lot * unit / Fraction(MICRO) if kind == at.KALSHI else Fraction(0)
    whole = all(one.denominator == 1 for one in (micros, shave, cost))
    most = (top * top // 4 or WIDEST) * max(one.numerator for one in rates)
    if not whole or most > LONGEST or any(one < 0 or one.denominator > LONGEST for one in rates):
        raise InputError(f"{name}: its fee ({rule.kind}, {rule.rate:f}) does not come out in whole micro-units")
    return (
        kind, rates[0].numerator, rates[0].denominator, rates[1].numerator, rates[1].denominator, int(micros),
        int(shave), int(cost), waived, top,
    )  # fmt: skip


def _parts(rule: FeeRule, kind: int) -> tuple[Decimal, Decimal, Decimal]:
    """Return a schedule's step, and its rates for takers and makers."""
    if kind == at.OF_COST:
        return MICRO, rule.rate, rule.rate
    if kind == at.POLYMARKET:
        return rule.precision or schedule.POLYMARKET_STEP, rule.rate, Decimal(0) if rule.taker_only else rule.rate
    step = schedule.KALSHI_STEP if kind == at.KALSHI else schedule.CENT
    return step, rule.rate * rule.multiplier, rule.maker_rate * rule.multiplier


def _ladder(instrument: Instrument, seen: Ints, bands: Ints) -> tuple[int, int, int]:
    """Return from where to where a ladder is laid, and by which step: that of all levels, and of all orders allowed."""
    top = int(1 / instrument.unit) if instrument.payoff is Payoff.BINARY else 0
    possible = seen[(seen > 0) & (seen < top)] if top else seen[seen > 0]
    step = int(np.gcd.reduce(np.concatenate([possible, bands[:, 0], bands[:, 2], [top]]))) or 1
    low, high = 0, top
    if not top and possible.size:
        low, high = max(0, int(possible[0]) - ROOM * step), int(possible[-1]) + ROOM * step
    if (high - low) // step > WIDEST:
        raise InputError(f"{instrument.id.symbol}: prices from {low} to {high} ticks are too far apart for a ladder")
    return low, high, step


def _table(rows: Sequence[tuple[int, ...]], columns: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, columns)
