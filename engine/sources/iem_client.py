"""Iowa Environmental Mesonet: what is asked of it, and how often it may be.

The service lets an address ask about once a second, without saying when to come back; it prefers one question about
all stations to one each. A body is streamed, so one that breaks off is asked for again.

Source: akrherz/iem pylib/iemweb; the service's own client example (six tries, the first pause five seconds).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar

from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import StationId
from engine.core.units import Nanos
from engine.core.when import iso
from engine.sources import cli, dsm, iem, iem_json, one_minute
from engine.sources.http import Answer, Client, Manner, Param, Reply, Told

if TYPE_CHECKING:
    from engine.weather.daily import Daily

BASE: Final = "https://mesonet.agron.iastate.edu"
NAME: Final = "IEM"
MANNER: Final = Manner(
    every_s=1.1, tries=6, first_wait_s=5.0, longest_wait_s=180.0, timeout_s=90.0, largest=64 << 20, accept="*/*"
)
MOST_STATIONS: Final = 120
"""In one question, so that its address stays below what servers take."""
COLUMNS: Final = ("tmpf", "sknt", "gust", "p01i", "peak_wind_gust", "peak_wind_time", "metar")
FIVE_MINUTE, ROUTINE, SPECIAL = "1", "3", "4"
ALL: Final = FIVE_MINUTE + ROUTINE + SPECIAL
SECOND_LOOKS: Final = 2
_PIL = re.compile(r"[A-Z0-9]{4,6}")
_TAG = re.compile(r"<[^>]{0,200}>")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Iem:
    """The service's documents, each with when we knew it.

    Every method raises `NoAnswer` when nothing came, and `BadReport` when what came is not the document.
    """

    client: Client
    minutes: Mapping[StationId, int] = field(default_factory=dict)
    """Minute of the hour of a station's routine report, where known."""

    async def observations(
        self, stations: Sequence[StationId], since: Nanos, until: Nanos, *, kinds: str = ROUTINE + SPECIAL
    ) -> Told[iem.Batch]:
        """Return the reports of [since, until), all stations in one question.

        Parameters
        ----------
        kinds : str
            Of `FIVE_MINUTE`, `ROUTINE` and `SPECIAL`, any.
        """
        params = [
            *_stations(stations),
            *(("data", name) for name in COLUMNS),
            *_between(since, until),
            ("tz", "UTC"),
            ("format", "onlycomma"),
            ("missing", "M"),
            ("trace", "T"),
            *(("report_type", kind) for kind in kinds),
        ]
        read = partial(iem.parse, routine_minutes=self.minutes)
        return await self._whole("cgi-bin/request/asos.py", params, read, attrgetter("cut_short"))

    async def one_minute(self, stations: Sequence[StationId], since: Nanos, until: Nanos) -> Told[one_minute.Minutes]:
        """Return the minutes of [since, until), which come about a day late."""
        params = [
            *_stations(stations),
            *(("vars", name) for name in ("tmpf", "dwpf", "sknt", "gust_sknt", "precip")),
            *_between(since, until),
            ("sample", "1min"),
            ("what", "download"),
            ("tz", "UTC"),
            ("delim", "comma"),
            ("gis", "no"),
        ]
        return await self._whole("cgi-bin/request/asos1min.py", params, one_minute.parse, attrgetter("cut_short"))

    async def climate(self, station: StationId, year: int) -> Told[tuple[Daily, ...]]:
        """Return a year of a station's climate reports as the service keeps them: the latest product of each day."""
        answer = await self.client.get("json/cli.py", [("station", station), ("year", str(year))])
        return Told.of(answer, iem_json.climate(answer.body))

    async def months(self, station: StationId, year: int) -> Told[tuple[Daily, ...]]:
        """Return a year of a station's monthly tables."""
        answer = await self.client.get("json/cf6.py", [("station", station), ("year", str(year))])
        return Told.of(answer, iem_json.climate(answer.body, iem_json.CF6))

    async def climate_texts(self, pil: str, since: date, until: date) -> Told[tuple[cli.ClimateReport, ...]]:
        """Return the climate reports of a product such as ``CLINYC`` issued in [since, until), oldest first."""
        answer = await self.texts(pil, since, until)
        return Told.of(answer, cli.parse(answer.body) if cli.looks_like(answer.body.decode("latin-1")) else ())

    async def summaries(self, pil: str, since: date, until: date, near: Nanos) -> Told[dsm.Messages]:
        """Return the daily summaries of a product such as ``DSMMDW`` issued in [since, until)."""
        answer = await self.texts(pil, since, until)
        held = b" DS " in answer.body
        return Told.of(answer, dsm.parse(answer.body, near) if held else dsm.Messages((), ()))

    async def texts(self, pil: str, since: date, until: date, most: int = 500) -> Answer:
        """Return a product's texts issued in [since, until), oldest first, as one body; a word where there are none."""
        if not _PIL.fullmatch(pil):
            raise NoAnswer(NAME, f"{NAME}: no product is called {pil[:12]!r}", lasting=True)
        params = [
            ("pil", pil),
            ("fmt", "text"),
            ("limit", str(most)),
            ("sdate", f"{since}"),
            ("edate", f"{until}"),
            ("order", "asc"),
        ]
        answer = await self.client.get("cgi-bin/afos/retrieve.py", params)
        if answer.body.lstrip()[:1] == b"<":  # a page about the service: it is not its word that there is no product
            raise BadReport("a web page where texts were asked for", answer.body[:200].decode("latin-1"))
        return answer

    async def network(self, name: str) -> Told[tuple[iem_json.Place, ...]]:
        """Return the stations of a network such as ``IL_ASOS``, ``ASOS1MIN`` or ``NWSCLI``."""
        answer = await self.client.get("geojson/network.py", [("network", name)])
        return Told.of(answer, iem_json.network(answer.body))

    async def _whole(
        self, path: str, params: Sequence[Param], read: Callable[[bytes], T], cut_short: Callable[[T], bool]
    ) -> Told[T]:
        """Return a table, asked for again where it broke off; after that, what there is of it."""
        answer = await self.client.get(path, params)
        found = await asyncio.to_thread(read, answer.body)  # a first day of many stations takes seconds
        for _ in range(SECOND_LOOKS):
            if not cut_short(found):
                break
            answer = await self.client.get(path, params)
            found = await asyncio.to_thread(read, answer.body)
        return Told.of(answer, found)


