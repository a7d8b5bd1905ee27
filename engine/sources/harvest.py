"""The past of stations, piece by piece: what to ask for a span of days, and what of it is missing.

A piece is one question: all stations' reports, or minutes, of one UTC day; one station's official values of one year;
one station's own summaries of one month. A piece is final when nothing more can be expected of its days; until then it
may be asked again at no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import at_minute, iso
from engine.sources import iem_client, visual_crossing, visual_crossing_client

if TYPE_CHECKING:
    from engine.core.snapshot import StationRow
    from engine.sources.iem_client import Iem
    from engine.sources.nws_client import Nws
    from engine.sources.one_minute import Minute
    from engine.sources.visual_crossing_client import VisualCrossing
    from engine.weather.daily import Daily

ASOS, ONE_MINUTE, NWS, CLI, CF6, DSM = "asos", "one_minute", "nws", "cli", "cf6", "dsm"
CROSSING: Final = "visual_crossing"
SOURCES: Final = (ASOS, CLI, CF6, DSM, ONE_MINUTE, NWS, CROSSING)
OF_DAYS: Final = frozenset({CLI, CF6, DSM})
"""Sources that state something of whole days."""
LATE: Final[Mapping[str, int]] = {
    ASOS: 3 * HOUR, NWS: 3 * HOUR, ONE_MINUTE: 3 * DAY, CLI: 2 * DAY, CF6: 3 * DAY, DSM: 2 * DAY, CROSSING: DAY,
}  # fmt: skip
"""For how long after the end of a piece something of it may still come."""
NWS_KEEPS: Final = 7 * DAY
"""How far back the Weather Service's observations reach."""
AT_ONCE: Final = {ASOS: iem_client.MOST_STATIONS, ONE_MINUTE: 20}
"""Stations in one question; a day of minutes of one is 100 kB."""
MINUTES_LATE: Final = 26 * HOUR
"""Minutes come about a day late: what is younger is not missing yet."""
SHORT: Final = 10 * MINUTE
"""Missing minutes up to this long are no gap."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One question."""

    source: str
    stations: tuple[StationRow, ...]
    first: date
    last: date
    """Both inside."""

    @property
    def key(self) -> str:
        """What tells it apart; the same key is the same question."""
        names = ",".join(row.id for row in self.stations)
        return f"{self.source} {self.first} {self.last} {names}"

    @property
    def opens(self) -> Nanos:
        """Begin of its first day, UTC."""
        return at_minute(self.first, 0, 0)

    @property
    def closes(self) -> Nanos:
        """End of its last day, UTC."""
        return Nanos(at_minute(self.last, 0, 0) + DAY)

    def final(self, now: Nanos) -> bool:
        """Whether all that can be expected of it has come by now."""
        return now >= self.closes + LATE[self.source]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Hours of a station without anything."""

    station: StationId
    opens: Nanos
    closes: Nanos
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """What a piece brought."""

    readings: tuple[Reading, ...] = ()
    minutes: tuple[Minute, ...] = ()
    daily: tuple[tuple[StationId, Daily], ...] = ()
    missing: tuple[Missing, ...] = ()
    skipped: int = 0
    """Lines that could not be read."""
    known_at: Nanos


def pieces(source: str, stations: Sequence[StationRow], first: date, last: date) -> tuple[Piece, ...]:
    """Return the questions for a span of days, both ends inside, in the order of time."""
    if source in AT_ONCE:
        groups = [tuple(stations[n : n + AT_ONCE[source]]) for n in range(0, len(stations), AT_ONCE[source])]
        spans = [(first + timedelta(days=n),) * 2 for n in range((last - first).days + 1)]
    else:
        groups = [(row,) for row in stations]
        spans = {NWS: _days, CROSSING: _days, CLI: _years, CF6: _years, DSM: _months}[source](first, last)
    return tuple(Piece(source, group, since, until) for since, until in spans for group in groups)


@dataclass(slots=True)
class Harvest:
    """Asks for pieces. Every question raises `NoAnswer` when nothing came, and `BadReport` for what is none."""

    iem: Iem
    nws: Nws
    now: Callable[[], Nanos]
    crossing: VisualCrossing | None = None
    """None without a key."""
    allowance: float = 0.0
    """Records of Visual Crossing that may be spent."""
    spent: float = 0.0

    async def take(self, piece: Piece) -> Crop:
        """Return what a piece holds."""
        return await {
            ASOS: self._asos, ONE_MINUTE: self._minutes, NWS: self._nws, CLI: self._official, CF6: self._official,
            DSM: self._summaries, CROSSING: self._crossing,
        }[piece.source](piece)  # fmt: skip

    async def _asos(self, piece: Piece) -> Crop:
        told = await self.iem.observations(_ids(piece), piece.opens, piece.closes, kinds=iem_client.ALL)
        if told.value.cut_short:
            raise NoAnswer(iem_client.NAME, f"{iem_client.NAME}: its table of {piece.first} breaks off")
        inside = _inside(told.value.readings, piece)
        until = Nanos(min(piece.closes, self.now()))
        return Crop(
            readings=inside, missing=tuple(_hours(inside, piece, until)), skipped=told.value.skipped,
            known_at=told.known_at,
        )  # fmt: skip

    async def _minutes(self, piece: Piece) -> Crop:
        told = await self.iem.one_minute(_ids(piece), piece.opens, piece.closes)
        if told.value.cut_short:
            raise NoAnswer(iem_client.NAME, f"{iem_client.NAME}: its minutes of {piece.first} break off")
        names = set(_ids(piece))
        rows = tuple(m for m in told.value.rows if m.station in names and piece.opens <= m.at < piece.closes)
        until = Nanos(min(piece.closes, self.now() - MINUTES_LATE))
        return Crop(
            minutes=rows, missing=tuple(_spans(rows, piece, until)), skipped=told.value.skipped, known_at=told.known_at
        )

    async def _nws(self, piece: Piece) -> Crop:
        if self.now() - piece.opens > NWS_KEEPS:
            raise NoAnswer("NWS", f"NWS: observations of {piece.first} are no longer kept", lasting=True)
        told = await self.nws.observations(_ids(piece)[0], piece.opens, piece.closes)
        inside = _inside(told.value.readings, piece)
        until = Nanos(min(piece.closes, self.now()))
        return Crop(readings=inside, missing=tuple(_hours(inside, piece, until)), known_at=told.known_at)

    async def _crossing(self, piece: Piece) -> Crop:
        """Return a station's rows of a civil day: those that are its own, and no repeats."""
        name, station = visual_crossing_client.NAME, _ids(piece)[0]
        if self.crossing is None:
            raise NoAnswer(name, f"{name}: no key is given", lasting=True)
        if self.spent >= self.allowance:
            used = f"{name}: the {self.allowance:g} records that may be spent are used up"
            raise NoAnswer(name, used, lasting=True)
        usual = float(visual_crossing.SLOTS * ((piece.last - piece.first).days + 1))
        try:
            told = await self.crossing.trace(station, piece.first, piece.last)
        except BadReport:  # what cannot be used was charged as well
            self.spent += usual
            raise
        self.spent += told.value.cost if told.value.cost > 0 else usual
        rows = tuple(told.value.readings())
        missing = () if rows else (_missing(station, piece.opens, piece.closes, "no row of its own"),)
        return Crop(readings=rows, missing=missing, known_at=told.known_at)

    async def _official(self, piece: Piece) -> Crop:
        station = _ids(piece)[0]
        ask = self.iem.climate if piece.source == CLI else self.iem.months
        told = await ask(station, piece.first.year)
        found = [daily for daily in told.value if piece.first <= daily.day <= piece.last]
        return _statements(piece, station, found, told.known_at, self.now())

    async def _summaries(self, piece: Piece) -> Crop:
        """Return a month's summaries; one of a day is sent again through the day after."""
        station = _ids(piece)[0]
        until = piece.last + timedelta(days=2)
        told = await self.iem.summaries(f"DSM{iem_client.short(station)}", piece.first, until, piece.closes)
        own = [one for one in told.value.days if one.place == station and piece.first <= one.day <= piece.last]
        return _statements(piece, station, own, told.known_at, self.now())


