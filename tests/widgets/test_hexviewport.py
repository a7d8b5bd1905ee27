"""What part of the world the hex map shows: projection, panning and zooming."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import hexviewport
from widgets.hexviewport import Viewport

LATS, LONS = st.floats(25.0, 49.0), st.floats(-124.0, -67.0)
VIEWS = st.builds(Viewport, lat=LATS, lon=LONS, zoom=st.floats(5.0, 12.0), width=st.just(320), height=st.just(200))


@given(VIEWS, st.floats(0, 320), st.floats(0, 200))
def test_a_pixel_is_the_projection_of_its_place(view, x, y) -> None:
    assert view.point(*view.place(x, y)) == pytest.approx((x, y), abs=1e-3)


@given(VIEWS, st.floats(-3, 3), st.floats(0, 320), st.floats(0, 200))
def test_zooming_leaves_the_place_under_the_pointer(view, steps, x, y) -> None:
    assert view.zoomed(steps, x, y).place(x, y) == pytest.approx(view.place(x, y), abs=1e-6)


@given(VIEWS, st.floats(-50, 50), st.floats(-50, 50))
def test_panning_carries_every_place_along(view, dx, dy) -> None:
    assert view.panned(dx, dy).place(100 + dx, 80 + dy) == pytest.approx(view.place(100, 80), abs=1e-6)


def test_zoom_stays_within_its_ends() -> None:
    chicago = Viewport(lat=41.85, lon=-87.85, zoom=9.6, width=640, height=320)
    assert chicago.zoomed(99, 0, 0).zoom == hexviewport.MAX_ZOOM
    assert chicago.zoomed(-99, 0, 0).zoom == hexviewport.MIN_ZOOM


@given(st.floats(0.5, 5e4))
def test_a_scale_bar_is_round_and_fits(metres) -> None:
    length, pixels = hexviewport.bar_length(metres, 80)
    assert 0 < pixels <= 80
    assert str(length).rstrip("0") in {"1", "2", "5"}
