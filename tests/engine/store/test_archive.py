from __future__ import annotations

import sqlite3
import threading
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.errors import StoreDamaged, StoreError, StoreTooNew
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.core.when import instant
from engine.store.archive import PROGRESS, Archive, Gap, Load, Minute, Statement
from engine.weather.daily import Daily

MDW = "KMDW"
OPENS = instant("2026-07-03T00:00:00Z")
ROW = StationRow(
    id=MDW, name="Midway", lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=53
)


def reading(minute: int, **more: object) -> Reading:
    at = Nanos(OPENS + minute * MINUTE)
    stated = {"kind": ReportKind.ROUTINE, "source": "IEM", "raw": f"KMDW {minute}", "temp_tenths_c": 222, **more}
    return Reading(station=StationId(MDW), measured_at=at, **stated)  # type: ignore[arg-type] # fields by name


def statement(day: date = date(2026, 7, 3), high: int = 85) -> Statement:
    made = Daily(source="IEM CLI", place=MDW, day=day, high_f=high, issued_at=Nanos(OPENS + 2 * DAY), raw="CLIMDW")
    return Statement(MDW, made)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "weather")


def test_what_is_kept_is_read_back_as_it_came(archive: Archive) -> None:
    reports = [reading(53, gust_kt=20), reading(113), reading(53, kind=ReportKind.FIVE_MINUTE, raw="five")]
    minute = Minute(MDW, OPENS, "IEM1MIN", 72, 60, 5, None, 0, suspect=True)
    load = Load(readings=reports, minutes=[minute], statements=[statement()], stations=[ROW], known_at=OPENS)
    assert archive.keep(load) == 5
    assert archive.readings(MDW, OPENS, Nanos(OPENS + DAY)) == sorted(
        reports, key=lambda r: (r.measured_at, r.kind.value)
    )
    assert archive.minutes(MDW, OPENS, Nanos(OPENS + DAY)) == [minute]
    assert archive.statements(MDW, date(2026, 7, 1), date(2026, 7, 31)) == [statement().daily]
    assert archive.readings("KNYC", OPENS, Nanos(OPENS + DAY)) == []
    assert archive.readings(MDW, Nanos(OPENS + 2 * HOUR), Nanos(OPENS + DAY)) == []
    assert [row["id"] for row in archive.rows("stations", Nanos(0))] == [MDW, MDW]  # of the day, and of statements


def test_every_row_is_there_once_however_often_it_comes(archive: Archive) -> None:
    load = Load(readings=[reading(53)], minutes=[Minute(MDW, OPENS, "X", 72)], statements=[statement()])
    assert [archive.keep(load), archive.keep(load)] == [3, 0]
    assert archive.keep(Load(readings=[reading(53, raw="KMDW 53 COR", corrected=True)])) == 1
    assert archive.keep(Load(statements=[statement(high=86)])) == 1
    assert [d.high_f for d in archive.statements(MDW, date(2026, 7, 3), date(2026, 7, 3))] == [85, 86]


def test_a_day_has_its_file_and_midnight_begins_the_next(archive: Archive) -> None:
    archive.keep(Load(readings=[reading(1_439), reading(1_440)]))
    assert archive.days() == [date(2026, 7, 3), date(2026, 7, 4)]
    assert len(archive.readings(MDW, OPENS, Nanos(OPENS + 2 * DAY))) == 2
    (archive.folder / "notes-of-x.db").touch()
    assert len(archive.days()) == 2


def test_a_piece_is_done_once_it_is_on_disk(archive: Archive) -> None:
    assert not archive.done("asos 2026-07-03")
    archive.keep(Load(readings=[reading(53)]), done="asos 2026-07-03", at=OPENS)
    assert archive.done("asos 2026-07-03")
    assert not archive.done("asos 2026-07-04")


def test_a_later_look_replaces_the_gaps_of_its_hours_and_source_alone(archive: Archive) -> None:
    def gap(hour: int, source: str = "asos") -> Gap:
        return Gap(MDW, source, Nanos(OPENS + hour * HOUR), Nanos(OPENS + (hour + 1) * HOUR), "no routine report")

    looked = ("asos", OPENS, Nanos(OPENS + DAY))
    archive.keep(Load(gaps=[gap(3), gap(4), gap(3, "one_minute")], stations=[ROW], looked=looked))
    archive.keep(Load(gaps=[gap(4)], stations=[ROW], looked=looked))
    found = [(row["source"], row["opens"]) for row in archive.rows("gaps", Nanos(0))]
    assert found == [("asos", gap(4).opens), ("one_minute", gap(3).opens)]
    archive.keep(Load(stations=[ROW], looked=("asos", Nanos(OPENS + DAY), Nanos(OPENS + 2 * DAY))))
    assert len(list(archive.rows("gaps", Nanos(0)))) == 2
    assert archive.days() == [date(2026, 7, 3), date(2026, 7, 4)]  # a day that was looked at has its file


