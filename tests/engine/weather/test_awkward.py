"""The list of awkward facts, line by line: the tests that hold each, or why a line does not concern this program.

What concerns how reports are read is held in `tests/engine/sources/test_awkward.py`, named by the line; what is about
settlement, brackets, maps and models beside what it concerns, or here.
"""

from __future__ import annotations

import ast
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

import resources
from engine.core.contract import Metric
from engine.core.errors import InputError
from engine.core.ids import Cell, MarketId
from engine.core.units import DAY, Nanos
from engine.oracle import chain, contract, resolve
from engine.weather import cells
from tests.engine.kernel.desk import Desk, climate, high
from tests.engine.oracle import cases
from tests.shared import shared

TESTS: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = "engine/sources/test_awkward.py"
HERE: Final = "engine/weather/test_awkward.py"

HELD: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "engine/weather/test_source_rules.py::test_the_same_series_names_another_source_from_mid_august_on",
        "engine/venues/kalshi/test_listing.py::test_the_rules_name_source_and_station",
    ),
    2: ("engine/weather/test_source_rules.py::test_polymarket_left_one_page_for_another_and_uses_another_station",),
    3: (f"{SOURCES}::test_03_debug_lines_before_the_header_are_passed_over",),
    4: (f"{SOURCES}::test_04_a_trace_is_data_and_not_missing",),
    5: (f"{SOURCES}::test_05_the_running_total_of_specials_is_not_added_up",),
    6: (f"{SOURCES}::test_06_five_minute_rows_mixed_in_are_told_apart",),
    7: (
        f"{SOURCES}::test_07_times_without_an_offset_are_utc_and_the_k_comes_back",
        "engine/sources/test_iem_client.py::test_the_services_throttle_is_waited_out_though_it_names_no_time",
        "engine/sources/test_iem_client.py::test_one_question_for_all_stations_of_a_window_whose_end_is_exclusive",
    ),
    8: (f"{SOURCES}::test_08_whole_celsius_is_a_set_and_the_t_group_is_exact",),
    9: (
        "engine/weather/test_climate_day.py::test_52_real_days_the_lower_bound_is_49_times_equal_and_never_above",
        "engine/research/test_settlement_days.py::test_atlantas_winter_comes_out_as_it_was_measured",
    ),
    10: (
        f"{SOURCES}::test_10_the_24_hour_group_is_read",
        "engine/weather/test_climate_day.py::test_52_real_days_the_24_hour_group_is_the_official_high_on_every_one",
    ),
    11: (f"{SOURCES}::test_11_an_eastern_six_hour_group_across_midnight_counts_for_neither_day",),
    12: (f"{SOURCES}::test_12_the_day_is_standard_time_in_summer_too",),
    13: (
        f"{SOURCES}::test_13_an_afternoon_report_is_never_final",
        f"{SOURCES}::test_13_a_report_without_a_maximum_has_none",
        f"{SOURCES}::test_13_a_kept_afternoon_row_is_told_by_its_products_time",
        "engine/sources/test_cli.py::test_sections_of_a_shared_product_are_told_apart_by_name",
        "engine/sources/test_cli.py::test_the_normals_line_is_no_maximum",
    ),
    14: (
        f"{SOURCES}::test_14_numbers_may_be_letters_null_or_absent",
        f"{SOURCES}::test_14_units_are_read_from_each_value",
    ),
    15: (f"{SOURCES}::test_15_most_alerts_have_no_polygon_no_end_and_some_come_twice",),
    16: (f"{SOURCES}::test_16_a_merged_span_that_began_before_the_window_is_found",),
    17: (
        "engine/sources/test_grib_index.py::test_17_rain_of_an_hour_and_rain_since_the_run_began_are_two_fields",
        "engine/sources/test_grib_files.py::test_17_the_two_rains_of_a_file_are_told_apart",
        "engine/sources/test_grib_decode.py"
        "::test_17_another_reader_gives_one_of_two_rains_without_a_word_and_agrees_on_each_by_its_span",
    ),
    18: ("engine/weather/test_gridded.py::test_18_every_cell_has_a_forecast_though_two_in_five_hold_no_point",),
    19: (f"{HERE}::test_19_hardly_a_cell_holds_a_station_and_evidence_is_found_by_distance",),
    20: (
        "engine/weather/test_cells.py::test_the_group_of_a_cell_is_its_parent_of_1770_square_kilometres",
        f"{HERE}::test_20_groups_are_parents_and_no_prefixes",
    ),
    21: (
        "engine/weather/test_forecast.py::test_a_dry_forecast_gives_the_least_b",
        "engine/weather/test_forecast.py::test_a_dry_median_with_a_wet_tail_keeps_its_liquidity",
    ),
    22: (f"{HERE}::test_22_terms_are_fields_and_no_ticker",),
    23: (
        f"{HERE}::test_23_two_records_of_one_second_verify_and_what_is_stored_is_what_was_hashed",
        "engine/oracle/test_chain.py::test_a_change_of_any_column_is_found_where_it_is",
        "engine/oracle/test_chain.py::test_swapped_records_are_found",
    ),
    24: (
        f"{SOURCES}::test_24_central_park_has_no_five_minute_feed_and_says_so",
        f"{SOURCES}::test_24_what_the_future_is_filled_with_is_no_high",
        "engine/sources/test_visual_crossing.py::test_the_question_locks_the_station",
    ),
    25: (
        "app/test_mappage.py::test_nothing_is_loaded_from_outside",
        "app/test_mappage.py::test_hostile_words_are_shown_and_never_run",
    ),
    27: (f"{HERE}::test_27_what_is_revised_after_the_settlement_changes_nothing_by_itself",),
    28: (f"{SOURCES}::test_28_a_report_is_dated_by_itself_and_not_by_the_rounded_hour",),
    29: (
        "engine/kernel/test_determining.py"
        "::test_a_venue_whose_source_says_otherwise_than_the_climate_report_is_flagged_with_both",
        "engine/venues/kalshi/test_settlement.py::test_our_own_oracle_is_held_against_the_venue",
    ),
    30: (
        "engine/venues/kalshi/test_listing.py::test_brackets_come_in_the_order_of_their_strikes_and_are_proven_to_hold_all",
        "engine/venues/kalshi/test_listing.py::test_every_whole_value_lies_in_exactly_one_bracket_of_a_proven_event",
    ),
    31: (
        "engine/oracle/test_resolve.py::test_equal_to_the_threshold_is_no_in_the_stations_unit",
        "engine/oracle/test_rules.py::test_a_threshold_is_converted_exactly",
    ),
    32: (f"{HERE}::test_19_hardly_a_cell_holds_a_station_and_evidence_is_found_by_distance",),
    33: (f"{SOURCES}::test_33_snow_is_not_in_the_routine_sums",),
    34: (
        f"{SOURCES}::test_34_every_climate_report_of_the_set_is_read",
        "engine/sources/test_cli.py::test_every_section_of_the_reference_set_reads_as_expected",
    ),
}
"""Tests by line, as the file under `tests` and the name in it."""

