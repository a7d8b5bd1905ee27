"""What strategies, and all of us, have staked: what positions cost, and what open orders tie up if they fill.

A strategy's stake is its own: nothing of another's, or of the trader's, is set off against it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import EMBEDDED, YOU, outcome_of
from engine.core.order import Status
from engine.core.units import NO_MONEY, Leg, Money
from engine.kernel import exposing
from engine.maths.contracts import Booking
from engine.portfolio.exposure import Resting, claim

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId, StrategyId
    from engine.kernel.state import State
    from engine.portfolio.position import Position

ZERO: Final = Decimal(0)
LEGS: Final = tuple(Leg)
RESTS: Final = frozenset({Status.WORKING, Status.PARTIAL, Status.AMENDING, Status.CANCELING})
"""In which an order of the embedded exchange is still to trade; what it did trade counts from that moment."""
NOTHING: Final = (ZERO, ZERO)

Held = dict[tuple["InstrumentId", Leg], tuple[Decimal, Decimal]]
"""Shares and what they cost."""


class Waiting(NamedTuple):
    """An open order as it may still trade."""

    strategy: StrategyId | None
    instrument: InstrumentId
    rest: Resting


def waiting(state: State, but: str = "") -> list[Waiting]:
    """Return all open orders but one, the oldest first."""
    return [
        Waiting(order.place.strategy, order.place.instrument, exposing.rest_of(state, order))
        for order in state.register.open()
        if order.id != but and (order.place.instrument.venue != EMBEDDED or order.status in RESTS)
    ]


def stake(
    state: State, strategy: StrategyId, orders: list[Waiting], more: tuple[InstrumentId, Resting] | None = None
) -> tuple[Money, Money]:
    """Return what a strategy's positions cost and its open orders tie up: without, and with one more order."""
    held, own = _held(state, strategy), [one for one in orders if one.strategy == strategy]
    if more is None and not (held or own):
        return NO_MONEY, NO_MONEY
    return _staked(state, held, own, more)


def gross(state: State, orders: list[Waiting], more: tuple[InstrumentId, Resting] | None = None) -> tuple[Money, Money]:
    """Return what all positions cost and all open orders tie up: without, and with one more order."""
    held = {
        (one, leg): (p.qty, _stands_for(state, one, p.cost))
        for one, leg, p in state.book.held()
        if one.venue != EMBEDDED
    }
    own = {} if more is None or more[0].venue != EMBEDDED else of_exchange(state, more[0])
    before, after = _staked(state, {**held, **own}, orders, more)
    rest = state.exchange.escrow(YOU) - sum((cost for _, cost in own.values()), ZERO)
    return Money(before + rest), Money(after + rest)


def left(
    state: State, strategy: StrategyId, orders: list[Waiting], instrument: InstrumentId
) -> tuple[Money, dict[Leg, Decimal]]:
    """Return what a strategy has staked, and what it holds of an instrument and none of its orders closes."""
    held = _held(state, strategy)
    total, rest = _claimed(state, held, [one for one in orders if one.strategy == strategy])
    return Money(total), dict(_legs(rest, held, instrument))


def _staked(
    state: State, held: Held, orders: list[Waiting], more: tuple[InstrumentId, Resting] | None
) -> tuple[Money, Money]:
    total, rest = _claimed(state, held, orders)
    if more is None:
        return Money(total), Money(total)
    last = claim(more[1], _legs(rest, held, more[0]), nets=_nets(state, more[0]))
    return Money(total), Money(total + last.tied)


def _claimed(state: State, held: Held, orders: list[Waiting]) -> tuple[Decimal, dict[InstrumentId, dict[Leg, Decimal]]]:
    """Return what is held and tied up, and by instrument what the orders leave to close."""
    total = sum((cost for _, cost in held.values()), ZERO)
    rest: dict[InstrumentId, dict[Leg, Decimal]] = {}
    for _, instrument, one in orders:
        total += claim(one, _legs(rest, held, instrument), nets=_nets(state, instrument)).tied
    return total, rest


def _legs(rest: dict[InstrumentId, dict[Leg, Decimal]], held: Held, instrument: InstrumentId) -> dict[Leg, Decimal]:
    """Return what the orders before have left to close."""
    found = rest.get(instrument)
    if found is None:
        found = rest[instrument] = {leg: held.get((instrument, leg), NOTHING)[0] for leg in LEGS}
    return found


def _nets(state: State, instrument: InstrumentId) -> int:
    return instrument.venue != EMBEDDED and exposing.nets_of(state, instrument)


def _stands_for(state: State, instrument: InstrumentId, cost: Decimal) -> Decimal:
    """Return what a position has cost: of an option its premium on either side, of a future nothing."""
    return ZERO if _nets(state, instrument) > Booking.PREMIUM else cost


def _held(state: State, strategy: StrategyId) -> Held:
    """Return what a strategy holds of its own fills, and no more than the account still does."""
    found: Held = {}
    for (instrument, leg), own in _positions(state, strategy).items():
        qty = min(own.qty, account(state, instrument, leg))
        if qty > 0:
            cost = own.cost if qty == own.qty else own.cost * qty / own.qty
            found[instrument, leg] = (qty, _stands_for(state, instrument, cost))
    return found


def _positions(state: State, strategy: StrategyId) -> dict[tuple[InstrumentId, Leg], Position]:
    """Return what a strategy's fills came to; before the first of this session, what its account kept of others."""
    flow, seat = state.flows.get(strategy), state.strategies.seats.get(strategy)
    if flow is not None:
        return flow.positions
    return {} if seat is None else seat.real.held


def account(state: State, instrument: InstrumentId, leg: Leg) -> Decimal:
    """Return the shares that the account holds; on our own exchange trades that wait for the disk included."""
    if instrument.venue != EMBEDDED:
        return state.book.get(instrument, leg).qty
    return of_exchange(state, instrument).get((instrument, leg), NOTHING)[0]


def of_exchange(state: State, instrument: InstrumentId) -> Held:
    """Return what we hold of an outcome of our own exchange, trades that wait for the disk included."""
    market, outcome = outcome_of(instrument)
    found = state.exchange.markets.get(market)
    own = None if found is None else found.stakes.get(YOU)
    if own is None:
        return {}
    return {(instrument, leg): (own[2 * outcome + i].qty, own[2 * outcome + i].cost) for i, leg in enumerate(LEGS)}
