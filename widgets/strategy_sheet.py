"""What lies around the table of strategies: the switch of the chosen one, and the sheet of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import SetParameter
from engine.core.ids import StrategyId
from engine.views.strategies import ParameterLine
from widgets import formats, paint, theme
from widgets.arming import HoldButton
from widgets.controls import FlatButton
from widgets.fields import Field, Segments
from widgets.readiness import ReadinessRow
from widgets.tables import CODE, WORD, Cell, Column
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPaintEvent

    from engine.views.strategies import StrategiesView, StrategyDetail, StrategyLine

STATES: Final = (("off", "Off"), ("shadow", "Shadow"), ("paper", "Paper"), ("live", "Live"))
_VALUE_WIDE: Final = 90
TALL: Final = 32
SHEET: Final = 192


class SwitchRow(QWidget):
    """Off, shadow, paper or live for the chosen strategy; live wants the words typed and the button held."""

    wanted = Signal(str, str)
    """A state, and for live what was typed."""
    parameters = Signal()
    """The sheet is to open or close."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(TALL)
        self._words = self._why = ""
        self._name = ""
        """The strategy that is shown: what was typed for one lets no other one trade."""
        self._state = "off"
        self.text = ""
        self.states = Segments("State", STATES, parent=self)
        self.typed = Field("Words that let it trade live", number=False, parent=self)
        self.typed.setMaxLength(120)
        self.typed.setFixedWidth(170)
        self.hold = HoldButton("Hold 3 s to go LIVE")
        self.sheet = FlatButton("Parameters", parent=self)
        self.states.chosen.connect(self._chosen)
        self.typed.textChanged.connect(lambda _text: self._dress_live())
        self.hold.held.connect(self._live)
        self.sheet.clicked.connect(self.parameters)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.states)
        row.addWidget(self.typed)
        row.addWidget(self.hold)
        row.addStretch(1)
        row.addWidget(self.sheet)
        self._ask_live(False)

    def show_line(self, line: StrategyLine | None, view: StrategiesView, *, opened: bool) -> None:
        """Show the state of a strategy, and what going live would need."""
        self.setEnabled(line is not None)
        self._words = f"LIVE {view.account_name}" if view.mode == "live" and view.armed else ""
        self._why = "Arm live trading first" if view.mode == "live" else f"This is a {view.mode} session"
        self.sheet.set_words("Close parameters" if opened else "Parameters")
        if not self.typed.isHidden() and self._name != ("" if line is None else line.name):  # seen or behind a tab
            self._ask_live(False)
        self._dress_live()
        if line is None:
            return
        self._name, self._state = line.name, line.state
        if self.typed.isHidden():
            self.states.set_value("" if line.halted else line.state)
        elif line.state == "live":
            self._ask_live(False)
            self.states.set_value("live")
        self.text = f"{line.title}: {line.last_said}" if line.last_said else formats.plain(line.title, 60)
        self.setToolTip(formats.tip(self.text))
        self.update()

    def _chosen(self, to: str) -> None:
        if to == "live" and self._state != "live":
            self._ask_live(True)
            return
        self._ask_live(False)
        self.wanted.emit(to, "")

    def _ask_live(self, asking: bool) -> None:
        self.typed.setVisible(asking)
        self.hold.setVisible(asking)
        self.typed.clear()
        if asking:
            self.typed.setFocus(Qt.FocusReason.OtherFocusReason)
        self._dress_live()

    def _dress_live(self) -> None:
        ready = bool(self._words) and self.typed.text() == self._words
        self.typed.setPlaceholderText(f"Type {formats.plain(self._words, 60)}" if self._words else self._why)
        if self.hold.isEnabled() != ready:
            self.hold.setEnabled(ready)
            self.hold.let_go()

    def _live(self) -> None:
        if self.hold.isEnabled():
            self.wanted.emit("live", self.typed.text())
        self._ask_live(False)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.typed.isVisible():
            self._ask_live(False)
            self.states.set_value(self._state)
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.border"))
        last = self.hold if self.hold.isVisible() else self.states
        left = last.geometry().right() + 12
        room = QRect(left, 0, self.sheet.x() - left - 12, self.height())
        font = look.ui(11)
        shown = paint.elided(formats.plain(self.text), font, room.width(), told=True)  # whole in the tool tip
        paint.text(p, room, shown, font, look.colour("text.muted"))


