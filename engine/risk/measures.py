"""What each gate measures: one function of a `Probe` and the limits, each answering for one thing.

A function that lacks its reference refuses. `gates` names, orders and applies them.
"""

from __future__ import annotations

from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from engine.core.snapshot import LIVE
from engine.core.units import SECOND, TICKS_PER_UNIT, Money, Side, plain

if TYPE_CHECKING:
    from engine.risk.probe import Probe


class Known(Protocol):
    """Limits by code: `Limits` itself, or the mapping in it, which is read faster."""

    def __getitem__(self, code: str, /) -> Decimal:
        """Return the limit of a gate."""


class Measure(msgspec.Struct, frozen=True, gc=False):
    """How a gate stands: whether it refuses, what it measured, against what, and the sentence if it refuses."""

    refuses: bool
    used: Decimal | None = None
    limit: Decimal | None = None
    text: str = ""


PASSES: Final = Measure(refuses=False)
ZERO: Final = Decimal(0)
NONE_USED: Final = Measure(refuses=False, used=ZERO, limit=ZERO)
SELL: Final = Side.SELL
MOST: Final = Decimal(10**9)
"""No order names more shares or money than this."""
TAKING: Final = frozenset({"paper", "demo"})
"""Modes that take orders."""


def _no(text: str) -> Measure:
    return Measure(refuses=True, text=text)


def within(used: Decimal | None, limit: Decimal, what: str, unit: str) -> Measure:
    """Measure what would be against the most it may be; what is not known, not finite or negative refuses."""
    if used is None:
        return Measure(refuses=True, limit=limit, text=f"{what} is not known")
    if not used.is_finite() or used < ZERO:
        return Measure(refuses=True, limit=limit, text=f"{what} cannot be {used}")
    if used <= limit:
        return Measure(False, used, limit)
    return Measure(
        refuses=True, used=used, limit=limit, text=f"{what} would be {used:.2f} {unit}; the limit is {limit:.2f} {unit}"
    )


def storage(p: Probe, _: Known) -> Measure:
    """Whether the ledger takes writes."""
    return PASSES if p.storage_ok else _no("the disk takes no writes; nothing can be acknowledged")


def chain(p: Probe, _: Known) -> Measure:
    """Whether the settlement log verifies."""
    return PASSES if p.chain_ok else _no("the settlement log does not verify")


def halted(p: Probe, _: Known) -> Measure:
    """Whether trading is halted."""
    return PASSES if not p.halted else _no(f"trading is halted by {p.halted}")


def mode(p: Probe, _: Known) -> Measure:
    """Whether this mode takes orders."""
    taken = p.mode in TAKING or (p.mode == LIVE and p.venue)
    return PASSES if taken else _no(f"no order is taken in {p.mode} mode")


def reduce_only(p: Probe, _: Known) -> Measure:
    """Whether positions may grow."""
    return PASSES if not p.reduce_only else _no("only orders that make a position and its worst loss smaller pass")


def market_state(p: Probe, _: Known) -> Measure:
    """Whether the market is open."""
    if p.status == "open":
        return PASSES
    return _no("the market is not known" if p.status is None else f"the market is {p.status}")


