"""Which options make a chain: all of one expiry of one underlying that a venue settles alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.ids import InstrumentId, VenueId
from engine.kernel.options import holding
from engine.maths import contracts
from engine.views import topics
from engine.views.topics import ChainKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.instrument import Instrument
    from engine.kernel.state import State

OVER = frozenset({"settled", "determined"})


def key_of(one: Instrument) -> ChainKey | None:
    """Return the chain an instrument is in; None of what is no option."""
    if not contracts.is_option(one) or one.expires is None:
        return None
    return ChainKey(one.id.venue, one.underlying, one.settles_in, one.expires)


def take_in(state: State, one: Instrument) -> None:
    """Know a derivative that was listed."""
    if not contracts.is_derivative(one):
        return
    state.options.venues.add(one.id.venue)
    if one.id not in state.options.held:
        holding.touched(state, one.id)  # of an earlier session, in a strike that the ledger's roster did not have yet
    key = key_of(one)
    if key is None:
        return
    known = state.options.chains.get(key)
    if known is None:
        known = state.options.chains[key] = {}
        state.options.expiries = None
    if one.id not in known:
        known[one.id] = None
    state.out.dirty(topics.EXPIRIES, topics.chain(key))


def let_go(state: State, instrument: InstrumentId) -> None:
    """Forget an option that is over."""
    listing = state.listings.get(instrument)
    key = None if listing is None else key_of(listing.instrument)
    known = None if key is None else state.options.chains.get(key)
    if key is None or known is None:
        return
    known.pop(instrument, None)
    if not known:
        del state.options.chains[key]
        state.options.smiles.pop(key, None)
        state.options.expiries = None
        state.out.dirty(topics.EXPIRIES)


def members(state: State, text: str) -> tuple[InstrumentId, ...]:
    """Return the options of the chain that a text names; none where it names none that is known."""
    key = topics.chain_key(text)
    return () if key is None else tuple(state.options.chains.get(key, ()))


def watched(wanted: Iterable[str], some: Iterable[Instrument]) -> list[InstrumentId]:
    """Return those of some instruments that were just listed whose chain is watched."""
    keys = {key for text in wanted if (key := topics.chain_key(text)) is not None}
    return [one.id for one in some if keys and key_of(one) in keys] if keys else []


def ordered(state: State) -> tuple[ChainKey, ...]:
    """Return all chains by underlying, venue and settlement, the soonest first."""
    found = state.options.expiries
    if found is None:
        found = tuple(sorted(state.options.chains, key=lambda k: (k.underlying, k.venue, k.settles_in, k.expires)))
        state.options.expiries = found
    return found


def ends(state: State, key: ChainKey) -> bool:
    """Whether nothing of a chain is open any more."""
    known = [state.listings[one] for one in state.options.chains.get(key, ()) if one in state.listings]
    return all(one.status in OVER for one in known)


def instrument(venue: str, symbol: str) -> InstrumentId:
    """Return the id of an instrument by the names a chain goes by."""
    return InstrumentId(VenueId(venue), symbol)
