"""The market maker's wishes as orders: how what works becomes what is wanted, prices of either leg, intents. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.commands import Tif
from engine.core.units import Leg, Qty, Side, Ticks
from engine.strategies import market_maker
from engine.strategies.maker_terms import NAME
from engine.strategies.market_maker import Order
from engine.strategies.others import top_of
from engine.strategies.said import Drop, Move, Said, Want
from engine.strategies.spec import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.core.instrument import Instrument
    from engine.strategies.context import Working
    from engine.strategies.making import Made


def changes(one: Made, wanted: Iterable[Order], mine: Mapping[str, Working], told: Mapping[str, Value]) -> list[Said]:
    """Return how what works becomes what is wanted; what still travels is left alone."""
    prefix = f"{one.instrument.id.symbol}:"
    top = top_of(one.instrument)
    travels = {key for key, w in mine.items() if not w.settled}
    desired = [o._replace(key=prefix + o.key) for o in wanted if prefix + o.key not in travels]
    works = {key: _as_order(key, w, one.step, top) for key, w in mine.items()}
    resting = [(works[key], works[key].qty) for key, w in mine.items() if w.settled]
    change = market_maker.changes(desired, resting, int(told["requote"]))
    now = sorted((*change.move, *change.add), key=lambda o: o.key[-1])[: int(told["messages"])]
    if one.stand is not None:
        now = market_maker.sellable(now, works, {Leg.YES: one.stand.yes, Leg.NO: one.stand.no}, one.stand.least)
    stand, quote = one.stand, None if one.plan is None else one.plan.quote
    fair = None if stand is None or quote is None else quote.fair
    return [
        *(Drop(NAME, key) for key in change.drop),
        *(
            Move(NAME, o.key, _price(o, one.step, top), Qty(mine[o.key].filled + o.qty))
            if o.key in mine
            else _want(one.instrument, o, one.step, top, fair)
            for o in now
        ),
    ]


def _as_order(key: str, one: Working, step: Ticks, top: int) -> Order:
    at = one.price if one.leg is Leg.YES else top - one.price
    return Order(key, one.side, one.leg, at // step, int(one.qty - one.filled))


def _price(one: Order, step: Ticks, top: int) -> Ticks:
    """Return the price of the order's leg, ticks."""
    at = one.ticks * step
    return Ticks(at if one.leg is Leg.YES else top - at)


def _want(instrument: Instrument, one: Order, step: Ticks, top: int, fair: float | None) -> Want:
    price = _price(one, step, top)
    worth = None if fair is None else fair if one.leg is Leg.YES else 1.0 - fair
    each = float(instrument.unit * price)
    edge = None if worth is None else worth - each if one.side is Side.BUY else each - worth
    return Want(
        strategy=NAME, instrument=instrument.id, side=one.side, leg=one.leg, price=price, qty=Qty(Decimal(one.qty)),
        tif=Tif.GTC, post_only=True, reduce_only=one.side is Side.SELL, key=one.key, fair=worth, edge=edge,
    )  # fmt: skip


def drops(mine: Mapping[str, Working]) -> list[Said]:
    """Return that all orders of a market go, those that still travel not yet."""
    return [Drop(NAME, key) for key, one in mine.items() if one.settled]
