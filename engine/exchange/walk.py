"""How an order trades where others rest: the cheapest source first, resting orders and curve in the order of price.

A resting order that is at the taker's best price or better fills at its own price, the older first; before it the
curve sells (or buys) up to there. So a resting order inside the curve's quoted spread comes first. Own orders in the
way are taken out, never traded with. What a limit leaves waits in the book, if the order may wait.

Every piece is rounded on its own: what is paid up to the next micro-unit, what is got down.

Source: LMSR sheet §2.6 and §2.7; `engine.maths.lmsr_hybrid` is the same in floats.
"""

from __future__ import annotations

from math import ceil, floor, inf
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Tif
from engine.core.units import MICRO, MICROS, NO_MONEY, TICKS_PER_UNIT, Money, Qty, Ticks
from engine.exchange.answers import Declined, Part
from engine.exchange.market import BUY, YES, lots_of, of_lots
from engine.exchange.resting import proceeds, reserve
from engine.exchange.rules import LOT, MOST
from engine.exchange.sizing import not_held, nothing, too_fine, worst_of
from engine.maths import lmsr
from engine.maths.fees import fee

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest
    from engine.exchange.rules import ExchangeRules

WAITS: Final = (Tif.GTC, Tif.GTD)
QUOTED: Final = 3
"""The phase in which the curve quotes a spread."""


class Walked(msgspec.Struct):
    """What an order would take, and what of it would wait."""

    parts: list[Part]
    lots: int
    rest: int
    own: float
    """Marginal price of the leg before."""
    after: float
    worst: float | None
    """Worst price of one share of what trades; None where nothing does."""


class _Way:
    """One order under way: what it may still take, and where the curve stands by then."""

    def __init__(self, place: Place, market: Market, outcome: int, half: float) -> None:
        yes = market.prices[outcome]
        self.place, self.market, self.half = place, market, half
        self.buying = place.side is BUY
        self.sign = 1.0 if self.buying else -1.0
        self.own = yes if place.leg is YES else 1.0 - yes
        self.budget: Money | None = place.budget
        self.left = lots_of(MOST)
        self.spent = False
        """The budget ended it."""
        self.parts: list[Part] = []
        self.worst: float | None = None

    def reach(self, price: float) -> None:
        """Note the price of a share."""
        furthest = max if self.buying else min
        self.worst = price if self.worst is None else furthest(self.worst, price)

    def take(self, order: Rest | None, lots: int, amount: Money) -> None:
        """Take a piece at what it costs, or brings."""
        taken = fee(self.market.fee, amount) if self.market.fee_rate else NO_MONEY
        self.parts.append(Part(None if order is None else order.order, lots, amount, taken))
        self.left -= lots
        if self.budget is not None:
            self.budget = Money(self.budget - amount - taken)

    def price_of(self, order: Rest) -> Ticks:
        """Return the price of an order on the other side, in ticks of this one's leg."""
        return order.ticks if self.place.leg is YES else Ticks(TICKS_PER_UNIT - order.ticks)

    def room(self, goal: float) -> float:
        """Return the lots that the curve trades until its quote is at a price; none when it is there or beyond."""
        goal -= self.sign * self.half
        if self.sign * (goal - self.own) <= 0.0:
            return 0.0
        return abs(lmsr.shares_to_price(self.own, goal, self.market.b)) * MICROS if 0.0 < goal < 1.0 else inf

    def curve(self, most: int) -> bool:
        """Trade so many lots with the curve, or what the budget buys of them; whether it was all of them."""
        lots = most if self.budget is None else min(most, self._affordable_shares())
        while lots > 0:
            amount, after = lmsr.step(self.own, self.sign * lots / MICROS, self.market.b)
            amount += self.half * lots / MICROS
            exact = ceil(amount * MICROS) if self.buying else floor(-amount * MICROS)
            cost = Money(max(exact, 0) * MICRO)
            over = self._over(cost)
            if over <= 0:
                self.take(None, lots, cost)
                self.own = after
                self.reach(after + self.sign * self.half)
                break
            lots -= max(1, ceil(float(over) / (self.own + self.half) * MICROS))  # the least that a share costs
        self.spent = lots < most
        return not self.spent

    def meet(self, order: Rest) -> bool:
        """Trade with a resting order; whether it is used up, so that the next one is due."""
        price, lots = self.price_of(order), min(self.left, order.lots)
        if self.budget is not None:
            each = price / TICKS_PER_UNIT * (1.0 + float(self.market.fee_rate))
            lots = min(lots, floor(float(self.budget) / each * MICROS))
        while lots > 0:
            cost = reserve(price, lots) if self.buying else proceeds(price, lots)
            over = self._over(cost)
            if over <= 0:
                self.take(order, lots, cost)
                self.reach(price / TICKS_PER_UNIT)
                break
            lots -= max(1, ceil(float(over) / price * TICKS_PER_UNIT * MICROS))
        self.spent = self.budget is not None and lots < order.lots
        return lots == order.lots

    def _affordable_shares(self) -> int:
        budget = float(self.budget or 0) / (1.0 + float(self.market.fee_rate))
        return floor(lmsr.shares_for_budget(self.own, self.market.b, budget) * MICROS)

    def _over(self, cost: Money) -> Money:
        if self.budget is None:
            return NO_MONEY
        taken = fee(self.market.fee, cost) if self.market.fee_rate else NO_MONEY
        return Money(cost + taken - self.budget)


