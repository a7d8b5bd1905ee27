"""Kalshi's private stream: our fills and orders, as one socket's talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.venues.dialling import Dial
from engine.venues.kalshi import wire, wire_account

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.kalshi.endpoints import Endpoints
    from engine.venues.kalshi.ours import Ours
    from engine.venues.kalshi.sign import Signer
    from engine.venues.link import Send
    from engine.venues.port import Now

CHANNELS: Final = ("fill", "user_orders")


class Private:
    """Says and understands what the account's socket carries.

    These channels have no numbers and send no snapshot: after every connection the account is read by REST, which
    the kernel asks for when it hears that the link is up.
    """

    def __init__(self, endpoints: Endpoints, signer: Signer, ours: Ours, now: Now) -> None:
        self._endpoints = endpoints
        self._signer = signer
        self._ours = ours
        self._now = now
        self._number = 0
        self.refused = 0
        """Commands the venue did not carry out."""

    def dial(self) -> Dial:
        """Return where to connect, freshly signed."""
        headers = self._signer.headers("GET", self._endpoints.socket_path, self._now())
        return Dial(self._endpoints.socket, headers)

    async def opened(self, send: Send) -> None:
        """Subscribe to all fills and orders of ours."""
        await send(self._command("subscribe", {"channels": list(CHANNELS)}))

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame tells of our orders.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        frame = wire.read(raw)
        if isinstance(frame, wire.Fill):
            fact = wire.understood(wire_account.fact, raw, frame.msg)
            return self._ours.fill(fact, at)
        if isinstance(frame, wire.UserOrder):
            return wire.understood(self._ours.update, raw, frame.msg, at)
        if isinstance(frame, wire.Error):
            self.refused += 1
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        """Return nothing: that the link is down says it all."""
        return ()

    def overflowed(self) -> Iterable[Event]:
        """Return nothing: there is always room for what became of our orders."""
        return ()

    def beat(self) -> str | None:
        """Ask for our subscriptions: an account may be quiet for hours, and the answer shows that it is heard."""
        return self._command("list_subscriptions", {})

    def _command(self, cmd: str, params: dict[str, object]) -> str:
        self._number += 1
        return wire.command(self._number, cmd, params)
