"""The side of the house in an Up/Down window: who sets it, who keeps to it, when it is free again, and restarts."""

from __future__ import annotations

import pytest

from engine.core.events import Canceled, FillReversed
from engine.core.order import Status
from engine.core.units import SECOND, Leg
from tests.engine.kernel.strategies.updown_desk import START_S, STRIKE, fill, firing, warmed, window_of


def test_no_active_signal_goes_against_the_house_and_a_passive_one_may():
    desk = warmed()
    firing(desk)
    desk.switch("certainty_capture")
    desk.told("certainty_capture", "profile", "seed")
    desk.trade_at(desk.at + SECOND // 10, STRIKE - 150.0, 1e-6)
    desk.quote_up(0.45, 0.60)
    assert desk.seat("certainty_capture").why.code == "house"
    assert desk.orders("certainty_capture") == []


def test_what_is_in_the_shadow_sets_no_side_for_what_is_sent():
    desk = warmed()
    firing(desk, to="shadow")
    assert (window_of(desk).house.side, window_of(desk).shadow_house.side.value) == (None, "UP")
    desk.switch("certainty_capture")
    desk.trade_at(desk.at + SECOND // 10, STRIKE - 150.0, 1e-6)
    desk.quote_up(0.45, 0.60)
    assert len(desk.orders("certainty_capture")) == 1
    assert window_of(desk).house.side.value == "DOWN"


def test_the_house_is_free_again_once_its_only_order_came_to_nothing():
    desk = warmed()
    firing(desk, at=60)
    (one,) = desk.orders("latency_arb")
    desk.run(1)
    assert desk.exchange.cancel(one.client)
    desk.tell(Canceled(at=desk.at, order=one.id, why="killed"))
    assert one.status is Status.CANCELED
    assert window_of(desk).house.side is None


def test_the_house_is_free_again_once_the_venue_took_back_all_that_its_order_had_filled():
    desk = warmed()
    firing(desk, at=60)
    (one,) = desk.orders("latency_arb")
    desk.run(1)
    told = desk.trade(one, one.place.qty)
    assert (one.status, window_of(desk).house.side.value) == (Status.FILLED, "UP")
    desk.tell(FillReversed(at=desk.at, order=one.id, trade_id=told.trade_id))
    assert window_of(desk).house.side is None
    assert window_of(desk).house_at is None


def test_orders_and_house_of_a_window_outlive_a_restart_within_it():
    desk = warmed()
    firing(desk)
    (one,) = desk.orders("latency_arb")
    fill(desk, one, 100)
    desk.run(1)
    desk.crash(ready=False)
    desk.connected()
    desk.list_window(START_S)
    seen = window_of(desk)
    assert seen.orders == {"latency_arb": 1}
    assert (seen.house.side.value, seen.source) == ("UP", ""), "the strike was not heard again"
    assert desk.engine.shows(desk.state.strategies.context, "latency_arb").orders_limit is None
    desk.list_window(START_S, price_to_beat="68000")
    desk.trade_at(desk.at + SECOND, STRIKE)
    shown = desk.engine.shows(desk.state.strategies.context, "latency_arb")
    assert (shown.orders, shown.cooldown_s is not None) == (1, True)


def test_the_house_stays_while_its_shares_are_held_though_a_line_with_an_order_goes_to_the_shadow():
    desk = warmed()
    firing(desk, at=100)
    (first,) = desk.orders("latency_arb")
    fill(desk, first, 100)
    desk.switch("certainty_capture")
    desk.trade_at(desk.at + 65 * SECOND, STRIKE + 150.0, 1e-6)
    desk.quote_up(0.60, 0.42)
    assert desk.orders("certainty_capture"), desk.seat("certainty_capture").why
    desk.run(1)
    (second,) = desk.orders("certainty_capture")
    desk.switch("certainty_capture", "shadow")
    desk.run(2)
    assert second.status is Status.CANCELED
    assert window_of(desk).house.side.value == "UP", "100 shares of Up are held"


def test_a_passive_order_keeps_no_house_that_an_active_one_set():
    desk = warmed()
    firing(desk, at=200)
    (first,) = desk.orders("latency_arb")
    desk.engine.ended(desk.state.strategies.context, "lp_extreme", desk.windows[0], Leg.YES, 0)
    assert window_of(desk).house.side.value == "UP"
    desk.run(1)
    assert desk.exchange.cancel(first.client)
    desk.tell(Canceled(at=desk.at, order=first.id, why="killed"))
    assert window_of(desk).house.side is None


def test_what_was_only_wanted_in_the_shadow_uses_up_no_order_and_no_pause_of_those_that_are_sent():
    desk = warmed()
    desk.told("latency_arb", "most_shares", "10")
    firing(desk, to="shadow")
    shown = desk.engine.shows(desk.state.strategies.context, "latency_arb")
    assert (shown.orders, shown.cooldown_s is not None) == (1, True)
    desk.switch("latency_arb")
    shown = desk.engine.shows(desk.state.strategies.context, "latency_arb")
    assert (shown.orders, shown.cooldown_s) == (0, None)
    desk.trade_at(desk.at + SECOND // 10, STRIKE + 70.0, 1e-6)
    assert len(desk.orders("latency_arb")) == 1, desk.seat("latency_arb").why


@pytest.mark.parametrize("filled", [0, 100])
def test_an_order_that_ended_before_the_spot_price_was_listed_again_keeps_the_house_only_if_it_filled(filled: int):
    desk = warmed()
    firing(desk)
    (one,) = desk.orders("latency_arb")
    desk.run(1)
    if filled:
        desk.trade(one, filled)
        desk.run(1)
    desk.crash(ready=False)
    assert desk.exchange.cancel(one.client)
    desk.tell(Canceled(at=desk.at, order=one.id, why="killed"))
    assert desk.state.register.get(one.id).ended
    assert desk.engine.windows == {}
    desk.connected()
    desk.list_window(START_S)
    seen = window_of(desk)
    assert (seen.orders, seen.house.side is not None) == ({"latency_arb": 1}, filled > 0)


def test_a_fill_that_was_taken_back_before_the_spot_price_was_listed_again_keeps_no_house():
    desk = warmed()
    firing(desk)
    (one,) = desk.orders("latency_arb")
    desk.run(1)
    told = desk.trade(one, one.place.qty)
    desk.run(1)
    desk.crash(ready=False)
    desk.tell(FillReversed(at=desk.at, order=one.id, trade_id=told.trade_id))
    desk.connected()
    desk.list_window(START_S)
    assert window_of(desk).house.side is None
