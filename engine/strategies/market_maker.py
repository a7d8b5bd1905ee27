"""Making one binary market in logit space: what to have resting now, given stock, cash, book and what was learnt.

The chain is inventory → fear, structure and toxicity → reservation and half-spread → a ladder on whole ticks that never
crosses, sized by what a level risks, within the cash that is free. What is not held is sold by buying NO.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import Leg, Side
from engine.maths import inventory, quoting
from engine.maths.logit import ticks_in_unit
from engine.maths.quoting import Depth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.maths.inventory import Capacity, Floor, Structure
    from engine.maths.quoting import Level, Quote

NAME: Final = "market_maker"
RESIZE: Final = 0.25
"""Part by which a size may differ before its order is replaced."""


class Gate(Enum):
    """Why nothing is quoted."""

    __hash__ = object.__hash__

    WARMING = "warming_up"
    NO_BOOK = "no_book"
    RESOLVED = "resolved"
    NO_MONEY = "no_money"
    TOXIC = "toxic"
    """The flow is so poisonous that nothing rests."""
    NO_ROOM = "no_room"
    """No tick is left to quote at, or no size."""


class Terms(NamedTuple):
    """The risk block and the quote block of the maker's design."""

    bankroll: float = 500.0
    markets: int = 1
    eta: float = 0.5
    slip: float = inventory.SLIP
    phi_min: float = inventory.PHI_MIN
    gamma_a: float = 1.0
    gamma_max: float = inventory.GAMMA_MAX
    lambda_min: float = 1.0
    lambda_max: float = 2.0
    beta: float = 0.8
    alpha: float = 1.0
    reference: float = 100.0
    floor: float = 0.0
    """Least ambiguity, of the market's kind."""
    c_risk: float = quoting.C_RISK
    kappa: float = quoting.KAPPA
    rate_ref: float = 0.05
    max_half: float = quoting.MAX_HALF
    min_half: float = quoting.MIN_HALF
    widen: float = 1.0
    """Times the half-spread: the trader's own hand."""
    widen_at: float = math.inf
    """Toxicity from which the half-spread is doubled."""
    pull_at: float = math.inf
    """Toxicity from which nothing rests."""
    depth: Depth = Depth()


class Stand(NamedTuple):
    """One market as it stands for the maker; prices in ticks of `tick`, of YES."""

    at: float
    start: float
    resolves: float
    tick: float
    best_bid: int | None
    best_ask: int | None
    """Of the others: our own orders are not counted."""
    yes: float
    no: float
    """Shares held."""
    cash: float
    open_buys: float
    """Account currency that working purchases would take."""
    sigma: float
    rate: float
    """Trades a second over the last minute."""
    crowd: float
    """Different traders, or what stands in for them."""
    quoting: bool
    """The maker has learnt enough."""
    least: float = 0.0
    """Shares that the market takes at least."""

    @property
    def net(self) -> float:
        """Net YES shares."""
        return self.yes - self.no

    @property
    def mid(self) -> float | None:
        """Of the others' best prices; None where a side is missing."""
        if self.best_bid is None or self.best_ask is None:
            return None
        return 0.5 * (self.best_bid + self.best_ask) * self.tick


class Order(NamedTuple):
    """One order to have resting; `ticks` are of YES, as is the price they stand for."""

    key: str
    """``bid0`` is the best bid, ``ask0`` the best ask."""
    side: Side
    leg: Leg
    ticks: int
    """Of YES; a purchase of NO costs what is left to 1."""
    qty: int


class Plan(NamedTuple):
    """What is to rest, with everything that made it; None where it did not come that far."""

    orders: tuple[Order, ...]
    gate: Gate | None
    capacity: Capacity | None = None
    gamma: float | None = None
    structure: Structure | None = None
    quote: Quote | None = None
    cash: Floor | None = None


class Change(NamedTuple):
    """How to get from what rests to what is wanted."""

    drop: tuple[str, ...]
    move: tuple[Order, ...]
    """Replace the working order of the key."""
    add: tuple[Order, ...]


TERMS: Final = Terms()


def plan(stand: Stand, terms: Terms = TERMS) -> Plan:
    """Return what is to rest in a market now."""
    if not stand.quoting:
        return Plan((), Gate.WARMING)
    p = stand.mid
    if p is None or not 0.0 < p < 1.0:
        return Plan((), Gate.NO_BOOK)
    if stand.sigma >= terms.pull_at:
        return Plan((), Gate.TOXIC)
    left = inventory.time_factor(stand.at, stand.start, stand.resolves, terms.eta)
    if left <= 0.0:
        return Plan((), Gate.RESOLVED)
    room = inventory.capacity(terms.bankroll, terms.markets, left, p, stand.net, terms.slip)
    gamma = inventory.fear(room.filled, terms.gamma_a, terms.gamma_max)
    shape = inventory.structure(
        p, stand.crowd, beta=terms.beta, alpha=terms.alpha, reference=terms.reference, floor=terms.floor,
        least=terms.lambda_min, most=terms.lambda_max,
    )  # fmt: skip
    kappa = terms.kappa * (1.0 + stand.rate / terms.rate_ref)
    quote = quoting.quote(
        p, room.filled, gamma, shape.factor, stand.sigma, stand.tick, stand.best_bid, stand.best_ask,
        c_risk=terms.c_risk, kappa=kappa, max_half=terms.max_half, min_half=terms.min_half,
        widen=widened(stand, terms),
    )  # fmt: skip
    cash = inventory.cash_floor(
        stand.cash, terms.bankroll, terms.markets, stand.net, p, stand.open_buys, terms.slip, terms.phi_min
    )
    made = Plan((), None, room, gamma, shape, quote, cash)
    orders = _orders(stand, terms, quote, room, left, cash)
    if orders:
        return made._replace(orders=orders)
    return made._replace(gate=Gate.NO_MONEY if cash.reduce_only or cash.free <= 0.0 else Gate.NO_ROOM)


