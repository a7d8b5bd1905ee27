"""Kalshi's WebSocket on the sandbox: commands in, frames out, one subscription per channel and connection.

`seq` counts per subscription over all its markets, acknowledgements included; channels of an account carry none in
their data. A side of a book without orders is left out of its snapshot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from engine.core.ids import KALSHI, AccountId, InstrumentId
from engine.core.units import SECOND, TICKS_PER_UNIT, Side
from engine.sandbox.floor_order import FillMade, LevelChanged, Listing, Notice, OrderMoved, StatusSet, Traded
from engine.sandbox.servers import kalshi_words as words

if TYPE_CHECKING:
    from engine.sandbox.floor import Floor
    from engine.sandbox.servers.kalshi_orders import OrderGroup

Json = dict[str, Any]
Put = Callable[[str, str], None]
"""Takes a frame and its type."""

BOOK: Final = "orderbook_delta"
NUMBERED: Final = frozenset({BOOK, "trade", "market_lifecycle_v2", "order_group_updates"})
"""Channels whose data carry a seq."""
CHANNELS: Final = NUMBERED | {"ticker", "fill", "user_orders", "market_positions"}
FILTERED: Final = frozenset({BOOK, "ticker", "trade", "fill", "user_orders", "market_positions"})
"""Channels that take market tickers."""
MOST_MARKETS: Final = 10_000
ERRORS: Final = {
    1: "Unable to process message", 2: "Params required", 3: "Channels required", 4: "Subscription IDs required",
    5: "Unknown command", 7: "Unknown subscription ID", 8: "Unknown channel name", 11: "Invalid parameter",
    10: "Channel error", 12: "Exactly one subscription ID is required", 13: "Unsupported action",
    14: "Market ticker required",
    15: "Action required", 16: "Market not found", 25: "Subscription buffer overflow", 26: "Too many markets",
}  # fmt: skip

Name = Annotated[str, msgspec.Meta(max_length=200)]


class Params(msgspec.Struct):
    """What a command asks."""

    channels: list[Name] = []
    market_ticker: Name | None = None
    market_tickers: list[Name] = []
    use_yes_price: bool = False
    send_initial_snapshot: bool = False
    sid: int | None = None
    sids: list[int] = []
    action: Name = ""


class Command(msgspec.Struct):
    """One message of a client."""

    id: int = 0
    cmd: Name = ""
    params: Params | None = None


@dataclass(slots=True)
class Subscription:
    """One channel of one connection."""

    sid: int
    channel: str
    tickers: list[str] = field(default_factory=list)
    """In the order they were asked for; empty is all, where the channel allows it."""
    yes_price: bool = False
    seq: int = 0

    def wants(self, symbol: str) -> bool:
        """Whether a market is within it."""
        return symbol in self.tickers if self.tickers or self.channel == BOOK else True


class Session:
    """One connection of one account."""

    def __init__(self, floor: Floor, tallies: dict[str, words.Tally], account: AccountId, user: str, put: Put) -> None:
        """Take the floor to read from and where frames go."""
        self.account = account
        self._floor = floor
        self._tallies = tallies
        self._user = user
        self._put = put
        self._subs: dict[int, Subscription] = {}
        self._next = 1
        self._tops: dict[str, Json] = {}

    # commands

    def command(self, text: str) -> None:
        """Answer one message; whatever it holds, the connection lives on."""
        try:
            command = msgspec.json.decode(text, type=Command)
        except msgspec.DecodeError:
            self._error(0, 1)
            return
        do = {
            "subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "update_subscription": self._update,
            "list_subscriptions": self._list,
        }.get(command.cmd)  # fmt: skip
        if do is None:
            self._error(command.id, 5)
        elif command.params is None and command.cmd != "list_subscriptions":
            self._error(command.id, 2)
        else:
            do(command.id, command.params or Params())

    def _subscribe(self, number: int, params: Params) -> None:
        tickers = _tickers(params)
        if not params.channels:
            self._error(number, 3)
            return
        for channel in params.channels:
            code = self._unfit(channel, tickers)
            if code:
                self._error(number, code)
                continue
            old = next((s for s in self._subs.values() if s.channel == channel), None)
            if old is None:
                old = Subscription(self._next, channel, yes_price=params.use_yes_price)
                self._next += 1
                self._subs[old.sid] = old
                self._send("subscribed", {"id": number, "msg": {"channel": channel, "sid": old.sid}})
                old.tickers += tickers
            else:
                old.yes_price = params.use_yes_price
                old.tickers += [t for t in tickers if t not in old.tickers]
                self._ok(number, old)
            self._begin(old, tickers, params)

    def _unfit(self, channel: str, tickers: list[str]) -> int:
        if channel not in CHANNELS:
            return 8
        if channel == BOOK and not tickers:
            return 14
        if len(tickers) > MOST_MARKETS:
            return 26
        return 16 if channel in FILTERED and not all(self._known(t) for t in tickers) else 0

    def _begin(self, sub: Subscription, tickers: list[str], params: Params) -> None:
        if sub.channel == BOOK:
            for symbol in tickers:
                self._snapshot(sub, symbol)
        elif sub.channel == "ticker" and params.send_initial_snapshot:
            for symbol in tickers:
                self._ticker(sub, symbol)

    def _unsubscribe(self, number: int, params: Params) -> None:
        sids = params.sids or ([] if params.sid is None else [params.sid])
        if not sids:
            self._error(number, 4)
        for sid in sids:
            sub = self._subs.pop(sid, None)
            if sub is None:
                self._error(number, 7)
            else:
                sub.seq += 1
                self._send("unsubscribed", {"id": number, "sid": sid, "seq": sub.seq})

    def _update(self, number: int, params: Params) -> None:
        sids = [params.sid] if params.sid is not None else params.sids
        if len(sids) != 1:
            self._error(number, 12)
            return
        sub = self._subs.get(sids[0])
        tickers = _tickers(params)
        if sub is None:
            self._error(number, 7)
        elif not params.action:
            self._error(number, 15)
        elif params.action not in {"add_markets", "delete_markets", "get_snapshot"}:
            self._error(number, 13)
        elif sub.channel not in FILTERED:
            self._error(number, 11)
        elif not all(self._known(t) for t in tickers):
            self._error(number, 16)
        else:
            self._change(number, sub, params.action, tickers)

    def _change(self, number: int, sub: Subscription, action: str, tickers: list[str]) -> None:
        if action == "get_snapshot":
            for symbol in tickers or list(sub.tickers):
                if sub.wants(symbol):
                    self._snapshot(sub, symbol)
            return
        if action == "delete_markets":
            sub.tickers = [t for t in sub.tickers if t not in tickers]
            self._ok(number, sub)
            return
        fresh = [t for t in tickers if t not in sub.tickers]
        sub.tickers += fresh
        self._ok(number, sub)
        if sub.channel == BOOK:
            for symbol in fresh:
                self._snapshot(sub, symbol)

    def fail(self, code: int) -> None:
        """End every subscription, as after a channel's error (10) or when its reader is too slow (25)."""
        for sid in list(self._subs):
            del self._subs[sid]
            self._send("error", {"sid": sid, "msg": {"code": code, "msg": ERRORS[code]}})

    def _list(self, number: int, _: Params) -> None:
        rows = [{"channel": sub.channel, "sid": sub.sid} for sub in self._subs.values()]
        self._send("ok", {"id": number, "msg": rows})

    # news of the floor

    def hear(self, notice: Notice) -> None:
        """Tell the client what it has subscribed to."""
        if isinstance(notice, LevelChanged):
            self._level(notice)
        elif isinstance(notice, Traded):
            self._trade(notice)
        elif isinstance(notice, FillMade):
            self._fill(notice)
        elif isinstance(notice, OrderMoved):
            self._order(notice)

    def _level(self, notice: LevelChanged) -> None:
        symbol = notice.instrument.symbol
        for sub in self._subs.values():
            if sub.channel == BOOK and sub.wants(symbol):
                yes = notice.side is Side.BUY
                price = notice.price if yes or sub.yes_price else TICKS_PER_UNIT - notice.price
                message = {
                    "market_ticker": symbol, "market_id": self._market_id(symbol),
                    "price_dollars": words.dollars(price), "delta_fp": words.count(notice.by),
                    "side": "yes" if yes else "no", **words.times(notice.at),
                }  # fmt: skip
                if notice.account == self.account:
                    message |= {"subaccount": 0}
                    if notice.client:
                        message |= {"client_order_id": notice.client}
                self._data(sub, "orderbook_delta", message)
            elif sub.channel == "ticker" and sub.wants(symbol):
                best = words.top(self._floor.books[notice.instrument])
                if self._tops.get(symbol) != best:
                    self._tops[symbol] = best
                    self._ticker(sub, symbol)

    def _trade(self, notice: Traded) -> None:
        symbol = notice.instrument.symbol
        for sub in self._subs.values():
            if sub.channel == "trade" and sub.wants(symbol):
                message = words.trade(notice) | {"market_ticker": symbol} | words.times(notice.at)
                self._data(sub, "trade", message)
            elif sub.channel == "ticker" and sub.wants(symbol):
                self._ticker(sub, symbol)

    def _fill(self, notice: FillMade) -> None:
        if notice.order.account != self.account:
            return
        symbol = notice.order.instrument.symbol
        held = self._floor.accounts[self.account].holding(notice.order.instrument)
        for sub in self._subs.values():
            if sub.channel == "fill" and sub.wants(symbol):
                message = words.fill(notice) | words.times(notice.at) | {
                    "post_position_fp": words.count(notice.yes_after),
                    "purchased_side": "yes" if notice.order.way is Side.BUY else "no", "subaccount": 0,
                }  # fmt: skip
                if notice.order.client:
                    message["client_order_id"] = notice.order.client
                self._data(sub, "fill", message)
            elif sub.channel == "market_positions" and sub.wants(symbol):
                self._data(sub, "market_position", words.market_position(symbol, held, self._user))

    def _order(self, notice: OrderMoved) -> None:
        if notice.order.account != self.account:
            return
        for sub in self._subs.values():
            if sub.channel == "user_orders" and sub.wants(notice.order.instrument.symbol):
                message = words.user_order(
                    notice.order, self._user, notice.why, notice.state, notice.left, notice.filled
                )
                self._data(sub, "user_order", message)

    def lifecycle(self, message: Json) -> None:
        """Tell of a market's life; no filter applies."""
        for sub in self._subs.values():
            if sub.channel == "market_lifecycle_v2":
                kind = "event_lifecycle" if "market_ticker" not in message else "market_lifecycle_v2"
                self._data(sub, kind, message)

    def group(self, group: OrderGroup, what: str) -> None:
        """Tell of an order group of this account."""
        if group.account != self.account:
            return
        message = {"event_type": what, "order_group_id": group.id, "contracts_limit_fp": words.count(group.limit)}
        for sub in self._subs.values():
            if sub.channel == "order_group_updates":
                self._data(sub, "order_group_updates", message | words.times(self._floor.at))

    # frames

    def _snapshot(self, sub: Subscription, symbol: str) -> None:
        if not self._known(symbol):  # settled long ago, and forgotten
            return
        yes, no = words.levels(self._floor.books[InstrumentId(KALSHI, symbol)])
        if sub.yes_price:
            asks = self._floor.books[InstrumentId(KALSHI, symbol)].asks.levels()
            no = [[words.dollars(p), words.count(n)] for p, n in reversed(asks)]
        message: Json = {"market_ticker": symbol, "market_id": self._market_id(symbol)}
        if yes:
            message["yes_dollars_fp"] = yes
        if no:
            message["no_dollars_fp"] = no
        self._data(sub, "orderbook_snapshot", message)

    def _ticker(self, sub: Subscription, symbol: str) -> None:
        book = self._floor.books[InstrumentId(KALSHI, symbol)]
        tally = self._tallies.get(symbol) or words.Tally()
        self._data(sub, "ticker", words.ticker(symbol, self._market_id(symbol), book, tally, self._floor.at))

    def _data(self, sub: Subscription, kind: str, message: Json) -> None:
        frame: Json = {"sid": sub.sid}
        if sub.channel in NUMBERED:
            sub.seq += 1
            frame["seq"] = sub.seq
        self._send(kind, frame | {"msg": message})

    def _ok(self, number: int, sub: Subscription) -> None:
        sub.seq += 1
        frame = {"id": number, "sid": sub.sid, "seq": sub.seq, "msg": {"market_tickers": sub.tickers}}
        self._send("ok", frame)

    def _error(self, number: int, code: int) -> None:
        frame: Json = {"msg": {"code": code, "msg": ERRORS[code]}}
        self._send("error", ({"id": number} if number else {}) | frame)

    def _send(self, kind: str, frame: Json) -> None:
        self._put(msgspec.json.encode({"type": kind} | frame).decode(), kind)

    def _known(self, symbol: str) -> bool:
        return InstrumentId(KALSHI, symbol) in self._floor.books

    def _market_id(self, symbol: str) -> str:
        return self._floor.instruments[InstrumentId(KALSHI, symbol)].fact("market_id")