class ParameterSheet(QWidget):
    """What the chosen strategy was told; Enter or a double click on a row changes it."""

    intent = Signal(object)
    """The `SetParameter`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(SHEET)
        self._name = StrategyId("")
        self._row: ParameterLine | None = None
        row_px = theme.current().size("tableRowNormal")
        self.table: RowsTable[ParameterLine] = RowsTable(COLUMNS, lambda r: r.name, row_px)
        self.table.setAccessibleName("Parameters")
        self.table.opened.connect(lambda row, _key: self.edit(row))
        self.ready = ReadinessRow()
        self.value = Field("New value", number=False, parent=self.table.viewport())
        self.value.setMaxLength(400)
        self.value.returnPressed.connect(self._give)
        self.value.hide()
        self.table.verticalScrollBar().valueChanged.connect(self.value.hide)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 1, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.ready)
        box.addWidget(self.table)
        self.hide()

    def clear(self) -> None:
        """Forget what is shown."""
        self.table.rows.set_rows(())
        self.ready.show_detail(None)
        self.value.hide()

    def show_detail(self, detail: StrategyDetail) -> None:
        """Show the parameters of a strategy."""
        self._name = detail.line.name
        self.ready.show_detail(detail)
        self.table.rows.set_rows(detail.parameters)

    def edit(self, row: ParameterLine) -> None:
        """Open the field over a value; a switch is turned, of choices the next is taken."""
        if row.kind == "switch":
            self._emit(row, "off" if row.value == "on" else "on")
            return
        if row.kind == "choice" and row.choices:
            at = row.choices.index(row.value) if row.value in row.choices else -1
            self._emit(row, row.choices[(at + 1) % len(row.choices)])
            return
        place = self.table.rows.place_of(row.name)
        if place is None:
            return
        self._row = row
        self.value.setGeometry(self.table.editor_at(place, "value", _VALUE_WIDE))
        self.value.setText(row.value)
        self.value.set_wrong(False)
        self.value.selectAll()
        self.value.show()
        self.value.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give(self) -> None:
        row, said = self._row, self.value.text().strip()
        if row is not None and row.kind in {"number", "whole"} and (value := formats.typed(said)) is not None:
            said = f"{value:f}"
        if row is None or not _fits(row, said):
            self.value.set_wrong(True)
            return
        self.value.hide()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self._emit(row, said)

    def _emit(self, row: ParameterLine, value: str) -> None:
        self.intent.emit(SetParameter(strategy=self._name, name=row.name, value=value))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.value.isVisible():
            self.value.hide()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, theme.current().colour("line.border"))


def _fits(row: ParameterLine, said: str) -> bool:
    """Whether a text is a number within the range, where one is asked for; the engine says so again, in words."""
    if row.kind == "text":
        return True
    try:
        value = float(said)
    except ValueError:
        return False
    if row.kind == "whole" and not value.is_integer():
        return False
    return (row.low is None or value >= row.low) and (row.high is None or value <= row.high)


def _range(row: ParameterLine) -> Cell:
    if row.kind in {"switch", "choice"}:
        return Cell("on / off" if row.kind == "switch" else formats.plain(" / ".join(row.choices), 40), "text.muted")
    if row.kind == "text":
        return Cell("text", "text.muted")
    low, high = (formats.DASH if end is None else f"{end:g}" for end in (row.low, row.high))
    return Cell(f"{low} to {high}", "text.muted")


def _value(row: ParameterLine) -> Cell:
    changed = row.value != row.default
    return Cell(row.value, "text.strong", bold=changed, tip=f"Starts at {row.default}")


COLUMNS: Final[tuple[Column[ParameterLine], ...]] = (
    Column(key="name", header="parameter", width=150, kind=WORD, cell=lambda r: Cell(r.name, "text.default")),
    Column(key="value", header="value", width=_VALUE_WIDE, cell=_value),
    Column(key="unit", header="unit", width=64, kind=WORD, cell=lambda r: Cell(r.unit or formats.DASH, "text.muted")),
    Column(key="range", header="range", width=116, kind=CODE, priority=2, cell=_range),
    Column(key="default", header="starts at", width=80, priority=3, cell=lambda r: Cell(r.default, "text.muted")),
    Column(
        key="help", header="what it does", width=240, kind=WORD, stretch=True, least=100,
        cell=lambda r: Cell(formats.plain(r.help), "text.muted", tip=formats.plain(r.help, 400)),
    ),
)  # fmt: skip
