"""``atmx sweep DATA --strategy NAME --grid KEY=A,B,C``: a backtest again and again, with each mixture of parameters.

NAME is a strategy, which goes through the whole kernel, or one of the two rules ``quotes`` and ``takes``, which are
compiled and go through millions of events a second. Runs on the cores of this machine (``--jobs``) or on a Dask
cluster (``--scheduler``) come to the same. With ``--state`` finished pieces are kept, and a run that was stopped goes
on; ctrl-C stops one after the piece at hand.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from app.commands import backtest
from engine.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.research.sweep import Line, Sweep

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

STOPPED: Final = 1
SHOWN: Final = 40
HEAD: Final = ("point", "parts", "orders", "fills", "gross", "fees", "net", "wins", "Sharpe", "deflated")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("sweep", help="backtest a grid of parameters", description=__doc__)
    backtest.arguments(parser)
    parser.add_argument(
        "--grid", action="append", required=True, metavar="KEY=A,B,C", help="values of a parameter; again for another"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sweep, print the points, best first; 0, or 1 where it was stopped."""
    from engine.research import sweep as sweeps

    as_json = getattr(args, "json", False)
    found = sweeps.Sweep(plan=backtest.plan(args), axes=tuple(_axis(text) for text in args.grid))
    if len(found.plan.strategies) != 1:
        raise InputError("--strategy: a sweep is of one strategy or rule")
    began = time.perf_counter()
    with _until_interrupted() as stopped:
        came = sweeps.run(
            found, args.data, sweeps.store(args.state), jobs=args.jobs, scheduler=args.scheduler,
            told=backtest.silent if as_json else backtest.told, stopped=stopped,
        )  # fmt: skip
    seconds = time.perf_counter() - began
    lines = sweeps.lines(found, came)
    if as_json:
        about = {"data": found.plan.data, "strategy": found.plan.strategies[0], "points": found.count}
        rows = [_document(line) for line in lines]
        sys.stdout.write(json.dumps({**about, "seconds": round(seconds, 3), "lines": rows}) + "\n")
    else:
        sys.stdout.write(_text(found, lines) + f"{sum(one.events for one in came) / seconds:,.0f} events/s\n")
    return STOPPED if stopped() else 0


def _axis(text: str) -> Any:  # noqa: ANN401 - Axis, whose module is imported when it is needed
    from engine.research.sweep import Axis

    name, equals, values = text.partition("=")
    if not name or not equals or not values:
        raise InputError(f"--grid {text}: must be KEY=A,B,C")
    return Axis(name, tuple(dict.fromkeys(one.strip() for one in values.split(",") if one.strip())))


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Let the first ctrl-C ask for an end, and the second be one."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)
        sys.stderr.write("atmx: stopping after the piece at hand; again to stop at once\n")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _document(line: Line) -> dict[str, Any]:
    return {
        "point": dict(line.point), "parts": line.parts, "orders": line.orders, "trades": line.fills,
        "gross": f"{line.gross:f}", "fees": f"{line.fees:f}", "net": f"{line.net:f}",
        "win_rate": None if line.wins is None else round(line.wins.value, 6),
        "sharpe": None if line.sharpe is None else round(line.sharpe.value, 4),
        "deflated": None if line.deflated is None else round(line.deflated, 4), "digest": line.digest,
    }  # fmt: skip


def _text(sweep: Sweep, lines: Sequence[Line]) -> str:
    rows = [HEAD, *(_cells(line) for line in lines[:SHOWN])]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    told = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    if len(lines) > SHOWN:
        told.append(f"… and {len(lines) - SHOWN} more points")
    best = lines[0] if lines else None
    tried = f"{len(lines)} of {sweep.count} points of {sweep.plan.strategies[0]} on {sweep.plan.data}"
    if best is None or best.deflated is None:
        told.append(f"{tried}: too few days to say whether the best is more than the luckiest.")
    else:
        told.append(f"{tried}: the best is above the luckiest of so many with a chance of {best.deflated:.0%}.")
    return "\n".join(told) + "\n"


def _cells(line: Line) -> tuple[str, ...]:
    return (
        " ".join(f"{name}={value}" for name, value in line.point), str(line.parts), f"{line.orders:,}",
        f"{line.fills:,}", f"{line.gross:.2f}", f"{line.fees:.2f}", f"{line.net:.2f}",
        "—" if line.wins is None else f"{line.wins.value:.0%}",
        "—" if line.sharpe is None else f"{line.sharpe.value:.2f}",
        "—" if line.deflated is None else f"{line.deflated:.0%}",
    )  # fmt: skip