def life_of(notice: Listing | StatusSet, floor: Floor, *, known: bool) -> Json | None:
    """Return the lifecycle message of a change; None where the venue sends none, as at the scheduled close."""
    if isinstance(notice, Listing):
        return _regridded(notice) if known else _created(notice)
    symbol = notice.instrument.symbol
    at = notice.at // SECOND
    if notice.status == "determined":
        value = "1.0000" if notice.result == "yes" else "0.0000"
        return {"event_type": "determined", "market_ticker": symbol, "result": notice.result,
                "settlement_value": value, "determination_ts": at}  # fmt: skip
    if notice.status == "settled":
        return {"event_type": "settled", "market_ticker": symbol, "settled_ts": at}
    paused = {"paused": "deactivated", "open": "activated"}.get(notice.status)
    return None if paused is None else {"event_type": paused, "market_ticker": symbol}


def _regridded(notice: Listing) -> Json:
    return {
        "event_type": "price_level_structure_updated", "market_ticker": notice.instrument.id.symbol,
        "price_level_structure": words.structure(notice.instrument), "price_ranges": words.ranges(notice.instrument),
    }  # fmt: skip


def _created(notice: Listing) -> Json:
    instrument = notice.instrument
    return {
        "event_type": "created", "market_ticker": instrument.id.symbol,
        "open_ts": (instrument.opens or 0) // SECOND, "close_ts": (instrument.closes or 0) // SECOND,
        "additional_metadata": {
            "name": instrument.label, "title": instrument.title, "yes_sub_title": instrument.label,
            "no_sub_title": instrument.label, "rules_primary": instrument.rules, "can_close_early": True,
            "event_ticker": instrument.fact("event"), "strike_type": instrument.fact("strike_type"),
        },
    }  # fmt: skip


def _tickers(params: Params) -> list[str]:
    one = [params.market_ticker] if params.market_ticker else []
    return list(dict.fromkeys([*one, *params.market_tickers]))