def close_guard(p: Probe, limits: Known) -> Measure:
    """Seconds left before the close."""
    limit = limits["CLOSE_GUARD"]
    if p.closes is None and p.reach is not None and p.reach.perpetual:
        return PASSES
    if p.closes is None:
        return Measure(refuses=True, limit=limit, text="the market's close is not known")
    left = Decimal((p.closes - p.at) // SECOND)
    if left >= limit:
        return Measure(False, left, limit)
    return Measure(refuses=True, used=left, limit=limit, text=f"the market closes in {left} s; the guard is {limit} s")


def well_formed(p: Probe, _: Known) -> Measure:
    """Whether price and size are possible; NaN and infinity are refused before any compare."""
    place = p.place
    if place.price is not None and not 0 < place.price < (TICKS_PER_UNIT if p.reach is None else MOST):
        if p.reach is not None:
            return _no(f"a price must be positive, was {plain((place.price * p.reach.unit).normalize())}")
        return _no(f"a price lies between 0.01 and 99.99 cents, was {place.price / 100:g}")
    qty, budget = place.qty, place.budget
    if qty is not None and not _possible(qty):
        return _no(f"a quantity must be positive and finite, was {qty}")
    if budget is None:
        return PASSES
    if not _possible(budget):
        return _no(f"a budget must be positive and finite, was {budget}")
    return PASSES if qty is None else _no("an order has a quantity or a budget, not both")


def _possible(amount: Decimal) -> bool:
    return amount.is_finite() and ZERO < amount <= MOST


def declined(p: Probe, _: Known) -> Measure:
    """Whether the market itself would trade it."""
    return PASSES if not p.declined else _no(f"{p.declined}: {p.declined_text}")


def order_qty(p: Probe, limits: Known) -> Measure:
    """Shares of the order."""
    return within(p.qty, limits["ORDER_QTY"], "the order", "ct")


def order_value(p: Probe, limits: Known) -> Measure:
    """Value of the order."""
    return within(p.cost, limits["ORDER_VALUE"], "the order's value", "$")


def duplicate(p: Probe, limits: Known) -> Measure:
    """Like orders just sent."""
    if not p.duplicates:
        return NONE_USED
    return Measure(
        refuses=True,
        used=Decimal(p.duplicates),
        limit=ZERO,
        text=f"the same order was sent less than {limits['DUPLICATE']} s ago",
    )


def counted(used: int, limit: Decimal, room: Decimal, what: str) -> Measure:
    """Measure whether one more is one too many."""
    if used + 1 <= limit:
        return Measure(False, Decimal(used), room)
    return Measure(refuses=True, used=Decimal(used), limit=room, text=f"{used} {what}; the limit is {limit}")


def rate(p: Probe, limits: Known) -> Measure:
    """Orders in two seconds."""
    return counted(p.last_2s, limits["RATE"], limits["RATE"], "orders in the last 2 s")


def rate_minute(p: Probe, limits: Known) -> Measure:
    """Orders in a minute."""
    return counted(p.last_minute, limits["RATE_MINUTE"], limits["RATE_MINUTE"], "orders in the last minute")


def open_orders(p: Probe, limits: Known) -> Measure:
    """Orders in flight."""
    return counted(p.open_orders, limits["OPEN_ORDERS"], limits["OPEN_ORDERS"], "orders are open")


def unknown(p: Probe, _: Known) -> Measure:
    """Orders without an answer."""
    if not p.unknown:
        return NONE_USED
    return Measure(
        refuses=True,
        used=Decimal(p.unknown),
        limit=ZERO,
        text="an order in this market has no known outcome yet",
    )


def wash(p: Probe, _: Known) -> Measure:
    """Own orders on the other side."""
    if not p.crossing:
        return NONE_USED
    return Measure(
        refuses=True,
        used=Decimal(p.crossing),
        limit=ZERO,
        text="it would trade with an order of your own; cancel that one first",
    )


def source_age(p: Probe, limits: Known) -> Measure:
    """Minutes since the settlement station reported."""
    limit = limits["SOURCE_AGE"]
    if p.source_age_s is None:
        return Measure(refuses=True, limit=limit, text="no report of its settlement stations has come yet")
    if not 0.0 <= p.source_age_s < inf:
        return Measure(refuses=True, limit=limit, text=f"the age of the newest report cannot be {p.source_age_s} s")
    used = Decimal(int(p.source_age_s // 60))
    if used <= limit:
        return Measure(False, used, limit)
    return Measure(refuses=True, used=used, limit=limit, text=f"the settlement station was silent for {used} min")


def cash(p: Probe, _: Known) -> Measure:
    """Cost and fee against free cash; a sale needs none, not even of an account whose cash is negative."""
    if p.cash is None or p.cost is None or p.fee is None:
        return _no("the cash or the cost is not known")
    if not (p.cash.is_finite() and p.cost.is_finite() and p.fee.is_finite()) or p.cost < 0 or p.fee < 0:
        return _no(f"it cannot cost {p.cost} and a fee of {p.fee} with {p.cash} of cash free")
    if p.venue:
        if p.tied is None or not p.tied.is_finite() or p.tied < 0:
            return _no("the cash that it needs is not known")
        selling, needed = False, Decimal(p.tied)
    else:
        selling = p.place.side is SELL
        needed = ZERO if selling else p.cost + p.fee
    if selling or needed <= p.cash or not needed:
        return Measure(False, needed, p.cash)
    return Measure(
        refuses=True, used=needed, limit=p.cash, text=f"it costs ${needed:.2f} and ${p.cash:.2f} of cash is free"
    )


def market_position(p: Probe, limits: Known) -> Measure:
    """Shares held in one market."""
    return within(p.market_after, limits["MARKET_POSITION"], "the position in this market", "ct")


def cell(p: Probe, limits: Known) -> Measure:
    """Net shares in one cell."""
    return nearer(within(p.cell_after, limits["CELL_EXPOSURE"], "the net position in this cell", "ct"), p.cell_before)


def group(p: Probe, limits: Known) -> Measure:
    """Net shares around one cell."""
    return nearer(
        within(p.group_after, limits["GROUP_EXPOSURE"], "the net positions around this cell", "ct"), p.group_before
    )


def nearer(found: Measure, before: Decimal | None) -> Measure:
    """Return it as passing beyond its limit where the order makes it no larger: one leg of a hedge may make it so."""
    if not found.refuses or found.used is None or before is None or not before.is_finite() or found.used > before:
        return found
    return Measure(False, found.used, found.limit)


def event(p: Probe, limits: Known) -> Measure:
    """Worst loss over the outcomes of one event."""
    return within(p.event_loss_after, limits["EVENT_EXPOSURE"], "the worst loss on this event", "$")


def at_risk(p: Probe, limits: Known) -> Measure:
    """Worst loss over all joint outcomes."""
    return within(p.at_risk_after, limits["AT_RISK"], "the worst loss of all positions", "$")


def _loss(result: Money, limit: Decimal, span: str) -> Measure:
    if not result.is_finite():
        return Measure(refuses=True, limit=limit, text=f"the {span}'s result is not known")
    if result > limit:
        return Measure(False, result, limit)
    return Measure(
        refuses=True, used=result, limit=limit, text=f"the {span} stands at ${result:.2f}; the limit is ${limit:.2f}"
    )


def daily(p: Probe, limits: Known) -> Measure:
    """The day's result."""
    return _loss(p.day, limits["DAILY_LOSS"], "day")


def weekly(p: Probe, limits: Known) -> Measure:
    """The week's result."""
    return _loss(p.week, limits["WEEKLY_LOSS"], "week")
