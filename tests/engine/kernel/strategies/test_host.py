"""A strategy is asked on what it watches and at its cadence, while it is on; what it sends is its own."""

from __future__ import annotations

from decimal import Decimal

from engine.core.commands import Arm
from engine.core.effects import Submit
from engine.core.events import BookDelta, BooksStale
from engine.core.ids import KALSHI
from engine.core.order import Status
from engine.core.units import Lots, Side, Ticks
from tests.engine.kernel.strategies.desk import CHEAP, ONE, Running, row
from tests.engine.kernel.venue import BOOK, opened


def test_a_strategy_that_is_off_is_not_asked():
    session = Running()
    session.quote(CHEAP)
    assert session.seat.intents == 0
    assert session.state.strategies.quotes == {}
    assert session.orders() == []


def test_paper_in_a_live_session_sends_nothing():
    session = Running(opened("live"))
    session.switch("paper")
    session.quote(CHEAP)
    session.run(1)
    assert session.sent(Submit) == []
    assert session.seat.intents > 0


def test_live_needs_a_live_session_that_is_armed_and_the_words():
    paper = Running()
    paper.switch("live", "LIVE desk")
    assert paper.seat.state.value == "off"
    session = Running(opened("live"))
    session.switch("live", "LIVE desk")
    assert session.seat.state.value == "off"
    session.ask(Arm(typed="LIVE desk"))
    session.switch("live", "yes")
    assert session.seat.state.value == "off"
    session.switch("live", "LIVE desk")
    session.quote(CHEAP)
    session.run(1)
    assert session.seat.state.value == "live"
    assert len(session.sent(Submit)) == 1


def test_disarming_ends_live_trading_and_a_restart_brings_it_back_on_paper():
    session = Running(opened("live"))
    session.ask(Arm(typed="LIVE desk"))
    session.switch("live", "LIVE desk")
    session.run(1)
    session.crash()
    session.run(3)
    assert session.seat.state.value == "paper"
    session.quote(CHEAP)
    session.run(1)
    assert session.sent(Submit) == []


def test_a_stale_book_is_not_shown_to_it_and_its_desk_must_be_reconciled():
    session = Running()
    session.switch("paper")
    session.do(BooksStale(at=session.at, venue=KALSHI, instruments=(ONE,), why="a gap"))
    session.do(BookDelta(at=session.at, instrument=ONE, side=Side.SELL, price=Ticks(3_900), lots=Lots(100)))
    assert session.seat.intents == 0
    session.state.desks[KALSHI].reconciled = False
    session.quote(CHEAP)
    assert session.seat.refusals == {"RECONCILED": 1}


def test_what_rests_is_still_its_own_after_a_restart():
    session = Running()
    session.told("rest", "on")
    session.switch("paper")
    session.quote(BOOK)
    session.run(1)
    session.crash()
    session.run(3)
    session.quote(BOOK)
    (one,) = session.orders()
    assert session.seat.orders == {"bid": one.id}
    session.switch("off")
    session.run(1)
    assert one.status is Status.CANCELED


def test_switching_off_takes_its_orders_back():
    session = Running()
    session.told("rest", "on")
    session.switch("paper")
    session.quote(BOOK)
    session.run(1)
    session.switch("off")
    session.run(1)
    assert [one.status for one in session.orders()] == [Status.CANCELED]


def test_more_fills_in_a_minute_than_it_may_have_halt_it_until_it_is_switched_on_again():
    session = Running()
    session.told("fills_a_minute", "2")
    session.switch("paper")
    for price in (3_900, 3_800, 3_700):
        session.quote((((3_600, 500),), ((price, 5_000),)))
        session.run(3)
        session.trade(session.orders()[-1], 5)
    assert "3 fills within 60 s" in session.seat.halted
    before = len(session.orders())
    session.quote((((3_600, 500),), ((3_650, 5_000),)))
    session.run(3)
    assert len(session.orders()) == before
    assert row(session).why.startswith("halted: ")
    session.crash()
    assert session.seat.halted, "a halt outlives the session"
    session.switch("paper")
    session.run(3)
    assert session.seat.halted == ""


def test_it_is_asked_at_its_cadence_while_it_is_on_and_costs_no_timer_while_it_is_off():
    session = Running()
    session.run(30)
    assert "due" not in session.cheap.told
    assert session.state.strategies.ticking == set()
    session.switch("shadow")
    session.switch("off")
    session.switch("shadow")
    session.run(31)
    assert session.cheap.told.count("due") == 3
    session.switch("off")
    before = session.cheap.told.count("due")
    session.run(30)
    assert session.cheap.told.count("due") == before
    assert session.state.strategies.ticking == set()


def test_budget_and_balance_are_the_decimals_of_the_ledger():
    session = Running()
    session.switch("paper")
    session.quote(CHEAP)
    session.run(1)
    session.trade(session.orders()[0], 5, Decimal("0.10"))
    found = row(session)
    assert (found.fills, found.exposure, found.fees) == (1, Decimal("1.95"), Decimal("0.10"))
    assert found.net == found.unrealised - Decimal("0.10")


def resting_live() -> Running:
    """A live session in which a bid of the strategy rests."""
    session = Running(opened("live"))
    session.ask(Arm(typed="LIVE desk"))
    session.switch("live", "LIVE desk")
    session.told("rest", "on")
    session.quote(BOOK)
    session.run(1)
    assert [one.status for one in session.orders()] == [Status.WORKING]
    return session


def test_what_rested_live_is_taken_back_after_a_restart_as_nobody_minds_it():
    session = resting_live()
    session.crash()
    session.run(5)
    assert [one.status for one in session.orders()] == [Status.CANCELED]
    assert session.seat.orders == {}
