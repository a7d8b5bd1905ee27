from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.effects import Look, Replace, Submit, Withdraw
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    BookDelta,
    BooksStale,
    Canceled,
    Expired,
    Filled,
    GridChanged,
    LinkChanged,
    Listed,
    Pictured,
    Rejected,
    StatusChanged,
    Trade,
)
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, FamilyId, InstrumentId, OrderId
from engine.core.instrument import Band, Family, Known, Payoff
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.maths.fees import trade_fee
from engine.orders.simulate import Latency, Simulator
from tests.engine.orders.papers import AT_ONCE, CLOSES, IT, START, book, desk, order, terms

BUY, SELL, YES, NO = Side.BUY, Side.SELL, Leg.YES, Leg.NO
MS = 1_000_000


def delta(side: Side, cents: int, shares: int, at: int = START) -> BookDelta:
    return BookDelta(at=at, instrument=IT, side=side, price=cents * 100, lots=shares * 100)


def trade(cents: int, shares: int, taker: Side, at: int = START) -> Trade:
    return Trade(at=at, instrument=IT, price=cents * 100, lots=shares * 100, taker=taker)


def known(name: str, cents: int = 42, shares: int = 10, filled: int = 0, leg: Leg = YES, side: Side = BUY) -> Known:
    return Known(
        client=f"c-{name}",
        order=name,
        instrument=IT,
        side=side,
        leg=leg,
        price=cents * 100,
        qty=Decimal(shares),
        filled=Decimal(filled),
        sent_at=START,
    )


def say(sim: Simulator, *requests: object, at: int = START) -> list[object]:
    return [answer for request in requests for answer in sim.step(request, at)] + sim.due(at)


def kinds(answers: list[object]) -> list[str]:
    return [type(answer).__name__ for answer in answers]


def test_an_order_behind_the_market_rests_and_fills_as_the_queue_comes_to_it() -> None:
    sim = desk()
    assert kinds(say(sim, order("a", BUY, 42, 10))) == ["Accepted"]
    assert say(sim, trade(42, 100, SELL)) == []
    (fill,) = say(sim, trade(42, 4, SELL))
    assert (fill.price, fill.qty, fill.cost, fill.fee, fill.maker) == (Decimal("0.42"), 4, Decimal("1.68"), 0, True)


def test_an_order_that_takes_pays_each_level_its_price_and_the_exact_fee() -> None:
    sim = desk()
    accepted, first, second = say(sim, order("a", BUY, 46, 60, Tif.IOC))
    assert isinstance(accepted, Accepted)
    assert (first.price, first.qty, second.price, second.qty) == (Decimal("0.45"), 50, Decimal("0.46"), 10)
    for fill in (first, second):
        assert fill.fee == trade_fee(terms().fee, BUY, fill.price, fill.qty, maker=False)
        assert not fill.maker


def test_taken_liquidity_is_not_there_twice() -> None:
    sim = desk()
    say(sim, order("a", BUY, 45, 50, Tif.IOC))
    answers = say(sim, order("b", BUY, 45, 10, Tif.IOC))
    assert kinds(answers) == ["Accepted", "Canceled"]
    say(sim, delta(SELL, 45, 20))
    assert kinds(say(sim, order("c", BUY, 45, 10, Tif.IOC))) == ["Accepted", "Filled"]


def test_the_rest_of_a_limit_order_that_takes_joins_the_queue() -> None:
    sim = desk()
    assert kinds(say(sim, order("a", BUY, 45, 80))) == ["Accepted", "Filled"]
    (fill,) = say(sim, trade(45, 10, SELL))
    assert (fill.maker, fill.qty) == (True, 10)


def test_fill_or_kill_takes_all_or_nothing() -> None:
    sim = desk()
    assert kinds(say(sim, order("a", BUY, 46, "130.01", Tif.FOK))) == ["Accepted", "Canceled"]
    assert kinds(say(sim, order("b", BUY, 46, 130, Tif.FOK))) == ["Accepted", "Filled", "Filled"]


def test_a_no_order_is_its_mirror_in_yes() -> None:
    sim = desk()
    answers = say(sim, order("a", BUY, 58, 10, Tif.IOC, leg=NO))  # a bid of 42 for YES is an ask of 58 for NO
    fill = answers[1]
    assert (fill.price, fill.qty, fill.cost) == (Decimal("0.58"), 10, Decimal("5.80"))
    assert fill.fee == trade_fee(terms().fee, BUY, Decimal("0.58"), Decimal(10), maker=False)
    say(sim, order("b", SELL, 57, 10, leg=NO))  # buys YES at 43
    (fill,) = say(sim, trade(43, 6, SELL))
    assert (fill.price, fill.qty, fill.cost) == (Decimal("0.57"), 6, Decimal("3.42"))


