"""What comes by Kalshi's subscriptions on one socket: running numbers, gaps and what mends them. Pure.

One subscription (``sid``) carries one channel for many markets, and counts its frames in one row: snapshots, deltas
*and acknowledgements* of commands take a number each. A number that does not follow its predecessor makes every book
of that subscription suspect:

    whole ── gap, overflow, `again` ──► awaited: deltas dropped, ``get_snapshot`` asked
      ▲                                    │
      └──────── its snapshot ◄─────────────┘

A snapshot is taken whenever it comes and makes its own market whole. One that stays away is asked for again, and
after three times the socket is given up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.events import GridChanged
from engine.core.units import SECOND
from engine.venues.kalshi import wire, wire_books, wire_markets
from engine.venues.kalshi.hours import Hours
from engine.venues.kalshi.subscriptions import BOOKS, LIFECYCLE, Subscriptions
from engine.venues.kalshi.wire import KNOWN as _KNOWN
from engine.venues.kalshi.wire import LARGEST, UNREADABLE, Delta
from engine.venues.kalshi.wire_books import delta

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.kalshi.subscriptions import Row

PATIENCE: Final = 3 * SECOND
"""How long a snapshot may stay away."""
TRIES: Final = 3
QUIET: Final = 30 * SECOND
"""Books that say nothing for so long are asked for one of them: pings alone have been seen to outlive the data."""
NEW_GRID: Final = "price_level_structure_updated"
"""What a message says that tells of nothing but prices; others may name those beside what they tell."""

_decode: Final = _KNOWN.decode


@dataclass(slots=True)
class Sids(Subscriptions):
    """One socket's subscriptions to books, trades and lifecycle, and what comes by them."""

    hours: Hours = field(default_factory=Hours)
    """What is known of each market's times; shared with the feed."""
    errors: int = 0
    """Frames that could not be read, but whose book could be told."""
    _books_at: Nanos | None = None
    _probe: int = 0

    def opened(self, at: Nanos) -> None:
        """Begin a new connection: everything is asked for anew."""
        self.forget()  # one that ended while it was asked on is not told to have closed
        self._open = True
        self.unknown = frozenset()
        self._books_at = at
        if self.lifecycle:
            self.commands.subscribe(LIFECYCLE)
        self.want(self.wanted, at)

    def closed(self, at: Nanos, why: str) -> list[Event]:
        """Forget what was bound to the connection; return what follows."""
        self._open = False
        self.forget()
        self.lost_news = True
        return self._stale(self.wanted, at, why)

    def again(self, markets: Iterable[str], at: Nanos) -> list[Event]:
        """Ask for whole books of these, which are not to be trusted."""
        suspect = frozenset(markets) & self.wanted
        if suspect:
            self._resnap(suspect, at)
        return self._stale(frozenset(suspect & self.whole.keys()), at, "a whole book was asked for")

    def overflowed(self, at: Nanos) -> list[Event]:
        """Return what follows when events found no room: no book of this socket is to be trusted."""
        self._resnap(self.wanted, at)
        self.lost_news = True
        return self._stale(self.wanted, at, "more came than could be taken in")

    def frame(self, raw: bytes | str, at: Nanos) -> list[Event]:
        """Return what a frame means, in its place in the row.

        Raises
        ------
        WireError
            If it cannot be read. Its number is then missing, so the next one shows a gap.
        """
        try:
            frame = _decode(raw) if len(raw) <= LARGEST else wire.read(raw)
        except UNREADABLE:
            frame = wire.read(raw)  # once more, for a kind nobody knows or for what is wrong with it
        if type(frame) is Delta:  # nearly all there is: nothing else is asked of it first
            row, name, seq = self._rows.get(frame.sid), self.whole.get(frame.msg.market_ticker), frame.seq
            if row is not None and name is not None and seq == row.seq + 1:
                row.seq, row.last, self._books_at = seq, frame, at
                try:
                    return [delta(frame, at, self.use_yes_price, name)]
                except (ValueError, ArithmeticError):
                    self.errors += 1
                    return self._spoilt(frame, at)
        return self._rarer(frame, raw, at)

    def _rarer(self, frame: wire.Frame, raw: bytes | str, at: Nanos) -> list[Event]:
        """Return what any other frame means."""
        if isinstance(frame, wire.Subscribed):
            return self._subscribed(frame, at)
        if isinstance(frame, wire.Error):
            return self._error(frame, at)
        if frame.sid is None or frame.seq is None:
            return wire.understood(self._meaning, raw, frame, at)
        row = self._rows.get(frame.sid)
        if row is None:
            return []
        stale: list[Event] = []
        if frame.seq != row.seq + 1:
            if frame == row.last:  # the very same once more
                return []
            stale = self._gap(row, frame.seq, at)
        row.seq, row.last = frame.seq, frame
        try:
            return stale + self._meaning(frame, at)
        except (ValueError, ArithmeticError) as e:
            events = stale + self._spoilt(frame, at)
            if not events:
                raise wire.unreadable(e, raw) from e
            self.errors += 1
            return events

    def tick(self, at: Nanos) -> str:
        """Look what is overdue, about once a second; return why the socket is to be given up, or nothing."""
        late = frozenset(ticker for ticker, since in self.awaited.items() if at - since >= PATIENCE)
        if late and self._open:
            return self._late(late, at)
        if self._open and self.whole and self._books_at is not None and at - self._books_at >= QUIET:
            self._look(at)
        return ""

    def _late(self, late: frozenset[str], at: Nanos) -> str:
        """Ask again for books that stayed away; give those up that never come while others do, else the socket."""
        for ticker in late:
            self._tries[ticker] = self._tries.get(ticker, 0) + 1
        hopeless = frozenset(ticker for ticker in late if self._tries[ticker] > TRIES)
        if hopeless and (self._books_at is None or at - self._books_at > TRIES * PATIENCE):
            return "whole books were asked for three times and none came"
        for ticker in hopeless:
            del self.awaited[ticker], self._tries[ticker]
        self._resnap(late - hopeless, at)
        return ""

    def _meaning(self, frame: wire.Frame, at: Nanos) -> list[Event]:
        """Return the events of a frame that is in its place."""
        if isinstance(frame, wire.Delta):
            event = wire_books.delta(frame, at, self.use_yes_price)
            self._books_at = at
            return [event] if frame.msg.market_ticker in self.whole else []
        if isinstance(frame, wire.Trade):
            return [wire_books.trade(frame, at)] if frame.msg.market_ticker in self.wanted else []
        if isinstance(frame, wire.Snapshot):
            return self._snapshot(frame, at)
        if isinstance(frame, wire.Lifecycle):
            return self._news(frame.msg, at)
        if isinstance(frame, wire.Ok | wire.Unsubscribed):
            self._done(frame)
        return []

    def _snapshot(self, frame: wire.Snapshot, at: Nanos) -> list[Event]:
        event = wire_books.snapshot(frame, at, use_yes_price=self.use_yes_price)
        ticker = frame.msg.market_ticker
        self._books_at = at
        if ticker not in self.wanted:
            return []
        self.awaited.pop(ticker, None)
        self._tries.pop(ticker, None)
        self.whole[ticker] = event.instrument
        return [event]

    def _news(self, msg: wire.LifecycleMsg, at: Nanos) -> list[Event]:
        """Return what became of a market of ours."""
        if msg.market_ticker not in self.wanted:
            return []
        grid: list[Event] = []
        if msg.price_ranges:
            instrument = wire_books.instrument(msg.market_ticker)
            grid.append(GridChanged(at=at, instrument=instrument, grid=wire_markets.grid(msg.price_ranges)))
        if msg.event_type == NEW_GRID:
            return grid
        changed = self.hours.news(msg, at)
        return [*grid, changed] if changed is not None else grid

    def _spoilt(self, frame: wire.Frame, at: Nanos) -> list[Event]:
        """Return what follows from a frame of a book that says no prices: that book is stale, no other is."""
        if not isinstance(frame, wire.Snapshot | wire.Delta):
            return []
        ticker = frozenset({frame.msg.market_ticker}) & self.wanted
        stale = self._stale(ticker, at, "the venue sent what is no price or no number")
        if isinstance(frame, wire.Delta):
            self._resnap(ticker, at)
        else:
            self.awaited.pop(frame.msg.market_ticker, None)  # the next would be no better
        return stale

    def _gap(self, row: Row, seq: int, at: Nanos) -> list[Event]:
        """A number is missing, or came twice: what this subscription carries is not to be trusted."""
        self.gaps += 1
        if row.channel != BOOKS:
            self.lost_news |= row.channel == LIFECYCLE
            return []
        was, self.whole = frozenset(self.whole), {}
        self._resnap(self.wanted, at)
        return self._stale(was, at, f"number {seq} came after {row.seq}")

    def _look(self, at: Nanos) -> None:
        """Ask for one book to see whether data still comes. It is not stale, only looked at."""
        self._books_at = at
        sid = self._sid(BOOKS)
        if sid is None:
            return
        self._probe += 1
        ticker = sorted(self.whole)[self._probe % len(self.whole)]
        self.awaited[ticker] = at
        self.commands.update(sid, BOOKS, "get_snapshot", frozenset({ticker}))
