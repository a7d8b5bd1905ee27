"""Our copy of one market's book, and whether it still is the venue's.

The market channel numbers nothing. What holds a copy together is what it says beside: the best prices after a change,
the time of a change, and the hash of the whole book, equal hashes being equal books.

::

    stale ── book, then what came after it ──► live ── change ──► live
      ▲                                          │ older than the last, best prices or hash differ, crossed
      └────────────── BooksStale ◄───────────────┘

While a copy is stale its changes are kept, so that a book asked for over REST can be brought up to date.

How the venue computes its hash is known from its client, not from a recording: so a difference counts only once
the same reckoning came out right before, and no more after many in a row.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.book.ladder import Ladder
from engine.core.events import BookSnapshot, BooksStale
from engine.core.ids import POLYMARKET
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.venues.polymarket import numbers
from engine.venues.polymarket.market_events import snapshot
from engine.venues.polymarket.wire_changes import Told, delta
from engine.venues.polymarket.wire_market import YES, Frame, Level, Whose, book_hash

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.ids import InstrumentId

ROOM: Final = 1_000
"""Changes kept for a stale book; when more come, only a book newer than those let go will do."""
REMEMBERED: Final = 64
"""Hashes of late changes, by which a repeated one is known."""
REFUSALS: Final = 3
"""So many books in a row cannot all be older than what we applied: then it was that which bore a wrong time."""
TRIES: Final = 20
"""So often a reckoning that never came out right is tried."""
DOUBTS: Final = 8
"""After so many wrong reckonings in a row it is the reckoning that is wrong."""
VERIFY_NS: Final = SECOND // 10
"""Least time between two reckonings of a book's whole hash."""

_COVERED: Final = ("min_order_size", "tick_size", "neg_risk", "last_trade_price")
"""What a book's hash covers beside its levels; later books of the socket leave it out."""