def test_a_budget_buys_what_it_can_fee_included() -> None:
    sim = desk()
    answers = say(sim, order("a", BUY, None, None, Tif.IOC, budget=Decimal(30)))
    fills = [a for a in answers if isinstance(a, Filled)]
    spent = sum(fill.cost + fill.fee for fill in fills)
    assert 30 - Decimal("0.01") < spent <= 30
    assert kinds(answers)[-1] == "Canceled"
    assert kinds(say(sim, order("b", BUY, None, None, Tif.FOK, budget=Decimal(300)))) == ["Accepted", "Canceled"]


def test_without_a_quantity_all_up_to_the_price_is_taken() -> None:
    answers = say(desk(), order("a", BUY, 46, None, Tif.IOC))
    assert [a.qty for a in answers if isinstance(a, Filled)] == [50, 80]
    assert kinds(answers)[-1] == "Canceled"


def test_post_only_never_takes() -> None:
    sim = desk()
    (refused,) = say(sim, order("a", BUY, 45, 10, post_only=True))
    assert refused.code == "post_only_cross"
    assert kinds(say(sim, order("b", BUY, 44, 10, post_only=True))) == ["Accepted"]


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        ("off_grid", lambda: order("a", BUY, 100, 10)),
        ("bad_quantity", lambda: order("a", BUY, 42, "10.001")),
        ("bad_quantity", lambda: order("a", BUY, 42, 0)),
        ("bad_quantity", lambda: order("a", SELL, 42, None, budget=Decimal(5))),
        ("no_price", lambda: order("a", BUY, None, 10)),
        ("expired", lambda: order("a", BUY, 42, 10, Tif.GTD, until=START)),
        ("market_unknown", lambda: order("a", BUY, 42, 10, instrument=InstrumentId(KALSHI, "X"))),
    ],
)
def test_what_the_venue_would_refuse_is_refused_with_a_code_and_a_sentence(code, request_) -> None:
    (refused,) = say(desk(), request_())
    assert isinstance(refused, Rejected)
    assert refused.code == code
    assert refused.text.endswith(".")


def test_a_fee_that_cannot_be_told_is_no_market_to_trade() -> None:
    sim = desk()
    sim.know(terms(fee=FeeRule(kind="flat")), START)
    assert say(sim, order("a", BUY, 42, 10))[0].code == "fee_unknown"


def test_a_market_without_a_no_takes_no_order_for_it() -> None:
    sim = desk()
    sim.know(terms(payoff=Payoff.LINEAR), START)
    assert say(sim, order("a", BUY, 42, 10, leg=NO))[0].code == "no_such_leg"


def test_nothing_is_taken_of_a_stale_book() -> None:
    sim = desk()
    say(sim, order("r", BUY, 41, 10))
    say(sim, BooksStale(at=START, venue=KALSHI, instruments=(IT,), why="gap"))
    assert say(sim, order("a", BUY, 46, 10, Tif.IOC))[0].code == "stale_book"
    assert say(sim, order("b", BUY, 46, 10))[0].code == "stale_book"
    assert kinds(say(sim, order("c", BUY, 42, 10))) == ["Accepted"]
    assert say(sim, Replace(known=known("c"), price=4_600, qty=Decimal(10)))[0].code == "stale_book"
    assert say(sim, delta(SELL, 40, 500)) == []
    answers = say(sim, book([], [(40, 5)]))
    assert [(a.order, a.qty, a.price) for a in answers] == [("c", 5, Decimal("0.42"))]


def test_a_book_that_cannot_be_is_stale_until_a_whole_one_comes() -> None:
    taking = iter(order(f"t{n}", BUY, 46, 1, Tif.IOC) for n in range(20))
    for wrong in (
        delta(SELL, 42, 1),
        delta(SELL, 0, 1),
        delta(BUY, 100, 1),
        delta(BUY, -3, 1),
        BookDelta(at=START, instrument=IT, side=BUY, price=4_200, lots=-10_001, by=True),
        book([(120, 1)], []),
        book([(45, 1)], [(45, 1)]),
        BookDelta(at=START, instrument=IT, side=BUY, price=4_100, lots=1, best_bid=4_300),
    ):
        sim = desk()
        say(sim, wrong)
        assert say(sim, next(taking))[0].code == "stale_book"
        say(sim, book([(42, 100)], [(45, 50)]))
        assert kinds(say(sim, next(taking))) == ["Accepted", "Filled"]


