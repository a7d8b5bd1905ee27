"""What a market settles on: official values, groups of a station, several sources, and which of them is waited for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.contract import Metric, SourceName, Sources, Unit, WeightedSource
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Leg, Nanos
from engine.kernel.settling import BACK_OFF
from engine.oracle import chain
from engine.views import topics
from engine.weather.climate_day import tenths_celsius
from tests.engine.kernel.desk import CLOSES, Desk, climate, gust, high, hours, rain, report, total
from tests.engine.kernel.settling_desk import payloads, queue, rule


def test_brackets_settle_on_the_official_high() -> None:
    desk = Desk()
    desk.list(high())
    desk.place(market="HIGH", outcome=1, qty=10)
    desk.place(leg=Leg.NO, market="HIGH", outcome=2, qty=10)
    desk.observe([climate(82)])
    desk.settle("HIGH")
    assert (desk.market("HIGH").winner, payloads(desk)[0]["outcome"]) == (1, "81-82")
    assert desk.state.settlements[0].paid == 20
    assert total(desk) == 31_000


def test_a_high_without_an_official_value_waits() -> None:
    desk = Desk()
    desk.list(high())
    desk.observe(report(Nanos(desk.market("HIGH").contract.opens + n * HOUR)) for n in range(24))
    desk.settle("HIGH")
    assert desk.market("HIGH").status == "closed"
    desk.observe([climate(86)])
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market("HIGH").winner == 3


BOTH = Sources(
    order=tuple(WeightedSource(name=name, weight=Decimal(1)) for name in (SourceName.CLI, SourceName.ASOS)),
    least=2,
    apart=Decimal(0),
)
"""The climate report and the station's 24-hour group must agree."""


def hourly(desk: Desk, midnight_f: int) -> list[Reading]:
    """The reports of the day, the last with the 24-hour group."""
    opens = desk.market("HIGH").contract.opens
    made = [report(Nanos(opens + n * HOUR + 53 * MINUTE)) for n in range(24)]
    made[-1] = replace(made[-1], max24_tenths_c=tenths_celsius(midnight_f))
    return made


def test_a_market_that_names_two_sources_waits_for_the_second() -> None:
    desk = Desk()
    desk.list(high(sources=BOTH))
    desk.observe(hourly(desk, 86))
    desk.settle("HIGH")
    assert desk.market("HIGH").status == "closed"
    assert "1 of at least 2 sources have a value" in desk.state.waiting[desk.market("HIGH").id]
    desk.observe([climate(86)])
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market("HIGH").winner == 3
    (said,) = payloads(desk, "HIGH")
    told = [(one["name"], one["value"], one["used"]) for one in said["stations"][0]["sources"]]  # type: ignore[index]
    assert told == [("cli", "86", True), ("asos", "86", False)]
    assert chain.reverify(said).winner == 3
    line = next(one for one in desk.kernel.view(topics.SETTLEMENTS).queue if one.market == "HIGH")
    assert [row[0] for row in line.stations] == ["KMDW", "KMDW cli", "KMDW asos"]
    assert line.stations[1][2:] == ("1/1", "86 °F", "first with a value")


@pytest.mark.parametrize(("use", "when", "came"), [("first", "first", 3), ("mean", "too", 2)])
def test_a_source_that_counts_before_the_one_that_spoke_is_waited_for(use: str, when: str, came: int) -> None:
    """The climate report is out an hour and more after the day: its station's group always counted in its place."""
    desk = Desk()
    desk.list(high(sources=replace(BOTH, use=use, least=1, apart=Decimal(4))))
    desk.observe(hourly(desk, 82))
    desk.settle("HIGH")
    assert (desk.market("HIGH").status, desk.state.waiting[desk.market("HIGH").id]) == (
        "closed", f"KMDW: cli, which counts {when}, has no value yet.",
    )  # fmt: skip
    desk.observe([climate(86)])
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market("HIGH").winner == came


