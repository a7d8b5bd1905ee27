"""The book's hedger: bands, once, across venues, and every condition that stops it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import HedgeNow, SetParameter, SetStrategy, StrategyState
from engine.core.events import BookSnapshot, BooksStale, Listed, Lost, Marked
from engine.core.ids import DERIBIT, DERIVE, FamilyId, InstrumentId, OrderId
from engine.core.instrument import Family
from engine.core.units import MINUTE, SECOND, Leg, Lots, Nanos, Qty, Side, Ticks
from engine.kernel.rfq import routes
from engine.strategies import hedger
from engine.strategies.context import Working
from engine.views import topics
from tests.engine.kernel.rfq.world import BOARD, CALL, HEDGE_CALL, PERP, PERP_2, World, perpetual


def book(qty: str = "2", side: Side = Side.BUY, **values: str) -> World:
    """A world with options that nothing hedges but the hedger."""
    world = World()
    world.tell(hedge="none")
    world.request(qty=qty, side=side)
    world.ask(SetStrategy(strategy=hedger.NAME, to=StrategyState.PAPER), gap=Nanos(0))
    for name, value in values.items():
        world.ask(SetParameter(strategy=hedger.NAME, name=name, value=value), gap=Nanos(0))
    world.taken(world.signed[0])
    return world


def line(world: World):
    return world.kernel.view(topics.HEDGING).lines[0]  # type: ignore[attr-defined]


def go(world: World, seconds: int = 2) -> None:
    """Let time pass with venues that go on telling."""
    for _ in range(seconds):
        world.quote()
        world.run(Nanos(world.at + SECOND))


def delta_of(world: World) -> Decimal:
    return sum((world.net(one.id) for one in (PERP, PERP_2)), Decimal(0))


@pytest.mark.parametrize(("side", "hedge"), [(Side.BUY, Side.SELL), (Side.SELL, Side.BUY)])
def test_a_delta_outside_its_band_is_hedged_to_the_edge_in_the_step_that_brought_it(side, hedge) -> None:
    world = book(side=side)
    assert {o.order.place.side for o in world.orders} == {hedge}
    assert sum(o.order.place.qty or 0 for o in world.orders) == Decimal("0.93")  # 2 · 0.5198 less 0.1, in whole steps


def test_what_is_hedged_is_not_hedged_again_while_it_works_nor_after_it_filled() -> None:
    world = book()
    first = len(world.orders)
    go(world, 8)
    assert len(world.orders) == first
    for order in list(world.orders):
        world.fills(order)
    go(world, 20)
    assert len(world.orders) == first
    assert abs(line(world).delta) <= 0.12


def test_an_order_of_unknown_fate_stops_all_hedging_of_its_underlying() -> None:
    world = book()
    for order in list(world.orders):
        world.do(Lost(at=world.at, order=order.order.order, why="no answer"))
    sent = len(world.orders)
    go(world, 20)
    assert len(world.orders) == sent
    assert line(world).action == "stopped"
    for order in list(world.orders):
        world.fills(order)
    go(world, 8)
    assert len(world.orders) == sent


def test_the_cheapest_venue_with_everything_counted_takes_it() -> None:
    world = book(qty="0.1")
    world.book(PERP, half=0.01, size=10_000)
    rows = line(world).venues
    assert [row.all_in for row in rows] == sorted(row.all_in for row in rows) or line(world).action == "sell"
    assert {row.instrument for row in rows} == {PERP.id, PERP_2.id}


@pytest.mark.parametrize("stop", ["stale", "cap", "off"])
def test_it_stops(stop: str) -> None:
    world = World()
    world.tell(hedge="none")
    world.request(qty="2")
    if stop != "off":
        world.ask(SetStrategy(strategy=hedger.NAME, to=StrategyState.PAPER), gap=Nanos(0))
    if stop == "stale":
        for one in (PERP, PERP_2):
            world.do(BooksStale(at=world.at, venue=one.id.venue, instruments=(one.id,), why="a gap"))
    if stop == "cap":
        world.ask(SetParameter(strategy=hedger.NAME, name="daily", value="0"), gap=Nanos(0))
    world.taken(world.signed[0])
    assert not world.orders
    if stop == "cap":
        assert line(world).why == hedger.CAPPED.text


def test_it_waits_after_a_hedge_and_says_until_when() -> None:
    world = book(cooldown="30")
    sent = len(world.orders)
    for order in list(world.orders):
        world.fills(order, Decimal(0))
    go(world, 10)
    assert len(world.orders) == sent
    assert line(world).next_at is not None
    go(world, 25)
    assert len(world.orders) > sent


def test_what_is_below_every_least_is_held_and_said() -> None:
    world = book(qty="0.1", threshold="0.05")
    assert not world.orders
    assert (line(world).action, line(world).why) == ("hold", hedger.BELOW.text)


def test_its_futures_are_closed_once_the_options_are_gone_whatever_the_band() -> None:
    world = book()
    for order in list(world.orders):
        world.fills(order)
    held = delta_of(world)
    assert held < 0
    sent = len(world.orders)
    world.tell(debounce="0")
    world.request(name="back", qty="2", side=Side.SELL)
    world.taken(world.signed[-1], trade="t-2")
    assert world.net(CALL) == 0
    go(world, 8)
    closing = world.orders[sent:]
    assert {o.order.place.side for o in closing} == {Side.BUY}
    assert sum(o.order.place.qty or 0 for o in closing) == -held


def test_by_hand_it_goes_to_the_middle_at_once() -> None:
    world = book(threshold="100")
    assert not world.orders
    world.quote()
    world.ask(HedgeNow(underlying="ETH"), gap=Nanos(0))
    assert sum(o.order.place.qty or 0 for o in world.orders) == Decimal("1.03")
    world.ask(HedgeNow(underlying="XRP"), gap=Nanos(0))
    assert "not hedged now" in world.said[-1].text


def test_hedges_of_trades_that_are_under_way_count_as_if_they_had_filled() -> None:
    world = World()
    world.tell(hedge="offset")
    world.request(qty="2")
    world.ask(SetStrategy(strategy=hedger.NAME, to=StrategyState.PAPER), gap=Nanos(0))
    world.taken(world.signed[0])
    go(world, 3)
    assert {o.order.place.instrument for o in world.orders} == {HEDGE_CALL}


def test_two_orders_wait_where_the_delta_leaves_its_band() -> None:
    world = book(mode="ddh", wait_delta="0.5", wait_move="100")
    (order,) = world.orders
    place = order.order.place
    assert (place.side, place.post_only) == (Side.SELL, True)  # outside already: the order is for what there is


def test_the_dock_shows_bands_venues_models_and_advice_on_gamma() -> None:
    world = book(qty="3", side=Side.SELL, threshold="100", gamma_limit="0.05")
    one = line(world)
    assert one.underlying == "ETH"
    assert one.delta < 0 < -one.gamma
    assert (one.band, one.band_kind) == (100.0, "fixed")
    assert {name for name, _ in one.models} == {"black76", "coin", "scenario", "minimum-variance"}
    (best, *_) = one.gammas
    assert best.side == "buy"
    assert abs(best.gamma_after) < abs(one.gamma)
    assert not world.orders


def test_the_same_option_on_two_venues_is_compared_after_fees() -> None:
    world = World()
    twin = replace(
        next(b for b in BOARD if b.id == HEDGE_CALL), id=InstrumentId(DERIVE, HEDGE_CALL.symbol),
        family=FamilyId("derive:X"),
    )  # fmt: skip
    family = Family(id=FamilyId("derive:X"), title="X", members=(twin.id,))
    world.do(Listed(at=world.at, family=family, instruments=(twin,)))
    world.mark(twin)
    world.book(twin, half=0.02)
    found = world.kernel.view(topics.OPTION_GAPS)
    assert found.compared == 1  # type: ignore[attr-defined]
    best, worst = found.rows  # type: ignore[attr-defined]
    assert best.gap >= worst.gap
    assert best.gap == pytest.approx(best.bid - best.ask - best.fees)
    assert (best.buy_on, best.sell_on) != (best.sell_on, best.buy_on)


def test_a_package_of_options_about_to_settle_counts_with_what_is_left_of_its_delta() -> None:
    world = book(qty="2", threshold="100")
    whole = line(world).delta
    world.at = Nanos(next(b for b in BOARD if b.id == HEDGE_CALL).expires - 15 * MINUTE)  # type: ignore[operator]
    world.quote()
    assert 0 < line(world).delta < whole * 0.7


def test_orders_that_wait_stay_within_the_days_cap() -> None:
    world = book(mode="ddh", wait_delta="0.5", wait_move="100", daily="1")
    go(world, 3)
    assert not world.orders
    assert world.state.strategies.seats[hedger.NAME].why.code == "daily_cap"


def test_an_order_that_waits_stays_once_the_cap_is_spent() -> None:
    world = book(mode="ddh", wait_delta="0.5", wait_move="100", daily="4000")
    (order,) = world.orders
    go(world, 3)
    one = world.state.register.get(order.order.order)
    assert one is not None
    assert not one.ended
    assert len(world.orders) == 1


@pytest.mark.parametrize(("mode", "bid"), [("paper", 200_100), ("live", 200_000)])
def test_orders_that_wait_are_placed_by_the_prices_of_others(mode: str, bid: int) -> None:
    world = book(mode="ddh", wait_delta="0.5", wait_move="100")
    ours, more = Lots(1_000), Lots(5_000)
    levels = ((Ticks(200_100), ours), (Ticks(200_000), more)), ((Ticks(200_300), more),)
    world.do(BookSnapshot(at=world.at, instrument=PERP.id, bids=levels[0], asks=levels[1]))
    market = world.state.listings[PERP.id]
    one = Working(
        OrderId("o-1"), PERP.id, Side.BUY, Leg.YES, Ticks(200_100), Qty(ours * PERP.lot), Qty(Decimal(0)), settled=True
    )  # fmt: skip
    world.state.session.mode = mode
    strategy = world.state.strategies.seats[hedger.NAME].strategy
    found = strategy._others(world.state.strategies.context, market, {"ETH ddh buy": one})
    assert found == pytest.approx((bid * float(PERP.unit), 200_300 * float(PERP.unit)))


def test_the_fee_of_a_future_whose_unit_is_worth_next_to_nothing_is_the_share_that_its_venue_takes() -> None:
    world = World()
    one = replace(perpetual(DERIBIT, underlying="PEPE", unit=Decimal("1e-9")), id=InstrumentId(DERIBIT, "PEPE-PERP"))
    family = Family(id=FamilyId("deribit:PEPE"), title="PEPE", members=(one.id,))
    world.do(Listed(at=world.at, family=family, instruments=(one,)))
    world.do(Marked(at=world.at, instrument=one.id, price=Decimal("0.00001"), index=Decimal("0.00001")))
    world.do(
        BookSnapshot(
            at=world.at, instrument=one.id, bids=((Ticks(9_990), Lots(10**6)),), asks=((Ticks(10_010), Lots(10**6)),)
        )
    )  # fmt: skip
    (found,) = routes.candidates(world.state, "PEPE")
    assert (found.fee_bps, found.why_not) == (pytest.approx(5.0), "")
