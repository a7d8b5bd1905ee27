"""Risk gates as lamps: what each has used of its limit, what it last refused, when it last proved that it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import SetLimit
from engine.core.ids import Topic
from engine.views import topics
from engine.views.account import GateRow, GatesView
from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Field
from widgets.states import LIVE, LOADING
from widgets.tablepanel import TablePanel
from widgets.tables import CHIP, CODE, METER, WORD, Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from PySide6.QtGui import QKeyEvent, QPaintEvent
    from PySide6.QtWidgets import QMenu

STATE_COLOURS: Final = {"OK": "good", "NEAR": "warn", "REFUSING": "danger", "OFF": "text.dim"}
_CODE_COLOURS: Final = {"REFUSING": "danger.text", "NEAR": "warn", "OFF": "text.dim"}
STRATEGIES: Final = "strategies"
_FLOWS: Final = {"every order": 0, "venues": 1, "options": 2, STRATEGIES: 3}
_LIMIT_WIDE: Final = 80
_HOT: Final = {"REFUSING": 0, "NEAR": 1}
_RULE: Final = "A limit can be tightened at any time; loosening needs a flat book and a reason."
_SHORT: Final = "Tighten at any time; loosen when flat, with a reason."
_HELP: Final = (
    "Every order passes these gates in turn; those on venues, and those of strategies, pass more of them. "
    "Double-click a limit, or press Enter on a row, to change it: "
    "type the number, a reason where it gets looser, and Enter. Self-test sends each gate an order it must refuse."
)


def columns(offset: Callable[[], int]) -> tuple[Column[GateRow], ...]:
    """Return the columns; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(key="gate", header="gate", width=152, kind=CODE, cell=_code, sort=lambda r: r.code),
        Column(
            key="scope",
            header="scope",
            width=110,
            kind=WORD,
            priority=5,
            cell=_scope,
            sort=lambda r: r.whose or r.scope,
        ),
        Column(
            key="met",
            header="met by",
            width=76,
            kind=WORD,
            priority=7,
            cell=lambda r: Cell(r.flow, "text.default" if r.flow == STRATEGIES else "text.muted"),
            sort=lambda r: r.flow,
        ),
        Column(key="used", header="used", width=84, cell=_used, sort=lambda r: r.share),
        Column(
            key="limit",
            header="limit",
            width=_LIMIT_WIDE,
            folds=1,
            cell=lambda r: Cell(_in_unit(r, r.limit, r.value), "text.muted", tip=_limit_tip(r)),
            sort=lambda r: r.value,
        ),
        Column(
            key="room",
            header="room",
            width=112,
            kind=METER,
            priority=3,
            cell=_room,
            sort=lambda r: r.share,
            value=lambda r: r.share,
            exported="used, share of limit",
        ),
        Column(key="state", header="state", width=84, kind=CHIP, cell=_state, sort=lambda r: _RANK.get(r.state)),
        Column(
            key="refusal",
            header="last refusal",
            width=160,
            kind=WORD,
            priority=4,
            stretch=True,
            cell=lambda r: _refusal(r, offset()),
            sort=lambda r: r.last_refusal_at,
        ),
        Column(
            key="test",
            header="self-test",
            width=84,
            kind=CODE,
            priority=2,
            cell=lambda r: _tested(r, offset()),
            sort=lambda r: r.self_test_at,
        ),
        Column(
            key="input",
            header="input and its age",
            width=150,
            kind=WORD,
            priority=6,
            cell=lambda r: Cell(formats.plain(r.source), "text.muted", tip=formats.plain(r.source)),
        ),
    )


class LimitEditor(QWidget):
    """Two fields over a row: the new limit and the reason. Enter gives them, Escape leaves the limit as it is."""

    given = Signal(object)
    """The `SetLimit`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._gate = ""
        self.value = Field("New limit", parent=self)
        self.why = Field("Reason", number=False, parent=self)
        self.why.setPlaceholderText("Reason, where it gets looser")
        self.why.setMaxLength(200)
        self.hint = "Enter sets"
        self.value.returnPressed.connect(self._give)
        self.why.returnPressed.connect(self._give)
        self.hide()

    def edit(self, row: GateRow, place: QRect, limit_x: int, limit_width: int) -> None:
        """Open over a row: `place` is the row, the number goes where its limit stands."""
        self._gate = row.code
        self.setGeometry(place.adjusted(limit_x, 0, 0, 0))
        tall = place.height()
        self.value.setFixedHeight(tall)
        self.why.setFixedHeight(tall)
        self.value.setGeometry(0, 0, limit_width, tall)
        self.why.setGeometry(limit_width + 4, 0, max(0, min(320, self.width() - limit_width - 80)), tall)
        self.value.setText("" if row.value is None else f"{row.value:f}")
        self.value.set_wrong(False)
        self.why.clear()
        self.value.selectAll()
        self.show()
        self.raise_()
        self.value.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give(self) -> None:
        value = formats.typed(self.value.text())
        if value is None:
            self.value.set_wrong(True)
            return
        self.hide()
        self.given.emit(SetLimit(gate=self._gate, value=value, why=self.why.text().strip()))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.selected"))
        rest = QRect(self.why.geometry().right() + 8, 0, 76, self.height())
        paint.text(p, rest, self.hint, look.ui(10), look.colour("text.muted"))


class GatesFooter(QWidget):
    """The rule of changing limits, and the button that tests all gates."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = FlatButton("Self-test all", parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 6, 4)
        layout.addStretch(1)
        layout.addWidget(self.button)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        room = QRect(10, 0, self.button.x() - 20, self.height())
        words = _RULE if paint.width(_RULE, look.ui(11)) <= room.width() else _SHORT
        paint.text(p, room, words, look.ui(11), look.colour("text.muted"), elide=True)


