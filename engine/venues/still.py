"""A feed whose market is told by somebody else: a simulated day, a journal. It asks for nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.events import Listed
    from engine.core.ids import InstrumentId
    from engine.venues.port import Emit


class StillFeed:
    """Brings nothing; what it is asked to follow is told anyway.

    Parameters
    ----------
    asked : set of InstrumentId, optional
        Where whose whole books were asked for anew is left for whoever tells of the market.
    """

    def __init__(self, asked: set[InstrumentId] | None = None) -> None:
        self._asked = asked

    async def run(self, emit: Emit) -> None:
        """Wait until cancelled."""
        await asyncio.Event().wait()

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Take note of nothing: everything is told."""

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Leave it to whoever tells of the market; a journal is as it was told."""
        if self._asked is not None:
            self._asked |= instruments


class StillDirectory:
    """Finds nothing; what exists is told."""

    async def find(self, what: str) -> Sequence[Listed]:
        """Return nothing."""
        return ()
