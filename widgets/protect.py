"""The protect offset: how far past the best price a plain order may go, in ticks. One for ladders, boards and baskets.

A tick is a row of the ladder: a step of the market's own price grid. On the curve of our own exchange it is a cent.
"""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import TICKS_PER_CENT, Ticks

if TYPE_CHECKING:
    from engine.views.ladder import LadderRow, LadderView

DEFAULT: Final = 3
LOW: Final = 0
"""Never past the best price."""
HIGH: Final = 50
_ticks: list[int] = [DEFAULT]


def use(ticks: int) -> None:
    """Let every order from here on go this far."""
    _ticks[0] = ticks


def ticks() -> int:
    """Return how many ticks past the best price a plain order may go."""
    return _ticks[0]


def on_curve() -> Ticks:
    """Return the offset on the curve of our own exchange, whose rows are cents."""
    return Ticks(_ticks[0] * TICKS_PER_CENT)


def rows_past(view: LadderView, best: Ticks, to: Ticks, *, up: bool) -> int:
    """Return how many rows a price lies past the best one, the way an order that rises or falls goes; 0 before it."""
    if to == best or (to > best) is not up:
        return 0
    return abs(place(view, best) - place(view, to))


def past(view: LadderView, best: Ticks, to: Ticks, *, up: bool) -> bool:
    """Whether a price is further past the best one than a plain order may go."""
    return rows_past(view, best, to, up=up) > _ticks[0]


def words() -> str:
    """Return the offset by the tick, such as ``3 ticks``."""
    return f"{_ticks[0]} tick{'' if _ticks[0] == 1 else 's'}"


def words_on(view: LadderView | None) -> str:
    """Return the offset as a ladder's own prices have it, such as ``3c``; else in ticks."""
    rows = () if view is None else view.rows
    if len(rows) < 2 or (view is not None and view.scale is not None):
        return words()
    step = rows[0].price - rows[1].price
    if rows[0].price - rows[-1].price != step * (len(rows) - 1):
        return words()
    return f"{(Decimal(_ticks[0] * step) / TICKS_PER_CENT).normalize():f}c"


def place(view: LadderView, price: Ticks) -> int:
    """Return where the row of a price is, from the top."""
    return bisect_left(view.rows, -price, key=_falling)


def _falling(row: LadderRow) -> int:
    return -row.price
