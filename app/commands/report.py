"""``atmx report FOLDER``: the per-strategy table of a folder of Up/Down telemetry, after fees.

``atmx export telemetry`` writes such a folder from a recorded session. ``atmx report --cities`` counts the clean days
of each city from the profile's ledger instead, ``atmx report --day DATE`` scores the orders of a UTC day.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import resources
from app import paths
from engine.core.errors import InputError
from engine.core.when import instant
from engine.research import clean_days, telemetry_report
from engine.strategies.readiness import NEEDS

if TYPE_CHECKING:
    from engine.research.telemetry_report import Line, Report

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

INTERVALS: Final = ("5m", "15m", "1h", "4h")
DASH: Final = "—"
COLUMNS: Final = (
    "strategy", "signals", "orders", "fills", "wins", "win %", "invested", "gross", "fees", "net", "ROI %", "edge c",
)  # fmt: skip


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("report", help="print what each strategy of a telemetry folder came to")
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER")
    parser.add_argument("--day", metavar="DATE", help="the scorecard of a UTC day's orders, from the profile's ledger")
    parser.add_argument("--cities", action="store_true", help="clean days of each city, from the profile's ledger")
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.add_argument("--live", action="store_true", help="the live ledger, not the one of paper and demo")
    parser.add_argument("--interval", choices=INTERVALS, help="only windows of this length")
    parser.add_argument("--asset", default="", metavar="NAME", help="only windows of this asset, such as btc")
    parser.add_argument("--since", metavar="ISO", help="only windows that begin then or later")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read and print."""
    if args.cities:
        return _cities(args)
    if args.day is not None:
        from app.commands import report_day

        return report_day.run(args)
    if args.folder is None:
        msg = "FOLDER is missing: a folder that atmx export telemetry wrote, --day or --cities"
        raise InputError(msg)
    try:
        since = 0 if args.since is None else instant(args.since) // 1_000_000
    except (ValueError, OverflowError) as e:
        msg = f"--since: no date and time: {args.since!r}"
        raise InputError(msg) from e
    found = telemetry_report.report(args.folder, interval=args.interval or "", asset=args.asset, since_ms=since)
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(document(found)) + "\n")
    else:
        sys.stdout.write(table(found))
    return 0


def _cities(args: argparse.Namespace) -> int:
    """Print the clean days of each city."""
    ledger = paths.profile(getattr(args, "profile", None)).ledger("live" if args.live else "paper")
    if ledger is None or not ledger.is_file():
        msg = f"{ledger}: there is no such ledger"
        raise InputError(msg)
    offsets = {one["id"]: one["utc_offset_hours"] for one in resources.load_stations()}
    found = clean_days.count(ledger, offsets)
    rows = [
        {
            "station": one.station,
            "days": len(one.traded),
            "clean": one.clean,
            "halted": len(one.traded & one.halted),
            "unknown": len(one.traded & one.unknown),
        }
        for one in found
    ]
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps({"cities": rows, "wanted": NEEDS.days}) + "\n")
        return 0
    sys.stdout.write(f"city     days  clean  halted  unknown   (clean days wanted: {NEEDS.days})\n")
    for row in rows:
        cells = (f"{row['days']:>5}", f"{row['clean']:>6}", f"{row['halted']:>7}", f"{row['unknown']:>8}")
        sys.stdout.write(f"{row['station']:<8}{''.join(cells)}\n")
    if not rows:
        sys.stdout.write("nothing has traded on an event that a station decides\n")
    return 0


def document(found: Report) -> dict[str, Any]:
    """Return the report as the JSON of a backtest: money as strings, None where nothing is known."""
    whole = found.total()
    return {
        **_facts(whole),
        "windows": found.windows,
        "undecided": found.undecided,
        "orphans": found.orphans,
        "digest": found.digest,
        "strategies": {name: _facts(one) for name, one in sorted(found.lines.items())},
    }


def _facts(one: Line) -> dict[str, Any]:
    return {
        "signals": one.signals,
        "orders": one.orders,
        "trades": one.fills,
        "wins": one.wins,
        "invested": f"{one.invested:f}",
        "gross": f"{one.gross:f}",
        "fees": f"{one.fees:f}",
        "net": f"{one.net:f}",
        "sharpe": one.sharpe,
        "max_drawdown": one.drawdown,
        "win_rate": one.win_rate,
        "n_days": len(one.days),
        "mean_edge": one.edge,
    }


def table(found: Report) -> str:
    """Return the report for people."""
    lines = [*(found.lines[name] for name in sorted(found.lines)), found.total()]
    rows = [COLUMNS, *(_row(one) for one in lines)]
    wide = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    text = [
        "  ".join([row[0].ljust(wide[0]), *(cell.rjust(wide[n]) for n, cell in enumerate(row[1:], 1))]).rstrip()
        for row in rows
    ]
    text.append(
        f"{found.windows} windows, {found.undecided} without an outcome, {found.orphans} fills without an order"
    )
    return "\n".join(text) + "\n"


def _row(one: Line) -> tuple[str, ...]:
    def share(value: float | None, times: float = 100.0) -> str:
        return DASH if value is None else f"{times * value:.1f}"

    name = "".join(sign if sign.isprintable() else " " for sign in one.name)[:32]
    return (
        name, str(one.signals), str(one.orders), str(one.fills), str(one.wins), share(one.win_rate),
        f"{one.invested:.2f}", f"{one.gross:+.2f}", f"{one.fees:.2f}", f"{one.net:+.2f}", share(one.roi),
        share(one.edge),
    )  # fmt: skip
