"""Polymarket's two WebSocket channels over the sandbox: market data by token, and what a wallet's orders do.

Neither numbers its messages. A subscriber to the market channel gets an array of books first, then changes with a new
total per level and the hash of the book after it, mirrored for both tokens of a market. The user channel has no
snapshot at all.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from engine.core.ids import POLYMARKET
from engine.core.units import Leg, Side, Ticks
from engine.sandbox.floor_order import LevelChanged, Listing, Notice, StatusSet, Traded, of_leg
from engine.sandbox.servers.doors import Outlet, Outlets
from engine.sandbox.servers.polymarket_books import (
    Wire,
    best,
    bounds,
    compact,
    millis,
    plain,
    price_text,
    size_text,
)
from engine.sandbox.servers.polymarket_trades import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web

    from engine.core.ids import InstrumentId
    from engine.sandbox.servers.polymarket_catalogue import PolyEvent, PolyMarket
    from engine.sandbox.servers.polymarket_desk import Desk
    from engine.sandbox.servers.polymarket_reads import Reads
    from engine.sandbox.servers.polymarket_trades import Later

MOST_TOKENS: Final = 500
"""Beyond these a connection gets no snapshots, and is not told."""
WRONG_KEYS: Final = 1008


class Auth(msgspec.Struct, rename="camel"):
    """Keys as the user channel takes them."""

    api_key: str
    secret: str
    passphrase: str


class Ask(msgspec.Struct):
    """Whatever a client says on either channel."""

    type: str = ""
    operation: str = ""
    assets_ids: list[str] = []
    markets: list[str] = []
    custom_feature_enabled: bool = False
    auth: Auth | None = None


class Session:
    """One connection and what it has asked for."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self.tokens: set[str] = set()
        self.markets: set[str] = set()
        self.custom = False
        self.address = ""

    def push(self, frame: Wire | list[Wire], kind: str) -> None:
        """Send a frame after those that wait."""
        self.outlet.put(compact(frame), kind)


