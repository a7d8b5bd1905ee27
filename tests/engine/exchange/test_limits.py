from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.ids import FEES, HOUSE, YOU, AccountId, OrderId
from engine.core.units import Leg, Side
from engine.exchange.answers import Declined, SubsidyQuote
from engine.exchange.books import OUTSIDE
from engine.exchange.exchange import Exchange
from engine.exchange.rules import ExchangeRules
from engine.portfolio.groups import GroupMode
from tests.engine.exchange.listed import (
    KENNEDY,
    MIDWAY,
    NEAR,
    NOW,
    SIM,
    buy,
    funded,
    high,
    open_rain,
    order,
    rain,
    refusal,
    sell,
)


def deep(rules: ExchangeRules | None = None, amount: int = 100_000):
    """An exchange with deep markets in two near cells and a far one."""
    exchange = funded(YOU, SIM, amount=amount, rules=rules)
    for name, cell in (("A", MIDWAY), ("B", NEAR), ("FAR", KENNEDY)):
        exchange.create(rain(name, cell), 1000.0, (), Decimal(0), NOW)
    return exchange


def test_cash_must_cover_cost_and_fee() -> None:
    exchange = open_rain(fee_rate=Decimal("0.01"))
    quote = exchange.quote(order(qty=10))
    exchange.cash[YOU] = quote.total
    assert buy(exchange, qty=10).cost == quote.cost
    assert exchange.cash[YOU] == 0
    exchange = open_rain(fee_rate=Decimal("0.01"))
    exchange.cash[YOU] = quote.total - Decimal("0.000001")
    said = refusal(exchange, order(qty=10))
    assert (said.code, said.would_be) == ("CASH", quote.total)


def test_an_account_without_cash_buys_nothing() -> None:
    assert refusal(open_rain(), order(qty=1, by=AccountId("nobody"))).code == "CASH"


@pytest.mark.parametrize("account", [HOUSE, FEES, OUTSIDE])
def test_the_exchange_s_own_accounts_do_not_trade(account) -> None:
    assert refusal(open_rain(), order(qty=1, by=account)).code == "ACCOUNT"


def test_a_cell_holds_a_thousand_and_no_more() -> None:
    exchange = deep()
    buy(exchange, market="A", qty=999)
    said = refusal(exchange, order(market="A", qty="1.000001"))
    assert (said.code, said.limit, said.would_be) == ("PER_CELL", 1000, Decimal("1000.000001"))
    buy(exchange, market="A", qty=1)
    assert refusal(exchange, order(market="A", qty="0.000001")).code == "PER_CELL"


def test_no_counts_against_yes_in_a_cell() -> None:
    exchange = deep()
    buy(exchange, market="A", qty=1000)
    buy(exchange, Leg.NO, market="A", qty=2000)
    assert exchange.exposures(YOU) == {MIDWAY: Decimal(-1000)}
    assert refusal(exchange, order(leg=Leg.NO, market="A", qty=1)).code == "PER_CELL"


def test_a_sale_that_uncovers_the_other_leg_counts() -> None:
    exchange = deep()
    buy(exchange, Leg.NO, market="A", qty=500)
    buy(exchange, market="A", qty=1500)
    assert refusal(exchange, order(Side.SELL, Leg.NO, market="A", qty=1)).code == "PER_CELL"
    sell(exchange, market="A", qty=1)


def test_near_cells_share_a_limit_and_far_ones_do_not() -> None:
    exchange = deep(ExchangeRules(max_group=Decimal(1500)))
    buy(exchange, market="A", qty=1000)
    buy(exchange, Leg.NO, market="B", qty=500)
    said = refusal(exchange, order(leg=Leg.NO, market="B", qty=1))
    assert (said.code, said.would_be) == ("CORRELATED", 1501)
    buy(exchange, market="FAR", qty=1000)
    assert exchange.exposures(YOU) == {MIDWAY: 1000, NEAR: -500, KENNEDY: 1000}


def test_one_account_s_limit_is_not_another_s() -> None:
    exchange = deep()
    buy(exchange, market="A", qty=1000)
    buy(exchange, market="A", qty=1000, by=SIM)


def test_who_is_over_a_limit_can_still_leave() -> None:
    exchange = deep()
    buy(exchange, market="A", qty=1000)
    buy(exchange, market="B", qty=1000)
    exchange.rules = ExchangeRules(max_cell=Decimal(100), max_group=Decimal(100), max_margin=Decimal(1))
    sell(exchange, market="A", qty=10)
    assert refusal(exchange, order(market="A", qty=1)).code == "PER_CELL"


def test_what_can_be_lost_is_limited_to_the_last_micro_unit() -> None:
    cost = deep().quote(order(market="A", qty=300)).cost
    exact = deep(ExchangeRules(max_margin=cost))
    buy(exact, market="A", qty=300)
    short = deep(ExchangeRules(max_margin=cost - Decimal("0.000001")))
    said = refusal(short, order(market="A", qty=300))
    assert (said.code, said.would_be) == ("POSITION_LIMIT", cost)


