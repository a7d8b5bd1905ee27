"""The screen: the hex map, the ladder, and the whole Weather workspace while events pour in."""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.bench import engine, figures

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from app import boot, loop
from app.bridge import Bridge
from app.window import Window
from engine.core.commands import Place, SetLimit
from engine.core.events import Asked, Kept, Observed
from engine.core.ids import YOU, AccountId, Cell, InstrumentId, MarketId, StationId, embedded, outcome_of
from engine.core.reading import Reading, ReportKind
from engine.core.units import MINUTE, SECOND, Leg, Nanos, Qty, Side
from engine.risk.limits import SPECS
from engine.store.profile import Profile
from engine.views import topics
from engine.views.weather import CellLine, CellsView
from widgets import hexgrid, theme
from widgets.frame import FrameClock
from widgets.hexcanvas import MapCanvas
from widgets.hexpicture import image_of
from widgets.ladder import LadderPanel

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from app.bench.figures import Figure
    from app.wiring import Wiring
    from engine.core.events import Event
    from engine.core.ids import Topic
    from widgets.frame import Drawable

SIZE: Final = (1920, 1080)
EVENTS_PER_S: Final = 5_000
ORDERS_IN: Final = 5
"""One event in so many is another account's order; the rest are reports of stations."""
NEW_IN: Final = 50
"""One report in so many is new: polls bring most of them again and again."""
MEASURED_S: Final = 15.0
SETTLING_S: Final = 2.0
"""Before anything is counted."""
BETWEEN_S: Final = 0.05
"""Between two orders of ours."""
TURN_S: Final = 0.002
"""The generator puts in what is due, then lets the loop turn."""


def hex_recolour_5k() -> Figure:
    """All 5,000 cells of the map in new colours, as an image."""
    return figures.of(_recoloured(5_000), "ms", bar=5.0, moonshot=1.0, held="median")


def hex_recolour_50k() -> Figure:
    """All 50,000 cells of the map in new colours, as an image."""
    return figures.of(_recoloured(50_000), "ms", bar=20.0, moonshot=1.0, held="median")


def _recoloured(count: int) -> list[float]:
    application()
    grid = hexgrid.measured(count)
    stops = hexgrid.ramp([(0, 32, 77), (124, 123, 120), (255, 234, 70)])
    rng = np.random.default_rng(7)
    series = itertools.cycle([rng.random(len(grid.cells)) for _ in range(8)])

    def work() -> None:
        fills = hexgrid.scale(next(series), stops, 0.0, 1.0)
        image_of(grid, fills, hexgrid.mix(fills, 0xFF000000, 0.3))

    return figures.each(work, 200, warm=10, scale=1e-6)


def map_50000_cells_pan() -> Figure:
    """A frame of a map of 50,000 cells that is dragged: the move and the painting."""
    return figures.of(_moved("pan").frames, "ms", bar=16.0, moonshot=4.0, cells=_moved("pan").cells)


def map_50000_cells_zoom() -> Figure:
    """A frame of the same map that is zoomed by the wheel."""
    return figures.of(_moved("zoom").frames, "ms", bar=16.0, moonshot=4.0, cells=_moved("zoom").cells)


def map_50000_cells_settled() -> Figure:
    """The exact picture of the same map, once the hand rests."""
    return figures.of([*_moved("pan").settled, *_moved("zoom").settled], "ms", held="median")


class Moved(NamedTuple):
    """What was seen of a moving map, milliseconds."""

    frames: list[float]
    settled: list[float]
    cells: int


@cache
def _moved(how: str) -> Moved:
    """Move a map that has values in 50,000 cells, a frame a step, and let it rest every 30 steps.

    Cells are drawn as the zoom carries them: those of resolution 7 as their parents of 5 and 6, a thousand in sight.
    """
    app = application()
    size = (1044, 420)
    grid = hexgrid.measured(50_000, *size)
    canvas = MapCanvas()
    canvas.resize(*size)
    canvas.show()
    app.processEvents()  # only a window on screen is painted
    canvas.show_view(_many(grid.cells))
    start = replace(grid.view, zoom=8.6)
    frames, settled = [], []
    for turn in range(10):
        canvas.move_to(start)
        canvas.repaint()
        for _ in range(30):
            began = time.perf_counter_ns()
            if how == "pan":
                canvas.move_to(canvas.viewport.panned(9.0, 4.0 - turn), moving=True)
            else:
                canvas.move_to(canvas.viewport.zoomed(0.05 if turn % 2 else -0.05, 500.0, 200.0), moving=True)
            canvas.repaint()
            frames.append((time.perf_counter_ns() - began) / 1e6)
        began = time.perf_counter_ns()
        canvas.settle()
        canvas.repaint()
        settled.append((time.perf_counter_ns() - began) / 1e6)
    canvas.close()
    canvas.deleteLater()
    app.processEvents()
    return Moved(frames, settled, len(grid.cells))