def test_best_prices_that_agree_leave_the_book_alone() -> None:
    sim = desk()
    say(sim, BookDelta(at=START, instrument=IT, side=BUY, price=4_100, lots=1, best_bid=4_200, best_ask=4_500))
    assert kinds(say(sim, order("a", BUY, 46, 1, Tif.IOC))) == ["Accepted", "Filled"]


def test_a_decided_market_is_not_listed_open_again() -> None:
    sim = desk()
    say(sim, StatusChanged(at=START, instrument=IT, status="determined", result="yes"))
    family = Family(id=FamilyId("kalshi:E"), title="E", members=(IT,))
    say(sim, Listed(at=START, family=family, instruments=(terms(),)))
    assert say(sim, order("a", BUY, 42, 1))[0].code == "market_closed"


def test_a_market_link_that_is_down_makes_books_stale() -> None:
    sim = desk()
    say(sim, LinkChanged(at=START, venue=KALSHI, up=False, channel="account", why="cut"))
    assert kinds(say(sim, order("a", BUY, 46, 1, Tif.IOC))) == ["Accepted", "Filled"]
    say(sim, LinkChanged(at=START, venue=KALSHI, up=False, channel="market", why="cut"))
    assert say(sim, order("b", BUY, 46, 1, Tif.IOC))[0].code == "stale_book"


def test_an_order_that_would_meet_our_own_stops_short_of_it() -> None:
    sim = desk()
    say(sim, order("own", SELL, 46, 10))
    answers = say(sim, order("a", BUY, 47, 200))
    assert [a.qty for a in answers if isinstance(a, Filled)] == [50, 80]  # those ahead of ours at 46 too
    assert isinstance(answers[-1], Canceled)
    assert "our own" in answers[-1].why
    assert not any(a.order == "own" for a in answers)


def test_yes_and_no_of_a_market_meet_as_well() -> None:
    sim = desk()
    say(sim, order("own", BUY, 56, 10, leg=NO))  # sells YES at 44
    answers = say(sim, order("a", BUY, 44, 10))
    assert kinds(answers) == ["Accepted", "Canceled"]
    assert say(sim, order("b", BUY, 44, 10, post_only=True))[0].code == "post_only_cross"


def test_where_the_venue_cancels_the_order_that_rests_the_new_one_goes_on() -> None:
    sim = desk(cancel_resting=True)
    say(sim, order("own", SELL, 44, 10), order("far", SELL, 47, 10))
    answers = say(sim, order("a", BUY, 47, 20))
    assert [(type(a).__name__, a.order) for a in answers] == [("Accepted", "a"), ("Canceled", "own"), ("Filled", "a")]


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


def test_an_order_ends_with_its_time_and_with_its_market() -> None:
    sim = desk()
    say(sim, order("a", BUY, 42, 10, Tif.GTD, until=START + SECOND), order("b", BUY, 42, 10))
    (gone,) = sim.due(START + SECOND)
    assert isinstance(gone, Expired)
    assert gone.order == "a"
    assert sim.due(CLOSES - 1) == []
    (gone,) = sim.due(CLOSES)
    assert gone.order == "b"
    assert say(sim, order("c", BUY, 42, 10), at=CLOSES)[0].code == "market_closed"


def test_a_market_that_closed_hours_ago_is_forgotten_and_its_orders_are_still_known() -> None:
    """Windows come by the hundred: their books must not stay for the whole session."""
    sim = desk()
    say(sim, order("a", BUY, 42, 10))
    sim.due(CLOSES)
    other = InstrumentId(KALSHI, "ANOTHER")
    late = CLOSES + 3 * 3_600 * SECOND
    sim.know(terms(id=other, closes=None), Nanos(CLOSES + 3_600 * SECOND))
    assert sim.market(IT) is not None
    sim.know(terms(id=other, closes=None), Nanos(late))
    assert sim.market(IT) is None
    assert say(sim, order("b", BUY, 42, 10), at=late)[0].code == "market_unknown"
    (picture,) = say(sim, Look(venue=KALSHI, orders=(known("a"),)), at=late)
    assert [(one.order, one.status) for one in picture.orders] == [("a", "expired")]
    assert say(sim, trade(42, 500, SELL, at=late)) == []


