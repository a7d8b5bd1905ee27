"""A ladder on screen, the clicks and keys of a trader on it, and everything it asked for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import Place
from engine.views import topics as t
from widgets.ladder import LadderPanel

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


class Trader:
    """A ladder on screen, and everything it asked for."""

    def __init__(self, qtbot, view, width=562, height=660):
        self.panel = LadderPanel()
        self.panel.focus_guard_ms = 0
        qtbot.addWidget(self.panel)
        self.panel.resize(width, height)
        self.panel.set_instrument(view.instrument)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.render(t.ladder(view.instrument.symbol), view)
        self.asked: list[object] = []
        self.drafts: list[Place] = []
        self.tickets: list[Place] = []
        self.panel.intent.connect(self.asked.append)
        self.panel.draft.connect(self.drafts.append)
        self.panel.ticket.connect(self.tickets.append)
        self.panel.grid.setFocus()
        self.grid = self.panel.grid

    def point(self, cents, column):
        index = next(i for i, r in enumerate(self.grid.view.rows) if r.price == cents * 100)
        return self.grid.cell_rect(index, column).center()

    def click(self, cents, column, button=LEFT, held=NONE):
        QTest.mouseClick(self.grid, button, held, self.point(cents, column))

    def hover(self, cents, column):
        at = QPointF(self.point(cents, column))
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, self.grid.mapToGlobal(at), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, NONE
        )
        QApplication.sendEvent(self.grid, move)

    def double_click(self, cents, column):
        QTest.mouseClick(self.grid, LEFT, NONE, self.point(cents, column))
        QTest.mouseDClick(self.grid, LEFT, NONE, self.point(cents, column))

    def key(self, key, held=NONE):
        QTest.keyClick(self.grid, key, held)

    def turn(self, way, held=NONE):
        middle = self.grid.rect().center()
        event = QWheelEvent(
            QPointF(middle), self.grid.mapToGlobal(QPointF(middle)), QPoint(), QPoint(0, 120 * way),
            Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.grid, event)

    def show(self, view):
        self.panel.render(t.ladder(view.instrument.symbol), view)

    @property
    def places(self):
        return [(p.side.name, p.qty, p.leg.value, p.price) for p in self.asked if isinstance(p, Place)]

    @property
    def footer(self):
        return self.panel.footer.text()

    @property
    def cursor_price(self):
        return self.grid.view.rows[self.grid.caret.row].price // 100
