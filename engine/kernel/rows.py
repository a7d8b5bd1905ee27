"""What the kernel keeps, as rows of the ledger. Money and quantities cross to text here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.core.effects import Row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.reading import Reading
    from engine.core.snapshot import PnlPoint
    from engine.core.units import Nanos
    from engine.exchange.answers import CashMove, Traded
    from engine.exchange.market import Market
    from engine.oracle.chain import Sealed
    from engine.orders.register import Order

# `_value_` is `value` without the descriptor that makes it ten times as slow
_json = msgspec.json.Encoder(decimal_format="string")


def text(value: Decimal | None) -> str | None:
    """Return a decimal as the ledger holds it; never in exponent form."""
    if value is None:
        return None
    plain = str(value)
    return f"{value:f}" if "E" in plain else plain  # str is three times as fast


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
            "b": one.b,
            "prior": _json.encode(one.prior).decode(),
            "fee_rate": text(one.fee_rate),
            "created_at": one.created_at,
            "status": one.status,
            "winner": one.winner,
            "record": one.record,
        },
    )


def trade(one: Traded, seq: int, order: str, intent: str, at: Nanos) -> Row:
    """Return the row of a trade on the embedded exchange."""
    return Row(
        "trades",
        {
            "seq": seq,
            "at": at,
            "market": one.market,
            "account": one.account,
            "outcome": one.outcome,
            "leg": one.leg._value_,
            "side": one.side._value_,
            "qty": text(one.qty),
            "cost": text(one.cost),
            "fee": text(one.fee),
            "order_id": order,
            "intent": intent,
            "before": one.before,
            "after": one.after,
        },
    )


def order(one: Order, mode: str) -> Row:
    """Return an order's row as it now stands."""
    return _order(one, mode, one.status._value_, text(one.filled), text(one.average), text(one.fee), one.why)


def traded_order(one: Order, mode: str, traded: Traded, average: Decimal, rest: str) -> Row:
    """Return the row of an order as its trade leaves it, before we say so; `rest` is why some of it did not trade."""
    status = "canceled" if rest else "filled"
    return _order(one, mode, status, text(traded.qty), text(average), text(traded.fee), rest)


def _order(
    one: Order, mode: str, status: str, filled: str | None, average: str | None, fee: str | None, why: str
) -> Row:
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
        "qty": text(place.qty),
        "budget": text(place.budget),
        "tif": place.tif._value_,
        "origin": place.origin,
        "tag": place.tag,
        "status": status,
        "filled": filled,
        "average": average,
        "fee": fee,
        "edge": one.edge,
        "why": why,
        "mode": mode,
        "client": one.client or None,
        "venue_order": one.venue_order or None,
        "until": place.until,
        "post_only": place.post_only or None,
        "reduce_only": place.reduce_only or None,
    }
    return Row("orders", values)


def fill(
    one: Order, traded: Traded, trade_id: str, at: Nanos, slippage: float | None, average: Decimal | None = None
) -> Row:
    """Return the row of a fill of ours; `average` is the trade's, where it is known already."""
    place = one.place
    return Row(
        "fills",
        {
            "trade_id": trade_id,
            "order_id": one.id,
            "at": at,
            "venue": place.instrument.venue,
            "symbol": place.instrument.symbol,
            "side": place.side._value_,
            "leg": place.leg._value_,
            "price": text(traded.average if average is None else average),
            "qty": text(traded.qty),
            "cost": text(traded.cost),
            "fee": text(traded.fee),
            "realised": text(traded.realised),
            "slippage": slippage,
            "tag": place.tag,
        },
    )


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
