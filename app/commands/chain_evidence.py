"""`atmx chain evidence FILE`: an exported settlement record, hashed and resolved again from its own evidence."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError, StoreDamaged
from engine.oracle import chain

if TYPE_CHECKING:
    import argparse

LARGEST: Final = 16 << 20
"""Bytes; a record of three stations over a day is a few kilobytes."""


def run(args: argparse.Namespace) -> int:
    """Check the record; 1 if its hash or its outcome is another than stated."""
    body = _read(args.file)
    stated = _payload(args.file, body)
    found = hashlib.sha256(body).hexdigest()
    wanted = _stated_hash(args.file)
    try:
        verdict = chain.reverify(stated)
    except StoreDamaged as e:
        msg = f"{args.file}: {e}"
        raise InputError(msg) from e
    ruled = stated.get("ruled_by") is not None
    same = ruled or (verdict.outcome, verdict.winner) == (stated.get("outcome"), stated.get("winner"))
    answer = {
        "ok": same and wanted in {None, found},
        "hash": found,
        "stated_hash": wanted,
        "outcome": stated.get("outcome"),
        "resolved": verdict.outcome,
        "ruled_by": stated.get("ruled_by"),
    }
    sys.stdout.write((json.dumps(answer) if args.json else _text(args.file, answer)) + "\n")
    return 0 if answer["ok"] else 1


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            msg = f"{path}: larger than a settlement record can be"
            raise InputError(msg)
        return path.read_bytes()
    except OSError as e:
        msg = f"{path}: cannot be read ({e.strerror})"
        raise InputError(msg) from e


def _payload(path: Path, body: bytes) -> dict[str, object]:
    """Return what a record says; InputError if it is no record."""
    try:
        record = json.loads(body)
        payload = record["payload"]
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        msg = f"{path}: no settlement record ({type(e).__name__})"
        raise InputError(msg) from e
    if not isinstance(payload, dict):
        msg = f"{path}: payload: must be an object"
        raise InputError(msg)
    return payload


def _stated_hash(path: Path) -> str | None:
    """Return the hash that was exported beside the record, if it was."""
    try:
        return path.with_suffix(".sha256").read_text("ascii").split()[0]
    except (OSError, ValueError, IndexError):
        return None


def _text(path: Path, answer: dict[str, object]) -> str:
    hashed = "hash as exported" if answer["stated_hash"] == answer["hash"] else "hash as computed, none beside it"
    if answer["stated_hash"] not in {None, answer["hash"]}:
        hashed = "NOT the hash that was exported beside it"
    by = f", ruled by {answer['ruled_by']}" if answer["ruled_by"] is not None else ""
    return f"{path}: says {answer['outcome']}{by}; its evidence resolves to {answer['resolved']}; {hashed}"
