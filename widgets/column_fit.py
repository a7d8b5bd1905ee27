"""Which columns of a table stay where there is little room, and what of one that is cut may be read. No Qt objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from widgets.tables import WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from widgets.tables import Column

LEGIBLE: Final = 48
"""Pixels of a column of words from which on the part that is in sight is painted."""


def staying(columns: Sequence[Column[Any]], wanted: Iterable[int], width: Callable[[int], int], room: int) -> list[int]:
    """Return which of the wanted columns stay in so many pixels, by their places.

    Parameters
    ----------
    width : callable
        The pixels that the column of a place has, or wants if it stretches.
    """
    kept = list(wanted)
    for at in sorted(kept, key=lambda one: -columns[one].priority):
        if columns[at].priority == 0 or sum(map(width, kept)) <= room:
            break
        kept.remove(at)

    def shrunk(at: int) -> int:
        return columns[at].least if columns[at].stretch and columns[at].least else width(at)

    for at in sorted(kept, key=lambda one: -columns[one].folds):
        if columns[at].folds == 0 or sum(map(shrunk, kept)) <= room:
            break
        kept.remove(at)
    return kept


def readable(kind: str, x: int, wide: int, room: int) -> int:
    """Return how many pixels of a column may be read: none of one that an edge cuts, but for words that begin in sight.

    They end in an ellipsis. What is wider than the whole room is read as far as it goes.
    """
    if wide > room or (x >= 0 and x + wide <= room):
        return wide
    return room - x if kind == WORD and x >= 0 and room - x >= LEGIBLE else 0
