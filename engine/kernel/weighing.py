"""What the gates look at of an order on a venue: the desk, the book, the pace, sizes, cash and exposure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import StationId
from engine.core.instrument import LEAST_RESTS
from engine.core.order import Status
from engine.core.snapshot import LIVE
from engine.core.units import MINUTE, NO_MONEY, SECOND, Leg, Money, Side
from engine.kernel import automated, exposing, linking, results, standing, watching
from engine.kernel.desks import ACCOUNT, MARKET
from engine.kernel.live import armed
from engine.kernel.options import weighing as of_derivatives
from engine.kernel.probing import likeness
from engine.maths import contracts
from engine.portfolio.exposure import Resting
from engine.portfolio.groups import Swing, group_of
from engine.risk.measures import MOST
from engine.risk.probe import Probe
from engine.risk.venue_measures import AT_ONCE, of_yes

if TYPE_CHECKING:
    from collections import deque

    from engine.core.commands import Place
    from engine.core.ids import Cell
    from engine.core.instrument import Instrument
    from engine.core.units import Nanos
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State
    from engine.orders.register import Order

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
LEGS: Final = tuple(Leg)
YES, BUY, LOST = Leg.YES, Side.BUY, Status.LOST
"""Python 3.11 takes 100 ns to look a member of an enumeration up by its name, and as long again to begin to walk it."""
TWO_SECONDS: Final = 2 * SECOND


def probe(
    state: State, desk: Desk, listing: Listing, place: Place, pressed_at: Nanos, *, whole: bool = False, but: str = ""
) -> Probe:
    """Return the probe of an order with price and quantity; `but` is the order that it takes the place of."""
    session, instrument = state.session, listing.instrument
    found = Probe(
        place,
        state.now,
        pressed_at,
        session.mode,
        session.storage_ok,
        session.chain_ok,
        session.halted_by,
        session.reduce_only,
        day=results.day(state),
        week=results.week(state),
        whole=whole,
        venue=True,
    )
    found.status, found.closes = listing.status, instrument.closes
    found.source_age_s = _source_age(state, instrument)
    _of_desk(state, desk, found)
    found.stale = watching.why_stale(listing)
    found.grid, found.top = instrument.grid, listing.top or None
    derivative = not listing.top and contracts.is_derivative(instrument)
    found.mid = middle(listing)
    found.least, found.step = Decimal(instrument.least), instrument.step
    if place.side is Side.SELL and place.tif in AT_ONCE and instrument.fact(LEAST_RESTS):
        found.least = instrument.step
    _pace(state, desk, found, but)
    if state.flagged:
        found.disputed = state.flagged.get(instrument.family or exposing.NO_FAMILY, "")
    rest = _sizes(state, desk, listing, found, but) if listing.top else None
    if derivative:
        rest = of_derivatives.sizes(state, desk, listing, found, but)
    if place.strategy is not None:
        automated.weigh(state, found, exposing.key_of(state, instrument.id), rest, but)
    return found


def _source_age(state: State, instrument: Instrument) -> float | None:
    """Return seconds since the station that decides it reported; 0 where no station does, None before a report."""
    family = state.families.get(instrument.family or exposing.NO_FAMILY)
    if family is None or not family.station:
        return 0.0
    latest = state.observed.latest(StationId(family.station))
    return None if latest is None else max(0.0, (state.now - latest.measured_at) / SECOND)


def middle(listing: Listing) -> float | None:
    """Return the middle of the book; where one side is empty, the best price of the other."""
    bid, ask = listing.book.best_bid, listing.book.best_ask
    if bid is None or ask is None:
        one = bid if bid is not None else ask
        return None if one is None else float(one)
    return (bid + ask) / 2


def _of_desk(state: State, desk: Desk, found: Probe) -> None:
    live = state.session.mode == LIVE
    found.armed = not live or armed(state)
    found.link_down = link_down(desk)
    found.unreconciled = "" if desk.reconciled else desk.why or "no picture of it has come yet"
    skew = None if desk.report is None else desk.report.skew_ms
    found.skew_ms = skew if live else 0.0
    found.heard_s = linking.silence_s(state, desk)
    found.can = frozenset(desk.facts.can)
    found.venue_rate = desk.facts.orders_per_second
    found.venue_orders = lately(state, desk)


def _after(times: deque[Nanos], moment: int) -> int:
    """Return how many of some times, which only grow, lie after a moment; mostly few of very many."""
    count = 0
    for at in reversed(times):
        if at <= moment:
            break
        count += 1
    return count


def link_down(desk: Desk) -> str:
    """Return why a link of the venue is down; empty while both are up."""
    if not desk.facts.trades:
        return "it takes no orders"
    for up, channel in ((desk.market_up, MARKET), (desk.account_up, ACCOUNT)):
        if not up:
            return f"{channel} ({desk.link(channel).why or 'no reason given'})"
    return ""


class Pace(NamedTuple):
    """Orders of ours before one."""

    last_minute: int
    last_2s: int
    duplicates: int


NONE_BEFORE: Final = Pace(0, 0, 0)


def paced(state: State, place: Place, pressed_at: Nanos, span: int = MINUTE) -> Pace:
    """Return how many orders of ours came before one, within a minute, two seconds, and those that it repeats.

    Older ones than `span` are not looked at: where they cannot be too many, two seconds and DUPLICATE's are enough.
    """
    pressed = state.pressed
    if not pressed or pressed_at - pressed[-1][0] > MINUTE:
        return NONE_BEFORE
    like, spell = likeness(place), state.limits.pace.spell
    minute = two_seconds = duplicates = 0
    for when, other in reversed(pressed):
        age = pressed_at - when
        if age > span:
            break
        minute += 1
        if age <= TWO_SECONDS:
            two_seconds += 1
        if age < spell and other == like:
            duplicates += 1
    return Pace(minute, two_seconds, duplicates)


def lately(state: State, desk: Desk) -> int:
    """Return how many orders were let through to a venue in the last second."""
    moment = state.now - desk.real(SECOND)
    return _after(desk.sent, moment) if desk.sent and desk.sent[-1] > moment else 0


def _pace(state: State, desk: Desk, found: Probe, but: str) -> None:
    pace = paced(state, found.place, found.pressed_at)
    found.last_minute, found.last_2s = pace.last_minute, pace.last_2s
    found.duplicates = 0 if but else pace.duplicates
    top = found.top or 0
    for order in state.register.open():
        found.open_orders += order.id != but
        if order.place.instrument == found.place.instrument and order.id != but:
            found.unknown += order.status is LOST
            found.crossing += crosses(order, found.place, top)
    if desk.external:
        found.crossing += meets_external(desk, found.place, top)


def meets_external(desk: Desk, place: Place, top: int) -> int:
    """Return with how many orders that work there and are not ours of this ledger one would trade."""
    count = 0
    for seen in desk.external.values():
        if seen.instrument == place.instrument and seen.side is not None and seen.price is not None:
            count += _meet(seen.side, seen.leg or Leg.YES, seen.price, place, top)
    return count


def crosses(order: Order, place: Place, top: int) -> bool:
    """Whether an order would trade with one of ours, whatever the venue's answers to that one may still be."""
    prices = [order.place.price, *([order.amending[0]] if order.amending is not None else [])]
    return any(_meet(order.place.side, order.place.leg, price, place, top) for price in prices)


