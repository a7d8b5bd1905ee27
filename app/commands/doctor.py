"""``atmx doctor``: check this machine, without a network unless asked to, and without leaving anything behind.

A window is tried in a process of its own, because Qt ends the process when a platform
plugin cannot be loaded. What the program can do without is no failure: its check says
what is done instead.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import importlib
import json
import os
import platform
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import resources
from app import paths, refuse
from engine.core.errors import ConfigError, NoAnswer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FREE_BYTES: Final = 500_000_000
"""Room for a ledger, journals and logs of some weeks."""
STRICT_SINCE: Final = (3, 37, 0)
"""SQLite's first version with STRICT tables, in which the ledger keeps money as text."""
PROBE_SECONDS: Final = 60
KEYRING_SECONDS: Final = 10
FAMILIES: Final = ("Inter", "JetBrains Mono")
LIBRARIES: Final = ("numpy", "h3", "msgspec", "metar.Metar", "sqlite_utils", "structlog", "keyring", "qasync")
OLDEST_DAY: Final = dt.date(2026, 1, 1)
"""A clock before the program was written is wrong."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    ok: bool
    detail: str


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("doctor", help="check this machine", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--venues", action="store_true", help="also try each endpoint of the venues, without keys")
    parser.add_argument("--weather", action="store_true", help="also ask the weather services something small")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.add_argument("--profile", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, print, and return 0 if everything passed, else 1."""
    if args.probe:
        sys.stdout.write(json.dumps(probe()) + "\n")
        return 0
    found = checks(paths.profile(args.profile).folder, venues=args.venues, weather=args.weather)
    ok = all(check.ok for check in found)
    if args.json:
        sys.stdout.write(
            json.dumps({"ok": ok, "checks": [asdict(check) for check in found]}, ensure_ascii=False) + "\n"
        )
    else:
        for check in found:
            sys.stdout.write(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<15} {check.detail}\n")
    return 0 if ok else 1


def checks(folder: Path, *, venues: bool, weather: bool = False) -> list[Check]:
    """Return every check of this machine for the profile in `folder`, which need not exist yet."""
    made = [
        _checked("python", _python),
        _checked("libraries", _libraries),
        _checked("resources", _resources),
        _checked("offscreen", lambda: _window("offscreen")),
        _checked("display", _display),
        _checked("keyring", _keyring),
        _checked("clock", _clock),
        _checked("disk", lambda: _disk(paths.existing(folder))),
        _checked("data", lambda: _data(folder)),
        _checked("sqlite", lambda: _sqlite(paths.existing(folder))),
        _checked("grib", _grib),
    ]
    if venues:
        made += _venues(paths.profile(folder).settings)
    if weather:
        made += _weather(paths.profile(folder).settings)
    return made


def _venues(settings: Path) -> list[Check]:
    from app.commands import doctor_venues

    try:
        return [Check(one.venue, one.ok, doctor_venues.words(one)) for one in doctor_venues.tried(settings)]
    except ConfigError as e:
        return [Check("venues", False, str(e))]


def _weather(settings: Path) -> list[Check]:
    from app.commands import doctor_venues

    try:
        return [Check(one.name, one.ok, f"{one.host}: {one.detail}") for one in doctor_venues.weather(settings)]
    except ConfigError as e:
        return [Check("weather", False, str(e))]


class _Failed(Exception):
    """A check's no, in words."""


