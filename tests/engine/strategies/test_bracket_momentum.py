"""Bracket momentum: what it enters, how, how much, why it stays out, and when it leaves."""

from __future__ import annotations

import math
from typing import Any

import pytest

from engine.maths.kinematics import Motion
from engine.maths.mass import Centre, Cusum
from engine.strategies import bracket_leader
from engine.strategies.bracket_eye import Sample
from engine.strategies.bracket_momentum import NOTHING, TERMS, Gate, Held, Want, decide
from engine.strategies.event_eye import Seen, Sky
from engine.strategies.pmf_migration import Direction

NOW = 50_000.0
CLOSES = NOW + 20_000.0
MIDS = [0.05, 0.20, 0.45, 0.20, 0.10]
BANKROLL = 1_000.0


def fee(_j: int, price: float, qty: float, maker: bool) -> float:
    return (0.0175 if maker else 0.07) * price * (1.0 - price) * qty


def sample(mid: float, **changes: Any) -> Sample:
    one = Sample(
        bid=mid - 0.01, ask=mid + 0.01, bid_size=20.0, mid=mid, spread=0.02, motion=Motion(mid, 0.0, 0.0, True),
        flow_10=0.0, flow_30=5.0, flow_share=0.5, queue=0.7, micro=mid, volume=50.0, buys=0.02, sells=0.5, spike=False,
        per_s=0.5, mean_size=5.0,
    )  # fmt: skip
    return one._replace(**changes)


def seen(fair: float = 0.60, hazard: float | None = 0.4, **changes: Any) -> Seen:
    """Bracket 2 leads: it accelerates, buyers press, and it is worth more than it costs."""
    rest = (1.0 - fair) / 4
    chances = tuple(fair if j == 2 else rest for j in range(5))
    one = Seen(
        at=NOW, brackets=tuple(sample(mid) for mid in MIDS), sky=Sky(chances, 50.0, hazard, hazard, 81.0, NOW - 600.0),
        sum_mid=1.0, fair=chances, pooled=chances, weight=0.5, centre=Centre(82.5, 4.0, 0.0, 0.0), bend_t=0.0,
        cusum=Cusum(), direction=None, ahead=None,
        velocity=(0.0, 0.0, 0.01, 0.0, 0.0), acceleration=(0.0, -0.001, 0.003, -0.001, 0.0),
    )  # fmt: skip
    return one._replace(**changes)


def brackets(j: int, **changes: Any) -> dict[str, Any]:
    """Return the brackets with one of them changed."""
    return {"brackets": tuple(sample(mid, **(changes if k == j else {})) for k, mid in enumerate(MIDS))}


def held(j: int, qty: float, **changes: Any) -> list[Held]:
    mine = Held(qty, 0.4 * qty, NOW - 60.0, 0.4)._replace(**changes)
    return [mine if k == j else NOTHING for k in range(5)]


NONE = [NOTHING] * 5


def test_the_leader_is_bought_at_rest() -> None:
    decision = decide(seen(), NONE, BANKROLL, CLOSES, fee)
    assert decision.gate is None
    (want,) = decision.wants
    assert (want.bracket, want.buy, want.maker, want.price, want.why) == (2, True, True, 0.44, "leader")
    assert want.chance is not None
    assert want.choice is not None
    assert 0.5 < want.chance < 1.0
    assert decision.gates[0] is bracket_leader.Gate.EDGE_BRACKET
    assert decision.gates[2] is bracket_leader.Gate.PASS


def test_its_size_is_a_quarter_of_kelly_with_the_fee_within_the_bracket() -> None:
    wide = TERMS._replace(bracket_usd=1e6, city_share=1.0)
    (want,) = decide(seen(), NONE, BANKROLL, CLOSES, fee, wide).wants
    cost = 0.44 + fee(2, 0.44, 1.0, True)
    assert want.qty == math.floor(0.25 * (0.6 - cost) / (1 - cost) * BANKROLL / cost)
    (capped,) = decide(seen(), NONE, BANKROLL, CLOSES, fee, wide._replace(bracket_usd=10.0)).wants
    assert capped.qty == math.floor(10.0 / cost)


