"""P14 for strategies: every gate of automated flow at its caller, and what kill and reduce-only do to what works."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import (
    Amend,
    Cancel,
    CreateMarket,
    Halt,
    Place,
    ReduceOnly,
    Release,
    Role,
    SetLimit,
    TakeRole,
)
from engine.core.effects import Submit
from engine.core.events import Asked, BooksStale, FillReversed, Listed, Observed, Trade
from engine.core.ids import BINANCE, KALSHI, FamilyId, InstrumentId, MarketId, StrategyId, embedded
from engine.core.instrument import Instrument, Payoff
from engine.core.order import Status
from engine.core.units import HOUR, Leg, Lots, Nanos, Qty, Side, Ticks
from engine.kernel import automated, grouping, staking
from engine.kernel.strategies import accounts
from engine.portfolio.correlated import Kind
from engine.risk.flow_gates import AUTOMATED
from engine.strategies.base import Watch
from engine.views import topics
from tests.engine.kernel.desk import FRESH, Desk, rain, report
from tests.engine.kernel.strategies.desk import NAME, Cheap, Running
from tests.engine.kernel.venue import FACTS, SYMBOLS, Session, family, instrument, opened

MEMBERS = tuple(InstrumentId(KALSHI, symbol) for symbol in SYMBOLS)
ALICE, BOB = StrategyId("alice"), StrategyId("bob")


@pytest.fixture
def session() -> Session:
    return Session(opened(limits=tuple((c, Decimal(1_000)) for c in ("OPEN_ORDERS", "RATE_MINUTE", "STRATEGY_REPEAT"))))


def tighten(session: Session, code: str, value: int | str) -> None:
    session.ask(SetLimit(gate=code, value=Decimal(value)), gap=0.1)
    assert session.state.limits[code] == Decimal(value), session.said[-1]


def send(session: Session, price: int = 4_800, qty: int = 1, *, strategy: StrategyId | None = ALICE, **terms):
    return session.place(qty=qty, price=price, strategy=strategy, **terms)


def lamp(session: Session, code: str):
    return next(row for row in session.kernel.view(topics.GATES).rows if row.code == code)


def held_by(order) -> str:
    return order.why.split(" — ")[0] if order.status is Status.REFUSED else ""


def staked(session: Session | Desk, strategy: StrategyId) -> Decimal:
    return staking.stake(session.state, strategy, staking.waiting(session.state))[0]


def wait(session: Session, seconds: int) -> None:
    """Let time pass on a market that lives."""
    for _ in range(seconds):
        session.run(1)
        session.beat()


def prices(count: int) -> list[int]:
    return list(range(4_000, 4_000 + 100 * count, 100))


def test_orders_in_a_minute_are_counted_by_strategy(session) -> None:
    tighten(session, "STRATEGY_RATE", 2)
    for price in prices(2):
        assert not held_by(send(session, price))
    refused = send(session, 4_400)
    assert held_by(refused) == "STRATEGY_RATE"
    assert "2 orders of alice in the last minute" in refused.why
    assert (lamp(session, "STRATEGY_RATE").state, lamp(session, "STRATEGY_RATE").whose) == ("REFUSING", "alice")
    assert not held_by(send(session, 4_400, strategy=BOB))
    assert not held_by(send(session, 4_500, strategy=None))
    wait(session, 60)
    assert not held_by(send(session, 4_400))


def test_an_amendment_is_an_order_for_the_pace(session) -> None:
    tighten(session, "STRATEGY_RATE", 2)
    order = send(session)
    session.ask(Amend(order=order.id, price=Ticks(4_700), qty=Qty(Decimal(1))))
    session.run(0.5)
    assert order.place.price == 4_700
    session.ask(Amend(order=order.id, price=Ticks(4_600), qty=Qty(Decimal(1))))
    session.run(0.5)
    assert order.place.price == 4_700
    assert session.codes()[-1] == "STRATEGY_RATE"


def test_like_orders_on_one_book_are_a_repetition_until_the_best_prices_move(session) -> None:
    tighten(session, "STRATEGY_REPEAT", 2)
    assert not held_by(send(session))
    assert not held_by(send(session, qty=2))
    refused = send(session, qty=3)
    assert held_by(refused) == "STRATEGY_REPEAT"
    assert not held_by(send(session, 4_700))
    session.quote((((4_850, 500),), ((5_100, 400),)))
    assert not held_by(send(session))
    assert lamp(session, "STRATEGY_REPEAT").used == "1 orders"


def test_a_repetition_is_forgotten_after_a_minute(session) -> None:
    tighten(session, "STRATEGY_REPEAT", 1)
    send(session)
    assert held_by(send(session)) == "STRATEGY_REPEAT"
    wait(session, 61)
    assert not held_by(send(session))


@pytest.fixture
def running() -> Running:
    """The strategy of the registry on paper; its orders here are sent by hand."""
    made = Running(opened(limits=(("STRATEGY_REPEAT", Decimal(1_000)),)))
    made.told("limit", "100")
    made.switch("paper")
    return made


def test_too_many_executions_halt_a_strategy_until_it_is_switched_on_again(running) -> None:
    tighten(running, "STRATEGY_FILLS", 2)
    other, mine = send(running, 4_000, strategy=None), send(running, 4_100, strategy=NAME)
    for price in (4_700, 4_800):
        running.trade(send(running, price, strategy=NAME), 1)
    running.run(0.5)
    assert running.codes().count("STRATEGY_HALT") == 1
    assert (mine.status, other.status) == (Status.CANCELED, Status.WORKING)
    assert lamp(running, "STRATEGY_HALT").state == "REFUSING"
    assert lamp(running, "STRATEGY_HALT").whose == "cheap: 2 executions in a minute; the limit is 2"
    wait(running, 90)
    assert held_by(send(running, 4_600, strategy=NAME)) == "STRATEGY_HALT"
    assert not held_by(send(running, 4_600, strategy=BOB))
    assert not held_by(send(running, 4_600, strategy=None))
    running.crash()
    running.run(3)
    assert held_by(send(running, 4_600, strategy=NAME)) == "STRATEGY_HALT"
    running.switch("paper")
    assert not held_by(send(running, 4_500, strategy=NAME))
    assert lamp(running, "STRATEGY_HALT").state == "OK"


def test_executions_of_who_is_not_in_the_registry_are_refused_for_a_minute(session) -> None:
    tighten(session, "STRATEGY_FILLS", 2)
    for price in (4_700, 4_800):
        session.trade(send(session, price), 1)
    assert held_by(send(session, 4_600)) == "STRATEGY_FILLS"
    wait(session, 61)
    assert not held_by(send(session, 4_600))


def test_an_order_that_waits_for_the_disk_is_not_sent_once_its_strategy_is_halted(running) -> None:
    running.ask(running.order(price=4_700, qty=1, strategy=NAME))
    accounts.halt(running.state, running.seat, "a test")
    running.run(1)
    assert not running.sent(Submit)
    order = next(iter(running.state.register))
    assert order.status is Status.REJECTED
    assert "cheap was halted before it was sent: a test" in order.why


def test_what_is_staked_outlives_a_restart(running) -> None:
    running.trade(send(running, 4_000, 20, strategy=NAME), 20)
    send(running, 4_500, 10, strategy=NAME, index=1)
    assert staked(running, NAME) == Decimal("12.5")
    running.crash()
    running.run(3)
    assert staked(running, NAME) == Decimal("12.5")
    tighten(running, "STRATEGY_STAKE", 13)
    assert held_by(send(running, 4_000, 2, strategy=NAME)) == "STRATEGY_STAKE"
    tighten(running, "STRATEGIES_STAKE", 13)
    assert held_by(send(running, 4_000, 2, strategy=BOB)) == "STRATEGIES_STAKE"


def test_orders_in_one_event_are_counted_as_long_as_it_is_listed(session) -> None:
    tighten(session, "WINDOW_ORDERS", 2)
    for price in prices(2):
        send(session, price)
        wait(session, 120)
    assert held_by(send(session, 4_400, index=2)) == "WINDOW_ORDERS"
    assert lamp(session, "WINDOW_ORDERS").used == "2 orders"


def test_orders_open_in_one_market_are_counted_whoever_sent_them(session) -> None:
    tighten(session, "MARKET_ORDERS", 2)
    send(session, 4_000, strategy=None)
    send(session, 4_100, strategy=BOB)
    assert held_by(send(session, 4_200)) == "MARKET_ORDERS"
    assert not held_by(send(session, 4_200, index=1))
    assert not held_by(send(session, 4_300, strategy=None))


def test_messages_without_executions_stop_a_strategy(session) -> None:
    tighten(session, "MESSAGE_RATIO", 15)
    for number in range(11):
        order = send(session, 4_000 + 100 * (number % 9))
        session.ask(Cancel(order=order.id), gap=0.5)
        session.run(0.5)
    assert held_by(order) == "MESSAGE_RATIO"
    assert lamp(session, "MESSAGE_RATIO").state == "REFUSING"
    wait(session, 600)
    assert not held_by(send(session, 4_500))


def test_an_executed_strategy_may_send_more_messages(session) -> None:
    tighten(session, "MESSAGE_RATIO", 15)
    for _ in range(2):
        session.trade(send(session, 4_800), 1)
    for number in range(11):
        order = send(session, 4_000 + 100 * (number % 9))
        session.ask(Cancel(order=order.id), gap=0.5)
        session.run(0.5)
    assert not held_by(order)


def test_a_silent_link_stops_strategies_before_it_stops_the_trader(session) -> None:
    session.run(6)
    order = session.order(price=4_700, qty=1, strategy=ALICE)
    session.pressed += 10**10
    session.do(Asked(at=session.at, command=order, pressed_at=Nanos(session.pressed)))
    session.do(Asked(at=session.at, command=session.order(price=4_600, qty=1), pressed_at=Nanos(session.pressed)))
    refused, taken = list(session.state.register)[-2:]
    assert held_by(refused) == "DATA_AGE"
    assert taken.status is Status.SENT


def test_a_stale_input_stops_a_strategy_that_has_one(session) -> None:
    automated.fed(session.state, ALICE)
    assert not held_by(send(session, 4_700))
    session.run(5)
    refused = send(session, 4_600)
    assert held_by(refused) == "MODEL_AGE"
    assert not held_by(send(session, 4_500, strategy=BOB))
    automated.fed(session.state, ALICE)
    assert not held_by(send(session, 4_600))


SPOT = InstrumentId(BINANCE, "BTCUSDT")


class Spotted(Cheap):
    """It watches a coin, too."""

    def watch(self, context):
        return Watch((SPOT,), ())


class Watching(Running):
    def registry(self):
        self.cheap = Spotted()
        return (self.cheap,)


def test_the_spot_price_that_a_strategy_watches_is_its_input_unless_it_says_another() -> None:
    venues = (FACTS, msgspec.structs.replace(FACTS, id=BINANCE, title="Binance", trades=False))
    running = Watching(opened(venues=venues, limits=(("STRATEGY_REPEAT", Decimal(1_000)),)))
    running.told("limit", "100")
    running.switch("paper")
    pair = Instrument(id=SPOT, title="BTC/USDT", family=FamilyId("binance:BTCUSDT"), payoff=Payoff.LINEAR)
    running.do(Listed(at=running.at, family=family(id=pair.family, members=(SPOT,)), instruments=(pair,)))
    refused = send(running, 4_100, strategy=NAME)
    assert refused.why == "MODEL_AGE — the age of what cheap decides by is not known"
    assert not held_by(send(running, 4_100, strategy=BOB))
    deal = Trade(at=running.at, instrument=SPOT, price=Ticks(9_000_000), lots=Lots(1), taker=Side.BUY)
    running.tell(deal)
    assert not held_by(send(running, 4_200, strategy=NAME, gap=4.9, settle=0.0))
    running.run(0.2)
    assert (lamp(running, "MODEL_AGE").used, lamp(running, "MODEL_AGE").whose) == ("5 s", "cheap")
    assert held_by(send(running, 4_300, strategy=NAME, gap=0.5)) == "MODEL_AGE"
    automated.fed(running.state, NAME)
    assert not held_by(send(running, 4_300, strategy=NAME))


def bad_fills(session: Session, count: int) -> None:
    """Buy at 48, after which the market stands at 41."""
    session.quote((((4_800, 500),), ((5_100, 400),)))
    for number in range(count):
        session.trade(send(session, 4_800 - 100 * (number % 3)), 1)
    session.quote((((4_000, 500),), ((4_200, 400),)))
    wait(session, 40)


def test_fills_that_the_market_turned_against_stop_a_strategy(session) -> None:
    bad_fills(session, 9)
    assert not held_by(send(session, 3_900))
    bad_fills(session, 1)
    refused = send(session, 3_800)
    assert held_by(refused) == "MARKOUT"
    assert lamp(session, "MARKOUT").state == "REFUSING"
    assert not held_by(send(session, 3_800, strategy=BOB))
    assert not held_by(send(session, 4_200, side=Side.SELL, index=0))
    for _ in range(180):
        session.run(20)
        session.beat()
    assert not held_by(send(session, 3_800))


def test_the_stake_of_one_and_of_all_strategies(session) -> None:
    tighten(session, "STRATEGY_STAKE", 10)
    tighten(session, "STRATEGIES_STAKE", 15)
    first = send(session, 4_000, 20)
    session.trade(first, 20)
    assert staked(session, ALICE) == Decimal("8")
    refused = send(session, 4_000, 10, index=1)
    assert held_by(refused) == "STRATEGY_STAKE"
    assert "$12.00" in refused.why.replace("12.00 $", "$12.00")
    assert not held_by(send(session, 4_000, 5, index=1))
    assert not held_by(send(session, 4_000, 10, index=1, strategy=BOB))
    assert held_by(send(session, 4_000, 10, index=2, strategy=BOB)) == "STRATEGIES_STAKE"
    assert lamp(session, "STRATEGIES_STAKE").used == "14.00"
    assert lamp(session, "STRATEGY_STAKE").whose == "alice"


def test_what_a_strategy_sells_or_the_trader_flattens_is_no_stake_any_more(session) -> None:
    session.trade(send(session, 4_000, 20), 20)
    session.trade(send(session, 4_900, 5, side=Side.SELL), 5)
    assert staked(session, ALICE) == Decimal("6")
    session.trade(send(session, 4_900, 10, side=Side.SELL, strategy=None), 10)
    assert staked(session, ALICE) == Decimal("2")


def test_a_fill_that_was_taken_back_is_no_stake(session) -> None:
    order = send(session, 4_000, 20)
    fill = session.trade(order, 20)
    session.tell(FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id))
    assert staked(session, ALICE) == 0


def test_everything_on_one_venue_and_everything_together(session) -> None:
    tighten(session, "VENUE_EXPOSURE", 10)
    assert held_by(send(session, 4_000, 26)) == "VENUE_EXPOSURE"
    assert not held_by(send(session, 4_000, 24))
    assert lamp(session, "VENUE_EXPOSURE").used == "9.60"
    tighten(session, "GROSS_EXPOSURE", 12)
    assert held_by(send(session, 4_000, 7, leg=Leg.NO, index=0)) == "GROSS_EXPOSURE"
    assert lamp(session, "GROSS_EXPOSURE").used == "9.60"
    assert not held_by(send(session, 4_000, 7, strategy=None, index=1))


@pytest.fixture
def weather() -> Session:
    """High and low of one station's day on a venue, and a market of our own near by."""
    made = Session(opened(stations=FRESH.stations, seed_cash=FRESH.seed_cash))
    closes = Nanos(made.at + 12 * HOUR)
    made.list(*(instrument(n, closes=closes) for n in range(2)), members=MEMBERS[:2], station="KMDW", closes=closes)
    low = [instrument(n, closes=closes, family=FamilyId("kalshi:LOW")) for n in (2, 3)]
    made.do(
        Listed(
            at=made.at,
            family=family(id="kalshi:LOW", members=MEMBERS[2:], station="KMDW", closes=closes),
            instruments=tuple(low),
        )
    )
    made.quote()
    made.tell(Observed(at=made.at, reading=report(made.at)))
    return made


