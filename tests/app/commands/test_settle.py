from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from app.commands import settle
from engine.core.errors import InputError
from tests.engine.weather import katl
from tests.shared import shared


def terms(**changes: object) -> dict:
    return {
        "id": "c1",
        "metric": "precipitation",
        "cell": "872664521ffffff",
        "stations": [{"id": "KORD", "km": "4.8", "weight": "1"}],
        "threshold": "2.5",
        "unit": "mm",
        "op": ">",
        "window": {"from": "2010-10-26T00:00:00Z", "to": "2010-10-27T00:00:00Z"},
        "min_stations": 1,
        "max_spread": "0.20",
        "coverage": "0.90",
    } | changes


def stations(*names: str) -> list[dict]:
    return [{"id": name, "km": "10", "weight": "1"} for name in names]


def day(date: int) -> dict:
    return {"from": f"2010-10-{date}T00:00:00Z", "to": f"2010-10-{date + 1}T00:00:00Z"}


def command(folder: Path, contract: dict, *files: Path, words: tuple[str, ...] = ()) -> int:
    file = folder / "contract.json"
    file.write_text(json.dumps(contract))
    parser = argparse.ArgumentParser()
    settle.add(parser.add_subparsers())
    args = parser.parse_args(["settle", "--contract", str(file), "--observations", *map(str, files), *words])
    return args.run(args)


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def ask(contract: dict, *files: Path) -> dict:
        assert command(tmp_path, contract, *files, words=("--json",)) == 0
        return json.loads(capsys.readouterr().out)

    return ask


def iem(station: str) -> Path:
    return shared(f"frames/weather/iem/asos_{station}.txt")


@pytest.mark.parametrize(
    ("station", "date", "outcome", "reason", "value"),
    [
        ("ORD", 24, "NO", None, "0.762"),
        ("ORD", 26, "YES", None, "6.096"),
        ("ORD", 27, "DISPUTED", "outage", None),
        ("CLE", 26, "YES", None, "11.43"),
        ("CLE", 28, "DISPUTED", "outage", None),
        ("GRB", 24, "DISPUTED", "coverage", None),
        ("GRB", 26, "YES", None, "12.954"),
        ("MSP", 26, "YES", None, "25.654"),
        ("MSP", 27, "NO", None, "1.27"),
        ("MSP", 30, "DISPUTED", "outage", None),
    ],
)
def test_real_tables_of_2010(answer, station: str, date: int, outcome: str, reason: str | None, value: str | None):
    found = answer(terms(stations=stations(f"K{station}"), window=day(date)), iem(station))
    assert (found["outcome"], found["reason"], found["value"]) == (outcome, reason, value)
    assert (found["unit"], found["threshold"], found["stations"][0]["id"]) == ("mm", "2.5", f"K{station}")


def test_two_real_stations_conflict(answer) -> None:
    found = answer(terms(stations=stations("KORD", "KMSP"), window=day(26)), iem("ORD"), iem("MSP"))
    assert (found["outcome"], found["reason"]) == ("DISPUTED", "conflict")


def test_too_few_stations(answer) -> None:
    found = answer(terms(stations=stations("KORD", "KMSP"), min_stations=2, window=day(26)), iem("ORD"))
    assert (found["reason"], [s["used"] for s in found["stations"]]) == ("min_stations", [True, False])


def test_gusts_of_a_real_table(answer) -> None:
    gusts = terms(metric="wind_gust", unit="kt", threshold="29", window=day(26))
    assert answer(gusts, iem("ORD"))["value"] == "30"


def test_a_table_has_no_official_high(answer) -> None:
    window = {"from": "2010-10-26T06:00:00Z", "to": "2010-10-27T06:00:00Z"}
    found = answer(terms(metric="temp_max", unit="F", threshold="60", window=window), iem("ORD"))
    assert (found["outcome"], found["reason"]) == ("DISPUTED", "provisional")


def test_a_real_day_of_metar_text_settles_rain_and_high(answer, tmp_path: Path) -> None:
    real = next(d for d in katl.days() if str(d.date) == "2020-01-03")
    file = tmp_path / "katl.txt"
    file.write_text("".join(f"{text}\n" for _, text in real.reports))
    here = {
        "stations": stations("KATL"),
        "window": {"from": "2020-01-03T05:00:00Z", "to": "2020-01-04T05:00:00Z"},
    }
    rain = answer(terms(**here, unit="in", threshold="0.95"), file)
    assert (rain["outcome"], rain["value"], real.rain_in) == ("YES", "0.96", "0.97")  # the sum of every row is 3.79
    high = answer(terms(**here, metric="temp_max", unit="F", threshold=str(real.high_f)), file)
    assert (high["outcome"], high["value"]) == ("NO", str(real.high_f))


