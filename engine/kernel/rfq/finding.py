"""What options are: the same one on other venues, what prices it, what it is worth to us. Nothing here changes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import VenueId
from engine.core.instrument import Payoff
from engine.core.units import DAY, SECOND, Leg, Nanos, Side
from engine.kernel import linking
from engine.maths import black, contracts

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State

YEAR: Final = 365 * DAY
OTC: Final = VenueId("otc")
"""Where trades that were agreed elsewhere are booked."""
Terms = tuple[str, Nanos, Decimal, bool]


class Exposure(NamedTuple):
    """What positions come to: coins, coins a dollar, dollars a point of volatility."""

    delta: float
    gamma: float
    vega: float


def terms(one: Instrument) -> Terms | None:
    """Return what makes an option the same on every venue: underlying, expiry, strike, put; None of what is none."""
    if one.payoff not in {Payoff.CALL, Payoff.PUT} or one.exercise is None or one.expires is None or not one.underlying:
        return None
    return one.underlying, one.expires, one.exercise, one.payoff is Payoff.PUT


def same(state: State, instrument: InstrumentId) -> list[InstrumentId]:
    """Return every listed instrument that is the same option, itself included, in the order they were listed."""
    listing = state.listings.get(instrument)
    key = None if listing is None else terms(listing.instrument)
    if key is None:
        return []
    memory = state.rfq
    if memory.indexed != len(state.listings):
        memory.index = {}
        for name, one in state.listings.items():
            found = terms(one.instrument)
            if found is not None:
                memory.index.setdefault(found, []).append(name)
        memory.indexed = len(state.listings)
    return [one for one in memory.index.get(key, ()) if one in state.listings]


def priced_by(state: State, instrument: InstrumentId) -> list[InstrumentId]:
    """Return the instruments with a book of their own that are the same option, on venues that take our orders."""
    found = []
    for one in same(state, instrument):
        desk = state.desks.get(one.venue)
        if desk is not None and desk.facts.trades and "QUOTES_ONLY" not in desk.facts.can:
            found.append(one)
    return found


def name(one: Instrument) -> str:
    """Return an option in words that say all of it, whatever the venue calls it."""
    return one.title or one.id.symbol


def silent(state: State, desk: Desk, most_s: float) -> str:
    """Return why what a venue tells is too old; empty while it is not."""
    if not desk.market_up:
        return f"{desk.facts.title}'s market link is down"
    silence = linking.silence_s(state, desk)
    if silence is None or silence > most_s:
        return f"{desk.facts.title} has been silent for more than {most_s:g} s"
    return ""


def untrusted(state: State, listing: Listing, most_s: float) -> str:
    """Return why a book is not to be priced from; empty where it is."""
    desk = state.desks.get(listing.instrument.id.venue)
    if desk is None:
        return f"{listing.instrument.id.venue} is on no venue of this session"
    if listing.stale:
        return f"the book of {listing.instrument.id.symbol} is stale: {listing.stale}"
    if listing.status != "open":
        return f"{listing.instrument.id.symbol} is {listing.status}"
    return silent(state, desk, most_s)


def levels(listing: Listing, side: Side, index: Decimal | None) -> list[tuple[float, float]]:
    """Return what a taker of a side would trade at, best first: dollars a coin, and coins."""
    one = listing.instrument
    dollars = contracts.dollars(one, index)
    if dollars is None:
        return []
    each, size = float(one.unit * dollars), float(one.lot * one.contract_size)
    return [(t * each, n * size) for t, n in listing.book.walk(Side.SELL if side is Side.BUY else Side.BUY)]


def years(state: State, one: Instrument) -> float:
    """Return the time to expiry, at least 0."""
    return max((one.expires or 0) - state.now, 0) / YEAR


def fresh(state: State, listing: Listing, most_s: float) -> bool:
    """Whether a mark is there and young enough to reckon with."""
    mark, desk = listing.mark, state.desks.get(listing.instrument.id.venue)
    return mark is not None and desk is not None and state.now - mark.at <= desk.real(int(most_s * SECOND))


def greeks(state: State, listing: Listing, most_s: float) -> black.Option | None:
    """Return value and greeks of one coin of an option by the newest mark of any venue that reckons it."""
    one = listing.instrument
    if one.exercise is None:
        return None
    for other in same(state, one.id):
        by = state.listings[other]
        mark = by.mark
        if mark is None or not fresh(state, by, most_s):
            continue
        forward = mark.forward if mark.forward is not None else mark.index
        if forward is None or forward <= 0 or mark.mark_iv is None or not 0.0 < mark.mark_iv < black.MOST_VOL:
            continue
        return black.option(
            float(forward), float(one.exercise), mark.mark_iv, years(state, one), put=one.payoff is Payoff.PUT
        )
    return None


def spot(state: State, underlying: str) -> Decimal | None:
    """Return the index of an underlying by the newest mark of it; None where no venue has told one."""
    newest, found = -1, None
    for listing in state.listings.values():
        if listing.instrument.underlying == underlying and listing.mark is not None:
            mark = listing.mark
            if mark.index is not None and mark.index > 0 and mark.at > newest:
                newest, found = mark.at, mark.index
    return found


def index_of(state: State, listing: Listing) -> Decimal | None:
    """Return the index that an instrument's own mark names, else the newest of its underlying."""
    mark = listing.mark
    if mark is not None and mark.index is not None and mark.index > 0:
        return mark.index
    return spot(state, listing.instrument.underlying)


def held(state: State, instrument: InstrumentId) -> Decimal:
    """Return what we hold of an instrument, short negative."""
    return state.book.get(instrument, Leg.YES).qty - state.book.get(instrument, Leg.NO).qty


def coins_of(state: State, listing: Listing, qty: Decimal) -> float | None:
    """Return the delta of so much of a future or a perpetual, coins; None where the index is not known."""
    found = contracts.coins(listing.instrument, qty, index_of(state, listing))
    return None if found is None else float(found)


def exposure(state: State, listing: Listing, qty: Decimal, most_s: float) -> Exposure | None:
    """Return what so much of an instrument comes to; None where that is not known."""
    one = listing.instrument
    if one.payoff is Payoff.LINEAR:
        delta = coins_of(state, listing, qty)
        return None if delta is None else Exposure(delta, 0.0, 0.0)
    worth = greeks(state, listing, most_s)
    if worth is None:
        return None
    coins = float(qty * one.contract_size)
    return Exposure(coins * worth.delta, coins * worth.gamma, coins * worth.vega / 100.0)


def net(state: State, underlying: str, most_s: float) -> tuple[Exposure, str]:
    """Return what all our positions in an underlying come to, and the first whose share is not known; empty for none.

    What is not known is left out of the sums, so nobody may act on them while one is.
    """
    total, unknown = Exposure(0.0, 0.0, 0.0), ""
    for instrument in dict.fromkeys(one for one, _, _ in state.book.held()):
        listing = state.listings.get(instrument)
        if listing is None or listing.instrument.underlying != underlying:
            continue
        qty = held(state, instrument)
        if not qty:
            continue
        found = exposure(state, listing, qty, most_s)
        if found is None:
            unknown = unknown or instrument.symbol
        else:
            total = Exposure(*(a + b for a, b in zip(total, found, strict=True)))
    return total, unknown


def in_option(state: State, instrument: InstrumentId) -> float:
    """Return what we hold of an option on all venues together, coins."""
    return float(
        sum(held(state, one) * state.listings[one].instrument.contract_size for one in same(state, instrument))
    )
