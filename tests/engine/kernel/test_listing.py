from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import CreateMarket, Role, Rule, TakeRole
from engine.core.contract import EvidenceStation, Metric, Unit
from engine.core.effects import Keep, Wake
from engine.core.ids import HOUSE, AccountId, StationId
from engine.core.order import Status
from engine.core.units import MINUTE, Nanos
from engine.exchange.rules import ExchangeRules
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, FRESH, OPENS, SIM, Desk, high, hours, rain, total

OPERATOR = TakeRole(role=Role.OPERATOR)


@pytest.fixture
def desk() -> Desk:
    """A session of an operator, nothing listed."""
    made = Desk()
    made.ask(OPERATOR)
    return made


def create(desk: Desk, contract=None, **terms):
    given = {"b": 100.0} | terms
    return desk.ask(CreateMarket(contract=rain() if contract is None else contract, **given))


def refused(desk: Desk, code: str) -> str:
    assert desk.codes()[-1] == code
    assert not desk.state.exchange.markets
    assert total(desk) == 31_000
    return desk.said[-1].text


def test_a_trader_may_not_create() -> None:
    desk = Desk()
    create(desk)
    assert "only an operator may create" in refused(desk, "ROLE")


def test_an_account_that_is_no_operator_may_not_create(desk: Desk) -> None:
    create(desk, by=SIM)
    refused(desk, "ROLE")


def test_an_operator_s_role_ends_when_it_acts_as_trader(desk: Desk) -> None:
    desk.ask(TakeRole(role=Role.TRADER))
    create(desk)
    refused(desk, "ROLE")


def test_operators_of_the_snapshot_may_create() -> None:
    desk = Desk(msgspec.structs.replace(FRESH, operators=(AccountId("day"),)))
    create(desk, by=AccountId("day"))
    assert desk.market().status == "open"


def test_a_listed_market_is_kept_shown_and_watched(desk: Desk) -> None:
    effects = create(desk)
    market = desk.market()
    keep = next(e for e in effects if isinstance(e, Keep))
    assert [row.table for row in keep.rows] == ["markets", "cash", "cash"]
    assert Wake(due=CLOSES, what="close:RAIN") in effects
    assert desk.said[-1].text == "Listed CHI rain > 2.5 mm; worst-case subsidy $69.31"
    assert desk.kernel.view(topics.SPINE).subsidies == market.subsidy == Decimal("69.314719")
    assert desk.state.exchange.cash[HOUSE] == 20_000 - market.subsidy
    assert total(desk) == 31_000


def test_a_market_is_announced_only_once_it_is_on_disk(desk: Desk) -> None:
    desk.holding = True
    create(desk)
    assert "LISTED" not in desk.codes()
    desk.free()
    assert "LISTED" in desk.codes()


def test_a_new_market_trades_at_once(desk: Desk) -> None:
    desk.holding = True
    create(desk)
    order = desk.place(qty=3)
    desk.free()
    assert order.status is Status.FILLED


def test_a_cell_without_a_station_is_refused(desk: Desk) -> None:
    create(desk, rain(stations=()))
    assert "No station lies within 40 km" in refused(desk, "NO_STATION")


def test_a_cell_whose_stations_are_too_far_names_the_nearest_and_its_distance(desk: Desk) -> None:
    far = EvidenceStation(id=StationId("KXYZ"), km=Decimal("58.3"), weight=Decimal(1))
    create(desk, rain(stations=(far,)))
    assert "the nearest is KXYZ, 58.3 km" in refused(desk, "NO_STATION")


@pytest.mark.parametrize("metric", [Metric.STORM_CATEGORY, Metric.AQI])
def test_a_quantity_without_a_source_is_refused_with_its_name(desk: Desk, metric: Metric) -> None:
    create(desk, rain(metric=metric, unit=Unit.KNOT))
    assert "are not read here" in refused(desk, "NO_SOURCE")


def test_a_window_that_is_over_is_refused(desk: Desk) -> None:
    desk.run(CLOSES)
    create(desk)
    refused(desk, "BAD_TERMS")


def test_the_same_market_is_listed_once(desk: Desk) -> None:
    create(desk)
    create(desk)
    assert desk.codes()[-1] == "DUPLICATE_ID"
    assert len(desk.state.exchange.markets) == 1


def test_the_sum_of_worst_cases_is_limited_and_shown() -> None:
    desk = Desk(rules=ExchangeRules(subsidy_limit=Decimal(100)))
    desk.list()
    create(desk, rain("SECOND", threshold=Decimal(5)))
    assert desk.codes()[-1] == "SUBSIDY_LIMIT"
    assert "the limit is 100" in desk.said[-1].text
    assert list(desk.state.exchange.markets) == ["RAIN"]
    spine = desk.kernel.view(topics.SPINE)
    assert (spine.subsidies, spine.subsidies_limit) == (Decimal("69.314719"), 100)


def test_a_market_closes_at_the_end_of_its_window(desk: Desk) -> None:
    create(desk)
    desk.place(qty=5)
    desk.run(Nanos(CLOSES - 1))
    assert desk.market().status == "open"
    desk.run(CLOSES)
    assert desk.market().status == "closed"
    assert desk.codes()[-1] == "CLOSED"
    kept = [row.values["status"] for keep in desk.rows for row in keep.rows if row.table == "markets"]
    assert kept == ["open", "closed"]
    desk.other(qty=5)
    assert desk.state.declined == 1
    assert desk.kernel.view(topics.SETTLEMENTS).queue[0].outcome == "WAITING"


def test_reports_of_before_the_listing_are_kept_with_it(desk: Desk) -> None:
    early = hours(10, opens=OPENS)
    desk.run(Nanos(OPENS + 55 * MINUTE))
    desk.observe(early)
    assert not any(row.table == "readings" for keep in desk.rows for row in keep.rows)
    create(desk)
    kept = [row.values["raw"] for keep in desk.rows for row in keep.rows if row.table == "readings"]
    assert kept == [early[0].raw]
    desk.observe(early)
    assert len(desk.rows) == len([k for k in desk.rows if k.rows])


def test_frozen_terms_are_written_whole(desk: Desk) -> None:
    create(desk, high(), prior=(0.1, 0.2, 0.3, 0.4), fee_rate=Decimal("0.01"))
    (row,) = (row for keep in desk.rows for row in keep.rows if row.table == "markets")
    assert msgspec.json.decode(row.values["contract"], type=type(high())) == high()
    assert msgspec.json.decode(row.values["prior"]) == [0.1, 0.2, 0.3, 0.4]
    assert (row.values["fee_rate"], row.values["status"], row.values["winner"]) == ("0.01", "open", None)


def test_ruling_needs_the_operator_s_role(desk: Desk) -> None:
    create(desk)
    desk.observe(hours(0, 0, 0))
    desk.settle()
    desk.ask(TakeRole(role=Role.TRADER))
    desk.ask(Rule(market="RAIN", winner=0, why="gauge read by hand"))  # type: ignore[arg-type]
    assert desk.codes()[-1] == "RULING"
    assert "only an operator" in desk.said[-1].text
    assert desk.market().winner == 1
