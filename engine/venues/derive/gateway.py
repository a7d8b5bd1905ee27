"""Orders on Derive: signed, sent once each, never repeated, and what became of them told as far as it is known.

::

    no answer, 5xx, 9000, 9001     it may be there                     Lost
    nothing left                   surely not there                    Rejected (unsent)
    an error                       a definite no                       Rejected
    an order                       there, with what it traded at once  Accepted, Filled…
    a cancel of what is gone       nothing is proved by that           looked up

A replacement is a new order under the same label. The venue may take the old one back and then refuse the new one:
then the order has ended, and that is told.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.core.errors import (
    AuthFailed,
    OutcomeUnknown,
    Throttled,
    Unreachable,
    VenueError,
    VenueRefused,
    WireError,
)
from engine.core.events import AmendRefused, LinkChanged, Rejected
from engine.core.units import NOTHING, Qty
from engine.venues.derive import upkeep, wire, wire_account, wire_orders
from engine.venues.derive.answers import Answers
from engine.venues.derive.asking import Refused
from engine.venues.derive.ours import Mine
from engine.venues.derive.wire_account import WORKING
from engine.venues.derive.wire_orders import GONE, Refusal, Unsendable
from engine.venues.port import Can, Capabilities, Depth
from engine.venues.recalled import Recalled, always
from engine.venues.rest import compact

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import OrderId
    from engine.core.instrument import Known
    from engine.core.units import Nanos, Ticks
    from engine.venues.derive.account import Account
    from engine.venues.derive.asking import Calls
    from engine.venues.derive.facts import Facts
    from engine.venues.derive.ours import Ours
    from engine.venues.derive.private import Private
    from engine.venues.derive.quoting import Quoting
    from engine.venues.derive.sign import Nonces, Signer
    from engine.venues.link import Link
    from engine.venues.port import Emit, Now

CAN: Final = Can.POST_ONLY | Can.AMEND | Can.GTD | Can.SHORT | Can.QUOTE_REQUESTS
_NOTHING_DONE: Final[dict[type[VenueError], Refusal]] = {
    Unreachable: Refusal("unsent", "Derive cannot be reached; nothing was sent"),
    Throttled: Refusal("throttled", "asked too often; the venue did nothing"),
    AuthFailed: Refusal("auth", "the venue does not take our key, its rights or our clock"),
}


class Gateway(Answers):
    """Does what we ask of one subaccount; answers requests for quotes, too."""

    def __init__(
        self,
        calls: Calls,
        link: Link,
        private: Private,
        signer: Signer,
        ours: Ours,
        account: Account,
        facts: Facts,
        quoting: Quoting,
        nonces: Nonces,
        now: Now,
        *,
        orders_per_second: float,
        learn: Callable[[wire_account.AccountReply], float],
        mmp: bool = False,
    ) -> None:
        super().__init__(ours, account, now, quoting)
        self.quoting = quoting
        self._calls = calls
        self._recalled = Recalled()
        self._link = link
        self._private = private
        self._signer = signer
        self._facts = facts
        self._nonces = nonces
        self._learn = learn
        self._mmp = mmp
        self._capabilities = Capabilities(Depth.LADDER, CAN, orders_per_second, wire_account.CASH)

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do; whether the venue protects against a lost connection is read from the account."""
        return self._capabilities

    async def run(self, emit: Emit) -> None:
        """Keep the private channels, ask for what stays away, take quotes back in time; return when cancelled."""
        self._to = emit
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._link.run(self._hear))
                tasks.create_task(upkeep.saying(self._private, self._link, self._following))
                tasks.create_task(self._catching_up(upkeep.CATCH_UP_S))
                tasks.create_task(self._tidying())
                tasks.create_task(self._calls.rest.stay_warm())
                tasks.create_task(self._learning())
        finally:
            await self._calls.rest.close()

    async def submit(self, order: Approved) -> None:
        """Put an order on the wire, once, and emit what is then known."""
        try:
            terms = wire_orders.terms(order)
            body = await self._signed(terms, order.place.instrument.symbol, order.at)
        except Unsendable as e:
            self._tell(Rejected(at=self._now(), order=order.order, code="unsent", text=str(e)[:200]))
            return
        mine = self._ours.add(order)
        mine.terms = terms
        wanted = self._recalled.wanted(order.order)
        raw = await self._write(mine, wire_orders.ORDER, compact(body), self._not_created, wanted=wanted)
        if raw is not None:
            self._created(mine, raw)

    def recall(self, order: OrderId) -> None:
        """Let an order that still waits for its turn not leave any more."""
        self._recalled.add(order)

    async def cancel(self, order: Known) -> None:
        """Ask to cancel; what cannot be found is looked up."""
        mine = self._ours.learn(order)
        if not await self._find(mine, order):
            return
        body = wire_orders.cancel(mine.venue_order, mine.instrument.symbol, self._signer.subaccount)
        raw = await self._write(mine, wire_orders.CANCEL, body, self._not_canceled, bucket="cancel", known=order)
        if raw is None:
            return
        try:
            row = wire.body(wire_account.ORDER, raw)
            told = wire.understood(self._ours.update, raw, row, self._now())
        except WireError:
            self._lost(mine, "the answer could not be read")
            return
        self._tell_all(told)
        if row.order_status in WORKING:
            await self._look_up(mine, order.sent_at, "the venue answered with an order that still works")

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Ask to put another order in its place, under the same label."""
        mine = self._ours.learn(order)
        if not await self._find(mine, order):
            return
        traded = max(order.filled, mine.told, mine.owed)  # what trades while this is put together refuses it
        of_this = Qty(max(traded - mine.before, NOTHING))
        try:
            terms = await self._terms_of(mine, order, price, qty - traded)
            body = await self._signed(terms, mine.instrument.symbol, self._now())
        except Unsendable:
            self._tell(AmendRefused(at=self._now(), order=mine.order, code="unsent"))
            return
        sent = wire_orders.replace(body, mine.venue_order, of_this)
        self._ours.moves(mine)
        raw = await self._write(mine, wire_orders.REPLACE, sent, self._not_amended, known=order)
        if raw is not None:
            self._amended(mine, terms, price, qty, raw)

    # ---- answers

    async def _signed(self, terms: wire_orders.Terms, symbol: str, at: Nanos) -> dict[str, object]:
        """Return a signed order; Unsendable where it cannot be."""
        spec, index = await self._facts.spec(symbol), await self._facts.index(symbol)
        self._nonces.above(int(at) - 1)
        return wire_orders.create(spec, terms, index, self._signer, self._nonces.next(), self._now(), mmp=self._mmp)

    async def _terms_of(self, mine: Mine, order: Known, price: Ticks, left: Decimal) -> wire_orders.Terms:
        """Return what takes an order's place, `left` being what is then left to trade; Unsendable where nothing can."""
        if left <= 0:
            raise Unsendable("so much of it has traded already that nothing would be left")
        if mine.terms is not None:
            return replace(mine.terms, price=price, qty=left)
        try:
            rows = await self._account.find(mine, order.sent_at)
        except VenueError as e:
            raise Unsendable(f"what was sent of it in an earlier session cannot be asked: {e}") from e
        if not rows:
            raise Unsendable("the venue does not show what was sent of it in an earlier session")
        return wire_orders.moved(order, rows[-1], price, left)

    async def _write(
        self,
        mine: Mine,
        path: str,
        body: bytes,
        refused: Callable[[Mine, Refusal], None],
        *,
        bucket: str = "write",
        known: Known | None = None,
        wanted: Callable[[], bool] = always,
    ) -> bytes | None:
        """Send one request; return its result, or None once all that is known was told."""
        try:
            return await self._calls.do(path, body, bucket, wanted=wanted)
        except (Unreachable, Throttled, AuthFailed) as e:
            refused(mine, _NOTHING_DONE[type(e)])
        except Refused as e:
            if known is not None and e.error.code in GONE:
                await self._look_up(mine, known.sent_at, "the venue does not know it any more", kept=refused)
            else:
                refused(mine, wire_orders.refusal(e.error))
        except VenueRefused as e:
            refused(mine, Refusal(e.code, str(e)))
        except OutcomeUnknown as e:
            if path != wire_orders.ORDER or not mine.venue_order:  # else a channel has said already that it is there
                self._lost(mine, str(e))
        except asyncio.CancelledError:
            self._lost(mine, "we stopped before the answer came")
            raise
        return None

    # ---- what runs beside

    def _hear(self, event: Event) -> bool:
        """Hand on what the link brings; that the socket stands is no news before its channels are on."""
        if isinstance(event, LinkChanged) and event.up and not self._private.on:
            return True
        self._tell(event)
        return True

    async def _following(self) -> None:
        """Read the requests for quotes that were there before the channel told of any."""
        try:
            self._tell_all(await self.quoting.requests())
        except VenueError:
            return  # those who are no makers may not ask; the channel tells of what comes

    async def _tidying(self) -> None:
        """Take quotes back whose time is out."""
        while True:
            await asyncio.sleep(upkeep.CATCH_UP_S)
            self._tell_all(await self.quoting.tidy())

    async def _learning(self) -> None:
        """Read what the wallet may do, and keep within that."""
        reply = await upkeep.allowed(self._calls, self._signer.owner)
        if reply is not None:
            can = CAN | Can.CANCEL_ON_DISCONNECT if reply.cancel_on_disconnect else CAN
            self._capabilities = Capabilities(Depth.LADDER, can, self._learn(reply), wire_account.CASH)
