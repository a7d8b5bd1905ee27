"""What a strategy says goes through the ordinary gates or into the shadow; one key is one order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core import codec
from engine.core.commands import Halt, ReduceOnly, Release
from engine.core.effects import Submit, Withdraw
from engine.core.events import Trade
from engine.core.order import Status
from engine.core.units import Leg, Lots, Qty, Side, Ticks
from engine.kernel.step import Kernel
from engine.kernel.strategies import accounts
from engine.strategies.said import Move
from engine.views import topics
from tests.engine.kernel.strategies.desk import CHEAP, NAME, ONE, TWO, Cheap, Running, row
from tests.engine.kernel.venue import BOOK


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


def test_silence_is_counted_by_its_reason():
    session = Running()
    session.switch("shadow")
    session.quote(BOOK)
    session.quote(BOOK)
    assert session.seat.reasons == {"dear": 2}
    assert row(session).why == "it is offered above the limit"
    assert session.kernel.view(topics.strategy(NAME)).reasons == (("dear", 2),)


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
