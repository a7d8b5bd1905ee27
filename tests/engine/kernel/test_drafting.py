from __future__ import annotations

from decimal import Decimal

import h3
import pytest
from msgspec.structs import replace

from engine.core.commands import CreateMarket
from engine.core.contract import Bracket, Metric, SourceName, Sources, Unit, WeightedSource
from engine.core.events import GridForecast
from engine.core.ids import Cell
from engine.core.reading import CellQuantiles
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.kernel.drafting import market_cell, offset_of
from engine.views.market import MarketDraft
from tests.engine.exchange import listed
from tests.engine.kernel.desk import CLOSES, DAY_OPENS, OPENS, Desk, high

DRAFT = MarketDraft(
    cell=Cell(listed.MIDWAY), metric=Metric.PRECIPITATION, unit=Unit.MM, threshold=Decimal("2.5"), brackets=(),
    opens=OPENS, closes=CLOSES, b=None, prior=None,
)  # fmt: skip
OCEAN = Cell(h3.latlng_to_cell(0.0, -140.0, 7))


@pytest.fixture
def desk() -> Desk:
    """A session of an operator with a forecast of the afternoon's rain."""
    made = Desk()
    cells = (CellQuantiles(cell=Cell(h3.cell_to_parent(listed.MIDWAY, 6)), p10=1.0, p50=3.0, p90=5.0),)
    rain = {"metric": Metric.PRECIPITATION, "unit": "mm", "opens": OPENS, "closes": CLOSES}
    made.do(GridForecast(at=made.at, run="TEST 18Z", cells=cells, **rain))
    made.list(high())
    return made


def command(desk: Desk, **changes) -> CreateMarket:
    found = desk.kernel.draft_market(replace(DRAFT, **changes))
    assert isinstance(found, CreateMarket), found
    return found


def refused(desk: Desk, **changes) -> str:
    found = desk.kernel.draft_market(replace(DRAFT, **changes))
    assert isinstance(found, str)
    assert desk.kernel.preview_market(replace(DRAFT, **changes)).refused == found
    return found


def test_a_draft_becomes_a_market_with_its_evidence_frozen(desk: Desk) -> None:
    made = command(desk)
    contract = made.contract
    assert contract.id == f"ATMX-{listed.MIDWAY[:9]}-PRECIP-2P5MM-20260703-12-3H"
    assert contract.stations[0].id == "KMDW"
    assert sum(s.weight for s in contract.stations) == 1
    assert (contract.cell, contract.threshold, contract.unit) == (listed.MIDWAY, Decimal("2.5"), Unit.MM)
    desk.ask(made)
    assert desk.market(contract.id).status == "open"


def test_markets_that_differ_in_when_they_begin_or_how_long_they_are_have_names_of_their_own(desk: Desk) -> None:
    windows = [
        (OPENS, CLOSES), (OPENS, Nanos(CLOSES + HOUR)), (OPENS, Nanos(CLOSES - 30 * MINUTE)),
        (OPENS, Nanos(CLOSES + SECOND)), (Nanos(OPENS + MINUTE), Nanos(CLOSES + MINUTE)),
        (Nanos(OPENS + SECOND), Nanos(CLOSES + SECOND)), (OPENS, Nanos(OPENS + DAY)),
    ]  # fmt: skip
    given = {"b": 100.0, "prior": (0.5, 0.5)}
    made = [command(desk, opens=opens, closes=closes, **given) for opens, closes in windows]
    assert len({one.contract.id for one in made}) == len(windows)
    for one in made:
        desk.ask(one)
        assert desk.market(one.contract.id).status == "open"
    assert made[2].contract.id.endswith("-20260703-12-150M")
    assert made[2].contract.title.endswith("12h +2.5 h")


def test_a_market_of_before_lengths_were_named_keeps_its_name_and_is_not_listed_beside_itself(desk: Desk) -> None:
    name = f"ATMX-{listed.MIDWAY[:9]}-PRECIP-2P5MM-20260703-12"
    made = command(desk)
    desk.ask(replace(made, contract=replace(made.contract, id=name)))
    assert command(desk).contract.id == name
    desk.ask(command(desk))
    assert "exists already" in desk.said[-1].text
    assert command(desk, closes=Nanos(CLOSES + HOUR), b=100.0, prior=(0.5, 0.5)).contract.id.startswith(f"{name}-")


LADDER = {"metric": Metric.TEMP_MAX, "unit": Unit.FAHRENHEIT, "threshold": None, "opens": DAY_OPENS,
          "closes": Nanos(DAY_OPENS + DAY), "b": 100.0}  # fmt: skip


def rungs(*edges: int) -> tuple[Bracket, ...]:
    ends = zip((None, *(edge + 1 for edge in edges)), (*edges, None), strict=True)
    return tuple(Bracket(label=f"{low}-{high}", low=low, high=high) for low, high in ends)


def test_ladders_that_differ_in_any_bracket_have_names_of_their_own(desk: Desk) -> None:
    some = [rungs(80, 82), rungs(80, 83), rungs(80, 82, 84), rungs(80, 82, 85), rungs(79, 82)]
    made = [command(desk, **LADDER, brackets=each, prior=(1 / len(each),) * len(each)) for each in some]
    assert len({one.contract.id for one in made}) == len(some)
    for one in made:
        desk.ask(one)
        assert desk.market(one.contract.id).status == "open"
    assert command(desk, **LADDER, brackets=some[1], prior=made[1].prior).contract.id == made[1].contract.id


