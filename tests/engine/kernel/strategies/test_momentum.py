"""Momentum on the kernel's path: events in, orders out, and why it is silent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from engine.book.features import Quote
from engine.core import codec
from engine.core.commands import Annotate, Arm, SetParameter, SetStrategy, StrategyState, Teach
from engine.core.effects import Submit
from engine.core.events import BookSnapshot, Observed, StationForecast, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId, StationId
from engine.core.instrument import Strike
from engine.core.order import Status
from engine.core.reading import HourQuantiles, Reading, ReportKind
from engine.core.snapshot import Snapshot, StationRow, StrategyDayRow, StrategyMemoryRow
from engine.core.units import DAY, HOUR, Leg, Lots, Money, Nanos, Side, Ticks
from engine.kernel.step import Kernel
from engine.portfolio.position import Position
from engine.strategies import horizon_model
from engine.strategies.horizon import Definition
from engine.strategies.horizon_model import Artifact, Linear, Source, Tuned
from engine.strategies.momentum import NAME, Momentum
from engine.strategies.said import Drop, Want
from engine.views import topics
from tests.engine.kernel.venue import FAMILY, START, SYMBOLS, Session, instrument, opened

STATION = StationRow(
    id="KMDW", name="Chicago Midway", lat=41.786, lon=-87.752, utc_offset_hours=-6, cell="872664521ffffff",
    routine_minute=53,
)  # fmt: skip
EDGES = ((None, 50), (51, 52), (53, 54), (55, None))
FEE = FeeRule(kind="kalshi", rate=Decimal("0.07"))
CENTS = (5, 35, 45, 15)


class Running(Session):
    """A session that lists Chicago's high, with the day so far and books that a test moves."""

    def __init__(self, snapshot: Snapshot | None = None, hours: int = 16) -> None:
        self.cents = list(CENTS)
        self.hours = hours
        super().__init__(opened(stations=(STATION,)) if snapshot is None else snapshot)

    def registry(self) -> tuple[Any, ...]:
        self.momentum = Momentum()
        return (self.momentum,)

    def ready(self) -> None:
        self.connect()
        some = tuple(
            instrument(n, fee=FEE, strike=Strike(low=low, high=high, unit="°F")) for n, (low, high) in enumerate(EDGES)
        )
        closes = Nanos(START + self.hours * HOUR)
        self.list(*some, station="KMDW", unit="°F", closes=closes, title="Highest temperature in Chicago")
        for hour in range(6, 0, -1):
            self.report(-hour, 60)
        hours = tuple(
            HourQuantiles(
                valid_at=Nanos(START + h * HOUR), p10=(m := 43.0 + 10.5 * min(h, 12) / 12) - 1.0, p50=m, p90=m + 1.0
            )
            for h in range(20)
        )
        self.do(StationForecast(at=self.at, station=StationId("KMDW"), run="HRRR 06Z", hours=hours))
        self.books()
        self.run(3)

    def report(self, hour: float, tenths_c: int) -> None:
        at = Nanos(START + int(hour * HOUR))
        reading = Reading(
            station=StationId("KMDW"), measured_at=at, kind=ReportKind.ROUTINE, source="IEM", raw="KMDW",
            temp_tenths_c=tenths_c, temp_whole_c=round(tenths_c / 10),
        )  # fmt: skip
        self.do(Observed(at=max(self.at, at), reading=reading))

    def books(self, **sizes: int) -> None:
        """Send every bracket's book, a cent either side of its price; sizes in contracts."""
        for n, cents in enumerate(self.cents):
            bid, ask = (
                (Ticks(100 * (cents + d)), Lots(100 * sizes.get(side, 20))) for d, side in ((-1, "bid"), (1, "ask"))
            )
            self.do(BookSnapshot(at=self.at, instrument=InstrumentId(KALSHI, SYMBOLS[n]), bids=(bid,), asks=(ask,)))

    def trade(self, n: int, qty: int, taker: Side = Side.SELL) -> None:  # type: ignore[override]
        one = InstrumentId(KALSHI, SYMBOLS[n])
        price = Ticks(100 * self.cents[n])
        self.do(Trade(at=self.at, instrument=one, price=price, lots=Lots(100 * qty), taker=taker))

    def lead(self, n: int = 2, seconds: int = 30) -> None:
        """Let a bracket accelerate while buyers press, and others pay for it."""
        start = list(self.cents)
        for k in range(seconds):
            rise = round(0.02 * k * k)
            self.cents[n] = start[n] + rise
            self.cents[n - 1] = start[n - 1] - rise
            self.books(bid=40, ask=10)
            self.trade(n, 2)
            self.beat()
            self.run(1)

    def switch(self, to: str) -> None:
        self.ask(SetStrategy(strategy=NAME, to=StrategyState(to)), 1.0)

    def tell(self, name: Any, value: Any = None) -> None:  # type: ignore[override]
        if isinstance(name, str):
            self.ask(SetParameter(strategy=NAME, name=name, value=value), 1.0)
        else:
            super().tell(name, value)

    @property
    def seat(self) -> Any:
        return self.state.strategies.seats[NAME]

    def momentum_working(self) -> Any:
        return self.state.strategies.context.own(NAME).working

    def orders(self) -> list[Any]:
        return [one for one in self.state.register if one.place.strategy == NAME]


