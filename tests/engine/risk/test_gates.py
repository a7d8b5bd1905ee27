from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.core.effects import Approved, Refused
from engine.core.units import Nanos, Side
from engine.risk.derivative_gates import sound
from engine.risk.gates import GATES as ALL
from engine.risk.gates import Gate, approve, check, measure, self_test
from engine.risk.limits import SPECS
from engine.risk.measures import PASSES, Measure
from tests.engine.risk.sound import ORDER, limits, place, probe

GATES = tuple(gate for gate in ALL if not gate.derivative)
"""Those of orders in shares; `test_derivative_gates` has the others."""
CODES = tuple(gate.code for gate in GATES)
REFUSING = list(GATES)
"""A strategy's orders: none only warns."""
LASTING = {"STORAGE", "CHAIN", "MODE", "MARKET_STATE", "ORDER_FORM", "EXCHANGE", "DUPLICATE", "UNKNOWN_ORDER", "WASH"}
LASTING |= {gate.code for gate in GATES if gate.venue and not gate.automated}
LASTING |= {
    "CELL_EXPOSURE",
    "GROUP_EXPOSURE",
    "STRATEGY_HALT",
    "STRATEGY_REPEAT",
    "DATA_AGE",
    "MODEL_AGE",
    "STRATEGY_STAKE",
    "STRATEGIES_STAKE",
}
"""Gates that stop orders which only reduce, too."""


def broken(*gates: Gate):
    """A probe that exactly these gates refuse."""
    found = probe()
    for gate in sorted(gates, key=lambda gate: gate.code != "CASH"):  # its breach writes the whole order anew
        found = gate.breach(found, limits())
    return found


def first(found: Approved | Refused) -> str:
    return found.gate if isinstance(found, Refused) else ""


def test_a_sound_order_is_approved_by_every_gate_that_refuses() -> None:
    found = check(ORDER, probe(), limits())
    assert isinstance(found, Approved)
    assert found.order == ORDER
    assert found.gates == tuple(gate.code for gate in REFUSING)


@pytest.mark.parametrize("gate", REFUSING, ids=lambda gate: gate.code)
def test_each_gate_alone_stops_an_order_and_says_why(gate: Gate) -> None:
    found = check(ORDER, broken(gate), limits())
    assert isinstance(found, Refused)
    assert found.gate == gate.code
    assert found.text
    assert found.place == broken(gate).place
    if gate.code in SPECS:
        assert found.would_be is not None


def test_of_two_gates_that_close_the_first_in_the_table_is_named() -> None:
    for one, other in combinations(REFUSING, 2):
        for found in (broken(one, other), broken(other, one)):
            assert first(check(ORDER, found, limits())) == one.code, other.code


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.code)
def test_an_order_that_only_reduces_passes_the_gates_that_spare_it(gate: Gate) -> None:
    reducing = replace(broken(gate), reducing=True)
    if gate.code != "CASH":
        reducing.place = replace_side(reducing.place)
    assert first(check(ORDER, reducing, limits())) == ("" if gate.spares_reducing else gate.code)
    assert gate.spares_reducing is (gate.code not in LASTING | {"CASH"})


def replace_side(asked):
    return place(side=Side.SELL, price=asked.price)


def test_a_gate_that_only_warns_never_refuses() -> None:
    warning = [gate for gate in GATES if gate.warns]
    assert [gate.code for gate in warning] == ["SOURCE_AGE"]
    silent = replace(broken(*warning), strategy="")
    assert isinstance(check(ORDER, silent, limits()), Approved)
    assert first(check(ORDER, replace(silent, strategy="s"), limits())) == "SOURCE_AGE"
    assert [gate.code for gate, stands in measure(silent, limits()) if stands.refuses] == ["SOURCE_AGE"]


def test_measure_names_every_gate_and_spares_what_reduces() -> None:
    shut = broken(*GATES)
    manual = {gate.code: stands.refuses for gate, stands in measure(replace(shut, strategy=""), limits())}
    assert manual == {gate.code: not (gate.automated or gate.derivative) for gate in ALL}
    assert [gate.code for gate, _ in measure(shut, limits())] == [gate.code for gate in ALL]
    assert all(stands.refuses is not gate.derivative for gate, stands in measure(shut, limits()))
    for gate, stands in measure(replace(shut, reducing=True), limits()):
        assert stands.refuses is not (gate.spares_reducing or gate.derivative)


