import itertools
import math

import pytest
from PySide6.QtGui import QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QToolTip

from widgets import ladder_look, theme
from widgets.ladder_keys import Column

THEMES = [theme.DARK, theme.LIGHT, theme.CONTRAST]
WORN = [(name, rises) for name in THEMES for rises in (theme.BLUE, theme.RED)]
PAIRS = [("buy", "sell"), ("profit", "loss"), ("good", "bad"), ("mode.paper", "mode.live")]
MARKED = ("draft", "sent", "working", "partial", "canceling", "lost", "rejected")
STATES = ("order.pending", "order.cancelling", "order.unknown", "order.reject", "order.filled")
ALONE = 40.0
"""CIE76 distance from which two colours are told apart without a word or a shape beside them."""
TEXTS = ("text.strong", "text.default", "text.muted")
GROUNDS = ("surface.dock", "surface.header", "surface.raised", "surface.input", "surface.hover", "surface.selected")
MARKS = (
    "buy", "sell", "profit", "loss", "good", "bad", "fair", "warn", "danger", "mode.paper", "mode.live", "mode.replay",
    *STATES, "order.draft",
)  # fmt: skip
# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))


def linear(colour):
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def lab(rgb):
    xyz = times(TO_XYZ, [min(1.0, max(0.0, c)) for c in rgb])
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (v / white for v, white in zip(xyz, (0.95047, 1.0, 1.08883), strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def luminance(colour):
    return times(TO_XYZ, linear(colour))[1]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def apart(look, one, other, eye):
    return math.dist(*(lab(times(VISION[eye], linear(look.colour(c)))) for c in (one, other)))


@pytest.mark.parametrize(("name", "rises"), WORN)
@pytest.mark.parametrize("eye", VISION)
def test_colours_that_decide_are_told_apart_by_every_eye(qapp, name, rises, eye):
    look = theme.Theme(name, rises)
    assert {pair: round(apart(look, *pair, eye)) for pair in PAIRS if apart(look, *pair, eye) < ALONE} == {}


@pytest.mark.parametrize("name", THEMES)
def test_states_of_orders_are_told_apart_by_their_marks_in_one_colour(qapp, name):
    look = theme.Theme(name)
    look._colours |= dict.fromkeys(
        (n for n in look.names() if n.startswith("order.") or n == "buy"), look.colour("buy")
    )
    marks = ladder_look.Look(look)
    drawn = {
        state: bytes(marks.mark_pixmap(44, 20, "25", state, Column.BID, paper=False).toImage().constBits())
        for state in MARKED
    }
    same = [pair for pair in itertools.combinations(MARKED, 2) if drawn[pair[0]] == drawn[pair[1]]]
    assert same == []


@pytest.mark.parametrize("name", THEMES)
def test_states_of_a_connection_have_a_shape_each(qapp, name):
    shapes = [row[0] for row in theme.Theme(name).section("connection").values()]
    assert len(shapes) == len(set(shapes))


@pytest.mark.parametrize(("name", "rises"), WORN)
def test_words_reach_4_5_and_marks_3_on_every_ground_they_stand_on(qapp, name, rises):
    look = theme.Theme(name, rises)
    low = {
        (ink, ground): round(contrast(look.colour(ink), look.colour(ground)), 2)
        for inks, grounds, least in (
            (TEXTS, GROUNDS, 4.5),
            (("text.dim",), ("surface.dock", "surface.header"), 4.5),
            (("danger.text",), ("surface.dock", "surface.header", "surface.raised"), 4.5),
            (MARKS, ("surface.dock", "surface.header"), 3.0),
            (("buy",), GROUNDS, 3.0),  # the ring of the focus
        )
        for ink in inks
        for ground in grounds
        if contrast(look.colour(ink), look.colour(ground)) < least
    }
    assert low == {}


def test_high_contrast_reaches_7_and_its_controls_have_borders_that_are_seen(qapp):
    look = theme.Theme(theme.CONTRAST)
    for ink in (*TEXTS, "text.dim", "danger.text", "buy", "sell", "profit", "loss"):
        assert contrast(look.colour(ink), look.colour("surface.dock")) >= 7, ink
    for line in ("line.control", "line.border"):
        assert contrast(look.colour(line), look.colour("surface.dock")) >= 3, line


def test_red_rises_swap_gains_and_losses_and_leave_good_and_bad(qapp):
    blue, red = theme.Theme(rises=theme.BLUE), theme.Theme(rises=theme.RED)
    assert red.colour("profit") == blue.colour("loss")
    assert red.colour("loss") == blue.colour("profit")
    changed = {name for name in blue.names() if blue.colour(name) != red.colour(name)}
    assert changed == {"profit", "loss"}


@pytest.mark.parametrize("density", ["compact", "normal", "large"])
def test_a_density_keeps_three_heights_of_the_ladder_and_room_for_its_text(qapp, density):
    look = theme.Theme(density=density)
    heights = [look.size(name) for name in ("ladderRowCompact", "ladderRow", "ladderRowLarge")]
    assert heights == sorted(set(heights))
    for name in ("tableRow", "tableRowNormal", "boardRow", "boardRowSmall", "ladderRowCompact"):
        assert look.size(name) >= look.metrics(look.number(look.type("body"))).ascent() + 2


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(
    ("ink", "least"),
    [
        ("text.strong", 10),
        ("text.default", 10),
        ("text.muted", 6.5),
        ("text.dim", 4.5),
        ("buy", 5.5),
        ("sell", 5.5),
        ("profit", 5.5),
        ("loss", 5.5),
        ("good", 5.5),
        ("bad", 5.5),
        ("fair", 5.5),
        ("danger.text", 4.5),
    ],
)
def test_text_can_be_read_on_a_dock(qapp, name, ink, least):
    look = theme.Theme(name)
    assert contrast(look.colour(ink), look.colour("surface.dock")) >= least


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("fill", ["buy", "danger", "mode.live"])
def test_text_on_a_filled_button_can_be_read(qapp, name, fill):
    look = theme.Theme(name)
    assert contrast(look.colour("text.onFill"), look.colour(fill)) >= 4.0


def test_all_palettes_name_the_same_colours(qapp):
    assert len({theme.Theme(name).names() for name in THEMES}) == 1


def test_every_name_the_table_refers_to_is_a_colour(qapp):
    look = theme.Theme()
    used = [row[0] for row in look.section("hatch").values()]
    used += [row[1] for row in look.section("connection").values()]
    used += list(look.section("link")) + list(look.section("hex")["diverging"])
    used += [pen[0] for pen in look.section("chart")["pens"].values()]
    assert set(used) <= set(look.names())


def test_a_mixture_is_opaque_and_lies_between(qapp):
    look = theme.Theme()
    mixed = look.mix("surface.dock", "buy", 0.5)
    assert mixed.alpha() == 255
    assert mixed.red() == round((0x14 + 0x56) / 2)
    assert look.mix("surface.dock", "buy", "chip") == look.mix("surface.dock", "buy", look.blend("chip"))


def test_pens_brushes_fonts_and_hatches_are_made_once(qapp):
    look = theme.Theme()
    assert look.pen("buy", 1.4, (4, 3)) is look.pen("buy", 1.4, (4, 3))
    assert look.brush("buy") is look.brush("buy")
    assert look.ui(11) is look.ui(11)
    assert look.hatch("stale") is look.hatch("stale")
    assert look.icon("gear", "text.muted").cacheKey() == look.icon("gear", "text.muted").cacheKey()


def test_dashes_are_in_pixels_whatever_the_width(qapp):
    assert theme.Theme().pen("fair", 2, (4, 6)).dashPattern() == [2, 3]


def test_the_shipped_fonts_are_used(qapp):
    look = theme.Theme()
    for font, family in ((look.ui(11, 600), "Inter"), (look.number(12), "JetBrains Mono")):
        used = QFontInfo(font)
        assert used.family() == family
        assert used.pixelSize() == font.pixelSize()
    assert QFontInfo(look.ui(11, 600)).weight() == 600
    assert look.ui(11).hintingPreference() == QFont.HintingPreference.PreferNoHinting


def test_every_digit_is_equally_wide(qapp):
    look = theme.Theme()
    for font in (look.ui(11), look.ui(12, 600), look.number(11)):
        widths = {look.metrics(font).horizontalAdvance(digit * 10) for digit in "0123456789"}
        assert max(widths) - min(widths) < 0.01


def test_comparison_signs_do_not_melt_together(qapp):
    look = theme.Theme()
    font = look.number(11)
    assert font.featureValue(QFont.Tag("calt")) == 0
    assert look.ui(11).featureValue(QFont.Tag("tnum")) == 1


def test_every_icon_draws_something(qapp):
    look = theme.Theme()
    for name in look.section("icons"):
        image = look.icon(name, "text.strong", 16).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(16) for y in range(16)), name


def test_installing_dresses_the_application(qapp):
    try:
        look = theme.install(qapp, theme.LIGHT)
        assert theme.current() is look
        assert qapp.palette().color(QPalette.ColorRole.Window) == look.colour("surface.dock")
        assert QToolTip.palette().color(QPalette.ColorRole.ToolTipBase) == look.colour("surface.raised")
        assert qapp.styleSheet() == "", "with one, every widget is matched against it whenever it moves"
    finally:
        theme.install(qapp)
    assert theme.current().name == theme.DARK


def test_an_unknown_colour_is_an_error(qapp):
    with pytest.raises(KeyError):
        theme.Theme().colour("mauve")
