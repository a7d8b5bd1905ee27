"""``atmx backtest DATA --strategy NAME``: strategies over recorded data, through the live engine, with exact fees.

DATA is the folder of a data set; its name says which. Every part (a day, an event, a window) starts with an empty paper
account and ends settled. With ``--state`` finished parts are kept, and a run that was stopped goes on; over files that
have changed since, or by another version of the program, it begins anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app import __version__
from app.commands import outputs
from engine.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.research.backtest import Plan
    from engine.research.backtest_report import Line, Report

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

MOST_JOBS: Final = 256
LONGEST_MS: Final = 60_000


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("backtest", help="play strategies over recorded data", description=__doc__)
    arguments(parser)
    parser.add_argument("--save", type=Path, metavar="FILE", help="the report as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="the report as a page")
    parser.set_defaults(run=run)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is run, over which data, how orders fill and where."""
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of a data set")
    parser.add_argument("--strategy", action="append", required=True, metavar="NAME", help="again for another one")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
        help="a parameter, with several strategies as NAME.KEY=VALUE",
    )  # fmt: skip
    parser.add_argument("--part", action="append", default=[], metavar="NAME", help="this part; again for another one")
    parser.add_argument("--fills", choices=("queue", "touch"), default="queue", help="how resting orders fill")
    parser.add_argument("--latency", type=float, default=35.0, metavar="MS", help="to the venue; the way back is half")
    parser.add_argument("--size", default="50", metavar="N", help="contracts at a touch whose size nobody recorded")
    parser.add_argument("--slip", type=int, default=0, metavar="CENTS", help="a touch implied by trades is worse by it")
    parser.add_argument("--model", type=Path, metavar="FILE", help="what atmx train wrote, for bracket_momentum")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="of the delays")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes of this machine")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, or local")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep finished parts here and go on from them")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Play, report; always 0, since a loss is no error."""
    from engine.research import backtest_job as job
    from engine.research import backtest_page, backtest_report

    found, as_json = plan(args), getattr(args, "json", False)
    outputs.fit("--save", args.save)
    outputs.fit("--html", args.html)
    began = time.perf_counter()
    results = job.run(
        found, args.data, job.Store(args.state), jobs=args.jobs, scheduler=args.scheduler,
        told=silent if as_json else told,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    report = backtest_report.build(found, results)
    if as_json:
        sys.stdout.write(json.dumps(document(report)) + "\n")
    else:
        sys.stdout.write(_text(report) + f"{report.events / seconds:,.0f} events/s\n")
    if args.save is not None:
        args.save.write_bytes(_encoded(report))
    if args.html is not None:
        args.html.write_text(backtest_page.page([report]), "utf-8")
    return 0


def document(report: Report) -> dict[str, Any]:
    """Return a report as the contract has it, its strategies below; money as text."""
    return {
        "data": report.plan.data, "plan": report.key, **_figures(report.total),
        "strategies": [{"strategy": one.name, **_figures(one)} for one in report.strategies],
        "parts": report.parts, "orders": report.orders, "events": report.events, "notes": report.notes,
        "verdict": report.verdict, "digest": report.digest,
    }  # fmt: skip


def _figures(one: Line) -> dict[str, Any]:
    return {
        "trades": one.fills, "gross": f"{one.gross:f}", "fees": f"{one.fees:f}", "net": f"{one.net:f}",
        "sharpe": None if one.sharpe is None else round(one.sharpe.value, 4), "max_drawdown": f"{one.drawdown:.6f}",
        "win_rate": None if one.wins is None else round(one.wins.value, 6), "n_days": one.days,
    }  # fmt: skip


def plan(args: argparse.Namespace) -> Plan:
    """Return the plan that a command line asks for."""
    from engine.research.backtest import Fills, Plan, data_set, stamp
    from engine.research.sets.recording import Assumed

    data_set(args.data.resolve().name)
    if not args.data.is_dir():
        raise InputError(f"{args.data}: no such folder")
    if not 1 <= args.jobs <= MOST_JOBS:
        raise InputError(f"--jobs: must be 1 to {MOST_JOBS}, was {args.jobs}")
    if not 0 <= args.latency <= LONGEST_MS:
        raise InputError(f"--latency: must be 0 to {LONGEST_MS} ms, was {args.latency:g}")
    if not 0 <= args.slip <= 50:
        raise InputError(f"--slip: must be 0 to 50 cents, was {args.slip}")
    try:
        size = Decimal(args.size)
    except InvalidOperation:
        size = Decimal(0)
    if not size.is_finite() or not 0 < size <= 1_000_000:
        raise InputError(f"--size: must be above 0 and at most 1000000 contracts, was {args.size}")
    strategies = tuple(dict.fromkeys(args.strategy))
    model, digest = _model(args.model, strategies)
    return Plan(
        data=args.data.resolve().name, strategies=strategies, parts=tuple(args.part), seed=args.seed or 0,
        parameters=tuple(_parameter(text, strategies) for text in args.settings),
        fills=Fills(model=args.fills, out_ms=args.latency, back_ms=args.latency / 2),
        assumed=Assumed(size=size, slippage=args.slip * 100), model=model, model_digest=digest,
        stamp=stamp(args.data.resolve(), __version__, _ours(args)),
    )  # fmt: skip


def _ours(args: argparse.Namespace) -> set[Path]:
    """Return what this run writes: it may lie beside the data, and is none of them."""
    written = (getattr(args, name, None) for name in ("state", "save", "html"))
    return {file.resolve() for file in written if file is not None}


def _model(file: Path | None, strategies: Sequence[str]) -> tuple[str, str]:
    """Return the model's file and what its bytes are; empty where none is named."""
    from engine.research import backtest
    from engine.strategies import horizon_model

    if file is None:
        return "", ""
    if backtest.MOMENTUM not in strategies:
        raise InputError(f"--model: is for {backtest.MOMENTUM}, which is not among the strategies")
    body = backtest.lesson(file)
    try:
        horizon_model.read(body)
    except ValueError as e:
        raise InputError(f"{file}: the model {e}") from None
    return str(file.resolve()), backtest.model_digest(body)


def _parameter(text: str, strategies: Sequence[str]) -> tuple[str, str, str]:
    key, equals, value = text.partition("=")
    who, dot, name = key.rpartition(".")
    if not equals or not name or (not dot and len(strategies) > 1):
        raise InputError(f"--set {text}: must be KEY=VALUE, with several strategies NAME.KEY=VALUE")
    return (who or strategies[0], name, value)


def _encoded(report: Report) -> bytes:
    import msgspec

    return msgspec.json.encode(report) + b"\n"


def silent(done: int, of: int) -> None:
    """Say nothing: one JSON document is all there is to be."""


def told(done: int, of: int) -> None:
    """Say how far it is."""
    sys.stderr.write(f"atmx: {done} of {of} parts\n")


def _text(report: Report) -> str:
    from engine.research import backtest_page

    rows = [backtest_page.HEAD, *map(backtest_page.cells, (report.total, *report.strategies))]
    rows += [row for _, lines in report.groups for row in map(backtest_page.cells, lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True)))
        for r in rows
    ]
    lines += ["", *(f"{who}: {code} {n:,} times" for who, code, n in report.silent)]
    lines += [f"assumed: {note}" for note in report.notes]
    lines += [report.verdict, f"{report.parts} parts, {report.rows:,} rows, digest {report.digest}"]
    return "\n".join(lines) + "\n"
