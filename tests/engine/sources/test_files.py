from __future__ import annotations

from datetime import date

import pytest

from engine.core.errors import InputError
from engine.core.ids import StationId
from engine.core.reading import ReportKind
from engine.core.when import instant, iso
from engine.sources import files
from tests.shared import shared

NEAR = instant("2026-07-06T12:00Z")
KNOWN = files.Known()


def test_a_table_and_metar_text_are_told_apart() -> None:
    table = files.observations("station,valid,tmpf\nNYC,2026-07-06 11:51,70.00\n", "a", NEAR, KNOWN)
    text = files.observations("KNYC 061151Z 00000KT 21/16\n", "b", NEAR, KNOWN)
    assert [r.source for r in (*table, *text)] == ["IEM", "METAR"]


def test_a_table_without_rows_is_empty_not_wrong() -> None:
    assert files.observations("station,valid,tmpf\n", "a", NEAR, KNOWN) == ()


@pytest.mark.parametrize("text", ["", "Too many requests", "KNYC 061151Z NIL"])
def test_a_file_that_holds_nothing_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match=r"obs\.txt: report: none could be read"):
        files.observations(text, "obs.txt", NEAR, KNOWN)


def test_a_climate_report_of_another_day_is_not_taken() -> None:
    text = shared("frames/weather/cli/CLINYC_20260704_final_and_intermediate.txt").read_text()
    own = files.climate(text, "c", StationId("KNYC"), date(2026, 7, 4), KNOWN)
    assert [r.final for r in own] == [True, False]
    assert files.climate(text, "c", StationId("KNYC"), date(2026, 7, 5), KNOWN) == ()


def test_a_file_without_a_climate_report_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"cli\.txt: climate report"):
        files.climate("KNYC 061151Z", "cli.txt", StationId("KNYC"), date(2026, 7, 4), KNOWN)


ROW = "KMDW,2026-07-03T17:50:00Z,82,F,good"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"station,time,value,unit,quality\n{ROW}\n", ReportKind.PRIVATE),
        ("stationName,timeObs,temperature\nKMDW,1783101000,295.15\n", ReportKind.FIVE_MINUTE),
        ('[{"stationName": "KMDW", "timeObs": 1783101000, "temperature": 295.15}]', ReportKind.FIVE_MINUTE),
        ("station,station_name,valid(UTC),tmpf\nMDW,CHICAGO,2026-07-03 17:50,82\n", ReportKind.ONE_MINUTE),
    ],
)
def test_tables_of_other_sources_are_told_by_their_headers(text: str, kind: ReportKind) -> None:
    (made,) = files.observations(text, "x", NEAR, KNOWN)
    assert (made.station, made.kind, iso(made.measured_at)) == ("KMDW", kind, "2026-07-03T17:50:00Z")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("station,time,value,unit,quality\nKMDW,noon,82,F,\n", "mine.csv: station file: line 2: no time: 'noon'"),
        ('[{"stationName": "KMDW", "timeObs": 1', "mine.csv: MADIS rows: not JSON"),
        ("station,station_name,valid(America/Chicago),tmpf\n", "mine.csv: one-minute table: its times are not in UTC"),
    ],
)
def test_what_is_wrong_with_one_is_said_with_its_name(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        files.observations(text, "mine.csv", NEAR, KNOWN)
    assert str(caught.value).startswith(words)
