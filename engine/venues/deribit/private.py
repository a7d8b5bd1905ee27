"""Deribit's account socket: log in, have orders die with the connection, hear what becomes of them, ask.

The link is told up only once all of that stands: before, an order would be refused, or outlive us unseen. A request
that was sent and not answered has an unknown outcome, whatever ended its waiting.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import OutcomeUnknown, Unreachable
from engine.core.events import LinkChanged
from engine.core.ids import DERIBIT
from engine.venues.deribit import codes, login, wire, wire_account
from engine.venues.deribit.calls import Calls
from engine.venues.deribit.public import HEARTBEAT_S, SILENCE_S
from engine.venues.dialling import Dial
from engine.venues.link import Link

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Mapping

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.deribit.endpoints import Endpoints
    from engine.venues.deribit.login import Login
    from engine.venues.link import Send
    from engine.venues.port import Emit, Now

CHANGES: Final = ("user.changes.option.any.raw", "user.changes.future.any.raw")
SINGLE: Final = (
    "user.orders.option.any.raw", "user.orders.future.any.raw", "user.trades.option.any.raw",
    "user.trades.future.any.raw",
)  # fmt: skip
"""What is asked for where changes are not given together."""
MORE: Final = ("user.portfolio.any",)
RENEW_S: Final = 1.0
"""Between two looks whether a token is to be renewed."""
ON_DISCONNECT: Final = "private/enable_cancel_on_disconnect"
SUBSCRIBE: Final = "private/subscribe"


class Private:
    """Says and understands what the account's socket carries.

    Parameters
    ----------
    news : callable
        Takes in what a channel tells of the account, and returns what follows.
    extra : tuple of str
        Further channels; `other` gets their messages.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        mine: Login,
        now: Now,
        rng: random.Random,
        news: Callable[[wire_account.Changes, Nanos], Iterable[Event]],
        *,
        extra: tuple[str, ...] = (),
        other: Callable[[wire.News, Nanos], Iterable[Event]] = lambda told, at: (),
        answer_s: float = 5.0,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.link = Link(DERIBIT, "account", self, now, rng, silence_s=silence_s)
        self.calls = Calls()
        self.ready = False
        """Logged in, heard, and watched over by the venue."""
        self.given: frozenset[str] = frozenset()
        """The channels of this connection."""
        self.risen = asyncio.Event()
        """Set each time the account is there; whoever waits clears it."""
        self.dies = False
        """Whether the venue cancels our orders when this connection ends."""
        self.portfolios: dict[str, wire_account.Portfolio] = {}
        """The latest of each currency."""
        self.answer_s = answer_s
        self._endpoints = endpoints
        self._login = mine
        self._now = now
        self._news = news
        self._extra = extra
        self._other = other
        self._waiting: dict[int, asyncio.Future[wire.Reply | wire.Refusal]] = {}
        self.clock: Callable[[float, Nanos, Nanos], None] = lambda venue_ms, sent, received: None
        """Hears the venue's clock: its milliseconds, and ours before and after."""
        self._wake = asyncio.Event()
        self._emit: Emit | None = None
        self._told: bool | None = None
        self._refused = self._said = ""

    async def run(self, emit: Emit) -> None:
        """Keep the socket, and send what the talk on it calls for, until cancelled."""
        self._emit = emit
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.link.run(self._pass))
            tasks.create_task(self._sending())
            tasks.create_task(self._renewing())

    async def call(self, method: str, params: Mapping[str, object]) -> wire.Reply | wire.Refusal:
        """Send a request once and return its answer.

        Raises
        ------
        Unreachable
            If nothing was sent.
        OutcomeUnknown
            If no answer came.
        """
        if not self.ready:
            raise Unreachable(DERIBIT, "the account's connection is down; nothing was sent")
        number, text = self.calls.ask(method, params, self._now())
        waits = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.answer_s):
                if not await self.link.send(text):
                    raise OutcomeUnknown(DERIBIT, "the connection was cut while it was sent")
                answer: wire.Reply | wire.Refusal = await waits
                return answer
        except TimeoutError as e:
            raise OutcomeUnknown(DERIBIT, f"no answer within {self.answer_s:g} s") from e
        finally:
            self.calls.answered(number)
            self._waiting.pop(number, None)

    # ---- the talk

    def dial(self) -> Dial:
        """Return where to connect."""
        return Dial(self._endpoints.socket)

    async def opened(self, send: Send) -> None:
        """Ask for signs of life and log in."""
        at = self._now()
        self._end("a new connection was opened")
        for method, params in (
            ("public/set_heartbeat", {"interval": HEARTBEAT_S}),
            (login.AUTH, self._login.first()),
        ):
            await send(self.calls.ask(method, params, at)[1])

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame tells of our account.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        frame = wire.read(raw)
        if isinstance(frame, wire.Heartbeat):
            if frame.test:
                self._put("public/test", {}, at)
        elif isinstance(frame, wire.News):
            return self._told_of(frame, at)
        elif isinstance(frame, wire.Reply | wire.Refusal):
            return self._answered(frame, at)
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        """Let everybody who waits know that no answer will come; that the link is down says the rest."""
        self._end(why)
        return ()

    def overflowed(self) -> Iterable[Event]:
        """Return nothing: there is always room for what became of our orders."""
        return ()

    def beat(self) -> str | None:
        """Say that we are there."""
        return self.calls.ask("public/test", {}, self._now())[1]

    def _told_of(self, told: wire.News, at: Nanos) -> Iterable[Event]:
        found = wire_account.news(told)
        if isinstance(found, wire_account.Portfolio):
            self.portfolios[found.currency[:12]] = found
            return ()
        return self._other(told, at) if found is None else self._news(found, at)

    def _answered(self, frame: wire.Reply | wire.Refusal, at: Nanos) -> Iterable[Event]:
        asked = self.calls.answered(frame.id)
        if asked is None:
            return ()
        if isinstance(frame, wire.Reply) and frame.sent_us is not None:
            self.clock(frame.sent_us / 1_000, asked.at, at)
        waits = self._waiting.get(frame.id) if isinstance(frame.id, int) else None
        if waits is not None:
            if not waits.done():
                waits.set_result(frame)
        elif asked.method == login.AUTH:
            return self._logged_in(frame, at)
        elif asked.method == ON_DISCONNECT:
            self.dies = isinstance(frame, wire.Reply)
        elif asked.method == SUBSCRIBE:
            return self._subscribed(frame, asked.channels, at)
        return ()

    def _logged_in(self, frame: wire.Reply | wire.Refusal, at: Nanos) -> Iterable[Event]:
        if isinstance(frame, wire.Refusal):
            self._refused = codes.sentence(frame)
            self.link.drop(self._refused)
            return ()
        renewal = self._login.token is not None
        self._login.granted(frame, at)
        self._refused = ""
        if not renewal:
            self._put(ON_DISCONNECT, {"scope": "connection"}, at)
            self._subscribe((*CHANGES, *MORE, *self._extra), at)
        return ()

    def _subscribe(self, channels: tuple[str, ...], at: Nanos) -> None:
        self._put(SUBSCRIBE, {"channels": channels}, at, channels)

    def _subscribed(self, frame: wire.Reply | wire.Refusal, asked: tuple[str, ...], at: Nanos) -> Iterable[Event]:
        """Take in which channels are given: without news of our orders there is no account."""
        names: list[str] = wire.body(wire.NAMES, frame.result) if isinstance(frame, wire.Reply) else []
        self.given = frozenset(names)
        if set(CHANGES) <= set(asked) and not set(CHANGES) <= set(names):
            self._subscribe(SINGLE, at)
            return ()
        if set(SINGLE) <= set(asked) and not set(SINGLE) <= set(names):
            self.link.drop("the venue does not give the account's channels to this key")
            return ()
        self.ready = True
        self.given |= set(names)
        self.risen.set()
        return [self._changed(up=True, why="")]

    # ---- up and down

    def _pass(self, event: Event) -> bool:
        """Hand an event on; that the socket is open is not yet that the account is there."""
        assert self._emit is not None
        if isinstance(event, LinkChanged):
            if event.up:
                return self._emit(event) if self.ready else True
            self.ready = False
            why = self._refused or event.why
            if self._told is False and why == self._said:
                return True
            event = self._changed(up=False, why=why)
        return self._emit(event)

    def _changed(self, *, up: bool, why: str) -> LinkChanged:
        self._told, self._said = up, why
        return LinkChanged(at=self._now(), venue=DERIBIT, up=up, channel="account", why=why[:200])

    def _end(self, why: str) -> None:
        self.ready = self.dies = False
        self.calls.clear()
        waiting, self._waiting = self._waiting, {}
        for one in waiting.values():
            if not one.done():
                one.set_exception(OutcomeUnknown(DERIBIT, f"the connection ended before the answer: {why}"[:200]))

    # ---- what runs beside

    def _put(self, method: str, params: Mapping[str, object], at: Nanos, channels: tuple[str, ...] = ()) -> None:
        self.calls.put(method, params, at, channels)
        self._wake.set()

    async def _sending(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            taken, self.calls.outbox[:] = list(self.calls.outbox), []
            for _, text in taken:
                await self.link.send(text)

    async def _renewing(self) -> None:
        """Renew the token before it ends, and give up a connection that does not become an account."""
        while True:
            await asyncio.sleep(RENEW_S)
            at = self._now()
            if self.link.stats.up and (params := self._login.renewal(at)) is not None:
                self._put(login.AUTH, params, at)
            if self.link.stats.up and (late := self.calls.overdue(at)) is not None and not self.ready:
                self.link.drop(f"no answer to {late.method}")
            elif self.link.stats.up and self._login.overdue(at):
                self.link.drop("its login was not renewed")
