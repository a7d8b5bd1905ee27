"""One underlying of the Hedge dock: its net greeks as meters against their bands, and the lines of facts below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.units import SECOND
from engine.views.hedging import HedgeLine, HedgingView
from widgets import formats, paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

ROW: Final = 20

METERS: Final = 22

WHY: Final = "Why"

WHY_LEFT: Final = 44

WHY_LINES: Final = 3


def net(line: HedgeLine) -> tuple[tuple[str, str, float | None, str], ...]:
    """Return name, value, share of the limit (-1 to 1) and limit in words of each greek."""
    delta = line.delta
    usage = None if delta is None or not line.band else max(-1.0, min(1.0, delta / line.band))
    percent = None if line.gamma is None or line.spot is None else line.gamma * line.spot / 100.0
    gamma = None if percent is None or line.gamma_limit <= 0 else max(-1.0, min(1.0, percent / line.gamma_limit))
    band = formats.DASH if line.band is None else f"± {formats.number(line.band, 3)} {line.band_kind}"
    return (
        ("Net Δ", formats.number(delta, 3, signed=True), usage, band),
        ("Net Γ /1 %", formats.number(percent, 3, signed=True), gamma, f"± {formats.number(line.gamma_limit, 2)}"),
        ("Net V $", formats.number(line.vega, 0, signed=True), None, "no band"),
    )  # fmt: skip


def due(line: HedgeLine) -> tuple[str, str]:
    """Return what the hedger would do, in words, and their colour."""
    size = formats.number(line.size, 3)
    said = {
        "none": ("Inside the bands", "profit"),
        "hold": ("Below the venue's least order", "text.muted"),
        "stopped": ("Stopped", "danger.text"),
    }.get(line.action)
    return said if said is not None else (f"{line.action.upper()} {size} {formats.plain(line.underlying, 8)}", "warn")


def facts(line: HedgeLine, view: HedgingView) -> tuple[tuple[str, str, str], ...]:
    """Return name, words and colour of each line between the meters and the venues."""
    words, colour = due(line)
    wait = None if line.next_at is None else max(0.0, (line.next_at - view.now) / SECOND)
    pending = sum(1 for one in view.pending if one.instrument in {v.instrument for v in line.venues})
    found = [
        ("Due", words, colour),
        ("Options / hedges Δ", f"{_coins(line.delta_options)} / {_coins(line.delta_hedges)}", "text.default"),
        ("Working", _working(line.working, pending), "text.default"),
        ("Next at", "any time" if wait is None else f"in {formats.age(wait)}", "text.default"),
        ("Hedged today", f"{formats.money(line.spent, places=0)} of {formats.money(line.spent_limit, places=0)}",
         "text.default"),
    ]  # fmt: skip
    if line.gammas:
        one = line.gammas[0]
        words = (
            f"{one.side} {formats.exact(one.qty, 4)} {formats.plain(one.name, 30)}, then Δ {_coins(one.delta_after)}"
        )
        found.append(("For gamma", words, "fair"))
    why = line.breaks or line.why or view.why
    if why:
        found.append((WHY, formats.plain(why, 160), "warn"))
    return tuple(found)


def _working(coins: float, orders: int) -> str:
    """Return what is under way: in orders of the hedger, or hedges of trades that are not its own."""
    if not orders:
        return f"{_coins(coins)} in hedges of trades" if coins else "no order"
    return f"{_coins(coins)} in {orders} order{'' if orders == 1 else 's'}"


def _coins(value: float | None) -> str:
    return formats.number(value, 3, signed=True)


class Meters(QWidget):
    """Net greeks as two-sided meters, and the lines of facts below them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: HedgeLine | None = None
        self.view: HedgingView | None = None

    def show_line(self, line: HedgeLine, view: HedgingView) -> None:
        """Show an underlying."""
        self.line, self.view = line, view
        spoken = ", ".join(f"{name} {value}" for name, value, _, _ in net(line))
        self.setAccessibleName(f"{formats.plain(line.underlying, 8)}: {spoken}; {due(line)[0]}")
        self._fit()
        self.update()

    def clear(self) -> None:
        """Show none."""
        self.line = self.view = None
        self.setAccessibleName("")
        self.setToolTip("")
        self.update()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """Be as high as the lines of facts, of which the reason takes as many as it needs."""
        if self.line is None or self.view is None:
            return
        told = facts(self.line, self.view)
        rows = sum(len(self.told(words)) if name == WHY else 1 for name, words, _ in told)
        self.setFixedHeight(3 * METERS + ROW * rows + 12)

    def told(self, words: str) -> list[str]:
        """Return the reason in lines as wide as there is room; longer than three it ends in the tool tip."""
        return paint.lines(words, theme.current().ui(11), max(80, self.width() - 16 - WHY_LEFT), WHY_LINES, told=True)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        line, view = self.line, self.view
        if line is None or view is None:
            return
        look = theme.current()
        p = QPainter(self)
        for n, (name, value, share, limit) in enumerate(net(line)):
            row = QRect(8, 4 + n * METERS, self.width() - 16, METERS)
            paint.text(p, row, name, look.ui(11), look.colour("text.default"))
            at = QRect(row.x() + 70, row.y(), 66, row.height())
            paint.text(p, at, value, look.number(12, 600), look.colour("text.strong"), paint.RIGHT)
            wide = min(150, max(50, row.width() - 260))
            bar = QRect(row.x() + 146, row.y() + 7, wide, 8)
            paint.meter_two_sided(p, bar, share, colour=paint.meter_colour(abs(share or 0.0)))
            room = QRect(bar.right() + 8, row.y(), row.right() - bar.right() - 8, row.height())
            paint.text(p, room, limit, look.number(10), look.colour("text.muted"), paint.RIGHT, elide=True)
        top = 3 * METERS + 8
        p.fillRect(0, top - 2, self.width(), 1, look.colour("line.grid"))
        for n, (name, words, colour) in enumerate(facts(line, view)):
            row = QRect(8, top + n * ROW, self.width() - 16, ROW)
            paint.text(p, row, name, look.ui(11), look.colour("text.muted"))
            if name == WHY:  # the last
                for line_no, part in enumerate(self.told(words)):
                    room = row.adjusted(WHY_LEFT, line_no * ROW, 0, line_no * ROW)
                    paint.text(p, room, part, look.ui(11), look.colour(colour), paint.RIGHT)
                continue
            room = row.adjusted(118, 0, 0, 0)
            font = look.ui(11, 600) if name == "Due" else look.number(11)
            paint.text(p, room, words, font, look.colour(colour), paint.RIGHT, elide=True)
