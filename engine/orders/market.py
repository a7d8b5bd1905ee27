"""One market on paper: the venue's book, what we took of it, and our orders in its queue.

Everything is YES: lots at ticks, a NO order folded by whoever brings it. `engine.orders.queue` has the rules of what
is before an order of ours. It fills by what is left to it:

* what a trade at its price leaves, once all before it is eaten, fills it;
* trades beyond its price, and levels of the other side at or beyond it, fill it: they would have met it first;
* what we took of a level stays taken until the venue moves that level.

A backtest may ask for the opposite bound (`touch`): first in every queue, and no depth behind the best level.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.book.ladder import Ladder
from engine.book.sparse import SparseLadder
from engine.core.instrument import Payoff
from engine.core.units import Leg, Lots, Nanos, Side, Ticks
from engine.maths import contracts
from engine.orders.queue import BUY, OTHER, SELL, Queue, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.book.book import Book
    from engine.core.instrument import Instrument
    from engine.core.units import Qty


class Hit(NamedTuple):
    """Part of an order of ours traded."""

    standing: Standing
    price: Ticks
    """Of YES."""
    lots: Lots
    maker: bool


EMPTY_REACH: Final = 4
"""Of a book that stays empty: thousands of orders that have ended keep their market, and its maps with it."""
NO_HITS: Final[tuple[Hit, ...]] = ()


class Market:
    """One instrument's market as paper orders meet it."""

    __slots__ = (
        "_here", "_queue", "_taken", "_top", "_touch", "book", "index", "instrument", "resting", "stale", "status",
    )  # fmt: skip

    def __init__(self, instrument: Instrument, *, touch: bool = False) -> None:
        """Begin without a book; with `touch` we are first in every queue, and takers find the best level alone."""
        self.instrument = instrument
        self._touch = touch
        self.index: Decimal | None = None
        """Of a derivative: dollars of one coin of its underlying, as the venue last said."""
        self.status = instrument.status
        self._top = int(1 / instrument.unit) if instrument.payoff is Payoff.BINARY else 0
        self.book: Book = Ladder(self._top) if self._top else SparseLadder()
        self.stale = "no book yet"
        self._queue = Queue()
        self.resting = self._queue.resting
        self._here = self._queue.here  # the queue's own, at hand: every change of a level asks whether it is empty
        self._taken: dict[tuple[Side, Ticks], int] = {}

    def forget(self) -> None:
        """Let the book go: it is long closed, and only orders that ended in it still name it."""
        self.book, self.stale = SparseLadder(EMPTY_REACH), "closed long ago"
        self._taken.clear()
        self._queue.forget()

    @property
    def priced(self) -> bool:
        """Whether a trade here can be told in dollars: an inverse contract, and many a fee, need the index."""
        one = self.instrument
        if self._top or not contracts.is_derivative(one):
            return True
        return contracts.fee(one, BUY, one.unit, one.least, self.index, maker=False) is not None

    def yes(self, price: Ticks, leg: Leg) -> Ticks:
        """Return a price of a leg as YES, or a price of YES as the leg's: it is the same sum."""
        return price if leg is Leg.YES else Ticks(int(1 / self.instrument.unit) - price)

    def each(self, price: Ticks, leg: Leg) -> Decimal:
        """Return account currency per share of a leg at a price of YES."""
        of_yes = price * self.instrument.unit
        return of_yes if leg is Leg.YES else 1 - of_yes

    def lots(self, qty: Qty) -> Lots:
        """Return a quantity in lots; 0 where the venue takes no order of it."""
        terms = self.instrument
        if qty <= 0 or qty % terms.step or qty % terms.lot:
            return Lots(0)
        return Lots(int(qty / terms.lot))

    def snapshot(self, bids: Iterable[tuple[Ticks, Lots]], asks: Iterable[tuple[Ticks, Lots]], at: Nanos) -> list[Hit]:
        """Take the whole book in, and return what that fills."""
        bids, asks = tuple(bids), tuple(asks)
        if not all(self._possible(price) for price, _ in (*bids, *asks)):
            self.stale = "a level that cannot be"
            return []
        was_stale, self.stale = bool(self.stale), ""
        before = {key: self.book.lots(*key) for key in (*self._here, *self._taken)}
        self.book.snapshot(bids, asks)
        self._taken = {
            key: lots for key, lots in self._taken.items() if self.book.lots(*key) == before[key] and not was_stale
        }
        if was_stale:
            self._queue.forget()
        for key in list(self._here):
            if was_stale:
                self._hold(key)
            else:
                self._moved(key, before[key], self.book.lots(*key), at)
        if self.book.crossed:
            self.stale = "bid and ask meet"
            return []
        return [*self._crossed(BUY), *self._crossed(SELL)]

    def delta(self, side: Side, price: Ticks, lots: Lots, by: bool, at: Nanos) -> Sequence[Hit]:
        """Take a change of one level in, and return what it fills; nothing counts before a stale book is whole."""
        if self.stale:
            return NO_HITS
        top = self._top
        if price <= 0 or (top and price >= top):
            self.stale = "a level that cannot be"
            return NO_HITS
        book = self.book
        if by:
            lots += book.lots(side, price)  # type: ignore[assignment] # no call for a name on the hottest path
        if lots < 0:
            self.stale = "a level fell below nothing"
            return NO_HITS
        if self._here or self._taken:
            return self._change_beside_ours(side, price, lots, at)
        book.put(side, price, lots)
        bid, ask = book.best_bid, book.best_ask
        if bid is not None and ask is not None and bid >= ask:
            self.stale = "bid and ask meet"
        return NO_HITS

    def _change_beside_ours(self, side: Side, price: Ticks, lots: Lots, at: Nanos) -> Sequence[Hit]:
        """Take a change in where orders of ours rest, or have taken: what was there says what becomes of them."""
        book, key = self.book, (side, price)
        before = book.lots(side, price)
        if before == lots:
            return NO_HITS
        book.put(side, price, lots)
        self._taken.pop(key, None)
        if key in self._here:
            self._moved(key, before, lots, at)
        if lots < before:
            return NO_HITS
        if book.crossed:
            self.stale = "bid and ask meet"
            return NO_HITS
        return self._crossed(OTHER[side])

    def trade(self, price: Ticks, lots: Lots, taker: Side | None, at: Nanos) -> list[Hit]:
        """Take a trade of others in, and return what of ours it would have filled; never more than its size."""
        taker = taker or self._taker(price)
        if taker is None:
            return []
        side = OTHER[taker]
        if not self.resting[side]:
            return []
        self._settle((side, price), at)
        hits, left, eaten = [], int(lots), 0
        for one in self.resting[side]:
            if left <= 0 or not _reaches(one.price, price, side):
                break
            if one.price == price:
                gap = left if one.ahead is None else min(left, max(0, one.ahead - eaten))
                left, eaten = left - gap, eaten + gap
            got = min(left, one.left)
            if got > 0:
                hits.append(Hit(one, one.price or price, Lots(got), maker=True))
                left -= got
        self._queue.explain((side, price), int(lots), eaten, at)
        self._filled(hits)
        return hits

    def reach(self, side: Side, limit: Ticks | None) -> Iterator[tuple[Ticks, Lots]]:
        """Yield what a taker still finds of the other side, best first, within a limit."""
        against = OTHER[side]
        for price, lots in self.book.walk(against):
            if limit is not None and (price > limit if side is BUY else price < limit):
                return
            free = lots - self._taken.get((against, price), 0)
            if free > 0:
                yield price, Lots(free)
            if self._touch:
                return

    def take(self, one: Standing, price: Ticks, lots: Lots) -> None:
        """Fill an order that takes; what it takes is gone until the venue moves that level."""
        key = OTHER[one.yes], price
        self._taken[key] = self._taken.get(key, 0) + lots
        one.left = Lots(one.left - lots)

    def rest(self, one: Standing) -> None:
        """Put an order that has a price into the queue, behind everything that stands at it."""
        if one.price is None:
            msg = f"order {one.order} has no price to rest at"
            raise ValueError(msg)
        one.ahead = 0 if self._touch else None if self.stale else int(self.book.lots(one.yes, one.price))
        self._queue.join(one, one.price)

    def drop(self, one: Standing) -> None:
        """Take an order out of the queue, if it is there."""
        self._queue.leave(one)

    def own(self, side: Side, limit: Ticks | None) -> list[Standing]:
        """Return our orders on the other side that an order with this limit would meet, best first."""
        return self._queue.meets(side, limit)

    def ahead(self, one: Standing, at: Nanos) -> int | None:
        """Return how many lots of others are thought to be before an order; None where that is not known."""
        if one.price is not None:
            self._settle((one.yes, one.price), at)
        return one.ahead

    def agrees(self, bid: Ticks | None, ask: Ticks | None) -> None:
        """Hold our best prices against what the venue says they are; None says nothing."""
        theirs, ours = (bid, ask), (self.book.best_bid, self.book.best_ask)
        if not self.stale and any(their not in (None, our) for their, our in zip(theirs, ours, strict=True)):
            self.stale = "its best prices are not what the venue says they are"

    def _possible(self, price: Ticks) -> bool:
        """Whether a level can lie at a price: what comes from outside may say anything."""
        return price > 0 and (not self._top or price < self._top)

    def _taker(self, price: Ticks) -> Side | None:
        """Return who must have taken at a price of a trade that does not say."""
        bid, ask = self.book.best_bid, self.book.best_ask
        if bid is not None and price <= bid:
            return SELL
        return BUY if ask is not None and price >= ask else None

    def _moved(self, key: tuple[Side, Ticks], before: int, after: int, at: Nanos) -> None:
        """A level with orders of ours changed: what it lost was traded, or else cancelled."""
        self._settle(key, at)
        if after < before:
            self._queue.shrank(key, before, after, at)
        self._hold(key)

    def _settle(self, key: tuple[Side, Ticks], at: Nanos) -> None:
        if self._queue.settle(key, at):
            self._hold(key)

    def _hold(self, key: tuple[Side, Ticks]) -> None:
        if not self.stale:
            self._queue.hold(key, self.book.lots(*key))

    def _crossed(self, side: Side) -> list[Hit]:
        """Return what of ours on a side the other side of the venue's book would have met."""
        ours = self.resting[side]
        best = self.book.best_ask if side is BUY else self.book.best_bid
        if best is None or not ours or not _reaches(ours[0].price, best, side):
            return []
        hits = []
        for one in ours:
            left, found = int(one.left), 0
            for price, free in self.reach(side, one.price):
                got = min(left - found, free)
                key = OTHER[side], price
                self._taken[key] = self._taken.get(key, 0) + got
                found += got
                if found == left:
                    break
            if found == 0:
                break
            hits.append(Hit(one, one.price or Ticks(0), Lots(found), maker=True))
        self._filled(hits)
        return hits

    def _filled(self, hits: list[Hit]) -> None:
        for one, _, lots, _ in hits:
            one.left = Lots(one.left - lots)
            if not one.left:
                self.drop(one)


def _reaches(ours: Ticks | None, traded: Ticks, side: Side) -> bool:
    """Whether a trade at a price is at or beyond an order of ours on that side."""
    return ours is not None and (ours >= traded if side is BUY else ours <= traded)
