"""Orders that wait on the embedded exchange: one book an outcome, prices of YES, best first and the older first.

Buying NO at x is selling YES at 1 - x, so both lie on one side. What an order may still take is set aside the moment
it rests: a purchase's cash at its limit, a sale's shares. Nothing here moves money.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.ids import AccountId, MarketId, OrderId
from engine.core.units import MICRO, NO_MONEY, TICKS_PER_UNIT, Leg, Money, Nanos, Qty, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

BUY: Final = Side.BUY
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a dictionary."""


class Rest(msgspec.Struct, gc=False):
    """One resting order; only `lots` changes."""

    order: OrderId
    place: int
    """In the queue of the whole exchange: the smaller came first."""
    at: Nanos
    account: AccountId
    market: MarketId
    outcome: int
    leg: Leg
    side: Side
    price: Ticks
    """Worst price of one share of its leg."""
    lots: int
    """What is still open."""
    until: Nanos | None = None

    @property
    def up(self) -> bool:
        """Whether it would lift the price of YES."""
        return (self.side is BUY) is (self.leg is YES)

    @property
    def ticks(self) -> Ticks:
        """Its price in the book of YES."""
        return self.price if self.leg is YES else Ticks(TICKS_PER_UNIT - self.price)

    @property
    def index(self) -> int:
        """Which of its account's positions it is for: of outcome i, YES at 2i and NO at 2i + 1."""
        return 2 * self.outcome + (self.leg is not YES)

    @property
    def qty(self) -> Qty:
        """What is still open, in shares."""
        return Qty(self.lots * MICRO)

    @property
    def reserved(self) -> Money:
        """The cash set aside for it."""
        return reserve(self.price, self.lots) if self.side is BUY else NO_MONEY

    @property
    def offered(self) -> int:
        """The lots of its leg set aside for it."""
        return 0 if self.side is BUY else self.lots


def reserve(price: Ticks, lots: int) -> Money:
    """Return what a purchase can cost at worst, up to the next micro-unit."""
    return Money(-(-price * lots // TICKS_PER_UNIT) * MICRO)


def proceeds(price: Ticks, lots: int) -> Money:
    """Return what a sale brings at a price, down to the micro-unit."""
    return Money(price * lots // TICKS_PER_UNIT * MICRO)


def _priority(one: Rest) -> tuple[int, int]:
    return (-one.ticks if one.up else one.ticks, one.place)


class RestBook:
    """The resting orders of one market."""

    __slots__ = ("_sides", "offered", "orders")

    def __init__(self, outcomes: int) -> None:
        self.orders: dict[OrderId, Rest] = {}
        self.offered: dict[tuple[AccountId, int], int] = {}
        """Lots set aside, by account and index of its position."""
        self._sides: tuple[tuple[list[Rest], list[Rest]], ...] = tuple(([], []) for _ in range(outcomes))

    def __iter__(self) -> Iterator[Rest]:
        """Iterate over all orders by their place in the queue."""
        return iter(sorted(self.orders.values(), key=lambda one: one.place))

    def side(self, outcome: int, *, up: bool) -> list[Rest]:
        """Return the orders that buy YES (`up`) or sell it, best first; to be read only."""
        return self._sides[outcome][not up]

    def add(self, one: Rest) -> None:
        """Let an order rest."""
        self.orders[one.order] = one
        insort(self.side(one.outcome, up=one.up), one, key=_priority)
        self._offer(one, one.offered)

    def remove(self, one: Rest) -> None:
        """Take an order out."""
        del self.orders[one.order]
        side = self.side(one.outcome, up=one.up)
        del side[bisect_left(side, _priority(one), key=_priority)]
        self._offer(one, -one.offered)

    def shrink(self, one: Rest, lots: int) -> None:
        """Take lots off an order, which keeps its place; one of which nothing is left goes."""
        if one.lots == lots:
            self.remove(one)
            one.lots = 0
            return
        self._offer(one, -lots if one.offered else 0)
        one.lots -= lots

    def copy(self) -> RestBook:
        """Return a book whose orders may be matched while this one stays as it is."""
        other = RestBook(len(self._sides))
        for one in self:
            other.add(msgspec.structs.replace(one))
        return other

    def _offer(self, one: Rest, lots: int) -> None:
        if not lots:
            return
        key = one.account, one.index
        left = self.offered.get(key, 0) + lots
        if left:
            self.offered[key] = left
        else:
            del self.offered[key]
