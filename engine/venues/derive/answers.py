"""What Derive's answers about orders mean, and what is told of them; what an answer leaves open is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from engine.core.errors import VenueError, WireError
from engine.core.events import Amended, AmendRefused, CancelRefused, Rejected
from engine.core.ids import DERIVE
from engine.venues.derive import wire, wire_account
from engine.venues.derive.ours import Mine
from engine.venues.derive.wire_account import WORKING, Fact, size
from engine.venues.derive.wire_orders import Refusal
from engine.venues.telling import TellingQuotes

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.instrument import Known
    from engine.core.units import Nanos, Qty, Ticks
    from engine.venues.derive.account import Account
    from engine.venues.derive.ours import Ours
    from engine.venues.derive.quoting import Quoting
    from engine.venues.derive.wire_orders import Terms
    from engine.venues.port import Now


class Answers(TellingQuotes[Mine, Fact]):
    """Takes in what the venue said of our orders."""

    venue = DERIVE
    _ours: Ours

    def __init__(self, ours: Ours, account: Account, now: Now, quoting: Quoting) -> None:
        super().__init__(ours, account, lambda mine: account.fills(venue_order=mine.venue_order), now, quoting)
        self._account = account

    def _created(self, mine: Mine, raw: bytes) -> None:
        try:
            reply = wire.body(wire_account.PLACED, raw)
            facts = wire.understood(lambda rows: [wire_account.fact(row) for row in rows], raw, reply.trades or [])
            at = self._now()
            if reply.order.order_status != "rejected":
                self._tell_all(self._ours.accepted(mine, reply.order.order_id, at))
            for fact in facts:
                self._tell_all(self._ours.fill(fact, at))
            self._tell_all(wire.understood(self._ours.update, raw, reply.order, at))
        except WireError:
            self._lost(mine, "the answer could not be read")

    def _amended(self, mine: Mine, terms: Terms, price: Ticks, total: Qty, raw: bytes) -> None:
        at = self._now()
        try:
            reply = wire.body(wire_account.REPLACED, raw)
            facts = wire.understood(lambda rows: [wire_account.fact(row) for row in rows], raw, reply.trades or [])
            gone = reply.cancelled_order
            before = None if gone is None else wire.understood(size, raw, gone.filled_amount)
            if reply.order is None:
                told = wire.understood(self._ours.moved, raw, mine, None, None, at)
                self._tell(AmendRefused(at=at, order=mine.order, code="replaced_by_nothing"))
                self._tell_all(told)
                if gone is not None:
                    self._tell_all(wire.understood(self._ours.update, raw, gone, at))
                return
            told = wire.understood(self._ours.moved, raw, mine, reply.order, before, at)
        except WireError:
            self._lost(mine, "the answer could not be read")
            return
        mine.terms = terms
        self._tell(Amended(at=at, order=mine.order, price=price, qty=mine.qty if mine.qty is not None else total))
        for fact in facts:
            self._tell_all(self._ours.fill(fact, at))
        self._tell_all(told)

    async def _find(self, mine: Mine, order: Known) -> bool:
        """Make sure that the venue's id of an order is known; if not, tell what is, and return False."""
        if not mine.venue_order:
            await self._look_up(mine, order.sent_at, "the venue does not show it")
        return bool(mine.venue_order) and not mine.ended and mine.end is None

    async def _look_up(
        self, mine: Mine, sent_at: Nanos, why: str, *, kept: Callable[[Mine, Refusal], None] | None = None
    ) -> None:
        """Ask what became of one order, and tell it; `kept` is told where it works in spite of a no."""
        mine.moving = False
        try:
            rows = await self._account.find(mine, sent_at)
            if not rows:
                self._lost(mine, why)
                return
            at = self._now()
            before = mine.venue_order
            self._ours.shown(mine, rows)
            self._tell_all(self._ours.renamed(mine, before, at))
            events = wire.understood(self._ours.update, b"", rows[-1], at)
        except VenueError as e:
            self._lost(mine, f"{why}; {e}")
            return
        self._tell_all(events)
        if kept is not None and rows[-1].order_status in WORKING:
            kept(mine, Refusal("not_found", why))

    def _not_created(self, mine: Mine, refusal: Refusal) -> None:
        self._ours.forget(mine)
        self._tell(Rejected(at=self._now(), order=mine.order, code=refusal.code, text=refusal.text))

    def _not_canceled(self, mine: Mine, refusal: Refusal) -> None:
        self._tell(CancelRefused(at=self._now(), order=mine.order, code=refusal.code))

    def _not_amended(self, mine: Mine, refusal: Refusal) -> None:
        told = self._ours.moved(mine, None, None, self._now())
        self._tell(AmendRefused(at=self._now(), order=mine.order, code=refusal.code))
        self._tell_all(told)

    @override
    def _lost(self, mine: Mine, why: str) -> None:
        super()._lost(mine, why)
        if mine.moving:
            self._ours.lost(mine)
