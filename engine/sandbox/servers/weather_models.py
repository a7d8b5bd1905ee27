"""The simulated day's models in buckets: small files with their indexes, by ranges of bytes, as they come out.

A file comes out some while after its run's hour, hour after hour; before, it is no such key. What is made when first
asked for stays as it is. The door can make runs late, cut ranges short and hand out an index of another file.
Without ecCodes no file can be made, and none is there.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from aiohttp import web

from engine.core.units import MINUTE, SECOND, Nanos
from engine.sandbox.model_runs import MEMBERS, REACH_HOURS, ModelRuns
from engine.sandbox.servers import weather_blends
from engine.sandbox.servers.weather_blends import run_of
from engine.sources import gefs, hrrr
from engine.sources.grib_message import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.sandbox.servers.weather_archive import Archive
    from engine.weather.gridded import Field

    Line = tuple[str, Facts, Field]

KEPT: Final = 128
OUT_MIN: Final = {"hrrr": 50.0, "gefs": 240.0}
"""Minutes after a run's hour at which its first file is out."""
EACH_MIN: Final = {"hrrr": 1.0, "gefs": 0.5}
"""Later for each hour that it reaches."""
FAR: Final = 84
"""Hours that temperatures of GEFS reach: two days from now by a run of the day before."""
STALE_BY: Final = 40
MISSING: Final = (
    '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>'
)
_HRRR = re.compile(r"hrrr\.(\d{8})/conus/hrrr\.t(\d\d)z\.wrfsfcf(\d\d)\.grib2")
_GEFS = re.compile(r"gefs\.(\d{8})/(\d\d)/atmos/pgrb2ap5/ge(\w{3})\.t\d\dz\.pgrb2a\.0p50\.f(\d{3})")
_SPAN = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")