def test_high_and_low_of_one_day_and_a_market_of_our_own_near_by_count_together(weather) -> None:
    tighten(weather, "CORRELATED", 10)
    assert not held_by(send(weather, 4_000, 15))
    refused = send(weather, 4_000, 11, index=2)
    assert held_by(refused) == "CORRELATED"
    assert "cell 842664" in refused.why or "KMDW 15 Jan" in refused.why
    assert not held_by(send(weather, 4_000, 9, index=2))
    row = lamp(weather, "CORRELATED")
    assert (row.used, row.state) == ("9.60", "NEAR")
    weather.ask(TakeRole(role=Role.OPERATOR))
    contract = msgspec.structs.replace(rain(), opens=weather.at, closes=Nanos(weather.at + HOUR))
    weather.ask(CreateMarket(contract=contract, b=100.0))
    order = Place(instrument=embedded(MarketId("RAIN"), 0), side=Side.BUY, qty=Qty(Decimal(2)), strategy=ALICE)
    weather.ask(order)
    refused = list(weather.state.register)[-1]
    assert held_by(refused) == "CORRELATED"
    kinds = [one.group.kind for one in grouping.joint(weather.state)]
    assert kinds == [Kind.PLACE, Kind.DAY]


def test_open_orders_of_a_cell_count_as_filled_against_its_limit(weather) -> None:
    tighten(weather, "CELL_EXPOSURE", 20)
    assert not held_by(send(weather, 4_000, 15, strategy=None))
    assert held_by(send(weather, 4_000, 6, index=2, strategy=None)) == "CELL_EXPOSURE"
    assert not held_by(send(weather, 4_000, 15, index=2, strategy=None, leg=Leg.NO))
    assert lamp(weather, "CELL_EXPOSURE").used == "15 ct"
    order = next(iter(weather.state.register))
    weather.ask(Amend(order=order.id, price=Ticks(4_000), qty=Qty(Decimal(20))))
    weather.run(0.5)
    assert order.quantity == 20
    assert lamp(weather, "GROUP_EXPOSURE").used == "20 ct"


