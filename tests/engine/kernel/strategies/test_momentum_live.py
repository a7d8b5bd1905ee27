"""Momentum live: what lets it in, and its own orders in the books that it reads."""

from __future__ import annotations

import pytest

from engine.book.features import Quote
from engine.core.commands import Arm, SetStrategy, StrategyState
from engine.core.events import BookSnapshot
from engine.core.order import Status
from engine.core.units import Lots, Ticks
from engine.strategies.momentum import NAME
from engine.views import topics
from tests.engine.kernel.strategies.momentum_desk import STATION, Running, days, paper
from tests.engine.kernel.venue import FAMILY, SYMBOLS, opened


@pytest.mark.parametrize(
    ("earned", "missed"),
    [
        (days(31), []),
        (days(29), ["clean days"]),
        (days(31, halted=2), ["clean days"]),
        (days(31, blind=1), ["uptime"]),
        (days(31, lost=15), ["Sharpe", "days won"]),
        ((), ["clean days", "Sharpe", "days won", "drawdown", "uptime"]),
    ],
)
def test_live_is_let_in_by_the_bars_that_the_sheet_shows_and_by_nothing_else(earned, missed) -> None:
    session = Running(opened("live", stations=(STATION,), earned=earned))
    shown = session.kernel.view(topics.strategy(NAME))
    assert [one.name for one in shown.readiness if not one.passed] == missed
    assert shown.earns_live
    session.ask(Arm(typed="LIVE desk"))
    session.ask(SetStrategy(strategy=NAME, to=StrategyState.LIVE, typed="LIVE desk"))
    if missed:
        assert session.seat.state is StrategyState.OFF
        assert all(name in session.said[-1].text for name in missed)
        assert ("of 31 days" in session.said[-1].text) is (earned == days(31, lost=15))
    else:
        assert session.seat.state is StrategyState.LIVE


def live() -> Running:
    """A live session in which a bid of momentum rests."""
    session = Running(opened("live", stations=(STATION,), earned=days(31)))
    session.ask(Arm(typed="LIVE desk"))
    session.ask(SetStrategy(strategy=NAME, to=StrategyState.LIVE, typed="LIVE desk"))
    for name, value in {"maker_edge": "0", "volume": "5"}.items():
        session.tell(name, value)
    session.lead()
    return session


def seen(session: Running, n: int) -> Quote:
    return session.momentum._events[FAMILY].eye.brackets[n].quote


def test_live_its_own_orders_are_no_part_of_the_market_it_reads() -> None:
    session = live()
    (order,) = [one for one in session.orders() if not one.ended]
    assert order.status is Status.WORKING
    mine, rest = order.place.price, Lots(int(order.rest * 100))
    one = order.place.instrument
    n = SYMBOLS.index(one.symbol)
    asks = ((Ticks(mine + 300), Lots(700)),)

    def book(*bids: tuple[int, int]) -> None:
        levels = tuple((Ticks(price), Lots(lots)) for price, lots in bids)
        session.do(BookSnapshot(at=session.at, instrument=one, bids=levels, asks=asks))

    book((mine, rest), (mine - 100, 500))
    assert seen(session, n) == pytest.approx((float(mine - 100) / 1e4, 5.0, float(mine + 300) / 1e4, 7.0))
    book((mine, rest + 900), (mine - 100, 500))
    assert seen(session, n) == pytest.approx((float(mine) / 1e4, 9.0, float(mine + 300) / 1e4, 7.0))
    book((mine, rest))
    assert seen(session, n) == pytest.approx((0.0, 0.0, float(mine + 300) / 1e4, 7.0))


def test_on_paper_no_book_holds_its_orders() -> None:
    session = paper()
    session.lead()
    order = session.orders()[0]
    one, mine = order.place.instrument, order.place.price
    bids, asks = ((mine, Lots(500)),), ((Ticks(mine + 300), Lots(700)),)
    session.do(BookSnapshot(at=session.at, instrument=one, bids=bids, asks=asks))
    want = (float(mine) / 1e4, 5.0, float(mine + 300) / 1e4, 7.0)
    assert seen(session, SYMBOLS.index(one.symbol)) == pytest.approx(want)
