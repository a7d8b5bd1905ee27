"""What venues say of their markets: what exists, books, trades, links. The hot path of a quote is `delta`.

A book is the venue's or is marked stale, never silently wrong. It goes stale by a gap the feed tells of, a link that
is down or silent, a delta before its snapshot, a level that cannot be, best prices that are not what the venue says
they are, or bid and ask that meet; only a whole book ends it, and it is asked for, not too often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.book.ladder import Ladder
from engine.book.sparse import SparseLadder
from engine.core.effects import Changed, Follow, Level, Resnap
from engine.core.ids import FamilyId, InstrumentId, MarketId, VenueId
from engine.core.instrument import Payoff
from engine.core.units import HOUR, SECOND, Nanos
from engine.kernel import grouping
from engine.kernel.desks import MARKET, Desk, Link, Listing
from engine.kernel.options import chains, sensing
from engine.kernel.outbox import named
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.commands import Watch
    from engine.core.events import (
        BookDelta,
        BookSnapshot,
        BooksStale,
        GridChanged,
        LinkChanged,
        LinkReport,
        Listed,
        Marked,
        Trade,
    )
    from engine.core.ids import Topic
    from engine.core.instrument import Family, Instrument
    from engine.kernel.state import State

RESNAP_EVERY: Final = 2 * SECOND
"""A book that stays stale is asked for no more often than this."""
RESNAP_AGAIN: Final = 5 * SECOND
"""A whole book that was asked for and has not come is asked for again."""
TRAIL_EVERY: Final = 5 * SECOND
NOT_YET: Final = "no book yet"
KEPT_AFTER: Final = 2 * HOUR
"""What closed longer ago, and is neither held nor worked nor watched, is forgotten: windows come by the hundred."""
WINDOWS: Final = (Changed(topic=topics.UPDOWN),)
"""What shows the Up/Down windows: trades that strategies watch are what they run on."""
BLANK: Final = SparseLadder()
"""The book of whatever has none, never written to: a real one takes as much room as a thousand of anything else."""


def add_desk(state: State, desk: Desk) -> None:
    """Take in a venue of this session."""
    state.desks[desk.venue] = desk


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
        follow(state, desk)
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
    found.on_quote, found.on_trade = asked.quotes.get(instrument, ()), asked.trades.get(instrument, ())
    found.shown = tuple(found.views.values())
    found.traded = (found.tape_view, *found.shown, *(WINDOWS if found.on_trade else ()))


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


def grid_changed(state: State, event: GridChanged) -> None:
    """The venue moved the prices at which orders may lie."""
    found = state.listings.get(event.instrument)
    if found is None:
        return
    found.instrument = replace(found.instrument, grid=event.grid)
    text = f"{found.instrument.title}: the steps of its prices changed"
    state.out.notice(Level.INFO, text, "GRID", event.instrument.symbol)
    state.out.dirty_all(found.views)


def marked(state: State, event: Marked) -> None:
    """A venue reckoned an instrument anew. One that was sent later replaces what we had, whatever came first."""
    found = state.listings.get(event.instrument)
    if found is None:
        return
    _heard(state, event.instrument.venue, event.at)
    had = found.mark
    if had is not None and had.venue_time and event.venue_time and event.venue_time < had.venue_time:
        return
    found.mark = event
    if event.instrument in state.options.held:
        sensing.marked(state, found)
    state.out.dirty_all(found.views)


def snapshot(state: State, event: BookSnapshot) -> None:
    """A whole book: it replaces what we had, and what was stale no longer is."""
    found = state.listings.get(event.instrument)
    if found is None:
        return
    _heard(state, event.instrument.venue, event.at)
    if not (_possible(found, event.bids) and _possible(found, event.asks)):
        spoil(state, found, "a level lies outside of what prices can be")
        return
    book = found.book
    if book is BLANK:
        book = found.book = Ladder(found.top) if found.top else SparseLadder()
    book.snapshot(event.bids, event.asks)
    if book.crossed:
        spoil(state, found, "bid and ask meet")
        return
    found.stale, found.book_at = "", event.at
    _trail(found, event.at)
    state.out.dirty_all(found.views)
    state.out.dirty(topics.CONNECTIONS)


def _possible(found: Listing, levels: Iterable[tuple[int, int]]) -> bool:
    top = found.top
    return all(price > 0 and lots >= 0 and (not top or price < top) for price, lots in levels)


def delta(state: State, found: Listing, event: BookDelta) -> None:
    """One level of an instrument's book changed."""
    at, price, top = event.at, event.price, found.top
    desk = state.desks.get(event.instrument[0])
    if desk is not None:
        desk.heard_at = at
    if found.stale:
        if found.stale == NOT_YET:
            spoil(state, found, "a change came before the book")
        return  # the book that was asked for holds it
    if price <= 0 or (top and price >= top):
        spoil(state, found, "a level lies outside of what prices can be")
        return
    book, lots = found.book, event.lots
    if event.by:
        lots += book.lots(event.side, price)  # type: ignore[assignment]
    if lots < 0:
        spoil(state, found, "a level fell below nothing")
        return
    book.put(event.side, price, lots)
    bid, ask = book.best_bid, book.best_ask
    if bid is not None and ask is not None and bid >= ask:
        spoil(state, found, "bid and ask meet")
        return
    said_bid, said_ask = event.best_bid, event.best_ask
    if (said_bid is not None and said_bid != bid) or (said_ask is not None and said_ask != ask):
        spoil(state, found, "its best prices are not what the venue says they are")
        return
    found.book_at = at
    if at >= found.trail_due:
        _trail(found, at)
    state.out.shown = found.shown


