"""What the ladder paints: where columns lie, that numbers fit them, and the marks of every order state."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from tests.widgets import views_sample as sample
from widgets import ladder_look, ladder_paint, paint, theme
from widgets.ladder_keys import Column
from widgets.ladder_look import PAD, Columns, Look, Texts, order_mark

STATES = (
    "draft", "sent", "working", "partial", "canceling", "amending", "moved", "lost", "filled", "canceled", "rejected",
)  # fmt: skip


@pytest.fixture
def look(qapp):
    return Look(theme.install(qapp))


def drawn(look, view, width=560, **changes):
    scene = ladder_paint.Scene(
        view=view, columns=Columns(width), look=look, first=43, row=20, height=520, cursor=56, **changes
    )
    image = QImage(width, 520, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    ladder_paint.rows(painter, scene)
    painter.end()
    return image, scene


@pytest.mark.parametrize("width", [446, 560, 562, 720])
def test_columns_fill_the_width_without_overlap(qapp, width) -> None:
    theme.install(qapp)
    x = 0
    for left, wide in Columns(width).spans.values():
        assert left == x
        assert wide > 0
        x += wide
    assert x <= width


def test_the_small_set_is_taken_under_the_width_of_the_large(qapp) -> None:
    theme.install(qapp)
    assert "queue" in Columns(560).spans
    assert "queue" not in Columns(446).spans
    assert "edge" in Columns(446).spans


@pytest.mark.parametrize("width", [444, 560])
def test_every_number_fits_its_column(look, width) -> None:
    columns = Columns(width)
    inks = {"price": look.number, "bid": look.best, "ask": look.best}
    for view in (sample.book(), sample.curve(), sample.curve(7.7, 1000.0), large()):
        for name, texts in Texts().of(view.rows, 0).items():
            for text in texts if name in columns.spans else ():
                ink, wide = inks.get(name, look.aux), columns.spans[name][1]
                assert ink.width(text) <= wide - PAD, (name, text)


def large():
    rows = tuple(
        sample.msgspec.structs.replace(
            r, bid=sample.qty(9_999), ask=sample.qty(123_456), cum_bid=sample.qty(999_999),
            cum_ask=sample.qty(7_654_321), sold=sample.qty(12_345), bought=sample.qty(99.9), edge=-88.8,
            exit=sample.money("-888.88"),
        )
        for r in sample.book().rows
    )  # fmt: skip
    return sample.book(rows=rows)


@pytest.mark.parametrize("width", [444, 560])
def test_headers_fit_their_columns(qapp, width) -> None:
    look = theme.install(qapp)
    font = look.ui(look.type("caption"), 500)
    for name, (_, wide) in Columns(width).spans.items():
        assert paint.width(ladder_paint.HEADERS[name], font) <= wide


def test_the_sizes_of_a_column_have_one_number_of_decimals(qapp) -> None:
    """On a maker's curve 4, 4.0 and .47 stood in one column."""
    theme.install(qapp)
    rows = sample.book().rows
    some = [Decimal(4), Decimal("4.02"), Decimal("0.47"), Decimal("0.002")]
    sizes = [some[i % 4] for i in range(len(rows))]
    curve = tuple(sample.msgspec.structs.replace(r, bid=q, cum_bid=30 * q) for r, q in zip(rows, sizes, strict=True))
    texts = Texts()
    told = texts.of(curve, 0)
    assert told["bid"][:4] == ["4.00", "4.02", "0.47", "<0.01"]
    assert told["cum"][:4] == ["120", "121", "14", "<1"]
    larger = (sample.msgspec.structs.replace(curve[0], bid=Decimal(14)), *curve[1:])
    assert texts.of(larger, 0)["bid"][:4] == ["14.0", "4.0", "0.5", "<0.1"], "what did not change is written anew"
    whole = tuple(sample.msgspec.structs.replace(r, bid=Decimal(7)) for r in rows)
    assert set(texts.of(whole, 0)["bid"]) == {"7"}


