from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Leg, Side
from engine.maths import normal
from engine.portfolio.exposure import Resting, Stake
from engine.portfolio.scenarios import (
    Event,
    Where,
    Window,
    below,
    bins,
    by_winner,
    correlation,
    draws,
    km,
    run,
    spot_grid,
)

MIDWAY, OHARE = Where(41.786, -87.752, 0, "high"), Where(41.96, -87.93, 0, "high")
KENNEDY = Where(40.64, -73.78, 0, "high")
LABELS = ("≤ 50", "51–52", "53–54", "≥ 55")


def event(results: tuple[float, ...], chances: tuple[float, ...] = (0.1, 0.4, 0.3, 0.2), where: Where | None = MIDWAY):
    return Event("chi", "CHI", LABELS[: len(results)], chances, results, where)


def test_members_of_one_event_follow_its_chances() -> None:
    found = run([event((1.0, 0.0, 0.0, 0.0))], members=4_000)
    assert found.mean == pytest.approx(0.1, abs=0.02)
    for n, chance in enumerate((0.1, 0.4, 0.3, 0.2)):
        results = tuple(1.0 if n == m else 0.0 for m in range(4))
        assert run([event(results)], members=4_000).mean == pytest.approx(chance, abs=0.02)


def test_the_same_every_time_and_no_member_beyond_what_can_be() -> None:
    some = [event((-5.0, 1.0, 2.0, 4.0)), event((3.0, -1.0, 0.0, 2.0), where=KENNEDY)]
    one, other = run(some), run(some)
    assert one == other
    assert (one.worst, one.best) == (-6.0, 7.0)
    assert one.worst <= one.at_99 <= one.at_95 <= one.mean <= one.best
    assert one.worst <= one.tail <= one.at_95
    assert sum(bar.members for bar in one.bins) == one.members == 500
    assert (one.bins[0].low, one.bins[-1].high) == (one.worst, one.best)


def test_the_worst_member_tells_what_came_of_each_event() -> None:
    found = run([event((-5.0, 1.0, 2.0, 4.0)), event((3.0, -1.0, 0.0, 2.0), where=None)])
    assert math.fsum(line.result for line in found.lines) == pytest.approx(found.worst)
    assert [(line.label, line.worst, line.worst_label) for line in found.lines] == [
        ("≤ 50", -5.0, "≤ 50"),
        ("51–52", -1.0, "51–52"),
    ]


def test_two_families_of_one_day_are_decided_by_one_draw() -> None:
    hedge = [event((-10.0, 5.0, 5.0, 5.0)), event((10.0, -5.0, -5.0, -5.0))]
    found = run(hedge)
    assert (found.worst, found.best) == (0.0, 0.0)
    assert found.bins == ((0.0, 0.0, 500),)
    apart = run([hedge[0], hedge[1]._replace(where=None)])
    assert apart.worst == -15.0


def test_near_stations_come_out_alike_and_far_ones_less() -> None:
    def both_cold(other: Where) -> float:
        cold = (-1.0, 0.0)
        some = [event(cold, (0.5, 0.5)), event(cold, (0.5, 0.5), where=other)]
        return sum(bar.members for bar in run(some, members=4_000).bins if bar.low <= -2.0 < bar.high + 1e-9) / 4_000

    def theory(rho: float) -> float:
        return 0.25 + math.asin(rho) / (2 * math.pi)

    for other in (
        OHARE,
        KENNEDY,
        MIDWAY._replace(day=1),
        MIDWAY._replace(quantity="low"),
        MIDWAY._replace(quantity="snow"),
    ):
        rho = correlation([MIDWAY, other])[0, 1]
        assert both_cold(other) == pytest.approx(theory(rho), abs=0.02), other


def test_the_correlation_is_what_it_is_said_to_be() -> None:
    assert km(MIDWAY, OHARE) == pytest.approx(24.3, abs=0.3)
    assert km(MIDWAY, KENNEDY) == pytest.approx(1_178, abs=5)
    found = correlation(
        [
            MIDWAY,
            OHARE,
            MIDWAY._replace(day=2),
            MIDWAY._replace(quantity="low"),
            MIDWAY._replace(quantity="precipitation"),
        ]
    )
    assert found[0, 1] == pytest.approx(math.exp(-km(MIDWAY, OHARE) / 500))
    assert found[0, 2] == pytest.approx(math.exp(-2))
    assert found[0, 3] == 0.5
    assert found[0, 4] == found[3, 4] == 0.0
    assert np.array_equal(found, found.T)