def test_gaps_of_statements_lie_beside_them(archive: Archive) -> None:
    looked = ("cli", OPENS, Nanos(OPENS + 31 * DAY))
    missing = Gap(MDW, "cli", Nanos(OPENS + DAY), Nanos(OPENS + 2 * DAY), "no statement of the day")
    archive.keep(Load(statements=[statement()], gaps=[missing], stations=[ROW], daily=True, looked=looked))
    assert archive.days() == []
    archive.keep(Load(statements=[statement(date(2026, 7, 4))], stations=[ROW], daily=True, looked=looked))
    assert list(archive.rows("gaps", Nanos(0))) == []


def test_what_a_provider_is_worth_is_kept(archive: Archive) -> None:
    assert archive.providers() == []
    archive.judged("one_minute", MDW, OPENS, usable=False, body="{}")
    archive.judged("one_minute", MDW, Nanos(OPENS + 1), usable=True, body='{"n": 40}')
    archive.judged("vc", MDW, OPENS, usable=None, body="{}")
    assert archive.providers() == [
        ("one_minute", MDW, Nanos(OPENS + 1), True, '{"n": 40}'), ("vc", MDW, OPENS, None, "{}"),
    ]  # fmt: skip


def test_a_file_of_a_newer_program_is_not_touched(archive: Archive) -> None:
    archive.keep(Load(readings=[reading(53)]))
    file = archive.folder / "2026-07-03.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version=9")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreTooNew):
        archive.readings(MDW, OPENS, Nanos(OPENS + DAY))
    with pytest.raises(StoreTooNew):
        archive.keep(Load(readings=[reading(54)]))
    assert file.read_bytes() == before


def test_files_in_which_nothing_was_kept_before_the_disk_was_full_hold_nothing_up(archive: Archive) -> None:
    archive.folder.mkdir()
    for name in (PROGRESS, "statements.db", "2026-07-03.db"):
        (archive.folder / name).touch()
    assert not archive.done("a piece")
    assert archive.providers() == []
    assert archive.failed() == {}
    assert archive.readings(MDW, OPENS, Nanos(OPENS + DAY)) == []
    assert archive.statements(MDW, date(2026, 7, 1), date(2026, 7, 31)) == []
    assert list(archive.reports(Nanos(0))) == []
    load = Load(readings=[reading(53)], statements=[statement()])
    assert archive.keep(load, done="a piece", at=OPENS) == 2
    assert archive.done("a piece")
    assert archive.readings(MDW, OPENS, Nanos(OPENS + DAY)) == [reading(53)]


def test_what_is_read_while_somebody_writes_is_of_one_moment_and_no_damage(archive: Archive) -> None:
    def long(n: int) -> Reading:
        return replace(reading(0, raw=f"{n} " + "x" * 200), measured_at=Nanos(OPENS + n * 7 % 86_400 * SECOND))

    archive.keep(Load(readings=[long(n) for n in range(3_000)]))
    wrote: list[int] = []

    def write() -> None:
        for n in range(3_000, 7_000, 50):
            wrote.append(archive.keep(Load(readings=[long(n + i) for i in range(50)])))

    writer = threading.Thread(target=write)
    writer.start()
    least = 3_000
    while writer.is_alive():
        found = len(archive.readings(MDW, OPENS, Nanos(OPENS + DAY)))
        assert found >= least
        least = len(list(archive.rows("readings", Nanos(0))))
        assert least >= found
    writer.join()
    assert wrote == [50] * 80
    assert len(archive.readings(MDW, OPENS, Nanos(OPENS + DAY))) == 7_000


def test_what_is_no_archive_is_said(archive: Archive, tmp_path: Path) -> None:
    archive.keep(Load(readings=[reading(53)], statements=[statement()]))
    with sqlite3.connect(archive.folder / "2026-07-03.db") as connection:
        connection.execute("UPDATE readings SET read = '{'")
    connection.close()
    with pytest.raises(StoreDamaged, match="a report of KMDW"):
        archive.readings(MDW, OPENS, Nanos(OPENS + DAY))
    (archive.folder / PROGRESS).write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    with pytest.raises(StoreError):
        archive.done("x")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        Archive(tmp_path / "file" / "weather").keep(Load(readings=[reading(53)]))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 2)), max_size=12))
def test_any_order_and_any_repeats_keep_the_same_rows(tmp_path_factory, told: list[tuple[int, int]]) -> None:
    archive = Archive(tmp_path_factory.mktemp("weather"))
    reports = [reading(minute, raw=f"{minute} {text}") for minute, text in told]
    for report in (*reports, *reversed(reports)):
        archive.keep(Load(readings=[report]))
    found = archive.readings(MDW, OPENS, Nanos(OPENS + 3 * DAY))
    assert {r.raw for r in found} == {r.raw for r in reports}
    assert len(found) == len({r.raw for r in reports})