def paper(hours: int = 16, **told: str) -> Running:
    session = Running(hours=hours)
    session.switch("paper")
    for name, value in ({"maker_edge": "0", "volume": "5"} | told).items():
        session.tell(name, value)
    return session


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


SAYS = Definition(names=("logit", "v"), cadence_s=1.0, horizon_s=30.0)


def lesson(shift: float, definition: Definition = SAYS) -> str:
    """Return a model that gives every move up the same chance."""
    n = (0.0,) * len(definition.names)
    return horizon_model.write(
        Artifact(
            definition=definition, definition_digest=definition.digest,
            source=Source(name="made up", digest="d", rows=2, moves=1, groups=1, first="a", last="b"),
            tuned=Tuned(seed=1, trials=1, parameters={}, brier=0.25),
            model=Linear(means=n, scales=(1.0,) * len(n), weights=n, shift=shift),
        )
    ).decode()  # fmt: skip


@pytest.mark.parametrize(("shift", "enters"), [(2.0, True), (-2.0, False)])
def test_a_classifier_that_is_switched_on_has_to_agree(shift, enters) -> None:
    session = paper(classifier="on", likely="0.6", theta="0.000001")
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(shift)), 1.0)
    assert "was given linear model" in session.said[-1].text
    session.lead()
    assert bool(session.orders()) is enters, (session.seat.reasons, [n.text for n in session.said][-5:])
    assert (session.seat.reasons.get("classifier", 0) > 0) is not enters


def test_a_classifier_without_a_model_or_of_another_pace_says_so_and_enters_nothing() -> None:
    session = paper(classifier="on")
    session.lead()
    assert session.seat.why.code == "no_model"
    slow = structs.replace(SAYS, cadence_s=10.0)
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(9.0, slow)), 1.0)
    session.lead()
    assert session.seat.why.code == "model_pace"
    assert session.orders() == []
    session.ask(Teach(strategy=NAME, name="classifier", body=""), 1.0)
    session.beat()
    session.run(2)
    assert session.seat.why.code == "no_model"


def test_a_model_is_kept_and_there_again_and_a_bad_one_changes_nothing() -> None:
    session = paper()
    body = lesson(1.0)
    session.ask(Teach(strategy=NAME, name="classifier", body=body), 1.0)
    session.run(1)
    kept = session.ledger.strategies["strategy_memory"][NAME, "classifier"]
    assert kept["body"] == body
    digest = session.momentum._advice.model.digest
    for bad, said in (
        ("{", "the model is no model of ours"),
        (body.replace('"format":1', '"format":7'), "is of format 7"),
        (lesson(1.0).replace(SAYS.digest, "0" * 24), "defines differently; train it again"),
        ("x" * 600_000, "longer than 512 KB"),
    ):
        session.ask(Teach(strategy=NAME, name="classifier", body=bad), 1.0)
        assert said in session.said[-1].text
    session.ask(Teach(strategy=NAME, name="moon", body=body), 1.0)
    assert "taught nothing by the name of 'moon'" in session.said[-1].text
    session.ask(Teach(strategy="nobody", name="classifier", body=body), 1.0)
    assert "there is no strategy" in session.said[-1].text
    assert session.momentum._advice.model.digest == digest
    rows = (StrategyMemoryRow(strategy=NAME, name="classifier", at=Nanos(1), body=body),)
    again = Running(opened(stations=(STATION,), strategy_memory=rows))
    assert again.momentum._advice.model.digest == digest


