"""What the list of markets paints: the lines that look different, and the same picture as one painted whole."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from engine.core.units import MINUTE, Nanos, Ticks
from engine.views.market import MarketRow
from tests.widgets import views_sample as sample
from tests.widgets.pictures import OnScreen, differing
from widgets import formats, theme
from widgets.market_lines import lines
from widgets.markets_list import MarketsList

ROWS = sample.markets().rows


@pytest.fixture
def shown(qapp, qtbot):
    theme.install(qapp)
    one = MarketsList()
    qtbot.addWidget(one)
    one.resize(320, 200)
    one.show()
    qtbot.waitExposed(one)
    one.show_time(sample.NOW)
    one.show_lines(lines(ROWS, {sample.CHI}, set()))
    return one


def turned(row: MarketRow, rng: random.Random) -> MarketRow:
    """Return a row a moment later."""
    return replace(
        row,
        **rng.choice(
            (
                {"bid": rng.choice((None, Ticks(100 * rng.randint(1, 98))))},
                {"ask": Ticks(100 * rng.randint(1, 98))},
                {"edge": rng.choice((None, -2.0, 0.0, 3.3))},
                {"overround": rng.choice((None, 4.4))},
                {"position": sample.qty(rng.choice((0, -7, 12)))},
                {"status": rng.choice(("open", "halted"))},
                {"phase": rng.choice((1, 2))},
                {"volume": sample.qty(rng.randint(1, 900))},
                {"model": rng.random()},
            )
        ),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_painted_after_each_view_make_the_picture_of_one_painted_whole(shown, seed) -> None:
    rng, rows, screen = random.Random(seed), list(ROWS), OnScreen(shown, shown.viewport())
    screen.settle()
    opened, starred, parts = {sample.CHI}, set(), 0
    for turn in range(60):
        for at in rng.sample(range(len(rows)), rng.choice((0, 1, 1, 3))):
            rows[at] = turned(rows[at], rng)
        if turn % 9 == 4:
            (opened if turn % 2 else starred).symmetric_difference_update({rng.choice(rows).market})
        if turn % 11 == 6:
            shown.choose(rng.choice(rows).instrument)
        if turn % 8 == 3:
            shown.verticalScrollBar().setValue(rng.choice((0, 7, 40, 200)))
        if turn % 15 == 9:
            shown.show_time(Nanos(sample.NOW + turn * MINUTE))
        shown.show_lines(lines(rows, opened, starred))
        painted = screen.settle().boundingRect()
        parts += painted != shown.viewport().rect()
        after = screen.picture()
        assert differing(after, screen.whole()) == [], turn
    assert parts > 20


def test_only_lines_that_look_different_are_painted(shown) -> None:
    screen = OnScreen(shown, shown.viewport())
    shown.show_lines(lines([replace(r, volume=sample.qty(2)) for r in ROWS], {sample.CHI}, set()))
    screen.settle()
    shown.show_lines(lines([replace(r, volume=sample.qty(1)) for r in ROWS], {sample.CHI}, set()))
    assert screen.settle().isEmpty(), "nobody reads the volume here"
    at = next(n for n, line in enumerate(shown.lines) if line.name == "86–87")
    rows = [replace(r, bid=Ticks(1300)) if r.label == "86–87" else r for r in ROWS]
    shown.show_lines(lines(rows, {sample.CHI}, set()))
    assert screen.settle().boundingRect() == shown.line_rect(at)


def test_a_list_without_a_line_says_another_reason_at_once(shown) -> None:
    screen = OnScreen(shown, shown.viewport())
    shown.show_lines(())
    screen.settle()
    shown.nothing = "No market fits the filter."
    shown.show_lines(())
    assert screen.settle().boundingRect() == shown.viewport().rect()


def test_numbers_are_written_anew_where_they_are_written_otherwise(shown, qapp) -> None:
    screen = OnScreen(shown, shown.viewport())
    screen.settle()
    shown.show_lines(lines([replace(r, volume=sample.qty(2)) for r in ROWS], {sample.CHI}, set()))
    screen.settle()
    before = formats.style()
    try:
        formats.use(formats.Style(decimal=formats.COMMA))
        theme.redraw(qapp)
        screen.settle()
        after = screen.picture()
        shown.choose(shown.lines[-1].first.instrument)
        screen.settle()
        shown.choose(None)
        assert differing(after, screen.whole()) == []
    finally:
        formats.use(before)


def test_no_line_is_shown_by_half(shown) -> None:
    shown.show_lines(lines(list(ROWS), {sample.CHI}, set()))
    shown.resize(320, 4 * shown.row + shown.row // 2)
    for top in (0, 7, shown.verticalScrollBar().maximum()):
        shown.verticalScrollBar().setValue(top)
        room = shown.viewport().rect()
        assert all(room.contains(shown.line_rect(at)) for at in shown._in_sight())
        assert shown.index_at(room.height() - 1) in {-1, *shown._in_sight()}
