from __future__ import annotations

import json
import random
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from engine.core.commands import Resettle, Role, Rule, TakeRole
from engine.core.contract import Metric, SourceName, Sources, Unit, WeightedSource
from engine.core.effects import Level
from engine.core.events import ChainChecked
from engine.core.ids import HOUSE, YOU
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, SECOND, Leg, Nanos, Side
from engine.kernel.settling import BACK_OFF
from engine.oracle import chain
from engine.views import topics
from engine.weather.climate_day import tenths_celsius
from tests.engine.kernel.desk import (
    CLOSES,
    FRESH,
    OHARE,
    SIM,
    Desk,
    climate,
    gust,
    high,
    hours,
    rain,
    report,
    total,
    two_stations,
)
from tests.scale import scale

WET, DRY = (0, 20, 0), (0, 0, 0)
"""Hundredths of an inch an hour: 5.08 mm, and nothing."""


@pytest.fixture
def desk() -> Desk:
    """A session with a position of ten YES in the rain market."""
    made = Desk()
    made.list()
    made.place(qty=10)
    return made


def records(desk: Desk) -> list[tuple[object, ...]]:
    """The sealed records that were to be written, in their order."""
    sealed = [row.values for keep in desk.rows for row in keep.rows if row.table == "settlements"]
    return [(r["seq"], r["prev"], r["hash"], r["body"]) for r in sealed]


def payloads(desk: Desk, market: str = "") -> list[dict[str, object]]:
    """What the records say; those of one market when it is named."""
    said = [json.loads(str(body))["payload"] for *_, body in records(desk)]
    return [p for p in said if market in {"", p["market"]}]


def queue(desk: Desk, market: str = "RAIN"):
    return next(line for line in desk.kernel.view(topics.SETTLEMENTS).queue if line.market == market)


def rule(desk: Desk, winner: int | None, why: str = "read by hand", market: str = "RAIN") -> None:
    desk.ask(Rule(market=market, winner=winner, why=why))  # type: ignore[arg-type]


def disputed(desk: Desk, market: str = "PAIR") -> Desk:
    """List a market of two stations that conflict, with a position, and let it close."""
    desk.list(two_stations(market))
    desk.place(market=market, qty=10)
    desk.observe([*hours(0, 20, 0), *hours(0, 60, 0, station=OHARE)])
    desk.settle(market)
    assert desk.market(market).status == "disputed"
    return desk


def test_close_settle_payout_book(desk: Desk) -> None:
    cash = desk.state.exchange.cash[YOU]
    desk.observe(hours(*WET))
    desk.settle()
    assert (desk.market().status, desk.market().winner, desk.market().pot) == ("settled", 0, 0)
    assert desk.state.exchange.cash[YOU] == cash + 10
    book = desk.state.book
    assert not list(book.held())
    assert book.realised == Decimal(10) - Decimal("5.124948") == desk.state.total
    assert desk.state.losses == {}
    assert total(desk) == 31_000
    assert desk.said[-1].text.startswith("CHI rain > 2.5 mm: YES, pays you $10.00. 5.08 mm at KMDW")
    line = queue(desk)
    assert (line.outcome, line.payout, line.steps, line.record, line.observed) == ("YES", 10, 3, 0, "5.08 mm")


def test_the_losing_side_gets_nothing_and_the_house_the_rest(desk: Desk) -> None:
    desk.other(leg=Leg.NO, qty=30)
    desk.observe(hours(*DRY))
    desk.settle()
    assert desk.market().winner == 1
    assert desk.state.book.realised == -Decimal("5.124948")
    assert desk.state.exchange.cash[SIM] > 5_000
    assert total(desk) == 31_000
    assert desk.state.settlements[0].paid == 0


