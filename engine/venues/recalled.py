"""Orders that were asked back while they waited here for their turn: they are not to leave any more."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import OrderId

ROOM: Final = 1_024
"""Orders remembered; no more than this wait at once."""


class Recalled:
    """Remembers the latest."""

    def __init__(self) -> None:
        self._orders: deque[OrderId] = deque(maxlen=ROOM)

    def add(self, order: OrderId) -> None:
        """Let an order not leave any more; nothing for one that has left."""
        self._orders.append(order)

    def wanted(self, order: OrderId) -> Callable[[], bool]:
        """Return what says, when its turn has come, whether an order is still to leave."""
        return lambda: order not in self._orders


def always() -> bool:
    """Say that a request is wanted, whatever became of its order: a cancel, or an order that waits for nothing."""
    return True