def test_a_fee_that_is_rounded_up_for_the_order_is_borne_by_all_of_it() -> None:
    def cents(_j: int, price: float, qty: float, maker: bool) -> float:
        return math.ceil(100.0 * fee(_j, price, qty, maker) - 1e-9) / 100.0

    wide = TERMS._replace(bracket_usd=1e6, city_share=1.0, maker_c=0.0)
    (want,) = decide(seen(fair=0.47), NONE, BANKROLL, CLOSES, cents, wide).wants
    assert want.maker
    each = cents(2, 0.44, want.qty, True) / want.qty
    assert each < 0.005 < cents(2, 0.44, 1.0, True) == 0.01
    stake = 0.25 * (0.47 - 0.44 - each) / (1.0 - 0.44 - each) * BANKROLL
    assert want.qty == pytest.approx(stake / (0.44 + each), abs=1.0)
    assert want.qty * (0.44 + each) <= stake


def test_a_hazard_that_is_low_throttles_the_size() -> None:
    wide = TERMS._replace(bracket_usd=1e6, city_share=1.0)
    (full,) = decide(seen(hazard=0.3), NONE, BANKROLL, CLOSES, fee, wide).wants
    (half,) = decide(seen(hazard=0.15), NONE, BANKROLL, CLOSES, fee, wide).wants
    assert half.qty == pytest.approx(full.qty / 2, abs=1)


def test_it_takes_only_in_a_spike_of_buyers_and_where_that_is_worth_more() -> None:
    quiet = brackets(2, sells=0.001)
    assert decide(seen(**quiet), NONE, BANKROLL, CLOSES, fee).gates[2] is Gate.EV, "resting would hardly fill"
    fastest = brackets(2, sells=0.001, fastest=True)
    assert not decide(seen(**fastest), NONE, BANKROLL, CLOSES, fee).wants[0].maker
    spike = brackets(2, sells=0.001, spike=True)
    (want,) = decide(seen(**spike), NONE, BANKROLL, CLOSES, fee).wants
    assert (want.maker, want.price) == (False, 0.46)
    dear = decide(seen(fair=0.49, **spike), NONE, BANKROLL, CLOSES, fee)
    assert dear.gates[2] is Gate.EV, "1.3 cents a contract after fees do not clear three"
    sure = brackets(2, sells=50.0, spike=True)
    (rested,) = decide(seen(**sure), NONE, BANKROLL, CLOSES, fee).wants
    assert rested.maker


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"fair": None}, Gate.NO_QUOTES),
        ({"sum_mid": None}, Gate.NO_QUOTES),
        ({"sky": None}, Gate.NO_WEATHER),
        ({"pooled": None}, Gate.NO_WEATHER),
        ({"sky": seen(hazard=None).sky}, Gate.NO_HAZARD),
        ({"at": NOW + 5_000.0}, Gate.STALE_WEATHER),
        ({"sum_mid": 1.051}, Gate.COHERENCE),
        ({"sum_mid": 0.949}, Gate.COHERENCE),
    ],
)
def test_the_event_is_left_alone(changes: dict[str, Any], gate: Gate) -> None:
    decision = decide(seen()._replace(**changes), NONE, BANKROLL, CLOSES, fee)
    assert decision.gate is gate
    assert decision.wants == ()


def test_nothing_is_entered_in_the_last_two_hours() -> None:
    assert decide(seen(), NONE, BANKROLL, NOW + 7_200.0, fee).gate is Gate.CLOSE
    assert decide(seen(), NONE, BANKROLL, NOW + 7_201.0, fee).gate is None


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        (brackets(2, bid=None), Gate.NO_QUOTES),
        (brackets(2, spread=0.06), bracket_leader.Gate.SPREAD),
        (brackets(2, volume=9.0), bracket_leader.Gate.VOLUME),
        ({"velocity": (0.0,) * 5}, bracket_leader.Gate.VELOCITY),
        ({"acceleration": (0.0,) * 5}, bracket_leader.Gate.ACCEL),
        (brackets(2, flow_30=0.0), bracket_leader.Gate.OFI),
        (brackets(2, queue=0.5), bracket_leader.Gate.QUEUE),
        (brackets(2, bid=0.95, ask=0.97), Gate.TAILS),
        ({"pooled": (0.14, 0.14, 0.44, 0.14, 0.14)}, Gate.SIZE),
    ],
)
def test_the_bracket_is_left_alone(changes: dict[str, Any], gate: object) -> None:
    decision = decide(seen()._replace(**changes), NONE, BANKROLL, CLOSES, fee)
    assert decision.gates[2] is gate
    assert decision.wants == ()


