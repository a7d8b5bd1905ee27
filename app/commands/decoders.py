"""Each venue's recorded frames to events and gaps, by the same functions that read its live stream.

What is no market data, such as acknowledgements and our own orders' news, becomes a plain record of its kind. A body
of the REST side is refused by name: it says nothing of its place among the frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

import msgspec
from typing_extensions import override

from app.commands import recorded
from engine.core.errors import WireError
from engine.core.ids import BINANCE, DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, InstrumentId
from engine.core.units import TICK, Leg, Nanos

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.core.events import Event
    from engine.venues.binance.tape import Tape
    from engine.venues.binance.wire import Scale
    from engine.venues.polymarket.wire_market import Whose

    Note = dict[str, Any]


V = TypeVar("V")


class RestBody(Exception):
    """A body of the REST side; its text says which."""


@dataclass(slots=True)
class Found:
    """What a frame meant."""

    events: list[Event] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    """What it said that is no event, with its kind."""
    gap: Note | None = None
    stale: tuple[str, ...] = ()
    """Symbols whose books are not to be trusted any more."""


class Decoder(Protocol):
    """One venue's recording, frame by frame."""

    unit: Decimal
    """Account currency of a tick."""
    lot: Decimal

    def take(self, raw: bytes, at: Nanos) -> Found:
        """Return what the next frame means. Raises `WireError`, or `RestBody`."""


class KalshiDecoder:
    """Books by subscription and running number; acknowledgements count too."""

    unit = TICK
    lot = Decimal("0.01")

    def __init__(self, *, use_yes_price: bool = False) -> None:
        self._use_yes_price = use_yes_price
        self._seqs: dict[int, int] = {}
        self._books: dict[int, set[str]] = {}

    def take(self, raw: bytes, at: Nanos) -> Found:
        """Return what the next frame means."""
        from engine.venues.kalshi import wire

        own = recorded.fields(raw)
        if own and "type" not in own:
            raise RestBody(named(own, _KALSHI_BODIES))
        frame = wire.read(raw)
        if isinstance(frame, wire.Subscribed):
            self._seqs.pop(frame.msg.sid, None)
            self._books.pop(frame.msg.sid, None)
        found, repeated = self._placed(getattr(frame, "sid", None), getattr(frame, "seq", None))
        return found if repeated else self._meant(found, frame, raw, at)

    def _placed(self, sid: int | None, seq: int | None) -> tuple[Found, bool]:
        """Hold a frame's number against the one before; a recording may begin anywhere."""
        if sid is None or seq is None:
            return Found(), False
        last = self._seqs.get(sid)
        if last is not None and seq == last:
            return Found(), True
        self._seqs[sid] = seq
        if last is None or seq == last + 1:
            return Found(), False
        stale = tuple(sorted(self._books.get(sid, ())))
        return Found(gap={"sid": sid, "expected": last + 1, "got": seq}, stale=stale), False

    def _meant(self, found: Found, frame: object, raw: bytes, at: Nanos) -> Found:
        from engine.venues.kalshi import wire, wire_books

        def read() -> Event | None:
            if isinstance(frame, wire.Snapshot):
                self._books.setdefault(frame.sid, set()).add(frame.msg.market_ticker)
                return wire_books.snapshot(frame, at, use_yes_price=self._use_yes_price)
            if isinstance(frame, wire.Delta):
                return wire_books.delta(frame, at, use_yes_price=self._use_yes_price)
            return wire_books.trade(frame, at) if isinstance(frame, wire.Trade) else None

        event = wire.understood(read, raw)
        if event is not None:
            found.events.append(event)
        else:
            kind = getattr(frame, "type", None) or _tag(frame)
            found.notes.append({"type": kind, **_plain(frame)})
        return found


class PolymarketDecoder:
    """A book for each token. There are no running numbers."""

    unit = TICK
    lot = Decimal("0.000001")

    def take(self, raw: bytes, at: Nanos) -> Found:
        """Return what the next frame means."""
        from engine.venues.polymarket import market_events, wire_market, wire_user

        own = recorded.fields(raw)
        if own and "event_type" not in own and _rest_of_polymarket(own):
            raise RestBody(named(own, _POLYMARKET_BODIES))
        found = Found()
        rows = wire_user.rows(raw)
        found.notes += [{"type": type(row).__name__.removesuffix("Row").lower(), **_plain(row)} for row in rows]
        if rows:
            return found
        for frame in wire_market.frames(raw):
            events = market_events.events(frame, at, _tokens)
            found.events += events
            if not events:
                found.notes.append({"type": frame.kind or "unnamed", **_plain(frame)})
        return found


