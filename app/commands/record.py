"""`atmx record --out FILE`: a session's journal written without a window, a ledger or an order.

It records what the terminal of the profile would see in paper mode: its venues and weather, by its settings and keys.
With ``--demo``, or where the settings name the demo, it records the simulated day. Nothing of the profile is written,
so a terminal may run on it meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import opening as opens
from app.commands import outputs, signals
from engine.core.errors import InputError
from engine.store import journal

if TYPE_CHECKING:
    from app.recorder import Taken

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

LONGEST_MINUTES: Final = 100_000.0
"""About ten weeks."""
WAIT_S: Final = 30.0
LONGEST_WAIT_S: Final = 86_400.0


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("record", help="write a session's journal, without a window and without an order")
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="the journal; must not be there yet")
    parser.add_argument("--minutes", type=float, metavar="M", help="of real time; without it until ctrl-C or SIGTERM")
    parser.add_argument("--replace", action="store_true", help="write over FILE if it is a journal that nobody writes")
    parser.add_argument(
        "--wait", type=float, default=WAIT_S, metavar="S", help="give up if nothing answers for so long"
    )
    same = argparse.SUPPRESS
    parser.add_argument("--demo", action="store_true", default=same, help="the simulated day, no network")
    parser.add_argument("--desk", choices=("paper",), default=same, help="venues' own prices: what the settings name")
    parser.add_argument("--profile", type=Path, metavar="DIR", default=same, help="whose settings and keys")
    parser.add_argument("--endpoints", type=Path, metavar="FILE", default=same, help="what atmx sandbox printed")
    parser.add_argument("--seed", type=int, default=same, help="which simulated day")
    parser.add_argument("--speed", type=float, metavar="X", default=same, help="of the simulated day's clock")
    parser.add_argument("--json", action="store_true", default=same)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Record until told to stop; 1 when the engine stopped by itself."""
    _check(args)
    taken = asyncio.run(_record(args))
    _tell(args, taken)
    if taken.stopped:
        sys.stderr.write(f"atmx: the engine stopped by itself, and {args.out} ends there: {taken.stopped}\n")
    return 1 if taken.stopped else 0


def _check(args: argparse.Namespace) -> None:
    opens.check(args)
    if args.minutes is not None and not 0.0 < args.minutes <= LONGEST_MINUTES:
        raise InputError(f"--minutes: must be above 0 and at most {LONGEST_MINUTES:g}, was {args.minutes:g}")
    if not 0.0 < args.wait <= LONGEST_WAIT_S:
        raise InputError(f"--wait: must be above 0 and at most {LONGEST_WAIT_S:g} seconds, was {args.wait:g}")
    if args.desk == "live":
        raise InputError("--desk: a recording never trades; paper records the same venues")
    there = os.path.lexists(args.out)
    if there and not args.replace:
        raise InputError(f"--out: {args.out} is there already; --replace writes over a journal")
    if not there:
        outputs.fit("--out", args.out)


async def _record(args: argparse.Namespace) -> Taken:
    from app.recorder import Recorder  # with it all that a session is made of

    stop = signals.until_told()
    opening = opens.Opening(args)
    options = await opening.options(_mode(args, opening))
    before = _set_aside(args.out) if args.replace else None
    try:
        recorder = Recorder(args.out, opening.profile, options, stop)
        if not args.json:
            until = "" if args.minutes is None else f"for {args.minutes:g} min, or "
            sys.stderr.write(f"atmx: recording into {args.out} {until}until ctrl-C\n")
        return await recorder.run(None if args.minutes is None else 60.0 * args.minutes, args.wait)
    finally:
        if before is not None:
            _let_go(args.out, before)


def _mode(args: argparse.Namespace, opening: opens.Opening) -> str:
    """Return what is recorded: the day, where it is asked for, or the venues; a live desk's are those of paper."""
    wanted = args.desk or opening.store.now.text("start.desk")
    return "demo" if args.demo or (wanted == "demo") else "paper"


def _set_aside(path: Path) -> Path | None:
    """Move a journal that is to be written over, with its parts, into a folder beside it, and return that.

    Raises
    ------
    InputError
        If somebody writes or reads it.
    StoreError
        If it is no journal: no other file is ever deleted.
    """
    if not os.path.lexists(path):
        return None
    journal.Recording(path)
    if not journal.idle(path):
        raise InputError(f"--out: {path} is in use by another process")
    before = path.with_name(f"{path.name}.before")
    files = [
        part.with_name(part.name + left) for part in reversed(journal.parts(path)) for left in ("", "-wal", "-shm")
    ]
    try:
        before.mkdir(exist_ok=True)
        for file in files:
            if file.exists():
                file.replace(before / file.name)
    except OSError as e:
        raise InputError(f"--out: {path} cannot be moved aside ({e.strerror})") from e
    return before


def _let_go(path: Path, before: Path) -> None:
    """Delete what was written over; where nothing was recorded in its place, put it back."""
    if not os.path.lexists(path):
        for file in before.iterdir():
            file.replace(path.with_name(file.name))
    shutil.rmtree(before, ignore_errors=True)


def _tell(args: argparse.Namespace, taken: Taken) -> None:
    if args.json:
        answer = {"events": taken.events, "effects": taken.effects, "digest": taken.digest}
        sys.stdout.write(json.dumps(answer | {"seconds": round(taken.seconds, 6), "file": str(args.out)}) + "\n")
        return
    sys.stdout.write(f"{taken.events} events, {taken.effects} effects in {taken.seconds:.2f} s: {args.out}\n")
    sys.stdout.write(f"digest {taken.digest}\n")
