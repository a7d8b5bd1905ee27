"""A bracket board and a basket ticket with a kernel and a venue behind them.

Four brackets, each with bids 49 (5), 48 (9) and asks 51 (4), 52 (8).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.events import Canceled
from engine.core.units import Leg
from engine.views import topics
from tests.engine.kernel.venue import FAMILY, Session
from tests.widgets.ladder_rig import LEFT, NONE
from widgets.basket import BasketTicket
from widgets.basket_legs import Kind
from widgets.brackets import BoardPanel

KEY = Qt.Key


class Rig:
    """A board, a basket ticket, and what is behind them."""

    def __init__(self, qtbot: Any) -> None:
        self.session = Session()
        self.kernel, self.state = self.session.kernel, self.session.state
        self.topic = topics.board(FAMILY)
        self.tickets: list[Any] = []
        self.asked: list[Any] = []
        self.panel = BoardPanel()
        self.panel.focus_guard_ms = 0
        self.grid = self.panel.grid
        self.ticket = BasketTicket()
        self.ticket.focus_guard_ms = 0
        for one in (self.panel, self.ticket):
            one.intent.connect(self._ask)
            qtbot.addWidget(one)
        self.panel.ticket.connect(self.tickets.append)
        self.panel.basket.connect(lambda market, ticked, size: self.basket(Kind.EQUAL, ticked, size))
        self.panel.resize(1046, 248)
        self.panel.set_market(FAMILY)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.show()
        self.grid.setFocus()

    def _ask(self, command: Any) -> None:
        self.asked.append(command)
        self.session.ask(command)

    def basket(self, kind: Kind, ticked: Any = (), size: int = 10) -> None:
        """Open the basket ticket and let it see prices."""
        self.ticket.open_for(FAMILY, tuple(ticked), kind, size)
        self.show()

    def show(self) -> None:
        """Let board and basket see what the kernel knows."""
        board = self.kernel.view(self.topic)
        self.panel.render(self.topic, board)
        self.ticket.render(self.topic, board)
        self.ticket.render(topics.ORDERS, self.kernel.view(topics.ORDERS))

    def settle(self, seconds: float = 0.5) -> None:
        """Let requests travel and answers come."""
        self.session.run(seconds)
        self.session.beat()
        self.show()

    def fill(self, qty: Any = None) -> None:
        """Let the newest order trade at the venue; what an IOC does not fill ends."""
        order = self.orders[-1]
        amount = Decimal(order.place.qty if qty is None else qty)
        if amount:
            self.session.trade(order, amount, price=order.place.price or 4_900)
        if amount < order.place.qty:
            self.session.exchange.cancel(order.client)
            self.session.do(Canceled(at=self.session.at, order=order.id, why="nothing more stood there"))
        self.settle()

    def hold(self, index: int = 0, qty: int = 10, leg: Leg = Leg.YES) -> None:
        """Have a position in a bracket."""
        order = self.session.place(qty=qty, price=5_100, index=index, leg=leg)
        self.session.trade(order, qty)
        self.settle(1)

    def cell(self, index: int, column: str) -> Any:
        """Return the middle of a cell."""
        rect = self.grid.row_rect(index)
        if column in "BS":
            return self.grid.columns.button(column, rect.y(), rect.height()).center()
        x, wide = self.grid.columns.spans[column]
        rect.setX(x)
        rect.setWidth(wide)
        return rect.center()

    def click(self, index: int, column: str, button: Any = LEFT, held: Any = NONE) -> None:
        """Press and let go on a cell."""
        QTest.mouseClick(self.grid, button, held, self.cell(index, column))

    def key(self, key: Any, held: Any = NONE, widget: Any = None) -> None:
        """Press and let go a key."""
        QTest.keyClick(widget or self.grid, key, held)

    @property
    def orders(self) -> list[Any]:
        """All our orders, oldest first."""
        return list(self.state.register)

    def placed(self, before: int = 0) -> list[tuple[Any, ...]]:
        """Return the orders from the `before`-th on."""
        some = (o.place for o in self.orders[before:])
        return [
            (int(p.instrument.symbol[-1]), p.side.name, p.leg.value, p.price, int(p.qty or 0), p.tif.value)
            for p in some
        ]  # fmt: skip
