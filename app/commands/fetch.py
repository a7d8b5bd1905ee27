"""``atmx fetch``: the weather of stations into the profile's archive: past days, as it comes, or what a night needs.

Pieces that are complete are on disk and are not asked for again; a fetch that was stopped, however hard, goes on with
what is missing. What a source has nothing of is kept as a gap. Everything is asked politely: one question for all
stations where the service allows it, about one a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import resources
from app import paths, settings
from app.commands import fetched
from app.commands.fetch_clients import clients, crossing, now
from engine.core.errors import BadReport, InputError, NoAnswer
from engine.core.events import Observed
from engine.core.ids import StationId
from engine.core.snapshot import StationRow
from engine.core.units import Nanos
from engine.core.when import utc_day
from engine.sources import harvest
from engine.sources.follow import Follow
from engine.sources.iem_client import Iem
from engine.store.archive import Archive, Load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.events import StationForecast
    from engine.core.reading import Reading
    from engine.sources.harvest import Piece
    from engine.sources.visual_crossing_client import VisualCrossing

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

ALL: Final = (harvest.ASOS, harvest.CLI, harvest.CF6, harvest.DSM, harvest.ONE_MINUTE)
DAILY: Final = 3
"""Days that `--daily` looks back on: minutes come a day late, official values are corrected."""
MOST_DAYS: Final = 8_000
IN_A_ROW: Final = 3
"""Questions that fail one after the other before a source is left alone."""
FLUSH_S: Final = 2.0
SHOWN: Final = 20
"""Errors that are told."""


@dataclass(slots=True)
class Done:
    """What came of a fetch."""

    rows: int = 0
    new: int = 0
    pieces: int = 0
    kept: int = 0
    """Pieces that were complete before."""
    failed: int = 0
    gaps: int = 0
    skipped: int = 0
    """Lines that could not be read."""
    errors: list[str] = field(default_factory=list)
    unreached: bool = False
    """There was no connection to the service, and nothing more is asked of it."""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("fetch", help="fetch weather into the archive", description=__doc__)
    parser.add_argument(
        "source", metavar="SOURCE", choices=("all", "session", *harvest.SOURCES),
        help=f"all ({', '.join(ALL)}), one of {', '.join(harvest.SOURCES)}, or session: what the terminal heard",
    )  # fmt: skip
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--backfill", nargs=2, metavar=("FROM", "TO"), help="days, both inside, such as 2026-07-01")
    mode.add_argument("--follow", action="store_true", help="reports as they come, until interrupted")
    mode.add_argument("--daily", action="store_true", help=f"the last {DAILY} days: for a nightly job")
    parser.add_argument(
        "--stations",
        default="",
        metavar="A,B",
        help="ICAO codes, or all of the shipped list; those of the settings unless told",
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="follow for so long")
    parser.add_argument(
        "--contact", default="", metavar="TEXT", help="where services can reach you, such as an address"
    )
    where = "services elsewhere: what atmx sandbox printed"
    parser.add_argument("--endpoints", type=Path, metavar="FILE", default=argparse.SUPPRESS, help=where)
    parser.add_argument("--live", action="store_true", help="of a session: the live ledger, not that of paper and demo")
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Fetch, print what came; 1 when something of it is still missing because nobody answered."""
    profile = paths.profile(getattr(args, "profile", None))
    archive = Archive(profile.weather)
    first, last = _span(args)
    done, began = Done(), time.perf_counter()
    if args.source == "session":
        fetched.session(profile, archive, live=args.live, first=first, last=last, done=done)
    else:
        found = settings.load(profile.settings).weather
        args.contact = args.contact or found.contact
        args.stations = args.stations or ",".join(found.stations)
        key = args.source == harvest.CROSSING and not args.follow
        own = crossing(profile, args.endpoints, args.contact) if key else None
        asyncio.run(_fetch(args, archive, first, last, done, own, found.visual_crossing.daily_records))
    _say(args, done, first, last, time.perf_counter() - began)
    return 1 if done.failed else 0


def stations(text: str) -> tuple[StationRow, ...]:
    """Return the shipped stations that a list names.

    Raises
    ------
    InputError
        If it names none, or one that is not known.
    """
    known = {row["id"]: StationRow(**row) for row in resources.load_stations()}
    if text.strip().lower() == "all":
        return tuple(known.values())
    names = dict.fromkeys(name.strip().upper() for name in text.split(",") if name.strip())
    if not names:
        raise InputError("--stations: name stations such as KNYC,KMDW, or all")
    lacking = next((name for name in names if name not in known), None)
    if lacking is not None:
        raise InputError(f"--stations: no station {lacking[:20]!r} in the shipped list")
    return tuple(known[name] for name in names)


async def _fetch(
    args: argparse.Namespace,
    archive: Archive,
    first: date,
    last: date,
    done: Done,
    own: VisualCrossing | None,
    allowance: float,
) -> None:
    rows = stations(args.stations)
    iem, nws = clients(args.endpoints, args.contact)
    try:
        if args.follow:
            if args.source not in {"all", harvest.ASOS}:
                raise InputError(f"--follow: reports come from asos, not from {args.source}")
            await _follow(args, archive, rows, iem, done)
            return
        work = harvest.Harvest(iem, nws, now, own, allowance)
        for source in ALL if args.source == "all" else (args.source,):
            await _take(work, archive, harvest.pieces(source, rows, first, last), done, told=not _json(args))
    finally:
        await iem.client.close()
        await nws.client.close()
        if own is not None:
            await own.client.close()


