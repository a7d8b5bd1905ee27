"""What an answer left open is asked for: orders by the id they must have, trades that nobody tells of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.core.errors import VenueError
from engine.core.events import CancelRefused, Lost
from engine.core.units import SECOND, Nanos

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.events import Event
    from engine.core.instrument import Known
    from engine.venues.polymarket.picture import Pictures
    from engine.venues.polymarket.tracked import Orders, Tracked
    from engine.venues.polymarket.wire_user import OrderRow
    from engine.venues.port import Now


class Chasing:
    """Looks for orders and trades; only what is seen is told.

    Parameters
    ----------
    pauses_s : sequence of float
        Before each look.
    """

    def __init__(
        self, pictures: Pictures, orders: Orders, now: Now, tell: Callable[[Event], None], pauses_s: Sequence[float]
    ) -> None:
        self._pictures = pictures
        self._orders = orders
        self._now = now
        self._tell = tell
        self.pauses_s = tuple(pauses_s)

    async def order(self, one: Tracked) -> None:
        """Look for an order whose answer was lost, by the id it must have."""
        for pause in self.pauses_s:
            await asyncio.sleep(pause)
            try:
                row = await self._row(one)
                if row is not None:
                    self._all(self._orders.take(row, self._now()))
                await self._read_trades(one, Nanos(self._now() - 60 * SECOND))
            except VenueError:
                continue
            if row is not None or one.fills or one.ended:
                return

    async def trades(self, one: Tracked) -> None:
        """Ask for the trades of an order that matched, if nobody tells of them."""
        for pause in self.pauses_s:
            await asyncio.sleep(pause)
            if one.ended or one.settled or (one.qty is not None and one.filled >= one.qty):
                return
            try:
                await self._read_trades(one, Nanos(self._now() - 60 * SECOND))
            except VenueError:
                continue
            if not one.immediate and one.fills:
                return

    async def uncancelled(self, one: Tracked, known: Known) -> None:
        """Find out why there was nothing to cancel: it may have filled."""
        try:
            row = await self._row(one)
            if row is not None and row.status.upper().endswith("LIVE"):
                self._tell(CancelRefused(at=self._now(), order=one.order, code="refused"))
                return
            if row is not None:
                self._all(self._orders.take(row, self._now()))
            await self._read_trades(one, known.sent_at)
        except VenueError as e:
            self._tell(Lost(at=self._now(), order=one.order, why=f"not cancelled, and not found: {str(e)[:120]}"))
            return
        if one.ended or (one.qty is not None and one.filled >= one.qty):
            return
        self._tell(Lost(at=self._now(), order=one.order, why="the venue had nothing to cancel"))

    async def _row(self, one: Tracked) -> OrderRow | None:
        """Return an order as the venue has it on the book, under whichever of its ids. Raises VenueError."""
        for name in list(one.names):
            row = await self._pictures.order(name)
            if row is not None:
                return row
        return None

    async def _read_trades(self, one: Tracked, after: Nanos) -> None:
        for row in await self._pictures.trades(after, market=one.ours.instrument.symbol):
            self._all(self._orders.take(row, self._now()))

    def _all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._tell(event)
