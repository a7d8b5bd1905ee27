"""A market maker of one market: what he learns first, what he has resting, and when he pulls it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Leg, Side
from engine.maths.quoting import Depth
from engine.maths.warmup import Pace
from engine.strategies import market_maker
from engine.strategies.maker_eye import Learnt, MakerEye, Phase, Terms
from engine.strategies.market_maker import TERMS, Gate, Order, Stand, changes, plan


def stand(**changes_: Any) -> Stand:
    one = Stand(
        at=0.0, start=0.0, resolves=86_400.0, tick=0.01, best_bid=48, best_ask=52, yes=0.0, no=0.0, cash=500.0,
        open_buys=0.0, sigma=1.0, rate=0.0, crowd=0.0, quoting=True,
    )  # fmt: skip
    return one._replace(**changes_)


def sides(orders: tuple[Order, ...]) -> tuple[list[Order], list[Order]]:
    return [o for o in orders if o.key.startswith("bid")], [o for o in orders if o.key.startswith("ask")]


def quiet(eye: MakerEye, until: int, start: int = 0) -> None:
    for at in range(start, until):
        eye.look(0.5 + 0.01 * math.sin(at / 7), float(at))


def test_he_watches_before_he_quotes() -> None:
    eye = MakerEye("m")
    quiet(eye, 600)
    assert eye.phase is Phase.OBSERVING
    quiet(eye, 601, 600)
    assert eye.phase is Phase.CALIBRATING
    assert eye.pace == Terms().default, "fifty moves and twenty trades were not seen"
    quiet(eye, 601 + 5 * 360, 601)
    assert eye.phase is Phase.CALIBRATING
    quiet(eye, 607 + 5 * 360, 601 + 5 * 360)
    assert eye.phase is Phase.QUOTING
    assert eye.known in {360, 361}, "none of the first ten minutes"


def test_a_market_that_hardly_has_a_price_is_not_waited_for_beyond_the_warm_up() -> None:
    eye = MakerEye("m")
    for at in range(0, 7_201, 60):
        eye.look(0.5, float(at))
    assert (eye.phase, eye.known < 360) == (Phase.QUOTING, True)


def test_a_market_with_trades_sets_its_own_pace() -> None:
    eye = MakerEye("m")
    for at in range(601):
        eye.look(0.5 + 0.02 * math.sin(at / 3), float(at))
        if at % 4 == 0:
            eye.trade(float(at))
    assert eye.phase is Phase.CALIBRATING
    assert eye.pace.sample_s == 1.0
    assert eye.pace.first_markout_s == 12.0, "three median gaps of four seconds"
    assert eye.rate(600.0) == pytest.approx(0.25)
    assert eye.crowd(600.0) == pytest.approx(math.sqrt(151))


def test_toxicity_goes_on_while_he_quotes() -> None:
    eye = MakerEye("m", Terms(min_returns=10, max_warmup_s=50.0))
    quiet(eye, 100)
    assert eye.phase is Phase.QUOTING
    before = eye.sigma
    for k in range(60):
        eye.look(0.5 + 0.004 * k, 100.0 + 5.0 * k)
        eye.trade(100.0 + 5.0 * k)
    assert eye.sigma > before, "all one way"


def test_only_what_went_against_us_is_poison_and_it_fades() -> None:
    for side, moved, poisoned in [(Side.BUY, 0.45, True), (Side.BUY, 0.55, False), (Side.SELL, 0.55, True)]:
        eye = MakerEye("m")
        for at in range(20):
            eye.look(0.5, float(at))
        eye.fill(side, 0.5, 20.0)
        for at in range(20, 32):
            eye.look(moved, float(at))
        assert (eye.tox[0] > 0.0) is poisoned
        assert eye.tox[1] == 0.0, "the longer horizon has not come"
        worst = eye.tox[0]
        for at in range(32, 60):
            eye.look(moved, float(at))
        assert eye.tox[0] < worst or not poisoned


def test_no_return_is_counted_across_a_hole() -> None:
    eye = MakerEye("m")
    quiet(eye, 50)
    known = eye.known
    eye.look(None, 50.0)
    eye.look(0.9, 500.0)
    assert eye.known == known
    assert eye.sigma == pytest.approx(1.0, abs=0.2)


def test_no_fill_is_marked_across_a_hole() -> None:
    eye = MakerEye("m")
    quiet(eye, 50)
    eye.fill(Side.BUY, 0.5, 50.0)
    for at in range(50, 200):
        eye.look(None, float(at))
    for at in range(200, 230):
        eye.look(0.2, float(at))
    assert (eye.marked, eye.tox) == (0, (0.0, 0.0)), "its horizons passed while nobody knew a price"


def test_what_was_learnt_is_taken_up_to_the_last_digit() -> None:
    eye, again = MakerEye("m"), MakerEye("m")
    quiet(eye, 3_000)
    assert again.take_up(eye.learnt(3_000.0), 3_000.0) == ""
    assert again.phase is Phase.QUOTING
    for one in (eye, again):
        one._sampled_at = None
        one.look(0.50, 3_000.0)
        one.look(0.53, 3_005.0)
    assert again.sigma == eye.sigma
    assert again.sample is not None
    assert "30 hours" in MakerEye("m").take_up(eye.learnt(0.0), 30 * 3_600.0)


@pytest.mark.parametrize(
    "change",
    [{"market": "x"}, {"sigma_base": math.nan}, {"pace": Pace(0.0, 1, 1, 1, 1)}, {"pace": Pace(1, 0.0, 1, 1, 1)}],
)
def test_what_was_learnt_of_another_market_or_is_broken_is_refused(change: dict[str, Any]) -> None:
    eye = MakerEye("m")
    learnt: Learnt = eye.learnt(0.0)._replace(**change)
    with pytest.raises(ValueError, match="learnt"):
        MakerEye("m").take_up(learnt, 0.0)


def test_quotes_are_those_of_the_model_and_rest() -> None:
    made = plan(stand())
    assert made.quote is not None
    bids, asks = sides(made.orders)
    assert bids[0].ticks == made.quote.bid
    assert asks[0].ticks == made.quote.ask
    assert [o.ticks for o in bids] == sorted({o.ticks for o in bids}, reverse=True)
    assert all((o.side, o.leg) == (Side.BUY, Leg.YES) for o in bids)
    assert all((o.side, o.leg) == (Side.BUY, Leg.NO) for o in asks), "what is not held is sold by buying the other leg"


def test_what_is_held_is_sold_first() -> None:
    bids, asks = sides(plan(stand(yes=30.0)).orders)
    assert (asks[0].side, asks[0].leg) == (Side.SELL, Leg.YES)
    assert sum(o.qty for o in asks if o.side is Side.SELL) <= 30
    assert all(o.leg is Leg.YES and o.side is Side.BUY for o in bids)
    bids, _ = sides(plan(stand(no=30.0)).orders)
    assert (bids[0].side, bids[0].leg) == (Side.SELL, Leg.NO)


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"quoting": False}, Gate.WARMING),
        ({"best_bid": None}, Gate.NO_BOOK),
        ({"best_ask": None}, Gate.NO_BOOK),
        ({"at": 86_400.0}, Gate.RESOLVED),
        ({"cash": 10.0}, Gate.NO_MONEY),
    ],
)
def test_why_nothing_is_quoted(change: dict[str, Any], gate: Gate) -> None:
    made = plan(stand(**change))
    assert made.orders == ()
    assert made.gate is gate


def test_no_order_is_smaller_than_the_market_takes_or_than_was_told() -> None:
    bids, asks = sides(plan(stand(yes=3.0, least=5.0)).orders)
    assert {(o.side, o.leg) for o in asks} == {(Side.BUY, Leg.NO)}, "three shares cannot be sold alone"
    assert asks[0].key == "ask0"
    assert bids
    assert sides(plan(stand(yes=3.0)).orders)[1][0].qty == 3, "where the market takes one it can"
    terms = TERMS._replace(depth=Depth(min_size=5.0, decay=0.5))
    poor = plan(stand(cash=28.0), terms)
    assert poor.orders
    assert all(o.qty >= 5 for o in poor.orders), "money for less than the smallest order buys none"


def test_a_sale_is_not_cut_to_less_than_the_market_takes() -> None:
    sale, second = Order("ask0", Side.SELL, Leg.YES, 52, 10), Order("ask1", Side.SELL, Leg.YES, 53, 6)
    held = {Leg.YES: 12.0, Leg.NO: 0.0}
    assert market_maker.sellable([second], {"ask0": sale}, held, 5.0) == []
    assert market_maker.sellable([second], {"ask0": sale}, held, 2.0) == [second._replace(qty=2)]


def test_below_its_floor_only_what_reduces_goes_out() -> None:
    made = plan(stand(yes=60.0, cash=5.0))
    assert made.cash is not None
    assert made.cash.reduce_only
    assert made.orders
    assert all(o.side is Side.SELL and o.leg is Leg.YES for o in made.orders)


def test_half_the_time_left_and_half_the_markets_leave_less() -> None:
    whole = sum(o.qty for o in plan(stand()).orders)
    assert sum(o.qty for o in plan(stand(at=64_800.0)).orders) < whole
    assert sum(o.qty for o in plan(stand(), TERMS._replace(markets=4)).orders) < whole


@pytest.mark.parametrize(
    "change",
    [
        {"eta": 0.1}, {"slip": 0.12}, {"phi_min": 0.9}, {"gamma_a": 1.2}, {"gamma_max": 1.05}, {"lambda_max": 3.0},
        {"lambda_min": 1.5}, {"beta": 1.8}, {"alpha": 2.0}, {"reference": 10.0}, {"c_risk": 0.5},
        {"kappa": 1.0}, {"max_half": 0.15}, {"min_half": 0.3}, {"widen": 2.0}, {"bankroll": 100.0},
        {"depth": Depth(levels=2)}, {"depth": Depth(decay=0.5)}, {"depth": Depth(step=2.0)},
        {"depth": Depth(min_size=70.0)}, {"depth": Depth(max_notional=20.0)}, {"depth": Depth(min_step=0.5)},
    ],
)  # fmt: skip
def test_every_parameter_changes_what_rests(change: dict[str, Any]) -> None:
    here = stand(at=40_000.0, yes=40.0, crowd=20.0, rate=0.02, sigma=1.5, best_bid=68, best_ask=71)
    assert plan(here, TERMS._replace(**change)).orders != plan(here).orders


@given(
    bid=st.integers(1, 97), wide=st.integers(1, 30), yes=st.floats(0, 300), no=st.floats(0, 300),
    cash=st.floats(0, 500), sigma=st.floats(1, 6), at=st.floats(0, 86_399), least=st.integers(0, 8),
)  # fmt: skip
def test_nothing_crosses_and_nothing_is_spent_that_is_not_there(
    bid: int, wide: int, yes: float, no: float, cash: float, sigma: float, at: float, least: int
) -> None:
    ask = min(bid + wide, 99)
    one = stand(best_bid=bid, best_ask=ask, yes=yes, no=no, cash=cash, sigma=sigma, at=at, least=float(least))
    made = plan(one)
    bids, asks = sides(made.orders)
    assert all(1 <= o.ticks < ask for o in bids)
    assert all(bid < o.ticks <= 99 for o in asks)
    assert all(o.qty >= max(least, 1) for o in made.orders)
    if bids and asks:
        assert max(o.ticks for o in bids) < min(o.ticks for o in asks)
    spent = sum(
        o.qty * (o.ticks if o.leg is Leg.YES else 100 - o.ticks) / 100 for o in made.orders if o.side is Side.BUY
    )
    assert made.cash is None or spent <= max(made.cash.free, 0.0) + 1e-6
    assert sum(o.qty for o in made.orders if o.side is Side.SELL and o.leg is Leg.YES) <= yes
    assert sum(o.qty for o in made.orders if o.side is Side.SELL and o.leg is Leg.NO) <= no
    if made.capacity is not None:
        assert sum(o.qty for o in bids) <= max(made.capacity.shares - one.net, 0.0) + 1e-6
        assert sum(o.qty for o in asks) <= max(made.capacity.shares + one.net, 0.0) + 1e-6
    assert (made.gate is None) is bool(made.orders)


@given(st.floats(-80, 80), st.integers(20, 80))
def test_long_and_short_are_mirrors(held: float, bid: int) -> None:
    one = stand(best_bid=bid, best_ask=bid + 2, yes=max(held, 0.0), no=max(-held, 0.0))
    other = stand(best_bid=98 - bid, best_ask=100 - bid, yes=max(-held, 0.0), no=max(held, 0.0))
    mine, theirs = plan(one).quote, plan(other).quote
    if mine is not None and theirs is not None and held:
        assert mine.skew == pytest.approx(-theirs.skew, rel=1e-9, abs=1e-12)


def test_an_order_stays_where_little_would_change() -> None:
    old = Order("bid0", Side.BUY, Leg.YES, 45, 100)
    assert changes([old._replace(qty=120)], [(old, 100)]) == ((), (), ())
    assert changes([old._replace(qty=134)], [(old, 100)]).move == (old._replace(qty=134),)
    assert changes([old._replace(ticks=46)], [(old, 100)]).move == (old._replace(ticks=46),)
    assert changes([old._replace(ticks=46)], [(old, 100)], least_ticks=2) == ((), (), ())
    assert changes([], [(old, 100)]).drop == ("bid0",)
    assert changes([old], []).add == (old,)
    other = old._replace(side=Side.SELL, leg=Leg.NO)
    assert changes([other], [(old, 100)]) == (("bid0",), (), ())
    assert changes([old], [(old, 30)]).move == (old,), "most of it has filled"


def test_the_name_is_in_the_registry_s_form() -> None:
    assert market_maker.NAME.isidentifier()


@given(st.floats(0.1, 2.9), st.floats(0.0, 5.0))
def test_lambda_is_of_what_a_market_is_and_unchanged_by_its_returns(sigma: float, rate: float) -> None:
    still = plan(stand())
    moving = plan(stand(sigma=sigma, rate=rate))
    assert moving.structure is not None
    assert moving.structure == still.structure


def test_what_other_sales_hold_is_not_sold_again() -> None:
    sale = Order("ask0", Side.SELL, Leg.YES, 52, 10)
    travels = {"ask0": sale}
    second, bid = Order("ask1", Side.SELL, Leg.YES, 53, 6), Order("bid0", Side.BUY, Leg.YES, 48, 9)
    held = {Leg.YES: 12.0, Leg.NO: 0.0}
    assert market_maker.sellable([bid, second], travels, held) == [bid, second._replace(qty=2)]
    assert market_maker.sellable([second], travels, {**held, Leg.YES: 10.9}) == []
    less, more = sale._replace(qty=4), sale._replace(qty=20, ticks=51)
    assert market_maker.sellable([less, second], travels, held) == [less, second._replace(qty=2)]
    assert market_maker.sellable([more, second], travels, held) == [more._replace(qty=12)]
    as_it_rests = sale._replace(qty=20)
    assert market_maker.sellable([as_it_rests], travels, {**held, Leg.YES: 10.0}) == [], "a move to where it stands"


@given(
    st.lists(st.tuples(st.sampled_from(["ask0", "ask1", "ask2"]), st.integers(1, 20), st.booleans()), max_size=4),
    st.lists(st.tuples(st.sampled_from(["ask0", "ask1", "ask2"]), st.integers(1, 20)), max_size=4),
    st.integers(0, 40),
)
def test_all_sales_together_never_grow_beyond_what_is_held(working: Any, wanted: Any, held: int) -> None:
    works = {key: Order(key, Side.SELL, Leg.YES, 50, qty) for key, qty, _ in working}
    now = {key: Order(key, Side.SELL, Leg.YES, 50, qty) for key, qty in wanted}
    sold = market_maker.sellable(now.values(), works, {Leg.YES: float(held), Leg.NO: 0.0})
    before = sum(one.qty for one in works.values())
    most = dict.fromkeys(works, 0) | {one.key: one.qty for one in sold}
    at_once = sum(max(qty, works[key].qty if key in works else 0) for key, qty in most.items())
    assert at_once <= max(before, held)
    assert all(one.qty <= now[one.key].qty for one in sold)


@pytest.mark.parametrize("by", [0.5, 1.0, 2.0])
def test_the_traders_hand_narrows_the_ladder_as_it_widens_it(by: float) -> None:
    terms = TERMS._replace(widen=by, min_half=0.0, depth=TERMS.depth._replace(min_step=0.2))
    plain, found = plan(stand(), terms._replace(widen=1.0)), plan(stand(), terms)
    assert plain.quote is not None
    assert found.quote is not None
    assert found.quote.half == pytest.approx(by * plain.quote.half)
    bids = [one.ticks for one in found.orders if one.key.startswith("bid")]
    assert bids[0] == found.quote.bid
    assert len(set(bids)) == len(bids) == len([one for one in plain.orders if one.key.startswith("bid")])


def test_what_is_ordinary_outlives_a_restart_that_has_seen_little() -> None:
    eye = MakerEye("m")
    quiet(eye, 3_000)
    again = MakerEye("m")
    again.take_up(eye.learnt(3_000.0), 3_000.0)
    assert again.learnt(3_000.0).sigma_base == eye.sigma_base > 0.0
    for at in range(3_000, 3_060):
        again.look(0.5, float(at))
    assert again.sigma_base == eye.sigma_base, "ten still samples say nothing"
    quiet(again, 3_800, 3_060)
    assert again.sigma_base not in {0.0, eye.sigma_base}
