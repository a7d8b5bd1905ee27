"""Forecast fields at the map's cells: one of HRRR's size read at 50,000 places, in memory and from a GRIB message."""

from __future__ import annotations

import asyncio
import time
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import numpy as np

from app.bench import figures
from engine.sources.grib_message import Facts
from engine.sources.grib_reader import GribReader
from engine.weather.gridded import Field
from engine.weather.grids import HRRR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.bench.figures import Figure
    from engine.core.units import Nanos

    Floats = NDArray[np.float64]

CELLS: Final = 50_000
RADIUS_KM: Final = 5.0
ROUNDS: Final = 15
AT: Final = 1_782_907_200_000_000_000


@cache
def _places() -> tuple[Floats, Floats]:
    """Return places spread over the country, as the centres of a zoomed-out map's cells are."""
    chance = np.random.default_rng(1)
    return chance.uniform(28.0, 45.0, CELLS), chance.uniform(-112.0, -78.0, CELLS)


@cache
def _field() -> Field:
    return Field(HRRR, np.random.default_rng(2).gamma(0.3, 2.0, (HRRR.ny, HRRR.nx)))


def grid_centres() -> Figure:
    """A field of HRRR's 1.9 million points read at the centres of 50,000 cells, between its points."""
    lat, lon = _places()
    samples = figures.each(lambda: _field().at(lat, lon), ROUNDS, warm=1, scale=1e-6)
    return figures.of(samples, "ms", bar=100.0, moonshot=10.0, held="median", cells=CELLS)


def grid_around() -> Figure:
    """The same with mean, most, least and number of the points within 5 km of each."""
    lat, lon = _places()
    samples = figures.each(lambda: _field().sample(lat, lon, RADIUS_KM), ROUNDS, warm=1, scale=1e-6)
    return figures.of(samples, "ms", bar=1_500.0, moonshot=300.0, held="median", cells=CELLS)


def grib_read() -> Figure:
    """A GRIB message of HRRR's size to values at 50,000 cells, through the worker process, fields a second."""
    from engine.sources.grib_decode import coded  # where ecCodes is

    run: Nanos = AT  # type: ignore[assignment]  # a time like any
    facts = Facts(
        run=run, start=60, end=120, kind="acc", parameter=(0, 1, 8), name="", unit="", level_kind="surface", level=0.0
    )
    message = coded(facts, _field())
    rates = asyncio.run(_read(message))
    return figures.of(
        rates, "fields/s", bar=4.0, moonshot=20.0, held="median", more=True, cells=CELLS, message_bytes=len(message)
    )  # fmt: skip


async def _read(message: bytes) -> list[float]:
    reader, (lat, lon) = GribReader(), _places()
    found = []
    try:
        for index in range(ROUNDS + 1):
            began = time.perf_counter()
            await reader.read([message], lat, lon)
            if index:  # the first pays for the process
                found.append(1 / (time.perf_counter() - began))
    finally:
        await reader.close()
    return found


ALL: Final = {"grid_centres": grid_centres, "grid_around": grid_around}
if find_spec("eccodes") is not None:
    ALL["grib_read"] = grib_read
