"""What the small Kalshi has: orders, fills, markets and books; and what of it every socket that subscribed is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.kalshi_socket import Speaker


@dataclass
class Exchange:
    """What the venue has, and what it tells on its sockets."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    fills: list[dict[str, Any]] = field(default_factory=list)
    positions: list[dict[str, Any]] = field(default_factory=list)
    balance: str = "100.0000"
    markets: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    books: dict[str, dict[str, list[list[str]]]] = field(default_factory=dict)
    trades: list[dict[str, Any]] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=lambda: {"exchange_active": True, "trading_active": True})
    fill_at_once: str = "0.00"
    """How much of the next order trades before its answer goes out."""
    tell: bool = True
    """Send fills and orders on the private stream."""
    refuses: set[str] = field(default_factory=set)
    """Channels that are not given."""
    silent: set[str] = field(default_factory=set)
    """Channels whose subscription is not answered."""
    market_limit: int = 1_000
    sockets: list[Speaker] = field(default_factory=list)
    _numbers: int = 0

    def number(self, kind: str) -> str:
        self._numbers += 1
        return f"{kind}-{self._numbers}"

    def place(self, body: dict[str, Any]) -> dict[str, Any]:
        order = {
            "order_id": self.number("order"),
            "client_order_id": body["client_order_id"],
            "ticker": body["ticker"],
            "book_side": body["side"],
            "status": "resting",
            "yes_price_dollars": body["price"],
            "initial_count_fp": body["count"],
            "remaining_count_fp": body["count"],
            "fill_count_fp": "0.00",
            "last_update_reason": None,
            "expiration_time": iso(body.get("expiration_time")),
        }
        self.orders[order["order_id"]] = order
        if Decimal(self.fill_at_once) > 0:
            at_once, self.fill_at_once = self.fill_at_once, "0.00"
            self.fill(order, at_once)
        if body["time_in_force"] in {"immediate_or_cancel", "fill_or_kill"} and order["status"] == "resting":
            self.end(order)
        return order

    def fill(self, order: dict[str, Any], count: str, *, tell: bool | None = None) -> dict[str, Any]:
        left = Decimal(order["remaining_count_fp"]) - Decimal(count)
        order["fill_count_fp"] = str(Decimal(order["fill_count_fp"]) + Decimal(count))
        order["remaining_count_fp"] = str(left)
        if left == 0:
            order["status"] = "executed"
        fill = {
            "trade_id": self.number("trade"),
            "order_id": order["order_id"],
            "client_order_id": order["client_order_id"],
            "ticker": order["ticker"],
            "market_ticker": order["ticker"],
            "book_side": order["book_side"],
            "yes_price_dollars": order["yes_price_dollars"],
            "count_fp": count,
            "is_taker": True,
            "fee_cost": "0.0175",
            "created_time": "2026-09-21T14:13:20Z",
        }
        self.fills.append(fill)
        if self.tell if tell is None else tell:
            self.push("fill", {k: v for k, v in fill.items() if k not in {"ticker", "created_time"}})
            self.push("user_order", order)
        return fill

    def end(self, order: dict[str, Any], reason: str | None = None) -> str:
        """Cancel what is left; return how much that was."""
        left = order["remaining_count_fp"]
        order |= {"status": "canceled", "remaining_count_fp": "0.00", "last_update_reason": reason}
        if self.tell:
            self.push("user_order", order)
        return left

    def push(self, kind: str, msg: dict[str, Any]) -> None:
        """Send a private message to every socket that subscribed."""
        channel = {"fill": "fill", "user_order": "user_orders"}[kind]
        for speaker in self.sockets:
            if channel in speaker.channels:
                speaker.say({"type": kind, "sid": speaker.channels[channel], "msg": dict(msg)})

    def move(self, ticker: str, price: str, by: str, side: str = "yes") -> None:
        """Send a delta on every socket that carries the market."""
        msg = {"market_ticker": ticker, "price_dollars": price, "delta_fp": by, "side": side}
        for speaker in self.sockets:
            if ticker in speaker.tickers:
                speaker.numbered("orderbook_delta", "orderbook_delta", msg)

    def news(self, **msg: Any) -> None:
        for speaker in self.sockets:
            if "market_lifecycle_v2" in speaker.channels:
                speaker.numbered("market_lifecycle_v2", "market_lifecycle_v2", msg)


def iso(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
