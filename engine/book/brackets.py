"""The books of one event side by side: sums, implied probabilities, edges, what-if; sets are in `sets`.

Pure functions over rows, one for each outcome in order; prices are `Decimal` in account currency per share, so
that sums and fees are exact. Opinions (probabilities and edges) are floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.book.grid import above, below
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.units import TICK, Leg, Nanos, Qty, Side, Ticks
from engine.maths import pmf
from engine.maths.fees import trade_fee

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.book.book import Book
    from engine.core.instrument import Band, Instrument
    from engine.core.units import Lots

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One outcome: levels of YES, best first, and what an order in it costs."""

    bids: tuple[tuple[Ticks, Lots], ...] = ()
    asks: tuple[tuple[Ticks, Lots], ...] = ()
    unit: Decimal = TICK
    lot: Decimal = Decimal("0.01")
    step: Decimal = Decimal("0.01")
    grid: tuple[Band, ...] = ()
    fee: FeeRule = NO_FEE

    @property
    def bid(self) -> Decimal | None:
        """Best price a seller of YES gets."""
        return self.bids[0][0] * self.unit if self.bids else None

    @property
    def ask(self) -> Decimal | None:
        """Best price a buyer of YES pays."""
        return self.asks[0][0] * self.unit if self.asks else None

    @property
    def mid(self) -> Decimal | None:
        """Half-way; undefined, not one half, unless both sides stand."""
        return (self.bid + self.ask) / 2 if self.bid is not None and self.ask is not None else None


def row(instrument: Instrument, book: Book, depth: int = 0) -> Row:
    """Return an instrument's row: the first `depth` levels of its book, or all."""
    return Row(
        bids=tuple(book.levels(Side.BUY, depth)),
        asks=tuple(book.levels(Side.SELL, depth)),
        unit=instrument.unit,
        lot=instrument.lot,
        step=instrument.step,
        grid=instrument.grid,
        fee=instrument.fee,
    )


class Sums(NamedTuple):
    """Sums over the outcomes that have such a price, and how many do."""

    bid: Decimal
    mid: Decimal
    ask: Decimal
    bids: int
    mids: int
    asks: int
    of: int

    @property
    def overround(self) -> Decimal | None:
        """What buying one of each costs beyond 1; None while an ask is missing."""
        return self.ask - ONE if self.asks == self.of else None

    @property
    def underround(self) -> Decimal | None:
        """What selling one of each brings beyond 1; None while a bid is missing."""
        return self.bid - ONE if self.bids == self.of else None


def sums(rows: Sequence[Row]) -> Sums:
    """Return Σbid, Σmid and Σask."""
    bids, mids, asks = ([p for p in prices if p is not None] for prices in zip(*map(_prices, rows), strict=True))
    return Sums(sum(bids, ZERO), sum(mids, ZERO), sum(asks, ZERO), len(bids), len(mids), len(asks), len(rows))


def _prices(one: Row) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    return one.bid, one.mid, one.ask


class Implied(NamedTuple):
    """What mids say about the outcomes that have one; None for the others, and where the method is undefined."""

    p: tuple[float | None, ...]
    bands: tuple[pmf.Band | None, ...]
    """Between which probabilities the methods disagree."""
    used: int


def implied(rows: Sequence[Row], method: str = "multiplicative") -> Implied:
    """Return the distribution the mids imply by one method, and the spread of all of them."""
    mids = [one.mid for one in rows]
    prices = [float(mid) for mid in mids if mid is not None]
    p, bands = (pmf.devig(prices, method), pmf.spread(prices)) if prices else (None, None)
    each_p, each_band = iter(p or ()), iter(bands or ())
    return Implied(
        tuple(None if mid is None else next(each_p, None) for mid in mids),
        tuple(None if mid is None else next(each_band, None) for mid in mids),
        len(prices),
    )