def test_each_state_of_an_order_looks_different_on_both_sides(look) -> None:
    seen = set()
    for state in STATES:
        for side in Column:
            image = QImage(44, 16, QImage.Format.Format_RGB32)
            image.fill(look.dock)
            painter = QPainter(image)
            order_mark(painter, QRect(2, 1, 38, 14), "4/10" if state == "partial" else "10", state, side, look)
            painter.end()
            seen.add((state, bytes(image.constBits())))
    assert len({pixels for _, pixels in seen}) == len(seen)
    assert len(seen) > len(STATES)


def test_only_paper_orders_have_the_corner(look) -> None:
    teal = look.theme.colour("mode.paper")
    for paper in (True, False):
        image = look.mark_pixmap(38, 15, "10", "working", Column.BID, paper=paper).toImage()
        assert (image.pixelColor(36, 1) == teal) is paper


def test_fair_lies_between_its_rows(look) -> None:
    image, scene = drawn(look, sample.book())
    x = scene.columns.spans["price"][0]
    y = round(scene.y_of(46.8))
    assert y == round((56 - 46.8) * 20 + 10)
    assert image.pixelColor(x, y) == look.fair


def test_unknown_is_not_drawn(look) -> None:
    view = sample.book(fair=None, average=None, breakeven=None, last=None)
    image, scene = drawn(look, view)
    assert image.pixelColor(scene.columns.spans["price"][0], round(scene.y_of(46.8))) != look.fair


def test_bars_are_scaled_to_the_largest_visible_size(look) -> None:
    image, scene = drawn(look, sample.book())
    x, wide = scene.columns.spans["ask"]
    y = scene.y(99 - 50) + 3
    assert image.pixelColor(x + wide - 4, y) == look.ask_bar
    assert image.pixelColor(x + wide - 4, y + 20) == look.ask_zone


def test_texts_are_made_anew_only_for_numbers_that_changed() -> None:
    texts = Texts()
    view = sample.book()
    before = texts.of(view.rows, 0)
    rows = list(sample.book().rows)
    rows[57] = sample.msgspec.structs.replace(rows[57], bid=sample.qty(181))
    after = texts.of(rows, 0)
    assert (before["bid"][57], after["bid"][57]) == ("180", "181")
    assert all(a is b for i, (a, b) in enumerate(zip(after["bid"], before["bid"], strict=True)) if i != 57)
    assert all(after[name] is before[name] for name in after if name != "bid")
    elsewhere = texts.of(rows[1:], 1)
    assert all(a == b for name in after for a, b in zip(elsewhere[name], after[name][1:], strict=True))


def test_all_ladders_of_a_theme_share_what_they_are_drawn_with(qapp) -> None:
    first = theme.install(qapp)
    look = ladder_look.look_of(first)
    assert ladder_look.look_of(first) is look
    second = theme.install(qapp, density="compact")
    assert ladder_look.look_of(second) is not look
    assert ladder_look.look_of(second).theme is second


def test_an_ink_keeps_a_bounded_memory_and_what_is_drawn_again_stays(look, monkeypatch) -> None:
    monkeypatch.setattr(ladder_look, "KEPT", 10)
    often = look.number.laid_out("88.5")
    for number in range(50):
        look.number.laid_out(str(number))
        assert look.number.laid_out("88.5") is often
    assert len(look.number._kept) + len(look.number._older) <= 20


def test_the_line_of_fair_leaves_the_prices_to_be_read(look) -> None:
    image, scene = drawn(look, sample.book())
    x, w = scene.columns.spans["price"]
    y = round(scene.y_of(46.8))
    middle = [image.pixelColor(px, y) for px in range(x + 8, x + w - 8)]
    assert look.fair not in middle
    left = scene.columns.spans["bid"][0]
    assert look.fair in [image.pixelColor(px, y) for px in range(left, x)]
