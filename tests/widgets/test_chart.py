"""Axes of the small charts: round ticks, clock times, thinning that keeps extremes."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from engine.core.units import HOUR, MINUTE
from widgets import chart, paint, theme


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4), st.integers(2, 8))
def test_ticks_are_few_even_and_within(low, span, most) -> None:
    ticks = chart.steps(low, low + span, most)
    assert len(ticks) <= most + 1
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    gaps = [b - a for a, b in itertools.pairwise(ticks)]
    assert all(math.isclose(gap, gaps[0], rel_tol=1e-6) for gap in gaps)


def test_no_ticks_of_nothing() -> None:
    assert chart.steps(1.0, 1.0) == []
    assert chart.steps(math.nan, 1.0) == []


@pytest.mark.parametrize(("ticks", "expected"), [([0.0, 0.5], 1), ([0.0, 2.0], 0), ([0.0, 0.02], 2), ([7.0], 2)])
def test_decimals_tell_ticks_apart(ticks, expected) -> None:
    assert chart.places(ticks) == expected


@given(st.integers(0, 10**18), st.integers(MINUTE, 72 * HOUR), st.integers(-8, -5), st.integers(60, 1500))
def test_times_are_round_on_the_local_clock_and_do_not_crowd(start, span, offset, wide) -> None:
    times = chart.moments(start, start + span, offset, wide)
    assert all(start <= at <= start + span for at in times)
    assert all((at + offset * HOUR) % MINUTE == 0 for at in times)
    assert len(times) <= max(4, wide // 34 + 1)


def test_corners_of_the_plot_are_ends_of_the_axes() -> None:
    axes = chart.Axes(plot=QRect(10, 20, 100, 50), start=5, end=15, low=-1.0, high=1.0)
    assert (axes.x(5), axes.x(15), axes.y(1.0), axes.y(-1.0)) == (10, 110, 20, 70)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=3000), st.integers(1, 50))
def test_thinning_keeps_order_and_extremes(values, buckets) -> None:
    points = list(enumerate(values))
    kept = chart.thinned(points, buckets)
    assert kept == sorted(kept)
    assert len(kept) <= 2 * buckets + 2
    assert max(v for _, v in kept) == max(values)
    assert min(v for _, v in kept) == min(values)
    assert set(kept) <= set(points)


def test_no_number_of_the_axis_stands_half_under_a_tag(qapp) -> None:
    theme.install(qapp)
    axes = chart.Axes(QRect(0, 0, 200, 100), 0, 1, 0.0, 100.0)

    def written(*tags: float) -> list[bool]:
        picture = QImage(280, 120, QImage.Format.Format_RGB32)
        picture.fill(0)
        p = QPainter(picture)
        chart.right_axis(p, axes, (20.0, 50.0, 80.0), tags=tags)
        p.end()
        return [
            any(picture.pixel(x, round(axes.y(value)) + dy) & 0xFFFFFF for x in range(204, 270) for dy in range(-5, 6))
            for value in (20.0, 50.0, 80.0)
        ]

    assert written() == [True, True, True]
    assert written(58.0) == [True, False, True]
    assert written(65.0) == [True, True, True], "beside a tag there is room"


@pytest.mark.parametrize("words", ["95.1", "104 211.5", "1 104 211.5"])
def test_a_tag_that_is_wider_than_its_axis_is_seen_whole(qapp, words) -> None:
    """A price of bitcoin above 100 000 lost its last digit at the edge."""
    theme.install(qapp)
    axes = chart.Axes(QRect(0, 0, 200, 100), 0, 1, 0.0, 100.0)
    picture = QImage(256, 120, QImage.Format.Format_RGB32)
    picture.fill(0)
    p = QPainter(picture)
    chart.tag(p, axes, 50.0, words, "text.default")
    p.end()
    wide = paint.width(words, theme.current().number(theme.current().type("caption"), 600))
    painted = [x for x in range(256) if picture.pixel(x, 50) & 0xFFFFFF]
    assert len(painted) >= wide + 6
    assert painted[-1] < 255


def test_the_time_axis_says_at_its_right_whose_hours_they_are(qapp) -> None:
    theme.install(qapp)
    axes = chart.Axes(plot=QRect(8, 8, 238, 90), start=0, end=4 * HOUR, low=0.0, high=1.0)

    def drawn(hours: int) -> QImage:
        image = QImage(300, 120, QImage.Format.Format_RGB32)
        image.fill(0)
        p = QPainter(image)
        chart.time_axis(p, axes, hours)
        p.end()
        return image.copy(axes.plot.right() + 5, axes.plot.bottom() + 3, 50, 16)

    blank = QImage(50, 16, QImage.Format.Format_RGB32)
    blank.fill(0)
    assert drawn(0) != blank
    assert drawn(-6) != drawn(0)
