"""What Kalshi's answers about orders mean, and what is told of them; what an answer leaves open is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.commands import Tif
from engine.core.errors import VenueError, WireError
from engine.core.events import Amended, AmendRefused, CancelRefused, Rejected
from engine.core.ids import KALSHI
from engine.venues.kalshi import wire, wire_account, wire_orders
from engine.venues.kalshi.numbers import qty
from engine.venues.kalshi.ours import Mine
from engine.venues.kalshi.wire_account import Fact
from engine.venues.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.instrument import Known
    from engine.core.units import Nanos, Qty, Ticks
    from engine.venues.kalshi.account import Account
    from engine.venues.kalshi.ours import Ours
    from engine.venues.kalshi.wire_orders import Refusal
    from engine.venues.port import Now
    from engine.venues.rest import Answer

OK: Final = frozenset({200, 201})
_UNSETTLED: Final = frozenset({408, 425})
"""Statuses below 500 that still say nothing of the order."""


class Answers(Telling[Mine, Fact]):
    """Takes in what the venue said of our orders."""

    venue = KALSHI
    _ours: Ours

    def __init__(self, ours: Ours, account: Account, now: Now) -> None:
        super().__init__(ours, account, lambda mine: account.fills(venue_order=mine.venue_order), now)
        self._account = account

    async def _created(self, mine: Mine, order: Approved, answer: Answer) -> None:
        if answer.status == 409:
            await self._look_up(mine, self._now(), "an order of its client id exists, and is not shown")
        elif answer.status not in OK:
            self._refused(mine, answer, self._not_created)
        else:
            try:
                reply = wire.body(wire_orders.CREATED, answer.body)
                filled = wire.understood(wire_orders.filled_in, answer.body, reply)
            except WireError:
                self._lost(mine, "the answer could not be read")
                return
            at = self._now()
            self._tell_all(self._ours.accepted(mine, reply.order_id, at))
            self._ours.filled_by(mine, filled, at)
            if order.place.tif in {Tif.IOC, Tif.FOK} and mine.qty is not None and filled < mine.qty:
                self._tell_all(self._ours.end(mine, "", at))

    async def _canceled(self, mine: Mine, order: Known, answer: Answer) -> None:
        if answer.status == 404:
            await self._look_up(mine, order.sent_at, "the venue does not know it any more", kept=True)
        elif answer.status not in OK:
            self._refused(mine, answer, self._not_canceled)
        else:
            try:
                reply = wire.body(wire_orders.CANCELED, answer.body)
            except WireError:
                self._lost(mine, "the answer could not be read")
                return
            self._gone(mine, reply.reduced_by)

    async def _canceled_each(self, orders: Sequence[Known], items: dict[str, wire_orders.BatchCancelItem]) -> None:
        for order in orders:
            mine = self._ours.learn(order)
            item = items.get(mine.venue_order)
            if item is None:
                self._lost(mine, "the answer does not speak of it")
            elif item.error is None:
                self._gone(mine, item.reduced_by)
            elif (refusal := wire_orders.refused(item.error)).code == "not_found":
                await self._look_up(mine, order.sent_at, "the venue does not know it any more", kept=True)
            else:
                self._not_canceled(mine, refusal)

    def _amended(self, mine: Mine, price: Ticks, total: Qty, answer: Answer) -> None:
        if answer.status not in OK:
            self._refused(mine, answer, self._not_amended)
            return
        try:
            reply = wire.body(wire_orders.AMENDED, answer.body)
        except WireError:
            self._lost(mine, "the answer could not be read")
            return
        at = self._now()
        told = self._ours.moved(mine, reply.order_id, total, at)
        self._tell(Amended(at=at, order=mine.order, price=price, qty=total))
        self._tell_all(told)

    async def _look_up(self, mine: Mine, sent_at: Nanos, why: str, *, kept: bool = False) -> None:
        """Ask what became of one order, and tell it; `kept`: a cancel of one that still works was refused."""
        try:
            found = await self._account.find(
                mine.client, mine.instrument.symbol, mine.venue_order, sent_at, moved=mine.unsure
            )
            if found is None:
                self._lost(mine, why)
                return
            events = wire.understood(self._standing, b"", mine, found)
        except VenueError as e:
            self._lost(mine, f"{why}; {e}")
            return
        self._tell_all(events)
        if kept and found.status == "resting":
            self._tell(CancelRefused(at=self._now(), order=mine.order, code="not_found"))

    def _standing(self, mine: Mine, found: wire_account.RestOrder) -> list[Event]:
        """Return what an order shown by REST tells."""
        msg = wire.UserOrderMsg(
            order_id=found.order_id,
            ticker=found.ticker,
            status=found.status,
            client_order_id=mine.client,
            fill_count_fp=found.fill_count_fp,
        )
        return self._ours.update(msg, self._now())

    def _gone(self, mine: Mine, reduced: str) -> None:
        """Tell that what was left of an order was cancelled; what it had filled before comes first."""
        at = self._now()
        try:
            if mine.qty is not None:
                self._ours.filled_by(mine, mine.qty - qty(reduced), at)
        except ValueError:
            self._lost(mine, "the answer could not be read")
            return
        self._tell_all(self._ours.end(mine, "", at))

    def _refused(self, mine: Mine, answer: Answer, told: Callable[[Mine, Refusal], None]) -> None:
        if not 400 <= answer.status < 500 or answer.status in _UNSETTLED:
            self._lost(mine, f"HTTP {answer.status}")
        else:
            told(mine, wire_orders.refusal(answer.status, answer.body))

    def _not_created(self, mine: Mine, refusal: Refusal) -> None:
        self._ours.forget(mine)
        self._tell(Rejected(at=self._now(), order=mine.order, code=refusal.code, text=refusal.text))

    def _not_canceled(self, mine: Mine, refusal: Refusal) -> None:
        self._tell(CancelRefused(at=self._now(), order=mine.order, code=refusal.code))

    def _not_amended(self, mine: Mine, refusal: Refusal) -> None:
        told = self._ours.moved(mine, mine.venue_order, None, self._now())
        self._tell(AmendRefused(at=self._now(), order=mine.order, code=refusal.code))
        self._tell_all(told)

    @override
    def _lost(self, mine: Mine, why: str) -> None:
        super()._lost(mine, why)
        if mine.moving:
            mine.unsure = True
            self._tell_all(self._ours.moved(mine, mine.venue_order, None, self._now()))
