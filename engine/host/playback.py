"""Plays a simulated day into the host: each event when the session's clock reaches it.

The day is generated as it is played, so that a long day costs nothing at the start. When the inbox has no room
the player waits and tries again: nothing is skipped.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.events import Event
    from engine.host.host import Host

BURST: Final = 64
"""Events put in before the loop turns."""
PAUSE_S: Final = 0.01
"""Wait for room in the inbox."""


async def play(events: Iterator[Event], host: Host) -> int:
    """Emit `events`, in time order, as they fall due; return how many, or run until cancelled."""
    played = 0
    for event in events:
        delay = host.clock.wait(event.at)
        if delay > 0 or played % BURST == 0:
            await asyncio.sleep(delay)
        while not host.emit(event):  # noqa: ASYNC110 - room comes by pumping, which has no event of its own
            await asyncio.sleep(PAUSE_S)
        played += 1
    return played
