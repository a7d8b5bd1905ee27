"""What the mouse and the keys do on a bracket board, with real events and a kernel and a venue behind it.

Four brackets, each with bids 49 (5), 48 (9) and asks 51 (4), 52 (8); what is asserted is what came of it there.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from engine.core.events import BookSnapshot, Canceled
from engine.core.order import Status as S
from engine.core.units import Leg, Lots, Side, Ticks
from engine.views import topics
from tests.engine.kernel.desk import Desk, high
from tests.engine.kernel.venue import FAMILY, Session
from tests.widgets import views_sample as sample
from tests.widgets.ladder_rig import CTRL, LEFT, NONE, RIGHT, SHIFT
from widgets import basket_legs
from widgets.basket import BasketTicket
from widgets.basket_legs import Kind
from widgets.basket_run import DONE, FAILED, STUCK, UNWOUND, WAITS
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


Line = Callable[[Rig], None]
LINES: dict[str, Line] = {}


def line(name: str) -> Callable[[Line], Line]:
    """Note the test of a way of the board."""
    return lambda test: LINES.setdefault(name, test)


@line("click on a bid = BUY YES limit there")
def _(rig: Rig) -> None:
    rig.click(1, "bid")
    rig.settle()
    assert rig.placed() == [(1, "BUY", "YES", 4_900, 10, "GTC")]
    assert rig.orders[0].status is S.WORKING


@line("click on an ask = SELL YES limit there, of what is held")
def _(rig: Rig) -> None:
    rig.hold(1, 7)
    rig.click(1, "ask")
    assert rig.placed(1) == [(1, "SELL", "YES", 5_100, 7, "GTC")]


@line("click on an ask when flat = BUY NO at 100-p")
def _(rig: Rig) -> None:
    rig.click(2, "ask")
    assert rig.placed() == [(2, "BUY", "NO", 4_900, 10, "GTC")]


@line("Ctrl+click on the bid side = buy what is offered, never more than it shows")
def _(rig: Rig) -> None:
    rig.click(1, "bid", held=CTRL)
    assert rig.placed() == [(1, "BUY", "YES", 5_100, 4, "IOC")]


@line("Ctrl+click on the ask side = sell to what is bid, never more than it shows")
def _(rig: Rig) -> None:
    rig.click(1, "ask", held=CTRL)
    assert rig.placed() == [(1, "BUY", "NO", 5_100, 5, "IOC")]


@line("Shift+click = size that closes the position")
def _(rig: Rig) -> None:
    rig.hold(1, 7)
    rig.click(1, "ask", held=SHIFT)
    assert rig.placed(1) == [(1, "SELL", "YES", 5_100, 7, "GTC")]
    rig.click(1, "bid", held=SHIFT)
    assert len(rig.orders) == 2
    assert rig.grid.said.endswith("refused: no NO to close")


@line("right click = context menu")
def _(rig: Rig) -> None:
    rig.click(2, "mid", RIGHT)
    menu = rig.panel.findChild(QMenu, "board.choices")
    assert isinstance(menu, QMenu)
    words = [a.text() for a in menu.actions()]
    assert words[:4] == ["BUY 10 YES @ 49", "Take: BUY 4 YES @ 51", "BUY 10 NO @ 49", "Take: BUY 5 NO @ 51"]
    menu.actions()[1].trigger()
    menu.close()
    assert rig.placed() == [(2, "BUY", "YES", 5_100, 4, "IOC")]


@line("B and S of a row trade at the touch")
def _(rig: Rig) -> None:
    rig.click(1, "B")
    rig.click(1, "S")
    assert rig.placed() == [(1, "BUY", "YES", 5_100, 10, "IOC"), (1, "BUY", "NO", 5_100, 10, "IOC")]


@line("B and S keys trade the selected row")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_Down)
    rig.key(KEY.Key_Down)
    rig.key(KEY.Key_B)
    rig.key(KEY.Key_S)
    assert [one[:3] for one in rig.placed()] == [(1, "BUY", "YES"), (1, "BUY", "NO")]


@line("a second click within 300 ms is the same order")
def _(rig: Rig) -> None:
    rig.click(1, "bid")
    QTest.mouseDClick(rig.grid, LEFT, NONE, rig.cell(1, "bid"))
    assert len(rig.asked) == 2
    assert len(rig.orders) == 1


@line("a click elsewhere selects and sends nothing")
def _(rig: Rig) -> None:
    for column in ("outcome", "bar", "mid", "implied"):
        rig.click(1, column)
    assert rig.asked == []


@line("hover names the order of the cell in the foot")
def _(rig: Rig) -> None:
    QTest.mouseMove(rig.grid, rig.cell(2, "mid"))
    QTest.mouseMove(rig.grid, rig.cell(1, "bid"))
    assert rig.grid.hint == "BUY 10 YES @ 49"


@line("hover over a held outcome says what if it happens")
def _(rig: Rig) -> None:
    rig.hold(1, 10)
    QTest.mouseMove(rig.grid, rig.cell(2, "bid"))
    QTest.mouseMove(rig.grid, rig.cell(1, "mid"))
    assert rig.grid.hint.startswith("if 51-52 happens +$4.90 · worst")
    assert rig.grid.hint.endswith("at risk $5.10")


@line("Space ticks, and the last column says what every outcome would come to")
def _(rig: Rig) -> None:
    rig.click(1, "mid")
    rig.key(KEY.Key_Space)
    rig.click(2, "outcome", held=CTRL)
    assert [str(one.symbol[-1]) for one in rig.grid.ticked] == ["1", "2"]
    assert [str(v) for v in rig.grid.ends] == ["-10.2000", "-0.2000", "-0.2000", "-10.2000"]
    rig.key(KEY.Key_Space)
    rig.click(2, "outcome", held=CTRL)
    assert rig.grid.ends == ()
    assert rig.asked == []


@line("Shift+B on a selection = basket ticket, and nothing is sent")
def _(rig: Rig) -> None:
    rig.click(1, "mid")
    rig.key(KEY.Key_Space)
    rig.key(KEY.Key_B, SHIFT)
    assert rig.ticket.isVisible()
    assert [leg.label for leg in rig.ticket.basket().legs] == ["51-52"]
    assert rig.asked == []


@line("stale books refuse")
def _(rig: Rig) -> None:
    rig.session.drop("market", "reset")
    rig.session.run(10)
    rig.show()
    for held in (NONE, CTRL, SHIFT):
        rig.click(1, "bid", held=held)
    rig.click(1, "B")
    rig.key(KEY.Key_B)
    assert rig.asked == []
    assert "stale" in rig.grid.said


@line("outside paper a click opens the ticket")
def _(rig: Rig) -> None:
    rig.panel.set_mode("live")
    rig.click(1, "bid")
    assert rig.asked == []
    assert [p.price for p in rig.tickets] == [4_900]


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
@pytest.mark.parametrize("name", LINES, ids=str)
def test_board(name: str, qtbot: Any) -> None:
    LINES[name](Rig(qtbot))


def test_nothing_rests_on_the_curve_of_a_board(qtbot) -> None:
    desk = Desk()
    market = desk.list(high())
    panel = BoardPanel()
    qtbot.addWidget(panel)
    asked: list[Any] = []
    panel.intent.connect(asked.append)
    panel.resize(1046, 248)
    panel.set_market(market)
    panel.show()
    panel.render(topics.board(market), desk.kernel.view(topics.board(market)))
    x, wide = panel.grid.columns.spans["bid"]
    at = panel.grid.row_rect(1).center()
    at.setX(x + wide // 2)
    QTest.mouseClick(panel.grid, LEFT, NONE, at)
    assert asked == []
    assert "orders cannot rest on the curve" in panel.grid.said
    QTest.mouseClick(panel.grid, LEFT, CTRL, at)
    assert [(p.side, p.tif.value) for p in asked] == [(Side.BUY, "IOC")]


def test_v_shows_ladders_side_by_side_and_back(qtbot) -> None:
    rig = Rig(qtbot)
    made: list[Any] = []
    rig.panel.ladder_made.connect(made.append)
    rig.panel.resize(1_420, 700)
    rig.key(KEY.Key_Down)
    rig.key(KEY.Key_V)
    qtbot.waitUntil(lambda: made[-1].grid.height() > 400)
    assert rig.panel.side_by_side
    assert [one.instrument.symbol[-1] for one in made] == ["0", "1", "2", "3"]
    for one in made:
        one.intent.connect(rig._ask)
        one.focus_guard_ms = 0
        (topic,) = one.topics() - {topics.SPINE}
        one.render(topic, rig.kernel.view(topic))
    first = made[1]
    index = next(n for n, row in enumerate(first.view.rows) if row.price == 4_700)
    QTest.mouseClick(first.grid, LEFT, NONE, first.grid.cell_rect(index, "bid").center())
    assert rig.placed() == [(1, "BUY", "YES", 4_700, 10, "GTC")]
    rig.panel.ladders._dropped(made[0], made[2].mapToGlobal(made[2].rect().center()))
    assert [one.instrument.symbol[-1] for one in rig.panel.ladders.shown] == ["2", "1", "0", "3"]
    rig.show()
    assert [one.instrument.symbol[-1] for one in rig.panel.ladders.shown] == ["2", "1", "0", "3"]
    rig.panel.grab()
    for one in made:
        one.focus_guard_ms = 60_000
    rig.panel.hold_off()
    rig.key(KEY.Key_B, NONE, first.grid)
    assert len(rig.orders) == 1
    rig.key(KEY.Key_V, NONE, first.grid)
    assert not rig.panel.side_by_side
    assert len(made) == 4


# Baskets


def test_a_basket_is_bought_leg_by_leg_the_worst_first(qtbot) -> None:
    rig = Rig(qtbot)
    one = rig.session.order(index=2).instrument
    rig.session.do(
        BookSnapshot(
            at=rig.session.at, instrument=one, bids=((Ticks(4_900), Lots(500)),), asks=((Ticks(5_100), Lots(100)),)
        )
    )
    rig.basket(Kind.EQUAL, size=3)
    assert rig.ticket.legs.lines()[0][1].endswith("53-54")  # one share stands there, four elsewhere
    rig.key(KEY.Key_Return, CTRL, rig.ticket)
    assert len(rig.orders) == 1
    for n in range(4):
        assert rig.ticket.told == ("nothing is bought" if not n else f"leg risk: {n} of 4 filled")
        assert len(rig.orders) == n + 1
        rig.settle(0.3)
        rig.fill()
    assert rig.ticket.told == "whole: 4 of 4 filled"
    assert [p[0] for p in rig.placed()] == [2, 0, 1, 3]
    assert {p[1:3] + p[4:] for p in rig.placed()} == {("BUY", "YES", 3, "IOC")}
    rig.settle()
    assert len(rig.orders) == 4


def test_a_leg_that_fails_stops_the_basket_and_one_key_unwinds_it(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.key(KEY.Key_Return, CTRL, rig.ticket)
    rig.settle(0.3)
    rig.fill()
    rig.settle(0.3)
    rig.fill(1)
    assert [one.state for one in rig.ticket.run.legs] == [DONE, FAILED, WAITS, WAITS]
    assert rig.ticket.told == "leg risk: 1 of 4 filled · 51-52: nothing more stood there"
    rig.settle(2)
    QTest.keyClicks(rig.ticket, "reduce buy unwind")  # meant for another window
    QTest.keyClick(rig.ticket, KEY.Key_Return)
    rig.settle()
    assert len(rig.orders) == 2
    rig.key(KEY.Key_F9, NONE, rig.ticket)
    sales = rig.placed(2)
    assert [(p[0], p[1], p[4]) for p in sales] == [(0, "SELL", 3), (1, "SELL", 1)]
    rig.key(KEY.Key_F9, NONE, rig.ticket)  # while they are on their way nothing is sold twice
    assert len(rig.orders) == 4
    rig.settle(0.3)
    for order in rig.orders[2:]:
        rig.session.trade(order, order.place.qty, price=4_900)
    rig.settle()
    assert {one.state for one in rig.ticket.run.legs} == {UNWOUND}
    assert rig.ticket.told == "unwound: nothing is left of it"
    assert not [p for _, _, p in rig.state.book.held() if p.qty]


def test_what_could_not_be_unwound_is_not_forgotten_for_the_next_basket(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.ticket.go()
    rig.settle(0.3)
    rig.fill()
    rig.settle(0.3)
    rig.fill(0)
    rig.key(KEY.Key_F9, NONE, rig.ticket)
    rig.settle(0.3)
    rig.fill(1)
    run = rig.ticket.run
    assert [one.state for one in run.legs] == [STUCK, UNWOUND, UNWOUND, UNWOUND]
    rig.basket(Kind.FLAT, size=7)
    assert rig.ticket.run is run, "two shares of it are still held"
    assert rig.ticket.told.startswith("unwinding: 2 shares left")
    assert rig.ticket.send.text() == "not all is sold"
    rig.key(KEY.Key_F9, NONE, rig.ticket)
    assert rig.placed()[-1][:2] + rig.placed()[-1][4:5] == (0, "SELL", 2)
    rig.settle(0.3)
    rig.fill()
    assert rig.ticket.told == "unwound: nothing is left of it"
    rig.basket(Kind.EQUAL, size=3)
    assert rig.ticket.run is None


def test_what_a_failed_leg_lacks_can_be_bought_and_the_rest_follows(qtbot) -> None:
    rig = Rig(qtbot)
    ticked = [rig.session.order(index=n).instrument for n in (0, 1)]
    rig.basket(Kind.EQUAL, ticked, 3)
    rig.ticket.send.click()
    rig.settle(0.3)
    rig.fill(1)
    assert rig.ticket.send.isEnabled()
    rig.ticket.send.click()
    assert rig.placed()[-1][4] == 2
    rig.settle(0.3)
    rig.fill()
    rig.settle(0.3)
    rig.fill()
    assert rig.ticket.told == "whole: 2 of 2 filled"


def test_a_leg_that_a_gate_refuses_stops_the_basket_with_its_reason(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=5_000)
    rig.ticket.go()
    rig.settle()
    first = rig.ticket.run.legs[0]
    assert (first.state, first.why.partition(" ")[0]) == (FAILED, "ORDER_QTY")
    assert len(rig.orders) == 1


def test_a_half_bought_basket_is_not_left_without_a_word(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.ticket.go()
    rig.ticket.close()
    assert rig.ticket.isVisible()
    assert rig.ticket.told == "nothing is bought and a leg is on its way. Close again leaves it so"
    rig.settle(0.3)
    rig.fill(1)
    rig.ticket.close()
    assert rig.ticket.isVisible()
    assert "Close again leaves it so" in rig.ticket.told
    rig.ticket.close()
    assert not rig.ticket.isVisible()
    rig.settle(2)
    assert len(rig.orders) == 1


def test_a_hedge_to_flat_makes_every_outcome_come_to_the_same(qtbot) -> None:
    rig = Rig(qtbot)
    rig.hold(1, 10)
    rig.basket(Kind.FLAT)
    legs = rig.ticket.basket().legs
    assert [(leg.label, leg.leg, leg.qty) for leg in legs] == [("51-52", Leg.NO, 10)]  # cheaper than three purchases
    ends = basket_legs.results(rig.kernel.view(rig.topic), legs)
    assert len(set(ends)) == 1
    rig.ticket.go()
    rig.settle(0.3)
    rig.fill()
    wins = [row.if_wins for row in rig.kernel.view(rig.topic).rows]
    assert len(set(wins)) == 1


def test_a_model_weighted_basket_gives_the_likeliest_the_whole_size() -> None:
    view = sample.board()
    found = basket_legs.basket(view, Kind.MODEL, (), 10)
    rows = {row.instrument: row for row in view.rows}
    likeliest = max(found.legs, key=lambda leg: rows[leg.instrument].model or 0)
    assert likeliest.qty == 10
    assert all(leg.qty <= 10 for leg in found.legs)
    assert not any(rows[leg.instrument].dead for leg in found.legs)


def test_there_is_no_basket_where_a_price_or_a_position_is_missing() -> None:
    view = sample.board()
    no_ask = tuple(sample.msgspec.structs.replace(row, ask=None) if n == 2 else row for n, row in enumerate(view.rows))
    found = basket_legs.basket(sample.board(rows=no_ask), Kind.EQUAL, (), 10)
    assert (found.legs, found.why) == ((), "86–87 has no ask")
    flat = tuple(sample.msgspec.structs.replace(row, if_wins=None) for row in view.rows)
    assert basket_legs.basket(sample.board(rows=flat), Kind.FLAT, (), 10).why == "nothing is held in this event"
