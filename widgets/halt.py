"""The sheet of a halt: why, what was done about it, and the two ways on — release, or flatten.

It does not flatten by itself. Release wants the account's name typed; a reason may be given. Flatten
opens the list of what it would sell and asks once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.commands import Flatten, Release
from engine.core.ids import Topic
from engine.views import topics
from engine.views.account import GatesView, PositionLine, PositionsView
from engine.views.status import SpineView
from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Field
from widgets.spine import mode_look

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent

_LEFT: Final = 24
_FIELD_TALL: Final = 28
_LISTED: Final = 12
"""Positions listed by name; more are counted."""


class Step(NamedTuple):
    """One thing a halt does: its icon, its words, and the line under them."""

    icon: str
    colour: str
    words: str
    under: str


class Lines(NamedTuple):
    """Where the lines of the sheet stand, in pixels from its top."""

    size: str
    """The token of its height."""
    title: int
    """The base line."""
    sentence: int
    """The top."""
    beside: bool
    """Whether the sentence follows the title on its line, and what is under a step follows its words."""
    steps: int
    """The base line."""
    fields: int
    """The top."""


HIGH: Final = Lines("haltSheet", title=35, sentence=46, beside=False, steps=84, fields=111)
LOW: Final = Lines("haltSheetLow", title=24, sentence=10, beside=True, steps=48, fields=59)


class HaltSheet(QWidget):
    """150 pixels over the centre of the window while trading is halted, 94 in a low window."""

    intent = Signal(object)
    """Release or Flatten."""
    retargeted = Signal(object)
    """Itself: trading was halted or released, so that it watches more or less."""
    draws_hidden = True
    rests_ms = 50
    """It learns from the spine's view that there is something to show."""
    resized = Signal()
    """Its height changed: the list of positions opened or closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gates: GatesView | None = None
        self._spine: SpineView | None = None
        self._held: tuple[PositionLine, ...] = ()
        self._lines = HIGH
        self._asking = False
        self._flattens = False
        """Whether flattening was asked for here since trading was halted."""
        self.setAccessibleName("Trading is halted")
        self.why = Field("Reason for the reset", number=False, parent=self)
        self.why.setPlaceholderText("Reason for the reset…")
        self.why.setMaxLength(200)
        self.typed = Field("Name of the account", number=False, parent=self)
        self.typed.setMaxLength(80)
        self.reset = FlatButton("Reset", parent=self)
        self.flatten = FlatButton("Flatten", "danger.tinted", parent=self)
        self.sure = FlatButton("Flatten now", "danger.filled", parent=self)
        self.keep = FlatButton("Keep them", parent=self)
        self.reset.setEnabled(False)
        self.setFocusProxy(self.typed)
        self.typed.textChanged.connect(lambda _text: self._dress())
        self.typed.returnPressed.connect(self._release)
        self.reset.clicked.connect(self._release)
        self.flatten.clicked.connect(lambda: self._ask(asking=not self._asking))
        self.keep.clicked.connect(lambda: self._ask(asking=False))
        self.sure.clicked.connect(self._flatten)
        self.hide()
        self._dress()

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows: the spine alone until trading is halted."""
        return frozenset({topics.SPINE, topics.GATES, topics.POSITIONS} if self.halted() else {topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take one of its views. The window shows and hides the sheet by `halted`."""
        before = self.halted()
        if isinstance(view, GatesView):
            self._gates = view
        elif isinstance(view, SpineView):
            self._spine = view
            if self.halted() != before:
                self._flattens = False
                self.retargeted.emit(self)
        elif isinstance(view, PositionsView):
            was, self._held = self.sizeHint().height(), view.rows
            if self.sizeHint().height() != was:  # the list is open, and longer or shorter
                self.updateGeometry()
                self.resized.emit()
        if before or self.halted():  # else nobody sees it, and the spine changes in every frame
            self._dress()
            self.update()

    def halted(self) -> bool:
        """Whether the views it was given say that trading is halted."""
        return self._spine is not None and bool(self._spine.halted_by)

    def set_low(self, low: bool) -> None:
        """Take three lines in place of four, for a window that has little room under it."""
        lines = LOW if low else HIGH
        if lines is not self._lines:
            self._lines = lines
            self._dress()
            self.updateGeometry()
            self.update()

    def title(self) -> str:
        """Return its first line."""
        by = formats.plain(self._spine.halted_by, 60) if self._spine is not None else ""
        return f"HALTED by {by}"

    def sentence(self) -> str:
        """Return why, and what still passes; that new orders do not is said once in a low window: the first step."""
        why = formats.plain(self._spine.halted_why, 160) if self._spine is not None else ""
        why = f"{why[0].upper()}{why[1:].rstrip('.')}. " if why else ""
        flat = "Flattening was asked for." if self._flattens else "Nothing was flattened."
        blocked = "" if self._lines.beside else "No new orders leave. "
        passes = "Disarmed: only cancels pass." if self.disarmed() else "Cancels and reducing orders still pass."
        return f"{why}{blocked}{passes} {flat}"

    def disarmed(self) -> bool:
        """Whether not even an order that reduces would leave: a live session, and it is not armed."""
        return self._spine is not None and self._spine.mode == "live" and self._spine.armed_until is None

    def steps(self) -> tuple[Step, ...]:
        """Return the four things a halt does and how far each is."""
        gates, spine = self._gates, self._spine
        if gates is None or spine is None:
            return ()
        at = formats.stamp(spine.halted_at, spine.utc_offset_hours)
        sent, waiting = gates.cancelled, gates.waiting
        cancels = f"Cancel all sent: {sent} {'order' if sent == 1 else 'orders'}" if sent else "No orders to cancel"
        confirmed = "All cancels confirmed" if not waiting else f"Confirmed {sent - waiting} of {sent}, waiting"
        return (
            Step("check", "good", "New orders blocked", at),
            Step("check", "good", cancels, at if sent else ""),
            Step("clock", "order.cancelling", confirmed, self._waited(spine))
            if waiting
            else Step("check", "good", confirmed, ""),
            Step(
                "minus",
                "text.muted",
                f"{'Flattening' if self._flattens else 'Positions untouched'}: {gates.open} open",
                "",
            ),
        )

    def cost(self) -> str:
        """Return what flattening would lose against the marks."""
        lost = self._gates.flatten_cost if self._gates is not None else None
        return "" if lost is None else f"against the marks, about {formats.money(-abs(lost))}"

    def _waited(self, spine: SpineView) -> str:
        return formats.since(spine.halted_at, spine.now)

    def _dress(self) -> None:
        name = self._spine.account_name if self._spine is not None else ""
        self.typed.setPlaceholderText(f"Type {formats.plain(name, 40)} to reset")
        self.reset.set_words(f"Reset to {mode_look(self._spine.mode).word}" if self._spine is not None else "Reset")
        self.reset.setEnabled(bool(name) and self.typed.text() == name)
        many = len(self._held)
        self.flatten.set_words(f"Flatten {many} {'position' if many == 1 else 'positions'}…")
        self.flatten.setVisible(many > 0)
        self.flatten.setEnabled(not self.disarmed())
        self.sure.setEnabled(not self.disarmed())
        if not many:
            self._ask(asking=False)
        self.setToolTip(formats.tip(self.sentence()) if self.halted() else "")
        self._lay_out()

    def _ask(self, *, asking: bool) -> None:
        if asking != self._asking:
            self._asking = asking
            self._lay_out()
            self.updateGeometry()
            self.resized.emit()
            self.update()

    def _release(self) -> None:
        if self.reset.isEnabled():
            self.intent.emit(Release(typed=self.typed.text(), why=self.why.text().strip()))
            self.typed.clear()
            self.why.clear()

    def _flatten(self) -> None:
        self._flattens = True
        self._ask(asking=False)
        self.intent.emit(Flatten())
        self.update()

    def listed(self) -> tuple[str, ...]:
        """Return a line for each position that flattening would sell."""
        lines = [
            f"{formats.plain(held.name, 60)} {held.leg} {formats.quantity(held.qty)} at {_price(held)}"
            for held in self._held[:_LISTED]
        ]
        more = len(self._held) - _LISTED
        return (*lines, f"and {more} more") if more > 0 else tuple(lines)

    @override
    def sizeHint(self) -> QSize:
        look = theme.current()
        tall = look.size(self._lines.size)
        if self._asking:
            tall += 12 + len(self.listed()) * look.size("tableRow") + 34
        return QSize(900, tall)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._asking:
            self._ask(asking=False)
        else:
            super().keyPressEvent(event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        wide = self.flatten.sizeHint().width() + 40
        right = self.width() - 16 - (wide if not self.flatten.isHidden() else 0)
        top = self._lines.fields
        self.flatten.setGeometry(self.width() - 16 - wide, top, wide, _FIELD_TALL)
        reset = self.reset.sizeHint().width() + 12
        room = max(120, right - _LEFT - reset - 36)
        for field in (self.why, self.typed):
            field.setFixedHeight(_FIELD_TALL)
        self.why.setGeometry(_LEFT, top, min(300, room * 11 // 20), _FIELD_TALL)
        self.typed.setGeometry(self.why.geometry().right() + 7, top, min(200, room * 9 // 20), _FIELD_TALL)
        self.reset.setGeometry(self.typed.geometry().right() + 7, top, reset, _FIELD_TALL)
        for button in (self.sure, self.keep):
            button.setVisible(self._asking)
        y = self.height() - 34
        self.sure.setGeometry(self.width() - 16 - 120, y, 120, 24)
        self.keep.setGeometry(self.sure.x() - 106, y, 100, 24)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.mix("surface.dock", "danger", "halt"))
        paint.frame(p, self.rect(), look.colour("danger"), 2)
        p.fillRect(0, 0, 6, self.height(), look.colour("danger"))
        lines = self._lines
        paint.icon(p, _LEFT + 2, lines.title - 16, "stop", "danger.text", 18)
        x = paint.text_at(p, _LEFT + 30, lines.title, self.title(), look.ui(18, 700), look.colour("text.strong"))
        if self._spine is not None:
            at = formats.local(self._spine.halted_at, self._spine.utc_offset_hours)
            zone = formats.zone(self._spine.utc_offset_hours)
            x = paint.text_at(p, x + 14, lines.title, f"{at} {zone}", look.number(11), look.colour("text.muted"))
        left = round(x) + 18 if lines.beside else _LEFT
        room = QRect(left, lines.sentence, self.width() - _LEFT - left, 18)
        paint.text(p, room, self.sentence(), look.ui(11), look.colour("text.default"), elide=True)
        self._paint_steps(p)
        self._paint_cost(p)
        if self._asking:
            self._paint_list(p)

    def _paint_steps(self, p: QPainter) -> None:
        look, y = theme.current(), self._lines.steps
        x = float(_LEFT)
        for step in self.steps():
            paint.icon(p, x, y - 10, step.icon, step.colour, 13)
            ink = "text.default" if step.icon == "minus" else "text.strong"
            end = paint.text_at(p, x + 21, y, step.words, look.ui(11, 500), look.colour(ink))
            if step.under:
                at = (end + 8, y) if self._lines.beside else (x + 21, y + 15)
                after = paint.text_at(p, *at, step.under, look.number(10), look.colour("text.muted"))
                end = after if self._lines.beside else end
            x = round(end) + (20 if self._lines.beside else 30)

    def _paint_cost(self, p: QPainter) -> None:
        look = theme.current()
        words, left = self.cost(), self.reset.geometry().right() + 12
        room = QRect(left, self._lines.fields, self.flatten.x() - 10 - left, _FIELD_TALL)
        if words and not self.flatten.isHidden() and paint.width(words, look.ui(11)) <= room.width():
            paint.text(p, room, words, look.ui(11), look.colour("text.muted"), paint.RIGHT)

    def _paint_list(self, p: QPainter) -> None:
        look = theme.current()
        y, tall = look.size(self._lines.size), look.size("tableRow")
        p.fillRect(_LEFT, y, self.width() - 2 * _LEFT, 1, look.colour("danger"))
        for line in self.listed():
            row = QRect(_LEFT, y + 6, self.width() - 2 * _LEFT, tall)
            paint.text(p, row, line, look.number(11), look.colour("text.default"), elide=True)
            y += tall


def _price(held: PositionLine) -> str:
    words = formats.priced(held.mark, 1, held.currency)
    return words if held.currency or held.mark is None else f"{words}c"