def judge(name: str, reply: Reply) -> NoAnswer | None:
    """Return what the service says is wrong with a question, in its own first line."""
    if reply.status not in {400, 404, 422}:
        return None
    plain = _TAG.sub(" ", reply.body[:2_000].decode("latin-1"))
    line = " ".join(re.sub(r"[^\x20-\x7e]", " ", plain).split())[:120]
    return NoAnswer(name, f"{name} refuses: {line or 'without a word'}", status=reply.status, lasting=True)


def short(station: StationId) -> str:
    """Return a station as the service knows it: without the K of four letters."""
    return station[1:] if len(station) == 4 and station.startswith("K") else station


def groups(stations: Sequence[StationId], most: int = MOST_STATIONS) -> list[tuple[StationId, ...]]:
    """Return stations in groups that fit into one question."""
    return [tuple(stations[n : n + most]) for n in range(0, len(stations), most)]


def _stations(stations: Sequence[StationId]) -> list[Param]:
    if not 0 < len(stations) <= MOST_STATIONS:
        raise NoAnswer(NAME, f"{NAME}: 1 to {MOST_STATIONS} stations at once, was {len(stations)}", lasting=True)
    return [("station", short(station)) for station in stations]


def _between(since: Nanos, until: Nanos) -> list[Param]:
    return [("sts", iso(Nanos(since - since % 60_000_000_000))), ("ets", iso(Nanos(until - until % 60_000_000_000)))]
