"""`atmx replay FILE`: a session's journal through a fresh kernel, effects compared by digest."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import InputError
from engine.host.replay import replay
from engine.kernel.step import Kernel
from engine.store import journal

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("replay", help="step a session's journal again and compare")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Replay; 1 when the effects differ from those recorded."""
    if not args.file.is_file():
        msg = f"{args.file}: no such file"
        raise InputError(msg)
    recording = journal.Recording(args.file)
    found = replay(((one.seq, one.at, one.kind, one.body, one.digest) for one in recording), Kernel())
    stopped = found.stopped or recording.cut
    if not found.events:
        msg = f"{args.file}: no event of a journal can be read ({stopped or 'it is empty'})"
        raise InputError(msg)
    same = found.differs_at is None
    if args.json:
        answer = {
            "events": found.events,
            "effects": found.effects,
            "digest": found.digest,
            "seconds": round(found.seconds, 6),
            "same": same,
            "differs_at": found.differs_at,
            "stopped": stopped or None,
        }
        sys.stdout.write(json.dumps(answer) + "\n")
    else:
        verdict = "the same effects" if same else f"other effects from event {found.differs_at} on"
        sys.stdout.write(f"{found.events} events, {found.effects} effects in {found.seconds:.2f} s: {verdict}\n")
        sys.stdout.write(f"digest {found.digest}\n")
        if stopped:
            sys.stdout.write(f"the journal ends early: {stopped}\n")
    return 0 if same else 1
