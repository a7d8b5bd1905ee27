from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import instant
from engine.sources import cycle
from engine.weather.observed import Observed

MDW = StationId("KMDW")
AT_53 = instant("2026-07-03T12:53:00Z")


def reading(at: Nanos = AT_53, raw: str = "x", kind: ReportKind = ReportKind.ROUTINE, **more) -> Reading:
    return Reading(station=MDW, measured_at=at, kind=kind, raw=raw, **({"source": "IEM"} | more))


def after(minutes: float, latest: Nanos | None) -> float:
    """Return the minutes that pass until the next question, so long after 12:53."""
    now = Nanos(AT_53 + round(minutes * MINUTE))
    known = {} if latest is None else {MDW: latest}
    return (cycle.due(now, {MDW: 53}, known) - now) / MINUTE


def test_a_report_is_asked_for_when_it_can_be_there() -> None:
    before = Nanos(AT_53 - HOUR)
    assert after(-4, before) == 5  # its minute has not come
    assert after(0, before) == 3
    assert after(1, before) == 2


def test_a_report_that_is_late_is_asked_for_every_minute_for_a_while() -> None:
    before = Nanos(AT_53 - HOUR)
    assert [after(minutes, before) for minutes in (3, 10, 24)] == [1, 1, 1]
    assert after(30, before) == 5


def test_one_that_is_there_leaves_the_others_to_their_pace() -> None:
    assert after(4, AT_53) == 5
    assert after(58, AT_53) == 5
    assert after(4, Nanos(AT_53 - 2 * MINUTE)) == 5  # made at :51 instead of :53


@given(st.integers(0, 10_000), st.integers(0, 59), st.none() | st.integers(-300, 300))
def test_there_is_always_a_next_time_within_five_minutes_and_never_at_once(now: int, minute: int, latest) -> None:
    at = Nanos(AT_53 + now * MINUTE)
    known = {} if latest is None else {MDW: Nanos(at + latest * MINUTE)}
    assert MINUTE <= cycle.due(at, {MDW: minute}, known) - at <= 5 * MINUTE


def test_a_copy_is_no_news_but_a_correction_is() -> None:
    news = cycle.News()
    assert len(news.take([reading(), reading()])) == 1
    assert len(news.take([reading(), reading(raw="y")])) == 1
    assert news.latest == {MDW: AT_53}


def test_the_same_report_from_another_source_is_no_news_unless_the_first_only_relayed() -> None:
    news = cycle.News()
    five = ReportKind.FIVE_MINUTE
    vc, iem = reading(kind=five, source="VC"), reading(kind=five, raw="y")
    assert [list(news.take([one])) for one in (vc, iem, vc, reading(kind=five, source="NWS", raw=""))] == [
        [vc], [iem], [], [],
    ]  # fmt: skip
    assert list(news.take([reading(kind=five, source="NWS", raw="COR", corrected=True)]))


def test_what_another_source_says_against_a_report_is_told_once_and_so_is_what_it_takes_back() -> None:
    news = cycle.News()
    iem, nws = reading(precip_hundredths_in=10), reading(source="NWS", precip_hundredths_in=20)
    agreed = reading(source="NWS", raw="again", precip_hundredths_in=10)
    assert [list(news.take([one])) for one in (iem, nws, nws, agreed, iem)] == [[iem], [nws], [], [agreed], []]


@given(st.permutations([0, 1, 2]))
def test_a_report_that_changed_is_doubted_by_the_copy_of_what_it_was_whichever_came_last(order: list[int]) -> None:
    first, changed = reading(precip_hundredths_in=10), reading(raw="y", precip_hundredths_in=20)
    copy = reading(source="NWS", precip_hundredths_in=10)
    news, held = cycle.News(), Observed()
    if order.index(0) > order.index(1):
        return  # a source tells what it changed after what it was
    for index in order:
        for one in news.take([(first, changed, copy)[index]]):
            held.add(one)
    assert held.heard(MDW, AT_53, Nanos(AT_53 + HOUR)) == (changed, copy)


def test_two_reports_of_one_time_are_told_once_each_however_often_they_come() -> None:
    news = cycle.News()
    both = [reading(), reading(raw="y")]
    assert len(news.take(both)) == 2
    assert list(news.take(both)) == []
    assert list(news.take(both)) == []


def test_what_an_earlier_session_told_is_no_news() -> None:
    news = cycle.News()
    news.know([reading()])
    assert list(news.take([reading()])) == []
    assert news.latest == {MDW: AT_53}


def test_news_comes_in_order_and_specials_are_no_routine_report() -> None:
    news = cycle.News()
    later = reading(Nanos(AT_53 + MINUTE), kind=ReportKind.SPECIAL)
    assert [r.measured_at for r in news.take([later, reading()])] == [AT_53, AT_53 + MINUTE]
    assert news.latest == {MDW: AT_53}


def test_what_is_old_is_forgotten() -> None:
    news = cycle.News()
    news.take([reading()])
    news.forget(Nanos(AT_53 + DAY))
    assert not news.take([reading()])
    news.forget(Nanos(AT_53 + 2 * DAY))
    assert news.take([reading()])