def test_a_source_that_never_speaks_is_waited_for_no_longer_than_anything_missing() -> None:
    desk = Desk()
    desk.list(high(sources=replace(BOTH, least=1)))
    desk.observe(hourly(desk, 84))
    desk.settle("HIGH")
    for wait in BACK_OFF:
        assert desk.market("HIGH").status == "closed"
        desk.run(Nanos(desk.at + wait))
    assert desk.market("HIGH").winner == 2


def test_a_source_that_only_confirms_is_not_waited_for() -> None:
    desk = Desk()
    desk.list(high(sources=replace(BOTH, order=BOTH.order[::-1], least=1)))
    desk.observe(hourly(desk, 84))
    desk.settle("HIGH")
    assert desk.market("HIGH").winner == 2


@pytest.mark.parametrize(("level", "status"), [("60", "closed"), ("59", "settled"), ("61", "settled")])
def test_a_low_is_settled_by_its_group_only_where_a_degree_less_decides_nothing(level: str, status: str) -> None:
    desk = Desk()
    desk.list(high("LOW", metric=Metric.TEMP_MIN, brackets=(), threshold=Decimal(level)))
    opens = desk.market("LOW").contract.opens
    made = [report(Nanos(opens + n * HOUR + 53 * MINUTE)) for n in range(24)]
    made[-1] = replace(made[-1], min24_tenths_c=tenths_celsius(61))
    desk.observe(made)
    desk.settle("LOW")
    assert desk.market("LOW").status == status
    if status == "closed":
        assert "may say a degree less" in desk.state.waiting[desk.market("LOW").id]
        desk.observe([climate(86)])  # its low is 60: not above
        desk.run(Nanos(desk.at + BACK_OFF[0]))
        assert desk.market("LOW").winner == 1


def test_snow_waits_for_the_climate_report_since_its_groups_leave_hours_out() -> None:
    desk = Desk()
    snowy = {"metric": Metric.SNOW, "unit": Unit.INCH, "brackets": (), "threshold": Decimal(4)}
    desk.list(high("SNOW", **snowy))
    opens = desk.market("SNOW").contract.opens
    made = [report(Nanos(opens + n * HOUR + 53 * MINUTE)) for n in range(24)]
    for hour, tenths in ((5, 20), (11, 12), (17, 10)):  # of the first six hours, seven minutes lie before the day
        made[hour] = replace(made[hour], snow_tenths_in=tenths)
    desk.observe(made)
    desk.settle("SNOW")
    assert desk.market("SNOW").status == "closed"
    assert "six-hour groups, has not come" in desk.state.waiting[desk.market("SNOW").id]
    desk.observe([replace(climate(30), snow_tenths_in=43)])
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market("SNOW").winner == 0


def a_day_of_rain(desk: Desk) -> list[Reading]:
    """List a market of a whole day and return its reports: 3.05 mm in the last hour, nothing before."""
    desk.list(rain("LONG", opens=Nanos(CLOSES - 24 * HOUR)))
    return hours(*[0] * 23, 12, opens=Nanos(CLOSES - 24 * HOUR))


def test_rain_is_not_settled_dry_while_the_report_of_an_hour_may_still_come() -> None:
    """23 of 24 reports are enough to settle by, and ten minutes after its end the last hour's is often not there."""
    desk = Desk()
    made = a_day_of_rain(desk)
    desk.observe(made[:-1])
    desk.settle("LONG")
    assert desk.market("LONG").status == "closed"
    assert "KMDW has 23 of 24 routine reports" in desk.state.waiting[desk.market("LONG").id]
    desk.observe(made[-1:])
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market("LONG").winner == 0


def test_an_hour_that_never_comes_is_waited_for_no_longer_than_anything_missing() -> None:
    desk = Desk()
    desk.observe(a_day_of_rain(desk)[:-1])
    desk.settle("LONG")
    for wait in BACK_OFF:
        assert desk.market("LONG").status == "closed"
        desk.run(Nanos(desk.at + wait))
    assert desk.market("LONG").winner == 1


