"""Charts sample what is looked at, and nothing else: trades, middles, books; holes stay holes; the past is read."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import numpy as np
import pytest

from engine.core import zone
from engine.core.events import BookDelta, BooksStale, LinkChanged, Trade
from engine.core.ids import BINANCE, KALSHI, InstrumentId
from engine.core.units import HOUR, SECOND, Leg, Lots, Nanos, Side, Ticks
from engine.host import charts as module
from engine.host.charts import ROOM, Charts
from engine.maths.bars import Print
from engine.store.past import Past
from engine.views import topics
from engine.views.chart import ChartView, HeatView
from tests.engine.kernel.desk import DAY_OPENS, Desk, high, rain, report
from tests.engine.kernel.strategies import updown_desk
from tests.engine.kernel.venue import BOOK, SYMBOLS, Session

ONE = InstrumentId(KALSHI, SYMBOLS[0])
LOCAL = zone.fixed(-5, "local", "CDT")
SECONDS = topics.chart(ONE.symbol, "1s", "utc")
HEAT = topics.heat(ONE.symbol, "utc")


class Stand:
    """A session with a venue, and charts beside it."""

    def __init__(self, loop, past=None) -> None:
        self.session = Session()
        self.marked: list = []
        self.charts = Charts(self.session.state, loop, self.marked.append, past, LOCAL)

    def trade(self, cents: int, lots: int, taker: Side | None = Side.BUY) -> None:
        self.session.do(
            Trade(at=self.session.at, instrument=ONE, price=Ticks(cents * 100), lots=Lots(lots), taker=taker)
        )

    def view(self, topic=SECONDS):
        found = self.charts.view(topic)
        assert isinstance(found, ChartView | HeatView)
        return found

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.session.run(1)
            self.charts.look()


@pytest.fixture
def stand(loop):
    one = Stand(loop)
    yield one
    one.charts.stop()


async def test_nothing_is_looked_at_before_somebody_asks(stand) -> None:
    stand.trade(50, 300)
    assert stand.charts.watched() == ()
    stand.charts.look()
    assert stand.marked == []
    stand.view()
    assert stand.charts.watched() == (ONE,)
    stand.charts.look()
    assert stand.marked == [SECONDS]


async def test_bars_hold_the_trades_from_before_the_first_look_and_after(stand) -> None:
    stand.trade(50, 300)
    stand.session.run(2)
    stand.trade(52, 100, Side.SELL)
    assert stand.view().trades.sum() == 2
    stand.session.run(1)
    stand.trade(51, 200, None)
    stand.charts.look()
    view = stand.view()
    traded = view.trades > 0
    assert view.close[traded].tolist() == [50.0, 52.0, 51.0]
    assert view.volume[traded].tolist() == [3.0, 1.0, 2.0]
    assert view.signed[traded].tolist() == [3.0, -1.0, 0.0]
    assert np.isnan(view.open[~traded]).all()
    assert view.last == 51.0
    assert (view.bid, view.ask, view.binary) == (49.0, 51.0, True)


async def test_the_middle_is_a_line_as_long_as_it_is_looked_at(stand) -> None:
    stand.view()
    stand.wait(5)
    looked = len(stand.view().mid.at)
    stand.session.run(20)
    stand.wait(3)
    mid = stand.view().mid
    assert set(mid.value) == {50.0}
    breaks = [n for n, joined in enumerate(mid.joined.tolist()) if not joined]
    assert breaks[0] == 0
    assert looked in breaks
    assert len(breaks) <= 3


async def test_a_stale_book_is_a_hole_with_its_reason(stand) -> None:
    stand.view()
    stand.wait(2)
    stand.session.do(BooksStale(at=stand.session.at, venue=KALSHI, instruments=(ONE,), why="a gap in the sequence"))
    stand.wait(1)
    (hole,) = stand.view().holes
    assert hole.why == "a gap in the sequence"
    assert stand.view().state == "stale"
    stand.wait(4)
    stand.session.quote()
    stand.wait(1)
    (hole,) = stand.view().holes
    assert (hole.end - hole.start) // SECOND == 6
    mid = stand.view().mid
    parted = [start for start, joined in zip(mid.at, mid.joined, strict=True) if not joined]
    assert [hole.start < start <= hole.end for start in parted] == [False, True]


async def test_a_book_over_time_has_a_column_a_look_and_none_while_it_is_stale(stand) -> None:
    stand.view(HEAT)
    stand.wait(8)
    view = stand.view(HEAT)
    bids, asks = BOOK
    newest = view.bids[-1]
    assert {n + 1: newest[n] for n in np.flatnonzero(newest)} == {p // 100: lots / 100 for p, lots in bids}
    newest = view.asks[-1]
    assert {n + 1: newest[n] for n in np.flatnonzero(newest)} == {p // 100: lots / 100 for p, lots in asks}
    assert (view.best_bid[-1], view.best_ask[-1]) == (49.0, 51.0)
    assert len(view.at) == 3
    stand.session.do(BooksStale(at=stand.session.at, venue=KALSHI, instruments=(ONE,), why="lost"))
    stand.wait(8)
    assert len(stand.view(HEAT).at) == 3


async def test_trades_on_a_book_over_time_say_which_way(stand) -> None:
    stand.view(HEAT)
    for taker in (Side.BUY, Side.SELL, None):
        stand.trade(50, 100, taker)
    view = stand.view(HEAT)
    assert view.trades_side.tolist() == [1, -1, 0]
    assert view.trades_price.tolist() == [50.0] * 3


async def test_a_level_that_left_is_gone_from_the_next_column(stand) -> None:
    stand.view(HEAT)
    stand.session.do(BookDelta(at=stand.session.at, instrument=ONE, side=Side.BUY, price=Ticks(4_900), lots=Lots(0)))
    stand.wait(4)
    view = stand.view(HEAT)
    assert view.bids[:, 48].tolist() == [5.0, 0.0]
    assert view.best_bid.tolist() == [49.0, 48.0]


async def test_it_stops_looking_once_nobody_asks_any_more(stand, monkeypatch) -> None:
    clock = [0]
    monkeypatch.setattr(module, "steady", lambda: clock[0])
    stand.view()
    clock[0] = module.IDLE_NS + 1
    stand.marked.clear()
    stand.charts.look()
    assert (stand.charts.watched(), stand.marked) == ((), [])


async def test_what_was_kept_is_bounded(stand) -> None:
    desk = Desk()
    charts = Charts(desk.state, asyncio.get_running_loop(), stand.marked.append)
    for n in range(ROOM + 3):
        desk.list(rain(f"RAIN{n}"))
        assert charts.view(topics.chart(f"RAIN{n}/0", "1m", "utc")) is not None
    assert len(charts.watched()) == ROOM
    charts.stop()


@pytest.mark.parametrize("key", ["1s@utc@NOWHERE", "7s@utc@" + SYMBOLS[0], "", "@@", "1s"])
async def test_what_does_not_exist_has_no_chart(stand, key) -> None:
    assert stand.charts.view(topics.Topic("chart", key)) is None
    assert stand.charts.view(topics.Topic("heat", "utc@NOWHERE")) is None
    assert stand.charts.view(topics.SPINE) is None


async def test_the_past_is_read_back_and_its_holes_are_told() -> None:
    asked = []

    def past(instrument, before, scale, lot):
        asked.append((instrument, before, scale, lot))
        return Past([Print(before - HOUR, 40.0, 2.0, True)], [(Nanos(1), Nanos(2), "not running")], 1, "")

    stand = Stand(asyncio.get_running_loop(), past)
    read = asyncio.Event()
    stand.charts = Charts(stand.session.state, asyncio.get_running_loop(), lambda _: read.set(), past, LOCAL)
    stand.trade(50, 300)
    before = stand.session.at
    assert stand.view().since == "reading back what is on disk"
    await asyncio.wait_for(read.wait(), 10)
    view = stand.view()
    assert asked == [(ONE, before, pytest.approx(0.01), 0.01)]
    assert view.close[view.trades > 0].tolist() == [40.0, 50.0]
    assert [hole.why for hole in view.holes] == ["not running"]
    stand.charts.stop()


async def test_a_market_of_our_own_has_its_price_its_curve_and_its_station() -> None:
    desk = Desk()
    desk.list()
    charts = Charts(desk.state, asyncio.get_running_loop(), lambda _: None, local=LOCAL)
    desk.place(qty=10)
    view = charts.view(topics.chart("RAIN/0", "1m", "station"))
    charts.look()
    view = charts.view(topics.chart("RAIN/0", "1m", "station"))
    assert isinstance(view, ChartView)
    assert view.zone.name(0) == "KMDW LST UTC−6"
    assert [one.code for one in view.zones] == ["local", "utc", "station"]
    price = 100 * desk.market().prices[0]
    assert view.mid.value[-1] == pytest.approx(price)
    assert [(mark.up, mark.words.split()[0]) for mark in view.fills] == [(True, "Bought")]
    assert [mark.words for mark in view.moments] == ["closes"]
    assert view.under is not None
    assert (view.under.name, view.under.unit) == ("KMDW", "mm"), "as the contract counts, whatever the station reports"
    assert [(round(mark.value, 6), mark.words) for mark in view.under_levels] == [(2.5, "> 2.5")]
    heat = charts.view(topics.heat("RAIN/0", "utc"))
    assert isinstance(heat, HeatView)
    depth = desk.state.exchange.depth(desk.market().id, 0, tuple(Ticks(c * 100) for c in range(1, 100)))
    assert heat.asks[-1].sum() == pytest.approx(max(depth), rel=1e-5)
    assert heat.bids[-1].sum() == pytest.approx(-min(depth), rel=1e-5)
    assert not (heat.asks[-1] * heat.bids[-1]).any()
    charts.stop()


async def test_a_price_of_our_own_holds_until_the_next_trade_and_the_model_only_while_it_is_looked_at() -> None:
    desk = Desk()
    desk.list(high())
    charts = Charts(desk.state, asyncio.get_running_loop(), lambda _: None, local=LOCAL)
    topic = topics.chart("HIGH/1", "1m", "utc")
    desk.observe([report(DAY_OPENS)])
    charts.view(topic)
    charts.look()
    desk.run(Nanos(desk.at + HOUR))
    charts.look()
    view = charts.view(topic)
    assert isinstance(view, ChartView)
    assert view.mid.joined.tolist() == [False, True]
    assert view.fair.joined.tolist() == [False, False]
    charts.stop()


async def test_our_orders_stand_at_the_price_of_yes_with_words(stand) -> None:
    session = stand.session
    session.place(price=4_500, qty=Decimal(3))
    session.place(leg=Leg.NO, price=4_000, qty=Decimal(2))
    session.run(2)
    marks = {(one.price, one.side): one for one in stand.view().orders}
    assert set(marks) == {(45.0, Side.BUY), (60.0, Side.SELL)}
    assert marks[45.0, Side.BUY].words == "BUY 3 YES @ 45, working"
    assert marks[60.0, Side.SELL].words == "BUY 2 NO @ 40, working"
    assert all(one.movable for one in marks.values())


async def test_an_up_down_window_has_its_strike_its_coin_its_worth_and_its_times() -> None:
    desk = updown_desk.Desk()
    charts = Charts(desk.state, asyncio.get_running_loop(), lambda _: None, local=LOCAL)
    topic = topics.chart(desk.windows[0].symbol, "1s", "station")
    begins = updown_desk.BEGINS
    desk.switch("latency_arb", "shadow")
    desk.trade_at(begins - 30 * SECOND, 64_000.0)
    for second in range(15):
        desk.trade_at(begins + second * SECOND, 64_000.0 + second % 3)
        desk.quote_up(ask=0.52, down_ask=0.50)
        charts.view(topic)
        charts.look()
    view = charts.view(topic)
    assert isinstance(view, ChartView)
    assert [one.code for one in view.zones] == ["local", "utc"]
    assert view.zone.name(0) == "CDT"
    assert [(mark.words, mark.at - begins) for mark in view.moments] == [("starts", 0), ("ends", 300 * SECOND)]
    assert view.under is not None
    assert (view.under.name, view.under.unit) == ("BTC", "$")
    assert view.under.value[-1] == 64_000.0 + 14 % 3
    assert view.under.joined[-5:].all()
    assert [(mark.value, mark.strong) for mark in view.under_levels] == [(64_000.0, True)]
    assert view.under_levels[0].words.startswith("strike, ")
    assert view.mid.value[-1] == 51.0
    assert 0.0 < view.fair.value[-1] < 100.0
    bitcoin = charts.view(topics.chart(updown_desk.BITCOIN.symbol, "5s", "utc"))
    assert isinstance(bitcoin, ChartView)
    assert (bitcoin.binary, bitcoin.state, bitcoin.last) == (False, "live", 64_000.0 + 14 % 3)
    assert charts.view(topics.heat(updown_desk.BITCOIN.symbol, "utc")) is None
    desk.do(LinkChanged(at=desk.at, venue=BINANCE, up=False, channel="market", why="reset"))
    charts.look()
    assert charts.view(topics.chart(updown_desk.BITCOIN.symbol, "5s", "utc")).state == "stale"
    charts.stop()