class Mirror:
    """The book of YES of one market.

    Parameters
    ----------
    yes : str
        The token whose hash we can reckon.
    verify_ns : int
        Least time between two reckonings of the hash.
    """

    def __init__(self, instrument: InstrumentId, yes: str, verify_ns: int = VERIFY_NS) -> None:
        self.instrument = instrument
        self.yes = yes
        self.stale = "no book yet"
        """Why it is not to be trusted; empty while it is."""
        self.time: Nanos | None = None
        """The venue's, of the last thing applied."""
        self.gaps = 0
        self.ladder = Ladder()
        self._hash: dict[Leg, str] = {}
        self._late: deque[str] = deque(maxlen=REMEMBERED)
        self._waiting: deque[tuple[list[Told], Nanos | None]] = deque()
        self._floor: Nanos | None = None
        self._form: Frame | None = None
        self._trusted = False
        self._tried = 0
        self._failed = 0
        """Reckonings in a row that came out wrong though the first ones came out right."""
        self._verify_ns = verify_ns
        self._verified_at = Nanos(0)
        self._ahead: Nanos | None = None
        self._refused = 0

    def forget(self, why: str) -> None:
        """Begin anew with the next book: the connection that kept this copy is gone."""
        self.stale = why
        self.time = self._floor = self._ahead = None
        self._waiting.clear()
        self._late.clear()
        self._hash.clear()

    def distrust(self, why: str) -> None:
        """Call it stale for a reason of somebody else's; what comes from now on is kept."""
        self.stale = self.stale or why

    def change(self, rows: list[Told], when: Nanos | None, at: Nanos) -> list[Event]:
        """Return what a price_change means: its levels, nothing (repeated, or kept for later), or `BooksStale`."""
        if self.stale:
            if rows:
                self._keep(rows, when)
            return []
        if not rows:
            return []
        last, time = rows[-1], self.time
        if when is not None and time is not None and when <= time:
            if last.hash and (last.hash == self._hash.get(last.leg) or last.hash in self._late):
                return []  # applied before: its book bears a name that we have had
            if when < time:
                return self._broken("changes came out of order", at, rows, when)
        self._apply(rows, when)
        bid, ask = self.ladder.best_bid, self.ladder.best_ask
        if (
            last.best_bid != bid
            or last.best_ask != ask
            or bid is None
            or ask is None
            or bid >= ask
            or at - self._verified_at >= self._verify_ns
        ):  # mostly none of these: without a call
            why = self._contradicted(last, at)
            if why:
                return self._broken(why, at, rows, when)
        if len(rows) == 1:
            return [delta(last, at, when, True)]
        return [delta(one, at, when, one is last) for one in rows]

    def book(self, frame: Frame, whose: Whose, at: Nanos) -> list[Event]:
        """Return the book as it stands after one the venue sent whole; nothing where that one is too old.

        Raises
        ------
        ValueError
            If a number in it is none; the copy stays what it was.
        """
        whole = snapshot(frame, at, whose)
        when = whole.venue_time
        self._refused = self._refused + 1 if self._too_old(when) else 0
        if 0 < self._refused < REFUSALS:
            return []
        same = self._equals(whole)
        if not self.stale and same:
            self._mark(frame, whose, when, at)
            return []
        if not self.stale and when == self.time and frame.hash and frame.hash == self._hash.get(whose.leg):
            self.gaps += 1  # the same book by its name, another by our copy: something never reached us
        self.ladder.snapshot(whole.bids, whole.asks)
        waiting = self._after(frame, whose.leg, when) if self.stale else []
        self._mark(frame, whose, when, at)
        for rows, later in waiting:
            self._apply(rows, later)
        self._waiting.clear()
        self._floor = None
        self.stale = ""
        if (waiting and self._contradicted(waiting[-1][0][-1], self._verified_at)) or self.ladder.crossed:
            return self._broken("the book and what followed it contradict each other", at, [], None)
        bids, asks = (tuple(self.ladder.levels(side)) for side in (Side.BUY, Side.SELL))
        return [BookSnapshot(at=at, instrument=self.instrument, bids=bids, asks=asks, venue_time=self.time)]

    def best(self, bid: str | None, ask: str | None, when: Nanos | None, at: Nanos) -> list[Event]:
        """Return `BooksStale` if best prices stated for YES at our own time are not ours."""
        if self.stale or when is None or when != self.time or bid is None or ask is None:
            return []
        if (numbers.best(bid), numbers.best(ask)) == (self.ladder.best_bid, self.ladder.best_ask):
            return []
        return self._broken("the best prices differ from the venue's", at, [], None)

    def audit(self, frame: Frame, at: Nanos) -> list[Event]:
        """Return `BooksStale` if a book of YES asked for in passing shows that changes never reached us.

        A book of the same hash must be ours. One that is newer than all we heard must be caught up with by the
        time of the next audit.
        """
        if self.stale:
            return []
        whole = snapshot(frame, at, Whose(self.instrument, Leg.YES))
        if frame.hash and frame.hash == self._hash.get(Leg.YES) and not self._equals(whole):
            return self._broken("the book differs from the venue's of the same hash", at, [], None)
        behind, self._ahead = self._ahead, None
        if behind is not None and (self.time is None or self.time < behind):
            return self._broken("changes never reached us", at, [], None)
        if whole.venue_time is not None and (self.time is None or whole.venue_time > self.time):
            self._ahead = None if self._equals(whole) else whole.venue_time
        return []

    def traded(self, price: str) -> None:
        """Take note of the price of YES's last trade, which the hash of its book covers."""
        if self._form is not None:
            self._form = replace(self._form, last_trade_price=price)

    def _keep(self, rows: list[Told], when: Nanos | None) -> None:
        self._waiting.append((rows, when))
        if len(self._waiting) > ROOM:
            self._floor = self._waiting.popleft()[1] or self._floor

    def _too_old(self, when: Nanos | None) -> bool:
        least = max((t for t in (self.time, self._floor) if t is not None), default=None)
        return when is not None and least is not None and when < least

    def _apply(self, rows: list[Told], when: Nanos | None) -> None:
        for one in rows:
            self.ladder.put(one.side, one.price, one.lots)
            if one.hash:
                self._hash[one.leg] = one.hash
                self._late.append(one.hash)
        self.time = when if when is not None else self.time

    def _contradicted(self, last: Told, at: Nanos) -> str:
        """Return why the copy cannot be the venue's book; empty while nothing speaks against it."""
        bid, ask = self.ladder.best_bid, self.ladder.best_ask
        if last.stated and (last.best_bid != bid or last.best_ask != ask):
            return "the best prices differ from the venue's"
        if bid is not None and ask is not None and bid >= ask:
            return "the book crosses"
        if last.hash and at - self._verified_at >= self._verify_ns and last.leg is YES:
            return self._verify(last.hash, at)
        return ""

    def _verify(self, wanted: str, at: Nanos) -> str:
        if self._form is None or self.time is None or (self._tried >= TRIES and not self._trusted):
            return ""
        self._verified_at = at
        millis = str(self.time // (SECOND // 1_000))
        bids, asks = (self._levels(side) for side in (Side.BUY, Side.SELL))
        ours = book_hash(replace(self._form, timestamp=millis, bids=bids, asks=asks))
        if ours == wanted:
            self._trusted = self._failed < DOUBTS
            self._failed = 0 if self._trusted else self._failed
            return ""
        if not self._trusted:
            self._tried += 1
            return ""
        self._failed += 1
        self._trusted = self._failed < DOUBTS
        return "the hash of the book differs from the venue's"

    def _levels(self, side: Side) -> list[Level]:
        """Return a side as the venue orders it: the best price last."""
        best_first = self.ladder.levels(side)
        return [Level(numbers.price(price), numbers.shares(lots)) for price, lots in reversed(best_first)]

    def _mark(self, frame: Frame, whose: Whose, when: Nanos | None, at: Nanos) -> None:
        """Remember what a whole book says of itself; a complete one may prove how hashes are reckoned."""
        self.time = when if when is not None else self.time
        if frame.hash:
            self._hash[whose.leg] = frame.hash
            self._late.append(frame.hash)
        if whose.leg is Leg.NO:
            return
        known = self._form or Frame()
        stated = {name: getattr(frame, name) for name in _COVERED}
        kept = {name: getattr(known, name) if value is None else value for name, value in stated.items()}
        self._form = Frame(market=frame.market, asset_id=frame.asset_id, **kept)

    def _after(self, frame: Frame, leg: Leg, when: Nanos | None) -> list[tuple[list[Told], Nanos | None]]:
        """Return the kept changes that a book does not hold yet: those after the one of its hash, else the later."""
        kept = list(self._waiting)
        for n in range(len(kept) - 1, -1, -1):
            if frame.hash and any(one.hash == frame.hash and one.leg is leg for one in kept[n][0]):
                return [(rows, later) for rows, later in kept[n + 1 :] if not _before(later, when)]
        return [(rows, later) for rows, later in kept if when is None or later is None or later > when]

    def _equals(self, whole: BookSnapshot) -> bool:
        bids, asks = self.ladder.levels(Side.BUY), self.ladder.levels(Side.SELL)
        return bids == list(whole.bids) and asks == list(whole.asks)

    def _broken(self, why: str, at: Nanos, rows: list[Told], when: Nanos | None) -> list[Event]:
        self.stale = why
        self.gaps += 1
        self._ahead = None
        if rows:
            self._keep(rows, when)
        return [BooksStale(at=at, venue=POLYMARKET, instruments=(self.instrument,), why=why)]


def _before(one: Nanos | None, other: Nanos | None) -> bool:
    return one is not None and other is not None and one < other