def _checked(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except (_Failed, OSError, sqlite3.Error, ImportError, subprocess.SubprocessError, ValueError) as e:
        return Check(name, False, " ".join(f"{e}".split()) or type(e).__name__)


def _python() -> str:
    import PySide6

    reason = refuse.why_not(sys.version_info[:2], PySide6.__version__)
    if reason is not None:
        raise _Failed(reason)
    kind = "frozen" if getattr(sys, "frozen", False) else "source"
    return f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, {kind}, {platform.platform()}"


def _libraries() -> str:
    for name in LIBRARIES:
        importlib.import_module(name)
    return f"{len(LIBRARIES)} load"


def _resources() -> str:
    folders = {"fonts": "*.ttf", "icons": "*.svg", "map": "*.npz", "stations": "*.csv", "theme": "*.json"}
    size = 0
    for folder, kind in folders.items():
        files = list(resources.path(folder).glob(kind))
        if not files:
            raise _Failed(f"no {kind} in {resources.path(folder)}")
        size += sum(len(file.read_bytes()) for file in files)
    return f"{', '.join(folders)} readable, {size / 1e6:.1f} MB"


def probe() -> dict[str, object]:
    """Open a window on this process's Qt platform and return what came of it."""
    from PySide6.QtGui import QFontDatabase, QGuiApplication
    from PySide6.QtWidgets import QApplication, QLabel

    app = QApplication.instance() or QApplication(["atmx-doctor"])
    for file in resources.path("fonts").glob("*.ttf"):
        QFontDatabase.addApplicationFont(str(file))
    label = QLabel("atmx")
    label.resize(200, 100)
    label.show()
    app.processEvents()
    image = label.grab().toImage()
    label.close()
    return {
        "platform": QGuiApplication.platformName(),
        "painted": not image.isNull() and image.width() >= 200,
        "families": [family for family in FAMILIES if family in QFontDatabase.families()],
    }


def _window(platform_name: str | None) -> str:
    command = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    env = dict(os.environ)
    env.pop("QT_QPA_PLATFORM", None)
    if platform_name is not None:
        env["QT_QPA_PLATFORM"] = platform_name
    root = Path(resources.__file__).resolve().parents[1]
    done = subprocess.run(
        [*command, "doctor", "--probe"], env=env, cwd=root, capture_output=True, text=True, timeout=PROBE_SECONDS,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("[PYI-")]
        # Qt says first what is wrong, Python last
        why = "nothing was said" if not said else said[-1 if said[0].startswith("Traceback") else 0]
        raise _Failed(f"no window could be opened (exit {done.returncode}): {why}")
    seen = json.loads(done.stdout.splitlines()[-1])
    missing = [family for family in FAMILIES if family not in seen["families"]]
    if missing or not seen["painted"]:
        raise _Failed(f"fonts missing: {missing}; painted: {seen['painted']}")
    return f"a window was painted on {seen['platform']} in {' and '.join(FAMILIES)}"


def _display() -> str:
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "none here: the terminal runs with --headless"
    return _window(None)


def _keyring() -> str:
    import keyring
    import keyring.backends.fail
    import keyring.backends.null

    store = keyring.get_keyring()
    if isinstance(store, keyring.backends.fail.Keyring | keyring.backends.null.Keyring):
        return "none here: the settlement checkpoint's key lies in a file of the profile"
    value, answer = secrets.token_hex(16), []

    def round_trip() -> None:
        with contextlib.suppress(Exception):  # any backend, any error: the answer is then missing
            store.set_password("atmx-doctor", "check", value)
            answer.append(store.get_password("atmx-doctor", "check"))
            store.delete_password("atmx-doctor", "check")

    # a locked store may ask somebody who is not there
    worker = threading.Thread(target=round_trip, daemon=True)
    worker.start()
    worker.join(KEYRING_SECONDS)
    if answer != [value]:
        raise _Failed(f"{store.name} did not give back what was put in within {KEYRING_SECONDS} s")
    return f"{store.name} gives back what is put in"


def _grib() -> str:
    from engine.sources.grib_reader import GribReader

    async def tried() -> str:
        reader = GribReader()
        try:
            return await reader.tried()
        finally:
            await reader.close()

    try:
        why = asyncio.run(tried())
    except NoAnswer as e:
        raise _Failed(f"{e}") from e
    return f"{why}; forecasts of models are not read" if why else "forecast files are read, in a process of their own"


def _clock() -> str:
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.05)
    drift = abs((time.time() - wall) - (time.monotonic() - steady))
    now = dt.datetime.now(dt.UTC)
    if now.date() < OLDEST_DAY:
        raise _Failed(f"the clock says {now:%Y-%m-%d}, before this program was written")
    if drift > 0.02:
        raise _Failed(f"wall and monotonic clock differ by {drift * 1e3:.1f} ms over 50 ms: the clock is being set")
    zoneinfo.ZoneInfo("America/New_York")
    return f"{now:%Y-%m-%dT%H:%M:%SZ}, steady within {drift * 1e3:.2f} ms over 50 ms; not compared with a time server"


def _disk(place: Path) -> str:
    free = shutil.disk_usage(place).free
    if free < FREE_BYTES:
        raise _Failed(f"{free / 1e6:.0f} MB free at {place}, wanted {FREE_BYTES / 1e6:.0f}")
    return f"{free / 1e9:.1f} GB free at {place}"


def _data(folder: Path) -> str:
    place, there = paths.existing(folder), next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir():
        raise _Failed(f"{there} is no folder: the profile {folder} cannot be made")
    with tempfile.NamedTemporaryFile(dir=place, prefix=".atmx-doctor-") as file:
        began = time.monotonic()
        file.write(b"\0" * 65_536)
        file.flush()
        os.fsync(file.fileno())
        took = time.monotonic() - began
    state = "" if place == folder else " (the profile is not there yet)"
    return f"{place}{state}: 64 KiB written and synced in {took * 1e3:.1f} ms"


def _sqlite(place: Path) -> str:
    if sqlite3.sqlite_version_info < STRICT_SINCE:
        raise _Failed(f"SQLite {sqlite3.sqlite_version} has no STRICT tables; wanted 3.37 or newer")
    with tempfile.TemporaryDirectory(dir=place, prefix=".atmx-doctor-") as folder:
        connection = sqlite3.connect(Path(folder) / "check.db")
        with contextlib.closing(connection):
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("PRAGMA synchronous=FULL")
            (level,) = connection.execute("PRAGMA synchronous").fetchone()
            connection.execute("CREATE TABLE money (amount TEXT NOT NULL) STRICT")
            began = time.monotonic()
            with connection:
                connection.execute("INSERT INTO money VALUES ('0.10')")
            took = time.monotonic() - began
            (back,) = connection.execute("SELECT amount FROM money").fetchone()
    if (mode, level, back) != ("wal", 2, "0.10"):
        raise _Failed(f"journal mode {mode}, synchronous {level}, read back {back!r}: wanted wal, 2, '0.10'")
    return f"SQLite {sqlite3.sqlite_version}: one durable commit in {took * 1e3:.1f} ms"