def _trail(found: Listing, at: Nanos) -> None:
    bid, ask = found.book.best_bid, found.book.best_ask
    if bid is not None and ask is not None:
        found.trail.append((at, 50.0 * (bid + ask) * float(found.instrument.unit)))
        found.trail_due = at + TRAIL_EVERY


def spoil(state: State, found: Listing, why: str) -> None:
    """Mark a book stale and ask for it whole."""
    mark_stale(state, found, why)
    again(state, found.instrument.id.venue, (found,))


def mark_stale(state: State, found: Listing, why: str) -> None:
    """Mark a book stale."""
    if found.stale and found.stale != NOT_YET:
        return  # the first reason says most
    if found.book_at is not None:
        state.out.dirty(topics.CONNECTIONS)
    found.stale, found.stale_at = why, state.now
    state.out.dirty_all(found.views)


def again(state: State, venue: VenueId, some: Iterable[Listing], every: int = RESNAP_EVERY) -> None:
    """Ask for whole books of these, unless that was just done or nothing can be asked."""
    desk = state.desks.get(venue)
    if desk is None or not desk.market_up:
        return
    due = [one for one in some if one.resnap_at is None or state.now - one.resnap_at >= desk.real(every)]
    for one in due:
        one.resnap_at = state.now
    if due:
        state.out.want(Resnap(venue=venue, instruments=tuple(one.instrument.id for one in due)))


def books_stale(state: State, event: BooksStale) -> None:
    """The feed says that it cannot vouch for these books until each comes whole."""
    some = [state.listings[one] for one in event.instruments if one in state.listings]
    for one in some:
        mark_stale(state, one, event.why or "the feed lost its place")
    again(state, event.venue, some)


def trade(state: State, found: Listing, event: Trade) -> None:
    """Somebody traded an instrument."""
    desk = state.desks.get(event.instrument[0])
    if desk is not None:
        desk.heard_at = event.at
    found.last = event
    found.tape.append(event)
    if found.top == 0 and event.at >= found.trail_due:  # without a book, trades are the trail
        found.trail.append((event.at, 100.0 * event.price * float(found.instrument.unit)))
        found.trail_due = event.at + TRAIL_EVERY
    state.out.shown = found.traded


def link_changed(state: State, event: LinkChanged) -> None:
    """The market link came up or went down; down makes every book of the venue stale."""
    desk = state.desks[event.venue]
    was = desk.links.get(MARKET)
    desk.links[MARKET] = Link(event.up, event.at if was is None or was.up != event.up else was.since, event.why)
    if event.up:
        desk.heard_at = event.at
    else:
        for one in of_venue(state, event.venue):
            mark_stale(state, one, event.why or "its link is down")
    state.out.dirty(topics.FEEDS, topics.CONNECTIONS, topics.SPINE, topics.GATES)


