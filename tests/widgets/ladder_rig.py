"""A ladder on screen with a kernel and an exchange behind it, and the hands of a trader: real events, real orders.

What the ladder asks is stepped by a kernel; what the kernel asks of its venue, an exchange answers a moment later;
what the ladder shows is the kernel's own view. Nothing moves unless a test lets time pass.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from engine.core.commands import Place, Tif
from engine.core.effects import Replace, Submit, Withdraw
from engine.core.order import Status
from engine.core.units import Leg, Side
from engine.views import topics
from tests.engine.kernel.desk import Desk
from tests.engine.kernel.venue import SYMBOLS, Session, instrument, opened
from widgets.ladder import LadderPanel
from widgets.ladder_keys import Column

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Hands:
    """A mouse and a keyboard on one grid."""

    grid: Any

    def point(self, cents: float, column: str) -> QPoint:
        """Return the middle of a cell; the row has to be in view."""
        index = next(i for i, r in enumerate(self.grid.view.rows) if r.price == round(cents * 100))
        at = self.grid.cell_rect(index, column).center()
        assert self.grid.cell_at(at)[0] == index, f"the row of {cents} is not in view"
        return at

    def click(self, cents: float, column: str, button: Any = LEFT, held: Any = NONE) -> None:
        """Press and let go on a cell."""
        QTest.mouseClick(self.grid, button, held, self.point(cents, column))

    def double_click(self, cents: float, column: str) -> None:
        """Press twice, as a double click is told: press, release, double click."""
        QTest.mouseClick(self.grid, LEFT, NONE, self.point(cents, column))
        QTest.mouseDClick(self.grid, LEFT, NONE, self.point(cents, column))
        QTest.mouseRelease(self.grid, LEFT, NONE, self.point(cents, column))

    def hover(self, cents: float, column: str) -> None:
        """Move the pointer onto a cell."""
        at = QPointF(self.point(cents, column))
        none = Qt.MouseButton.NoButton
        move = QMouseEvent(QEvent.Type.MouseMove, at, self.grid.mapToGlobal(at), none, none, NONE)
        QApplication.sendEvent(self.grid, move)  # QTest says nothing where the pointer was there before

    def lift(self, cents: float, column: str) -> None:
        """Press on an order and hold it."""
        QTest.mousePress(self.grid, LEFT, NONE, self.point(cents, column))

    def carry(self, cents: float, column: str) -> None:
        """Move what is held over another row."""
        at = QPointF(self.point(cents, column))
        move = QMouseEvent(QEvent.Type.MouseMove, at, self.grid.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, NONE)
        QApplication.sendEvent(self.grid, move)

    def let_go(self, cents: float, column: str, held: Any = NONE) -> None:
        """Let go of it there."""
        QTest.mouseRelease(self.grid, LEFT, held, self.point(cents, column))

    def drag(self, start: float, end: float, column: str = "mine", held: Any = NONE) -> None:
        """Drag an order from one row to another."""
        self.lift(start, column)
        self.carry(end, column)
        self.let_go(end, column, held)

    def key(self, key: Any, held: Any = NONE) -> None:
        """Press and let go a key on the grid."""
        QTest.keyClick(self.grid, key, held)

    def turn(self, way: int, held: Any = NONE, widget: QWidget | None = None) -> None:
        """Turn the wheel a notch."""
        target = self.grid if widget is None else widget
        middle = QPointF(target.rect().center())
        event = QWheelEvent(
            middle, target.mapToGlobal(middle), QPoint(), QPoint(0, 120 * way), Qt.MouseButton.NoButton, held,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(target, event)


class Rig(Hands):
    """One ladder and what is behind it: ``kalshi``, ``poly`` (a venue without amendments) or ``own``."""

    def __init__(self, qtbot: Any, venue: str = "kalshi", width: int = 562, height: int = 700, **terms: Any) -> None:
        self.venue = venue
        self._presses = 0
        if venue == "own":
            self.desk = Desk()
            self.desk.list(phase=terms.pop("phase", 2), **terms)
            self.kernel, self.state = self.desk.kernel, self.desk.state
            market = next(iter(self.state.exchange.markets.values()))
            self.topic = topics.ladder(f"{market.id}/0")
        else:
            base = opened()
            can = base.venues[0].can if venue == "kalshi" else ("POST_ONLY", "GTD", "SHORT")
            self.session = Session(replace(base, venues=(replace(base.venues[0], can=can),)))
            if terms:
                self.session.list(*(instrument(n, **terms) for n in range(len(SYMBOLS))))
                self.session.quote()
            self.kernel, self.state = self.session.kernel, self.session.state
            self.topic = topics.ladder(SYMBOLS[0])
        self.asked: list[Any] = []
        self.tickets: list[Place] = []
        self.panel = LadderPanel()
        self.grid = self.panel.grid
        self.panel.focus_guard_ms = 0
        self.panel.session = "t"
        self.panel.resize(width, height)
        self.panel.intent.connect(self._ask)
        self.panel.draft.connect(lambda place: self.panel.show_preview(self.kernel.preview(place)))
        self.panel.ticket.connect(self.tickets.append)
        qtbot.addWidget(self.panel)
        self.panel.set_instrument(self.kernel.view(self.topic).instrument)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.show()
        self.grid.setFocus()

    # The engine

    def _ask(self, command: Any) -> None:
        """Step a command at once, a few seconds after the last one: pace is not what is tested here."""
        self.asked.append(command)
        if self.venue == "own":
            self.desk.ask(command)
        else:
            self.session.ask(command, gap=3.0)

    def show(self) -> None:
        """Let the ladder show what the kernel knows."""
        self.panel.render(self.topic, self.kernel.view(self.topic))

    def settle(self, seconds: float = 0.5) -> None:
        """Let requests travel and answers come, and the ladder show them."""
        if self.venue != "own":
            self.session.run(seconds)
            self.session.beat()
        self.show()

    def rest(self, price: float, qty: int = 10, side: Side = Side.BUY, leg: Leg = Leg.YES, **terms: Any) -> Any:
        """Have an order of ours work at a price of its leg in cents, placed elsewhere."""
        if self.venue == "own":
            order = self.desk.place(side, leg, qty=qty, price=round(price * 100), **({"tif": Tif.GTC} | terms))
        else:
            order = self.session.place(side=side, leg=leg, qty=qty, price=round(price * 100), **terms)
        self.show()
        return order

    def hold(self, qty: int = 10, leg: Leg = Leg.YES) -> None:
        """Have a position."""
        if self.venue == "own":
            self.desk.place(Side.BUY, leg, qty=qty)
        else:
            order = self.session.place(qty=qty, price=5_100 if leg is Leg.YES else 5_200, leg=leg)
            self.session.trade(order, qty)
            self.session.run(1)
        self.show()

    # What came of it

    @property
    def orders(self) -> list[Any]:
        """All orders that our side knows, oldest first."""
        return list(self.state.register)

    def placed(self, before: int = 0) -> list[tuple[Any, ...]]:
        """Return the orders from the `before`-th on as side, leg, price, quantity and kind."""
        some = (o.place for o in self.orders[before:])
        return [(p.side.name, p.leg.value, p.price, int(p.qty or 0), p.tif.value) for p in some]

    def working(self) -> list[tuple[int, Decimal]]:
        """Return what works where it counts: at the venue, or in the exchange's own queue."""
        if self.venue == "own":
            found = [(int(one.price), one.qty) for one in self.state.exchange.hybrid]
        else:
            there = self.session.exchange.orders.values()
            found = [(o.price, o.qty - o.filled) for o in there if o.status == "working"]
        return sorted(found)

    def requests(self) -> dict[str, int]:
        """Return how many requests of each kind have left for the venue."""
        kinds = {"new": Submit, "amend": Replace, "cancel": Withdraw}
        return {name: len(self.session.sent(kind)) for name, kind in kinds.items()}

    def statuses(self) -> list[Status]:
        """Return where each order stands."""
        return [o.status for o in self.orders]

    def mark(self, cents: float, side: Column = Column.BID) -> tuple[str, str]:
        """Return text and state of the own orders that a row shows."""
        row = next(r for r in self.grid.view.rows if r.price == round(cents * 100))
        return (row.mine_bid, row.mine_bid_state) if side is Column.BID else (row.mine_ask, row.mine_ask_state)

    @property
    def footer(self) -> str:
        """The line under the ladder."""
        return self.panel.footer.text()

    @property
    def label(self) -> str:
        """What stands beside the pointer."""
        return " ".join(part[0] for part in self.grid.label)

    @property
    def cursor(self) -> float:
        """Price of the cursor's row in cents."""
        return self.grid.view.rows[self.grid.caret.row].price / 100

    def menu(self, name: str) -> QMenu:
        """Return a menu that is open."""
        found = self.panel.findChild(QMenu, name)
        assert isinstance(found, QMenu)
        return found

    def pick(self, name: str, words: str) -> None:
        """Choose an entry of an open menu that begins with some words, and close it."""
        menu = self.menu(name)
        action = next(a for a in menu.actions() if a.text().startswith(words))
        assert action.isEnabled(), words
        action.trigger()
        menu.close()

    def front(self) -> None:
        """Let the window come to the front."""
        QApplication.sendEvent(self.panel, QEvent(QEvent.Type.WindowActivate))
