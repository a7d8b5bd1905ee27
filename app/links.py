"""Which link group each dock was put in by hand, and what the pinned ones hold: by workspace and dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from engine.core.ids import InstrumentId, VenueId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.window import Window
    from engine.views.market import MarketRow
    from widgets.panel import Panel

PINNED: Final = 0
"""The group of docks that follow nothing."""
MOST: Final = 1_000
"""Docks that are remembered, those of deleted clones included."""


class Links(QObject):
    """What was chosen by hand; a dock that is not in it is in the group of its workspace."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: dict[str, int] = {}
        self._pins: dict[str, InstrumentId] = {}

    def group(self, place: str) -> int | None:
        """Return the group chosen for a dock, such as ``Weather/ladder``; None where none was."""
        return self._groups.get(place)

    def pin(self, place: str) -> InstrumentId | None:
        """Return what a pinned dock holds."""
        return self._pins.get(place)

    def keep(self, place: str, group: int, shown: InstrumentId | None) -> None:
        """Note the group a dock was put in, and what it shows if that pins it."""
        self._groups.pop(place, None)
        self._groups[place] = group
        while len(self._groups) > MOST:
            oldest = next(iter(self._groups))
            del self._groups[oldest]
            self._pins.pop(oldest, None)
        if group == PINNED and shown is not None:
            self._pins[place] = shown
        else:
            self._pins.pop(place, None)
        self.changed.emit()

    def state(self) -> tuple[dict[str, int], dict[str, tuple[str, str]]]:
        """Return groups and pins, for a file."""
        return dict(self._groups), {place: (str(one.venue), one.symbol) for place, one in self._pins.items()}

    def restore(self, groups: Mapping[str, int], pins: Mapping[str, tuple[str, str]]) -> None:
        """Take what an earlier session left."""
        self._groups = dict(groups)
        self._pins = {place: InstrumentId(VenueId(venue), symbol) for place, (venue, symbol) in pins.items()}


class Pins:
    """Puts docks into the groups that were chosen for them, and keeps the pinned ones at what they hold.

    Parameters
    ----------
    turn : callable
        Turns a dock to an instrument.
    rows : callable
        The outcomes that are listed now.
    known : callable
        Whether a venue lists an instrument: of options, lists of markets have the expiries that are followed.
    """

    def __init__(
        self,
        window: Window,
        turn: Callable[[Panel, InstrumentId], None],
        rows: Callable[[], Sequence[MarketRow]],
        known: Callable[[InstrumentId], bool],
    ) -> None:
        self._window = window
        self._turn = turn
        self._rows = rows
        self._known = known
        self._turned: dict[Panel, InstrumentId] = {}
        """What each dock was turned to last."""
        self._waiting: dict[Panel, str] = {}
        """Pinned docks of an earlier session, with their places, until something is listed."""

    def restore(self, place: str, panel: Panel) -> int:
        """Put a dock into its group and remember the next one it is put in; return the group."""
        links = self._window.links
        group = links.group(place)
        if group is not None:
            panel.set_link(group)
        if group == PINNED:
            self._waiting[panel] = place
        panel.link_changed.connect(lambda now: links.keep(place, now, self._turned.get(panel)))
        return panel.link()

    def turned(self, panel: Panel, instrument: InstrumentId) -> None:
        """Note what a dock was turned to."""
        self._turned[panel] = instrument
        self._waiting.pop(panel, None)

    def turn_waiting(self, otherwise: InstrumentId) -> None:
        """Turn pinned docks once: to what they held in the last session, or to this if that is no longer listed."""
        if not self._waiting:
            return
        listed = {row.instrument for row in self._rows()}
        for panel, place in list(self._waiting.items()):
            pin = self._window.links.pin(place)
            there = pin is not None and (pin in listed or self._known(pin))
            self._turn(panel, pin if pin is not None and there else otherwise)

    def forget(self, panel: Panel) -> None:
        """Let go of a dock that ends."""
        self._turned.pop(panel, None)
        self._waiting.pop(panel, None)