def test_a_market_that_opened_again_is_kept() -> None:
    sim = desk()
    say(sim, StatusChanged(at=START, instrument=IT, status="closed"))
    say(sim, StatusChanged(at=START, instrument=IT, status="open", closes=Nanos(CLOSES * 2)))
    sim.know(terms(id=InstrumentId(KALSHI, "ANOTHER"), closes=None), Nanos(START + 3 * 3_600 * SECOND))
    assert sim.market(IT) is not None


def test_a_closing_time_that_moved_counts_as_moved() -> None:
    sim = desk()
    say(sim, order("a", BUY, 42, 10))
    say(sim, StatusChanged(at=START, instrument=IT, status="open", closes=CLOSES + SECOND))
    assert sim.due(CLOSES) == []
    assert kinds(sim.due(CLOSES + SECOND)) == ["Expired"]


def test_a_paused_market_takes_nothing_and_keeps_what_rests() -> None:
    sim = desk()
    say(sim, order("a", BUY, 42, 10))
    say(sim, StatusChanged(at=START, instrument=IT, status="paused"))
    assert say(sim, order("b", BUY, 42, 10))[0].code == "market_paused"
    assert say(sim, Replace(known=known("a"), price=4_100, qty=Decimal(10)))[0].code == "market_paused"
    assert kinds(say(sim, Withdraw(order=OrderId("a")))) == ["Canceled"]


def test_a_grid_that_changed_is_the_one_that_counts() -> None:
    sim = desk()
    say(sim, GridChanged(at=START, instrument=IT, grid=(Band(10, 9_990, 10),)))
    request = order("a", BUY, 42, 10)
    assert kinds(say(sim, request)) == ["Accepted"]
    say(sim, GridChanged(at=START, instrument=IT, grid=(Band(1_000, 9_000, 1_000),)))
    assert say(sim, order("b", BUY, 42, 10))[0].code == "off_grid"


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


def test_what_rounding_took_of_an_order_comes_back_by_the_cent() -> None:
    sim = desk()
    sim.know(terms(fee=FeeRule(kind="kalshi", rate=Decimal("0.07"), precision=Decimal("0.01"))), START)
    for cents in (45, 46):
        say(sim, BookDelta(at=START, instrument=IT, side=SELL, price=cents * 100, lots=30))
    first, second = (a for a in say(sim, order("a", BUY, 46, "0.60", Tif.IOC)) if isinstance(a, Filled))
    # 0.30 at 0.45: 0.135 and 0.0052 are 0.1402, so 0.15 leaves; at 0.46: 0.138 and 0.0053, 0.15 again, less a cent
    assert (first.cost + first.fee, second.cost + second.fee) == (Decimal("0.15"), Decimal("0.14"))


CENTS = st.integers(40, 47)
TIF = st.sampled_from([Tif.GTC, Tif.IOC, Tif.FOK])
NEWS = st.one_of(
    st.tuples(st.just("delta"), st.sampled_from(Side), CENTS, st.integers(0, 30)),
    st.tuples(st.just("trade"), st.sampled_from(Side), CENTS, st.integers(1, 30)),
    st.tuples(st.just("stale"), st.just(None), st.just(0), st.just(0)),
    st.tuples(st.just("book"), st.just(None), st.integers(41, 43), st.integers(1, 30)),
    st.tuples(st.just("place"), st.sampled_from(Side), CENTS, st.integers(1, 20), TIF, st.sampled_from(Leg)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("amend"), st.integers(0, 9), CENTS, st.integers(1, 20)),
)


