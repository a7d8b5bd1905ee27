"""The parts of the Up/Down engine by themselves: windows by their names, the spot price, shares of a signal."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.book.ladder import Ladder
from engine.core.commands import Tif
from engine.core.events import Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import FamilyId, StrategyId
from engine.core.units import SECOND, Leg, Lots, Nanos, Side, Ticks
from engine.core.when import instant
from engine.core.windows import Window
from engine.maths.rolling import Vwap
from engine.strategies import updown_spot
from engine.strategies.said import Want, Why
from engine.strategies.sight import Outcome, Signal
from engine.strategies.updown_lines import LEAST_EDGE, S1, SILENCES, SPECS
from engine.strategies.updown_sizing import shares_of
from engine.strategies.updown_spot import Spot
from engine.strategies.updown_window import BINANCE, PROXY, Seen, decided_by_binance, window_of
from tests.engine.kernel.strategies.updown_desk import BITCOIN, spot, window

BEGINS = 1_783_107_000


class Shown:
    """A market as a strategy sees it."""

    def __init__(self, one, bids=(), asks=()) -> None:
        self.instrument, self.stale, self.status, self.last = one, "", "open", None
        self.book = Ladder(10_000)
        self.book.snapshot([(Ticks(p), Lots(n)) for p, n in bids], [(Ticks(p), Lots(n)) for p, n in asks])


def named(slug: str, **terms):
    family, one = window(BEGINS)
    return replace(family, id=FamilyId(f"polymarket:{slug}")), replace(one, **terms)


@pytest.mark.parametrize(("interval", "seconds"), [("5m", 300), ("15m", 900), ("4h", 14_400)])
def test_a_window_is_read_from_its_slug(interval, seconds):
    start = BEGINS // seconds * seconds
    family, one = window(start, interval)
    assert window_of(family, one) == Window(
        "btc", interval, Nanos(start * SECOND), Nanos((start + seconds) * SECOND)
    )  # fmt: skip


def test_an_hourly_window_is_read_from_its_times_since_its_slug_is_words():
    closes = instant("2026-07-03T20:00:00Z")
    facts = (("yes", "Up"), ("window_start", "2026-07-03T19:00:00Z"))
    family, one = named("bitcoin-up-or-down-july-3-3pm-et", closes=closes, facts=facts)
    assert window_of(family, one) == Window("btc", "1h", instant("2026-07-03T19:00:00Z"), closes)


@pytest.mark.parametrize(
    "slug",
    ["btc-updown-5m-1783107001", "btc-updown-7m-1783107000", "highest-temperature-in-chicago", "bitcoin-up-or-down-x"],
)
def test_what_is_no_window_is_none(slug):
    assert window_of(*named(slug, facts=(("window_start", "soon"),))) is None


def test_what_decides_is_read_from_the_markets_own_words():
    _, one = window(BEGINS)
    assert decided_by_binance(replace(one, source="https://www.binance.com/en/trade/BTC_USDT"))
    assert not decided_by_binance(replace(one, source="https://data.chain.link/streams/btc-usd"))
    assert not decided_by_binance(one)


def trade(seconds: float, price: float, number: int = 0, late: float = 0.0) -> Trade:
    at = Nanos(int((BEGINS + seconds) * SECOND))
    ticks = Ticks(round(price * 10**8))
    return Trade(
        at=Nanos(at + int(late * SECOND)), instrument=BITCOIN, price=ticks, lots=Lots(10**8),
        trade_id=str(number) if number else "", venue_time=at,
    )  # fmt: skip


def coin() -> Spot:
    return Spot(spot()[1])


@pytest.mark.parametrize(("binance", "source", "strike"), [(False, PROXY, 68_010.0), (True, BINANCE, 68_000.0)])
def test_the_basis_moves_a_proxy_and_nothing_that_decides(binance, source, strike):
    one, (family, instrument) = coin(), window(BEGINS)
    one.told(Nanos(BEGINS * SECOND), 67_010.0, 67_000.0)
    found = window_of(family, instrument)
    seen = Seen(found, instrument.id, one, binance=binance)
    for at, price in ((-1, 67_900.0), (0.5, 68_000.0)):
        assert one.take(trade(at, price))
        seen.traded()
    assert (seen.source, seen.sight.strike) == (source, pytest.approx(strike))


def test_a_first_price_a_minute_late_says_nothing_of_the_start():
    one, (family, instrument) = coin(), window(BEGINS)
    seen = Seen(window_of(family, instrument), instrument.id, one)
    for at in (-1, 61):
        one.take(trade(at, 68_000.0))
        seen.traded()
    assert seen.source == ""


@given(st.permutations(list(range(12))))
def test_trades_in_any_order_leave_the_price_of_the_latest_and_count_the_others(order):
    one, newest, late = coin(), -1, 0
    for n in order:
        took = one.take(trade(n, 68_000.0 + n, 100 + n))
        assert took is (n > newest)
        late += not took
        newest = max(newest, n)
    assert one.price == pytest.approx(68_000.0 + newest)
    assert one.late == late


def test_trades_of_one_moment_all_count_and_none_of_them_twice():
    one = coin()
    for number in (5, 6, 7):
        assert one.take(trade(1, 68_000.0, number))
    assert not one.take(trade(1, 68_000.0, 7))
    assert not one.take(trade(1, 68_000.0, 5))
    assert len(one.buffer) == 3


def test_half_a_minute_of_trades_is_kept_and_the_clock_alone_lets_them_go():
    one = coin()
    for n in range(60):
        one.take(trade(n, 68_000.0))
    assert len(one.buffer) == 31
    assert one.rate() == pytest.approx(31 / 30)
    one.roll(Nanos((BEGINS + 200) * SECOND))
    assert (len(one.buffer), one.vwap.value) == (0, None)


class AtOnce:
    """A spot price that takes every trade into average and buffer as it comes."""

    def __init__(self) -> None:
        self.average, self.buffer = Vwap(), deque(maxlen=updown_spot.BUFFER_ROOM)

    def take(self, ms: int, price: float, size: float) -> None:
        self.average.add(ms, price, size)
        self.buffer.append(ms)
        self.forget(ms)

    def roll(self, ms: int) -> None:
        self.average.roll(ms)
        self.forget(ms)

    def forget(self, ms: int) -> None:
        while self.buffer and self.buffer[0] < ms - updown_spot.BUFFER_MS:
            self.buffer.popleft()


LOOKS = st.sampled_from(["", "look", "rate", "roll"])
SOME = st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 9), st.integers(0, 50), LOOKS), min_size=1, max_size=60)


@given(some=SOME)
def test_average_and_rate_are_to_the_last_digit_those_of_every_trade_counted_by_the_clock(some):
    one, plain, ms, now = coin(), AtOnce(), BEGINS * 1_000, BEGINS * 1_000
    for gap, lots, cents, look in some:
        ms += 1 + gap
        at, price = Nanos(ms * 10**6), Ticks((68_000 + cents) * 10**8 + 1)
        event = Trade(at=at, instrument=BITCOIN, price=price, lots=Lots(lots * 10**7), venue_time=at)
        assert one.take(event)
        plain.take(ms, one.price, event.lots * float(spot()[1].lot))
        if look == "look":
            assert one.vwap.value == plain.average.value
        elif look == "rate":
            assert len(one.buffer) == len(plain.buffer)
        elif look == "roll":
            now = max(now, ms) + 4_000
            one.roll(Nanos(now * 10**6))
            plain.roll(now)
    assert one.vwap.value == plain.average.value
    assert len(one.buffer) == len(plain.buffer)


def wanted(price=6_000, tif=Tif.GTC, leg=Leg.YES):
    return Want(S1, window(BEGINS)[1].id, Side.BUY, leg, Ticks(price), part=0.02, tif=tif)


def signal(fair=0.70, price=0.60) -> Signal:
    return Signal(Outcome.UP, fair, price, fair - price, 1.0, 0.02)


def test_money_becomes_whole_shares_at_most_as_many_as_told():
    market = Shown(window(BEGINS)[1])
    assert shares_of(market, wanted(), signal(), 20.0, 250, Nanos(0)).qty == 33
    assert shares_of(market, wanted(), signal(), 2_000.0, 250, Nanos(0)).qty == 250


def test_what_must_fill_whole_asks_for_no_more_than_stands_there():
    market = Shown(window(BEGINS)[1], bids=((4_000, 9_000_000),), asks=((6_000, 7_000_000), (6_100, 10**9)))
    assert shares_of(market, wanted(tif=Tif.FOK), signal(), 20.0, 250, Nanos(0)).qty == 7
    assert shares_of(market, wanted(tif=Tif.FOK, leg=Leg.NO), signal(), 20.0, 250, Nanos(0)).qty == 9


def test_too_few_shares_and_an_edge_below_the_fee_are_told_in_numbers():
    _, one = window(BEGINS, min_size="5")
    said = shares_of(Shown(one), wanted(), signal(), 2.0, 250, Nanos(0))
    assert said == Why(S1, "min_size", "$2.00 buys 3 shares; the venue takes 5")
    dear = replace(one, fee=FeeRule(kind="polymarket", rate=Decimal("0.9")))
    said = shares_of(Shown(dear), wanted(), signal(), 20.0, 250, Nanos(0))
    assert said.text == "its edge does not pay the fee of 21.60c a share"
    unknown = replace(one, fee=FeeRule(kind="unheard of", rate=Decimal(0)))
    assert shares_of(Shown(unknown), wanted(), signal(), 20.0, 250, Nanos(0)).text == "the venue's fee is not known"


def test_every_silence_of_every_line_has_words_of_its_own():
    for name, whys in SILENCES.items():
        assert len({why.text for why in whys.values()}) == len(whys)
        assert all(why.strategy == name for why in whys.values())
    assert {spec.name for spec in SPECS} == set(LEAST_EDGE)
    assert StrategyId("latency_arb") == S1
