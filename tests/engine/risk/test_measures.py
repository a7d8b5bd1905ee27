from __future__ import annotations

import math
from decimal import Decimal

import pytest

from engine.core.units import HOUR, MICRO, SECOND, Nanos, Side
from engine.risk.gates import CODES, GATES
from tests.engine.risk.sound import limits, place, probe

GATE = {gate.code: gate for gate in GATES}
SIZES = {
    "ORDER_QTY": "qty",
    "ORDER_VALUE": "cost",
    "MARKET_POSITION": "market_after",
    "CELL_EXPOSURE": "cell_after",
    "GROUP_EXPOSURE": "group_after",
    "EVENT_EXPOSURE": "event_loss_after",
    "AT_RISK": "at_risk_after",
}
"""Gates that hold one number under a limit, and the probe's field."""
NOT_NUMBERS = [Decimal(text) for text in ("NaN", "sNaN", "Infinity", "-Infinity", "-0.000001", "-1E+9")]
HUGE = Decimal("9.99E+80")


def verdict(code: str, **facts):
    """What one gate says, with the starting limits of $1,000."""
    return GATE[code].measure(probe(**facts), limits())


@pytest.mark.parametrize(("code", "field"), SIZES.items())
def test_a_size_passes_up_to_its_limit_and_not_one_unit_more(code: str, field: str) -> None:
    limit = limits()[code]
    for value, refuses in ((limit - MICRO, False), (limit, False), (limit + MICRO, True), (HUGE, True)):
        found = verdict(code, **{field: value})
        assert (found.refuses, found.used, found.limit) == (refuses, value, limit)
        assert bool(found.text) is refuses


@pytest.mark.parametrize("code", ["CELL_EXPOSURE", "GROUP_EXPOSURE"])
def test_beyond_the_limit_of_a_place_only_what_makes_the_net_no_larger_passes(code: str) -> None:
    limit = limits()[code]
    after, name = SIZES[code], SIZES[code].replace("after", "before")
    most = limit + 10
    for before, refuses in (
        (most - MICRO, True), (most, False), (most + 1, False), (None, True), (Decimal("NaN"), True),
        (Decimal("Infinity"), True),
    ):  # fmt: skip
        found = verdict(code, **{after: most, name: before})
        assert (found.refuses, found.used, found.limit) == (refuses, most, limit), before
    assert verdict(code, **{after: Decimal("NaN"), name: most}).refuses
    assert not verdict(code, **{after: limit, name: Decimal(0)}).refuses


@pytest.mark.parametrize("value", [None, *NOT_NUMBERS], ids=str)
@pytest.mark.parametrize(("code", "field"), SIZES.items())
def test_a_size_that_is_missing_or_cannot_be_is_refused(code: str, field: str, value: Decimal | None) -> None:
    found = verdict(code, **{field: value})
    assert found.refuses
    assert found.used is None


@pytest.mark.parametrize("value", [None, *NOT_NUMBERS[:5]], ids=str)
@pytest.mark.parametrize("field", ["cash", "cost", "fee"])
@pytest.mark.parametrize("side", Side)
def test_cash_that_is_missing_or_cannot_be_is_refused(field: str, side: Side, value: Decimal | None) -> None:
    owed = field == "cash" and value is not None and value.is_finite() and side is Side.SELL
    assert verdict("CASH", venue=False, place=place(side=side), **{field: value}).refuses is not owed


def test_cash_covers_cost_and_fee_to_the_last_unit() -> None:
    for cash, refuses in ((Decimal("5.10") - MICRO, True), (Decimal("5.10"), False), (Decimal("5.10") + MICRO, False)):
        assert verdict("CASH", venue=False, cash=cash, fee=Decimal("0.10")).refuses is refuses
        assert verdict("CASH", cash=cash, tied=Decimal("5.10")).refuses is refuses


def test_a_sale_needs_no_cash_even_of_an_account_that_owes() -> None:
    assert not verdict("CASH", venue=False, place=place(side=Side.SELL), cash=Decimal(-40)).refuses
    assert verdict("CASH", venue=False, cash=Decimal(-40)).refuses


def test_an_order_on_a_venue_needs_what_it_ties_up_whichever_side_it_is() -> None:
    for side in Side:
        assert not verdict("CASH", place=place(side=side), cash=Decimal(-40), tied=Decimal(0)).refuses
        assert verdict("CASH", place=place(side=side), cash=Decimal(-40), tied=MICRO).refuses
        for broken in (None, Decimal("NaN"), Decimal("Infinity"), -MICRO):
            assert verdict("CASH", place=place(side=side), tied=broken).refuses


@pytest.mark.parametrize(("code", "field"), [("DAILY_LOSS", "day"), ("WEEKLY_LOSS", "week")])
def test_a_loss_refuses_when_it_is_reached(code: str, field: str) -> None:
    limit = limits()[code]
    for value, refuses in ((limit + MICRO, False), (limit, True), (limit - MICRO, True)):
        assert verdict(code, **{field: value}).refuses is refuses
    for broken in NOT_NUMBERS[:4]:
        assert verdict(code, **{field: broken}).refuses