def play(script: list[tuple[object, ...]], seed: int, cancel_resting: bool) -> tuple[list[object], dict[str, Submit]]:
    """Return the answers to a script of news and requests, 7 ms apart, and the orders placed."""
    sim = desk(
        Latency(out=9 * MS, back=4 * MS, jitter=6 * MS), random.Random(seed).random, cancel_resting=cancel_resting
    )
    placed: dict[str, Submit] = {}
    answers: list[object] = []
    at = START
    for kind, *what in script:
        at += 7 * MS
        name = f"o{what[0] % max(1, len(placed))}" if kind in ("cancel", "amend") else ""
        if kind in ("cancel", "amend") and not placed:
            continue
        match kind, what:
            case "delta", [side, cents, shares]:
                news: object = delta(side, cents, shares, at)
            case "trade", [side, cents, shares]:
                news = trade(cents, shares, side, at)
            case "stale", _:
                news = BooksStale(at=at, venue=KALSHI, instruments=(IT,), why="gap")
            case "book", [_, cents, shares]:
                news = book([(cents, shares), (40, 9)], [(cents + 2, shares), (47, 9)], at)
            case "place", [side, cents, shares, tif, leg]:
                news = order(f"o{len(placed)}", side, cents, shares, tif, leg=leg)
                placed[f"o{len(placed)}"] = news
            case "cancel", _:
                news = Withdraw(order=OrderId(name))
            case _, [_, cents, shares]:
                news = Replace(known=known(name), price=cents * 100, qty=Decimal(shares))
        answers += sim.step(news, at)
    sim.step(Look(venue=KALSHI, orders=tuple(known(name) for name in placed)), at)
    return answers + sim.due(at + SECOND), placed


@settings(max_examples=150, deadline=None)
@given(st.lists(NEWS, max_size=60), st.integers(0, 99), st.booleans())
def test_whatever_happens_every_order_has_one_life_and_no_more_fills_than_its_size(
    script, seed, cancel_resting
) -> None:
    answers, placed = play(script, seed, cancel_resting)
    assert answers == play(script, seed, cancel_resting)[0]
    assert [a.at for a in answers] == sorted(a.at for a in answers)
    picture = answers[-1]
    assert isinstance(picture, Pictured)
    status = {one.order: one for one in picture.orders}
    ids = [a.trade_id for a in answers if isinstance(a, Filled)]
    assert len(ids) == len(set(ids))
    for name, asked in placed.items():
        told = [a for a in answers[:-1] if a.order == name and not isinstance(a, AmendRefused)]
        names = Counter(kinds(told))
        assert names["Accepted"] + names["Rejected"] == 1
        fills = [a for a in told if isinstance(a, Filled)]
        sizes = [asked.order.place.qty, *(a.qty for a in told if isinstance(a, Amended))]
        assert sum(fill.qty for fill in fills) <= max(sizes)
        assert all(fill.cost == fill.qty * fill.price for fill in fills)
        if names["Rejected"]:
            assert status[name].status == "absent"
            continue
        one = status[name]
        assert one.filled == sum(fill.qty for fill in fills)
        assert one.qty == sizes[-1]
        assert names["Canceled"] == (one.status == "canceled")
        assert (one.filled == one.qty) == (one.status == "filled")
        ends = [i for i, a in enumerate(told) if isinstance(a, Canceled)]
        assert not any(isinstance(a, Filled) for i in ends for a in told[i + 1 :])
        buying = asked.order.place.side is BUY
        if not names["Amended"]:
            limit = Decimal(asked.order.place.price) / 10_000
            assert all(fill.price <= limit if buying else fill.price >= limit for fill in fills)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Side), CENTS, st.integers(1, 90)), min_size=1, max_size=12))
def test_takers_never_get_more_than_the_book_showed(orders) -> None:
    sim = desk()
    got: Counter[tuple[Side, Decimal]] = Counter()
    for n, (side, cents, shares) in enumerate(orders):
        for answer in say(sim, order(f"o{n}", side, cents, shares, Tif.IOC)):
            if isinstance(answer, Filled):
                got[side, answer.price] += answer.qty
    shown = {(BUY, "0.45"): 50, (BUY, "0.46"): 80, (SELL, "0.42"): 100, (SELL, "0.41"): 60}
    for (side, price), qty in got.items():
        assert qty <= shown[side, f"{price:.2f}"]


def test_by_the_touch_alone_an_order_is_first_in_line_and_finds_no_depth() -> None:
    behind, first = desk(), desk(touch=True)
    for one in (behind, first):
        assert kinds(say(one, order("a", BUY, 42, 10))) == ["Accepted"]
    assert say(behind, trade(42, 4, SELL)) == []
    assert [fill.qty for fill in say(first, trade(42, 4, SELL))] == [4]
    assert sum(one.qty for one in say(first, order("b", BUY, 60, 100)) if isinstance(one, Filled)) == 50
    assert sum(one.qty for one in say(behind, order("b", BUY, 60, 100)) if isinstance(one, Filled)) == 100
