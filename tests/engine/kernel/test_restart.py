"""The kernel and a real ledger: what is read back is what was known, at any moment."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from engine.core.commands import Flatten, Halt, ReduceOnly, Release, Resettle, Role, Rule, SetLimit, TakeRole
from engine.core.errors import InvariantBroken
from engine.core.events import Opened
from engine.core.ids import YOU, MarketId
from engine.core.order import Status
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, SECOND, Leg, Nanos, Side
from engine.kernel import settling
from engine.kernel.settling import BACK_OFF
from engine.oracle import chain
from engine.store import database, ledger, load, migrations
from engine.views import topics
from tests.engine.exchange.listed import NEAR
from tests.engine.kernel.desk import (
    CLOSES,
    FRESH,
    MIDWAY,
    NOON,
    OHARE,
    OPENS,
    Desk,
    climate,
    facts,
    high,
    hours,
    rain,
    total,
    two_stations,
)
from tests.scale import scale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.core.effects import Keep

MARKETS = ("RAIN", "PAIR", "THERE", "HIGH")


class Disk:
    """A ledger written at once; durability is the store's own test."""

    def __init__(self, path: Path) -> None:
        migrations.apply(path)
        self.path = path
        self._connection = database.connect(path, full=False)
        self._connection.execute("PRAGMA synchronous=OFF")
        ledger.prepare(self._connection)

    def keep(self, keep: Keep) -> None:
        ledger.check(keep.rows)
        ledger.write(self._connection, keep.rows)

    def session(self, at: Nanos = NOON) -> Desk:
        """Open a session on what the ledger knows."""
        return Desk(load.load(self.path, FRESH), at=at, ledger=self.keep)

    def records(self) -> list[tuple[int, str, str, str]]:
        """The settlement records as they are on disk."""
        query = "SELECT seq, prev, hash, body FROM settlements ORDER BY seq"
        return self._connection.execute(query).fetchall()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "ledger-paper.db")
    yield made
    made.close()


def near(one: Any, other: Any) -> bool:
    return abs(one - other) <= 1e-12


def assert_same(live: Desk, again: Desk) -> None:
    """Hold two sessions against each other, prices within what floats can tell."""
    known, read = facts(live), facts(again)
    for name, value in known.items():
        assert read[name] == value, name
    for name, market in live.state.exchange.markets.items():
        others = again.state.exchange.markets[name].prices
        assert all(near(a, b) for a, b in zip(market.prices, others, strict=True))


def list_all(desk: Desk, chance: random.Random) -> None:
    for contract in (rain(), two_stations(), rain("THERE", cell=NEAR), high(edges=(80, 84))):
        desk.list(contract, b=chance.choice((30.0, 100.0)), fee_rate=Decimal(chance.choice(("0", "0.03"))))


def act(desk: Desk, chance: random.Random) -> None:
    """Do one thing a trader, an operator, another trader or the weather may do."""
    kind = chance.random()
    market = chance.choice(MARKETS)
    outcome = chance.randrange(3) if market == "HIGH" else 0
    leg = chance.choice((Leg.YES, Leg.NO))
    if kind < 0.40:
        terms = chance.choice(({"qty": chance.randint(1, 40)}, {"budget": "3.5"}, {"price": 5_500}, {"qty": "0.25"}))
        desk.ask(desk.order(Side.BUY, leg, market, outcome, **terms))
    elif kind < 0.55:
        desk.ask(desk.order(Side.SELL, leg, market, outcome, qty=chance.randint(1, 20)))
    elif kind < 0.80:
        desk.other(chance.choice((Side.BUY, Side.SELL)), leg, market, outcome, qty=chance.randint(1, 80))
    elif kind < 0.84:
        desk.ask(Flatten())
    elif kind < 0.87:
        desk.ask(chance.choice((Halt(why="test"), Release(typed="paper"))))
    elif kind < 0.90:
        desk.ask(ReduceOnly(on=chance.random() < 0.5))
    elif kind < 0.93:
        desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(chance.randint(20, 250)), why="test"))
    elif kind < 0.96:
        desk.run(Nanos(desk.at + chance.randint(1, 40) * MINUTE))
    else:
        weather(desk, chance)


def weather(desk: Desk, chance: random.Random) -> None:
    wet = [chance.choice((0, 5, 9, 10, 40)) for _ in range(3)]
    desk.observe([*hours(*wet), *hours(*wet[::-1], station=OHARE)])


def end(desk: Desk, chance: random.Random) -> None:
    """Let the windows end, and rule a few times."""
    weather(desk, chance)
    desk.observe([climate(chance.randint(78, 90))])
    desk.run(Nanos(CLOSES + 20 * MINUTE))
    desk.run(Nanos(desk.at + 16 * HOUR))
    desk.ask(TakeRole(role=Role.OPERATOR))
    for _ in range(4):
        market = chance.choice(MARKETS)
        desk.ask(Rule(market=market, winner=chance.choice((None, 0, 1)), why="test"))  # type: ignore[arg-type]
        desk.ask(Resettle(market=market))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(scale(200)))
