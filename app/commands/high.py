"""``atmx high``: the running and the official high of a climate day, from reports in a file.

Reports of neighbouring days may be in the file; the local-standard day decides which count.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.commands import inputs
from engine.core.errors import InputError
from engine.core.ids import StationId
from engine.core.units import DAY, HOUR, Nanos
from engine.core.when import instant, iso
from engine.sources import cli, files
from engine.weather import climate_day
from engine.weather.observed import settled

if TYPE_CHECKING:
    from engine.core.reading import Reading
    from engine.weather.climate_day import Extreme

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

STATION: Final = re.compile(r"[A-Z][A-Z0-9]{3}")
SOURCES: Final = {"cli": "climate report", "metar24h": "24-hour group"}


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("high", help="the high of a climate day from reports", description=__doc__)
    parser.add_argument("--station", required=True, metavar="ICAO", help="such as KMDW")
    parser.add_argument("--date", required=True, metavar="YYYY-MM-DD", help="the day in local standard time")
    parser.add_argument("--metar", required=True, type=Path, metavar="FILE", help="one report a line, dated or not")
    parser.add_argument("--cli", type=Path, metavar="FILE", help="the climate report (CLI) as text")
    parser.add_argument("--asof", metavar="ISO", help="only what had been reported by then")
    parser.add_argument(
        "--utc-offset", type=int, metavar="HOURS", help="local standard time, for stations not in the shipped list"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, decide, print; always 0, since what is not known is no error."""
    station, day = _station(args.station), _day(args.date)
    opens, closes = climate_day.window(day, _offset(station, args.utc_offset))
    until = _until(args.asof)
    reports = [reading for reading in _reports(args.metar, station, opens) if reading.measured_at <= until]
    found = climate_day.high(settled([*reports, *_climate(args.cli, station, day, closes, until)]), opens, closes)
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(_document(found, opens, closes)) + "\n")
    else:
        sys.stdout.write(_text(found, station, day, opens, closes))
    return 0


def _station(text: str) -> StationId:
    if not STATION.fullmatch(text):
        raise InputError(f"--station: must be a code of four letters such as KMDW, was {text[:40]!r}")
    return StationId(text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as e:
        raise InputError(f"--date: must be YYYY-MM-DD, was {text[:40]!r}") from e
    if not 1900 <= day.year <= 2200:
        raise InputError(f"--date: must lie between 1900 and 2200, was {text!r}")
    return day


def _offset(station: StationId, stated: int | None) -> int:
    if stated is not None:
        if not -12 <= stated <= 14:
            raise InputError(f"--utc-offset: must be hours from -12 to 14, was {stated}")
        return stated
    offset = inputs.offsets().get(station)
    if offset is None:
        raise InputError(f"--station: {station} is not in the shipped list; state its standard time with --utc-offset")
    return offset


def _until(text: str | None) -> Nanos:
    if text is None:
        return Nanos(2**63)
    try:
        return instant(text)
    except (ValueError, OverflowError) as e:
        raise InputError(f"--asof: must be an ISO 8601 time, was {text[:40]!r}") from e


def _reports(file: Path, station: StationId, opens: Nanos) -> list[Reading]:
    readings = files.observations(inputs.text(file), str(file), Nanos(opens + 12 * HOUR), inputs.known())
    own = [reading for reading in readings if reading.station == station]
    if not own:
        others = ", ".join(sorted({reading.station for reading in readings})[:5])
        raise InputError(f"{file}: station: no report of {station}, was {others or 'empty'}")
    return own


def _climate(file: Path | None, station: StationId, day: date, closes: Nanos, until: Nanos) -> list[Reading]:
    if file is None:
        return []
    reports = files.climate(inputs.text(file), str(file), station, day, inputs.known())
    if not reports:
        raise InputError(f"{file}: climate report: none of {station} for {day}")
    known = [report for report in reports if (report.issued_at or Nanos(closes + DAY // 4)) <= until]
    readings = [cli.reading(report, station, closes) for report in known]
    return [reading for reading in readings if reading is not None]


def _document(found: Extreme, opens: Nanos, closes: Nanos) -> dict[str, object]:
    return {
        "lower_bound_f": found.bound,
        "candidates_f": list(found.candidates) or None,
        "official_f": found.official,
        "source": found.source,
        "window_utc": {"from": iso(opens), "to": iso(closes)},
    }


def _text(found: Extreme, station: StationId, day: date, opens: Nanos, closes: Nanos) -> str:
    lines = [
        f"{station} {day}, {iso(opens)} to {iso(closes)}",
        f"official high   {found.official} °F ({SOURCES[found.source]})" if found.source else "official high   not yet",
        "by the reports  —" if found.bound is None else f"by the reports  at least {found.bound} °F",
    ]
    if len(found.candidates) > 1:
        lines.append(f"sources disagree: {' or '.join(map(str, found.candidates))} °F")
    return "\n".join(lines) + "\n"
