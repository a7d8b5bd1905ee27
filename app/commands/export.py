"""``atmx export``: what the program remembers, as rows for other programs.

Money and prices are decimal strings, times ISO 8601 in UTC. In CSV a text that a spreadsheet would run as a formula
is written with an apostrophe before it.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from app import exports, paths
from app.commands import outputs
from app.commands.export_archive import ARCHIVED, Record
from app.commands.export_columns import COLUMNS
from app.commands.export_ledger import BEGINNING, TABLES, read
from engine.core.errors import InputError
from engine.core.units import Nanos
from engine.core.when import instant, iso
from engine.store.archive import Archive
from engine.store.journal import Recording, sessions
from engine.views import topics
from engine.views.sheet import Sheet, safe
from engine.views.weather import CellsView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.kernel.step import Kernel

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SESSION: Final = "session"
TELEMETRY: Final = "telemetry"
"""A whole recorded session: as one Parquet file, or as the files of the Up/Down design in a folder."""
MAP: Final = "map"
"""No table but a page for a browser."""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("export", help="write a table of the profile", description=__doc__)
    names = (*TABLES, *ARCHIVED, "journal", MAP, SESSION, TELEMETRY)
    parser.add_argument("table", choices=names, metavar="TABLE", help=", ".join(names))
    parser.add_argument("--format", choices=("csv", "parquet", "json"), help="of the rows; csv unless told")
    parser.add_argument("--since", metavar="ISO", help="only what happened then or later, such as 2026-07-01")
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.add_argument("--live", action="store_true", help="the live ledger, not the one of paper and demo")
    parser.add_argument("--session", metavar="NAME", help="which journal; the latest unless told")
    parser.add_argument("--market", metavar="ID", help="of the map: as seen from this market, the first unless told")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write here; parquet and the map need it")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="--format json")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read the rows and write them out."""
    since = _since(args.since)
    args.format = _format(args)
    _refuse_idle(args)
    if args.table != TELEMETRY:
        outputs.fit("--out", args.out)
    if args.table == MAP:
        return _map(args)
    if args.table in {SESSION, TELEMETRY}:
        return _recorded(args)
    records = _records(args, since)
    if args.format == "parquet":
        _parquet(records, COLUMNS[args.table], args.out)
    else:
        _write(
            _csv(records, COLUMNS[args.table])
            if args.format == "csv"
            else json.dumps(records, ensure_ascii=False) + "\n",
            args.out,
        )
    return 0


def _format(args: argparse.Namespace) -> str:
    if not args.json:
        return args.format or "csv"
    if args.format not in {None, "json"}:
        raise InputError(f"--json: --format {args.format} asks for something else")
    return "json"


def _refuse_idle(args: argparse.Namespace) -> None:
    """Refuse what a table does not look at: who asks for a part of it would be given all of it."""
    whole, of_session = {MAP, SESSION, TELEMETRY}, {MAP, SESSION, TELEMETRY, "journal"}
    if args.since is not None and args.table in whole:
        raise InputError(f"--since: the {args.table} is of a whole session")
    if args.session is not None and args.table not in of_session:
        raise InputError(f"--session: {args.table} is not of one session; there is --since")
    if args.market is not None and args.table != MAP:
        raise InputError(f"--market: is of the {MAP}, not of {args.table}")


def _records(args: argparse.Namespace, since: Nanos) -> list[Record]:
    if args.table == "journal":
        return _journal(args, since)
    if args.table in ARCHIVED:
        return list(ARCHIVED[args.table](Archive(paths.profile(getattr(args, "profile", None)).weather), since))
    return _ledger(args, since)


def _recorded(args: argparse.Namespace) -> int:
    """Write a whole session: as one Parquet file, or as the files of the Up/Down design."""
    from engine.research import session_parquet, telemetry

    if args.out is None:
        what = "a file" if args.table == SESSION else "a folder"
        msg = f"--out: the {args.table} is written to {what}"
        raise InputError(msg)
    recording = Recording(_session(args))
    if args.table == SESSION:
        count = session_parquet.write(recording, args.out)
        _tell_of(recording)
        said = f"{count} events of {recording.path.stem}"
        _written(args, said, {"session": recording.path.stem, "events": count})
    else:
        found = telemetry.export(recording, args.out)
        counts: dict[str, object] = {"rows": found.rows, "windows": len(found.windows), "events": found.events}
        said = f"{found.rows} rows of {len(found.windows)} windows, {found.events} events"
        _written(args, said, counts | {"session": recording.path.stem})
        _tell_of(recording, found.stopped)
    return 0


def _since(text: str | None) -> Nanos:
    try:
        return BEGINNING if text is None else instant(text)
    except (ValueError, OverflowError) as e:
        msg = f"--since: no date and time: {text!r}"
        raise InputError(msg) from e


