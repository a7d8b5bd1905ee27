"""Limits on options and perpetuals: at the worst of all that is open, by side, and reducing is always let through."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from engine.core.commands import Amend, Cancel, SelfTest
from engine.core.ids import DERIBIT
from engine.core.order import Status
from engine.core.units import Qty, Ticks
from engine.kernel.options.holding import Quoted
from engine.kernel.options.sensing import stops
from engine.risk.derivative_gates import DERIVATIVE
from engine.sandbox.option_feed import ROW
from engine.sandbox.option_market import PERPETUAL
from engine.views import topics
from tests.engine.kernel.options.world import EASY, World, call, put


def limited(**limits: str) -> World:
    kept = {**dict(EASY), **{code: Decimal(value) for code, value in limits.items()}}
    world = World(cash=1_000_000, limits=tuple(kept.items()))
    for one in (call(), put(), call(70_000)):
        world.ready(one)
    world.ready(PERPETUAL, "60000")
    return world


def lamp(world: World, code: str):
    return next(row for row in world.kernel.view(topics.GATES).rows if row.code == code)  # type: ignore[attr-defined]


def test_short_is_refused_where_the_venue_sells_nothing_that_is_not_held() -> None:
    world = World(venues=(structs.replace(ROW, can=("POST_ONLY",)),))
    world.ready(call())
    assert world.sell(call(), "1").why.startswith("EXCHANGE — NOT_HELD")
    world.buy(call(), "1")
    assert world.sell(call(), "1").status is Status.FILLED


def test_one_instrument_is_held_to_coins_with_its_open_orders_and_live_quotes() -> None:
    world = limited(COIN_POSITION="3")
    assert world.buy(call(), "2").status is Status.FILLED
    assert world.buy(call(), "1", "0.0400").status is Status.WORKING
    refused = world.buy(call(), "0.1")
    assert refused.why.startswith("COIN_POSITION — the position in this instrument would be 3.10 coins")
    assert world.sell(call(), "2", "0.0495").status is Status.FILLED  # reducing
    world.state.options.quotes = lambda: [Quoted(call(), Decimal(-3), Decimal("0.06"))]
    assert world.sell(call(), "0.5", "0.0495").why.startswith("COIN_POSITION")
    assert world.sell(put(), "0.5").status is Status.FILLED  # of another instrument
    world.state.options.quotes = lambda: ()
    assert world.sell(call(), "0.5", "0.0495").status is Status.FILLED


def test_a_refused_order_is_told_at_the_price_it_is_quoted_at() -> None:
    world = World()
    world.ready(call())
    world.buy(call(), "99")
    told = [memory.refusal for memory in world.state.gates.values()]
    assert any(text.startswith("BUY 99 @ 0.1:") for text in told), told


def test_all_instruments_of_an_underlying_are_added_up_none_set_off() -> None:
    world = limited(COIN_TOTAL="2")
    world.buy(call(), "1")
    world.sell(put(), "1")
    assert world.buy(call(70_000), "0.1").why.startswith("COIN_TOTAL")
    assert world.buy(PERPETUAL, "6000").why.startswith("COIN_TOTAL")
    assert world.buy(put(), "1").status is Status.FILLED


def test_delta_is_held_on_both_sides_and_what_brings_it_back_passes() -> None:
    world = limited(DELTA="0.6")
    assert world.buy(call(), "1").status is Status.FILLED
    assert world.buy(call(), "0.5").why.startswith("DELTA — delta would be")
    assert world.buy(PERPETUAL, "6000").why.startswith("DELTA")
    assert world.sell(PERPETUAL, "30000").status is Status.FILLED  # 0.5 coins the other way
    assert world.buy(call(), "0.9").status is Status.FILLED
    assert lamp(world, "DELTA").state in {"OK", "NEAR"}
    assert lamp(world, "DELTA").share == pytest.approx(0.49 / 0.6, abs=0.05)
    world.mark(call(), "0.14", index=Decimal(68_000), forward=Decimal(68_000))  # now beyond the limit by itself
    world.mark(PERPETUAL, "68000", index=Decimal(68_000))
    world.quote(call(), "0.1395", "0.1405")
    assert world.sell(call(), "0.5", "0.1395").status is Status.FILLED


def test_gamma_vega_and_the_greeks_of_one_expiry_have_limits_of_their_own() -> None:
    for code, limit in (("GAMMA", "0.03"), ("VEGA", "30"), ("EXPIRY_VEGA", "30"), ("EXPIRY_THETA", "80")):
        world = limited(**{code: limit})
        assert world.buy(call(), "0.5").status is Status.FILLED, code
        assert world.buy(put(), "0.5").why.startswith(f"{code} — "), code
        assert world.sell(put(), "0.5").status is Status.FILLED, code  # the other way
        assert lamp(world, code).used != "", code


def test_what_a_short_option_could_lose_is_the_grid_not_its_premium() -> None:
    world = limited(STRESS="8000")
    refused = world.sell(call(), "1")
    assert refused.why.startswith("STRESS — the worst loss over the grid of spot and volatility would be")
    assert world.sell(call(), "0.5", "0.0495").status is Status.FILLED
    assert world.buy(PERPETUAL, "18000").status is Status.FILLED  # a hedge makes it less
    assert world.sell(call(), "0.3").status is Status.FILLED
    strip = world.kernel.view(topics.SPINE)
    row = world.kernel.view(topics.GREEKS).rows[0]  # type: ignore[attr-defined]
    assert strip.at_risk == row.worst  # type: ignore[attr-defined]
    assert 0 < row.worst < 8_000


def test_cash_covers_what_could_be_lost() -> None:
    world = World(cash=5_000)
    world.ready(call())
    assert world.sell(call(), "1").why.startswith("CASH — it costs $")
    bought = world.buy(call(), "1", "0.0505")
    assert bought.status is Status.FILLED, bought.why
    assert world.buy(call(), "1", "0.0505").why.startswith("CASH")


def test_without_greeks_nothing_new_passes_and_the_way_out_does() -> None:
    world = limited()
    world.buy(call(), "1")
    world.run(61)
    world.quote(call(), "0.0495", "0.0505")
    world.ready(put())
    assert world.buy(put(), "1").why.startswith("GREEKS — greeks are not known")
    assert lamp(world, "GREEKS").state == "REFUSING"
    assert world.sell(call(), "1").status is Status.FILLED


def test_a_price_far_from_the_mark_is_refused() -> None:
    world = limited()
    assert world.sell(call(), "0.1", "0.1005").why.startswith("MARK_COLLAR — the price's distance from the mark")
    assert world.sell(call(), "0.1", "0.0990").status is Status.WORKING
    assert world.buy(PERPETUAL, "1000", "56000").why.startswith("MARK_COLLAR")
    assert world.buy(PERPETUAL, "1000", "58000").status is Status.WORKING
    assert world.buy(call(), "0.1", "0.0501").why.startswith("PRICE_GRID")
    assert world.buy(call(), "0.05").why.startswith("LOT")


def test_nothing_is_added_to_a_position_that_lost_too_much() -> None:
    world = limited(STOP_LOSS="10")
    world.buy(call(), "1")
    world.ready(call(), "0.0400")
    world.run(2)
    assert stops(world.state) == [(call(), Decimal("20.79"))]
    assert world.buy(call(), "0.1").why.startswith("STOP_LOSS — the loss on this position against its average")
    assert lamp(world, "STOP_LOSS").share == pytest.approx(2.079)
    assert any(note.code == "STOP_LOSS" and call().symbol in note.text for note in world.notices)
    assert sum("stands 20.79 % below" in note.text for note in world.notices) == 1
    assert world.sell(call(), "1").status is Status.FILLED


def test_an_order_is_amended_and_taken_back() -> None:
    world = limited()
    order = world.sell(call(), "1", "0.0600")
    world.ask(Amend(order=order.id, price=Ticks(650), qty=Qty(Decimal(2))))
    world.run(1)
    assert (order.status, order.place.price, order.quantity) == (Status.WORKING, 650, 2)
    world.ask(Amend(order=order.id, price=Ticks(5_000), qty=Qty(Decimal(2))))
    world.run(1)
    assert order.place.price == 650
    assert any(note.code == "MARK_COLLAR" for note in world.notices)
    world.ask(Cancel(order=order.id))
    world.run(1)
    assert order.status is Status.CANCELED
    assert world.state.venue_losses == {}


def test_every_gate_of_derivatives_tests_itself_and_none_stands_before_anything_is_held() -> None:
    world = limited()
    world.ask(SelfTest())
    for gate in DERIVATIVE:
        row = lamp(world, gate.code)
        assert (row.state, row.used, row.self_test_at is not None) == ("OK", "", True)
        assert row.self_test in {"", "pass", "ok", "OK"} or "lets" not in row.self_test
    assert DERIBIT in world.state.options.venues
