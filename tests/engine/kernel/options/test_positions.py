"""Options and perpetuals through the whole kernel: orders, paper fills, cash, results, settlement, a replay."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core import codec
from engine.core.commands import Flatten
from engine.core.order import Status
from engine.core.units import Leg
from engine.kernel import results
from engine.kernel.options import holding
from engine.kernel.step import Kernel
from engine.maths import contracts
from engine.sandbox import option_market as market
from engine.sandbox.option_market import PERPETUAL
from tests.engine.kernel.options.world import EXPIRES, STRIKES, World, call, put


def held(world: World, one) -> Decimal:
    return holding.signed(world.state, one)


def delivered(world: World) -> Decimal:
    """Let a long and a short option in the money and one that is worthless settle at 55 000; return what cash came."""
    options = call(50_000), put(), call(70_000)
    for one in options:
        world.ready(one)
    world.buy(call(50_000), "1")
    world.sell(put(), "1")
    world.buy(call(70_000), "1")
    before = world.cash
    for one in options:
        world.settle(one, "55000")
    return world.cash - before


def test_an_option_is_bought_in_coin_and_paid_in_dollars_with_its_fee() -> None:
    world, one = World(), call()
    world.ready(one)
    order = world.buy(one, "2")
    assert order.status is Status.FILLED, order.why
    assert held(world, one) == 2
    cost = 2 * Decimal("0.0505") * 60_000
    fee = Decimal("0.0003") * 2 * 60_000
    assert world.cash == 100_000 - cost - fee
    world.run(2)
    assert results.unrealised(world.state) == 2 * Decimal("0.05") * 60_000 - cost
    assert results.equity(world.state) == world.cash + 2 * Decimal("0.05") * 60_000


def test_it_is_sold_short_bought_back_and_turned() -> None:
    world, one = World(), put()
    world.ready(one)
    assert world.sell(one, "1").status is Status.FILLED
    assert held(world, one) == -1
    assert world.cash == 100_000 + Decimal("0.0495") * 60_000 - 18
    world.run(2)
    assert results.equity(world.state) == world.cash - Decimal("0.05") * 60_000
    world.ready(one, "0.04")
    assert world.buy(one, "3").status is Status.FILLED
    assert held(world, one) == 2
    assert world.state.book.realised == (Decimal("0.0495") - Decimal("0.0405")) * 60_000


def test_a_perpetual_moves_cash_only_by_what_it_makes() -> None:
    world = World()
    world.ready(PERPETUAL, "60000")
    order = world.sell(PERPETUAL, "6000")
    assert order.status is Status.FILLED, order.why
    fee = Decimal("0.0005") * 6_000
    assert world.cash == 100_000 - fee
    world.ready(PERPETUAL, "57000", index=Decimal(57_000))
    world.run(2)
    made = 6_000 - Decimal(6_000) / Decimal("59999.5") * 57_000
    assert float(results.unrealised(world.state)) == pytest.approx(float(made), abs=1e-4)
    world.buy(PERPETUAL, "6000")
    assert held(world, PERPETUAL) == 0
    assert float(world.cash) == pytest.approx(100_000 + 6_000 - 6_000 / 59_999.5 * 57_000.5 - 6, abs=1e-3)
    assert world.cash - 100_000 == world.state.book.realised - world.state.book.fees


def test_flatten_buys_back_what_is_short() -> None:
    world, one = World(), call()
    world.ready(one)
    world.ready(PERPETUAL, "60000")
    world.sell(one, "1")
    world.buy(PERPETUAL, "1000")
    world.run(5)
    world.ready(one)
    world.ready(PERPETUAL, "60000")
    world.ask(Flatten())
    world.run(2)
    assert not list(world.state.book.held()), [note.text for note in world.notices][-3:]


def test_a_delivery_price_settles_long_and_short() -> None:
    world = World()
    came = delivered(world)
    assert not list(world.state.book.held())
    paid = Decimal(1) * 5_000 - Decimal(1) * 5_000  # in the money by as much: one gets it, the other pays it
    assert float(came) == pytest.approx(float(paid), abs=0.01)
    texts = [note.text for note in world.notices if note.code == "SETTLED"]
    assert len(texts) == 3
    assert "with 55000" in texts[0]


def test_delivery_takes_the_venues_fee_capped_by_what_is_paid_and_nothing_of_what_ends_worthless() -> None:
    world = World()
    listed = market.listing(EXPIRES, STRIKES, world.at)
    taken = replace(market.FEE, delivery=Decimal("0.00015"))
    world.step(replace(listed, instruments=tuple(replace(one, fee=taken) for one in listed.instruments)))
    assert float(delivered(world)) == pytest.approx(-2 * 55_000 * 0.00015, abs=0.01)
    near = world.instrument(call(50_000))
    assert contracts.delivery_fee(near, Decimal(1), Decimal("50001")) == Decimal("0.125"), "an eighth of a dollar"


def test_without_a_price_that_can_be_read_it_stays_and_is_told() -> None:
    world, one = World(), call()
    world.ready(one)
    world.buy(one, "1")
    world.settle(one, "yes")
    assert held(world, one) == 1
    assert any(
        note.code == "SETTLED" and "cannot be read" in note.text.replace("that can be", "cannot be")
        for note in world.notices
    )


def test_the_same_journal_gives_the_same_digests() -> None:
    world = World()
    for one in (call(), put(), PERPETUAL):
        world.ready(one, "60000" if one == PERPETUAL else "0.05")
    world.buy(call(), "1")
    world.sell(put(), "2")
    world.sell(PERPETUAL, "3000")
    world.ready(call(), "0.07", index=Decimal(63_000), forward=Decimal(63_000))
    world.run(3)
    world.sell(call(), "2", "0.0700")
    world.settle(put(), "61000")
    again = Kernel()
    for body, digest in world.journal:
        assert codec.digest(again.step(codec.decode(body))) == digest
    assert again.state.total == world.state.total
    for leg in Leg:
        assert again.state.book.get(call(), leg) == world.state.book.get(call(), leg)
