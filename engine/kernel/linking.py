"""Market links of venues: up, down or silent, and what feeds report of themselves. Books of a failed link go stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.snapshot import LIVE
from engine.core.units import SECOND
from engine.kernel import feeding, reshowing
from engine.kernel.desks import MARKET, Link
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.events import LinkChanged, LinkReport
    from engine.core.ids import InstrumentId, VenueId
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State

SKEW_WARNS_MS: Final = 1_000.0


def link_changed(state: State, event: LinkChanged) -> None:
    """The market link came up or went down; down makes every book of the venue stale."""
    desk = state.desks[event.venue]
    was = desk.links.get(MARKET)
    desk.links[MARKET] = Link(event.up, event.at if was is None or was.up != event.up else was.since, event.why)
    if event.up:
        desk.heard_at = event.at
    else:
        for one in _of_venue(state, event.venue):
            feeding.mark_stale(state, one, event.why or "its link is down")
    reshowing.venue(state, event.venue)


def directory(state: State, event: LinkChanged) -> None:
    """A venue does not say what it lists, or something of that cannot be read."""
    if event.why:
        text = f"{state.desks[event.venue].facts.title}'s list of markets: {event.why}"
        state.out.notice(Level.WARN, text, "LISTING", event.venue)


def report(state: State, event: LinkReport) -> None:
    """How a venue's connections do."""
    desk = state.desks.get(event.venue)
    if desk is None:
        return
    if desk.report is not None and event.frames > desk.report.frames and desk.market_up:
        desk.heard_at = event.at
    _told_of_skew(state, desk, event)
    before, desk.report = desk.report, event
    if clock_wrong(state, before) != clock_wrong(state, event):
        reshowing.venue(state, event.venue)
    state.out.dirty(topics.FEEDS, topics.CONNECTIONS)


def silence_s(state: State, desk: Desk) -> float | None:
    """Return real seconds since the venue's market link brought anything; None before it did."""
    if desk.heard_at is None:
        return None
    return max(0.0, (state.now - desk.heard_at) / SECOND / desk.facts.pace)


def beat(state: State) -> None:
    """Make the books of silent links stale, and ask again for books that did not come."""
    for desk in state.desks.values():
        if not desk.followed:
            continue
        link = desk.links.get(MARKET)
        if link is None or not link.up:
            continue
        silent = silence_s(state, desk)
        if silent is not None and silent > desk.facts.stale_after_s:
            for one in _followed(state, desk):
                feeding.mark_stale(state, one, f"its link was silent for more than {desk.facts.stale_after_s:g} s")
        late = _late(state, desk)
        if late:
            feeding.again(state, desk.venue, [state.listings[one] for one in sorted(late)], feeding.RESNAP_AGAIN)


def clock_wrong(state: State, report: LinkReport | None) -> bool:
    """Whether a venue's clock is so far from ours, or so unknown, that live orders are refused."""
    skew = None if report is None else report.skew_ms
    return state.session.mode == LIVE and (skew is None or abs(skew) > state.limits["CLOCK"])


def _told_of_skew(state: State, desk: Desk, event: LinkReport) -> None:
    before = desk.report.skew_ms if desk.report is not None else None
    if event.skew_ms is None or abs(event.skew_ms) <= SKEW_WARNS_MS:
        return
    if before is None or abs(before) <= SKEW_WARNS_MS:
        text = f"this machine's clock differs from {desk.facts.title}'s by {event.skew_ms / 1000:+.1f} s"
        state.out.notice(Level.WARN, text, "CLOCK", desk.venue)


def _late(state: State, desk: Desk) -> list[InstrumentId]:
    """Return what is followed and stale; no comprehension, which has a frame of its own and is empty nearly always."""
    late, listings = [], state.listings
    for one in desk.followed:
        found = listings.get(one)
        if found is not None and found.stale:
            late.append(one)
    return late


def _followed(state: State, desk: Desk) -> list[Listing]:
    return [state.listings[one] for one in sorted(desk.followed) if one in state.listings]


def _of_venue(state: State, venue: VenueId) -> list[Listing]:
    """Return all instruments of a venue."""
    return [one for key, one in state.listings.items() if key.venue == venue]
