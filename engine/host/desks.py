"""The venues of a session: their feeds and gateways run here, and what the kernel asks of them is carried out.

::

    feed ─ emit ─► quotes: bounded inbox; links, listings, stale books: always     ┐
    gateway ─ emit ─► learn: never refused, first                                  ├─► kernel
    Submit, Replace, Withdraw ─► one lane an order, so that a cancel follows its order; never repeated. An order whose
                                 gateway waits for nothing is written at once, and its lane awaits the answer; one that
                                 is asked back while it waits never leaves. Cancels of one moment leave together where
                                 the venue takes many
    Look, Follow, Resnap ─► picture, want, again
    SignQuote, DropQuote ─► one lane a quote; how it stands is asked for after a cut, and where that is not known

A task that fails is a bug of ours: it is told, its link goes down, and it starts again after a pause that grows.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from engine.core.effects import DropQuote, Follow, Look, Replace, Resnap, SignQuote, Submit, Withdraw
from engine.core.events import (
    BookDelta,
    BookSnapshot,
    LinkChanged,
    Lost,
    Marked,
    Pictured,
    QuoteStood,
    Rejected,
    Trade,
)
from engine.core.ids import OrderId
from engine.core.instrument import Known
from engine.host.handed import Handed
from engine.host.rehearsal import Practice
from engine.host.together import Together
from engine.host.vitals import Vital
from engine.venues.port import CancelsMany, DraftsOrders, Gathers, Recalls, Rehearses
from engine.venues.quoting import AnswersQuotes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from engine.core.effects import Approved, Likely
    from engine.core.events import Event
    from engine.core.ids import VenueId
    from engine.core.quotes import Quote
    from engine.host.host import Host, Outward
    from engine.venues.port import Gateway, Venue

ORDER_ROOM: Final = 64
"""Orders that may wait for their venue; one more is refused before anything is sent."""
PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
MARKET_NEWS: Final = (BookDelta, BookSnapshot, Marked, Trade)
"""May be refused when the inbox is full; the source then calls its books stale."""


class Desks:
    """All venues of a session."""

    def __init__(self, venues: Iterable[Venue], host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self.venues: dict[VenueId, Venue] = {venue.id: venue for venue in venues}
        self._host = host
        self._loop = loop
        self._running: list[asyncio.Task[None]] = []
        self._lanes: dict[OrderId, asyncio.Task[None]] = {}
        """The last thing asked about each order; the next one waits for it."""
        self._together: dict[VenueId, Together] = {}
        """The cancels that were handed over last, by venue; those of the same moment join them."""
        self._handed = Handed(host.clock.now, loop, self._ask_quotes)
        self._submits = 0
        self.vitals: list[Vital] = []
        """How each feed and each gateway does."""
        self._asides: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._gathering: dict[VenueId, Gathers] = {}
        """Gateways that hold orders until all of this moment have come."""
        host.serve(self.carry_out, self.all_handed)
        gateways: list[object] = [venue.gateway for venue in self.venues.values()]
        rehearsing = [gateway.rehearse for gateway in gateways if isinstance(gateway, Rehearses)]
        if rehearsing:
            host.rehearse(Practice(rehearsing))
        self._drafting: dict[VenueId, DraftsOrders] = {}
        for name, gateway in zip(self.venues, gateways, strict=True):
            if isinstance(gateway, DraftsOrders):
                self._drafting[name] = gateway
        if self._drafting:
            host.draft(self._draft)

    @property
    def waiting(self) -> int:
        """Orders on their way."""
        return self._submits

    def start(self) -> None:
        """Run every feed and every gateway."""
        for venue in self.venues.values():
            self._running.append(self._loop.create_task(self._feed(venue), name=f"{venue.id} feed"))
            if venue.gateway is not None:
                account = self._account(venue.id, venue.gateway)
                self._running.append(self._loop.create_task(account, name=f"{venue.id} gateway"))

    async def stop(self, patience_s: float = 2.0) -> None:
        """Let what is on its way finish for a moment, then end every task."""
        self._stopping = True
        self._handed.stop()
        lanes = [task for task in self._lanes.values() if not task.done()]
        if lanes:
            await asyncio.wait(lanes, timeout=patience_s)
        tasks = [*self._running, *lanes, *self._asides]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def bring(self, event: Event) -> bool:
        """Take in what a feed brings; False when a quote or a trade found no room."""
        if isinstance(event, MARKET_NEWS):
            return self._host.emit(event)
        self._host.insist(event)
        return True

    def learn(self, event: Event) -> bool:
        """Take in what a gateway brings."""
        self._host.learn(event)
        self._handed.hear(event)
        return True

    def carry_out(self, effect: Outward) -> None:
        """Start what the kernel asked for; what comes of it comes back as events."""
        match effect:
            case Submit():
                self._submit(effect)
            case Withdraw(known=Known() as known):
                self._withdraw(known)
            case Replace():
                self._replace(effect)
            case Look():
                self._look(effect)
            case Follow(venue=name, instruments=instruments):
                if name in self.venues:
                    self.venues[name].feed.want(frozenset(instruments))
            case Resnap(venue=name, instruments=instruments):
                if name in self.venues:
                    self.venues[name].feed.again(frozenset(instruments))
            case SignQuote(quote=quote):
                self._quote(quote)
            case DropQuote(quote=quote):
                quoter = self._quoter(quote.request.venue)
                if quoter is not None:
                    self._handed.keep(quote)
                    self._quote_lane(quote, quoter.unquote)
            case _:
                pass

    def all_handed(self) -> None:
        """Let orders that are to leave together leave: all of this moment have come."""
        while self._gathering:
            venue, gateway = self._gathering.popitem()
            try:
                gateway.all_handed()
            except Exception as e:  # noqa: BLE001 - a gateway's bug: the lanes of its orders tell what became of them
                self._tell(f"orders for {venue} failed to leave together", e)

    def _draft(self, order: Likely) -> None:
        gateway = self._drafting.get(order.place.instrument.venue)
        if gateway is not None:
            gateway.draft(order)

    def _gateway(self, venue: VenueId) -> Gateway | None:
        found = self.venues.get(venue)
        return None if found is None else found.gateway

    def _quoter(self, venue: VenueId) -> AnswersQuotes | None:
        gateway: object = self._gateway(venue)
        return gateway if isinstance(gateway, AnswersQuotes) else None

    def _submit(self, effect: Submit) -> None:
        approved = effect.order
        gateway = self._gateway(approved.place.instrument.venue)
        why = ""
        if gateway is None:
            why = f"{approved.place.instrument.venue} takes no orders in this session"
        elif self._submits >= ORDER_ROOM:
            why = f"{ORDER_ROOM} orders are on their way already"
        elif self._stopping:
            why = "the session is ending"
        if gateway is None or why:
            at = self._host.clock.now()
            self.learn(Rejected(at=at, order=approved.order, code="unsent", text=why))
            return
        self._submits += 1
        lane = self._in_lane(approved.order, self._begun(gateway, approved))
        lane.add_done_callback(self._arrived)

    def _begun(self, gateway: Gateway, approved: Approved) -> Callable[[], Awaitable[None]]:
        """Let an order leave at once where its gateway can, nothing before it; return what its lane has to do."""
        begin = getattr(gateway, "begin", None)
        if begin is None or approved.order in self._lanes:
            return lambda: gateway.submit(approved)
        try:
            rest: Callable[[], Awaitable[None]] | None = begin(approved)
        except Exception as e:  # noqa: BLE001 - a gateway's bug, which the lane tells
            return partial(_failing, e)
        if isinstance(gateway, Gathers):
            self._gathering[approved.place.instrument.venue] = gateway
        return rest if rest is not None else lambda: gateway.submit(approved)

    def _withdraw(self, known: Known) -> None:
        venue = known.instrument.venue
        gateway = self._gateway(venue)
        if gateway is None:
            return
        several: object = gateway
        if known.order in self._lanes and isinstance(several, Recalls):
            several.recall(known.order)
        if not isinstance(several, CancelsMany) or known.order in self._lanes:
            self._in_lane(known.order, lambda: gateway.cancel(known))
            return
        together = self._together.get(venue)
        if together is None or together.left:
            together = self._together[venue] = Together(several, self._beside)
        together.join(known)
        self._in_lane(known.order, together.done)

    def _replace(self, effect: Replace) -> None:
        gateway = self._gateway(effect.known.instrument.venue)
        if gateway is not None:
            self._in_lane(effect.known.order, lambda: gateway.amend(effect.known, effect.price, effect.qty))

    def _arrived(self, _: asyncio.Task[None]) -> None:
        self._submits -= 1

    def _quote(self, quote: Quote) -> None:
        quoter = self._quoter(quote.request.venue)
        if quoter is not None and not self._stopping:
            self._handed.keep(quote)
            self._quote_lane(quote, quoter.quote)
            return
        why = "the session is ending" if self._stopping else f"{quote.request.venue} takes no quotes in this session"
        self._stood(quote, "rejected", why)

    def _quote_lane(self, quote: Quote, work: Callable[[Quote], Awaitable[None]]) -> None:
        async def safely() -> None:
            try:
                await work(quote)
            except asyncio.CancelledError:
                raise
            except Exception as e:  # noqa: BLE001 - a gateway's bug: whether it was sent is not known, so it may stand
                self._tell(f"quote {quote.client} failed", e)
                self._stood(quote, "lost", "the program failed while it was being sent")

        self._in_lane(OrderId(f"quote {quote.client}"), safely)

    def _ask_quotes(self, venue: VenueId, requests: Sequence[str]) -> None:
        """Have a venue asked how our quotes on some requests stand, and what of them was taken."""
        quoter = self._quoter(venue)
        if quoter is not None and not self._stopping:
            self._beside(self._loop.create_task(self._quotes(quoter, requests)))

    async def _quotes(self, quoter: AnswersQuotes, requests: Sequence[str]) -> None:
        try:
            await quoter.quotes(requests)
        except asyncio.CancelledError:
            raise
        except Exception as e:  # noqa: BLE001 - a gateway's bug: the quotes stay as unknown as they are
            self._tell(f"asking about quotes on {', '.join(requests)} failed", e)

    def _stood(self, quote: Quote, status: str, text: str) -> None:
        at, asked = self._host.clock.now(), quote.request
        self.learn(
            QuoteStood(at=at, venue=asked.venue, request=asked.id, client=quote.client, status=status, text=text)
        )

    def _in_lane(self, order: OrderId, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        before = self._lanes.get(order)
        lane = self._lanes[order] = self._loop.create_task(self._after(before, order, work))
        lane.add_done_callback(lambda task: self._leave(order, task))
        return lane

    async def _after(
        self, before: asyncio.Task[None] | None, order: OrderId, work: Callable[[], Awaitable[None]]
    ) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as e:  # noqa: BLE001 - a gateway's bug: whether it was sent is not known, so it is lost
            self._tell(f"a request about order {order} failed", e)
            self.learn(Lost(at=self._host.clock.now(), order=order, why="the program failed while it was being sent"))

    def _leave(self, order: OrderId, task: asyncio.Task[None]) -> None:
        if self._lanes.get(order) is task:
            del self._lanes[order]

    def _look(self, effect: Look) -> None:
        gateway = self._gateway(effect.venue)
        if gateway is not None:
            self._beside(self._loop.create_task(self._picture(gateway, effect)))

    def _beside(self, task: asyncio.Task[None]) -> None:
        """Keep a task that no lane holds until it is done."""
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def _picture(self, gateway: Gateway, effect: Look) -> None:
        asked_at = self._host.clock.now()
        try:
            await gateway.picture(effect.orders)
        except asyncio.CancelledError:
            raise
        except Exception as e:  # noqa: BLE001 - a gateway's bug: the account stays unreconciled, and says so
            self._tell(f"the picture of {effect.venue} failed", e)
            why = "the program failed while reading the account"
            self.learn(Pictured(at=self._host.clock.now(), venue=effect.venue, asked_at=asked_at, ok=False, why=why))

    async def _feed(self, venue: Venue) -> None:
        await self._keep_up(venue.id, "market", lambda: venue.feed.run(self.bring))

    async def _account(self, venue: VenueId, gateway: Gateway) -> None:
        await self._keep_up(venue, "account", lambda: gateway.run(self.learn))

    async def _keep_up(self, venue: VenueId, channel: str, run: Callable[[], Awaitable[None]]) -> None:
        pause = PAUSE_S
        vital = Vital(f"{venue} {channel}")
        self.vitals.append(vital)
        while True:
            vital.began()
            why = "it ended by itself and is started again"
            try:
                await run()
            except asyncio.CancelledError:
                raise
            except Exception as e:  # noqa: BLE001 - the supervisor: whatever it was, the rest of the session goes on
                self._tell(f"the {channel} link of {venue} failed", e)
                why = "the program failed and starts it again"
            vital.ended(why)
            down = LinkChanged(at=self._host.clock.now(), venue=venue, up=False, channel=channel, why=why)
            self._host.insist(down) if channel == "market" else self._host.learn(down)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _tell(self, what: str, error: Exception) -> None:
        self._loop.call_exception_handler({"message": what, "exception": error})


async def _failing(error: Exception) -> None:
    raise error
