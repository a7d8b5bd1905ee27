from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.effects import Changed, Follow, Submit
from engine.core.events import BookDelta, BookSnapshot, Canceled, FillReversed, Pictured, Trade
from engine.core.ids import POLYMARKET
from engine.core.order import Status
from engine.core.snapshot import StrategyDayRow
from engine.core.units import DAY, NO_MONEY, SECOND, Leg, Lots, Money, Nanos, Side, Ticks
from engine.core.windows import LENGTHS_S, OPENING_S, running
from engine.maths.binary import digital
from engine.views import topics
from tests.engine.kernel.strategies.updown_desk import BEGINS, BITCOIN, FINE, Desk
from tests.scale import scale

START_S = BEGINS // SECOND
STRIKE = 68_000.0


def warmed(*starts: int, rate: str = "0", mode: str = "paper", **more) -> Desk:
    """A desk whose price has stood 6e-5 a root second around the strike, up to the window's first trade."""
    desk = Desk(mode, *starts, rate=rate, **more)
    for n in range(21):
        desk.trade_at(BEGINS - 20 * SECOND + n * SECOND, STRIKE * (1 + 6e-5 * (n % 2)), 1e-6)
    return desk


def firing(desk: Desk, name: str = "latency_arb", to: str = "paper", at: int = 60) -> None:
    """Let the price rise above an Up share that has not followed."""
    desk.switch(name, to)
    desk.told(name, "windows", "all")
    desk.to(BEGINS + at * SECOND)
    desk.quote_up(0.60, 0.42)
    desk.trade_at(BEGINS + at * SECOND + 1, STRIKE + 60.0, 1e-6)


def window_of(desk: Desk, at: int = 0):
    return desk.engine.windows[desk.windows[at]]


def test_the_strike_is_the_first_price_at_or_after_the_start_and_is_called_a_proxy():
    desk = Desk()
    desk.trade_at(BEGINS - 10 * SECOND, 67_000.0)
    assert window_of(desk).source == ""
    desk.trade_at(BEGINS - 1, 67_500.0)
    assert window_of(desk).source == ""
    desk.trade_at(BEGINS, 68_000.0)
    desk.trade_at(BEGINS + SECOND, 69_000.0)
    assert (window_of(desk).sight.strike, window_of(desk).source) == (68_000.0, "Binance, a proxy")


def test_a_start_that_was_not_heard_leaves_the_strike_unknown_and_every_line_silent():
    desk = Desk()
    desk.switch("latency_arb")
    desk.trade_at(BEGINS + 20 * SECOND, 68_000.0)
    desk.trade_at(BEGINS + 30 * SECOND, 68_100.0)
    desk.run(11)
    assert window_of(desk).source == ""
    assert desk.seat("latency_arb").why.code == "strike"


def test_what_the_venue_publishes_replaces_the_proxy_and_teaches_the_basis():
    desk = warmed()
    desk.list_window(START_S, price_to_beat="68012.5")
    seen = window_of(desk)
    assert (seen.sight.strike, seen.source) == (68_012.5, "oracle, as published")
    assert seen.spot.beta == pytest.approx(12.5)
    desk.list_window(START_S + 300)
    desk.trade_at(BEGINS + 299 * SECOND, STRIKE)
    desk.trade_at(BEGINS + 300 * SECOND, STRIKE)
    following = next(one for one in desk.engine.order if one.window.start > BEGINS)
    assert following.sight.strike == pytest.approx(68_012.5)


