from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import FEES, HOUSE, YOU
from engine.core.units import Leg, Side
from engine.exchange.answers import Settled, Traded
from engine.exchange.exchange import Exchange
from tests.engine.exchange.listed import NOW, SIM, buy, funded, high, open_rain, order, refusal, sell


def sums_to_zero(moves) -> bool:
    return sum(m.amount for m in moves) == 0


def test_winners_are_paid_and_the_house_keeps_the_rest() -> None:
    exchange = open_rain()
    yes = buy(exchange, qty=10)
    no = buy(exchange, Leg.NO, qty=4, by=SIM)
    pot = exchange.markets["RAIN"].pot
    done = exchange.settle("RAIN", 0)
    assert [(p.account, p.amount, p.realised) for p in done.payouts] == [
        (SIM, 0, -no.cost),
        (YOU, 10, 10 - yes.cost),
    ]
    assert done.remainder == pot - 10
    assert sums_to_zero(done.moves)
    assert {m.kind for m in done.moves} == {"payout", "remainder"}
    assert exchange.markets["RAIN"].pot == 0
    assert exchange.markets["RAIN"].status == "settled"
    assert exchange.cash[YOU] == 5000 - yes.cost + 10


def test_no_is_paid_when_the_second_outcome_wins() -> None:
    exchange = open_rain()
    buy(exchange, qty=10)
    buy(exchange, Leg.NO, qty=4, by=SIM)
    assert {p.account: p.amount for p in exchange.settle("RAIN", 1).payouts} == {SIM: 4, YOU: 0}


def test_no_of_every_losing_bracket_is_paid() -> None:
    exchange = funded()
    exchange.create(high(), 100.0, (), Decimal(0), NOW)
    for i in range(4):
        buy(exchange, Leg.NO, market="HIGH", outcome=i, qty=10)
    buy(exchange, market="HIGH", outcome=2, qty=7)
    assert exchange.settle("HIGH", 2).payouts[0].amount == 37


def test_a_settled_market_is_flat_and_frees_its_limits() -> None:
    exchange = open_rain()
    done = buy(exchange, qty=10)
    exchange.settle("RAIN", 0)
    held = exchange.holding(YOU, "RAIN", 0, Leg.YES)
    assert (held.qty, held.cost, held.realised) == (0, 0, 10 - done.cost)
    assert exchange.exposures(YOU) == {}
    assert (exchange.escrow(YOU), exchange.margin(YOU), exchange.subsidies()) == (0, 0, 0)
    assert refusal(exchange, order(qty=1)).code == "NOT_OPEN"


def test_a_void_market_gives_basis_and_fees_back_and_keeps_gains() -> None:
    exchange = open_rain(fee_rate=Decimal("0.01"))
    buy(exchange, qty=10)
    gain = sell(exchange, qty=4).realised
    fees = exchange.holding(YOU, "RAIN", 0, Leg.YES).fees
    done = exchange.settle("RAIN", None)
    assert done.payouts[0].realised == 0
    assert (exchange.cash[YOU], exchange.cash[FEES]) == (5000 + gain, 0)
    assert fees > 0
    assert exchange.holding(YOU, "RAIN", 0, Leg.YES).fees == 0
    assert exchange.markets["RAIN"].status == "void"
    assert {m.kind for m in done.moves} == {"refund", "remainder", "fee"}


DEALS = st.lists(
    st.tuples(st.sampled_from([YOU, SIM]), st.sampled_from(list(Leg)), st.booleans(), st.integers(1, 40_000_000)),
    max_size=15,
)


@given(DEALS, st.decimals("0", "0.10", places=3), st.lists(st.sampled_from([None, 0, 1]), min_size=1, max_size=4))
def test_whatever_is_ruled_a_void_market_keeps_no_fee_and_every_cent_is_somewhere(deals, rate, rulings) -> None:
    exchange = open_rain(fee_rate=rate)
    total, gained = exchange.total(), {YOU: Decimal(0), SIM: Decimal(0)}
    for by, leg, buys, lots in deals:
        held = exchange.holding(by, "RAIN", 0, leg).qty
        qty = Decimal(lots) / 1_000_000 if buys else min(held, Decimal(lots) / 1_000_000)
        if qty:
            done = exchange.execute(order(by=by, leg=leg, side=Side.BUY if buys else Side.SELL, qty=qty), NOW, "o")
            gained[by] += done.realised if isinstance(done, Traded) else 0
    before, cash = list(exchange.holdings(YOU)), dict(exchange.cash)
    for winner in rulings:
        done = exchange.settle("RAIN", winner)
        assert sums_to_zero(done.moves)
        assert sum(p.amount for p in done.payouts) == sum(m.amount for m in done.moves if m.account in (YOU, SIM))
        assert exchange.total() == total
        if winner is None:
            assert exchange.cash.get(FEES, 0) == 0
            assert {by: exchange.cash[by] - 5000 for by in gained} == gained
        else:
            assert exchange.cash.get(FEES, 0) == cash.get(FEES, 0)
        assert sums_to_zero(exchange.reverse("RAIN").moves)
        assert (list(exchange.holdings(YOU)), exchange.cash) == (before, cash)


