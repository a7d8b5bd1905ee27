"""What Binance's spot REST interface answers: trades, pairs, the time, and why it refuses; to values. Pure.

Source: Binance spot API, rest-api.md, 2026-07-21.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from engine.core.errors import WireError
from engine.core.ids import BINANCE
from engine.core.units import Ticks
from engine.venues.binance import wire
from engine.venues.binance.wire import LOT, Complaint, Print, Scale

if TYPE_CHECKING:
    from engine.core.units import Nanos

PAGE: Final = 1_000
"""Most trades an answer holds."""
_T = TypeVar("_T")


class _Row(msgspec.Struct, rename="camel"):
    id: int
    price: str
    qty: str
    time: int
    is_buyer_maker: bool


class _Filter(msgspec.Struct, rename="camel"):
    filter_type: str
    tick_size: str = ""
    min_price: str = ""
    max_price: str = ""
    step_size: str = ""
    min_qty: str = ""


class _Symbol(msgspec.Struct, rename="camel"):
    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    filters: list[_Filter]


class _Info(msgspec.Struct):
    symbols: list[msgspec.Raw]


class _Time(msgspec.Struct, rename="camel"):
    server_time: int


class _Trouble(msgspec.Struct):
    code: int
    msg: str = ""


_rows = msgspec.json.Decoder(list[_Row])
_agg_rows = msgspec.json.Decoder(list[wire.AggTrade])
_info = msgspec.json.Decoder(_Info)
_symbol = msgspec.json.Decoder(_Symbol)
_time = msgspec.json.Decoder(_Time)
_trouble = msgspec.json.Decoder(_Trouble)


@dataclass(frozen=True, slots=True)
class Pair:
    """A symbol as the venue lists it."""

    symbol: str
    base: str
    quote: str
    status: str
    scale: Scale
    least_price: Ticks
    most_price: Ticks
    step: Decimal
    """Order quantities are multiples of it."""
    least: Decimal


def trades(body: bytes, symbol: str, at: Nanos, scale: Scale) -> tuple[Print, ...]:
    """Return the rows of ``/api/v3/trades`` and ``/api/v3/historicalTrades``, oldest first.

    Raises
    ------
    WireError
        As `decode`, or if there are more rows than a page has.
    """
    try:
        rows = _page(_rows.decode(body))
        return tuple(
            wire.printed(symbol, (row.id, row.id), row.price, row.qty, row.time, row.is_buyer_maker, at, scale)
            for row in rows
        )
    except wire.UNREADABLE as e:
        raise WireError(BINANCE, f"unreadable trades ({type(e).__name__})", body) from e


def agg_trades(body: bytes, symbol: str, at: Nanos, scale: Scale) -> tuple[Print, ...]:
    """Return the rows of ``/api/v3/aggTrades``, oldest first.

    Raises
    ------
    WireError
        As `trades`.
    """
    try:
        rows = _page(_agg_rows.decode(body))
        return tuple(wire.printed(symbol, (row.f, row.l), row.p, row.q, row.T, row.m, at, scale) for row in rows)
    except wire.UNREADABLE as e:
        raise WireError(BINANCE, f"unreadable aggregated trades ({type(e).__name__})", body) from e


def pairs(body: bytes) -> tuple[Pair, ...]:
    """Return the symbols of ``/api/v3/exchangeInfo`` that can be read: one that cannot hides no other.

    Raises
    ------
    WireError
        If none can be read: a symbol without a price or size step is none.
    """
    found: list[Pair] = []
    failed: Exception | None = None
    try:
        for row in _info.decode(body).symbols:
            try:
                found.append(_pair(_symbol.decode(row)))
            except (*wire.UNREADABLE, KeyError) as e:
                failed = e
    except wire.UNREADABLE as e:
        failed, found = e, []
    if failed is not None and not found:
        raise WireError(BINANCE, f"unreadable exchange information ({type(failed).__name__})", body) from failed
    return tuple(found)


def server_time(body: bytes) -> int:
    """Return the milliseconds of ``/api/v3/time``.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    try:
        return wire.stamp(_time.decode(body).server_time) // 1_000_000
    except wire.UNREADABLE as e:
        raise WireError(BINANCE, "unreadable time", body) from e


def complaint(body: bytes) -> Complaint:
    """Return why a request was refused; code 0 where the answer does not say."""
    try:
        trouble = _trouble.decode(body)
    except wire.UNREADABLE:
        return Complaint(0, "")
    return Complaint(trouble.code, trouble.msg[:200])


def _page(rows: list[_T]) -> list[_T]:
    if len(rows) > PAGE:
        msg = "more rows than a page has"
        raise ValueError(msg)
    return rows


def _pair(symbol: _Symbol) -> Pair:
    filters = {one.filter_type: one for one in symbol.filters}
    price, size = filters["PRICE_FILTER"], filters["LOT_SIZE"]
    unit = _positive(price.tick_size)
    return Pair(
        symbol=_name(symbol.symbol),
        base=_name(symbol.base_asset),
        quote=_name(symbol.quote_asset),
        status=symbol.status[:40],
        scale=Scale(unit, LOT),
        least_price=Ticks(wire.steps(price.min_price, unit, wire.places(unit))),
        most_price=Ticks(wire.steps(price.max_price, unit, wire.places(unit))),
        step=_positive(size.step_size),
        least=_positive(size.min_qty),
    )


def _positive(text: str) -> Decimal:
    number = wire.number(text).normalize()
    if not wire.FINEST <= number <= 10**12:
        msg = "no step"
        raise ValueError(msg)
    return Decimal(f"{number:f}")


def _name(text: str) -> str:
    if not 0 < len(text) <= 40 or not text.isprintable():
        msg = "no name"
        raise ValueError(msg)
    return text
