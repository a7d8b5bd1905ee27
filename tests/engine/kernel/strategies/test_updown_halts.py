"""What stops the Up/Down lines: losses of a day and a week, an empty account, a spot price that is old."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.events import Pictured
from engine.core.snapshot import StrategyDayRow
from engine.core.units import DAY, NO_MONEY, SECOND, Money
from engine.views import topics
from tests.engine.kernel.strategies.updown_desk import BEGINS, START_S, STRIKE, Desk, fill, firing, warmed


def test_a_window_is_settled_by_fills_and_outcome_and_exposure_is_zero_again():
    desk = warmed()
    firing(desk)
    (one,) = desk.orders("latency_arb")
    fill(desk, one, 33)
    row = desk.kernel.view(topics.STRATEGIES).rows[0]
    assert row.exposure == Decimal("19.80")
    desk.to(BEGINS + 310 * SECOND)
    desk.settle(desk.windows[0], "yes")
    row = desk.kernel.view(topics.STRATEGIES).rows[0]
    assert (row.exposure, row.realised) == (0, Decimal("13.20")), "as golden updown.settlement has it"


@pytest.mark.parametrize("crash", [False, True])
def test_a_days_loss_halts_all_of_them_in_the_next_window_and_after_a_restart(crash):
    desk = warmed(START_S, START_S + 300)
    desk.told("latency_arb", "profile", "seed")
    desk.told("latency_arb", "most_shares", "1000")
    firing(desk)
    desk.trade_at(desk.at + 3 * SECOND, STRIKE + 80.0, 1e-6)
    for one in desk.orders("latency_arb"):
        fill(desk, one, int(one.quantity))
    desk.to(BEGINS + 290 * SECOND)
    desk.trade_at(BEGINS + 299 * SECOND, STRIKE)
    desk.trade_at(BEGINS + 300 * SECOND, STRIKE)
    desk.settle(desk.windows[0], "no")
    desk.run(1)
    assert desk.kernel.view(topics.STRATEGIES).rows[0].realised <= -300
    if crash:
        desk.crash(ready=False)
        desk.connected()
        for start in (START_S, START_S + 300):
            desk.list_window(start)
        desk.run(2)
        desk.list_window(START_S + 300, price_to_beat="68000")
    for n in range(40):
        desk.trade_at(desk.at + SECOND, STRIKE * (1 + 6e-5 * (n % 2)))
    desk.quote_up(0.60, 0.42, desk.windows[1])
    before = len(desk.orders("latency_arb"))
    desk.trade_at(desk.at + SECOND // 10, STRIKE + 100.0, 1e-6)
    assert desk.seat("latency_arb").why.code == "daily_loss", desk.seat("latency_arb").why
    assert len(desk.orders("latency_arb")) == before


@pytest.mark.parametrize("crash", [False, True])
def test_a_days_halt_lasts_though_what_is_settled_after_it_wins(crash):
    desk = warmed()
    quarter = desk.list_window(START_S // 900 * 900, "15m", price_to_beat="68000")
    desk.switch("latency_arb")
    desk.told("latency_arb", "profile", "seed")
    desk.told("latency_arb", "most_shares", "1000")
    desk.to(BEGINS + 60 * SECOND)
    desk.quote_up(0.60, 0.42, quarter)
    desk.trade_at(desk.at + 1, STRIKE + 60.0, 1e-6)
    desk.quote_up(0.0, 0.0, quarter)
    for ask in (0.60, 0.59):
        desk.quote_up(ask, 0.42)
        desk.trade_at(desk.at + SECOND // 2, STRIKE + 60.0, 1e-6)
    for one in desk.orders("latency_arb"):
        fill(desk, one, int(one.quantity))
    assert [one.place.instrument for one in desk.orders()] == [quarter, *desk.windows * 2]
    desk.to(BEGINS + 310 * SECOND)
    desk.settle(desk.windows[0], "no")
    desk.run(12)
    desk.settle(quarter, "yes")
    desk.run(1)
    assert -300 < desk.kernel.view(topics.STRATEGIES).rows[0].realised < -250
    if crash:
        desk.crash(ready=False)
        desk.connected()
        desk.run(2)
    name = desk.list_window(START_S + 300, price_to_beat="68000")
    for n in range(40):
        desk.trade_at(desk.at + SECOND, STRIKE * (1 + 6e-5 * (n % 2)))
    desk.quote_up(0.60, 0.42, name)
    before = len(desk.orders())
    desk.trade_at(desk.at + SECOND // 10, STRIKE + 100.0, 1e-6)
    assert desk.seat("latency_arb").why.code == "daily_loss", desk.seat("latency_arb").why
    assert len(desk.orders()) == before


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize(("before", "halted"), [("-399.99", False), ("-400", True)])
def test_a_weeks_loss_halts_from_monday_on_over_restarts(before: str, halted: bool, crash: bool):
    friday = BEGINS // DAY
    lost = ((friday - 5, "-5000"), (friday - 4, before), (friday - 1, "-400"))  # Sunday is of the week before
    rows = tuple(
        StrategyDayRow(strategy="lp_extreme", day=day, realised=Money(Decimal(made)), fees=NO_MONEY, fills=1, orders=1)
        for day, made in lost
    )
    desk = warmed(strategy_days=rows)
    desk.switch("latency_arb")
    desk.run(11)
    if crash:
        desk.crash(ready=False)
        desk.connected()
        desk.run(2)
    name = desk.list_window(START_S + 300, price_to_beat="68000")
    desk.to(BEGINS + 300 * SECOND)
    for n in range(40):
        desk.trade_at(desk.at + SECOND, STRIKE * (1 + 6e-5 * (n % 2)))
    desk.quote_up(0.60, 0.42, name)
    desk.trade_at(desk.at + SECOND // 10, STRIKE + 100.0, 1e-6)
    assert len(desk.orders("latency_arb")) == (not halted), desk.seat("latency_arb").why
    if halted:
        assert desk.seat("latency_arb").why.code == "weekly_loss"


def test_an_account_that_holds_nothing_has_lost_nothing():
    class Empty(Desk):
        def _look(self, look, life):
            pictured = Pictured(at=self.at, venue=look.venue, asked_at=self.at, cash=Money(Decimal(0)))
            self.after(self.LATENCY, lambda: self.tell(pictured))

    desk = Empty("live")
    for n in range(21):
        desk.trade_at(BEGINS - 20 * SECOND + n * SECOND, STRIKE * (1 + 6e-5 * (n % 2)), 1e-6)
    firing(desk)
    assert desk.orders() == []
    assert desk.seat("latency_arb").why.code == "no_bankroll"


def test_a_spot_price_that_is_old_stops_them():
    desk = warmed()
    desk.switch("certainty_capture")
    desk.to(BEGINS + 200 * SECOND)
    desk.trade_at(desk.at, STRIKE + 150.0, 1e-6)
    desk.to(desk.at + 6 * SECOND)
    desk.quote_up(0.60, 0.42)
    assert desk.seat("certainty_capture").why.code == "stale"

    def told() -> int:
        return sum(note.code == "STALE" for note in desk.said)

    desk.quote_up(0.61, 0.42)
    assert told() == 1, "once, however often it is asked"
    desk.trade_at(desk.at + SECOND, STRIKE + 150.0, 1e-6)
    desk.quote_up(0.62, 0.42)
    assert len(desk.orders("certainty_capture")) == 1
    desk.to(desk.at + 12 * SECOND)  # it was taken back meanwhile
    desk.quote_up(0.63, 0.42)
    assert told() == 2
    assert desk.said[-1].text == "S2 certainty capture: the spot price is more than 5 s old"


def test_what_would_be_stale_in_the_shadow_is_a_reason_and_no_warning():
    desk = warmed()
    desk.switch("certainty_capture", "shadow")
    desk.to(BEGINS + 200 * SECOND)
    desk.trade_at(desk.at, STRIKE + 150.0, 1e-6)
    desk.to(desk.at + 6 * SECOND)
    desk.quote_up(0.60, 0.42)
    assert desk.seat("certainty_capture").why.code == "stale"
    assert not any(note.code == "STALE" for note in desk.said)
