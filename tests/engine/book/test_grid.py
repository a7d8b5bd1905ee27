from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.book.grid import above, below, lies_on
from engine.core.instrument import Band

CENTS = (Band(100, 9_900, 100),)
TAPERED = (Band(10, 1_000, 10), Band(1_000, 9_000, 100), Band(9_000, 9_990, 10))
GRIDS = st.sampled_from([CENTS, TAPERED, (Band(5, 5, 1),), ()])


@given(GRIDS, st.integers(-50, 10_050))
def test_neighbours_are_the_nearest_prices_on_the_grid(grid, price) -> None:
    valid = [p for p in range(10_001) if lies_on(grid, p)]
    assert above(grid, price) == min((p for p in valid if p > price), default=None)
    assert below(grid, price) == max((p for p in valid if p < price), default=None)


def test_steps_are_finer_at_the_tails() -> None:
    assert lies_on(TAPERED, 990)
    assert not lies_on(TAPERED, 1_010)
    assert lies_on(TAPERED, 9_010)
    assert (above(TAPERED, 8_950), below(TAPERED, 1_000)) == (9_000, 990)
