"""Events that must not be dropped, handed over for as long as the engine has no room for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.venues.port import Emit

PAUSE_S = 0.01


async def deliver(emit: Emit, events: Iterable[Event]) -> None:
    """Emit events in their order, each as soon as there is room for it."""
    for event in events:
        while not emit(event):  # noqa: ASYNC110  # the engine's room has no event to wait for
            await asyncio.sleep(PAUSE_S)
