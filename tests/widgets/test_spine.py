import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPixmap

from widgets import theme
from widgets.spine import mode_look, paint_mode_frame


def framed(mode):
    pixmap = QPixmap(120, 80)
    pixmap.fill(theme.current().colour("surface.window"))
    painter = QPainter(pixmap)
    paint_mode_frame(painter, QRect(0, 0, 120, 80), mode)
    painter.end()
    return pixmap.toImage()


@pytest.mark.parametrize(("mode", "colour"), [("paper", "mode.paper"), ("demo", "mode.paper"), ("live", "mode.live")])
def test_the_frame_is_three_pixels_in_the_colour_of_the_mode(qapp, mode, colour):
    image, look = framed(mode), theme.current()
    for x, y in ((0, 0), (2, 40), (117, 40), (60, 2), (60, 77)):
        assert image.pixelColor(x, y) == look.colour(colour)
    assert image.pixelColor(3, 40) == look.colour("surface.window")
    assert image.pixelColor(60, 3) == look.colour("surface.window")


def test_a_replay_is_dashed(qapp):
    image = framed("replay")
    row = {image.pixelColor(x, 1).name() for x in range(120)}
    assert row == {theme.current().colour(name).name() for name in ("mode.replay", "surface.window")}


def test_an_unknown_mode_is_taken_for_the_dangerous_one(qapp):
    assert mode_look("odd").word == "LIVE"
    assert mode_look("demo").word == "PAPER"
