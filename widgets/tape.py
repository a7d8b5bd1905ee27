"""The tape: every trade of one instrument, newest on top, painted by hand. It stands still under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.views import topics
from engine.views.market import TapeView
from widgets import formats, paint, panel, theme, view_sheets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QEnterEvent, QPaintEvent, QWheelEvent

    from engine.core.ids import InstrumentId, Topic
    from engine.views.market import TapeRow
    from engine.views.sheet import Sheet

_HELP: Final = (
    "Every trade: time, price of YES after it, size, and whether it lifted or pressed the price. A mark shows your"
    " own. The wheel scrolls; under the pointer the tape stands still."
)
_COLUMNS: Final = (("time", 92), ("price c", 58), ("qty", 64), ("side", 56))
_MINE: Final = 3
"""Width of the edge that marks a trade of ours."""


class TapePanel(panel.Panel):
    """The tape dock."""

    rests_ms = 50

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Tape", help_text=_HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.roll = Roll()
        self.set_body(self.roll)
        self.set_state(panel.EMPTY, "Pick a market to see its trades.", icon="clock")

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.roll.show_view(None)
        if instrument is None:
            self.set_state(panel.EMPTY, "Pick a market to see its trades.", icon="clock")
        else:
            self.set_state(panel.LOADING, "Waiting for the first trades")
        self.retarget()

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (lambda: view_sheets.tape(self.roll.view()),)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset() if self.instrument is None else frozenset({topics.tape(self.instrument.symbol)})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, TapeView) or view.instrument != self.instrument:
            return
        self.set_count(len(view.rows))
        if view.rows:
            self.set_state(panel.LIVE)
        else:
            self.set_state(panel.EMPTY, "Nobody has traded here yet.", icon="clock")
        delta = formats.quantity(view.bought - view.sold, signed=True)
        self.set_subtitle(
            f"10 min: {formats.quantity(view.bought)} up, {formats.quantity(view.sold)} down, {delta} net"
        )
        self.roll.show_view(view)


class Roll(QWidget):
    """The rows of the tape."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: TapeView | None = None
        self._next: TapeView | None = None
        self._top = 0
        self._held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Trades, newest first")

    def view(self) -> TapeView | None:
        """Return what it shows; None before the first trades."""
        return self._view

    def show_view(self, view: TapeView | None) -> None:
        """Take new trades; while the pointer is on the tape they wait."""
        self._next = view
        if self._held and view is not None:
            return
        self._view = view
        if view is None:
            self._top = 0
        self.update()

    def rows(self) -> tuple[TapeRow, ...]:
        """Return the rows as they are shown."""
        return () if self._view is None else self._view.rows[self._top :]

    def visible_rows(self) -> int:
        """Return how many whole rows fit."""
        look = theme.current()
        return max(0, (self.height() - look.size("columnHeader")) // look.size("tableRow"))

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self._held = True
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._held = False
        self.show_view(self._next)
        super().leaveEvent(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        most = 0 if self._view is None else max(0, len(self._view.rows) - self.visible_rows())
        steps = -1 if event.angleDelta().y() > 0 else 1
        self._top = min(most, max(0, self._top + 3 * steps))
        self.update()
        event.accept()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        head = look.size("columnHeader")
        p.fillRect(0, 0, self.width(), head, look.colour("surface.header"))
        x = 8
        for name, wide in _COLUMNS:
            align = paint.LEFT if name in {"time", "side"} else paint.RIGHT
            paint.text(p, QRect(x, 0, wide - 8, head), name, look.ui(10, 500), look.colour("text.muted"), align)
            x += wide
        for index, row in enumerate(self.rows()[: self.visible_rows()]):
            self._row(p, QRect(0, head + index * look.size("tableRow"), self.width(), look.size("tableRow")), row)

    def _row(self, p: QPainter, rect: QRect, row: TapeRow) -> None:
        look = theme.current()
        if row.mine:
            p.fillRect(rect.x(), rect.y(), _MINE, rect.height(), look.colour("mode.paper"))
        offset = 0 if self._view is None else self._view.utc_offset_hours
        tone = look.colour("buy" if row.bought else "sell")
        words = (
            (formats.local(row.at, offset, "%H:%M:%S.%3"), look.colour("text.muted"), paint.LEFT),
            (formats.cents(row.price, 1), look.colour("text.strong"), paint.RIGHT),
            (formats.quantity(row.qty), look.colour("text.default"), paint.RIGHT),
            (f"{formats.UP} up" if row.bought else f"{formats.DOWN} down", tone, paint.LEFT),
        )
        x = 8
        for (_, wide), (text, colour, align) in zip(_COLUMNS, words, strict=True):
            paint.text(p, QRect(x, rect.y(), wide - 8, rect.height()), text, look.number(11), colour, align)
            x += wide
        paint.line_below(p, rect, look.colour("line.grid"))
