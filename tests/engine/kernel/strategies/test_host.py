from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core import codec
from engine.core.commands import Arm, Halt, ReduceOnly, Release
from engine.core.effects import Submit, Withdraw
from engine.core.events import BookDelta, BooksStale, Trade
from engine.core.ids import KALSHI
from engine.core.order import Status
from engine.core.units import Leg, Lots, Qty, Side, Ticks
from engine.kernel.step import Kernel
from engine.kernel.strategies import accounts
from engine.strategies.said import Move
from engine.views import topics
from tests.engine.kernel.strategies.desk import NAME, ONE, TWO, Cheap, Running
from tests.engine.kernel.venue import BOOK, opened

CHEAP = (((3_800, 500),), ((3_900, 5_000),))


def row(session: Running):
    return session.kernel.view(topics.STRATEGIES).rows[0]


def test_a_strategy_that_is_off_is_not_asked():
    session = Running()
    session.quote(CHEAP)
    assert session.seat.intents == 0
    assert session.state.strategies.quotes == {}
    assert session.orders() == []


def test_on_paper_it_sends_through_the_ordinary_path_under_its_own_name():
    session = Running()
    session.switch("paper")
    session.quote(CHEAP)
    session.run(1)
    (one,) = session.orders()
    assert (one.place.strategy, one.place.origin, one.status) == (NAME, "strategy", Status.WORKING)
    assert session.ledger.orders[one.id]["strategy"] == NAME
    assert [effect.order.client for effect in session.sent(Submit)] == [one.client]


def test_in_the_shadow_nothing_is_sent_and_what_would_have_come_of_it_is_kept():
    session = Running()
    session.switch("shadow")
    session.quote(CHEAP)
    session.run(1)
    assert session.orders() == []
    assert session.sent(Submit) == []
    assert session.seat.shadow.get(ONE, Leg.YES).qty == 5
    assert row(session).last_said == "would fill 5 of 5"
    assert row(session).sends is False
    assert session.state.book.get(ONE, Leg.YES).qty == 0


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


@pytest.mark.parametrize(
    ("stop", "gate"),
    [
        (lambda s: s.ask(Halt(why="test")), "KILL"),
        (lambda s: s.ask(ReduceOnly(on=True)), "REDUCE_ONLY"),
        (lambda s: s.drop("account"), "VENUE_LINK"),
    ],
)
def test_what_stops_the_desk_stops_every_strategy_and_is_told_once(stop, gate):
    session = Running()
    session.switch("paper")
    stop(session)
    before = len(session.sent(Submit))
    for _ in range(5):
        session.quote(CHEAP)
        session.run(0.1)
    assert len(session.sent(Submit)) == before
    assert session.seat.refusals == {gate: 5}
    assert session.orders() == [], "a refusal is counted, not filed"
    assert [note.code for note in session.said if note.subject == NAME].count(gate) == 1
    assert row(session).code == gate


def test_a_stale_book_is_not_shown_to_it_and_its_desk_must_be_reconciled():
    session = Running()
    session.switch("paper")
    session.do(BooksStale(at=session.at, venue=KALSHI, instruments=(ONE,), why="a gap"))
    session.do(BookDelta(at=session.at, instrument=ONE, side=Side.SELL, price=Ticks(3_900), lots=Lots(100)))
    assert session.seat.intents == 0
    session.state.desks[KALSHI].reconciled = False
    session.quote(CHEAP)
    assert session.seat.refusals == {"RECONCILED": 1}


def test_the_shadow_would_be_refused_by_the_same_gates():
    session = Running()
    session.switch("shadow")
    session.ask(Halt(why="test"))
    session.quote(CHEAP)
    assert session.seat.refusals == {"KILL": 1}
    assert row(session).why.startswith("would be refused: KILL")
    session.ask(Release(typed="desk"))
    session.quote(CHEAP)
    assert session.seat.shadow.get(ONE, Leg.YES).qty == 5


def test_shadow_and_paper_of_one_market_propose_the_same():
    digests = set()
    for state in ("paper", "shadow"):
        session = Running()
        session.switch(state)
        for price in (3_900, 4_500, 3_800, 4_000, 4_100):
            session.quote((((3_700, 500),), ((price, 5_000),)))
            session.run(2.5)
        assert session.seat.intents == 3
        digests.add(session.seat.digest.hexdigest())
    assert len(digests) == 1


def test_a_replay_of_the_journal_makes_the_same_digest():
    kernel_events: list[bytes] = []

    class Recorded(Running):
        def do(self, event):
            kernel_events.append(codec.encode(event))
            return super().do(event)

    session = Recorded()
    session.switch("paper")
    for price in (3_900, 4_500, 3_800):
        session.quote((((3_700, 500),), ((price, 5_000),)))
        session.run(2.5)
    replayed = Kernel(strategies=(Cheap(),))
    for body in kernel_events:
        replayed.step(codec.decode(body))
    seat = replayed.state.strategies.seats[NAME]
    assert seat.intents == session.seat.intents == 2
    assert seat.digest.hexdigest() == session.seat.digest.hexdigest()


def test_one_key_is_one_order_and_it_can_be_dropped():
    session = Running()
    session.told("rest", "on")
    session.switch("paper")
    session.quote(BOOK)
    session.quote(BOOK)
    session.run(1)
    (one,) = session.orders()
    assert one.place.tag == "bid"
    session.do(Trade(at=session.at, instrument=TWO, price=Ticks(1), lots=Lots(1)))
    assert len(session.sent(Withdraw)) == 1
    session.run(1)
    assert one.status is Status.CANCELED
    assert "ended 0" in session.cheap.told
    session.quote(BOOK)
    assert len(session.orders()) == 2


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


def test_silence_is_counted_by_its_reason():
    session = Running()
    session.switch("shadow")
    session.quote(BOOK)
    session.quote(BOOK)
    assert session.seat.reasons == {"dear": 2}
    assert row(session).why == "it is offered above the limit"
    assert session.kernel.view(topics.strategy(NAME)).reasons == (("dear", 2),)


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


def move(session: Running, price: int, qty: int = 5) -> None:
    """Let the strategy ask for its bid to be moved."""
    session.cheap.on_trade = lambda *_: (Move(NAME, "bid", Ticks(price), Qty(Decimal(qty))),)
    session.do(Trade(at=session.at, instrument=TWO, price=Ticks(5_000), lots=Lots(100), taker=Side.BUY))


def test_a_halted_strategy_moves_nothing_any_more():
    session = Running()
    session.told("rest", "on")
    session.switch("paper")
    session.quote(BOOK)
    session.run(1)
    accounts.halt(session.state, session.seat, "a test")
    move(session, 4_100, 9)
    (one,) = session.orders()
    assert one.amending is None
    session.run(3)
    assert (one.status, one.place.price) == (Status.CANCELED, 4_000)


def test_a_quote_that_may_not_be_moved_does_not_stay_where_it_is_no_longer_wanted():
    session = Running()
    session.told("rest", "on")
    session.switch("paper")
    session.quote(BOOK)
    session.run(3)
    move(session, 4_100, 10**9)
    session.run(3)
    (one,) = session.orders()
    assert one.status is Status.CANCELED


def test_a_quote_that_may_only_not_be_moved_yet_stays():
    session = Running()
    session.told("rest", "on")
    session.switch("paper")
    session.quote(BOOK)
    session.run(1)
    for n in range(6):
        move(session, 4_100 + 100 * n)
        session.run(0.3)
    assert session.state.gates["RATE"].refused_at is not None
    (one,) = session.orders()
    assert one.status is Status.WORKING
