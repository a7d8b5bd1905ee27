from __future__ import annotations

from decimal import Decimal

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.portfolio.groups import GroupMode, Outcome, correlation_limiter, group_of, judge

MIDWAY = h3.latlng_to_cell(41.786, -87.752, 7)
GROUPS = {"a": "g1", "b": "g1", "c": "g1", "d": "g2"}
NET = st.floats(-1500.0, 1500.0)


def test_a_group_is_a_parent_of_1770_square_kilometres() -> None:
    group = group_of(MIDWAY)
    assert h3.get_resolution(group) == 4
    assert group == h3.cell_to_parent(MIDWAY, 4)
    assert h3.average_hexagon_area(4, unit="km^2") == pytest.approx(1770, abs=1)


def test_near_cells_share_a_group_and_far_ones_do_not() -> None:
    near = h3.latlng_to_cell(41.79, -87.76, 7)
    assert group_of(near) == group_of(MIDWAY)
    assert group_of(h3.latlng_to_cell(40.64, -73.78, 7)) != group_of(MIDWAY)


def test_the_compatible_mode_takes_five_characters() -> None:
    assert group_of(MIDWAY, GroupMode.PREFIX5) == MIDWAY[:5]


@pytest.mark.parametrize("cell", ["", "872664c1", "nonsense", "ffffffffffffffff"])
def test_only_cells_have_groups(cell) -> None:
    with pytest.raises(ValueError, match="no H3 cell"):
        group_of(cell)


def test_a_cell_larger_than_a_group_has_none() -> None:
    with pytest.raises(ValueError, match="coarser"):
        group_of(h3.cell_to_parent(MIDWAY, 3))


@pytest.mark.parametrize(
    ("before", "delta", "others", "said"),
    [
        (0, 999, 0, Outcome.OK),
        (0, 1000, 0, Outcome.OK),
        (0, 1001, 0, Outcome.PER_CELL),
        (0, -1001, 0, Outcome.PER_CELL),
        (1500, -100, 0, Outcome.OK),
        (1500, -3000, 0, Outcome.PER_CELL),
        (0, 1000, 4000, Outcome.OK),
        (0, 1000, 4001, Outcome.CORRELATED),
        (900, -10, 9000, Outcome.OK),
        (900, 0, 9000, Outcome.CORRELATED),
    ],
)
def test_limits_hold_one_below_at_and_one_above(before, delta, others, said) -> None:
    assert judge(Decimal(before), Decimal(delta), Decimal(others), Decimal(1000), Decimal(5000)) is said


@given(st.dictionaries(st.sampled_from("abcd"), NET), st.sampled_from("abcd"), NET)
def test_what_makes_a_position_smaller_always_passes(exposures, target, part) -> None:
    before = exposures.get(target, 0.0)
    smaller = before * min(abs(part) / 1500.0, 0.99)
    said = correlation_limiter(target, smaller - before, exposures, GROUPS)
    if abs(before + (smaller - before)) < abs(before):
        assert said.outcome is Outcome.OK


@given(st.dictionaries(st.sampled_from("abcd"), NET), st.sampled_from("abcd"), NET)
def test_what_passes_and_grows_is_within_both_limits(exposures, target, delta) -> None:
    said = correlation_limiter(target, delta, exposures, GROUPS, max_group=2000.0)
    if said.outcome is Outcome.OK and abs(said.cell) >= abs(exposures.get(target, 0.0)):
        assert abs(said.cell) <= 1000.0
        assert said.group <= 2000.0