NOT_OURS: Final[dict[int, str]] = {
    26: "rows of the climatological data files are not read: station-days hold each METAR as it was sent",
    35: "says which recordings do not exist; ours of those shapes are written from the specification",
}
"""Lines without a test, and why."""


def lines() -> set[int]:
    """Numbers of the list's facts: some share a line of its text."""
    text = shared("specs/weather/awkward.md").read_text()
    found = {int(number) for number in re.findall(r"(?:^|[.;)\]] )(\d{1,2}) [A-Z'a-z0-9>]", text, re.MULTILINE)}
    return found & set(range(1, 36))


def names(file: str) -> set[str]:
    """Names of a test module's tests."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_line_has_its_tests_or_its_reason() -> None:
    found = lines()
    assert found == set(range(1, 36))
    assert found == HELD.keys() | NOT_OURS.keys()
    assert not HELD.keys() & NOT_OURS.keys()
    assert all(NOT_OURS.values())


@pytest.mark.parametrize("line", sorted(HELD))
def test_the_tests_of_a_line_are_there(line: int) -> None:
    assert HELD[line]
    for named in HELD[line]:
        file, _, name = named.partition("::")
        assert name in names(file), named


def test_19_hardly_a_cell_holds_a_station_and_evidence_is_found_by_distance() -> None:
    rows = resources.load_stations()
    held = [row["cell"] for row in rows]
    assert len(rows) > 800  # and not the ten airports of a list in the code
    assert len(held) == len(set(held))
    chicago = set(cells.disk(Cell("872664521ffffff"), 12))
    assert len(chicago & set(held)) / len(chicago) < 0.01


def test_20_groups_are_parents_and_no_prefixes() -> None:
    one, two = Cell("872664521ffffff"), Cell("872a1072bffffff")  # Midway and Central Park
    assert one[:3] == two[:3]
    assert cells.parent(one, 4) != cells.parent(two, 4)


def test_22_terms_are_fields_and_no_ticker() -> None:
    terms = {
        "id": "any text of ours", "metric": "temp_min", "unit": "C", "threshold": "-2.5", "cell": "872664521ffffff",
        "stations": [{"id": "KMDW", "km": "4.8", "weight": "1"}],
        "window": {"from": "2026-07-03T05:30:00Z", "to": "2026-07-03T11:00:00Z"},
    }  # fmt: skip
    found = contract.read(json.dumps(terms), "c.json")
    assert (found.threshold, found.closes - found.opens) == (Decimal("-2.5"), 5.5 * DAY / 24)
    inches = contract.read(json.dumps(terms | {"metric": "precipitation", "unit": "in", "threshold": "0.25"}), "c.json")
    assert (inches.metric, inches.threshold) == (Metric.PRECIPITATION, Decimal("0.25"))
    with pytest.raises(InputError, match="cell"):
        contract.read(json.dumps(terms | {"cell": "872664521"}), "c.json")


def test_23_two_records_of_one_second_verify_and_what_is_stored_is_what_was_hashed() -> None:
    made = cases.contract()
    readings = {cases.MIDWAY: cases.rain(20)}
    verdict = resolve.resolve(made, readings)
    at = Nanos(cases.CLOSES + DAY)
    bodies = [
        chain.payload(made, verdict, readings, market=MarketId(name), settled_at=at) for name in ("ONE", "TWO", "TWO")
    ]
    sealed = chain.records(bodies)
    rows = [(one.seq, one.prev, one.hash, one.body) for one in sealed]
    assert chain.verify(rows).ok
    assert len({one.hash for one in sealed}) == 3  # the number in the chain tells even equal ones apart
    again = [(seq, prev, hashed, json.dumps(json.loads(body))) for seq, prev, hashed, body in rows]
    assert chain.verify(again).first_bad == 0


def test_27_what_is_revised_after_the_settlement_changes_nothing_by_itself() -> None:
    desk = Desk()
    desk.list(high())
    desk.place(market="HIGH", outcome=1, qty=10)
    desk.observe([climate(82)])
    desk.settle("HIGH")
    before = [keep for keep in desk.rows if any(row.table == "settlements" for row in keep.rows)]
    desk.observe([climate(86)])
    desk.run(Nanos(desk.at + 30 * DAY))
    after = [keep for keep in desk.rows if any(row.table == "settlements" for row in keep.rows)]
    assert desk.market("HIGH").winner == 1
    assert len(after) == len(before) == 1
