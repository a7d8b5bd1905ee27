"""Greeks of what we hold: reckoned anew in the step that brings a mark or a fill, and as time goes by.

Of each derivative that is held the greeks of one unit are kept; sums over positions follow from these whenever they
are asked for. A position whose greeks are not known makes its underlying's sums unknown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.effects import Level
from engine.core.units import Leg
from engine.kernel.options import holding, stressing
from engine.maths import contracts
from engine.maths.contracts import Booking
from engine.options import greeks
from engine.options.greeks import Greeks
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
FAR: Final = Decimal(10**9)
"""Per cent: what has lost more has lost more than any limit lets it."""


class Sum(NamedTuple):
    """Greeks of several positions: coins for delta and gamma by one dollar, dollars for the others."""

    delta: float = 0.0
    delta_coin: float | None = 0.0
    gamma: float = 0.0
    vega: float = 0.0
    theta: float = 0.0

    def plus(self, qty: float, one: Greeks) -> Sum:
        """Return it with so many units more."""
        coin = None if self.delta_coin is None or one.delta_coin is None else self.delta_coin + qty * one.delta_coin
        return Sum(
            self.delta + qty * one.delta,
            coin,
            self.gamma + qty * one.gamma,
            self.vega + qty * one.vega,
            self.theta + qty * one.theta,
        )


def unit(state: State, listing: Listing, *, ours: bool = True) -> Greeks | None:
    """Return the greeks of one unit now; None while they are not known.

    A linear future moves with the underlying one for one. Of an inverse one the dollars that a unit gains are those of
    the coins it was opened at (`ours`, else at its price now); in coins it is its face value over the index.
    """
    one, age = listing.instrument, holding.age_s(state, listing)
    if age is None or age > greeks.LAST_S:
        return None
    if contracts.is_option(one):
        return greeks.greeks(one, listing.mark, state.now, age)
    quoted, _ = holding.price(listing)
    source = greeks.OWN if age <= greeks.FRESH_S else greeks.LAST
    size = float(one.contract_size)
    if contracts.booking(one) is not Booking.INVERSE:
        return Greeks(size, size, 0.0, 0.0, 0.0, source)
    opened = holding.average(state, listing) if ours else None
    index = holding.index(listing) or quoted
    if quoted is None or index is None or not (quoted > 0 and index > 0):
        return None
    return Greeks(size / float(opened or quoted), size / float(index), 0.0, 0.0, 0.0, source)


def marked(state: State, listing: Listing) -> None:
    """A held derivative was marked, or what we hold of it changed: take its greeks anew."""
    state.options.greeks[listing.instrument.id] = unit(state, listing)
    state.out.dirty(topics.GREEKS, topics.SPINE)


def beat(state: State) -> None:
    """Take all greeks anew, for time went by; what is too old is not known any more."""
    for instrument in state.options.held:
        listing = state.listings.get(instrument)
        if listing is not None:
            marked(state, listing)
    for underlying in stressing.underlyings(state):
        recount(state, underlying)
    _tell_stops(state)


def stops(state: State) -> list[tuple[InstrumentId, Decimal]]:
    """Return the positions that stand below what they were opened at, and by how many per cent, the worst first."""
    found: list[tuple[InstrumentId, Decimal]] = []
    for instrument in state.options.held:
        listing = state.listings.get(instrument)
        gain = None if listing is None else holding.unrealised(state, listing)
        cost = state.book.get(instrument, Leg.YES).cost + state.book.get(instrument, Leg.NO).cost
        if gain is not None and gain < 0 and cost > 0:
            found.append((instrument, min(-gain * HUNDRED / cost, FAR).quantize(Decimal("0.01"))))
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _tell_stops(state: State) -> None:
    """Tell once of each position that has lost more than STOP_LOSS lets it, until it has come back."""
    limit, told = state.limits["STOP_LOSS"], state.options.stopped
    beyond = {one: lost for one, lost in stops(state) if lost > limit}
    for one in [one for one in told if one not in beyond]:
        del told[one]
    for one, lost in beyond.items():
        if one not in told:
            told[one] = None
            text = (
                f"{one.symbol[:40]} stands {lost} % below what it was opened at; the limit is {limit.normalize():f} %"
            )
            state.out.notice(Level.WARN, text, "STOP_LOSS", one.symbol)


def recount(state: State, underlying: str) -> None:
    """Take what an underlying may lose anew."""
    key = stressing.key(underlying)
    before = state.venue_losses.pop(key, None)
    found = stressing.counted(state, underlying, before)
    if found:
        state.venue_losses[key] = found
    state.venue_loss = type(found)(state.venue_loss - (before or 0) + found)


def known(state: State, instrument: InstrumentId) -> Greeks | None:
    """Return the greeks of one unit of a derivative that is held."""
    return state.options.greeks.get(instrument)


def total(state: State, underlying: str, expires: Nanos | None = None, venue: str = "") -> Sum | None:
    """Return the greeks of all that is held of an underlying, or of its options of one expiry; None while not known."""
    return summed(state, (one for one in stressing.held_of(state, underlying, venue) if _in(one, expires)))


def summed(state: State, some: Iterable[Listing]) -> Sum | None:
    """Return the greeks of positions together; None while those of one are not known."""
    found = Sum()
    for listing in some:
        one = known(state, listing.instrument.id)
        if one is None:
            return None
        found = found.plus(float(holding.signed(state, listing.instrument.id)), one)
    return found


def unknown(state: State, underlying: str) -> tuple[str, ...]:
    """Return the positions of an underlying whose greeks are not known, by symbol."""
    held = stressing.held_of(state, underlying)
    return tuple(one.instrument.id.symbol for one in held if known(state, one.instrument.id) is None)


def expiries(state: State, underlying: str) -> list[Nanos]:
    """Return the expiries of options of an underlying that are held, soonest first."""
    held = stressing.held_of(state, underlying)
    found = {one.instrument.expires for one in held if contracts.is_option(one.instrument)}
    return sorted(at for at in found if at is not None)


def _in(listing: Listing, expires: Nanos | None) -> bool:
    return expires is None or (contracts.is_option(listing.instrument) and listing.instrument.expires == expires)
