"""The services that tell of the weather, as the trader sees them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.core import codec
from engine.core.events import Errand, SourceReport
from engine.core.units import MINUTE, SECOND, Nanos
from engine.kernel.project.listed.sources import standing
from engine.views import topics
from tests.engine.kernel.desk import NOON, Desk

WORDS = st.text(max_size=20)
TIMES = st.none() | st.integers(0, 2**62).map(Nanos)
ERRANDS = st.builds(Errand, what=WORDS, ok_at=TIMES, news_at=TIMES, next_at=TIMES, why=WORDS)


def told(at: Nanos, *errands: Errand, **more) -> SourceReport:
    given_ = {"source": "iem", "title": "IEM", "stations": 7, "host": "127.0.0.1:80", "requests": 4, "unchanged": 1}
    return SourceReport(at=at, errands=errands, **(given_ | more))


def errand(at: Nanos, what: str = "reports", **more) -> Errand:
    return Errand(**({"what": what, "ok_at": at, "news_at": at, "next_at": Nanos(at + MINUTE)} | more))


def line(desk: Desk):
    return desk.kernel.view(topics.CONNECTIONS).rows[-1]


def chip(desk: Desk):
    return next(one for one in desk.kernel.view(topics.FEEDS).chips if one.name == "IEM")


def test_a_service_that_answers_is_live_and_as_old_as_its_last_news() -> None:
    desk = Desk()
    desk.do(told(desk.at, errand(Nanos(desk.at - 130 * SECOND), next_at=Nanos(desk.at + MINUTE))))
    row = line(desk)
    assert (row.title, row.state, row.stations, row.why) == ("IEM", "live", 7, "")
    assert (row.age_s, row.next_at, row.report.host) == (130.0, desk.at + MINUTE, "127.0.0.1:80")
    assert row.told == "reports: news 2 m ago, answered 2 m ago; 4 requests, 1 not changed since"
    assert (chip(desk).state, chip(desk).text) == ("live", "2 m")


def test_one_that_fails_in_part_is_ageing_and_in_all_is_down_with_its_last_error() -> None:
    desk = Desk()
    good, bad = errand(desk.at, "climate reports"), errand(desk.at, why="IEM: HTTP 503")
    desk.do(told(desk.at, bad, good))
    assert (line(desk).state, line(desk).why) == ("ageing", "IEM: HTTP 503")
    desk.do(told(desk.at, bad))
    assert (line(desk).state, chip(desk).state) == ("down", "down")
    desk.do(told(desk.at, bad, requests=5))
    last = desk.kernel.view(topics.NOTICES).rows[-1]
    assert (last.text, last.times) == ("IEM tells nothing: IEM: HTTP 503", 1)
    desk.do(told(desk.at, errand(desk.at)))
    assert desk.kernel.view(topics.NOTICES).rows[-1].text == "IEM tells again"


def test_one_that_was_never_asked_is_off_and_has_no_age() -> None:
    desk = Desk()
    desk.do(told(desk.at, stations=0))
    assert (line(desk).state, line(desk).why, line(desk).age_s, line(desk).next_at) == (
        "off", "no station is wanted", None, None,
    )  # fmt: skip
    assert chip(desk).text == "—"


def test_questions_that_stay_out_make_it_stale() -> None:
    desk = Desk()
    desk.do(told(desk.at, errand(desk.at)))
    desk.run(Nanos(desk.at + 7 * MINUTE))
    assert standing(desk.kernel.state, desk.kernel.state.sources["iem"]) == (
        "stale", "reports were to be asked for 6 m ago",
    )  # fmt: skip


def test_what_is_not_asked_of_it_is_said() -> None:
    desk = Desk()
    why = "KNYC reports once an hour"
    desk.do(told(desk.at, errand(desk.at), refused=(why,), room=0.25, keys="keyring"))
    assert (line(desk).state, line(desk).why) == ("live", "")
    assert line(desk).told.endswith(f"; 25% of today's allowance left; {why}; 4 requests, 1 not changed since")
    assert (line(desk).report.read_room, line(desk).report.keys) == (0.25, "keyring")


@given(st.lists(ERRANDS, max_size=4), st.none() | st.floats(0, 1), st.lists(WORDS, max_size=3))
def test_a_journal_tells_it_again_word_for_word(errands, room, refused) -> None:
    event = told(NOON, *errands, room=room, refused=tuple(refused))
    assert codec.decode(codec.encode(event)) == event


def test_it_replays_to_the_same_effects_and_views() -> None:
    first, second = Desk(), Desk()
    events = [told(NOON, errand(NOON, why="x")), told(Nanos(NOON + 1), errand(NOON)), told(Nanos(NOON + 2))]
    for event in events:
        again = codec.decode(codec.encode(event))
        assert codec.digest(first.kernel.step(event)) == codec.digest(second.kernel.step(again))
    assert first.kernel.view(topics.CONNECTIONS) == second.kernel.view(topics.CONNECTIONS)
