from __future__ import annotations

import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.when import instant, iso
from engine.sources import cli
from engine.weather.climate_day import window
from tests.shared import shared

FOLDER = "frames/weather/cli"
NYC = StationId("KNYC")
FINAL = """
CDUS41 KOKX 050620
CLINYC

CLIMATE REPORT
NATIONAL WEATHER SERVICE NEW YORK, NY
220 AM EDT SUN JUL 05 2026

...THE CENTRAL PARK NY CLIMATE SUMMARY FOR JULY 4 2026...

TEMPERATURE (F)
 YESTERDAY
  MAXIMUM         94    455 PM  102    1949  84
  MINIMUM         72   1159 PM  55    1986  69

PRECIPITATION (IN)
  YESTERDAY        T
SNOWFALL (IN)
  YESTERDAY        1.2
$$
"""


def one(text: str) -> cli.ClimateReport:
    (report,) = cli.parse(text)
    return report


def real(file: str) -> tuple[cli.ClimateReport, ...]:
    return cli.parse(shared(f"{FOLDER}/{file}").read_bytes())


def test_a_final_report() -> None:
    found = one(FINAL)
    assert (found.pil, found.name, found.day, found.final) == ("NYC", "CENTRAL PARK NY", date(2026, 7, 4), True)
    assert (found.high_f, found.low_f, found.high_time) == (94, 72, "455 PM")
    assert (found.precip_hundredths_in, found.trace, found.snow_tenths_in) == (0, True, 12)
    assert iso(found.issued_at or instant("1970-01-01")) == "2026-07-05T06:20:00Z"


@pytest.mark.parametrize("mark", ["CCA", "CCB", "CCX"])
def test_a_product_is_a_correction_where_its_heading_alone_says_so(mark) -> None:
    assert one(FINAL.replace("050620", f"050620 {mark}")).correction
    assert one(FINAL.replace("050620", f"050620 {mark} ").replace("\n", "\r\r\n")).correction
    assert not one(FINAL.replace("050620", "050620 RRA")).correction
    assert not one(FINAL).correction


def test_the_heading_of_a_correction_is_of_its_own_product_alone() -> None:
    other = FINAL.replace("CLINYC", "CLILGA").replace("CENTRAL PARK", "LAGUARDIA").replace("050620", "050620 CCA")
    assert [found.correction for found in cli.parse(FINAL + other)] == [False, True]
    assert [found.correction for found in cli.parse(other + FINAL)] == [True, False]


def test_every_section_of_the_reference_set_reads_as_expected() -> None:
    expected = json.loads(shared(f"{FOLDER}/expected.json").read_text())
    assert sum(map(len, expected.values())) == 48
    for file, sections in expected.items():
        found = real(file)
        assert len(found) == len(sections), file
        for report, stated in zip(found, sections, strict=True):
            assert _stated(report) == {k: v for k, v in stated.items() if k != "valid_as_of"}, file
            assert report.valid_as_of >= stated["valid_as_of"], file  # the set knows VALID TODAY AS OF only


def _stated(report: cli.ClimateReport) -> dict[str, object]:
    return {
        "station": report.name,
        "date": str(report.day),
        "correction": report.correction,
        "period": report.period,
        "issued": report.issued,
        "high": report.high_f,
        "high_record": report.high_record,
        "high_estimated": report.high_estimated,
        "high_time": report.high_time,
        "low": report.low_f,
    }


def test_all_real_products_can_be_read() -> None:
    files = sorted(shared(FOLDER).glob("*.txt"))
    assert len(files) == 48
    assert sum(len(cli.parse(file.read_bytes())) for file in files) == 54


def test_an_intermediate_report_never_makes_a_reading() -> None:
    final, intermediate = real("CLINYC_20260704_final_and_intermediate.txt")
    _, closes = window(date(2026, 7, 4), -5)
    assert (final.final, intermediate.final) == (True, False)
    assert cli.reading(intermediate, NYC, closes) is None
    made = cli.reading(final, NYC, closes)
    assert made is not None
    assert (made.high_f, made.low_f, made.measured_at) == (94, 72, closes)


def test_yesterday_issued_before_the_day_ended_is_not_believed() -> None:
    early = one(FINAL.replace("220 AM EDT SUN JUL 05", "220 PM EDT SAT JUL 04"))
    assert cli.reading(early, NYC, window(date(2026, 7, 4), -5)[1]) is None


