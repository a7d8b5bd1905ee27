"""Up/Down lines on the kernel's path: who is asked on what, and which signals become orders, of which size."""

from __future__ import annotations

import random

import pytest

from engine.core.effects import Submit
from engine.core.events import BookSnapshot
from engine.core.order import Status
from engine.core.units import SECOND, Leg, Lots, Ticks
from engine.core.windows import LENGTHS_S, OPENING_S
from engine.maths.binary import digital
from tests.engine.kernel.strategies.updown_desk import BEGINS, START_S, STRIKE, Desk, firing, warmed, window_of


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
