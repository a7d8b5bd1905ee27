"""Derive's private channels: our orders, fills and quotes, and the requests for quotes, as one socket's talk.

::

    login ─► subaccounts ─► subscribe ─► each channel's status ─► LinkChanged(up)

The link counts as up once the channels are on, not when the socket is: what happens before that is not told, and the
kernel reads the account when it hears that the link is up.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from engine.core.events import LinkChanged
from engine.core.ids import DERIVE
from engine.venues.derive import wire, wire_account, wire_orders, wire_rfq
from engine.venues.dialling import Dial
from engine.venues.each import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import msgspec

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.derive.endpoints import Endpoints
    from engine.venues.derive.ours import Ours
    from engine.venues.derive.quoting import Quoting
    from engine.venues.derive.sign import Signer
    from engine.venues.link import Send
    from engine.venues.port import Now

T = TypeVar("T")
LOGIN, SUBSCRIBE, PROTECT, BEAT = "1", "2", "3", "4"
"""Numbers of our requests; each is asked once a connection, but the last."""


class Private:
    """Says and understands what the account's socket carries.

    Parameters
    ----------
    protect : bool, optional
        Whether the venue shall take back all orders when this socket is lost. It keeps that for the whole wallet and
        beyond this session, so it is touched only where it is said; None leaves it.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        signer: Signer,
        ours: Ours,
        quoting: Quoting,
        now: Now,
        *,
        protect: bool | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._signer = signer
        self._ours = ours
        self._quoting = quoting
        self._now = now
        self._protect = protect
        self.outgoing: asyncio.Queue[str] = asyncio.Queue()
        """What is to be said next on this connection; the gateway says it."""
        self.refused = ""
        """Why the venue does not let us follow the account; empty while it does."""
        self.missing: tuple[str, ...] = ()
        """Channels that it did not give us."""
        self.on = False

    @property
    def channels(self) -> tuple[str, ...]:
        """What is subscribed to."""
        number = self._signer.subaccount
        return f"{number}.orders", f"{number}.trades", f"{number}.quotes", f"{self._signer.owner}.rfqs"

    def dial(self) -> Dial:
        """Return where to connect."""
        return Dial(self._endpoints.socket)

    async def opened(self, send: Send) -> None:
        """Log in; the rest follows from the venue's answers."""
        self.on = False
        while not self.outgoing.empty():
            self.outgoing.get_nowait()  # it was meant for the connection before
        await send(wire.call(int(LOGIN), "public/login", self._signer.login(self._now())))

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame tells of our account.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        found = wire.read(raw)
        if isinstance(found, wire.Told):
            return self._told(found, raw, at)
        if found.id == LOGIN:
            return self._logged_in(found, at)
        if found.id == SUBSCRIBE:
            return self._subscribed(found, at)
        if found.id == PROTECT and found.error is not None:
            self.refused = f"cancel on disconnect was not set: {wire_orders.refusal(found.error).text}"
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        """Return nothing: that the link is down says it all."""
        self.on = False
        return ()

    def overflowed(self) -> Iterable[Event]:
        """Return nothing: there is always room for what became of our orders."""
        return ()

    def beat(self) -> str | None:
        """Ask for the time: an account may be quiet for hours, and the answer shows that it is heard."""
        return wire.call(int(BEAT), "public/get_time", {})

    def _logged_in(self, found: wire.Answered, at: Nanos) -> Iterable[Event]:
        if found.error is not None:
            return self._shut(f"the venue does not let us in: {wire_orders.refusal(found.error).text}", at)
        if self._signer.subaccount not in wire.body(wire_account.SUBACCOUNTS, found.result):
            return self._shut(f"subaccount {self._signer.subaccount} is not one that the key may use", at)
        self.outgoing.put_nowait(wire.call(int(SUBSCRIBE), "subscribe", {"channels": list(self.channels)}))
        if self._protect is not None:
            params = {"wallet": self._signer.owner, "enabled": self._protect}
            self.outgoing.put_nowait(wire.call(int(PROTECT), "private/set_cancel_on_disconnect", params))
        return ()

    def _subscribed(self, found: wire.Answered, at: Nanos) -> Iterable[Event]:
        if found.error is not None:
            return self._shut("the venue gives us none of the account's channels", at)
        reply = wire.body(wire.SUBSCRIBED, found.result)
        self.missing = tuple(one for one in self.channels if reply.status.get(one) != "ok")
        needed = set(self.channels[:2]) & set(self.missing)
        if needed:
            return self._shut(f"the venue does not give us {', '.join(sorted(needed))}", at)
        self.on, self.refused = True, ""
        return (LinkChanged(at=at, venue=DERIVE, up=True, channel="account"),)

    def _shut(self, why: str, at: Nanos) -> Iterable[Event]:
        self.refused = why
        return (LinkChanged(at=at, venue=DERIVE, up=False, channel="account", why=why[:200]),)

    def _told(self, found: wire.Told, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        match found.channel.rpartition(".")[2]:
            case "orders":
                return self._each(wire_account.ORDER, wire_account.ORDER_LIST, self._ours.update, found, raw, at)
            case "trades":
                return self._each(wire_account.TRADE, wire_account.TRADE_LIST, self._traded, found, raw, at)
            case "quotes":
                return self._each(wire_rfq.QUOTE, wire_rfq.QUOTE_LIST, self._quoting.stands, found, raw, at)
            case "rfqs":
                return self._each(wire_rfq.RFQ, wire_rfq.RFQ_LIST, self._quoting.asked, found, raw, at)
            case _:
                return ()

    def _each(
        self,
        one: msgspec.json.Decoder[T],
        several: msgspec.json.Decoder[list[T]],
        take: Callable[[T, Nanos], Iterable[Event]],
        found: wire.Told,
        raw: str | bytes,
        at: Nanos,
    ) -> Iterable[Event]:
        """Return what each row of a channel tells, if it is of our subaccount; requests for quotes are of none."""
        own = self._signer.subaccount
        rows = wire.rows(one, several, found.data)
        return each(
            partial(wire.understood, take, raw, row, at) for row in rows if getattr(row, "subaccount_id", own) == own
        )

    def _traded(self, row: wire_account.TradeRow, at: Nanos) -> list[Event]:
        fact = wire_account.fact(row)
        return self._quoting.filled(fact, at) if fact.quote else self._ours.fill(fact, at)
