from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import Amend, Cancel, CancelAll, Flatten, Tif
from engine.core.effects import Keep
from engine.core.events import Kept
from engine.core.ids import HOUSE, YOU, OrderId
from engine.core.order import Status
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, SIM, Desk, high, rain, total

SELL = Side.SELL
CENT = Decimal("0.01")


@pytest.fixture
def desk() -> Desk:
    """A session with the rain market open at even odds."""
    made = Desk()
    made.list()
    return made


def tables(keep: Keep) -> list[str]:
    return [row.table for row in keep.rows]


def test_nothing_is_said_of_a_trade_before_it_is_on_disk(desk: Desk) -> None:
    desk.holding = True
    order = desk.place(qty=10)
    assert (order.status, order.filled) == (Status.SENT, 0)
    assert "FILL" not in desk.codes()
    assert desk.kernel.view(topics.FILLS).rows == ()
    assert desk.kernel.view(topics.POSITIONS).rows == ()
    assert desk.kernel.view(topics.ORDERS).rows[0].word == "Sending"
    desk.free()
    assert (order.status, order.filled, order.cost) == (Status.FILLED, 10, Decimal("5.124948"))
    assert desk.codes()[-1] == "FILL"
    assert [row.qty for row in desk.kernel.view(topics.FILLS).rows] == [10]
    assert desk.kernel.view(topics.POSITIONS).rows[0].qty == 10


def test_trade_cash_order_and_fill_are_one_transaction_that_sums_to_zero(desk: Desk) -> None:
    desk.list(rain("FEES", threshold=Decimal(5)), fee_rate=Decimal("0.02"))
    order = desk.place(market="FEES", qty=10)
    keep = next(k for k in desk.rows if k.then == f"trade:{order.id}")
    assert tables(keep) == ["trades", "cash", "cash", "cash", "cash", "orders", "fills"]
    lines = [row.values for row in keep.rows if row.table == "cash"]
    cash = {(line["account"], line["kind"]): Decimal(line["amount"]) for line in lines}
    assert sum(cash.values()) == 0
    assert cash[YOU, "cost"] + cash[YOU, "fee"] == -(order.cost + order.fee)
    assert order.fee == Decimal("0.102499")
    whole = {r.table: r.values for r in keep.rows}
    assert (whole["orders"]["status"], whole["orders"]["filled"]) == ("filled", "10")
    assert whole["fills"]["trade_id"] == f"t-{whole['trades']['seq']:06d}"


def test_one_intent_is_one_order(desk: Desk) -> None:
    desk.holding = True
    twice = desk.order(qty=10)
    desk.ask(twice)
    desk.ask(twice)
    desk.free()
    desk.ask(twice)
    assert len(desk.state.register) == 1
    assert desk.codes().count("SAME_ORDER") == 2
    assert desk.state.book.get(twice.instrument, Leg.YES).qty == 10
    assert desk.market().trades == 1


def test_the_same_answer_of_the_disk_counts_once(desk: Desk) -> None:
    desk.holding = True
    order = desk.place(qty=10)
    then = desk.held[0]
    desk.free()
    desk.do(Kept(at=desk.at, what=then))
    desk.do(Kept(at=desk.at, what="trade:o-999999"))
    assert (order.filled, len(desk.state.fills)) == (10, 1)


def test_what_one_commit_made_safe_is_told_at_once(desk: Desk) -> None:
    desk.holding = True
    orders = [desk.place(qty=10) for _ in range(3)]
    first, *more = desk.held
    desk.held.clear()
    desk.do(Kept(at=desk.at, what=first, more=tuple(more)))
    assert [order.status for order in orders] == [Status.FILLED] * 3
    assert desk.state.book.get(orders[0].place.instrument, Leg.YES).qty == 30
    assert desk.codes().count("FILL") == 3
    assert desk.state.unsaid == 0