def pumped() -> Exchange:
    """A market whose bases come to more than its pot: one bought cheap and sold dear to another, on both sides."""
    exchange = open_rain(b=10.0)
    for leg in (Leg.YES, Leg.NO):
        left = buy(exchange, leg, price=9_900, by=SIM).qty
        while left:
            part = min(left, Decimal(1))
            buy(exchange, leg, qty=part)
            sell(exchange, leg, qty=part, by=SIM)
            left -= part
    return exchange


def test_a_void_that_owes_more_than_the_pot_costs_the_house() -> None:
    exchange = pumped()
    market = exchange.markets["RAIN"]
    owed = sum(p.cost for stake in market.stakes.values() for p in stake)
    assert owed > market.pot
    house = exchange.cash[HOUSE]
    done = exchange.settle("RAIN", None)
    assert done.remainder < 0
    assert sum(p.amount for p in done.payouts) == owed
    assert exchange.cash[HOUSE] == house + done.remainder
    assert market.pot == 0


@pytest.mark.parametrize("house", [0, 1])
def test_a_void_the_house_cannot_cover_shrinks_the_refunds(house) -> None:
    exchange = pumped()
    total = exchange.total() - exchange.cash[HOUSE] + house
    exchange.cash[HOUSE] = Decimal(house)
    pot = exchange.markets["RAIN"].pot
    done = exchange.settle("RAIN", None)
    assert sum(p.amount for p in done.payouts) == pot + house
    assert sums_to_zero(done.moves)
    assert exchange.cash[HOUSE] == 0
    assert exchange.total() == total


def test_a_ruling_may_change_who_won_and_the_books_net_to_the_new_outcome() -> None:
    direct, changed = open_rain(), open_rain()
    for exchange in (direct, changed):
        buy(exchange, qty=10)
        buy(exchange, Leg.NO, qty=4, by=SIM)
    changed.settle("RAIN", 0)
    back = changed.reverse("RAIN")
    assert sums_to_zero(back.moves)
    assert {m.kind for m in back.moves} == {"clawback"}
    assert changed.markets["RAIN"].status == "disputed"
    assert changed.exposures(YOU) == direct.exposures(YOU)
    assert changed.escrow(YOU) == direct.escrow(YOU)
    assert changed.settle("RAIN", 1) == direct.settle("RAIN", 1)
    assert changed.cash == direct.cash
    assert list(changed.holdings(YOU)) == list(direct.holdings(YOU))


def test_taking_a_payout_back_can_leave_an_account_owing() -> None:
    exchange = open_rain()
    buy(exchange, qty=10)
    exchange.settle("RAIN", 0)
    exchange.cash[YOU] = Decimal(3)
    exchange.reverse("RAIN")
    assert exchange.cash[YOU] == -7


def test_a_disputed_market_holds_everything_and_settles_later() -> None:
    exchange = open_rain()
    buy(exchange, qty=10)
    exchange.close("RAIN")
    exchange.dispute("RAIN")
    exchange.close("RAIN")
    assert exchange.markets["RAIN"].status == "disputed"
    assert exchange.escrow(YOU) > 5
    assert isinstance(exchange.settle("RAIN", 0), Settled)


def test_a_settlement_happens_once() -> None:
    exchange = open_rain()
    exchange.settle("RAIN", 0)
    with pytest.raises(ValueError, match="settled already"):
        exchange.settle("RAIN", 1)
    with pytest.raises(ValueError, match="take its settlement back"):
        exchange.dispute("RAIN")


def test_only_a_settlement_can_be_taken_back() -> None:
    with pytest.raises(ValueError, match="no settlement"):
        open_rain().reverse("RAIN")


@pytest.mark.parametrize("winner", [-1, 2])
def test_a_winner_must_exist(winner) -> None:
    with pytest.raises(ValueError, match="no outcome"):
        open_rain().settle("RAIN", winner)
