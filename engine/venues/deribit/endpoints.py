"""Where Deribit is, and how much it lets us do.

Source: Deribit, "Rate Limits": requests cost credits, which flow in again; orders have an allowance of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.net.budget import Bucket, Budget


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One environment of the venue; accounts and keys of one are worth nothing in the other."""

    name: str = "Deribit"
    rest: str = "https://www.deribit.com/api/v2"
    socket: str = "wss://www.deribit.com/ws/api/v2"

    @property
    def host(self) -> str:
        """Where books and trades come from."""
        return self.socket.partition("://")[2].partition("/")[0]


PROD: Final = Endpoints()
DEMO: Final = Endpoints("Deribit test", "https://test.deribit.com/api/v2", "wss://test.deribit.com/ws/api/v2")

CALL: Final = 500.0
"""Credits of an ordinary request."""
SUBSCRIBE: Final = 3_000.0
INSTRUMENTS: Final = 10_000.0
"""Of the list of all instruments of a currency."""
CREDITS: Final = 50_000.0
"""Saved up at most by an account; as many flow in in five seconds."""
CREDITS_A_SECOND: Final = 10_000.0
ORDERS_A_SECOND: Final = 5.0
"""What the matching engine takes of the smallest account; each account is told its own."""
ORDERS_AT_ONCE: Final = 20.0
CANCEL_SHARE: Final = 0.2
"""Of the orders' allowance: what no burst of orders can take from cancels."""
CHANNELS: Final = 500
"""One socket carries at most so many."""


def budget(rate: float = ORDERS_A_SECOND, burst: float = ORDERS_AT_ONCE) -> Budget:
    """Return the allowances of an account: credits for questions, requests for orders and for cancels."""
    return Budget(
        {
            "read": Bucket(rate=CREDITS_A_SECOND, burst=CREDITS),
            "write": Bucket(rate=rate * (1 - CANCEL_SHARE), burst=max(burst * (1 - CANCEL_SHARE), 1.0)),
            "cancel": Bucket(rate=rate * CANCEL_SHARE, burst=max(burst * CANCEL_SHARE, 1.0), borrows="write"),
        }
    )
