from __future__ import annotations

from itertools import product

import pytest

from engine.maths.inventory import structure
from engine.maths.marchetypes import ALPHA, BETA, MARCHETYPES, Information, Resolution, of


@pytest.mark.parametrize(("information", "resolution"), list(product(Information, Resolution)))
def test_every_kind_of_market_has_its_marchetype(information, resolution) -> None:
    found = of(information, resolution)
    assert (found.information, found.resolution) == (information, resolution)
    assert MARCHETYPES[found.code] is found
    assert found.code[0] == resolution.value[0]


@pytest.mark.parametrize("code", sorted(MARCHETYPES))
def test_what_it_starts_at_lies_in_its_range_and_that_in_the_union(code) -> None:
    one = MARCHETYPES[code]
    for own, whole in ((one.beta, BETA), (one.alpha, ALPHA)):
        assert own.admits(own.start)
        assert whole.low <= own.low <= own.high <= whole.high
    assert BETA.low == min(one.beta.low for one in MARCHETYPES.values())
    assert ALPHA.high == max(one.alpha.high for one in MARCHETYPES.values())
    assert not BETA.admits(BETA.high + 0.01)


def test_a_barrier_stays_dangerous_where_a_dated_market_is_decided() -> None:
    def factor(code):
        one = MARCHETYPES[code]
        return structure(
            0.02, 500.0, beta=one.beta.start, alpha=one.alpha.start, reference=one.reference, floor=one.floor
        ).factor

    assert factor("a3") > factor("e3") > 1.0
