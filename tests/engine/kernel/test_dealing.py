from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import Amend, Cancel, CancelAll, Flatten, Halt, ReduceOnly, Tif
from engine.core.effects import Keep, Replace, Submit, Withdraw
from engine.core.events import Asked, BooksStale, Kept, Rejected, StatusChanged, StoreChanged
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import LEAST_RESTS, SPENDS
from engine.core.order import Status
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side, Ticks
from engine.kernel import dealing
from tests.engine.kernel.venue import ACCOUNT, FEE, SYMBOLS, Session, instrument, opened

S = Status
ONE = InstrumentId(KALSHI, SYMBOLS[0])


@pytest.fixture
def session() -> Session:
    return Session()


def test_an_order_is_on_disk_before_it_is_sent(session) -> None:
    session.run(3)
    session.beat()
    effects = session.do(_asked(session, session.order()))
    kept = [e for e in effects if isinstance(e, Keep) and e.then]
    assert [e.then for e in kept] == ["sent:o-000001"]
    assert not [e for e in effects if isinstance(e, Submit)]
    assert {row.table for row in kept[0].rows} == {"listings", "orders"}
    session.run(0.5)
    assert [e.order.client for e in session.sent(Submit)] == ["a1b2c3d4e5f6-000001"]
    order = session.state.register.get("o-000001")
    assert (order.status, order.venue_order) == (S.WORKING, "v-1")
    assert session.on_disk() == {"o-000001": "working"}


def _asked(session, command):
    session.pressed += 10**10
    return Asked(at=session.at, command=command, pressed_at=session.pressed)


def test_a_client_id_is_the_ledgers_salt_and_the_orders_number(session) -> None:
    order = session.place()
    assert order.client == "a1b2c3d4e5f6-000001"
    assert len(order.client) <= 36
    assert session.sent(Submit)[0].order.at == order.sent_at


def test_one_intent_is_one_order(session) -> None:
    order = session.order()
    session.ask(order)
    session.ask(order)
    session.run(1)
    assert len(session.exchange.submitted) == 1
    assert session.codes()[-1] == "SAME_ORDER"


def test_fills_move_position_cash_and_result_by_the_fills_own_numbers(session) -> None:
    order = session.place(qty=10, price=4_800)
    session.trade(order, 4, "0.07")
    assert order.status is S.PARTIAL
    session.trade(order, 6, "0.10")
    assert (order.status, order.filled, order.cost, order.fee) == (S.FILLED, 10, Decimal("4.8"), Decimal("0.17"))
    session.run(0.1)
    assert session.differs() == ""
    assert session.ledger.cash[ACCOUNT] == Decimal("9995.03") == session.exchange.cash
    assert session.state.book.get(ONE, Leg.YES).average == Decimal("0.48")
    assert session.state.book.fees == Decimal("0.17")
    assert session.on_disk() == {"o-000001": "filled"}


def test_yes_and_no_of_a_market_are_one_position(session) -> None:
    session.trade(session.place(qty=10, price=4_800), 10)
    no = session.place(Side.BUY, 15, 5_100, leg=Leg.NO)
    session.trade(no, 15)
    held = {leg: session.state.book.get(ONE, leg).qty for leg in Leg}
    assert held == {Leg.YES: 0, Leg.NO: 5}
    assert session.state.book.realised == Decimal("0.1")  # ten bought at 48, sold at 49
    assert session.differs() == ""


def test_a_cancel_is_sent_at_once_and_the_order_counts_until_it_is_answered(session) -> None:
    order = session.place()
    before = session.state.venue_loss
    session.ask(Cancel(order=order.id))
    assert order.status is S.CANCELING
    assert session.state.venue_loss == before > 0
    session.run(0.5)
    assert order.status is S.CANCELED
    assert session.state.venue_loss == 0


def test_an_order_taken_back_before_it_left_never_leaves(session) -> None:
    session.run(3)
    session.beat()
    session.do(_asked(session, session.order()))
    session.do(_asked(session, Cancel(order="o-000001")))
    session.run(1)
    order = session.state.register.get("o-000001")
    assert (order.status, order.why) == (S.CANCELED, "taken back before it was sent")
    assert not session.sent(Submit)
    assert not session.sent(Withdraw)


def test_cancels_pass_while_the_disk_takes_nothing(session) -> None:
    order = session.place()
    session.do(StoreChanged(at=session.at, ok=False, why="full"))
    assert session.place().why.startswith("STORAGE — ")
    session.ask(Cancel(order=order.id))
    assert [e.order for e in session.sent(Withdraw)] == [order.id]


