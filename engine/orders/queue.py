"""Our orders on paper in the queues of a market's levels, and how many lots of others are before each.

The queue is judged by what a book of levels can show, always against us where it shows too little:

* an order joins behind all that stands at its price;
* trades at its price eat what is ahead of it first;
* a level that shrinks without a trade was cancelled from: the part ahead shrinks in proportion. Trade and level
  change arrive as two messages in either order, so a shrinking waits `GRACE` for its trade before it counts.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND, Leg, Lots, Nanos, Side, Ticks

if TYPE_CHECKING:
    from engine.core.commands import Tif
    from engine.core.ids import OrderId

BUY, SELL = Side.BUY, Side.SELL
OTHER: Final = {BUY: SELL, SELL: BUY}
GRACE: Final = SECOND // 4
"""How long a trade and the change of its level may be apart."""


@dataclass(slots=True, kw_only=True, eq=False)
class Standing:
    """One order of ours on paper, from its arrival to its end."""

    order: OrderId
    client: str
    side: Side
    """Of its leg."""
    leg: Leg
    yes: Side
    """What that is of YES."""
    price: Ticks | None
    """Of YES; None takes any."""
    total: Lots
    left: Lots
    tif: Tif
    until: Nanos | None = None
    post_only: bool = False
    number: int = 0
    """Its place among ours at one price."""
    ahead: int | None = None
    """Lots of others before it; None while nothing is known of its level."""
    shaved: Decimal = Decimal(0)
    status: str = "working"

    @property
    def filled(self) -> Lots:
        """What has traded."""
        return Lots(self.total - self.left)


@dataclass(slots=True)
class _Shrunk:
    """A level became smaller, and no trade has said why."""

    at: Nanos
    lots: int
    before: int


@dataclass(slots=True)
class _Level:
    """What is not yet explained at one price."""

    shrunk: deque[_Shrunk] = field(default_factory=deque)
    loose: int = 0
    """Lots of them all."""
    traded: int = 0
    """Lots of trades whose level has not shrunk yet."""
    traded_at: int = 0


class Queue:
    """Our orders that wait in one market: by priority, by price, and what is not yet explained at each price."""

    __slots__ = ("_levels", "here", "resting")

    def __init__(self) -> None:
        self.resting: dict[Side, list[Standing]] = {BUY: [], SELL: []}
        """By priority."""
        self.here: dict[tuple[Side, Ticks], list[Standing]] = {}
        """The same, by price."""
        self._levels: dict[tuple[Side, Ticks], _Level] = {}

    def forget(self) -> None:
        """Explain nothing any more: the levels are not those that changes were of."""
        self._levels.clear()

    def join(self, one: Standing, price: Ticks) -> None:
        """Put an order behind all of ours that were at its price before."""
        insort(self.resting[one.yes], one, key=_priority)
        self.here.setdefault((one.yes, price), []).append(one)

    def leave(self, one: Standing) -> None:
        """Take an order out, if it is there."""
        if one.price is None or one not in self.here.get((one.yes, one.price), ()):
            return
        self.resting[one.yes].remove(one)
        here = self.here[one.yes, one.price]
        here.remove(one)
        if not here:
            del self.here[one.yes, one.price]
            self._levels.pop((one.yes, one.price), None)

    def meets(self, side: Side, limit: Ticks | None) -> list[Standing]:
        """Return our orders on the other side that an order with this limit would meet, best first."""
        ours = self.resting[OTHER[side]]
        return [one for one in ours if limit is None or _meets(one.price, limit, side)]

    def shrank(self, key: tuple[Side, Ticks], before: int, after: int, at: Nanos) -> None:
        """A level with orders of ours lost lots: what no trade has explained waits for one."""
        level = self._levels.setdefault(key, _Level())
        explained = min(before - after, level.traded)
        level.traded -= explained
        lost = before - after - explained
        if lost:
            level.shrunk.append(_Shrunk(at, lost, before))
            level.loose += lost

    def explain(self, key: tuple[Side, Ticks], lots: int, eaten: int, at: Nanos) -> None:
        """A trade at a level of ours: its shrinking has come already, or is still to come."""
        if key not in self.here:
            return
        for one in self.here[key]:
            if one.ahead is not None:
                one.ahead = max(0, one.ahead - eaten)
        level = self._levels.setdefault(key, _Level())
        while lots and level.shrunk:
            oldest = level.shrunk[0]
            known = min(lots, oldest.lots)
            oldest.lots, lots, level.loose = oldest.lots - known, lots - known, level.loose - known
            if not oldest.lots:
                level.shrunk.popleft()
        level.traded, level.traded_at = level.traded + lots, at

    def settle(self, key: tuple[Side, Ticks], at: Nanos) -> bool:
        """Count shrinkings that no trade explained in time as cancels, ahead of us in proportion.

        Returns whether anything at the price was waiting to be explained; then `hold` is to follow.
        """
        level = self._levels.get(key)
        if level is None:
            return False
        if level.traded and at - level.traded_at > GRACE:
            level.traded = 0
        while level.shrunk and at - level.shrunk[0].at > GRACE:
            shrunk = level.shrunk.popleft()
            level.loose -= shrunk.lots
            for one in self.here[key]:
                if one.ahead is not None:
                    one.ahead -= one.ahead * shrunk.lots // max(shrunk.before, one.ahead, 1)
        if not level.shrunk and not level.traded:
            del self._levels[key]
        return True

    def hold(self, key: tuple[Side, Ticks], stands: int) -> None:
        """No more can be ahead than stands there, and what left without a reason yet."""
        level = self._levels.get(key)
        most = stands + (level.loose if level is not None else 0)
        for one in self.here.get(key, ()):
            one.ahead = most if one.ahead is None else min(one.ahead, most)


def _priority(one: Standing) -> tuple[int, int]:
    price = one.price or 0
    return (-price if one.yes is BUY else price, one.number)


def _meets(ours: Ticks | None, limit: Ticks, side: Side) -> bool:
    """Whether an order on `side` with a limit meets ours on the other side."""
    return ours is not None and (ours <= limit if side is BUY else ours >= limit)
