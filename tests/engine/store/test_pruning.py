"""Old reports leave the ledger; those of our own markets never do."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, HOUR, Nanos
from engine.kernel import rows
from engine.store import database, evidence, ledger, load, migrations, pruning
from tests.faults.work import CONTRACT, SESSION, START, opening

NEWEST = Nanos(START + 100 * DAY)
EVIDENCE = CONTRACT.stations[0].id


def reading(at: int, station: str = "KNYC") -> Reading:
    kind = ReportKind.ROUTINE
    return Reading(station=station, measured_at=Nanos(at), kind=kind, source="IEM", raw=f"{station} {at}")  # type: ignore[arg-type]  # as in the ledger


def written(path, *readings: Reading, market: bool = False):
    migrations.apply(path)
    connection = database.connect(path, full=True)
    ledger.prepare(connection)
    made = (*(opening() if market else ()), *(rows.reading(one) for one in readings))
    ledger.check(made)
    ledger.write(connection, made)
    connection.close()
    return path


def left(path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT station, measured_at FROM readings ORDER BY station, measured_at").fetchall()


def test_an_empty_ledger_and_one_of_a_week_lose_nothing(tmp_path) -> None:
    assert pruning.readings(written(tmp_path / "empty.db")) == 0
    path = written(tmp_path / "week.db", reading(NEWEST), reading(NEWEST - 7 * DAY))
    assert pruning.readings(path) == 0
    assert len(left(path)) == 2


def test_old_reports_go_and_those_of_our_own_markets_stay(tmp_path) -> None:
    inside = Nanos(CONTRACT.opens + HOUR)
    some = [
        reading(NEWEST), reading(NEWEST - pruning.KEPT), reading(NEWEST - pruning.KEPT - 1),
        reading(inside, EVIDENCE), reading(CONTRACT.closes + DAY, EVIDENCE),
        reading(CONTRACT.closes + 2 * DAY, EVIDENCE), reading(inside, "KXXX"),
    ]  # fmt: skip
    path = written(tmp_path / "l.db", *some, market=True)
    assert pruning.readings(path) == 3
    assert left(path) == sorted(
        [("KNYC", NEWEST), ("KNYC", NEWEST - pruning.KEPT), (EVIDENCE, inside), (EVIDENCE, CONTRACT.closes + DAY)]
    )
    assert pruning.readings(path) == 0


def test_a_start_deletes_no_more_than_it_has_time_for(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pruning, "MOST", 1)
    old = NEWEST - pruning.KEPT - 1
    path = written(tmp_path / "l.db", reading(NEWEST), reading(old, "KAAA"), reading(old, "KBBB"))
    assert [pruning.readings(path) for _ in range(3)] == [1, 1, 0]


def test_the_first_and_last_report_of_each_station_are_known(tmp_path) -> None:
    some = [reading(START + 5), reading(START), reading(START + 9, "KMDW")]
    path = written(tmp_path / "l.db", *some)
    with closing(sqlite3.connect(path)) as connection:
        assert evidence.reported(connection) == {"KNYC": (START, START + 5), "KMDW": (START + 9, START + 9)}
        connection.execute("DELETE FROM readings")
        assert evidence.reported(connection) == {}


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 300)), max_size=4), st.integers(0, 4_000))
def test_what_lies_in_a_window_stays_and_all_else_of_before_goes(windows, before) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE readings (station TEXT, measured_at INTEGER)")
        connection.executemany("INSERT INTO readings VALUES ('K', ?)", [(at,) for at in range(0, 4_300, 7)])
        spans = [(opens, opens + length) for opens, length in windows]
        gone = pruning._deleted_of(connection, "K", before, list(spans))
        kept = {at for (at,) in connection.execute("SELECT measured_at FROM readings")}
    wanted = {at for at in range(0, 4_300, 7) if at >= before or any(o <= at < c for o, c in spans)}
    assert kept == wanted
    assert gone == len(range(0, 4_300, 7)) - len(wanted)


def test_a_session_starts_with_the_last_two_days_whatever_they_are_for(tmp_path) -> None:
    path = written(tmp_path / "l.db", reading(NEWEST), reading(NEWEST - 47 * HOUR), reading(NEWEST - 49 * HOUR))
    found = load.load(path, msgspec.structs.replace(SESSION))
    assert [one.measured_at for one in found.readings] == [NEWEST - 47 * HOUR, NEWEST]


@pytest.mark.parametrize("many", [1, 3])
def test_what_was_pruned_is_no_reason_to_doubt_the_ledger(tmp_path, many: int) -> None:
    path = written(tmp_path / "l.db", *(reading(NEWEST - n * 20 * DAY) for n in range(5)), market=True)
    for _ in range(many):
        pruning.readings(path)
    assert load.load(path, SESSION).chain_ok


def test_what_strategies_saw_leaves_after_a_month(tmp_path) -> None:
    path = written(tmp_path / "ledger.db")
    with closing(database.connect(path, full=True)) as connection, database.transaction(connection):
        for days in (0, 29, 31, 60):
            connection.execute("INSERT INTO features VALUES ('f', ?, 's', '{}')", (NEWEST - days * DAY,))
    assert pruning.features(path) == 2
    assert pruning.features(path) == 0
    with closing(sqlite3.connect(path)) as connection:
        kept = [at for (at,) in connection.execute("SELECT at FROM features ORDER BY at DESC")]
    assert kept == [NEWEST, NEWEST - 29 * DAY]
    assert pruning.features(written(tmp_path / "empty.db")) == 0
