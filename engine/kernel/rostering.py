"""What venues list: families and instruments taken in, wired to what shows and asks them, and forgotten once over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.effects import Changed, Level
from engine.core.ids import MarketId
from engine.core.instrument import Payoff
from engine.core.units import HOUR
from engine.kernel import grouping, watching
from engine.kernel.desks import BLANK, Listing
from engine.kernel.options import chains
from engine.kernel.outbox import named
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.events import GridChanged, Listed
    from engine.core.ids import InstrumentId, Topic
    from engine.core.instrument import Family, Instrument
    from engine.kernel.state import State

KEPT_AFTER: Final = 2 * HOUR
"""What closed longer ago, and is neither held nor worked nor watched, is forgotten: windows come by the hundred."""
WINDOWS: Final = (Changed(topic=topics.UPDOWN),)
"""What shows the Up/Down windows: trades that strategies watch are what they run on."""


def listed(state: State, event: Listed) -> None:
    """A venue lists a family, or lists it anew."""
    family = event.family
    known = [state.listings.get(one.id) for one in event.instruments]
    strikes = [None if one is None else one.instrument.strike for one in known]
    if state.families.get(family.id) != family or strikes != [one.strike for one in event.instruments]:
        state.opinions.pop(MarketId(family.id), None)  # it was of other brackets
    state.families[family.id] = family
    grouping.forget(state, family)
    for instrument in event.instruments:
        take_in(state, instrument)
    state.rfq.indexed = -1
    venues = {one.id.venue for one in event.instruments}
    for venue in venues:
        desk = state.desks.get(venue)
        if desk is None:
            continue
        if family.id in desk.watched:
            desk.wanted.update(family.members)
        desk.wanted.update(chains.watched(desk.watched, event.instruments))
        watching.follow(state, desk)
    state.out.dirty(topics.MARKETS, topics.board(family.id), topics.POSITIONS)


def take_in(state: State, instrument: Instrument) -> Listing:
    """Know an instrument, or know it better; its book stays."""
    found = state.listings.get(instrument.id)
    if found is None:
        found = state.listings[instrument.id] = _listing(instrument)
    else:
        found.instrument, found.views = instrument, _views(instrument)
    wire_up(state, found)
    if instrument.underlying:
        chains.take_in(state, instrument)
    if found.status not in {"determined", "settled"}:  # what was decided is not listed open again
        found.status = instrument.status
    found.result = instrument.result or found.result
    return found


def wire_up(state: State, found: Listing) -> None:
    """Work out once what every change of its book and every trade names, and which strategies they ask."""
    asked, instrument = state.strategies, found.instrument.id
    found.desk = state.desks.get(instrument.venue)
    found.on_quote, found.on_trade = asked.quotes.get(instrument, ()), asked.trades.get(instrument, ())
    found.views = _views(found.instrument)
    if instrument in asked.windows:
        found.views[topics.UPDOWN] = WINDOWS[0]
    found.shown = tuple(found.views.values())
    found.traded = (found.tape_view, *found.shown, *(WINDOWS if found.on_trade else ()))


def grid_changed(state: State, event: GridChanged) -> None:
    """The venue moved the prices at which orders may lie."""
    found = state.listings.get(event.instrument)
    if found is None:
        return
    found.instrument = replace(found.instrument, grid=event.grid)
    text = f"{found.instrument.title}: the steps of its prices changed"
    state.out.notice(Level.INFO, text, "GRID", event.instrument.symbol)
    state.out.dirty_all(found.views)


def roster_of(state: State, instrument: InstrumentId) -> tuple[Family, tuple[Instrument, ...]] | None:
    """Return the family of an instrument and all its members that are known."""
    found = state.listings.get(instrument)
    family = None if found is None or found.instrument.family is None else state.families.get(found.instrument.family)
    if family is None:
        return None
    return family, tuple(state.listings[one].instrument for one in family.members if one in state.listings)


def beat(state: State) -> None:
    """Once an hour, forget what may be forgotten."""
    if state.now // HOUR != state.beat_at // HOUR:
        _forget(state)


def _forget(state: State) -> None:
    """Forget families that are over, as far as nothing of ours is in them."""
    ours = {one.place.instrument for one in state.register.open()} | {one for one, _, _ in state.book.held()}
    wanted = ours.union(*(desk.wanted for desk in state.desks.values()), *state.strategies.follows.values())
    for family in list(state.families.values()):
        if any(one in wanted for one in family.members):
            continue
        listings = [state.listings[one] for one in family.members if one in state.listings]
        closes = [one.instrument.closes for one in listings]
        if listings and all(at is not None and state.now - at > KEPT_AFTER for at in closes):
            for one in family.members:
                chains.let_go(state, one)
                state.listings.pop(one, None)
            del state.families[family.id]


def _listing(instrument: Instrument) -> Listing:
    binary = instrument.payoff is Payoff.BINARY
    top = int(1 / instrument.unit) if binary else 0
    return Listing(
        instrument=instrument,
        book=BLANK,
        top=top,
        views=_views(instrument),
        tape_view=Changed(topic=topics.tape(instrument.id.symbol)),
        status=instrument.status,
        result=instrument.result,
    )


def _views(instrument: Instrument) -> dict[Topic, Changed]:
    boards = () if instrument.family is None else (topics.board(instrument.family),)
    chain = chains.key_of(instrument) if instrument.underlying else None
    if chain is not None:  # a row of a chain, which has its own view; a board would be told for nothing
        return named(topics.ladder(instrument.id.symbol), topics.chain(chain), topics.MARKETS)
    return named(topics.ladder(instrument.id.symbol), topics.MARKETS, *boards)
