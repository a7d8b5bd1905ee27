"""Conduct that should be looked at is flagged, and ordinary trading is not."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import AccountId, MarketId, OrderId
from engine.core.trade import Traded
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side, Ticks
from engine.exchange.conduct import BESIDE, SHOWN, TRIPS, WINDOW, Conduct
from engine.exchange.resting import Rest

ANN, BOB = AccountId("ann"), AccountId("bob")
RAIN = MarketId("RAIN")


def trade(at: int, side: Side, qty: str = "10", account: AccountId = ANN, leg: Leg = Leg.YES) -> Traded:
    amount = Money(Decimal("4.2"))
    return Traded(
        account, OrderId(f"o-{at}"), Nanos(at * SECOND), RAIN, 0, leg, side, Qty(Decimal(qty)), amount,
        Money(Decimal(0)), Ticks(4_200), Ticks(4_210), Money(Decimal(0)),
    )  # fmt: skip


def rest(at: int, side: Side, account: AccountId = ANN) -> Rest:
    return Rest(OrderId(f"r-{at}"), at, Nanos(at * SECOND), account, RAIN, 0, Leg.YES, side, Ticks(4_000), 10_000_000)


def test_buying_and_selling_the_same_again_and_again_is_flagged_and_a_position_is_not() -> None:
    turning, building = Conduct(), Conduct()
    for n in range(2 * TRIPS):
        turning.traded(trade(n, Side.BUY if n % 2 == 0 else Side.SELL))
        building.traded(trade(n, Side.BUY if n % 3 else Side.SELL))
    (flag,) = turning.flags(Nanos(60 * SECOND))
    assert (flag.kind, flag.account, flag.times, flag.bar) == ("ROUND_TRIPS", ANN, TRIPS, TRIPS)
    assert "bought 30 and sold 30 in 6 trades" in flag.text
    assert building.flags(Nanos(60 * SECOND)) == ()
    assert turning.flags(Nanos(WINDOW + 60 * SECOND)) == ()


def test_no_bought_is_yes_sold() -> None:
    found = Conduct()
    for n in range(2 * TRIPS):
        found.traded(trade(n, Side.BUY, leg=Leg.YES if n % 2 == 0 else Leg.NO))
    assert [flag.kind for flag in found.flags(Nanos(60 * SECOND))] == ["ROUND_TRIPS"]


def test_orders_shown_and_withdrawn_beside_trades_the_other_way_are_flagged() -> None:
    shown, meant, idle = Conduct(), Conduct(), Conduct()
    for n in range(SHOWN):
        for one, lived in ((shown, 1), (idle, 1), (meant, 30)):
            at = 60 * n
            one.withdrawn(rest(at, Side.BUY), Nanos((at + lived) * SECOND))
            if n < BESIDE and one is not idle:
                one.traded(trade(at + lived, Side.SELL))
    assert [(flag.kind, flag.times) for flag in shown.flags(Nanos(300 * SECOND))] == [("WITHDRAWN", SHOWN)]
    assert meant.flags(Nanos(300 * SECOND)) == idle.flags(Nanos(300 * SECOND)) == ()


@given(st.lists(st.tuples(st.sampled_from((ANN, BOB)), st.sampled_from(list(Side)), st.integers(1, 50)), max_size=40))
def test_flags_are_of_one_account_each_and_never_without_turnover(some: list[tuple[AccountId, Side, int]]) -> None:
    found = Conduct()
    for at, (account, side, qty) in enumerate(some):
        found.traded(trade(at, side, str(qty), account))
    for flag in found.flags(Nanos(60 * SECOND)):
        mine = [(side, qty) for account, side, qty in some if account == flag.account]
        bought = sum(qty for side, qty in mine if side is Side.BUY)
        sold = sum(qty for side, qty in mine if side is Side.SELL)
        assert abs(bought - sold) * 10 <= bought + sold
        assert flag.times >= TRIPS
