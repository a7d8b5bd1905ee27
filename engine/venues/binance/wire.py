"""Binance spot frames to values, and our words to text. Pure. What its REST interface answers, `wire_rest` reads.

A frame of a combined stream wraps its payload, ``{"stream": …, "data": …}``; replies and errors are never wrapped.
Trade ids rise by exactly one a symbol. In ``aggTrade`` several fills of one order are one row with its first and
last trade id; ``blockTrade`` counts on its own and is no price of the book.

Source: Binance spot API, web-socket-streams.md, 2026-07-21.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from engine.core.errors import WireError
from engine.core.events import Trade
from engine.core.ids import BINANCE, InstrumentId
from engine.core.units import Nanos, Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LARGEST: Final = 1 << 20
"""Bytes of the largest frame that is read."""
UNIT: Final = Decimal("0.01")
LOT: Final = Decimal("0.00000001")
FINEST: Final = Decimal("0.00000001")
"""No price or size has more places."""
_DIGITS: Final = 40
_TENS: Final = tuple(10**n for n in range(_DIGITS))
_NOT_PLAIN: Final = "no plain number"
_NO_IDS: Final = "no trade ids"
_MICROSECONDS: Final = 10**14
_TOP: Final = 2**63
"""Nanoseconds and sizes beyond this are none of our era, and our journal cannot hold them."""
UNREADABLE: Final = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What foreign bytes can raise: no JSON, wrong types, numbers beyond reason, nesting without end."""
_BUY, _SELL = Side.BUY, Side.SELL
"""Python 3.11 takes 100 ns to look a member of an enumeration up by its name."""


class Scale(msgspec.Struct, frozen=True):
    """Quote currency of one tick and base currency of one lot of a symbol."""

    unit: Decimal = UNIT
    lot: Decimal = LOT
    places: tuple[int | None, int | None] = (None, None)
    """To how many decimals each counts, reckoned here; None where a step is no power of ten below one."""

    def __post_init__(self) -> None:
        """Reckon once what every price and size is read with."""
        msgspec.structs.force_setattr(self, "places", (places(self.unit), places(self.lot)))


class Print(msgspec.Struct, frozen=True, gc=False):
    """A trade, and the trade ids it stands for; one, unless it is aggregated."""

    trade: Trade
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ack:
    """The venue did what a message of ours asked."""

    id: int | str | None


@dataclass(frozen=True, slots=True)
class Complaint:
    """It did not."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The server goes away soon: come back on a new connection."""


@dataclass(frozen=True, slots=True)
class Other:
    """A message that we do not use, by its kind."""

    kind: str


Message = Print | Ack | Complaint | Shutdown | Other


