"""Where Kalshi is, and how much it lets us do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One environment of the venue; keys of one are worth nothing in another."""

    name: str = "Kalshi"
    rest: str = "https://external-api.kalshi.com/trade-api/v2"
    socket: str = "wss://external-api-ws.kalshi.com/trade-api/ws/v2"

    @property
    def host(self) -> str:
        """Host of the REST interface, as it is shown."""
        return urlsplit(self.rest).netloc

    @property
    def prefix(self) -> str:
        """Path before every REST path; it is part of what is signed."""
        return urlsplit(self.rest).path.rstrip("/")

    @property
    def socket_path(self) -> str:
        """Path of the socket, which is what its handshake signs."""
        return urlsplit(self.socket).path


PROD: Final = Endpoints()
DEMO: Final = Endpoints(
    name="Kalshi demo",
    rest="https://external-api.demo.kalshi.co/trade-api/v2",
    socket="wss://external-api-ws.demo.kalshi.co/trade-api/ws/v2",
)


@dataclass(frozen=True, slots=True)
class Tier:
    """Tokens a second of one usage level. A call costs ten, a cancel two."""

    read: int
    write: int


TIERS: Final = {
    "basic": Tier(200, 100),
    "advanced": Tier(300, 300),
    "expert": Tier(600, 600),
    "premier": Tier(1_000, 1_000),
    "paragon": Tier(2_000, 2_000),
    "prime": Tier(4_000, 4_000),
    "prestige": Tier(6_000, 8_000),
}
CALL: Final = 10.0
"""Tokens of an ordinary call."""
CANCEL: Final = 2.0
