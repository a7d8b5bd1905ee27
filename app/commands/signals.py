"""Being told to stop, for commands that run until then."""

from __future__ import annotations

import asyncio
import signal


def until_told() -> asyncio.Event:
    """Return what is set by SIGTERM and SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: its loop has none
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop
