"""The inventory dock: one bar a market, the fullest first, none where the room is not reckoned."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.core.ids import KALSHI, InstrumentId
from engine.views import topics
from tests.widgets.test_quoter import ONE, TWO, line, view
from widgets import theme
from widgets.inventory import NOTHING, InventoryPanel
from widgets.states import EMPTY, LIVE


def test_the_fullest_stands_first_and_a_click_picks_its_market(qtbot) -> None:
    panel = InventoryPanel()
    qtbot.addWidget(panel)
    panel.resize(420, 260)
    panel.show()
    picked: list[object] = []
    panel.selected.connect(picked.append)
    panel.render(
        topics.QUOTER, view(line(filled=0.1), line(TWO, name="Chicago 55–56 °F", held=Decimal(-90), filled=-0.6))
    )
    assert (panel.state, panel.count()) == (LIVE, 2)
    assert [row.instrument for row in panel.bars.rows] == [TWO, ONE]
    assert "−90" in panel.bars.accessibleDescription()
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=QPoint(30, panel.bars.row_px() + 3))
    assert picked == [ONE]
    image = panel.bars.grab().toImage()
    middle = [image.pixelColor(x, 8).name() for x in range(image.width())]
    assert theme.current().colour("sell").name() in middle  # short, to the left
    assert theme.current().colour("buy").name() not in middle
    panel.render(topics.QUOTER, view())
    assert (panel.state, panel.why) == (EMPTY, NOTHING)


def test_what_has_no_room_yet_has_no_bar_and_comes_last(qtbot) -> None:
    panel = InventoryPanel()
    qtbot.addWidget(panel)
    panel.resize(420, 260)
    panel.show()
    panel.render(topics.QUOTER, view(line(filled=None, room=None), line(TWO, filled=0.0, held=Decimal(0))))
    assert [row.instrument for row in panel.bars.rows] == [TWO, ONE]
    image = panel.bars.grab().toImage()
    y = panel.bars.row_px() + 8
    bars = {image.pixelColor(x, y).name() for x in range(180, image.width() - 70)}
    assert theme.current().colour("buy").name() not in bars


def test_markets_without_room_are_counted_and_come_by_wheel_and_keys(qtbot) -> None:
    """Twelve markets in a low dock: those below were neither seen nor spoken of."""
    panel = InventoryPanel()
    qtbot.addWidget(panel)
    panel.resize(420, 150)
    panel.show()
    panel.selected.connect(panel.set_instrument)  # as the link group turns all its docks
    many = [InstrumentId(KALSHI, f"M{n}") for n in range(12)]
    panel.render(topics.QUOTER, view(*(line(one, filled=1.0 - n / 20) for n, one in enumerate(many))))
    assert panel.bars.fit() < 12
    foot = panel.bars.grab().toImage().copy(0, panel.bars.fit() * panel.bars.row_px(), 120, panel.bars.row_px())
    assert len({foot.pixelColor(x, y).name() for x in range(100) for y in range(foot.height())}) > 1, "it says so"
    for _ in range(12):
        QTest.keyClick(panel.bars, Qt.Key.Key_Down)
    assert panel.instrument == many[11]
    assert panel.bars.first == 12 - panel.bars.fit()
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=QPoint(30, 3))
    assert panel.instrument == many[panel.bars.first]
