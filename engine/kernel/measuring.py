"""Makes envelopes: adds up what every next order in an instrument would be held against. In idle moments only."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import StationId
from engine.core.snapshot import LIVE
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.kernel import automated, exposing, grouping, laying, staking, standing, weighing
from engine.kernel.envelope import HALF_TICK, ROUNDED, WHOLE, Bounds, Envelope, Way, sums_of
from engine.kernel.strategies import layout
from engine.portfolio.exposure import Resting, by_winner, result
from engine.portfolio.groups import Swing, group_of
from engine.risk.limits import OFF
from engine.risk.measures import MOST, TAKING
from engine.risk.venue_measures import CENT, aged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.commands import Place
    from engine.core.ids import Cell, InstrumentId, StrategyId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State, Wanted

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
BUY, SELL, YES, NO = Side.BUY, Side.SELL, Leg.YES, Leg.NO
MOST_A_SECOND: Final = 1e9
NEVER: Final = Nanos(2**62)
MOST_LIKELY: Final = 32
"""Orders that are told as likely at most; each takes its gateway some 45 us to put into words."""


def prepare(state: State) -> bool:
    """Make one envelope that is wanted and does not stand; False where there is none to make. Decides nothing.

    What lines are likely to want comes last: it takes several calls, and a person waits for none of them.
    """
    envelopes = state.envelopes
    envelopes.spent = None
    bare, made_all = envelopes.bare, len(envelopes.ready) >= len(envelopes.wanted)
    if bare and (made_all or bare[-1][1].seat is None):
        _lay(state, *bare.pop())
        return True
    if made_all:
        return False
    for key in envelopes.wanted:
        if key not in envelopes.ready:
            made = envelopes.ready[key] = _make(state, *key)
            if made is not None:
                envelopes.bare.append((key, made))
                if made.seat is not None:
                    made.laid = laying.of_line(state, made.seat, key[0])
            return True
    return False


def _lay(state: State, key: Wanted, one: Envelope) -> None:
    """Lay out what is likely to come within an envelope; of a line some of it, and the rest at the next call."""
    envelopes, seat = state.envelopes, one.seat
    place, listing, desk = envelopes.wanted.get(key), state.listings.get(key[0]), state.desks.get(key[0].venue)
    likely: list[Place] = []
    if seat is not None and listing is not None and desk is not None:
        if one.ahead is None:
            one.ahead = layout.begin(state, one, seat, listing, desk)
        else:
            likely = layout.go_on(state, one, seat, one.ahead)
        if one.ahead is not None and one.ahead.waiting:
            envelopes.bare.append((key, one))
    elif place is not None:
        one.usual = laying.usual(state, one, place)
        if one.usual is not None:
            likely = laying.likely(one.usual, place)
    envelopes.likely = [*likely, *envelopes.likely][-MOST_LIKELY:]


def _make(state: State, instrument_id: InstrumentId, strategy: StrategyId | None) -> Envelope | None:
    """Return the envelope of an instrument; None where something stands in every order's way, or is not known."""
    desk, listing = state.desks.get(instrument_id.venue), state.listings.get(instrument_id)
    if desk is None or listing is None or not listing.top or not _open(state, desk, listing):
        return None
    instrument, limits = listing.instrument, state.limits.values()
    seat, flow = (None, None) if strategy is None else (state.strategies.seats.get(strategy), state.flows.get(strategy))
    free = exposing.free_cash(state, desk)
    if instrument.closes is None or free is None or not free.is_finite() or not instrument.step > 0:
        return None
    if strategy is not None and flow is None:
        return None
    orders = [order for order in state.register.open() if order.place.instrument == instrument_id]
    if any(order.status is weighing.LOST for order in orders):
        return None
    rests = [exposing.rest_of(state, order) for order in orders]
    guard = int(limits["CLOSE_GUARD"].to_integral_value(ROUND_CEILING)) * SECOND
    quiet = limits["BOOK_AGE"] if strategy is None else min(limits["BOOK_AGE"], limits["DATA_AGE"])
    event, at = _event(state, instrument_id), exposing.cell_of(state, instrument_id)
    key, pace = exposing.key_of(state, instrument_id), desk.facts.orders_per_second
    second = desk.real(SECOND)
    found = Envelope(
        pace=state.limits.pace,
        until=_until(state, listing),
        last=Nanos(instrument.closes - guard),
        quiet=int((float(quiet) - ROUNDED) * second),
        collar=float(100 * limits["PRICE_COLLAR"]) - HALF_TICK,
        can_rest="POST_ONLY" in desk.facts.can,
        least=max(Decimal(instrument.least), instrument.step),
        each_second=int(min(pace, MOST_A_SECOND)) if pace else None,
        second=second,
        others=tuple(orders),
        ways=_ways(state, instrument, rests, at),
        worth=limits["ORDER_VALUE"],
        cash=free,
        key=key,
        member=event.member,
        members=event.members,
        exclusive=event.exclusive,
        sure=event.sure,
        none_pays=event.none_pays,
        change=event.change,
        least_other=event.least_other,
        touched=event.touched,
        sums=sums_of(state, key),
        flow=flow,
        seat=seat,
        fresh=float(limits["MODEL_AGE"]) - ROUNDED,
        feeds=() if seat is None else automated.feeds(state, seat),
        bounds=None,
        reported=NEVER,
        mine=ZERO,
        own={},
        theirs=ZERO,
        together=ZERO,
        on_venue=ZERO,
        gross=ZERO,
    )
    return found if strategy is None or _staked(state, found, instrument, strategy) else None


