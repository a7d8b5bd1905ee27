"""The strips around a ladder's grid: mode, arm and gates; what a click would do. The sizes are in `ladder_sizes`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QWidget
from typing_extensions import override

from widgets import formats, paint, protect, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.views.ladder import LadderView, Scale

LARGEST: Final = 100_000
ONE: Final = Decimal(1)
SENTENCE: Final = 28
"""Characters from which on a part of the footer is a sentence, which can be cut at its end."""
SMALL: Final = 500
"""Width in pixels from which the long words fit."""
MODE_WORDS: Final = {"paper": "PAPER", "demo": "PAPER", "live": "LIVE", "replay": "REPLAY"}
MODE_COLOURS: Final = {"paper": "mode.paper", "demo": "mode.paper", "live": "mode.live", "replay": "mode.replay"}


class ArmChip(QAbstractButton):
    """Shows whether a click sends, and switches it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.toggled.connect(self._speak)
        self._speak(False)

    def _speak(self, armed: bool) -> None:
        self.setAccessibleName("armed" if armed else "disarmed")

    @override
    def sizeHint(self) -> QSize:
        return QSize(72 if self.isChecked() else 78, 18)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        armed = self.isChecked()
        tone = "warn" if armed else "line.control"
        ground = look.mix("surface.dock", "warn", "warn") if armed else look.colour("surface.raised")
        paint.box(p, self.rect(), ground, look.colour(tone), look.radius("chip"))
        ink = "warn" if armed else "text.muted"
        paint.icon(p, 6, 3, "unlock" if armed else "lock", ink, 12)
        words = "ARMED" if armed else "disarmed"
        font = look.ui(11, 600 if armed else 500)
        paint.text(p, QRect(22, 0, self.width() - 22, self.height()), words, font, look.colour(ink))


def scale_tip(scale: Scale | None) -> str:
    """Return how a derivative is quoted, its sizes and its fees; nothing of shares."""
    if scale is None:
        return ""
    sizes = f"Sizes in {scale.of}: steps of {scale.step.normalize():f}, at least {scale.least.normalize():f}."
    return formats.tip(f"Prices in {scale.currency}. {sizes}\nFees: {scale.fees}.")


