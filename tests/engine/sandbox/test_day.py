from __future__ import annotations

import hashlib
from collections import Counter
from itertools import pairwise, takewhile

import pytest

from engine.core import codec
from engine.core.commands import CreateMarket, Place
from engine.core.events import Asked, Observed
from engine.core.ids import HOUSE, YOU
from engine.core.units import DAY, HOUR, SECOND, Nanos
from engine.oracle.resolve import resolve
from engine.sandbox import contracts, day
from engine.weather import observed


def played(built, hours):
    return list(takewhile(lambda e: e.at <= built.start + hours * HOUR, built.events()))


def digest(events) -> str:
    found = hashlib.blake2b()
    for event in events:
        found.update(codec.encode(event))
    return found.hexdigest()


def test_the_same_seed_gives_the_same_events(stations) -> None:
    one, other = (day.build(3, stations) for _ in range(2))
    assert digest(played(one, 6)) == digest(played(other, 6)) == digest(played(one, 6))


def test_another_seed_gives_other_events(stations) -> None:
    assert digest(played(day.build(3, stations), 1)) != digest(played(day.build(4, stations), 1))


def test_the_order_of_the_station_list_does_not_matter(stations) -> None:
    assert digest(played(day.build(3, stations), 1)) == digest(played(day.build(3, stations[::-1]), 1))


def test_events_come_in_the_order_of_time_and_each_survives_the_journal(stations) -> None:
    found = played(day.build(1, stations), 26)
    assert [e.at for e in found] == sorted(e.at for e in found)
    assert all(e.at >= day.START for e in found)
    assert all(codec.decode(codec.encode(e)) == e for e in found[::7])


def test_a_day_holds_every_kind_of_event(stations) -> None:
    kinds = Counter(type(getattr(e, "command", e)).__name__ for e in played(day.build(1, stations), 24))
    assert set(kinds) == {"Place", "Observed", "StationForecast", "GridForecast", "CreateMarket", "Alerted"}
    assert kinds["Observed"] > 450
    assert 30 < kinds["CreateMarket"] < 60


def test_forecasts_and_reports_are_known_before_the_first_market_opens(stations) -> None:
    names = [type(e).__name__ for e in played(day.build(1, stations), 0)]
    assert "Asked" in names
    assert names.index("GridForecast") < names.index("Observed") < names.index("Asked")


def test_markets_settle_on_the_reports_that_were_played(stations) -> None:
    """The first verdicts are in within three minutes of real time: one YES, one NO, one DISPUTED."""
    built, heard, listed = day.build(day.SEED, stations), observed.Observed(), []
    deadline = Nanos(int(built.start + 180 * SECOND * built.speed))
    outcomes = set()
    for event in takewhile(lambda e: e.at <= deadline, built.events()):
        for contract in [c for c in listed if c.closes <= event.at]:
            listed.remove(contract)
            said = {s.id: heard.readings(s.id, contract.opens, contract.closes) for s in contract.stations}
            outcomes.add(resolve(contract, said).outcome)
        match event:
            case Observed(reading=reading):
                heard.add(reading)
            case Asked(command=CreateMarket(contract=contract)):
                listed.append(contract)
    assert {"YES", "NO", "DISPUTED"} <= outcomes


def test_days_follow_each_other_without_end(stations) -> None:
    built = day.build(1, stations)
    found = played(built, 60)
    highs = [
        e.command.contract for e in found
        if isinstance(e, Asked) and isinstance(e.command, CreateMarket) and e.command.contract.brackets
        and e.command.contract.place == "Chicago"
    ]  # fmt: skip
    assert [(b.opens - a.opens) for a, b in pairwise(highs)] == [DAY, DAY, DAY]
    late = [e for e in found if e.at > built.start + 2 * DAY]
    assert any(isinstance(e, Asked) and isinstance(e.command, Place) for e in late)


def test_a_later_start_sees_the_same_weather(stations) -> None:
    later = Nanos(day.START + 5 * HOUR)
    one = {e.reading for e in played(day.build(1, stations), 6) if isinstance(e, Observed)}
    other = {e.reading for e in played(day.build(1, stations, start=later), 1) if isinstance(e, Observed)}
    assert {r for r in one if r.measured_at > later} == {r for r in other if r.measured_at > later}
    assert {r for r in other if r.measured_at > later}


def created(events):
    return [e.command.contract for e in events if isinstance(e, Asked) and isinstance(e.command, CreateMarket)]


def test_a_session_that_resumes_finds_the_same_markets(stations) -> None:
    before = {c.id: c for c in created(played(day.build(1, stations), 8))}
    for hours in (1, 2, 5, 8):
        again = created(played(day.build(1, stations, start=Nanos(day.START + hours * HOUR)), 0))
        assert again
        assert all(c == before[c.id] for c in again)


def test_the_session_opens_with_paper_money_for_all(stations) -> None:
    built = day.build(1, stations)
    funds = {row.account: row.amount for row in built.accounts}
    assert funds[YOU] == 1_000
    assert funds[HOUSE] == 250_000
    assert len(funds) == 16
    assert built.operators == (contracts.DAY,)
    assert (built.place, built.utc_offset_hours, built.speed) == ("Chicago", -6, 120.0)


def test_a_list_without_midway_is_refused(stations) -> None:
    with pytest.raises(ValueError, match="KMDW"):
        day.build(1, [s for s in stations if s.id == "KNYC"])
