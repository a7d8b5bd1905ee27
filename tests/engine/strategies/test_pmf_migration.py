from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.pmf_migration import Direction, HandOver, Migration, hand_over, leaves

UP, DOWN, NONE = (0.01, 0.001, 3.0), (-0.01, -0.001, 3.0), (0.01, -0.001, 3.0)


@pytest.mark.parametrize(
    ("updates", "said"),
    [
        ([UP], None),
        ([UP, UP], Direction.UP),
        ([UP, UP, UP], Direction.UP),
        ([DOWN, DOWN], Direction.DOWN),
        ([UP, DOWN], None),
        ([UP, NONE, UP], None),
        ([UP, UP, NONE], None),
        ([UP, (0.01, 0.001, 2.0)], None),
        ([UP, (0.01, 0.001, -3.0)], Direction.UP),
        ([(0.0, 0.001, 3.0), (0.0, 0.001, 3.0)], None),
    ],
)
def test_a_movement_is_believed_at_its_second_update_in_a_row(updates, said) -> None:
    kept = Migration()
    assert [kept.update(*one) for one in updates][-1] is said


@given(st.lists(st.tuples(*[st.floats(-5.0, 5.0)] * 3), max_size=20))
def test_the_mirror_image_migrates_the_other_way(updates) -> None:
    one, other = Migration(), Migration()
    for speed, acceleration, t in updates:
        a, b = one.update(speed, acceleration, t), other.update(-speed, -acceleration, t)
        assert (a and a.value) == (b and -b.value)


def test_inventory_moves_one_bracket_and_not_past_the_last() -> None:
    assert hand_over(2, 6, Direction.UP) == HandOver(2, 3)
    assert hand_over(2, 6, Direction.DOWN) == HandOver(2, 1)
    assert hand_over(5, 6, Direction.UP) is None
    assert hand_over(0, 6, Direction.DOWN) is None
    with pytest.raises(ValueError, match="no bracket 6"):
        hand_over(6, 6, Direction.UP)


@pytest.mark.parametrize(("high", "hazard", "said"), [(84.0, 0.5, True), (83.9, 0.5, False), (84.0, 0.49, False)])
def test_a_bracket_is_left_when_its_edge_is_near_and_a_new_high_likely(high, hazard, said) -> None:
    assert leaves(high, 84.5, hazard) is said
