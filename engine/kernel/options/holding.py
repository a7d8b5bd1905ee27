"""What a derivative is worth to us: its price and where that is from, dollars of it, and what we hold long or short."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND, Leg
from engine.maths import contracts
from engine.maths.contracts import Booking
from engine.options import assets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.core.commands import Place
    from engine.core.ids import InstrumentId
    from engine.core.snapshot import AssetRow
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.options.greeks import Greeks
    from engine.options.smiles import Kept
    from engine.portfolio.position import Position
    from engine.views.topics import ChainKey

ZERO: Final = Decimal(0)
YES, NO = Leg.YES, Leg.NO


@dataclass(slots=True)
class Quoted:
    """A quote of ours on a venue of requests: it may be taken at any moment until its end, in any part."""

    instrument: InstrumentId
    qty: Decimal
    """Negative where we would sell."""
    price: Decimal
    """As the instrument is quoted."""


@dataclass(slots=True)
class Options:
    """What the kernel keeps of derivatives beside their listings."""

    held: dict[InstrumentId, None] = field(default_factory=dict)
    """Of which we hold any, in the order they were opened."""
    greeks: dict[InstrumentId, Greeks | None] = field(default_factory=dict)
    """Of one unit of each that is held, as they were at its last mark or beat; None while not known."""
    chains: dict[ChainKey, dict[InstrumentId, None]] = field(default_factory=dict)
    """Options that are listed and not over, by expiry."""
    expiries: tuple[ChainKey, ...] | None = None
    """In the order they are shown; None once it may have changed."""
    smiles: dict[ChainKey, Kept] = field(default_factory=dict)
    """What the views fitted last, of a bounded number of chains; it decides nothing."""
    stopped: dict[InstrumentId, None] = field(default_factory=dict)
    """Positions of which was told that they lost more than they may."""
    assets: Mapping[str, AssetRow] = field(default_factory=lambda: assets.table(assets.DEFAULT))
    """What prices each asset, and hedges it."""
    venues: set[str] = field(default_factory=set)
    """That list any."""
    quotes: Callable[[], Iterable[Quoted]] | None = None
    """Live quotes on venues of requests, which count as orders that may fill; whoever makes them says so here."""
    owed: Callable[[Place], bool] | None = None
    """Whether an order is one that a trade of requests, which binds, still wants for its hedge."""


def price(listing: Listing) -> tuple[Decimal | None, str]:
    """Return the price of one contract as it is quoted, and where it is from.

    That is what it was settled at, the venue's mark, the middle of its book, its last trade (``settled``, ``mark``,
    ``mid``, ``last``), whichever there is first; None and nothing where there is none.
    """
    one = listing.instrument
    told = contracts.delivery(listing.result) if listing.result else None
    if told is not None:
        return contracts.delivered(one, told), "settled"
    if listing.mark is not None and listing.mark.price is not None:
        return listing.mark.price, "mark"
    bid, ask = listing.book.best_bid, listing.book.best_ask
    if bid is not None and ask is not None:
        return one.unit * (bid + ask) / 2, "mid"
    return (one.unit * listing.last.price, "last") if listing.last is not None else (None, "")


def index(listing: Listing) -> Decimal | None:
    """Return dollars of one coin of the underlying: the delivery price, or the index of the last mark."""
    told = contracts.delivery(listing.result) if listing.result else None
    return told if told is not None else None if listing.mark is None else listing.mark.index


def age_s(state: State, listing: Listing) -> float | None:
    """Return real seconds since the venue last reckoned it; None before it did."""
    if listing.mark is None:
        return None
    desk = state.desks.get(listing.instrument.id.venue)
    second = SECOND if desk is None else desk.real(SECOND)
    return max(0.0, (state.now - listing.mark.at) / second)


def each(listing: Listing) -> Decimal | None:
    """Return what one unit is worth in dollars; of an inverse future, which is always its face, None."""
    one, (quoted, _) = listing.instrument, price(listing)
    if quoted is None or contracts.booking(one) is Booking.INVERSE:
        return None
    return contracts.cost(one, quoted, Decimal(1), index(listing))


def signed(state: State, instrument: InstrumentId) -> Decimal:
    """Return the units we hold, negative for short."""
    return state.book.get(instrument, YES).qty - state.book.get(instrument, NO).qty


def gain(listing: Listing, leg: Leg, held: Position) -> Decimal | None:
    """Return what closing a leg at the price now would bring, in dollars against cost; None where it is not known."""
    one, (quoted, _) = listing.instrument, price(listing)
    if quoted is None:
        return None
    if contracts.booking(one) is Booking.INVERSE:
        worth: Decimal | None = held.quoted * quoted
    else:
        worth = contracts.cost(one, quoted, held.qty, index(listing))
    if worth is None:
        return None
    return worth - held.cost if leg is YES else held.cost - worth


def unrealised(state: State, listing: Listing) -> Decimal | None:
    """Return what our position would bring at its price, in dollars against cost; None where that is not known."""
    total = ZERO
    for leg in (YES, NO):
        held = state.book.get(listing.instrument.id, leg)
        made = gain(listing, leg, held) if held.qty else ZERO
        if made is None:
            return None
        total += made
    return total


def basis(state: State, instrument: InstrumentId) -> Decimal:
    """Return what of our cash a position stands for at cost: premium paid, less premium got; of a future nothing."""
    listing = state.listings.get(instrument)
    if listing is None or contracts.booking(listing.instrument) is not Booking.PREMIUM:
        return ZERO
    return state.book.get(instrument, YES).cost - state.book.get(instrument, NO).cost


def average(state: State, listing: Listing) -> Decimal | None:
    """Return the average price of a position as it is quoted; None when flat."""
    one = listing.instrument
    held = state.book.get(one.id, YES)
    if not held.qty:
        held = state.book.get(one.id, NO)
    if not held.qty or not held.quoted:
        return None
    return held.cost / held.quoted if contracts.booking(one) is Booking.INVERSE else held.quoted / held.qty


def touched(state: State, instrument: InstrumentId) -> None:
    """Note whether a derivative is held."""
    known = state.options.held
    if state.book.get(instrument, YES).qty or state.book.get(instrument, NO).qty:
        known[instrument] = None
    else:
        known.pop(instrument, None)
        state.options.greeks.pop(instrument, None)
