"""Whether a session has reached anything outside, and what was asked and did not answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.events import LinkChanged, SourceReport

if TYPE_CHECKING:
    from engine.core.events import Event

NEWS: Final = frozenset(
    {
        "BookSnapshot", "BookDelta", "Trade", "Marked", "Listed", "StatusChanged", "GridChanged", "QuoteRequested",
        "Observed", "StationForecast", "GridForecast", "Alerted",
    }
)  # fmt: skip
"""Events that only an answer brings."""
LONGEST_WHY: Final = 120


class Reach:
    """Hears a session's events until the first answer."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        """Set by the first answer of a venue or a service."""
        self._silent: dict[str, str] = {}

    def hear(self, event: Event) -> None:
        """Take an event in; an account on paper is no answer of anybody."""
        if self.reached.is_set():
            return
        if isinstance(event, LinkChanged):
            self._link(event)
        elif isinstance(event, SourceReport):
            self._service(event)
        elif type(event).__name__ in NEWS:
            self.reached.set()

    def words(self) -> str:
        """Return who did not answer, and why as far as they are known."""
        said = "; ".join(f"{name} ({why[:LONGEST_WHY]})" for name, why in self._silent.items())
        return said or "no venue or weather service has answered yet"

    def _link(self, event: LinkChanged) -> None:
        if event.channel == "account":
            return
        if event.up:
            self.reached.set()
        else:
            self._silent[event.venue] = event.why

    def _service(self, event: SourceReport) -> None:
        for errand in event.errands:
            if errand.ok_at is not None:
                self.reached.set()
            elif errand.why:
                self._silent[event.title] = errand.why
