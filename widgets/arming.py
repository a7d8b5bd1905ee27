"""Going live: account, balances as just read, limits and gates; typed words and a button held for three seconds.

Not modal to the engine: everything it shows goes on changing while it is open, and the button dies the moment a
gate refuses. Nothing here is ever restored at a start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Arm
from engine.core.ids import Topic
from engine.views import topics
from engine.views.account import GateRow, GatesView
from engine.views.connections import ConnectionLine, ConnectionsView
from engine.views.status import SpineView
from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Field, Segments

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QShowEvent

HOLD_MS: Final = 3_000
STEP_MS: Final = 30
LINE: Final = 22
LISTED: Final = 6
"""Gates of a line, and lines of what is in the way."""
OWN_GATE: Final = "ARMED"
"""Refuses until this dialog is done, so it does not count here."""


class HoldButton(FlatButton):
    """A button that does what it says after being held; letting go earlier does nothing."""

    held = Signal()

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, "danger.filled", parent=parent)
        self.hold_ms = HOLD_MS
        self._since = QElapsedTimer()
        self._tick = QTimer(self)
        self._tick.setInterval(STEP_MS)
        self._tick.timeout.connect(self._look)

    def share(self) -> float:
        """Return how much of the time it has been held."""
        return min(1.0, self._since.elapsed() / self.hold_ms) if self._since.isValid() else 0.0

    def let_go(self) -> None:
        """Forget that it was being held."""
        self._since.invalidate()
        self._tick.stop()
        self.update()

    def _start(self) -> None:
        if self.isEnabled() and not self._since.isValid():
            self._since.start()
            self._tick.start()

    def _look(self) -> None:
        if not self.isEnabled():
            self.let_go()
        elif self._since.elapsed() >= self.hold_ms:
            self.let_go()
            self.held.emit()
        self.update()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() is Qt.MouseButton.LeftButton:
            self._start()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self.let_go()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._start()
            return
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            return
        super().keyPressEvent(event)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.let_go()
            return
        super().keyReleaseEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.let_go()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.let_go()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        share = self.share()
        if share > 0:
            p = QPainter(self)
            p.fillRect(0, self.height() - 4, round(self.width() * share), 4, theme.current().colour("text.onFill"))


class Facts(QWidget):
    """What arming would let loose: a line a venue, the limits, the gates."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[tuple[str, str, str], ...] = ()
        self.setMinimumSize(620, 9 * LINE)

    def show_lines(self, lines: tuple[tuple[str, str, str], ...]) -> None:
        """Show (name, value, colour) lines."""
        if lines != self.lines:
            self.lines = lines
            self.setMinimumHeight(LINE * max(6, len(lines)))
            self.setAccessibleDescription("; ".join(f"{name} {value}" for name, value, _ in lines))
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        y = 0
        for name, value, tone in self.lines:
            row = QRect(0, y, self.width(), LINE)
            paint.text(p, QRect(0, y, 190, LINE), name, look.ui(11), look.colour("text.muted"), elide=True)
            row.setLeft(196)
            paint.text(p, row, value, look.number(11, 500), look.colour(tone), elide=True)
            y += LINE


