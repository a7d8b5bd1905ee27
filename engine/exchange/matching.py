"""Trades where orders rest: cash, shares and the curve of one order's pieces, and of resting orders the curve crossed.

Two people who trade with each other move no price. One who buys YES from one who buys NO makes a pair: between them
they pay 1 a share, which is what the pair will be paid. One who sells YES to one who sells NO ends one.

A resting order never costs more over its life than was set aside for it: of every piece it pays what the piece frees.
It pays no fee for having waited.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Final

from engine.core.units import MICRO, MICROS, NO_MONEY, TICKS_PER_UNIT, Money
from engine.exchange.answers import Met, Traded
from engine.exchange.market import BUY, YES, of_lots
from engine.exchange.resting import proceeds, reserve
from engine.maths import lmsr

if TYPE_CHECKING:
    from engine.core.ids import AccountId, OrderId
    from engine.core.units import Leg, Nanos, Ticks
    from engine.exchange.answers import Quote
    from engine.exchange.books import Books
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest

CRUMB: Final = 10_000
"""A resting order that the curve crossed trades this many lots at least, or all it has left: prices of several
outcomes that push each other would else approach their end for ever."""
MOST_CROSSED: Final = 40
"""Such trades after one order; what is still crossed then trades after the next."""


class Floor:
    """The market of one operation, and what it did so far."""

    def __init__(self, market: Market, books: Books, at: Nanos, half: float) -> None:
        self.market, self.books, self.at, self.half = market, books, at, half
        self.met: list[Met] = []
        self.touched: dict[OrderId, Rest] = {}
        self.ousted: list[Rest] = []

    def carry_out(self, quote: Quote, order: OrderId) -> None:
        """Do what a quote says, which must be of this moment."""
        for part in quote.parts:
            if part.order is None:
                self._curve(quote, order, part.lots, part.cost, part.fee)
                continue
            other = self._rest(part.order)
            if part.lots:
                self._meet(quote, order, other, part.lots, part.cost, part.fee)
            else:
                self.oust(other)

    def oust(self, one: Rest) -> None:
        """Take an order out of the book and free what was set aside for it."""
        self.shrink(one, one.lots)
        self.ousted.append(one)

    def stand(self, one: Rest) -> None:
        """Let an order rest."""
        book = self.market.book
        if book is not None:
            book.add(one)
            self.books.rest(one, self.market, 0, one.lots)

    def cross(self) -> None:
        """Let resting orders that the curve's quote has reached trade with it, until none is left that it has."""
        trades, again = 0, True
        while again:
            again = False
            for outcome in self.market.contract.tradable:
                for up in (True, False):
                    while trades < MOST_CROSSED and self._cross_best(outcome, up=up):
                        trades, again = trades + 1, True

    def _cross_best(self, outcome: int, *, up: bool) -> bool:
        """Let the best order of a side trade with the curve as far as its limit; False when it cannot."""
        market = self.market
        waiting = [] if market.book is None else market.book.side(outcome, up=up)
        if not waiting:
            return False
        one = waiting[0]
        buying = one.side is BUY
        sign = 1.0 if buying else -1.0
        own = market.leg_price(outcome, one.leg)
        goal = one.price / TICKS_PER_UNIT - sign * self.half
        if sign * (goal - own) <= 0.0 or not 0.0 < goal < 1.0:
            return False
        lots = min(one.lots, floor(abs(lmsr.shares_to_price(own, goal, market.b)) * MICROS))
        if lots < min(CRUMB, one.lots):
            return False
        amount, _ = lmsr.step(own, sign * lots / MICROS, market.b)
        amount += self.half * lots / MICROS
        cost = Money((ceil(amount * MICROS) if buying else floor(-amount * MICROS)) * MICRO)
        if cost > freed(one, lots) if buying else cost < proceeds(one.price, lots):
            return False  # so little that rounding would take it past its limit
        before = market.ticks(outcome)
        realised = self._enter(one.account, one.index, buying=buying, lots=lots, cost=cost)
        after = market.move(outcome, one.leg, one.side, lots)
        self._met(one.account, one.order, one, lots, cost, NO_MONEY, (before, after), realised, None)
        self.shrink(one, lots)
        return True

    def _curve(self, quote: Quote, order: OrderId, lots: int, cost: Money, taken: Money) -> None:
        market, outcome, leg, side = self.market, quote.outcome, quote.leg, quote.side
        before = market.ticks(outcome)
        realised = self._enter(quote.account, _index(outcome, leg), buying=side is BUY, lots=lots, cost=cost, fee=taken)
        after = market.move(outcome, leg, side, lots)
        self._met(quote.account, order, quote, lots, cost, taken, (before, after), realised, None)

    def _meet(self, quote: Quote, order: OrderId, other: Rest, lots: int, cost: Money, taken: Money) -> None:
        market, outcome, leg, side = self.market, quote.outcome, quote.leg, quote.side
        ticks = (other.ticks, other.ticks)
        theirs = freed(other, lots) if other.side is BUY else proceeds(other.price, lots)
        index = _index(outcome, leg)
        realised = self._enter(quote.account, index, buying=side is BUY, lots=lots, cost=cost, fee=taken)
        gained = self._enter(other.account, other.index, buying=other.side is BUY, lots=lots, cost=theirs)
        market.meet(leg, side, lots, other.leg, self.at, other.ticks)
        self._met(quote.account, order, quote, lots, cost, taken, ticks, realised, 0)
        self._met(other.account, other.order, other, lots, theirs, NO_MONEY, ticks, gained, 1)
        self.shrink(other, lots)

    def _enter(
        self, account: AccountId, index: int, *, buying: bool, lots: int, cost: Money, fee: Money = NO_MONEY
    ) -> Money:
        return self.books.enter(self.market, account, index, buying, of_lots(lots), cost, fee)

    def _met(
        self, account: AccountId, order: OrderId, of: Quote | Rest, lots: int, cost: Money, taken: Money,
        ticks: tuple[Ticks, Ticks], realised: Money, via: int | None,
    ) -> None:  # fmt: skip
        name = self.market.id
        traded = Traded(
            account, order, self.at, name, of.outcome, of.leg, of.side, of_lots(lots), cost, taken, *ticks, realised
        )
        self.met.append(Met(traded, via))

    def _rest(self, order: OrderId) -> Rest:
        book = self.market.book
        return book.orders[order]  # type: ignore[union-attr]  # a part names an order only where there is a book

    def shrink(self, one: Rest, lots: int) -> None:
        """Take lots off a resting order and free what was set aside for them."""
        self.books.rest(one, self.market, one.lots, one.lots - lots)
        book = self.market.book
        if book is not None:
            book.shrink(one, lots)
        self.touched[one.order] = one


def freed(one: Rest, lots: int) -> Money:
    """Return what is set aside for so many lots of a resting purchase, and paid for them at most."""
    return Money(reserve(one.price, one.lots) - reserve(one.price, one.lots - lots))


def _index(outcome: int, leg: Leg) -> int:
    return 2 * outcome if leg is YES else 2 * outcome + 1
