"""A demo session in the whole window under load: events pour in, a trader trades, and what is drawn is timed."""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from app import boot, loop, memory
from app.bench import figures
from app.bridge import Bridge
from app.window import Window
from engine.core.commands import Place, SetLimit
from engine.core.events import Asked, Kept, Observed
from engine.core.ids import YOU, AccountId, InstrumentId, StationId, embedded, outcome_of
from engine.core.reading import Reading, ReportKind
from engine.core.units import MINUTE, SECOND, Leg, Nanos, Qty, Side
from engine.risk.limits import SPECS
from engine.store.profile import Profile
from widgets import theme
from widgets.frame import FrameClock
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


class Loaded(NamedTuple):
    """What was seen under load: milliseconds, and percent of a core."""

    frames: list[float]
    """All that was drawn and painted from when the clock began a frame until it began the next; those painted."""
    gathered: list[float]
    """A painting, and all that was drawn since the one before it, which may be several frames' worth."""
    slices: list[float]
    traded: list[float]
    acknowledged: list[float]
    painted: list[float]
    busy: list[float]
    events_per_s: float


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


def frame(found: Loaded) -> Figure:
    """Return what the frames took; a painting with all drawn since the one before is a note, median and p99."""
    gathered = figures.of(found.gathered, "ms")
    both = [gathered["median"], gathered["p99"]]
    rate = round(found.events_per_s)
    return figures.of(found.frames, "ms", bar=16.0, moonshot=4.0, gathered=both, events_per_s=rate)


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
        self.frames: list[float] = []
        self.spent = 0.0
        """Milliseconds of drawing that Qt has not painted yet."""
        self._frame = 0.0
        self._painted = False

    def painted(self, took: float) -> None:
        """Note what painting took, which belongs to the frame that is being drawn."""
        self._frame += took
        self._painted = True
        self.spent = 0.0

    @override
    def _begin(self) -> None:
        if self._painted:
            self.frames.append(self._frame)
        self._frame, self._painted = 0.0, False
        super()._begin()

    @override
    def _draw(self, panel: Drawable) -> None:
        began = time.perf_counter_ns()
        super()._draw(panel)
        took = (time.perf_counter_ns() - began) / 1e6
        self.slices.append(took)
        self.spent += took
        self._frame += took


class Painting(QObject):
    """Notes Qt's painting of the window, and when the ladder was in it."""

    def __init__(self, window: Window, grid: QWidget, clock: Timed, painted: Callable[[int], None]) -> None:
        super().__init__()
        self._painted = painted
        self._window, self._grid, self._clock = window, grid, clock
        self._ladder = False
        self.gathered: list[float] = []
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
        self.gathered.append(took + self._clock.spent)
        self._clock.painted(took)
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
        self.found = Loaded([], [], [], [], [], [], [], 0.0)

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
            with memory.calmed():  # as the terminal runs its sessions
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
        of_drawing = self.clock.slices, self.clock.frames, self.painting.gathered, self.painting.slices
        for kept in (*of_drawing, *self.found[:7]):
            kept.clear()
        before, began = self.sent, time.monotonic()
        while time.monotonic() - began < MEASURED_S:
            at, used = time.monotonic(), time.process_time()
            await asyncio.sleep(1.0)
            self.found.busy.append(100.0 * (time.process_time() - used) / (time.monotonic() - at))
        rate = (self.sent - before) / (time.monotonic() - began)
        slices = self.clock.slices + self.painting.slices
        frames, gathered = list(self.clock.frames), list(self.painting.gathered)
        return self.found._replace(frames=frames, gathered=gathered, slices=slices, events_per_s=rate)

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
