"""The week's result is counted from a point of a week ago, which a session of minutes must still find on disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from engine.core.snapshot import Snapshot
from engine.core.units import DAY, HOUR, MINUTE
from engine.core.when import instant
from engine.store import history, load, migrations

if TYPE_CHECKING:
    from pathlib import Path

NOW = instant("2026-07-20T18:00:00Z")
MINUTES = 9 * 1_440 - 60


def test_p3_nine_days_of_minutes_keep_a_point_of_every_hour(tmp_path: Path) -> None:
    """Five thousand points are three and a half days: the week began at nothing after a restart."""
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    times = [NOW - n * MINUTE for n in range(MINUTES, 0, -1)]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO pnl VALUES (?, ?, '0', '0')", [(at, str(n)) for n, at in enumerate(times)])
    points = load.load(path, Snapshot(profile="p", mode="paper", account_name="paper")).pnl
    assert [p.at for p in points] == sorted({p.at for p in points})
    assert [p.at for p in points[-history.POINTS :]] == times[-history.POINTS :]
    last_of_hours = {at // HOUR: at for at in times}
    assert {p.at for p in points} >= set(last_of_hours.values())
    assert points[-1].at - points[0].at > 8 * DAY
