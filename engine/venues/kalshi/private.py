"""Kalshi's private stream: our fills and orders, as one socket's talk.

::

    subscribe ─► each channel's answer ─► LinkChanged(up)
    a channel refused, or ended by the venue ─► the socket is given up, and another one opened

The link counts as up once both channels are on, not when the socket is: what happens before that is not told, and the
kernel reads the account when it hears that the link is up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueRefused
from engine.core.events import LinkChanged
from engine.core.ids import KALSHI
from engine.venues.dialling import Dial
from engine.venues.kalshi import wire, wire_account
from engine.venues.kalshi.subscriptions import ENDS_SUBSCRIPTION

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
        self._asked = 0
        """Number of the command that subscribed."""
        self._sids: dict[int, str] = {}
        """The channels that are on."""
        self.refused = 0
        """Commands the venue did not carry out."""

    @property
    def on(self) -> bool:
        """Whether we are told of fills and of orders."""
        return set(CHANNELS) <= set(self._sids.values())

    def dial(self) -> Dial:
        """Return where to connect, freshly signed."""
        headers = self._signer.headers("GET", self._endpoints.socket_path, self._now())
        return Dial(self._endpoints.socket, headers)

    async def opened(self, send: Send) -> None:
        """Subscribe to all fills and orders of ours."""
        self._sids.clear()
        text = self._command("subscribe", {"channels": list(CHANNELS)})
        self._asked = self._number
        await send(text)

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame tells of our orders.

        Raises
        ------
        WireError
            If it cannot be read.
        VenueRefused
            If it tells that the venue does not let us follow the account, or no longer does.
        """
        frame = wire.read(raw)
        if isinstance(frame, wire.Fill):
            fact = wire.understood(wire_account.fact, raw, frame.msg)
            return self._ours.fill(fact, at)
        if isinstance(frame, wire.UserOrder):
            return wire.understood(self._ours.update, raw, frame.msg, at)
        if isinstance(frame, wire.Subscribed):
            return self._subscribed(frame, at)
        if isinstance(frame, wire.Error):
            self._wrong(frame)
        if isinstance(frame, wire.Unsubscribed) and frame.sid in self._sids:
            raise self._deaf(f"the venue ended {self._sids[frame.sid]}")
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        """Return nothing: that the link is down says it all."""
        self._sids.clear()
        return ()

    def overflowed(self) -> Iterable[Event]:
        """Return nothing: there is always room for what became of our orders."""
        return ()

    def beat(self) -> str | None:
        """Ask for our subscriptions: an account may be quiet for hours, and the answer shows that it is heard.

        Raises
        ------
        VenueRefused
            If the venue has not answered our subscription by now.
        """
        if not self.on:
            raise self._deaf("the venue did not say that it will")
        return self._command("list_subscriptions", {})

    def _subscribed(self, frame: wire.Subscribed, at: Nanos) -> Iterable[Event]:
        was, channel = self.on, frame.msg.channel
        if channel in CHANNELS:
            self._sids[frame.msg.sid] = channel
        return (LinkChanged(at=at, venue=KALSHI, up=True, channel="account"),) if self.on and not was else ()

    def _wrong(self, frame: wire.Error) -> None:
        """Count a command that was not carried out; raise where that, or a channel's end, makes us deaf."""
        self.refused += 1
        code = frame.msg.code
        if frame.id == self._asked or (code in ENDS_SUBSCRIPTION and (frame.sid is None or frame.sid in self._sids)):
            raise self._deaf(f"the venue says no (code {code})")

    def _deaf(self, why: str) -> VenueRefused:
        return VenueRefused(KALSHI, "not_subscribed", f"our fills and orders are not told: {why}")

    def _command(self, cmd: str, params: dict[str, object]) -> str:
        self._number += 1
        return wire.command(self._number, cmd, params)
