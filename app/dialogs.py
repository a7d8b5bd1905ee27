"""Dialogs about accounts: keys of a venue and what they can read, and arming live trading."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app import accounts, wiring
from app.key_kinds import CHANNELS, wanted
from app.preferences import Preferences
from app.setting_store import Store
from engine.core.effects import Level
from engine.core.errors import InputError
from engine.core.ids import RYSK, VenueId
from engine.sources.services import TITLES, Setup
from engine.venues import registry
from engine.views.alarms import CHANNEL_WORDS
from widgets.arming import ArmDialog
from widgets.keys import Given, KeyField, KeysDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session
    from app.keys import KeyRing
    from app.window import Window
    from engine.core.commands import AnyCommand
    from engine.core.units import Nanos
    from widgets.frame import FrameClock

REPLAY: Final = "replay"
REPLAYED: Final = "This is a replay: no keys are tried and no message is sent."


class Tried(NamedTuple):
    """A read-only test of the keys of a venue or a weather service."""

    at: Nanos
    lines: tuple[accounts.Line, ...]


class Dialogs(QObject):
    """Opened from the menu and from the Connections dock; none of them holds the loop."""

    keys_changed = Signal()
    """Keys were given or forgotten, or a test of them has ended."""
    tested_channel = Signal(str)
    """A channel of alerts that is to be tested, with the key that is kept now."""

    def __init__(
        self,
        session: Session,
        window: Window,
        clock: FrameClock,
        ask: Callable[[AnyCommand], None],
        *,
        keyring: bool,
        store: Store | None = None,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._clock = clock
        self._ask = ask
        self.ring: KeyRing = wiring.key_ring(session.profile, keyring=keyring)
        self._arm: ArmDialog | None = None
        self._programs = False
        """At the last arming it was said that programs may order."""
        self._programs_until: Nanos | None = None
        """The end of that arming, by which it is known again."""
        self._armed_before: Nanos | None = None
        """The end of the one that stood then, of which it was not said: that arming may be refused."""
        self.keys: KeysDialog | None = None
        self._tests: set[asyncio.Task[None]] = set()
        self._store = store = store or Store(session.profile.settings)
        self.tests: dict[VenueId, Tried] = {}
        """What the last read-only test of each venue found."""
        self.preferences = Preferences(store, self.ring, window, clock, ask, self.open_keys, self._draw_anew)

    def arm(self) -> None:
        """Open the sheet that arms live trading."""
        if self._arm is None:
            self._arm = ArmDialog(self._window)
            self._arm.intent.connect(self._armed)
            self._arm.intent.connect(self._ask)
            self._clock.add(self._arm)
        self._arm.offer_programs(self._store.now.flag("api.on") and self._store.now.flag("api.orders"))
        self._arm.show()  # not modal: KILL works over it

    def _armed(self) -> None:
        """Take note whether programs may order while this arming lasts."""
        self._programs = self._arm is not None and self._arm.programs.value() == "yes"
        self._programs_until, self._armed_before = None, self._session.kernel.state.session.armed_until

    def programs_may_order(self) -> bool:
        """Whether the session is armed by an arming that let programs order."""
        until = self._session.kernel.state.session.armed_until
        if self._programs and self._programs_until is None and until != self._armed_before:
            self._programs_until = until
        return self._programs and until is not None and until == self._programs_until

    def open_keys(self, venue: str) -> None:
        """Open the keys of a venue; a simulated day takes none."""
        fields = wanted(VenueId(venue))
        if self._session.mode == "demo" and venue not in CHANNELS:
            self._window.tell("The simulated day takes no keys: open the paper or the live desk.")
            return
        if not fields:
            self._window.tell(f"{_title(VenueId(venue))} takes no keys.")
            return
        shown = [KeyField(f.name, f.label, f.secret, f.lines, f.hint) for f in fields]
        title = _title(VenueId(venue))
        without = "No keys: prices only, paper orders."
        if venue == RYSK:
            without = "No key: requests are heard, and quoted on paper alone."
        if venue in TITLES or venue in CHANNELS:
            without = "No key: it is not asked." if venue in TITLES else "No key: it tells nobody."
        if self.keys is not None:
            self.keys.reject()  # one at a time: what a test finds is shown where it was asked for
        dialog = self.keys = KeysDialog(venue, title, shown, self.ring.places, self._window, without=without)
        dialog.given.connect(self._keep)
        dialog.tested.connect(self.test)
        dialog.forgotten.connect(self._forget)
        dialog.finished.connect(self._let_go_of_keys)
        dialog.show_source(self.ring.source_of(VenueId(venue)))
        dialog.show()  # not modal: KILL works over it

    def _let_go_of_keys(self) -> None:
        """Let the dialog end that was closed: a test of its keys may still be on its way."""
        dialog, self.keys = self.keys, None
        if dialog is not None:
            dialog.deleteLater()

    def _draw_anew(self) -> None:
        for panel in self._window.panels_made():
            for topic in panel.topics():
                self._clock.mark(topic)

    def test(self, venue: str) -> None:
        """Try a venue's endpoints and read its account; sends nothing that could trade. A channel sends a message.

        A replay asks nobody and tells nobody.
        """
        if self._session.mode == REPLAY:
            self._show(VenueId(venue), [(REPLAYED, False)])
            self._window.tell(REPLAYED, Level.WARN)
            return
        if venue in CHANNELS:
            self.tested_channel.emit(venue)
            self._show(VenueId(venue), [("a test message is on its way: the dock of alert rules says what came", True)])
            return
        task = asyncio.ensure_future(self._test(VenueId(venue)))
        self._tests.add(task)
        task.add_done_callback(self._tests.discard)

    def _keep(self, given: Given) -> None:
        venue = VenueId(given.venue)
        try:
            self.ring.keep(venue, given.values, given.place, given.passphrase)
        except InputError as e:
            self._show(venue, [(str(e), False)])
            return
        if self.keys is not None:
            self.keys.show_source(self.ring.source_of(venue))
        self.preferences.look_at_keys()
        self.keys_changed.emit()
        self.test(venue)

    def _forget(self, venue: str) -> None:
        self.ring.forget(VenueId(venue))
        if self.keys is not None:
            self.keys.show_source(self.ring.source_of(VenueId(venue)))
        self.preferences.look_at_keys()
        self.keys_changed.emit()

    async def _test(self, venue: VenueId) -> None:
        self._show(venue, [("asking…", True)])
        now = self._session.clock.now
        if venue in TITLES:
            found = await accounts.try_service(venue, self._services(venue), now)
        else:
            found = await accounts.try_keys(venue, self._where(venue), self._known(venue), now)
        if self._known(venue) is not None:
            found.append(("a session takes keys when its desk is opened: open it again to use new ones", True))
        self.tests[venue] = Tried(now(), tuple(found))
        self.keys_changed.emit()
        self._show(venue, found)

    def _known(self, venue: VenueId) -> object:
        try:
            return self.ring.keys(venue)
        except InputError:
            return None

    def _services(self, name: VenueId) -> Setup:
        """Return where the weather services of the session are, with the key that is kept now."""
        skies, key = self._session.skies, self._known(name)
        setup = Setup() if skies is None else skies.services.setup
        return replace(setup, on=(name,), key=key if isinstance(key, str) else "")

    def _where(self, venue: VenueId) -> object:
        known = self._session.endpoints.get(venue)
        return known if known is not None else registry.endpoints(venue)

    def _show(self, venue: VenueId, lines: list[accounts.Line]) -> None:
        """Show what was found where it was asked for: in the dialog, or as a toast that sums it up."""
        if self.keys is not None and self.keys.isVisible() and self.keys.venue == venue:
            self.keys.show_found(lines)
            return
        bad = next((text for text, good in lines if not good), "")
        self._window.tell(f"{_title(venue)}: {bad or lines[-1][0]}", Level.WARN if bad else Level.INFO)


def _title(name: VenueId) -> str:
    """Return what a venue or a weather service is called."""
    return CHANNEL_WORDS.get(name) or TITLES.get(name) or registry.row(name).title