class Channel(ABC):
    """Connections of one channel, and how they talk."""

    def __init__(self, outlets: Outlets) -> None:
        """Take the venue's outlets, through which faults come."""
        self.sessions: set[Session] = set()
        self._outlets = outlets

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one connection until it closes."""
        outlet = await self._outlets.prepare(request)
        session = Session(outlet)
        self.sessions.add(session)
        writer = asyncio.create_task(outlet.run())
        try:
            async for text in outlet.messages():
                self._take(session, text)
        finally:
            self.sessions.discard(session)
            self._outlets.leave(outlet)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return outlet.ws

    def _take(self, session: Session, text: str) -> None:
        if text == "PING":
            session.outlet.put("PONG", "PONG")
            return
        with suppress(msgspec.DecodeError):  # the venue does not answer what it cannot read
            self._ask(session, msgspec.json.decode(text, type=Ask))

    @abstractmethod
    def _ask(self, session: Session, ask: Ask) -> None: ...


class MarketChannel(Channel):
    """``/ws/market``."""

    def __init__(self, outlets: Outlets, desk: Desk, reads: Reads, later: Later) -> None:
        """Listen to a desk's floor."""
        super().__init__(outlets)
        self._desk = desk
        self._reads = reads
        self._later = later
        self._ticks: dict[InstrumentId, int] = {i.id: i.grid[0].step for i in desk.floor.instruments.values()}
        self._bests: dict[InstrumentId, tuple[Ticks | None, Ticks | None]] = {}
        self._traded: dict[InstrumentId, PolyMarket] = {}
        desk.floor.listeners.append(self._hear)

    @override
    def _ask(self, session: Session, ask: Ask) -> None:
        if ask.operation == "unsubscribe":
            session.tokens.difference_update(ask.assets_ids)
            return
        if ask.operation != "subscribe" and ask.type != "market":
            return
        session.custom = ask.custom_feature_enabled or session.custom
        new = [t for t in dict.fromkeys(ask.assets_ids) if t not in session.tokens]
        room = max(0, MOST_TOKENS - len(session.tokens))
        session.tokens.update(new)
        self._desk.now()
        found = [(self._desk.catalogue.of_token(token), token) for token in new[:room]]
        books = [self._book(market, token, whole=True) for market, token in found if market is not None]
        if books:
            session.push(books, "book")

    # -- what the floor tells ------------------------------------------------------------------------------

    def _hear(self, notice: Notice) -> None:
        match notice:
            case LevelChanged() if notice.instrument.venue == POLYMARKET:
                self._changed(self._desk.catalogue.by_id[notice.instrument], notice)
            case Traded() if notice.instrument.venue == POLYMARKET:
                self._trade(self._desk.catalogue.by_id[notice.instrument], notice)
            case Listing() if notice.instrument.id.venue == POLYMARKET:
                self._listed(notice.instrument.id, notice.instrument.grid[0].step)
            case StatusSet(status="settled") if notice.instrument.venue == POLYMARKET:
                self._resolved(notice)
            case _:
                pass

    def _changed(self, market: PolyMarket, change: LevelChanged) -> None:
        now = (change.best_bid, change.best_ask)
        moved = self._bests.get(market.id) != now
        self._bests[market.id] = now
        readers = self._readers(market.tokens)
        if not readers:
            return
        stamp = millis(change.at)
        entries = [self._entry(market, leg, change) for leg in Leg]
        frame = {"market": market.condition, "price_changes": entries, "timestamp": stamp}
        _send(readers, frame | {"event_type": "price_change"})
        for entry in entries if moved else ():
            token = entry["asset_id"]
            _send([r for r in readers if r.custom and token in r.tokens], _top(market, entry, stamp))

    def _entry(self, market: PolyMarket, leg: Leg, change: LevelChanged) -> Wire:
        bid, ask = bounds(*best(self._desk.floor.books[market.id], leg))
        buys = (change.side is Side.BUY) is (leg is Leg.YES)
        return {
            "asset_id": market.token(leg),
            "price": price_text(of_leg(leg, change.price)),
            "size": size_text(change.lots),
            "side": "BUY" if buys else "SELL",
            "hash": self._reads.book(market, leg)["hash"],
            "best_bid": bid,
            "best_ask": ask,
        }

    def _trade(self, market: PolyMarket, seen: Traded) -> None:
        """Tell of a meeting on the taker's token, and on the maker's where that is the other one."""
        self._later(0, self._books)
        self._traded[market.id] = market
        for leg in dict.fromkeys((seen.taker.leg, seen.maker.leg)):
            buys = (seen.way is Side.BUY) is (leg is Leg.YES)
            frame = {
                "market": market.condition,
                "asset_id": market.token(leg),
                "price": price_text(of_leg(leg, seen.price)),
                "size": size_text(seen.lots),
                "fee_rate_bps": "0",
                "side": "BUY" if buys else "SELL",
                "timestamp": millis(seen.at),
                "event_type": "last_trade_price",
                "transaction_hash": transaction(seen.execution),
            }
            _send(self._readers((market.token(leg),)), frame)

    def _books(self) -> None:
        """Send the whole books of what has traded."""
        traded, self._traded = self._traded, {}
        for market in traded.values():
            for token in market.tokens:
                readers = self._readers((token,))
                if readers and market.id in self._desk.floor.books:
                    _send(readers, self._book(market, token, whole=False))

    def _listed(self, name: InstrumentId, tick: int) -> None:
        was = self._ticks.get(name)
        self._ticks[name] = tick
        found = self._desk.catalogue.market(name.symbol)
        if found is None or was == tick:
            return
        event, market = found
        if was is None:
            _send([s for s in self.sessions if s.custom], self._new(event, market))
            return
        for token in market.tokens:
            frame = {
                "event_type": "tick_size_change",
                "asset_id": token,
                "market": market.condition,
                "old_tick_size": price_text(was),
                "new_tick_size": price_text(tick),
                "timestamp": millis(self._desk.floor.at),
            }
            _send(self._readers((token,)), frame)

    def _new(self, event: PolyEvent, market: PolyMarket) -> Wire:
        return _announced(event, market, "new_market", millis(self._desk.floor.at)) | {
            "question": market.question,
            "slug": market.slug,
            "description": event.text,
            "outcomes": list(market.outcomes),
            "event_message": {
                "id": event.number,
                "ticker": event.slug,
                "slug": event.slug,
                "title": event.title,
                "description": event.text,
            },
            "condition_id": market.condition,
            "active": True,
            "clob_token_ids": list(market.tokens),
            "order_price_min_tick_size": price_text(self._ticks[market.id]),
            "group_item_title": market.item,
        }

    def _resolved(self, seen: StatusSet) -> None:
        found = self._desk.catalogue.market(seen.instrument.symbol)
        readers = [s for s in self.sessions if s.custom]
        if found is None or not readers:
            return
        event, market = found
        leg = {"yes": Leg.YES, "no": Leg.NO}.get(seen.result)
        frame = _announced(event, market, "market_resolved", millis(seen.at)) | {
            "winning_asset_id": market.token(leg) if leg else "",
            "winning_outcome": market.outcome(leg) if leg else "",
        }
        _send(readers, frame)

    # -- finding -------------------------------------------------------------------------------------------

    def _readers(self, tokens: Iterable[str]) -> list[Session]:
        return [s for s in self.sessions if not s.tokens.isdisjoint(tokens)]

    def _book(self, market: PolyMarket, token: str, *, whole: bool) -> Wire:
        found = self._reads.book(market, market.leg(token))
        kept = ("market", "asset_id", "timestamp", "hash", "bids", "asks")
        more = ("tick_size", "last_trade_price") if whole else ()
        return {k: found[k] for k in (*kept, *more)} | {"event_type": "book"}


