"""What the mouse and the keys do on a bracket board, with real events and a kernel and a venue behind it.

What is asserted is what came of it there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from engine.core.order import Status as S
from engine.core.units import Side
from engine.views import topics
from tests.engine.kernel.desk import Desk, high
from tests.widgets.board_rig import KEY, Rig
from tests.widgets.ladder_rig import CTRL, LEFT, NONE, RIGHT, SHIFT
from widgets.brackets import BoardPanel

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
