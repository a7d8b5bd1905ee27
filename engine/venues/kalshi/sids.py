"""Kalshi's subscriptions on one socket: running numbers, gaps and what mends them. Pure.

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

from engine.core.events import BooksStale, GridChanged
from engine.core.ids import KALSHI
from engine.core.units import SECOND
from engine.venues.kalshi import wire, wire_books, wire_markets
from engine.venues.kalshi.asking import Asked, Commands
from engine.venues.kalshi.hours import Hours
from engine.venues.kalshi.wire import KNOWN as _KNOWN
from engine.venues.kalshi.wire import LARGEST, UNREADABLE, Delta
from engine.venues.kalshi.wire_books import delta

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos

BOOKS: Final = "orderbook_delta"
TRADES: Final = "trade"
LIFECYCLE: Final = "market_lifecycle_v2"
PATIENCE: Final = 3 * SECOND
"""How long a snapshot may stay away."""
TRIES: Final = 3
QUIET: Final = 30 * SECOND
"""Books that say nothing for so long are asked for one of them: pings alone have been seen to outlive the data."""
ENDS_SUBSCRIPTION: Final = frozenset({10, 25})
"""Channel error, and: we read too slowly."""
UNKNOWN_SID: Final = 7
MARKET_LIMIT: Final = 26
NEW_GRID: Final = "price_level_structure_updated"
"""What a message says that tells of nothing but prices; others may name those beside what they tell."""

_decode: Final = _KNOWN.decode


@dataclass(slots=True)
class Row:
    """One subscription."""

    channel: str
    seq: int = 0
    last: wire.Frame | None = None


@dataclass(slots=True)
class Sids:
    """State of one socket's subscriptions to books, trades and lifecycle."""

    hours: Hours = field(default_factory=Hours)
    """What is known of each market's times; shared with the feed."""
    use_yes_price: bool = False
    lifecycle: bool = True
    """Subscribe to what becomes of markets; of several sockets one is enough."""
    commands: Commands = field(default_factory=Commands)
    wanted: frozenset[str] = frozenset()
    awaited: dict[str, Nanos] = field(default_factory=dict)
    """Markets without a whole book, and when one was last asked for."""
    whole: dict[str, InstrumentId] = field(default_factory=dict)
    """Markets whose book is, and what each is to us."""
    gaps: int = 0
    resyncs: int = 0
    errors: int = 0
    """Frames that could not be read, but whose book could be told."""
    refused: frozenset[str] = frozenset()
    """Markets for which this socket has no room: another has to take them."""
    unknown: frozenset[str] = frozenset()
    """Markets the venue does not take at all; tried again on the next connection."""
    limit: int | None = None
    """How many markets the venue took on one socket, once it has said so."""
    lost_news: bool = False
    """News of markets may have been missed: their statuses have to be read again."""
    _rows: dict[int, Row] = field(default_factory=dict)
    _open: bool = False
    _tries: dict[str, int] = field(default_factory=dict)
    _carried: dict[str, frozenset[str]] = field(default_factory=dict)
    """By channel, the markets it was subscribed for."""
    _books_at: Nanos | None = None
    _probe: int = 0

    @property
    def outbox(self) -> list[str]:
        """Commands to send next; whoever sends them takes them out."""
        return self.commands.outbox

    def opened(self, at: Nanos) -> None:
        """Begin a new connection: everything is asked for anew."""
        self._open = True
        self.unknown = frozenset()
        self._books_at = at
        if self.lifecycle:
            self.commands.subscribe(LIFECYCLE)
        self.want(self.wanted, at)

    def closed(self, at: Nanos, why: str) -> list[Event]:
        """Forget what was bound to the connection; return what follows."""
        self._open = False
        self._rows.clear()
        self._carried.clear()
        self.commands.clear()
        self._tries.clear()
        self.lost_news = True
        return self._stale(self.wanted, at, why)

    def want(self, markets: frozenset[str], at: Nanos) -> None:
        """Follow exactly these markets."""
        gone = self.wanted - markets
        self.wanted = markets
        for ticker in gone:
            self.whole.pop(ticker, None)
            self.awaited.pop(ticker, None)
            self._tries.pop(ticker, None)
        self.refused &= markets
        if self._open:
            for channel in (BOOKS, TRADES):
                self._adjust(channel, at)

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

    @property
    def carried(self) -> int:
        """How many markets this socket's books are subscribed for."""
        return len(self._carried.get(BOOKS, ()))

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

    def _subscribed(self, frame: wire.Subscribed, at: Nanos) -> list[Event]:
        channel = frame.msg.channel
        self._rows[frame.msg.sid] = Row(channel)
        self.commands.answered(frame.id)
        if channel in {BOOKS, TRADES}:
            self._adjust(channel, at)
        return []

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

    def _done(self, frame: wire.Ok | wire.Unsubscribed) -> None:
        if isinstance(frame, wire.Unsubscribed) and frame.sid is not None:
            self._rows.pop(frame.sid, None)
        self.commands.answered(frame.id)

    def _error(self, frame: wire.Error, at: Nanos) -> list[Event]:
        """Return what follows from a command that was not done, or a subscription that was ended."""
        asked = self.commands.answered(frame.id)
        code = frame.msg.code
        if code == MARKET_LIMIT and asked is not None:
            return self._no_room(asked, at)
        if code in ENDS_SUBSCRIPTION:
            return self._ended(frame.sid, at)
        if code == UNKNOWN_SID and asked is not None:
            return self._ended(self._sid(asked.channel), at)
        if asked is not None and asked.markets:
            self._halve(asked, at)
        return []

    def _halve(self, asked: Asked, at: Nanos) -> None:
        """Some of these markets the venue does not take: ask for each half of them, to lose no other with those."""
        markets = sorted(asked.markets)
        self._carried[asked.channel] = self._carried.get(asked.channel, frozenset()) - asked.markets
        if len(markets) == 1:
            self.unknown |= asked.markets
            self.awaited.pop(markets[0], None)
            return
        middle = len(markets) // 2
        for half in (frozenset(markets[:middle]), frozenset(markets[middle:])):
            self._add(asked.channel, half & self.wanted)

    def _no_room(self, asked: Asked, at: Nanos) -> list[Event]:
        """The venue takes no more markets on this socket: give those up that it refused."""
        left = self._carried.get(asked.channel, frozenset()) - asked.markets
        self._carried[asked.channel] = left
        self.limit = max(len(left), len(asked.markets) // 2 if not left else 0, 1)
        self.refused |= asked.markets
        return self._stale(asked.markets & self.wanted, at, "no room on this connection")

    def _ended(self, sid: int | None, at: Nanos) -> list[Event]:
        """The venue ended a subscription (all of them, if it does not say which): subscribe again."""
        ended = [number for number in self._rows if sid is None or number == sid]
        channels = {self._rows.pop(number).channel for number in ended}
        for channel in channels:
            self._carried.pop(channel, None)
        self.gaps += 1
        if LIFECYCLE in channels:
            self.lost_news = True
            self.commands.subscribe(LIFECYCLE)
        stale = self._stale(self.wanted, at, "the venue ended the subscription") if BOOKS in channels else []
        for channel in channels & {BOOKS, TRADES}:
            self._adjust(channel, at)
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

    def _stale(self, markets: frozenset[str], at: Nanos, why: str) -> list[Event]:
        """Mark books as not whole; their deltas are dropped until a snapshot of each came."""
        for ticker in markets:
            self.whole.pop(ticker, None)
        for ticker in markets - self.unknown:
            self.awaited.setdefault(ticker, at)
        if not markets:
            return []
        instruments = tuple(wire_books.instrument(ticker) for ticker in sorted(markets))
        return [BooksStale(at=at, venue=KALSHI, instruments=instruments, why=why)]

    def _resnap(self, markets: frozenset[str], at: Nanos) -> None:
        """Ask for whole books; subscribe anew where there is no subscription to ask on."""
        markets -= self.unknown
        for ticker in markets:
            self.awaited[ticker] = at
        if not self._open or not markets:
            return
        sid = self._sid(BOOKS)
        if sid is None:
            self._adjust(BOOKS, at)
            return
        self.resyncs += 1
        self.commands.update(sid, BOOKS, "get_snapshot", markets)

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

    def _adjust(self, channel: str, at: Nanos) -> None:
        """Bring a channel's subscription to the markets that are wanted."""
        have, wanted = self._carried.get(channel, frozenset()), self.wanted - self.unknown
        more, less = wanted - have, have - wanted
        sid = self._sid(channel)
        if channel == BOOKS:
            for ticker in more:
                self.awaited.setdefault(ticker, at)
        if not wanted:
            self._carried.pop(channel, None)
            if sid is not None:
                del self._rows[sid]  # whatever it still sends is nobody's
                self.commands.unsubscribe(sid, channel)
            return
        self._add(channel, more)
        if sid is not None and less:  # without a sid yet, they are taken off once there is one
            self.commands.update(sid, channel, "delete_markets", less)
            self._carried[channel] = self._carried.get(channel, frozenset()) - less

    def _add(self, channel: str, more: frozenset[str]) -> None:
        """Ask for further markets of a channel."""
        if not more:
            return
        sid = self._sid(channel)
        if sid is None:
            self.commands.subscribe(channel, more, self.use_yes_price if channel == BOOKS else None)
        else:
            self.commands.update(sid, channel, "add_markets", more)
        self._carried[channel] = self._carried.get(channel, frozenset()) | more

    def _sid(self, channel: str) -> int | None:
        return next((sid for sid, row in self._rows.items() if row.channel == channel), None)