class _Head(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    e: str = ""
    result: msgspec.Raw = msgspec.Raw()
    id: int | str | None = None
    code: int | None = None
    msg: str = ""


class _Kind(msgspec.Struct):
    e: str = ""


class _Trade(msgspec.Struct, gc=False):
    s: str
    t: int
    p: str
    q: str
    T: int
    m: bool
    X: str = "MARKET"
    """Futures only: what else than a trade of the market moved contracts."""


class _TaggedTrade(_Trade, tag_field="e", tag="trade", gc=False):
    """The same, and nothing else but it."""


class _Wrapped(msgspec.Struct, gc=False):
    """What nearly every frame is: a trade in a combined stream, read in one go."""

    data: _TaggedTrade


class AggTrade(msgspec.Struct):
    """Fills of one order in one row; the stream and the REST interface have it alike."""

    p: str
    q: str
    f: int
    l: int  # noqa: E741  # the venue's own name
    T: int
    m: bool
    s: str = ""


_wrapped = msgspec.json.Decoder(_Wrapped)
_head = msgspec.json.Decoder(_Head)
_kind = msgspec.json.Decoder(_Kind)
_trade = msgspec.json.Decoder(_Trade)
_agg_trade = msgspec.json.Decoder(AggTrade)


def decode(raw: bytes | str, at: Nanos, scales: Mapping[str, Scale]) -> Message:
    """Return what a frame says.

    Parameters
    ----------
    raw : bytes or str
        One text frame, raw or of a combined stream.
    at : Nanos
        When it was received. The frame's own time is not trusted for order.
    scales : mapping of symbol to Scale
        What a tick and a lot of each symbol are.

    Raises
    ------
    WireError
        If it is no JSON object, lacks a field, names a symbol without a scale, or holds a price or size off its step.
    """
    if len(raw) > LARGEST:
        raise WireError(BINANCE, f"a frame of {len(raw)} bytes", raw)
    try:
        return _traded(_wrapped.decode(raw).data, at, scales)
    except msgspec.MsgspecError:
        pass  # it is something else, or broken: what follows finds out
    except UNREADABLE as e:
        raise WireError(BINANCE, f"unreadable frame ({type(e).__name__})", raw) from e
    try:
        head = _head.decode(raw)
        if not head.data:
            return _plain(head, raw, at, scales)
        return _payload(head.data, _kind.decode(head.data).e or head.stream.partition("@")[2], at, scales)
    except UNREADABLE as e:
        raise WireError(BINANCE, f"unreadable frame ({type(e).__name__})", raw) from e


def subscription(method: Literal["SUBSCRIBE", "UNSUBSCRIBE"], symbols: Sequence[str], number: int) -> str:
    """Return the message that begins or ends the trade streams of symbols."""
    streams = [f"{symbol.lower()}@trade" for symbol in symbols]
    return json.dumps({"method": method, "params": streams, "id": number}, separators=(",", ":"))


def stream_url(base: str, symbols: Sequence[str]) -> str:
    """Return the address of a combined stream of symbols' trades."""
    return f"{base.rstrip('/')}/stream?streams=" + "/".join(f"{symbol.lower()}@trade" for symbol in symbols)


def _plain(head: _Head, raw: bytes | str, at: Nanos, scales: Mapping[str, Scale]) -> Message:
    if head.e:
        return _payload(raw, head.e, at, scales)
    if head.code is not None:
        return Complaint(head.code, head.msg[:200])
    if head.result:
        return Ack(head.id)
    return Other(head.stream[:40] or "unnamed")


def _payload(raw: bytes | str | msgspec.Raw, kind: str, at: Nanos, scales: Mapping[str, Scale]) -> Message:
    if kind == "trade":
        return _traded(_trade.decode(raw), at, scales)
    if kind == "aggTrade":
        agg = _agg_trade.decode(raw)
        return printed(agg.s, (agg.f, agg.l), agg.p, agg.q, agg.T, agg.m, at, _scale(scales, agg.s))
    return Shutdown() if kind == "serverShutdown" else Other(kind[:40])


def _traded(row: _Trade, at: Nanos, scales: Mapping[str, Scale]) -> Message:
    """Return a trade; what nearly every frame is, so `printed` in one piece."""
    if row.X != "MARKET":
        return Other(f"trade {row.X[:20]}")
    scale, number = _scale(scales, row.s), row.t
    if not 0 <= number < _TOP:
        raise ValueError(_NO_IDS)
    of_price, of_size = scale.places
    trade = Trade(
        at=at,
        instrument=_instrument(row.s),
        price=steps(row.p, scale.unit, of_price),  # type: ignore[arg-type] # as in `units`
        lots=steps(row.q, scale.lot, of_size),  # type: ignore[arg-type]
        taker=_SELL if row.m else _BUY,
        trade_id=str(number),
        venue_time=stamp(row.T),
    )
    return Print(trade, number, number)


def _scale(scales: Mapping[str, Scale], symbol: str) -> Scale:
    scale = scales.get(symbol)
    if scale is None:
        msg = "a symbol nobody asked for"
        raise ValueError(msg)
    return scale


def printed(
    symbol: str,
    ids: tuple[int, int],
    price: str,
    size: str,
    time: int,
    bought_by_maker: bool,
    at: Nanos,
    scale: Scale,
) -> Print:
    """Return a trade. Raises ValueError for a number that is none."""
    first, last = ids
    if not 0 <= first <= last < _TOP or last - first >= _MICROSECONDS:
        raise ValueError(_NO_IDS)
    of_price, of_size = scale.places
    trade = Trade(
        at=at,
        instrument=_instrument(symbol),
        price=steps(price, scale.unit, of_price),  # type: ignore[arg-type] # as in `units`
        lots=steps(size, scale.lot, of_size),  # type: ignore[arg-type]
        taker=_SELL if bought_by_maker else _BUY,
        trade_id=str(first) if first == last else f"{first}-{last}",
        venue_time=stamp(time),
    )
    return Print(trade, first, last)


@lru_cache(maxsize=1_024)
def _instrument(symbol: str) -> InstrumentId:
    return InstrumentId(BINANCE, symbol)


def places(step: Decimal) -> int | None:
    """Return to how many decimals a step counts; None where it is no power of ten below one."""
    sign, digits, exponent = step.as_tuple()
    return -exponent if (sign, digits) == (0, (1,)) and isinstance(exponent, int) and exponent <= 0 else None


def steps(text: str, step: Decimal, places: int | None) -> int:
    """Return a positive number as whole steps; `places` are the decimals that `step` counts to."""
    if places is None:
        count, rest = divmod(number(text), step)
        steps, off = int(count), bool(rest)
    else:  # counting digits takes two thirds of the time
        whole, _, part = text.partition(".")
        digits, spare = whole + part, len(part) - places
        if len(text) > _DIGITS or not digits.isdecimal() or not digits.isascii():
            raise ValueError(_NOT_PLAIN)
        if not spare:
            steps, off = int(digits), False
        elif spare > 0:
            steps, off = divmod(int(digits), _TENS[spare])
        else:
            steps, off = int(digits) * 10**-spare, False
    if off or not 0 < steps < _TOP:
        msg = "off its step"
        raise ValueError(msg)
    return steps


def _plain_number(text: str) -> None:
    if len(text) > _DIGITS or not text.replace(".", "", 1).isdecimal() or not text.isascii():
        raise ValueError(_NOT_PLAIN)


def number(text: str) -> Decimal:
    """Return a plain number. Raises ValueError for what is none."""
    _plain_number(text)
    try:
        return Decimal(text)
    except InvalidOperation as e:
        raise ValueError(str(e)) from e


def stamp(time: int) -> Nanos:
    """Return a time in milliseconds, or in microseconds. Raises ValueError where it is none of our era."""
    at = time * (1_000 if time >= _MICROSECONDS else 1_000_000)
    if not 0 <= at < _TOP:
        msg = "no time"
        raise ValueError(msg)
    return at  # type: ignore[return-value] # as in `units`