def _ids(piece: Piece) -> list[StationId]:
    return [StationId(row.id) for row in piece.stations]


def _inside(readings: Iterable[Reading], piece: Piece) -> tuple[Reading, ...]:
    names = set(_ids(piece))
    return tuple(r for r in readings if r.station in names and piece.opens <= r.measured_at < piece.closes)


def _hours(readings: Sequence[Reading], piece: Piece, until: Nanos) -> Iterable[Missing]:
    """Yield the runs of hours without a routine report, as far as they have ended."""
    routine = {(r.station, r.measured_at // HOUR) for r in readings if r.kind is ReportKind.ROUTINE}
    for row in piece.stations:
        station, since = StationId(row.id), None
        for hour in range(piece.opens // HOUR, until // HOUR + 1):
            here = (station, hour) in routine or hour >= until // HOUR
            if not here and since is None:
                since = hour
            elif here and since is not None:
                yield _missing(station, since * HOUR, hour * HOUR, "no routine report")
                since = None


def _spans(rows: Sequence[Minute], piece: Piece, until: Nanos) -> Iterable[Missing]:
    """Yield the times without a minute's temperature that are longer than `SHORT`."""
    for row in piece.stations:
        station = StationId(row.id)
        seen = sorted(m.at for m in rows if m.station == station and m.temp_f is not None)
        before = piece.opens - MINUTE
        for at in (*seen, until):
            if at - before - MINUTE > SHORT:
                yield _missing(station, before + MINUTE, at, "no minute with a temperature")
            before = Nanos(at)


def _statements(piece: Piece, station: StationId, found: Sequence[Daily], known_at: Nanos, now: Nanos) -> Crop:
    """Return statements, and the days that have ended without one."""
    days = {daily.day for daily in found if not daily.empty}
    count = (piece.last - piece.first).days + 1
    lacking = [day for n in range(count) if (day := piece.first + timedelta(days=n)) not in days]
    missing = [
        _missing(station, at_minute(day, 0, 0), at_minute(day, 0, 0) + DAY, "no statement of the day")
        for day in lacking
        if at_minute(day, 0, 0) + DAY + LATE[piece.source] <= now
    ]
    return Crop(daily=tuple((station, one) for one in found), missing=tuple(missing), known_at=known_at)


def _missing(station: StationId, opens: int, closes: int, why: str) -> Missing:
    return Missing(station=station, opens=Nanos(opens), closes=Nanos(closes), why=f"{why} up to {iso(Nanos(closes))}")


def _days(first: date, last: date) -> list[tuple[date, date]]:
    return [(first + timedelta(days=n),) * 2 for n in range((last - first).days + 1)]


def _years(first: date, last: date) -> list[tuple[date, date]]:
    return [(max(first, date(year, 1, 1)), min(last, date(year, 12, 31))) for year in range(first.year, last.year + 1)]


def _months(first: date, last: date) -> list[tuple[date, date]]:
    found, since = [], first
    while since <= last:
        after = date(since.year + since.month // 12, since.month % 12 + 1, 1)
        found.append((since, min(last, after - timedelta(days=1))))
        since = after
    return found
