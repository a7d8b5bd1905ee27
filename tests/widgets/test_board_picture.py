"""What a bracket board paints of a view: the rows that look different, and the same picture as one painted whole."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from engine.core.units import MINUTE, SECOND, Nanos, Ticks
from engine.views.board import BoardView
from tests.widgets import views_sample as sample
from tests.widgets.pictures import OnScreen, differing
from widgets import board_lines, formats, theme
from widgets.board_grid import BoardGrid


@pytest.fixture
def grid(qapp, qtbot):
    theme.install(qapp)
    one = BoardGrid()
    qtbot.addWidget(one)
    one.resize(1046, 248)
    one.show()
    qtbot.waitExposed(one)
    one.show_view(sample.board())
    return one


def turned(view: BoardView, rng: random.Random) -> BoardView:
    """Return a view a moment later: something of it is another."""
    rows = list(view.rows)
    for at in rng.sample(range(len(rows)), rng.choice((0, 1, 1, 2, len(rows)))):
        share = rng.random()
        change = rng.choice(
            (
                {"bid": rng.choice((None, Ticks(rng.randint(1, 90) * 100)))},
                {"ask_size": sample.qty(rng.randint(0, 30_000))},
                {"implied": rng.choice((None, share))},
                {"implied": share, "implied_low": share / 2, "implied_high": share, "model": None},
                {"model": share, "model_low": share / 2, "model_high": (1 + share) / 2},
                {"change_5m": rng.choice((None, -2.0, 0.0, 4.0))},
                {"edge_yes": rng.choice((None, -3.0, 2.2, 12.0))},
                {"position": sample.qty(rng.choice((0, 12, -3)))},
                {"pnl": rng.choice((None, sample.money("-1.25")))},
                {"dead": rng.choice(("", "the running maximum is above it"))},
                {"locked": rng.choice(("", "84 °F was reported"))},
                {"all_in_yes": share},
            )
        )
        rows[at] = replace(rows[at], **change)
    rest = rng.choice(
        ({}, {}, {"sum_bid": 80 + 30 * rng.random()}, {"mean": 80 + rng.random()}, {"age_s": float(rng.randint(0, 90))},
         {"status": rng.choice(("open", "closed"))}, {"mean_trail": ((0, 80.0), (60, 80.0 + rng.random()))})
    )  # fmt: skip
    return replace(view, rows=tuple(rows), **rest)


def test_what_nothing_new_comes_of_ages_by_the_clock(grid) -> None:
    at = Nanos(100 * MINUTE)
    told = {"report": "METAR KMDW", "report_at": Nanos(61 * MINUTE), "run": "HRRR 18Z", "run_at": at}
    view, screen = sample.board(age_s=0.4, asked_at=at, **told), OnScreen(grid)
    for _ in range(2):  # a view that comes later is as old as it says, whatever was shown before
        grid.show_view(view)
        screen.settle()
        assert board_lines.ages(view, grid.now).startswith("book 0.4 s · METAR KMDW 39 m · HRRR 18Z 0")
        grid.show_now(Nanos(at + SECOND // 2))
        assert screen.settle().isEmpty(), "no more than once a second"
        grid.show_now(Nanos(at + 75 * SECOND))
        assert board_lines.ages(view, grid.now) == "book 75 s · METAR KMDW 40 m · HRRR 18Z 75 s"
        assert screen.settle().boundingRect().height() == theme.current().size("toolRow")
        after = screen.picture()
        assert differing(after, screen.whole()) == []
        grid.show_now(at)


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_painted_after_each_view_make_the_picture_of_one_painted_whole(grid, seed) -> None:
    rng, screen, view = random.Random(seed), OnScreen(grid), sample.board()
    screen.settle()
    parts = 0
    for turn in range(60):
        for _ in range(rng.choice((1, 1, 3))):
            view = turned(view, rng)
            grid.show_view(view)
        if turn % 9 == 4:
            grid.choose(rng.choice(view.rows).instrument)
        if turn % 10 == 6:
            grid.toggle_tick(rng.choice(view.rows))
            grid.ends = tuple(sample.money(n) for n in range(len(view.rows))) if grid.ticked else ()
        if turn % 8 == 3:
            grid.left = f"0:{turn}"
            grid.update_foot()
        painted = screen.settle()
        painted += screen.settle()  # lower rows come after the upper ones
        parts += painted.boundingRect() != grid.rect()
        after = screen.picture()
        assert differing(after, screen.whole()) == [], turn
    assert parts > 20


def test_only_what_looks_different_is_painted(grid) -> None:
    screen, view = OnScreen(grid), sample.board()
    screen.settle()
    screen.settle()
    grid.show_view(sample.board())
    assert screen.settle().isEmpty()
    rows = tuple(replace(r, ask_size=sample.qty(77)) if n == 2 else r for n, r in enumerate(view.rows))
    grid.show_view(replace(view, rows=rows))
    assert screen.settle().boundingRect() == grid.row_rect(2)
    grid.show_view(replace(view, rows=rows, mean=81.5))
    painted = screen.settle().boundingRect() | screen.settle().boundingRect()
    assert painted.top() > grid.row_rect(len(rows) - 1).top()
    grid.show_view(replace(view, rows=rows, mean=81.5, sum_bid=55.5))
    assert screen.settle().boundingRect().bottom() < grid.top


def test_rows_that_went_leave_nothing_behind(grid) -> None:
    view, screen = sample.board(), OnScreen(grid)
    screen.settle()
    grid.show_view(replace(view, rows=view.rows[:-2]))
    screen.settle()
    screen.settle()
    after = screen.picture()
    assert differing(after, screen.whole()) == []


def test_lines_under_a_bar_that_is_not_known_move_with_the_scale(grid) -> None:
    view, screen = sample.board(), OnScreen(grid)
    bare = {"implied": None, "implied_low": None, "implied_high": None, "model": None, "model_low": None}
    rows = [replace(row, model_high=None, **bare) for row in view.rows]
    grid.show_view(replace(view, rows=tuple(rows)))
    screen.settle()
    screen.settle()
    at = next(n for n, row in enumerate(rows) if not row.dead)
    rows[at] = replace(rows[at], implied=0.9)
    grid.show_view(replace(view, rows=tuple(rows)))
    screen.settle()
    screen.settle()
    after = screen.picture()
    assert differing(after, screen.whole()) == []


def test_numbers_are_written_anew_where_they_are_written_otherwise(grid, qapp) -> None:
    screen = OnScreen(grid)
    screen.settle()
    before = formats.style()
    try:
        formats.use(formats.Style(decimal=formats.COMMA))
        theme.redraw(qapp)
        screen.settle()
        after = screen.picture()
        grid.show_view(replace(sample.board(), rows=tuple(replace(r, label=f"{r.label} ") for r in grid.rows)))
        assert differing(after, screen.whole()) == []
    finally:
        formats.use(before)


def test_a_low_board_gives_the_line_of_sums_to_its_rows(grid) -> None:
    screen = OnScreen(grid)
    look, many = theme.current(), len(grid.rows)
    assert not grid.folded
    whole = grid.top
    tall = grid.foot().height() + look.size("columnHeader") + min(6, many) * grid.row_height
    grid.resize(grid.width(), tall + look.size("toolRow"))
    assert (grid.folded, grid.visible_rows()) == (False, min(6, many))
    grid.resize(grid.width(), tall + look.size("toolRow") - 1)
    screen.settle()
    assert (grid.folded, grid.top) == (True, whole - look.size("toolRow"))
    assert grid.visible_rows() >= min(6, many)
    grid.show_now(Nanos(75 * SECOND))
    assert screen.settle().isEmpty(), "what is folded ages unseen"
