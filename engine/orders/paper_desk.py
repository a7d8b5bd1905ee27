"""The venue's side of paper trading: takes orders in, matches them, ends them, and says so.

Whatever it says goes through the `say` it was given, stamped with when it happened; how long that takes to come
home is the simulator's affair.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Tif
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    Expired,
    Filled,
    OrderEvent,
    Rejected,
    Seen,
    SeenFill,
)
from engine.core.ids import OrderId, VenueOrderId
from engine.core.units import HOUR, Leg, Lots, Money, Nanos, Qty, Side, Ticks
from engine.maths import contracts, fees
from engine.orders.admission import REASONS, objection, objection_in_book, objection_to_amend
from engine.orders.market import Market
from engine.orders.queue import OTHER, Standing
from engine.orders.taking import in_dollars, reachable, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.effects import Approved
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument, Known
    from engine.orders.market import Hit
    from engine.orders.taking import Plan

FILLS_KEPT: Final = 500
ENDED_KEPT: Final = 5_000
KEPT_AFTER: Final = 2 * HOUR
"""A market that closed longer ago is forgotten with its book: windows come by the hundred."""
ALL: Final = Lots(2**62)
ALIVE: Final = ("open", "paused", "unopened")


class PaperDesk:
    """Markets, our orders in them, and what became of those."""

    def __init__(self, say: Callable[[OrderEvent], None], *, cancel_resting: bool = False, touch: bool = False) -> None:
        self._say = say
        self._touch = touch
        self._cancel_resting = cancel_resting
        self.markets: dict[InstrumentId, Market] = {}
        self.fills: deque[SeenFill] = deque(maxlen=FILLS_KEPT)
        self._orders: dict[OrderId, tuple[Market, Standing]] = {}
        self._ended: deque[OrderId] = deque()
        self._over: deque[tuple[Nanos, InstrumentId]] = deque()
        """Markets that have closed, and when, in that order."""
        self._waiting: dict[OrderId, Known] = {}
        """Of an earlier session, in markets that are not listed yet."""
        self._numbers = 0

    def know(self, instrument: Instrument, at: Nanos) -> Market:
        """Learn of an instrument, or that its terms changed, and take up what waited for it."""
        self._forget(at)
        market = self.markets.get(instrument.id)
        if market is None:
            market = self.markets[instrument.id] = Market(instrument, touch=self._touch)
        market.instrument = instrument
        self.set_status(market, instrument.status, at)
        self._take_up_waiting(market, at)
        return market

    def marked(self, market: Market, index: Decimal | None, at: Nanos) -> None:
        """Learn what the underlying of a derivative is worth, and take up what waited for that."""
        if index is None or not index > 0:
            return
        first, market.index = market.index is None, index
        if first:
            self._take_up_waiting(market, at)

    def _take_up_waiting(self, market: Market, at: Nanos) -> None:
        if not market.priced:
            return
        for known in [one for one in self._waiting.values() if one.instrument == market.instrument.id]:
            del self._waiting[OrderId(known.order)]
            self._take_up(market, known, at)

    def set_status(self, market: Market, status: str, at: Nanos) -> None:
        """Open, pause or close a market; closing ends what works in it, and what was decided stays so."""
        if market.status == "settled" or (market.status == "determined" and status != "settled"):
            return
        market.status = status
        if status not in ALIVE:
            self._over.append((at, market.instrument.id))
            for one in [*market.resting[Side.BUY], *market.resting[Side.SELL]]:
                self._end(market, one, "expired", Expired(at=at, order=one.order))

    def _forget(self, at: Nanos) -> None:
        """Let markets go that closed long ago; one that opened again, or closed again since, stays."""
        while self._over and at - self._over[0][0] > KEPT_AFTER:
            _, gone = self._over.popleft()
            market = self.markets.get(gone)
            if market is not None and market.status not in ALIVE and not any(id_ == gone for _, id_ in self._over):
                self.markets.pop(gone).forget()

    def resume(self, known: Known, at: Nanos) -> None:
        """Take up an order that an earlier session left working: last in the queue, for all anybody can know."""
        order = OrderId(known.order)
        if order in self._orders or order in self._waiting:
            return
        market = self.markets.get(known.instrument)
        if market is None or not market.priced:
            self._waiting[order] = known
        else:
            self._take_up(market, known, at)

    def arrive(self, order: Approved, at: Nanos) -> None:
        """Take a new order in."""
        place, market = order.place, self.markets.get(order.place.instrument)
        if order.order in self._orders:
            return  # told twice; it is worked once
        wrong = "market_unknown" if market is None else objection(market, place, at)
        if market is None or wrong:
            self._say(Rejected(at=at, order=order.order, code=wrong, text=REASONS[wrong]))
            return
        one = self._standing(market, order)
        plan, enough = taken(market, one, place, at, past_own=self._cancel_resting)
        wrong = objection_in_book(market, one, bool(plan))
        if wrong:
            self._say(Rejected(at=at, order=one.order, code=wrong, text=REASONS[wrong]))
            return
        self._orders[one.order] = market, one
        self._say(Accepted(at=at, order=one.order, venue_order=named(one)))
        self._match(market, one, plan, enough, at)

    def cancel(self, order: OrderId, at: Nanos) -> None:
        """Take an order back; of one that has ended its end is already told."""
        found = self._orders.get(order)
        if found is None:
            waited = self._waiting.pop(order, None) is not None
            self._say(Canceled(at=at, order=order, why="as asked" if waited else "not known on paper"))
        elif found[1].status == "working":
            self._end(*found, "canceled", Canceled(at=at, order=order, why="as asked"))

    def amend(self, order: OrderId, price: Ticks, qty: Qty, at: Nanos) -> None:
        """Move or resize an order; a smaller size at the same price keeps its place, all else loses it."""
        found = self._orders.get(order)
        wrong = "not_working" if found is None or found[1].status != "working" else ""
        if found is None or wrong:
            self._say(AmendRefused(at=at, order=order, code=wrong))
            return
        market, one = found
        yes, total = market.yes(price, one.leg), market.lots(qty)
        wrong = objection_to_amend(market, one, yes, total)
        if wrong:
            self._say(AmendRefused(at=at, order=order, code=wrong))
            return
        filled, stays = one.filled, yes == one.price and total <= one.total
        one.total, one.left = total, Lots(total - filled)
        self._say(Amended(at=at, order=order, price=price, qty=qty))
        if stays:
            return
        market.drop(one)
        one.price, one.number = yes, self._next()
        plan = reachable(market, one, market.reach(one.yes, yes), past_own=self._cancel_resting)
        self._match(market, one, plan, True, at)

    def expire(self, order: OrderId, at: Nanos) -> None:
        """End an order whose time ran out, in a market that is not listed yet, too."""
        found = self._orders.get(order)
        if self._waiting.pop(order, None) is not None:
            self._say(Expired(at=at, order=order))
        elif found is not None and found[1].status == "working":
            self._end(*found, "expired", Expired(at=at, order=order))

    def hit(self, market: Market, hits: Iterable[Hit], at: Nanos) -> None:
        """Tell what of ours traded."""
        for one, price, lots, maker in hits:
            self._fill(market, one, price, lots, maker, at)
            if not one.left:
                self._end(market, one, "filled", None)

    def seen(self, known: Known) -> Seen:
        """Return what became of an order that was asked for by name."""
        found = self._orders.get(OrderId(known.order))
        if found is not None:
            return self._seen(*found)
        there = OrderId(known.order) in self._waiting
        return _seen_known(known, "working" if there else "absent")

    def working(self) -> list[Seen]:
        """Return every order that works."""
        placed = [self._seen(*found) for found in self._orders.values() if found[1].status == "working"]
        return placed + [_seen_known(known, "working") for known in self._waiting.values()]

    def _standing(self, market: Market, order: Approved) -> Standing:
        place = order.place
        yes = place.side if place.leg is Leg.YES else OTHER[place.side]
        lots = ALL if place.qty is None else market.lots(place.qty)
        return Standing(
            order=order.order,
            client=order.client,
            side=place.side,
            leg=place.leg,
            yes=yes,
            price=None if place.price is None else market.yes(place.price, place.leg),
            total=lots,
            left=lots,
            tif=Tif.IOC if place.qty is None and place.tif is not Tif.FOK else place.tif,
            until=place.until if place.tif is Tif.GTD else None,
            post_only=place.post_only,
            number=self._next(),
        )

    def _match(self, market: Market, one: Standing, plan: Plan, enough: bool, at: Nanos) -> None:
        """Fill an order as planned, and let what is left rest or end."""
        if one.tif is Tif.FOK and not enough:
            self._end(market, one, "canceled", Canceled(at=at, order=one.order, why="fill or kill: not all was there"))
            return
        if self._cancel_resting:
            self._clear_way(market, one, plan, at)
        for price, lots in plan:
            market.take(one, price, lots)
            self._fill(market, one, price, lots, maker=False, at=at)
        if one.total == ALL:  # for as much as there was, or as its money bought
            one.total, one.left = one.filled, Lots(0)
            self._end(market, one, "canceled", Canceled(at=at, order=one.order, why="no more was to be had"))
        elif one.left:
            self._settle_rest(market, one, at)
        else:
            self._end(market, one, "filled", None)

    def _settle_rest(self, market: Market, one: Standing, at: Nanos) -> None:
        """Let what is left of an order rest, unless it may not."""
        if market.own(one.yes, one.price):
            why = "would have met our own order"
        elif one.tif in (Tif.IOC, Tif.FOK):
            why = "immediate or cancel: no more was there"
        else:
            market.rest(one)
            return
        self._end(market, one, "canceled", Canceled(at=at, order=one.order, why=why))

    def _clear_way(self, market: Market, one: Standing, plan: Plan, at: Nanos) -> None:
        """Cancel our own orders that one which came would meet."""
        planned = sum(lots for _, lots in plan)
        for other in market.own(one.yes, one.price):
            last = plan[-1][0] if plan else None
            beyond = last is None or (
                other.price is not None and (other.price <= last if one.yes is Side.BUY else other.price >= last)
            )
            if planned < one.left or beyond:
                why = "would have met our own order"
                self._end(market, other, "canceled", Canceled(at=at, order=other.order, why=why))

    def _fill(self, market: Market, one: Standing, price: Ticks, lots: Lots, maker: bool, at: Nanos) -> None:
        terms, each = market.instrument, market.each(price, one.leg)
        qty = Qty(lots * terms.lot)
        if contracts.is_derivative(terms):
            cost, charged = in_dollars(market, one, each, qty, maker=maker)
            off = back = Decimal(0)
        else:
            cost, charged = Money(qty * each), fees.charge(terms.fee, each, qty, maker, at)
            off = fees.shaving(terms.fee, one.side, each, qty, charged)
            one.shaved += off
            back = fees.rebate(one.shaved, Money(charged + off))
            one.shaved -= back
        told = Filled(
            at=at,
            order=one.order,
            trade_id=f"{one.order}.{at}.{self._next()}",
            price=each,
            qty=qty,
            cost=cost,
            fee=Money(charged + off - back),
            maker=maker,
        )
        self.fills.append(
            SeenFill(
                order=one.order,
                trade_id=told.trade_id,
                instrument=terms.id,
                side=one.side,
                leg=one.leg,
                price=each,
                qty=qty,
                cost=told.cost,
                fee=told.fee,
                at=at,
                maker=maker,
            )
        )
        self._say(told)

    def _take_up(self, market: Market, known: Known, at: Nanos) -> None:
        order, terms = OrderId(known.order), market.instrument
        lots = None if known.qty is None else market.lots(known.qty)
        if known.price is None or not lots:
            self._say(Canceled(at=at, order=order, why="nothing of it could rest"))
            return
        one = Standing(
            order=order,
            client=known.client,
            side=known.side,
            leg=known.leg,
            yes=known.side if known.leg is Leg.YES else OTHER[known.side],
            price=market.yes(known.price, known.leg),
            total=lots,
            left=Lots(lots - int(known.filled / terms.lot)),
            tif=Tif.GTC,
            number=self._next(),
        )
        self._orders[order] = market, one
        if market.status not in ("open", "paused") or (terms.closes is not None and at >= terms.closes):
            self._end(market, one, "expired", Expired(at=at, order=order))
        else:
            market.rest(one)
            one.ahead = None  # even of a book that is known: what was ahead of it when it joined is not

    def _end(self, market: Market, one: Standing, status: str, told: OrderEvent | None) -> None:
        market.drop(one)
        one.status = status
        if told is not None:
            self._say(told)
        self._ended.append(one.order)
        while len(self._ended) > ENDED_KEPT:
            self._orders.pop(self._ended.popleft(), None)

    def _seen(self, market: Market, one: Standing) -> Seen:
        terms = market.instrument
        return Seen(
            order=one.order,
            client=one.client,
            venue_order=named(one),
            instrument=terms.id,
            side=one.side,
            leg=one.leg,
            price=None if one.price is None else market.yes(one.price, one.leg),
            qty=Qty(one.total * terms.lot),
            filled=Qty(one.filled * terms.lot),
            status=one.status,
        )

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


def named(one: Standing) -> VenueOrderId:
    """Return the id the paper venue gives an order."""
    return VenueOrderId(f"paper-{one.client or one.order}")


def _seen_known(known: Known, status: str) -> Seen:
    return Seen(
        order=OrderId(known.order),
        client=known.client,
        venue_order=VenueOrderId(known.venue_order),
        instrument=known.instrument,
        side=known.side,
        leg=known.leg,
        price=known.price,
        qty=known.qty,
        filled=known.filled,
        status=status,
    )
