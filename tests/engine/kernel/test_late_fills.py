"""What a venue tells of fills in a market that it has settled already."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.events import FillReversed, StatusChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Nanos
from engine.views import topics
from tests.engine.kernel.venue import SYMBOLS, Session, filled, opened

ONE = InstrumentId(KALSHI, SYMBOLS[0])


@pytest.fixture(params=["paper", "live"])
def session(request) -> Session:
    made = Session(opened(request.param))
    made.state.session.armed_until = Nanos(made.at + 10**13) if request.param == "live" else None
    return made


def settle(session: Session, result: str = "yes") -> None:
    """Let the venue settle the bracket."""
    session.tell(StatusChanged(at=session.at, instrument=ONE, status="settled", result=result))


def result(session: Session) -> tuple[Decimal, Decimal]:
    """Return what is realised and what all comes to; nothing is held, and the ledger says the same."""
    session.run(0.1)
    assert not list(session.state.book.held())
    assert not session.state.losses
    rows = session.ledger.snapshot(session.base).held
    assert not any(row.qty for row in rows)
    assert sum(row.realised for row in rows) == session.state.book.realised
    return session.state.book.realised, session.state.total


def test_a_fill_told_after_its_market_settled_is_closed_at_what_that_pays(session) -> None:
    order = session.place(qty=10, price=4_800)
    fill = session.trade(order, 10, told=False)
    settle(session)
    session.tell(filled(fill, order.id))
    assert result(session) == (Decimal("5.2"), Decimal("5.2"))
    assert session.state.desks[KALSHI].cash == Decimal("10005.2")


def test_a_fill_that_only_a_picture_tells_after_the_settlement_is_closed_as_well(session) -> None:
    session.trade(session.place(qty=10, price=4_800), 10, told=False)
    session.exchange.positions = dict  # the venue has paid them out
    settle(session, "no")
    session.drop()
    session.connect("account")
    session.run(1)
    assert result(session) == (Decimal("-4.8"), Decimal("-4.8"))


@pytest.mark.parametrize("pays", ["yes", "no"])
def test_a_fill_taken_back_after_its_market_settled_leaves_nothing(session, pays) -> None:
    order = session.place(qty=10, price=4_800)
    fill = session.trade(order, 10, "0.05")
    settle(session, pays)
    session.run(1)
    session.tell(FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id))
    assert result(session) == (0, 0)
    assert session.state.desks[KALSHI].cash == 10_000


def test_two_fills_told_at_one_moment_after_the_settlement_are_both_closed_on_disk(session) -> None:
    order = session.place(qty=10, price=4_800)
    fills = [session.trade(order, qty, told=False) for qty in (4, 6)]
    settle(session)
    for fill in fills:
        session.tell(filled(fill, order.id))
    assert result(session) == (Decimal("5.2"), Decimal("5.2"))


def test_the_journal_scores_what_was_told_or_taken_back_after_the_settlement(session) -> None:
    order = session.place(qty=10, price=4_800)
    session.run(2)
    fill = session.trade(order, 10, told=False)
    settle(session)
    session.tell(filled(fill, order.id))
    (row,) = session.kernel.view(topics.JOURNAL).rows
    assert (row.filled, row.result) == (10, pytest.approx(5.2))
    session.tell(FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id))
    (row,) = session.kernel.view(topics.JOURNAL).rows
    assert (row.filled, row.result) == (0, None)
