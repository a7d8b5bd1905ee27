"""The states of a dock, and how they show: veil and strip over its body, a page in its place, and the age chip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

from widgets import formats, theme
from widgets.cover import EmptyPage, Strip, Veil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QRect

    from widgets.header import Header
    from widgets.panel import Panel

EMPTY: Final = "empty"
LOADING: Final = "loading"
LIVE: Final = "live"
AGEING: Final = "ageing"
STALE: Final = "stale"
GAP: Final = "gap"
DISCONNECTED: Final = "disconnected"
ERROR: Final = "error"
HALTED: Final = "halted"
STATES: Final = (EMPTY, LOADING, LIVE, AGEING, STALE, GAP, DISCONNECTED, ERROR, HALTED)
STORAGE: Final = "STORAGE"
"""Code of the gate that refuses while the disk takes no writes."""
NOT_SAVED: Final = "NOT SAVED"
"""Age chip of a dock whose prices are true while nothing can be written: they are not stale."""
DETAILS: Final = "Details"
COPY: Final = "Copy"
_RETRY: Final = "Retry"
_KEEP: Final = "Keep"


def chip_of(status: str, refusing: str) -> str:
    """Return the age chip of a dock that trades, where its state alone would say less than why."""
    if status not in {"open", ""}:
        return formats.plain(status, 12).upper()
    return NOT_SAVED if refusing == STORAGE else ""


class DockState:
    """How far what a dock draws can be trusted, and the question it asks in place."""

    def __init__(self, dock: Panel, header: Header) -> None:
        self._dock = dock
        self._header = header
        self.state = LIVE
        self.why = ""
        self._code = ""
        self._age: float | None = None
        self._chip = ""
        self._actions: tuple[str, ...] = ()
        self._icon = "inbox"
        self._demo = False
        self._replay = ""
        self._question: tuple[str, str, Callable[[], None]] | None = None
        self._veil = Veil(dock)
        self.strip = Strip(dock)
        self.page = EmptyPage(dock)
        self._naming = QTimer(dock)
        self._naming.setSingleShot(True)
        self._naming.timeout.connect(self._cover)

    @property
    def error(self) -> str:
        """Code and sentence of an error."""
        return f"{self._code} {self.why}".strip()

    @property
    def asks(self) -> bool:
        """Whether a question waits for its answer."""
        return self._question is not None

    def set_demo(self, demo: bool) -> None:
        """Say DEMO in the age chip while the state has nothing more pressing to say."""
        self._demo = demo
        self._show_chip()

    def set_replay(self, clock: str) -> None:
        """Say a replay's clock in the age chip; empty ends it."""
        self._replay = clock
        self._show_chip()

    def set(
        self, state: str, why: str, *, age_s: float | None, actions: Sequence[str], code: str, icon: str, chip: str
    ) -> None:
        """Take a state, as `Panel.set_state`."""
        if state not in STATES:
            msg = f"no state of a dock: {state!r}"
            raise ValueError(msg)
        wanted = (state, formats.plain(why), formats.plain(code, 40), tuple(actions), icon)
        self._age, self._chip = age_s, chip
        if wanted != (self.state, self.why, self._code, self._actions, self._icon):
            if state != self.state:
                self._naming.start(theme.current().motion("waitNamedAfterMs") if state == LOADING else 0)
            self.state, self.why, self._code, self._actions, self._icon = wanted
            self._cover()
        self._show_chip()

    def ask(self, words: str, yes: str, then: Callable[[], None]) -> None:
        """Ask once, in the strip; only `yes` calls `then`."""
        self._question = (formats.plain(words), yes, then)
        self._cover()

    def answer(self, words: str) -> None:
        """Take the answer to the question, which ends it."""
        question, self._question = self._question, None
        self._cover()
        if question is not None and words == question[1]:
            question[2]()

    def lift(self) -> None:
        """Put what covers the dock over a body that has just come."""
        for cover in (self._veil, self.page, self.strip):
            cover.raise_()

    def fit(self, room: QRect, strip_top: int) -> None:
        """Lie over the body, which fills `room`; the strip so far under its top."""
        self._veil.setGeometry(room)
        self.page.setGeometry(room)
        self.strip.setGeometry(1, room.y() + strip_top, room.width(), theme.current().size("strip"))
        self.strip.fit()
        self._lay_veil()

    def _cover(self) -> None:
        """Lay veil, strip and page as the state wants them."""
        self.page.setVisible(self.state == EMPTY)
        if self.state == EMPTY:
            self.page.say(self.why, self._actions[0] if self._actions else "", self._icon)
        waiting = self.state == LOADING and self._naming.isActive()
        if self._question is not None:
            self.strip.say("asking", self._question[0], (self._question[1], _KEEP))
            self._lay_veil()
            return
        if self.state in {EMPTY, LIVE, AGEING} or waiting or (self.state == HALTED and not self._dock.halt_strip):
            self.strip.hide()
        elif self.why or self._code:
            actions = (DETAILS, COPY, _RETRY) if self.state == ERROR else self._actions
            self.strip.say(self.state, self.why, actions, self._code)
        else:
            self.strip.hide()
        self._lay_veil()

    def _lay_veil(self) -> None:
        look = theme.current()
        if self.state == LOADING:
            self._veil.cover(skeleton=look.size("tableRowNormal"))
        elif self.state in {STALE, GAP}:
            self._veil.cover(dim="stale", hatch="stale", drift=self.state == GAP)
        elif self.state == DISCONNECTED:
            self._veil.cover(dim="disconnected")
        elif self.state == HALTED:
            self._veil.cover(hatch="halt", areas=self._dock.order_areas)
        else:
            self._veil.cover()

    def _show_chip(self) -> None:
        words, colour = "", "text.muted"
        if self.state == AGEING:
            words, colour = formats.age(self._age), "warn"
        elif self.state == STALE:
            words, colour = f"STALE {formats.age(self._age)}" if self._age is not None else "STALE", "sell"
        elif self.state == GAP:
            words, colour = "RESYNC", "sell"
        elif self.state == DISCONNECTED:
            words = "DISCONNECTED" if self._age is None else f"{formats.age(self._age)} OLD"
        elif self.state == HALTED:
            words, colour = "HALTED", "danger.text"
        elif self._replay:
            words, colour = self._replay, "mode.replay"
        elif self._demo:
            words = "DEMO"
        elif self._age is not None and self._age >= 1:
            words = formats.age(self._age)
        self._header.show_chip(self._chip or words, colour, self.why)
