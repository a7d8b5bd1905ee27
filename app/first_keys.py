"""Keys before there is a session: given and tested on the first page, and unlocked when a desk is opened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu
from typing_extensions import override

from app.key_desk import KeyDesk, title
from app.key_kinds import wanted
from engine.host.clock import WallClock
from engine.sources.services import Setup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.keys import KeyRing
    from app.opening import Opening
    from app.window import Window
    from engine.core.ids import VenueId
    from engine.core.units import Nanos


class FirstKeys(KeyDesk):
    """The keys of the desks that can be opened from here."""

    def __init__(self, window: Window, ring: KeyRing, opening: Opening) -> None:
        super().__init__(window, ring)
        self._opening = opening

    def choose(self) -> QMenu:
        """Show the venues that the settings name; the one that is chosen has its keys opened."""
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        for venue in self._opening.venues():
            if wanted(venue):
                menu.addAction(title(venue)).triggered.connect(lambda _=False, name=venue: self.open_keys(name))
        menu.popup(QCursor.pos())
        return menu

    async def unlock(self, venues: Iterable[VenueId], leave: asyncio.Event) -> None:
        """Ask for the passphrase of each venue's file; a dialog that is closed leaves its keys locked."""
        for venue in venues:
            self.open_keys(venue)
            dialog = self.keys
            if dialog is None:
                continue
            closed = asyncio.Event()
            dialog.finished.connect(closed.set)
            dialog.begin_opening()
            waits = [asyncio.ensure_future(one.wait()) for one in (closed, leave)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if leave.is_set():
                break
        if self.keys is not None:
            self.keys.reject()

    @override
    def _changed(self, venue: VenueId) -> None:
        super()._changed(venue)
        if self.keys is not None and self.keys.skip.isVisible() and self.ring.source_of(venue):
            self.keys.accept()  # the desk waited for nothing else

    @override
    def now(self) -> Nanos:
        """Return the time of this machine."""
        return WallClock().now()

    @override
    def where(self, venue: VenueId) -> object:
        """Return where a desk would look for a venue."""
        return self._opening.where(venue)

    @override
    def services(self, name: VenueId) -> Setup:
        """Return a weather service where it is for everybody."""
        key = self.known(name)
        return Setup(on=(name,), key=key if isinstance(key, str) else "")

    @override
    def after(self, venue: VenueId) -> tuple[str, ...]:
        """Return what becomes of the keys from here."""
        return ("a desk that is opened now takes them",)
