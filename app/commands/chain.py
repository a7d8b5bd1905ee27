"""``atmx chain verify``: recompute every settlement record and hold the chain against its keyed checkpoint.

A record that is changed, missing, extra or unreadable is a no. Without a checkpoint, or without its key, nothing
shows that records were not cut off the end; then the answer says that it cannot be proved.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.commands import chain_evidence
from engine.core.errors import ChainBroken, InputError, StoreError
from engine.store import database, records
from engine.store.checkpoint import Checkpoint, find_key, keyring

if TYPE_CHECKING:
    from engine.store.checkpoint import Vault
    from engine.store.records import Found

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

LOOKS: Final = 3
"""A record and its checkpoint are two files: one that is being written may be seen between the two."""
PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Report:
    """The answer, with the fields of its JSON."""

    ok: bool
    records: int
    first_bad: int | None
    head: str
    checkpoint: dict[str, object] | None
    """Count and head that the checkpoint proves; None when there is no checkpoint to prove the tail with."""
    why: str = ""
    """What is wrong with the checkpoint, in words for people; not in the JSON."""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("chain", help="verify the settlement records", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True, metavar="verify|evidence")
    verified = what.add_parser("verify", help="recompute every record of a ledger", description=__doc__)
    verified.add_argument("ledger", type=Path, metavar="LEDGER", help="such as ledger-paper.db in a profile")
    verified.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    verified.set_defaults(run=run)
    again = what.add_parser(
        "evidence", help="hash and resolve an exported record again", description=chain_evidence.__doc__
    )
    again.add_argument("file", type=Path, metavar="FILE", help="settlement-N.json, as the Settlement dock exports it")
    again.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    again.set_defaults(run=chain_evidence.run)


def run(args: argparse.Namespace) -> int:
    """Verify, print; 0 if everything holds, 1 if not."""
    report = verify(args.ledger, keyring())
    facts = {name: value for name, value in asdict(report).items() if name != "why"}
    text = json.dumps(facts) if getattr(args, "json", False) else _text(args.ledger, report)
    sys.stdout.write(text + "\n")
    return 0 if report.ok else 1


def verify(path: Path, vault: Vault | None) -> Report:
    """Verify a ledger file; nothing is changed.

    Raises
    ------
    InputError
        If the file is not there or is no ledger.
    """
    _refuse_other_files(path)
    report = _look(path, vault)
    for _ in range(LOOKS - 1):
        if report.ok or not path.with_name(path.name + "-wal").exists():
            break
        time.sleep(PAUSE_S)
        report = _look(path, vault)
    return report


def _refuse_other_files(path: Path) -> None:
    """Raise InputError for what is no ledger; a damaged one passes."""
    try:
        if not path.is_file() or not database.is_database(path):
            msg = f"{path}: no ledger" if path.exists() else f"{path}: there is no such file"
            raise InputError(msg)
    except OSError as e:
        msg = f"{path}: cannot be read ({e.strerror})"
        raise InputError(msg) from e
    try:
        with database.reader(path) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except StoreError:
        return  # it begins as a database and cannot be read: that is for the verification to say
    if not tables & {"settlements", "cash", "trades"}:
        msg = f"{path}: a database, but no ledger"
        raise InputError(msg)


def _look(path: Path, vault: Vault | None) -> Report:
    try:
        with database.reader(path) as connection:
            found = records.chain_of(connection)
    except (StoreError, sqlite3.Error):
        return Report(ok=False, records=0, first_bad=0, head=records.GENESIS, checkpoint=None)
    return _held(path, found, vault)


def _held(path: Path, found: Found, vault: Vault | None) -> Report:
    """Hold a chain against the checkpoint beside it, if there is one and its key is known."""
    first_bad, proved, why = found.first_bad, False, ""
    try:
        key = find_key(path.parent, vault)
        if key is not None:
            proved = Checkpoint(path, key).hold(found)
    except ChainBroken as e:
        first_bad, why = (e.at, str(e)) if first_bad is None else (first_bad, "")
    except OSError as e:  # what it would have proved is not to be had
        first_bad, why = first_bad or 0, f"its checkpoint cannot be read ({e.strerror})"
    except StoreError as e:
        raise InputError(str(e)) from e
    length, head = found.head
    return Report(
        ok=first_bad is None,
        records=length,
        first_bad=first_bad,
        head=head,
        checkpoint={"count": length, "head": head} if proved and first_bad is None else None,
        why=why,
    )


def _text(path: Path, report: Report) -> str:
    if not report.ok:
        why = f": {report.why}" if report.why else ""
        return f"{path}: NOT what was sealed, from record {report.first_bad} on ({report.records} records read){why}"
    proof = (
        "proved by its checkpoint"
        if report.checkpoint
        else "nothing proves that none was cut off the end (no checkpoint, or not its key)"
    )
    return f"{path}: {report.records} settlement records hold, {proof}\nhead {report.head}"
