"""What the kernel keeps, as rows of the ledger. Money and quantities cross to text here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.effects import Row
from engine.core.units import NO_MONEY, NOTHING, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.ids import MarketId
    from engine.core.reading import Reading
    from engine.core.snapshot import PnlPoint
    from engine.core.trade import CashMove
    from engine.core.units import Nanos
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest
    from engine.oracle.chain import Sealed
    from engine.orders.register import Order

# `_value_` is `value` without the descriptor that makes it ten times as slow
_json = msgspec.json.Encoder(decimal_format="string")
ATTEMPTS: Final = "attempts:"
"""Prefix, before a market's id, of how often it was tried to be settled in vain."""


def text(value: Decimal | None) -> str | None:
    """Return a decimal as the ledger holds it; never in exponent form."""
    return None if value is None else plain(value)


def cash(moves: Iterable[CashMove], at: Nanos) -> tuple[Row, ...]:
    """Return the rows of one operation's double entry."""
    return tuple(
        [
            Row("cash", {"at": at, "account": m.account, "amount": text(m.amount), "kind": m.kind, "ref": m.ref})
            for m in moves
        ]
    )


def market(one: Market) -> Row:
    """Return a market's row as it now stands."""
    return Row(
        "markets",
        {
            "id": one.id,
            "contract": _json.encode(one.contract).decode(),
            "b": one.b_open,
            "prior": _json.encode(one.prior).decode(),
            "fee_rate": text(one.fee_rate),
            "created_at": one.created_at,
            "status": one.status,
            "winner": one.winner,
            "record": one.record,
            "phase": one.phase,
            "kind": one.kind or None,
            "b_now": one.b if one.b < one.b_open else None,
            "counted": _json.encode(one.offset).decode() if one.b < one.b_open else None,
        },
    )


def resting(one: Rest) -> Row:
    """Return the row of an order that rests, or no longer does."""
    return Row(
        "resting",
        {
            "order_id": one.order,
            "place": one.place,
            "at": one.at,
            "account": one.account,
            "market": one.market,
            "outcome": one.outcome,
            "leg": one.leg._value_,
            "side": one.side._value_,
            "price": one.price,
            "qty": text(one.qty) if one.lots else "0",
            "reserved": text(one.reserved) if one.lots else "0",
            "until": one.until,
        },
    )


def order(one: Order, mode: str) -> Row:
    """Return an order's row as it now stands."""
    place = one.place
    values: dict[str, str | int | float | None] = {
        "id": one.id,
        "intent": place.intent,
        "at": one.sent_at,
        "venue": place.instrument.venue,
        "symbol": place.instrument.symbol,
        "side": place.side._value_,
        "leg": place.leg._value_,
        "price": place.price,
        "qty": None if place.qty is None else plain(place.qty),
        "budget": None if place.budget is None else text(place.budget),
        "tif": place.tif._value_,
        "origin": place.origin,
        "tag": place.tag,
        "status": one.status._value_,
        "filled": "0" if one.filled is NOTHING else text(one.filled),
        "average": None if one.filled is NOTHING else text(one.average),
        "fee": "0" if one.fee is NO_MONEY else text(one.fee),
        "edge": one.edge,
        "why": one.why,
        "mode": mode,
        "client": one.client or None,
        "venue_order": one.venue_order or None,
        "until": place.until,
        "post_only": place.post_only or None,
        "reduce_only": place.reduce_only or None,
        "strategy": place.strategy,
    }
    return Row("orders", values)


def settlement(sealed: Sealed) -> Row:
    """Return the row of a sealed settlement record."""
    return Row(
        "settlements",
        {"seq": sealed.seq, "prev": sealed.prev, "hash": sealed.hash, "body": sealed.body},
    )


def reading(one: Reading) -> Row:
    """Return the row of a weather report."""
    return Row(
        "readings",
        {
            "station": one.station,
            "measured_at": one.measured_at,
            "kind": one.kind.value,
            "source": one.source,
            "raw": one.raw,
            "body": _json.encode(one).decode(),
        },
    )


def pnl(point: PnlPoint) -> Row:
    """Return the row of our result at one moment."""
    return Row(
        "pnl",
        {
            "at": point.at,
            "realised": text(point.realised),
            "unrealised": text(point.unrealised),
            "fees": text(point.fees),
        },
    )


def meta(key: str, value: str) -> Row:
    """Return the row of a fact about the profile."""
    return Row("meta", {"key": key, "value": value})


def attempts(of: MarketId, count: int) -> Row:
    """Return the row that says how often a market was tried to be settled in vain."""
    return meta(ATTEMPTS + of, str(count))