def test_a_reading_keeps_the_product_as_it_came() -> None:
    final, _ = real("CLINYC_20260704_final_and_intermediate.txt")
    made = cli.reading(final, NYC, window(date(2026, 7, 4), -5)[1])
    assert made is not None
    assert made.raw.startswith("CLINYC\n")
    assert "MAXIMUM 94 455 PM" in made.raw
    assert "$$" not in made.raw


def test_missing_is_none() -> None:
    found = one(FINAL.replace("94    455 PM", "MM         "))
    assert (found.high_f, found.high_time, found.low_f) == (None, None, 72)


@pytest.mark.parametrize("value", ["999", "-99", "-999", "146"])
def test_a_degree_that_nobody_has_ever_measured_is_missing(value: str) -> None:
    report = one(FINAL.replace("MAXIMUM         94", f"MAXIMUM        {value}"))
    assert (report.high_f, report.low_f) == (None if value != "-99" else -99, 72)


def test_the_normals_line_is_no_maximum() -> None:
    found = one("...THE X CLIMATE SUMMARY FOR JULY 4 2026...\nTEMPERATURE (F)\nYESTERDAY\n MINIMUM 60\n\n"
                "THE X CLIMATE NORMALS FOR TODAY\n MAXIMUM TEMPERATURE (F)   85\n MAXIMUM 85\n")  # fmt: skip
    assert (found.high_f, found.low_f) == (None, 60)


def test_sections_of_a_shared_product_are_told_apart_by_name() -> None:
    reports = real("CLIANC.txt")
    anchorage = StationId("PANC")
    assert [r.name for r in cli.for_station(reports, anchorage, "Anchorage Ted Stevens Intl")] == ["ANCHORAGE AK"]
    assert cli.for_station(reports, anchorage) == ()


def test_sections_that_are_as_like_the_name_are_both_left() -> None:
    hobby = FINAL.replace("CENTRAL PARK NY", "HOUSTON HOBBY").replace("CLINYC", "CLIHOU")
    whole = hobby.replace("$$", "&&") + hobby[hobby.index("...THE") :].replace("HOBBY", "INTERCONTINENTAL")
    reports, houston = cli.parse(whole), StationId("KHOU")
    assert [r.name for r in reports] == ["HOUSTON HOBBY", "HOUSTON INTERCONTINENTAL"]
    assert [r.name for r in cli.for_station(reports, houston, "Houston Hobby")] == ["HOUSTON HOBBY"]
    assert cli.for_station(reports, houston, "Houston William P") == ()
    assert len(cli.for_station(cli.parse(whole + whole), houston, "Houston Hobby")) == 2  # sent again


def test_another_stations_product_is_not_taken() -> None:
    assert cli.for_station(cli.parse(FINAL), StationId("KMDW"), "Chicago Midway") == ()
    assert len(cli.for_station(cli.parse(FINAL), NYC)) == 1


def test_a_day_that_does_not_exist_is_left_out() -> None:
    assert cli.parse(FINAL.replace("JULY 4 2026", "JULY 32 2026")) == ()


@pytest.mark.parametrize("year", ["9999", "2400", "0001"])
def test_a_time_of_issue_beyond_any_calendar_is_none(year: str) -> None:
    assert one(FINAL.replace("EDT SUN JUL 05 2026", f"CHST FRI JAN 01 {year}")).issued_at is None


def test_text_without_a_summary_is_refused() -> None:
    with pytest.raises(BadReport, match="no climate summary"):
        cli.parse("nothing here")
    with pytest.raises(BadReport, match="longer"):
        cli.parse("x" * (cli.LARGEST + 1))


@given(st.text(max_size=300) | st.binary(max_size=300))
@example("...THE X CLIMATE SUMMARY FOR FOO 4 2026...")
@example("1300 PM EDT SUN JUL 05 2026\n...THE X CLIMATE SUMMARY FOR JULY 4 2026...")
@example("1260 PM EDT SUN JUL 05 2026\n...THE X CLIMATE SUMMARY FOR JULY 4 0000...")
@example("1200 PM CHST SUN JAN 01 0001\n...THE X CLIMATE SUMMARY FOR JULY 4 2026...")
def test_no_text_raises_anything_but_bad_report(text: str | bytes) -> None:
    with suppress(BadReport):
        cli.parse(text)


@given(st.lists(st.sampled_from(FINAL.split()), max_size=40))
def test_no_order_of_its_words_raises_anything_but_bad_report(words: list[str]) -> None:
    with suppress(BadReport):
        cli.parse("\n".join(words) + FINAL)
