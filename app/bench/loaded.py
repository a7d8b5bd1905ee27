"""The same way over real sockets while the whole window is drawn: 5,000 messages a second, on the terminal's loop.

A demo session fills the window and pours in 4,000 events; beside it, on the same loop, links bring 1,000 frames of a
venue, one by one, and a kernel of its own buys what they offer. What an order waits for is the longest stretch without
the loop: a panel's drawing, Qt's painting, a slice of either pump.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import loop
from app.bench import loopback, peer, stage
from engine.core.ids import KALSHI, POLYMARKET

if TYPE_CHECKING:
    from app.bench.figures import Figure
    from app.bench.peer import Told
    from app.bench.session import Seen
    from engine.core.ids import VenueId

BAR: Final = (100.0, 5_000.0)
MOONSHOT: Final = (40.0, 1_500.0)


def under_screen(venue: VenueId) -> tuple[Seen, Told]:
    """Let a venue tell of its market below a window that is busy; return what both sides saw."""
    app = stage.application()
    found: list[tuple[Seen, Told]] = []

    async def main() -> int:
        with peer.started() as other, tempfile.TemporaryDirectory(prefix="atmx-bench-") as name:
            window = stage.Stage(Path(name), stage.EVENTS_PER_S - loopback.SLOW_PER_S)
            drawn = asyncio.ensure_future(window.run())
            try:
                await asyncio.sleep(stage.SETTLING_S)
                found.append(await loopback.ordered(venue, other, frames_per_s=loopback.SLOW_PER_S))
            finally:
                drawn.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await drawn
                window.close()
        return 0

    loop.run(main)
    app.processEvents()
    return found[0]


def _figure(venue: VenueId) -> Figure:
    seen, told = under_screen(venue)
    return loopback.figure(venue, seen, told, bar=BAR, moonshot=MOONSHOT)


def socket_to_order_screen_kalshi() -> Figure:
    """A Kalshi frame to its order signed and written, below a busy window; the ledger aside."""
    return _figure(KALSHI)


def socket_to_order_screen_polymarket() -> Figure:
    """The same on Polymarket."""
    return _figure(POLYMARKET)


ALL: Final = {
    "socket_to_order_screen_kalshi": socket_to_order_screen_kalshi,
    "socket_to_order_screen_polymarket": socket_to_order_screen_polymarket,
}
