"""Orders on Polymarket: signed here, filed under an id we know before sending, never sent twice.

::

    submit ─► sign ─► followed by its id ─► POST ─► live ─► Accepted            user channel ─► Filled, Canceled,
                 │                            │                                                FillReversed
                 └─ Rejected "unsent"         ├─ matched ─► Accepted, then its trades (asked for if they do not come)
                                              ├─ refused, 4xx ─► Rejected
                                              └─ no answer, 5xx, unreadable ─► Lost, then looked for by its id

Orders of one moment go out in one request. While orders may rest the venue hears from us every five seconds; when
it no longer does it cancels them all.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.errors import AuthFailed, OutcomeUnknown, Throttled, Unreachable, VenueError, WireError
from engine.core.events import (
    Accepted,
    AmendRefused,
    Canceled,
    CancelRefused,
    Lost,
    Pictured,
    Rejected,
)
from engine.core.ids import POLYMARKET, VenueOrderId
from engine.venues.link import Link
from engine.venues.polymarket import ordering, wire_orders
from engine.venues.polymarket.batches import Batches
from engine.venues.polymarket.chasing import Chasing
from engine.venues.polymarket.drafts import Drafts
from engine.venues.polymarket.facts import tokens_of
from engine.venues.polymarket.picture import Pictures
from engine.venues.polymarket.rehearsing import Rehearsing
from engine.venues.polymarket.tracked import Orders, Tracked
from engine.venues.polymarket.upkeep import BEAT_S, Upkeep
from engine.venues.polymarket.user_talk import UserTalk
from engine.venues.polymarket.wire_user import Ours
from engine.venues.port import Can, Capabilities, Depth
from engine.venues.recalled import Recalled

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from engine.core.effects import Approved, Likely
    from engine.core.events import Event
    from engine.core.ids import OrderId
    from engine.core.instrument import Instrument, Known
    from engine.core.units import Qty, Ticks
    from engine.venues.polymarket.clob import Clob, Signer
    from engine.venues.polymarket.endpoints import Endpoints
    from engine.venues.polymarket.facts import Facts
    from engine.venues.polymarket.ordering import Book
    from engine.venues.polymarket.wire_orders import Signed, Verdict
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

    _Sent = tuple[Tracked, asyncio.Future[Verdict]]
    """An order on its way, and where the venue's verdict comes."""

CHASES_S: Final = (1.0, 2.0, 4.0, 8.0)
"""Pauses before each look for what an answer left open."""
CANCEL_TRIES: Final = 3
CANCEL_PAUSE_S: Final = 0.3
CAPABILITIES: Final = Capabilities(
    depth=Depth.LADDER,
    can=Can.POST_ONLY | Can.CANCEL_MANY | Can.CANCEL_ON_DISCONNECT | Can.GTD,
    orders_per_second=50.0,
    collateral="pUSD",
)
VERSION: Final = "version"


