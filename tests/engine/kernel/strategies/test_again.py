"""A gate that refused a strategy's last order, asked again before all else: it says what the whole weighing would."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Halt, Place, SetLimit, Tif
from engine.core.units import Leg, Money, Qty, Side, Ticks
from engine.kernel import dealing
from engine.kernel.strategies import again
from tests.engine.kernel.strategies.desk import NAME, ONE, Running, books


def resting() -> Running:
    """A session in which one bid of the strategy rests, and no second order may."""
    session = Running()
    session.told("limit", "4000")
    session.told("rest", "on")
    session.switch("paper")
    session.quote(books(4_400, 4_600))
    session.run(1)
    session.ask(SetLimit(gate="OPEN_ORDERS", value=Decimal(1)))
    return session


def second(leg: Leg = Leg.YES) -> Place:
    """Another order of it."""
    return Place(instrument=ONE, side=Side.BUY, leg=leg, price=Ticks(3_900), qty=Qty(Decimal(5)), tif=Tif.GTC,
                 post_only=True, strategy=NAME, intent="again", tag="other")  # fmt: skip


def test_it_refuses_what_the_whole_weighing_refuses_and_counts_it_alike() -> None:
    session = resting()
    assert len(session.orders()) == 1
    whole = dealing.propose(session.state, second(), session.state.now)
    assert whole.gate == "OPEN_ORDERS"
    assert again.refused(session.state, session.seat, second()) is None  # another gate, or none, refused last
    session.seat.refused = "OPEN_ORDERS"
    before = session.state.gates["OPEN_ORDERS"].refusals
    assert again.refused(session.state, session.seat, second()) == whole
    assert session.state.gates["OPEN_ORDERS"].refusals == before + 1


@pytest.mark.parametrize("why", ["room", "halt", "held"])
def test_where_it_need_not_refuse_the_order_is_weighed_whole(why) -> None:
    session = resting()
    session.seat.refused = "OPEN_ORDERS"
    if why == "room":
        session.seat.refused = "MESSAGE_RATIO"
    elif why == "halt":
        session.ask(Halt(why="by hand"))
    else:  # what it would buy closes what is held
        session.state.book.fill(ONE, Leg.NO, Side.BUY, Qty(Decimal(5)), Money(Decimal("2.50")), Money(Decimal(0)))
    assert again.refused(session.state, session.seat, second()) is None
