from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.events import StationForecast
from engine.core.ids import MarketId, StationId
from engine.core.order import Status
from engine.core.reading import HourQuantiles, Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.source_terms import SourceKind, SourceTerms
from engine.core.units import DAY, HOUR, Leg, Lots, Money, Nanos, Qty, Side, Ticks
from engine.kernel import results, weathering
from engine.kernel.project import board, ladder
from engine.portfolio.position import Position
from engine.views.board import BoardView
from tests.engine.kernel.project.floor import AT, FAMILY, HIGH, LOW, order, state


def seen(found) -> BoardView:  # type: ignore[no-untyped-def]
    view = board.view(found, MarketId(FAMILY))
    assert view is not None
    return view


def test_sums_and_implied_come_from_the_books() -> None:
    view = seen(state())
    assert (view.sum_bid, view.sum_mid, view.sum_ask) == (97.0, 99.75, 102.5)
    assert view.mids_used == 2
    assert [row.implied for row in view.rows] == pytest.approx([41.0 / 99.75, 58.75 / 99.75])
    low, high = view.rows[0].implied_low, view.rows[0].implied_high
    assert low is not None
    assert high is not None
    assert low <= 41.0 / 99.75 <= high
    assert [row.model for row in view.rows] == [None, None]
    # 82.5 and 84.5: an open bracket counts half a degree beyond its edge
    assert view.mean == pytest.approx((82.5 * 41.0 + 84.5 * 58.75) / 99.75)


def test_a_missing_side_leaves_the_sum_unknown() -> None:
    found = state()
    found.listings[HIGH].book.put(Side.SELL, Ticks(6_050), Lots(0))
    view = seen(found)
    assert (view.sum_ask, view.sum_mid, view.buy_set, view.mids_used) == (None, None, None, 1)
    assert view.sum_bid == 97.0
    assert (view.rows[1].ask, view.rows[1].mid, view.rows[1].implied) == (None, None, None)
    assert view.mean is None


def test_a_set_pays_only_after_fees_within_the_depth_and_proven() -> None:
    found = state()
    view = seen(found)
    # 0.4200 + 0.6050, and 0.07 * 0.42 * 0.58 and 0.07 * 0.605 * 0.395 of fees, each up to 0.0001
    assert view.buy_set == pytest.approx(1.025 + 0.0171 + 0.0168)
    assert (view.buy_qty, view.buy_profit) == (0, 0)
    found.listings[HIGH].book.put(Side.SELL, Ticks(5_800), Lots(300))
    found.listings[HIGH].book.put(Side.BUY, Ticks(5_700), Lots(0))
    found.listings[LOW].book.put(Side.SELL, Ticks(3_800), Lots(500))
    view = seen(found)
    assert view.buy_qty == 3
    assert view.buy_profit is not None
    assert view.buy_profit > 0
    assert view.proven_buy
    found.families[FAMILY] = replace(found.families[FAMILY], exhaustive=False, why="a bracket below 83 is missing")
    view = seen(found)
    assert (view.proven_buy, view.proven_sell, view.proof) == (False, True, "a bracket below 83 is missing")


def test_what_if_counts_positions_and_orders_at_their_worst() -> None:
    found = state()
    found.book.settle(LOW, Leg.YES, Position(Qty(Decimal(20)), Money(Decimal(7))))
    view = seen(found)
    assert [row.if_wins for row in view.rows] == [13, -7]
    assert (view.worst, view.worst_label, view.best, view.best_label) == (-7, "≥ 84", 13, "≤ 83")
    order(found, 1, Status.WORKING, price=4_000, qty=10)
    # the order at 40c: 4.00 and a taker's fee of 0.168 are lost where it is not 83 or lower
    assert [row.if_wins for row in seen(found).rows] == [13, Decimal("-11.168")]


def test_one_stale_bracket_is_named_and_one_that_lost_is_dead() -> None:
    found = state()
    found.listings[LOW].stale = "sequence gap"
    view = seen(found)
    assert (view.state, view.why) == ("stale", "Book stale: sequence gap (1 of 2)")
    found.listings[LOW].book_at = None
    assert seen(found).why == "Waiting for books: 1 of 2 have not come"
    found.listings[LOW].result, found.listings[LOW].status = "no", "determined"
    assert seen(found).rows[0].dead == "determined: NO"


def test_a_family_that_is_not_known_has_no_board() -> None:
    assert board.view(state(), MarketId("kalshi:NONE")) is None


def test_one_question_of_yes_and_no_is_no_set() -> None:
    found = state()
    found.families[FAMILY] = replace(found.families[FAMILY], members=(LOW,))
    view = seen(found)
    assert (view.sum_bid, view.sum_ask, view.buy_set, view.sell_set) == (None, None, None, None)
    assert [row.implied for row in view.rows] == [0.41]


def forecast_day():  # type: ignore[no-untyped-def]
    """A state in which a station and a forecast speak to the family: about 84 °F, give or take."""
    found = state()
    row = StationRow(
        id="KMDW", name="Midway", lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=53
    )
    found.stations[StationId("KMDW")] = row
    closes = Nanos(results.start_of_day(AT, -6) + DAY)
    family = replace(
        found.families[FAMILY], title="Highest temperature in Chicago", station="KMDW", unit="°F", closes=closes
    )
    found.families[FAMILY] = family
    hour = HourQuantiles(valid_at=Nanos(closes - 8 * HOUR), p10=81.0, p50=83.5, p90=86.0)
    found.station_forecasts[StationId("KMDW")] = StationForecast(
        at=AT, station=StationId("KMDW"), run="TEST 12Z", hours=(hour,)
    )
    return found


