"""Orders that will not go: a cancel that a venue refuses is asked for again, ever later, and then said to be stuck.

Time is the session's. An order whose cancel is under way, or whose fate is unknown, is left alone. One that is stuck
keeps its key, so that nothing is placed beside it, until it ends or is wanted as it stands.

Source: three tries half a second apart, as Atomizer's market maker has them; here they back off, and the third is no
proof that the order is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import SECOND, Nanos
from engine.strategies.said import Drop, Note, Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.ids import OrderId, StrategyId
    from engine.strategies.context import Working

PAUSES_S: Final = (1.0, 2.0, 4.0)
"""After each try, before it counts as failed: real seconds."""
TRIES: Final = len(PAUSES_S)


class _Try(NamedTuple):
    order: OrderId
    tries: int
    until: Nanos


class TakingBack:
    """The cancels of one line."""

    def __init__(self, strategy: StrategyId) -> None:
        """Begin with none."""
        self._strategy = strategy
        self._tries: dict[str, _Try] = {}
        self.stuck: dict[str, OrderId] = {}
        """Orders that could not be taken back, by key."""

    def ask(self, key: str, order: Working, now: Nanos, pace: float) -> list[Said]:
        """Return what takes an order back; nothing where that was asked for already."""
        if not order.order:  # of the shadow, where nothing is refused
            return [Drop(self._strategy, key)]
        before = self._tries.get(key)
        if before is not None and before.order == order.order:
            return []
        self.stuck.pop(key, None)
        return [self._drop(key, order, 1, now, pace)]

    def go_on(self, working: Mapping[str, Working], now: Nanos, pace: float) -> list[Said]:
        """Return what asks again for orders that still stand, and what is said once of those that are stuck."""
        said: list[Said] = []
        for key, one in list(self._tries.items()):
            order = working.get(key)
            if order is None or order.order != one.order:
                self.leave(key)
            elif order.settled and now >= one.until and key not in self.stuck:
                if one.tries < TRIES:
                    said.append(self._drop(key, order, one.tries + 1, now, pace))
                    continue
                self.stuck[key] = one.order
                text = f"{key} could not be taken back in {TRIES} tries: {one.order} stands, and its side is blocked"
                said.append(Note(self._strategy, text, loud=True))
        return said

    def leave(self, key: str) -> None:
        """Let an order stand: it has ended, or is wanted as it is."""
        self._tries.pop(key, None)
        self.stuck.pop(key, None)

    def _drop(self, key: str, order: Working, tries: int, now: Nanos, pace: float) -> Drop:
        pause = int(PAUSES_S[tries - 1] * SECOND * pace)
        self._tries[key] = _Try(order.order, tries, Nanos(now + pause))
        return Drop(self._strategy, key, again=True)