@given(
    st.lists(
        st.tuples(
            st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 5), st.sampled_from(["high", "low", "snow"])
        ),
        min_size=1, max_size=12, unique=True,
    )
)  # fmt: skip
def test_any_stations_have_a_correlation_that_can_be_drawn_from(seats) -> None:
    found = correlation([Where(*one) for one in seats])
    assert np.linalg.eigvalsh(found).min() > 0.0
    assert np.abs(found).max() <= 1.0 + 1e-8


def test_draws_are_normal_independent_and_the_same_on_every_machine() -> None:
    found = draws(4, 2_000)
    assert np.allclose(found.mean(axis=1), 0.0)
    assert np.allclose(found.std(axis=1), 1.0)
    assert np.abs(np.corrcoef(found) - np.eye(4)).max() < 0.06
    for share in (0.05, 0.5, 0.95):
        assert (found < normal.quantile(share)).mean() == pytest.approx(share, abs=0.01)
    assert np.array_equal(draws(2, 2_000, first=2), found[2:])
    assert draws(5, 1)[:, 0] == pytest.approx([deviate(n) for n in range(5)], rel=1e-9)
    assert draws(0, 10).shape == (0, 10)


def uniform(counter: int) -> float:
    """SplitMix64 of a counter, in whole numbers."""
    mask = 2**64 - 1
    z = counter * 0x9E3779B97F4A7C15 & mask
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
    return (((z ^ (z >> 31)) >> 11) + 0.5) / 2**53


def deviate(n: int) -> float:
    return math.sqrt(-2 * math.log(uniform(2 * n + 1))) * math.cos(2 * math.pi * uniform(2 * n + 2))


def test_what_nobody_knows_is_counted_at_its_worst() -> None:
    unknown = Event("btc", "BTC", ("NO", "YES"), (), (-4.0, 6.0))
    found = run([event((-5.0, 1.0, 2.0, 4.0)), unknown])
    alone = run([event((-5.0, 1.0, 2.0, 4.0))])
    assert found.unknown == -4.0
    assert found.worst == alone.worst - 4.0
    assert found.mean == pytest.approx(alone.mean - 4.0)
    line = found.lines[1]
    assert (line.known, line.result, line.label) == (False, -4.0, "NO")
    only = run([unknown])
    assert (only.worst, only.best, only.members) == (-4.0, -4.0, 500)


def test_an_outcome_that_cannot_be_never_comes_and_one_that_is_sure_always_does() -> None:
    found = run([event((-9.0, 1.0, 2.0, -9.0), (0.0, 0.5, 0.5, 0.0))])
    assert found.worst == 1.0
    assert run([event((-9.0, 3.0), (0.0, 1.0))]).mean == 3.0
    assert run([event((3.0, -9.0), (1.0, 0.0))]).mean == 3.0


@pytest.mark.parametrize(
    "wrong",
    [
        event((1.0, 2.0), (0.5, 0.6)),
        event((1.0, 2.0), (1.5, -0.5)),
        event((1.0, 2.0), (1.0,)),
        Event("x", "X", (), (), ()),
        Event("x", "X", ("a", "b"), (), (1.0,)),
        event((1.0, 2.0), (math.nan, 1.0)),
    ],
)
def test_chances_that_are_none_are_refused(wrong: Event) -> None:
    with pytest.raises(ValueError, match=wrong.name):
        run([wrong])


def test_quantiles_are_of_members_not_between_them() -> None:
    ordered = np.arange(1.0, 101.0)
    assert (below(ordered, 0.05), below(ordered, 0.01), below(ordered, 1.0), below(ordered, 0.0)) == (5, 1, 100, 1)
    assert bins(np.array([2.0, 2.0])) == ((2.0, 2.0, 2),)


def test_open_orders_fill_only_where_they_lose() -> None:
    from decimal import Decimal as D

    stakes = [Stake(0, Leg.YES, D(10), D(4))]
    resting = [
        Resting(0, Side.BUY, Leg.YES, D(5), D("0.40"), D(0)),
        Resting(1, Side.SELL, Leg.YES, D(5), D("0.30"), D("0.1")),
    ]
    found = by_winner(stakes, resting, (0, 1, None))
    assert found == (6.0, -4.0 - 2.0 - 3.6, -6.0)


def test_a_grid_of_prices_decides_every_window_with_a_strike() -> None:
    windows = [Window("5m", 100.0, 4.0, -6.0), Window("15m", 101.0, -3.0, 2.0), Window("?", None, 1.0, -1.0)]
    found = spot_grid(windows, 100.0, reach=0.02, steps=4)
    assert [(one.price, one.result) for one in found] == [
        (98.0, -5.0), (99.0, -5.0), (100.0, 5.0), (101.0, 0.0), (102.0, 0.0),
    ]  # fmt: skip
    assert [one.change for one in found] == [-0.02, -0.01, 0.0, 0.01, 0.02]
