"""What is asked of a paper venue beside new orders: moves, cancels, pictures; and how long it takes."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.effects import Look, Replace, Withdraw
from engine.core.events import AmendRefused, Listed, Pictured
from engine.core.ids import KALSHI, FamilyId, OrderId
from engine.core.instrument import Family
from engine.orders.simulate import Latency, Simulator
from tests.engine.orders.papers import (
    AT_ONCE,
    BUY,
    CLOSES,
    IT,
    MS,
    NO,
    SELL,
    START,
    YES,
    book,
    delta,
    desk,
    kinds,
    known,
    order,
    say,
    terms,
    trade,
)


def test_an_amend_to_a_smaller_size_keeps_its_place_and_a_new_price_loses_it() -> None:
    sim = desk()
    say(sim, order("a", BUY, 42, 10))
    say(sim, trade(42, 90, SELL))
    (amended,) = say(sim, Replace(known=known("a"), price=4_200, qty=Decimal(5)))
    assert (amended.price, amended.qty) == (4_200, 5)
    assert sim.market(IT).resting[BUY][0].ahead == 1_000
    say(sim, Replace(known=known("a"), price=4_200, qty=Decimal(6)))
    assert sim.market(IT).resting[BUY][0].ahead == 10_000
    answers = say(sim, Replace(known=known("a"), price=4_500, qty=Decimal(8)))
    assert kinds(answers) == ["Amended", "Filled"]
    assert answers[1].qty == 8


@pytest.mark.parametrize(
    ("code", "name", "cents", "shares"),
    [
        ("not_working", "zz", 42, 10),
        ("off_grid", "a", 100, 10),
        ("bad_quantity", "a", 42, "0.001"),
        ("below_filled", "a", 42, 4),
        ("post_only_cross", "p", 45, 4),
    ],
)
def test_an_amend_the_venue_would_refuse_changes_nothing(code, name, cents, shares) -> None:
    sim = desk()
    say(sim, order("a", BUY, 42, 10), trade(42, 104, SELL), order("p", BUY, 42, 10, post_only=True))
    before = say(sim, Look(venue=KALSHI))
    (refused,) = say(sim, Replace(known=known(name), price=cents * 100, qty=Decimal(shares)))
    assert isinstance(refused, AmendRefused)
    assert refused.code == code
    assert say(sim, Look(venue=KALSHI))[0].orders == before[0].orders


def test_a_cancel_ends_an_order_and_of_one_that_ended_says_nothing_new() -> None:
    sim = desk()
    say(sim, order("a", BUY, 42, 10), order("b", BUY, 46, 10))
    assert kinds(say(sim, Withdraw(order=OrderId("a")))) == ["Canceled"]
    assert say(sim, Withdraw(order=OrderId("a")), Withdraw(order=OrderId("b"))) == []
    assert say(sim, Withdraw(order=OrderId("never")))[0].why == "not known on paper"
    assert say(sim, trade(42, 500, SELL)) == []


def test_requests_and_answers_take_their_time_and_keep_their_order() -> None:
    rng = random.Random(7)
    sim = desk(Latency(out=30 * MS, back=10 * MS, jitter=20 * MS), rng.random)
    for n in range(20):
        assert sim.step(order(f"o{n}", BUY, 42, 1), START) == []
        sim.step(Withdraw(order=OrderId(f"o{n}")), START)
    answers = []
    while sim.next_due is not None and sim.next_due < CLOSES:
        answers += sim.due(sim.next_due)
    assert [a.order for a in answers] == [f"o{n}" for n in range(20) for _ in range(2)]
    assert [a.at for a in answers] == sorted(a.at for a in answers)
    assert answers[0].at >= START + 40 * MS


def test_what_the_market_does_while_an_order_travels_counts() -> None:
    sim = desk(Latency(out=30 * MS, back=10 * MS, jitter=0))
    sim.step(order("a", BUY, 45, 10, Tif.IOC), START)
    sim.step(delta(SELL, 45, 0), START + 20 * MS)
    assert kinds(sim.due(START + 40 * MS)) == ["Accepted", "Canceled"]


def test_a_picture_shows_what_works_what_filled_and_every_order_asked_for() -> None:
    sim = desk()
    say(sim, order("a", BUY, 42, 10), order("b", BUY, 46, 5, leg=YES), order("c", BUY, 57, 5, leg=NO))
    asked = tuple(known(name) for name in ("a", "b", "zz"))
    (picture,) = say(sim, Look(venue=KALSHI, orders=asked))
    assert isinstance(picture, Pictured)
    assert (picture.positions, picture.cash, picture.ok) == (None, None, True)
    assert {one.order: one.status for one in picture.orders} == {
        "a": "working", "b": "filled", "c": "working", "zz": "absent",
    }  # fmt: skip
    of_no = next(one for one in picture.orders if one.order == "c")
    assert (of_no.leg, of_no.price, of_no.qty) == (NO, 5_700, 5)
    assert [(fill.order, fill.qty) for fill in picture.fills] == [("b", 5)]


def test_orders_of_an_earlier_session_stand_again_last_in_the_queue() -> None:
    sim = desk()
    sim.resume([known("a", filled=4), known("a")], START)
    (picture,) = say(sim, Look(venue=KALSHI, orders=(known("a"),)))
    (seen,) = picture.orders
    assert (seen.status, seen.qty, seen.filled) == ("working", 10, 4)
    assert say(sim, trade(42, 900, SELL)) == []  # nobody knows what was ahead of it
    say(sim, book([(42, 10)], []))
    (fill,) = say(sim, trade(42, 12, SELL))
    assert fill.qty == 2


def test_orders_of_an_earlier_session_wait_for_their_market() -> None:
    sim = Simulator(KALSHI, lambda: 0.0, AT_ONCE)
    sim.resume([known("a"), known("b"), known("n", cents=58, leg=NO)], START)
    (picture,) = say(sim, Look(venue=KALSHI))
    assert [one.status for one in picture.orders] == ["working"] * 3
    assert say(sim, Withdraw(order=OrderId("b")))[0].why == "as asked"
    family = Family(id=FamilyId("kalshi:E"), title="E", members=(IT,))
    say(sim, Listed(at=START, family=family, instruments=(terms(),)))
    answers = say(sim, book([(42, 100)], [(42, 4)]))
    assert answers == []  # the venue's own book is crossed: nobody can say what that means
    answers = say(sim, book([], [(42, 4)]))
    assert [(a.order, a.qty) for a in answers] == [("a", 4)]
    sim.resume([known("late")], CLOSES)
    assert "Expired" in kinds(sim.due(CLOSES))


def test_an_order_of_an_earlier_session_whose_market_has_closed_is_expired() -> None:
    sim = Simulator(KALSHI, lambda: 0.0, AT_ONCE)
    sim.resume([known("a")], CLOSES)
    sim.know(terms(), CLOSES)
    assert kinds(sim.due(CLOSES)) == ["Expired"]