def test_a_pair_ties_up_cash_and_cannot_lose_it() -> None:
    exchange = deep(ExchangeRules(max_margin=Decimal(200)))
    buy(exchange, market="A", qty=300)
    buy(exchange, Leg.NO, market="A", qty=300)
    assert exchange.escrow(YOU) > 200
    assert exchange.margin(YOU) < 10
    buy(exchange, market="FAR", qty=300)
    assert refusal(exchange, order(Side.SELL, Leg.NO, market="A", qty=299)).code == "POSITION_LIMIT"
    sell(exchange, market="FAR", qty=300)


def test_the_margin_of_brackets_is_the_worst_outcome_s() -> None:
    exchange = funded()
    exchange.create(high(), 100.0, (), Decimal(0), NOW)
    spent = sum(buy(exchange, market="HIGH", outcome=i, qty=10).cost for i in (0, 1, 2))
    assert exchange.margin(YOU) == spent
    spent += buy(exchange, market="HIGH", outcome=3, qty=10).cost
    assert exchange.margin(YOU) == max(spent - 10, 0)


def test_no_shares_of_brackets_are_all_paid_but_one() -> None:
    exchange = funded()
    exchange.create(high(), 100.0, (), Decimal(0), NOW)
    spent = sum(buy(exchange, Leg.NO, market="HIGH", outcome=i, qty=10).cost for i in range(4))
    assert exchange.margin(YOU) == max(spent - 30, 0)


def test_the_sum_of_subsidies_is_limited_and_told_before() -> None:
    exchange = funded(rules=ExchangeRules(subsidy_limit=Decimal("138.629438")))
    exchange.create(rain("A"), 100.0, (), Decimal(0), NOW)
    preview = exchange.preview_create(rain("B"), 100.0, ())
    assert isinstance(preview, SubsidyQuote)
    assert (preview.subsidy, preview.total_after) == (Decimal("69.314719"), Decimal("138.629438"))
    assert preview.refused is None
    exchange.create(rain("B"), 100.0, (), Decimal(0), NOW)
    over = exchange.preview_create(rain("C"), 10.0, ())
    assert isinstance(over, SubsidyQuote)
    assert over.refused is not None
    assert over.refused.code == "SUBSIDY_LIMIT"
    assert exchange.create(rain("C"), 10.0, (), Decimal(0), NOW) == over.refused
    exchange.settle("A", 0)
    assert not isinstance(exchange.create(rain("C"), 10.0, (), Decimal(0), NOW), Declined)


def test_the_house_lists_nothing_it_cannot_fund() -> None:
    exchange = funded()
    exchange.cash[HOUSE] = Decimal("69.314718")
    said = exchange.create(rain(), 100.0, (), Decimal(0), NOW)
    assert isinstance(said, Declined)
    assert (said.code, said.would_be) == ("CASH", Decimal("69.314719"))
    exchange.cash[HOUSE] = Decimal("69.314719")
    assert not isinstance(exchange.create(rain(), 100.0, (), Decimal(0), NOW), Declined)
    assert exchange.cash[HOUSE] == 0


def test_the_compatible_grouping_is_a_rule() -> None:
    exchange = deep(ExchangeRules(group_mode=GroupMode.PREFIX5, max_group=Decimal(1200)))
    assert exchange.markets["A"].group == MIDWAY[:5]
    buy(exchange, market="A", qty=1000)
    assert refusal(exchange, order(market="B", qty=300)).code == "CORRELATED"


def pairs(phase: int) -> Exchange:
    """An exchange where an account may lose 20, and we hold sixty pairs, which cannot lose anything."""
    exchange = funded(YOU, SIM, rules=ExchangeRules(max_margin=Decimal(20)))
    exchange.create(rain(), 100.0, (), Decimal(0), NOW, phase=phase)
    for leg in (Leg.YES, Leg.NO) * 2:
        buy(exchange, leg, qty=30)
    return exchange


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_a_sale_that_leaves_the_other_leg_uncovered_is_held_to_what_may_be_lost(phase) -> None:
    exchange = pairs(phase)
    assert refusal(exchange, order(Side.SELL, qty=60)).code == "POSITION_LIMIT"
    sell(exchange, qty=20)
    assert exchange.margin(YOU) <= 20
    sell(exchange, Leg.NO, qty=20)  # what makes the loss smaller always passes
    assert exchange.margin(YOU) < 1


def test_sales_that_rest_are_held_to_it_as_if_they_had_traded() -> None:
    exchange = pairs(2)
    for n, qty in enumerate((20, 20, 20)):
        place = order(Side.SELL, qty=qty, price=9_000, tif=Tif.GTC)
        quote = exchange.quote(place, NOW)
        if isinstance(quote, Declined):
            assert (n, quote.code) == (2, "POSITION_LIMIT")
            break
        exchange.hybrid.submit(quote, NOW, OrderId(f"s-{n}"))
    else:
        pytest.fail("three sales may lose more together than one")