def test_what_no_report_can_take_back_is_settled_at_once() -> None:
    desk = Desk()
    desk.observe(a_day_of_rain(desk)[1:])
    desk.settle("LONG")
    assert desk.market("LONG").winner == 0


def test_two_sources_that_disagree_are_disputed_with_both_values() -> None:
    desk = Desk()
    desk.list(high(sources=BOTH))
    desk.observe([*hourly(desk, 84), climate(86)])
    desk.settle("HIGH")
    assert desk.market("HIGH").status == "disputed"
    assert "cli 86, asos 84 F" in str(payloads(desk, "HIGH")[0]["detail"])


def test_a_report_that_comes_after_the_settlement_and_decides_otherwise_is_said_once_and_kept() -> None:
    desk = Desk()
    desk.list(high())
    desk.observe(hourly(desk, 82))
    desk.settle("HIGH")
    assert desk.market("HIGH").winner == 1
    desk.observe([climate(82)])
    assert "LATE_REPORT" not in desk.codes()
    for _ in range(2):
        desk.observe([replace(climate(84), corrected=True, raw="CLIMDW COR")])
    late = [one.text for one in desk.said if one.code == "LATE_REPORT"]
    assert len(late) == 1
    assert "was settled 81-82. A later report makes it DISPUTED: Sources of KMDW disagree" in late[0]
    assert "A later report makes it DISPUTED" in queue(desk, "HIGH").source
    assert queue(desk, "HIGH").outcome == "81-82"
    assert queue(desk, "HIGH").outcomes == desk.market("HIGH").contract.outcomes  # it can be ruled in its dock
    assert any(row.table == "readings" and "COR" in str(row.values["raw"]) for keep in desk.rows for row in keep.rows)
    rule(desk, 2, "the corrected report", "HIGH")
    assert desk.market("HIGH").winner == 2
    assert "later report" not in queue(desk, "HIGH").source
    assert queue(desk, "HIGH").outcomes == ()
    desk.observe([replace(climate(85), corrected=True, raw="CLIMDW COR 2")])  # a person has decided
    assert len([one for one in desk.said if one.code == "LATE_REPORT"]) == 1
    assert total(desk) == 31_000


def test_private_rows_decide_where_they_are_named_and_are_nothing_elsewhere() -> None:
    own = Sources(order=(WeightedSource(name=SourceName.PRIVATE, weight=Decimal(1)),), apart=Decimal(0))
    desk = Desk()
    desk.list(high("MINE", sources=own))
    desk.list(high("THEIRS"))
    opens = desk.market("MINE").contract.opens
    made = [report(Nanos(opens + n * HOUR + 30 * MINUTE), temp_tenths_c=tenths_celsius(86)) for n in range(24)]
    desk.observe([*(replace(r, kind=ReportKind.PRIVATE, source="PRIVATE") for r in made), climate(82)])
    assert desk.state.observed.high(made[0].station, opens, Nanos(opens + 24 * HOUR)).bound is None
    desk.settle("MINE")
    desk.settle("THEIRS")
    assert (desk.market("MINE").winner, desk.market("THEIRS").winner) == (3, 1)
    kinds = [{one["kind"] for one in payloads(desk, name)[0]["evidence"]} for name in ("MINE", "THEIRS")]  # type: ignore[attr-defined]
    assert kinds == [{"private", "climate"}, {"climate"}]


def test_a_gust_settles_on_the_strongest_wind() -> None:
    desk = Desk()
    desk.list(gust())
    desk.place(market="GUST", qty=10)
    desk.observe(r for r in [*hours(0, 0), *(report(Nanos(CLOSES - 7 * MINUTE), gust_kt=31),)])
    desk.settle("GUST")
    assert desk.market("GUST").winner == 0
