from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core import codec
from engine.core.commands import Ring
from engine.core.effects import Level
from engine.core.events import Asked
from engine.core.ids import StationId
from engine.core.source_terms import SourceKind, SourceTerms
from engine.core.units import MINUTE, Nanos
from engine.views import topics
from tests.engine.kernel.desk import MIDWAY, OPENS, Desk, high, rain, report
from tests.engine.kernel.project.venue_day import FAMILY, listed


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.list(high())
    return found


def warm(desk: Desk, minutes: int, fahrenheit: int) -> None:
    tenths = ((fahrenheit - 32) * 100 + 9) // 18
    desk.observe([report(Nanos(OPENS + minutes * MINUTE), temp_tenths_c=tenths)])


def told(desk: Desk) -> list[str]:
    return [note.text for note in desk.said if note.code == "CROSSED"]


def labels(desk: Desk) -> list[str]:
    return [b.label for b in desk.market("HIGH").contract.brackets]


def test_nothing_is_told_unless_it_was_asked_for(desk: Desk) -> None:
    warm(desk, 5, 84)
    warm(desk, 10, 90)
    assert told(desk) == []


def test_an_edge_is_told_once_and_with_what_it_means(desk: Desk) -> None:
    edge = desk.market("HIGH").contract.brackets[0].high
    assert edge is not None
    warm(desk, 5, edge)
    desk.ask(Ring(station=MIDWAY))
    warm(desk, 6, edge)
    assert told(desk) == []
    warm(desk, 7, edge + 1)
    one, two, *_ = labels(desk)
    assert told(desk) == [f"KMDW running high {edge + 1} °F: {one} is dead, {two} holds it (HIGH)"]
    assert desk.said[-1].level is Level.WARN
    warm(desk, 8, edge + 1)
    assert len(told(desk)) == 1


def test_a_leap_over_several_edges_is_one_notice_and_markets_of_one_station_are_told_apart(desk: Desk) -> None:
    listed(desk)
    desk.ask(Ring(station=MIDWAY))
    warm(desk, 5, 110)
    assert len(told(desk)) == 2
    assert all("are dead" in text for text in told(desk))
    assert any(FAMILY in text for text in told(desk))


def test_where_readings_alone_count_a_bracket_is_passed_and_not_dead(desk: Desk) -> None:
    listed(desk)
    terms = SourceTerms(kind=SourceKind.WUNDERGROUND, station=MIDWAY, measure="high")
    desk.state.families[FAMILY] = replace(desk.state.families[FAMILY], terms=terms)
    desk.ask(Ring(station=MIDWAY))
    warm(desk, 5, 110)
    dead, passed = sorted(told(desk), key=lambda text: FAMILY in text)
    assert "are dead" in dead
    assert "past under to 79, 80 to 81, 82 to 83, if a reading was" in passed


def test_a_bell_that_is_off_is_silent_and_rain_rings_none(desk: Desk) -> None:
    desk.list(rain())
    desk.ask(Ring(station=MIDWAY))
    desk.ask(Ring(station=MIDWAY, on=False))
    warm(desk, 5, 110)
    assert told(desk) == []


def test_a_station_nobody_knows_is_refused_in_words(desk: Desk) -> None:
    desk.ask(Ring(station=StationId("KXXX<b>" * 9)))
    assert told(desk) == ["KXXX<b>K is not in the station list"]
    assert desk.state.bells == {}


def test_the_view_shows_the_bell_and_is_told_of_it(desk: Desk) -> None:
    view = desk.kernel.view(topics.station(MIDWAY))
    assert view.bell is False  # type: ignore[attr-defined]
    effects = desk.kernel.step(Asked(at=desk.at, command=Ring(station=MIDWAY), pressed_at=Nanos(0)))
    assert {topics.station(MIDWAY), topics.station(MIDWAY, "HIGH"), topics.source("HIGH")} <= {
        effect.topic  # type: ignore[union-attr]
        for effect in effects
        if hasattr(effect, "topic")
    }
    assert desk.kernel.view(topics.station(MIDWAY)).bell is True  # type: ignore[attr-defined]


def test_it_goes_through_the_journal_and_replays_the_same(desk: Desk) -> None:
    desk.ask(Ring(station=MIDWAY))
    warm(desk, 5, 110)
    event = next(e for e in desk.events if isinstance(e, Asked) and isinstance(e.command, Ring))
    assert codec.decode(codec.encode(event)) == event
    again = Desk()
    for one, (_, _, _, _, digest) in list(zip(desk.events, desk.journal, strict=True))[1:]:
        assert codec.digest(again.kernel.step(one)) == digest
