"""What a gateway with its orders in `Ours` does at any venue: tell, show the account, ask for fills that stay away.

A venue's gateway inherits it and says in its own words how orders are sent and answered.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final, Generic, Protocol

from engine.core.errors import InvariantBroken, VenueError
from engine.core.events import Lost, Pictured
from engine.core.ids import OrderId
from engine.core.units import SECOND, Nanos
from engine.venues.ours import F, M

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from engine.core.events import Event
    from engine.core.ids import VenueId
    from engine.core.instrument import Known
    from engine.core.quotes import Quote
    from engine.venues.ours import Ours
    from engine.venues.port import Emit, Now

LOOKS_MOST: Final = 5
"""How often fills that the venue spoke of are asked for before their order is called lost."""
STRANGERS: Final = "an order that is not from here traded: the account is read again"
STRANGERS_EVERY: Final = Nanos(5 * SECOND)
"""Somebody else may trade all the time: between two, the account can be read and found to be the venue's."""


class Shows(Protocol):
    """A venue's account, as far as a picture of it goes."""

    async def picture(self, orders: Sequence[Known], /) -> Pictured:
        """Return the account, and for each order named what the venue knows of it."""


class Quotes(Protocol):
    """What answers requests for quotes at a venue; each call returns what is then known."""

    async def quote(self, quote: Quote) -> Iterable[Event]:
        """Send a quote, once."""

    async def requote(self, quote: Quote) -> Iterable[Event]:
        """Send one in the place of another."""

    async def unquote(self, quote: Quote) -> Iterable[Event]:
        """Take one back."""

    async def quotes(self, requests: Sequence[str]) -> Iterable[Event]:
        """Ask how ours on these requests stand."""


class Telling(Generic[M, F]):
    """Tells what becomes of orders, each thing once."""

    venue: ClassVar[VenueId]

    def __init__(self, ours: Ours[M, F], shows: Shows, fills: Callable[[M], Awaitable[Sequence[F]]], now: Now) -> None:
        """Take the orders, the account, and how the fills of one order are asked for."""
        self._ours = ours
        self._shows = shows
        self._fills = fills
        self._now = now
        self._to: Emit | None = None
        self._strange_at = Nanos(0)

    async def picture(self, orders: Sequence[Known]) -> None:
        """Emit the account, and for each order named what the venue knows of it."""
        self._tell(await self._shows.picture(orders))
        self._tell_all(self._ours.caught_up(self._now()))
        for known in orders:
            if (mine := self._ours.find(known.client, known.venue_order)) is not None:
                self._tell_all(self._ours.ending(mine))

    def _tell(self, event: Event) -> None:
        if self._to is None:
            msg = "an order was sent to a gateway that does not run"
            raise InvariantBroken(msg)
        self._to(event)

    def _tell_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._tell(event)

    def _lost(self, mine: M, why: str) -> None:
        """Tell that what became of a request is not known, unless a stream has told it already."""
        if not mine.ended:
            self._tell(Lost(at=self._now(), order=OrderId(mine.order), why=why[:200]))

    async def _catching_up(self, every_s: float) -> None:
        """Ask for fills that the venue spoke of and did not send, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            for mine in self._ours.missing(self._now()):
                await self._catch_up(mine)
            self._look_for_strangers()

    def _look_for_strangers(self) -> None:
        """Say that our account is not known any more once somebody else has traded on it."""
        at = self._now()
        if at - self._strange_at >= STRANGERS_EVERY and self._ours.strangers(at):
            self._strange_at = at
            self._tell(Pictured(at=at, venue=self.venue, asked_at=at, ok=False, why=STRANGERS))

    async def _catch_up(self, mine: M) -> None:
        mine.looks += 1
        try:
            facts = await self._fills(mine)
        except VenueError:
            facts = ()
        at = self._now()
        for fact in facts:
            if self._ours.find(fact.client, fact.order_id) is mine:
                self._tell_all(self._ours.fill(fact, at, asked=True))
        if mine.behind_since is None:
            return
        mine.behind_since = at
        if mine.looks >= LOOKS_MOST:
            self._ours.even(mine)
            self._lost(mine, "the venue says that more of it filled than it shows")


class TellingQuotes(Telling[M, F]):
    """One that answers requests for quotes, too."""

    def __init__(
        self, ours: Ours[M, F], shows: Shows, fills: Callable[[M], Awaitable[Sequence[F]]], now: Now, maker: Quotes
    ) -> None:
        super().__init__(ours, shows, fills, now)
        self._maker = maker

    async def quote(self, quote: Quote) -> None:
        """Put a quote on the wire, once, and emit what is then known."""
        self._tell_all(await self._maker.quote(quote))

    async def requote(self, quote: Quote) -> None:
        """Put this one in the place of the quote of the same client id."""
        self._tell_all(await self._maker.requote(quote))

    async def unquote(self, quote: Quote) -> None:
        """Take a quote back."""
        self._tell_all(await self._maker.unquote(quote))

    async def quotes(self, requests: Sequence[str]) -> None:
        """Ask how our quotes on these requests stand, and emit it."""
        self._tell_all(await self._maker.quotes(requests))
