"""What venues say of books, trades and marks. The hot path of a quote is `delta`.

A book is the venue's or is marked stale, never silently wrong. It goes stale by a gap the feed tells of, a link that
is down or silent, a delta before its snapshot, a level that cannot be, best prices that are not what the venue says
they are, or bid and ask that meet; only a whole book ends it, and it is asked for, not too often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book.ladder import Ladder
from engine.book.sparse import SparseLadder
from engine.core.effects import Level, Resnap
from engine.core.ids import VenueId
from engine.core.units import SECOND, Nanos
from engine.kernel.desks import BLANK
from engine.kernel.options import sensing
from engine.kernel.outbox import NO_VIEWS
from engine.orders import bearable
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.effects import Changed
    from engine.core.events import (
        BookDelta,
        BookSnapshot,
        BooksStale,
        Marked,
        Trade,
    )
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

RESNAP_EVERY: Final = 2 * SECOND
"""A book that stays stale is asked for no more often than this."""
RESNAP_AGAIN: Final = 5 * SECOND
"""A whole book that was asked for and has not come is asked for again."""
TRAIL_EVERY: Final = 5 * SECOND
AHEAD: Final = 10 * SECOND
"""How far the venue's time of something may lie after it came. What is from further ahead is left out: it would make
all that comes until then late."""
TOLD_OF: Final = frozenset(10**n for n in range(12))
"""Which of them are told."""
NOT_YET: Final = "no book yet"


def marked(state: State, event: Marked) -> None:
    """A venue reckoned an instrument anew. One that was sent later replaces what we had, whatever came first."""
    found = state.listings.get(event.instrument)
    if found is None:
        return
    _heard(state, event.instrument.venue, event.at)
    told = event.venue_time
    if told is not None and told - event.at > AHEAD and _ahead(state, found, event.at, told, "mark"):
        return
    had = found.mark
    if had is not None and had.venue_time and event.venue_time and event.venue_time < had.venue_time:
        return
    if wrong := bearable.mark(event):
        _leave_out(state, found, wrong)
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


def delta(state: State, found: Listing, event: BookDelta) -> tuple[Changed, ...]:
    """One level of an instrument's book changed; return the views that show it, none where it did not count."""
    at, price = event.at, event.price
    desk, top = found.desk, found.top
    if desk is not None:
        desk.heard_at = at
    if found.stale:
        if found.stale == NOT_YET:
            spoil(state, found, "a change came before the book")
        return NO_VIEWS  # the book that was asked for holds it
    if price <= 0 or (top and price >= top):
        spoil(state, found, "a level lies outside of what prices can be")
        return NO_VIEWS
    book, lots = found.book, event.lots
    if event.by:
        lots += book.lots(event.side, price)  # type: ignore[assignment]
    if lots < 0:
        spoil(state, found, "a level fell below nothing")
        return NO_VIEWS
    book.put(event.side, price, lots)
    bid, ask = book.best_bid, book.best_ask
    if bid is not None and ask is not None and bid >= ask:
        spoil(state, found, "bid and ask meet")
        return NO_VIEWS
    said_bid, said_ask = event.best_bid, event.best_ask
    if (said_bid is not None and said_bid != bid) or (said_ask is not None and said_ask != ask):
        spoil(state, found, "its best prices are not what the venue says they are")
        return NO_VIEWS
    found.book_at = at
    if at >= found.trail_due:
        _trail(found, at)
    return found.shown


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


def trade(state: State, found: Listing, event: Trade) -> bool:
    """Somebody traded an instrument; False where that is from too far ahead, and left out."""
    desk, told = found.desk, event.venue_time
    if desk is not None:
        desk.heard_at = event.at
    if told is not None and told - event.at > AHEAD and _ahead(state, found, event.at, told, "trade"):
        return False
    found.last = event
    found.tape.append(event)
    if found.top == 0 and event.at >= found.trail_due:  # without a book, trades are the trail
        found.trail.append((event.at, 100.0 * event.price * float(found.instrument.unit)))
        found.trail_due = event.at + TRAIL_EVERY
    state.out.shown = found.traded
    return True


def _ahead(state: State, found: Listing, at: Nanos, told: Nanos, what: str) -> bool:
    """Whether something is from too far ahead, by the venue's clock as far as ours is known to differ; count it."""
    desk = found.desk
    if desk is None:
        return True
    skew_ms = 0.0 if desk.report is None or desk.report.skew_ms is None else desk.report.skew_ms
    over = told - at + int(skew_ms * 1_000_000)
    if over <= desk.real(AHEAD):
        return False
    desk.ahead += 1
    if desk.ahead in TOLD_OF:
        text = f"a {what} of {found.instrument.id.symbol} is from {over / SECOND:,.0f} s after it came, and is left out"
        state.out.notice(Level.WARN, f"{desk.facts.title}: {text}; {desk.ahead:,} so far", "VENUE_TIME", desk.venue)
    return True


def _leave_out(state: State, found: Listing, wrong: str) -> None:
    """Count a mark that cannot be; the last one that could ages until it counts as none."""
    desk = found.desk
    if desk is None:
        return
    desk.beyond += 1
    if desk.beyond in TOLD_OF:
        text = f"a mark of {found.instrument.id.symbol} has a {wrong} that cannot be, and is left out"
        state.out.notice(Level.WARN, f"{desk.facts.title}: {text}; {desk.beyond:,} so far", "VENUE_MARK", desk.venue)


def let_go(found: Listing) -> None:
    """Drop the book of what is over."""
    found.book, found.stale = BLANK, "the market is over"


def _heard(state: State, venue: VenueId, at: Nanos) -> None:
    desk = state.desks.get(venue)
    if desk is not None:
        desk.heard_at = at