def test_a_real_bulletin_is_too_little(answer) -> None:
    window = {"from": "2020-01-08T00:00:00Z", "to": "2020-01-09T00:00:00Z"}
    bulletin = shared("frames/weather/metar/collective.txt")
    found = answer(terms(stations=stations("KMIA"), window=window), bulletin)
    assert (found["outcome"], found["reason"], found["stations"][0]["reports"]) == ("DISPUTED", "coverage", 1)


CENTRAL_PARK = terms(
    metric="temp_max",
    unit="F",
    stations=stations("KNYC"),
    window={"from": "2026-07-04T05:00:00Z", "to": "2026-07-05T05:00:00Z"},
)
CLI = "frames/weather/cli/CLINYC_20260704_final_and_intermediate.txt"


@pytest.mark.parametrize(("threshold", "outcome"), [("93", "YES"), ("94", "NO")])
def test_a_real_climate_report_settles_a_high(answer, threshold: str, outcome: str) -> None:
    found = answer(CENTRAL_PARK | {"threshold": threshold}, shared(CLI))
    assert (found["outcome"], found["value"], found["stations"][0]["note"]) == (outcome, "94", "climate report")


def test_a_climate_report_against_the_24_hour_group_is_disputed(answer, tmp_path: Path) -> None:
    file = tmp_path / "metar.txt"
    hours = [(4 + (5 + h) // 24, (5 + h) % 24) for h in range(24)]
    lines = [f"KNYC {d:02}{h:02}51Z 00000KT 25/16 A2999 RMK AO2 T02500160" for d, h in hours]
    file.write_text("\n".join([*lines[:-1], lines[-1] + " 403390222"]) + "\n")
    found = answer(CENTRAL_PARK, shared(CLI), file)
    assert (found["outcome"], found["reason"]) == ("DISPUTED", "sources")


def test_text_says_outcome_rule_and_stations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path, terms(), iem("ORD")) == 0
    first, rule, station = capsys.readouterr().out.splitlines()
    assert first == "YES  6.096 mm at KORD is above 2.5 mm."
    assert rule.startswith("YES if the value is greater than 2.5 mm; equal is NO.")
    assert station == "KORD  4.8 km  6.096 mm  24 of 24 routine reports"


def test_text_marks_what_was_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(tmp_path, terms(window=day(30)), iem("ORD"))
    assert "KORD  4.8 km  —  0 of 24 routine reports, not used" in capsys.readouterr().out


def test_bad_contracts_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"contract\.json: metric: must be one of"):
        command(tmp_path, terms(metric="sun"), iem("ORD"))
    with pytest.raises(InputError, match=r"none\.csv: cannot be read \(No such file or directory\)"):
        command(tmp_path, terms(), tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"asos1min_p1_examples\.txt: report: none could be read"):
        command(tmp_path, terms(), shared("frames/weather/iem/asos1min_p1_examples.txt"))


def test_a_contract_that_names_its_sources_says_what_each_gave(tmp_path: Path, answer, capsys) -> None:
    mine = tmp_path / "mine.csv"
    rows = [f"KORD,2010-10-26T{hour:02}:30Z,0.5,mm," for hour in range(24)]
    mine.write_text("\n".join(["station,time,value,unit,quality", *rows]))
    sources = {"order": [{"name": "asos", "weight": "1"}, {"name": "private", "weight": "1"}], "apart": "2"}
    found = answer(terms(sources=sources), iem("ORD"), mine)
    assert (found["outcome"], found["reason"]) == ("DISPUTED", "sources")
    (station,) = found["stations"]
    assert [(one["name"], one["value"]) for one in station["sources"]] == [("asos", "6.096"), ("private", "12.192")]
    near = terms(sources=sources | {"apart": "7", "use": "mean"})
    assert command(tmp_path, near, iem("ORD"), mine) == 0
    said = capsys.readouterr().out
    assert "private  12.192 mm  in the mean" in said
    assert said.startswith("YES  9.144 mm")


def test_files_may_be_named_in_any_order(answer, tmp_path: Path) -> None:
    """Two tables of one day that tell other amounts: the outcome was that of the file named last."""
    tables = []
    for name, amount in (("wet", 20), ("dry", 0)):
        lines = [f"KORD 26{hour:02d}51Z 06004KT 10SM CLR 18/16 A2999 RMK AO2 P{amount:04d}" for hour in range(24)]
        tables.append(tmp_path / name)
        tables[-1].write_text("\n".join(lines) + "\n")
    contract = terms()
    assert answer(contract, *tables) == answer(contract, *reversed(tables))
    assert answer(contract, tables[0])["outcome"] != answer(contract, tables[1])["outcome"]
