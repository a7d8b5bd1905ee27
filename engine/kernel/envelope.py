"""Room that was measured before an order asks for it: what the gates would find of one more order in an instrument.

`weighing.probe` and `gates.check` take an order on a venue apart so that a refusal can be named and every gate can be
shown; what they add up of positions, open orders, stakes and groups of events is the same for every order until
something of ours changes. An envelope holds those sums, made in an idle moment (`Kernel.prepare`). While it stands, an
order is held against them with what moves by itself: the book, the clocks, pace, the day's result. Like `green` it
only ever says that an order passes, and is in doubt about whatever is not plain; then, and for every refusal, the gates
decide. Any event but a change of a book or a trade of others ends every envelope, and so does any act of ours. A gate
that is added must be added to `SEEN_TO` before this speeds anything up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Tif
from engine.core.snapshot import LIVE
from engine.core.units import MINUTE, NO_MONEY, SECOND, TICKS_PER_UNIT, Leg, Money, Nanos, Side
from engine.kernel import automated, exposing, results, weighing
from engine.kernel.live import armed
from engine.kernel.probing import TWO_SECONDS
from engine.portfolio.exposure import Resting, claim
from engine.risk import gates
from engine.risk.flow import FEWEST
from engine.risk.flow_measures import FREE_MESSAGES
from engine.risk.measures import MOST
from engine.risk.venue_measures import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.commands import Place
    from engine.core.instrument import Instrument
    from engine.core.units import Qty
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.ahead import Ahead
    from engine.kernel.strategies.seats import Seat
    from engine.kernel.usual import Usual
    from engine.orders.register import Order
    from engine.risk.flow import Flow
    from engine.risk.limits import Pace

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
BUY, YES, NO = Side.BUY, Leg.YES, Leg.NO
GTD: Final = Tif.GTD
"""Here because looking a member up costs as much as a function."""
ROUNDED: Final = 0.001
"""Seconds by which an age may be rounded up before it is held against its limit."""
HALF_TICK: Final = 0.5
"""Ticks by which a distance from the middle may be."""
ROOM: Final = 16
"""Envelopes kept ready at most."""
SEEN_TO: Final = frozenset(
    {
        "STORAGE", "CHAIN", "MODE", "KILL", "REDUCE_ONLY", "MARKET_STATE", "DISPUTED", "CLOSE_GUARD", "ARMED",
        "VENUE_LINK", "RECONCILED", "CLOCK", "BOOK_STALE", "BOOK_AGE", "ORDER_FORM", "EXCHANGE", "PRICE_GRID",
        "PRICE_COLLAR", "LOT", "VENUE_CAN", "ORDER_QTY", "ORDER_VALUE", "DUPLICATE", "RATE", "RATE_MINUTE",
        "VENUE_RATE", "OPEN_ORDERS", "UNKNOWN_ORDER", "WASH", "SOURCE_AGE", "CASH", "MARKET_POSITION",
        "CELL_EXPOSURE", "GROUP_EXPOSURE", "EVENT_EXPOSURE", "AT_RISK", "DAILY_LOSS", "WEEKLY_LOSS",
        "STRATEGY_HALT", "STRATEGY_RATE", "STRATEGY_REPEAT", "STRATEGY_FILLS", "WINDOW_ORDERS", "MARKET_ORDERS",
        "MESSAGE_RATIO", "DATA_AGE", "MODEL_AGE", "MARKOUT", "STRATEGY_STAKE", "STRATEGIES_STAKE", "CORRELATED",
        "VENUE_EXPOSURE", "GROSS_EXPOSURE", "WINDOW_DELTA", "WINDOW_GAMMA",
    }
)  # fmt: skip
WHOLE: Final = {gate.code for gate in gates.GATES if not gate.derivative} <= SEEN_TO
"""No envelope is made for an option, a future or a perpetual."""


class Passed(msgspec.Struct, frozen=True, gc=False):
    """An order that every gate lets pass."""

    reducing: bool
    event_loss_after: Money
    key: str
    """What that loss is counted under."""
    sums: Sums
    """Of the account, as it was weighed with them."""


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """What the gates that only a strategy's orders meet let pass, of the limits in force; counts with the order."""

    a_minute: int
    fills: int
    alike: int
    a_window: int
    messages: Decimal
    """For each execution; a cent short of the limit, which is held against rounded ones."""
    stake: Decimal
    stakes: Decimal
    together: Decimal
    on_venue: Decimal
    gross: Decimal