def test_a_budget_buys_what_it_can_and_is_never_exceeded(desk: Desk) -> None:
    order = desk.place(budget="5.00")
    assert Decimal(5) - CENT < order.cost + order.fee <= 5
    assert (order.status, order.quantity) == (Status.FILLED, order.filled)


def test_an_order_up_to_a_price_moves_the_price_there(desk: Desk) -> None:
    order = desk.place(price=5_500)
    assert order.status is Status.FILLED
    assert 0.5499999 < desk.market().prices[0] <= 0.55
    back = desk.place(SELL, price=5_200)
    assert back.status is Status.FILLED
    assert 0.52 <= desk.market().prices[0] < 0.5200001


def test_what_finds_no_price_is_cancelled_and_said_in_full(desk: Desk) -> None:
    order = desk.place(qty=50, price=5_500)
    assert order.status is Status.CANCELED
    assert 20 < order.filled < 21
    line = desk.kernel.view(topics.ORDERS).rows[0]
    assert line.word.startswith("Part 20.")
    assert line.word.endswith("/50")
    assert line.why == f"{50 - order.filled:f} found no price within the limit"
    kept = next(r for k in desk.rows if k.then == f"trade:{order.id}" for r in k.rows if r.table == "orders")
    assert (kept.values["status"], kept.values["why"]) == ("canceled", order.why)


def test_all_or_nothing_is_nothing_when_the_limit_is_near(desk: Desk) -> None:
    order = desk.place(qty=50, price=5_500, tif=Tif.FOK)
    assert (order.status, order.filled) == (Status.REFUSED, 0)
    assert desk.place(qty=20, price=5_500, tif=Tif.FOK).status is Status.FILLED


@pytest.mark.parametrize("tif", [Tif.GTC, Tif.GTD])
def test_an_order_that_would_wait_is_refused(desk: Desk, tif: Tif) -> None:
    order = desk.place(qty=1, tif=tif)
    assert order.status is Status.REFUSED
    assert "TIF" in order.why


def test_selling_realises_and_closing_leaves_nothing(desk: Desk) -> None:
    desk.place(qty=10)
    desk.place(qty=5)
    desk.place(SELL, qty=4)
    sale = desk.place(SELL, qty=11)
    book = desk.state.book
    held = book.get(sale.place.instrument, Leg.YES)
    assert (held.qty, held.cost) == (0, 0)
    assert book.realised == held.realised == desk.state.exchange.cash[YOU] - 1_000
    assert -CENT < book.realised <= 0  # the price came back to where it was; roundings are the house's
    assert desk.state.total == book.realised
    assert desk.state.losses == {}


def test_no_shares_are_bought_and_sold_as_their_own_leg(desk: Desk) -> None:
    order = desk.place(leg=Leg.NO, qty=10)
    assert desk.market().prices[0] < 0.5
    assert desk.state.book.get(order.place.instrument, Leg.NO).qty == 10
    assert desk.place(SELL, Leg.NO, qty=10).status is Status.FILLED
    assert desk.place(SELL, Leg.NO, qty=1).status is Status.REFUSED


def test_edge_and_slippage_are_of_the_price_before(desk: Desk) -> None:
    order = desk.place(qty=10)
    assert order.mid == 50.0
    assert desk.state.fills[-1].slippage == pytest.approx(1.24948)
    assert order.edge is None  # nothing is forecast
    sale = desk.place(SELL, qty=10)
    assert sale.mid == pytest.approx(52.497919)
    assert desk.state.fills[-1].slippage > 0


def test_other_accounts_trade_without_our_gates_and_without_notices(desk: Desk) -> None:
    said = len(desk.said)
    desk.other(qty=200)
    assert desk.market().trades == 1
    assert len(desk.state.register) == 0
    assert desk.state.exchange.holding(SIM, "RAIN", 0, Leg.YES).qty == 200  # type: ignore[arg-type]
    assert tables(desk.rows[-1]) == ["trades", "cash", "cash"]
    desk.other(SELL, qty=201)
    assert desk.state.declined == 1
    assert len(desk.said) == said