@pytest.mark.parametrize(
    ("code", "field"), [("RATE", "last_2s"), ("RATE_MINUTE", "last_minute"), ("OPEN_ORDERS", "open_orders")]
)
def test_a_count_leaves_room_for_this_order(code: str, field: str) -> None:
    limit = int(limits()[code])
    for used, refuses in ((limit - 2, False), (limit - 1, False), (limit, True), (limit + 1, True)):
        assert verdict(code, **{field: used}).refuses is refuses


@pytest.mark.parametrize(
    ("code", "field"), [("DUPLICATE", "duplicates"), ("UNKNOWN_ORDER", "unknown"), ("WASH", "crossing")]
)
def test_one_is_too_many(code: str, field: str) -> None:
    assert [verdict(code, **{field: n}).refuses for n in (0, 1, 2)] == [False, True, True]


def test_the_close_guard_counts_whole_seconds() -> None:
    guard = int(limits()["CLOSE_GUARD"])
    exactly = guard * SECOND
    for left, refuses in ((exactly + SECOND, False), (exactly, False), (exactly - 1, True), (0, True), (-1, True)):
        assert verdict("CLOSE_GUARD", closes=Nanos(HOUR), at=Nanos(HOUR - left)).refuses is refuses
    assert verdict("CLOSE_GUARD", closes=None).refuses


def test_the_age_of_the_source_counts_whole_minutes() -> None:
    limit = int(limits()["SOURCE_AGE"])
    for age, refuses in ((60.0 * limit - 1, False), (60.0 * limit, False), (60.0 * (limit + 1), True)):
        assert verdict("SOURCE_AGE", source_age_s=age).refuses is refuses
    for broken in (None, math.nan, math.inf, -math.inf, -1.0):
        assert verdict("SOURCE_AGE", source_age_s=broken).refuses


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("STORAGE", {"storage_ok": False}),
        ("CHAIN", {"chain_ok": False}),
        ("KILL", {"halted": "you"}),
        ("REDUCE_ONLY", {"reduce_only": True}),
        *(("MODE", {"mode": mode, "venue": mode != "live"}) for mode in ("live", "replay", "", "PAPER")),
        *(("MARKET_STATE", {"status": status}) for status in (None, "closed", "disputed", "settled", "void", "")),
        ("EXCHANGE", {"declined": "PRICE", "declined_text": "too dear"}),
    ],
)
def test_a_state_that_is_not_right_is_refused(code: str, facts: dict[str, object]) -> None:
    assert not verdict(code).refuses
    found = verdict(code, **facts)
    assert found.refuses
    assert found.text


@pytest.mark.parametrize("mode", ["paper", "demo"])
def test_paper_and_demo_take_orders(mode: str) -> None:
    assert not verdict("MODE", mode=mode).refuses


@pytest.mark.parametrize("price", [1, 4_300, 9_999])
def test_a_price_within_the_ticks_is_possible(price: int) -> None:
    assert not verdict("ORDER_FORM", place=place(price=price)).refuses


@pytest.mark.parametrize("price", [0, -1, 10_000, 10_001, math.nan, math.inf, -math.inf])
def test_a_price_outside_the_ticks_is_not(price: float) -> None:
    assert verdict("ORDER_FORM", place=place(price=price)).refuses


@pytest.mark.parametrize("amount", [*NOT_NUMBERS, Decimal(0), Decimal(10**9) + MICRO, HUGE], ids=str)
@pytest.mark.parametrize("field", ["qty", "budget"])
def test_an_amount_that_cannot_be_is_refused(field: str, amount: Decimal) -> None:
    assert verdict("ORDER_FORM", place=place(**({"qty": None} | {field: amount}))).refuses


def test_an_order_has_a_quantity_or_a_budget_or_neither() -> None:
    most, least = Decimal(10**9), MICRO
    assert not verdict("ORDER_FORM", place=place(qty=most)).refuses
    assert not verdict("ORDER_FORM", place=place(qty=None, budget=least)).refuses
    assert not verdict("ORDER_FORM", place=place(qty=None, price=5_000)).refuses
    assert verdict("ORDER_FORM", place=place(qty=least, budget=least)).refuses


def test_every_gate_was_tested_here() -> None:
    named = {*SIZES, "CASH", "DAILY_LOSS", "WEEKLY_LOSS", "RATE", "RATE_MINUTE", "OPEN_ORDERS", "DUPLICATE"}
    named |= {"UNKNOWN_ORDER", "WASH", "CLOSE_GUARD", "SOURCE_AGE", "STORAGE", "CHAIN", "KILL", "REDUCE_ONLY", "MODE"}
    of_venues = {gate.code for gate in GATES if gate.venue or gate.automated}  # tested beside this
    assert named | {"MARKET_STATE", "EXCHANGE", "ORDER_FORM"} | of_venues == set(CODES)