def test_a_ladder_named_by_its_lowest_edge_keeps_its_name_and_is_not_listed_beside_itself(desk: Desk) -> None:
    made = command(desk, **LADDER, brackets=rungs(80, 82), prior=(0.2, 0.3, 0.5))
    name = made.contract.id.rpartition("-")[0]
    desk.ask(replace(made, contract=replace(made.contract, id=name)))
    assert desk.market(name).status == "open"
    assert command(desk, **LADDER, brackets=rungs(80, 82), prior=made.prior).contract.id == name
    assert command(desk, **LADDER, brackets=rungs(80, 83), prior=made.prior).contract.id.startswith(f"{name}-")


def test_prior_and_liquidity_follow_the_forecast_unless_they_are_given(desk: Desk) -> None:
    free = command(desk)
    assert 0.5 < free.prior[0] < 0.8
    assert free.b > 0
    assert command(desk, b=77.0).b == 77.0
    assert command(desk, prior=(0.3, 0.7)).prior == (0.3, 0.7)
    assert command(desk, prior=(), b=50.0).prior == ()


def test_the_preview_shows_what_creating_it_then_costs(desk: Desk) -> None:
    card = desk.kernel.preview_market(DRAFT)
    assert (card.refused, card.reference) == ("", pytest.approx(3.0))
    assert card.iqr > 0
    made = command(desk)
    assert card.b == made.b
    desk.ask(made)
    assert desk.market(made.contract.id).subsidy == card.subsidy
    assert desk.state.exchange.subsidies() == card.subsidies_after


def test_a_cell_without_a_station_in_reach_names_the_nearest_and_its_distance(desk: Desk) -> None:
    said = refused(desk, cell=OCEAN)
    assert "km" in said
    assert "KMDW" in said or "KORD" in said


@pytest.mark.parametrize("metric", [Metric.STORM_CATEGORY, Metric.AQI])
def test_what_no_source_is_read_for_says_so(desk: Desk, metric: Metric) -> None:
    assert refused(desk, metric=metric)


def test_without_a_forecast_the_operator_gives_the_liquidity(desk: Desk) -> None:
    gust = {"metric": Metric.WIND_GUST, "unit": Unit.KNOT, "threshold": Decimal(25)}
    assert "There is no forecast" in refused(desk, **gust)
    assert command(desk, **gust, b=60.0, prior=()).b == 60.0


def test_no_cell_is_no_market(desk: Desk) -> None:
    assert refused(desk, cell=Cell("")) == "Pick a cell on the map first."


def test_a_cell_of_the_map_is_traded_at_resolution_seven() -> None:
    parent = Cell(h3.cell_to_parent(listed.MIDWAY, 6))
    found = market_cell(parent)
    assert found is not None
    assert h3.get_resolution(found) == 7
    assert h3.cell_to_parent(found, 6) == parent
    assert market_cell(Cell(listed.MIDWAY)) == listed.MIDWAY
    assert market_cell(Cell(h3.cell_to_center_child(listed.MIDWAY, 9))) == listed.MIDWAY
    assert market_cell(Cell("nonsense")) is None


def test_the_sources_a_draft_names_are_frozen_and_told(desk: Desk) -> None:
    order = tuple(WeightedSource(name=name, weight=Decimal(1)) for name in (SourceName.CLI, SourceName.ASOS))
    made = command(desk, sources=Sources(order=order, least=2))
    assert made.contract.sources == Sources(order=order, least=2)
    rule = desk.kernel.preview_market(replace(DRAFT, sources=Sources(order=order, least=2))).rule
    assert "Of the sources cli, asos the first that has a value counts; at least 2 must have one" in rule
    desk.ask(made)
    assert desk.market(made.contract.id).contract.sources == Sources(order=order, least=2)


def test_a_days_high_is_of_the_stations_own_day_or_it_could_never_settle(desk: Desk) -> None:
    opens = Nanos(DAY_OPENS + DAY)
    day = {"metric": Metric.TEMP_MAX, "unit": Unit.FAHRENHEIT, "threshold": Decimal(85), "b": 60.0, "prior": ()}
    made = command(desk, **day, opens=opens, closes=Nanos(opens + DAY))
    assert made.contract.opens == opens
    utc = Nanos(opens - 6 * HOUR)
    said = refused(desk, **day, opens=utc, closes=Nanos(utc + DAY))
    assert "the day of KMDW runs from 2026-07-03T06:00:00Z to 2026-07-04T06:00:00Z" in said
    assert command(desk, **day, opens=utc, closes=Nanos(utc + DAY - HOUR))  # part of a day is measured by its reports
    own = Sources(order=(WeightedSource(name=SourceName.PRIVATE, weight=Decimal(1)),))
    assert command(desk, **day, opens=utc, closes=Nanos(utc + DAY), sources=own)


def test_the_days_of_a_cell_begin_where_its_station_is(desk: Desk) -> None:
    desk.state.utc_offset_hours = 0
    assert offset_of(desk.state, Cell(listed.MIDWAY)) == -6
    assert (offset_of(desk.state, OCEAN), offset_of(desk.state, Cell(""))) == (0, 0)


@pytest.mark.parametrize("threshold", ["1E-999999999", "NaN", "Infinity", "1E+13"])
def test_a_threshold_that_no_name_can_hold_is_refused(desk: Desk, threshold: str) -> None:
    assert refused(desk, threshold=Decimal(threshold)) == "The threshold must be a number of at most 12 decimals."