class ArmDialog(QDialog):
    """Type the words, hold the button. Emits the command."""

    intent = Signal(object)
    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go live")
        self._spine: SpineView | None = None
        self._gates: GatesView | None = None
        self._venues: ConnectionsView | None = None
        self.facts = Facts()
        self.typed = Field("Words that arm", number=False)
        self.typed.setMaxLength(120)
        self.programs = Segments(
            "Orders of programs", (("no", "Programs may not order"), ("yes", "Programs may order"))
        )
        """Asked at every arming anew, and only where the local server takes orders at all."""
        self.programs.hide()
        self.hold = HoldButton("Hold 3 s to arm LIVE")
        self.cancel = FlatButton("Stay disarmed")
        self.typed.textChanged.connect(lambda _text: self._dress())
        self.hold.held.connect(self._arm)
        self.cancel.clicked.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(12)
        box.addWidget(self.facts, 1)
        box.addWidget(self.programs)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.typed, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.hold)
        box.addLayout(row)
        self._dress()

    def offer_programs(self, offered: bool) -> None:
        """Ask whether programs may order while this arming lasts; the answer begins as no."""
        self.programs.set_value("no")
        self.programs.setVisible(offered)

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.SPINE, topics.GATES, topics.CONNECTIONS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take one of its views."""
        if isinstance(view, SpineView):
            self._spine = view
        elif isinstance(view, GatesView):
            self._gates = view
        elif isinstance(view, ConnectionsView):
            self._venues = view
        self._dress()

    def words(self) -> str:
        """Return what must be typed; empty while the account is not known."""
        return f"LIVE {self._spine.account_name}" if self._spine is not None else ""

    def in_the_way(self) -> tuple[str, ...]:
        """Return what keeps it from being armed, a sentence each."""
        if self._spine is None or self._gates is None or self._venues is None:
            return ("the session has not told everything yet",)
        found = []
        if self._spine.mode != "live":
            found.append(f"this is a {self._spine.mode} session")
        trading = [row for row in self._venues.rows if row.trades]
        if not trading:
            live = self._spine.mode == "live"
            why = "no venue takes orders: none had keys when the desk opened"
            found.append(why if live else "no venue takes orders in this session")
        found += [f"{row.title}: {row.why or 'the account is not reconciled'}" for row in trading if not row.reconciled]
        refusing = [row.code for row in self._refusing()]
        if refusing:
            found.append(f"gates refuse: {_some(refusing)}")
        return tuple(found)

    def _refusing(self) -> list[GateRow]:
        rows = () if self._gates is None else self._gates.rows
        return [row for row in rows if row.state == "REFUSING" and row.code != OWN_GATE]

    def _lines(self) -> tuple[tuple[str, str, str], ...]:
        lines: list[tuple[str, str, str]] = []
        if self._spine is not None:
            lines.append(("Account", formats.plain(self._spine.account_name, 60), "text.strong"))
        lines += [_venue(row) for row in (self._venues.rows if self._venues is not None else ()) if row.trades]
        if self._spine is not None:
            worst = f"{formats.money(self._spine.at_risk)} of {formats.money(self._spine.at_risk_limit)}"
            lines.append(("At risk, limit", worst, "text.default"))
            day = f"{formats.money(self._spine.day, signed=True)}, halts at {formats.money(self._spine.day_limit)}"
            lines.append(("Day", day, "text.default"))
        lines.append(("Ends", "after 8 hours, at a restart, by Disarm or KILL", "text.default"))
        found = self.in_the_way()
        lines += [("In the way", formats.plain(text), "danger.text") for text in found[:LISTED]]
        if len(found) > LISTED:
            lines.append(("In the way", f"and {len(found) - LISTED} more", "danger.text"))
        return tuple(lines)

    def _explained(self) -> str:
        """Return what is in the way, whole, and of each gate what it holds against what."""
        gates = [
            f"{row.code}: {row.meaning}{f'; {row.used} of {row.limit}' if row.used and row.limit else ''}"
            for row in self._refusing()
        ]
        return ". ".join((*self.in_the_way(), *gates))

    def _dress(self) -> None:
        self.facts.show_lines(self._lines())
        self.facts.setToolTip(formats.tip(self._explained()))
        words = self.words()
        self.typed.setPlaceholderText(f"Type {formats.plain(words, 60)}" if words else "")
        ready = bool(words) and self.typed.text() == words and not self.in_the_way()
        if self.hold.isEnabled() != ready:
            self.hold.setEnabled(ready)
            self.hold.let_go()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.typed.clear()  # each time anew: words of the last time would leave it one press from LIVE

    def _arm(self) -> None:
        if self.hold.isEnabled():
            self.intent.emit(Arm(typed=self.typed.text()))
            self.typed.clear()
            self.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            return  # nothing here is done by Enter
        super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, 6, self.height(), look.colour("danger"))


def _some(codes: list[str]) -> str:
    """Return as many as a line has room for, and how many there are besides."""
    more = f" and {len(codes) - LISTED} more" if len(codes) > LISTED else ""
    return f"{', '.join(codes[:LISTED])}{more}"


def _venue(row: ConnectionLine) -> tuple[str, str, str]:
    cash = formats.DASH if row.cash is None else f"{formats.money(row.cash)} free"
    state = "reconciled" if row.reconciled else "not reconciled"
    return row.title, f"{cash} · {state} · {row.state}", "text.default" if row.reconciled else "warn"