def widened(stand: Stand, terms: Terms) -> float:
    """Return what the half-spread is multiplied by: the trader's own hand, and doubled where the flow is poisonous."""
    return terms.widen * (2.0 if stand.sigma >= terms.widen_at else 1.0)


def changes(wanted: Sequence[Order], resting: Iterable[tuple[Order, int]], least_ticks: int = 1) -> Change:
    """Return what to drop, move and add; `resting` are our orders with what of each still rests.

    An order stays where its price is closer than `least_ticks` and its size within a quarter of what is wanted.
    """
    want = {one.key: one for one in wanted}
    drop, move = [], []
    for one, rests in resting:
        new = want.pop(one.key, None)
        if new is None or (new.side, new.leg) != (one.side, one.leg):
            drop.append(one.key)  # another side: what is wanted waits until this one is gone
        elif abs(new.ticks - one.ticks) >= least_ticks or abs(new.qty - rests) > RESIZE * new.qty:
            move.append(new)
    return Change(tuple(drop), tuple(move), tuple(want.values()))


def sellable(
    now: Iterable[Order], works: Mapping[str, Order], held: Mapping[Leg, float], least: float = 0.0
) -> list[Order]:
    """Return these moves and additions with their sales cut to what is free: held, and in no other order's sale.

    `works` are our orders with what of each is left, those that still travel or are taken back included: until they
    have ended, what they sell cannot be sold again. A sale that is added is of the market's `least` or waits.
    """
    free = {leg: math.floor(qty) for leg, qty in held.items()}
    for one in works.values():
        if one.side is Side.SELL:
            free[one.leg] -= one.qty
    found: list[Order] = []
    for one in now:
        before = works[one.key].qty if one.key in works else 0
        more = one.qty - before
        if one.side is not Side.SELL or more <= 0:
            found.append(one)
            continue
        more = max(0, min(more, free[one.leg]))
        if not before and more < least:
            continue
        free[one.leg] -= more
        if more or (before and works[one.key].ticks != one.ticks):  # else it would move to where it stands
            found.append(one._replace(qty=before + more))
    return found


def _orders(stand: Stand, terms: Terms, quote: Quote, room: Capacity, left: float, cash: Floor) -> tuple[Order, ...]:
    """Return both sides of the ladder, cut to the ticks that rest, to the room, and to the money that is free."""
    depth = terms.depth._replace(min_size=max(terms.depth.min_size, stand.least))
    bids, asks = quoting.ladder(quote.reservation, quote.half, quote.half, stand.tick, room.side * left, depth)
    count = ticks_in_unit(stand.tick)
    free = 0.0 if cash.reduce_only else max(cash.free, 0.0)
    least = max(stand.least, 1.0)
    buy = _Side(Side.BUY, stand.no, max(room.shares - stand.net, 0.0), count, least, max(depth.min_size, 1.0))
    sell = _Side(Side.SELL, stand.yes, max(room.shares + stand.net, 0.0), count, least, max(depth.min_size, 1.0))
    bought, spent = buy.orders(_inside(bids, quote.bid, -1), free)
    sold, _ = sell.orders(_inside(asks, quote.ask, 1), free - spent)
    return (*bought, *sold)


def _inside(levels: Sequence[Level], best: int | None, outwards: int) -> list[tuple[int, float]]:
    """Return ticks and sizes of a side, pushed out so that none crosses and no two share a tick."""
    if best is None:
        return []
    found: list[tuple[int, float]] = []
    for one in levels:
        ticks = min(one.ticks, best) if outwards < 0 else max(one.ticks, best)
        if not found or found[-1][0] != ticks:
            found.append((ticks, one.size))
    return found


class _Side(NamedTuple):
    """One side of the ladder: what of the other leg is held leaves first, the rest is bought."""

    side: Side
    held: float
    """Shares whose sale is on this side."""
    most: float
    """Shares by which the inventory may still move this way."""
    ticks: int
    """Ticks in 1."""
    least: float
    """Shares of the smallest order that the market takes: what is held below it cannot leave."""
    smallest: float
    """Shares of the smallest purchase: that, or more where the trader said so."""

    def orders(self, levels: Sequence[tuple[int, float]], free: float) -> tuple[list[Order], float]:
        """Return the orders and what the purchases among them take, account currency."""
        bid = self.side is Side.BUY
        held, most, spent = math.floor(self.held), math.floor(self.most), 0.0
        found: list[Order] = []
        for n, (ticks, size) in enumerate(levels):
            key, qty = f"{'bid' if bid else 'ask'}{n}", min(math.floor(size), most)
            out = min(qty, held)
            if out >= self.least:
                found.append(Order(key, Side.SELL, Leg.NO if bid else Leg.YES, ticks, out))
                held, most = held - out, most - out
                continue
            unit = (ticks if bid else self.ticks - ticks) / self.ticks
            fits = min(qty, math.floor((free - spent) / unit + 1e-9))
            if fits >= self.smallest:
                found.append(Order(key, Side.BUY, Leg.YES if bid else Leg.NO, ticks, fits))
                spent, most = spent + fits * unit, most - fits
        return found, spent
