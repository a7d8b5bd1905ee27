"""Parts of the settlement docks: the picked line in words, the form of a ruling, the lamp of the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Field, Segments
from widgets.settlement_rows import VOID, steps_words, tone_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.views.weather import SettlementLine, SettlementsView

_ROW: Final = 18


class LineWords(QWidget):
    """The picked line in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: SettlementLine | None = None
        self.setFixedHeight(30 + 4 * _ROW)

    def show_line(self, line: SettlementLine | None) -> None:
        """Take another line."""
        self.line = line
        self.setAccessibleName("" if line is None else f"{line.outcome} {formats.plain(line.name, 80)}")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        line = self.line
        if line is None:
            return
        look = theme.current()
        p = QPainter(self)
        head = QRect(0, 0, self.width(), 24)
        p.fillRect(head, look.colour("surface.header"))
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        tone = "danger.text" if line.outcome == "DISPUTED" else tone_of(line.outcome)
        paint.icon(p, 10, 6, "warn" if line.outcome == "DISPUTED" else "doc", tone, 12)
        bold = look.ui(look.type("label"), 600)
        x = (
            30
            + paint.text(p, head.adjusted(30, 0, 0, 0), formats.plain(line.outcome, 16), bold, look.colour(tone))
            + 10
        )
        room = QRectF(x, 0, self.width() - x - 10, 24)
        paint.text(p, room, formats.plain(line.name, 120), bold, look.colour("text.strong"), elide=True)
        for n, (name, words) in enumerate(words_of(line)):
            y = 28 + n * _ROW
            paint.text(p, QRect(10, y, 60, _ROW), name, look.ui(11), look.colour("text.muted"))
            rest = QRectF(74, y, self.width() - 84, _ROW)
            paint.text(p, rest, formats.plain(words), look.ui(11), look.colour("text.default"), elide=True)


def words_of(line: SettlementLine) -> tuple[tuple[str, str], ...]:
    """Return what there is to say of a line, (name, words); what is unknown is a dash."""
    held = "" if line.held is None else f"{formats.money(line.held)} stays in escrow until it is resolved"
    paid = "" if line.payout is None else f"{formats.money(line.payout, signed=True)}, {steps_words(line)}"
    record = "" if line.record is None else f" · record {line.record}"
    return (
        ("Rule", line.rule or formats.DASH),
        ("Observed", f"{line.observed or formats.DASH}{record}"),
        ("Why", " · ".join(part for part in (line.reason, line.source) if part) or formats.DASH),
        ("Held" if held else "Paid", held or paid or formats.DASH),
    )


class Ruling(QWidget):
    """Asks in place for the outcome and the reason of a ruling."""

    ruled = Signal(object, str)
    """Index of the winning outcome, or None for void, and why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outcomes: tuple[str, ...] = ()
        self.choice = Segments("Ruling", [("", "")])
        self.reason = Field("Reason of the ruling", number=False)
        self.reason.setPlaceholderText("Reason, kept with the record")
        self.reason.setMaxLength(240)
        self.confirm, self.cancel = FlatButton("Confirm ruling", "filled"), FlatButton("Cancel")
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(10, 6, 10, 0)
        column.setSpacing(6)
        column.addWidget(self.choice)
        column.addLayout(row)
        row.setSpacing(6)
        row.addWidget(self.reason, 1)
        row.addWidget(self.confirm)
        row.addWidget(self.cancel)
        self.reason.textChanged.connect(self._weigh)
        self.choice.chosen.connect(self._weigh)
        self.reason.returnPressed.connect(self._send)
        self.confirm.clicked.connect(self._send)
        self.cancel.clicked.connect(self.hide)

    def ask(self, line: SettlementLine) -> None:
        """Open for a disputed line, nothing chosen yet."""
        self._outcomes = line.outcomes
        choices = [(str(n), formats.plain(label, 16)) for n, label in enumerate(line.outcomes)]
        self.choice.set_choices([*choices, (VOID, VOID)])
        self.choice.set_value("")
        self.reason.clear()
        self._weigh()
        self.show()
        self.reason.setFocus()

    def ready(self) -> bool:
        """Whether an outcome is chosen and a reason given."""
        return bool(self.choice.value()) and bool(self.reason.text().strip())

    def _weigh(self, _text: str = "") -> None:
        self.confirm.setEnabled(self.ready())

    def _send(self) -> None:
        if not self.ready():
            return
        taken = self.choice.value()
        self.hide()
        self.ruled.emit(None if taken == VOID else int(taken), formats.plain(self.reason.text()))


_LAMPS: Final = {
    "verified": ("good", "CHAIN VERIFIED"),
    "broken": ("bad", "CHAIN BROKEN"),
    "checking": ("warn", "CHECKING"),
}


class Lamp(QWidget):
    """The chain's state by shape and word: a double ring, a cross, or half a disc while it is checked."""

    def __init__(self, *, compact: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compact = compact
        self._chain, self._text = "checking", ""
        self._count: int | None = None
        self._button: FlatButton | None = None
        self.setFixedHeight(22 if compact else 60)

    def hold(self, button: FlatButton) -> None:
        """Keep a button at the right end."""
        self._button = button

    def show_chain(self, view: SettlementsView) -> None:
        """Take the chain's state."""
        self._chain, self._count = view.chain, view.count
        self._text = formats.plain(view.chain_text, 200)
        self.setAccessibleName(f"{self._look()[1]}, {self._text}")
        self.setToolTip(formats.tip(self._text))
        self.update()

    def _look(self) -> tuple[str, str]:
        return _LAMPS.get(self._chain, _LAMPS["checking"])

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._button is not None:
            size = self._button.sizeHint()
            self._button.setGeometry(self.width() - size.width() - 20, 19, size.width(), size.height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        tone, words = self._look()
        if self._compact:
            lamp(p, 12, self.height() / 2, 6, self._chain, tone)
            line = f"{words.lower()} · {formats.count(self._count)} records"
            room = QRectF(24, 0, self.width() - 24, self.height())
            paint.text(p, room, line, look.ui(11), look.colour(tone), elide=True)
            return
        box = QRect(10, 8, self.width() - 20, 44)
        paint.box(p, box, look.mix("surface.dock", tone, "warn"), look.colour(tone), look.radius())
        lamp(p, 36, 30, 11, self._chain, tone)
        right = (self._button.x() if self._button is not None else self.width()) - 8
        paint.text(p, QRectF(60, 12, right - 60, 18), words, look.ui(12, 600), look.colour(tone))
        paint.text(p, QRectF(60, 29, right - 60, 18), self._text, look.ui(11), look.colour("text.muted"), elide=True)


def lamp(p: QPainter, x: float, y: float, radius: float, chain: str, tone: str) -> None:
    """Draw the lamp around a point."""
    look = theme.current()
    around = QRectF(x - radius, y - radius, 2 * radius, 2 * radius)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setPen(theme.pen_of(look.colour(tone), 1.6))
    p.setBrush(Qt.BrushStyle.NoBrush)
    if chain == "broken":
        third = radius * 0.7
        p.drawLine(round(x - third), round(y - third), round(x + third), round(y + third))
        p.drawLine(round(x + third), round(y - third), round(x - third), round(y + third))
    else:
        p.drawEllipse(around)
        p.setBrush(look.colour(tone))
        inner = around.adjusted(radius * 0.5, radius * 0.5, -radius * 0.5, -radius * 0.5)
        if chain == "verified":
            p.drawEllipse(inner)
        else:
            p.drawPie(around, 90 * 16, 180 * 16)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