class ArmStrip(QWidget):
    """PAPER or LIVE, armed or not, and how the gates stand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode = "paper"
        self.gates_ok: int | None = None
        self.gates_near = 0
        self.refusing = ""
        self.halted = False
        self.protect = protect.words()
        self.scale: Scale | None = None
        self.arm = ArmChip(self)
        self.setFixedHeight(theme.current().size("armStrip") + 1)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_view(self, view: LadderView) -> None:
        """Take the gates from a view, and what the protect offset comes to on its prices."""
        self.show_protect(view)
        if view.scale != self.scale:
            self.scale = view.scale
            self.setToolTip(scale_tip(view.scale))
            self.update()
        facts = (view.gates_ok, view.gates_near, view.refusing or ("HALTED" if view.state == "halted" else ""))
        if facts != (self.gates_ok, self.gates_near, self.refusing) or self.halted != (view.state == "halted"):
            self.gates_ok, self.gates_near, self.refusing = facts
            self.halted = view.state == "halted"
            self.update()

    def show_protect(self, view: LadderView | None) -> None:
        """Say how far past the best price a plain order may go."""
        if (words := protect.words_on(view)) != self.protect:
            self.protect = words
            self.update()

    def _habits(self) -> str:
        return f"protect {self.protect}   static   U cum{'' if self.scale is not None else '   E edge'}"

    def words(self) -> str:
        """Return what the gates chip says."""
        if self.refusing:
            code = formats.plain(self.refusing, 28)
            return code if code.startswith("HALTED") else f"{'HALTED' if self.halted else 'refusing'} {code}"
        if self.gates_ok is None:
            return f"gates {formats.DASH}"
        near = f" · {self.gates_near} near" if self.gates_near else ""
        if self.width() < SMALL:
            return f"{self.gates_ok}{f' · {self.gates_near}' if self.gates_near else ''}"
        return f"gates {self.gates_ok}{near}" if near else f"gates {self.gates_ok} ok"

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arm.setGeometry(QRect(self._pill().right() + 7, 5, self.arm.sizeHint().width(), 18))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.border"))
        tone = MODE_COLOURS.get(self.mode, "mode.paper")
        live = self.mode == "live"
        pill = self._pill()
        paint.box(p, pill, look.colour(tone) if live else look.mix("surface.dock", tone, "pill"), look.colour(tone))
        ink = look.colour("text.onFill" if live else tone)
        paint.text(p, pill, MODE_WORDS.get(self.mode, "PAPER"), look.ui(11, 700), ink, paint.CENTRE)
        right = self._paint_gates(p)
        if self.width() >= SMALL:
            room = QRect(right + 8, 0, self.width() - right - 18, self.height() - 1)
            font, dim = look.ui(look.type("caption")), look.colour("text.dim")
            paint.text(p, room, self._habits(), font, dim, paint.RIGHT, elide=True)

    def _paint_gates(self, p: QPainter) -> int:
        look = theme.current()
        words = self.words()
        font = look.ui(11, 600) if self.refusing else look.ui(11)
        left = self.arm.geometry().right() + 7
        wide = round(paint.width(words, font)) + (20 if self.refusing else 34)
        chip = QRect(left, 5, wide, 18)
        tone, ink = ("danger", "danger.chipText") if self.refusing else ("line.control", "text.default")
        ground = look.mix("surface.dock", "danger", "halt") if self.refusing else look.colour("surface.dock")
        paint.box(p, chip, ground, look.colour(tone))
        if self.refusing:
            paint.text(p, chip, words, font, look.colour(ink), paint.CENTRE)
        else:
            if self.gates_ok is not None:
                paint.icon(p, left + 7, 8, "check", "good", 12)
            paint.text(p, chip.adjusted(24, 0, 0, 0), words, font, look.colour(ink))
        return left + wide

    def _pill(self) -> QRect:
        look = theme.current()
        wide = round(paint.width(MODE_WORDS.get(self.mode, "PAPER"), look.ui(11, 700))) + 16
        return QRect(8, 5, wide, 18)


class Footer(QWidget):
    """One line: what a click or Enter would do, why it may not, or what was just refused."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: tuple[tuple[str, str, int, bool], ...] = ()
        """(words, colour, weight, struck) from the left."""
        self.icon = ""
        self.setFixedHeight(theme.current().size("ladderFooter"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def say(self, *parts: tuple[str, str, int, bool], icon: str = "") -> None:
        """Show parts of a line."""
        if parts != self.parts or icon != self.icon:
            self.parts, self.icon = parts, icon
            self.setAccessibleName(self.text())
            self.setToolTip(formats.tip(self.text()))
            self.update()

    def text(self) -> str:
        """Return the whole line."""
        return " ".join(part[0] for part in self.parts)

    def fitting(self, room: float) -> tuple[tuple[str, str, int, bool], ...]:
        """Return the parts that are shown in `room` pixels: a short one goes rather than being cut, with its name."""
        look, shown = theme.current(), list(self.parts)
        while len(shown) > 1 and sum(paint.width(one[0], look.ui(11, one[2])) + 6 for one in shown) - 6 > room:
            if len(shown[-1][0]) > SENTENCE:
                break
            shown.pop()
            while len(shown) > 1 and shown[-1][1] == "text.muted":
                shown.pop()
        return tuple(shown)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        x, y = 8.0, round(paint.baseline(0, self.height(), 11))
        if self.icon:
            paint.icon(p, 8, 6, self.icon, "danger", 12)
            x = 26.0
        for words, colour, weight, struck in self.fitting(self.width() - 8 - x):
            font = look.ui(11, weight)
            shown = paint.elided(words, font, self.width() - 8 - x, told=True)  # the tool tip has all of it
            end = paint.text_at(p, x, y, shown, font, look.colour(colour))
            if struck:
                p.fillRect(round(x), y - 4, round(end - x), 1, look.colour(colour))
            x = end + 6
