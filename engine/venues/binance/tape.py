"""Trades of one symbol in the order of their ids, each once, with what is missing found and put in. Pure.

Ids rise by exactly one; one that is thousands ahead is believed once another follows it. While a gap is being mended
what follows it waits, so that whoever counts volatility never sees time run backwards; what waits is bounded, and so
is how much is worth mending.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Trade
    from engine.venues.binance.wire import Print

WORTH: Final = 5_000
"""Trades missing beyond which a gap is told, not mended: it would take longer than it is worth."""
ROOM: Final = 10_000
"""Trades that may wait behind a gap."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Trade ids that did not come, both ends inside, and the times of the trades around them."""

    first: int
    last: int
    after: Trade
    before: Trade

    @property
    def missing(self) -> int:
        """How many trades that is."""
        return self.last - self.first + 1


class Tape:
    """One symbol's trades."""

    def __init__(self) -> None:
        self.last: int | None = None
        """The last id let through."""
        self.gap: Gap | None = None
        """What is being waited for."""
        self.gaps = 0
        self.missed = 0
        """Trades that never came and could not be had."""
        self.duplicates = 0
        self._newest: Trade | None = None
        self._behind: deque[Print] = deque()
        self._doubted: Print | None = None
        """The last trade that was too far ahead to be believed alone."""

    def take(self, print_: Print) -> list[Trade]:
        """Take a trade off the stream; return what may now be told. `gap` says whether something has to be fetched."""
        if self.gap is None and print_.first - 1 == self.last:  # nearly always
            self.last, self._newest = print_.last, print_.trade
            return [print_.trade]
        if self.gap is not None:
            self._behind.append(print_)
            return self.abandon() if len(self._behind) > ROOM else []
        if self.last is not None and self._newest is not None and print_.first > self.last + 1:
            showed = self._believed(print_, print_.first - self.last - 1)
            if showed:
                self.gaps += 1
                self.gap = Gap(self.last + 1, showed[0].first - 1, self._newest, showed[0].trade)
                self._behind.extend(showed)
            return []
        return _trades(self._pass([print_]))

    def mend(self, prints: Iterable[Print]) -> list[Trade]:
        """Put in what was fetched, then what waited; whatever is still missing then stays missing, and is counted.

        They come in the order of their ids; `gap` then says whether something is missing further on.
        """
        gap = self.gap
        if gap is None:
            return []
        self.gap = None
        held, self._behind = self._behind, deque()
        late = [one for one in held if one.last <= gap.last]  # it only came out of order
        inside = [one for one in (*prints, *late) if one.first >= gap.first and one.last <= gap.last]
        found = self._pass(sorted(inside, key=lambda one: one.first))
        self.missed += gap.missing - sum(one.last - one.first + 1 for one in found)
        waited = [one for one in held if one.last > gap.last]
        told = _trades(found + self._pass(waited[:1]))  # the trade that showed the gap passes, whatever is missing
        for one in waited[1:]:
            told += self.take(one)
        return told

    def abandon(self) -> list[Trade]:
        """Stop waiting; return what waited, up to the next gap, which `gap` then says."""
        return self.mend(())

    @property
    def waiting(self) -> int:
        """Trades that wait behind a gap."""
        return len(self._behind)

    def _believed(self, print_: Print, missing: int) -> tuple[Print, ...]:
        """Return the trades that show a gap; none yet of one that nobody could mend, before a later one bears it out.

        A single trade with a wrong id would else make everything that follows one that was seen before.
        """
        if missing <= WORTH:
            return (print_,)
        doubted, self._doubted = self._doubted, print_
        if doubted is None or print_.first <= doubted.last:
            return ()
        self._doubted = None
        return doubted, print_

    def _pass(self, prints: Iterable[Print]) -> list[Print]:
        passed = []
        for one in prints:
            if self.last is not None and one.first <= self.last:  # seen before, or half of it was
                self.duplicates += 1
                continue
            self.last, self._newest = one.last, one.trade
            passed.append(one)
        return passed


def _trades(prints: Iterable[Print]) -> list[Trade]:
    return [one.trade for one in prints]
