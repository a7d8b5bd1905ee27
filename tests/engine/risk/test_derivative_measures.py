"""What the gates of contracts measure and say, number by number; what is made at import is made again here."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from engine.core.instrument import Band
from engine.core.units import Ticks
from engine.risk import derivative_gates, derivative_measures, measures, venue_measures
from engine.risk.derivative_gates import DERIVATIVE, sound
from engine.risk.derivative_probe import Reach
from engine.risk.gates import self_test
from engine.risk.measures import PASSES, Measure
from tests.engine.risk.sound import limits, probe

ZERO, ONE, TEN = Decimal(0), Decimal(1), Decimal(10)
UNDER = "% of the underlying"
SAID = {
    "GREEKS": "greeks are not known: of a position, an open order or this one no mark is fresh",
    "MARK_COLLAR": f"the price's distance from the mark would be 6.00 {UNDER}; the limit is 5.00 {UNDER}",
    "COIN_POSITION": "the position in this instrument would be 11.00 coins; the limit is 10.00 coins",
    "COIN_TOTAL": "all positions in this underlying would be 101.00 coins; the limit is 100.00 coins",
    "DELTA": "delta would be 11.00 coins; the limit is 10.00 coins",
    "GAMMA": "gamma would be 6.00 coins for 1 %; the limit is 5.00 coins for 1 %",
    "VEGA": "vega would be 1001.00 $ a point; the limit is 1000.00 $ a point",
    "EXPIRY_VEGA": "vega of this expiry would be 751.00 $ a point; the limit is 750.00 $ a point",
    "EXPIRY_THETA": "theta of this expiry would be 1001.00 $ a day; the limit is 1000.00 $ a day",
    "STRESS": "the worst loss over the grid of spot and volatility would be 151.00 $; the limit is 150.00 $",
    "STOP_LOSS": "the loss on this position against its average would be 11.00 %; the limit is 10.00 %",
}


@pytest.mark.parametrize("gate", DERIVATIVE, ids=lambda gate: gate.code)
def test_each_says_what_would_be_and_what_may_be(gate) -> None:
    found = gate.measure(gate.breach(probe(reach=sound()), limits()), limits())
    assert (found.refuses, found.text) == (True, SAID[gate.code])
    assert gate.measure(probe(reach=None), limits()) is PASSES


def test_a_greek_is_held_against_its_limit_unless_it_grows_no_larger() -> None:
    measure = derivative_measures._greek("DELTA", "delta", "coins", lambda reach: reach.delta)
    assert measure.__doc__ == "Measure delta, in coins."
    assert measure(probe(reach=None), limits()) is PASSES

    def found(before: object, after: object, known: bool = True):
        reach = replace(sound(), delta=(before, after) if known else None)
        return measure(probe(reach=reach), limits(DELTA="10"))

    assert (found(ZERO, TEN).refuses, found(ZERO, TEN).used, found(ZERO, TEN).limit) == (False, TEN, TEN)
    assert found(ZERO, TEN + ONE).text == SAID["DELTA"]
    assert found(TEN + ONE, TEN + ONE) == Measure(False, TEN + ONE, TEN)
    assert found(TEN, TEN + ONE).refuses
    assert found(ZERO, ZERO, known=False).text == "delta is not known"


def test_what_breaks_a_reach_changes_that_alone() -> None:
    given = replace(sound(), size_after=ONE)
    broken = derivative_gates._with(lambda limits: {"off_mark": limits["MARK_COLLAR"] + 1})(
        probe(reach=given), limits()
    )
    assert broken == probe(reach=replace(given, off_mark=Decimal(6)))
    assert derivative_gates._beyond("vega", "VEGA")(probe(reach=None), limits()).reach == replace(
        derivative_gates.sound(), vega=(ZERO, Decimal(1_001))
    )


def test_a_sound_reach_is_known_and_nothing() -> None:
    sums = ("size_before", "size_after", "total_before", "total_after", "stress_before", "stress_after")
    nothing = dict.fromkeys(("off_mark", "alone", *sums), ZERO)
    both = dict.fromkeys(("delta", "gamma", "vega", "bucket_vega", "bucket_theta"), (ZERO, ZERO))
    assert derivative_gates.sound() == Reach(known=True, **nothing, **both)


def test_prices_of_contracts_are_said_in_their_currency() -> None:
    reach = replace(sound(), unit=Decimal("0.05"))
    order = probe(reach=reach, top=None, grid=(Band(Ticks(10), Ticks(100), Ticks(10)),))

    def at(ticks: int):
        return replace(order, place=structs.replace(order.place, price=Ticks(ticks)))

    assert measures.well_formed(at(-30), limits()).text == "a price must be positive, was -1.5"
    assert venue_measures.price_grid(at(30), limits()) is PASSES
    assert venue_measures.price_grid(at(45), limits()).text == "2.25 is not a price that the venue takes"


def test_the_self_test_of_a_gate_of_contracts_asks_it_of_an_order_in_one() -> None:
    shut = replace(DERIVATIVE[0], measure=lambda p, _: Measure(refuses=p.reach is not None))
    assert self_test(shut, limits()) == "GREEKS refuses a sound order"