class BinanceDecoder:
    """Trades of each symbol by their ids."""

    unit = Decimal("0.00000001")
    lot = Decimal("0.00000001")

    def __init__(self) -> None:
        self._tapes: dict[str, Tape] = {}

    def take(self, raw: bytes, at: Nanos) -> Found:
        """Return what the next frame means."""
        from engine.venues.binance import wire

        own = recorded.fields(raw)
        if raw.lstrip()[:1] == b"[" or (own and not {"e", "data", "stream", "result", "code", "u"} & set(own)):
            raise RestBody(named(own, _BINANCE_BODIES))
        message = wire.decode(raw, at, _scales)
        if isinstance(message, wire.Print):
            return self._printed(message.trade.instrument.symbol, message)
        return Found(notes=[{"type": type(message).__name__.lower(), **_slots(message)}])

    def _printed(self, symbol: str, print_: Any) -> Found:  # noqa: ANN401  # of a package that is imported late
        from engine.venues.binance.tape import Tape

        tape = self._tapes.setdefault(symbol, Tape())
        found = Found(events=[*tape.take(print_)])
        if (gap := tape.gap) is not None:
            found.events += tape.abandon()
            found.gap = {"symbol": symbol, "expected": gap.first, "got": print_.first, "missing": gap.missing}
        return found


class DeribitDecoder:
    """Books by the number of the change before, marks and trades of any instrument; our own orders are notes.

    A recording comes without the venue's list of instruments: prices and sizes are told to the eighth digit.
    """

    unit = Decimal("0.00000001")
    lot = Decimal("0.00000001")

    def __init__(self) -> None:
        from engine.venues.deribit.numbers import Scale

        finest = Scale(self.unit, self.lot)
        self._scales: _Every[Scale] = _Every(lambda name: finest)
        self._last: dict[str, int] = {}

    def take(self, raw: bytes, at: Nanos) -> Found:
        """Return what the next frame means."""
        from engine.venues.deribit import wire, wire_books
        from engine.venues.deribit.recorded import decode

        own = recorded.fields(raw)
        if own and not {"method", "id", "result", "error"} & set(own):
            raise RestBody(named(own, _DERIBIT_BODIES))
        frame = wire.read(raw)
        if not isinstance(frame, wire.News):
            return Found(notes=[{"type": type(frame).__name__.lower(), **_said(frame)}])
        found = Found()
        if frame.channel.startswith("book.") and frame.channel.count(".") == 2:
            book = wire.body(wire_books.BOOK, frame.data)
            if not self._follows(book, found):
                return found
        found.events += decode(frame, at, self._scales)
        if not found.events:
            found.notes.append({"type": "channel", "channel": frame.channel[:120]})
        return found

    def _follows(self, book: Any, found: Found) -> bool:  # noqa: ANN401  # of a package that is imported late
        """Whether a message continues the book that is known; a recording may begin anywhere."""
        name, last = book.instrument_name, self._last.get(book.instrument_name)
        if book.whole or book.prev_change_id == last:
            self._last[name] = book.change_id
            return True
        if last is None:
            return False
        del self._last[name]
        found.gap = {"symbol": name, "expected": last, "got": book.prev_change_id}
        found.stale = (name,)
        return False


class DeriveDecoder:
    """Whole books by their running number, marks and trades of any instrument; our own orders are notes."""

    unit = Decimal("0.00000001")
    lot = Decimal("0.00000001")

    def __init__(self) -> None:
        from engine.venues.derive.wire_market import Market

        self._market = Market(cast("Any", _Finest()))

    def take(self, raw: bytes, at: Nanos) -> Found:
        """Return what the next frame means."""
        from engine.venues.derive import wire

        own = recorded.fields(raw)
        if own and not {"method", "id", "result", "error"} & set(own):
            raise RestBody(named(own, _DERIVE_BODIES))
        frame = wire.read(raw)
        if isinstance(frame, wire.Answered):
            said = None if frame.error is None else frame.error.text
            return Found(notes=[{"type": "answer" if said is None else "error", "id": frame.id, "text": said or ""}])
        events = list(self._market.told(frame.channel, frame.data, at))
        return Found(events=events, notes=[] if events else [{"type": "channel", "channel": frame.channel}])


def _rysk() -> Decoder:
    from app.commands.decoder_rysk import RyskDecoder

    return RyskDecoder()


