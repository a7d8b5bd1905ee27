"""What is taken is on disk first, booked once, hedged in the right direction, once, and both legs or none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import CloseTrade, ManualTrade, Place
from engine.core.effects import Keep, Row
from engine.core.events import BooksStale, Lost, QuoteTaken
from engine.core.ids import DERIBIT
from engine.core.order import Status
from engine.core.quotes import QuoteLeg
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side
from engine.host.replay import replay
from engine.kernel.rfq.finding import OTC
from engine.kernel.step import Kernel
from engine.views import topics
from tests.engine.kernel.rfq.world import CALL, HEDGE_CALL, HEDGE_PUT, PERP, PUT, World

TRACE = "rfq:rysk:r-1"


def traded(world: World, qty: str = "1", side: Side = Side.BUY, **terms):
    """Quote a request and have it taken; return the trade."""
    world.request(qty=qty, side=side, **terms)
    world.taken(world.signed[-1])
    return list(world.state.rfq.trades.values())[-1]


@pytest.mark.parametrize(("ours", "hedge"), [(Side.BUY, Side.SELL), (Side.SELL, Side.BUY)])
def test_the_hedge_does_the_opposite_of_what_we_did_in_the_whole_size(ours, hedge) -> None:
    world = World()
    trade = traded(world, "2", ours)
    (order,) = world.orders
    place = order.order.place
    assert (place.instrument, place.side, place.leg, place.qty) == (HEDGE_CALL, hedge, Leg.YES, 2)
    world.fills(order)
    assert trade.state == "HEDGED"
    assert world.net(CALL) == -world.net(HEDGE_CALL) == (2 if ours is Side.BUY else -2)
    assert len(world.orders) == 1


def test_one_search_of_the_event_log_returns_the_whole_chain_in_its_order() -> None:
    world = World()
    world.request()
    world.stands(world.signed[0])
    world.taken(world.signed[0])
    world.fills(world.orders[0])
    assert world.steps() == [
        "RECEIVED", "PRICED", "QUOTED", "SIGNING", "STANDS", "CONFIRMED", "HEDGE", "ACCEPTED", "FILL", "HEDGED",
    ]  # fmt: skip
    rows = [row for keep in world.rows for row in keep.rows if isinstance(row, Row)]
    assert {r.values["tag"] for r in rows if r.table == "orders"} == {TRACE}
    assert {r.values["tag"] for r in rows if r.table == "fills"} == {TRACE}
    chain = world.kernel.view(topics.rfq_chain(TRACE))
    assert [step.what for step in chain.steps] == world.steps()  # type: ignore[attr-defined]


def test_a_trade_is_on_disk_before_it_is_booked_and_before_it_is_hedged() -> None:
    world = World()
    world.request()
    world.holding = True
    before = len(world.rows)
    world.taken(world.signed[0])
    first = world.rows[before]
    assert isinstance(first, Keep)
    assert [row.table for row in first.rows] == ["rfq_trades", "traces"]  # type: ignore[union-attr]
    assert not world.orders
    world.free()
    assert len(world.orders) == 1


def test_a_confirmation_told_again_counts_once() -> None:
    world = World()
    trade = traded(world)
    world.do(world.events[-1] if isinstance(world.events[-1], QuoteTaken) else _taken(world))
    world.fills(world.orders[0])
    world.do(_taken(world))
    assert (len(world.orders), world.net(CALL)) == (1, 1)
    assert trade.state == "HEDGED"


def _taken(world: World) -> QuoteTaken:
    return next(e for e in world.events if isinstance(e, QuoteTaken))


def test_a_trade_whose_quote_we_do_not_know_binds_and_is_hedged_all_the_same() -> None:
    world = World()
    world.request()
    quote = world.signed[0]
    world.state.rfq.clients.clear()
    world.taken(quote)
    assert "UNKNOWN_QUOTE" in world.codes()
    assert len(world.orders) == 1


def test_what_differs_from_the_quote_is_told_and_what_cannot_be_is_not_booked() -> None:
    world = World()
    world.request()
    event = world.taken(world.signed[0])
    other = replace(event.legs[0], price=event.legs[0].price + 1)
    world.do(replace(event, trade="t-2", legs=(other,)))
    assert "TRADE_DIFFERS" in world.codes()
    world.do(replace(event, trade="t-3", legs=(replace(other, qty=Qty(Decimal("NaN"))),)))
    assert "BAD_TRADE" in world.codes()
    for number, beyond in enumerate(
        (replace(other, fee=Money(Decimal("1e60"))), replace(other, qty=Qty(Decimal("1e30"))))
    ):
        world.do(replace(event, trade=f"t-{4 + number}", legs=(beyond,)))
    assert world.codes().count("BAD_TRADE") == 3
    assert world.net(CALL) == 2


def test_a_partial_fill_is_hedged_on_and_only_what_is_left() -> None:
    world = World()
    trade = traded(world, "3")
    world.fills(world.orders[0], Decimal(1))
    assert len(world.orders) == 1
    world.run(Nanos(world.at + 2 * SECOND))
    world.quote()
    world.run(Nanos(world.at + 2 * SECOND))
    assert [o.order.place.qty for o in world.orders] == [3, 2]
    world.fills(world.orders[1])
    assert (trade.state, world.net(HEDGE_CALL)) == ("HEDGED", -3)


def test_while_an_order_has_no_known_outcome_nothing_more_is_sent() -> None:
    world = World()
    trade = traded(world)
    number = world.orders[0].order.order
    world.do(Lost(at=world.at, order=number, why="no answer"))
    for _ in range(20):
        world.quote()
        world.run(Nanos(world.at + 2 * SECOND))
    assert len(world.orders) == 1
    assert trade.state == "EXECUTED"
    world.fills(world.orders[0])
    assert (trade.state, world.net(HEDGE_CALL)) == ("HEDGED", -1)


def test_a_hedge_that_does_not_fill_fails_aloud_once_and_is_tried_again_after_a_while() -> None:
    world = World()
    trade = traded(world)
    for number in range(3):
        assert len(world.orders) == number + 1
        world.fills(world.orders[number], Decimal(0))
        for _ in range(3):
            world.quote()
            world.run(Nanos(world.at + 2 * SECOND))
    assert trade.state == "FAILED"
    assert world.codes().count("HEDGE_FAILED") == 1
    world.run(Nanos(world.at + 31 * SECOND))
    world.quote()
    world.run(Nanos(world.at + 2 * SECOND))
    assert len(world.orders) == 4
    world.fills(world.orders[3])
    assert trade.state == "HEDGED"


def test_a_stale_book_hedges_nothing_and_an_empty_side_is_never_guessed() -> None:
    world = World()
    world.request()
    world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(HEDGE_CALL,), why="a gap"))
    world.taken(world.signed[0])
    assert not world.orders
    assert world.steps()[-1] == "HEDGE WAITS"
    world.run(Nanos(world.at + 2 * SECOND))
    world.quote()
    world.run(Nanos(world.at + 2 * SECOND))
    assert len(world.orders) == 1


def test_both_legs_of_a_package_or_the_one_that_filled_is_rolled_back() -> None:
    world = World()
    legs = (QuoteLeg(instrument=CALL, side=Side.BUY), QuoteLeg(instrument=PUT, side=Side.BUY))
    trade = traded(world, legs=legs)
    call = next(o for o in world.orders if o.order.place.instrument == HEDGE_CALL)
    put = next(o for o in world.orders if o.order.place.instrument == HEDGE_PUT)
    world.fills(call)
    world.fills(put, Decimal(0))
    for _ in range(8):
        world.run(Nanos(world.at + 2 * SECOND))
        world.quote()
        newest = world.orders[-1]
        one = world.state.register.get(newest.order.order)
        if one is not None and one.status is Status.SENT:
            world.fills(newest, None if newest.order.place.side is Side.BUY else Decimal(0))
        if "ROLLED BACK" in world.steps() and trade.state == "FAILED":
            break
    assert trade.state == "FAILED"
    assert "ROLLED BACK" in world.steps()
    assert (world.net(HEDGE_CALL), world.net(HEDGE_PUT)) == (0, 0)
    assert world.orders[-1].order.place.side is Side.BUY


def test_by_delta_the_perpetual_is_traded_against_the_options_delta() -> None:
    world = World()
    world.tell(hedge="delta")
    trade = traded(world, "2")
    places = [order.order.place for order in world.orders]
    assert {(p.instrument.symbol, p.side) for p in places} == {(PERP.id.symbol, Side.SELL)}
    assert sum(p.qty or 0 for p in places) == Decimal("1.03")  # a delta of 0.5198 each, down to the step
    for order in world.orders:
        world.fills(order)
    assert trade.state == "HEDGED"


def test_without_a_hedge_of_its_own_a_trade_is_left_to_the_books_hedger() -> None:
    world = World()
    world.tell(hedge="none")
    assert traded(world).state == "HEDGED"
    assert not world.orders


def test_what_is_below_the_venues_least_is_held_and_said() -> None:
    world = World()
    trade = traded(world, "1.05")
    world.fills(world.orders[0])
    assert world.orders[0].order.place.qty == 1
    assert trade.state == "HEDGED"
    assert "unhedged" not in trade.why


def test_a_trade_agreed_elsewhere_is_weighed_booked_apart_and_hedged_in_the_same_way() -> None:
    world = World()
    leg = QuoteLeg(instrument=HEDGE_CALL, side=Side.BUY, price=Decimal(110))
    ask = ManualTrade(intent="m-1", legs=(leg,), qty=Qty(Decimal(1)), with_whom="a friend")
    world.quote()
    world.ask(ask, gap=Nanos(0))
    world.ask(ask, gap=Nanos(0))
    (order,) = world.orders
    assert (order.order.place.instrument, order.order.place.side) == (HEDGE_CALL, Side.SELL)
    world.fills(order)
    held = {one: qty for one, leg_, p in world.state.book.held() if (qty := p.qty)}
    assert held == {(type(HEDGE_CALL)(OTC, HEDGE_CALL.symbol)): 1, HEDGE_CALL: 1}
    assert world.steps("rfq:otc:m-1")[-1] == "HEDGED"


def test_a_trade_by_hand_beyond_the_limits_is_not_entered() -> None:
    world = World()
    world.tell(max_size="0.5")
    world.quote()
    leg = QuoteLeg(instrument=HEDGE_CALL, side=Side.BUY, price=Decimal(110))
    world.ask(ManualTrade(intent="m-1", legs=(leg,), qty=Qty(Decimal(1))), gap=Nanos(0))
    assert not world.orders
    assert "not entered" in world.said[-1].text


def test_a_failed_hedge_can_be_closed_by_hand_with_a_reason_and_one_that_works_cannot() -> None:
    world = World()
    trade = traded(world)
    world.ask(CloseTrade(trace=TRACE, why="done by phone"), gap=Nanos(0))
    assert trade.state == "EXECUTED"
    world.fills(world.orders[0], Decimal(0))
    world.ask(CloseTrade(trace=TRACE, why=""), gap=Nanos(0))
    world.ask(CloseTrade(trace=TRACE, why="done by phone"), gap=Nanos(0))
    assert trade.state == "CLOSED"
    world.run(Nanos(world.at + 60 * SECOND))
    assert len(world.orders) == 1


def test_the_blotter_shows_the_three_states_with_plan_and_share() -> None:
    world = World()
    world.request(name="a")
    world.stands(world.signed[0], best=True, best_price=world.signed[0].legs[0].price)
    world.tell(auto="off")
    world.request(name="b", qty="1.5")
    world.request(name="c")
    world.tell(auto="on")
    traded(world, name="r-1", qty="2.5")
    rows = {row.id: row for row in world.kernel.view(topics.RFQ).rows}  # type: ignore[attr-defined]
    assert [rows[n].state for n in ("a", "b", "r-1")] == ["QUOTED", "PENDING", "EXECUTED"]
    assert (rows["a"].signed, rows["b"].signed, rows["a"].best) == ("paper", "no", True)
    assert rows["r-1"].hedge_plan == "sell 2.5 ETH-3000-C on deribit"
    assert rows["r-1"].hedged == 0.0
    assert rows["a"].taker_side == "sell"
    world.fills(world.orders[0])
    assert world.kernel.view(topics.RFQ).rows[0].state == "HEDGED"  # type: ignore[attr-defined]


def test_a_day_of_requests_and_hedges_replays_to_the_same_digests() -> None:
    world = World()
    traded(world, "2")
    world.fills(world.orders[0], Decimal(1))
    world.run(Nanos(world.at + 2 * SECOND))
    world.quote()
    world.run(Nanos(world.at + 3 * SECOND))
    world.fills(world.orders[1])
    world.request(name="x", qty="1e30")
    found = replay(world.journal, Kernel())
    assert (found.events, found.differs_at, found.stopped) == (len(world.journal), None, "")


def test_a_hedge_that_was_done_and_closed_by_hand_is_not_counted_as_under_way() -> None:
    world = World()
    trade = traded(world, "6")
    world.fills(world.orders[0], Decimal(0))
    while trade.state != "FAILED":
        world.quote()
        world.run(Nanos(world.at + 2 * SECOND))
        for order in world.orders:
            found = world.state.register.get(order.order.order)
            assert found is not None
            if not found.ended:
                world.fills(order, Decimal(0))
    bid = world.state.listings[HEDGE_CALL].book.best_bid
    world.ask(Place(instrument=HEDGE_CALL, side=Side.SELL, price=bid, qty=Qty(Decimal(6)), intent="mine"))
    world.fills(world.orders[-1])
    assert world.net(HEDGE_CALL) == -6
    world.ask(CloseTrade(trace=TRACE, why="done by hand"), gap=Nanos(0))
    assert trade.state == "CLOSED"
    world.quote()
    asked = world.request(qty="3", name="r-2")
    assert (asked.state, asked.why) == ("QUOTED", "")
