"""Orders of this session by the ids the venue files them under, and what their news means. No input or output.

News comes over two ways, the user channel and answers to questions, and often twice. A fill is told once, a failed
one is taken back once and stays so; an order that must trade at once is over when what it matched has been told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.errors import WireError
from engine.core.events import Canceled, Event, Expired
from engine.core.ids import POLYMARKET
from engine.venues.polymarket import wire_user
from engine.venues.polymarket.wire_user import OrderRow, Ours, TradeRow

if TYPE_CHECKING:
    from engine.core.ids import OrderId
    from engine.core.units import Nanos

ROOM: Final = 8_192
"""Orders remembered; the oldest that ended go first."""
SLACK: Final = Decimal("0.01")
"""By so much filled shares may differ from the ones asked for."""


@dataclass(slots=True)
class Tracked:
    """One order of ours."""

    id: str
    ours: Ours
    order: OrderId
    qty: Decimal | None
    """As the kernel knows it; None of an order for a sum."""
    immediate: bool
    sent: Decimal | None = None
    """Shares that it was sent for: fewer than asked for where the venue takes no such size at its price."""
    expected: Decimal | None = None
    """Shares that an order which trades at once has matched, where the venue said."""
    answered: bool = False
    """The venue answered, or never will: until then an end that the channel tells of may be a refusal's echo."""
    held: list[Event] = field(default_factory=list)
    ended: bool = False
    fills: dict[str, Decimal] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    matched: Decimal = Decimal(0)
    """Shares that the order's own rows say it has matched; its trades may be told later."""
    undone: Decimal = Decimal(0)
    """Shares of trades that failed."""
    names: list[str] = field(default_factory=list)
    """Ids the venue may have it under; one, unless it is of an earlier session and was not seen yet."""

    @property
    def filled(self) -> Decimal:
        """Shares that were told and not taken back."""
        return sum(self.fills.values(), Decimal(0))

    @property
    def least(self) -> Decimal:
        """Shares it has traded at least: what its trades tell, or what its own rows say before they do."""
        return max(self.filled, self.matched - self.undone)

    @property
    def settled(self) -> bool:
        """Whether an order that trades at once has told all it matched."""
        return self.immediate and self.expected is not None and self.filled >= self.expected - SLACK


class Orders:
    """All orders that news may be about."""

    def __init__(self) -> None:
        self._by_id: dict[str, Tracked] = {}
        self._by_order: dict[OrderId, Tracked] = {}

    def add(self, one: Tracked) -> Tracked:
        """Follow an order; one that is followed already stays as it is."""
        known = self._by_order.get(one.order)
        if known is not None:
            return known
        self._by_id[one.id] = self._by_order[one.order] = one
        one.names.append(one.id)
        self._trim()
        return one

    def alias(self, one: Tracked, name: str) -> None:
        """Follow an order under another id too, which it may have or which the venue gave it."""
        self._by_id[name] = one
        if name not in one.names:
            one.names.append(name)

    def settle(self, one: Tracked, name: str) -> None:
        """Take note of the id that an order was seen to have."""
        self.alias(one, name)
        one.id, one.names = name, [name]

    def drop(self, one: Tracked) -> None:
        """Forget an order that never was."""
        self._by_order.pop(one.order, None)
        self._by_id = {name: known for name, known in self._by_id.items() if known is not one}

    def of(self, order: OrderId) -> Tracked | None:
        """Return an order by our id."""
        return self._by_order.get(order)

    def at_venue(self, name: str) -> Tracked | None:
        """Return an order by the venue's id."""
        return self._by_id.get(name)

    @property
    def ours(self) -> dict[str, Ours]:
        """By the venue's id: what reading its news needs."""
        return {name: one.ours for name, one in self._by_id.items()}

    @property
    def working(self) -> bool:
        """Whether one of them may rest on the book."""
        return any(not one.ended and not one.immediate for one in self._by_order.values())

    def take(self, row: OrderRow | TradeRow, at: Nanos) -> list[Event]:
        """Return what is new in a row of the account.

        Raises
        ------
        WireError
            If a number in it is none.
        """
        try:
            return self._order(row, at) if isinstance(row, OrderRow) else self._trade(row, at)
        except (ValueError, ArithmeticError) as e:
            raise WireError(POLYMARKET, f"unreadable news of an order ({str(e)[:120]})", row.id) from e

    def strange(self, row: TradeRow) -> bool:
        """Whether a trade of the account is of none of our orders."""
        return not self._touched(row)

    def answer(self, one: Tracked) -> list[Event]:
        """Return the end that was held back until the venue answered, where nothing else will tell of it."""
        one.answered = True
        held, one.held = one.held, []
        if one.expected is not None or one.ended:
            return []
        one.ended = bool(held)
        return held

    def over(self, one: Tracked, at: Nanos) -> list[Event]:
        """Return the end of an order that trades at once, when all it matched has been told."""
        if not one.settled or one.ended:
            return []
        one.ended = True
        if one.qty is None or one.filled < one.qty:
            coarse = one.qty is not None and one.sent is not None and one.filled + SLACK >= one.sent < one.qty
            why = "the venue takes no finer size at this price" if coarse else "the rest found nothing"
            return [Canceled(at=at, order=one.order, why=why)]
        return []

    def _order(self, row: OrderRow, at: Nanos) -> list[Event]:
        one = self._by_id.get(row.id)
        if one is None:
            return []
        self.settle(one, row.id)
        one.matched = max(one.matched, row.matched)
        events = list(wire_user.order_events(row, at, one.order))
        if one.immediate and not one.answered:
            one.held += [event for event in events if isinstance(event, Canceled | Expired)]
            return [event for event in events if not isinstance(event, Canceled | Expired)]
        if one.immediate and one.expected is not None:  # its end was told, or will be, with its fills
            events = [event for event in events if not isinstance(event, Canceled)]
        one.ended = one.ended or any(isinstance(event, Canceled | Expired) for event in events)
        return events

    def _trade(self, row: TradeRow, at: Nanos) -> list[Event]:
        events: list[Event] = []
        for fill in wire_user.fills(row, self._touched(row)):
            one = self._by_order[fill.ours.order] if fill.ours.order is not None else None
            if one is None or not self._news(one, fill.trade_id, fill.qty, fill.failed):
                continue
            events.append(wire_user.fill_event(fill, at))
            events += self.over(one, at)
        return events

    def _touched(self, row: TradeRow) -> dict[str, Ours]:
        names = (row.taker_order_id, *(maker.order_id for maker in row.maker_orders))
        return {name: one.ours for name in names if (one := self._by_id.get(name)) is not None}

    def _news(self, one: Tracked, trade_id: str, qty: Decimal, failed: bool) -> bool:
        if trade_id in one.failed:
            return False
        if failed:
            one.failed.add(trade_id)
            one.undone += qty
            one.fills.pop(trade_id, None)
            return True
        if trade_id in one.fills:
            return False
        one.fills[trade_id] = qty
        return True

    def _trim(self) -> None:
        if len(self._by_order) > ROOM:
            ended = next((one for one in self._by_order.values() if one.ended), None)
            if ended is not None:
                self.drop(ended)
