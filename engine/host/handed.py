"""Quotes that a venue was handed and that may have been taken: asked for after a cut, and while that is not known.

An account's stream repeats nothing. A quote that was taken while it was cut would never be heard of, and never hedged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.events import LinkChanged, QuoteStood, QuoteTaken
from engine.core.units import SECOND

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from engine.core.events import Event
    from engine.core.ids import VenueId
    from engine.core.quotes import Quote
    from engine.core.units import Nanos

LATE: Final = 60 * SECOND
"""So long after a quote's time, or after it was to be taken back, its trade may still be told."""
LOOKS_S: Final = (1.0, 3.0, 10.0, 30.0)
"""Real seconds before each look for a quote without a known outcome, or for the trade of one that was taken."""
SETTLED: Final = frozenset({"rejected", "cancelled", "expired"})
UNSURE: Final = frozenset({"lost", "filled"})


class Handed:
    """Quotes by our id, until what became of each is told, or its time is long over.

    Parameters
    ----------
    now : callable
        The session's clock.
    ask : callable
        Has a venue asked how our quotes on some requests stand.
    """

    def __init__(
        self,
        now: Callable[[], Nanos],
        loop: asyncio.AbstractEventLoop,
        ask: Callable[[VenueId, Sequence[str]], None],
    ) -> None:
        self._now = now
        self._loop = loop
        self._ask = ask
        self._quotes: dict[str, Quote] = {}
        self._until: dict[str, int] = {}
        self._looks: dict[str, int] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def keep(self, quote: Quote) -> None:
        """Follow a quote that is handed to its venue, or is to be taken back there."""
        now = self._now()
        for client in [client for client, until in self._until.items() if now > until]:
            self._forget(client)
        self._quotes[quote.client], self._until[quote.client] = quote, max(now, quote.until) + LATE

    def hear(self, event: Event) -> None:
        """Take in what a gateway says, after the kernel was told."""
        match event:
            case LinkChanged(channel="account", up=True, venue=venue):
                self._ask_all(venue)
            case QuoteTaken(client=client):
                self._forget(client)
            case QuoteStood(client=client, status=status):
                if status in SETTLED:
                    self._forget(client)
                elif status in UNSURE:
                    self._soon(client)
            case _:
                pass

    def stop(self) -> None:
        """Ask for nothing any more."""
        for client in list(self._quotes):
            self._forget(client)

    def _ask_all(self, venue: VenueId) -> None:
        some = [one.request.id for one in self._quotes.values() if one.request.venue == venue]
        if some:
            self._ask(venue, tuple(dict.fromkeys(some)))

    def _soon(self, client: str) -> None:
        looks = self._looks.get(client, 0)
        if client in self._quotes and client not in self._waiting and looks < len(LOOKS_S):
            self._looks[client] = looks + 1
            self._waiting[client] = self._loop.call_later(LOOKS_S[looks], self._look, client)

    def _look(self, client: str) -> None:
        del self._waiting[client]
        quote = self._quotes[client]
        self._ask(quote.request.venue, (quote.request.id,))

    def _forget(self, client: str) -> None:
        self._quotes.pop(client, None)
        self._until.pop(client, None)
        self._looks.pop(client, None)
        timer = self._waiting.pop(client, None)
        if timer is not None:
            timer.cancel()
