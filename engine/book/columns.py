"""Books of one instrument as columns over time, in a ring of arrays: bounded, and read without being built anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS: Final = 99
"""Whole cents from 1 to 99."""
ROOM: Final = 1_800
"""Columns: half an hour of seconds, 1.4 MB."""
FIRST: Final = 64
"""Columns that there is room for at first."""


class Cut(NamedTuple):
    """The columns of a ring in their order, as copies."""

    at: NDArray[np.int64]
    bids: NDArray[np.float32]
    """Shape (columns, 99)."""
    asks: NDArray[np.float32]
    best_bid: NDArray[np.float32]
    """Cents; nan for none."""
    best_ask: NDArray[np.float32]


class Columns:
    """A ring of columns; the newest replace the oldest."""

    __slots__ = ("_asks", "_at", "_best", "_bids", "_next", "room")

    def __init__(self, room: int = ROOM) -> None:
        self.room = room
        first = min(FIRST, room)
        self._at = np.zeros(first, np.int64)
        self._bids = np.zeros((first, ROWS), np.float32)
        self._asks = np.zeros((first, ROWS), np.float32)
        self._best = np.full((first, 2), np.nan, np.float32)
        self._next = 0
        """Columns ever put."""

    def __len__(self) -> int:
        return min(self._next, self.room)

    def put(self, at: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Begin the column of a moment and return its bids and asks, all 0, to be filled; `best` comes after.

        A second column of the same moment replaces the first; time that goes back is refused.

        Raises
        ------
        ValueError
            If the moment lies before the last column's.
        """
        last = self.last_at()
        if last is not None and at < last:
            msg = f"a column at {at} comes after one at {last}"
            raise ValueError(msg)
        if last != at:
            if self._next == len(self._at) < self.room:
                self._grow()
            self._next += 1
        slot = (self._next - 1) % self.room
        self._at[slot] = at
        bids, asks = self._bids[slot], self._asks[slot]
        bids[:] = 0.0
        asks[:] = 0.0
        self._best[slot] = np.nan
        return bids, asks

    def _grow(self) -> None:
        """Make room for twice as many columns: a market that was looked at for a minute takes no half hour's."""
        more = min(2 * len(self._at), self.room) - len(self._at)
        self._at = np.concatenate([self._at, np.zeros(more, np.int64)])
        self._bids = np.concatenate([self._bids, np.zeros((more, ROWS), np.float32)])
        self._asks = np.concatenate([self._asks, np.zeros((more, ROWS), np.float32)])
        self._best = np.concatenate([self._best, np.full((more, 2), np.nan, np.float32)])

    def best(self, bid: float | None, ask: float | None) -> None:
        """Set the best prices of the newest column, in cents."""
        slot = (self._next - 1) % self.room
        self._best[slot] = (np.nan if bid is None else bid, np.nan if ask is None else ask)

    def last_at(self) -> int | None:
        """Return the moment of the newest column; None without one."""
        return int(self._at[(self._next - 1) % self.room]) if self._next else None

    def cut(self) -> Cut:
        """Return all columns, oldest first."""
        if self._next <= self.room:
            order: slice | NDArray[np.int64] = slice(0, self._next)
        else:
            order = np.arange(self._next - self.room, self._next) % self.room
        best = self._best[order]
        return Cut(
            self._at[order].copy(), self._bids[order].copy(), self._asks[order].copy(), best[:, 0].copy(),
            best[:, 1].copy(),
        )  # fmt: skip
