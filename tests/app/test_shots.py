"""Pictures the program makes of itself."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage

from widgets import theme

SIZES = ((1920, 1080), (1366, 768))
PLACES = ("weather", "weather-halted", "updown", "options", "making", "research", "settle")
DIALOGS = ("new-market", "hedge", "source-sheet", "settings", "accounts", "alert-rule")
OVER = ("palette", "keys")


def _colours(image: QImage) -> int:
    points = ((x, y) for x in range(0, image.width(), 17) for y in range(0, image.height(), 13))
    return len({image.pixelColor(x, y).rgb() for x, y in points})


def test_every_workspace_at_both_sizes_and_every_dialog(day) -> None:
    wanted = {f"{place}-{w}x{h}.png" for place in PLACES for w, h in SIZES} | {
        f"{name}.png" for name in (*DIALOGS, *OVER)
    }
    assert {path.name for path in day.shots.iterdir()} == wanted


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", SIZES)
def test_a_picture_has_its_size_the_frame_of_the_mode_and_something_in_it(day, qapp, place, size) -> None:
    image = QImage(str(day.shots / f"{place}-{size[0]}x{size[1]}.png"))
    assert (image.width(), image.height()) == size
    assert _colours(image) > 20
    edge = {QColor(image.pixel(x, 0)).name() for x in range(0, size[0], 50)}
    assert len(edge) == 1


@pytest.mark.parametrize("name", OVER)
def test_what_lies_over_a_workspace_is_seen_on_it(day, qapp, name) -> None:
    over, under = (QImage(str(day.shots / f"{one}.png")) for one in (name, "weather-1920x1080"))
    assert over.size() == under.size()
    raised = theme.current().colour("surface.raised").rgb()
    inside = [(x, y) for x in range(700, 1220, 20) for y in range(60, 400, 20)]
    assert sum(over.pixel(*at) == raised for at in inside) > len(inside) / 3


def test_the_dialog_is_drawn(day, qapp) -> None:
    assert _colours(QImage(str(day.shots / "new-market.png"))) > 5
