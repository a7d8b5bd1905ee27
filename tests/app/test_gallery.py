"""Every dock in every state as a picture: none is left out, and each differs from its live one as its state says."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtGui import QImage, QImageReader

from app import docks, gallery
from app.window import Window
from engine.core.units import Nanos
from widgets import theme
from widgets.frame import FrameClock
from widgets.states import EMPTY, LIVE, LOADING, STATES


def _now() -> Nanos:
    return Nanos(0)


@pytest.fixture(scope="module")
def taken(qapp, tmp_path_factory):
    theme.install(qapp, "dark")
    folder = tmp_path_factory.mktemp("gallery")
    window = Window(_now)
    window.show()
    clock = FrameClock(lambda _topic: None)
    listed = set(gallery.places(window))
    saved = asyncio.run(gallery.take(window, folder, clock, patient=False))
    clock.stop()
    window.close()
    window.deleteLater()
    return listed, saved


def test_every_dock_of_the_catalogue_is_taken_in_every_state(taken) -> None:
    listed, saved = taken
    kinds = (docks.weather(_now), docks.updown(), docks.options(), docks.making(), docks.settle(_now),
             docks.research(_now))  # fmt: skip
    catalogue = {name for kind in kinds for name in kind}
    assert listed == catalogue
    assert {path.stem for path in saved} == {f"{name}-{state}" for name in catalogue for state in STATES} | {"contact"}


def test_a_picture_has_the_size_of_its_dock_and_shows_its_state(taken) -> None:
    listed, saved = taken
    sizes = {path.stem: QImageReader(str(path)).size().toTuple() for path in saved}
    files = {path.stem: path.read_bytes() for path in saved}
    for name in listed:
        wide, tall = sizes[f"{name}-{LIVE}"]
        assert wide > 200
        assert tall > 60
        assert {sizes[f"{name}-{state}"] for state in STATES} == {(wide, tall)}, name
        assert files[f"{name}-{EMPTY}"] != files[f"{name}-{LOADING}"], name
        said = [files[f"{name}-{state}"] for state in STATES if state not in {EMPTY, LOADING, LIVE}]
        assert len(set(said)) == len(said), name


def test_the_sheet_has_a_column_for_each_state_with_something_in_it_all_the_way_down(taken) -> None:
    listed, saved = taken
    sheet = QImage(str(next(path for path in saved if path.stem == "contact")))
    assert sheet.width() == gallery.NAMES + len(STATES) * gallery.WIDE
    assert sheet.height() > gallery.TITLE + len(listed) * gallery.GAP * 4
    ground = sheet.pixel(sheet.width() - 1, sheet.height() - 1)
    for column in range(len(STATES)):
        left = gallery.NAMES + column * gallery.WIDE
        blank = [{sheet.pixel(left + x, y) for x in range(4, 100, 8)} == {ground} for y in range(30, sheet.height(), 4)]
        assert sum(blank) < len(blank) / 5, column
