from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPainter, QPixmap

from widgets import paint, theme

GROUND = "surface.dock"


def drawn(draw, width=80, height=24):
    """What `draw(painter)` leaves on the ground of a dock."""
    pixmap = QPixmap(width, height)
    pixmap.fill(theme.current().colour(GROUND))
    painter = QPainter(pixmap)
    draw(painter)
    painter.end()
    return pixmap.toImage()


def inked(image):
    ground = theme.current().colour(GROUND)
    points = [(x, y) for x in range(image.width()) for y in range(image.height())]
    return {(x, y) for x, y in points if image.pixelColor(x, y) != ground}


def test_the_baseline_lies_a_third_of_the_letters_below_the_middle():
    assert paint.baseline(100, 20, 10) == pytest.approx(113.6)


@pytest.mark.parametrize(("align", "edge"), [(paint.LEFT, "left"), (paint.RIGHT, "right"), (paint.CENTRE, "centre")])
def test_text_is_aligned(qapp, align, edge):
    look = theme.current()
    image = drawn(
        lambda p: paint.text(p, QRect(10, 0, 60, 20), "888", look.number(11), look.colour("text.strong"), align)
    )
    xs = [x for x, _ in inked(image)]
    if edge == "left":
        assert 10 <= min(xs) <= 12
    elif edge == "right":
        assert 67 <= max(xs) <= 69
    else:
        assert abs((min(xs) + max(xs)) / 2 - 39.5) <= 1


@example(words="00JIÐNAW", room=57)  # kerned wider than the letters apart
@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"]), max_size=60), st.integers(12, 200))
def test_elided_text_fits(qapp, words, room):
    font = theme.current().ui(11)
    assert paint.width(paint.elided(words, font, room), font) <= room + 0.01


def test_text_that_fits_is_left_alone(qapp):
    assert paint.elided("KMDW", theme.current().ui(11), 200) == "KMDW"


def test_the_memory_of_texts_is_bounded_and_what_is_drawn_again_stays(qapp, monkeypatch):
    monkeypatch.setattr(paint, "_TEXTS_KEPT", 10)
    paint.forget_texts()
    font = theme.current().number(11)
    often = paint._laid_out("often", font)
    for number in range(50):
        paint.width(str(number), font)
        assert paint._laid_out("often", font) is often
    assert len(paint._texts) + len(paint._older) <= 20
    assert ("0", id(font)) not in {**paint._texts, **paint._older}


def test_every_state_of_a_connection_has_its_own_shape(qapp, monkeypatch):
    grey = theme.current().section("connection")
    shapes = {state: [shape, "text.strong"] for state, (shape, _) in grey.items()}
    monkeypatch.setattr(theme.Theme, "section", lambda self, name: shapes)
    images = {state: drawn(lambda p, s=state: paint.connection(p, 12, 12, s)) for state in shapes}
    for one, other in combinations(images, 2):
        assert inked(images[one]) != inked(images[other]), (one, other)


def test_an_unknown_state_is_drawn_as_off(qapp):
    assert drawn(lambda p: paint.connection(p, 12, 12, "?")) == drawn(lambda p: paint.connection(p, 12, 12, "off"))


@pytest.mark.parametrize(
    ("share", "colour"), [(0.0, "buy"), (0.69, "buy"), (0.7, "warn"), (0.9, "danger"), (3, "danger")]
)
def test_meters_change_colour_at_seventy_and_ninety_percent(qapp, share, colour):
    assert paint.meter_colour(share) == colour


@pytest.mark.parametrize(("share", "filled"), [(None, 0), (0.0, 0), (0.001, 1), (0.5, 29), (1.0, 58), (7.0, 58)])
def test_a_meter_is_filled_by_its_share(qapp, share, filled):
    image = drawn(lambda p: paint.meter(p, QRect(10, 6, 60, 8), share, colour="buy"))
    blue = theme.current().colour("buy")
    assert sum(image.pixelColor(x, 10) == blue for x in range(80)) == filled


def test_a_two_sided_meter_grows_from_its_middle(qapp):
    blue = theme.current().colour("buy")
    sides = []
    for share in (-0.5, 0.5, None):
        image = drawn(lambda p, s=share: paint.meter_two_sided(p, QRect(10, 6, 60, 8), s, colour="buy"))
        sides.append([x for x in range(80) if image.pixelColor(x, 9) == blue])
    assert max(sides[0]) < 40 < min(sides[1])
    assert sides[2] == []


@pytest.mark.parametrize("way", ["up", "down", "left", "right"])
def test_triangles_point(qapp, way):
    look = theme.current()
    points = inked(drawn(lambda p: paint.triangle(p, 20, 12, 10, look.colour("text.strong"), points=way)))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    tip = {"up": min(ys), "down": max(ys), "left": min(xs), "right": max(xs)}[way]
    row = [p for p in points if (p[1] if way in {"up", "down"} else p[0]) == tip]
    assert len(row) <= 3


def test_a_hatch_keeps_to_its_origin(qapp):
    brush = theme.current().hatch("halt")
    one = drawn(lambda p: paint.hatch(p, QRect(0, 0, 80, 24), brush))
    part = drawn(lambda p: paint.hatch(p, QRect(20, 4, 30, 12), brush))
    moved = drawn(lambda p: paint.hatch(p, QRect(0, 0, 80, 24), brush, QPoint(3, 0)))
    assert one.copy(20, 4, 30, 12) == part.copy(20, 4, 30, 12)
    assert one != moved


def test_a_button_that_cannot_be_pressed_looks_so(qapp):
    rect = QRect(0, 0, 80, 22)
    assert drawn(lambda p: paint.button(p, rect, "Buy")) != drawn(lambda p: paint.button(p, rect, "Buy", enabled=False))


@pytest.mark.parametrize(
    ("value", "colour"),
    [(Decimal("1.08"), "profit"), (-0.33, "loss"), (0, "text.muted"), (0.004, "text.muted"), (None, "text.dim")],
)
def test_colours_of_results(value, colour):
    assert paint.pnl_colour(value) == colour


def test_a_sentence_is_broken_between_words_and_only_its_last_line_is_cut(qapp):
    font = theme.current().ui(11)
    words = "The venue refused the key that signs requests because it is not of this account"
    found = paint.lines(words, font, 150, 10)
    assert " ".join(found) == words
    assert all(paint.width(line, font) <= 150 for line in found)
    with paint.watched() as cut:
        two = paint.lines(words, font, 150, 2)
    assert two[0] == found[0]
    assert two[1].endswith("…")
    assert len(cut) == 1
    assert paint.lines("", font, 150) == [""]


def test_what_is_painted_wider_than_its_room_is_noted_and_what_is_told_elsewhere_is_not(qapp):
    font, canvas = theme.current().ui(11), QPixmap(200, 20)
    with paint.watched() as cut:
        p = QPainter(canvas)
        paint.text(p, QRect(0, 0, 10, 20), "much too wide", font, theme.current().colour("text.default"))
        p.end()
        paint.elided("told in a tip", font, 10, told=True)
    assert cut == ["much too wide"]