def test_a_ledger_read_back_is_the_state_that_wrote_it(seed: int, disk: Disk) -> None:
    chance = random.Random(seed)
    desk = disk.session()
    list_all(desk, chance)
    for _ in range(4):
        for _ in range(12):
            act(desk, chance)
        again = disk.session(desk.at)
        assert_same(desk, again)
        if chance.random() < 0.5:
            desk = again  # the rest of the day happens to the one that was read back
    end(desk, chance)
    assert_same(desk, disk.session(desk.at))
    assert total(desk) == 31_000
    rows = disk.records()
    assert chain.verify(rows).ok
    for *_, body in rows:
        stated = json.loads(body)["payload"]
        if stated["ruled_by"] is None:
            assert chain.reverify(stated).outcome == stated["outcome"]


def test_settling_again_without_news_writes_nothing_in_the_next_session_either(disk: Disk) -> None:
    desk = disk.session()
    desk.list(two_stations())
    desk.run(Nanos(CLOSES + 20 * MINUTE))
    desk.run(Nanos(desk.at + 16 * HOUR))
    assert [row.verdict.outcome for row in desk.state.settlements] == ["DISPUTED"]
    again = disk.session(desk.at)
    again.ask(TakeRole(role=Role.OPERATOR))
    again.ask(Resettle(market=again.state.settlements[0].market))
    assert "nothing changed since record 0" in again.said[-1].text
    assert len(disk.records()) == 1


@pytest.mark.parametrize("first", ["IEM", "NWS"])
def test_what_two_services_say_of_one_report_is_known_after_a_restart_whichever_came_first(disk: Disk, first) -> None:
    desk = disk.session()
    desk.list(rain())
    iem = [msgspec.structs.replace(one, source="IEM") for one in hours(0, 20, 0, 0)]
    nws = [msgspec.structs.replace(one, source="NWS", precip_hundredths_in=1) for one in iem[1:2]]
    desk.observe([*iem, *nws] if first == "IEM" else [*nws, *iem])
    again = disk.session(desk.at)
    for one in (desk, again):
        (market,) = one.state.exchange.markets.values()
        told = settling.evidence(one.state, market)[MIDWAY]
        assert [r.source for r in told if r.measured_at == iem[1].measured_at] == ["IEM", "NWS"]
    again.run(Nanos(CLOSES + 20 * MINUTE))
    (row,) = again.state.settlements
    assert (row.verdict.outcome, row.verdict.reason) == ("DISPUTED", "sources")
    assert "IEM and NWS tell the report of" in row.verdict.detail


def test_what_a_report_said_against_a_settled_market_is_known_after_a_restart(disk: Disk) -> None:
    desk = disk.session()
    desk.list(high())
    desk.observe([climate(82)])
    desk.run(Nanos(CLOSES + 16 * HOUR))
    market = desk.state.settlements[0].market
    assert desk.state.exchange.markets[market].status == "settled"
    desk.observe([msgspec.structs.replace(climate(85), corrected=True, raw="CLIMDW COR")])
    told = desk.state.contested[market]
    assert "A later report makes it" in told
    again = disk.session(desk.at)
    assert again.state.contested == {market: told}
    assert "LATE_REPORT" not in again.codes(), "it was said in its own session"
    assert again.kernel.view(topics.SETTLEMENTS).queue[0].outcomes, "an operator can rule on it"
    again.ask(TakeRole(role=Role.OPERATOR))
    again.ask(Rule(market=market, winner=3, why="the report was corrected"))
    assert again.state.contested == {}
    assert disk.session(again.at).state.contested == {}


def test_a_crash_before_the_answer_loses_nothing_and_repeats_nothing(disk: Disk) -> None:
    """What was written and not yet said is there after the restart, exactly once."""
    desk = disk.session()
    desk.list()
    desk.holding = True
    orders = [desk.place(qty=qty) for qty in (1, 2, 3)]
    assert {o.status for o in orders} == {Status.SENT}
    again = disk.session(desk.at)
    desk.free()
    assert_same(desk, again)
    assert [o.status for o in again.state.register] == [Status.FILLED] * 3
    again.ask(orders[0].place)
    assert again.codes()[-1] == "SAME_ORDER"
    assert again.market().trades == 3


def test_a_halt_limits_and_reduce_only_survive(disk: Disk) -> None:
    desk = disk.session()
    desk.ask(Halt(why="lunch"))
    desk.ask(ReduceOnly(on=True))
    desk.ask(SetLimit(gate="RATE", value=Decimal(2)))
    again = disk.session(desk.at)
    assert_same(desk, again)
    assert again.state.session.halted_why == "lunch"
    assert again.state.limits["RATE"] == 2
    again.ask(Release(typed="paper"))
    assert disk.session(again.at).state.session.halted_by == ""


def test_limits_that_are_shares_of_the_balance_do_not_follow_it_over_a_restart(disk: Disk) -> None:
    desk = disk.session()
    desk.list()
    desk.place(qty=100)
    desk.observe(hours(0, 20, 0))
    desk.settle()
    assert desk.state.book.realised > 30
    again = disk.session(desk.at)
    assert again.state.limits["AT_RISK"] == desk.state.limits["AT_RISK"] == 150