def test_a_halt_takes_back_what_works_and_what_has_not_left(session) -> None:
    first = session.place()
    session.run(3)
    session.beat()
    session.do(_asked(session, session.order(index=1)))
    session.do(_asked(session, Halt(why="enough")))
    session.run(1)
    assert (first.status, session.state.register.get("o-000002").status) == (S.CANCELED, S.CANCELED)
    assert len(session.exchange.submitted) == 1
    assert session.state.session.cancelled == 2
    assert session.place().why.startswith("KILL — ")
    session.ask(CancelAll())


def test_an_amendment_is_one_request_and_the_larger_exposure_counts(session) -> None:
    order = session.place(qty=10, price=4_800)
    session.ask(Amend(order=order.id, price=Ticks(4_900), qty=Qty(Decimal(20))))
    assert order.status is S.AMENDING
    assert session.state.venue_loss == Decimal("9.8")
    session.run(0.5)
    assert (order.status, order.place.price, order.quantity) == (S.WORKING, 4_900, 20)
    assert [e.price for e in session.sent(Replace)] == [4_900]
    assert len(session.exchange.orders) == 1


def test_an_amendment_meets_the_gates(session) -> None:
    order = session.place()
    session.ask(Amend(order=order.id, price=Ticks(4_800), qty=Qty(Decimal(5_000))))
    assert (order.status, session.codes()[-1]) == (S.WORKING, "ORDER_QTY")


def test_flatten_takes_orders_back_first_and_sells_what_is_then_held(session) -> None:
    bought = session.place(qty=10, price=4_800)
    session.trade(bought, 10)
    resting = session.place(qty=5, price=4_700)
    session.run(2)
    session.beat()
    session.do(_asked(session, Flatten()))
    assert resting.status is S.CANCELING
    session.trade(resting, 2)  # while the cancel is on its way
    session.run(1)
    sale = list(session.state.register)[-1]
    assert (sale.place.side, sale.place.qty, sale.place.tif) == (Side.SELL, 12, Tif.IOC)
    assert sale.place.price == 4_000  # ten cents under the middle
    session.trade(sale, 12, price=4_900)
    assert not list(session.state.book.held())
    assert session.differs() == ""


def test_flatten_sells_what_the_venue_takes_of_an_odd_holding_and_says_what_stays(session) -> None:
    terms = {"step": Decimal("0.01"), "least": Qty(Decimal(5)), "facts": ((LEAST_RESTS, "1"),)}
    session.list(*(instrument(n, **terms) for n in range(len(SYMBOLS))))
    bought = session.place(qty=5, price=4_800)
    session.trade(bought, Decimal("3.051019"))
    session.ask(Flatten())
    session.run(1)
    sale = list(session.state.register)[-1]
    assert (sale.place.side, sale.place.qty, sale.why) == (Side.SELL, Decimal("3.05"), "")
    session.trade(sale, Decimal("3.05"), price=4_900)
    before = len(session.state.register)
    session.ask(Flatten())
    assert len(session.state.register) == before
    assert "0.001019 YES stay: the venue takes multiples of 0.01" in session.said[-1].text


def test_what_rests_and_what_is_bought_keeps_to_the_least_size_also_where_a_sale_need_not(session) -> None:
    terms = {"step": Decimal("0.01"), "least": Qty(Decimal(5)), "facts": ((LEAST_RESTS, "1"),)}
    session.list(*(instrument(n, **terms) for n in range(len(SYMBOLS))))
    session.trade(session.place(qty=5, price=4_800), 5)
    assert session.place(Side.SELL, 3, 4_900, tif=Tif.IOC).why == ""
    assert session.place(Side.SELL, 2, 5_500).why.startswith("LOT — the venue takes 5 at least")
    assert session.place(Side.BUY, 3, 5_100, tif=Tif.IOC).why.startswith("LOT — the venue takes 5 at least")


def test_a_stale_book_stops_every_order(session) -> None:
    session.do(BooksStale(at=session.at, venue=KALSHI, instruments=(ONE,), why="a gap"))
    assert session.place().why == "BOOK_STALE — the book is stale: a gap"
    assert session.place(index=1).status is S.WORKING


def test_a_book_that_goes_stale_before_the_disk_answered_stops_the_order(session) -> None:
    session.run(3)
    session.beat()
    session.do(_asked(session, session.order()))
    session.do(BooksStale(at=session.at, venue=KALSHI, instruments=(ONE,), why="a gap"))
    session.run(1)
    order = session.state.register.get("o-000001")
    assert order.status is S.REJECTED
    assert order.why.startswith("unsent — the book went stale")
    assert not session.exchange.submitted


@pytest.mark.parametrize("channel", ["market", "account"])
def test_a_link_that_is_down_stops_new_orders_and_no_cancels(session, channel) -> None:
    order = session.place()
    session.drop(channel)
    assert session.place(index=1).why.startswith("VENUE_LINK — ")
    session.ask(Cancel(order=order.id))
    assert session.sent(Withdraw)