DECODERS: Final[Mapping[str, Callable[[], Decoder]]] = {
    KALSHI: KalshiDecoder,
    POLYMARKET: PolymarketDecoder,
    BINANCE: BinanceDecoder,
    DERIBIT: DeribitDecoder,
    DERIVE: DeriveDecoder,
    RYSK: _rysk,
}

_KALSHI_BODIES: Final = {
    "orderbook_fp": "an order book", "orderbook": "an order book", "orderbooks": "order books", "markets": "markets",
    "market": "a market", "events": "events", "event": "an event", "series": "series", "trades": "trades",
    "candlesticks": "candles", "orders": "orders", "order": "an order", "fills": "fills", "balance": "a balance",
    "settlements": "settlements", "market_positions": "positions", "error": "an error", "exchange_active": "a status",
}  # fmt: skip
_POLYMARKET_BODIES: Final = {
    "bids": "an order book", "base_fee": "a fee rate", "minimum_tick_size": "a tick size", "neg_risk": "a flag",
    "conditionId": "a market", "condition_id": "a market", "markets": "an event", "data": "a list", "error": "an error",
    "proxyWallet": "a position or a trade",
}  # fmt: skip
_DERIBIT_BODIES: Final = {
    "bids": "data of an order book", "trade_id": "a trade", "order_id": "an order", "trades": "trades",
    "mark_price": "a ticker", "instrument_name": "an instrument", "equity": "an account",
}  # fmt: skip
_DERIVE_BODIES: Final = {
    "bids": "data of an order book", "instrument_ticker": "data of a ticker", "trade_id": "a trade",
    "trades": "trades", "order": "an order", "positions": "positions", "instrument_name": "an instrument",
}  # fmt: skip
_BINANCE_BODIES: Final = {"symbols": "exchange information", "serverTime": "a time"}


def _said(frame: object) -> Note:
    """Return of an answer what is not of its method: its number, or its error."""
    return {
        name: value for name in ("id", "code", "message", "method") if (value := getattr(frame, name, None)) is not None
    }


class _Every(dict[str, V]):
    """One answer for every name: a recording comes without the venue's directory."""

    def __init__(self, answer: Callable[[str], V]) -> None:
        super().__init__()
        self._answer = answer

    def __missing__(self, name: str) -> V:
        return self._answer(name)

    @override
    def __contains__(self, name: object) -> bool:
        return bool(name)

    @override
    def get(self, name: str, default: Any = None) -> Any:
        return self._answer(name) if name else default


def _own_book(token: str) -> Whose:
    """Return a token as an instrument of its own."""
    from engine.venues.polymarket.wire_market import Whose

    return Whose(InstrumentId(POLYMARKET, token), Leg.YES)


def _finest(_: str) -> Scale:
    from engine.venues.binance import wire

    return wire.Scale(wire.FINEST, wire.FINEST)


class _Finest:
    """Every instrument, counted as finely as any of the venue's is: a recording comes without its directory."""

    def find(self, symbol: str) -> Any:  # noqa: ANN401  # of a package that is imported late
        """Return an instrument of that name."""
        from engine.venues.derive.wire_instruments import finest

        return finest(symbol) if symbol else None

    def reckoned(self, symbol: str, index: Decimal, at: Nanos) -> None:
        """Keep nothing."""


_tokens: Final = _Every(_own_book)
_scales: Final = _Every(_finest)


def _rest_of_polymarket(own: Mapping[str, msgspec.Raw]) -> bool:
    """Whether an object is of the REST side: it bears no type, nor the fields that a frame without one has."""
    if "min_order_size" in own or "base_fee" in own:
        return True
    return not {"price_changes", "new_tick_size", "asset_id", "bids", "changes", "taker_order_id"} & set(own)


def named(own: Mapping[str, msgspec.Raw], bodies: Mapping[str, str]) -> str:
    """Return what a body of the REST side is, by a field that only it has."""
    what = next((name for key, name in bodies.items() if key in own), "rows" if not own else "an object without a type")
    return f"a REST body ({what}), no frame of the stream"


def _tag(frame: object) -> str:
    return str(frame.__struct_config__.tag) if isinstance(frame, msgspec.Struct) else "unnamed"


def _plain(frame: object) -> Note:
    said = msgspec.to_builtins(frame, builtin_types=(Decimal,), enc_hook=str)
    return {str(name): value for name, value in said.items() if value is not None} if isinstance(said, dict) else {}


def _slots(message: object) -> Note:
    return {name: getattr(message, name) for name in getattr(message, "__slots__", ())}


def unreadable(error: WireError) -> str:
    """Return why a frame was not read, in one line."""
    return " ".join(str(error).split())[:300]