def days(count: int, *, halted: int = 0, blind: int = 0, lost: int = 0, start: int = START // DAY) -> tuple[Any, ...]:
    """Return so many days on the paper desk: a few halted, blind or lost, the others won a little."""
    return tuple(
        StrategyDayRow(
            strategy=NAME, day=start - n, realised=Money(Decimal(-5 if n <= lost else 4 + n % 3)),
            fees=Money(Decimal(1)), fills=3, orders=4, asked=100, blind=100 if n <= blind else 0,
            halts=int(n <= halted),
        )
        for n in range(count, 0, -1)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("earned", "missed"),
    [
        (days(31), []),
        (days(29), ["clean days"]),
        (days(31, halted=2), ["clean days"]),
        (days(31, blind=1), ["uptime"]),
        (days(31, lost=15), ["Sharpe", "days won"]),
        ((), ["clean days", "Sharpe", "days won", "drawdown", "uptime"]),
    ],
)
def test_live_is_let_in_by_the_bars_that_the_sheet_shows_and_by_nothing_else(earned, missed) -> None:
    session = Running(opened("live", stations=(STATION,), earned=earned))
    shown = session.kernel.view(topics.strategy(NAME))
    assert [one.name for one in shown.readiness if not one.passed] == missed
    assert shown.earns_live
    session.ask(Arm(typed="LIVE desk"))
    session.ask(SetStrategy(strategy=NAME, to=StrategyState.LIVE, typed="LIVE desk"))
    if missed:
        assert session.seat.state is StrategyState.OFF
        assert all(name in session.said[-1].text for name in missed)
        assert ("of 31 days" in session.said[-1].text) is (earned == days(31, lost=15))
    else:
        assert session.seat.state is StrategyState.LIVE


class Recorded(Running):
    """A session whose events are journalled with the digests of their effects."""

    def do(self, event: Any) -> list[Any]:
        """Step an event and write it down as the journal does."""
        effects = super().do(event)
        self.__dict__.setdefault("journal", []).append((codec.encode(event), codec.digest(effects)))
        return effects


def test_a_session_with_a_model_and_a_journal_replays_to_the_same_digests() -> None:
    session = Recorded()
    session.switch("paper")
    for name, value in {"maker_edge": "0", "volume": "5", "classifier": "on", "theta": "0.000001"}.items():
        session.tell(name, value)
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(2.0)), 1.0)
    session.lead()
    (first, *_) = session.orders()
    session.ask(Annotate(order=first.id, note="why not", tags=("replayed",)), 1.0)
    session.run(3)
    entry = session.state.diary.entries[first.id]
    assert (entry.tags, entry.fair is not None, "leader" in entry.reason) == (("replayed",), True, True)
    assert entry.report_age is not None
    fresh = Kernel(strategies=(Momentum(),))
    assert [codec.digest(fresh.step(codec.decode(body))) for body, _ in session.journal] == [
        digest for _, digest in session.journal
    ]


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


def test_a_cadence_that_is_told_is_the_pace_of_its_eyes_and_suits_a_model_of_that_pace() -> None:
    session = paper(classifier="on", likely="0.6", theta="0.000001")
    slow = structs.replace(SAYS, cadence_s=2.0)
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(2.0, slow)), 1.0)
    session.lead(seconds=3)
    assert session.seat.why.code == "model_pace"
    (event,) = session.momentum._events.values()
    event.entered[InstrumentId(KALSHI, SYMBOLS[1])] = (1.0, 0.5)
    session.tell("cadence", "2")
    session.lead()
    (event,) = session.momentum._events.values()
    assert event.memory_s == 40.0
    assert event.entered == {InstrumentId(KALSHI, SYMBOLS[1]): (1.0, 0.5)}, "what is held began when it began"
    assert session.seat.why.code != "model_pace"


def live() -> Running:
    """A live session in which a bid of momentum rests."""
    session = Running(opened("live", stations=(STATION,), earned=days(31)))
    session.ask(Arm(typed="LIVE desk"))
    session.ask(SetStrategy(strategy=NAME, to=StrategyState.LIVE, typed="LIVE desk"))
    for name, value in {"maker_edge": "0", "volume": "5"}.items():
        session.tell(name, value)
    session.lead()
    return session


def seen(session: Running, n: int) -> Quote:
    return session.momentum._events[FAMILY].eye.brackets[n].quote


def test_live_its_own_orders_are_no_part_of_the_market_it_reads() -> None:
    session = live()
    (order,) = [one for one in session.orders() if not one.ended]
    assert order.status is Status.WORKING
    mine, rest = order.place.price, Lots(int(order.rest * 100))
    one = order.place.instrument
    n = SYMBOLS.index(one.symbol)
    asks = ((Ticks(mine + 300), Lots(700)),)

    def book(*bids: tuple[int, int]) -> None:
        levels = tuple((Ticks(price), Lots(lots)) for price, lots in bids)
        session.do(BookSnapshot(at=session.at, instrument=one, bids=levels, asks=asks))

    book((mine, rest), (mine - 100, 500))
    assert seen(session, n) == pytest.approx((float(mine - 100) / 1e4, 5.0, float(mine + 300) / 1e4, 7.0))
    book((mine, rest + 900), (mine - 100, 500))
    assert seen(session, n) == pytest.approx((float(mine) / 1e4, 9.0, float(mine + 300) / 1e4, 7.0))
    book((mine, rest))
    assert seen(session, n) == pytest.approx((0.0, 0.0, float(mine + 300) / 1e4, 7.0))


def test_on_paper_no_book_holds_its_orders() -> None:
    session = paper()
    session.lead()
    order = session.orders()[0]
    one, mine = order.place.instrument, order.place.price
    bids, asks = ((mine, Lots(500)),), ((Ticks(mine + 300), Lots(700)),)
    session.do(BookSnapshot(at=session.at, instrument=one, bids=bids, asks=asks))
    want = (float(mine) / 1e4, 5.0, float(mine + 300) / 1e4, 7.0)
    assert seen(session, SYMBOLS.index(one.symbol)) == pytest.approx(want)
