from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from app.commands import high
from engine.core.errors import InputError
from tests.engine.weather import katl
from tests.shared import shared


def command(*argv: object) -> int:
    parser = argparse.ArgumentParser()
    high.add(parser.add_subparsers())
    args = parser.parse_args(["high", *map(str, argv)])
    return args.run(args)


def answer(capsys: pytest.CaptureFixture[str], *argv: object) -> dict:
    assert command(*argv, "--json") == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def days() -> list[katl.Day]:
    return katl.days()


def written(folder: Path, day: katl.Day, *, dated: bool = True) -> Path:
    file = folder / f"{day.date}.txt"
    file.write_text("".join(f"{at} {text}\n" if dated else f"{text}\n" for at, text in day.reports))
    return file


def test_all_52_real_days_give_the_official_high(
    tmp_path: Path, days: list[katl.Day], capsys: pytest.CaptureFixture[str]
) -> None:
    below = 0
    for day in days:
        found = answer(capsys, "--station", "KATL", "--date", day.date, "--metar", written(tmp_path, day))
        assert (found["official_f"], found["source"], found["candidates_f"]) == (day.high_f, "metar24h", [day.high_f])
        assert found["lower_bound_f"] <= day.high_f
        below += found["lower_bound_f"] < day.high_f
    assert (len(days), below) == (52, 3)


def test_undated_reports_give_the_same(
    tmp_path: Path, days: list[katl.Day], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--station", "KATL", "--date", days[0].date, "--metar"]
    dated = answer(capsys, *asked, written(tmp_path, days[0]))
    assert answer(capsys, *asked, written(tmp_path, days[0], dated=False)) == dated
    assert dated["window_utc"] == {"from": "2020-01-01T05:00:00Z", "to": "2020-01-02T05:00:00Z"}


def test_by_noon_nothing_is_official(tmp_path: Path, days: list[katl.Day], capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(
        capsys, "--station", "KATL", "--date", days[0].date, "--metar", written(tmp_path, days[0]),
        "--asof", "2020-01-01T17:00:00Z",
    )  # fmt: skip
    assert (found["official_f"], found["source"], found["candidates_f"]) == (None, None, None)
    assert found["lower_bound_f"] == 50


def metar(folder: Path, *lines: str) -> Path:
    file = folder / "metar.txt"
    file.write_text("\n".join(lines) + "\n")
    return file


NOON = "KNYC 041651Z 00000KT 30/16 A2999 RMK AO2 T03000160"
MIDNIGHT = "KNYC 050451Z 00000KT 25/16 A2999 RMK AO2 T02500160 403440222"
CLI = "frames/weather/cli/CLINYC_20260704_final_and_intermediate.txt"


def test_a_final_climate_report_is_official(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--station", "KNYC", "--date", "2026-07-04", "--metar", metar(tmp_path, NOON), "--cli", shared(CLI)]
    found = answer(capsys, *asked)
    assert (found["official_f"], found["source"], found["lower_bound_f"]) == (94, "cli", 86)
    assert answer(capsys, *asked, "--asof", "2026-07-05T05:00Z")["official_f"] is None
    assert command(*asked) == 0
    assert "official high   94 °F (climate report)" in capsys.readouterr().out


def test_sources_that_disagree_are_both_candidates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--station", "KNYC", "--date", "2026-07-04", "--metar", metar(tmp_path, MIDNIGHT.replace("0344", "0339"))]
    found = answer(capsys, *asked, "--cli", shared(CLI))
    assert (found["candidates_f"], found["official_f"]) == ([93, 94], 94)
    command(*asked, "--cli", shared(CLI))
    assert "sources disagree: 93 or 94 °F" in capsys.readouterr().out


def test_what_is_not_known_is_said_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--station", "KNYC", "--date", "2026-07-09", "--metar", metar(tmp_path, NOON)) == 0
    out = capsys.readouterr().out
    assert "official high   not yet" in out
    assert "by the reports  —" in out


def test_a_station_outside_the_list_needs_its_offset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = metar(tmp_path, NOON.replace("KNYC", "PANC"))
    asked = ["--station", "PANC", "--date", "2026-07-04", "--metar", file]
    with pytest.raises(InputError, match="PANC is not in the shipped list"):
        command(*asked)
    assert answer(capsys, *asked, "--utc-offset", "-9")["lower_bound_f"] == 86


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"--station": "nyc"}, "--station: must be a code of four letters"),
        ({"--date": "4 July"}, "--date: must be YYYY-MM-DD"),
        ({"--date": "0001-01-01"}, "--date: must lie between 1900 and 2200"),
        ({"--asof": "noon"}, "--asof: must be an ISO 8601 time"),
        ({"--utc-offset": "99"}, "--utc-offset: must be hours"),
        ({"--metar": "/nowhere/m.txt"}, "m.txt: cannot be read"),
        ({"--station": "KMDW"}, "station: no report of KMDW, was KNYC"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, changes: dict, words: str) -> None:
    asked = {"--station": "KNYC", "--date": "2026-07-04", "--metar": metar(tmp_path, NOON)} | changes
    with pytest.raises(InputError) as caught:
        command(*(word for pair in asked.items() for word in pair))
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "\x00\x01", "not a report", "KNYC 041651Z NIL"])
def test_a_file_without_a_report_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"metar\.txt: report: none could be read"):
        command("--station", "KNYC", "--date", "2026-07-04", "--metar", metar(tmp_path, text))


def test_a_climate_report_of_another_station_is_refused(tmp_path: Path) -> None:
    other = shared("frames/weather/cli/CLIABY.txt")
    with pytest.raises(InputError, match=r"CLIABY\.txt: climate report: none of KNYC for 2026-07-04"):
        command("--station", "KNYC", "--date", "2026-07-04", "--metar", metar(tmp_path, NOON), "--cli", other)
