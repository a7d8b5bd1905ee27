"""A kernel with venues as a session has them, and a strategy of the smallest kind in front of it.

The strategy keeps an average of what it sees, takes that for fair, and buys at once, once, where it is offered well
below; of a coin's trade it asks whether the price has left its average. It reads the kernel's own listing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place, Tif
from engine.core.events import BookDelta, LinkChanged, Listed, Opened, Pictured, Trade
from engine.core.ids import BINANCE, KALSHI, POLYMARKET
from engine.core.snapshot import Snapshot, VenueRow
from engine.core.units import SECOND, Nanos, Qty, Side
from engine.risk.limits import SPECS
from engine.venues import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.bench.quotes import Quotes
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, VenueId
    from engine.kernel.desks import Listing

BUY, IOC = Side.BUY, Tif.IOC
ONE: Final = Qty(Decimal(1))
FEWEST: Final = Qty(Decimal(5))
"""Shares of an order, where one share would cost less than the venue takes."""
PRESSED_APART: Final = Nanos(3 * SECOND)
"""Between two orders by the clock of the gates of pace: RATE and DUPLICATE let every one pass."""
WEIGHT: Final = 0.01
"""Of the newest middle in the average."""
EDGE: Final = 150.0
"""Ticks below fair, the fee not counted, at which something is bought."""
FEE: Final = 175.0
"""Ticks a share that a taker pays near half a dollar."""
SEEN: Final = (BookDelta, Trade)
LEAP: Final = 0.02
"""Share by which a coin must have left its average."""


class Strategy:
    """One instrument watched, one bought: the same, or for a coin another venue's."""

    __slots__ = ("_acted", "_average", "_buys", "_count", "_listing")

    def __init__(self, listing: Listing, buys: Listing | None = None) -> None:
        self._listing = listing
        self._buys = buys
        self._average = 0.0
        self._count = 0
        self._acted = False

    def look(self) -> Place | None:
        """Return the order that what was just seen calls for; mostly there is none."""
        if self._buys is not None:
            return self._of_trade(self._buys)
        book = self._listing.book
        bid, ask = book.best_bid, book.best_ask
        if bid is None or ask is None or self._listing.stale:
            return None
        average = self._average
        if average - ask - FEE > EDGE:
            return self._buy(self._listing)
        self._acted = False
        middle = 0.5 * (bid + ask)
        self._average = average + WEIGHT * (middle - average) if average else middle
        return None

    def _of_trade(self, buys: Listing) -> Place | None:
        last = self._listing.last
        if last is None:
            return None
        price, average = float(last.price), self._average or float(last.price)
        if price > average * (1.0 + LEAP):
            return self._buy(buys)
        self._acted = False
        self._average = average + WEIGHT * (price - average)
        return None

    def _buy(self, listing: Listing) -> Place | None:
        ask = listing.book.best_ask
        if ask is None or self._acted:
            return None
        self._acted = True
        self._count += 1
        instrument = listing.instrument
        qty = ONE if instrument.nets else FEWEST
        intent = f"{self._listing.instrument.id.venue}-{self._count}"
        return Place(instrument=instrument.id, side=BUY, price=ask, qty=qty, tif=IOC, intent=intent)


def opening(at: Nanos, rows: tuple[VenueRow, ...] | None = None) -> Opened:
    """Return the first event of a session with the three venues; limits of pace and number as wide as they go."""
    wide = tuple((code, SPECS[code].highest) for code in ("OPEN_ORDERS", "RATE", "RATE_MINUTE", "BOOK_AGE"))
    snapshot = Snapshot(
        profile="bench",
        mode="paper",
        account_name="bench",
        salt="a1b2c3d4e5f6",
        venues=rows or facts(),
        limits=(*wide, ("DUPLICATE", SPECS["DUPLICATE"].lowest)),
    )
    return Opened(at=at, snapshot=snapshot)


def facts() -> tuple[VenueRow, ...]:
    """Return the venues' rows as the registry has them, but for how many orders a second they take."""
    return tuple(
        VenueRow(
            id=row.id,
            title=row.title,
            can=row.can,
            trades=row.trades,
            collateral=row.collateral,
            orders_per_second=10_000.0 if row.trades else 0.0,
        )
        for row in (registry.row(venue) for venue in (KALSHI, POLYMARKET, BINANCE))
    )


def ready(quotes: Quotes, at: Nanos, *, market: bool = True) -> Iterator[Event]:
    """Yield what makes a venue ready to trade on: its listing, its links, a picture of an empty account."""
    venue = quotes.instruments[0].id.venue
    yield Listed(at=at, family=quotes.family, instruments=quotes.instruments)
    if market:
        yield LinkChanged(at=at, venue=venue, up=True, channel="market")
    yield LinkChanged(at=at, venue=venue, up=True, channel="account")
    yield Pictured(at=at, venue=venue, asked_at=at)


def seen(event: Event, instrument: InstrumentId) -> bool:
    """Whether an event is one that a strategy on an instrument looks at."""
    return isinstance(event, SEEN) and event.instrument == instrument


def bought_on(venue: VenueId) -> VenueId:
    """Return the venue on which what a venue tells is acted upon."""
    return POLYMARKET if venue == BINANCE else venue
