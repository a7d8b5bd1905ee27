"""``atmx providers``: the daily highs of each provider held against the official ones, station by station.

A provider that fails at a station is left out there by the terminal from its next start on: its rows are no evidence.
Thresholds are stated with the answer; too few days say nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from app import paths
from app.commands.fetch_clients import now
from engine.core.errors import InputError, StoreDamaged
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import HOUR, MINUTE, Nanos
from engine.store.archive import Archive
from engine.weather import climate_day, providers
from engine.weather.climate_day import tenths_celsius

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.store.archive import Minute
    from engine.weather.providers import Check

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HEAD: Final = ("provider", "station", "days", "equal", "within 1", "above", "bias", "worst", "verdict")
BEFORE: Final = 6 * HOUR
AFTER: Final = 10 * MINUTE
"""Reports around a day that speak of it: six-hour groups, and the one that closes it."""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("providers", help="check providers against official highs", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder of reference data in place of the archive")
    parser.add_argument("--stations", default="", metavar="A,B", help="of the archive; all of it unless told")
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, keep the verdicts, print; 1 when a provider failed somewhere."""
    if args.data is not None:
        from engine.research import provider_sets

        found: Sequence[Check] = provider_sets.checks(args.data)
    else:
        archive = Archive(paths.profile(getattr(args, "profile", None)).weather)
        found = tuple(of_archive(archive, [name for name in args.stations.upper().split(",") if name]))
        for one in found:
            body = msgspec.json.encode(one).decode()
            archive.judged(one.provider, one.station, now(), one.usable, body)
    if getattr(args, "json", False):
        said = {"thresholds": providers.THRESHOLDS, "checks": [msgspec.to_builtins(one) for one in found]}
        sys.stdout.write(json.dumps(said) + "\n")
    else:
        sys.stdout.write(_text(found))
    return 1 if any(one.usable is False for one in found) else 0


def of_archive(archive: Archive, names: Sequence[str] = ()) -> Iterator[Check]:
    """Yield the figures of every provider at every station that has official highs in the archive.

    Raises
    ------
    InputError
        If the archive has no station, or none of those asked for.
    """
    rows = {row.id: row for row in _stations(archive)}
    wanted = sorted(set(names) & rows.keys() if names else rows)
    if not wanted:
        raise InputError("the archive has none of these stations; atmx fetch all --backfill brings them")
    days = archive.days()
    for station in wanted:
        shelves: dict[str, list[providers.Pair]] = {}
        for day in _span(days):
            for provider, pair in _day(archive, rows[station], day):
                shelves.setdefault(provider, []).append(pair)
        for provider, pairs in shelves.items():
            yield providers.check(provider, station, pairs)


def _day(archive: Archive, row: StationRow, day: date) -> Iterator[tuple[str, providers.Pair]]:
    """Yield each provider's high of a day beside the official one; nothing where nobody stated that."""
    opens, closes = climate_day.window(day, row.utc_offset_hours)
    official = providers.official(archive.statements(row.id, day, day), day, closes)
    if official is None:
        return
    since, until = Nanos(opens - BEFORE), Nanos(closes + AFTER)
    readings = archive.readings(row.id, since, until)
    readings += [one for m in archive.minutes(row.id, opens, closes) if (one := _reading(m)) is not None]
    for provider, high in providers.highs(readings, opens, closes).items():
        yield provider, providers.Pair(day, high, official)


def _reading(minute: Minute) -> Reading | None:
    if minute.temp_f is None or minute.suspect:
        return None
    return Reading(
        station=StationId(minute.station),
        measured_at=minute.at,
        kind=ReportKind.ONE_MINUTE,
        source=minute.source,
        raw="",
        temp_tenths_c=tenths_celsius(minute.temp_f),
    )


def _stations(archive: Archive) -> Iterator[StationRow]:
    for row in archive.rows("stations", Nanos(0)):
        try:
            yield msgspec.json.decode(row["body"], type=StationRow)
        except msgspec.MsgspecError as e:
            msg = f"a station in the archive cannot be read ({e})"
            raise StoreDamaged(msg) from e


def _span(days: Sequence[date]) -> list[date]:
    """Return every day that lies in the files, and the one before: a station's day ends in the next file."""
    return sorted({*days, *(day - timedelta(days=1) for day in days)})


def _text(found: Iterable[Check]) -> str:
    rows = [HEAD, *map(_cells, found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"usable: {providers.THRESHOLDS}"]) + "\n"


def _cells(one: Check) -> tuple[str, ...]:
    verdict = {True: "usable", False: f"not usable: {one.why}", None: f"cannot be said: {one.why}"}[one.usable]
    return (
        one.provider,
        one.station,
        f"{one.n:,}",
        _percent(one.equal),
        _percent(one.within_one),
        _percent(one.above),
        "—" if one.bias is None else f"{one.bias:+.2f} °F",
        "—" if one.worst is None else f"{one.worst:+d} °F on {one.worst_day}",
        verdict,
    )


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"
