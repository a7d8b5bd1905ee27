from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.units import SECOND, Leg, Lots, Nanos, Side, Ticks
from engine.sandbox.floor_order import FillMade, FloorError, LevelChanged, Life, Meeting, OrderMoved, State
from tests.engine.sandbox.ground import ANN, BEN, CAT, NETTING, START, TOKENS, balance, floor

BUY, SELL, YES, NO = Side.BUY, Side.SELL, Leg.YES, Leg.NO


def bid(made, account, cents, lots, **more):
    return made.place(account, NETTING, BUY, Ticks(100 * cents), Lots(lots), **more)


def ask(made, account, cents, lots, **more):
    return made.place(account, NETTING, SELL, Ticks(100 * cents), Lots(lots), **more)


def test_best_price_then_first_come_at_the_price_of_who_rested() -> None:
    made = floor()
    late, early = ask(made, BEN, 60, 500), ask(made, CAT, 58, 300)
    second = ask(made, BEN, 58, 300)
    order = bid(made, ANN, 60, 700)
    assert [(t.price, t.lots) for t in made.tape[NETTING]] == [(5800, 300), (5800, 300), (6000, 100)]
    assert (early.state, second.state, late.left, order.state) == (State.FILLED, State.FILLED, 400, State.FILLED)


def test_kalshi_fill_pays_cost_and_fee_to_the_hundredth_of_a_cent() -> None:
    made = floor()
    ask(made, BEN, 56, 1000)
    bid(made, ANN, 56, 1000)
    fee = Decimal("0.1725")  # 0.07 · 10 · 0.56 · 0.44 = 0.17248
    assert made.accounts[ANN].cash == 1000 - Decimal("5.60") - fee
    assert made.accounts[BEN].cash == 1000 - Decimal("4.40"), "the maker buys NO at 0.44, without a fee"
    assert made.accounts[BEN].holding(NETTING).net == -1000


def test_rounding_of_the_cash_movement_is_part_of_the_fee() -> None:
    made = floor()
    ask(made, BEN, 33, 1)
    bid(made, ANN, 33, 1)  # one hundredth of a contract: cost 0.0033, fee 0.000155 up to 0.0002
    assert made.accounts[ANN].cash == 1000 - Decimal("0.0035")


def test_a_closed_position_brings_its_money_back() -> None:
    made = floor()
    ask(made, BEN, 40, 1000)
    bid(made, ANN, 40, 1000)
    bid(made, CAT, 70, 1000)
    ask(made, ANN, 70, 1000)
    held = made.accounts[ANN].holding(NETTING)
    assert (held.net, held.realised, held.paid) == (0, Decimal("3.00"), 0)
    assert made.accounts[ANN].cash == 1003 - held.fees


def test_closing_needs_no_cash() -> None:
    made = floor(cash="10")
    ask(made, BEN, 90, 1000)
    bid(made, ANN, 90, 1000)
    ask(made, ANN, 10, 1000)  # 9 dollars to open as NO, nothing to close
    with pytest.raises(FloorError) as no:
        ask(made, ANN, 10, 1000)
    assert no.value.code == "funds"


def test_tokens_cannot_be_sold_before_they_are_held() -> None:
    made = floor()
    with pytest.raises(FloorError) as no:
        made.place(ANN, TOKENS, SELL, Ticks(5000), Lots(1_000_000))
    assert no.value.code == "holdings"


def test_two_buyers_of_opposite_tokens_mint_a_pair_and_two_sellers_merge_it() -> None:
    made = floor()
    made.place(BEN, TOKENS, BUY, Ticks(4000), Lots(1_000_000), leg=NO)
    order = made.place(ANN, TOKENS, BUY, Ticks(6000), Lots(1_000_000), leg=YES)
    assert order.state is State.FILLED
    assert made.accounts[BEN].cash == 1000 - Decimal("0.4")
    assert made.accounts[ANN].cash == 1000 - Decimal("0.6") - Decimal("0.012")
    assert balance(made) == 0
    made.place(BEN, TOKENS, SELL, Ticks(3000), Lots(1_000_000), leg=NO)
    made.place(ANN, TOKENS, SELL, Ticks(7000), Lots(1_000_000), leg=YES)
    assert [a.holding(TOKENS).yes + a.holding(TOKENS).no for a in made.accounts.values()] == [0, 0, 0]
    assert balance(made) == 0


