"""Momentum on the kernel's path: events in, orders out, and why it is silent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from engine.core.effects import Submit
from engine.core.events import GridChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Band, Strike
from engine.core.order import Status
from engine.core.source_terms import SourceKind, SourceTerms
from engine.core.units import HOUR, Leg, Nanos, Side, Ticks
from engine.kernel.step import Kernel
from engine.portfolio.position import Position
from engine.strategies.momentum import NAME
from engine.strategies.said import Drop, Want
from engine.views import topics
from tests.engine.kernel.strategies.momentum_desk import CENTS, EDGES, FEE, Running, paper
from tests.engine.kernel.venue import FAMILY, START, SYMBOLS, instrument


def test_off_it_watches_nothing() -> None:
    session = Running()
    assert session.state.strategies.quotes == {}
    session.lead()
    assert session.seat.intents == 0


def test_the_leader_is_bought_at_rest_under_its_name() -> None:
    session = paper()
    session.lead()
    orders = session.orders()
    assert orders, session.seat.reasons
    one = orders[0]
    assert (one.place.instrument.symbol, one.place.side, one.place.leg) == (SYMBOLS[2], Side.BUY, Leg.YES)
    assert (one.place.post_only, one.place.origin) == (True, "strategy")
    assert one.status is Status.WORKING
    assert {effect.order.client for effect in session.sent(Submit)} >= {one.client}
    view = session.kernel.view(topics.STRATEGIES)
    assert view.rows[0].name == NAME


def test_what_rests_too_long_is_taken_back() -> None:
    session = paper(horizon="30")
    session.lead()
    one = session.orders()[0]
    session.run(35)
    assert one.status is Status.CANCELED


@pytest.mark.parametrize(
    ("told", "change", "code"),
    [
        ({}, "still", "velocity"),
        ({"volume": "10000"}, "lead", "volume"),
        ({"tolerance": "0"}, "sum", "coherence"),
        ({"close": "43200"}, "late", "close"),
        ({"stale": "60"}, "lead", "stale_weather"),
        ({"maker_edge": "20", "taker_edge": "20"}, "lead", "ev"),
    ],
)
def test_why_it_is_silent(told: dict[str, str], change: str, code: str) -> None:
    session = paper(11 if change == "late" else 16, **told)
    if change == "sum":
        session.cents[0] = 8
    if change == "still":
        for _ in range(20):
            session.books()
            session.trade(2, 3)
            session.beat()
            session.run(1)
    else:
        session.lead()
    assert session.seat.reasons.get(code, 0) > 0, session.seat.reasons
    if code != "velocity":
        assert session.orders() == []


def test_a_day_that_lost_enough_enters_nothing_more() -> None:
    session = paper(daily_loss="1")
    session.seat.real.day(session.at).realised = Decimal(-1)
    session.lead()
    assert session.orders() == []
    assert session.seat.reasons["daily_loss"] > 0


def test_bracket_and_event_hold_the_size() -> None:
    session = paper(bracket="5")
    session.lead()
    spent = sum(one.place.qty * one.place.price for one in session.orders() if one.place.side is Side.BUY)
    assert 0 < spent * Decimal("0.0001") <= 5


def test_a_stale_book_blinds_the_event() -> None:
    session = paper()
    session.lead(seconds=10)
    session.drop("market")
    session.run(5)
    assert session.seat.why.code == "no_quotes"


def test_shadow_and_paper_propose_the_same_of_the_same_events() -> None:
    digests = []
    for to in ("shadow", "paper"):
        session = Running()
        session.switch(to)
        session.tell("maker_edge", "0")
        session.tell("volume", "5")
        session.sends = lambda *_: None  # nothing fills: what is held is no part of the comparison
        session.lead()
        assert session.seat.intents > 0
        digests.append(session.seat.digest.hexdigest())
    assert digests[0] == digests[1]


def test_a_replay_proposes_the_same() -> None:
    session = paper()
    events: list[Any] = []
    step = session.kernel.step
    session.kernel.step = lambda event: (events.append(event), step(event))[1]  # type: ignore[method-assign, func-returns-value]
    session.lead()
    again = Running()
    again.switch("paper")
    for name, value in (("maker_edge", "0"), ("volume", "5")):
        again.tell(name, value)
    other: Kernel = again.kernel
    for event in events:
        other.step(event)
    assert again.seat.digest.hexdigest() == session.seat.digest.hexdigest()


def test_features_of_every_bracket_are_kept_once_a_minute_with_the_age_of_the_weather() -> None:
    session = paper()
    for _ in range(125):
        session.books()
        session.beat()
        session.run(1)
    kept = sorted(session.ledger.strategies["features"].items())
    assert len(kept) == 3
    first, last = (json.loads(row["body"]) for _, row in (kept[0], kept[-1]))
    assert [one["symbol"] for one in last["brackets"]] == list(SYMBOLS)
    assert all(set(one) == set(first["brackets"][0]) for one in last["brackets"])
    assert last["report_age_s"] == pytest.approx(first["report_age_s"] + 120, abs=2)
    assert last["brackets"][2]["weather"] == pytest.approx(first["brackets"][2]["weather"])
    assert last["brackets"][2]["v"] is not None
    assert last["phase"] in {"pre_peak", "peak", "post_peak"}
    sky = session.state.strategies.context.sky(next(iter(session.state.families)))
    assert (last["phase"], last["gap"]) == (sky.phase, pytest.approx(sky.gap))


def test_what_an_order_was_decided_on_is_in_the_log() -> None:
    session = paper()
    session.lead()
    texts = [row.text for row in session.kernel.view(topics.NOTICES).rows]
    (text, *_) = [text for text in texts if "fill odds" in text]
    assert text.startswith("53-54: buy ")
    for word in ("resting ", "taking ", "fair ", "acceleration ", "flow ", "spike ", "hazard "):
        assert word in text


def test_what_rests_of_an_earlier_session_is_taken_back_as_its_time_is_not_known() -> None:
    session = paper()
    session.lead()
    one = next(one for one in session.orders() if not one.ended)
    session.crash(ready=False)
    session.ready()
    session.run(5)
    assert session.state.register.get(one.id).status is Status.CANCELED


def hold(session: Running, n: int = 2, qty: int = 10) -> InstrumentId:
    """Let it hold contracts of a bracket, bought long ago."""
    name = InstrumentId(KALSHI, SYMBOLS[n])
    session.seat.real.put((name, Leg.YES), Position(Decimal(qty), Decimal(4)))
    next(iter(session.momentum._events.values())).entered[name] = (0.0, None)
    return name


def test_what_is_held_too_long_goes_before_anything_of_it_is_bid_for_again() -> None:
    session = paper(fair="filter")
    session.lead()
    resting = [one for one in session.orders() if not one.ended]
    assert [one.place.side for one in resting] == [Side.BUY]
    name = hold(session)
    session.report(0.1, 0)  # nothing is left of its fair value
    one = session.momentum._of[name][0]
    one.seen = one.seen._replace(fair=(0.0,) * 4, pooled=(0.0,) * 4)
    said = session.momentum._decided(
        session.state.strategies.context, one, session.momentum._terms(), [], session.momentum_working()
    )
    assert [type(what) for what in said][:1] == [Drop]
    assert not any(isinstance(what, Want) and what.side is Side.SELL for what in said), "its own bid stands there"


def test_a_bracket_without_an_edge_is_no_event_and_ends_nothing() -> None:
    session = paper()
    strikes = [Strike(low=None, high=50, unit="°F"), Strike(unit="°F"), Strike(low=55, high=None, unit="°F")]
    some = tuple(instrument(n, fee=FEE, strike=one) for n, one in enumerate(strikes))
    closes = Nanos(START + 16 * HOUR)
    session.list(*some, station="KMDW", unit="°F", closes=closes, title="Highest temperature in Chicago")
    session.run(3)
    assert session.momentum._events == {}
    assert session.seat.why.code == "no_event"


def test_what_the_venue_says_anew_of_the_same_brackets_makes_it_forget_nothing() -> None:
    session = paper()
    session.lead(seconds=10)
    (event,) = session.momentum._events.values()
    traded = [b.volume for b in event.seen.brackets]
    assert all(b.motion.ok for b in event.seen.brackets)
    fine = (Band(Ticks(10), Ticks(9_990), Ticks(10)),)
    session.do(GridChanged(at=session.at, instrument=InstrumentId(KALSHI, SYMBOLS[0]), grid=fine))
    session.run(3)
    (event,) = session.momentum._events.values()
    assert event.members[0].grid == fine
    assert all(b.motion.ok for b in event.seen.brackets), "one bracket's steps changed, and four were known no more"
    assert [b.volume for b in event.seen.brackets] == traded


def test_a_row_of_brackets_that_grows_is_seen_with_chances_of_its_own() -> None:
    session = paper()
    session.lead(seconds=5)
    assert len(session.state.strategies.context.sky(FAMILY).chances) == 4
    edges = ((None, 50), (51, 52), (53, None))
    closes = Nanos(START + 16 * HOUR)

    def again(edges: Any) -> None:
        some = tuple(
            instrument(n, fee=FEE, strike=Strike(low=low, high=high, unit="°F")) for n, (low, high) in enumerate(edges)
        )
        session.list(
            *some, station="KMDW", unit="°F", closes=closes, title="Highest temperature in Chicago",
            members=tuple(one.id for one in some),
        )  # fmt: skip
        session.run(3)
        chances = session.state.strategies.context.sky(FAMILY).chances
        assert len(chances) == len(edges)
        assert sum(chances) == pytest.approx(1.0)

    again(edges)
    again(EDGES)


@pytest.mark.parametrize(
    ("kind", "told"),
    [(SourceKind.CLIMATE_REPORT, True), (SourceKind.WUNDERGROUND, False), (SourceKind.TIME_SERIES, False)],
)
def test_the_weather_is_no_word_on_brackets_that_readings_alone_decide(kind: SourceKind, told: bool) -> None:
    """The model is of the official high: a bracket that a six-hour group has passed counted as lost, and may win."""
    session = paper()
    session.lead(seconds=5)
    families = session.state.families
    terms = SourceTerms(kind=kind, station="KMDW", measure="high")
    families[FAMILY] = structs.replace(families[FAMILY], terms=terms)
    assert (session.state.strategies.context.sky(FAMILY) is not None) is told
    session.run(3)
    (event,) = session.momentum._events.values()
    assert (event.seen.sky is not None) is told
    assert event.seen.fair is not None


@pytest.mark.parametrize(("cost", "enters"), [(4, True), (5, False)])
def test_what_is_lost_on_open_positions_counts_towards_the_day(cost: int, enters: bool) -> None:
    session = paper(daily_loss="3")
    session.books()
    name = InstrumentId(KALSHI, SYMBOLS[3])
    session.seat.real.put((name, Leg.YES), Position(Decimal(10), Decimal(cost)))
    session.cents[3] = 15
    session.lead()
    bought = [one for one in session.orders() if one.place.side is Side.BUY]
    assert bool(bought) is enters, session.seat.reasons
    assert (session.seat.reasons.get("daily_loss", 0) > 0) is not enters


def test_what_stood_when_it_was_switched_off_is_no_price_once_it_is_on_again() -> None:
    session = paper()
    session.lead()
    session.switch("off")
    session.cents = list(CENTS)
    session.books()
    session.run(600)
    session.books()
    session.switch("paper")
    session.beat()
    session.run(2)
    (event,) = session.momentum._events.values()
    assert [round(100 * b.mid) for b in event.seen.brackets] == list(CENTS)
    assert [b.flow_30 for b in event.seen.brackets] == [0.0] * 4, "nobody pressed: nobody looked"
    assert all(not b.motion.ok for b in event.seen.brackets)
