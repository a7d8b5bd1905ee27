"""What the kernel keeps of the journal: entries by order, and which of them still wait for something. Data only."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final

from engine.core.ids import InstrumentId, OrderId

if TYPE_CHECKING:
    from engine.core.snapshot import JournalRow

ROOM: Final = 2_000
"""Entries in memory; the ledger keeps all."""


class Diary:
    """Entries by order, oldest first, and which of them still wait for something."""

    def __init__(self) -> None:
        self.entries: dict[OrderId, JournalRow] = {}
        self.gone = 0
        """Entries that went for newer ones."""
        self.counted = 0
        """Orders of the register that were looked at."""
        self.of: defaultdict[InstrumentId, list[OrderId]] = defaultdict(list)
        """Orders of each instrument that is not settled."""
        self.done: defaultdict[InstrumentId, list[OrderId]] = defaultdict(list)
        """Orders of each that is: a ruling, or a fill that is told late, scores them again."""
        self.waiting: deque[OrderId] = deque()
        """Orders whose price is to be looked at again, the oldest first."""

    def put(self, one: JournalRow) -> None:
        """Take an entry in, or in place of the one before."""
        self.entries[OrderId(one.order)] = one
        while len(self.entries) > ROOM:
            del self.entries[next(iter(self.entries))]
            self.gone += 1

    def forget(self) -> None:
        """Let go of instruments none of whose entries is in memory: their settlement would find nothing to score."""
        self.of, self.done = self._known(self.of), self._known(self.done)

    def _known(self, orders: defaultdict[InstrumentId, list[OrderId]]) -> defaultdict[InstrumentId, list[OrderId]]:
        kept = {one: [order for order in some if order in self.entries] for one, some in orders.items()}
        return defaultdict(list, {one: some for one, some in kept.items() if some})