def test_an_order_never_meets_its_own_account() -> None:
    made = floor()
    resting = ask(made, ANN, 50, 100)
    assert bid(made, ANN, 50, 100).state is State.CANCELED
    assert resting.state is State.RESTING
    order = bid(made, ANN, 50, 100, meeting=Meeting.STOP_MAKER)
    assert (resting.state, order.state) == (State.CANCELED, State.RESTING)
    assert not made.tape[NETTING]


def test_orders_that_may_not_are_refused_and_leave_no_trace() -> None:
    made = floor()
    ask(made, BEN, 50, 100)
    told = []
    made.listeners.append(told.append)
    for code, more in (("crosses", {"post_only": True}), ("unfilled", {"life": Life.FOK})):
        with pytest.raises(FloorError) as no:
            bid(made, ANN, 50, 200, **more)
        assert no.value.code == code
    with pytest.raises(FloorError, match="off the grid"):
        made.place(ANN, NETTING, BUY, Ticks(5050), Lots(100))
    with pytest.raises(FloorError, match="nothing to reduce"):
        bid(made, ANN, 50, 200, reduce_only=True)
    with pytest.raises(FloorError, match="nothing to trade with"):
        bid(made, ANN, 40, 200, life=Life.IOC, must_match=True)
    assert not told


def test_a_client_id_counts_once() -> None:
    made = floor()
    bid(made, ANN, 50, 100, client="one")
    bid(made, BEN, 50, 100, client="one")
    with pytest.raises(FloorError) as no:
        bid(made, ANN, 51, 100, client="one")
    assert no.value.code == "duplicate"


def test_what_an_immediate_order_leaves_is_canceled() -> None:
    made = floor()
    ask(made, BEN, 50, 100)
    order = bid(made, ANN, 50, 300, life=Life.IOC)
    assert (order.state, order.filled, order.left) == (State.CANCELED, 100, 0)
    assert made.books[NETTING].bids.best is None


def test_a_budget_stops_a_purchase() -> None:
    made = floor()
    made.open_account(CAT, Decimal(1000), checked=False)
    made.place(CAT, TOKENS, SELL, Ticks(5000), Lots(10_000_000))
    order = made.place(ANN, TOKENS, BUY, Ticks(6000), Lots(9_000_000), life=Life.IOC, budget=Decimal(2))
    assert order.filled == 4_000_000


def test_orders_expire_each_at_its_own_moment() -> None:
    made = floor()
    told = []
    made.listeners.append(lambda n: told.append((n.at, n.why)) if isinstance(n, OrderMoved) else None)
    order = bid(made, ANN, 50, 100, expires=Nanos(START + SECOND))
    made.advance(Nanos(START + 5 * SECOND))
    assert order.state is State.EXPIRED
    assert told[-1] == (START + SECOND, "expiry")


def test_only_a_smaller_size_keeps_its_place() -> None:
    made = floor()
    first, second = bid(made, ANN, 50, 300), bid(made, BEN, 50, 300)
    made.decrease(first.id, Lots(200), account=ANN)
    made.amend(first.id, Ticks(5000), Lots(100), account=ANN)
    assert (made.ahead(first.id), made.ahead(second.id)) == (0, 100)
    made.amend(first.id, Ticks(5000), Lots(200), account=ANN)
    assert (made.ahead(first.id), made.ahead(second.id)) == (300, 0)


def test_amending_counts_what_has_traded() -> None:
    made = floor()
    order = bid(made, ANN, 50, 300)
    ask(made, BEN, 50, 100)
    made.amend(order.id, Ticks(5100), Lots(150))
    assert (order.filled, order.left, made.books[NETTING].bids.best) == (100, 50, 5100)
    with pytest.raises(FloorError, match="have traded already"):
        made.amend(order.id, Ticks(5100), Lots(100))


def test_closing_cancels_and_settling_pays() -> None:
    made = floor()
    ask(made, BEN, 40, 1000)
    order = bid(made, ANN, 45, 2000)
    made.set_status(NETTING, "closed")
    assert order.state is State.CANCELED
    with pytest.raises(FloorError, match="closed"):
        bid(made, ANN, 50, 100)
    made.set_status(NETTING, "determined", "yes")
    before = made.accounts[ANN].cash
    made.settle(NETTING, Decimal(1))
    assert made.accounts[ANN].cash == before + 10
    assert balance(made) == 0


