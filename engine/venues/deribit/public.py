"""Deribit's market socket: books, tickers and trades, as one socket's talk. With keys it logs in, for books as they
happen; where that is refused it goes on without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.events import BookDelta
from engine.core.ids import DERIBIT
from engine.net.budget import Bucket, Budget
from engine.venues.deribit import login, wire
from engine.venues.deribit.endpoints import CALL, CREDITS, CREDITS_A_SECOND, SUBSCRIBE
from engine.venues.dialling import Dial
from engine.venues.link import Link
from engine.venues.sockets import without_links

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.deribit.channels import Channels
    from engine.venues.deribit.endpoints import Endpoints
    from engine.venues.link import Send
    from engine.venues.port import Emit, Now

HEARTBEAT_S: Final = 10
"""How often the venue gives a sign of life, and asks for one; it takes no less."""
SILENCE_S: Final = 25.0
BURST: Final = 30_000.0
"""Credits that subscriptions may save up."""


class Public:
    """One socket. The first of a feed tells whether the market link is up; further ones only carry more books."""

    def __init__(
        self,
        endpoints: Endpoints,
        channels: Channels,
        mine: login.Login | None,
        now: Now,
        rng: random.Random,
        *,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.channels = channels
        self.link = Link(DERIBIT, "market", self, now, rng, silence_s=silence_s)
        self.started = False
        self.locked: list[wire.News] = []
        """What was told of the platform, until somebody reads it."""
        self.login_refused = ""
        self.clock: Callable[[float, Nanos, Nanos], None] = lambda venue_ms, sent, received: None
        """Hears the venue's clock: its milliseconds, and ours before and after."""
        self._login = mine
        self._endpoints = endpoints
        self._now = now
        self._budget = Budget({"read": Bucket(CREDITS_A_SECOND, CREDITS), "subscribe": Bucket(CREDITS_A_SECOND, BURST)})
        self._wake = asyncio.Event()

    @property
    def carries(self) -> frozenset[str]:
        """Return what it follows."""
        return self.channels.wanted

    async def run(self, emit: Emit) -> None:
        """Keep the socket, and send what the talk on it calls for, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.link.run(emit if self.channels.first else without_links(emit)))
            tasks.create_task(self._sending())

    def want(self, names: frozenset[str]) -> None:
        """Follow exactly these instruments on this socket."""
        self.channels.want(names, self._now())
        self._wake.set()

    def again(self, names: frozenset[str]) -> list[Event]:
        """Ask for whole books of these; return what follows."""
        events = self.channels.again(names, self._now())
        self._wake.set()
        return events

    def tick(self, at: Nanos) -> None:
        """Look what is overdue, and whether a token is to be renewed, about once a second."""
        if not self.link.stats.up:
            return
        if self._login is not None and (params := self._login.renewal(at)) is not None:
            self.channels.calls.put(login.AUTH, params, at)
        self.channels.learned(at)
        why = self.channels.overdue(at)
        if why:
            self.link.drop(why)
        self._wake.set()

    # ---- the talk

    def dial(self) -> Dial:
        """Return where to connect."""
        return Dial(self._endpoints.socket)

    async def opened(self, send: Send) -> None:
        """Ask for signs of life, log in where there are keys, and subscribe."""
        at, calls = self._now(), self.channels.calls
        self.channels.opened(at, raw=False) if self._login is None else self.channels.closed(at, "")
        texts = [calls.ask("public/set_heartbeat", {"interval": HEARTBEAT_S}, at)[1]]
        if self._login is not None:
            texts.append(calls.ask(login.AUTH, self._login.first(), at)[1])
        for text in texts:
            await send(text)
        self._wake.set()

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame means.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        told = self.channels.booked(raw, at) if type(raw) is bytes else None
        if told:
            return told
        frame = wire.read(raw)
        if type(frame) is wire.News:
            if frame.channel == "platform_state":
                self.locked.append(frame)
            events: Iterable[Event]
            events = found = self.channels.news(frame, at)
            if found and type(found[0]) is BookDelta:  # as nearly all are: nothing else changed
                return found
        elif isinstance(frame, wire.Heartbeat):
            if frame.test:
                self.channels.calls.put("public/test", {}, at)
            events = ()
        elif isinstance(frame, wire.Reply | wire.Refusal):
            events = self._answered(frame, at)
        else:
            events = ()
        if self.channels.calls.outbox:
            self._wake.set()
        self._count()
        return events

    def closed(self, why: str) -> Iterable[Event]:
        """Return that none of its books is to be trusted."""
        return self.channels.closed(self._now(), why)

    def overflowed(self) -> Iterable[Event]:
        """Return that none of its books is to be trusted, and ask for them whole."""
        events = self.channels.overflowed(self._now())
        self._wake.set()
        return events

    def beat(self) -> str | None:
        """Say that we are there: quiet markets say nothing for long, and the answer shows that we are heard."""
        return self.channels.calls.ask("public/test", {}, self._now())[1]

    def _answered(self, frame: wire.Reply | wire.Refusal, at: Nanos) -> Iterable[Event]:
        """Take in an answer: to a login, which decides what is subscribed, or to a subscription."""
        calls = self.channels.calls
        if isinstance(frame, wire.Reply) and frame.sent_us is not None and (asked := calls.of(frame.id)) is not None:
            self.clock(frame.sent_us / 1_000, asked.at, at)
        if self._login is None or not calls.is_of(frame.id, login.AUTH):
            return self.channels.answered(frame, at)
        calls.answered(frame.id)
        renewal = self._login.token is not None
        if isinstance(frame, wire.Reply):
            self._login.granted(frame, at)
            self.login_refused = ""
        else:
            self._login.renewing, self._login.renew_at = None, None
            self.login_refused = frame.message
            self.link.stats.errors += 1
        if not renewal:
            self.channels.opened(at, raw=isinstance(frame, wire.Reply))
        return ()

    async def _sending(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            taken, self.channels.calls.outbox[:] = list(self.channels.calls.outbox), []
            self._count()
            for method, text in taken:
                subscribes = method.endswith("subscribe")
                await self._budget.take("subscribe" if subscribes else "read", SUBSCRIBE if subscribes else CALL)
                await self.link.send(text)  # down: what was asked is asked anew at the next opening

    def _count(self) -> None:
        stats = self.link.stats
        stats.gaps, stats.resyncs = self.channels.gaps, self.channels.resyncs
