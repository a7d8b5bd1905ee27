"""Forecast files in a public bucket: one field of one file at places, by the file's index and a range of its bytes.

A file may be made again after its index was: what comes is then cut in the wrong place, or is of something else. Both
are seen, the index is asked for once more, and when that does not help either the field is refused.

Source: library sheet "HRRR, NBM, GEFS, ECMWF", idx and byte ranges.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport, NoAnswer
from engine.core.units import MINUTE, Nanos
from engine.sources import grib_index, grib_message
from engine.sources.forecasts import Candidate
from engine.sources.grib_index import Entry, Step
from engine.weather.gridded import Samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.sources.grib_message import Facts
    from engine.sources.grib_reader import GribReader
    from engine.sources.http import Client, Reply

    Floats = NDArray[np.float64]

KEPT: Final = 256
"""Indexes remembered."""
MISSING_FOR: Final = 3 * MINUTE
"""A file that was not there is not asked for again sooner."""
CUT: Final = 416
PLACES: Final = {
    "2 m above ground": {("heightAboveGround", 2.0)},
    "surface": {("surface", 0.0)},
    "sfc": {("surface", 0.0), ("heightAboveGround", 2.0)},
}
"""Levels as the indexes name them, and as messages do: kind and height."""
LONG: Final = 30_000
"""Bytes of an index that takes longer than a frame to read: it is read beside the loop."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a field may be of, and how its units become ours."""

    name: str
    parameters: frozenset[tuple[int, int, int]]
    """Discipline, category and number."""
    units: dict[str, tuple[float, float]] = field(hash=False)
    """By the message's unit: factor, and what is added."""


DEGREES: Final = Quantity(
    "temperature, F", frozenset({(0, 0, 0), (0, 0, 4), (0, 0, 5)}), {"K": (1.8, -459.67)}
)  # fmt: skip
SPREAD: Final = Quantity("spread of temperature, F", DEGREES.parameters, {"K": (1.8, 0.0)})
RAIN: Final = Quantity(
    "rain, mm", frozenset({(0, 1, 8), (0, 1, 52), (0, 1, 193)}), {"kg m**-2": (1.0, 0.0), "m": (1_000.0, 0.0)}
)
GUST: Final = Quantity("gusts, kt", frozenset({(0, 2, 22)}), {"m s**-1": (1.9438444924406046, 0.0)})


@dataclass(frozen=True, slots=True)
class Piece:
    """One field of one file."""

    path: str
    quantity: Quantity
    variable: str
    level: str
    step: Step
    more: str | None = ""