class Way(msgspec.Struct, frozen=True, gc=False):
    """What is the same for every order of one side in one leg."""

    most: Decimal
    """Most shares that ORDER_QTY, MARKET_POSITION, CELL_EXPOSURE and GROUP_EXPOSURE let pass; below 0 is none."""
    closes: Decimal
    """What it would close before it opens anything."""


@dataclass(slots=True)
class Sums:
    """Sums of the account that move by themselves, as they were when what follows from them was last told."""

    loss: Money
    venue_loss: Money
    total: Money
    day_base: Money
    week_base: Money
    before: Money
    """The worst loss of the event."""
    most: Money
    """The most that this may come to, by EVENT_EXPOSURE and AT_RISK; below 0 where no order passes."""


@dataclass(slots=True)
class Envelope:
    """One instrument's for the trader's own orders, or for one strategy's."""

    pace: Pace
    """Limits of pace that were in force, made anew whenever any limit is set: of other limits it says nothing."""
    until: Nanos
    """It does not stand from then on: a fee is no longer waived."""
    last: Nanos
    """The last moment that CLOSE_GUARD lets pass."""
    quiet: int
    """Most nanoseconds of the session's clock that the market link may be silent."""
    collar: float
    """Most ticks from the middle of the book."""
    can_rest: bool
    least: Decimal
    each_second: int | None
    """Orders that the venue takes in `second`; None where it does not say."""
    second: int
    """Nanoseconds of the session's clock."""
    others: tuple[Order, ...]
    """Open orders in the instrument."""
    ways: tuple[tuple[Way, Way], tuple[Way, Way]]
    """Of sales and of purchases; of each, in NO and in YES."""
    worth: Decimal
    """ORDER_VALUE."""
    cash: Decimal
    key: str
    member: int
    members: int
    exclusive: bool
    sure: bool
    none_pays: Decimal
    """Of the event, as `exposure` has it: what is left if no member pays, or if this one does where it counts alone."""
    change: Decimal
    """By how much more if this one does."""
    least_other: Decimal | None
    """The least such change of another member; None without one in which anything is."""
    touched: int
    """Members in which something is, this one counted in."""
    sums: Sums
    flow: Flow | None
    seat: Seat | None
    fresh: float
    """Most seconds since what the strategy decides by was new."""
    feeds: tuple[tuple[Listing, int], ...]
    """What the strategy watches on venues without books, and the nanoseconds of the session's clock in a second."""
    bounds: Bounds | None
    """None where a strategy's order is for the gates in any case."""
    reported: Nanos
    """The last moment at which what its station reported is new enough."""
    mine: Decimal
    """Staked by the strategy."""
    own: dict[Leg, Decimal]
    """What the strategy holds of it and none of its orders closes."""
    theirs: Decimal
    """Staked by the others."""
    together: Decimal
    """Most that other events of a group of this one's may lose."""
    on_venue: Decimal
    gross: Decimal
    usual: Usual | None = None
    """The order that is likely to come."""
    laid: object = None
    """What the strategy itself has reckoned beforehand."""
    ahead: Ahead | None = None
    """The orders that the strategy is likely to want next."""


def want(state: State, place: Place) -> None:
    """Note that orders like this are being sent: an envelope for the next is worth its making."""
    wanted, key = state.envelopes.wanted, (place.instrument, place.strategy)
    if key not in wanted and len(wanted) >= ROOM:
        del wanted[next(iter(wanted))]
    wanted[key] = place