def test_the_weather_s_opinion_prices_a_venue_s_brackets() -> None:
    found = forecast_day()
    view = seen(found)
    chances = [row.model for row in view.rows]
    assert None not in chances
    assert sum(chances) == pytest.approx(1.0)  # type: ignore[arg-type]
    assert chances[0] == pytest.approx(0.5, abs=0.02)
    low, high = view.rows[0].model_low, view.rows[0].model_high
    assert low is not None
    assert high is not None
    assert low < 0.5 < high
    # YES of the low bracket: 50 less 42 less 0.07 * 0.42 * 0.58 of fee; NO: 40 less 50 less its fee
    assert view.rows[0].edge_yes == pytest.approx(100 * (chances[0] or 0) - 42.0 - 1.7052, abs=0.01)
    assert view.rows[0].edge_no == pytest.approx(40.0 - 100 * (chances[0] or 0) - 1.68, abs=0.01)
    shown = ladder.view(found, LOW.symbol)
    assert shown is not None
    assert shown.fair == pytest.approx(100 * (chances[0] or 0))


def test_a_report_overtakes_the_opinion_and_kills_brackets() -> None:
    found = forecast_day()
    before = seen(found).rows[0].model
    seen_at = Nanos(AT - HOUR)
    found.observed.add(
        Reading(
            station=StationId("KMDW"),
            measured_at=seen_at,
            kind=ReportKind.ROUTINE,
            source="METAR",
            raw="",
            temp_tenths_c=300,
        )
    )
    assert [family.id for family in weathering.forget(found, StationId("KMDW"))] == [FAMILY]
    row = seen(found).rows[0]
    assert (row.model, before) == (0.0, pytest.approx(0.5, abs=0.02))
    assert "86" in row.dead
    assert seen(found).running == "86 °F"


@pytest.mark.parametrize(
    ("kind", "dead"),
    [(SourceKind.CLIMATE_REPORT, "running high 86 °F"), (SourceKind.TIME_SERIES, ""), (SourceKind.WUNDERGROUND, "")],
)
def test_no_bracket_is_dead_or_won_by_a_group_where_readings_alone_count(kind: SourceKind, dead: str) -> None:
    """The hottest reading of a day with a six-hour group of 86 °F may have been 84."""
    found = forecast_day()
    terms = SourceTerms(kind=kind, station="KMDW", measure="high")
    found.families[FAMILY] = replace(found.families[FAMILY], terms=terms)
    group = Reading(
        station=StationId("KMDW"), measured_at=AT, kind=ReportKind.ROUTINE, source="METAR", raw="", max6_tenths_c=300,
        temp_tenths_c=289,
    )  # fmt: skip
    found.observed.add(group)
    assert [row.dead for row in seen(found).rows] == [dead, ""]
    assert [bool(row.locked) for row in seen(found).rows] == [False, bool(dead)]


@pytest.mark.parametrize("change", [{"station": ""}, {"unit": ""}, {"exhaustive": False}, {"closes": None}])
def test_without_station_unit_or_proof_there_is_no_opinion(change: dict[str, object]) -> None:
    found = forecast_day()
    found.families[FAMILY] = replace(found.families[FAMILY], **change)
    assert weathering.opinion(found, FAMILY) is None


def test_a_waived_fee_is_not_taken_from_the_edge() -> None:
    found = forecast_day()
    charged = seen(found).rows[0]
    for one in (LOW, HIGH):
        listing = found.listings[one]
        rule = replace(listing.instrument.fee, waived_until=Nanos(AT + HOUR))
        listing.instrument = replace(listing.instrument, fee=rule)
    free = seen(found).rows[0]
    assert free.edge_yes == pytest.approx(100 * (free.model or 0) - 42.0)
    assert charged.edge_yes == pytest.approx((free.edge_yes or 0) - 1.7052, abs=0.001)
    found.now = Nanos(AT + 2 * HOUR)
    assert seen(found).rows[0].edge_yes == pytest.approx(charged.edge_yes, abs=0.1)


def test_the_models_inputs_are_named_on_a_venues_board() -> None:
    view = seen(forecast_day())
    assert (view.report, view.run, view.run_at, view.asked_at) == ("", "TEST 12Z", AT, AT)
    assert seen(state()).run == ""


def test_a_bracket_that_the_venue_determined_yes_is_locked() -> None:
    found = state()
    found.listings[HIGH].result, found.listings[HIGH].status = "yes", "determined"
    assert [row.locked for row in seen(found).rows] == ["", "determined: YES"]


def test_a_model_of_the_official_value_is_doubted_where_something_else_decides() -> None:
    found = forecast_day()
    terms = SourceTerms(kind=SourceKind.TIME_SERIES, station="KMDW", measure="high")
    found.families[FAMILY] = replace(found.families[FAMILY], terms=terms)
    assert "counts the highest of its readings" in seen(found).doubt
    found.families[FAMILY] = replace(found.families[FAMILY], terms=replace(terms, kind=SourceKind.CLIMATE_REPORT))
    assert seen(found).doubt == ""
    found.opinions.clear()
    found.families[FAMILY] = replace(found.families[FAMILY], terms=terms, station="")
    assert seen(found).doubt == ""
