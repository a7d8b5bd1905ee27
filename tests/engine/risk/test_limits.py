from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Money
from engine.risk.limits import SPECS, Limits
from tests.engine.risk.sound import limits

TIGHTER_IS_MORE = {"CLOSE_GUARD", "DUPLICATE", "DAILY_LOSS", "WEEKLY_LOSS"}
ONE = Decimal(1)


def test_shares_of_the_balance_become_dollars_rounded_down() -> None:
    found = Limits(Money(Decimal("1234.567")))
    assert found["ORDER_VALUE"] == Decimal("123.45")
    assert found["AT_RISK"] == Decimal("185.18")
    assert found["DAILY_LOSS"] == Decimal("-37.04")
    assert found["ORDER_QTY"] == 250


def test_kept_limits_replace_the_starting_ones_and_unknown_ones_are_dropped() -> None:
    found = Limits(Money(Decimal(1_000)), [("ORDER_QTY", Decimal(7)), ("GONE", Decimal(1))])
    assert found["ORDER_QTY"] == 7
    assert "GONE" not in found.values()


@pytest.mark.parametrize("code", sorted(SPECS))
def test_a_limit_is_tightened_at_any_time(code: str) -> None:
    found = limits()
    tighter = found[code] + (ONE if code in TIGHTER_IS_MORE else -ONE)
    assert found.refuse(code, tighter, flat=False, why="") == ""
    assert found.refuse(code, found[code], flat=False, why="") == ""


@pytest.mark.parametrize("code", sorted(SPECS))
def test_a_limit_is_loosened_only_flat_and_with_a_reason(code: str) -> None:
    found = limits()
    looser = found[code] + (-ONE if code in TIGHTER_IS_MORE else ONE)
    for flat, why in ((False, ""), (False, "larger account"), (True, ""), (True, "  ")):
        assert "only while flat and with a reason" in found.refuse(code, looser, flat=flat, why=why)
    assert found.refuse(code, looser, flat=True, why="larger account") == ""
    found.set(code, looser)
    assert found[code] == looser


@pytest.mark.parametrize("code", sorted(SPECS))
def test_a_limit_stays_in_its_range(code: str) -> None:
    spec, found = SPECS[code], limits()
    for outside in (spec.lowest - ONE, spec.highest + ONE):
        assert "must lie between" in found.refuse(code, outside, flat=True, why="because")
    for edge in (spec.lowest, spec.highest):
        assert found.refuse(code, edge, flat=True, why="because") == ""


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("code", sorted(SPECS))
def test_what_is_no_number_is_no_limit(code: str, value: str) -> None:
    assert "must lie between" in limits().refuse(code, Decimal(value), flat=True, why="because")


def test_a_limit_is_no_number_that_fills_the_ledger() -> None:
    said = limits().refuse("PRICE_COLLAR", Decimal("1E-300000"), flat=True, why="because")
    assert said == "PRICE_COLLAR has up to 9 decimals, was 1e-300000"
    assert len(limits().refuse("PRICE_COLLAR", Decimal("9" * 4_000), flat=True, why="because")) < 80


@pytest.mark.parametrize("code", ["KILL", "STORAGE", "", "order_qty"])
def test_a_gate_without_a_limit_has_none_to_set(code: str) -> None:
    assert limits().refuse(code, ONE, flat=True, why="because") == f"{code} has no limit to set"


@given(st.sampled_from(sorted(SPECS)), st.decimals(-2_000_000, 2_000_000, places=2), st.booleans(), st.text(max_size=5))
def test_a_limit_that_may_be_set_tightens_or_is_asked_for_flat(code: str, value: Decimal, flat: bool, why: str) -> None:
    found = limits()
    if not found.refuse(code, value, flat=flat, why=why):
        assert found.tightens(code, value) or (flat and why.strip())
        assert SPECS[code].lowest <= value <= SPECS[code].highest


def test_as_many_decimals_as_a_limit_may_have_are_taken() -> None:
    assert limits().refuse("PRICE_COLLAR", Decimal("9.123456789"), flat=False, why="") == ""
    said = limits().refuse("PRICE_COLLAR", Decimal("9.1234567891"), flat=False, why="")
    assert said == "PRICE_COLLAR has up to 9 decimals, was 9.12345679"


def test_what_orders_are_held_against_is_what_is_in_force() -> None:
    found = limits(AT_RISK="77")
    assert found.known == found.values()
    assert found.known["AT_RISK"] == found["AT_RISK"] == 77