def passes(
    state: State, desk: Desk, listing: Listing, place: Place, pressed_at: Nanos, *, shadow: bool = False
) -> Passed | None:
    """Return what comes of an order if every gate lets it pass; None is doubt. The order names price and quantity."""
    strategy = place.strategy
    one = state.envelopes.ready.get((place.instrument, strategy))
    qty, price, now, book = place.qty, place.price, state.now, listing.book
    if (
        one is None
        or price is None
        or qty is None
        or listing.stale
        or place.budget is not None
        or place.reduce_only
        or place.tif is GTD
        or (place.post_only and not (one.can_rest and place.tif not in AT_ONCE))
        or not now < one.until
        or now > one.last
        or not 0 < price < TICKS_PER_UNIT
        or not qty.is_finite()
        or not one.least <= qty <= MOST
        or (state.session.mode == LIVE and not shadow and not armed(state))
    ):
        return None
    instrument = listing.instrument
    yes = price if place.leg is YES else listing.top - price
    bid, ask = book.best_bid, book.best_ask
    middle = weighing.middle(listing) if bid is None or ask is None else (bid + ask) / 2
    if middle is None or abs(yes - middle) > one.collar or qty % instrument.step:
        return None
    for band in instrument.grid:
        if band.start <= yes <= band.stop and not (yes - band.start) % band.step:
            break
    else:
        return None
    heard = desk.heard_at
    if heard is None or now - heard > one.quiet or not _calm(state, desk, one, place, pressed_at, listing.top):
        return None
    if strategy is not None and not _lively(state, one, place):
        return None
    return weighed(state, one, instrument, place, qty, price * instrument.unit)


def _calm(state: State, desk: Desk, one: Envelope, place: Place, pressed_at: Nanos, top: int) -> bool:
    """Whether it is neither one too many nor one sent twice, and meets nothing of ours."""
    pace, pressed, sent = state.limits.pace, state.pressed, desk.sent
    if pace is not one.pace or state.register.waiting >= pace.open_orders or not (pace.two_seconds and pace.minute):
        return False
    reach = pace.spell if pace.spell > TWO_SECONDS else TWO_SECONDS
    many = len(pressed) >= pace.minute
    if pressed and (many or pressed_at - pressed[-1][0] <= reach):  # else there is none so near
        before = weighing.paced(state, place, pressed_at, MINUTE if many else reach)
        if before.duplicates or before.last_2s >= pace.two_seconds or before.last_minute >= pace.minute:
            return False
    if one.each_second is not None:
        lately = weighing.lately(state, desk) if sent and sent[-1] > state.now - one.second else 0
        if lately >= one.each_second:
            return False
    if one.others and any(weighing.crosses(other, place, top) for other in one.others):
        return False
    return not desk.external or not weighing.meets_external(desk, place, top)


def weighed(
    state: State, one: Envelope, instrument: Instrument, place: Place, qty: Qty, price: Decimal
) -> Passed | None:
    """Hold size, cash, exposure and results against their limits; the sums are those of `portfolio.exposure`."""
    side, yes, nets = place.side, place.leg is YES, instrument.nets
    buying = side is BUY
    way = one.ways[buying][yes]
    fee = exposing.fee_of(instrument, side, price, qty, state.now) if qty <= way.most else None
    if fee is None or not fee.is_finite() or fee < ZERO:
        return None
    closing = way.closes if way.closes < qty else qty
    opening = qty - closing
    if opening and not (buying or nets):
        return None
    cost = qty * (price if buying or not opening else max(price, ONE - price))
    tied = opening * (price if buying else ONE - price) + fee if opening else ZERO
    worth = -price if buying else price
    lost, paying = qty * worth - fee, qty * (worth + ONE if buying else worth - ONE) - fee
    if lost > ZERO:
        lost = ZERO
    if paying > ZERO:
        paying = ZERO
    after = _loss(one, lost, paying) if yes else _loss(one, paying, lost)
    sums = one.sums
    if (
        state.loss is not sums.loss
        or state.venue_loss is not sums.venue_loss
        or state.total is not sums.total
        or state.day_base is not sums.day_base
        or state.week_base is not sums.week_base
    ):
        sums = one.sums = sums_of(state, one.key)
    if (
        not ZERO <= cost <= one.worth
        or (tied and not ZERO < tied <= one.cash)
        or after > sums.most
        or (place.strategy is not None and not _within(state, one, place, price, fee, tied, after))
    ):
        return None
    return Passed(not opening and after <= sums.before, after, one.key, sums)


