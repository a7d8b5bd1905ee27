"""``atmx train DATA``: short-horizon models walked forward over recorded data, and scored beside a price that stays.

DATA is the folder of a data set, own sessions (a journal, or a folder of them such as a profile), or
``synthetic-season`` for a seeded one. With ``--state`` the features and finished
windows are kept in a folder, and a run that was stopped (Ctrl-C) goes on. With ``--model`` and ``--out`` a model of the
last training window's length is written as JSON; the setting ``strategies.momentum_model`` gives it to the strategy.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.commands import outputs
from engine.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from engine.research.training.table import Table
    from engine.research.training.walk import Plan, Window

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

MOST_TRIALS: Final = 1_000
STOPPED: Final = 130


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("train", help="walk short-horizon models over recorded data", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of a data set, or synthetic-season")
    parser.add_argument("--cadence", type=float, default=10.0, metavar="S", help="between two looks, as the strategy's")
    parser.add_argument("--horizon", type=float, default=60.0, metavar="S", help="5 to 60: from a look to its label")
    parser.add_argument("--windows", default="42:7", metavar="N:M", help="days (or windows) to train on and to test on")
    parser.add_argument("--kinds", default="ridge,boosted,online,varx", metavar="A,B", help="models to walk")
    parser.add_argument("--trials", type=int, default=5, metavar="N", help="of the search for parameters, each fit")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="of the search and the season")
    parser.add_argument("--days", type=int, default=63, metavar="N", help="of a synthetic season")
    parser.add_argument("--edge", type=float, default=0.2, metavar="E", help="that a synthetic season holds, 0 to 1")
    parser.add_argument("--hours", type=float, default=3.0, metavar="H", help="of each of its days, 0.1 to 12")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep features and windows here and go on from them")
    parser.add_argument("--save", type=Path, metavar="FILE", help="the report as JSON")
    parser.add_argument("--model", metavar="KIND", help="which model to write")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Collect, walk, report; 0 whichever way it falls, 130 when it was stopped."""
    from engine.research.training import collect, report, season, walk

    plan = _plan(args)
    folder = None if plan.data == season.NAME else args.data
    if folder is not None and not folder.exists():
        raise InputError(f"{folder}: no such folder")
    outputs.fit("--save", args.save)
    outputs.fit("--out", args.out)
    state: Path | None = args.state
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
    with _stoppable() as stopped:
        some = collect.parts(plan.data, folder, seed=plan.seed, days=args.days, edge=args.edge, hours=args.hours)
        table = collect.table(plan.data, some, plan.definition, cache=state, told=_told("features of"), stopped=stopped)
        if table is None:
            return _stopped(state)
        store = walk.Store(None if state is None else state / "windows.jsonl")
        windows = walk.run(plan, table, store, told=_windows, stopped=stopped)
        if len(windows) < len(walk.steps(plan, table)):
            return _stopped(state)
        if args.out is not None:
            _write(args, plan, table)
    _print(args, plan, windows)
    if args.save is not None:
        args.save.write_text(json.dumps(report.document(plan, windows)) + "\n", "utf-8")
    return 0


def _print(args: argparse.Namespace, plan: Plan, windows: tuple[Window, ...]) -> None:
    from engine.research.training import report

    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(report.document(plan, windows)) + "\n")
    else:
        sys.stdout.write(report.text(plan, windows))


def _plan(args: argparse.Namespace) -> Plan:
    from engine.research.training import collect, fit, season, sessions, walk
    from engine.strategies import horizon

    name = args.data.name if str(args.data) == season.NAME else args.data.resolve().name
    if name != season.NAME and sessions.found(args.data):
        name = sessions.NAME
    elif name != season.NAME:
        from engine.research import backtest

        backtest.data_set(name)
    train, colon, test = args.windows.partition(":")
    if not (colon and train.isdecimal() and test.isdecimal() and 1 <= int(train) <= 3_650 and 1 <= int(test) <= 365):
        raise InputError(f"--windows: must be N:M in days, such as 42:7, was {args.windows[:40]}")
    kinds = tuple(dict.fromkeys(args.kinds.split(",")))
    unknown = [kind for kind in (*kinds, args.model or kinds[0]) if kind not in fit.KINDS]
    if unknown:
        raise InputError(f"{unknown[0][:40]}: no such model; there are {', '.join(fit.KINDS)}")
    if (args.model is None) is not (args.out is None):
        raise InputError("--model and --out go together: which model, and where to")
    if not 1 <= args.trials <= MOST_TRIALS:
        raise InputError(f"--trials: must be 1 to {MOST_TRIALS}, was {args.trials}")
    if not (1 <= args.days <= 3_650 and 0.0 <= args.edge <= 1.0 and 0.1 <= args.hours <= 12.0):
        raise InputError("--days must be 1 to 3650, --edge 0 to 1, --hours 0.1 to 12")
    definition, absent = collect.definition(name, args.cadence, args.horizon)
    why = horizon.check(definition)
    if why:
        raise InputError(f"--cadence, --horizon: {why}")
    return walk.Plan(
        data=name, definition=definition, train=int(train), test=int(test), step=int(test), kinds=kinds,
        seed=args.seed or 0, trials=args.trials, absent=absent,
    )  # fmt: skip


def _write(args: argparse.Namespace, plan: Plan, table: Table) -> None:
    """Write a model of the newest days, as many as a window trains on."""
    from engine.research.training import walk
    from engine.research.training.table import groups
    from engine.strategies.horizon_model import LARGEST, write

    newest = set(groups(table)[-plan.train :])
    known = table.take(table.group >= min(newest))
    body = write(walk.made(plan, known, args.model)[0])
    if len(body) > LARGEST:
        raise InputError(f"{args.out}: the model would be {len(body)} bytes, more than the {LARGEST} that are read")
    args.out.write_bytes(body)
    sys.stderr.write(f"atmx: {args.model} written to {args.out}, {len(body):,} bytes\n")


def _told(what: str) -> Callable[[str], None]:
    return lambda part: _say(f"{what} {part}")


def _windows(done: int, of: int) -> None:
    _say(f"{done} of {of} windows")


def _say(text: str) -> None:
    sys.stderr.write(f"atmx: {text}\n")
    sys.stderr.flush()


def _stopped(state: Path | None) -> int:
    kept = "nothing was kept" if state is None else f"what is done is kept in {state}"
    _say(f"stopped; {kept}")
    return STOPPED


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C stop at the next part or window, and the second at once."""
    asked: list[bool] = []

    def hear(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)
        _say("stopping after this one; again to stop at once")

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
