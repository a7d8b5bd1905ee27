"""Strategies as rows of the ledger, and back: what they were switched to and told, brought and hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import StrategyState
from engine.core.effects import Level, Row
from engine.core.ids import StrategyId
from engine.core.order import Status
from engine.core.units import DAY, Nanos
from engine.kernel.rows import text
from engine.kernel.strategies.seats import THROTTLE, Day
from engine.portfolio.position import Position
from engine.strategies.base import Restored

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.snapshot import Snapshot, StrategyDayRow, StrategyMemoryRow
    from engine.core.units import Leg
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.orders.register import Order
    from engine.strategies.said import Record, Remember
    from engine.strategies.spec import Parameter, Value


def row(seat: Seat) -> Row:
    """Return the row of a line as it stands."""
    values = {"name": seat.name, "state": seat.state.value, "halted": seat.halted, "halted_at": seat.halted_at or 0}
    return Row("strategies", dict(values))


def parameter(seat: Seat, one: Parameter, value: Value) -> Row:
    """Return the row of a parameter."""
    return Row("parameters", {"strategy": seat.name, "name": one.name, "value": one.write(value)})


def day(seat: Seat, at: Nanos) -> Row:
    """Return the row of a line's UTC day."""
    found = seat.real.day(at)
    return Row(
        "strategy_days",
        {
            "strategy": seat.name, "day": at // DAY, "realised": text(found.realised), "fees": text(found.fees),
            "fills": found.fills, "orders": found.orders, "asked": found.asked, "blind": found.blind,
            "halts": found.halts,
        },
    )  # fmt: skip


def held(seat: Seat, instrument: InstrumentId, leg: Leg) -> Row:
    """Return the row of what a line holds of a leg."""
    position = seat.real.get(instrument, leg)
    return Row(
        "strategy_held",
        {
            "strategy": seat.name, "venue": instrument.venue, "symbol": instrument.symbol, "leg": leg.value,
            "qty": text(position.qty), "cost": text(position.cost), "quoted": text(position.quoted),
        },
    )  # fmt: skip


def restore(state: State, snapshot: Snapshot) -> None:
    """Take up what the ledger knows. LIVE comes back as PAPER: nothing is live by surprise."""
    seats = state.strategies.seats
    for line in snapshot.strategies:
        seat = seats.get(StrategyId(line.name))
        if seat is None:
            continue
        seat.state = _state(line.state)
        seat.halted, seat.halted_at = line.halted, line.halted_at
    for told in snapshot.parameters:
        seat = seats.get(StrategyId(told.strategy))
        if seat is not None:
            _parameter(state, seat, told.name, told.value)
    for past in snapshot.strategy_days:
        seat = seats.get(StrategyId(past.strategy))
        if seat is not None:
            seat.real.know({past.day: _day(past)})
    for past in snapshot.earned:
        seat = seats.get(StrategyId(past.strategy))
        if seat is not None:
            seat.earned[past.day] = _day(past)
    for one in snapshot.strategy_held:
        seat = seats.get(StrategyId(one.strategy))
        if seat is not None:
            seat.real.put((one.instrument, one.leg), Position(one.qty, one.cost, quoted=one.quoted))
    for thing in snapshot.strategy_memory:
        seat = seats.get(StrategyId(thing.strategy))
        if seat is not None:
            _recall(state, seat, thing)
    for past_order in state.register:
        _restored(state, past_order)
    for order in state.register.open():
        seat = None if order.place.strategy is None else seats.get(order.place.strategy)
        if seat is not None:
            key = order.place.tag or order.id
            seat.orders[key] = order.id
            state.strategies.by_order[order.id] = (seat.name, key)


def memory(seat: Seat, one: Remember, at: Nanos) -> Row:
    """Return the row of what a line asks to be remembered."""
    return Row("strategy_memory", {"strategy": seat.name, "name": one.name, "at": at, "body": one.body})


def features(seat: Seat, one: Record, at: Nanos) -> Row:
    """Return the row of what a line sees of an event."""
    return Row("features", {"family": one.family, "at": at, "strategy": seat.name, "body": one.body})


def _day(past: StrategyDayRow) -> Day:
    counts = (past.asked or 0, past.blind or 0, past.halts or 0)
    return Day(past.realised, past.fees, past.fills, past.orders, *counts)


def _recall(state: State, seat: Seat, thing: StrategyMemoryRow) -> None:
    try:
        warning = seat.strategy.recall(seat.name, thing.name, thing.body, thing.at)
    except ValueError as e:
        warning = f"what it had learnt is not used: {e}"
    if warning:
        state.out.notice(Level.WARN, f"{seat.spec.title}: {warning}", "MEMORY")


def _restored(state: State, one: Order) -> None:
    place = one.place
    seat = None if place.strategy is None else state.strategies.seats.get(place.strategy)
    if seat is not None and one.status is not Status.REFUSED:
        seat.strategy.restored(
            Restored(seat.name, place.instrument, place.leg, one.sent_at, one.filled, not one.ended, place.post_only)
        )


def _state(said: str) -> StrategyState:
    known = {one.value: one for one in StrategyState}
    found = known.get(said, StrategyState.OFF)
    return StrategyState.PAPER if found is StrategyState.LIVE else found


def _parameter(state: State, seat: Seat, name: str, value: str) -> None:
    found = next((one for one in seat.parameters if one.name == name), None)
    if found is None:
        return  # an older version's
    try:
        tell(seat, name, found.read(value))
    except ValueError as e:
        text = f"{seat.spec.title}: its kept {e}; {found.write(found.default)} is used"
        state.out.notice(Level.WARN, text, "PARAMETER")


def tell(seat: Seat, name: str, value: Value) -> None:
    """Hand a checked parameter to whom it is for."""
    if name == THROTTLE:
        seat.throttle = int(value)
    else:
        seat.strategy.tell(seat.name, name, value)
