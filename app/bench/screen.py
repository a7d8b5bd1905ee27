"""The screen: the hex map, the ladder, and the whole Weather workspace while events pour in."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.bench import engine, figures, stage
from engine.core.ids import Cell, MarketId, embedded
from engine.views import topics
from engine.views.weather import CellLine, CellsView
from widgets import hexcolours, hexgrid
from widgets.hexcanvas import MapCanvas
from widgets.hexpicture import image_of
from widgets.ladder import LadderPanel

if TYPE_CHECKING:
    from app.bench.figures import Figure
    from app.bench.stage import Loaded


def hex_recolour_5k() -> Figure:
    """All 5,000 cells of the map in new colours, as an image."""
    return figures.of(_recoloured(5_000), "ms", bar=5.0, moonshot=1.0, held="median")


def hex_recolour_50k() -> Figure:
    """All 50,000 cells of the map in new colours, as an image."""
    return figures.of(_recoloured(50_000), "ms", bar=20.0, moonshot=1.0, held="median")


def _recoloured(count: int) -> list[float]:
    stage.application()
    grid = hexgrid.measured(count)
    stops = hexcolours.ramp([(0, 32, 77), (124, 123, 120), (255, 234, 70)])
    rng = np.random.default_rng(7)
    series = itertools.cycle([rng.random(len(grid.cells)) for _ in range(8)])

    def work() -> None:
        fills = hexcolours.scale(next(series), stops, 0.0, 1.0)
        image_of(grid, fills, hexcolours.mix(fills, 0xFF000000, 0.3))

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
    app = stage.application()
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
    stage.application()
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
    return stage.frame(found)


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


@cache
def _under_load() -> Loaded:
    """Run a demo session in the whole window for a quarter of a minute; all figures of the load come from this run."""
    return stage.loaded(stage.Stage)


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
