"""The options chain dock: which chain it follows, and what a hand on it asks for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from engine.core.commands import Watch
from engine.core.units import Side
from engine.views import topics
from tests.widgets import option_views as views
from widgets import formats, option_columns, theme
from widgets.option_chain import OptionsPanel
from widgets.option_picture import FOOT_PX, Spot
from widgets.states import EMPTY, LIVE, LOADING, STALE

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panel(qtbot):
    found = OptionsPanel()
    qtbot.addWidget(found)
    found.resize(985, 520)
    found.said, found.orders, found.legs, found.chosen = [], [], [], []
    found.intent.connect(found.said.append)
    found.order_wanted.connect(found.orders.append)
    found.leg_wanted.connect(found.legs.append)
    found.selected.connect(found.chosen.append)
    found.show()
    found.render(topics.EXPIRIES, views.expiries())
    found.render(topics.chain(views.key()), views.chain())
    return found


def cell(panel, row, put, column):
    """Return the middle of a cell."""
    part = next((x, wide) for one, x, wide in panel.grid.cells(put=put) if one.key == column)
    return QPoint(part[0] + part[1] // 2, panel.grid.row_rect(row).center().y())


def test_it_begins_with_what_is_held_and_follows_it(panel) -> None:
    assert panel.key == views.key().text
    assert panel.said == [Watch(what=panel.key, who=panel.who)]
    assert panel.topics() == {topics.EXPIRIES, topics.chain(views.key())}
    assert panel.state == LIVE
    assert [one.days for one in panel.tabs.lines] == [6.0, 13.0, 27.0, 55.0, 83.0, 174.0]


def test_another_expiry_lets_the_one_before_go(panel) -> None:
    heard = []
    panel.chain_chosen.connect(heard.append)
    QTest.mouseClick(panel.tabs, LEFT, PLAIN, panel.tabs.rect_of(views.key(55).text).center())
    assert panel.said[1:] == [
        Watch(what=views.key(27).text, on=False, who=panel.who),
        Watch(what=views.key(55).text, who=panel.who),
    ]
    assert heard == [views.key(55).text]
    assert panel.state == LOADING
    assert panel.grid.view is None
    panel.render(topics.chain(views.key(27)), views.chain())
    assert panel.grid.view is None, "an answer to what was asked before is dropped"


def test_a_chain_that_nobody_looks_at_any_more_is_let_go_once(panel) -> None:
    panel.let_go()
    panel.let_go()
    assert panel.said[1:] == [Watch(what=views.key(27).text, on=False, who=panel.who)]


def test_another_settlement_keeps_the_expiry(panel) -> None:
    panel.groups.setCurrentText("BTC · Deribit · BTC")
    panel.groups.activated.emit(1)
    assert panel.key == views.key(27, "BTC").text


def test_a_click_selects_and_a_click_on_a_price_drafts_an_order(panel) -> None:
    QTest.mouseClick(panel.grid, LEFT, PLAIN, cell(panel, 8, False, "delta"))
    assert (panel.grid.at.row, panel.grid.at.put) == (8, False)
    assert panel.chosen == [panel.grid.rows[8].call.instrument]
    assert panel.orders == []
    QTest.mouseClick(panel.grid, LEFT, PLAIN, cell(panel, 8, False, "bid"))
    QTest.mouseClick(panel.grid, LEFT, PLAIN, cell(panel, 9, True, "ask"))
    call, put = panel.grid.rows[8].call, panel.grid.rows[9].put
    assert [(o.instrument, o.side, o.price) for o in panel.orders] == [
        (call.instrument, Side.BUY, call.bid),
        (put.instrument, Side.SELL, put.ask),
    ]


def test_keys_walk_draft_and_add_legs(panel) -> None:
    grid = panel.grid
    for key, modifier in (
        (Qt.Key.Key_Down, PLAIN), (Qt.Key.Key_Down, PLAIN), (Qt.Key.Key_Right, PLAIN), (Qt.Key.Key_B, PLAIN),
        (Qt.Key.Key_S, PLAIN), (Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier), (Qt.Key.Key_BracketRight, PLAIN),
    ):  # fmt: skip
        QTest.keyClick(grid, key, modifier)
    put = views.chain().rows[9].put
    assert [(o.side, o.price) for o in panel.orders] == [(Side.BUY, put.ask), (Side.SELL, put.bid)]
    assert [(leg.side, leg.strike, leg.put) for leg in panel.legs] == [(Side.BUY, 72e3, True), (Side.SELL, 72e3, True)]
    assert panel.key == views.key(55).text


def test_a_selection_stays_with_its_strike_and_is_spoken(panel) -> None:
    panel.grid.select(Spot(11, False))
    fewer = views.chain(rows=views.chain().rows[2:])
    panel.render(topics.chain(views.key()), fewer)
    assert panel.grid.at.row == 9
    assert panel.grid.accessibleDescription().startswith("Call 76\xa0000")


def test_the_row_menu_offers_ticket_and_plan(panel) -> None:
    menu = QMenu(panel)
    panel.fill_row_menu(menu, Spot(3, True))
    for action in menu.actions():
        action.trigger()
    assert len(panel.orders) == len(panel.legs) == 2


def test_an_option_of_this_chain_is_shown_where_another_dock_turned_to_it(panel) -> None:
    panel.set_instrument(panel.grid.rows[4].put.instrument)
    assert (panel.grid.at.row, panel.grid.at.put) == (4, True)
    assert panel.chosen == []


def test_it_says_why_its_numbers_are_old_and_when_there_are_none(panel, qtbot) -> None:
    panel.render(topics.chain(views.key()), views.chain(state="stale", note="The venue's link is down."))
    assert (panel.state, panel.why) == (STALE, "The venue's link is down.")
    other = OptionsPanel()
    qtbot.addWidget(other)
    other.render(topics.EXPIRIES, views.expiries().__class__(rows=(), now=views.NOW))
    assert other.state == EMPTY


def test_an_export_has_every_option_with_its_digits(panel) -> None:
    (make,) = panel.sheets()
    sheet = make()
    assert len(sheet.rows) == 36
    first = dict(zip(sheet.headers, sheet.rows[0], strict=True))
    assert first["strike"] == Decimal(54_000)
    assert first["delta"] == views.chain().rows[0].call.delta


def test_it_paints_in_every_width(panel) -> None:
    for width in (340, 640, 985, 1_600):
        panel.resize(width, 300)
        assert not panel.grab().isNull()
        for put in (False, True):
            ends = [x + wide for _, x, wide in panel.grid.cells(put=put)]
            assert ends[-1] <= panel.grid.width() or width < 400


def test_only_what_looks_different_is_painted_anew_and_nothing_else_is_missed(panel, qtbot) -> None:
    grid, painted = panel.grid, []

    class Ear(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                painted.append(QRegion(event.region()))
            return False

    ear = Ear()

    def shown(view):
        """Show a view; return what of the grid was painted, and its picture before and after."""
        before = grid.grab().toImage()
        painted.clear()
        grid.installEventFilter(ear)
        panel.render(topics.chain(views.key()), view)
        QApplication.processEvents()
        QApplication.processEvents()  # where many rows have changed, the lower ones come after the upper ones
        grid.removeEventFilter(ear)
        where = QRegion()
        for one in painted:
            where = where.united(one)
        return where, before, grid.grab().toImage()

    def of_row(n, **changes):
        rows = list(first.rows)
        rows[n] = replace(rows[n], call=replace(rows[n].call, **changes))
        return replace(first, rows=tuple(rows))

    first = views.chain()
    grid.select(Spot(7, False))
    grid._home = False  # as somebody who scrolls has it
    shown(first)
    assert shown(of_row(6, bid_qty=Decimal(77), age_s=9.0))[0].isEmpty(), "what nobody reads is not painted"
    seen = grid.first + 2
    row = grid.row_rect(seen)
    cells = {part.key: QRect(x, row.y(), wide, row.height()) for part, x, wide in grid.cells(put=False)}
    aged = QRegion(row).intersected(QRect(0, 0, grid.strike_rect().x(), grid.height()))
    for known in option_columns.KNOWN:
        aged -= QRegion(cells.get(known, QRect()))
    changed = {
        "price": (of_row(seen, bid=1.0), QRegion(cells["bid"])),
        "prices": (of_row(seen, bid=1.0, ask=2.0), QRegion(cells["bid"]) + QRegion(cells["ask"])),
        "stale": (of_row(seen, stale="old"), aged),
        "forward": (replace(first, forward=first.forward + 3.0), None),
        "crossed": (replace(first, forward=float(first.rows[9].strike) + 1.0), None),
        "crossed back": (replace(first, forward=float(first.rows[8].strike) - 1.0), None),
        "outside": (replace(first, forward=1.0), None),
        "unknown": (replace(first, forward=None), None),
        "selected": (of_row(7, ask=2.0), None),
        "scale": (of_row(seen, bid=1.2345), None),
        "side gone": (replace(first, rows=(*first.rows[:-1], replace(first.rows[-1], put=None))), None),
    }
    for what, (view, least) in changed.items():
        where, before, after = shown(view)
        assert least is None or where == least, what
        assert where.isEmpty() or before != after, what
        drawn = before.copy()
        grid.render(drawn, where.boundingRect().topLeft(), where)
        assert drawn == after, f"{what}: what is painted alone is another picture"
        for picture in (before, after):
            painter = QPainter(picture)
            painter.setClipRegion(where)
            painter.fillRect(picture.rect(), Qt.GlobalColor.white)
            painter.end()
        assert before == after, f"{what}: something outside of {where.boundingRect()} was missed"
        shown(first)


def test_numbers_of_a_chain_are_written_anew_where_they_are_written_otherwise(panel, qapp) -> None:
    grid, before = panel.grid, formats.style()
    try:
        grid.grab()
        formats.use(formats.Style(decimal=formats.COMMA))
        theme.redraw(qapp)
        written = grid.grab().toImage()
        panel.render(topics.chain(views.key()), replace(views.chain(), rows=tuple(map(replace, views.chain().rows))))
        assert written == grid.grab().toImage()
        assert any("," in ink.words for ink in grid._picture._look(grid.first)[0])
    finally:
        formats.use(before)


@pytest.mark.parametrize(("before", "after"), [(1.0, None), (None, 1.0), (1.0, 1e9)])
def test_a_forward_outside_of_all_strikes_changes_the_ground_of_every_row(panel, before, after) -> None:
    grid, painted = panel.grid, []

    class Ear(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                painted.append(QRegion(event.region()))
            return False

    ear = Ear()
    grid._home = False
    panel.render(topics.chain(views.key()), replace(views.chain(), forward=before))
    QApplication.processEvents()
    grid.installEventFilter(ear)
    panel.render(topics.chain(views.key()), replace(views.chain(), forward=after))
    QApplication.processEvents()
    grid.removeEventFilter(ear)
    assert any(one.contains(grid.row_rect(grid.first + 1).center()) for one in painted)


def test_no_row_is_shown_by_half_and_the_edge_says_that_there_are_more(panel) -> None:
    grid = panel.grid
    tall = grid.top + 2 * grid.row_px + grid.row_px // 2 + FOOT_PX
    grid.setFixedHeight(tall)
    QApplication.processEvents()
    assert (grid.visible(), len(grid.in_sight)) == (2, 2)
    below = grid.row_rect(grid.first + 2)
    picture = grid.grab().toImage()
    body = QRect(0, below.y(), grid.width() - 8, tall - FOOT_PX - below.y())
    ground = QColor(theme.current().colour("surface.dock")).rgb()
    assert {picture.pixel(x, body.y()) for x in range(body.width())} == {ground}
    assert grid.spot_at(200, below.y() + 2) == Spot()
    edge = {picture.pixelColor(grid.width() - 2, y).name() for y in range(grid.top, below.y())}
    assert QColor(theme.current().colour("line.control")).name() in edge


def test_no_price_runs_under_the_strikes_of_the_narrowest_chain(panel) -> None:
    grid = panel.grid
    grid.resize(grid.minimumSize())
    assert grid.width() == grid.minimumWidth()
    calls, puts = (grid.cells(put=put) for put in (False, True))
    assert all(x + wide <= grid.strike_rect().x() and wide >= one.width for one, x, wide in calls)
    assert all(grid.strike_rect().right() < x and x + wide <= grid.width() for one, x, wide in puts)
