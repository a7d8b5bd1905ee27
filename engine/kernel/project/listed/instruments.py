"""What every view of a venue's instrument needs: the listing, its mood, its marks, our position and fees."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.ids import YOU, FamilyId, InstrumentId, VenueId
from engine.core.units import SECOND, TICKS_PER_CENT, Leg, Lots, Money, Qty, Side, Ticks
from engine.kernel import exposing
from engine.kernel.project import names
from engine.maths import fees

if TYPE_CHECKING:
    from engine.core.fee_rule import FeeRule
    from engine.core.instrument import Instrument
    from engine.core.units import Nanos
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.portfolio.position import Position

ONE: Final = Decimal(1)
AGEING_S: Final = 10.0
"""A book that changed longer ago shows its age."""
CENT: Final = Decimal("0.01")


def find(state: State, symbol: str) -> Listing | None:
    """Return the listing of a symbol, whichever venue has it; None when none does."""
    for venue in state.desks:
        found = state.listings.get(InstrumentId(venue, symbol))
        if found is not None:
            return found
    return None


def members(state: State, family: FamilyId) -> list[Listing]:
    """Return the listings of a family, in its order; empty when it is not known."""
    known = state.families.get(family)
    if known is None:
        return []
    return [state.listings[one] for one in known.members if one in state.listings]


def mood(state: State, listing: Listing) -> tuple[str, str]:
    """Return a dock's state and why, for one instrument."""
    session = state.session
    if session.halted_by:
        by, why = session.halted_by, session.halted_why
        return "halted", why if why and by != YOU else f"halted by {by}" + (f" ({why})" if why else "")
    if listing.status != "open":
        return "stale", f"The market is {listing.status}: its last prices."
    if listing.stale:
        return ("loading" if listing.book_at is None else "stale"), f"Book stale: {listing.stale}"
    if not session.storage_ok:
        return "stale", "The disk takes no writes."
    return "live", ""


def age_s(state: State, listing: Listing) -> float | None:
    """Return seconds since the book last changed; None before the first."""
    return None if listing.book_at is None else max(0.0, (state.now - listing.book_at) / SECOND)


def qty(instrument: Instrument, lots: Lots | int) -> Qty:
    """Return a size in shares or contracts."""
    return Qty(lots * instrument.lot)


def cents(instrument: Instrument, ticks: Ticks | float) -> float:
    """Return a price in cents of the account's currency."""
    return float(instrument.unit) * 100.0 * ticks


def mid(listing: Listing) -> float | None:
    """Return the middle of best bid and best ask in cents; None where a side is empty: it is undefined then."""
    bid, ask = listing.book.best_bid, listing.book.best_ask
    return None if bid is None or ask is None else cents(listing.instrument, (bid + ask) / 2)


def mark(listing: Listing, leg: Leg = Leg.YES) -> tuple[float | None, str]:
    """Return a leg's price in [0, 1] and where it is from: ``settled``, ``mid``, ``last`` or nothing."""
    value, source = _yes(listing)
    return (value if value is None or leg is Leg.YES else 1.0 - value), source


def _yes(listing: Listing) -> tuple[float | None, str]:
    pays = exposing.payoff(listing.result) if listing.result else None
    if pays is not None:
        return float(pays), "settled"
    middle = mid(listing)
    if middle is not None:
        return middle / 100.0, "mid"
    if listing.last is not None:
        return cents(listing.instrument, listing.last.price) / 100.0, "last"
    return None, ""


def held(state: State, instrument: InstrumentId) -> tuple[Position, Position]:
    """Return our YES and NO."""
    return state.book.get(instrument, Leg.YES), state.book.get(instrument, Leg.NO)


def fee_cents(instrument: Instrument, side: Side, price_cents: float, at: Nanos | None = None) -> float:
    """Return the taker's fee of one share at a price of the leg traded, in cents; at a time while it is waived, 0."""
    waived = instrument.fee.waived_until
    if waived is not None and at is not None and at < waived:
        return 0.0
    return _fee_cents(instrument.fee, instrument.unit, side, price_cents)


@lru_cache(maxsize=8_192)
def _fee_cents(rule: FeeRule, unit: Decimal, side: Side, price_cents: float) -> float:
    """Asked for every row of every ladder: the same few hundred prices again and again."""
    each = (Decimal(price_cents) / 100).quantize(unit)
    if not 0 < each < 1:
        return 0.0
    hundred = Decimal(100)  # a fee of one share alone would show its rounding, not its rate
    return float(fees.trade_fee(rule, side, each, Qty(hundred), False))


def edges(
    instrument: Instrument, model: float | None, bid: float | None, ask: float | None, at: Nanos | None = None
) -> tuple[float | None, float | None]:
    """Return cents a share of taking YES at the ask, and NO at the bid, after fees, at the model."""
    if model is None:
        return None, None
    yes = None if ask is None else 100.0 * model - ask - fee_cents(instrument, Side.BUY, ask, at)
    no = None if bid is None else bid - 100.0 * model - fee_cents(instrument, Side.BUY, 100.0 - bid, at)
    return yes, no


def best_cents(listing: Listing) -> tuple[float | None, float | None]:
    """Return best bid and best ask in cents."""
    bid, ask = listing.book.best_bid, listing.book.best_ask
    one = listing.instrument
    return None if bid is None else cents(one, bid), None if ask is None else cents(one, ask)


def row_of(price: Ticks, instrument: Instrument, *, up: bool) -> Ticks:
    """Return the whole cent a price is shown at: asks up to it, bids down to it, so that no row flatters."""
    per_cent = int(CENT / instrument.unit) if instrument.unit <= CENT else TICKS_PER_CENT
    whole = -(-price // per_cent) if up else price // per_cent
    return Ticks(min(99, max(1, whole)) * per_cent)


def title(state: State, listing: Listing) -> str:
    """Return an instrument's name for its dock."""
    one = listing.instrument
    family = None if one.family is None else state.families.get(one.family)
    if family is None or not one.label:
        return one.title[: names.LONGEST]
    return f"{names.short_title(family.title)} · {names.bracket(one)}"[: names.LONGEST]


def venue_title(state: State, venue: VenueId) -> str:
    """Return a venue's name for people."""
    desk = state.desks.get(venue)
    return str(venue) if desk is None else desk.facts.title


def gain(yes: Position, no: Position, price: float | None) -> Money | None:
    """Return both legs at a mark of YES, less what they cost; None when flat or without a mark."""
    if price is None or not (yes.qty or no.qty):
        return None
    return Money(money_of(price, yes.qty) + money_of(1.0 - price, no.qty) - yes.cost - no.cost)


def money_of(price: float, shares: Qty) -> Money:
    """Return a value at a mark, to the micro-unit."""
    return Money((Decimal(price) * shares).quantize(Decimal("0.000001")))