def test_what_was_learnt_of_the_oracle_outlives_a_restart_though_no_line_was_on_and_no_day():
    desk = warmed()
    desk.list_window(START_S, price_to_beat="68012.5")
    desk.run(11)
    desk.crash(ready=False)
    desk.connected()
    desk.list_window(START_S + 300)
    (spot,) = desk.engine.spots.values()
    assert (spot.beta, len(spot.basis.pairs)) == (pytest.approx(12.5), 1)
    desk.run(86_400)
    desk.crash(ready=False)
    desk.connected()
    desk.list_window(desk.at // SECOND // 300 * 300 + 300)
    (spot,) = desk.engine.spots.values()
    assert (spot.beta, len(spot.basis.pairs)) == (0.0, 0), "a day later it says nothing of now"


def test_a_basis_that_nobody_wrote_is_told_and_not_used():
    desk = warmed()
    desk.list_window(START_S, price_to_beat="68012.5")
    desk.run(11)
    (row,) = desk.ledger.strategies["strategy_memory"].values()
    for wrong in ("", "{}", "[[1,0.0,68000.0]]", '[["x",1.0,1.0]]'):
        row["body"] = wrong
        desk.crash(ready=False)
        desk.connected()
        desk.list_window(START_S + 300)
        assert [spot.beta for spot in desk.engine.spots.values()] == [0.0]
        assert any("its basis cannot be read" in note.text for note in desk.said)


def test_trades_between_windows_feed_volatility_and_no_strategy():
    desk = Desk()
    desk.switch("latency_arb")
    for n in range(20):
        desk.trade_at(BEGINS - 40 * SECOND + n * SECOND, STRIKE * (1 + 1e-4 * (n % 2)))
    (spot,) = desk.engine.spots.values()
    assert spot.volatility.samples == 19
    assert desk.seat("latency_arb").intents == 0
    assert desk.seat("latency_arb").why.code == "between"


def test_one_sigma_a_sample_whatever_is_asked_between():
    desk = warmed()
    desk.switch("latency_arb")
    (spot,) = desk.engine.spots.values()
    samples, sigma = spot.volatility.samples, spot.volatility.sigma
    for n in range(50):
        desk.trade_at(BEGINS + (n + 1) * SECOND // 100, STRIKE + n)
        desk.quote_up(0.5, 0.55)
    assert (spot.volatility.samples, spot.volatility.sigma) == (samples, sigma)


def test_state_outlives_the_window_it_was_learnt_in():
    desk = warmed(START_S, START_S + 300)
    desk.trade_at(BEGINS + 299 * SECOND, STRIKE)
    (spot,) = desk.engine.spots.values()
    before = spot.volatility.samples
    desk.trade_at(BEGINS + 300 * SECOND, STRIKE)
    assert spot.volatility.samples == before + 1
    assert window_of(desk, 1).source
    chips = desk.kernel.view(topics.UPDOWN).windows
    assert [(one.running, one.over) for one in chips] == [(False, True), (True, False)], "what ended is not the next"


def test_a_trade_from_far_ahead_does_not_silence_the_price_until_then():
    desk = warmed()
    desk.trade_at(BEGINS + SECOND, STRIKE, venue_time=Nanos(BEGINS + 3_600 * SECOND))
    desk.trade_at(BEGINS + 2 * SECOND, STRIKE + 5.0)
    (spot,) = desk.engine.spots.values()
    assert (spot.price, spot.at, spot.late) == (STRIKE + 5.0, BEGINS + 2 * SECOND, 0)


def test_a_late_and_a_repeated_trade_change_nothing():
    desk = warmed()
    (spot,) = desk.engine.spots.values()
    before = (spot.price, spot.volatility.samples, spot.vwap.value, len(spot.buffer))
    desk.do(Trade(at=desk.at, instrument=BITCOIN, price=Ticks(1), lots=Lots(1), venue_time=BEGINS - 5 * SECOND))
    desk.do(
        Trade(
            at=desk.at, instrument=BITCOIN, price=Ticks(int(1 / FINE)), lots=Lots(1), trade_id="3", venue_time=desk.at
        )
    )
    assert (spot.price, spot.volatility.samples, spot.vwap.value, len(spot.buffer)) == before
    assert spot.late == 2


def test_books_are_followed_from_a_little_before_the_start_and_let_go_after_the_end():
    desk = Desk()
    desk.switch("certainty_capture")
    name = desk.windows[0]

    def followed() -> bool:
        asked = [e for e in desk.sent(Follow) if e.venue == POLYMARKET]
        return bool(asked) and name in asked[-1].instruments

    assert not followed()
    desk.to(BEGINS - 10 * SECOND)
    assert followed()
    desk.to(BEGINS + 305 * SECOND)
    assert followed()
    desk.to(BEGINS + 325 * SECOND)
    assert not followed()
    assert desk.engine.windows == {}


def test_a_signal_becomes_an_order_of_the_size_of_both_tiers():
    desk = warmed()
    firing(desk)
    (one,) = desk.orders("latency_arb")
    place = one.place
    assert (place.leg, place.price, place.tif.value) == (Leg.YES, 6_000, "FOK")
    assert place.qty == 250, "2 % of 10,000 are 333 shares at 60 cents, and it was told 250"
    desk.told("latency_arb", "most_shares", "1000")
    desk.to(desk.at + 61 * SECOND)
    desk.quote_up(0.60, 0.42)
    desk.trade_at(desk.at + 1, STRIKE + 70.0, 1e-6)
    assert desk.orders("latency_arb")[1].place.qty == 333
    assert window_of(desk).house.side.value == "UP"


def test_the_pause_after_an_order_is_told_and_counted():
    desk = warmed()
    firing(desk)
    desk.trade_at(desk.at + SECOND, STRIKE + 70.0, 1e-6)
    assert len(desk.orders("latency_arb")) == 1
    assert desk.seat("latency_arb").reasons["cooldown"] == 1
    desk.told("latency_arb", "profile", "seed")
    desk.trade_at(desk.at + SECOND, STRIKE + 80.0, 1e-6)
    assert len(desk.orders("latency_arb")) == 2, desk.seat("latency_arb").why


def test_an_edge_that_the_fee_eats_is_not_sent():
    for rate, sent in (("0.07", 1), ("0.20", 0)):
        desk = warmed(rate=rate)
        desk.switch("latency_arb")
        desk.to(BEGINS + 50 * SECOND)
        desk.quote_up(0.46)
        desk.trade_at(desk.at + 1, STRIKE, 1e-6)
        seat = desk.seat("latency_arb")
        assert (seat.intents, len(desk.orders())) == (1, sent)
    assert seat.why.text == "its edge does not pay the fee of 4.97c a share"


def test_the_fee_is_a_part_of_the_price_that_is_staked_on():
    desk = warmed(rate="0.07")
    desk.switch("latency_arb")
    desk.told("latency_arb", "most_shares", "1000")
    desk.to(BEGINS + 50 * SECOND)
    desk.quote_up(0.47)
    desk.trade_at(desk.at + 1, STRIKE + 1.0, 1e-6)
    (one,) = desk.orders()
    found = digital(STRIKE + 1.0, STRIKE, window_of(desk).sight.sigma, 252.0)
    cost = 0.47 + 0.07 * 0.47 * 0.53
    stake = 0.5 * (found.p_up - cost) / (1.0 - cost)
    assert stake < 0.02
    assert int(one.quantity) == pytest.approx(stake * 10_000 / 0.47, abs=1.0)


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


def test_an_order_that_rests_is_taken_back_after_ten_seconds():
    desk = warmed()
    desk.switch("certainty_capture")
    desk.to(BEGINS + 200 * SECOND)
    desk.trade_at(desk.at, STRIKE + 150.0, 1e-6)
    desk.quote_up(0.60, 0.42)
    desk.run(1)
    (one,) = desk.orders("certainty_capture")
    assert len(desk.state.flows["certainty_capture"].messages) == 1
    desk.to(desk.at + 12 * SECOND)
    desk.run(1)
    assert one.status is Status.CANCELED
    assert len(desk.state.flows["certainty_capture"].messages) == 2, "its cancel is a message of its own"


def fill(desk: Desk, order, qty: int) -> None:
    desk.run(1)
    desk.trade(order, Decimal(qty))


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


def test_shadow_and_paper_propose_the_same_and_only_paper_sends():
    digests = {}
    for to in ("paper", "shadow"):
        desk = warmed()
        for name in ("latency_arb", "certainty_capture", "convexity_fade", "lp_extreme"):
            desk.switch(name, to)
        chance = random.Random(7)
        desk.to(BEGINS + 10 * SECOND)
        for n in range(120):
            ask = round(0.35 + 0.3 * chance.random(), 2)
            desk.quote_up(ask, round(1.02 - ask, 2))
            desk.trade_at(BEGINS + (10 + 2 * n) * SECOND, STRIKE + chance.gauss(0, 6))
        digests[to] = [desk.seat(n).digest.hexdigest() for n in ("latency_arb", "certainty_capture", "convexity_fade")]
        assert sum(desk.seat(n).intents for n in ("latency_arb", "certainty_capture")) > 20
        assert bool(desk.sent(Submit)) is (to == "paper")
    assert digests["paper"] == digests["shadow"]


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


def test_every_ten_seconds_the_log_says_where_each_line_stands():
    desk = warmed()
    desk.switch("latency_arb")
    desk.switch("convexity_fade")
    desk.quote_up(0.50, 0.52)
    desk.to(BEGINS + 15 * SECOND)
    notes = [note for note in desk.said if note.code == "DIAGNOSTICS"]
    assert len(notes) == 1
    assert notes[0].text.startswith(f"{running(BEGINS, '5m').slug}: S1 edge, S3 ")


def test_rows_show_what_each_line_sees():
    desk = warmed()
    desk.switch("latency_arb")
    desk.quote_up(0.60, 0.42)
    desk.trade_at(BEGINS + 30 * SECOND, STRIKE + 10.0, 1e-6)
    row = desk.kernel.view(topics.STRATEGIES).rows[0]
    assert row.title == "S1 latency arb"
    assert row.side in {"UP", "DOWN"}
    assert row.edge == pytest.approx(100 * (row.fair - row.ask))
    assert (row.orders, row.orders_limit) == (0, 2)
    assert row.why.startswith("edge ")
    off = desk.kernel.view(topics.STRATEGIES).rows[1]
    assert (off.state, off.fair, off.why) == ("off", None, "")


def test_the_cockpit_shows_the_window_that_runs_and_nothing_that_is_not_known():
    desk = Desk()
    view = desk.kernel.view(topics.UPDOWN)
    assert (view, desk.engine.order) == (None, ()), "a window far ahead is not looked at"
    desk.to(BEGINS - 15 * SECOND)
    desk.engine.watch(desk.state.strategies.context)
    view = desk.kernel.view(topics.UPDOWN)
    assert (view.runs, view.spot, view.strike, view.p_up, view.z, view.house) == (False, None, None, None, None, "")
    desk = warmed()
    firing(desk)
    fill(desk, desk.orders("latency_arb")[0], 33)
    view = desk.kernel.view(topics.UPDOWN)
    assert (view.interval, view.asset, view.runs, view.house) == ("5m", "btc", True, "UP")
    assert (view.strike, view.strike_source, view.spot) == (STRIKE, "Binance, a proxy", STRIKE + 60.0)
    assert view.up_edge == pytest.approx(100 * (view.p_up - 0.60))
    assert [(mark.up, mark.price, mark.qty) for mark in view.fills] == [(True, pytest.approx(0.6), 33.0)]
    assert (view.path[-1].spot, view.path[-1].mid) == (STRIKE, pytest.approx(0.59)), "one step a second, the book's"
    assert [(chip.running, chip.over) for chip in view.windows] == [(True, False)]


def test_the_cockpit_shows_the_book_as_it_is_while_every_line_is_off():
    desk = warmed()
    desk.to(BEGINS + 30 * SECOND)
    for up, down, mid in ((0.60, 0.42, 0.59), (0.72, 0.30, 0.71)):
        desk.trade_at(desk.at + SECOND, STRIKE + 10.0, 1e-6)
        told = desk.quote_up(up, down)
        assert topics.UPDOWN in {one.topic for one in told if isinstance(one, Changed)}
        view = desk.kernel.view(topics.UPDOWN)
        assert (view.bid, view.ask) == (pytest.approx(1 - down), pytest.approx(up))
        assert view.up_edge == pytest.approx(100 * (view.p_up - up))
        assert view.down_edge == pytest.approx(100 * (1 - view.p_up - down))
        desk.trade_at(desk.at + SECOND, STRIKE + 12.0, 1e-6)
        assert desk.kernel.view(topics.UPDOWN).path[-1].mid == pytest.approx(mid)


@pytest.mark.parametrize(("interval", "opening"), OPENING_S.items())
@pytest.mark.parametrize("after", [-1, 1])
def test_the_fourth_acts_in_the_opening_of_a_window_of_its_length(interval: str, opening: int, after: int):
    length = LENGTHS_S[interval]
    start = START_S // length * length + length
    desk = Desk("paper", start) if interval == "5m" else Desk()
    name = desk.list_window(start, interval, price_to_beat="68000")
    desk.switch("strike_misalign")
    look = (start + opening + after) * SECOND
    for n in range(21):
        desk.trade_at(look - (21 - n) * SECOND, STRIKE * (1 + 6e-5 * (n % 2)), 1e-8)
    desk.trade_at(look - SECOND // 2, STRIKE + 200.0, 10.0)
    desk.trade_at(look - SECOND // 4, STRIKE, 10.0)
    desk.to(look)
    desk.quote_up(0.5, 0.0, name)
    seat = desk.seat("strike_misalign")
    assert [one.place.instrument for one in desk.orders()] == ([name] if after < 0 else []), seat.why
    if after > 0:
        assert seat.why.code == "window"
        shown = desk.engine.shows(desk.state.strategies.context, "strike_misalign").text
        assert shown == f"{opening + 1} s into the window; only in its first {opening} s"


def test_the_sixth_buys_what_the_other_horizons_say_is_cheap():
    desk = warmed()
    quarter, four = START_S // 900 * 900, START_S // 14_400 * 14_400
    others = [
        desk.list_window(start, interval, price_to_beat="68000") for start, interval in ((quarter, "15m"), (four, "4h"))
    ]
    desk.switch("cross_timeframe")
    desk.to(BEGINS + 60 * SECOND)
    desk.trade_at(desk.at, STRIKE + 30.0, 1e-6)
    now = desk.at
    for name in others:
        seen = desk.engine.windows[name]
        fair = digital(STRIKE + 30.0, STRIKE, 6e-5, (seen.end - now) / SECOND + 2.0).p_up
        ask = round(fair + 0.005, 3)
        desk.quote_up(ask, round(1.0 - (ask - 0.01), 3), name)
    left = (BEGINS + 300 * SECOND - now) / SECOND + 2.0
    cheap = round(digital(STRIKE + 30.0, STRIKE, 9e-5, left).p_up, 2)
    desk.quote_up(cheap, round(1.02 - cheap, 2))
    seat = desk.seat("cross_timeframe")
    assert seat.last is not None, seat.why
    assert (seat.last.leg, seat.last.price) == (Leg.YES, round(cheap * 10_000))
    assert len(desk.orders("cross_timeframe")) == 1, seat.last_said


EVENTS = st.lists(
    st.tuples(st.sampled_from(["late", "twice", "delta", "snapshot"]), st.integers(1, 98), st.integers(0, 40)),
    min_size=1, max_size=12,
)  # fmt: skip


def state_of(desk: Desk, at: int) -> tuple[object, ...]:
    seen, name = window_of(desk, at), desk.windows[at]
    book = desk.state.listings[name].book
    held = tuple(one.real.get(name, leg) for one in desk.state.strategies.seats.values() for leg in Leg)
    orders = [(o.id, o.status, o.filled) for o in desk.orders() if o.place.instrument == name]
    return (
        seen.bid, seen.ask, seen.sight.strike, seen.source, seen.house.side, tuple(seen.orders.items()),
        tuple(book.levels(Side.BUY)), tuple(book.levels(Side.SELL)), held, orders,
    )  # fmt: skip


@settings(max_examples=scale(100), deadline=None)
@given(EVENTS)
def test_no_event_of_one_window_changes_another(events):
    desk = warmed(START_S, START_S + 300)
    firing(desk)
    fill(desk, desk.orders("latency_arb")[0], 33)
    desk.to(BEGINS + 290 * SECOND)
    desk.trade_at(BEGINS + 299 * SECOND, STRIKE)
    desk.trade_at(BEGINS + 300 * SECOND, STRIKE)
    desk.quote_up(0.5, 0.52, desk.windows[1])
    before = state_of(desk, 1)
    first = desk.windows[0]
    for kind, price, ago in events:
        at, lots = desk.at, Lots(10**9)
        if kind == "snapshot":
            desk.do(
                BookSnapshot(
                    at=at, instrument=first, bids=((Ticks(price * 100), lots),), venue_time=at - ago * SECOND, seq=ago
                )
            )
        else:
            one = BookDelta(
                at=at, instrument=first, side=Side.BUY, price=Ticks(price * 100), lots=lots, seq=ago,
                venue_time=at - ago * SECOND,
            )  # fmt: skip
            for _ in range(2 if kind == "twice" else 1):
                desk.do(one)
        desk.run(0.05)
    desk.settle(first, "no")
    after = state_of(desk, 1)
    assert after == before


def test_a_line_that_is_switched_on_within_a_window_acts_on_the_offers_of_now():
    desk = warmed()
    desk.quote_up(0.60, 0.42)
    desk.to(BEGINS + 30 * SECOND)
    desk.quote_up(0.85, 0.25)
    desk.to(BEGINS + 31 * SECOND)
    desk.switch("latency_arb")
    assert (window_of(desk).sight.up_ask, window_of(desk).sight.down_ask) == (0.85, pytest.approx(0.25))
    desk.trade_at(desk.at + 1, STRIKE + 60.0, 1e-6)
    assert desk.orders("latency_arb") == []
    assert desk.seat("latency_arb").why.code == "edge"


def test_offers_that_came_just_before_a_window_may_be_taken_at_its_start():
    desk = Desk()
    desk.switch("latency_arb")
    desk.to(BEGINS - 15 * SECOND)
    desk.quote_up(0.60, 0.42)
    desk.to(BEGINS - 11 * SECOND)
    desk.quote_up(0.55, 0.47)
    desk.to(BEGINS)
    assert window_of(desk).sight.up_ask == 0.55


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


@pytest.mark.parametrize(
    ("down_bid", "down_ask", "at"), [(0.012, 0.02, 0.013), (0.012, 0.013, 0.012), (0.0, 0.02, 0.001)]
)
def test_the_losing_side_is_bid_for_on_the_markets_own_step(down_bid: float, down_ask: float, at: float):
    desk = warmed()
    desk.switch("lp_extreme")
    seen = window_of(desk)
    bids = ((Ticks(10_000 - round(down_ask * 10_000)), Lots(10**12)),)
    asks = ((Ticks(10_000 - round(down_bid * 10_000)), Lots(10**12)),) if down_bid else ()
    desk.to(BEGINS + 65 * SECOND)
    desk.trade_at(desk.at, STRIKE * (1 + 1.6 * seen.spot.volatility.sigma * 237**0.5), 1e-6)
    desk.do(BookSnapshot(at=desk.at, instrument=desk.windows[0], bids=bids, asks=asks))
    assert seen.step == 10, "a tenth of a cent, as the venue has it near the ends"
    assert 0.04 < seen.sight.p_down < 0.07
    (one,) = desk.orders("lp_extreme")
    assert (one.place.leg, one.place.post_only, one.place.price) == (Leg.NO, True, round(at * 10_000))


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


def test_a_trade_asks_the_first_fourth_and_fifth_and_a_book_all_but_the_first():
    desk = warmed()
    names = ("latency_arb", "certainty_capture", "convexity_fade", "strike_misalign", "lp_extreme", "cross_timeframe")
    for name in names:
        desk.switch(name, "shadow")
    desk.to(BEGINS + 5 * SECOND)
    desk.quote_up(0.5, 0.51)

    def asked(event) -> set[str]:
        before = {name: sum(desk.seat(name).reasons.values()) + desk.seat(name).intents for name in names}
        event()
        return {
            name for name in names if sum(desk.seat(name).reasons.values()) + desk.seat(name).intents > before[name]
        }

    for at in (6, 60):
        desk.to(BEGINS + at * SECOND)  # the cadence asks all of them
        trade = asked(lambda: desk.trade_at(desk.at, STRIKE, 1e-6))
        book = asked(lambda at=at: desk.quote_up(0.5, 0.51 + at / 1_000))
        assert trade == {"latency_arb", "strike_misalign", "lp_extreme"}
        assert book == set(names) - {"latency_arb"}