class ModelServer:
    """Handlers over a day's model runs."""

    def __init__(self, archive: Archive) -> None:
        """Serve the runs of an archive's day."""
        self._archive = archive
        world = archive.world
        self._runs = ModelRuns(world.outlook, world.skies[0])
        self._files: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        self.late_min = 0.0
        """Every file comes out so much later."""
        self.cut = 0
        """So many ranges to come break off in the middle."""
        self.stale = 0
        """So many indexes to come are of another file."""

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [web.get("/open-meteo/jma", self._hours), web.get("/{bucket}/{path:.+}", self._file)]

    def order(self, asked: Mapping[str, str]) -> None:
        """Do what the door asks: ``late`` minutes, ``cut`` ranges, ``stale`` indexes.

        Raises
        ------
        ValueError
            If a number is none or negative.
        """
        late, cut, stale = float(asked.get("late", "0")), int(asked.get("cut", "0")), int(asked.get("stale", "0"))
        if not (0 <= late <= 10_000 and cut >= 0 and stale >= 0):
            msg = "late, cut and stale must not be negative"
            raise ValueError(msg)
        self.late_min, self.cut, self.stale = late, cut, stale

    async def _hours(self, request: web.Request) -> web.Response:
        return weather_blends.answer(self._archive.world, request.query, self._archive.now())

    async def _file(self, request: web.Request) -> web.Response:
        bucket, path = request.match_info["bucket"], request.match_info["path"]
        name = path.removesuffix(".idx")
        if bucket == "ecmwf" and path.endswith(".index"):
            name = f"{path.removesuffix('.index')}.grib2"
        made = self._made(bucket, name)
        if made is None:
            return web.Response(status=404, text=MISSING, content_type="application/xml")
        body, index = made
        if path != name:
            return web.Response(body=self._stale(index), content_type="binary/octet-stream")
        return self._part(request.headers.get("Range", ""), body)

    def _part(self, asked: str, body: bytes) -> web.Response:
        found = _SPAN.fullmatch(asked)
        if found is None:
            return web.Response(body=body, content_type="binary/octet-stream")
        first, last = int(found[1]), min(int(found[2] or len(body) - 1), len(body) - 1)
        if first > last:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
        part = body[first : last + 1]
        if self.cut:
            self.cut -= 1
            part = part[: len(part) // 2]
        headers = {"Content-Range": f"bytes {first}-{last}/{len(body)}", "Accept-Ranges": "bytes"}
        return web.Response(status=206, body=part, headers=headers, content_type="binary/octet-stream")

    def _stale(self, index: bytes) -> bytes:
        if not self.stale:
            return index
        self.stale -= 1
        lines = [line.split(":", 2) for line in index.decode().splitlines()]
        moved = [f"{n}:{int(at) + STALE_BY * (int(at) > 0)}:{rest}" for n, at, rest in lines]
        return "\n".join(moved).encode()

    def _made(self, bucket: str, path: str) -> tuple[bytes, bytes] | None:
        """Return a file and its index; None where there is no such key yet."""
        blend = weather_blends.key(bucket, path)
        asked = blend or _key(bucket, path)
        if asked is None or not able():
            return None
        run, member, hour = asked
        first = weather_blends.OUT_MIN[bucket] if blend else OUT_MIN[bucket]
        out = run + round((first + EACH_MIN.get(bucket, 0.0) * hour + self.late_min) * MINUTE)
        if self._archive.now() < out:
            return None
        known = f"{bucket}/{path}"
        if known not in self._files:
            if blend:
                self._files[known] = weather_blends.written(self._runs, bucket, blend)
            else:
                lines = self._hrrr(run, hour) if bucket == "hrrr" else self._gefs(run, member, hour)
                self._files[known] = _written(lines)
            while len(self._files) > KEPT:
                self._files.popitem(last=False)
        return self._files[known]

    def _hrrr(self, run: Nanos, hour: int) -> Iterator[Line]:
        runs = self._runs
        yield "GUST:surface:", _facts(run, hour, hour, (0, 2, 22)), runs.gust(run, hour)
        yield "TMP:2 m above ground:", _facts(run, hour, hour, (0, 0, 0), 2.0), runs.kelvin(run, hour)
        if hour:
            yield "APCP:surface:", _facts(run, 0, hour, (0, 1, 8), kind="acc"), runs.rain(run, 0, hour)
            yield "APCP:surface:", _facts(run, hour - 1, hour, (0, 1, 8), kind="acc"), runs.rain(run, hour - 1, hour)

    def _gefs(self, run: Nanos, member: str, hour: int) -> Iterator[Line]:
        runs = self._runs
        if member in (gefs.MEAN, gefs.APART):
            field = runs.kelvin(run, hour, coarse=True) if member == gefs.MEAN else runs.spread(hour)
            yield "TMP:2 m above ground:", _facts(run, hour, hour, (0, 0, 0), 2.0), field
        elif hour:
            begun, number = (hour - 1) // gefs.COUNT * gefs.COUNT, gefs.MEMBERS.index(member)
            field = runs.rain(run, begun, hour, number, coarse=True)
            yield "APCP:surface:", _facts(run, begun, hour, (0, 1, 8), kind="acc"), field


@cache
def able() -> bool:
    """Whether files can be made on this machine."""
    try:
        from engine.sources import grib_decode
    except (ImportError, OSError, RuntimeError):  # absent, or its library is
        return False
    return bool(grib_decode.KINDS)


def _key(bucket: str, path: str) -> tuple[Nanos, str, int] | None:
    """Return run, member and hour of a path; None where a bucket has no such file, ever."""
    if bucket == "hrrr" and (found := _HRRR.fullmatch(path)):
        run = run_of(found[1], found[2])
        hour = int(found[3])
        return (run, "", hour) if run is not None and hour <= hrrr.horizon(int(found[2])) else None
    if bucket == "gefs" and (found := _GEFS.fullmatch(path)):
        run, hour, member = run_of(found[1], found[2]), int(found[4]), found[3]
        degrees = member in (gefs.MEAN, gefs.APART)
        known = degrees or member in gefs.MEMBERS[:MEMBERS]
        sound = hour % gefs.STEP == 0 and hour <= (FAR if degrees else REACH_HOURS) and int(found[2]) % gefs.EVERY == 0
        return (run, member, hour) if run is not None and known and sound else None
    return None


def _facts(
    run: Nanos, start: int, end: int, parameter: tuple[int, int, int], level: float = 0.0, kind: str = ""
) -> Facts:
    return Facts(
        run=run, start=60 * start, end=60 * end, kind=kind, parameter=parameter, name="", unit="",
        level_kind="heightAboveGround" if level else "surface", level=level,
    )  # fmt: skip


def _written(lines: Iterator[Line]) -> tuple[bytes, bytes]:
    """Return a file and its index."""
    from engine.sources.grib_decode import coded  # where ecCodes is

    body, index = b"", []
    for number, (what, facts, field) in enumerate(lines, 1):
        day = datetime.fromtimestamp(facts.run // SECOND, UTC)
        index.append(f"{number}:{len(body)}:d={day:%Y%m%d%H}:{what}{_words(facts)}:")
        body += coded(facts, field)
    return body, "\n".join([*index, ""]).encode()


def _words(facts: Facts) -> str:
    """Return a step as an index words it: hours, or days where both ends are whole ones."""
    start, end = facts.start // 60, facts.end // 60
    if not facts.kind:
        return f"{end} hour fcst" if end else "anl"
    if start % 24 == 0 == end % 24:
        return f"{start // 24}-{end // 24} day {facts.kind} fcst"
    return f"{start}-{end} hour {facts.kind} fcst"