def test_a_classifier_that_does_not_agree_holds_it_back() -> None:
    up = [0.5, 0.5, 0.49, 0.5, 0.5]
    assert decide(seen(), NONE, BANKROLL, CLOSES, fee, up=up).gates[2] is Gate.CLASSIFIER
    assert decide(seen(), NONE, BANKROLL, CLOSES, fee, up=[0.5] * 5).wants


def test_a_tenth_of_the_bankroll_is_all_one_event_gets() -> None:
    spent = held(1, 200.0, cost=100.0)
    assert decide(seen(), spent, BANKROLL, CLOSES, fee).gate is Gate.CITY
    (want,) = (w for w in decide(seen(), held(1, 90.0, cost=95.0), BANKROLL, CLOSES, fee).wants if w.buy)
    assert want.qty * want.price <= 5.0


def test_the_filter_is_traded_against_where_that_is_set() -> None:
    one = seen(pooled=(0.2,) * 5)
    assert decide(one, NONE, BANKROLL, CLOSES, fee).gates[2] is Gate.SIZE
    (want,) = decide(one, NONE, BANKROLL, CLOSES, fee, TERMS._replace(use_filter=True)).wants
    assert want.fair == 0.6


def test_a_migration_moves_inventory_one_bracket_along() -> None:
    still = {"acceleration": (0.0,) * 5}
    wants = decide(seen(direction=Direction.UP, **still), held(1, 10.0), BANKROLL, CLOSES, fee).wants
    assert [(w.bracket, w.buy, w.maker, w.qty, w.why) for w in wants] == [
        (1, False, True, 10, "migration"),
        (2, True, True, 10, "migration"),
    ]
    down = decide(seen(direction=Direction.DOWN, **still), held(2, 10.0), BANKROLL, CLOSES, fee).wants
    assert [(w.bracket, w.buy) for w in down] == [(2, False)], "the lower one is worth less than it is bid at"
    assert decide(seen(direction=Direction.UP, **still), held(4, 10.0), BANKROLL, CLOSES, fee).wants == ()


@pytest.mark.parametrize(
    ("why", "mine", "changes"),
    [
        ("hazard", held(2, 10.0, hazard=0.9), {}),
        ("time", held(1, 10.0, since=NOW - 300.0), {}),
        ("cusum", held(3, 10.0), {"cusum": Cusum(0.0, 0.05, True)}),
        ("cusum", held(1, 10.0), {"cusum": Cusum(0.05, 0.0, True)}),
        ("cusum", held(2, 10.0), {"cusum": Cusum(0.0, 0.05, True)}),
        ("cusum", held(2, 10.0), {"cusum": Cusum(0.05, 0.0, True)}),
    ],
)
def test_a_position_is_left(why: str, mine: list[Held], changes: dict[str, Any]) -> None:
    wants = decide(seen(**changes), mine, BANKROLL, CLOSES, fee).wants
    (sold,) = (w for w in wants if not w.buy)
    assert (sold.why, sold.maker, sold.qty) == (why, False, 10)
    assert sold.price == pytest.approx(MIDS[sold.bracket] - 0.01)


def test_a_position_that_is_worth_more_than_its_bid_is_held_beyond_its_time() -> None:
    wants = decide(seen(), held(2, 10.0, since=NOW - 900.0), BANKROLL, CLOSES, fee).wants
    assert all(want.buy for want in wants)


