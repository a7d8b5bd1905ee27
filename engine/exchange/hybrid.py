"""Markets of phase 2 and 3: orders that rest beside the curve, and liquidity that falls as people bring their own.

Everything is refused before anything changes or not at all, as on the exchange itself, whose accounts and markets
these are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Place, Tif
from engine.core.ids import AccountId, MarketId, OrderId, embedded
from engine.core.units import DAY, MICROS, NO_MONEY, TICKS_PER_UNIT, Money, Nanos, Qty, Ticks
from engine.exchange import walk
from engine.exchange.answers import Declined, Matched, Quote, Traded
from engine.exchange.limits import refuse_order
from engine.exchange.market import BUY, ENDED, OPEN, YES, Market, lots_of, of_lots
from engine.exchange.matching import Floor
from engine.exchange.resting import Rest, reserve
from engine.exchange.rules import LOT
from engine.maths import lmsr, lmsr_decay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.exchange.books import Books
    from engine.exchange.rules import ExchangeRules

PHASES: Final = (1, 2, 3)


class Hybrid:
    """The resting orders of all markets."""

    def __init__(self, markets: dict[MarketId, Market], books: Books, rules: ExchangeRules) -> None:
        self._markets, self._books, self._rules = markets, books, rules
        self._of: dict[OrderId, Market] = {}
        self.next_place = 1
        """In the queue: of the next order that rests."""

    def get(self, order: OrderId) -> Rest | None:
        """Return a resting order, or None."""
        market = self._of.get(order)
        return None if market is None or market.book is None else market.book.orders.get(order)

    def of(self, account: AccountId, market: MarketId | None = None) -> tuple[Rest, ...]:
        """Return an account's resting orders, of one market or of all, by their place in the queue."""
        if not self._books.standing or account not in self._books.standing:
            return ()
        found = [one for order in self._of if (one := self.get(order)) is not None and one.account == account]
        return tuple(sorted((one for one in found if market in {None, one.market}), key=lambda one: one.place))

    def __iter__(self) -> Iterator[Rest]:
        """Iterate over all resting orders."""
        return (one for order in self._of if (one := self.get(order)) is not None)

    def sketch(self, markets: dict[MarketId, Market], books: Books) -> Hybrid:
        """Return the same over copied markets and accounts."""
        other = Hybrid(markets, books, self._rules)
        other.next_place = self.next_place
        other._of = {order: markets[market.id] for order, market in self._of.items()}
        return other

    def half(self, market: Market) -> float:
        """Return how far from its price the curve of a market trades."""
        return self._rules.half_spread / TICKS_PER_UNIT if market.phase >= walk.QUOTED else 0.0

    def quote(self, place: Place, market: Market, outcome: int, at: Nanos) -> Quote | Declined:
        """Return what a well-formed order of a trading account would do in an open market."""
        index = 2 * outcome if place.leg is YES else 2 * outcome + 1
        held = market.position(place.by, outcome, place.leg)
        offered = 0 if market.book is None else market.book.offered.get((place.by, index), 0)
        done = walk.walk(place, market, outcome, lots_of(held.qty) - offered, self._rules)
        if isinstance(done, Declined):
            return done
        cost, fee = (
            sum((part.cost for part in done.parts), NO_MONEY),
            sum((part.fee for part in done.parts), NO_MONEY),
        )
        aside = reserve(place.price or Ticks(0), done.rest) if place.side is BUY else NO_MONEY
        quote = Quote(
            place.by, market.id, outcome, place.leg, place.side, of_lots(done.lots), cost, fee, done.own, done.after,
            done.lots, tuple(done.parts), of_lots(done.rest), aside, place.price or Ticks(0), place.until,
            done.worst,
        )  # fmt: skip
        refused = self._refuse_rest(place, at) if done.rest else None
        return refused or refuse_order(quote, market, held, self._books, self._markets, self._rules) or quote

    def submit(self, quote: Quote, at: Nanos, order: OrderId) -> Matched:
        """Do what `quote` said of an order in the same moment; what does not trade rests if it may."""
        market = self._markets[quote.market]
        floor = self._floor(market, at)
        floor.carry_out(quote, order)
        rested = None
        if quote.rest:
            rested = Rest(
                order, self.next_place, at, quote.account, market.id, quote.outcome, quote.leg, quote.side,
                quote.price, lots_of(quote.rest), quote.until,
            )  # fmt: skip
            self.next_place += 1
            self._of[order] = market
            floor.stand(rested)
        floor.cross()
        return self._done(floor, rested)

    def cancel(self, order: OrderId, at: Nanos) -> Matched | None:
        """Take an order out of its book; None when it does not rest."""
        one = self.get(order)
        if one is None:
            return None
        floor = self._floor(self._of[order], at)
        floor.oust(one)
        return self._done(floor, None)

    def amend(self, order: OrderId, price: Ticks, lots: int, at: Nanos) -> Matched | Declined:
        """Give a resting order another price or another open size; only a smaller size keeps its place.

        Anything else is the same as to take it out and ask for it anew, in one operation.
        """
        one = self.get(order)
        if one is None:
            return Declined("NOT_RESTING", f"Order {order} does not rest here.")
        market = self._of[order]
        if price == one.price and 0 < lots <= one.lots:
            floor = self._floor(market, at)
            if lots < one.lots:
                floor.shrink(one, one.lots - lots)
            return self._done(floor, one)
        quote = self.requote(order, price, lots, at)
        if isinstance(quote, Declined):
            return quote
        before = msgspec.structs.replace(one)
        self._floor(market, at).oust(one)
        del self._of[order]
        done = self.submit(quote, at, order)
        if done.rested is None:
            before.lots = 0
            return msgspec.structs.replace(done, touched=(before, *done.touched))
        return done

    def requote(self, order: OrderId, price: Ticks, lots: int, at: Nanos) -> Quote | Declined:
        """Return what a resting order would do if it were asked for anew so; changes nothing."""
        one = self.get(order)
        if one is None:
            return Declined("NOT_RESTING", f"Order {order} does not rest here.")
        if lots <= 0:
            return Declined("MIN_QTY", f"An order is for {LOT} shares at least.", limit=LOT)
        market = self._of[order]
        open_lots, floor = one.lots, self._floor(market, at)
        floor.oust(one)
        quote = self.quote(place_of(one, price, lots), market, one.outcome, at)
        one.lots = open_lots
        floor.stand(one)
        return quote

    def clear(self, market: Market, at: Nanos) -> tuple[Rest, ...]:
        """Take every order out of a market's book."""
        floor = self._floor(market, at)
        for one in list(market.book or ()):
            floor.oust(one)
        return self._done(floor, None).ousted

    def unfunded(self, at: Nanos) -> tuple[Rest, ...]:
        """Take out the orders of every account whose cash no longer covers what is set aside for them."""
        found: list[Rest] = []
        for account in sorted(self._books.standing):
            if self._books.free(account) < 0:
                for one in self.of(account):
                    done = self.cancel(one.order, at)
                    found += () if done is None else done.ousted
        return tuple(found)

    def restore(self, one: Rest) -> str:
        """Take a resting order of an earlier session; return what is wrong with it, empty when nothing is."""
        market = self._markets.get(one.market)
        if (
            market is None
            or market.book is None
            or market.status != OPEN
            or one.outcome not in market.contract.tradable
        ):
            return f"order {one.order} rests in {one.market}/{one.outcome}, where no order can"
        if market.status != OPEN:
            return f"order {one.order} rests in {one.market}, which is {market.status}"
        if one.lots <= 0 or not 0 < one.price < TICKS_PER_UNIT or one.order in self._of:
            return f"order {one.order} cannot rest with {one.qty} shares at {one.price}"
        self._of[one.order] = market
        market.book.add(one)
        self._books.rest(one, market, 0, one.lots)
        self.next_place = max(self.next_place, one.place + 1)
        held = lots_of(market.position(one.account, one.outcome, one.leg).qty)
        if market.book.offered.get((one.account, one.index), 0) > held:
            return f"more is set aside for order {one.order} than {one.account} holds"
        if one.reserved and self._books.free(one.account) < 0:
            return f"{one.account} has not the cash that is set aside for order {one.order}"
        return ""

    def advance(self, market: Market, phase: int) -> Declined | None:
        """Bring a market to a later phase; Declined when it is no later one, or the market is over."""
        if phase not in PHASES or phase <= market.phase:
            return Declined("PHASE", f"A market only goes on to a later phase; this one is in phase {market.phase}.")
        if market.status in ENDED:
            return Declined("NOT_OPEN", f"{market.contract.title} is {market.status}.")
        market.advance(phase)
        return None

    def organic(self, market: Market, at: Nanos) -> Qty:
        """Return the shares that people traded with each other in the last day."""
        return of_lots(sum([lots for when, lots in market.organic if when > at - DAY]))

    def decay(self, market: Market, at: Nanos) -> bool:
        """Let the liquidity of a market of phase 3 fall to what its day's volume asks for; whether it did."""
        if market.phase < walk.QUOTED or market.status in ENDED:
            return False
        while market.organic and market.organic[0][0] <= at - DAY:
            market.organic.popleft()
        volume = float(self.organic(market, at))
        floor = min(self._rules.b_floor, market.b_open)
        wanted = lmsr_decay.decayed(market.b_open, floor, volume, self._rules.half_volume)
        if lmsr_decay.lowered(market.b, wanted) >= market.b:
            return False
        market.lower(wanted)
        return True

    def ahead(self, one: Rest) -> float:
        """Return the shares that trade before a resting order does: the curve's up to its price, and older orders."""
        market = self._markets[one.market]
        book = market.book
        if book is None:
            return 0.0
        waiting = 0
        for other in book.side(one.outcome, up=one.up):
            if other is one:
                break
            waiting += other.lots
        return waiting / MICROS + self._curve_to(market, one.outcome, one.up, one.ticks)

    def ahead_at(self, market: Market, outcome: int, ticks: Ticks, *, up: bool) -> float:
        """Return the same of an order that would come to rest at a price of YES now."""
        side = [] if market.book is None else market.book.side(outcome, up=up)
        better = [one.lots for one in side if (one.ticks >= ticks if up else one.ticks <= ticks)]
        return sum(better) / MICROS + self._curve_to(market, outcome, up, ticks)

    def _curve_to(self, market: Market, outcome: int, up: bool, ticks: Ticks) -> float:
        here = market.prices[outcome]
        goal = ticks / TICKS_PER_UNIT + (self.half(market) if up else -self.half(market))
        if not 0.0 < goal < 1.0 or (goal >= here if up else goal <= here):
            return 0.0
        return abs(lmsr.shares_to_price(here, goal, market.b))

    def _refuse_rest(self, place: Place, at: Nanos) -> Declined | None:
        ticks = (place.price or 0) if place.leg is YES else TICKS_PER_UNIT - (place.price or 0)
        if not self._rules.low <= ticks <= self._rules.high:
            return Declined("PRICE_BAND", f"No order rests outside {self._rules.low} to {self._rules.high} ticks.")
        if place.until is not None and place.until <= at:
            return Declined("BAD_TERMS", "The time until which the order should rest has passed.")
        standing = self._books.standing.get(place.by)
        if standing is not None and standing.orders >= self._rules.max_resting:
            return Declined("TOO_MANY", f"At most {self._rules.max_resting} orders of one account may rest.")
        return None

    def _floor(self, market: Market, at: Nanos) -> Floor:
        return Floor(market, self._books, at, self.half(market))

    def _done(self, floor: Floor, rested: Rest | None) -> Matched:
        for one in floor.touched.values():
            if not one.lots:
                self._of.pop(one.order, None)
        waits = rested is not None and rested.lots > 0
        return Matched(
            met=tuple(floor.met),
            rested=msgspec.structs.replace(rested) if rested is not None and waits else None,
            touched=tuple([msgspec.structs.replace(one) for one in floor.touched.values()]),
            ousted=tuple([msgspec.structs.replace(one) for one in floor.ousted]),
        )


def place_of(one: Rest, price: Ticks, lots: int) -> Place:
    """Return the order that a resting one would be at another price and open size."""
    return Place(
        by=one.account,
        instrument=embedded(one.market, one.outcome),
        side=one.side,
        leg=one.leg,
        price=price,
        qty=of_lots(lots),
        tif=Tif.GTC if one.until is None else Tif.GTD,
        until=one.until,
    )


def summed(quote: Quote, done: Matched) -> Traded:
    """Return one trade for all that an order bought or sold at once; IndexError if it did neither."""
    first = done.met[0].traded
    own = [one.traded for one in done.met if one.traded.order == first.order]
    last = own[-1]
    return msgspec.structs.replace(
        first, qty=quote.qty, cost=quote.cost, fee=quote.fee, after=last.after,
        realised=Money(sum((one.realised for one in own), NO_MONEY)),
    )  # fmt: skip
