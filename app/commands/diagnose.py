"""``atmx diagnose``: write a diagnostics bundle without secrets. Nothing is sent anywhere."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app import diagnostics, paths, settings, wiring
from app.redact import secrets
from engine.core.errors import ConfigError, InputError
from engine.host.clock import WallClock

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("diagnose", help="write a diagnostics bundle without secrets", description=__doc__)
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write it; the profile's exports unless told")
    parser.add_argument("--no-keyring", action="store_true", help="do not ask the keyring what has to be hidden")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the bundle and say where it is."""
    profile = paths.profile(getattr(args, "profile", None))
    if not profile.folder.is_dir():
        msg = f"{profile.folder}: there is no such profile"
        raise InputError(msg)
    ring = wiring.key_ring(profile, keyring=not args.no_keyring)
    try:
        found = settings.load(profile.settings)
    except ConfigError:
        found = None
    scrub = diagnostics.Scrubber(secrets, ring.values())
    try:
        path = diagnostics.build(profile, args.out or profile.folder / "exports", WallClock().now(), scrub, found)
    except OSError as e:
        msg = f"the bundle cannot be written ({e.strerror})"
        raise InputError(msg) from e
    said = json.dumps({"bundle": str(path)}) if getattr(args, "json", False) else str(path)
    sys.stdout.write(said + "\n")
    return 0