def _meet(side: Side, leg: Leg, price: int | None, place: Place, top: int) -> bool:
    """Whether two orders would trade with each other; NO bought is YES sold. An unknown price meets any."""
    lifts = (side is BUY) is (leg is YES)
    if lifts is ((place.side is BUY) is (place.leg is YES)):
        return False
    if price is None or place.price is None:
        return True
    one, other = of_yes(price, leg, top), of_yes(place.price, place.leg, top)
    return one >= other if lifts else one <= other


def _sizes(state: State, desk: Desk, listing: Listing, found: Probe, but: str) -> Resting | None:
    """Fill in what an order would do, and return it as it may trade; None where its size is not known."""
    place, instrument = found.place, listing.instrument
    qty, ticks = place.qty, place.price
    if qty is None or ticks is None or not qty.is_finite() or not 0 < qty <= MOST:
        return None
    price = ticks * instrument.unit
    found.fee = exposing.fee_of(instrument, place.side, price, qty, state.now)
    one = Resting(0, place.side, place.leg, qty, price, found.fee or ZERO)
    mine = exposing.claim_of(state, one, instrument.id, but)
    if mine.opening and place.side is not BUY and not instrument.nets:
        found.declined = "NOT_HELD"
        found.declined_text = f"{mine.closing.normalize():f} of it is held and not for sale yet"
    if mine.opening and place.reduce_only:
        found.declined, found.declined_text = "REDUCE_ONLY", "it would open a position"
    found.reducing = not mine.opening
    found.qty = qty
    closing = place.side is not BUY or not mine.opening
    found.cost = Money(qty * (one.price if place.side is BUY or closing else ONE - one.price))
    if place.side is not BUY and mine.opening:
        found.cost = Money(qty * max(one.price, ONE - one.price))
    found.tied, found.cash = mine.tied, exposing.free_cash(state, desk, but)
    _exposure(state, listing, found, one, but)
    return one