def walk(place: Place, market: Market, outcome: int, free: int, rules: ExchangeRules) -> Walked | Declined:
    """Return what a well-formed order does in a market where orders rest.

    `free` lots of its leg are held by its account and not set aside for a resting sale.
    """
    way = _Way(place, market, outcome, rules.half_spread / TICKS_PER_UNIT if market.phase >= QUOTED else 0.0)
    own = way.own
    worst, banded = worst_of(place, rules)
    if place.qty is not None:
        way.left = lots_of(place.qty)
        if way.left * LOT != place.qty:
            return too_fine(place.qty, "quantity")
    if not way.buying:
        if place.qty is not None and way.left > free:
            return not_held(place, place.qty, of_lots(free))
        if place.qty is None and not free:
            return not_held(place, Qty(LOT), of_lots(free))
        way.left = min(way.left, free)
    _go(way, market, outcome, worst)
    return _ended(place, way, own, banded)


def _go(way: _Way, market: Market, outcome: int, worst: float) -> None:
    book = market.book
    up = way.buying is (way.place.leg is YES)
    waiting = [] if book is None else book.side(outcome, up=not up)
    n = 0
    limit = round(worst * TICKS_PER_UNIT)
    while way.left > 0:
        order = waiting[n] if n < len(waiting) else None
        if order is not None and way.sign * (limit - way.price_of(order)) < 0:
            order = None
        room = way.room(worst if order is None else way.price_of(order) / TICKS_PER_UNIT)
        if room >= 1.0:
            if not way.curve(min(way.left, floor(min(room, float(way.left))))):
                return
        elif order is None:
            return
        elif order.account == way.place.by:
            way.parts.append(Part(order.order, 0, NO_MONEY))
            n += 1
        elif way.meet(order):
            n += 1
        else:
            return


def _ended(place: Place, way: _Way, own: float, banded: bool) -> Walked | Declined:
    lots = sum(part.lots for part in way.parts)
    waits = place.tif in WAITS
    if place.post_only and way.parts:
        return Declined("POST_ONLY", "This order would trade at once, and is only to rest.")
    short = way.left > 0 if place.qty is not None else place.budget is not None and not way.spent
    if place.tif is Tif.FOK and short:
        return nothing(place, own, banded)
    if not lots and not waits:
        if way.spent:
            return Declined("MIN_QTY", f"{place.budget} buys less than {LOT} shares.", limit=LOT)
        return nothing(place, own, banded)
    return Walked(way.parts, lots, way.left if waits else 0, own, way.own, way.worst)