class GatesPanel(TablePanel[GateRow]):
    """Risk gates dock. Emits SetLimit; `self_test` asks for a test of all gates."""

    rests_ms = 250

    self_test = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        shown = columns(lambda: self.offset_hours)
        super().__init__("Risk gates", shown, lambda r: r.code, row_px=row_px, help_text=_HELP, parent=parent)
        self._view: GatesView | None = None
        footer = GatesFooter()
        self.test_button = footer.button
        self.test_button.clicked.connect(self.self_test)
        self.put(below=footer)
        self.editor = LimitEditor(self.table.viewport())
        self.editor.given.connect(self._set_limit)
        self.table.opened.connect(self._edit)
        self.table.verticalScrollBar().valueChanged.connect(self.editor.hide)
        self.set_state(LOADING, "Waiting for the gates")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.GATES, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, GatesView):
            self._view = view
        elif not self.take_clock(topic, view):
            return
        else:
            self.table.rows.write_anew()  # their times are of another clock now
        if self._view is not None:
            self.table.rows.set_rows(self._ordered(self._view.rows))
            self.set_count(len(self._view.rows))
            if self.state == LOADING:
                self.set_state(LIVE)

    def _ordered(self, rows: tuple[GateRow, ...]) -> list[GateRow]:
        """Return what refuses first, then what is near, then what has a standing without an order.

        Within these every order's gates come first and those of strategies last. While one is edited all stay.
        """
        if self.editor.isVisible():
            shown = (self.table.rows.row(n) for n in range(self.table.rows.rowCount()))
            places = {row.code: n for n, row in enumerate(shown) if row is not None}
            return sorted(rows, key=lambda row: places.get(row.code, len(places)))
        return sorted(rows, key=lambda row: (_HOT.get(row.state, 2), not row.used, _FLOWS.get(row.flow, 0)))

    def _edit(self, row: GateRow, key: str) -> None:
        place = self.table.rows.place_of(row.code)
        if row.value is None or key not in {"", "limit"} or place is None:
            return
        cell = self.table.editor_at(place, "limit", _LIMIT_WIDE)
        line = QRect(0, cell.y(), self.table.viewport().width(), cell.height() - 1)
        self.editor.edit(row, line, cell.x(), cell.width())

    def _set_limit(self, command: SetLimit) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.intent.emit(command)

    @override
    def row_menu(self, menu: QMenu, row: GateRow) -> None:
        change = menu.addAction("Change limit…")
        change.setEnabled(row.value is not None)
        change.triggered.connect(lambda: self._edit(row, "limit"))


_RANK: Final = {"REFUSING": 0, "NEAR": 1, "OK": 2, "OFF": 3}


def _code(row: GateRow) -> Cell:
    return Cell(row.code, _CODE_COLOURS.get(row.state, "text.default"), tip=formats.plain(row.meaning, 400))


def _scope(row: GateRow) -> Cell:
    words = row.whose or row.scope
    return Cell(formats.plain(words, 40), "text.muted", tip=formats.plain(f"{row.scope} {row.whose}".strip(), 400))


def _used(row: GateRow) -> Cell:
    hot = row.state == "REFUSING"
    used = _in_unit(row, row.used, row.amount, signed=row.value is not None and row.value < 0)
    return Cell(used, "text.strong" if hot else "text.default", bold=hot)


def _in_unit(row: GateRow, text: str, value: Decimal | None, *, signed: bool = False) -> str:
    """Return what is used, or the limit: money as money is written everywhere, a result with its sign."""
    if row.unit == "$" and value is not None:
        return formats.money(value, signed=signed)
    return formats.plain(text, 24)


def _limit_tip(row: GateRow) -> str:
    return "Double-click to change" if row.value is not None else "This limit cannot be changed"


def _room(row: GateRow) -> Cell:
    spoken = formats.percent(row.share, 0) if row.share is not None else formats.DASH
    if row.state == "REFUSING":
        return Cell(spoken, "danger", row.share, filled=True)
    return Cell(spoken, "text.default", row.share)


def _state(row: GateRow) -> Cell:
    return Cell(row.state, STATE_COLOURS.get(row.state, "text.muted"))


def _refusal(row: GateRow, offset: int) -> Cell:
    if row.last_refusal_at is None:
        return Cell(formats.DASH, "text.dim")
    words = f"{formats.local(row.last_refusal_at, offset)} {formats.plain(row.last_refusal)}"
    return Cell(words, "text.default" if row.state == "REFUSING" else "text.muted", tip=words)


def _tested(row: GateRow, offset: int) -> Cell:
    if row.self_test_at is None:
        return Cell(formats.DASH, "text.dim")
    good = row.self_test == "ok"
    return Cell(
        f"{formats.local(row.self_test_at, offset, '%H:%M')} {formats.plain(row.self_test, 12)}",
        "good" if good else "danger.text",
        tip=formats.plain(row.self_test),
    )