def _exposure(state: State, listing: Listing, found: Probe, one: Resting, but: str) -> None:
    instrument = listing.instrument
    before = state.venue_losses.get(exposing.key_of(state, instrument.id), NO_MONEY)
    after = exposing.family_loss(state, instrument.id, (one,), but)
    found.market_after = _held_after(state, instrument, one, but)
    found.event_loss_after = after
    found.at_risk_after = Money(results.at_risk(state) - before + after)
    if after > before and not found.whole:
        found.reducing = False  # one leg of a hedge: fewer shares, and more to lose
    cell = exposing.cell_of(state, instrument.id)
    found.cell_after, found.group_after = ZERO, ZERO
    if cell is not None:
        _near(state, found, cell, one, but)


def _held_after(state: State, instrument: Instrument, one: Resting, but: str) -> Decimal:
    """Return the most shares that we may come to hold of an instrument."""
    yes, no = (Decimal(state.book.get(instrument.id, leg).qty) for leg in LEGS)
    some = [
        exposing.rest_of(state, o) for o in state.register.open() if o.place.instrument == instrument.id and o.id != but
    ]
    up = sum((r.qty for r in [*some, one] if (r.side is BUY) is (r.leg is YES)), ZERO)
    down = sum((r.qty for r in [*some, one] if (r.side is BUY) is not (r.leg is YES)), ZERO)
    if instrument.nets:
        return max(abs(yes - no + up), abs(yes - no - down))
    return yes + no + sum((r.qty for r in [*some, one] if r.side is BUY), ZERO)


def _near(state: State, found: Probe, cell: Cell, one: Resting, but: str) -> None:
    """Fill in the most |net| shares in a cell and in its neighbourhood, all open orders filled, with this one."""
    swings = dict(exposing.swings(state) if not but else exposing.swings_without(state, but))
    swings = standing.swayed(state, swings)
    before = swings.get(cell, Swing())
    after = before.swayed(exposing.signed(one))
    group = group_of(cell)
    others = sum((swing.most for where, swing in swings.items() if where != cell and group_of(where) == group), ZERO)
    found.cell_after, found.group_after = after.most, after.most + others
    if found.whole:  # the other leg goes, too
        found.cell_before, found.group_before = found.cell_after, found.group_after
    else:
        found.cell_before, found.group_before = before.most, before.most + others