def _ledger(args: argparse.Namespace, since: Nanos) -> list[Record]:
    path = paths.profile(getattr(args, "profile", None)).ledger("live" if args.live else "paper")
    if path is None or not path.is_file():
        msg = f"{path}: there is no such ledger"
        raise InputError(msg)
    return read(path, args.table, since)


def _map(args: argparse.Namespace) -> int:
    """Write the map as it stood at the end of a session: its events are stepped again."""
    from app import mappage
    from engine.host.replay import replay
    from engine.kernel.step import Kernel

    if args.out is None:
        msg = "the map is a page: give a file with --out"
        raise InputError(msg)
    recording, kernel = Recording(_session(args)), Kernel()
    found = replay(((one.seq, one.at, one.kind, one.body, one.digest) for one in recording), kernel)
    _tell_of(recording, found.stopped)
    content = mappage.collect(_seen(kernel, args.market))
    try:
        size = mappage.write(content, args.out)
    except OSError as e:
        msg = f"{args.out} cannot be written ({e.strerror})"
        raise InputError(msg) from e
    title = content.title.replace("&#x27;", "'")
    _written(args, f"{title}, {size / 1e6:.1f} MB, opens offline", {"title": title, "bytes": size})
    return 0


def _written(args: argparse.Namespace, said: str, facts: dict[str, object]) -> None:
    """Say what lies in the file now."""
    document = json.dumps({"file": str(args.out)} | facts, ensure_ascii=False)
    sys.stdout.write((document if args.json else f"{args.out}: {said}") + "\n")


def _seen(kernel: Kernel, market: str | None) -> CellsView:
    """Return the map of a market, or of the first open one that has cells."""
    known = kernel.state.exchange.markets
    if market is not None and market not in known:
        msg = f"--market: no market {market!r} in this session"
        raise InputError(msg)
    wanted = [market] if market is not None else [name for name, one in known.items() if one.status == "open"]
    views = (kernel.view(topics.cells(name)) for name in wanted)
    found = next((view for view in views if isinstance(view, CellsView) and view.cells and view.run), None)
    if found is None:
        msg = "no market of this session has a forecast on the map"
        raise InputError(msg)
    return found


def _session(args: argparse.Namespace) -> Path:
    """Return the journal that is asked for."""
    known = sessions(paths.profile(getattr(args, "profile", None)).journals)
    named = [path for path in known if args.session in (None, path.stem, path.name)]
    if not named:
        msg = "the profile has no journal" if args.session is None else f"--session: no journal {args.session!r}"
        raise InputError(msg)
    return named[-1]


def _journal(args: argparse.Namespace, since: Nanos) -> list[Record]:
    """Return the events of a session; what is unreadable ends it, said on stderr."""
    recording = Recording(_session(args))
    records, wrong = [], ""
    for entry in recording:
        try:
            event = json.loads(msgspec.json.encode(msgspec.msgpack.decode(entry.body)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
            wrong = f"event {entry.seq} cannot be read ({e})"
            break
        if entry.at >= since:
            record = {"seq": entry.seq, "at": iso(entry.at), "kind": entry.kind, "event": event}
            records.append(record | {"digest": entry.digest.hex()})
    _tell_of(recording, wrong)
    return records


def _tell_of(recording: Recording, wrong: str = "") -> None:
    """Say on stderr why a session ended before its time, if it did."""
    if wrong or recording.cut:
        sys.stderr.write(f"atmx: {recording.path}: {wrong or recording.cut}\n")


def _csv(records: list[Record], columns: Sequence[str]) -> str:
    out = io.StringIO()
    names = list(records[0]) if records else columns
    plain = csv.DictWriter(out, names, lineterminator="\n")
    quoted = csv.DictWriter(out, names, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writeheader()
    for record in records:  # a carriage return ends a row for most readers, and Python quotes none of it
        cells = {name: cell(value) for name, value in record.items()}
        (quoted if any("\r" in str(value) for value in cells.values()) else plain).writerow(cells)
    return out.getvalue()


def cell(value: object) -> object:
    """Return a value as a CSV cell that no spreadsheet runs."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return safe(text) if isinstance(text, str) else text


def _parquet(records: list[Record], columns: Sequence[str], out: Path | None) -> None:
    """Write by way of DuckDB; every column is text, so that no decimal is rounded."""
    if out is None:
        msg = "--out: parquet is written to a file"
        raise InputError(msg)
    names = tuple(records[0] if records else columns)
    rows = tuple(tuple(None if v is None else _plain(v) for v in record.values()) for record in records)
    exports.parquet(Sheet("rows", names, rows), out)


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, "utf-8", newline="")
    except OSError as e:
        msg = f"--out: {out} cannot be written ({e.strerror})"
        raise InputError(msg) from e
