"""What a ladder paints of a view: the cells that look different, and the same picture as one painted whole."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from engine.core.units import Ticks
from engine.views.ladder import LadderView
from tests.widgets import views_sample as sample
from tests.widgets.pictures import OnScreen, differing
from widgets import theme
from widgets.ladder_grid import LadderGrid
from widgets.ladder_keys import Column


@pytest.fixture
def grid(qapp, qtbot):
    theme.install(qapp)
    one = LadderGrid()
    qtbot.addWidget(one)
    one.resize(562, 620)
    one.show()
    qtbot.waitExposed(one)
    return one


def turned(view: LadderView, rng: random.Random) -> LadderView:
    """Return a view a moment later: something of it is another."""
    rows = list(view.rows)
    some = rng.sample(range(len(rows)), rng.choice((0, 1, 1, 2, 40)))
    for at in some:
        size = sample.qty(rng.choice((1, 7, 12.5, 340, 2500, 12_345)))
        change = rng.choice(
            (
                {"bid" if rows[at].bid else "ask": size},
                {"cum_bid": size, "cum_ask": None},
                {"sold": size},
                {"bought": None},
                {"queue_bid": size},
                {"edge": rng.choice((None, 0.01, -3.3, 2.0, 9.5))},
                {"exit": rng.choice((None, sample.money("-3.2"), sample.money("41.5"), sample.money("-1234567.8")))},
                {"edge": rng.choice((-1_234_567.8, 123_456.7, 1.0))},
                {"cum_bid": sample.qty(rng.choice((3, 123_456_789_012)))},
                {"mine_bid": "7", "mine_bid_state": rng.choice(("working", "lost", "canceling", "sent"))},
                {"mine_ask": "", "mine_ask_state": ""},
            )
        )
        rows[at] = replace(rows[at], **change)
    what = rng.choice(("fair", "band", "last", "average", "breakeven", "best", "none", "none"))
    view = replace(view, rows=tuple(rows))
    if what == "fair":
        return replace(view, fair=rng.choice((None, 40 + 10 * rng.random())))
    if what == "band":
        low = 38 + 8 * rng.random()
        return rng.choice((replace(view, fair_low=None), replace(view, fair_low=low, fair_high=low + 6 * rng.random())))
    if what == "last":
        return replace(view, last=Ticks(100 * rng.randint(38, 48)))
    if what == "best":
        return replace(view, best_bid=Ticks(100 * rng.randint(40, 42)))
    if what != "none":
        return replace(view, **{what: rng.choice((None, 36 + 12 * rng.random()))})
    return view


@pytest.mark.parametrize(("first", "seed"), [(sample.book(), 1), (sample.curve(phase=3, curve=False), 2)])
def test_parts_painted_after_each_view_make_the_picture_of_one_painted_whole(grid, first, seed) -> None:
    rng, screen, view = random.Random(seed), OnScreen(grid), first
    grid.set_view(view)
    screen.settle()
    parts = 0
    for turn in range(60):
        for _ in range(rng.choice((1, 1, 3))):
            view = turned(view, rng)
            grid.set_view(view)
        if turn % 9 == 4:
            grid.move_cursor(40 + turn % 30, rng.choice((Column.BID, Column.ASK)))
        if turn % 7 == 2:
            grid.scroll_to(grid.first + rng.choice((-3, 2)))
        if turn % 11 == 5:
            grid.say((), rng.choice((None, (grid.first + 4, Column.BID, "[5]"))))
        painted = screen.settle()
        parts += painted.boundingRect() != grid.rect()
        after = screen.picture()
        assert differing(after, screen.whole()) == [], turn
    assert parts > 20


def test_only_cells_that_look_different_are_painted(grid) -> None:
    screen, view = OnScreen(grid), sample.book()
    grid.set_view(view)
    screen.settle()
    grid.set_view(sample.book())
    assert screen.settle().isEmpty()
    at = grid.index(Column.BID)
    rows = tuple(replace(r, queue_bid=sample.qty(3)) if n == at else r for n, r in enumerate(view.rows))
    grid.set_view(replace(view, rows=rows))
    assert screen.settle().boundingRect() == grid.cell_rect(at, "queue")
    rows = tuple(replace(r, exit=sample.money("1.5")) for r in rows)
    grid.set_view(replace(view, rows=rows))
    cell = grid.cell_rect(at, "exit")
    tall = grid.visible_rows() * grid.row_height
    assert screen.settle().boundingRect() == QRect(cell.x(), grid.top, cell.width(), tall)


def test_a_number_wider_than_its_cell_has_its_row_painted_and_no_other(grid) -> None:
    screen, view = OnScreen(grid), sample.book()
    grid.set_view(view)
    screen.settle()
    at = grid.index(Column.BID)
    line = QRect(0, grid.cell_rect(at, "price").y(), grid.columns.width, grid.row_height)
    for told in ("-1234567.8", "-7654321.8", "1.5"):  # it comes, it changes, it goes
        rows = tuple(replace(r, exit=sample.money(told)) if n == at else r for n, r in enumerate(view.rows))
        grid.set_view(replace(view, rows=rows))
        assert screen.settle().boundingRect() == line
        after = screen.picture()
        assert differing(after, screen.whole()) == []


def test_a_cell_under_a_number_that_is_too_wide_is_painted_with_it(grid) -> None:
    screen, view = OnScreen(grid), sample.book()
    rows = tuple(replace(r, exit=sample.money("-1234567.8")) for r in view.rows)
    grid.set_view(replace(view, rows=rows))
    at = grid.index(Column.BID)
    screen.settle()
    rows = tuple(replace(r, edge=3.3) if n == at else r for n, r in enumerate(rows))
    grid.set_view(replace(view, rows=rows))
    assert screen.settle().boundingRect() == grid.cell_rect(at, "edge")
    after = screen.picture()
    assert differing(after, screen.whole()) == []
    grid.scroll_to(grid.first + 3)
    screen.settle()
    grid.say((), (at, Column.BID, "[5]"))
    assert screen.settle().boundingRect() == grid.cell_rect(at, "mine")
    after = screen.picture()
    assert differing(after, screen.whole()) == []


def test_a_dragged_order_shows_what_is_left_of_it_where_it_is_held(grid) -> None:
    screen, view = OnScreen(grid), sample.book()
    at = next(n for n, row in enumerate(view.rows) if row.mine_bid_state)
    grid.set_view(view)
    grid.scroll_to(at - 3)
    screen.settle()
    cell = grid.cell_rect(at, "mine").center()
    QTest.mousePress(grid, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, cell)
    QTest.mouseMove(grid, cell + QPoint(0, 3 * grid.row_height))
    assert grid.mouse.dragging is not None
    grid.set_view(view)
    screen.settle()
    rows = tuple(replace(row, mine_bid="1") if n == at else row for n, row in enumerate(view.rows))
    grid.set_view(replace(view, rows=rows))
    screen.settle()
    after = screen.picture()
    assert differing(after, screen.whole()) == []
