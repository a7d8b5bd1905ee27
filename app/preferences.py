"""The settings dialog put together: rows of the list, of the keys and of the limits; and what comes of a change.

Limits are the engine's: the dialog asks, the kernel answers, and the card shows what is in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from typing_extensions import override

from app.dressing import WRITTEN
from app.key_kinds import CHANNELS, FIELDS
from app.setting import Kind, Setting
from app.setting_list import FRACTION, SETTINGS, limit_key
from app.settings import Source
from engine.core.commands import SetLimit
from engine.core.errors import InputError
from engine.core.ids import VenueId
from engine.risk.limits import SPECS
from engine.views import topics
from engine.views.account import GatesView
from widgets.setting_card import MASK, SettingRow
from widgets.settings import SettingsDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from PySide6.QtWidgets import QWidget

    from app.keys import KeyRing
    from app.setting_store import Store
    from app.settings import Settings
    from engine.core.commands import AnyCommand
    from engine.core.ids import Topic
    from widgets.frame import FrameClock

GATES: Final = {limit_key(code): code for code in SPECS}
LOOSE: Final = frozenset({"CLOSE_GUARD", "DUPLICATE"}) | {code for code, spec in SPECS.items() if spec.loss}
"""Limits that are tighter the larger they are, as `Limits.tightens` has it."""
NOTES: Final = {
    "Risk": "A tighter limit counts at once. A looser one needs a flat book, nothing working, and a reason, which is "
    "kept. The engine decides.",
    "Accounts": "Keys lie in the system's keyring, never in the settings file. Each says where it comes from now.",
    "Notifications": "Where alerts go besides the screen. What is secret lies in the system's keyring.",
    "Feeds": "A desk connects by these when it is opened.",
}
PLACES: Final = {
    "keyring": "kept in the system's keyring",
    "file": "kept in the encrypted file",
    "session": "given in this session",
    "environment": "from environment",
}


Given = tuple[str, frozenset[str]]
"""Where the keys of a venue come from, and which fields have a value."""


class Held(NamedTuple):
    """A limit in force, and what its gate means."""

    value: Decimal
    meaning: str


class Preferences:
    """Opens the settings and does what is asked there.

    Parameters
    ----------
    open_keys : callable
        Opens the keys of a venue.
    draw_anew : callable
        Draws every dock again: numbers or times are written otherwise.
    """

    def __init__(
        self,
        store: Store,
        ring: KeyRing,
        window: QWidget,
        clock: FrameClock,
        ask: Callable[[AnyCommand], None],
        open_keys: Callable[[str], None],
        draw_anew: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._ring = store, ring
        self._window, self._clock = window, clock
        self._ask, self._open_keys = ask, open_keys
        for key in WRITTEN:
            store.when(key, lambda _value: draw_anew(), at_once=False)
        self._limits: dict[str, Held] = {}
        self._sources: dict[VenueId, Given] = {}
        """Where the keys of each venue are; a keyring is slow, so it is asked when the dialog opens."""
        self.dialog: Dialog | None = None

    def open(self, page: str = "") -> None:
        """Show the settings, at a page where one is named."""
        if self.dialog is None:
            dialog = self.dialog = Dialog(str(self._store.path), self._window, then=self._took)
            dialog.changed.connect(self._change)
            dialog.reset.connect(self._reset)
            dialog.opened.connect(lambda key: self._open_keys(key.split(".")[1]))
            dialog.limited.connect(self._limit)
            self._clock.add(dialog)
        self.look_at_keys()
        if page:
            self.dialog.turn(page)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.search.setFocus()

    def settings(self) -> Settings:
        """Return the settings in force."""
        return self._store.now

    def look_at_keys(self) -> None:
        """Show what holds now, and where keys come from."""
        if self.dialog is not None:
            self._sources = {venue: self._ring.given(venue) for venue in (*FIELDS, *CHANNELS)}
            self.refresh()

    def refresh(self) -> None:
        """Show what holds now."""
        if self.dialog is None:
            return
        shown = (one for key, one in SETTINGS.items() if key != FRACTION or self._store[key].value is not None)
        self.dialog.show_rows([row_of(one, self._store, self._limits, self._sources) for one in shown], NOTES)

    def turn(self, key: str) -> str:
        """Set a choice to the next one it has; return in words what it is now, or why it is not."""
        one = SETTINGS[key]
        at = one.choices.index(self._store.now.text(key))
        try:
            self._store.set(key, one.choices[(at + 1) % len(one.choices)])
        except InputError as e:
            return str(e)
        self.refresh()
        later = ", from the next start on" if self._store.waits(key) else ""
        return f"{one.title}: {self._store.now.text(key)}{later}"

    def _took(self, view: GatesView) -> None:
        found = {row.code: Held(row.value, row.meaning) for row in view.rows if row.value is not None}
        if found != self._limits:
            self._limits = found
            self.refresh()

    def _change(self, key: str, text: str) -> None:
        self._do(key, lambda: self._store.set(key, text))

    def _reset(self, key: str) -> None:
        self._do(key, lambda: self._store.reset(key))

    def _do(self, key: str, act: Callable[[], None]) -> None:
        wrong = ""
        try:
            act()
        except InputError as e:
            wrong = str(e)
        self.refresh()
        if self.dialog is not None:
            self.dialog.show_wrong(key, wrong)

    def _limit(self, key: str, value: Decimal, why: str) -> None:
        one = SETTINGS[key]
        try:
            one.typed(f"{value:f}")
        except ValueError as e:
            if self.dialog is not None:
                self.dialog.show_wrong(key, f"{one.title} {e}")
            return
        self._ask(SetLimit(gate=GATES[key], value=value, why=why))


class Dialog(SettingsDialog):
    """The settings, with the limits as the engine has them."""

    rests_ms = 250

    def __init__(self, where: str, parent: QWidget, *, then: Callable[[GatesView], None]) -> None:
        super().__init__(where, parent)
        self._then = then

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.GATES})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take the view of the gates."""
        if isinstance(view, GatesView):
            self._then(view)