def test_orders_of_ours_never_meet_each_other_across_the_legs_either(session) -> None:
    session.place(Side.BUY, 5, 5_000)
    assert session.place(Side.SELL, 5, 5_000).why.startswith("WASH — ")
    assert session.place(Side.BUY, 5, 5_000, leg=Leg.NO).why.startswith("WASH — ")
    assert session.place(Side.SELL, 5, 5_100).status is S.WORKING
    assert session.place(Side.BUY, 5, 4_800, leg=Leg.NO).status is S.WORKING


def test_cash_counts_what_working_orders_tie_up() -> None:
    session = Session(opened(seed_cash=(), limits=(("ORDER_VALUE", Decimal(10**6)), ("EVENT_EXPOSURE", Decimal(10**6)),
        ("AT_RISK", Decimal(10**6)), ("ORDER_QTY", Decimal(10**6)), ("MARKET_POSITION", Decimal(10**6)))))  # fmt: skip
    assert session.place(qty=15_000, price=4_900).status is S.WORKING
    refused = session.place(qty=10_000, price=4_900, index=1)
    assert refused.why == "CASH — it costs $4900.00 and $2650.00 of cash is free"


def test_two_sales_cannot_close_the_same_shares(session) -> None:
    session.trade(session.place(qty=10, price=4_800), 10)
    session.do(_asked(session, Halt(why="enough")))
    session.run(3)
    assert session.place(Side.SELL, 6, 5_200).status is S.WORKING
    assert session.place(Side.SELL, 6, 5_300).why.startswith("KILL — ")
    assert session.place(Side.SELL, 4, 5_300).status is S.WORKING


def test_an_order_without_a_price_takes_what_there_is_within_the_collar(session) -> None:
    order = session.place(qty=3, price=None)
    assert (order.place.price, order.place.tif) == (6_000, Tif.IOC)
    down = session.place(Side.BUY, 3, None, leg=Leg.NO, index=1)
    assert down.place.price == 6_000


def test_where_a_venue_spends_the_money_of_a_purchase_it_reaches_no_further_than_its_shares_stand(session) -> None:
    session.list(*(instrument(n, facts=((SPENDS, "1"),)) for n in range(len(SYMBOLS))))
    order = session.place(qty=3, price=None)
    assert (order.place.price, order.place.tif) == (5_100, Tif.IOC)
    assert session.place(qty=10, price=None).place.price == 5_200
    assert session.place(qty=30, price=None).place.price == 5_200, "more than stands within the collar"
    assert session.place(Side.BUY, 3, None, leg=Leg.NO, index=1).place.price == 5_100
    nonsense = session.order(qty=Decimal("NaN"), price=None)
    assert dealing.shape(session.state, session.state.listings[ONE], nonsense).price == 6_000
    session.trade(session.place(qty=10, price=5_200), 10)
    assert session.place(Side.SELL, 3, None).place.price == 4_000, "a sale gives shares"


def test_a_budget_buys_whole_steps_with_the_fee_inside(session) -> None:
    order = session.place(qty=None, price=5_000, budget=Decimal(10))
    assert order.quantity == 20


def test_an_order_that_never_reached_the_disk_is_never_sent(session) -> None:
    session.DISK = 10**15
    session.run(3)
    session.beat()
    session.do(_asked(session, session.order()))
    session.do(Kept(at=session.at, what="failed:sent:o-000001"))
    order = session.state.register.get("o-000001")
    assert (order.status, order.why[:6]) == (S.REJECTED, "unsent")
    assert session.state.session.halted_by == "LEDGER"
    assert not session.exchange.submitted


def test_an_order_that_waited_long_for_the_disk_is_not_sent_at_the_price_of_then(session) -> None:
    session.DISK = 600 * SECOND
    session.run(3)
    session.beat()
    session.do(_asked(session, session.order()))
    session.do(StoreChanged(at=session.at, ok=False, why="full"))
    for _ in range(599):
        session.run(1)
        session.beat()
    session.do(StoreChanged(at=session.at, ok=True, why=""))
    session.run(1)
    order = session.state.register.get("o-000001")
    assert order.status is S.REJECTED
    assert order.why.startswith("unsent — the disk took more than 5 s")
    assert not session.sent(Submit)
    assert session.state.venue_loss == 0


def test_an_order_whose_time_ran_out_before_the_disk_answered_is_not_sent(session) -> None:
    session.DISK = 2 * SECOND
    session.run(3)
    session.beat()
    session.do(_asked(session, session.order(tif=Tif.GTD, until=Nanos(session.at + SECOND))))
    session.run(3)
    assert session.state.register.get("o-000001").why == "unsent — its time ran out before it was sent"
    assert not session.sent(Submit)


def _reduces(s: Session) -> None:
    s.do(_asked(s, ReduceOnly(on=True)))