def _open(state: State, desk: Desk, listing: Listing) -> bool:
    """Whether nothing stands in the way of every order alike."""
    session, family = state.session, listing.instrument.family or exposing.NO_FAMILY
    live = session.mode == LIVE
    skew = 0.0 if not live else None if desk.report is None else desk.report.skew_ms
    return (
        WHOLE
        and not session.halted_by
        and not session.reduce_only
        and session.storage_ok
        and session.chain_ok
        and (live or session.mode in TAKING)
        and listing.status == "open"
        and not state.flagged.get(family)
        and not weighing.link_down(desk)
        and desk.reconciled
        and not aged(skew, state.limits["CLOCK"], "", "").refuses
    )


def _until(state: State, listing: Listing) -> Nanos:
    """Return until when the fees that went into it are what they are."""
    ones = [order.place.instrument for order in state.register.open()]
    rules = [found.instrument.fee for one in ones if (found := state.listings.get(one)) is not None]
    waived = [rule.waived_until for rule in (*rules, listing.instrument.fee) if rule.waived_until is not None]
    return min((until for until in waived if until > state.now), default=NEVER)


class _Event(NamedTuple):
    member: int
    members: int
    exclusive: bool
    sure: bool
    none_pays: Decimal
    change: Decimal
    least_other: Decimal | None
    touched: int


def _event(state: State, instrument: InstrumentId) -> _Event:
    """Return the sums of an instrument's event; of one that counts alone, what is left either way."""
    parts = exposing.parts(state, instrument)
    own, stakes, resting = parts.own, parts.stakes, parts.resting
    if not parts.exclusive:
        none, pays = result(stakes, resting, None), result(stakes, resting, own)
        return _Event(own, parts.members, False, False, none, pays - none, None, 1)
    total, changes = by_winner(stakes, resting)
    others = [change for member, change in changes.items() if member != own]
    touched = len(others) + 1
    return _Event(
        own, parts.members, True, parts.sure, total, changes.get(own, ZERO), min(others, default=None), touched
    )


def _around(state: State, cell: Cell) -> tuple[Swing, Decimal]:
    """Return what is held and open in a cell, and the most of it in those of its neighbourhood."""
    swings = standing.swayed(state, dict(exposing.swings(state)))
    group = group_of(cell)
    others = sum((one.most for where, one in swings.items() if where != cell and group_of(where) == group), ZERO)
    return swings.get(cell, Swing()), others