def sums_of(state: State, key: str) -> Sums:
    """Return the account's sums, and what they leave for the worst loss of an event; the results are looked at, too."""
    known, before = state.limits.known, state.venue_losses.get(key, NO_MONEY)
    others = results.at_risk(state) - before
    stands = (
        others >= ZERO
        and state.total - state.day_base > known["DAILY_LOSS"]
        and state.total - state.week_base > known["WEEKLY_LOSS"]
    )
    most = min(known["EVENT_EXPOSURE"], known["AT_RISK"] - others) if stands else -ONE
    return Sums(state.loss, state.venue_loss, state.total, state.day_base, state.week_base, before, Money(most))


def _loss(one: Envelope, lost: Decimal, paying: Decimal) -> Money:
    """Return the worst loss of the event with one more order, which leaves `lost` if its member does not pay.

    As `exposure.loss` finds it, from its sums.
    """
    total = one.none_pays + lost
    if not one.exclusive:
        worst = min(total, one.none_pays + one.change + paying)
        return -worst if worst < ZERO else ZERO  # type: ignore[return-value]  # `Money` is a call
    worst = one.change + paying - lost
    if one.least_other is not None and one.least_other < worst:
        worst = one.least_other
    if worst > ZERO and (not one.sure or one.touched < one.members):
        worst = ZERO
    total += worst
    return -total if total < ZERO else ZERO  # type: ignore[return-value]


def _lively(state: State, one: Envelope, place: Place) -> bool:
    """Whether the gates let it pass that only a strategy's orders meet and that look at what it did and saw lately."""
    flow, most, now = one.flow, one.bounds, state.now
    if flow is None or most is None or (one.seat is not None and one.seat.halted):
        return False
    flow.prune(now)
    age = _input_age_s(one, flow, now)
    messages = len(flow.messages)
    return not (
        age is None
        or age > one.fresh
        or now > one.reported
        or len(flow.sent) >= most.a_minute
        or len(flow.fills) >= most.fills
        or flow.repeated(automated.like(place), automated.touch(state, place.instrument), now) >= most.alike
        or (not place.post_only and flow.events.get(one.key, 0) >= most.a_window)
        or (messages >= FREE_MESSAGES and messages + 1 > max(1, len(flow.executions)) * most.messages)
        or (len(flow.marked) >= FEWEST and not kind(flow, state.limits.known))
    )


def _within(state: State, one: Envelope, place: Place, price: Decimal, fee: Money, tied: Decimal, after: Money) -> bool:
    """Whether the stakes with it lie within the limits that only a strategy's orders meet."""
    most = one.bounds
    if most is None:
        return False
    assert place.qty is not None
    nets = exposing.nets_of(state, place.instrument)
    if nets or place.side is not BUY:  # else it closes nothing, and ties up what was reckoned
        rest = Resting(one.member, place.side, place.leg, place.qty, price, fee)
        stake = one.mine + claim(rest, dict(one.own), nets=nets).tied
    else:
        stake = one.mine + tied
    return (
        ZERO <= stake <= most.stake
        and ZERO <= stake + one.theirs <= most.stakes
        and ZERO <= one.together + after <= most.together
        and ZERO <= one.on_venue + after <= most.on_venue
        and ZERO <= one.gross + tied <= most.gross
    )


def _input_age_s(one: Envelope, flow: Flow, now: Nanos) -> float | None:
    """Return what `automated.input_age_s` does, of what the strategy watches."""
    if flow.input_at is not None:
        return max(0.0, (now - flow.input_at) / SECOND)
    if not one.feeds:
        return 0.0
    found = None
    for listing, second in one.feeds:
        last = listing.last
        if last is not None:
            age = max(0.0, (now - last.at) / second)
            if found is None or age < found:
                found = age
    return found


def kind(flow: Flow, known: Mapping[str, Decimal]) -> bool:
    """Whether the last fills were not bad ones; a cent short of the limit, for it is held against rounded ones."""
    found = flow.markout()
    return found is None or (isfinite(found) and -found + 0.01 <= known["MARKOUT"])