@pytest.mark.parametrize(
    ("stirred", "why"),
    [
        (_reduces, "only what reduces passes"), (lambda s: s.drop("market"), "the venue's link went down"),
        (lambda s: s.drop("account"), "the venue's link went down"),
        (lambda s: s.do(BooksStale(at=s.at, venue=KALSHI, instruments=(ONE,), why="a gap")), "the book went stale"),
        (lambda s: s.do(StatusChanged(at=s.at, instrument=ONE, status="paused")), "the market was paused"),
    ],
)  # fmt: skip
def test_what_comes_between_an_amendment_and_the_disk_stops_it(session, stirred, why) -> None:
    order = session.place(qty=10, price=4_800)
    session.run(3)
    session.beat()
    session.do(_asked(session, Amend(order=order.id, price=Ticks(4_900), qty=Qty(Decimal(20)))))
    stirred(session)
    session.run(0.01)
    assert (order.status, order.place.price, order.quantity) == (S.WORKING, 4_800, 10)
    assert why in order.why
    assert not session.sent(Replace)
    assert session.state.venue_loss == Decimal("4.8")


def test_a_definite_no_ends_the_order_with_the_venues_reason(session) -> None:
    session.sends = lambda s, e: s.tell(Rejected(at=s.at, order=e.order.order, code="insufficient", text="no funds"))
    order = session.place()
    assert (order.status, order.why) == (S.REJECTED, "insufficient — no funds")
    assert session.state.venue_loss == 0


def test_a_venues_words_are_cut(session) -> None:
    session.sends = lambda s, e: s.tell(Rejected(at=s.at, order=e.order.order, code="x", text="<b>" * 10_000))
    assert len(session.place().why) == 240


def test_no_account_but_ours_deals_on_a_venue(session) -> None:
    session.ask(replace(session.order(), by="sim-01"))
    assert session.codes()[-1] == "ACCOUNT"
    assert not len(session.state.register)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+60"])
def test_an_amount_that_is_no_number_is_refused_and_kept_out_of_the_ledger(session, amount) -> None:
    assert session.place(qty=amount).why.startswith("ORDER_FORM — ")
    assert session.place(qty=1, price=4_800, reduce_only=True, index=2).why.startswith("EXCHANGE — REDUCE_ONLY")


def test_what_is_not_listed_or_only_tells_prices_takes_no_orders(session) -> None:
    unknown = replace(session.order(), instrument=InstrumentId(KALSHI, "X"))
    session.ask(unknown)
    assert list(session.state.register)[-1].why == "MARKET_STATE — the market is not known"


def test_a_sale_of_more_than_is_held_is_refused_where_legs_are_two_holdings(session) -> None:
    session.list(*(instrument(n, nets=False) for n in range(4)))
    assert session.place(Side.SELL, 5, 5_100).why.startswith("EXCHANGE — NOT_HELD")
    session.trade(session.place(qty=5, price=4_800), 5)
    assert session.place(Side.SELL, 5, 5_100).status is S.WORKING


@pytest.mark.parametrize("how", ["book", "market", "account"])
def test_a_strategys_orders_do_not_outlive_its_sight_and_a_traders_do(session, how) -> None:
    mine, its = session.place(), session.place(qty=3, price=4_700, strategy="S1")
    if how == "book":
        session.do(BooksStale(at=session.at, venue=KALSHI, instruments=(ONE,), why="a gap"))
    else:
        session.drop(how)
    session.run(4)
    assert its.status is S.WORKING
    session.run(8)
    assert (mine.status, its.status) == (S.WORKING, S.CANCELED)
    assert session.codes().count("BLIND") == 1


def test_presses_of_long_ago_are_forgotten(session) -> None:
    for n in range(12):
        session.place(qty=1 + n, gap=30)
        session.ask(CancelAll())
    assert 4 <= len(session.state.pressed) <= 5


@pytest.mark.parametrize("much", ["1E+12", "1E+30", "9.9E+39", "1E-39"])
@pytest.mark.parametrize("fee", [FEE, FeeRule(kind="polymarket", rate=Decimal("0.02"))])
def test_sizes_that_no_fee_can_be_told_of_are_refused(session, fee, much) -> None:
    session.list(*(instrument(n, fee=fee) for n in range(4)))
    session.quote()
    order, amount = session.place(), Decimal(much)
    session.ask(replace(session.order(), qty=Qty(amount)))
    session.ask(replace(session.order(), qty=None, budget=Money(amount)))
    session.ask(replace(session.order(), price=Ticks(10**40)))
    session.ask(Amend(order=order.id, price=Ticks(4_700), qty=Qty(amount)))
    assert [one.status for one in session.state.register] == [S.WORKING, S.REFUSED, S.REFUSED, S.REFUSED]
    assert order.quantity == 10
