"""Docks of workspaces that were not seen yet: made in idle moments, one a turn, so that none holds a frame for long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from app import memory

if TYPE_CHECKING:
    from app.window import Window

REST_AFTER_S: Final = 0.5
"""After the first painting, before docks are made that nobody has asked for: the session opens first."""
BETWEEN_S: Final = 0.03
"""From one of them to the next."""


async def make(window: Window) -> None:
    """Make them all; runs until they are made or it is cancelled."""
    await asyncio.sleep(REST_AFTER_S)
    for one in tuple(window.workspaces):
        while not one.is_made and one in window.workspaces:  # a clone may be deleted meanwhile
            one.make_one()
            await asyncio.sleep(BETWEEN_S)
    memory.settled()
