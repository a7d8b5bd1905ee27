"""A bucket of forecast files made here: small windows of real grids, with indexes as NOAA and ECMWF write them."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import h3
import numpy as np
from aiohttp import web

from engine.core.ids import Cell
from engine.core.snapshot import StationRow
from engine.core.units import HOUR, SECOND, Nanos
from engine.core.when import instant
from engine.sources import ecmwf_index, grib_files, grib_index, grib_worker
from engine.sources.grib_files import Files
from engine.sources.grib_message import Facts
from engine.sources.grib_reader import GribReader
from engine.sources.http import Manner
from engine.weather.gridded import Field
from engine.weather.grids import HRRR, Degrees
from tests.engine.sources.desk import Clock, client

RUN = instant("2026-07-01T12:00:00Z")
MDW = StationRow(id="KMDW", name="Midway", lat=41.7841, lon=-87.7551, cell="872664521ffffff", utc_offset_hours=-6,
                 routine_minute=53)  # fmt: skip
NYC = StationRow(id="KNYC", name="Central Park", lat=40.7789, lon=-73.9692, cell="872a10089ffffff",
                 utc_offset_hours=-5, routine_minute=51)  # fmt: skip
CELLS = tuple(Cell(cell) for cell in sorted(h3.grid_disk(MDW.cell, 3)))
I0, J0, SIZE = 1160, 650, 60
"""A window of HRRR's grid around Chicago."""
J, I = np.mgrid[J0 : J0 + SIZE, I0 : I0 + SIZE].astype(float)  # noqa: E741 - the grid's own names
LAND = Degrees(20, 16, 0.5, -0.5, 45.0, 267.0)
"""A window of a grid of half a degree around Chicago."""
PARAMETERS = {"TMP": (0, 0, 0), "2t": (0, 0, 0), "APCP": (0, 1, 8), "tp": (0, 1, 193), "GUST": (0, 2, 22)}
LEVELS = {
    "TMP": ("2 m above ground", "heightAboveGround", 2.0), "2t": ("sfc", "heightAboveGround", 2.0),
    "APCP": ("surface", "surface", 0.0), "GUST": ("surface", "surface", 0.0), "tp": ("sfc", "surface", 0.0),
}  # fmt: skip


def facts(run: Nanos, variable: str, start: int, end: int, kind: str = "", **more) -> Facts:
    _, level_kind, level = LEVELS[variable]
    return Facts(run=run, start=60 * start, end=60 * end, kind=kind, parameter=PARAMETERS[variable], name="", unit="",
                 level_kind=level_kind, level=level, **more)  # fmt: skip


def hrrr(values) -> Field:
    return Field(HRRR, np.broadcast_to(values, (SIZE, SIZE)).astype(float), I0, J0)


def land(values) -> Field:
    return Field(LAND, np.broadcast_to(values, (16, 20)).astype(float))


def words(variable: str, start: int, end: int, kind: str) -> str:
    return f"{start}-{end} hour {kind} fcst" if kind else f"{end} hour fcst"


MISSING = "<Error><Code>NoSuchKey</Code></Error>"
LATER = Nanos(RUN + 2 * HOUR)


class Here(GribReader):
    """Reads without a process of its own: what the worker does, done here."""

    async def _through(self, ask: grib_worker.Ask) -> grib_worker.Answer:
        return grib_worker._answer(grib_worker.msgspec.msgpack.encode(ask))


class Bucket:
    """Files by path; remembers what was asked of it, and can be out of step with its indexes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges: list[str] = []
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.cut = 0
        """So many bytes are missing from the end of the next range."""
        self.whole = False
        """Range is passed over, as some proxies do."""

    def put(self, path: str, run: Nanos, fields, suffix: str = ".idx") -> None:
        """Put a file of (variable, start, end, kind, more, field) and its index."""
        from engine.sources.grib_decode import coded

        lines, body = [], b""
        for n, (variable, start, end, kind, more, field) in enumerate(fields, 1):
            message = coded(
                facts(run, variable, start, end, kind), field, centre="kwbc" if suffix == ".idx" else "ecmf"
            )
            at = datetime.fromtimestamp(run // SECOND, UTC)
            if suffix == ".idx":
                what = f"{variable}:{LEVELS[variable][0]}:{words(variable, start, end, kind)}:{more}"
                lines.append(f"{n}:{len(body)}:d={at:%Y%m%d%H}:{what}")
            else:
                row = {
                    "date": f"{at:%Y%m%d}", "time": f"{at:%H}00", "step": str(end), "levtype": "sfc",
                    "param": variable, "_offset": len(body), "_length": len(message),
                }  # fmt: skip
                lines.append(json.dumps({**row, **({"number": more} if more else {})}))
            body += message
        self.files[path] = body
        self.files[f"{path}.idx" if suffix == ".idx" else path.replace(".grib2", suffix)] = "\n".join(lines).encode()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path[1:]
        self.asked.append(path)
        self.agents.add(request.headers.get("User-Agent", ""))
        body = self.files.get(path)
        if body is None:
            return web.Response(
                status=404, text="<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml"
            )
        span = request.headers.get("Range", "")
        if not span or self.whole:
            return web.Response(body=body)
        self.ranges.append(span)
        first, last = (int(n) if n else len(body) - 1 for n in span.removeprefix("bytes=").split("-"))
        if first >= len(body):
            return web.Response(status=416)
        part = body[first : last + 1]
        part, self.cut = part[: len(part) - self.cut], 0
        return web.Response(body=part, status=206)


@asynccontextmanager
async def served(bucket: Bucket):
    app = web.Application()
    app.router.add_get("/{rest:.*}", bucket.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def talk(bucket: Bucket, ask, at: Nanos = LATER, *, ecmwf: bool = False, manner: Manner | None = None):
    """Run `ask(files, clock)` against a bucket."""

    async def go():
        reader, clock = Here(), Clock(at)
        async with served(bucket) as base:
            asker = client(base, clock, manner or Manner(every_s=0.0001, burst=100, at_once=4, tries=2),
                           judge=grib_files.judge)  # fmt: skip
            more = {"index": lambda path: path.replace(".grib2", ".index"), "parse": ecmwf_index.parse} if ecmwf else {}
            files = Files(asker, reader, clock.now, **{"parse": grib_index.parse, **more})
            try:
                return await ask(files, clock)
            finally:
                await asker.close()
                await reader.close()

    return asyncio.run(go())
