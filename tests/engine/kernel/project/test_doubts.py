"""What is asked once before an order goes, on our own exchange and on a venue alike."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.units import Leg, Money, Qty, Side
from engine.kernel.project.doubts import Facts, doubts
from tests.engine.kernel.desk import Desk
from tests.engine.kernel.venue import Session


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.list()
    return desk


def asked(desk, **facts):
    given = {
        "qty": Qty(Decimal(10)), "cost": Money(Decimal(5)), "fee": Money(Decimal(0)), "edge": None, "mark": None,
        "reducing": False,
    } | facts  # fmt: skip
    return doubts(desk.state, desk.order(qty=10), Facts(**given), ())


def test_an_ordinary_order_is_not_doubted(desk) -> None:
    assert asked(desk) == ()
    assert asked(desk, qty=None) == ()


def test_a_size_far_beyond_the_usual_is(desk) -> None:
    for _ in range(5):
        desk.place(qty=2)
    assert asked(desk) == ("10 shares is more than 3 times your median of 2",)


def test_a_large_share_of_the_bankroll_is(desk) -> None:
    assert asked(desk, cost=Money(Decimal(250))) == ("it costs 25 % of the bankroll",)
    assert asked(desk, cost=Money(Decimal(250)), reducing=True) == ()


def test_a_price_far_from_the_model_is(desk) -> None:
    assert asked(desk, edge=-7.25) == ("the price is 7.2c worse than the model",)
    assert asked(desk, edge=-4.0) == ()


def test_a_fee_that_eats_the_edge_is(desk) -> None:
    fee = Money(Decimal("0.12"))
    assert asked(desk, fee=fee, edge=-0.4) == ("the fee of 1.20c is more than the edge of 0.80c",)
    assert asked(desk, fee=fee, edge=0.5) == ()


def test_adding_to_a_position_that_is_well_down_is(desk) -> None:
    desk.place(Side.BUY, Leg.YES, qty=10)
    assert asked(desk, mark=0.50) == ()
    (words,) = asked(desk, mark=0.30)
    assert words.startswith("it adds to a position that is down $")


def test_a_venues_card_doubts_as_well() -> None:
    session = Session()
    for _ in range(5):
        order = session.place(qty=1, price=5_100, tif=Tif.IOC)
        session.trade(order, 1)
    card = session.kernel.preview(session.order(qty=40, price=5_100))
    assert card.warnings == ("40 shares is more than 3 times your median of 1",)
    assert card.confirm
