"""Portfolio greeks in the step that changes them, against what the desk's own result moves by; chains; watching."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Watch
from engine.core.effects import Follow
from engine.core.events import Asked
from engine.core.ids import DERIBIT
from engine.core.order import Status
from engine.core.units import SECOND, Nanos
from engine.kernel import results
from engine.kernel.options import sensing
from engine.maths import black
from engine.options import assets
from engine.sandbox.option_market import PERPETUAL
from engine.views import topics
from engine.views.options import ChainView, ExpiriesView, GreeksView
from engine.views.topics import ChainKey
from tests.engine.kernel.options.world import EXPIRES, LATER, START, STRIKES, World, call, put

KEY = ChainKey("deribit", "BTC", "BTC", EXPIRES)


def values(spot: float, vol: float, now: Nanos) -> dict:
    """What each option is worth in coin with the spot and volatility somewhere else, no carry."""
    found = {}
    for strike in STRIKES:
        for expires in (EXPIRES, LATER):
            years = (expires - now) / (365 * 86_400 * SECOND)
            for one, is_put in ((call(strike, expires), False), (put(strike, expires), True)):
                found[one] = black.option(spot, strike, vol, years, put=is_put).price / spot
    return found


def mark_all(world: World, spot: float = 60_000.0, vol: float = 0.6) -> None:
    said = {"index": Decimal(repr(spot)), "forward": Decimal(repr(spot))}
    for one, price in values(spot, vol, world.at).items():
        world.mark(one, repr(price), mark_iv=vol, **said)
    world.mark(PERPETUAL, repr(spot), index=said["index"])


def book() -> World:
    """A spread over two expiries, a put that was sold, and a perpetual against it."""
    world = World(cash=1_000_000)
    mark_all(world)
    for one, price in values(60_000.0, 0.6, world.at).items():
        bid = int(price / 0.0005) * 5
        world.quote(one, bid * 0.0001, (bid + 5) * 0.0001)
    world.quote(PERPETUAL, 59_999.5, 60_000)
    world.buy(call(), "2")
    world.sell(call(70_000, LATER), "3")
    world.sell(put(50_000), "1")
    world.buy(PERPETUAL, "9000")
    return world


def worth(world: World, spot: float, vol: float) -> float:
    mark_all(world, spot, vol)
    world.run(1)
    return float(results.unrealised(world.state))


def test_portfolio_greeks_are_the_slopes_of_our_own_result() -> None:
    world = book()
    assert [one.status for one in world.state.register] == [Status.FILLED] * 4
    mark_all(world)
    found = sensing.total(world.state, "BTC")
    assert found is not None
    step = 30.0
    up, down = worth(world, 60_000 + step, 0.6), worth(world, 60_000 - step, 0.6)
    assert found.delta == pytest.approx((up - down) / (2 * step), abs=2e-4)
    far, middle, low = (worth(world, 60_000 + jump, 0.6) for jump in (300, 0, -300))
    assert found.gamma == pytest.approx((far - 2 * middle + low) / 300**2, rel=0.02)
    more, less = worth(world, 60_000, 0.61), worth(world, 60_000, 0.59)
    assert found.vega == pytest.approx((more - less) / 2, rel=1e-3)
    assert found.delta_coin is not None
    assert found.delta_coin < found.delta  # what was bought in coin less what was sold


def test_a_fill_and_a_mark_change_them_in_their_own_step() -> None:
    world, one = World(), call()
    world.ready(one)
    world.buy(one, "1")
    before = sensing.total(world.state, "BTC")
    world.mark(one, "0.07", index=Decimal(65_000), forward=Decimal(65_000))
    after = sensing.total(world.state, "BTC")
    assert before is not None
    assert after is not None
    assert after.delta > before.delta + 0.1
    world.ready(one, "0.07", index=Decimal(65_000), forward=Decimal(65_000))
    world.sell(one, "1")
    assert sensing.total(world.state, "BTC") == sensing.Sum()
    assert world.kernel.view(topics.GREEKS).rows == ()  # type: ignore[attr-defined]


def test_what_is_a_minute_old_is_not_known_and_is_named() -> None:
    world, one = World(), call()
    world.ready(one)
    world.buy(one, "1")
    world.run(61)
    view: GreeksView = world.kernel.view(topics.GREEKS)  # type: ignore[assignment]
    (row,), (leg,) = view.rows, view.legs
    assert (row.delta, row.gamma, row.vega, row.theta, row.unknown) == (None, None, None, None, (one.symbol,))
    assert (leg.delta, leg.greeks_from) == (None, "")
    assert row.worst is not None  # of the last that was known
    world.mark(one)
    (row,) = world.kernel.view(topics.GREEKS).rows  # type: ignore[attr-defined]
    assert row.delta == pytest.approx(0.52, abs=0.02)
    assert row.buckets[0].expires == EXPIRES


def test_a_chain_shows_both_sides_of_each_strike() -> None:
    world = World()
    mark_all(world)
    world.ready(call(), "0.05")
    world.ready(put(), "0.04")
    world.buy(call(), "1.5")
    world.sell(put(), "0.5", "0.06")
    view: ChainView = world.kernel.view(topics.chain(KEY))  # type: ignore[assignment]
    assert [row.strike for row in view.rows] == list(STRIKES)
    assert (view.currency, view.inverse, view.forward, view.index, view.dollars) == (
        "BTC",
        True,
        60_000,
        60_000,
        60_000,
    )
    assert (view.atm_iv, view.state, view.followed) == (pytest.approx(0.6), "live", False)
    middle = view.rows[1]
    assert middle.call is not None
    assert middle.put is not None
    assert (middle.call.bid, middle.call.ask, middle.call.mid, middle.call.qty) == (
        0.0495,
        0.0505,
        0.05,
        Decimal("1.5"),
    )
    years = (EXPIRES - world.at) / (365 * 86_400 * SECOND)
    for price, vol in ((0.0495, middle.call.bid_iv), (0.0505, middle.call.ask_iv)):
        assert vol is not None
        assert black.option(60_000, 60_000, vol, years).price == pytest.approx(price * 60_000, abs=1e-4)
    assert (middle.put.bid, middle.put.working, middle.put.stale) == (0.0395, 1, "")
    outer = view.rows[0].put
    assert outer is not None
    assert (outer.bid, outer.ask, outer.bid_iv, outer.mid) == (None, None, None, None)
    assert outer.mark is not None
    assert middle.call.delta == pytest.approx(0.52, abs=0.02)
    assert view.skew == pytest.approx(0.0)
    assert world.kernel.view(topics.chain(KEY._replace(expires=5))) is None
    assert world.kernel.view(topics.Topic("chain", "nonsense")) is None


def test_expiries_are_listed_until_they_are_over() -> None:
    world = World()
    view: ExpiriesView = world.kernel.view(topics.EXPIRIES)  # type: ignore[assignment]
    assert [(row.expires, row.options, row.atm_iv, row.held) for row in view.rows] == [
        (EXPIRES, 6, None, 0), (LATER, 6, None, 0),
    ]  # fmt: skip
    mark_all(world)
    world.ready(call())
    world.buy(call(), "1")
    first = world.kernel.view(topics.EXPIRIES).rows[0]  # type: ignore[attr-defined]
    assert (first.held, first.atm_iv, first.days) == (
        1,
        pytest.approx(0.6),
        pytest.approx((EXPIRES - world.at) / 864e11),
    )
    for strike in STRIKES:
        world.settle(call(strike), "60000")
        world.settle(put(strike), "60000")
    assert [row.expires for row in world.kernel.view(topics.EXPIRIES).rows] == [LATER]  # type: ignore[attr-defined]


def test_watching_a_chain_makes_the_desk_follow_it() -> None:
    world = World()
    effects = world.kernel.step(Asked(at=START, command=Watch(what=KEY.text), pressed_at=START))
    (told,) = [one for one in effects if isinstance(one, Follow)]
    assert told.venue == DERIBIT
    assert set(told.instruments) == {one(strike) for strike in STRIKES for one in (call, put)}
    assert world.kernel.view(topics.chain(KEY)).followed  # type: ignore[attr-defined]
    assert world.kernel.view(topics.EXPIRIES).rows[0].followed  # type: ignore[attr-defined]
    effects = world.kernel.step(Asked(at=START, command=Watch(what=KEY.text, on=False), pressed_at=START))
    (told,) = [one for one in effects if isinstance(one, Follow)]
    assert told.instruments == ()


def test_the_table_of_assets_says_what_prices_an_underlying() -> None:
    for rows, said in (((), "Deribit BTC-PERPETUAL"), (assets.read(["BTC=derive/BTC-PERP"]), "derive BTC-PERP")):
        world = World(assets=rows)
        world.ready(call())
        world.buy(call(), "1")
        (row,) = world.kernel.view(topics.GREEKS).rows  # type: ignore[attr-defined]
        assert row.priced_on == said
