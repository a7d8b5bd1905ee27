from __future__ import annotations

from datetime import date

import pytest

from engine.core.errors import InputError
from engine.core.ids import StationId
from engine.core.when import instant
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
