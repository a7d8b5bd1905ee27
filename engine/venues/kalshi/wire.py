"""Kalshi frames, as typed values. Pure: bytes in, a `Frame` out.

One frame is one JSON object with ``type`` and, for data, ``sid`` (which subscription) and ``seq`` (its running
number). What frames mean in their order, and as events, is `engine.venues.kalshi.sids`.

Fields we do not know are passed over; a kind of frame we do not know is `Other`, which still counts in its row.

Source: Kalshi AsyncAPI file, October 2026; frames recorded in August 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, ParamSpec, TypeVar

import msgspec

from engine.core.errors import WireError
from engine.core.ids import KALSHI

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
T = TypeVar("T")
LARGEST: Final = 4 << 20
"""Bytes of the largest frame or body that is read."""
Word = Annotated[str, msgspec.Meta(max_length=128)]
"""A ticker, an id, a status: anything that is compared or shown whole."""
Id = Annotated[str, msgspec.Meta(max_length=128, pattern=r"\A[A-Za-z0-9_-]+\Z")]
"""The venue's name of an order or a group, which becomes part of a path."""
Digits = Annotated[str, msgspec.Meta(max_length=32)]
Prose = Annotated[str, msgspec.Meta(max_length=65_536)]
Levels = Annotated[list[tuple[Digits, Digits]], msgspec.Meta(max_length=20_000)]
Count = Annotated[int, msgspec.Meta(ge=-(1 << 62), le=1 << 62)]


class SubscribedMsg(msgspec.Struct, frozen=True):
    """Which channel got which number."""

    channel: Word
    sid: Count


class Subscribed(msgspec.Struct, frozen=True, tag="subscribed"):
    """A channel was subscribed to; the only acknowledgement that consumes no number."""

    msg: SubscribedMsg
    id: Count | None = None


class OkMsg(msgspec.Struct, frozen=True):
    """All markets of a subscription so far."""

    market_tickers: list[Word] = []


class Ok(msgspec.Struct, frozen=True, tag="ok"):
    """A command was done. It consumes a number of its subscription."""

    id: Count | None = None
    sid: Count | None = None
    seq: Count | None = None
    msg: OkMsg | list[Any] | None = None


class Unsubscribed(msgspec.Struct, frozen=True, tag="unsubscribed"):
    """A subscription ended at our wish."""

    id: Count | None = None
    sid: Count | None = None
    seq: Count | None = None


class ErrorMsg(msgspec.Struct, frozen=True):
    """A number from 1 to 28, and a text nobody should rely on."""

    code: Count
    msg: Prose = ""


class Error(msgspec.Struct, frozen=True, tag="error"):
    """A command was not done, or a subscription was ended."""

    msg: ErrorMsg
    id: Count | None = None
    sid: Count | None = None
    seq: Count | None = None


class SnapshotMsg(msgspec.Struct, frozen=True):
    """Bids of YES and bids of NO. A side without orders is missing."""

    market_ticker: Word
    yes_dollars_fp: Levels = []
    no_dollars_fp: Levels = []


class Snapshot(msgspec.Struct, frozen=True, tag="orderbook_snapshot"):
    """A whole book."""

    sid: Count
    seq: Count
    msg: SnapshotMsg


class DeltaMsg(msgspec.Struct, frozen=True, gc=False):
    """What is added to one level of one side's bids; it may be negative."""

    market_ticker: Word
    price_dollars: Digits
    delta_fp: Digits
    side: Word
    ts_ms: Count | None = None


class Delta(msgspec.Struct, frozen=True, gc=False, tag="orderbook_delta"):
    """One level changed."""

    sid: Count
    seq: Count
    msg: DeltaMsg


class TradeMsg(msgspec.Struct, frozen=True):
    """A trade of anybody's, in terms of YES."""

    market_ticker: Word
    yes_price_dollars: Digits
    count_fp: Digits
    trade_id: Word = ""
    taker_outcome_side: Word = ""
    taker_book_side: Word = ""
    taker_side: Word = ""
    ts: Count | None = None
    ts_ms: Count | None = None


class Trade(msgspec.Struct, frozen=True, tag="trade"):
    """Somebody traded."""

    sid: Count
    msg: TradeMsg
    seq: Count | None = None


class FillMsg(msgspec.Struct, frozen=True):
    """A fill of ours. The price is YES's, the fee is the whole fill's."""

    trade_id: Word
    order_id: Id
    market_ticker: Word
    yes_price_dollars: Digits
    count_fp: Digits
    client_order_id: Word = ""
    is_taker: bool = True
    book_side: Word = ""
    outcome_side: Word = ""
    fee_cost: Digits = "0"
    post_position_fp: Digits | None = None
    ts: Count | None = None
    ts_ms: Count | None = None


class Fill(msgspec.Struct, frozen=True, tag="fill"):
    """An order of ours traded."""

    msg: FillMsg
    sid: Count | None = None
    seq: Count | None = None


