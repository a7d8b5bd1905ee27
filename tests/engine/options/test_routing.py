"""A hedge goes where the next coin is cheapest with everything counted; parts too small go elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import InstrumentId, VenueId
from engine.options.routing import Candidate, all_in, best, route


def venue(name: str, asks, bids=((99.0, 10.0),), **terms) -> Candidate:
    given_ = {"fee_bps": 0.0} | terms
    return Candidate(InstrumentId(VenueId(name), "PERP"), tuple(bids), tuple(asks), **given_)


def test_level_by_level_the_cheaper_venue_takes_its_part() -> None:
    one = venue("a", ((100.0, 1.0), (102.0, 5.0)))
    two = venue("b", ((101.0, 2.0), (103.0, 5.0)))
    found = route([one, two], 4.0)
    assert {s.instrument.venue: s.coins for s in found.slices} == {"a": 2.0, "b": 2.0}
    assert found.left == 0.0
    assert {s.instrument.venue: s.worst for s in found.slices} == {"a": 102.0, "b": 101.0}


def test_fees_and_funding_decide_between_equal_prices_and_funding_turns_with_the_side() -> None:
    one = venue("a", ((100.0, 9.0),), fee_bps=5.0)
    two = venue("b", ((100.0, 9.0),), fee_bps=2.0, funding_bps=10.0)
    assert [s.instrument.venue for s in route([one, two], 1.0).slices] == ["a"]
    assert [s.instrument.venue for s in route([one, two], -1.0).slices] == ["b"]
    assert all_in(two, 100.0, buy=True) == pytest.approx(100.12)
    assert all_in(two, 100.0, buy=False) == pytest.approx(100.08)


def test_a_part_below_a_venues_least_is_given_to_the_others() -> None:
    one = venue("a", ((100.0, 0.05),), least=0.1)
    two = venue("b", ((101.0, 5.0),), least=0.1)
    assert [(s.instrument.venue, s.coins) for s in route([one, two], 1.0).slices] == [("b", 1.0)]


def test_who_may_not_take_part_does_not_and_what_nobody_takes_is_left() -> None:
    one = venue("a", ((100.0, 9.0),), why_not="stale")
    two = venue("b", ((101.0, 2.0),))
    found = route([one, two], 3.0)
    assert [s.instrument.venue for s in found.slices] == ["b"]
    assert found.left == 1.0
    assert best([one, two], 1.0)[0][0].instrument.venue == "b"


LEVELS = st.lists(st.tuples(st.floats(90, 110), st.floats(0.1, 5)), min_size=1, max_size=6).map(sorted)


@given(LEVELS, LEVELS, st.floats(0.1, 20))
def test_no_split_costs_more_than_all_of_it_on_one_venue(a, b, coins) -> None:
    some = [venue("a", a, fee_bps=3.0), venue("b", b, fee_bps=7.0)]
    found = route(some, coins)
    together = sum(s.coins * s.all_in for s in found.slices)
    for one, _, cost in best(some, coins):
        if cost is not None:
            assert found.left <= 1e-9
            assert together <= cost * coins * (1 + 1e-9), one


@pytest.mark.parametrize("coins", [float("nan"), float("inf")])
def test_a_size_that_is_no_number_is_refused(coins) -> None:
    with pytest.raises(ValueError, match="no hedge"):
        route([venue("a", ((100.0, 1.0),))], coins)
