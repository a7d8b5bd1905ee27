"""P10: fills that we did not hear of, or twice, or too late, are booked once; most cases are a peer's outage."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import Cancel
from engine.core.effects import Submit
from engine.core.events import Filled, FillReversed, StatusChanged
from engine.core.ids import KALSHI
from engine.core.units import Nanos
from tests.engine.kernel.outages import ONE, S, blink, live
from tests.engine.kernel.venue import Session, accepted, filled, opened


@pytest.fixture(params=["paper", "live"])
def session(request) -> Session:
    return live() if request.param == "live" else Session(opened(request.param))


def test_a_missed_fill_is_booked_once(session) -> None:
    order = session.place()
    session.trade(order, 4, "0.05", told=False)
    blink(session)
    assert (order.status, order.filled) == (S.PARTIAL, 4)
    session.tell(filled(session.truth(order).fills[0], order.id))
    blink(session)
    assert order.filled == 4
    assert session.differs() == ""


def test_a_partial_fill_then_a_cancel_both_unheard(session) -> None:
    order = session.place()
    session.trade(order, 4, "0.05", told=False)
    session.exchange.cancel(order.client)
    blink(session)
    assert (order.status, order.filled) == (S.CANCELED, 4)
    assert session.differs() == ""


def test_freqtrade_11461_cancelled_with_a_partial_fill_is_not_placed_again(session) -> None:
    order = session.place()
    session.trade(order, 4, told=False)
    session.ask(Cancel(order=order.id))
    session.run(1)
    assert order.status is S.CANCELED
    session.tell(filled(session.truth(order).fills[0], order.id))
    assert (order.status, order.filled) == (S.CANCELED, 4)
    assert len(session.sent(Submit)) == 1
    assert session.differs() == ""


def test_banbot_162_an_offline_fill_goes_to_its_own_order(session) -> None:
    first, second = session.place(qty=10, price=4_800), session.place(qty=10, price=4_700)
    session.trade(second, 10, told=False)
    blink(session)
    assert (first.status, second.status) == (S.WORKING, S.FILLED)


def test_a_fill_before_the_orders_own_report_counts_and_nothing_is_undone(session) -> None:
    def fill_first(session, effect) -> None:
        resting = session.exchange.submit(effect.order.client, effect.order.place)
        fill = session.exchange.fill(resting, Decimal(4), session.at)
        session.after(10**7, lambda: session.tell(filled(fill, effect.order.order)))
        session.after(10**8, lambda: session.tell(accepted(effect.order.order, resting)))

    session.sends = fill_first
    order = session.place()
    assert (order.status, order.filled, order.venue_order) == (S.PARTIAL, 4, "v-1")


def test_the_same_fill_told_twice_and_in_a_picture_counts_once(session) -> None:
    order = session.place()
    fill = session.trade(order, 4, "0.05")
    session.tell(filled(fill, order.id))
    blink(session)
    assert order.filled == 4
    assert len(session.state.fills) == 1
    assert session.differs() == ""


def test_passivbot_1323_clocks_four_milliseconds_apart_stop_nothing(session) -> None:
    order = session.place()
    fill = session.exchange.fill(session.truth(order), Decimal(4), Nanos(session.at + 4_000_000))
    session.do(replace(filled(fill, order.id), at=Nanos(session.at - 4_000_000)))
    blink(session)
    assert order.filled == 4
    assert session.state.desks[KALSHI].reconciled


def test_freqtrade_10436_a_restart_with_an_open_entry_keeps_one_order_and_no_phantom(session) -> None:
    order = session.place()
    session.trade(order, 4, "0.05")
    session.run(1)
    session.crash()
    session.run(3)
    again = session.state.register.get(order.id)
    assert (again.status, again.filled, again.venue_order) == (S.PARTIAL, 4, "v-1")
    assert session.differs() == ""
    assert len(session.exchange.submitted) == 1


def test_an_order_that_filled_whole_while_the_process_was_dead(session) -> None:
    order = session.place()
    session.run(1)
    session.crash(ready=False)
    session.trade(order, 10, "0.11", told=False)
    session.connect()
    session.run(3)
    found = session.state.register.get(order.id)
    assert (found.status, found.filled, found.fee) == (S.FILLED, 10, Decimal("0.11"))
    assert session.differs() == ""


def test_fills_that_the_venue_counts_and_does_not_show_leave_the_order_unknown(session) -> None:
    order = session.place()
    session.trade(order, 4, told=False)
    hidden = session.truth(order).fills
    session.truth(order).fills = []
    session.exchange.cancel(order.client)
    blink(session)
    assert order.status is S.LOST
    assert not session.state.desks[KALSHI].reconciled
    session.truth(order).fills = hidden
    session.run(60)
    assert (order.status, order.filled) == (S.CANCELED, 4)
    assert session.state.desks[KALSHI].reconciled


def test_a_fill_taken_back_leaves_position_and_cash_as_before_it(session) -> None:
    order = session.place()
    fill = session.trade(order, 4, "0.05")
    session.tell(FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id))
    assert order.filled == 0
    assert not list(session.state.book.held())
    assert session.state.desks[KALSHI].cash == 10_000
    assert session.state.total == 0


@pytest.mark.parametrize(
    "wrong", [{"qty": Decimal(-1)}, {"qty": Decimal("NaN")}, {"cost": Decimal(11)}, {"fee": Decimal("Infinity")}]
)
def test_a_fill_that_cannot_be_is_not_booked_and_shuts_the_gate(session, wrong) -> None:
    order = session.place()
    fine = {"qty": Decimal(10), "cost": Decimal("4.8"), "fee": Decimal(0), "price": Decimal("0.48")}
    session.tell(Filled(at=session.at, order=order.id, trade_id="t-x", **(fine | wrong)))
    assert order.filled == 0
    assert session.codes()[-1] == "BAD_FILL"
    assert not session.state.desks[KALSHI].reconciled


def test_a_settled_market_closes_the_position_at_what_it_pays(session) -> None:
    session.trade(session.place(qty=10, price=4_800), 10)
    session.tell(StatusChanged(at=session.at, instrument=ONE, status="determined", result="yes"))
    assert session.state.unrealised == Decimal("5.2")
    assert session.state.book.realised == 0
    session.tell(StatusChanged(at=session.at, instrument=ONE, status="settled"))
    session.run(0.1)
    assert not list(session.state.book.held())
    assert session.state.book.realised == Decimal("5.2") == session.state.total
    assert session.state.desks[KALSHI].cash == Decimal("10005.2")
    assert not session.ledger.snapshot(session.base).held[0].qty
