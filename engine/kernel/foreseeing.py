"""Orders of ours where others rest, as they will be once all that is being written is on disk.

The register moves when the disk has it; the row that is written must say by then what the register will.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.core.errors import InvariantBroken
from engine.core.events import Filled
from engine.core.ids import embedded
from engine.core.order import Status
from engine.core.snapshot import FillRow
from engine.core.units import Money, Qty
from engine.kernel import rows, taping

if TYPE_CHECKING:
    from engine.core.effects import AnyRow
    from engine.core.ids import OrderId
    from engine.exchange.answers import Met
    from engine.kernel.state import State
    from engine.orders.register import Order


def foresee(state: State, one: Met, trade_id: str) -> Filled:
    """Count a trade in what an order of ours will be once it is on disk, and return the news of it."""
    traded = one.traded
    order = shadow(state, traded.order)
    order.filled = Qty(order.filled + traded.qty)
    order.cost = Money(order.cost + traded.cost)
    order.fee = Money(order.fee + traded.fee)
    return Filled(
        at=traded.at, order=traded.order, trade_id=trade_id, price=traded.average, qty=traded.qty, cost=traded.cost,
        fee=traded.fee, maker=maker(state, one),
    )  # fmt: skip


def shadow(state: State, order: OrderId) -> Order:
    """Return an order of ours that has not ended, as it will be.

    Raises
    ------
    InvariantBroken
        If the register does not know it.
    """
    found = state.foreseen.get(order)
    if found is None:
        one = state.register.get(order)
        if one is None:
            msg = f"order {order} rests for us and is not in the register"
            raise InvariantBroken(msg)
        found = state.foreseen[order] = replace(one, trades={})
    return found


def standing(state: State, order: OrderId) -> tuple[AnyRow, ...]:
    """Return the row of an order of ours as it will stand; nothing of one whose end was written already."""
    one = state.foreseen.get(order)
    if one is None:
        return ()
    whole = one.quantity is not None and one.filled >= one.quantity
    one.status = Status.FILLED if whole else Status.PARTIAL if one.filled else Status.WORKING
    if whole:
        del state.foreseen[order]
    return (rows.order(one, state.session.mode),)


def ended(state: State, order: OrderId, status: Status, why: str) -> tuple[AnyRow, ...]:
    """Return the row of an order of ours that ended without filling."""
    one = shadow(state, order)
    one.status, one.why = status, why
    del state.foreseen[order]
    return (rows.order(one, state.session.mode),)


def maker(state: State, one: Met) -> bool:
    """Whether an order had waited for the trade."""
    order = state.register.get(one.traded.order)
    return one.via == taping.RESTED or (one.via is None and order is not None and order.status is not Status.SENT)


def fill_row(state: State, one: Met, trade_id: str) -> FillRow:
    """Return the fill that a trade of ours is."""
    traded = one.traded
    order = state.register.get(traded.order)
    return FillRow(
        trade_id=trade_id,
        order=traded.order,
        at=traded.at,
        instrument=embedded(traded.market, traded.outcome),
        side=traded.side,
        leg=traded.leg,
        price=traded.average,
        qty=traded.qty,
        cost=traded.cost,
        fee=traded.fee,
        realised=traded.realised,
        slippage=None if order is None else taping.slippage(order, traded.average),
        tag="" if order is None else order.place.tag,
    )