def test_level_changes_rebuild_the_book() -> None:
    made = floor()
    copy: dict[tuple[Side, int], int] = {}

    def hear(notice: object) -> None:
        if isinstance(notice, LevelChanged):
            key = (notice.side, notice.price)
            copy[key] = copy.get(key, 0) + notice.by
            assert copy[key] == notice.lots

    made.listeners.append(hear)
    for cents in (40, 41, 42, 45):
        bid(made, ANN, cents, 500)
    ask(made, BEN, 41, 1200)
    book = made.books[NETTING]
    assert {k: v for k, v in copy.items() if v} == {
        **{(BUY, p): v for p, v in book.bids.levels()},
        **{(SELL, p): v for p, v in book.asks.levels()},
    }


ORDER = st.tuples(
    st.sampled_from([ANN, BEN, CAT]),
    st.sampled_from([NETTING, TOKENS]),
    st.sampled_from([BUY, SELL]),
    st.sampled_from([YES, NO]),
    st.integers(1, 99),
    st.integers(1, 40_000),
    st.sampled_from(list(Life)),
    st.sampled_from(list(Meeting)),
    st.sampled_from(["place", "place", "place", "cancel", "amend", "decrease", "split"]),
)


def play(made, steps) -> None:
    for account, name, side, leg, cents, lots, life, meeting, what in steps:
        resting = list(made.accounts[account].orders)
        size = Lots(lots * (10_000 if name is TOKENS else 1))
        try:
            if what == "place":
                made.place(account, name, side, Ticks(100 * cents), size, leg=leg, life=life, meeting=meeting)
            elif what == "split" and name is TOKENS:
                made.split(account, name, size)
            elif resting and what == "cancel":
                made.cancel(resting[lots % len(resting)], account=account)
            elif resting and what == "amend":
                made.amend(resting[lots % len(resting)], Ticks(100 * cents), size, account=account)
            elif resting and what == "decrease":
                made.decrease(resting[lots % len(resting)], Lots(lots), account=account)
        except FloorError:
            pass
        made.advance(Nanos(made.at + SECOND))


@settings(deadline=None, max_examples=60)
@given(st.lists(ORDER, max_size=60), st.decimals(0, 1, places=2))
def test_money_and_shares_are_conserved_and_nobody_goes_into_debt(steps, payout) -> None:
    made = floor()
    play(made, steps)
    assert balance(made) == 0
    for account in made.accounts.values():
        assert account.cash >= 0
        assert made.free(account.id) >= 0
        assert all(h.yes >= 0 and h.no >= 0 for h in account.holdings.values())
        assert not account.holding(NETTING).yes or not account.holding(NETTING).no
    for book in made.books.values():
        best, worst = book.bids.best, book.asks.best
        assert best is None or worst is None or best < worst
    made.settle(NETTING, payout)
    made.settle(TOKENS, payout)
    assert balance(made) == 0
    assert not any(account.orders for account in made.accounts.values())


@settings(deadline=None, max_examples=40)
@given(st.lists(ORDER, max_size=40))
def test_fills_of_an_order_add_up_to_it(steps) -> None:
    made = floor()
    fills: dict[str, int] = {}
    made.listeners.append(
        lambda n: fills.__setitem__(n.order.id, fills.get(n.order.id, 0) + n.lots) if isinstance(n, FillMade) else None
    )
    play(made, steps)
    for order in made.orders.values():
        assert fills.get(order.id, 0) == order.filled
        assert order.state is not State.FILLED or order.filled == order.lots
        assert order.state is State.RESTING or order.left == 0


@settings(deadline=None, max_examples=20)
@given(st.lists(ORDER, max_size=40), st.integers(0, 99))
def test_same_orders_and_seed_tell_the_same(steps, seed) -> None:
    digests = []
    for _ in range(2):
        made, digest = floor(seed), hashlib.sha256()
        made.listeners.append(lambda n, digest=digest: digest.update(repr(n).encode()))
        play(made, steps)
        digests.append(digest.hexdigest())
    assert digests[0] == digests[1]


def test_a_crowds_order_that_ended_is_forgotten_however_it_ended() -> None:
    """A taker that was filled at once was kept for ever."""
    made = floor()
    made.accounts[BEN].checked = made.accounts[CAT].checked = False
    ask(made, BEN, 56, 1000)
    bid(made, CAT, 56, 400)
    bid(made, CAT, 50, 300, life=Life.IOC)
    ask(made, CAT, 70, 100, expires=Nanos(START + SECOND))
    made.advance(Nanos(START + 2 * SECOND))
    assert [one.left for one in made.orders.values()] == [600]
    mine = bid(made, ANN, 56, 600)
    assert list(made.orders.values()) == [mine], "an account that is checked may ask for what became of its orders"