def row_of(one: Setting, store: Store, limits: Mapping[str, Held], sources: Mapping[VenueId, Given]) -> SettingRow:
    """Return what a card shows of a setting."""
    value, source = store[one.key]
    kind, shown, about = str(one.kind), one.shown(value), one.help
    words = f"from environment {one.env}" if source is Source.ENVIRONMENT else str(source)
    locked = source in {Source.ENVIRONMENT, Source.COMMAND_LINE}
    code = GATES.get(one.key, "")
    if code:
        held = limits.get(code)
        kind, shown = "limit", "" if held is None else f"{held.value:f}"
        about = about if held is None else f"{held.meaning.rstrip('.')}."
        env = source is Source.ENVIRONMENT and held is not None and held.value == value
        words = words if env else "kept in the ledger of this desk"
    elif one.key == FRACTION:
        words = f"{words}, of the balance at the start"
    elif one.key.startswith("accounts."):
        _, venue, name = one.key.split(".")
        place, given = sources.get(VenueId(venue), ("", frozenset()))
        place = place if name in given else ""
        kind, shown = "secret", MASK if place else ""
        words = PLACES.get(place, "not given")
        words = f"{words} {one.env}" if place == "environment" else words
    return SettingRow(
        key=one.key, page=one.page, title=one.title, help=about, kind=kind, value=shown,
        default=one.said(one.default), allowed="" if kind == "secret" else one.allowed(), variable=one.env,
        source=words, unit=one.unit, choices=one.choices if one.kind is Kind.CHOICE else (), locked=locked,
        resets=source is Source.FILE, now=one.now, waits=store.waits(one.key),
        loss=code in LOOSE,
    )  # fmt: skip
