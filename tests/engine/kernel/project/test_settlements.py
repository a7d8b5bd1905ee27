from __future__ import annotations

import pytest

from engine.core.commands import Rule
from engine.core.events import ChainChecked
from engine.core.units import HOUR, Nanos
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, OHARE, OPENS, Desk, hours, two_stations


@pytest.fixture
def desk() -> Desk:
    """A session whose rain market settles and whose pair of stations conflicts."""
    made = Desk()
    made.list()
    made.list(two_stations())
    made.place(qty=10)
    made.place(market="PAIR", qty=4)
    return made


def view(desk: Desk):
    return desk.kernel.view(topics.SETTLEMENTS)


def line(desk: Desk, market: str):
    return next(row for row in view(desk).queue if row.market == market)


def test_an_open_market_shows_what_it_would_come_to(desk: Desk) -> None:
    assert (line(desk, "RAIN").outcome, line(desk, "RAIN").observed, line(desk, "RAIN").outcomes) == ("OPEN", "—", ())
    desk.observe(hours(5, 20))
    desk.run(Nanos(OPENS + 2 * HOUR))
    found = line(desk, "RAIN")
    assert (found.outcome, found.observed, found.steps, found.payout) == ("OPEN", "6.35 mm", 0, None)
    assert "so far" in found.source


def test_what_needs_a_person_comes_first_and_names_its_outcomes(desk: Desk) -> None:
    desk.observe([*hours(0, 20, 0), *hours(0, 60, 0, station=OHARE)])
    desk.settle()
    queue = view(desk).queue
    assert [(row.market, row.outcome) for row in queue] == [("PAIR", "DISPUTED"), ("RAIN", "YES")]
    assert queue[0].outcomes == ("YES", "NO")
    assert queue[1].outcomes == ()
    assert [row[0] for row in queue[0].stations] == ["KMDW", "KORD"]
    assert queue[0].apart == (pytest.approx(-0.5), pytest.approx(0.5)), "shares of what they come to"
    assert queue[0].spread == "100% of their mean apart, 20% allowed"
    assert (queue[0].reason, queue[0].position, queue[0].steps) == ("conflict", 4, 0)
    assert queue[0].held == desk.market("PAIR").stakes["you"][0].cost
    desk.ask(Rule(market="PAIR", winner=1, why="gauge broken"))
    assert (line(desk, "PAIR").outcome, line(desk, "PAIR").payout, line(desk, "PAIR").outcomes) == ("NO", 0, ())


def test_records_are_newest_first_and_name_what_they_replace(desk: Desk) -> None:
    desk.observe([*hours(0, 20, 0), *hours(0, 60, 0, station=OHARE)])
    desk.settle()
    desk.ask(Rule(market="PAIR", winner=1, why="gauge broken"))
    records = view(desk).records
    assert [r.seq for r in records] == [2, 1, 0]
    assert [r.prev for r in records] == [records[1].hash, records[2].hash, "0" * 64]
    assert records[0].supersedes in {0, 1}
    assert view(desk).count == 3
    assert view(desk).operator


def test_the_lamp_is_green_only_after_all_records_were_recomputed(desk: Desk) -> None:
    assert view(desk).chain == "checking"
    desk.do(ChainChecked(at=desk.at, ok=True, records=0, proved=0))
    assert (view(desk).chain, view(desk).chain_text) == (
        "verified", "0 of 0 records recomputed from the disk, checkpoint proves 0",
    )  # fmt: skip
    desk.observe(hours(0, 20, 0))
    desk.settle()
    assert view(desk).chain == "checking"
    desk.do(ChainChecked(at=desk.at, ok=True, records=1, proved=None))
    assert (view(desk).chain, "no checkpoint" in view(desk).chain_text) == ("verified", True)


def test_a_closed_market_waits_and_says_for_what(desk: Desk) -> None:
    desk.settle()
    found = line(desk, "RAIN")
    assert (found.outcome, found.source, found.reason) == ("WAITING", "Nothing was reported by KMDW.", "")
    desk.run(Nanos(CLOSES + 9 * HOUR))
    assert (line(desk, "RAIN").outcome, line(desk, "RAIN").reason) == ("DISPUTED", "outage")
