"""Keys of venues, weather services and channels as they are given, unlocked, tested read-only and forgotten."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app import accounts
from app.key_kinds import CHANNELS, wanted
from engine.core.effects import Level
from engine.core.errors import ConfigError, InputError
from engine.core.ids import RYSK, VenueId
from engine.sources.services import TITLES, Setup
from engine.venues import registry
from engine.views.alarms import CHANNEL_WORDS
from widgets.keys import Given, KeyField, KeysDialog

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from app.keys import KeyRing
    from app.window import Window
    from engine.core.units import Nanos

TAKEN: Final = "a desk takes keys when it is opened: start again to use new ones"
TOO_LATE: Final = (
    "kept in memory: the desk of this run is open and has not taken them",
    "give them on the first page, or keep them where a restart finds them",
)


class Tried(NamedTuple):
    """A read-only test of the keys of a venue or a weather service."""

    at: Nanos
    lines: tuple[accounts.Line, ...]


class KeyDesk(QObject):
    """Opens the dialog of one venue at a time, and does what is asked in it; what it knows of venues is in its kinds.

    Parameters
    ----------
    ring : KeyRing
        Where keys are: the one that desks are opened with.
    """

    keys_changed = Signal()
    """Keys were given, unlocked or forgotten, or a test of them has ended."""

    def __init__(self, window: Window, ring: KeyRing) -> None:
        super().__init__(window)
        self._window = window
        self.ring = ring
        self.keys: KeysDialog | None = None
        self.tests: dict[VenueId, Tried] = {}
        """What the last read-only test of each venue found."""
        self._tests: set[asyncio.Task[None]] = set()

    # What a session knows, and the first page knows otherwise

    def now(self) -> Nanos:
        """Return the time of day."""
        raise NotImplementedError

    def where(self, venue: VenueId) -> object:
        """Return where a venue is."""
        raise NotImplementedError

    def services(self, name: VenueId) -> Setup:
        """Return where a weather service is, with the key that is kept now."""
        raise NotImplementedError

    def after(self, venue: VenueId) -> tuple[str, ...]:
        """Return when the keys that were just tested will be in use."""
        raise NotImplementedError

    # What is done in the dialog

    def open_keys(self, venue: str) -> None:
        """Open the keys of a venue."""
        name = VenueId(venue)
        fields = wanted(name)
        if not fields:
            self._window.tell(f"{title(name)} takes no keys.")
            return
        shown = [KeyField(f.name, f.label, f.secret, f.lines, f.hint) for f in fields]
        if self.keys is not None:
            self.keys.reject()  # one at a time: what a test finds is shown where it was asked for
        dialog = self.keys = KeysDialog(
            venue, title(name), shown, self.ring.places, self._window, without=_without(name)
        )
        dialog.given.connect(self._keep)
        dialog.unlocking.connect(self._unlock)
        dialog.tested.connect(self.test)
        dialog.forgotten.connect(self._forget)
        dialog.finished.connect(self._let_go_of_keys)
        self._show_source(name)
        dialog.show()  # not modal: KILL works over it

    def test(self, venue: str) -> None:
        """Try a venue's endpoints and read its account; sends nothing that could trade."""
        self._begin(self._test(VenueId(venue)))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tests.add(task)
        task.add_done_callback(self._tests.discard)

    def known(self, venue: VenueId) -> object:
        """Return a venue's keys; None without any that can be used."""
        try:
            return self.ring.keys(venue)
        except InputError:
            return None

    def show(self, venue: VenueId, lines: list[accounts.Line]) -> None:
        """Show what was found where it was asked for: in the dialog, or as a toast that sums it up."""
        if self.keys is not None and self.keys.isVisible() and self.keys.venue == venue:
            self.keys.show_found(lines)
            return
        bad = next((text for text, good in lines if not good), "")
        self._window.tell(f"{title(venue)}: {bad or lines[-1][0]}", Level.WARN if bad else Level.INFO)

    def _let_go_of_keys(self) -> None:
        """Let the dialog end that was closed: a test of its keys may still be on its way."""
        dialog, self.keys = self.keys, None
        if dialog is not None:
            dialog.deleteLater()

    def _show_source(self, venue: VenueId) -> None:
        if self.keys is not None:
            self.keys.show_source(self.ring.source_of(venue), locked=self.ring.locked(venue))

    def _keep(self, given: Given) -> None:
        venue = VenueId(given.venue)
        try:
            self.ring.keep(venue, given.values, given.place, given.passphrase)
        except InputError as e:
            self.show(venue, [(str(e), False)])
            return
        self._changed(venue)
        self.test(venue)

    def _unlock(self, passphrase: str) -> None:
        if self.keys is None:
            return
        self._begin(self._unlocked(VenueId(self.keys.venue), passphrase))

    async def _unlocked(self, venue: VenueId, passphrase: str) -> None:
        try:
            await asyncio.to_thread(self.ring.unlock, venue, passphrase)  # made to be slow
        except InputError as e:
            self.show(venue, [(str(e), False)])
            return
        self._changed(venue)
        if self.keys is not None:
            self.test(venue)

    def _forget(self, venue: str) -> None:
        self.ring.forget(VenueId(venue))
        self._changed(VenueId(venue))

    def _changed(self, venue: VenueId) -> None:
        self._show_source(venue)
        self.keys_changed.emit()

    async def _test(self, venue: VenueId) -> None:
        self.show(venue, [("asking…", True)])
        if venue in TITLES:
            found = await accounts.try_service(venue, self.services(venue), self.now)
        else:
            try:
                found = await accounts.try_keys(venue, self.where(venue), self.known(venue), self.now)
            except ConfigError as e:
                found = [(str(e), False)]
        if self.known(venue) is not None:
            found += [(words, True) for words in self.after(venue)]
        self.tests[venue] = Tried(self.now(), tuple(found))
        self.keys_changed.emit()
        self.show(venue, found)


def title(name: VenueId) -> str:
    """Return what a venue or a weather service is called."""
    return CHANNEL_WORDS.get(name) or TITLES.get(name) or registry.row(name).title


def _without(name: VenueId) -> str:
    """Return what a venue does without keys."""
    if name == RYSK:
        return "No key: requests are heard, and quoted on paper alone."
    if name in TITLES or name in CHANNELS:
        return "No key: it is not asked." if name in TITLES else "No key: it tells nobody."
    return "No keys: prices only, paper orders."