def _many(cells: tuple[str, ...]) -> CellsView:
    """Return a view of cells whose values follow their place."""
    rng = np.random.default_rng(7)
    chances = rng.random(len(cells)).tolist()
    lines = tuple(
        CellLine(
            cell=Cell(cell), probability=chance, edge=None, p50=80.0 + 10 * chance, spread=3.0, observed=None,
            exposure=None, stations=0, market=None, mine=False,
        )
        for cell, chance in zip(cells, chances, strict=True)
    )  # fmt: skip
    return CellsView(
        market=None, title="high ≥ 88 °F · bench", resolution=7, unit="°F", run="BENCH", run_at=None, cells=lines,
        stations=(), selected=None, evidence=(), facts=(), center=(41.8, -87.8),
    )  # fmt: skip


def ladder_repaint() -> Figure:
    """A changed ladder handed over and painted, 900 pixels high."""
    application()
    one = engine.kernel()
    topic = topics.ladder(f"{engine.contract().id}/0")
    views = []
    for number in range(1, 9):
        engine.step(one, engine.order(number), engine.START + number, number * engine.PRESSED_APART)
        views.append(one.view(topic))
    panel = LadderPanel()
    panel.set_instrument(embedded(MarketId(engine.contract().id), 0))
    panel.resize(420, 900)
    panel.show()
    turn = itertools.cycle(views)

    def work() -> None:
        panel.render(topic, next(turn))
        panel.grid.repaint()

    samples = figures.each(work, 500, warm=20, scale=1e-6)
    panel.close()
    panel.deleteLater()
    return figures.of(samples, "ms", moonshot=0.2)


def frame() -> Figure:
    """Drawing of one frame under 5,000 events a second: views, panels and Qt's painting together."""
    found = _under_load()
    return figures.of(found.frames, "ms", bar=16.0, moonshot=4.0, events_per_s=round(found.events_per_s))


def slice_() -> Figure:
    """The longest stretches of drawing without the loop: one panel's, or Qt's painting of what changed."""
    found = _under_load()
    return figures.of(found.slices, "ms", bar=4.0, moonshot=1.0, worst=round(max(found.slices), 2))


def order_latency() -> Figure:
    """From the order asked for to the trade in the kernel, with the screen and 5,000 events a second."""
    return figures.of(_under_load().traded, "ms", bar=5.0, moonshot=1.5)


def order_to_acknowledged() -> Figure:
    """From the order asked for to its fill, safe on disk and told, with the screen and 5,000 events a second."""
    return figures.of(_under_load().acknowledged, "ms", bar=100.0, moonshot=10.0)


def acknowledged_to_painted() -> Figure:
    """From the fill told to the end of the painting that shows the ladder after it."""
    return figures.of(_under_load().painted, "ms", bar=50.0, moonshot=17.0)


def one_core() -> Figure:
    """Share of one core that the whole program takes under that load, second by second."""
    return figures.of(_under_load().busy, "%", bar=60.0, moonshot=30.0, held="median")


class Loaded(NamedTuple):
    """What was seen under load: milliseconds, and percent of a core."""

    frames: list[float]
    slices: list[float]
    traded: list[float]
    acknowledged: list[float]
    painted: list[float]
    busy: list[float]
    events_per_s: float


@cache
def _under_load() -> Loaded:
    """Run a demo session in the whole window for a quarter of a minute; all figures of the load come from this run."""
    return loaded(Stage)


def loaded(make: Callable[[Path], Stage]) -> Loaded:
    """Run a stage for as long as is measured; return what was seen."""
    app = application()
    found: list[Loaded] = []

    async def main() -> int:
        with tempfile.TemporaryDirectory(prefix="atmx-bench-") as name:
            stage = make(Path(name))
            try:
                found.append(await stage.run())
            finally:
                stage.close()
        return 0

    loop.run(main)
    app.processEvents()
    return found[0]


def application() -> QApplication:
    """Return the application that everything here draws in, dark."""
    app = QApplication.instance() or QApplication(["atmx-bench"])
    if not isinstance(app, QApplication):
        raise TypeError(type(app).__name__)
    theme.install(app, "dark")
    return app


