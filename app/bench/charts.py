"""Charts under measurement: half an hour of books painted, a day of minutes painted, and one look at a market."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.bench import figures
from engine.book.columns import ROOM, ROWS
from engine.core import zone
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import MINUTE, SECOND, Nanos
from engine.maths.bars import Bars, Print, Quote
from engine.views import topics
from engine.views.chart import ChartView, HeatView, Line
from widgets import theme
from widgets.chart_panel import ChartPanel
from widgets.heat import HeatPanel
from widgets.timewindow import TimeWindow

if TYPE_CHECKING:
    from app.bench.figures import Figure

ONE: Final = InstrumentId(KALSHI, "BENCH")
NOW: Final = Nanos(1_783_100_000 * SECOND)
SIZE: Final = (1044, 420)
DAY: Final = 1_440


def heat_paint() -> Figure:
    """A second's new column of 1,800 books handed over: shades, picture, best prices and 160 trades, painted."""
    app = application()
    view = books()
    dock = HeatPanel()
    dock.set_instrument(ONE)
    dock.resize(*SIZE)
    dock.show()
    app.processEvents()  # only a window on screen is painted
    topic = topics.heat(ONE.symbol, "utc")
    dock.render(topic, view)
    dock.canvas.fits = False
    dock.canvas.set_window(TimeWindow(NOW, ROOM * SECOND).at(NOW))

    def work() -> None:
        dock.canvas.forget_picture()
        dock.render(topic, view)
        dock.canvas.repaint()

    samples = figures.each(work, 200, warm=10, scale=1e-6)
    dock.close()
    dock.deleteLater()
    return figures.of(samples, "ms", bar=16.0, moonshot=4.0, held="median", columns=ROOM)


def chart_paint() -> Figure:
    """A day of minutes handed over and painted: 300 candles in sight, two lines, volume."""
    app = application()
    dock = ChartPanel()
    dock.set_instrument(ONE)
    dock.resize(*SIZE)
    dock.show()
    app.processEvents()  # only a window on screen is painted
    view = minutes()
    topic = topics.chart(ONE.symbol, "1m", "utc")

    def work() -> None:
        dock.canvas.forget_picture()
        dock.render(topic, view)
        dock.canvas.repaint()

    samples = figures.each(work, 200, warm=10, scale=1e-6)
    dock.close()
    dock.deleteLater()
    return figures.of(samples, "ms", bar=16.0, moonshot=4.0, held="median", bars=DAY)


def bars_taken() -> Figure:
    """A trade counted into the bars of all seven stretches, of a market that somebody looks at."""
    bars = Bars()
    number = 0

    def work() -> None:
        nonlocal number
        number += 1
        bars.take(Print(NOW + number * SECOND // 50, 40.0 + number % 7, 3.0, number % 2 == 0))

    return figures.of(figures.each(work, 20_000, warm=1_000, scale=1e-3), "us", held="median")


def application() -> QApplication:
    """Have an application that draws, dark."""
    app = QApplication.instance() or QApplication(["atmx-bench"])
    if not isinstance(app, QApplication):
        raise TypeError(type(app).__name__)
    theme.install(app, "dark")
    return app


def books() -> HeatView:
    """Return half an hour of books around a price that wanders, the same every time."""
    rng = np.random.default_rng(7)
    middle = np.clip(45.0 + np.cumsum(rng.normal(0.0, 0.1, ROOM)), 20.0, 80.0).astype(int)
    wall = (rng.random(ROWS) ** 4 * 900.0 + 20.0).astype(np.float32)
    cents = np.arange(1, ROWS + 1)
    sizes = wall * rng.uniform(0.7, 1.3, (ROOM, ROWS)).astype(np.float32)
    at = NOW - np.arange(ROOM)[::-1].astype(np.int64) * SECOND
    dealt = np.arange(0, ROOM, ROOM // 160)
    return HeatView(
        instrument=ONE, title="Bench", state="live", why="", zone=zone.UTC_ZONE, zones=(zone.UTC_ZONE,), now=NOW,
        every=SECOND, at=at, bids=np.where(cents < middle[:, None], sizes, np.float32(0)),
        asks=np.where(cents > middle[:, None], sizes, np.float32(0)), best_bid=(middle - 1).astype(np.float32),
        best_ask=(middle + 1).astype(np.float32), trades_at=at[dealt], trades_price=middle[dealt].astype(np.float32),
        trades_qty=(rng.random(len(dealt)) * 90 + 1).astype(np.float32),
        trades_side=rng.integers(-1, 2, len(dealt)).astype(np.int8), orders=(), fills=(), since="",
    )  # fmt: skip


def minutes() -> ChartView:
    """Return a day of bars, their middles and their worth, the same every time."""
    rng = np.random.default_rng(7)
    bars = Bars()
    price = 45.0
    for number in range(DAY):
        at = (NOW // MINUTE - DAY + number) * MINUTE
        for part in range(4):
            price = min(max(price + rng.normal(0.0, 0.3), 2.0), 98.0)
            bars.take(Print(at + part * 15 * SECOND, price, 5.0, part % 2 == 0))
        bars.see(Quote(at + 59 * SECOND, at + 2 * MINUTE, price, 44.0))
    kept = bars.of(MINUTE, zone.UTC_ZONE)
    at_ = np.array([bar.at for bar in kept], np.int64)
    prices = np.array([(b.open, b.high, b.low, b.close, b.volume, b.signed, b.mid, b.fair) for b in kept], np.float64)
    joined = np.ones(len(kept), bool)
    lines = {
        name: Line(name=name, unit="c", at=at_, value=prices[:, column].copy(), joined=joined)
        for name, column in (("mid", 6), ("fair", 7))
    }
    return ChartView(
        instrument=ONE, title="Bench", state="live", why="", interval="1m", zone=zone.UTC_ZONE,
        zones=(zone.UTC_ZONE,), now=NOW, binary=True, at=at_, ends=at_ + MINUTE, open=prices[:, 0],
        high=prices[:, 1], low=prices[:, 2], close=prices[:, 3], trades=np.full(len(kept), 4), volume=prices[:, 4],
        signed=prices[:, 5], mid=lines["mid"], fair=lines["fair"], under=None, under_levels=(), holes=(), orders=(),
        fills=(), moments=(), bid=44.0, ask=46.0, last=float(prices[-1, 3]), since="",
    )  # fmt: skip


ALL: Final = {"heat_paint": heat_paint, "chart_paint": chart_paint, "bars_taken": bars_taken}
