"""`atmx kill`: the kill switch of the running terminal of a profile, pressed from another process.

A file in the profile is the signal: it needs no socket, and it works while the terminal's screen is busy. The
terminal takes the file away when it has halted; that is the answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import paths
from engine.core.errors import Unavailable
from engine.store.profile import Lock

if TYPE_CHECKING:
    from engine.store.profile import Profile

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FILE: Final = "KILL"
PATIENCE_S: Final = 5.0
STEP_S: Final = 0.05


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("kill", help="press the kill switch of the running terminal")
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Press it and wait for the answer; 1 when no terminal of this profile answered."""
    profile = paths.profile(args.profile)
    ok = profile.folder.is_dir() and _runs(profile) and _press(profile.folder / FILE)
    if args.json:
        sys.stdout.write(json.dumps({"ok": ok}) + "\n")
    elif ok:
        sys.stdout.write(f"halted: {profile.folder}\n")
    else:
        sys.stdout.write(f"no running terminal of {profile.folder} answered; nothing was halted\n")
    return 0 if ok else 1


def _runs(profile: Profile) -> bool:
    """Whether a terminal of this profile is running: its lock is taken."""
    lock = Lock(profile.lock)
    try:
        lock.take()
    except Unavailable:
        return True
    lock.free()
    return False


def _press(signal: Path) -> bool:
    signal.write_text("atmx kill\n")
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if not signal.exists():
            return True
        time.sleep(STEP_S)
    signal.unlink(missing_ok=True)
    return False
