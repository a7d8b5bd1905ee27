"""The diagnostics bundle: what somebody needs who shall find out what went wrong, and nothing that is yours alone.

It has versions, how quick this machine is, settings by a list of what may be told, the last log lines, crash reports,
and of the journal and the ledger only what kinds of rows there are and when: no event, no order, no amount, no name.
What is text goes through a second net that is coarser than the log's: whatever looks like a key, a token, an address
or a hash is taken out, and so is every value that a keyring holds. Nothing is sent anywhere: it is a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
import zipfile
from collections import deque
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app import __version__, exports, memory
from app.redact import HIDDEN, SHORTEST
from app.setting import Kind
from app.setting_list import SETTINGS
from engine.core.errors import ConfigError, StoreError
from engine.core.when import iso
from engine.store import database, journal, migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.redact import Secrets
    from app.settings import Settings
    from engine.core.units import Nanos
    from engine.store.profile import Profile

LINES: Final = 2_000
"""Of the log."""
ENTRIES: Final = 200
"""Of the journal's end."""
REPORTS: Final = 5
LARGEST: Final = 2_000_000
"""Bytes of one part."""
COMMITS: Final = 30
LIBRARIES: Final = (
    "PySide6-Essentials", "PySide6-QtAds", "qasync", "websockets", "aiohttp", "httpx", "h3", "numpy", "sqlite-utils",
    "msgspec", "keyring", "structlog", "cryptography", "coincurve", "tzdata", "duckdb", "eccodes",
)  # fmt: skip
TELLABLE: Final = frozenset({Kind.BOOL, Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.DURATION, Kind.CHOICE})
"""Kinds of settings whose values say nothing of anybody; of the others only whether they are set is told."""
NETS: Final = (
    re.compile(r"(?<=://)[^\s\"'<>]+"),  # an address: its path or its host may be the secret
    re.compile(r"\b\d{5,20}:[A-Za-z0-9_-]{10,}"),  # a bot's token
    re.compile(r"\b(?:0[xX])?[0-9a-fA-F]{16,}\b"),  # a key, a wallet, a hash
    re.compile(r"[A-Za-z0-9+/_=-]{24,}"),  # a token
    re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+"),  # somebody's mail
)
PEM: Final = re.compile(r"-----BEGIN [^\n]*?-----.*?(?:-----END [^\n]*?-----|\Z)", re.DOTALL)


