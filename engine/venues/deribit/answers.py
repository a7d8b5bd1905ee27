"""What Deribit's answers about orders mean, and what is told of them; what an answer leaves open is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import Tif
from engine.core.errors import VenueError, WireError
from engine.core.events import Amended, AmendRefused, CancelRefused, Rejected
from engine.core.ids import DERIBIT
from engine.venues.deribit import codes, wire, wire_orders
from engine.venues.deribit.ours import Mine
from engine.venues.deribit.wire_orders import Fact
from engine.venues.telling import TellingQuotes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.instrument import Instrument
    from engine.core.units import Qty, Ticks
    from engine.venues.deribit.account import Account
    from engine.venues.deribit.maker import Maker
    from engine.venues.deribit.ours import Ours
    from engine.venues.deribit.wire_orders import Done, Row
    from engine.venues.port import Now


class Answers(TellingQuotes[Mine, Fact]):
    """Takes in what the venue said of our orders."""

    venue = DERIBIT
    _ours: Ours

    def __init__(self, ours: Ours, account: Account, known: Mapping[str, Instrument], now: Now, maker: Maker) -> None:
        super().__init__(ours, account, account.fills, now, maker)
        self._account = account
        self._known = known

    def _placed(self, mine: Mine, order: Approved, reply: wire.Reply | wire.Refusal) -> None:
        if isinstance(reply, wire.Refusal):
            self._not_placed(mine, codes.word(reply.code), codes.sentence(reply))
            return
        try:
            done = wire.body(wire_orders.DONE, reply.result)
            events = self._done(mine, done)
        except WireError:
            self._lost(mine, "the answer could not be read")
            return
        at = self._now()
        if done.order.order_state == "rejected" and not done.trades:
            self._not_placed(mine, "rejected", "the venue rejected it")
            return
        self._tell_all(events)
        open_still = done.order.order_state == "open"
        if open_still and order.place.tif in {Tif.IOC, Tif.FOK}:
            self._tell_all(self._ours.end(mine, "", at))

    def _done(self, mine: Mine, done: Done) -> list[Event]:
        """Return what an answer with an order and its trades tells.

        Raises
        ------
        WireError
            If its numbers mean nothing, or it is of another order.
        """
        at = self._now()
        if done.order.label and done.order.label != mine.client:
            raise WireError(DERIBIT, "the answer is of another order")
        if done.order.order_state == "rejected" and not done.trades:
            return []
        events = wire.understood(self._ours.accepted, done.order.order_id, mine, done.order.order_id, at)
        for trade in done.trades:
            fact = wire.understood(wire_orders.fact, trade.trade_id, trade, self._known)
            events += self._ours.fill(fact, at)
        done.order.label = mine.client
        return events + wire.understood(self._ours.update, done.order.order_id, done.order, at)

    async def _canceled(self, mine: Mine, method: str, reply: wire.Reply | wire.Refusal) -> None:
        if isinstance(reply, wire.Refusal):
            if reply.code in codes.GONE:
                await self._find(mine, "the venue does not know it any more", kept=True)
            else:
                self._tell(CancelRefused(at=self._now(), order=mine.order, code=codes.word(reply.code)))
            return
        try:
            if method == "private/cancel_by_label":
                wire.body(wire_orders.COUNT, reply.result)
                await self._find(mine, "the venue does not show it")
                return
            row: Row = wire.body(wire_orders.ROW, reply.result)
            events = wire.understood(self._standing, row.order_id, mine, row)
        except WireError:
            self._lost(mine, "the answer could not be read")
            return
        self._tell_all(events)

    def _amended(self, mine: Mine, price: Ticks, qty: Qty, reply: wire.Reply | wire.Refusal) -> None:
        if isinstance(reply, wire.Refusal):
            self._tell(AmendRefused(at=self._now(), order=mine.order, code=codes.word(reply.code)))
            return
        try:
            done = wire.body(wire_orders.DONE, reply.result)
            events = self._done(mine, done)
        except WireError:
            self._lost(mine, "the answer could not be read")
            return
        mine.qty = qty
        self._tell(Amended(at=self._now(), order=mine.order, price=price, qty=qty))
        self._tell_all(events)

    async def _find(self, mine: Mine, why: str, *, kept: bool = False) -> bool:
        """Ask what became of one order, and tell it; return whether it works. `kept`: a cancel of it was refused."""
        try:
            row = await self._account.find(mine)
            if row is None:
                self._lost(mine, why)
                return False
            events = wire.understood(self._standing, row.order_id, mine, row)
        except VenueError as e:
            self._lost(mine, f"{why}; {e}")
            return False
        self._tell_all(events)
        works = row.order_state not in wire_orders.ENDED
        if kept and works:
            self._tell(CancelRefused(at=self._now(), order=mine.order, code="not_found"))
        return works

    def _standing(self, mine: Mine, row: Row) -> list[Event]:
        row.label = mine.client
        return self._ours.update(row, self._now())

    def _not_placed(self, mine: Mine, code: str, text: str) -> None:
        self._ours.forget(mine)
        self._tell(Rejected(at=self._now(), order=mine.order, code=code, text=text[:200]))