class Gateway:
    """Our account on Polymarket."""

    def __init__(
        self,
        endpoints: Endpoints,
        clob: Clob,
        data: Rest,
        facts: Facts,
        signer: Signer,
        book: Book,
        now: Now,
        rng: random.Random,
        *,
        beat_s: float = BEAT_S,
        chases_s: Sequence[float] = CHASES_S,
    ) -> None:
        self.orders = Orders()
        self.pictures = Pictures(clob, data, facts, self.orders, book)
        self._clob = clob
        self._data = data
        self._facts = facts
        self._signer = signer
        self._book = book
        self._now = now
        self._rng = rng
        self._emit: Emit | None = None
        self._early: list[Event] = []
        self._rehearsing = Rehearsing(endpoints)
        self.drafts = Drafts(book)
        self._asides: set[asyncio.Task[None]] = set()
        self._recalled = Recalled()
        self._batches = Batches(clob, signer, self._aside)
        self._chasing = Chasing(self.pictures, self.orders, now, self._tell, chases_s)
        self._upkeep = Upkeep(endpoints, clob, signer, now, rng, beat_s)
        self.link = Link(
            POLYMARKET, "account", UserTalk(endpoints.ws_user, signer, self.orders), now, rng, silence_s=30.0
        )

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do."""
        return CAPABILITIES

    async def run(self, emit: Emit) -> None:
        """Get API keys, keep the user channel and the heartbeat, until cancelled."""
        self._emit = emit
        early, self._early = self._early, []
        for event in early:
            emit(event)
        try:
            await self._upkeep.keys(emit)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.link.run(emit))
                tasks.create_task(self._upkeep.beating())
                tasks.create_task(self._upkeep.keeping_time())
                tasks.create_task(self._clob.stay_warm())
        finally:
            asides = list(self._asides)
            for task in asides:
                task.cancel()
            await asyncio.gather(*asides, return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Close every connection for requests; another request opens a new one."""
        for host in (self._clob, self._data, self._facts.clob):
            await host.close()

    async def submit(self, order: Approved) -> None:
        """Sign an order and send it; whatever happens is emitted."""
        try:
            instrument = await self._facts.get(order.place.instrument)
            signed = ordering.sign(order, instrument, self._book)
            await self._upkeep.credentials()
        except (VenueError, ValueError) as e:
            self._tell(Rejected(at=self._now(), order=order.order, code="unsent", text=str(e)[:200]))
            return
        await self._place(order, instrument, self._queued(order, signed, instrument))

    def begin(self, order: Approved) -> Callable[[], Awaitable[None]] | None:
        """Sign an order now and send it with all others of this moment, where nothing is to be asked; see `Prompt`."""
        instrument = self._facts.known(order.place.instrument)
        if instrument is None or self._signer.credentials is None:
            return None
        try:
            signed = self.drafts.take(order, instrument) or ordering.sign(order, instrument, self._book)
        except (VenueError, ValueError):
            return None
        sent = self._queued(order, signed, instrument)
        return lambda: self._place(order, instrument, sent)

    def all_handed(self) -> None:
        """Send the orders of this moment: else they wait for whatever the loop has to do before its next turn."""
        self._batches.flush()

    def draft(self, order: Likely) -> None:
        """Sign an order that may come; see `Drafts`."""
        instrument, keys = self._facts.known(order.place.instrument), self._signer.credentials
        if instrument is not None and keys is not None:
            self.drafts.make(order, instrument, keys.api_key)

    def rehearse(self, order: Approved) -> None:
        """Put an order of nobody's for nothing into a request, and let it go."""
        self._clob.rehearse("POST", "/order", self._rehearsing.body(order))

    async def _place(self, order: Approved, instrument: Instrument, sent: _Sent) -> None:
        one, answer = sent
        verdict = await self._outcome(one, answer)
        if verdict is not None and verdict.code == VERSION and await self._revised():
            self.orders.drop(one)
            one, answer = self._queued(order, ordering.sign(order, instrument, self._book), instrument)
            verdict = await self._outcome(one, answer)
        if verdict is not None:
            self._judge(one, verdict)

    def recall(self, order: OrderId) -> None:
        """Let an order that still waits for its turn not leave any more."""
        self._recalled.add(order)

    async def cancel(self, order: Known) -> None:
        """Ask for an order back. A cancel may be repeated: it is the same however often it is done."""
        try:
            ids = await self.pictures.ids(order)
            reply = await self._cancelled(ids)
        except Unreachable:
            self._tell(CancelRefused(at=self._now(), order=order.order, code="unsent"))
        except (Throttled, AuthFailed) as e:
            code = "throttled" if isinstance(e, Throttled) else "auth"
            self._tell(CancelRefused(at=self._now(), order=order.order, code=code))
        except VenueError as e:
            self._tell(Lost(at=self._now(), order=order.order, why=f"the cancel was not answered: {str(e)[:120]}"))
        else:
            await self._answered(order, ids, gone=any(name in reply.canceled for name in ids))

    async def cancel_many(self, orders: Sequence[Known]) -> None:
        """Ask for orders back, as many at once as the venue takes; those it does not name are cancelled one by one."""
        named = {order.order: names for order in orders if (names := await self._names(order))}
        done: set[str] = set()
        for chunk in wire_orders.chunks([name for names in named.values() for name in names]):
            try:
                done |= set((await self._delete("/orders", wire_orders.body(chunk))).canceled)
            except VenueError:
                continue
        gone = [order for order in orders if not done.isdisjoint(named.get(order.order, ()))]
        left = [order for order in orders if order not in gone]
        await asyncio.gather(
            *(self._answered(order, named[order.order], gone=True) for order in gone), *map(self.cancel, left)
        )

    async def _names(self, order: Known) -> list[str]:
        """Return the ids the venue may have an order under; none where they cannot be found out now."""
        try:
            return await self.pictures.ids(order)
        except VenueError:
            return []

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Refuse: the venue cannot move an order."""
        self._tell(AmendRefused(at=self._now(), order=order.order, code="unsupported"))

    async def picture(self, orders: Sequence[Known]) -> None:
        """Emit our account as the venue shows it, and what it knows of each order named."""
        asked_at = self._now()
        try:
            await self._upkeep.credentials()
            for order in orders:
                if self.orders.of(order.order) is None:
                    await self._adopt(order, await self.pictures.ids(order))
            told = await self.pictures.take(orders, asked_at)
        except VenueError as e:
            why = f"the account could not be read: {str(e)[:150]}"
            told = Pictured(at=asked_at, venue=POLYMARKET, asked_at=asked_at, ok=False, why=why)
        self._tell(replace(told, at=self._now()))

    def _tell(self, event: Event) -> None:
        if self._emit is None:
            self._early.append(event)
        else:
            self._emit(event)

    def _follow(self, order: Approved, signed: Signed, instrument: Instrument) -> Tracked:
        """Know an order's news before it is sent: the user channel may be faster than the answer."""
        place = order.place
        token = tokens_of(instrument).of(place.leg)
        ours = Ours(order.order, place.instrument, place.side, place.leg, token, instrument.fee)
        immediate = signed.order_type in ordering.IMMEDIATE
        return self.orders.add(Tracked(signed.id, ours, order.order, place.qty, immediate, ordering.shares_of(signed)))

    async def _adopt(self, known: Known, ids: list[str]) -> Tracked:
        """Follow an order of an earlier session."""
        ours = self.pictures.known_ours(known, await self._facts.get(known.instrument))
        first = known.venue_order or (ids[0] if ids else known.client)
        one = self.orders.add(Tracked(first, ours, known.order, known.qty, immediate=False))
        for name in ids:
            if self.orders.at_venue(name) is None:
                self.orders.alias(one, name)
        return one

    async def _outcome(self, one: Tracked, answer: asyncio.Future[Verdict]) -> Verdict | None:
        """Return the venue's verdict on an order, or None when what is known was told."""
        why = code = ""
        try:
            return await answer
        except Unreachable as e:
            code, why = "unsent", str(e)
        except Throttled as e:
            code, why = "throttled", str(e)
        except AuthFailed as e:
            code, why = "auth", str(e)
        except (OutcomeUnknown, WireError) as e:
            self._lost(one, str(e)[:200])
            return None
        self.orders.drop(one)
        self._tell(Rejected(at=self._now(), order=one.order, code=code, text=why[:200]))
        return None

    def _judge(self, one: Tracked, verdict: Verdict) -> None:
        at = self._now()
        if verdict.code == "duplicate":  # it stands already, though we never repeat: find out
            self._lost(one, verdict.text)
            return
        if not verdict.order_id:
            self.orders.drop(one)
            self._tell(Rejected(at=at, order=one.order, code=verdict.code, text=verdict.text))
            return
        if verdict.order_id != one.id:
            self.orders.settle(one, verdict.order_id)
        self._tell(Accepted(at=at, order=one.order, venue_order=VenueOrderId(verdict.order_id)))
        if one.immediate:
            one.expected = self._matched(one, verdict)
            self._all(self.orders.over(one, at))
        self._all(self.orders.answer(one))
        if verdict.status in {"matched", "delayed"} or one.immediate:
            self._aside(self._chasing.trades(one))

    async def _answered(self, order: Known, ids: list[str], *, gone: bool) -> None:
        """Tell what a cancel came to. An order of an earlier session is followed from now on, for what it traded."""
        try:
            known = self.orders.of(order.order) or await self._adopt(order, ids)
        except VenueError as e:
            why = f"it was asked back, and its market cannot be looked up: {str(e)[:120]}"
            self._tell(Lost(at=self._now(), order=order.order, why=why))
            return
        if gone:
            known.ended = True
            self._tell(Canceled(at=self._now(), order=order.order))
        else:
            await self._chasing.uncancelled(known, order)

    def _lost(self, one: Tracked, why: str) -> None:
        """Nobody knows whether the venue has it: say so, and look for it."""
        self._tell(Lost(at=self._now(), order=one.order, why=why))
        self._all(self.orders.answer(one))
        self._aside(self._chasing.order(one))

    def _matched(self, one: Tracked, verdict: Verdict) -> Decimal | None:
        """Return how many shares an order that trades at once has matched; None where the answer does not say."""
        if verdict.status == "unmatched":
            return Decimal(0)
        if verdict.status != "matched":
            return None
        return verdict.taking if one.ours.side.value == "buy" else verdict.making

    def _queued(self, order: Approved, signed: Signed, instrument: Instrument) -> _Sent:
        """Have an order sent together with all others of this moment; its news is known from now on."""
        one = self._follow(order, signed, instrument)
        self._upkeep.placed.set()
        return one, self._batches.add(signed, self._recalled.wanted(order.order))

    async def _cancelled(self, ids: list[str]) -> wire_orders.CancelReply:
        """Cancel by every id an order may have, again while the way fails. Raises VenueError after the last try."""
        for left in range(CANCEL_TRIES - 1, -1, -1):
            try:
                if len(ids) == 1:
                    return await self._delete("/order", wire_orders.body({"orderID": ids[0]}))
                return await self._delete("/orders", wire_orders.body(ids))
            except (Unreachable, OutcomeUnknown, Throttled, WireError):
                if left == 0:
                    raise
                await asyncio.sleep(CANCEL_PAUSE_S * (CANCEL_TRIES - left) * self._rng.uniform(0.5, 1.0))
        raise AssertionError

    async def _delete(self, path: str, body: bytes) -> wire_orders.CancelReply:
        await self._upkeep.credentials()  # at the start of a session it may be asked back before there are any
        answer = await self._clob.write("DELETE", path, body, bucket="cancel")
        if answer.status == wire_orders.RESTARTING:
            raise OutcomeUnknown(POLYMARKET, "the matching engine restarts")
        if not 200 <= answer.status < 300:
            raise WireError(POLYMARKET, f"HTTP {answer.status} to a cancel", answer.body)
        return wire_orders.cancel_reply(answer.body)

    async def _revised(self) -> bool:
        """Ask which version of orders is in force; return whether it is another that we speak."""
        try:
            version = wire_orders.version(await self._clob.read("/version"))
        except VenueError:
            return False
        if version == self._book.version or version not in ordering.VERSIONS:
            return False
        self._book.version = version
        return True

    def _all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._tell(event)

    def _aside(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)
