"""Quotes on paper: a taker who takes some of them and lets the others go. Nothing is signed, nothing leaves.

Quotes of options priced in dollars a unit alone: the cost of a trade is price times quantity.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.events import LinkChanged, Pictured, QuoteRequestOver, QuoteStood, QuoteTaken, Rejected
from engine.core.quotes import QuoteFill
from engine.core.units import MICRO, NO_MONEY, Money, Qty, Side
from engine.venues.port import Can, Capabilities, Depth, Gateway

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import VenueId
    from engine.core.instrument import Known
    from engine.core.quotes import Quote
    from engine.core.units import Nanos, Ticks
    from engine.venues.port import Emit, Now

TAKES: Final = 0.5
"""Share of the quotes that are taken."""
THINKS_S: Final = (1.0, 4.0)
"""Real seconds until the taker has made up his mind."""


class PaperQuotes(Gateway):
    """The simulated taker of one venue of requests."""

    def __init__(
        self, venue: VenueId, now: Now, rng: random.Random, *, takes: float = TAKES,
        thinks_s: tuple[float, float] = THINKS_S,
    ) -> None:  # fmt: skip
        """Begin without quotes; `takes` is the share that is taken."""
        self._venue = venue
        self._now = now
        self._rng = rng
        self._takes = takes
        self._thinks_s = thinks_s
        self._emit: Emit | None = None
        self._thinking: dict[str, asyncio.TimerHandle] = {}

    @property
    @override
    def capabilities(self) -> Capabilities:
        """It takes quotes, and no orders."""
        return Capabilities(Depth.NONE, Can.QUOTE_REQUESTS, 10.0, "USD")

    @override
    async def run(self, emit: Emit) -> None:
        """Answer through `emit` until cancelled."""
        self._emit = emit
        emit(LinkChanged(at=self._now(), venue=self._venue, up=True, channel="account", why="on paper"))
        try:
            await asyncio.Event().wait()
        finally:
            self._emit = None
            for timer in self._thinking.values():
                timer.cancel()
            self._thinking.clear()

    async def quote(self, quote: Quote) -> None:
        """Let a quote stand, and the taker think."""
        if self._now() >= quote.until:
            self._stood(quote, "rejected", "its time was over before it was sent")
            return
        self._stood(quote, "open", "with the simulated taker")
        wait = self._rng.uniform(*self._thinks_s)
        takes = self._rng.random() < self._takes
        self._thinking[quote.client] = asyncio.get_running_loop().call_later(wait, self._decided, quote, takes)

    async def requote(self, quote: Quote) -> None:
        """Put it in the former one's place."""
        await self.unquote(quote)
        await self.quote(quote)

    async def unquote(self, quote: Quote) -> None:
        """Take a quote back, unless it was taken."""
        timer = self._thinking.pop(quote.client, None)
        if timer is not None:
            timer.cancel()
            self._stood(quote, "cancelled", "taken back")

    async def quotes(self, requests: Sequence[str]) -> None:
        """Everything was told."""

    @override
    async def submit(self, order: Approved) -> None:
        """Refuse it: there are no order books here."""
        at = self._now()
        self._tell(Rejected(at=at, order=order.order, code="unsent", text=f"{self._venue} takes quotes, not orders"))

    @override
    async def cancel(self, order: Known) -> None:
        """Nothing was ever sent."""

    @override
    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Nothing was ever sent."""

    @override
    async def picture(self, orders: Sequence[Known]) -> None:
        """Say that our own ledger is the account."""
        self._tell(Pictured(at=self._now(), venue=self._venue, asked_at=self._now()))

    def _decided(self, quote: Quote, takes: bool) -> None:
        self._thinking.pop(quote.client, None)
        at, asked = self._now(), quote.request
        if takes and at < quote.until:
            self._tell(taken(quote, at))
        status = "filled" if takes else "cancelled"
        self._tell(QuoteRequestOver(at=at, venue=asked.venue, request=asked.id, status=status))

    def _stood(self, quote: Quote, status: str, text: str) -> None:
        asked = quote.request
        self._tell(
            QuoteStood(
                at=self._now(), venue=asked.venue, request=asked.id, client=quote.client, status=status, text=text,
                best=True if status == "open" else None,
            )
        )  # fmt: skip

    def _tell(self, event: Event) -> None:
        if self._emit is not None:
            self._emit(event)


def taken(quote: Quote, at: Nanos) -> QuoteTaken:
    """Return that a quote was taken whole, at its prices."""
    fills = []
    for leg in quote.legs:
        buy = (quote.side is Side.BUY) is (leg.side is Side.BUY)
        qty = Qty(quote.qty * leg.ratio)
        price = leg.price or NO_MONEY
        cost = Money((price * qty).quantize(MICRO))
        fills.append(
            QuoteFill(
                trade_id=f"paper:{quote.client}:{leg.instrument.symbol}", instrument=leg.instrument,
                side=Side.BUY if buy else Side.SELL, price=price, qty=qty, cost=cost, fee=NO_MONEY, at=at,
            )
        )  # fmt: skip
    asked, name = quote.request, f"paper:{quote.client}"
    return QuoteTaken(
        at=at, venue=asked.venue, request=asked.id, client=quote.client, trade=name, legs=tuple(fills)
    )  # fmt: skip