def report(state: State, event: LinkReport) -> None:
    """How a venue's connections do."""
    desk = state.desks.get(event.venue)
    if desk is None:
        return
    if desk.report is not None and event.frames > desk.report.frames and desk.market_up:
        desk.heard_at = event.at
    _told_of_skew(state, desk, event)
    desk.report = event
    state.out.dirty(topics.FEEDS, topics.CONNECTIONS)


SKEW_WARNS_MS: Final = 1_000.0


def _told_of_skew(state: State, desk: Desk, event: LinkReport) -> None:
    before = desk.report.skew_ms if desk.report is not None else None
    if event.skew_ms is None or abs(event.skew_ms) <= SKEW_WARNS_MS:
        return
    if before is None or abs(before) <= SKEW_WARNS_MS:
        text = f"this machine's clock differs from {desk.facts.title}'s by {event.skew_ms / 1000:+.1f} s"
        state.out.notice(Level.WARN, text, "CLOCK", desk.venue)


def let_go(found: Listing) -> None:
    """Drop the book of what is over."""
    found.book, found.stale = BLANK, "the market is over"


def forget(state: State) -> None:
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


def of_venue(state: State, venue: VenueId) -> list[Listing]:
    """Return all instruments of a venue."""
    return [one for key, one in state.listings.items() if key.venue == venue]


def beat(state: State) -> None:
    """Do what time alone asks for: silent links, books that did not come, once an hour what may be forgotten."""
    if state.now // HOUR != state.beat_at // HOUR:
        forget(state)
    for desk in state.desks.values():
        if not desk.market_up:
            continue
        silent = silence_s(state, desk)
        if silent is not None and silent > desk.facts.stale_after_s:
            for one in _followed(state, desk):
                mark_stale(state, one, f"its link was silent for more than {desk.facts.stale_after_s:g} s")
        again(state, desk.venue, [one for one in _followed(state, desk) if one.stale], RESNAP_AGAIN)


def _followed(state: State, desk: Desk) -> list[Listing]:
    return [state.listings[one] for one in sorted(desk.followed) if one in state.listings]


def silence_s(state: State, desk: Desk) -> float | None:
    """Return real seconds since the venue's market link brought anything; None before it did."""
    if desk.heard_at is None:
        return None
    return max(0.0, (state.now - desk.heard_at) / SECOND / desk.facts.pace)


def watch(state: State, asked: Watch) -> None:
    """Follow a family or one instrument, or let it go."""
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
    if asked.on:
        desk.watched.add(asked.what)
    else:
        desk.watched.discard(asked.what)
    desk.wanted = _wanted(state, desk)
    follow(state, desk)
    state.out.dirty(topics.MARKETS, topics.CONNECTIONS)


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


def follow(state: State, desk: Desk) -> None:
    """Tell the feed what to follow, if that changed: what is watched, and whatever we have orders or positions in."""
    ours = {one.place.instrument for one in state.register.open()} | {one for one, _, _ in state.book.held()}
    asked = state.strategies.follows.get(desk.venue, frozenset())
    ours.update(state.rfq.follows)
    wanted = frozenset(desk.wanted | asked | {one for one in ours if one.venue == desk.venue})
    if wanted != desk.followed:
        desk.followed = wanted
        state.out.want(Follow(venue=desk.venue, instruments=tuple(sorted(wanted))))


def _heard(state: State, venue: VenueId, at: Nanos) -> None:
    desk = state.desks.get(venue)
    if desk is not None:
        desk.heard_at = at


def roster_of(state: State, instrument: InstrumentId) -> tuple[Family, tuple[Instrument, ...]] | None:
    """Return the family of an instrument and all its members that are known."""
    found = state.listings.get(instrument)
    family = None if found is None or found.instrument.family is None else state.families.get(found.instrument.family)
    if family is None:
        return None
    return family, tuple(state.listings[one].instrument for one in family.members if one in state.listings)
