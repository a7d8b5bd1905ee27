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
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
)
from engine.core.ids import POLYMARKET, VenueOrderId
from engine.core.units import SECOND, Nanos
from engine.venues.link import Link
from engine.venues.polymarket import ordering, wire_orders
from engine.venues.polymarket.clob import set_clock, sign_in
from engine.venues.polymarket.facts import tokens_of
from engine.venues.polymarket.picture import Pictures
from engine.venues.polymarket.rehearsing import Rehearsing
from engine.venues.polymarket.tracked import Orders, Tracked
from engine.venues.polymarket.user_talk import UserTalk
from engine.venues.polymarket.wire_user import Ours
from engine.venues.port import Can, Capabilities, Depth

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.instrument import Instrument, Known
    from engine.core.units import Qty, Ticks
    from engine.venues.polymarket.clob import Clob, Signer
    from engine.venues.polymarket.endpoints import Endpoints
    from engine.venues.polymarket.facts import Facts
    from engine.venues.polymarket.ordering import Book
    from engine.venues.polymarket.wire_orders import Signed, Verdict
    from engine.venues.polymarket.wire_user import OrderRow
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Begun, Rest

    _Sent = tuple[Tracked, asyncio.Future[Verdict]]
    """An order on its way, and where the venue's verdict comes."""

