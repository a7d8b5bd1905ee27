"""The Options workspace while 5,000 events a second pour in: most change books of the expiry that its chain shows."""

from __future__ import annotations

import asyncio
import itertools
from functools import cache
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from app import wiring
from app.bench import figures, stage
from engine.core.events import BookDelta
from engine.core.instrument import Payoff
from engine.core.units import Lots, Side

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

    from app.bench.figures import Figure
    from app.bench.stage import Loaded
    from engine.core.events import Event
    from engine.kernel.desks import Listing

LEAST: Final = 20
"""Books of options that are whole before anything is measured: those of the expiry in sight."""
SIZES: Final = 40
"""Sizes that a level goes through, in lots."""


def frame_options() -> Figure:
    """Drawing of one frame of the Options workspace under 5,000 events a second: views, panels, Qt's painting."""
    found = _under_load()
    return stage.frame(found)


def slice_options() -> Figure:
    """The longest stretches of that drawing without the loop: one panel's, or Qt's painting of what changed."""
    found = _under_load()
    return figures.of(found.slices, "ms", bar=4.0, moonshot=1.0, worst=round(max(found.slices), 2))


def one_core_options() -> Figure:
    """Share of one core that the whole program takes under that load, second by second."""
    return figures.of(_under_load().busy, "%", bar=60.0, moonshot=30.0, held="median")


@cache
def _under_load() -> Loaded:
    """Run the demo's options in the whole window for a quarter of a minute; all figures come from this run."""
    return stage.loaded(Stage)


class Stage(stage.Stage):
    """The workspace of options over the demo's own market of them."""

    workspace = 2

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, wiring=wiring.simulated(0, 1.0))

    @override
    async def _ready(self) -> None:
        while len(self._quoted()) < LEAST:  # noqa: ASYNC110 - the venue tells of an expiry once its chain is drawn
            await asyncio.sleep(0.05)

    @override
    def _more(self) -> Iterator[Coroutine[None, None, None]]:
        return iter(())

    @override
    def _events(self) -> Iterator[Event]:
        """Change the sizes of the best levels, option after option; one in five is another account's order."""
        orders, changes = self._orders(), self._changes()
        for number in itertools.count():
            yield next(orders) if number % stage.ORDERS_IN == 0 else next(changes)

    def _changes(self) -> Iterator[Event]:
        for number in itertools.count():
            for one in self._quoted():
                for side, best in ((Side.BUY, one.book.best_bid), (Side.SELL, one.book.best_ask)):
                    if best is not None:
                        lots = Lots(10 + (number + best) % SIZES)
                        yield BookDelta(at=self._now(), instrument=one.instrument.id, side=side, price=best, lots=lots)

    def _quoted(self) -> list[Listing]:
        """Return the options whose books are whole."""
        options = (Payoff.CALL, Payoff.PUT)
        every = self.session.kernel.state.listings.values()
        return [one for one in every if one.instrument.payoff in options and not one.stale]


ALL: Final = {"frame_options": frame_options, "slice_options": slice_options, "one_core_options": one_core_options}
