"""The venues of the Hedge dock: what could take the hedge, cheapest first, and the orders on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.views.hedging import HedgeLine, HedgeVenueLine, HedgingView
from widgets import formats, paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
from widgets.hedging_meters import ROW


class Venues(QWidget):
    """What could take the hedge, cheapest first, and then orders on their way and the last ones."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: HedgeLine | None = None
        self.view: HedgingView | None = None
        self.setMinimumHeight(ROW * 2)
        self.setAccessibleName("Venues of the hedge")

    def show_line(self, line: HedgeLine, view: HedgingView) -> None:
        """Show an underlying."""
        self.line, self.view = line, view
        best = next((one for one in line.venues if one.chosen), None)
        words = (
            "none chosen"
            if best is None
            else f"{formats.plain(best.venue, 20)} chosen at {formats.dollars(best.all_in)}"
        )
        self.setAccessibleDescription(words)
        self.update()

    def clear(self) -> None:
        """Show none."""
        self.line = self.view = None
        self.setAccessibleDescription("")
        self.update()

    def lines(self) -> list[tuple[str, str, str]]:
        """Return words, what stands at the right, and their colour, row by row."""
        line, view = self.line, self.view
        if line is None or view is None:
            return []
        found = [_venue(one, line) for one in line.venues]
        for one in (*view.pending, *view.last[:3]):
            way = f"{one.side.upper()} {formats.quantity(one.filled)} of {formats.quantity(one.qty)}"
            where = f"{formats.plain(one.instrument.symbol, 24)} · {formats.plain(one.venue, 14)}"
            words = f"{formats.utc(one.at)} {way} {where}"
            colour = "warn" if one in view.pending else "text.muted"
            found.append((words, f"{formats.dollars(one.price)} {formats.plain(one.status, 10).lower()}", colour))
        return found

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        for n, (words, right, colour) in enumerate(self.lines()):
            row = QRect(8, 2 + n * ROW, self.width() - 16, ROW)
            if row.bottom() > self.height():
                return
            used = paint.text(p, row, right, look.number(10), look.colour(colour), paint.RIGHT)
            left = row.adjusted(14, 0, -round(used) - 8, 0)
            chosen = self.line is not None and n < len(self.line.venues) and self.line.venues[n].chosen
            if chosen:
                paint.diamond(p, row.x() + 5, row.y() + ROW / 2, 4, look.colour("fair"))
            paint.text(p, left, words, look.ui(11, 500 if chosen else 400), look.colour(colour), elide=True)


def _venue(one: HedgeVenueLine, line: HedgeLine) -> tuple[str, str, str]:
    """Return a venue's line: how much dearer than the cheapest it is, or why it takes no part."""
    name = f"{formats.plain(one.venue, 14)} {formats.plain(one.instrument.symbol, 24)}"
    if one.why_not:
        return f"{name}: {formats.plain(one.why_not, 100)}", formats.DASH, "text.dim"
    price = formats.dollars(one.all_in)
    best = next((v.all_in for v in line.venues if v.all_in is not None and not v.why_not), None)
    gap = (
        ""
        if not best or one.all_in is None or one.all_in == best
        else f" {formats.number(1e4 * abs(one.all_in / best - 1.0), 1)} bp"
    )
    return (
        f"{name}, fee {formats.number(one.fee_bps, 1)} bps",
        f"{price}{gap}",
        "text.strong" if one.chosen else "text.default",
    )
