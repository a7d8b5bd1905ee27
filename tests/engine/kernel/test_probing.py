"""Every gate at its caller: the command goes in, and what comes out is an order that a gate refused."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest

from engine.core.commands import Flatten, Halt, Place, ReduceOnly, SetLimit, SetPhase, Tif
from engine.core.effects import Keep, Level, Notice
from engine.core.events import Accepted, Asked, ChainChecked, Lost, StoreChanged
from engine.core.ids import EMBEDDED, YOU, InstrumentId, OrderId, VenueOrderId
from engine.core.order import Status
from engine.core.units import MINUTE, SECOND, Leg, Nanos, Qty, Side
from engine.exchange.rules import ExchangeRules
from engine.orders.register import Order
from engine.risk.gates import CODES, GATES
from engine.views import topics
from tests.engine.exchange.listed import NEAR
from tests.engine.kernel.desk import CLOSES, FRESH, GAP, SIM, Desk, high, rain, report, total
from tests.scale import scale

if TYPE_CHECKING:
    from collections.abc import Callable

SELL, BUY = Side.SELL, Side.BUY
WITHIN_2S = Nanos(SECOND // 4)
LIKE = {"qty": 10, "price": 9_000}


def limit(desk: Desk, code: str, value: int | str) -> None:
    desk.ask(SetLimit(gate=code, value=Decimal(value)))
    assert desk.state.limits[code] == Decimal(value), desk.said[-1]


def halted(desk: Desk) -> Place:
    desk.ask(Halt(why="lunch"))
    return desk.order(qty=10)


def reduce_only(desk: Desk) -> Place:
    desk.ask(ReduceOnly(on=True))
    return desk.order(qty=10)


def no_disk(desk: Desk) -> Place:
    desk.do(StoreChanged(at=desk.at, ok=False, why="disk full"))
    return desk.order(qty=10)


def broken_chain(desk: Desk) -> Place:
    desk.do(ChainChecked(at=desk.at, ok=False, records=1, proved=None, text="record 0"))
    return desk.order(qty=10)


def unknown_market(desk: Desk) -> Place:
    return desk.order(market="NOWHERE", qty=10)


def closed_market(desk: Desk) -> Place:
    desk.run(CLOSES)
    return desk.order(qty=10)


def nearly_closed(desk: Desk) -> Place:
    desk.run(Nanos(CLOSES - 5 * SECOND + 1))
    return desk.order(qty=10)


def no_price(desk: Desk) -> Place:
    return desk.order(qty=10, price=10_000)


def not_a_number(desk: Desk) -> Place:
    return desk.order(qty="NaN")


def beyond_its_limit(desk: Desk) -> Place:
    return desk.order(qty=10, price=100, tif=Tif.FOK)


def not_held(desk: Desk) -> Place:
    return desk.order(SELL, qty=10)


def too_many(desk: Desk) -> Place:
    limit(desk, "ORDER_QTY", 9)
    return desk.order(qty=10)


def too_dear(desk: Desk) -> Place:
    return desk.order(qty=180)


def the_same_again(desk: Desk) -> Place:
    desk.place(**LIKE, gap=WITHIN_2S)
    return desk.order(**LIKE)


def five_in_two_seconds(desk: Desk) -> Place:
    for qty in range(1, 5):
        desk.place(qty=qty, gap=WITHIN_2S)
    return desk.order(qty=10)


def too_many_in_a_minute(desk: Desk) -> Place:
    limit(desk, "RATE_MINUTE", 3)
    for qty in range(1, 4):
        desk.place(qty=qty)
    return desk.order(qty=10)


def too_many_in_flight(desk: Desk) -> Place:
    limit(desk, "OPEN_ORDERS", 2)
    desk.holding = True
    for qty in range(1, 3):
        assert desk.place(qty=qty).status is Status.SENT
    return desk.order(qty=10)


def working(desk: Desk, side: Side, leg: Leg = Leg.YES) -> OrderId:
    """Put an order of ours to work, as a venue that keeps orders would."""
    one = OrderId(f"v-{len(desk.state.register)}")
    desk.state.register.add(Order(one, desk.order(side, leg, qty=1), desk.at, quantity=Qty(Decimal(1))))
    desk.do(Accepted(at=desk.at, order=one, venue_order=VenueOrderId("v")))
    return one


def no_answer(desk: Desk) -> Place:
    desk.do(Lost(at=desk.at, order=working(desk, BUY), why="timed out"))
    return desk.order(qty=10)


def own_order_opposite(desk: Desk) -> Place:
    desk.ask(SetPhase(market="RAIN", phase=2))
    desk.place(qty=5)
    desk.place(SELL, qty=5, price=6_000, tif=Tif.GTC)
    return desk.order(qty=100)


def own_no_order(desk: Desk) -> Place:
    desk.ask(SetPhase(market="RAIN", phase=2))
    desk.place(BUY, Leg.NO, qty=5, price=4_000, tif=Tif.GTC)
    return desk.order(qty=10, price=6_000)


def too_large_a_position(desk: Desk) -> Place:
    limit(desk, "MARKET_POSITION", 15)
    desk.place(leg=Leg.NO, qty=6)
    return desk.order(qty=10)


def too_much_in_a_cell(desk: Desk) -> Place:
    desk.list(rain("SECOND", threshold=Decimal(5)))
    limit(desk, "CELL_EXPOSURE", 15)
    desk.place(market="SECOND", qty=6)
    return desk.order(qty=10)


def too_much_in_a_group(desk: Desk) -> Place:
    desk.list(rain("THERE", cell=NEAR))
    limit(desk, "GROUP_EXPOSURE", 15)
    desk.place(leg=Leg.NO, market="THERE", qty=6)
    return desk.order(qty=10)


def too_much_on_an_event(desk: Desk) -> Place:
    limit(desk, "EVENT_EXPOSURE", 8)
    desk.place(qty=10)
    return desk.order(qty=11)


def too_much_at_risk(desk: Desk) -> Place:
    desk.list(rain("SECOND", threshold=Decimal(5)))
    limit(desk, "AT_RISK", 8)
    desk.place(market="SECOND", qty=10)
    return desk.order(qty=10)


def a_bad_day(desk: Desk) -> Place:
    limit(desk, "DAILY_LOSS", "-0.10")
    return lose(desk)


def a_bad_week(desk: Desk) -> Place:
    limit(desk, "WEEKLY_LOSS", "-0.10")
    return lose(desk)


def lose(desk: Desk) -> Place:
    """Let others move the price against us, before a beat has halted anything."""
    desk.place(qty=20)
    sale = msgspec.structs.replace(desk.order(leg=Leg.NO, qty=30), by=SIM)
    desk.do(Asked(at=desk.at, command=sale, pressed_at=desk.pressed))
    assert desk.state.session.halted_by == ""
    return desk.order(qty=10)


CASES: list[tuple[str, Callable[[Desk], Place]]] = [
    ("STORAGE", no_disk),
    ("CHAIN", broken_chain),
    ("KILL", halted),
    ("REDUCE_ONLY", reduce_only),
    ("MARKET_STATE", unknown_market),
    ("MARKET_STATE", closed_market),
    ("CLOSE_GUARD", nearly_closed),
    ("ORDER_FORM", no_price),
    ("ORDER_FORM", not_a_number),
    ("EXCHANGE", beyond_its_limit),
    ("EXCHANGE", not_held),
    ("ORDER_QTY", too_many),
    ("ORDER_VALUE", too_dear),
    ("DUPLICATE", the_same_again),
    ("RATE", five_in_two_seconds),
    ("RATE_MINUTE", too_many_in_a_minute),
    ("OPEN_ORDERS", too_many_in_flight),
    ("UNKNOWN_ORDER", no_answer),
    ("WASH", own_order_opposite),
    ("WASH", own_no_order),
    ("MARKET_POSITION", too_large_a_position),
    ("CELL_EXPOSURE", too_much_in_a_cell),
    ("GROUP_EXPOSURE", too_much_in_a_group),
    ("EVENT_EXPOSURE", too_much_on_an_event),
    ("AT_RISK", too_much_at_risk),
    ("DAILY_LOSS", a_bad_day),
    ("WEEKLY_LOSS", a_bad_week),
]


@pytest.fixture
def desk() -> Desk:
    """A session with the rain market open."""
    made = Desk()
    made.list()
    return made


def refused(desk: Desk, place: Place, gap: Nanos = WITHIN_2S) -> Order:
    """Send an order that must be refused with nothing done, and return it."""
    before, held, cash = total(desk), dict(desk.state.exchange.cash), desk.state.next_trade
    count = len(desk.state.register)
    effects = desk.ask(place, gap)
    assert len(desk.state.register) == count + 1
    order = list(desk.state.register)[-1]
    assert order.status is Status.REFUSED, order.why
    assert (total(desk), desk.state.exchange.cash, desk.state.next_trade) == (before, held, cash)
    kept = [row for e in effects if isinstance(e, Keep) for row in e.rows]
    assert {row.table for row in kept} == {"orders"}
    assert [row.values["status"] for row in kept] == ["refused"]
    notices = [e for e in effects if isinstance(e, Notice)]
    assert [(n.level, n.code) for n in notices] == [(Level.WARN, order.why.split(" — ")[0])]
    assert notices[0].text in order.why
    return order


@pytest.mark.parametrize(("code", "arrange"), CASES, ids=[f"{code}-{case.__name__}" for code, case in CASES])
def test_a_gate_stops_the_order_and_shows_it(code: str, arrange: Callable[[Desk], Place], desk: Desk) -> None:
    place = arrange(desk)
    order = refused(desk, place)
    assert order.why.startswith(f"{code} — ")
    lamp = desk.gate(code)
    assert lamp.last_refusal_at == desk.at
    assert order.why.removeprefix(f"{code} — ") in lamp.last_refusal
    line = desk.kernel.view(topics.ORDERS).rows[0]
    assert (line.word, line.why, line.ends) == ("Refused", order.why, True)


def test_the_mode_gate_stops_an_order_in_replay() -> None:
    desk = Desk(msgspec.structs.replace(FRESH, mode="replay"))
    desk.list()
    assert refused(desk, desk.order(qty=10)).why.startswith("MODE — ")
    assert desk.gate("MODE").state == "REFUSING"


def test_every_gate_was_tried_at_its_caller() -> None:
    tried = {code for code, _ in CASES} | {"MODE"}
    of_venues = {gate.code for gate in GATES if gate.venue or gate.automated}  # in test_automated
    assert set(CODES) - of_venues - tried == {
        "CASH",
        "SOURCE_AGE",
    }  # the exchange declines first; it only warns (both below)


def test_cash_is_refused_by_the_exchange_first_and_its_lamp_agrees() -> None:
    funds = tuple(msgspec.structs.replace(r, amount=Decimal(3)) if r.account == YOU else r for r in FRESH.seed_cash)
    desk = Desk(msgspec.structs.replace(FRESH, seed_cash=funds))
    desk.list()
    assert refused(desk, desk.order(qty=10)).why.startswith("EXCHANGE — CASH: This costs 5.124948 and 3")
    assert desk.gate("CASH").used == "3.00"


def test_a_silent_source_warns_in_the_preview_and_lets_the_order_pass(desk: Desk) -> None:
    assert "no report" in desk.preview(desk.order(qty=10)).warnings[0]
    desk.observe([report(desk.at)])
    assert desk.preview(desk.order(qty=10)).warnings == ()
    desk.run(Nanos(desk.at + 72 * MINUTE))  # the kernel knows of the time what the last beat said
    card = desk.preview(desk.order(qty=10))
    assert card.warnings == ("the settlement station was silent for 71 min",)
    assert card.confirm
    assert desk.place(qty=10).status is Status.FILLED
    assert desk.gate("SOURCE_AGE").used in {"71 min", "72 min"}


@pytest.mark.parametrize("stop", [halted, reduce_only])
def test_a_halt_never_locks_a_position_in(stop: Callable[[Desk], Place], desk: Desk) -> None:
    desk.place(qty=10)
    stop(desk)
    refused(desk, desk.order(qty=1))
    assert desk.place(SELL, qty=10).status is Status.FILLED


def test_reducing_passes_the_gates_of_size_and_pace(desk: Desk) -> None:
    desk.place(qty=40)
    for code in ("ORDER_QTY", "MARKET_POSITION", "CELL_EXPOSURE", "GROUP_EXPOSURE", "EVENT_EXPOSURE", "AT_RISK"):
        limit(desk, code, 0)
    limit(desk, "RATE", 1)
    for qty in (15, 10, 8, 7):
        assert desk.place(SELL, qty=qty, gap=WITHIN_2S).status is Status.FILLED
    assert desk.state.losses == {}


def test_trades_that_wait_for_the_disk_count_at_once(desk: Desk) -> None:
    """Several orders in one breath cannot pass together what none could pass after the other."""
    limit(desk, "AT_RISK", 8)
    desk.holding = True
    assert desk.place(qty=10).status is Status.SENT
    assert refused(desk, desk.order(qty=11)).why.startswith("AT_RISK — ")
    assert desk.state.losses["RAIN"] > 5


def test_a_limit_is_not_loosened_while_a_trade_waits_for_the_disk(desk: Desk) -> None:
    desk.holding = True
    desk.place(qty=10)
    desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(500), why="larger account"))
    assert desk.state.limits["ORDER_QTY"] == 250


def test_boundaries_of_position_gates_are_reached_and_not_passed(desk: Desk) -> None:
    limit(desk, "MARKET_POSITION", 10)
    desk.place(qty="9.999999")
    refused(desk, desk.order(qty="0.000002"))
    assert desk.place(qty="0.000001").status is Status.FILLED
    assert refused(desk, desk.order(qty="0.000001"), gap=GAP).why.startswith("MARKET_POSITION")


def test_the_boundary_of_the_order_value_is_the_cost(desk: Desk) -> None:
    cost = desk.preview(desk.order(qty=10)).cost
    limit(desk, "ORDER_VALUE", cost - Decimal("0.000001"))
    refused(desk, desk.order(qty=10))
    desk.ask(SetLimit(gate="ORDER_VALUE", value=cost, why="because"))
    assert desk.place(qty=10).status is Status.FILLED


def test_duplicates_are_counted_by_the_steady_clock(desk: Desk) -> None:
    desk.place(**LIKE)
    refused(desk, desk.order(**LIKE), gap=Nanos(2 * SECOND - 1))
    assert desk.place(**LIKE, gap=Nanos(1)).status is Status.FILLED  # two seconds after the first
    assert desk.place(qty=11, price=9_000, gap=Nanos(1)).status is Status.FILLED


def test_a_symbol_that_is_no_market_s_is_refused(desk: Desk) -> None:
    for symbol in ("RAIN", "RAIN/1", "RAIN/x", "/0", ""):
        place = msgspec.structs.replace(desk.order(qty=1), instrument=InstrumentId(EMBEDDED, symbol))
        assert refused(desk, place).why.startswith("MARKET_STATE")
    elsewhere = msgspec.structs.replace(desk.order(qty=1), instrument=InstrumentId("kalshi", "RAIN/0"))  # type: ignore[arg-type]
    assert refused(desk, elsewhere).why.startswith("MARKET_STATE")


NUMBERS = {
    "ORDER_QTY": 60, "ORDER_VALUE": 25, "RATE": 4, "RATE_MINUTE": 30, "MARKET_POSITION": 120, "CELL_EXPOSURE": 110,
    "GROUP_EXPOSURE": 150, "EVENT_EXPOSURE": 40, "AT_RISK": 70,
}  # fmt: skip


def beyond(desk: Desk) -> list[str]:
    """Return the limits that the session's state is beyond, computed from the exchange alone."""
    state = desk.state
    over = []
    losses: dict[str, Decimal] = {}
    held: dict[str, Decimal] = {}
    for one in state.exchange.holdings(YOU):
        held[one.market] = held.get(one.market, Decimal(0)) + one.position.qty
    for market in held:
        found = state.exchange.markets[market]  # type: ignore[index]
        stake = found.stakes[YOU]
        cost = sum((p.cost for p in stake), Decimal(0))
        count = len(found.contract.outcomes)
        pays = [
            sum((p.qty for i, p in enumerate(stake) if (i // 2 == winner) == (i % 2 == 0)), Decimal(0))
            for winner in range(count)
        ]
        losses[market] = max(Decimal(0), cost - min(pays))
    nets = state.exchange.exposures(YOU)
    for code, used in (
        ("MARKET_POSITION", max(held.values(), default=Decimal(0))),
        ("CELL_EXPOSURE", max(map(abs, nets.values()), default=Decimal(0))),
        ("GROUP_EXPOSURE", sum(map(abs, nets.values()), Decimal(0))),
        ("EVENT_EXPOSURE", max(losses.values(), default=Decimal(0))),
        ("AT_RISK", sum(losses.values(), Decimal(0))),
    ):
        if used > state.limits[code]:
            over.append(f"{code} {used}")
    assert state.losses == {m: loss for m, loss in losses.items() if loss}
    return over


@pytest.mark.parametrize("seed", range(scale(100)))
def test_no_sequence_of_orders_ends_beyond_a_limit(seed: int) -> None:
    """Some disk answers are late; sales and the trades of others are in between. A sale may end beyond a limit."""
    chance = random.Random(seed)
    desk = Desk(rules=ExchangeRules())
    for contract in (rain(), rain("SECOND", threshold=Decimal(5)), rain("THERE", cell=NEAR), high()):
        desk.list(contract, b=chance.choice((40.0, 100.0, 300.0)), fee_rate=Decimal(chance.choice(("0", "0.02"))))
    for code, value in NUMBERS.items():
        limit(desk, code, value)
    for _ in range(60):
        desk.holding = chance.random() < 0.5
        before = set(beyond(desk))
        market = chance.choice(("RAIN", "SECOND", "THERE", "HIGH"))
        outcome = chance.randrange(4) if market == "HIGH" else 0
        side = BUY if chance.random() < 0.7 else SELL
        terms = chance.choice(({"qty": chance.randint(1, 70)}, {"qty": 5, "price": 6_000}, {"price": 5_500}))
        leg = chance.choice((Leg.YES, Leg.NO))
        gap = Nanos(chance.choice((SECOND // 10, SECOND, 3 * SECOND)))
        kind = chance.random()
        if kind < 0.75:
            desk.ask(desk.order(side, leg, market, outcome, **terms), gap)
        elif kind < 0.95:
            desk.other(BUY, leg, market, outcome, qty=chance.randint(1, 40))
        else:
            desk.ask(Flatten(), gap)
        if side is BUY or kind >= 0.75:
            assert {o.split()[0] for o in beyond(desk)} <= {o.split()[0] for o in before}
    desk.free()
    assert total(desk) == sum(row.amount for row in FRESH.seed_cash)
    assert any(o.status is Status.FILLED for o in desk.state.register)