class UserOrderMsg(msgspec.Struct, frozen=True):
    """An order of ours as it stands."""

    order_id: Id
    ticker: Word
    status: Word
    client_order_id: Word = ""
    book_side: Word = ""
    outcome_side: Word = ""
    yes_price_dollars: Digits | None = None
    initial_count_fp: Digits | None = None
    fill_count_fp: Digits | None = None
    remaining_count_fp: Digits | None = None
    last_update_reason: Word | None = None


class UserOrder(msgspec.Struct, frozen=True, tag="user_order"):
    """An order of ours changed."""

    msg: UserOrderMsg
    sid: Count | None = None
    seq: Count | None = None


class PositionMsg(msgspec.Struct, frozen=True):
    """What we hold of a market; negative is NO."""

    market_ticker: Word
    position_fp: Digits
    position_cost_dollars: Digits | None = None


class Position(msgspec.Struct, frozen=True, tag="market_position"):
    """A position of ours changed."""

    msg: PositionMsg
    sid: Count | None = None
    seq: Count | None = None


class RangeMsg(msgspec.Struct, frozen=True):
    """Prices from `start` to `end` at which orders may lie."""

    start: Digits
    end: Digits
    step: Digits


class LifecycleMsg(msgspec.Struct, frozen=True):
    """What became of a market. Nothing is said at its opening nor at its scheduled close."""

    event_type: Word
    market_ticker: Word = ""
    open_ts: Count | None = None
    close_ts: Count | None = None
    result: Word | None = None
    settlement_value: Digits | None = None
    is_deactivated: bool | None = None
    price_ranges: Annotated[list[RangeMsg], msgspec.Meta(max_length=1_000)] | None = None


class Lifecycle(msgspec.Struct, frozen=True, tag="market_lifecycle_v2"):
    """A market was created, paused, determined and so on."""

    msg: LifecycleMsg
    sid: Count
    seq: Count | None = None


class GroupMsg(msgspec.Struct, frozen=True):
    """What became of a group of orders."""

    event_type: Word
    order_group_id: Id
    contracts_limit_fp: Digits | None = None


class Group(msgspec.Struct, frozen=True, tag="order_group_updates"):
    """A group of our orders was triggered, reset and so on."""

    msg: GroupMsg
    sid: Count | None = None
    seq: Count | None = None


class TickerMsg(msgspec.Struct, frozen=True):
    """The best prices, without what lies behind them. Zero and one with no size are no quotes."""

    market_ticker: Word
    price_dollars: Digits | None = None
    yes_bid_dollars: Digits | None = None
    yes_ask_dollars: Digits | None = None
    yes_bid_size_fp: Digits | None = None
    yes_ask_size_fp: Digits | None = None


class Ticker(msgspec.Struct, frozen=True, tag="ticker"):
    """A summary of a market changed. Not subscribed to: the books say more."""

    msg: TickerMsg
    sid: Count | None = None
    seq: Count | None = None


class Other(msgspec.Struct, frozen=True):
    """A kind of frame this program does not know."""

    type: Word
    sid: Count | None = None
    seq: Count | None = None


Known = (
    Subscribed
    | Ok
    | Unsubscribed
    | Error
    | Snapshot
    | Delta
    | Trade
    | Fill
    | UserOrder
    | Position
    | Lifecycle
    | Group
    | Ticker
)
Frame = Known | Other
TYPES: Final = frozenset(str(kind.__struct_config__.tag) for kind in Known.__args__)
UNREADABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What foreign bytes can raise."""
KNOWN: Final[msgspec.json.Decoder[Known]] = msgspec.json.Decoder(Known)
_OTHER: Final = msgspec.json.Decoder(Other)


def read(raw: bytes | str) -> Frame:
    """Return what a frame says.

    Raises
    ------
    WireError
        If it is no such object, or a field of it has another type or size.
    """
    if len(raw) > LARGEST:
        raise unreadable(ValueError(f"a frame of {len(raw)} bytes"), raw)
    try:
        return KNOWN.decode(raw)
    except UNREADABLE as e:
        return _other(raw, e)


def _other(raw: bytes | str, known: Exception) -> Other:
    """Return a frame of a kind we do not know; one of a kind we do know was unreadable."""
    try:
        other = _OTHER.decode(raw)
    except UNREADABLE:
        raise unreadable(known, raw) from known
    if other.type in TYPES:
        raise unreadable(known, raw) from known
    return other


def unreadable(why: Exception, raw: bytes | str) -> WireError:
    """Return the one error of bytes that cannot be read; they are kept, not shown."""
    return WireError(KALSHI, f"unreadable: {str(why)[:160]}", raw)


def body(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """Return what an answer's body says.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    try:
        return decoder.decode(raw)
    except UNREADABLE as e:
        raise unreadable(e, raw) from e


def understood(read_it: Callable[P, T], raw: bytes | str, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `read_it` makes of values out of `raw`.

    Raises
    ------
    WireError
        Where it raises ValueError: a text that is no number, a price off the tick.
    """
    try:
        return read_it(*args, **kwargs)
    except (ValueError, ArithmeticError) as e:
        raise unreadable(e, raw) from e


def command(number: int, cmd: str, params: Mapping[str, object]) -> str:
    """Return a command as the socket takes it."""
    return msgspec.json.encode({"id": number, "cmd": cmd, "params": params}).decode()
