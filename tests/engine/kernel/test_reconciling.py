"""P10: what a venue did while we did not hear it, each case by name; most are a peer's outage."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import Cancel, Conclude, Halt, Reconcile
from engine.core.effects import Look, Submit, Withdraw
from engine.core.events import (
    Canceled,
    CancelRefused,
    Due,
    Filled,
    FillReversed,
    Held,
    Lost,
    Pictured,
    Rejected,
    StatusChanged,
)
from engine.core.ids import KALSHI, InstrumentId
from engine.core.order import Status
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side
from tests.engine.kernel.venue import SYMBOLS, Session, accepted, filled, opened

S = Status
ONE = InstrumentId(KALSHI, SYMBOLS[0])


@pytest.fixture(params=["paper", "live"])
def session(request) -> Session:
    return live() if request.param == "live" else Session(opened(request.param))


def live() -> Session:
    """Return a live session that is armed for longer than any test lasts."""
    made = Session(opened("live"))
    made.state.session.armed_until = Nanos(made.at + 10**13)
    return made


def never(session, effect) -> None:
    """A request that never arrives, and whose sender does not know that."""
    order, life = effect.order.order, session.life
    session.after(10**9, lambda: session.tell(Lost(at=session.at, order=order, why="timed out"), life))


def lost_reply(session, effect) -> None:
    """A request that arrives, and whose answer does not."""
    session.exchange.submit(effect.order.client, effect.order.place)
    never(session, effect)


def blink(session) -> None:
    session.drop()
    session.run(1)
    session.connect("account")
    session.run(1)


def test_hummingbot_493_a_timeout_is_not_a_rejection_and_is_never_repeated(session) -> None:
    session.sends = lost_reply
    asked = session.order()
    session.ask(asked)
    session.run(1.1)
    order = session.state.register.get("o-000001")
    assert (order.status, order.why) == (S.LOST, "timed out")
    session.ask(asked)
    assert session.codes()[-1] == "SAME_ORDER"
    session.run(5)
    assert order.status is S.WORKING
    assert len(session.exchange.submitted) == 1


def test_catalyst_317_the_market_stays_shut_while_an_order_in_it_is_unknown(session) -> None:
    session.sends = never
    first = session.place(settle=1.5)
    assert first.status is S.LOST
    before = session.state.venue_loss
    assert before == Decimal("4.8")
    assert session.place(Side.BUY, 1, 4_700, gap=0.1).why.startswith("UNKNOWN_ORDER — ")
    assert session.place(Side.BUY, 1, 4_700, index=1, gap=0.1).status is not S.REFUSED
    assert session.state.venue_loss > before


def test_an_order_that_never_arrived_takes_six_looks_the_last_for_it_alone(session) -> None:
    session.sends = never
    order = session.place(settle=1.5)
    looks = len(session.sent(Look))
    while order.status is S.LOST:
        session.run(1)
    assert (order.status, order.why) == (S.REJECTED, "absent — the venue was asked 6 times and never had it")
    some = session.sent(Look)[looks:]
    assert len(some) >= 6
    assert [one.order for one in some[-1].orders] == [order.id]
    assert session.at - order.sent_at < 60 * 10**9
    assert session.state.venue_loss == 0
    session.quote()
    assert not session.place().why


def test_ccxt_2599_an_order_accepted_after_the_timeout_is_found(session) -> None:
    def slow(session, effect) -> None:
        never(session, effect)
        session.after(8 * 10**9, lambda: session.exchange.submit(effect.order.client, effect.order.place))

    session.sends = slow
    order = session.place(settle=20)
    assert (order.status, order.venue_order) == (S.WORKING, "v-1")


def test_an_order_that_turns_up_after_it_was_given_up_is_taken_back(session) -> None:
    session.sends = never
    order = session.place(settle=60)
    assert order.status is S.REJECTED
    session.exchange.submit(order.client, order.place)
    session.run(10)
    blink(session)
    assert "STRAY_ORDER" in session.codes()
    session.run(1)
    assert session.truth(order).status == "canceled"


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


def test_an_order_that_is_not_ours_is_shown_and_stands_in_the_way_of_ours(session) -> None:
    foreign = session.order(Side.SELL, 7, 5_000)
    session.exchange.submit("someone-else", foreign)
    blink(session)
    assert [seen.client for seen in session.state.desks[KALSHI].external.values()] == ["someone-else"]
    assert session.codes().count("EXTERNAL_ORDER") == 1
    blink(session)
    assert session.codes().count("EXTERNAL_ORDER") == 1
    assert session.place(Side.BUY, 1, 5_000).why.startswith("WASH — ")
    session.exchange.cancel("someone-else")
    blink(session)
    assert not session.state.desks[KALSHI].external


def test_banbot_162_an_offline_fill_goes_to_its_own_order(session) -> None:
    first, second = session.place(qty=10, price=4_800), session.place(qty=10, price=4_700)
    session.trade(second, 10, told=False)
    blink(session)
    assert (first.status, second.status) == (S.WORKING, S.FILLED)


def test_an_offline_close_elsewhere_is_booked_visibly_after_two_pictures() -> None:
    session = live()
    session.trade(session.place(), 10)
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 10, 5_200))
    session.exchange.fill(foreign, Decimal(10), session.at)
    session.run(2)
    session.drop()
    session.connect("account")
    session.run(0.2)
    desk = session.state.desks[KALSHI]
    assert not desk.reconciled
    assert "10 YES here, 0 there" in desk.why
    assert session.place(gap=0.1).why.startswith("RECONCILED — ")
    session.run(5)
    assert desk.reconciled
    assert "POSITION_DIFFERS" in session.codes()
    assert session.differs() == ""


def test_a_trade_elsewhere_that_the_gateway_hears_of_is_booked_without_a_gap_in_the_link() -> None:
    session = live()
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 10, 5_200))
    session.exchange.fill(foreign, Decimal(10), session.at)
    session.run(2)
    assert session.differs()
    session.tell(Pictured(at=session.at, venue=KALSHI, asked_at=session.at, ok=False, why="somebody else traded"))
    assert session.place(gap=0.1).why == (
        "RECONCILED — the account is not reconciled with the venue: somebody else traded"
    )
    session.run(5)
    assert session.state.desks[KALSHI].reconciled
    assert session.differs() == ""


def test_a_difference_where_we_just_traded_is_looked_at_once_more() -> None:
    session = live()
    order = session.place()
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 10, 5_200))
    session.exchange.fill(foreign, Decimal(10), session.at)
    session.drop()
    session.connect("account")
    session.run(0.01)
    session.trade(order, 4)  # after the picture was asked for
    session.run(10)
    assert session.state.desks[KALSHI].reconciled
    assert session.differs() == ""


def test_cash_that_was_read_while_we_traded_is_read_once_more() -> None:
    session = live()
    order = session.place(qty=10, price=4_800)
    session.answers = False
    session.drop()
    session.connect("account")
    asked_at, before = session.at, session.exchange.cash  # of what is read, cash is read just before it trades
    session.run(0.1)
    session.trade(order, 10)
    told = session.exchange.picture((), session.at, asked_at, live=True)
    session.answers = True
    session.tell(replace(told, cash=Money(before)))
    assert session.state.desks[KALSHI].reconciled
    session.run(10)
    assert session.differs() == ""


def test_cash_that_had_a_trade_in_it_which_was_told_later_is_read_once_more() -> None:
    session = live()
    order = session.place(qty=10, price=4_800)
    session.answers = False
    session.drop()
    session.connect("account")
    told = session.exchange.picture((), session.at, session.at, live=True)
    fill = session.trade(order, 10, told=False)
    session.tell(replace(told, cash=Money(session.exchange.cash)))  # of what is read, cash comes last
    session.run(0.2)
    session.tell(filled(fill, order.id))
    session.answers = True
    session.run(10)
    assert session.differs() == ""


def test_a_position_flip_elsewhere_is_booked_with_the_right_sign() -> None:
    session = live()
    session.trade(session.place(), 10)
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 25, 5_200))
    session.exchange.fill(foreign, Decimal(25), session.at)
    session.run(2)
    blink(session)
    session.run(10)
    assert {leg: session.state.book.get(ONE, leg).qty for leg in Leg} == {Leg.YES: 0, Leg.NO: 15}
    assert session.differs() == ""


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


def test_an_order_written_down_and_not_sent_before_a_crash_is_unknown_then_absent() -> None:
    session = Session()
    session.sends = lambda *_: None
    order = session.place(settle=0.1)
    session.crash()
    found = session.state.register.get(order.id)
    assert found.status is S.LOST
    session.run(60)
    assert (found.status, found.why[:6]) == (S.REJECTED, "absent")


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


def test_freqtrade_4403_an_order_not_found_does_not_loop_for_ever(session) -> None:
    order = session.place()
    del session.exchange.orders[order.client]
    blink(session)
    session.run(90)
    assert (order.status, order.why) == (S.CANCELED, "the venue no longer has it")
    looks = len(session.sent(Look))
    session.run(300)
    assert len(session.sent(Look)) == looks


def test_hummingbot_5896_a_cancel_that_got_lost_is_asked_again_and_ends(session) -> None:
    order = session.place()
    heard = session.withdraws
    session.withdraws = lambda *_: None
    session.ask(Cancel(order=order.id))
    session.run(4)
    session.withdraws = heard
    assert order.status is S.CANCELING
    session.run(30)
    assert order.status is S.CANCELED
    assert len(session.sent(Withdraw)) >= 2


def test_hummingbot_1804_a_cancel_of_an_order_that_filled_ends_as_filled(session) -> None:
    order = session.place()
    session.trade(order, 10, told=False)
    session.ask(Cancel(order=order.id))
    session.run(30)
    assert (order.status, order.filled) == (S.FILLED, 10)
    assert session.differs() == ""


def test_hummingbot_8250_each_reconnect_is_reconciled_before_anything_new_passes(session) -> None:
    for _ in range(3):
        session.drop(why="closed 1000")
        assert session.place(gap=0.1).why.startswith("VENUE_LINK — ")
        session.answers = False
        session.connect("account")
        assert session.place(gap=0.1).why.startswith("RECONCILED — ")
        session.answers = True
        session.run(60)
        assert session.state.desks[KALSHI].reconciled


def test_a_picture_that_fails_keeps_the_gate_shut_and_is_asked_for_again(session) -> None:
    session.answers = False
    session.drop()
    session.connect("account")
    asked = session.sent(Look)[-1]
    for _ in range(3):
        session.tell(Pictured(at=session.at, venue=KALSHI, asked_at=session.at, ok=False, why="503"))
        assert not session.state.desks[KALSHI].reconciled
        session.run(31)
    assert session.sent(Look)[-1] is not asked
    session.answers = True
    session.run(60)
    assert session.state.desks[KALSHI].reconciled


def test_a_picture_asked_for_before_the_gap_opens_nothing(session) -> None:
    session.answers = False
    before = session.at
    session.drop()
    session.run(1)
    session.connect("account")
    session.tell(session.exchange.picture((), session.at, before, live=session.live))
    assert not session.state.desks[KALSHI].reconciled


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


def test_the_trader_concludes_what_no_venue_settles(session) -> None:
    session.sends = never
    order = session.place(settle=1.5)
    session.ask(Conclude(order=order.id, why="  "))
    assert order.status is S.LOST
    session.ask(Conclude(order=order.id, why="not on the website"))
    assert (order.status, order.why) == (S.REJECTED, "concluded — concluded by you: not on the website")
    session.ask(Conclude(order=order.id, why="again"))
    assert session.codes()[-1] == "CONCLUDE"


def test_the_trader_can_have_the_account_looked_at(session) -> None:
    looks = len(session.sent(Look))
    session.ask(Reconcile(venue=KALSHI))
    assert len(session.sent(Look)) == looks + 1


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


def test_late_words_about_an_order_that_ended_move_nothing(session) -> None:
    order = session.place()
    session.ask(Cancel(order=order.id))
    session.run(1)
    for late in (Lost(at=session.at, order=order.id, why="late"), Canceled(at=session.at, order=order.id)):
        session.tell(late)
    session.tell(Rejected(at=session.at, order=order.id, code="late", text="late"))
    assert order.status is S.CANCELED


def test_positions_are_not_corrected_while_an_order_in_them_is_unknown() -> None:
    session = live()
    session.sends = never
    session.place(settle=1.2)
    for _ in range(3):
        at = session.at
        session.tell(
            Pictured(at=at, venue=KALSHI, asked_at=at, cash=Money(Decimal(10_000)),
                positions=(Held(instrument=ONE, leg=Leg.YES, qty=Qty(Decimal(10))),))
        )  # fmt: skip
    assert "POSITION_DIFFERS" not in session.codes()
    assert not list(session.state.book.held())


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


def test_a_cancel_that_the_venue_refused_is_asked_again_until_the_order_is_gone(session) -> None:
    """Asked too often is no reason to leave an order working that was wanted back, by a halt least of all."""
    order = session.place()
    refusals = []

    def refuses(session, effect) -> None:
        refusals.append(effect)
        at = session.at
        session.after(10**8, lambda: session.tell(CancelRefused(at=at, order=effect.order, code="throttled")))

    session.withdraws, taken = refuses, session.withdraws
    session.ask(Halt(why="test"))
    session.run(1)
    assert order.status is S.WORKING
    session.withdraws = taken
    session.run(20)
    assert order.status is S.CANCELED
    assert session.truth(order).status == "canceled"


def test_an_older_picture_that_comes_after_a_newer_one_doubts_nothing(session) -> None:
    asked_at = session.at
    session.ask(Reconcile(venue=KALSHI))
    session.run(1)
    assert session.state.desks[KALSHI].reconciled
    session.tell(session.exchange.picture((), session.at, asked_at, live=session.state.session.mode == "live"))
    assert session.state.desks[KALSHI].reconciled


def test_a_picture_that_is_due_is_not_put_off_by_the_beat_of_the_same_moment(session) -> None:
    """Both come once a second: the beat before the picture put it off for another second, and so for ever."""
    session.sends = never
    order = session.place(settle=1.1)
    assert order.status is S.LOST
    order.moved_at = Nanos(order.moved_at - 10 * SECOND)  # nothing was heard of it for a while
    desk = session.state.desks[KALSHI]
    due = desk.look_due
    assert due is not None
    asked = len(session.sent(Look))
    session.do(Due(at=Nanos(due + 1), what="beat"))
    session.do(Due(at=Nanos(due + 2), what=f"look:{KALSHI}"))
    assert len(session.sent(Look)) == asked + 1
