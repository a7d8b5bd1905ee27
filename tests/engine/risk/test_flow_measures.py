from __future__ import annotations

import math
from decimal import Decimal

import pytest
from msgspec import structs

from engine.core.effects import Approved, Refused
from engine.core.units import MICRO
from engine.risk.flow_gates import AUTOMATED
from engine.risk.flow_measures import FREE_MESSAGES
from engine.risk.gates import check
from engine.risk.measures import Measure
from tests.engine.risk.sound import ORDER, limits, probe

GATE = {gate.code: gate for gate in AUTOMATED}
COUNTS = {
    "STRATEGY_RATE": "strategy_minute",
    "STRATEGY_REPEAT": "strategy_repeats",
    "STRATEGY_FILLS": "strategy_fills",
    "WINDOW_ORDERS": "window_orders",
    "MARKET_ORDERS": "market_orders",
}
STAKES = {
    "STRATEGY_STAKE": "strategy_after",
    "STRATEGIES_STAKE": "strategies_after",
    "WINDOW_DELTA": "window_delta_after",
    "WINDOW_GAMMA": "window_gamma_after",
    "CORRELATED": "correlated_after",
    "VENUE_EXPOSURE": "venue_after",
    "GROSS_EXPOSURE": "gross_after",
}
AGES = {"DATA_AGE": "heard_s", "MODEL_AGE": "model_age_s"}
NOT_NUMBERS = [Decimal(text) for text in ("NaN", "sNaN", "Infinity", "-Infinity", "-0.000001")]


def verdict(code: str, **facts: object) -> Measure:
    return GATE[code].measure(probe(**facts), limits().values())


@pytest.mark.parametrize(("code", "field"), COUNTS.items())
def test_one_more_than_the_limit_is_one_too_many(code: str, field: str) -> None:
    limit = int(limits()[code])
    for count, refuses in ((0, False), (limit - 1, False), (limit, True), (limit + 1, True)):
        found = verdict(code, **{field: count})
        assert (found.refuses, found.used, found.limit) == (refuses, count, limit)
        assert bool(found.text) is refuses


@pytest.mark.parametrize(("code", "field"), STAKES.items())
def test_a_stake_passes_up_to_its_limit_and_not_one_unit_more(code: str, field: str) -> None:
    limit = limits()[code]
    for value, refuses in ((limit - MICRO, False), (limit, False), (limit + MICRO, True)):
        found = verdict(code, **{field: value})
        assert (found.refuses, found.used, found.limit) == (refuses, value, limit)


@pytest.mark.parametrize("field", ["window_delta", "window_gamma"])
def test_beyond_a_limit_on_greeks_of_windows_an_order_passes_that_makes_them_no_larger(field: str) -> None:
    code = field.upper()
    known = {**limits().values(), code: Decimal(5)}
    for before, refuses in ((6 - MICRO, True), (Decimal(6), False), (None, True)):
        facts = {f"{field}_after": Decimal(6), f"{field}_before": before}
        assert GATE[code].measure(probe(**facts), known).refuses is refuses


@pytest.mark.parametrize("value", [None, *NOT_NUMBERS], ids=str)
@pytest.mark.parametrize(("code", "field"), STAKES.items())
def test_a_stake_that_is_missing_or_cannot_be_is_refused(code: str, field: str, value: Decimal | None) -> None:
    assert verdict(code, **{field: value}).refuses


@pytest.mark.parametrize("code", ["STRATEGY_STAKE", "STRATEGIES_STAKE"])
def test_beyond_the_limit_only_what_makes_the_stake_no_larger_passes(code: str) -> None:
    most, field = limits()[code] + 1, STAKES[code]
    for before, refuses in ((most - MICRO, True), (most, False), (most + 1, False), (None, True)):
        assert verdict(code, **{field: most, field.replace("after", "before"): before}).refuses is refuses


@pytest.mark.parametrize(("code", "field"), AGES.items())
def test_an_input_is_fresh_up_to_its_limit(code: str, field: str) -> None:
    limit = float(limits()[code])
    for age, refuses in ((0.0, False), (limit, False), (limit + 0.001, True), (math.nan, True), (None, True)):
        assert verdict(code, **{field: age}).refuses is refuses


def test_messages_are_held_against_executions_once_there_are_some() -> None:
    limit = int(limits()["MESSAGE_RATIO"])
    for messages, executions, refuses in (
        (FREE_MESSAGES - 1, 0, False),
        (limit - 1, 0, False),
        (limit, 0, True),
        (limit, 1, True),
        (limit - 1, 1, False),
        (2 * limit - 1, 2, False),
        (2 * limit, 2, True),
        (-1, 1, True),
        (1, -1, True),
        (0, 0, False),
    ):
        assert verdict("MESSAGE_RATIO", messages=messages, executions=executions).refuses is refuses, messages
    few = GATE["MESSAGE_RATIO"].measure(probe(messages=FREE_MESSAGES), limits(MESSAGE_RATIO="1").values())
    free = GATE["MESSAGE_RATIO"].measure(probe(messages=FREE_MESSAGES - 1), limits(MESSAGE_RATIO="1").values())
    assert (few.refuses, few.used) == (True, FREE_MESSAGES + 1)
    assert (free.refuses, free.used) == (False, FREE_MESSAGES)


def test_an_adverse_markout_stops_at_its_limit_and_a_good_one_never() -> None:
    limit = float(limits()["MARKOUT"])
    for mean, refuses, used in (
        (None, False, None),
        (50.0, False, 0),
        (-limit, False, limit),
        (-limit - 0.01, True, limit + 0.01),
        (-limit - 0.004, False, limit),
        (math.nan, True, None),
        (-math.inf, True, None),
    ):
        found = verdict("MARKOUT", markout=mean)
        assert found.refuses is refuses, mean
        assert found.used == (None if used is None else Decimal(str(used)))


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("STRATEGY_HALT", {"strategy_halted": "too many executions"}),
        ("STRATEGY_RATE", {"strategy_minute": 99}),
        ("CORRELATED", {"correlated": "KMDW 21 Nov", "correlated_after": Decimal(900)}),
    ],
)
def test_a_refusal_names_the_strategy_or_the_group(code: str, facts: dict[str, object]) -> None:
    answer = check(ORDER, probe(**facts), limits())
    assert isinstance(answer, Refused)
    assert answer.gate == code
    assert facts.get("correlated", "s ") in answer.text or " s " in answer.text


@pytest.mark.parametrize("gate", AUTOMATED, ids=lambda gate: gate.code)
def test_the_traders_own_orders_meet_none_of_these(gate) -> None:
    broken = gate.breach(probe(), limits())
    assert isinstance(check(ORDER, broken, limits()), Refused)
    broken.strategy = ""
    broken.model_age_s = broken.strategy_after = broken.gross_after = None
    answer = check(ORDER, broken, limits())
    assert isinstance(answer, Approved)
    assert not set(answer.gates) & set(GATE)


def test_every_gate_of_automated_flow_was_tested_here() -> None:
    assert set(GATE) == {*COUNTS, *STAKES, *AGES, "STRATEGY_HALT", "MESSAGE_RATIO", "MARKOUT"}


def test_what_may_only_rest_is_no_child_of_a_plan() -> None:
    full = int(limits()["WINDOW_ORDERS"])
    assert verdict("WINDOW_ORDERS", window_orders=full).refuses
    assert not verdict(
        "WINDOW_ORDERS", window_orders=full, place=structs.replace(probe().place, post_only=True)
    ).refuses
