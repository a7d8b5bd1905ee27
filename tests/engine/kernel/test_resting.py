"""Orders that rest on the embedded exchange, from the click to the fill and over every restart."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.core.commands import Amend, Cancel, CancelAll, Flatten, Halt, ReduceOnly, SetLimit, SetPhase, Tif
from engine.core.events import Opened
from engine.core.ids import YOU, AccountId, MarketId, OrderId, StrategyId
from engine.core.order import Status
from engine.core.snapshot import FillRow
from engine.core.units import HOUR, MINUTE, SECOND, Leg, Nanos, Side
from engine.host.replay import replay
from engine.kernel import results
from engine.kernel.step import Kernel
from tests.engine.kernel.desk import CLOSES, NOON, SIM, Desk, facts, high, rain, report, total
from tests.engine.kernel.test_restart import Disk
from tests.scale import scale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.orders.register import Order

BUY, SELL = Side.BUY, Side.SELL
SECOND_SIM = AccountId("sim-02")
LAST = Nanos(CLOSES - MINUTE)


@pytest.fixture
def desk() -> Desk:
    """A session with a rain market where orders may rest."""
    desk = Desk()
    desk.list(phase=2)
    return desk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    one = Disk(tmp_path / "ledger.db")
    yield one
    one.close()


def rests(desk: Desk, side: Side = BUY, leg: Leg = Leg.YES, *, qty: int = 10, price: int = 4_500, **terms) -> Order:
    return desk.place(side, leg, qty=qty, price=price, **({"tif": Tif.GTC} | terms))


def test_an_order_is_told_to_work_only_once_it_is_on_disk(desk) -> None:
    desk.holding = True
    one = rests(desk)
    assert one.status is Status.SENT
    assert desk.state.exchange.hybrid.get(one.id) is not None
    assert desk.state.exchange.free(YOU) == 1_000 - Decimal("4.5")
    row = next(r for r in desk.rows[-1].rows if r.table == "orders")
    assert row.values["status"] == "working"  # as it will be when the row is there
    desk.free()
    assert one.status is Status.WORKING


def test_another_accounts_sale_fills_it_at_its_price_and_is_told_after_the_commit(desk) -> None:
    one = rests(desk, qty=10, price=4_900)
    desk.other(qty=30)  # they hold something to sell
    desk.other(BUY, Leg.NO, qty=30, by=SECOND_SIM)
    desk.holding = True
    desk.other(SELL, qty=20, price=4_000)
    assert (one.status, one.filled, desk.state.book.get(one.place.instrument, Leg.YES).qty) == (Status.WORKING, 0, 0)
    desk.free()
    assert (one.status, one.filled, one.average) == (Status.FILLED, 10, Decimal("0.49"))
    assert desk.state.book.get(one.place.instrument, Leg.YES).cost == Decimal("4.9")
    assert [r.values["maker"] for k in desk.rows for r in k.rows if r.table == "fills"] == [1]
    assert total(desk) == 31_000
    assert desk.state.exchange.free(YOU) == 1_000 - Decimal("4.9")


def test_what_trades_at_once_and_what_waits_are_one_order(desk) -> None:
    one = rests(desk, qty=50, price=5_500)
    assert one.status is Status.PARTIAL
    assert 20 < one.filled < Decimal("20.1")
    assert one.rest == desk.state.exchange.hybrid.get(one.id).qty
    desk.ask(Cancel(order=one.id))
    assert one.status is Status.CANCELED
    assert desk.state.exchange.free(YOU) == 1_000 - one.cost


def test_a_cancel_takes_it_out_at_once_and_is_told_after_the_commit(desk) -> None:
    one = rests(desk)
    desk.holding = True
    desk.ask(Cancel(order=one.id))
    assert one.status is Status.CANCELING
    assert desk.state.exchange.hybrid.get(one.id) is None
    desk.free()
    assert one.status is Status.CANCELED
    assert desk.state.exchange.free(YOU) == 1_000


def test_nobody_takes_back_anothers_order(desk) -> None:
    desk.other(qty=10, price=4_000, tif=Tif.GTC)
    (theirs,) = desk.state.exchange.hybrid
    desk.ask(Cancel(order=theirs.order))
    assert desk.state.exchange.hybrid.get(theirs.order) is not None
    desk.ask(Cancel(order=theirs.order, by=SIM))
    assert desk.state.exchange.hybrid.get(theirs.order) is None


def test_an_amendment_keeps_the_place_of_a_smaller_size_alone(desk) -> None:
    one = rests(desk, qty=10)
    desk.other(qty=10, price=4_500, tif=Tif.GTC)
    place = desk.state.exchange.hybrid.get(one.id).place
    desk.ask(Amend(order=one.id, price=4_500, qty=Decimal(6)))
    assert (one.status, one.quantity, desk.state.exchange.hybrid.get(one.id).place) == (Status.WORKING, 6, place)
    desk.ask(Amend(order=one.id, price=4_600, qty=Decimal(6)))
    now = desk.state.exchange.hybrid.get(one.id)
    assert (one.place.price, now.price) == (4_600, 4_600)
    assert now.place > place
    assert desk.state.exchange.free(YOU) == 1_000 - Decimal("2.76")


def test_an_amendment_through_the_price_trades_at_once(desk) -> None:
    one = rests(desk, qty=10)
    desk.ask(Amend(order=one.id, price=5_500, qty=Decimal(10)))
    assert one.status is Status.FILLED
    assert desk.state.exchange.hybrid.get(one.id) is None


def test_an_amendment_that_a_gate_refuses_leaves_the_order_as_it_was(desk) -> None:
    one = rests(desk, qty=10)
    desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(20)))
    place = desk.state.exchange.hybrid.get(one.id).place
    desk.ask(Amend(order=one.id, price=4_500, qty=Decimal(30)))
    assert "ORDER_QTY" in desk.codes()
    assert (one.status, one.quantity) == (Status.WORKING, 10)
    assert desk.state.exchange.hybrid.get(one.id).place == place


def test_its_time_runs_out_by_the_clock(desk) -> None:
    one = rests(desk, tif=Tif.GTD, until=Nanos(NOON + HOUR))
    desk.run(Nanos(NOON + HOUR - 1))
    assert one.status is Status.WORKING
    desk.run(Nanos(NOON + HOUR))
    assert one.status is Status.EXPIRED
    assert desk.state.exchange.free(YOU) == 1_000


def test_the_markets_close_takes_every_order_out(desk) -> None:
    one = rests(desk)
    desk.other(qty=10, price=4_000, tif=Tif.GTC)
    desk.run(CLOSES)
    assert (one.status, one.why) == (Status.CANCELED, "the market closed")
    assert not list(desk.state.exchange.hybrid)
    assert desk.state.losses == {}


def test_a_halt_and_flatten_take_them_back_and_flatten_sells_what_was_set_aside(desk) -> None:
    desk.place(qty=10)
    sale, purchase = rests(desk, SELL, qty=6, price=8_000), rests(desk)
    desk.ask(Flatten(market=MarketId("RAIN")))
    assert {sale.status, purchase.status} == {Status.CANCELED}
    assert desk.state.book.get(sale.place.instrument, Leg.YES).qty == 0
    one = rests(desk)
    desk.ask(Halt(why="lunch"))
    assert one.status is Status.CANCELED
    assert desk.state.session.cancelled == 1


def test_cancel_all_takes_those_of_the_named_market_alone(desk) -> None:
    desk.list(rain("SECOND"), phase=2)
    one, two = rests(desk), rests(desk, market="SECOND")
    desk.ask(CancelAll(market=MarketId("SECOND")))
    assert (one.status, two.status) == (Status.WORKING, Status.CANCELED)


def test_orders_count_for_the_gates_before_they_fill(desk) -> None:
    desk.ask(SetLimit(gate="MARKET_POSITION", value=Decimal(25)))
    rests(desk, qty=20)
    refused = rests(desk, qty=10, price=4_400)
    assert (refused.status, refused.why[:15]) == (Status.REFUSED, "MARKET_POSITION")
    assert results.at_risk(desk.state) == 9
    assert desk.state.losses == {"RAIN": 9}


def test_reduce_only_lets_a_resting_sale_pass_and_no_purchase(desk) -> None:
    desk.place(qty=10)
    desk.ask(ReduceOnly(on=True))
    assert rests(desk).status is Status.REFUSED
    assert rests(desk, SELL, qty=5, price=9_000).status is Status.WORKING


def test_an_order_rests_only_from_phase_two_on_and_a_phase_never_goes_back() -> None:
    desk = Desk()
    desk.list()
    assert rests(desk).why.startswith("EXCHANGE — TIF")
    desk.ask(SetPhase(market=MarketId("RAIN"), phase=2))
    assert rests(desk).status is Status.WORKING
    desk.ask(SetPhase(market=MarketId("RAIN"), phase=1))
    assert desk.market().phase == 2
    assert "only goes on to a later phase" in desk.said[-1].text
    desk.ask(SetPhase(market=MarketId("RAIN"), phase=3, by=SIM))
    assert desk.market().phase == 2
    assert desk.codes()[-1] == "ROLE"


def test_liquidity_falls_by_the_hour_with_what_people_trade_and_stays_fallen(disk) -> None:
    desk = disk.session(NOON)
    desk.list(phase=3)
    for _ in range(4):
        desk.other(BUY, Leg.NO, qty=100, price=5_000, tif=Tif.GTC)
        desk.other(qty=100, price=5_000, by=SECOND_SIM)
        desk.other(SELL, Leg.NO, qty=100, price=5_000, tif=Tif.GTC)
        desk.other(SELL, qty=100, price=5_000, by=SECOND_SIM)
    assert desk.market().b == 100
    desk.run(Nanos(desk.at + HOUR))
    fell = desk.market().b
    assert fell == pytest.approx(5 + 95 * 2 ** (-800 / 1_000))
    assert desk.market().prices == (0.5, 0.5)
    assert "LIQUIDITY" in desk.codes()
    again = disk.session(desk.at)
    assert facts(again) == facts(desk)
    assert again.market().b == fell


def test_other_accounts_orders_outlive_the_session_at_their_places(disk) -> None:
    desk = disk.session(NOON)
    desk.list(phase=2)
    for n, who in enumerate((SIM, SECOND_SIM, SIM)):
        desk.other(qty=10 + n, price=4_500, tif=Tif.GTC, by=who)
    mine = rests(desk, price=4_500, tif=Tif.GTD, until=LAST)
    before = facts(desk)
    again = disk.session(desk.at)
    assert facts(again) == before
    assert again.state.register.get(mine.id).status is Status.WORKING
    queue = [one.account for one in again.market().book.side(0, up=True)]
    assert queue == [SIM, SECOND_SIM, SIM, YOU]
    again.run(LAST)
    assert again.state.register.get(mine.id).status is Status.EXPIRED


def test_a_strategys_orders_go_when_only_what_reduces_passes(desk) -> None:
    desk.observe([report(desk.at)])
    theirs = rests(desk, strategy=StrategyId("test"))
    mine = rests(desk, price=4_400)
    assert (theirs.status, mine.status) == (Status.WORKING, Status.WORKING), (theirs.why, mine.why)
    desk.ask(ReduceOnly(on=True))
    desk.run(Nanos(desk.at + 2 * MINUTE))
    assert (theirs.status, mine.status) == (Status.CANCELED, Status.WORKING)


def busy(desk: Desk, chance: random.Random, steps: int) -> None:
    """Let four accounts ask for anything in two markets where orders rest."""
    for _ in range(steps):
        by = chance.choice((YOU, YOU, SIM, SECOND_SIM))
        name, outcome = chance.choice((("RAIN", 0), ("HIGH", chance.randrange(4))))
        market = desk.market(name)
        leg, side = chance.choice(list(Leg)), chance.choice((BUY, BUY, SELL))
        price = 100 * min(99, max(1, round(100 * market.leg_price(outcome, leg)) + chance.randint(-5, 5)))
        held = desk.state.exchange.holding(by, MarketId(name), outcome, leg).qty
        qty = held if side is SELL and held else Decimal(chance.randint(1, 25))
        tif = chance.choice((Tif.GTC, Tif.GTC, Tif.IOC, Tif.GTD))
        until = Nanos(desk.at + chance.randint(1, 900) * SECOND) if tif is Tif.GTD else None
        place = desk.order(side, leg, name, outcome, qty=qty, price=price, tif=tif, until=until)
        desk.holding = chance.random() < 0.3
        own = [r.order for r in desk.state.exchange.hybrid.of(YOU)]
        act = chance.random()
        if by != YOU:
            desk.other(side, leg, name, outcome, by=by, qty=qty, price=price, tif=tif, until=until)
        elif own and act < 0.2:
            desk.ask(Cancel(order=chance.choice(own)))
        elif own and act < 0.4:
            desk.ask(Amend(order=chance.choice(own), price=price, qty=Decimal(chance.randint(1, 30))))
        else:
            desk.ask(place)
        desk.free()


def test_a_busy_afternoon_replays_to_the_same_digests_and_restarts_to_the_same_facts(disk) -> None:
    for seed in range(scale(60)):
        chance = random.Random(seed)
        desk = disk.session(NOON) if not seed else Desk()
        desk.list(phase=2 + seed % 2)
        desk.list(high(), phase=2 + seed % 2, b=60.0)
        busy(desk, chance, 60)
        assert total(desk) == 31_000
        ended = {Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REFUSED}
        working = {o.id for o in desk.state.register if o.status not in ended}
        assert working == {r.order for r in desk.state.exchange.hybrid.of(YOU)}
        for order in desk.state.register:
            if order.id in working:
                assert order.rest == desk.state.exchange.hybrid.get(order.id).qty
        cash = desk.state.exchange.cash[YOU]
        assert results.cash(desk.state) == cash
        found = replay(desk.journal, Kernel())
        assert found.differs_at is None, found
        if not seed:
            assert facts(disk.session(desk.at)) == facts(desk)


def test_at_every_event_the_ledger_and_the_exchange_agree(disk) -> None:
    """A restart from what is on disk after each of 120 steps finds orders, places and what is set aside."""
    chance = random.Random(7)
    desk = disk.session(NOON)
    desk.list(phase=2)
    desk.list(high(), phase=2, b=60.0)
    for _ in range(scale(400)):
        busy(desk, chance, 3)
        assert facts(disk.session(desk.at)) == facts(desk)


def test_fills_are_known_with_who_had_waited(desk) -> None:
    rests(desk, qty=10, price=4_900)
    desk.other(BUY, Leg.NO, qty=40)
    fill = desk.state.fills[-1]
    assert isinstance(fill, FillRow)
    assert (fill.qty, fill.price, fill.fee) == (10, Decimal("0.49"), 0)
    assert OrderId(fill.order) in {o.id for o in desk.state.register}
    assert Opened in {type(e) for e in desk.events}
