"""``atmx features DATA --out FILE``: the table that short-horizon models learn from, of a data set or of own sessions.

DATA is the folder of a data set, or a session's journal, or a folder of them such as a profile. FILE ends in ``.npz``
(arrays: names, x, at, move, ahead, event, group) or in ``.csv`` (a row a look, empty where nothing is known).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.commands import outputs
from engine.core.errors import InputError
from engine.core.units import Nanos
from engine.core.when import iso

if TYPE_CHECKING:
    from engine.research.training.table import Table

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

ENDINGS: Final = (".npz", ".csv")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("features", help="write the table that models learn from", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of a data set, a journal, or a folder of them")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .npz or .csv")
    parser.add_argument("--part", action="append", default=[], metavar="NAME", help="this part; again for another one")
    parser.add_argument("--cadence", type=float, default=10.0, metavar="S", help="between two looks, as the strategy's")
    parser.add_argument("--horizon", type=float, default=60.0, metavar="S", help="5 to 60: from a look to its label")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, write, and say what was written."""
    from engine.research.training import collect, sessions
    from engine.strategies import horizon

    if args.out.suffix not in ENDINGS:
        raise InputError(f"--out: must end in {' or '.join(ENDINGS)}, was {args.out.name[:40]}")
    if not args.data.exists():
        raise InputError(f"{args.data}: no such folder or file")
    outputs.fit("--out", args.out)
    name = sessions.NAME if sessions.found(args.data) else args.data.resolve().name
    definition, absent = collect.definition(name, args.cadence, args.horizon)
    why = horizon.check(definition)
    if why:
        raise InputError(f"--cadence, --horizon: {why}")
    some = (
        part for part in collect.parts(name, args.data, seed=1, days=1, edge=0.0)
        if not args.part or part.name in args.part
    )  # fmt: skip
    table = collect.table(name, some, definition, told=_told)
    assert table is not None  # nothing stops it
    _write(table, args.out)
    said = {
        "data": name, "rows": len(table.at), "events": int(table.event.max()) + 1 if len(table.at) else 0,
        "features": list(table.names), "absent": list(absent), "definition": definition.digest, "digest": table.digest,
    }  # fmt: skip
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(said) + "\n")
    else:
        gone = f"; without {', '.join(absent)}" if absent else ""
        sys.stdout.write(f"{len(table.at):,} rows of {len(table.names)} features in {args.out}{gone}\n"
                         f"definition {definition.digest}, digest {table.digest}\n")  # fmt: skip
    return 0


def _write(table: Table, out: Path) -> None:
    half = out.with_name(f"{out.stem}.half{out.suffix}")
    try:
        if out.suffix == ".npz":
            table.save(half)
        else:
            _spell(table, half)
        half.replace(out)
    except OSError as e:
        raise InputError(f"{out}: cannot be written ({e.strerror})") from e


def _spell(table: Table, out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["at", "event", "group", *table.names, "move", "ahead"])
        for n in range(len(table.at)):
            values = [*table.x[n], table.move[n], table.ahead[n]]
            shown = ["" if math.isnan(value) else repr(float(value)) for value in values]
            rows.writerow([iso(Nanos(int(table.at[n]))), int(table.event[n]), int(table.group[n]), *shown])


def _told(part: str) -> None:
    sys.stderr.write(f"atmx: features of {part}\n")
    sys.stderr.flush()