def test_the_house_does_not_trade(desk: Desk) -> None:
    desk.ask(msgspec.structs.replace(desk.order(qty=1), by=HOUSE))
    assert (desk.state.declined, desk.market().trades) == (1, 0)


def test_flatten_sells_every_position(desk: Desk) -> None:
    desk.list(high())
    desk.place(qty=10)
    desk.place(leg=Leg.NO, qty=4)
    desk.place(market="HIGH", outcome=2, qty=6)
    desk.ask(Flatten())
    assert not list(desk.state.book.held())
    assert desk.state.losses == {}
    assert [o.place.origin for o in desk.state.register][-3:] == ["flatten"] * 3
    desk.ask(Flatten())
    assert desk.codes()[-1] == "NOTHING_TO_FLATTEN"


def test_flatten_of_one_market_leaves_the_others(desk: Desk) -> None:
    desk.list(rain("RAIN2", threshold=Decimal(5)))
    desk.place(qty=10)
    desk.place(market="RAIN2", qty=10)
    desk.ask(Flatten(market="RAIN"))  # type: ignore[arg-type]
    assert [i.symbol for i, _, _ in desk.state.book.held()] == ["RAIN2/0"]


def test_flatten_sells_what_is_not_on_disk_yet(desk: Desk) -> None:
    desk.holding = True
    desk.place(qty=10)
    desk.ask(Flatten())
    desk.free()
    assert not list(desk.state.book.held())
    assert [o.status for o in desk.state.register] == [Status.FILLED] * 2


def test_flatten_pressed_twice_sells_once(desk: Desk) -> None:
    desk.place(qty=10)
    desk.holding = True
    desk.ask(Flatten(), Nanos(SECOND // 10))
    desk.ask(Flatten(), Nanos(SECOND // 10))
    desk.free()
    assert [o.place.side for o in desk.state.register] == [Side.BUY, SELL]


def test_a_position_in_a_closed_market_stays_and_the_refusal_says_why(desk: Desk) -> None:
    desk.place(qty=10)
    desk.run(CLOSES)
    desk.ask(Flatten())
    assert [o.why for o in desk.state.register][-1] == "MARKET_STATE — the market is closed"
    assert desk.state.book.markets() == ["RAIN"]


def test_what_traded_at_once_cannot_be_cancelled_or_amended(desk: Desk) -> None:
    order = desk.place(qty=10)
    desk.ask(Cancel(order=order.id))
    assert desk.said[-1].text == f"order {order.id} is filled and has nothing left to cancel"
    desk.ask(Cancel(order=OrderId("o-77")))
    assert desk.said[-1].text == "order o-77 is not known"
    desk.ask(Amend(order=order.id, price=5_000, qty=Decimal(1)))  # type: ignore[arg-type]
    assert desk.codes()[-1] == "NOTHING_TO_AMEND"
    desk.ask(CancelAll())
    assert desk.said[-1].text == "no order is working"
    desk.holding = True
    desk.place(qty=3)
    desk.ask(CancelAll())
    assert desk.said[-1].text.startswith("1 orders have traded already")
    assert len(desk.state.register) == 2


def test_cash_and_pots_are_what_was_deposited_whatever_is_traded(desk: Desk) -> None:
    before = total(desk)
    for _ in range(10):
        desk.place(qty=7)
        desk.other(leg=Leg.NO, qty=31)
        desk.place(SELL, qty=3)
    assert total(desk) == before == 31_000


def test_the_tape_and_the_trail_follow_every_trade(desk: Desk) -> None:
    desk.place(qty=10)
    desk.other(leg=Leg.NO, qty=5)
    tape = desk.state.tape(desk.order().instrument)
    assert [(p.qty, p.bought) for p in tape] == [(10, True), (5, False)]
    trail = desk.state.trail(desk.order().instrument)
    assert [round(price, 2) for _, price in trail] == [50.0, 52.50, 51.25]
