"""How instruments of Deribit end: trading stops at 08:00 UTC, and a delivery price of that day decides.

The price is the average of the index over the half-hour before. It is asked for by index until the venue has it; what
ends is told closed at once, and settled with that price as its result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.core.events import StatusChanged
from engine.core.units import SECOND, Nanos
from engine.venues.deribit import asking, wire, wire_market

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.core.instrument import Instrument
    from engine.venues.deribit.wire_market import Delivery
    from engine.venues.port import Now
    from engine.venues.rest import Rest

ASK_EVERY: Final = Nanos(20 * SECOND)
PAGE: Final = 20
"""Delivery prices asked for at once, one a day."""


@dataclass(slots=True)
class Ends:
    """Instruments that are followed and have an end."""

    _due: dict[str, Instrument] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)
    _asked: dict[str, Nanos] = field(default_factory=dict)

    def keep(self, some: Iterable[Instrument]) -> None:
        """Watch exactly these."""
        self._due = {one.id.symbol: one for one in some if one.expires is not None and one.status != "settled"}
        self._closed &= set(self._due)

    def closing(self, at: Nanos) -> list[Event]:
        """Return what ends now."""
        over = [one for one in self._due.values() if _over(one, at) and one.id.symbol not in self._closed]
        self._closed.update(one.id.symbol for one in over)
        return [StatusChanged(at=at, instrument=one.id, status="closed") for one in over]

    def asks(self, at: Nanos) -> list[str]:
        """Return the indices whose delivery prices are to be asked for now."""
        wanted = {self._due[name].fact("index") for name in self._closed}
        due = sorted(index for index in wanted if index and at - self._asked.get(index, Nanos(0)) >= ASK_EVERY)
        self._asked.update(dict.fromkeys(due, at))
        return due

    def delivered(self, index: str, prices: Iterable[Delivery], at: Nanos) -> list[Event]:
        """Take delivery prices in; return what is settled by them."""
        by_day = {one.date: one.delivery_price for one in prices}
        told: list[Event] = []
        for name in sorted(self._closed):
            one = self._due[name]
            price = by_day.get(_date(one)) if one.fact("index") == index else None
            if price is not None and price.is_finite() and price > 0:
                told.append(StatusChanged(at=at, instrument=one.id, status="settled", result=f"{price:f}"[:40]))
                del self._due[name]
        self._closed &= set(self._due)
        return told


async def prices(rest: Rest, now: Now, index: str) -> list[Delivery]:
    """Return the latest delivery prices of an index.

    Raises
    ------
    VenueError
        If the venue cannot be asked, or its answer not be read.
    """
    params = {"index_name": index, "offset": 0, "count": PAGE}
    raw = await asking.ask(rest, now, "public/get_delivery_prices", params)
    return wire.body(wire_market.DELIVERIES, raw).data


def _over(one: Instrument, at: Nanos) -> bool:
    return one.expires is not None and at >= one.expires


def _date(one: Instrument) -> str:
    """Return the UTC day of an expiry as the venue writes it."""
    return f"{datetime.fromtimestamp((one.expires or 0) // SECOND, UTC):%Y-%m-%d}"
