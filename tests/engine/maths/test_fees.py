from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.units import Side, is_money
from engine.maths.fees import charge, fee, rebate, shaving, trade_fee
from tests.shared import shared

MONEY = st.decimals(0, 10**6, places=6)
RATE = st.decimals(0, 1, places=4)


def test_two_percent_of_a_cost_is_rounded_up() -> None:
    rule = FeeRule(kind="of_cost", rate=Decimal("0.02"))
    assert fee(rule, Decimal("5.124948")) == Decimal("0.102499")
    assert fee(rule, Decimal("5.00")) == Decimal("0.10")


def test_no_rule_takes_nothing() -> None:
    assert fee(NO_FEE, Decimal(5)) == 0


@given(MONEY, RATE)
def test_a_fee_is_whole_micro_units_within_one_of_its_rate_and_never_above_the_cost(cost, rate) -> None:
    taken = fee(FeeRule(kind="of_cost", rate=rate), cost)
    assert is_money(taken)
    assert 0 <= taken - cost * rate < Decimal("0.000001")
    assert taken <= cost


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        fee(FeeRule(kind="flat"), Decimal(5))


KALSHI = FeeRule(kind="kalshi", rate=Decimal("0.07"))
POLYMARKET = FeeRule(kind="polymarket", rate=Decimal("0.05"))
PRICE = st.decimals(0, 1, places=4)
QTY = st.decimals(0, 10**5, places=2)


@given(
    st.sampled_from(("kalshi", "polymarket")), st.sampled_from(list(Side)), PRICE, QTY, st.booleans(), RATE,
    st.sampled_from((None, Decimal("0.01"), Decimal("0.0001"))), st.sampled_from((None, 5)),
)  # fmt: skip
def test_a_whole_fee_is_the_charge_and_what_rounding_takes(kind, side, price, qty, maker, rate, step, waived) -> None:
    rule = FeeRule(kind=kind, rate=rate, maker_rate=-rate / 4, precision=step, waived_until=waived)
    for at in (4, 5, None):
        charged = charge(rule, price, qty, maker, at)
        found = trade_fee(rule, side, price, qty, maker, at)
        assert str(found) == str(charged + shaving(rule, side, price, qty, charged))


def golden(name: str) -> list[dict[str, Any]]:
    return json.loads(shared("golden/models.json").read_text(encoding="utf-8"))["models"][name]["cases"]


@pytest.mark.parametrize(
    ("qty", "price", "multiplier", "want"),
    [
        ("227.27", "0.0010", "1", "0.015930"),
        ("28.32", "0.0330", "1", "0.063340"),
        ("10.00", "0.2700", "1", "0.138"),
        ("1.00", "0.4800", "0.5", "0.0088"),
    ],
)
def test_kalshi_states_trade_fee_and_rounding_as_one(qty, price, multiplier, want) -> None:
    rule = FeeRule(kind="kalshi", rate=Decimal("0.07"), multiplier=Decimal(multiplier))
    assert trade_fee(rule, Side.BUY, Decimal(price), Decimal(qty), maker=False) == Decimal(want)


def test_every_real_fill_of_the_reference_has_its_fee() -> None:
    for case in golden("kalshi.fee_2026"):
        given_ = case["in"]
        rule = FeeRule(kind="kalshi", rate=Decimal("0.07"), multiplier=Decimal(given_["multiplier"]))
        side, maker = Side(given_["side"]), given_["role"] == "maker"
        got = trade_fee(rule, side, Decimal(given_["price"]), Decimal(given_["count"]), maker)
        assert got == Decimal(case["out"]["fee_cost"]), case["name"]