async def _take(work: harvest.Harvest, archive: Archive, pieces: Sequence[Piece], done: Done, *, told: bool) -> None:
    """Do the pieces that are not complete; leave a source alone that fails again and again."""
    failures = 0
    for number, piece in enumerate(pieces, 1):
        done.pieces += 1
        if archive.done(piece.key):
            done.kept += 1
            continue
        if failures >= IN_A_ROW or done.unreached:
            done.failed += 1
            continue
        try:
            crop = await work.take(piece)
        except (NoAnswer, BadReport) as e:
            if isinstance(e, NoAnswer) and e.unreached:
                _offline(e, done)
                continue
            failures += 1
            _failed(archive, piece, e, done)
            said = f"failed: {e}"
        else:
            failures = 0
            load = fetched.load(piece, crop)
            new = archive.keep(load, done=piece.key if piece.final(now()) else "", at=now())
            done.rows, done.new = done.rows + load.rows, done.new + new
            done.gaps, done.skipped = done.gaps + len(crop.missing), done.skipped + crop.skipped
            said = f"{load.rows:,} rows, {new:,} new, {len(crop.missing)} gaps"
        if told:
            sys.stderr.write(f"atmx: {piece.source} {piece.first}: {number} of {len(pieces)}, {said}\n")


def _offline(error: NoAnswer, done: Done) -> None:
    """Say that the service cannot be reached at all, which is no gap in what it has."""
    done.failed, done.unreached = done.failed + 1, True
    done.errors.append(str(error)[:300])
    sys.stderr.write(f"atmx: {error}. Is there a network? Nothing else is asked for\n")


def _failed(archive: Archive, piece: Piece, error: Exception, done: Done) -> None:
    done.failed += 1
    done.errors.append(f"{piece.source} {piece.first}: {error}"[:300])
    archive.keep(fetched.nothing(piece, str(error)[:200]))
    done.gaps += len(piece.stations)


async def _follow(
    args: argparse.Namespace, archive: Archive, rows: tuple[StationRow, ...], iem: Iem, done: Done
) -> None:
    """Keep reports as they come, every few seconds, until interrupted or the time is over."""
    heard: list[Observed] = []

    def emit(event: Observed | StationForecast) -> None:
        if isinstance(event, Observed):
            heard.append(event)

    def flush() -> None:
        batches: dict[Nanos, list[Reading]] = {}
        for event in heard:
            batches.setdefault(event.at, []).append(event.reading)
        for at, readings in batches.items():
            done.new += archive.keep(Load(readings=readings, stations=rows, known_at=at))
            done.rows += len(readings)
        heard.clear()

    task = Follow(iem=iem, nws=None, now=now, emit=emit)
    task.want(rows, official=[StationId(row.id) for row in rows])
    stop, asking = _stop(), asyncio.create_task(task.run())
    end = None if args.minutes is None else time.monotonic() + 60 * args.minutes
    try:
        while not stop.is_set() and not asking.done() and (end is None or time.monotonic() < end):
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    stop.wait(), FLUSH_S if end is None else min(FLUSH_S, max(end - time.monotonic(), 0))
                )
            before = done.new
            flush()
            if done.new > before and not _json(args):
                sys.stderr.write(f"atmx: {done.new:,} new reports\n")
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        flush()
        for (service, what), one in sorted(task.rounds.by.items()):
            if one.why:
                done.errors.append(f"{service} {what}: {one.why}"[:300])


def _stop() -> asyncio.Event:
    """Return what is set when the process is asked to end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except (NotImplementedError, RuntimeError):  # Windows' loop has none, nor has one of another thread
            with suppress(ValueError):
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop


def _span(args: argparse.Namespace) -> tuple[date, date]:
    today = utc_day(now())
    if args.backfill is None:
        return (today - timedelta(days=DAILY), today) if args.daily else (today, today)
    first, last = (_day(text, name) for text, name in zip(args.backfill, ("FROM", "TO"), strict=True))
    if not first <= last <= today + timedelta(days=1):
        raise InputError(f"--backfill: FROM must not be after TO, nor TO in the future, was {first} {last}")
    if (last - first).days >= MOST_DAYS:
        raise InputError(f"--backfill: at most {MOST_DAYS} days at once, was {(last - first).days + 1}")
    return first, last


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as e:
        raise InputError(f"--backfill: {name}: no day: {text[:40]!r}") from e


def _json(args: argparse.Namespace) -> bool:
    return bool(getattr(args, "json", False))


def _say(args: argparse.Namespace, done: Done, first: date, last: date, seconds: float) -> None:
    if _json(args):
        said = {
            "rows": done.rows, "from": f"{first}", "to": f"{last}", "new": done.new, "pieces": done.pieces,
            "kept": done.kept, "failed": done.failed, "gaps": done.gaps, "skipped": done.skipped,
            "errors": done.errors[:SHOWN], "seconds": round(seconds, 3),
        }  # fmt: skip
        sys.stdout.write(json.dumps(said) + "\n")
        return
    sys.stdout.write(
        f"{first} to {last}: {done.rows:,} rows, {done.new:,} of them new; {done.pieces} pieces, {done.kept} complete "
        f"before, {done.failed} without an answer; {done.gaps} gaps, {done.skipped} lines that cannot be read; "
        f"{seconds:.1f} s\n"
    )
    for error in done.errors[:SHOWN]:
        sys.stdout.write(f"  {error}\n")
