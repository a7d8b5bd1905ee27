"""The windows that the Up/Down engine follows, and the spot price: strike, basis, volatility, books, and no mix-up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.effects import Follow
from engine.core.events import BookDelta, BookSnapshot, Trade
from engine.core.ids import POLYMARKET
from engine.core.units import SECOND, Leg, Lots, Nanos, Side, Ticks
from engine.views import topics
from tests.engine.kernel.strategies.updown_desk import (
    BEGINS,
    BITCOIN,
    FINE,
    START_S,
    STRIKE,
    Desk,
    fill,
    firing,
    warmed,
    window_of,
)
from tests.scale import scale


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
