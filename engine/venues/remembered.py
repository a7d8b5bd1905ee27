"""What was made of a text once, by the text: prices and sizes come again and again, in every frame.

`functools.lru_cache` keeps an order of use and takes twice as long to look into. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K")
V = TypeVar("V")


class Remembered(dict[K, V]):
    """Values by what they are made of, made where they are asked for by ``[]``; emptied where there are too many.

    Parameters
    ----------
    make : callable
        What it raises is raised, and nothing is kept.
    most : int
        So many are kept; foreign texts are without end.
    """

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[K], V], most: int) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, key: K) -> V:
        value = self._make(key)
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value
