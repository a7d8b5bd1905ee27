"""What one Kalshi socket is subscribed to: brought to what is wanted, and cut down to what the venue takes. Pure.

One subscription carries one channel for many markets; markets are added to it and taken off it while it lives. What
the venue does not take, it refuses for a whole command: halves of it are asked for, until the one market is found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.events import BooksStale
from engine.core.ids import KALSHI
from engine.venues.kalshi import wire, wire_books
from engine.venues.kalshi.asking import Asked, Commands

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos

BOOKS: Final = "orderbook_delta"
TRADES: Final = "trade"
LIFECYCLE: Final = "market_lifecycle_v2"
ENDS_SUBSCRIPTION: Final = frozenset({10, 25})
"""Channel error, and: we read too slowly."""
UNKNOWN_SID: Final = 7
MARKET_LIMIT: Final = 26


@dataclass(slots=True)
class Row:
    """One subscription."""

    channel: str
    seq: int = 0
    last: wire.Frame | None = None


@dataclass(slots=True)
class Subscriptions:
    """State of one socket's subscriptions, and which books are whole."""

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

    @property
    def outbox(self) -> list[str]:
        """Commands to send next; whoever sends them takes them out."""
        return self.commands.outbox

    @property
    def carried(self) -> int:
        """How many markets this socket's books are subscribed for."""
        return len(self._carried.get(BOOKS, ()))

    def forget(self) -> None:
        """Forget what is bound to a connection."""
        self._rows.clear()
        self._carried.clear()
        self.commands.clear()
        self._tries.clear()

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

    def _subscribed(self, frame: wire.Subscribed, at: Nanos) -> list[Event]:
        channel = frame.msg.channel
        self._rows[frame.msg.sid] = Row(channel)
        self.commands.answered(frame.id)
        if channel in {BOOKS, TRADES}:
            self._adjust(channel, at)
        return []

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
            sid = self._sid(asked.channel)  # None once its end was told, and a new one is on its way
            return [] if sid is None else self._ended(sid, at)
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
