"""Colours of many values at once."""

from __future__ import annotations

import numpy as np
import pytest

from widgets import hexcolours

BLACK, WHITE = 0xFF000000, 0xFFFFFFFF


def test_scale_runs_from_end_to_end_and_leaves_the_unknown_out() -> None:
    stops = hexcolours.ramp([(0, 0, 0), (255, 255, 255)])
    values = np.array([-3.0, 0.0, 1.0, 9.0, np.nan])
    assert hexcolours.scale(values, stops, 0.0, 1.0).tolist() == [BLACK, BLACK, WHITE, WHITE, 0]


def test_scale_of_signed_values_has_its_middle_at_zero() -> None:
    stops = hexcolours.ramp([(255, 0, 0), (0, 0, 0), (0, 0, 255)], steps=257)
    assert hexcolours.scale(np.array([-5.0, 0.0, 5.0]), stops, -5.0, 5.0).tolist() == [0xFFFF0000, BLACK, 0xFF0000FF]


def test_mix_lays_a_share_on_known_colours_only() -> None:
    mixed = hexcolours.mix(np.array([WHITE, 0], dtype=np.uint32), BLACK, 0.5)
    assert mixed[0] == 0xFF7F7F7F
    assert mixed[1] == 0


@pytest.mark.parametrize(("colour", "expected"), [(BLACK, 0.0), (WHITE, 1.0), (0xFFFF0000, 0.2126)])
def test_luminance_is_that_of_the_contrast_rule(colour: int, expected: float) -> None:
    assert hexcolours.luminance(colour) == pytest.approx(expected, abs=1e-4)
