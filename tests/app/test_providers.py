from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

import resources
from app import cli
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import HOUR, MINUTE, Nanos
from engine.store.archive import Archive, Load, Minute, Statement
from engine.weather import climate_day
from engine.weather.climate_day import tenths_celsius
from engine.weather.daily import Daily
from tests.shared import shared

MIDWAY = StationId("KMDW")
MDW = next(StationRow(**row) for row in resources.load_stations() if row["id"] == "KMDW")


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Twenty-one days whose official high is 80: the station's reports say so, five-minute rows have 83, minutes 79."""
    archive = Archive(tmp_path / "weather")
    readings, minutes, stated = [], [], []
    for n in range(21):
        day = date(2026, 7, 1) + timedelta(days=n)
        opens, closes = climate_day.window(day, MDW.utc_offset_hours)
        stated.append(Statement("KMDW", Daily(source="IEM CLI", place="KMDW", day=day, high_f=80,
                                              issued_at=Nanos(closes + HOUR))))  # fmt: skip
        for hour in range(24):
            at = Nanos(opens + hour * HOUR + 53 * MINUTE)
            for kind, high in ((ReportKind.ROUTINE, 80), (ReportKind.FIVE_MINUTE, 83)):
                value = tenths_celsius(high if hour == 15 else 60)
                readings.append(
                    Reading(
                        station=StationId("KMDW"), measured_at=at, kind=kind, source="IEM", raw="", temp_tenths_c=value
                    )
                )
            minutes.append(Minute("KMDW", at, "IEM1MIN", 79 if hour == 15 else 60))
            minutes.append(Minute("KMDW", Nanos(at + MINUTE), "IEM1MIN", 99, suspect=True))
    archive.keep(Load(readings=readings, minutes=minutes, statements=stated, stations=[MDW]))
    return tmp_path


def test_verdicts_of_the_archive_are_printed_and_kept(profile: Path, capsys) -> None:
    assert cli.run(["providers", "--profile", str(profile), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    found = {one["provider"]: one for one in said["checks"]}
    assert {name: one["usable"] for name, one in found.items()} == {
        "asos": True, "asos hourly": True, "five_minute": False, "one_minute": False,
    }  # fmt: skip
    assert found["five_minute"]["why"] == "above the official high on 100% of 21 days"
    assert found["one_minute"]["bias"] == -1
    assert "at least 20 days" in said["thresholds"]
    failed = Archive(profile / "weather").failed()
    assert set(failed) == {("five_minute", "KMDW"), ("one_minute", "KMDW")}


def test_the_answer_in_words(profile: Path, capsys) -> None:
    assert cli.run(["providers", "--profile", str(profile), "--stations", "KMDW"]) == 1
    said = capsys.readouterr().out
    five = next(line.split("  ") for line in said.splitlines() if line.startswith("five_minute"))
    cells = [cell.strip() for cell in five if cell.strip()]
    assert cells[1:5] == ["KMDW", "21", "0.0%", "0.0%"]
    assert cells[5:8] == ["100.0%", "+3.00 °F", "+3 °F on 2026-07-21"]
    assert cells[8] == "not usable: above the official high on 100% of 21 days"
    assert said.splitlines()[-1].startswith("usable: at least 20 days")


def test_an_archive_without_the_station_is_said(tmp_path: Path, capsys) -> None:
    assert cli.run(["providers", "--profile", str(tmp_path), "--stations", "KMDW"]) == 2
    assert "the archive has none of these stations" in capsys.readouterr().err


def test_the_reference_data_keep_no_verdict(tmp_path: Path, capsys) -> None:
    assert cli.run(["providers", "--data", str(shared("frames").parent), "--profile", str(tmp_path)]) == 1
    assert "asos 24 h group" in capsys.readouterr().out
    assert not (tmp_path / "weather").exists()
