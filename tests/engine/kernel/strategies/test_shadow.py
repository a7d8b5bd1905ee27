from __future__ import annotations

from decimal import Decimal

from engine.core.commands import Place, Tif
from engine.core.units import Leg, Qty, Side, Ticks
from engine.kernel.strategies import shadow
from engine.strategies.said import Want
from engine.views import topics
from tests.engine.kernel.options.world import INDEX, World, call
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


def test_a_derivative_costs_dollars_by_its_index_and_pays_its_own_fee():
    world = World()
    world.ready(call())
    seat = next(iter(world.state.strategies.seats.values()))
    listing = world.state.listings[call()]
    want = Want(NAME, instrument=call(), side=Side.BUY, leg=Leg.YES, price=Ticks(505), qty=Qty(Decimal(2)))
    place = Place(instrument=call(), side=Side.BUY, price=Ticks(505), qty=Qty(Decimal(2)), tif=Tif.IOC)
    assert shadow.take(world.state, seat, want, place, listing) == "would fill 2 of 2"
    position = seat.shadow.get(call(), Leg.YES)
    assert position.cost == 2 * Decimal("0.0505") * INDEX
    assert position.fees == 2 * Decimal("0.0003") * INDEX


def test_a_derivative_whose_index_is_not_known_is_not_reckoned():
    world = World()
    world.quote(call(), "0.05", "0.0505")
    seat = next(iter(world.state.strategies.seats.values()))
    want = Want(NAME, instrument=call(), side=Side.BUY, leg=Leg.YES, price=Ticks(505), qty=Qty(Decimal(2)))
    place = Place(instrument=call(), side=Side.BUY, price=Ticks(505), qty=Qty(Decimal(2)), tif=Tif.IOC)
    said = shadow.take(world.state, seat, want, place, world.state.listings[call()])
    assert "index" in said
    assert seat.shadow.held == {}