def test_an_event_whose_results_cannot_be_right_takes_no_order(session) -> None:
    family = next(iter(session.state.families))
    session.state.flagged[family] = "two of its brackets paid"
    for strategy in (None, ALICE):
        refused = send(session, strategy=strategy)
        assert held_by(refused) == "DISPUTED"
        assert "two of its brackets paid" in refused.why


def test_every_gate_of_automated_flow_was_tried_at_its_caller() -> None:
    tried = {
        "STRATEGY_RATE", "STRATEGY_REPEAT", "STRATEGY_HALT", "WINDOW_ORDERS", "MARKET_ORDERS", "MESSAGE_RATIO",
        "DATA_AGE", "MODEL_AGE", "MARKOUT", "STRATEGY_STAKE", "STRATEGIES_STAKE", "VENUE_EXPOSURE", "GROSS_EXPOSURE",
        "CORRELATED", "STRATEGY_FILLS", "WINDOW_DELTA", "WINDOW_GAMMA",
    }  # fmt: skip  # the last two in `strategies/test_updown_greeks`
    assert {gate.code for gate in AUTOMATED} == tried


def test_the_kill_switch_takes_a_strategys_orders_back_and_lets_only_exits_pass(session) -> None:
    session.trade(send(session, 4_900, 10), 10)
    working = send(session, 4_500, 5)
    session.ask(Halt(why="enough"))
    session.run(0.5)
    assert working.status is Status.CANCELED
    assert held_by(send(session, 4_600)) == "KILL"
    exit_ = send(session, 4_900, 10, side=Side.SELL)
    assert exit_.status is Status.WORKING
    assert held_by(send(session, 4_900, 1, side=Side.SELL)) == "KILL"
    session.ask(Release(typed="desk"))
    assert not held_by(send(session, 4_700))


