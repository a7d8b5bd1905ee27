"""The tables of the weather archive's files. A new version gets a number of its own; older files stay readable."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
_COMMON: Final = (
    """CREATE TABLE stations (
        id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, body)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE gaps (
        station TEXT NOT NULL, source TEXT NOT NULL, opens INTEGER NOT NULL, closes INTEGER NOT NULL,
        why TEXT NOT NULL, PRIMARY KEY (station, source, opens)) STRICT, WITHOUT ROWID""",
)
DAY: Final = (
    """CREATE TABLE readings (
        station TEXT NOT NULL, measured_at INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
        raw TEXT NOT NULL, read TEXT NOT NULL, known_at INTEGER,
        PRIMARY KEY (station, measured_at, kind, source, raw)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE minutes (
        station TEXT NOT NULL, at INTEGER NOT NULL, source TEXT NOT NULL, temp_f INTEGER, dew_f INTEGER,
        wind_kt INTEGER, gust_kt INTEGER, rain INTEGER, suspect INTEGER NOT NULL,
        PRIMARY KEY (station, at, source)) STRICT, WITHOUT ROWID""",
    *_COMMON,
)
STATEMENTS: Final = (
    """CREATE TABLE statements (
        station TEXT NOT NULL, day TEXT NOT NULL, source TEXT NOT NULL, issued_at INTEGER NOT NULL,
        body TEXT NOT NULL, known_at INTEGER,
        PRIMARY KEY (station, day, source, issued_at, body)) STRICT, WITHOUT ROWID""",
    *_COMMON,
)
PROGRESS: Final = (
    "CREATE TABLE done (piece TEXT PRIMARY KEY, at INTEGER NOT NULL, rows INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE providers (
        provider TEXT NOT NULL, station TEXT NOT NULL, checked_at INTEGER NOT NULL, usable INTEGER,
        body TEXT NOT NULL, PRIMARY KEY (provider, station)) STRICT, WITHOUT ROWID""",
)