def test_the_evidence_of_an_open_market_survives_the_reports_of_before_its_listing_too(disk: Disk) -> None:
    desk = disk.session()
    wet = hours(0, 20, 0)
    desk.observe(wet[:1])
    desk.run(Nanos(OPENS + HOUR))
    desk.list()
    desk.place(qty=5)
    desk.observe(wet[1:2])
    again = disk.session(desk.at)
    again.observe(wet[2:])
    again.settle()
    assert again.market().winner == 0


def test_a_market_that_closed_while_nobody_ran_settles_at_the_next_start(disk: Disk) -> None:
    desk = disk.session()
    desk.list()
    desk.place(qty=5)
    desk.observe(hours(0, 20, 0))
    later = disk.session(Nanos(CLOSES + 5 * HOUR))
    assert later.market().status == "open"
    assert later.place(qty=1, gap=Nanos(0)).status is Status.REFUSED
    later.run(Nanos(later.at + MINUTE))
    assert later.market().winner == 0


def test_a_market_that_was_closed_and_waited_is_tried_again(disk: Disk) -> None:
    desk = disk.session()
    desk.list()
    desk.place(qty=5)
    desk.settle()
    assert desk.market().status == "closed"
    later = disk.session(Nanos(CLOSES + 5 * HOUR))
    later.observe(hours(0, 20, 0))
    later.run(later.at)
    assert later.market().winner == 0


def test_a_session_that_is_opened_twice_is_a_contradiction(disk: Disk) -> None:
    desk = disk.session()
    with pytest.raises(InvariantBroken, match="opened twice"):
        desk.do(Opened(at=desk.at, snapshot=FRESH))


def test_deposits_are_made_once_a_profile(disk: Disk) -> None:
    assert total(disk.session()) == 31_000
    assert total(disk.session(Nanos(NOON + SECOND))) == 31_000
    assert disk.session().state.exchange.cash[YOU] == 1_000


def test_what_is_missing_is_waited_for_as_often_whatever_sessions_it_takes(disk: Disk) -> None:
    """Or a desk that is open for two hours a day never disputes, and nobody may rule: the stake stays where it is."""
    desk = disk.session()
    desk.list(rain())
    desk.place(market="RAIN", qty=10)
    desk.run(Nanos(CLOSES + 2 * HOUR))
    for _ in range(2):
        assert desk.market("RAIN").status == "closed"
        desk = disk.session(Nanos(desk.at + 8 * HOUR))
        desk.run(Nanos(desk.at + BACK_OFF[0] - 1))
        assert desk.market("RAIN").status == "closed"  # the services were only just asked in this session
        desk.run(Nanos(desk.at + 2 * HOUR))
    assert desk.market("RAIN").status == "disputed"
    assert len(disk.records()) == 1


def test_a_report_that_came_between_sessions_settles_at_the_first_attempt(disk: Disk) -> None:
    desk = disk.session()
    desk.list(rain())
    desk.run(Nanos(CLOSES + 3 * HOUR))
    desk.observe(hours(0, 20, 0))
    desk = disk.session(Nanos(desk.at + 8 * HOUR))
    desk.run(Nanos(desk.at + SECOND))
    assert desk.market("RAIN").winner == 0


def test_a_settlement_that_a_later_report_contradicts_is_still_said_to_be_in_the_next_session(disk: Disk) -> None:
    desk = disk.session()
    desk.list(rain())
    desk.observe(hours(0, 20, 0))
    desk.run(Nanos(CLOSES + 20 * MINUTE))
    assert desk.market("RAIN").winner == 0
    first = hours(0, 0, 0)[1]
    desk.observe([msgspec.structs.replace(first, corrected=True, raw=f"{first.raw} COR")])
    assert "LATE_REPORT" in desk.codes()
    again = disk.session(Nanos(desk.at + HOUR))
    assert again.state.contested == desk.state.contested
    assert "A later report makes it NO" in again.state.contested[MarketId("RAIN")]


def test_a_report_without_a_text_that_is_told_again_with_more_is_remembered_with_it(disk: Disk) -> None:
    """The weather service tells a row first without its temperature, and later, or in turns, with it."""
    desk = disk.session()
    desk.list(high())
    row = Reading(
        station=MIDWAY, measured_at=Nanos(NOON - MINUTE), kind=ReportKind.FIVE_MINUTE, source="NWS", raw="", wind_kt=4
    )
    whole = msgspec.structs.replace(row, temp_whole_c=30)
    for told in ([row, whole], [row], [whole]):
        desk.observe(told)
        again = disk.session(Nanos(desk.at + SECOND))
        opens, closes = desk.market("HIGH").contract.opens, desk.market("HIGH").contract.closes
        known, read = (one.state.observed.readings(MIDWAY, opens, closes) for one in (desk, again))
        assert read == known
        assert (again.state.observed.high(MIDWAY, opens, closes).bound is None) is (told == [row])
