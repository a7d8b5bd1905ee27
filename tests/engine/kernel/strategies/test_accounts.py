from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.events import FillReversed, StatusChanged
from engine.core.units import Leg, Side
from engine.views import topics
from tests.engine.kernel.strategies.desk import NAME, ONE, Running, books


def bought(**more) -> Running:
    session = Running(**more)
    session.switch("paper")
    session.quote(books(3_800, 3_900))
    session.run(1)
    return session


def row(session: Running):
    return session.kernel.view(topics.STRATEGIES).rows[0]


def test_a_fill_counts_for_its_strategy_and_a_hand_made_one_for_nobody():
    session = bought()
    session.trade(session.orders()[0], 5, Decimal("0.05"))
    hand = session.place(price=4_800, qty=3, index=0)
    session.trade(hand, 3)
    position = session.seat.real.get(ONE, Leg.YES)
    assert (position.qty, position.cost) == (5, Decimal("1.95"))
    assert session.state.book.get(ONE, Leg.YES).qty == 8


def test_what_it_holds_and_brought_is_the_same_after_a_restart():
    session = bought()
    session.trade(session.orders()[0], 5, Decimal("0.05"))
    session.run(1)
    before = row(session)
    session.crash()
    session.run(3)
    session.quote(books(3_800, 4_500))
    after = row(session)
    assert (after.exposure, after.fees, after.fills, after.realised) == (
        before.exposure, before.fees, before.fills, before.realised
    )  # fmt: skip
    assert session.seat.real.held.keys() == {(ONE, Leg.YES)}


@pytest.mark.parametrize(("result", "made"), [("yes", Decimal("3.05")), ("no", Decimal("-1.95"))])
def test_a_settlement_closes_what_it_holds_at_what_it_pays(result, made):
    session = bought()
    session.trade(session.orders()[0], 5, Decimal("0.05"))
    for status in ("closed", "determined", "settled"):
        said = result if status != "closed" else ""
        session.do(StatusChanged(at=session.at, instrument=ONE, status=status, result=said))
    found = row(session)
    assert (found.realised, found.exposure, found.net) == (made, 0, made - Decimal("0.05"))
    assert f"settled {1 if result == 'yes' else 0}" in session.cheap.told
    session.run(1)
    session.crash()
    assert row(session).net == found.net


def test_a_fill_that_the_venue_takes_back_is_taken_back_from_its_strategy():
    session = bought()
    order = session.orders()[0]
    fill = session.trade(order, 5, Decimal("0.05"))
    session.tell(FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id))
    assert session.seat.real.held == {}
    assert (row(session).fees, row(session).fills) == (0, 0)
    session.quote(books(4_000, 4_200))
    session.run(6)
    assert row(session).markouts[0].count == 0
    session.crash()
    assert row(session).fills == 0


@pytest.mark.parametrize("sale", [{"side": Side.SELL}, {"leg": Leg.NO}])
def test_a_sale_that_the_venue_takes_back_leaves_its_strategy_as_it_was(sale):
    session = bought()
    session.trade(session.orders()[0], 5, Decimal("0.05"))
    before, made = session.seat.real.get(ONE, Leg.YES), row(session).realised
    order = session.place(price=4_500 if "side" in sale else 5_500, qty=2, index=0, strategy=NAME, **sale)
    fill = session.trade(order, 2, Decimal("0.02"))
    assert session.seat.real.get(ONE, Leg.YES).qty == 3
    assert row(session).realised != made
    session.tell(FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id))
    after = session.seat.real.get(ONE, Leg.YES)
    assert (after.qty, after.cost, after.realised) == (before.qty, before.cost, before.realised)
    assert (row(session).realised, row(session).fees) == (made, Decimal("0.05"))
    assert session.seat.real.held.keys() == {(ONE, Leg.YES)}


def test_prices_are_looked_at_five_seconds_a_minute_and_five_minutes_after_a_fill():
    session = bought()
    session.trade(session.orders()[0], 5)
    session.quote(books(4_000, 4_200))
    session.run(6)
    assert [one.cents for one in row(session).markouts] == [pytest.approx(2.0), None, None]
    session.quote(books(3_400, 3_600))
    session.beat()
    session.quote(books(3_400, 3_600))
    session.run(55)
    found = row(session).markouts
    assert found[1].count <= 1
    assert found[2].cents is None


def test_the_shadow_is_settled_too_and_tells_its_strategy():
    session = Running()
    session.switch("shadow")
    session.quote(books(3_800, 3_900))
    for status in ("determined", "settled"):
        session.do(StatusChanged(at=session.at, instrument=ONE, status=status, result="yes"))
    assert row(session).net == Decimal("3.05")
    assert session.ledger.strategies.get("strategy_days") is None, "nothing of it is kept as earned"


def test_nothing_of_an_order_of_an_unknown_strategy_is_counted():
    session = Running()
    order = session.place(price=4_800, qty=3, strategy="gone")
    session.trade(order, 3)
    assert session.seat.real.held == {}
    assert NAME in session.state.strategies.seats