class Scrubber:
    """Takes out of texts what nobody else may read.

    Parameters
    ----------
    secrets : Secrets
        The process's own net.
    values : iterable of str
        Everything that keyrings and variables hold, whether it is a secret or only somebody's.
    """

    def __init__(self, secrets: Secrets, values: Iterable[str] = ()) -> None:
        self._secrets = secrets
        own = (str(Path.home()), os.environ.get("USERNAME", ""), os.environ.get("USER", ""), platform.node())
        self._values = sorted({one for one in (*values, *own) if len(one) >= SHORTEST - 2}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return a text without them."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        text = self._secrets.text(PEM.sub(HIDDEN, text))
        for net in NETS:
            text = net.sub(HIDDEN, text)
        return text


def build(
    profile: Profile,
    folder: Path,
    at: Nanos,
    scrub: Scrubber,
    found: Settings | None,
    *,
    extra: dict[str, Any] | None = None,
) -> Path:
    """Write the bundle into a folder and return it.

    Parameters
    ----------
    found : Settings, optional
        The settings in force; None where they cannot be read.
    extra : dict of plain values
        What only the running session knows, such as how quick its loop is.

    Raises
    ------
    OSError
        If it cannot be written.
    InputError
        If no name is free.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = exports.free(folder, f"diagnostics-{re.sub(r'[-:]|[.][0-9]+', '', iso(at))}", "zip")
    made: dict[str, bytes] = {}
    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("versions.json", versions),
        ("machine.json", lambda: machine(profile.folder)),
        ("session.json", lambda: extra or {}),
        ("settings.json", lambda: settings(found)),
        ("profile.json", lambda: contents(profile)),
        ("ledgers.json", lambda: ledgers(profile)),
        ("journal.json", lambda: tail(profile)),
        ("log.jsonl", lambda: log_lines(profile, scrub)),
        ("crashes.txt", lambda: crashes(profile, scrub)),
    )
    for name, make in parts:
        try:
            content = make()
        except (OSError, StoreError, ConfigError, sqlite3.Error, ValueError) as e:
            content = {"missing": scrub(f"{type(e).__name__}: {e}")}
        text = content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False)
        made[name] = text.encode()[-LARGEST:]
    made["MANIFEST.txt"] = _manifest(made)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in made.items():
            file.writestr(name, body)
    return path


def versions() -> dict[str, Any]:
    """Return what runs here."""
    found: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return {
        "atmx": __version__,
        "python": platform.python_version(),
        "build": " ".join(platform.python_build()),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "frozen": bool(getattr(sys, "frozen", False)),
        "sqlite": sqlite3.sqlite_version,
        "libraries": found,
        "platform_plugin": os.environ.get("QT_QPA_PLATFORM", ""),
    }


def machine(folder: Path) -> dict[str, Any]:
    """Return how much this machine has and how quick it is: a durable commit beside the profile, and its arithmetic."""
    free = shutil.disk_usage(folder).free
    commits = _commits(folder)
    return {
        "processors": os.cpu_count(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "held_mb": memory.held_mb(),
        "disk_free_gb": round(free / 1e9, 1),
        "durable_commit_ms": {"median": round(statistics.median(commits), 3), "most": round(max(commits), 3)},
        "decode_100_000_ms": round(_decoding() * 1e3, 1),
    }


def _commits(folder: Path) -> list[float]:
    """Return how long each of some commits took that were on disk when they returned, in milliseconds."""
    took = []
    with tempfile.TemporaryDirectory(dir=folder, prefix="bench-") as place:
        connection = sqlite3.connect(Path(place) / "bench.db", isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("CREATE TABLE t (a)")
            for n in range(COMMITS):
                began = time.perf_counter()
                connection.execute("INSERT INTO t VALUES (?)", (n,))
                took.append((time.perf_counter() - began) * 1e3)
        finally:
            connection.close()
    return took


def _decoding() -> float:
    raw = msgspec.json.encode({"price": "0.43", "size": "120", "side": "yes", "seq": 12_345})
    began = time.perf_counter()
    for _ in range(100_000):
        msgspec.json.decode(raw)
    return time.perf_counter() - began


def settings(found: Settings | None) -> dict[str, Any]:
    """Return each setting with its source; its value only where that says nothing of anybody."""
    if found is None:
        return {"missing": "the settings cannot be read"}
    told = {}
    for key, one in SETTINGS.items():
        value, source = found[key]
        if one.kind is Kind.SECRET:
            continue
        shown = one.said(value) if one.kind in TELLABLE else "set" if value not in (None, "", ()) else "not set"
        told[key] = {"value": shown, "source": str(source)}
    return told


def contents(profile: Profile) -> dict[str, int]:
    """Return the sizes of the profile's own files, by name; of others only how many there are."""
    known = re.compile(
        r"(ledger[a-z-]*\.db(-wal)?|settings\.toml|layout\.json|alerts(-history)?\.json|checkpoint\.json)"
    )
    found = [one for one in sorted(profile.folder.iterdir()) if one.is_file()]
    told = {one.name: one.stat().st_size for one in found if known.fullmatch(one.name)}
    told["others"] = len(found) - len(told)
    return told


def ledgers(profile: Profile) -> dict[str, Any]:
    """Return schema and numbers of rows of each ledger."""
    told = {}
    for path in sorted(profile.folder.glob("ledger*.db")):
        with database.reader(path) as connection:
            names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {n: connection.execute(f'SELECT COUNT(*) FROM "{n}"').fetchone()[0] for n in sorted(names)}  # noqa: S608 - the ledger's own
        told[path.name] = {"steps": migrations.applied(path), "rows": rows}
    return told


def tail(profile: Profile) -> dict[str, Any]:
    """Return the last journal by kinds, times and digests; never what an event says."""
    known = journal.sessions(profile.journals)
    if not known:
        return {"sessions": 0}
    last = journal.parts(known[-1])[-1]
    with database.reader(last) as connection:
        kinds = dict(connection.execute("SELECT kind, COUNT(*) FROM events GROUP BY kind ORDER BY kind").fetchall())
        query = "SELECT seq, at, kind, digest, LENGTH(body) FROM events ORDER BY seq DESC LIMIT ?"
        rows = connection.execute(query, (ENTRIES,)).fetchall()[::-1]
    whole = hashlib.sha256(b"".join(bytes(row[3] or b"") for row in rows)).hexdigest()
    return {
        "sessions": len(known),
        "session": known[-1].stem,
        "kinds": kinds,
        "digest_of_the_end": whole,
        "end": [
            {"seq": seq, "at": iso(at), "kind": kind, "digest": bytes(digest or b"").hex(), "bytes": size}
            for seq, at, kind, digest, size in rows
        ],
    }


def log_lines(profile: Profile, scrub: Scrubber) -> str:
    """Return the last lines of the log, scrubbed again: what was written before a key was known, too."""
    lines: deque[str] = deque(maxlen=LINES)
    for path in sorted(profile.logs.glob("atmx.jsonl*"), key=lambda one: one.stat().st_mtime):
        with path.open(encoding="utf-8", errors="replace") as file:
            lines.extend(file)
    return "".join(f"{scrub(line.rstrip())}\n" for line in lines)


def crashes(profile: Profile, scrub: Scrubber) -> str:
    """Return the last crash reports, scrubbed."""
    return "\n".join(f"== {name}\n{scrub(text)}" for name, text in _reports(profile.logs))


def _reports(folder: Path) -> Iterator[tuple[str, str]]:
    for path in [*sorted(folder.glob("crash-*.txt"))[-REPORTS:], *folder.glob("faults.txt")]:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield path.name, file.read(LARGEST // 10)


def _manifest(made: dict[str, bytes]) -> bytes:
    head = "atmx diagnostics. Read it before you give it away; each part is plain text.\n"
    lines = (f"{hashlib.sha256(body).hexdigest()}  {len(body):>8}  {name}\n" for name, body in made.items())
    return (head + "".join(lines)).encode()
