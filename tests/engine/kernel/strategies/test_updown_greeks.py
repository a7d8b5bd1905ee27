"""Limits on what Up/Down windows of one underlying come to together: set by the trader, met by strategies' orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Place, SetLimit
from engine.core.units import SECOND, Leg, Qty, Side, Ticks
from engine.kernel import sloping
from engine.maths.binary import digital
from engine.portfolio.exposure import Resting
from engine.views import topics
from tests.engine.kernel.strategies.updown_desk import BEGINS, BITCOIN, START_S, STRIKE, Desk, fill, firing, warmed

MICRO = Decimal("0.000001")


def limit(desk: Desk, gate: str, value: Decimal) -> None:
    desk.ask(SetLimit(gate=gate, value=value, why="a test"), gap=0.01)


def lamp(desk: Desk, gate: str):
    return next(row for row in desk.kernel.view(topics.GATES).rows if row.code == gate)


def come_to(desk: Desk) -> sloping.Sums:
    """What the windows come to, priced as of now."""
    return sloping.fullest(desk.state)[0]


def sent() -> tuple[Decimal, Decimal, int]:
    """Delta, gamma and shares of the order that S1 sends here."""
    desk = warmed()
    firing(desk)
    (order,) = desk.orders("latency_arb")
    found = come_to(desk)
    return found.delta, found.gamma, int(order.quantity)


def test_a_share_moves_as_its_digital_does() -> None:
    desk = warmed()
    firing(desk)
    (seen,) = desk.engine.windows.values()
    sight, slope = seen.sight, desk.engine.slopes(desk.state.strategies.context)[seen.instrument]
    unit = digital(sight.spot, sight.strike, sight.sigma, sight.tau_s)
    assert (slope.underlying, slope.delta) == (BITCOIN, pytest.approx(unit.delta))
    assert slope.gamma == pytest.approx(unit.gamma * sight.spot / 100)
    shares = float(desk.orders("latency_arb")[0].quantity)
    assert float(come_to(desk).delta) == pytest.approx(shares * unit.delta, abs=1e-6)
    assert float(come_to(desk).gamma) == pytest.approx(-shares * unit.gamma * sight.spot / 100, abs=1e-6), "it is short"


@pytest.mark.parametrize(("gate", "which"), [("WINDOW_DELTA", 0), ("WINDOW_GAMMA", 1)])
def test_an_order_passes_up_to_the_limit_and_not_beyond(gate: str, which: int) -> None:
    used = sent()[which]
    assert used > 0
    for room, passes in ((used, True), (used - MICRO, False)):
        desk = warmed()
        limit(desk, gate, room)
        firing(desk)
        assert len(desk.orders("latency_arb")) == passes, desk.seat("latency_arb").last_said
        if not passes:
            assert desk.seat("latency_arb").refusals == {gate: 1}
        row = lamp(desk, gate)
        assert row.limit.split()[0] == f"{room.quantize(Decimal('0.0001')).normalize():f}"


def test_what_waits_counts_at_its_worst_and_what_is_held_sets_off() -> None:
    desk = warmed()
    firing(desk)
    (order,) = desk.orders("latency_arb")
    name, slopes = order.place.instrument, sloping.known(desk.state)
    each = slopes[name].delta

    def of(*orders: tuple[Side, Leg, int]) -> float:
        rests = [(name, Resting(0, side, leg, Decimal(qty), Decimal("0.5"), Decimal(0))) for side, leg, qty in orders]
        return float(sloping.sums(desk.state, BITCOIN, slopes, rests).delta)

    up, down = (Side.BUY, Leg.YES, 30), (Side.BUY, Leg.NO, 50)
    assert of(up) == pytest.approx(30 * each, abs=1e-6)
    assert of(down) == of((Side.SELL, Leg.YES, 50)) == pytest.approx(50 * each, abs=1e-6)
    assert of(up, down) == pytest.approx(50 * each, abs=1e-6), "only one of them may fill"
    fill(desk, order, 40)
    assert of(up, down) == pytest.approx(70 * each, abs=1e-6)
    assert of(down) == pytest.approx(40 * each, abs=1e-6), "it sets off only once it has filled"


def test_one_that_cannot_be_priced_is_refused_only_where_a_limit_is_set() -> None:
    for limited in (False, True):
        desk = warmed()
        if limited:
            limit(desk, "WINDOW_DELTA", Decimal(1_000))
        firing(desk)
        (order,) = desk.orders("latency_arb")
        fill(desk, order, 10)
        earlier = desk.list_window(START_S // 900 * 900, "15m")  # its strike was never heard
        desk.quote_up(0.5, 0.55, earlier)
        by_hand = Place(
            instrument=earlier, side=Side.BUY, leg=Leg.YES, price=Ticks(5_000), qty=Qty(Decimal(5)), intent="by-hand"
        )
        desk.ask(by_hand)
        fill(desk, desk.state.register.of_intent("by-hand"), 5)
        desk.told("latency_arb", "profile", "seed")
        desk.run(11)
        desk.quote_up(0.60, 0.42)
        desk.trade_at(desk.at + SECOND // 2, STRIKE + 60.0, 1e-6)
        assert len(desk.orders("latency_arb")) == (1 if limited else 2), desk.seat("latency_arb").last_said
        if limited:
            assert desk.seat("latency_arb").refusals == {"WINDOW_DELTA": 1}


def test_windows_of_one_coin_add_up() -> None:
    desk = warmed()
    quarter = desk.list_window(START_S // 900 * 900, "15m", price_to_beat="68000")
    desk.switch("latency_arb")
    desk.to(BEGINS + 60 * SECOND)
    desk.quote_up(0.60, 0.42, quarter)
    desk.trade_at(desk.at + 1, STRIKE + 60.0, 1e-6)
    one = come_to(desk).delta
    desk.quote_up(0.0, 0.0, quarter)
    desk.told("latency_arb", "profile", "seed")
    desk.run(1)
    desk.quote_up(0.60, 0.42)
    desk.trade_at(desk.at + SECOND // 2, STRIKE + 60.0, 1e-6)
    assert [order.place.instrument for order in desk.orders()] == [quarter, desk.windows[0]]
    assert come_to(desk).delta > one


def test_no_limit_reckons_nothing() -> None:
    desk = warmed()
    desk.engine.slopes = lambda context: 1 / 0  # type: ignore[method-assign]
    firing(desk)
    assert len(desk.orders("latency_arb")) == 1