def _ways(
    state: State, instrument: Instrument, rests: list[Resting], at: Cell | None
) -> tuple[tuple[Way, Way], tuple[Way, Way]]:
    """Return the four ways of an order as `Envelope` has them."""
    limits, left = state.limits.values(), exposing.left_of(state, instrument.id)
    net, up, down = _shares(state, instrument, rests)
    cell, around = (Swing(), ZERO) if at is None else _around(state, at)
    near = min(limits["CELL_EXPOSURE"], limits["GROUP_EXPOSURE"] - around)

    def way(side: Side, leg: Leg) -> Way:
        buying, lifts = side is BUY, (side is BUY) is (leg is YES)
        most = min(MOST, limits["ORDER_QTY"])
        if instrument.nets:
            most = min(most, _room(net, up, down, limits["MARKET_POSITION"], lifts=lifts))
        else:
            room = limits["MARKET_POSITION"] - net - up
            most = min(most, room) if buying or room < ZERO else most
        if at is not None:
            most = min(most, _room(cell.net, cell.up, cell.down, near, lifts=lifts))
        closed = leg if not buying else NO if leg is YES else YES
        return Way(most, ZERO if buying and not instrument.nets else left[closed])

    return (way(SELL, NO), way(SELL, YES)), (way(BUY, NO), way(BUY, YES))


def _room(net: Decimal, up: Decimal, down: Decimal, limit: Decimal, *, lifts: bool) -> Decimal:
    """Return by how much an order may move a net that others may move up and down; below 0 where by nothing."""
    if abs(net + up) > limit or abs(net - down) > limit:
        return -ONE
    return limit - (net + up) if lifts else limit + (net - down)


def _shares(state: State, instrument: Instrument, rests: list[Resting]) -> tuple[Decimal, Decimal, Decimal]:
    """Return YES less NO held of an instrument, and how far open orders may move that.

    Of one that does not net: shares of both legs, and what is being bought.
    """
    yes, no = (Decimal(state.book.get(instrument.id, leg).qty) for leg in (YES, NO))
    if not instrument.nets:
        return yes + no, sum((one.qty for one in rests if one.side is BUY), ZERO), ZERO
    up = sum((one.qty for one in rests if (one.side is BUY) is (one.leg is YES)), ZERO)
    return yes - no, up, sum((one.qty for one in rests), ZERO) - up


def _staked(state: State, found: Envelope, instrument: Instrument, strategy: StrategyId) -> bool:
    """Fill in what only the gates of automated flow look at; False where it is not known."""
    family = state.families.get(instrument.family or exposing.NO_FAMILY)
    if family is not None and family.station:
        latest = state.observed.latest(StationId(family.station))
        if latest is None:
            return False
        found.reported = Nanos(latest.measured_at + int(60 * SECOND * state.limits["SOURCE_AGE"]))
    found.bounds = _bounds(state.limits.known, len(found.others))
    known = grouping.losses(state)
    together = [
        sum((loss for one, loss in known.items() if one != found.key and group in grouping.groups(state, one)), ZERO)
        for group in grouping.groups(state, found.key)
    ]
    if not together:
        return False
    waiting = staking.waiting(state)
    found.together = max(together)
    found.mine, found.own = staking.left(state, strategy, waiting, instrument.id)
    others = (one for one in automated.strategies(state) if one != strategy)
    found.theirs = sum((staking.stake(state, one, waiting)[0] for one in others), ZERO)
    venue = instrument.id.venue
    losses = state.venue_losses.items()
    found.on_venue = sum((loss for key, loss in losses if key != found.key and automated.is_on(key, venue)), ZERO)
    found.gross = staking.gross(state, waiting)[0]
    return True


def _bounds(limits: Mapping[str, Decimal], orders: int) -> Bounds | None:
    """Return what is held against whatever moves; None where every order is refused or needs more reckoning."""
    if orders + 1 > limits["MARKET_ORDERS"] or limits["WINDOW_DELTA"] < OFF or limits["WINDOW_GAMMA"] < OFF:
        return None
    a_minute, fills, alike, a_window = (
        int(limits[code]) for code in ("STRATEGY_RATE", "STRATEGY_FILLS", "STRATEGY_REPEAT", "WINDOW_ORDERS")
    )
    return Bounds(
        a_minute,
        fills,
        alike,
        a_window,
        limits["MESSAGE_RATIO"] - CENT,
        limits["STRATEGY_STAKE"],
        limits["STRATEGIES_STAKE"],
        limits["CORRELATED"],
        limits["VENUE_EXPOSURE"],
        limits["GROSS_EXPOSURE"],
    )