class Timed(FrameClock):
    """The frame clock, with every panel's drawing noted."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.slices: list[float] = []
        self.spent = 0.0
        """Milliseconds of drawing that Qt has not painted yet."""

    @override
    def _draw(self, panel: Drawable) -> None:
        began = time.perf_counter_ns()
        super()._draw(panel)
        took = (time.perf_counter_ns() - began) / 1e6
        self.slices.append(took)
        self.spent += took


class Painting(QObject):
    """Notes Qt's painting of the window, and when the ladder was in it."""

    def __init__(self, window: Window, grid: QWidget, clock: Timed, painted: Callable[[int], None]) -> None:
        super().__init__()
        self._painted = painted
        self._window, self._grid, self._clock = window, grid, clock
        self._ladder = False
        self.frames: list[float] = []
        self.slices: list[float] = []
        window.installEventFilter(self)
        grid.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._grid:
            self._ladder = self._ladder or event.type() == QEvent.Type.Paint
            return False
        if watched is not self._window or event.type() != QEvent.Type.UpdateRequest:
            return False
        began = time.perf_counter_ns()
        self._window.event(event)
        now = time.perf_counter_ns()
        took = (now - began) / 1e6
        self.slices.append(took)
        self.frames.append(took + self._clock.spent)
        self._clock.spent = 0.0
        if self._ladder:
            self._ladder = False
            self._painted(now)
        return True


