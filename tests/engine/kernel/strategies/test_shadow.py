from __future__ import annotations

from decimal import Decimal

from engine.core.units import Leg
from engine.views import topics
from tests.engine.kernel.strategies.desk import NAME, ONE, Cheap, Running, books
from tests.engine.kernel.venue import FEE, SYMBOLS, instrument


def test_what_would_be_taken_is_what_stands_at_the_limit_with_the_takers_fee():
    session = Running()
    session.list(*(instrument(n, fee=FEE) for n in range(len(SYMBOLS))))
    session.switch("shadow")
    session.quote((((3_800, 500),), ((3_900, 300), (3_950, 5_000))))
    position = session.seat.shadow.get(ONE, Leg.YES)
    assert (position.qty, position.cost) == (3, Decimal("1.17"))
    assert session.kernel.view(topics.STRATEGIES).rows[0].fees == Decimal("0.05")
    assert session.seat.last_said == "would fill 3 of 5"


def test_no_bought_takes_the_bids_of_yes():
    session = Running()
    session.told("leg", "NO")
    session.told("limit", "6500")
    session.switch("shadow")
    session.quote(books(4_200, 5_800))  # NO is offered at 58 cents
    assert session.seat.shadow.get(ONE, Leg.NO).cost == Decimal("2.90")


def test_what_would_rest_is_filled_once_the_other_side_comes_to_it_and_moves_or_goes_as_told():
    session = Running()
    session.told("rest", "on")
    session.switch("shadow")
    session.quote(books(4_200, 4_500))
    assert list(session.seat.shadow.resting) == ["bid"]
    session.run(3)
    assert session.seat.shadow.held == {}
    session.quote(books(3_900, 4_000))
    session.run(3)
    assert session.seat.shadow.get(ONE, Leg.YES).cost == Decimal("2.00")
    assert session.state.register.waiting == 0


def test_a_post_only_order_that_would_not_rest_is_refused():
    session = Running()
    session.told("rest", "on")
    session.switch("shadow")
    session.quote(books(3_800, 3_900))
    assert session.seat.last_said == "would be refused by the venue: it would not rest"
    assert session.seat.shadow.held == {}


def test_leaving_the_shadow_forgets_what_would_rest():
    session = Running()
    session.told("rest", "on")
    session.switch("shadow")
    session.quote(books(4_200, 4_500))
    session.switch("off")
    assert session.kernel.view(topics.strategy(NAME)).line.working == 0
    assert isinstance(session.cheap, Cheap)
