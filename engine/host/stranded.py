"""Orders that may still work at venues after their kernel failed: asked back without it, until the venues answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.core.effects import Withdraw
from engine.core.events import Canceled, Expired, Filled, Pictured, Rejected
from engine.kernel.inflight import known_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.events import Event
    from engine.core.ids import OrderId
    from engine.core.units import Qty
    from engine.orders.register import Order

LOG = logging.getLogger(__name__)


class Stranded:
    """What is left of the orders of a kernel that takes no events any more.

    Parameters
    ----------
    orders : iterable of Order
        Those that have left for a venue and have not ended.
    ask : callable
        Carries a `Withdraw` out.
    """

    def __init__(self, orders: Iterable[Order], ask: Callable[[Withdraw], None]) -> None:
        self._left = {one.id: one for one in orders}
        self._told: dict[OrderId, dict[str, Qty]] = {one.id: {} for one in self._left.values()}
        """Fills since, by trade: one may be told twice."""
        self._ask = ask

    def orders(self) -> list[Order]:
        """Return those of which no venue has said that they ended, as the kernel knew them last."""
        return list(self._left.values())

    def cancel(self) -> None:
        """Ask all of them back, again if need be; one that fails keeps none of the others."""
        for one in self.orders():
            try:
                self._ask(Withdraw(order=one.id, known=known_of(one)))
            except Exception:  # nothing above could do better, and others are still to be asked back
                LOG.exception("order %s could not be asked back", one.id)

    def hear(self, event: Event) -> None:
        """Take in what a venue says of an order."""
        match event:
            case Canceled(order=order) | Expired(order=order) | Rejected(order=order):
                self._left.pop(order, None)
            case Filled():
                self._fill(event)
            case Pictured(ok=True, orders=seen):
                for one in seen:
                    if one.order is not None and one.status not in {"working", "absent"}:
                        self._left.pop(one.order, None)
            case _:
                pass

    def _fill(self, event: Filled) -> None:
        one = self._left.get(event.order)
        if one is None or event.trade_id in one.trades:
            return
        told = self._told[one.id]
        told[event.trade_id] = event.qty
        if one.rest is not None and sum(told.values()) >= one.rest:
            del self._left[one.id]
