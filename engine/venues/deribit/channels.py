"""What one market socket of Deribit carries: channels asked for and given, and whether each book is whole. Pure.

::

    nothing ─ subscribe ─► asked ─ a whole book ─► live ─ a change that follows ─► live
                             ▲                      │ one that does not follow
                             └── leave, subscribe ◄─┘ BooksStale

A subscription that the venue does not give is missing from its answer without a word, so the answer is compared with
what was asked. News as they happen (``raw``) are given to those who are logged in; where they are not given, the same
channel gathered over 100 ms is asked for. Subscribing what is subscribed brings no new book: it is left first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.events import BooksStale
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import SECOND, Nanos
from engine.venues.deribit import wire, wire_books, wire_market
from engine.venues.deribit.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.events import Event
    from engine.venues.deribit.directory import Directory
    from engine.venues.deribit.numbers import Scale

BOOK_IN: Final = Nanos(5 * SECOND)
"""A whole book that was asked for and has not come by then: the socket is given up."""
BATCH: Final = 150
"""Channels in one request."""
NEWS: Final = ("platform_state", "instrument.state.option.any", "instrument.state.future.any")
"""What concerns the venue as a whole; the first socket of a feed hears it."""
BOOKS: Final = b'"book.'
HEAD: Final = 120
"""Bytes in which a frame has named its channel."""
SUBSCRIBE, LEAVE = "public/subscribe", "public/unsubscribe"


@dataclass(slots=True)
class Channels:
    """One socket's subscriptions."""

    directory: Directory
    first: bool = True
    """Whether it hears of the venue as a whole."""
    calls: Calls = field(default_factory=Calls)
    wanted: frozenset[str] = frozenset()
    given: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Channels that the venue does not give, though it was asked nicely."""
    raw: bool = False
    """Whether this connection is logged in."""
    gaps: int = 0
    resyncs: int = 0
    errors: int = 0
    statuses: dict[str, str] = field(default_factory=dict)
    """What was last told of each instrument."""
    _open: bool = False
    _last: dict[str, int] = field(default_factory=dict)
    """Change id of each book that is whole."""
    _waits: dict[str, Nanos] = field(default_factory=dict)
    """Since when a whole book is awaited."""
    _gathered: set[str] = field(default_factory=set)
    """Instruments whose book is not given as it happens."""
    _trades: dict[str, int] = field(default_factory=dict)
    _unread: set[str] = field(default_factory=set)
    """Books that came before their instrument's steps were known."""

    @property
    def live(self) -> int:
        """How many books are whole."""
        return len(self._last)

    def opened(self, at: Nanos, *, raw: bool) -> None:
        """Begin on a new connection: ask for everything."""
        self._forget()
        self._open, self.raw = True, raw
        self.refused.clear()
        self._gathered.clear()
        self._subscribe([one for name in sorted(self.wanted) for one in self._of(name)], at)
        if self.first:
            self._subscribe(NEWS, at)
        self._waits = dict.fromkeys(self.wanted, at)

    def closed(self, at: Nanos, why: str) -> list[Event]:
        """Return that no book is to be trusted."""
        told = self._stale(sorted(set(self._last) | set(self._waits)), at, why)
        self._forget()
        self._open = False
        return told

    def want(self, names: frozenset[str], at: Nanos) -> None:
        """Follow exactly these."""
        new, gone = names - self.wanted, self.wanted - names
        before = {one: self._of(one) for one in gone}
        self.wanted = names
        for name in gone:
            self._last.pop(name, None)
            self._waits.pop(name, None)
            self._trades.pop(name, None)
            self.statuses.pop(name, None)
        if not self._open:
            return
        self._leave([one for name in sorted(gone) for one in before[name]], at)
        self._subscribe([one for name in sorted(new) for one in self._of(name)], at)
        self._waits.update(dict.fromkeys(new, at))

    def again(self, names: Iterable[str], at: Nanos) -> list[Event]:
        """Ask for whole books of these, unless that is under way; return that they are stale until then."""
        due = [one for one in sorted(names) if one in self._last]
        return self._resync(due, at, "it is asked for anew")

    def overflowed(self, at: Nanos) -> list[Event]:
        """Ask for every book: something found no room."""
        return self._resync(sorted(self._last), at, "changes found no room")

    def learned(self, at: Nanos) -> None:
        """Ask for the books of instruments whose steps have become known since they came."""
        known = sorted(name for name in self._unread & self.wanted if name in self.directory.scales)
        self._unread.difference_update(known)
        self._resync(known, at, "its steps were not known")

    def overdue(self, at: Nanos) -> str:
        """Return why the connection is to be given up; empty while all is well."""
        late = next((name for name, since in self._waits.items() if at - since > BOOK_IN), None)
        if late is not None and self._channel(late) not in self.refused and late in self.directory.scales:
            return f"no book of {late} within {BOOK_IN // SECOND} s"
        asked = self.calls.overdue(at)
        return f"no answer to {asked.method} within 5 s" if asked is not None else ""

    def answered(self, reply: wire.Reply | wire.Refusal, at: Nanos) -> list[Event]:
        """Take in the answer to a subscription; return what follows.

        Raises
        ------
        WireError
            If it is no list of channels.
        """
        asked = self.calls.answered(reply.id)
        if asked is None or asked.method not in {SUBSCRIBE, LEAVE}:
            return []
        if isinstance(reply, wire.Refusal):
            self.errors += 1
            return self._missing(asked.channels, at) if asked.method == SUBSCRIBE else []
        names: list[str] = wire.body(wire.NAMES, reply.result)
        got = set(names)
        if asked.method == LEAVE:
            self.given -= got
            return []
        self.given |= got & set(asked.channels)
        missing = [one for one in asked.channels if one not in got]
        return self._missing(missing, at) if missing else []

    def news(self, told: wire.News, at: Nanos) -> Sequence[Event]:
        """Return what a channel's message means.

        Raises
        ------
        WireError
            If it cannot be read: a book it was of is then asked for anew.
        """
        channel = told.channel
        if channel.startswith("book."):
            return self._book(told, at)
        if channel.startswith("ticker."):
            return self._ticker(told, at)
        if channel.startswith("trades."):
            return self._prints(told, at)
        if channel.startswith("instrument.state."):
            return self._state(told, at)
        return ()

    def booked(self, raw: bytes, at: Nanos) -> Sequence[Event] | None:
        """Return what a frame means if it is a change of a book that follows, read in one go; None for any other.

        Nearly every frame is one; whatever is odd about it is left to the way of all frames.
        """
        if BOOKS not in raw[:HEAD]:
            return None
        try:
            book = wire_books.BOOK_FRAME.decode(raw).params.data
            name = book.instrument_name
            last = self._last.get(name)
            if last is None or book.prev_change_id != last or book.whole or name not in self.wanted:
                return None
            events = wire_books.changes(book, at, InstrumentId(DERIBIT, name), self.directory.scales[name])
        except (*wire.UNREADABLE, KeyError):
            return None
        self._last[name] = book.change_id
        return events

    # ---- what channels carry

    def _book(self, told: wire.News, at: Nanos) -> Sequence[Event]:
        book = wire.body(wire_books.BOOK, told.data)
        name = book.instrument_name
        scale = self._scale(name)
        if scale is None:
            self._unread |= {name} & self.wanted
            return ()
        if book.whole:
            return self._snapshot(book, name, at, scale, told)
        last = self._last.get(name)
        if last is None:
            return ()  # a whole book is on its way
        if book.prev_change_id != last:
            self.gaps += 1
            return self._resync([name], at, "changes of its book are missing")
        try:
            events = wire_books.changes(book, at, InstrumentId(DERIBIT, name), scale)
        except wire.UNREADABLE:
            self.errors += 1
            return self._resync([name], at, "a change of its book cannot be read")
        self._last[name] = book.change_id
        return events

    def _snapshot(self, book: wire_books.Book, name: str, at: Nanos, scale: Scale, told: wire.News) -> Sequence[Event]:
        found = wire.understood(wire_books.snapshot, told.data, book, at, scale)
        self._last[name] = book.change_id
        self._waits.pop(name, None)
        return (found,)

    def _ticker(self, told: wire.News, at: Nanos) -> Sequence[Event]:
        ticker = wire.body(wire_market.TICKER, told.data)
        scale = self._scale(ticker.instrument_name)
        if scale is None:
            return ()
        mark = wire.understood(wire_market.marked, told.data, ticker, at, scale)
        changed = self._status(ticker.instrument_name, ticker.state, at)
        return (mark,) if changed is None else (changed, mark)

    def _prints(self, told: wire.News, at: Nanos) -> Sequence[Event]:
        found: list[Event] = []
        for one in wire.body(wire_market.TRADES, told.data):
            scale = self._scale(one.instrument_name)
            last = self._trades.get(one.instrument_name)
            if scale is None or (last is not None and one.trade_seq <= last):
                continue
            if last is not None and one.trade_seq > last + 1:
                self.gaps += 1
            self._trades[one.instrument_name] = one.trade_seq
            found.append(wire.understood(wire_market.trade, told.data, one, at, scale))
        return found

    def _state(self, told: wire.News, at: Nanos) -> Sequence[Event]:
        state = wire.body(wire_market.STATE, told.data)
        self.directory.stale()
        if state.instrument_name not in self.wanted and state.instrument_name not in self.statuses:
            return ()
        changed = self._status(state.instrument_name, state.state, at)
        return () if changed is None else (changed,)

    def _status(self, name: str, state: str, at: Nanos) -> Event | None:
        found = wire_market.status(name, state, at)
        if found is None or self.statuses.get(name) == found.status:
            return None
        known = self.directory.instruments.get(name)
        first = name not in self.statuses
        self.statuses[name] = found.status
        return None if first and known is not None and known.status == found.status else found

    def _scale(self, name: str) -> Scale | None:
        return self.directory.scales.get(name) if name in self.wanted else None

    # ---- subscriptions

    def _of(self, name: str) -> tuple[str, ...]:
        return self._channel(name), f"ticker.{name}.100ms", f"trades.{name}.100ms"

    def _channel(self, name: str) -> str:
        return f"book.{name}.{'raw' if self.raw and name not in self._gathered else '100ms'}"

    def _subscribe(self, channels: Sequence[str], at: Nanos) -> None:
        for start in range(0, len(channels), BATCH):
            some = tuple(channels[start : start + BATCH])
            self.calls.put(SUBSCRIBE, {"channels": some}, at, some)

    def _leave(self, channels: Sequence[str], at: Nanos) -> None:
        for start in range(0, len(channels), BATCH):
            some = tuple(channels[start : start + BATCH])
            self.calls.put(LEAVE, {"channels": some}, at, some)

    def _resync(self, names: Sequence[str], at: Nanos, why: str) -> list[Event]:
        if not names:
            return []
        self.resyncs += len(names)
        for name in names:
            self._last.pop(name, None)
            self._waits[name] = at
        if self._open:
            channels = [self._channel(name) for name in names]
            self._leave(channels, at)
            self._subscribe(channels, at)
        return self._stale(names, at, why)

    def _missing(self, channels: Sequence[str], at: Nanos) -> list[Event]:
        """Do without what was not given, or with less."""
        self.errors += 1
        books = [one.split(".", 1)[1].rpartition(".")[0] for one in channels if one.startswith("book.")]
        books = [name for name in books if name in self.wanted]
        gathered = [name for name in books if self.raw and name not in self._gathered]
        self._gathered.update(gathered)
        self._subscribe([self._channel(name) for name in gathered], at)
        self.refused.update(one for one in channels if not one.endswith(".raw"))
        lost = [name for name in books if name not in gathered]
        for name in lost:
            self._waits.pop(name, None)
        return self._stale(lost, at, "the venue does not give its book")

    def _stale(self, names: Sequence[str], at: Nanos, why: str) -> list[Event]:
        if not names:
            return []
        some = tuple(InstrumentId(DERIBIT, name) for name in names)
        return [BooksStale(at=at, venue=DERIBIT, instruments=some, why=why[:200])]

    def _forget(self) -> None:
        self.calls.clear()
        self.given.clear()
        self._last.clear()
        self._waits.clear()
        self._unread.clear()