def test_positions_are_left_even_where_nothing_may_be_entered() -> None:
    decision = decide(seen(sum_mid=1.2), held(2, 10.0, hazard=0.9), BANKROLL, CLOSES, fee)
    assert decision.gate is Gate.COHERENCE
    assert [type(want) for want in decision.wants] == [Want]


def test_what_is_left_is_not_entered_in_the_same_breath() -> None:
    decision = decide(seen(), held(2, 10.0, hazard=0.9), BANKROLL, CLOSES, fee)
    assert [(want.buy, want.why) for want in decision.wants] == [(False, "hazard")]
    assert decision.gates[2] is Gate.LEAVING


@pytest.mark.parametrize(
    ("changes", "closes"),
    [({"sum_mid": 1.2}, CLOSES), ({"at": NOW + 5_000.0}, CLOSES), ({}, NOW + 7_200.0), ({"pooled": None}, CLOSES)],
)
def test_nothing_is_moved_along_where_nothing_may_be_entered(changes: dict[str, Any], closes: float) -> None:
    mine = held(1, 10.0, since=NOW + 4_900.0)
    one = seen(direction=Direction.UP)._replace(**changes)
    assert decide(one, mine, BANKROLL, closes, fee).wants == ()


def test_nothing_is_sold_where_nobody_bids_nor_offered_at_the_whole_share() -> None:
    nobody = seen(**brackets(2, bid=0.0))
    assert decide(nobody, held(2, 10.0, hazard=0.9), BANKROLL, CLOSES, fee).wants == ()
    alone = seen(direction=Direction.UP, acceleration=(0.0,) * 5, **brackets(1, ask=1.0))
    assert decide(alone, held(1, 10.0), BANKROLL, CLOSES, fee).wants == ()


def test_trades_without_a_size_give_a_resting_order_no_odds() -> None:
    assert decide(seen(**brackets(2, mean_size=0.0)), NONE, BANKROLL, CLOSES, fee).gates[2] is Gate.EV


def test_a_spread_and_a_sum_exactly_at_their_limit_are_within_it_whatever_the_floats_say() -> None:
    unit = 0.0001
    for cents in range(30, 60):
        bid, ask = unit * (100 * cents), unit * (100 * (cents + 5))
        exact = brackets(2, bid=bid, ask=ask, spread=ask - bid)
        assert decide(seen(**exact), NONE, BANKROLL, CLOSES, fee).gates[2] is not bracket_leader.Gate.SPREAD, cents
    for total in (1.05, 0.95, 0.25 + 0.35 + 0.45, 0.15 + 0.35 + 0.45):
        assert decide(seen(sum_mid=total), NONE, BANKROLL, CLOSES, fee).gate is None, total
    for total in (1.0501, 0.9499):
        assert decide(seen(sum_mid=total), NONE, BANKROLL, CLOSES, fee).gate is Gate.COHERENCE


EDGES = ((None, 79.0), (80.0, 81.0), (82.0, 83.0), (84.0, 85.0), (86.0, None))


@pytest.mark.parametrize(
    ("running", "hazard", "sign", "j", "to"),
    [
        (81.0, 0.5, 1, 1, 2), (80.0, 0.9, 1, 1, None), (81.0, 0.49, 1, 1, None), (84.0, 0.9, -1, 3, 2),
        (85.0, 0.9, -1, 3, None), (82.0, 0.9, 1, 1, None), (81.0, 0.9, 1, 4, None), (None, 0.9, 1, 1, None),
    ],
)  # fmt: skip
def test_inventory_is_handed_on_where_the_day_is_about_to_leave_its_bracket(running, hazard, sign, j, to) -> None:
    still = {"acceleration": (0.0,) * 5, "velocity": (0.0,) * 5}
    one = seen(edges=EDGES, **still)
    one = one._replace(sky=one.sky._replace(running=running, hazard_60=hazard, sign=sign))
    wants = decide(one, held(j, 10.0, hazard=hazard), BANKROLL, CLOSES, fee).wants
    assert [(w.bracket, w.buy, w.maker, w.why) for w in wants] == (
        [] if to is None else [(j, False, True, "migration"), (to, True, True, "migration")]
    )
