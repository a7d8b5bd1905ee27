"""Orders on Kalshi: one request each, never repeated, and what became of it told as far as it is known.

::

    no answer, 5xx        it may be there                          Lost
    nothing left          surely not there                         Rejected (unsent)
    4xx                   a definite no                            Rejected
    409                   an order of this client id is there      looked up by that id: Accepted, or Lost
    201                   there                                    Accepted; fills come by the private stream

A cancel that finds nothing proves nothing, since the order may have filled: it is looked up as well.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import (
    AuthFailed,
    OutcomeUnknown,
    Throttled,
    Unreachable,
    VenueError,
    WireError,
)
from engine.core.events import AmendRefused, LinkChanged, Rejected
from engine.core.units import Qty
from engine.venues.kalshi import endpoints, wire, wire_account, wire_orders
from engine.venues.kalshi.answers import OK, Answers
from engine.venues.kalshi.groups import Groups
from engine.venues.kalshi.ours import Mine
from engine.venues.kalshi.wire_orders import ORDERS, Refusal, Unsendable
from engine.venues.port import Can, Capabilities, Depth
from engine.venues.recalled import Recalled, always

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import OrderId
    from engine.core.instrument import Known
    from engine.core.units import Nanos, Ticks
    from engine.venues.kalshi.account import Account
    from engine.venues.kalshi.ours import Ours
    from engine.venues.kalshi.private import Private
    from engine.venues.kalshi.sign import Ahead
    from engine.venues.link import Link
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Answer, Begun, Rest

CAN: Final = Can.POST_ONLY | Can.AMEND | Can.CANCEL_MANY | Can.GTD | Can.SHORT
SIGN_EVERY_S: Final = 0.1
"""Between two looks whether headers of orders are to be signed ahead."""
SIGN_NEXT_S: Final = 0.01
"""Between two signatures while some are missing: a burst of orders is followed by others."""
CATCH_UP_S: Final = 0.25
TIER_AGAIN_S: Final = 60.0
"""Between two questions which usage level the account has, until it is told."""
_NOTHING_DONE: Final[dict[type[VenueError], Refusal]] = {
    Unreachable: Refusal("unsent", "Kalshi cannot be reached; nothing was sent"),
    Throttled: Refusal("throttled", "asked too often; the venue did nothing"),
    AuthFailed: Refusal("auth", "the venue does not take our key, its rights or our clock"),
}


class Gateway(Answers):
    """Does what we ask of one Kalshi account."""

    def __init__(
        self,
        rest: Rest,
        link: Link,
        private: Private,
        ours: Ours,
        account: Account,
        now: Now,
        *,
        ahead: Ahead,
        budget_of: Callable[[str], bool],
        orders_per_second: float,
        group: str = "",
        cancel_on_pause: bool = False,
    ) -> None:
        super().__init__(ours, account, now)
        self.group = group
        """Order group of new orders: the venue cancels them all once too much of it matched."""
        self.groups = Groups(rest)
        self._rest = rest
        self._link = link
        self._private = private
        self._ahead = ahead
        self._budget_of = budget_of
        self._cancel_on_pause = cancel_on_pause
        self._recalled = Recalled()
        self._capabilities = Capabilities(Depth.LADDER, CAN, orders_per_second, "USD")

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do."""
        return self._capabilities

    async def run(self, emit: Emit) -> None:
        """Keep the private stream, ask for fills that stay away, sign ahead; return when cancelled."""
        self._to = emit
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._link.run(self._hear))
                tasks.create_task(self._signing())
                tasks.create_task(self._rest.stay_warm())
                tasks.create_task(self._catching_up(CATCH_UP_S))
                tasks.create_task(self._learn_tier())
        finally:
            await self._rest.close()

    async def submit(self, order: Approved) -> None:
        """Put an order on the wire, once, and emit what is then known."""
        try:
            body = wire_orders.create(order, group=self.group, cancel_on_pause=self._cancel_on_pause)
        except Unsendable as e:
            self._tell(Rejected(at=self._now(), order=order.order, code="unsent", text=str(e)))
            return
        mine = self._ours.add(order)
        await self._place(mine, order, body)

    def begin(self, order: Approved) -> Callable[[], Awaitable[None]] | None:
        """Put an order on the wire now, where it has to wait for nothing; see `Prompt`."""
        try:
            body = wire_orders.create(order, group=self.group, cancel_on_pause=self._cancel_on_pause)
        except Unsendable:
            return None
        begun = self._rest.begin("POST", ORDERS, body, cost=endpoints.CALL)
        if begun is None:
            return None
        mine = self._ours.add(order)
        return lambda: self._place(mine, order, body, begun)

    def rehearse(self, order: Approved) -> None:
        """Put an order into a request and let it go; headers signed ahead stay where they are."""
        body = wire_orders.create(order, group=self.group, cancel_on_pause=self._cancel_on_pause)
        self._rest.rehearse("POST", ORDERS, body, cost=endpoints.CALL)

    async def _place(self, mine: Mine, order: Approved, body: bytes, begun: Begun | None = None) -> None:
        wanted = self._recalled.wanted(order.order)
        answer = await self._write(mine, "POST", ORDERS, body, self._not_created, begun=begun, wanted=wanted)
        if answer is not None:
            await self._created(mine, order, answer)

    def recall(self, order: OrderId) -> None:
        """Let an order that still waits for its turn not leave any more."""
        self._recalled.add(order)

    async def cancel(self, order: Known) -> None:
        """Ask to cancel; what cannot be found is looked up."""
        mine = self._ours.learn(order)
        if not await self._find(mine, order):
            return
        path = f"{ORDERS}/{mine.venue_order}"
        answer = await self._write(
            mine, "DELETE", path, b"", self._not_canceled, cost=endpoints.CANCEL, bucket="cancel"
        )
        if answer is not None:
            await self._canceled(mine, order, answer)

    async def cancel_many(self, orders: Sequence[Known]) -> None:
        """Ask to cancel several at once; each is answered for itself."""
        known = [each for each in orders if self._ours.learn(each).venue_order]
        most = wire_orders.BATCH_MOST
        batches = [self._cancel_batch(known[start : start + most]) for start in range(0, len(known), most)]
        await asyncio.gather(*batches, *(self.cancel(order) for order in orders if order not in known))

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Ask to move it; making it smaller at its price keeps its place in the queue."""
        mine = self._ours.learn(order)
        if not await self._find(mine, order):
            return
        try:
            smaller = price == order.price and order.qty is not None and qty < order.qty
            by = Qty(order.qty - qty) if smaller and order.qty is not None else None
            if by is None:
                await self._learn_end(mine, order.sent_at)
            path = f"{ORDERS}/{mine.venue_order}/{'amend' if by is None else 'decrease'}"
            body = wire_orders.amend(order, price, qty, mine.ends) if by is None else wire_orders.decrease(order, by)
        except Unsendable:
            self._tell(AmendRefused(at=self._now(), order=mine.order, code="unsent"))
            return
        mine.moving = True
        answer = await self._write(mine, "POST", path, body, self._not_amended)
        if answer is not None:
            self._amended(mine, price, qty, answer)

    async def _write(
        self,
        mine: Mine,
        method: str,
        path: str,
        body: bytes,
        refused: Callable[[Mine, Refusal], None],
        *,
        cost: float = endpoints.CALL,
        bucket: str = "write",
        begun: Begun | None = None,
        wanted: Callable[[], bool] = always,
    ) -> Answer | None:
        """Send one request; return its answer, or None once all that is known was told."""
        try:
            return await self._rest.write(method, path, body, cost=cost, bucket=bucket, begun=begun, wanted=wanted)
        except (Unreachable, Throttled, AuthFailed) as e:
            refused(mine, _NOTHING_DONE[type(e)])
        except OutcomeUnknown as e:
            if path != ORDERS or not mine.venue_order:  # else the private stream has said already that it is there
                self._lost(mine, str(e))
        except asyncio.CancelledError:
            self._lost(mine, "we stopped before the answer came")
            raise
        return None

    async def _cancel_batch(self, orders: Sequence[Known]) -> None:
        mines = [self._ours.learn(each) for each in orders]
        cost = endpoints.CANCEL * len(orders)
        body = wire_orders.batch_cancel([(mine.venue_order, mine.instrument.symbol) for mine in mines])
        try:
            answer = await self._rest.write("DELETE", wire_orders.BATCHED, body, cost=cost, bucket="cancel")
            reply = wire.body(wire_orders.BATCH_CANCELED, answer.body) if answer.status in OK else None
        except (OutcomeUnknown, WireError) as e:
            for mine in mines:
                self._lost(mine, str(e))
            return
        except (Unreachable, Throttled, AuthFailed) as e:
            for mine in mines:
                self._not_canceled(mine, _NOTHING_DONE[type(e)])
            return
        except asyncio.CancelledError:
            for mine in mines:
                self._lost(mine, "we stopped before the answer came")
            raise
        if reply is None:
            for mine in mines:
                self._refused(mine, answer, self._not_canceled)
            return
        await self._canceled_each(orders, {item.order_id: item for item in reply.orders})

    async def _find(self, mine: Mine, order: Known) -> bool:
        """Make sure that the venue's id of an order is known; if not, tell what is, and return False."""
        if mine.venue_order:
            return True
        await self._look_up(mine, order.sent_at, "the venue does not show it")
        return bool(mine.venue_order) and not mine.ended and mine.end is None

    async def _learn_end(self, mine: Mine, sent_at: Nanos) -> None:
        """Know when an order's time runs out. Unsendable where the venue does not say: it might rest for ever."""
        if mine.ends_known:
            return
        try:
            found = await self._account.find(mine.client, mine.instrument.symbol, mine.venue_order, sent_at)
            ends = wire.understood(wire_account.ends, b"", found) if found is not None else None
        except VenueError as e:
            raise Unsendable(f"when its time runs out cannot be asked: {e}") from e
        if found is None:
            raise Unsendable("the venue does not show it")
        mine.ends, mine.ends_known = ends, True

    # ---- what runs beside

    def _hear(self, event: Event) -> bool:
        """Hand on what the link brings; that the socket stands is no news before its channels are on."""
        if isinstance(event, LinkChanged) and event.up and not self._private.on:
            return True
        self._tell(event)
        return True

    async def _signing(self) -> None:
        """Keep headers of orders ready, one at a time, so that nobody waits for a signature."""
        while True:
            signed = self._ahead.fill(self._now())
            await asyncio.sleep(SIGN_NEXT_S if signed else SIGN_EVERY_S)

    async def _learn_tier(self) -> None:
        """Read which usage level the account has, and keep within that one's budget; until then within the lowest."""
        while (tier := await self._tier()) is None:  # noqa: ASYNC110 - nobody tells when it can be read
            await asyncio.sleep(TIER_AGAIN_S)
        if self._budget_of(tier):
            write = endpoints.TIERS[tier].write
            self._capabilities = Capabilities(Depth.LADDER, CAN, write / endpoints.CALL, "USD")

    async def _tier(self) -> str | None:
        try:
            raw = await self._rest.read("/account/limits", cost=endpoints.CALL)
            return wire.body(wire_account.LIMITS, raw).usage_tier.lower()
        except VenueError:
            return None
