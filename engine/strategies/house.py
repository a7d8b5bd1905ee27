"""One side a window: the first active order that goes out sets it, and no active signal goes against it after.

Passive signals neither vote nor are dropped. Only an order that was accepted and sent sets the side; if it then comes
to nothing, the side is free again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from engine.strategies.sight import Outcome, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

TIE: Final = 1e-12
"""Sums of floats closer than this are equal."""

K = TypeVar("K")


class House:
    """The side of one window."""

    __slots__ = ("_stands", "side")

    def __init__(self) -> None:
        self.side: Outcome | None = None
        """None until an active order went out."""
        self._stands = dict.fromkeys(Outcome, 0)
        """Active orders of each side that did not come to nothing."""

    def pick(self, batch: Sequence[tuple[K, Signal]]) -> list[tuple[K, Signal]]:
        """Return the signals of one evaluation that may go out, the weightiest first; each carries its sender's key."""
        side = self.side or _heavier(batch)
        kept = [(key, one) for key, one in batch if one.passive or side is None or one.side is side]
        return sorted(kept, key=lambda pair: -round(pair[1].weight, 12))

    def sent(self, signal: Signal) -> None:
        """Take note that a signal's order was accepted and sent."""
        if not signal.passive:
            self.stands(signal.side)

    def stands(self, side: Outcome) -> None:
        """Count an active order of a side; the first sets it."""
        self._stands[side] += 1
        if self.side is None:
            self.side = side

    def came_to_nothing(self, side: Outcome) -> None:
        """Count an active order no more that ended without a fill; the last of the house frees it."""
        self._stands[side] = max(self._stands[side] - 1, 0)
        self.fell_through(side, held=self._stands[side] > 0)

    def fell_through(self, side: Outcome, held: bool) -> None:
        """Free the side again after its order was rejected or killed, unless something was filled or others stand."""
        if self.side is side and not held:
            self.side = None


def _heavier(batch: Sequence[tuple[K, Signal]]) -> Outcome | None:
    """Return the side to keep where active signals disagree, Up if equal; None where they do not."""
    weights = {side: [one.weight for _, one in batch if one.side is side and not one.passive] for side in Outcome}
    up, down = weights[Outcome.UP], weights[Outcome.DOWN]
    if not up or not down:
        return None
    return Outcome.UP if sum(up) >= sum(down) - TIE else Outcome.DOWN
