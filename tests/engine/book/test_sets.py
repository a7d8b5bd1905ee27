from __future__ import annotations

import json
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.brackets import Row
from engine.book.sets import SetKind, complete_set, set_cost
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.units import Side
from engine.maths.fees import trade_fee
from tests.shared import shared

KALSHI = FeeRule(kind="kalshi", rate=Decimal("0.07"))
BOTH = {"exclusive": True, "exhaustive": True}


def asks(*outcomes: list[tuple[int, int]], fee: FeeRule = NO_FEE) -> list[Row]:
    """Rows of asks as (cents, shares)."""
    return [Row(asks=tuple((c * 100, n * 100) for c, n in levels), fee=fee) for levels in outcomes]


def test_a_set_below_one_is_bought_as_deep_as_it_pays() -> None:
    rows = asks([(30, 5), (32, 50)], [(30, 20), (41, 50)], [(36, 100)])
    found = complete_set(rows, SetKind.BUY_YES, **BOTH)
    assert found.price == Decimal("0.96")
    assert found.qty == 20  # 5 at 0.96, 15 at 0.98; then 1.09
    assert found.profit == Decimal("0.50")
    assert [leg.worst for leg in found.legs] == [Decimal("0.32"), Decimal("0.30"), Decimal("0.36")]
    assert found.proven


def test_fees_can_take_all_of_it() -> None:
    rows = asks([(48, 100)], [(50, 100)], fee=KALSHI)
    found = complete_set(rows, SetKind.BUY_YES, **BOTH)
    assert (found.price, found.qty, found.profit, found.legs) == (Decimal("0.98"), 0, 0, ())
    assert found.fee == Decimal("0.0350")


def test_no_more_sets_than_asked_for_and_whole_steps_of_them() -> None:
    rows = asks([(30, 50)], [(30, 20)])
    assert complete_set(rows, SetKind.BUY_YES, **BOTH, most=Decimal("7.123")).qty == Decimal("7.12")


def test_a_missing_price_makes_no_set() -> None:
    found = complete_set(asks([(30, 5)], []), SetKind.BUY_YES, **BOTH)
    assert (found.price, found.qty) == (None, 0)
    assert complete_set([], SetKind.BUY_YES, **BOTH).price is None


@pytest.mark.parametrize(
    ("kind", "exclusive", "exhaustive", "proven"),
    [
        (SetKind.BUY_YES, True, False, False),
        (SetKind.BUY_YES, False, True, True),
        (SetKind.BUY_NO, True, False, True),
        (SetKind.SELL_YES, False, True, False),
    ],
)
def test_each_kind_needs_what_makes_it_sure(kind, exclusive, exhaustive, proven) -> None:
    rows = [Row(bids=((6_000, 100),), asks=((3_000, 100),))] * 2
    assert complete_set(rows, kind, exclusive=exclusive, exhaustive=exhaustive).proven is proven


def test_bids_above_one_pay_a_seller_and_a_buyer_of_no_alike() -> None:
    rows = [Row(bids=((4_000, 1_000),)), Row(bids=((3_500, 500),)), Row(bids=((3_000, 2_000),))]
    sold = complete_set(rows, SetKind.SELL_YES, **BOTH)
    bought = complete_set(rows, SetKind.BUY_NO, **BOTH)
    assert (sold.price, bought.price) == (Decimal("1.05"), Decimal("1.95"))
    assert sold.qty == bought.qty == 5
    assert sold.profit == bought.profit == Decimal("0.25")


LEVELS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 5)), min_size=1, max_size=3, unique_by=lambda x: x[0])


@given(st.lists(LEVELS.map(sorted), min_size=2, max_size=3), st.sampled_from([NO_FEE, KALSHI]))
def test_no_other_whole_number_of_sets_brings_more(outcomes, fee) -> None:
    rows = asks(*outcomes, fee=fee)
    found = complete_set(rows, SetKind.BUY_YES, **BOTH)
    for qty in range(1, min(sum(n for _, n in levels) for levels in outcomes) + 1):
        legs = set_cost(rows, SetKind.BUY_YES, Decimal(qty))
        assert qty - sum(leg.cost + leg.fee for leg in legs) <= found.profit
    assert found.profit >= 0
    assert (found.profit > 0) == (found.qty > 0)


@given(st.lists(LEVELS.map(sorted), min_size=2, max_size=3), st.sampled_from([NO_FEE, KALSHI]))
def test_the_profit_is_that_of_every_outcome_fill_by_fill(outcomes, fee) -> None:
    found = complete_set(asks(*outcomes, fee=fee), SetKind.BUY_YES, **BOTH)
    paid = Decimal(0)
    for levels in outcomes if found.qty else []:
        left = found.qty
        for cents, size in levels:
            got = min(left, Decimal(size))
            if got > 0:
                price = Decimal(cents) / 100
                paid += got * price + trade_fee(fee, Side.BUY, price, got, maker=False)
            left -= got
    assert found.profit == found.qty - paid


def test_every_set_of_the_reference() -> None:
    cases = json.loads(shared("golden/models.json").read_text(encoding="utf-8"))["models"]["kalshi.coherence"]["cases"]
    rule = FeeRule(kind="kalshi_cents", rate=Decimal("0.07"))
    for case, (kind, field) in product(
        cases, [(SetKind.BUY_YES, "buy_all_cost_c"), (SetKind.SELL_YES, "sell_all_income_c")]
    ):
        qty = Decimal(case["in"].get("contracts", 1))
        rows = [
            Row(
                bids=() if bid is None else ((bid * 100, 100_000),),
                asks=() if ask is None else ((ask * 100, 100_000),),
                fee=rule,
            )
            for bid, ask in zip(case["in"]["bids_c"], case["in"]["asks_c"], strict=True)
        ]
        legs, want = set_cost(rows, kind, qty), case["out"][field]
        if want is None:
            assert legs is None
            continue
        cost, fee = sum(leg.cost for leg in legs), sum(leg.fee for leg in legs)
        total = cost + fee if kind is SetKind.BUY_YES else cost - fee
        assert total * 100 == want, case["name"]
        arb = case["out"]["arb"] == ("buy_all" if kind is SetKind.BUY_YES else "sell_all")
        assert (complete_set(rows, kind, **BOTH, most=qty).profit > 0) == arb, case["name"]
