"""An empty state filled from what the ledger knows. Nothing is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import Place, Role, Tif
from engine.core.ids import YOU, StationId, StrategyId, VenueOrderId
from engine.core.order import Status
from engine.core.units import NO_MONEY, Money, Ticks
from engine.exchange.market import ENDED
from engine.kernel.forgetting import OVER, newest
from engine.kernel.settling import contest_again, into_book, settled_positions
from engine.orders.register import Order

if TYPE_CHECKING:
    from engine.core.snapshot import OrderRow, Snapshot
    from engine.kernel.state import State


def restore(snapshot: Snapshot, state: State) -> None:
    """Fill an empty state from what the ledger knows; nothing is decided here."""
    session = state.session
    session.profile = snapshot.profile
    session.mode = snapshot.mode
    session.account_name = snapshot.account_name
    session.markets_kept = snapshot.markets_kept
    state.beat = snapshot.beat
    state.place, state.utc_offset_hours = snapshot.place, snapshot.utc_offset_hours
    session.roles = dict.fromkeys(snapshot.operators, Role.OPERATOR)
    session.halted_by = snapshot.halted
    session.halted_why = snapshot.halted_why
    session.halted_at = snapshot.halted_at or None
    session.reduce_only = snapshot.reduce_only
    session.chain_ok = snapshot.chain_ok
    state.exchange.restore(snapshot)
    state.stations = {StationId(s.id): s for s in snapshot.stations}
    for reading in snapshot.readings:
        state.observed.add(reading)
    for row in snapshot.holdings:
        if row.account == YOU:
            state.book.restore(row)
    for market in state.exchange.markets.values():
        if market.status in {"settled", "void"}:
            into_book(state.book, market.id, settled_positions(market))
    for order in snapshot.orders:
        state.register.add(order_of(order))
    state.register.recent.clear()  # what ended in an earlier session is no news
    state.fills.extend(snapshot.fills)
    state.fills_known = len(snapshot.fills)
    state.unpriced.update(snapshot.unpriced)
    state.settlements = list(snapshot.settlements)
    state.attempts = dict(snapshot.attempts)
    for point in snapshot.pnl:
        state.remember(point)
    state.chain_next, state.chain_head = snapshot.chain_next, snapshot.chain_head
    state.next_order, state.next_trade = snapshot.next_order, snapshot.next_trade
    over = [market for market in state.exchange.markets.values() if market.status in ENDED]
    contest_again(state, newest(over, OVER))  # the ledger gives the reports of no others
    contest_again(state, [market for market in state.exchange.markets.values() if market.status == "disputed"])


def order_of(row: OrderRow) -> Order:
    """Return an order of an earlier session. One of the embedded exchange had ended in the commit that wrote it."""
    place = Place(
        instrument=row.instrument,
        side=row.side,
        leg=row.leg,
        price=None if row.price is None else Ticks(row.price),
        qty=row.qty,
        budget=row.budget,
        intent=row.intent,
        tif=Tif(row.tif),
        tag=row.tag,
        origin=row.origin,
        until=row.until,
        post_only=row.post_only,
        reduce_only=row.reduce_only,
        strategy=StrategyId(row.strategy) if row.strategy else None,
    )
    one = Order(row.id, place, row.at, Status(row.status), row.filled, fee=row.fee, why=row.why, edge=row.edge)
    one.client, one.venue_order, one.moved_at = row.client, VenueOrderId(row.venue_order), row.at
    one.quantity = row.qty if row.qty is not None else row.filled or None
    one.cost = Money((row.average or NO_MONEY) * row.filled)
    return one
