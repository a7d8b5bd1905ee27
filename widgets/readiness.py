"""The way to live: each bar of a strategy's readiness, what there is of it and what is wanted, passed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from widgets import formats, theme
from widgets.segments import FIGURES, Run, Segment, draw, fitting

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.views.strategies import ReadinessLine, StrategyDetail

TALL = 24


class ReadinessRow(QWidget):
    """One line of bars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[ReadinessLine, ...] = ()
        self._earns = False
        self.setFixedHeight(TALL)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Readiness")

    @override
    def sizeHint(self) -> QSize:
        return QSize(300, TALL)

    def show_detail(self, detail: StrategyDetail | None) -> None:
        """Show the bars of a strategy."""
        self._bars = () if detail is None else detail.readiness
        self._earns = detail is not None and detail.earns_live
        self.setAccessibleDescription("; ".join(f"{name} {text}" for name, text, _ in self.words()))
        self.setToolTip(
            "It goes live only once every bar is passed, from its own days." if self._earns
            else "Shown for your judgement: this strategy is not held to them."
        )  # fmt: skip
        self.update()

    def words(self) -> list[tuple[str, str, str]]:
        """Return name, text and colour of each bar."""
        return [(one.name, _text(one), "profit" if one.passed else "warn") for one in self._bars]

    def segments(self) -> list[Segment]:
        """Return the line in groups, the verdict first."""
        left = sum(not one.passed for one in self._bars)
        if not self._bars:
            return []
        head, tone = f"{left} of {len(self._bars)} bars to go", "warn"
        if not self._earns:
            head, tone = "Live asks for no bar", "text.muted"
        elif not left:
            head, tone = "Ready for live", "profit"
        found = [Segment("head", (Run(head, tone, weight=600),))]
        found += [
            Segment(name, (Run(name), Run(text, colour, FIGURES, 600)), 1 + n)
            for n, (name, text, colour) in enumerate(self.words())
        ]
        return found

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        draw(p, 8, self.height(), fitting(self.segments(), self.width() - 16, 12), 12)


def _text(one: ReadinessLine) -> str:
    sign = "/" if one.at_least else "/ max"
    if one.part:
        return f"{formats.points(one.found)} {sign} {formats.exact(100 * one.wanted, 2)} %"
    of = "" if one.n is None or one.found is None else f" of {one.n} days"
    return f"{formats.exact(one.found, 2)}{of} {sign} {formats.exact(one.wanted, 4)}"
