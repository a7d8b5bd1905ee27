"""``atmx settlements``: how often each settlement rule was right on the past, and how often it could not say.

For a nightly job: with ``--state`` every finished part is on disk, a run that was stopped goes on where it ended, and
one on unchanged data ends at once.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.research.settlement import Tally
    from engine.research.settlement_job import Part, Result

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

MOST_STATIONS: Final = 100_000
MOST_DAYS: Final = 40_000
MOST_JOBS: Final = 256
HEAD: Final = ("rule", "days", "settled", "disputed", "dispute rate", "right", "accuracy", "within 1")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("settlements", help="score settlement rules on the past", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="station-days as JSON")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of reference data; sets that are there count")
    parser.add_argument("--synthetic", action="store_true", help="made-up stations too")
    parser.add_argument("--stations", type=int, default=900, metavar="N", help="of the made-up world")
    parser.add_argument("--days", type=int, default=1_826, metavar="N", help="of the made-up world")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="which made-up world")
    parser.add_argument("--part", type=int, default=50, metavar="N", help="made-up stations to a part")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep finished parts here and go on from them")
    parser.add_argument("--fresh", action="store_true", help="forget what is kept")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes of this machine")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, or local")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what is missing, print all; always 0, since a share is no verdict."""
    from engine.research import job, settlement_job  # numpy takes longer to import than bad usage to answer

    as_json = getattr(args, "json", False)
    parts = _parts(args)
    if args.fresh and args.state is not None:
        args.state.unlink(missing_ok=True)
    kept = settlement_job.Kept(args.state)
    before = sum(part.key in kept.found for part in parts)
    began = time.perf_counter()
    results = job.run(parts, kept, jobs=args.jobs, scheduler=args.scheduler, told=_silent if as_json else _told)
    seconds = round(time.perf_counter() - began, 3)
    if as_json:
        about = {"parts": len(parts), "kept": before, "seconds": seconds, "sources": settlement_job.report(results)}
        sys.stdout.write(json.dumps(about) + "\n")
    else:
        sys.stdout.write(_text(results))
        sys.stdout.write(f"{len(parts)} parts, {before} kept from before, {seconds} s\n")
    return 0


def _parts(args: argparse.Namespace) -> tuple[Part, ...]:
    from engine.research import settlement_job as job

    for name, most in (("stations", MOST_STATIONS), ("days", MOST_DAYS), ("part", MOST_STATIONS), ("jobs", MOST_JOBS)):
        if not 1 <= getattr(args, name) <= most:
            raise InputError(f"--{name}: must be 1 to {most}, was {getattr(args, name)}")
    seed = args.seed or 0
    if seed < 0:
        raise InputError(f"--seed: must not be negative, was {seed}")
    parts = [part for file in args.files for part in job.recorded(file)]
    if args.data is not None:
        parts += job.present(args.data)
    if args.synthetic:
        parts += job.made(seed, args.stations, args.days, args.part)
    if not parts:
        raise InputError("nothing to score: name a FILE, --data DIR or --synthetic")
    return tuple(parts)


def _silent(done: int, of: int) -> None:
    """Say nothing: one JSON document is all there is to be."""


def _told(done: int, of: int) -> None:
    sys.stderr.write(f"atmx: {done} of {of} parts\n")


def _text(results: Sequence[Result]) -> str:
    from engine.research import settlement, settlement_job

    lines: list[str] = []
    for source, measure in dict.fromkeys((result.source, result.measure) for result in results):
        found = [result for result in results if (result.source, result.measure) == (source, measure)]
        totals = settlement.totals(tally for result in found for tally in result.tallies)
        stations = {tally.station for result in found for tally in result.tallies}
        rows = sum(result.rows for result in found)
        lines.append(f"{source}: {measure}, {len(stations)} stations, {rows:,} hours")
        if not totals:
            continue
        lines += _table([HEAD, *map(_cells, totals)])
        rule = next((one.rule for one in totals if one.rule == "hourly"), totals[0].rule)
        least = settlement_job.worst(found, rule)
        lines.append(f"least often right by {rule}: " + ", ".join(f"{t.station} {t.right}/{t.settled}" for t in least))
        lines.append("")
    return "\n".join(lines) + "\n"


def _cells(tally: Tally) -> tuple[str, ...]:
    return (
        tally.rule,
        f"{tally.days:,}",
        f"{tally.settled:,}",
        f"{tally.disputed:,}",
        _percent(tally.dispute_rate),
        f"{tally.right:,}",
        _percent(tally.accuracy),
        f"{tally.near:,}",
    )


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.rjust(wide) for cell, wide in zip(row, widths, strict=True)) for row in rows]