def test_reduce_only_takes_back_what_a_strategy_could_open_with_and_leaves_the_traders_own(session) -> None:
    session.trade(send(session, 4_900, 10), 10)
    opening, exit_ = send(session, 4_500, 5), send(session, 5_500, 10, side=Side.SELL)
    mine = send(session, 4_400, 5, strategy=None)
    session.ask(ReduceOnly(on=True))
    session.run(0.5)
    assert (opening.status, exit_.status, mine.status) == (Status.CANCELED, Status.WORKING, Status.WORKING)
    assert held_by(send(session, 4_600)) == "REDUCE_ONLY"


def test_reduce_only_stops_an_opening_order_that_waits_for_the_disk(session) -> None:
    session.ask(session.order(price=4_700, qty=1))
    session.ask(ReduceOnly(on=True), gap=0.0)
    session.run(1)
    assert not session.sent(Submit)
    order = next(iter(session.state.register))
    assert order.status is Status.REJECTED
    assert "only what reduces passes since before it was sent" in order.why


def test_an_order_of_a_strategy_on_our_own_exchange_meets_them_too() -> None:
    desk = Desk()
    desk.list()
    assert desk.place(qty=1, strategy=ALICE).why.startswith("SOURCE_AGE — ")  # a program is not warned, but stopped
    desk.observe([report(desk.at)])
    desk.ask(SetLimit(gate="STRATEGY_STAKE", value=Decimal(6)))
    desk.ask(SetLimit(gate="STRATEGY_FILLS", value=Decimal(3)))
    assert desk.place(qty=10, strategy=ALICE).status is Status.FILLED
    assert staked(desk, ALICE) == Decimal("5.124948")
    refused = desk.place(qty=5, strategy=ALICE)
    assert refused.why.startswith("STRATEGY_STAKE — ")
    assert desk.place(qty=5).status is Status.FILLED
    assert desk.place(Side.SELL, qty=4, strategy=ALICE).status is Status.FILLED
    assert desk.place(Side.SELL, qty=4, strategy=ALICE).status is Status.FILLED
    assert desk.place(Side.SELL, qty=1, strategy=ALICE).status is Status.FILLED
    assert desk.place(qty=1, strategy=ALICE).why.startswith("STRATEGY_FILLS — ")


def test_a_fill_that_was_taken_back_is_held_against_no_price_and_answers_no_message(session) -> None:
    for word in ("before", "after"):
        order = send(session, 4_800, 2)
        fill = session.trade(order, 2)
        flow = session.state.flows[ALICE]
        if word == "after":
            session.quote((((4_000, 500),), ((4_200, 400),)))
            wait(session, 40)
            assert len(flow.marked) == 1
        assert len(flow.executions) == 1
        session.tell(FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id))
        wait(session, 40)
        assert (list(flow.later), list(flow.marked), list(flow.executions)) == ([], [], []), word


def test_a_fill_is_held_against_no_price_of_a_book_that_is_stale(session) -> None:
    session.trade(send(session, 4_800), 1)
    session.quote((((4_000, 500),), ((4_200, 400),)))
    wait(session, 20)
    one = session.state.flows[ALICE].later[0].instrument
    session.do(BooksStale(at=session.at, venue=one.venue, instruments=(one,), why="a gap"))
    wait(session, 20)
    flow = session.state.flows[ALICE]
    assert (list(flow.later), list(flow.marked)) == ([], [])
