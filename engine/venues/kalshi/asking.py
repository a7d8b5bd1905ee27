"""Commands to Kalshi's socket: numbered, and remembered until they are answered. Pure.

Answers come out of order and not to every kind of command, so what is remembered is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engine.venues.kalshi import wire

ASKED_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that is on its way."""

    cmd: str
    channel: str
    markets: frozenset[str] = frozenset()
    """What it would add."""


@dataclass(slots=True)
class Commands:
    """What is to be sent, and what was."""

    outbox: list[str] = field(default_factory=list)
    _asked: dict[int, Asked] = field(default_factory=dict)
    _next: int = 1

    def subscribe(self, channel: str, markets: frozenset[str] = frozenset(), use_yes_price: bool | None = None) -> None:
        """Subscribe; a second one on a channel adds to the first, wherever the venue is with it."""
        params: dict[str, object] = {"channels": [channel]}
        if markets:
            params["market_tickers"] = sorted(markets)
        if use_yes_price is not None:
            params["use_yes_price"] = use_yes_price
        self._ask("subscribe", channel, params, markets)

    def update(self, sid: int, channel: str, action: str, markets: frozenset[str]) -> None:
        """``add_markets``, ``delete_markets``, or ``get_snapshot`` of them."""
        params = {"sid": sid, "action": action, "market_tickers": sorted(markets)}
        self._ask("update_subscription", channel, params, markets if action == "add_markets" else frozenset())

    def unsubscribe(self, sid: int, channel: str) -> None:
        """End a subscription."""
        self._ask("unsubscribe", channel, {"sids": [sid]})

    def answered(self, number: int | None) -> Asked | None:
        """Return the command that was answered, once."""
        return self._asked.pop(number, None) if number is not None else None

    def clear(self) -> None:
        """Forget all: the connection they were for is gone."""
        self.outbox.clear()
        self._asked.clear()

    def _ask(self, cmd: str, channel: str, params: dict[str, object], markets: frozenset[str] = frozenset()) -> None:
        self._asked[self._next] = Asked(cmd, channel, markets)
        self.outbox.append(wire.command(self._next, cmd, params))
        self._next += 1
        if len(self._asked) > ASKED_MOST:
            del self._asked[next(iter(self._asked))]