def test_a_settlement_waits_for_the_grace_after_the_close(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.run(Nanos(CLOSES + 10 * MINUTE - 1))
    assert desk.market().status == "closed"
    desk.run(Nanos(CLOSES + 10 * MINUTE))
    assert desk.market().status == "settled"


def test_record_market_and_money_are_one_transaction(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.settle()
    keep = next(k for k in desk.rows if k.then.startswith("settled:"))
    assert keep.then == "settled:RAIN:0"
    tables = [row.table for row in keep.rows]
    assert tables[:2] == ["settlements", "markets"]
    assert set(tables[2:]) == {"cash"}
    assert (keep.rows[1].values["status"], keep.rows[1].values["record"]) == ("settled", 0)


def test_nothing_is_said_of_a_settlement_before_it_is_on_disk(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.run(Nanos(CLOSES + MINUTE))
    desk.holding = True
    desk.settle()
    assert "SETTLED" not in desk.codes()
    assert desk.state.book.realised == 0
    assert desk.kernel.view(topics.SETTLEMENTS).records == ()
    desk.free()
    assert desk.codes()[-1] == "SETTLED"
    assert desk.state.book.realised > 0


def test_missing_reports_are_waited_for_longer_each_time_and_then_disputed(desk: Desk) -> None:
    desk.run(Nanos(CLOSES + 10 * MINUTE))
    for wait in BACK_OFF:
        assert (desk.market().status, queue(desk).outcome) == ("closed", "WAITING")
        assert queue(desk).source == "Nothing was reported by KMDW."
        desk.run(Nanos(desk.at + wait - 1))
        assert desk.market().status == "closed"
        desk.run(Nanos(desk.at + 1))
    assert desk.market().status == "disputed"
    assert [p["reason"] for p in payloads(desk)] == ["outage"]
    assert sorted(BACK_OFF) == list(BACK_OFF)
    line = queue(desk)
    assert (line.outcome, line.reason, line.held, line.outcomes) == (
        "DISPUTED", "outage", Decimal("5.124948"), ("YES", "NO"),
    )  # fmt: skip
    assert (desk.said[-1].level, total(desk)) == (Level.WARN, 31_000)


def test_a_late_report_settles_at_the_next_attempt(desk: Desk) -> None:
    late = hours(*WET)
    desk.observe(late[:2])
    desk.settle()
    assert desk.market().status == "closed"
    assert "2 of 3" in queue(desk).source
    desk.observe(late[2:])
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market().winner == 0


def test_stations_that_conflict_are_disputed_at_once_and_money_stays() -> None:
    desk = disputed(Desk())
    assert [p["reason"] for p in payloads(desk)] == ["conflict"]
    assert desk.at == CLOSES + 10 * MINUTE
    assert desk.state.book.markets() == ["PAIR"]
    assert queue(desk, "PAIR").held == desk.market("PAIR").stakes[YOU][0].cost
    assert queue(desk, "PAIR").payout is None
    assert total(desk) == 31_000


def test_a_ruling_is_a_new_record_that_replaces_the_dispute() -> None:
    desk = disputed(Desk())
    rule(desk, 1, "the gauge at ORD was broken", "PAIR")
    assert (desk.market("PAIR").status, desk.market("PAIR").winner) == ("settled", 1)
    first, second = payloads(desk)
    assert (first["outcome"], first["ruled_by"], first["supersedes"]) == ("DISPUTED", None, None)
    assert (second["outcome"], second["ruled_by"], second["reason"]) == ("NO", "you", "ruling")
    assert (second["supersedes"], second["detail"]) == (0, "Ruled by you: the gauge at ORD was broken")
    assert total(desk) == 31_000


def test_a_dispute_is_settled_again_on_the_readings_known_now() -> None:
    desk = disputed(Desk())
    corrected = report(Nanos(CLOSES - 2 * HOUR + 53 * MINUTE), OHARE, precip_hundredths_in=20, corrected=True)
    desk.observe([corrected])
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert desk.market("PAIR").winner == 0
    assert payloads(desk)[1]["supersedes"] == 0
    assert payloads(desk)[1]["ruled_by"] is None
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert "only disputed markets" in desk.said[-1].text


def test_settling_a_dispute_again_without_news_writes_nothing_and_says_so() -> None:
    desk = disputed(Desk())
    for _ in range(3):
        desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
        assert desk.said[-1].text.startswith("CHI rain > 2.5 mm: nothing changed since record 0. Stations differ by")
    assert [(p["outcome"], p["supersedes"]) for p in payloads(desk)] == [("DISPUTED", None)]
    at = Nanos(CLOSES - 2 * HOUR + 53 * MINUTE)
    desk.observe([report(at, OHARE, precip_hundredths_in=70, corrected=True)])  # still a dispute, by other evidence
    for _ in range(2):
        desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert [(p["outcome"], p["supersedes"]) for p in payloads(desk)] == [("DISPUTED", None), ("DISPUTED", 0)]
    rule(desk, 0, market="PAIR")
    assert desk.market("PAIR").winner == 0
    assert payloads(desk)[2]["supersedes"] == 1


def test_a_ruling_of_a_settled_market_restates_cash_and_book(desk: Desk) -> None:
    desk.other(leg=Leg.NO, qty=30)
    desk.observe(hours(*DRY))
    before = desk.state.exchange.cash[YOU]
    desk.settle()
    for winner, paid in ((0, 10), (1, 0), (0, 10)):
        rule(desk, winner)
        assert desk.market().winner == winner
        assert desk.state.exchange.cash[YOU] == before + paid
        assert desk.state.book.realised == paid - Decimal("5.124948") == desk.state.total
        assert desk.state.settlements[-1].paid == paid
        assert total(desk) == 31_000
    assert [p["supersedes"] for p in payloads(desk)] == [None, 0, 1, 2]
    pnl = desk.kernel.view(topics.PNL)
    assert sum(made for _, made in pnl.by_market) == pnl.total == pnl.realised


def test_the_journal_follows_a_ruling_of_a_settled_market(desk: Desk) -> None:
    desk.run(desk.at + 2 * SECOND)
    desk.observe(hours(*DRY))
    desk.settle()
    for winner, won in ((0, True), (1, False), (None, None), (0, True)):
        rule(desk, winner)
        (row,) = desk.kernel.view(topics.JOURNAL).rows
        assert row.won is won
        (card, *_) = desk.kernel.view(topics.JOURNAL).cards
        made = desk.state.book.realised - desk.state.book.fees
        assert card.result == (None if won is None else pytest.approx(float(made)))


def test_a_void_gives_back_what_was_paid(desk: Desk) -> None:
    desk.place(Side.SELL, qty=4)
    realised = desk.state.book.realised
    desk.observe(hours(*DRY))
    desk.settle()
    rule(desk, None)
    assert (desk.market().status, desk.market().winner) == ("void", None)
    assert desk.state.book.realised == realised
    assert total(desk) == 31_000
    assert queue(desk).outcome == "VOID"
    rule(desk, 0)
    assert desk.market().status == "settled"


def test_a_void_that_cannot_pay_in_full_is_booked_as_it_paid() -> None:
    """Gains were taken out of the pot before the void, and the house has next to nothing to add."""
    funds = tuple(msgspec.structs.replace(r, amount=Decimal(7)) if r.account == HOUSE else r for r in FRESH.seed_cash)
    desk = Desk(msgspec.structs.replace(FRESH, seed_cash=funds))
    desk.list(b=10.0)
    desk.place(qty=20)
    desk.other(qty=40)
    desk.place(Side.SELL, qty=20)
    desk.place(leg=Leg.NO, qty=30)
    desk.other(leg=Leg.NO, qty=40)
    desk.place(Side.SELL, Leg.NO, qty=30)
    last = desk.place(qty=5)
    desk.observe(hours(*DRY))
    desk.settle()
    rule(desk, None)
    assert 0 < desk.state.settlements[-1].paid < last.cost
    assert desk.state.book.realised == desk.state.exchange.cash[YOU] - 1_000
    assert total(desk) == sum(row.amount for row in funds)


@pytest.mark.parametrize(
    ("winner", "why", "says"),
    [(0, " ", "needs its reason"), (7, "because", "has no outcome 7"), (-1, "because", "has no outcome -1")],
)
def test_a_ruling_that_makes_no_sense_is_refused(winner: int, why: str, says: str) -> None:
    desk = disputed(Desk())
    rule(desk, winner, why, "PAIR")
    assert says in desk.said[-1].text
    assert len(records(desk)) == 1


def test_an_open_market_and_an_unknown_one_cannot_be_ruled(desk: Desk) -> None:
    rule(desk, 0)
    assert "is open; only disputed or settled or void" in desk.said[-1].text
    rule(desk, 0, market="NOWHERE")
    assert "market NOWHERE is not known" in desk.said[-1].text
    desk.ask(TakeRole(role=Role.TRADER))
    desk.ask(Resettle(market="RAIN"))  # type: ignore[arg-type]
    assert "only an operator" in desk.said[-1].text
    assert not records(desk)


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


@pytest.mark.parametrize(
    ("rain", "says"),
    [
        (20, "A later report makes it YES"),
        (70, "Its evidence has changed since, and still"),
    ],
)
def test_a_correction_to_the_evidence_of_a_dispute_is_said_once_and_shown(rain, says) -> None:
    desk = disputed(Desk())
    assert queue(desk, "PAIR").source.count("later") == 0
    at = Nanos(CLOSES - 2 * HOUR + 53 * MINUTE)
    for _ in range(2):
        desk.observe([report(at, OHARE, precip_hundredths_in=rain, corrected=True)])
    (late,) = [one.text for one in desk.said if one.code == "LATE_REPORT"]
    assert says in late
    assert "settle it again" in late
    assert says in queue(desk, "PAIR").source
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    assert says not in queue(desk, "PAIR").source


def test_reports_that_leave_a_dispute_as_it_is_are_said_once_however_many_come() -> None:
    desk = disputed(Desk())
    for fell in (70, 80, 90):
        at = Nanos(CLOSES - 2 * HOUR + 53 * MINUTE)
        desk.observe([report(at, OHARE, precip_hundredths_in=fell, corrected=True)])
    assert desk.codes().count("LATE_REPORT") == 1
    assert queue(desk, "PAIR").outcomes == desk.market("PAIR").contract.outcomes


def test_nothing_is_settled_or_ruled_on_a_log_that_does_not_verify(desk: Desk) -> None:
    """The writer refuses the record for good, which halts every desk; the money would have moved in memory alone."""
    desk.observe(hours(*WET))
    disputed(desk)
    desk.list(rain("LATE", closes=Nanos(CLOSES + HOUR)))
    before = len(records(desk))
    desk.do(ChainChecked(at=desk.at, ok=False, records=3, proved=2, text="record 1 was changed"))
    rule(desk, 0, market="PAIR")
    assert "does not verify" in desk.said[-1].text
    desk.ask(Resettle(market="PAIR"))  # type: ignore[arg-type]
    desk.observe(hours(0, 20, 0, 0))
    desk.run(Nanos(CLOSES + 2 * HOUR))
    assert (desk.market("LATE").status, len(records(desk))) == ("closed", before)
    assert "does not verify" in queue(desk, "LATE").source
    desk.do(ChainChecked(at=desk.at, ok=True, records=3, proved=3))
    desk.run(Nanos(desk.at + BACK_OFF[0]))
    assert desk.market("LATE").status == "settled"


def test_a_ruling_that_takes_a_payout_back_says_how_much(desk: Desk) -> None:
    desk.observe(hours(*WET))
    desk.settle()
    assert "takes back" not in desk.said[-1].text
    cash = desk.state.exchange.cash[YOU]
    rule(desk, 1)
    assert desk.state.exchange.cash[YOU] == cash - 10
    assert ": NO, takes back from you $10.00 that the record before had paid. Ruled by you" in desk.said[-1].text
    rule(desk, None)
    assert ": VOID, pays you $5.12. Ruled by you" in desk.said[-1].text


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


def test_records_verify_and_their_evidence_decides_again() -> None:
    desk = Desk()
    for name, mm in (("A", "2.5"), ("B", "7.5")):
        desk.list(rain(name, threshold=Decimal(mm)))
        desk.place(market=name, qty=5)
    disputed(desk)
    rule(desk, 0, market="PAIR")
    desk.settle("A")
    rule(desk, 1, market="A")
    rows = records(desk)
    seen = chain.verify(rows)
    assert (seen.ok, seen.records, seen.head) == (True, len(rows), desk.state.chain_head)
    assert [row.hash for row in desk.state.settlements] == [row[2] for row in rows]
    for stated in payloads(desk):
        again = chain.reverify(stated)
        if stated["ruled_by"] is None:
            assert (again.outcome, again.winner, again.reason) == (
                stated["outcome"], stated["winner"], stated["reason"],
            )  # fmt: skip
        assert str(again.value) == stated["observed_value"]


def test_payouts_of_a_record_are_the_cash_that_moved(desk: Desk) -> None:
    desk.other(leg=Leg.NO, qty=30)
    desk.observe(hours(*DRY))
    desk.settle()
    keep = next(k for k in desk.rows if k.then.startswith("settled:"))
    lines = [row.values for row in keep.rows if row.values.get("kind") == "payout"]
    moved = {line["account"]: Decimal(str(line["amount"])) for line in lines}
    said = {p["account"]: Decimal(p["amount"]) for p in payloads(desk)[0]["payouts"]}  # type: ignore[attr-defined]
    assert {who: amount for who, amount in said.items() if amount} == {
        who: amount for who, amount in moved.items() if who != "pot:RAIN"
    }


@pytest.mark.parametrize("seed", range(scale(200)))
def test_money_is_conserved_and_the_book_agrees_with_the_cash_whatever_is_ruled(seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk()
    for contract in (rain(), two_stations(), high(edges=(80, 84))):
        desk.list(contract, b=chance.choice((20.0, 100.0)), fee_rate=Decimal(chance.choice(("0", "0.03"))))
    for _ in range(20):
        market = chance.choice(("RAIN", "PAIR", "HIGH"))
        outcome = chance.randrange(3) if market == "HIGH" else 0
        terms = {"leg": chance.choice((Leg.YES, Leg.NO)), "market": market, "outcome": outcome}
        if chance.random() < 0.5:
            desk.other(**terms, qty=chance.randint(1, 60))
        else:
            desk.ask(desk.order(chance.choice((Side.BUY, Side.SELL)), **terms, qty=chance.randint(1, 15)))
    wet = [chance.choice((0, 5, 9, 10, 40)) for _ in range(3)]
    desk.observe([*hours(*wet), *hours(*wet[::-1], station=OHARE), climate(chance.randint(78, 90))])
    for name in ("RAIN", "PAIR", "HIGH"):
        desk.settle(name)
        assert total(desk) == 31_000
    for _ in range(6):
        desk.holding = chance.random() < 0.3
        market = chance.choice(("RAIN", "PAIR", "HIGH"))
        rule(desk, chance.choice((None, 0, 1)), market=market)
        desk.free()
        assert total(desk) == 31_000
        book, held = desk.state.book, Decimal(0)
        for _, _, position in book.held():
            held += position.cost
        assert desk.state.exchange.cash[YOU] + held == 1_000 + book.realised - book.fees
        pnl = desk.kernel.view(topics.PNL)
        assert abs(sum(made for _, made in pnl.by_market) - pnl.total) < Decimal("0.00001")
    assert chain.verify(records(desk)).ok
