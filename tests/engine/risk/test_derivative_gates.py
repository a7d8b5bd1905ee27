"""The gates of options, futures and perpetuals: side-aware, at the worst, and never in the way of reducing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.core.effects import Approved, Refused
from engine.core.instrument import Band
from engine.core.units import Money, Ticks
from engine.risk.derivative_gates import DERIVATIVE, sound
from engine.risk.derivative_probe import Reach
from engine.risk.gate import Gate
from engine.risk.gates import GATES, check, measure
from engine.risk.probe import Probe
from tests.engine.risk.sound import ORDER, limits, probe

D = Decimal
CODES = [gate.code for gate in DERIVATIVE]
PAIRS = [
    ("COIN_POSITION", ("size_before", "size_after"), "10"),
    ("COIN_TOTAL", ("total_before", "total_after"), "100"),
    ("DELTA", "delta", "10"),
    ("GAMMA", "gamma", "5"),
    ("VEGA", "vega", "1000"),
    ("EXPIRY_VEGA", "bucket_vega", "750"),
    ("EXPIRY_THETA", "bucket_theta", "1000"),
]


def option(**reach: object) -> Probe:
    """An order in an option that every gate lets pass, but for what is said of how far it reaches."""
    return probe(reach=replace(sound(), **reach), strategy="", top=None)  # type: ignore[arg-type]


def named(fields: str | tuple[str, str], before: str, after: str) -> dict[str, object]:
    if isinstance(fields, str):
        return {fields: (D(before), D(after))}
    return {fields[0]: D(before), fields[1]: D(after)}


def first(found: Probe) -> str:
    answer = check(ORDER, found, limits())
    return answer.gate if isinstance(answer, Refused) else ""


def test_an_option_meets_its_own_gates_and_none_that_counts_in_shares() -> None:
    found = check(ORDER, option(), limits())
    assert isinstance(found, Approved)
    assert set(CODES) <= set(found.gates)
    assert not set(found.gates) & {gate.code for gate in GATES if gate.shares}
    assert not set(CODES) & set(check(ORDER, probe(), limits()).gates)  # type: ignore[union-attr]


@pytest.mark.parametrize("gate", DERIVATIVE, ids=lambda gate: gate.code)
def test_each_alone_stops_an_order_and_only_the_collar_one_that_reduces(gate: Gate) -> None:
    shut = gate.breach(option(), limits())
    assert first(shut) == gate.code
    assert first(replace(shut, reducing=True)) == ("MARK_COLLAR" if gate.code == "MARK_COLLAR" else "")
    assert [one.code for one, stands in measure(shut, limits()) if stands.refuses] == [gate.code]


@pytest.mark.parametrize(("code", "fields", "limit"), PAIRS)
def test_the_limit_itself_passes_and_what_makes_a_breach_no_worse(code: str, fields, limit: str) -> None:
    most, more, much = limit, str(D(limit) + D("0.01")), str(2 * D(limit))
    assert first(option(**named(fields, "0", most))) == ""
    assert first(option(**named(fields, most, more))) == code
    assert first(option(**named(fields, much, more))) == ""
    assert first(option(**named(fields, much, much))) == ""
    assert first(option(**named(fields, more, much))) == code


@pytest.mark.parametrize("code", CODES)
def test_what_is_not_known_refuses(code: str) -> None:
    unknown = {gate.code: gate for gate in DERIVATIVE}[code]
    assert unknown.measure(option(**dict.fromkeys(
        ("off_mark", "size_after", "total_after", "delta", "gamma", "vega", "bucket_vega", "bucket_theta",
         "stress_after", "lost"), None), known=False), limits()).refuses  # fmt: skip


@given(st.decimals(0, 2000, places=2), st.decimals(0, 2000, places=2))
def test_stress_is_held_against_its_limit_unless_it_grows_no_larger(before: Decimal, after: Decimal) -> None:
    known = limits()
    found = option(stress_before=Money(before), stress_after=Money(after))
    assert (first(found) == "STRESS") is (after > known["STRESS"] and after > before)


def test_a_perpetual_needs_no_close_and_an_option_may_cost_more_than_a_share() -> None:
    assert first(replace(option(perpetual=True), closes=None)) == ""
    assert first(replace(option(), closes=None)) == "CLOSE_GUARD"
    dear = option()
    dear.place = structs.replace(dear.place, price=Ticks(150_000))
    dear.grid = (Band(Ticks(1), Ticks(10**6), Ticks(1)),)
    assert first(dear) == ""
    assert first(replace(dear, reach=None, top=10**6)) == "ORDER_FORM"


def test_reach_begins_without_anything_known() -> None:
    empty = Reach()
    assert first(replace(probe(strategy=""), reach=empty)) == "GREEKS"
