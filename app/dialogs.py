"""Dialogs about accounts: keys of a venue and what they can read, and arming live trading."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from typing_extensions import override

from app.key_desk import TAKEN, TOO_LATE, KeyDesk
from app.key_kinds import CHANNELS
from app.keys import SESSION
from app.preferences import Preferences
from app.setting_store import Store
from engine.core.effects import Level
from engine.core.ids import VenueId
from engine.sources.services import Setup
from engine.venues import registry
from widgets.arming import ArmDialog

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


class Dialogs(KeyDesk):
    """Opened from the menu and from the Connections dock; none of them holds the loop."""

    tested_channel = Signal(str)
    """A channel of alerts that is to be tested, with the key that is kept now."""

    def __init__(
        self,
        session: Session,
        window: Window,
        clock: FrameClock,
        ask: Callable[[AnyCommand], None],
        ring: KeyRing,
        *,
        store: Store | None = None,
    ) -> None:
        super().__init__(window, ring)
        self._session = session
        self._clock = clock
        self._ask = ask
        self._arm: ArmDialog | None = None
        self._programs = False
        """At the last arming it was said that programs may order."""
        self._programs_until: Nanos | None = None
        """The end of that arming, by which it is known again."""
        self._armed_before: Nanos | None = None
        """The end of the one that stood then, of which it was not said: that arming may be refused."""
        self._store = store = store or Store(session.profile.settings)
        self.preferences = Preferences(store, self.ring, window, clock, ask, self.open_keys, self._draw_anew)
        self.keys_changed.connect(self.preferences.look_at_keys)

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

    def _draw_anew(self) -> None:
        for panel in self._window.panels_made():
            for topic in panel.topics():
                self._clock.mark(topic)

    @override
    def open_keys(self, venue: str) -> None:
        """Open the keys of a venue; a simulated day takes none."""
        if self._session.mode == "demo" and venue not in CHANNELS:
            self._window.tell("The simulated day takes no keys: open the paper or the live desk.")
            return
        super().open_keys(venue)

    @override
    def test(self, venue: str) -> None:
        """Test as any does; a channel sends a message, and a replay asks nobody and tells nobody."""
        if self._session.mode == REPLAY:
            self.show(VenueId(venue), [(REPLAYED, False)])
            self._window.tell(REPLAYED, Level.WARN)
        elif venue in CHANNELS:
            self.tested_channel.emit(venue)
            self.show(VenueId(venue), [("a test message is on its way: the dock of alert rules says what came", True)])
        else:
            super().test(venue)

    @override
    def now(self) -> Nanos:
        """Return the session's time."""
        return self._session.clock.now()

    @override
    def after(self, venue: VenueId) -> tuple[str, ...]:
        """Return what has to be done for keys that are given while a desk is open."""
        return TOO_LATE if self.ring.source_of(venue) == SESSION else (TAKEN,)

    @override
    def services(self, name: VenueId) -> Setup:
        """Return where the weather services of the session are, with the key that is kept now."""
        skies, key = self._session.skies, self.known(name)
        setup = Setup() if skies is None else skies.services.setup
        return replace(setup, on=(name,), key=key if isinstance(key, str) else "")

    @override
    def where(self, venue: VenueId) -> object:
        """Return where the session looks for a venue."""
        known = self._session.endpoints.get(venue)
        return known if known is not None else registry.endpoints(venue)