class UserChannel(Channel):
    """``/ws/user``."""

    def __init__(self, outlets: Outlets, desk: Desk) -> None:
        """Listen to a desk."""
        super().__init__(outlets)
        self._desk = desk
        desk.listeners.append(self._hear)

    @override
    def _ask(self, session: Session, ask: Ask) -> None:
        if ask.auth is not None:
            auth = {"apiKey": ask.auth.api_key, "secret": ask.auth.secret, "passphrase": ask.auth.passphrase}
            found = self._desk.keys.of(auth)
            if found is None:
                session.outlet.close(WRONG_KEYS)
                return
            session.address = found.address
        if ask.operation == "unsubscribe":
            session.markets.difference_update(ask.markets)
        else:
            session.markets.update(ask.markets)

    def _hear(self, address: str, frame: Wire) -> None:
        readers = [s for s in self.sessions if s.address == address]
        _send([s for s in readers if not s.markets or frame["market"] in s.markets], frame)


def _send(readers: Iterable[Session], frame: Wire) -> None:
    text = ""
    for session in readers:
        text = text or compact(frame)
        session.outlet.put(text, frame["event_type"])


def _announced(event: PolyEvent, market: PolyMarket, kind: str, stamp: str) -> Wire:
    return {
        "event_type": kind,
        "id": market.number,
        "market": market.condition,
        "assets_ids": list(market.tokens),
        "timestamp": stamp,
        "tags": [tag.slug for tag in event.tags],
    }


def _top(market: PolyMarket, entry: Wire, stamp: str) -> Wire:
    return {
        "event_type": "best_bid_ask",
        "market": market.condition,
        "asset_id": entry["asset_id"],
        "best_bid": entry["best_bid"],
        "best_ask": entry["best_ask"],
        "spread": plain(Decimal(entry["best_ask"]) - Decimal(entry["best_bid"])),
        "timestamp": stamp,
    }