BEAT_S: Final = 5.0
CHASES_S: Final = (1.0, 2.0, 4.0, 8.0)
"""Pauses before each look for what an answer left open."""
CANCEL_TRIES: Final = 3
CANCEL_PAUSE_S: Final = 0.3
KEYS_AGAIN_S: Final = 5.0
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
        self._endpoints = endpoints
        self._clob = clob
        self._data = data
        self._facts = facts
        self._signer = signer
        self._book = book
        self._now = now
        self._rng = rng
        self._beat_s = beat_s
        self._chases_s = tuple(chases_s)
        self._emit: Emit | None = None
        self._early: list[Event] = []
        self._rehearsing = Rehearsing(endpoints)
        self._queue: list[tuple[Signed, asyncio.Future[Verdict]]] = []
        self._asides: set[asyncio.Task[None]] = set()
        self._placed = asyncio.Event()
        self._signing_in = asyncio.Lock()
        self._due = ""
        """Of the next heartbeat."""
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
            await self._keys(emit)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.link.run(emit))
                tasks.create_task(self._beating())
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
            await self._credentials()
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
            signed = ordering.sign(order, instrument, self._book)
        except (VenueError, ValueError):
            return None
        sent = self._queued(order, signed, instrument)
        return lambda: self._place(order, instrument, sent)

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

    async def cancel(self, order: Known) -> None:
        """Ask for an order back. A cancel may be repeated: it is the same however often it is done."""
        try:
            ids = await self.pictures.ids(order)
            known = self.orders.of(order.order) or await self._adopt(order, ids)
            reply = await self._cancelled(ids)
        except Unreachable:
            self._tell(CancelRefused(at=self._now(), order=order.order, code="unsent"))
        except (Throttled, AuthFailed) as e:
            code = "throttled" if isinstance(e, Throttled) else "auth"
            self._tell(CancelRefused(at=self._now(), order=order.order, code=code))
        except VenueError as e:
            self._tell(Lost(at=self._now(), order=order.order, why=f"the cancel was not answered: {str(e)[:120]}"))
        else:
            if any(name in reply.canceled for name in ids):
                known.ended = True
                self._tell(Canceled(at=self._now(), order=order.order))
            else:
                await self._after_refused_cancel(known, order)

    async def cancel_many(self, orders: Sequence[Known]) -> None:
        """Ask for orders back, as many at once as the venue takes; those it does not name are cancelled one by one."""
        named = {order.order: (order, await self.pictures.ids(order)) for order in orders}
        ids = [name for _, some in named.values() for name in some]
        done: set[str] = set()
        for chunk in wire_orders.chunks(ids):
            try:
                done |= set((await self._delete("/orders", wire_orders.body(chunk))).canceled)
            except VenueError:
                continue
        for order, some in named.values():
            if not any(name in done for name in some):
                await self.cancel(order)
                continue
            known = self.orders.of(order.order)
            if known is not None:
                known.ended = True
            self._tell(Canceled(at=self._now(), order=order.order))

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Refuse: the venue cannot move an order."""
        self._tell(AmendRefused(at=self._now(), order=order.order, code="unsupported"))

    async def picture(self, orders: Sequence[Known]) -> None:
        """Emit our account as the venue shows it, and what it knows of each order named."""
        asked_at = self._now()
        try:
            await self._credentials()
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
        return self.orders.add(Tracked(signed.id, ours, order.order, place.qty, immediate))

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
            self._aside(self._chase(one))

    def _lost(self, one: Tracked, why: str) -> None:
        """Nobody knows whether the venue has it: say so, and look for it."""
        self._tell(Lost(at=self._now(), order=one.order, why=why))
        self._all(self.orders.answer(one))
        self._aside(self._search(one))

    def _matched(self, one: Tracked, verdict: Verdict) -> Decimal | None:
        """Return how many shares an order that trades at once has matched; None where the answer does not say."""
        if verdict.status == "unmatched":
            return Decimal(0)
        if verdict.status != "matched":
            return None
        return verdict.taking if one.ours.side.value == "buy" else verdict.making

    def _queued(self, order: Approved, signed: Signed, instrument: Instrument) -> _Sent:
        """Have an order sent together with all others of this moment; its news is known from now on."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Verdict] = loop.create_future()
        one = self._follow(order, signed, instrument)
        self._placed.set()
        self._queue.append((signed, answer))
        if len(self._queue) == 1:
            loop.call_soon(self._flush)
        return one, answer

    def _flush(self) -> None:
        queue, self._queue = self._queue, []
        keys = self._signer.credentials
        owner = keys.api_key if keys is not None else ""
        for n in range(0, len(queue), wire_orders.BATCH):
            batch = queue[n : n + wire_orders.BATCH]
            documents = [wire_orders.document(signed, owner) for signed, _ in batch]
            path, body = "/order", wire_orders.body(documents[0])
            if len(batch) > 1:
                path, body = "/orders", wire_orders.body(documents)
            begun = self._clob.begin("POST", path, body)
            self._aside(self._send([answer for _, answer in batch], path, body, begun))

    async def _send(self, batch: list[asyncio.Future[Verdict]], path: str, body: bytes, begun: Begun | None) -> None:
        try:
            answer = await self._clob.write("POST", path, body, begun=begun)
            verdicts = (
                [wire_orders.verdict(answer.status, answer.body)]
                if len(batch) == 1
                else wire_orders.verdicts(answer.status, answer.body, len(batch))
            )
        except BaseException as e:
            # a lane waits for each, and what is asked about the order waits for the lane: it must end, however this did
            cut = isinstance(e, asyncio.CancelledError)
            why = OutcomeUnknown(POLYMARKET, "we stopped before the answer came") if cut else e
            for waiting in batch:
                if not waiting.done():
                    waiting.set_exception(why)
            if isinstance(e, VenueError):
                return
            raise
        for waiting, verdict in zip(batch, verdicts, strict=True):
            if not waiting.done():
                waiting.set_result(verdict)

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
        answer = await self._clob.write("DELETE", path, body, bucket="cancel")
        if answer.status == wire_orders.RESTARTING:
            raise OutcomeUnknown(POLYMARKET, "the matching engine restarts")
        if not 200 <= answer.status < 300:
            raise WireError(POLYMARKET, f"HTTP {answer.status} to a cancel", answer.body)
        return wire_orders.cancel_reply(answer.body)

    async def _after_refused_cancel(self, one: Tracked, known: Known) -> None:
        """Find out why there was nothing to cancel: it may have filled. Only what is seen is told."""
        try:
            row = await self._row(one)
            if row is not None and row.status.upper().endswith("LIVE"):
                self._tell(CancelRefused(at=self._now(), order=one.order, code="refused"))
                return
            if row is not None:
                self._all(self.orders.take(row, self._now()))
            await self._read_trades(one, known.sent_at)
        except VenueError as e:
            self._tell(Lost(at=self._now(), order=one.order, why=f"not cancelled, and not found: {str(e)[:120]}"))
            return
        if one.ended or (one.qty is not None and one.filled >= one.qty):
            return
        self._tell(Lost(at=self._now(), order=one.order, why="the venue had nothing to cancel"))

    async def _search(self, one: Tracked) -> None:
        """Look for an order whose answer was lost, by the id it must have."""
        for pause in self._chases_s:
            await asyncio.sleep(pause)
            try:
                row = await self._row(one)
                if row is not None:
                    self._all(self.orders.take(row, self._now()))
                await self._read_trades(one, Nanos(self._now() - 60 * SECOND))
            except VenueError:
                continue
            if row is not None or one.fills or one.ended:
                return

    async def _chase(self, one: Tracked) -> None:
        """Ask for the trades of an order that matched, if nobody tells of them."""
        for pause in self._chases_s:
            await asyncio.sleep(pause)
            if one.ended or one.settled or (one.qty is not None and one.filled >= one.qty):
                return
            try:
                await self._read_trades(one, Nanos(self._now() - 60 * SECOND))
            except VenueError:
                continue
            if not one.immediate and one.fills:
                return

    async def _row(self, one: Tracked) -> OrderRow | None:
        """Return an order as the venue has it on the book, under whichever of its ids. Raises VenueError."""
        for name in list(one.names):
            row = await self.pictures.order(name)
            if row is not None:
                return row
        return None

    async def _read_trades(self, one: Tracked, after: Nanos) -> None:
        for row in await self.pictures.trades(after, market=one.ours.instrument.symbol):
            self._all(self.orders.take(row, self._now()))

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

    async def _credentials(self) -> None:
        async with self._signing_in:
            if self._signer.credentials is None:
                self._signer.credentials = await sign_in(self._signer, self._endpoints, self._now, self._rng)

    async def _keys(self, emit: Emit) -> None:
        """Have API keys and the venue's clock, however long it takes; what fails is told once."""
        said = ""
        while True:
            try:
                await set_clock(self._clob, self._signer, self._now)
                await self._credentials()
            except VenueError as e:
                why = f"no API keys: {str(e)[:150]}"
                if why != said:
                    said = why
                    emit(LinkChanged(at=self._now(), venue=POLYMARKET, up=False, channel="account", why=why))
                await asyncio.sleep(KEYS_AGAIN_S)
            else:
                return

    async def _beating(self) -> None:
        """Tell the venue that we are here, from the first order on: who stops in between loses what rests."""
        await self._placed.wait()
        while True:
            if not await self._beat():
                await self._beat()  # it was refused, and named the id that it expects
            await asyncio.sleep(self._beat_s)

    async def _beat(self) -> bool:
        """Send one heartbeat with the id that is due; whether it was taken, or not answered at all."""
        try:
            body = wire_orders.body({"heartbeat_id": self._due})
            answer = await self._clob.write("POST", "/v1/heartbeats", body, bucket="cancel")
            self._due = wire_orders.heartbeat_id(answer.body)
        except VenueError:
            return True  # it may have been taken: the next answer names what is due
        return answer.status < 400

    def _all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._tell(event)

    def _aside(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)