class Files:
    """A bucket of one model's files.

    Parameters
    ----------
    now : callable
        UTC nanoseconds.
    index : callable
        Path of a file to that of its index.
    parse : callable
        Body of an index to its fields.
    """

    def __init__(
        self,
        client: Client,
        reader: GribReader,
        now: Callable[[], Nanos],
        *,
        index: Callable[[str], str] = lambda path: f"{path}.idx",
        parse: Callable[[bytes], tuple[Entry, ...]] = grib_index.parse,
    ) -> None:
        self.client = client
        self.now = now
        self._reader = reader
        self._index = index
        self._parse = parse
        self._known: OrderedDict[str, tuple[Entry, ...]] = OrderedDict()
        self._missing: dict[str, Nanos] = {}

    async def there(self, path: str) -> bool:
        """Whether a file is out, by its index; one that was not is not asked for again for a while.

        Raises
        ------
        NoAnswer, BadReport
            If the bucket does not answer, or the index cannot be read.
        """
        if 0 < self._missing.get(path, 0) - self.now() <= MISSING_FOR:  # no more, though the clock be set back
            return False
        try:
            await self._entries(path)
        except NoAnswer as e:
            if e.status != 404:
                raise
            self._missing = {name: until for name, until in self._missing.items() if self.now() < until}
            self._missing[path] = Nanos(self.now() + MISSING_FOR)
            return False
        return True

    async def newest(self, options: Sequence[Candidate], path: Callable[[Nanos, int], str]) -> Candidate:
        """Return the first of some runs, the newest first, that is out as far as its window needs.

        Raises
        ------
        NoAnswer
            If none is, or the bucket does not answer.
        """
        for one in options:
            if await self.there(path(one.run, one.last)):
                return one
        name = self.client.name
        raise NoAnswer(name, f"{name}: none of its last {len(options)} runs that hold the window is out")

    async def sample(
        self, run: Nanos, pieces: Sequence[Piece], lat: Floats, lon: Floats, radius_km: float = 0.0, fold: str = "sum"
    ) -> Samples:
        """Return fields of one run, made one point by point, at n places, in our units.

        Raises
        ------
        NoAnswer
            If a file is not there, the bucket does not answer or GRIB cannot be read on this machine.
        BadReport
            If a field is not in its file, or what comes is not it, also by a fresh index.
        """
        try:
            return await self._sampled(run, pieces, lat, lon, radius_km, fold)
        except BadReport:
            pass
        except NoAnswer as e:
            if e.status != CUT:
                raise
        for piece in pieces:
            self._known.pop(piece.path, None)
        return await self._sampled(run, pieces, lat, lon, radius_km, fold)

    async def _sampled(
        self, run: Nanos, pieces: Sequence[Piece], lat: Floats, lon: Floats, radius_km: float, fold: str
    ) -> Samples:
        bodies = [await self._fetched(run, piece) for piece in pieces]
        read = await self._reader.read(bodies, lat, lon, radius_km, fold)
        scales = {_scale(facts, run, piece) for facts, piece in zip(read.facts, pieces, strict=True)}
        if len(scales) != 1:
            raise BadReport(f"{pieces[0].quantity.name} in different units", "")
        return _converted(read.samples, *scales.pop())

    async def _fetched(self, run: Nanos, piece: Piece) -> bytes:
        entries = await self._entries(piece.path)
        entry = grib_index.select(entries, piece.variable, piece.level, piece.step, piece.more, run)
        answer = await self.client.part(piece.path, entry.first, entry.last)
        if entry.length is not None and len(answer.body) != entry.length:
            text = f"{len(answer.body)} bytes of {piece.variable} where {entry.length} were asked for"
            raise BadReport(text, answer.body[:40].decode("latin-1"))
        return grib_message.one(answer.body, entry.sub, exact=entry.last is not None)

    async def _entries(self, path: str) -> tuple[Entry, ...]:
        known = self._known.get(path)
        if known is None:
            answer = await self.client.get(self._index(path))
            long = len(answer.body) > LONG
            known = await asyncio.to_thread(self._parse, answer.body) if long else self._parse(answer.body)
            self._known[path] = known
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return known


def judge(name: str, reply: Reply) -> NoAnswer | None:
    """Return what a bucket's refusal means: what is not there yet may come."""
    if reply.status in (403, 404) and b"<Code>NoSuchKey</Code>" in reply.body[:2_000]:
        return NoAnswer(name, f"{name}: no such file yet", status=404, lasting=True)
    return None


def _scale(facts: Facts, run: Nanos, piece: Piece) -> tuple[float, float]:
    """Return factor and offset of a message's unit; `BadReport` where it is not the field that was asked for."""
    said = Step(facts.start, facts.end, facts.kind)
    wanted = piece.step
    same = (said.start, said.end) == (wanted.start, wanted.end) and (said.kind == wanted.kind or not said.kind)
    level = None if facts.percentile is None else f"{facts.percentile}% level"
    same = same and (level is None or piece.more in (level, None))
    at = facts.level_kind, facts.level
    if at not in PLACES.get(piece.level, {at}):
        where = f"{facts.level_kind[:30]} {facts.level:g} in place of {piece.variable} at {piece.level}"
        raise BadReport(f"a message of {facts.name} at {where}", "")
    if facts.run != run or not same or facts.parameter not in piece.quantity.parameters:
        text = f"a message of {facts.name} over minutes {said.start} to {said.end} in place of {piece.variable}"
        raise BadReport(text, "")
    if facts.unit not in piece.quantity.units:
        raise BadReport(f"{piece.quantity.name} in {facts.unit[:20]!r}", "")
    return piece.quantity.units[facts.unit]


def _converted(samples: Samples, factor: float, offset: float) -> Samples:
    rows = {name: getattr(samples, name) * factor + offset for name in ("centre", "mean", "most", "least")}
    return replace(samples, **rows)
