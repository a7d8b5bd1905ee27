"""One connection to the small Kalshi: what it subscribed to, the numbers of its frames, and what is said on it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web

    from tests.fakes.kalshi_exchange import Exchange


@dataclass(eq=False)
class Speaker:
    """One connection."""

    venue: Exchange
    socket: web.WebSocketResponse
    channels: dict[str, int] = field(default_factory=dict)
    tickers: set[str] = field(default_factory=set)
    seqs: dict[int, int] = field(default_factory=dict)
    out: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    heard: list[dict[str, Any]] = field(default_factory=list)
    mute: bool = False
    """Say nothing any more; protocol pings are still answered."""

    async def write(self) -> None:
        while True:
            text = await self.out.get()
            await self.socket.send_str(text)

    def say(self, frame: dict[str, Any]) -> None:
        if not self.mute:
            self.out.put_nowait(json.dumps(frame))

    def numbered(self, channel: str, kind: str, msg: dict[str, Any] | None, **more: Any) -> None:
        sid = self.channels[channel]
        self.seqs[sid] += 1
        self.say({"type": kind, "sid": sid, "seq": self.seqs[sid], **({"msg": msg} if msg is not None else {}), **more})

    def skip(self, channel: str) -> None:
        """Lose a frame of a channel."""
        self.seqs[self.channels[channel]] += 1

    def hear(self, command: dict[str, Any]) -> None:
        self.heard.append(command)
        params, number = command.get("params", {}), command["id"]
        if command["cmd"] == "subscribe":
            for channel in params["channels"]:
                self._subscribe(channel, params.get("market_tickers", []), number)
        elif command["cmd"] == "update_subscription":
            self._update(params, number)
        elif command["cmd"] == "list_subscriptions":
            self.say({"id": number, "type": "ok", "msg": [{"channel": c, "sid": s} for c, s in self.channels.items()]})
        elif command["cmd"] == "unsubscribe":
            for channel in [c for c, s in self.channels.items() if s in params["sids"]]:
                self.numbered(channel, "unsubscribed", None, id=number)
                del self.channels[channel]

    def _subscribe(self, channel: str, tickers: list[str], number: int) -> None:
        if channel == "orderbook_delta" and self._too_many(tickers, number):
            return
        if channel in self.venue.refuses:
            self.say({"type": "error", "id": number, "msg": {"code": 9, "msg": "no"}})
            return
        if channel in self.venue.silent:
            return
        sid = self.channels.setdefault(channel, len(self.channels) + 1)
        self.seqs.setdefault(sid, 0)
        self.say({"type": "subscribed", "id": number, "msg": {"channel": channel, "sid": sid}})
        if channel == "orderbook_delta":
            self._books(tickers)

    def _update(self, params: dict[str, Any], number: int) -> None:
        channel = next(c for c, s in self.channels.items() if s == params["sid"])
        tickers = params["market_tickers"]
        if channel == "orderbook_delta" and params["action"] == "add_markets" and self._too_many(tickers, number):
            return
        self.numbered(channel, "ok", {"market_tickers": sorted(self.tickers | set(tickers))}, id=number)
        if channel != "orderbook_delta":
            return
        if params["action"] == "delete_markets":
            self.tickers -= set(tickers)
        else:
            self._books(tickers)

    def _too_many(self, tickers: list[str], number: int) -> bool:
        if len(self.tickers | set(tickers)) <= self.venue.market_limit:
            return False
        self.say({"type": "error", "id": number, "msg": {"code": 26, "msg": "market limit"}})
        return True

    def _books(self, tickers: list[str]) -> None:
        for ticker in tickers:
            self.tickers.add(ticker)
            book = self.venue.books.get(ticker, {})
            sides = {f"{side}_fp": levels for side, levels in book.items() if levels}
            self.numbered("orderbook_delta", "orderbook_snapshot", {"market_ticker": ticker, **sides})
