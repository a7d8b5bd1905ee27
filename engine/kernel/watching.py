"""What feeds follow: what the trader watches, what we hold or work, and what strategies and quotes ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Follow, Level
from engine.core.ids import FamilyId, InstrumentId, VenueId
from engine.kernel import feeding
from engine.kernel.options import chains
from engine.maths import contracts
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import Watch
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State

UNFOLLOWED: Final = "nobody follows it now"
LONGEST: Final = 40
"""Characters of the name of one who watches."""


def watch(state: State, asked: Watch) -> None:
    """Follow a family or one instrument; or let it go, which counts once everybody has who watched it."""
    family = state.families.get(FamilyId(asked.what))
    members = set(family.members) if family is not None else set(chains.members(state, asked.what))
    venue, slash, symbol = asked.what.partition("/")
    if not members and slash:
        members = {InstrumentId(VenueId(venue), symbol)}
    venue = next(iter(members)).venue if members else asked.what.partition(":")[0]
    desk = state.desks.get(VenueId(venue))
    if desk is None:
        state.out.notice(Level.INFO, f"{asked.what[:80]} is on no venue of this session", "WATCH")
        return
    who = asked.who[:LONGEST]
    if asked.on:
        desk.watched.setdefault(asked.what, {})[who] = None
    elif asked.what in desk.watched:
        desk.watched[asked.what].pop(who, None)
        if not desk.watched[asked.what]:
            del desk.watched[asked.what]
    desk.wanted = _wanted(state, desk)
    follow(state, desk)
    state.out.dirty(topics.MARKETS, topics.CONNECTIONS)


def follow(state: State, desk: Desk) -> None:
    """Tell the feed what to follow, if that changed: what is watched, and whatever we have orders or positions in."""
    ours = {one.place.instrument for one in state.register.open()} | {one for one, _, _ in state.book.held()}
    asked = state.strategies.follows.get(desk.venue, frozenset())
    ours.update(state.rfq.follows)
    wanted = frozenset(desk.wanted | asked | {one for one in ours if one.venue == desk.venue})
    if wanted != desk.followed:
        for one in sorted(desk.followed - wanted):  # its last prices stay, and nobody tells when they are others
            if one in state.listings:
                feeding.mark_stale(state, state.listings[one], UNFOLLOWED)
        desk.followed = wanted
        state.out.want(Follow(venue=desk.venue, instruments=tuple(sorted(wanted))))


def why_stale(listing: Listing) -> str:
    """Return why a book is not to be trusted, and what there is to do where nobody follows it; empty while it is."""
    if listing.stale != UNFOLLOWED:
        return listing.stale
    if contracts.is_derivative(listing.instrument):
        return f"{UNFOLLOWED}; look at it in a ladder, or at its chain, and its venue is asked for it"
    return f"{UNFOLLOWED}; name its series in the settings of the feeds, and its venue is asked for it"


def _wanted(state: State, desk: Desk) -> set[InstrumentId]:
    found: set[InstrumentId] = set()
    for what in desk.watched:
        family = state.families.get(FamilyId(what))
        if family is not None:
            found.update(family.members)
        elif options := chains.members(state, what):
            found.update(options)
        elif "/" in what:
            found.add(InstrumentId(desk.venue, what.partition("/")[2]))
    return found