class Edges(NamedTuple):
    """Expected gain per share at a probability, after exact fees, account currency; None where there is no price."""

    buy_yes: float | None
    """Taking the ask."""
    buy_no: float | None
    """Hitting the bid."""
    bid_yes: float | None
    """Resting a tick better than the bid, or at it where that would cross."""
    bid_no: float | None
    """The same on the other side of the book."""


def edges(one: Row, probability: float, qty: Qty, at: Nanos | None = None) -> Edges:
    """Return the edges of buying `qty` shares of either leg at a probability of YES."""
    yes, no = probability, 1.0 - probability
    bid, ask = one.bids[0][0] if one.bids else None, one.asks[0][0] if one.asks else None
    return Edges(
        None if ask is None else yes - _all_in(one, ask, Leg.YES, qty, False, at),
        None if bid is None else no - _all_in(one, bid, Leg.NO, qty, False, at),
        None if bid is None else yes - _all_in(one, _better(above(one.grid, bid), bid, ask), Leg.YES, qty, True, at),
        None if ask is None else no - _all_in(one, _better(below(one.grid, ask), ask, bid), Leg.NO, qty, True, at),
    )


def _better(improved: Ticks | None, best: Ticks, against: Ticks | None) -> Ticks:
    """Return a price a step better than the best, or the best where that is none or would meet the other side."""
    if improved is None:
        return best
    crosses = against is not None and (improved >= against if improved > best else improved <= against)
    return best if crosses else improved


def _all_in(one: Row, ticks: Ticks, leg: Leg, qty: Qty, maker: bool, at: Nanos | None) -> float:
    """Return what a share of a leg costs, fee included."""
    price = ticks * one.unit if leg is Leg.YES else ONE - ticks * one.unit
    return float(price + trade_fee(one.fee, Side.BUY, price, qty, maker, at) / qty)


class Stake(NamedTuple):
    """Shares of one leg of one outcome, and what they cost."""

    outcome: int
    leg: Leg
    qty: Decimal
    """Bought; negative is sold."""
    cost: Decimal
    """Paid less got, fees included."""


def stake(outcome: int, side: Side, leg: Leg, price: Decimal, qty: Qty, rule: FeeRule, maker: bool = True) -> Stake:
    """Return what an order becomes if all of it fills at its price."""
    fee = trade_fee(rule, side, price, qty, maker)
    if side is Side.BUY:
        return Stake(outcome, leg, qty, qty * price + fee)
    return Stake(outcome, leg, -qty, fee - qty * price)


class WhatIf(NamedTuple):
    """Profit and loss by what happens; of an event that is not exhaustive the last is that none of them does."""

    held: tuple[Decimal, ...]
    """Of the positions alone."""
    filled: tuple[Decimal, ...]
    """With every working order filled."""
    worst: tuple[Decimal, ...]
    """With just those orders filled that make it worse."""

    @property
    def at_risk(self) -> Decimal:
        """What can be lost at most, orders included; never negative."""
        return max(ZERO, -min(self.worst, default=ZERO))


def what_if(outcomes: int, held: Iterable[Stake], working: Iterable[Stake], *, exhaustive: bool) -> WhatIf:
    """Return the result of each outcome from positions and working orders.

    Parameters
    ----------
    outcomes : int
    held, working : iterable of Stake
        Positions at their cost, and orders as `stake` prices them.
    exhaustive : bool
        False adds the case that none of the outcomes happens.
    """
    cases = range(outcomes if exhaustive else outcomes + 1)
    base = [ZERO for _ in cases]
    for one in held:
        base = [total + _result(one, case) for case, total in enumerate(base)]
    filled, worst = list(base), list(base)
    for one in working:
        for case in cases:
            result = _result(one, case)
            filled[case] += result
            worst[case] += min(result, ZERO)
    return WhatIf(tuple(base), tuple(filled), tuple(worst))


def _result(one: Stake, case: int) -> Decimal:
    pays = (one.outcome == case) is (one.leg is Leg.YES)
    return (one.qty if pays else ZERO) - one.cost
