"""Coming back: what is said after a session that did not end cleanly, and whether this one starts in safe mode."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Final

from app.alive import Last, SignOfLife
from engine.core.commands import SetStrategy, StrategyState
from engine.host.clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.kernel.state import State
    from engine.views.status import SpineView

BEAT_S: Final = 1.0
NO_LIVE: Final = "Safe mode opens no live desk. Quit and start again without it."
_SAFE: Final = "Safe mode: default layout, no strategies, no live desk; start again for the normal way."


class Comeback:
    """One start of the program on a profile that it holds.

    Parameters
    ----------
    safe : bool
        Safe mode was asked for.
    watched : bool
        Somebody looks at the screen: only then are two quick crashes a reason for safe mode.
    """

    def __init__(self, folder: Path, *, safe: bool, watched: bool) -> None:
        self._sign = SignOfLife(folder)
        self._now = WallClock().now
        self.last: Last | None = self._sign.begin(self._now())
        self.crashed_twice = watched and self.last is not None and self.last.wants_safe_mode
        self.safe = safe or self.crashed_twice
        self._was_unknown = False

    async def beat(self) -> None:
        """Give a sign of life until cancelled."""
        while True:
            self._sign.beat(self._now())
            await asyncio.sleep(BEAT_S)

    def end(self) -> None:
        """The program ends as it should."""
        self._sign.end()

    def words(self, view: SpineView | None = None) -> str:
        """Return what the banner says; empty after a clean end and a normal start."""
        parts = []
        if self.last is not None:
            parts.append(f"Not shut down cleanly{_at(self.last)}.")
            parts.append(self._orders(view))
        if self.crashed_twice:
            parts.append("It ended within seconds of its start twice.")
        if self.safe:
            parts.append(_SAFE)
        return " ".join(part for part in parts if part)

    def switches(self, state: State) -> Iterator[SetStrategy]:
        """Return the switches that safe mode turns off."""
        if not self.safe:
            return
        for seat in state.strategies.seats.values():
            if seat.state is not StrategyState.OFF:
                yield SetStrategy(strategy=seat.name, to=StrategyState.OFF)

    def _orders(self, view: SpineView | None) -> str:
        if view is None:
            return ""
        if view.unknown:
            self._was_unknown = True
            many = f"{view.unknown} unknown {'order' if view.unknown == 1 else 'orders'}"
            return f"Reconciling {many} with the venues: nothing opens there until that is done."
        return "Every order is known again." if self._was_unknown else "No order's fate is unknown."


def _at(last: Last) -> str:
    if not last.seen_at:
        return ""
    moment = dt.datetime.fromtimestamp(last.seen_at / 1e9, dt.UTC).astimezone()
    return f" at {moment:%H:%M} on {moment:%d %b}"