class Stage:
    """A demo session in the whole window, with a generator of events and a trader."""

    workspace = 0

    def __init__(self, folder: Path, events_per_s: float = EVENTS_PER_S, *, wiring: Wiring | None = None) -> None:
        self._events_per_s = events_per_s
        running = asyncio.get_running_loop()
        self.window = Window(self._now)
        self.window.resize(*SIZE)
        self.window.choose(self.workspace)
        self.window.show()
        self.clock = Timed(self._view, now=self._now, parent=self.window)
        options = boot.Options(demo=True, speed=1.0, keyring=False, wiring=wiring)
        self.session = boot.open_session(
            Profile(folder), options, running, changed=self.clock.mark, broken=self._broken
        )
        self.bridge = Bridge(self.session, self.window, self.clock)
        grid = self._ladder().grid
        self.painting = Painting(self.window, grid, self.clock, self._painted)
        self.session.host.listen(self._heard)
        self.sent = 0
        self._asked: dict[str, int] = {}
        self._acknowledged: list[int] = []
        self.found = Loaded([], [], [], [], [], [], 0.0)

    async def run(self) -> Loaded:
        """Let events pour in, trade, and return what was seen."""
        self.session.play(asyncio.get_running_loop())
        while not self.bridge.turning.choose_first():  # noqa: ASYNC110 - it depends on the day
            await asyncio.sleep(0.02)
        await self._ready()
        for code in ("RATE", "RATE_MINUTE"):
            self.session.host.ask(SetLimit(gate=code, value=SPECS[code].highest, why="benchmark"))
        self.session.host.ask(SetLimit(gate="DUPLICATE", value=Decimal(0), why="benchmark"))
        work = [asyncio.ensure_future(one) for one in (self._pour(), *self._more())]
        try:
            await asyncio.sleep(SETTLING_S)
            return await self._measure()
        finally:
            for one in work:
                one.cancel()

    async def _ready(self) -> None:
        """Wait until there is what the workspace shows."""

    def _more(self) -> Iterator[Coroutine[None, None, None]]:
        """What goes on beside the events."""
        yield self._trade()

    def close(self) -> None:
        """End session and window."""
        self.clock.stop()
        self.session.close()
        self.window.wind_up()
        self.window.deleteLater()

    async def _measure(self) -> Loaded:
        for kept in (self.clock.slices, self.painting.frames, self.painting.slices, *self.found[:6]):
            kept.clear()
        before, began = self.sent, time.monotonic()
        while time.monotonic() - began < MEASURED_S:
            at, used = time.monotonic(), time.process_time()
            await asyncio.sleep(1.0)
            self.found.busy.append(100.0 * (time.process_time() - used) / (time.monotonic() - at))
        rate = (self.sent - before) / (time.monotonic() - began)
        slices = self.clock.slices + self.painting.slices
        return self.found._replace(frames=list(self.painting.frames), slices=slices, events_per_s=rate)

    async def _pour(self) -> None:
        """Put in what is due by the clock on the wall, in small groups."""
        events, began = self._events(), time.monotonic()
        while True:
            due = int((time.monotonic() - began) * self._events_per_s)
            while self.sent < due and self.session.host.emit(next(events)):
                self.sent += 1
            await asyncio.sleep(TURN_S)

    def _events(self) -> Iterator[Event]:
        orders, reports = self._orders(), self._reports()
        for number in itertools.count():
            yield next(orders) if number % ORDERS_IN == 0 else next(reports)

    def _orders(self) -> Iterator[Event]:
        """One share bought and sold again by traders of the simulated day, market after market."""
        exchange = self.session.kernel.state.exchange
        traders = [a for a in exchange.cash if a.startswith("sim")] or [AccountId("sim-01")]
        for number in itertools.count():
            markets = [m for m in exchange.markets.values() if m.status == "open"]
            market, by = markets[number % len(markets)], traders[number % len(traders)]
            instrument = embedded(market.id, 0)
            for side in (Side.BUY, Side.SELL):
                place = Place(by=by, instrument=instrument, side=side, qty=Qty(Decimal(1)))
                yield Asked(at=self._now(), command=place, pressed_at=Nanos(0))

    def _reports(self) -> Iterator[Event]:
        """Polls of every station: mostly what was known, now and then the report of another minute."""
        stations = [StationId(row.id) for row in self.session.kernel.state.stations.values()]
        first = self._now() // MINUTE * MINUTE
        for number in itertools.count():
            minute = number // NEW_IN // len(stations)
            station = stations[(number // NEW_IN) % len(stations)]
            at = Nanos(first + minute * 5 * SECOND)
            yield Observed(
                at=self._now(),
                reading=Reading(
                    station=station, measured_at=at, kind=ReportKind.FIVE_MINUTE, source="DEMO",
                    raw=f"METAR {station} AUTO 24015KT 10SM CLR 29/18", temp_tenths_c=290 + minute % 10,
                ),
            )  # fmt: skip

    async def _trade(self) -> None:
        """Buy and sell one share of what the ladder shows, and note when it traded, was told, was painted."""
        for number in itertools.count(1):
            await asyncio.sleep(BETWEEN_S)
            instrument = self._instrument()
            held = self.session.kernel.state.exchange.holding(YOU, *outcome_of(instrument), Leg.YES)
            side = Side.SELL if held.qty else Side.BUY
            intent = f"bench-{number}"
            self._asked[intent] = time.perf_counter_ns()
            self.session.host.ask(Place(instrument=instrument, side=side, qty=Qty(Decimal(1)), intent=intent))

    def _heard(self, event: Event) -> None:
        if isinstance(event, Asked) and isinstance(event.command, Place) and event.command.intent in self._asked:
            waited = time.perf_counter_ns() - self._asked[event.command.intent]
            self.found.traded.append(waited / 1e6)
        elif isinstance(event, Kept):
            self._told(event)

    def _told(self, event: Kept) -> None:
        now = time.perf_counter_ns()
        for what in event.each:
            order = self.session.kernel.state.register.get(what.removeprefix("trade:"))  # type: ignore[arg-type]
            began = self._asked.pop(order.place.intent, None) if order is not None else None
            if began is not None:
                self.found.acknowledged.append((now - began) / 1e6)
                self._acknowledged.append(now)

    def _painted(self, now: int) -> None:
        self.found.painted.extend((now - at) / 1e6 for at in self._acknowledged)
        self._acknowledged.clear()

    def _ladder(self) -> LadderPanel:
        found = self.window.workspaces[0].docks["ladder"]
        if not isinstance(found, LadderPanel):
            raise TypeError(type(found).__name__)
        return found

    def _instrument(self) -> InstrumentId:
        chosen = self.bridge.turning.chosen()
        if chosen is None:
            raise LookupError("no market is chosen")
        return chosen

    def _view(self, topic: Topic) -> object:
        return self.session.kernel.view(topic)

    def _now(self) -> Nanos:
        return self.session.clock.now() if hasattr(self, "session") else Nanos(0)

    def _broken(self, error: Exception) -> None:
        raise error


ALL: Final = {
    "hex_recolour_5k": hex_recolour_5k,
    "hex_recolour_50k": hex_recolour_50k,
    "map_50000_cells_pan": map_50000_cells_pan,
    "map_50000_cells_zoom": map_50000_cells_zoom,
    "map_50000_cells_settled": map_50000_cells_settled,
    "ladder_repaint": ladder_repaint,
    "frame": frame,
    "slice": slice_,
    "order_latency": order_latency,
    "order_to_acknowledged": order_to_acknowledged,
    "acknowledged_to_painted": acknowledged_to_painted,
    "one_core": one_core,
}