def test_every_fee_of_the_schedule_before_2026() -> None:
    rule = FeeRule(kind="kalshi_cents", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"))
    for case in golden("kalshi.fees"):
        price, qty = Decimal(case["in"]["price_c"]) / 100, Decimal(case["in"]["contracts"])
        for maker, want in ((False, case["out"]["taker_c"]), (True, case["out"]["maker_c"])):
            assert trade_fee(rule, Side.BUY, price, qty, maker) * 100 == want, case["name"]


def test_every_polymarket_taker_fee_of_the_reference() -> None:
    for case in golden("updown.taker_fee"):
        rule = FeeRule(kind="polymarket", rate=Decimal(str(case["in"]["rate"])))
        price, qty = Decimal(str(case["in"]["price"])), Decimal(str(case["in"]["shares"]))
        assert float(trade_fee(rule, Side.BUY, price, qty, maker=False)) == pytest.approx(case["out"]["fee"])


@pytest.mark.parametrize("precision", ["0.0001", "0.01"])
@given(side=st.sampled_from(Side), price=PRICE, qty=QTY, maker=st.booleans())
def test_cash_on_kalshi_moves_in_whole_steps_and_never_for_the_account(precision, side, price, qty, maker) -> None:
    step = Decimal(precision)
    rule = FeeRule(kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"), precision=step)
    taken = trade_fee(rule, side, price, qty, maker)
    moved = qty * price + (taken if side is Side.BUY else -taken)
    assert moved % step == 0
    charged = charge(rule, price, qty, maker)
    assert 0 <= taken - charged < step
    assert taken == charged + shaving(rule, side, price, qty, charged)


@given(price=PRICE, qty=QTY)
def test_either_leg_of_a_trade_pays_the_same_trade_fee(price, qty) -> None:
    for rule in (KALSHI, POLYMARKET):
        assert charge(rule, price, qty, maker=False) == charge(rule, 1 - price, qty, maker=False)


@given(price=PRICE, qty=QTY)
def test_a_polymarket_fee_is_within_half_its_step_and_small_ones_are_nothing(price, qty) -> None:
    exact = qty * POLYMARKET.rate * price * (1 - price)
    taken = trade_fee(POLYMARKET, Side.BUY, price, qty, maker=False)
    step = Decimal("0.00001")
    assert taken % step == 0
    assert abs(taken - exact) <= (step if exact < step else step / 2)
    assert trade_fee(POLYMARKET, Side.BUY, price, qty, maker=True) == 0


def test_polymarket_makers_pay_where_the_market_says_so() -> None:
    rule = FeeRule(kind="polymarket", rate=Decimal("0.25"), exponent=Decimal(2), taker_only=False)
    assert trade_fee(rule, Side.SELL, Decimal("0.5"), Decimal(100), maker=True) == Decimal("1.5625")


def test_kalshi_makers_pay_nothing_unless_the_series_says_so() -> None:
    with_fee = FeeRule(kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"))
    assert trade_fee(KALSHI, Side.BUY, Decimal("0.5"), Decimal(100), maker=True) == 0
    assert trade_fee(with_fee, Side.BUY, Decimal("0.5"), Decimal(100), maker=True) == Decimal("0.4375")


def test_a_waived_fee_is_nothing_till_its_time() -> None:
    rule = FeeRule(kind="kalshi", rate=Decimal("0.07"), waived_until=1_000)
    half, ten = Decimal("0.5"), Decimal(10)
    assert trade_fee(rule, Side.BUY, half, ten, maker=False, at=999) == 0
    assert trade_fee(rule, Side.BUY, half, ten, maker=False, at=1_000) == Decimal("0.175")
    assert trade_fee(rule, Side.BUY, half, ten, maker=False) == Decimal("0.175")


def test_a_fee_of_the_cost_is_the_embedded_exchanges() -> None:
    rule = FeeRule(kind="of_cost", rate=Decimal("0.02"))
    assert trade_fee(rule, Side.SELL, Decimal("0.5"), Decimal(10), maker=False) == fee(rule, Decimal(5))


def test_a_fee_that_cannot_be_told_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="flat"):
        trade_fee(FeeRule(kind="flat"), Side.BUY, Decimal("0.5"), Decimal(1), maker=False)


@pytest.mark.parametrize(
    ("charged", "price", "qty", "nets"),
    [
        ("0.0085", "0.055", "1", ["0.0150", "0.0050", "0.0150"]),
        ("0.0041", "0.50", "0.30", ["0.0100", "0.0000", "0.0100"]),
        ("0.0005", "0.3301", "0.03", ["0.010097", "0.000097", "0.000097"]),
    ],
)
def test_what_three_fills_of_an_order_shave_off_comes_back_by_the_cent(charged, price, qty, nets) -> None:
    """The venue's own examples, for an account kept in cents; trade fees as given there."""
    rule = FeeRule(kind="kalshi", rate=Decimal("0.07"), precision=Decimal("0.01"))
    shaved, found = Decimal(0), []
    for _ in nets:
        off = shaving(rule, Side.BUY, Decimal(price), Decimal(qty), Decimal(charged))
        shaved += off
        back = rebate(shaved, Decimal(charged) + off)
        shaved -= back
        found.append(Decimal(charged) + off - back)
    assert found == [Decimal(net) for net in nets]
