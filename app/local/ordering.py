"""What can be asked for: orders, their cancels, and markets of the embedded exchange.

Everything goes the way of a click: a command to the kernel, the same gates, with ``api`` as its origin. What comes of
it is waited for; a key makes a repeated request the same order.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.local import reading, shapes
from app.local.doors import Problem
from engine.core.commands import Cancel, CreateMarket
from engine.core.commands import Place as Order
from engine.core.contract import Metric, Unit
from engine.core.errors import StoreError
from engine.core.ids import Cell, OrderId
from engine.core.units import Qty, Ticks, plain
from engine.core.when import instant
from engine.kernel import restoring
from engine.kernel.project import account
from engine.views import topics
from engine.views.market import MarketDraft

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session
    from app.local.earlier import Earlier
    from engine.orders.register import Order as Known

ORIGIN: Final = "api"
WAIT_S: Final = 2.0
STEP_S: Final = 0.005
NOT_ARMED: Final = (
    "this is a live session: orders of programs leave only while it is armed, and only if that was ticked at arming"
)


async def place(session: Session, earlier: Earlier, asked: shapes.Place) -> tuple[shapes.Order, bool]:
    """Send an order; return it as it then stands, and whether it is new.

    Raises
    ------
    Problem
        404 for an instrument that is not known, 409 for a price between two ticks, 503 if the engine has stopped or
        whether the key was used before cannot be told.
    """
    intent = reading.PREFIX + asked.key
    had = _order(session, intent) or await _earlier(session, earlier, intent)
    if had is not None:
        return had, False
    instrument = reading.known(session, asked.venue, asked.symbol)
    if instrument is None:
        raise Problem(404, f"{asked.symbol} on {asked.venue} is not known to this session")
    unit = reading.tick(session, instrument)
    price = None if asked.price is None else _ticks(asked.price, unit)
    command = Order(
        instrument=instrument, side=asked.side, leg=asked.leg, price=price, qty=Qty(Decimal(asked.qty)), intent=intent,
        tif=asked.tif, post_only=asked.post_only, reduce_only=asked.reduce_only, origin=ORIGIN,
    )  # fmt: skip
    if session.host.stopped:
        raise Problem(503, "the engine has stopped; nothing was sent")
    session.host.ask(command)
    await _until(lambda: session.kernel.state.register.of_intent(intent) is not None)
    found = _order(session, intent)
    if found is None:
        raise Problem(503, "the engine has not taken it in yet; ask for your orders before you send it again")
    return found, True


async def cancel(session: Session, order: str) -> shapes.Order:
    """Ask for an order back; return it as it then stands, which may be on its way.

    Raises
    ------
    Problem
        404 for an order that is not known, 409 for one that has ended.
    """
    known = session.kernel.state.register.get(OrderId(order))
    if known is None:
        raise Problem(404, f"order {order[:80]} is not known")
    if known.ended:
        raise Problem(409, f"order {order} is {known.status.value}: there is nothing left to cancel")
    session.host.ask(Cancel(order=OrderId(order)))
    before = known.status
    await _until(lambda: known.status is not before)
    return _line(session, known)


async def create(session: Session, asked: shapes.Create) -> shapes.Created:
    """List a market of the embedded exchange.

    Raises
    ------
    Problem
        403 unless this profile acts as operator, 409 where it cannot be listed.
    """
    if not session.kernel.state.operator():
        raise Problem(403, "only an operator lists markets; take the operator's role in the terminal first")
    command = session.kernel.draft_market(_draft(asked))
    if isinstance(command, str):
        raise Problem(409, command)
    facts = session.kernel.preview_market(_draft(asked))
    if facts.refused:
        raise Problem(409, facts.refused)
    session.host.ask(command)
    await _until(lambda: command.contract.id in session.kernel.state.exchange.markets)
    if command.contract.id not in session.kernel.state.exchange.markets:
        raise Problem(409, _last(session, command))
    subsidy = "0" if facts.subsidy is None else plain(facts.subsidy)
    return shapes.Created(market=command.contract.id, b=command.b, subsidy=subsidy)


def _draft(asked: shapes.Create) -> MarketDraft:
    try:
        opens, closes = instant(asked.opens), instant(asked.closes)
    except (ValueError, OverflowError):
        raise Problem(409, "opens and closes are moments such as 2026-11-22T18:00:00Z") from None
    if closes <= opens:
        raise Problem(409, "a market closes after it opens")
    return MarketDraft(
        cell=Cell(asked.cell), metric=Metric(asked.metric), unit=Unit(asked.unit), threshold=Decimal(asked.threshold),
        brackets=(), opens=opens, closes=closes, b=None if asked.b is None else float(asked.b),
        prior=None if asked.b is None else (),
    )  # fmt: skip


def _last(session: Session, command: CreateMarket) -> str:
    """Return why a market was not listed, as the log has it."""
    notices = getattr(session.kernel.view(topics.NOTICES), "rows", ())
    found = [row.text for row in notices if row.subject == command.contract.id]
    return found[-1] if found else "the engine did not list it"


def _ticks(price: str, unit: Decimal) -> Ticks:
    ticks = Decimal(price) / unit
    if ticks != ticks.to_integral_value():
        raise Problem(409, f"the price {price} is no multiple of {plain(unit)}, the finest this market knows")
    return Ticks(int(ticks))


def _order(session: Session, intent: str) -> shapes.Order | None:
    known = session.kernel.state.register.of_intent(intent)
    return None if known is None else _line(session, known)


def _line(session: Session, one: Known) -> shapes.Order:
    return reading.order(account.line(session.kernel.state, one))


async def _earlier(session: Session, earlier: Earlier, intent: str) -> shapes.Order | None:
    """Return the order that a key became in an earlier session: of those that ended long ago only the ledger knows."""
    try:
        row = await earlier.order(intent)
    except StoreError as e:
        raise Problem(503, f"whether this key was used before cannot be told, so nothing was sent: {e}") from e
    return None if row is None else _line(session, restoring.order_of(row))


async def _until(done: Callable[[], bool]) -> None:
    """Wait until something is so, or for as long as a caller should."""
    left = int(WAIT_S / STEP_S)
    while not done() and left:
        left -= 1
        await asyncio.sleep(STEP_S)