@given(st.sets(st.sampled_from(range(len(GATES)))), st.booleans(), st.booleans())
def test_check_refuses_exactly_when_a_gate_that_counts_is_closed(
    shut: set[int], reducing: bool, automated: bool
) -> None:
    found = broken(*(GATES[i] for i in sorted(shut)))
    found.reducing, found.strategy = reducing, "s" if automated else ""
    counts = [
        i
        for i in sorted(shut)
        if (automated or not (GATES[i].warns or GATES[i].automated)) and not (reducing and GATES[i].spares_reducing)
    ]
    assert first(check(ORDER, found, limits())) == (GATES[counts[0]].code if counts else "")


@pytest.mark.parametrize("gate", ALL, ids=lambda gate: gate.code)
def test_every_gate_passes_its_self_test_with_any_limit(gate: Gate) -> None:
    assert self_test(gate, limits()) == ""
    for edge in ("lowest", "highest"):
        at_edge = {code: str(getattr(spec, edge)) for code, spec in SPECS.items()}
        assert self_test(gate, limits(**at_edge)) == "", edge


@pytest.mark.parametrize("gate", ALL, ids=lambda gate: gate.code)
def test_a_gate_whose_measure_is_broken_fails_its_self_test(gate: Gate) -> None:
    assert self_test(replace(gate, measure=lambda p, _: PASSES), limits()) == f"{gate.code} lets a broken order pass"
    shut = Measure(refuses=True, text="no")
    assert self_test(replace(gate, measure=lambda p, _: shut), limits()) == f"{gate.code} refuses a sound order"


@pytest.mark.parametrize("code", ["ORDER_QTY", "ORDER_VALUE", "MARKET_POSITION", "CELL_EXPOSURE", "AT_RISK"])
def test_a_limit_of_nothing_is_a_limit(code: str) -> None:
    assert first(check(ORDER, probe(), limits(**{code: "0"}))) == code


COURSES = list(product((False, True), repeat=5))


def _codes(*, venue: bool, reducing: bool, automated: bool, derivative: bool, hedging: bool) -> tuple[str, ...]:
    """The gates that an order must have passed, told one by one."""
    found = []
    for gate in ALL:
        if (gate.venue and not venue) or (gate.derivative and not derivative) or (gate.shares and derivative):
            continue
        if (gate.automated or gate.warns) and not automated:
            continue
        if (reducing and gate.spares_reducing) or (hedging and gate.spares_hedging):
            continue
        found.append(gate.code)
    return tuple(found)


@pytest.mark.parametrize(("venue", "reducing", "automated", "derivative", "hedging"), COURSES)
def test_an_approved_order_names_exactly_the_gates_it_met(venue, reducing, automated, derivative, hedging) -> None:
    more = {"reach": sound(), "top": None} if derivative else {}
    found = probe(venue=venue, reducing=reducing, strategy="s" if automated else "", hedging=hedging, **more)
    kind = {"venue": venue, "reducing": reducing, "automated": automated, "derivative": derivative, "hedging": hedging}
    approved = check(ORDER, found, limits())
    assert isinstance(approved, Approved)
    assert approved.gates == _codes(**kind)
    assert (approved.order, approved.place) == (ORDER, found.place)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.code)
def test_a_hedge_meets_every_gate_but_those_that_stop_new_risk_alone(gate: Gate) -> None:
    shut = replace(broken(gate), hedging=True)
    assert first(check(ORDER, shut, limits())) == ("" if gate.spares_hedging else gate.code)


@pytest.mark.parametrize("reducing", [False, True])
@pytest.mark.parametrize("strategy", [None, "s"])
def test_an_envelope_approves_what_check_would(strategy: str | None, reducing: bool) -> None:
    found = probe(place=place(strategy=strategy), strategy=strategy or "", reducing=reducing)
    checked = check(ORDER, found, limits())
    assert isinstance(checked, Approved)
    said = approve(ORDER, found.place, "client-1", Nanos(7), reducing=reducing)
    assert said == structs.replace(checked, client="client-1", at=Nanos(7))
