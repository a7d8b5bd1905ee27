"""Markets on paper: what opens, closes, pauses and decides them, and books that are not to be trusted."""

from __future__ import annotations

from decimal import Decimal

from engine.core.commands import Tif
from engine.core.effects import Look, Replace, Withdraw
from engine.core.events import BookDelta, BooksStale, Expired, GridChanged, LinkChanged, Listed, StatusChanged
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, FamilyId, InstrumentId, OrderId
from engine.core.instrument import Band, Family, Payoff
from engine.core.units import SECOND, Nanos
from tests.engine.orders.papers import (
    BUY,
    CLOSES,
    IT,
    NO,
    SELL,
    START,
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
