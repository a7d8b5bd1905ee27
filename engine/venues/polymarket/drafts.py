"""Orders signed before anybody asks for them: the next one of ours, at prices where it is likely. In idle moments.

What is signed follows from the client id, which is the next one whoever orders, from the terms and from the span of
ten seconds in which the order is approved. So a draft is the very order that would be signed then, or it is not used:
its client id has gone to another order, its span is over, the market is listed anew, the venue raised its version.
Nothing of a draft leaves before the order that it is of was approved and is on disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from engine.core.commands import Tif
from engine.core.units import SECOND, Nanos
from engine.venues.polymarket import ordering, wire_orders
from engine.venues.polymarket.ordering import SPAN

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.effects import Approved, Likely
    from engine.core.instrument import Instrument
    from engine.core.units import Leg, Qty, Ticks
    from engine.venues.polymarket.ordering import Book
    from engine.venues.polymarket.wire_orders import Signed

    Key = tuple[str, str, Leg, Ticks | None, Qty | None, int]

ROOM: Final = 64
"""Drafts kept at most, the newest: an order that waits for the disk still finds its own."""

SOON: Final = 2 * SECOND
"""What may come is told anew about once a second."""


class Draft(NamedTuple):
    """One of them."""

    place: Place
    instrument: Instrument
    """The listing that it was signed for: another of the same market may be of other contracts."""
    version: str
    signed: Signed


class Drafts:
    """Those of one account."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._made: dict[Key, Draft] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._made)

    def make(self, order: Likely, instrument: Instrument, owner: str) -> bool:
        """Sign an order that may come, and put it into words for an API key; False where nothing is to be done.

        Shortly before a span is over it is signed for the next one, too. An order that the venue has no words for, or
        whose words change from second to second, is left alone.
        """
        made = self._make(order, instrument, owner)
        soon = Nanos(order.at + SOON)
        if soon // SPAN != order.at // SPAN:
            made = self._make(replace(order, at=soon), instrument, owner) or made
        return made

    def _make(self, order: Likely, instrument: Instrument, owner: str) -> bool:
        if order.place.tif is Tif.GTD or self.take(order, instrument) is not None:
            return False
        try:
            signed = ordering.sign(order, instrument, self._book)
        except ValueError:
            return False
        signed = signed._replace(words=(owner, wire_orders.posted(signed, owner)))
        while len(self._made) >= ROOM:
            del self._made[next(iter(self._made))]
        self._made[_key(order)] = Draft(order.place, instrument, self._book.version, signed)
        return True

    def take(self, order: Approved | Likely, instrument: Instrument) -> Signed | None:
        """Return an order as it was signed beforehand; None where it was not, or anything is another now."""
        found = self._made.get(_key(order))
        if found is None or found.instrument is not instrument or found.version != self._book.version:
            return None
        wanted, place = order.place, found.place
        if (
            wanted.side is place.side
            and wanted.leg is place.leg
            and wanted.qty == place.qty
            and wanted.budget == place.budget
            and wanted.tif is place.tif
            and wanted.until == place.until
            and wanted.post_only is place.post_only
        ):
            return found.signed
        return None


def _key(order: Approved | Likely) -> Key:
    place = order.place
    return order.client, place.instrument.symbol, place.leg, place.price, place.qty, order.at // SPAN
