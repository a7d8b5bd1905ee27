from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.events import Accepted, BookDelta, Canceled, Filled, Rejected
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId
from engine.maths.fees import trade_fee
from tests.engine.orders.papers import BUY, IT, NO, SELL, START, delta, desk, kinds, order, say, terms, trade


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


def test_what_rounding_took_of_an_order_comes_back_by_the_cent() -> None:
    sim = desk()
    sim.know(terms(fee=FeeRule(kind="kalshi", rate=Decimal("0.07"), precision=Decimal("0.01"))), START)
    for cents in (45, 46):
        say(sim, BookDelta(at=START, instrument=IT, side=SELL, price=cents * 100, lots=30))
    first, second = (a for a in say(sim, order("a", BUY, 46, "0.60", Tif.IOC)) if isinstance(a, Filled))
    # 0.30 at 0.45: 0.135 and 0.0052 are 0.1402, so 0.15 leaves; at 0.46: 0.138 and 0.0053, 0.15 again, less a cent
    assert (first.cost + first.fee, second.cost + second.fee) == (Decimal("0.15"), Decimal("0.14"))


def test_by_the_touch_alone_an_order_is_first_in_line_and_finds_no_depth() -> None:
    behind, first = desk(), desk(touch=True)
    for one in (behind, first):
        assert kinds(say(one, order("a", BUY, 42, 10))) == ["Accepted"]
    assert say(behind, trade(42, 4, SELL)) == []
    assert [fill.qty for fill in say(first, trade(42, 4, SELL))] == [4]
    assert sum(one.qty for one in say(first, order("b", BUY, 60, 100)) if isinstance(one, Filled)) == 50
    assert sum(one.qty for one in say(behind, order("b", BUY, 60, 100)) if isinstance(one, Filled)) == 100
