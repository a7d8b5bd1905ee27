"""The compiled kernels fill as the paper gateways' simulator does: every kind of order, fee, gap and delay."""

from __future__ import annotations

from importlib.util import find_spec

import msgspec
import pytest

from engine.core.effects import Submit
from engine.core.errors import InputError
from engine.core.ids import KALSHI, POLYMARKET, OrderId
from engine.core.instrument import Payoff
from engine.core.units import MICRO, SECOND
from engine.maths import fees
from engine.orders import paper_desk, queue
from engine.research import backtest
from engine.research.backtest import Plan
from engine.research.fast import layout, packing, scripts
from tests.engine.research import windows
from tests.engine.research.fast import kernels, pairs, streams
from tests.scale import scale

pytestmark = pytest.mark.skipif(find_spec("numba") is None, reason="needs the extra research")


def markets(seed):
    """Two of a seed's kind: every fee has its turn, and every lot."""
    fees = sorted(set(streams.FEES) - {"of_cost"})
    return [
        streams.market("A", fees[seed % len(fees)]),
        streams.market("B", "polymarket", lot="0.000001", step=10),
        streams.market("C", "of_cost", lot="0.001", payoff=Payoff.LINEAR),
    ]


def test_made_up_days_fill_alike() -> None:
    fills = makers = 0
    for seed in range(scale(120)):
        events = streams.stream(seed, markets(seed))
        for way in kernels.ways():
            theirs, ours = pairs.both(events, KALSHI, way, pairs.at_random(events, KALSHI, seed, 200))
            assert ours == theirs, (seed, way)
            fills += len(ours)
            makers += sum(fill.maker for fill in ours)
    assert fills > makers > 100


def test_a_hundred_thousand_dollars_of_lots_do_not_overflow_a_fee() -> None:
    one = streams.market("A", "makers_too", lot="0.000001", step=10)
    events = [msgspec.structs.replace(event) for event in streams.stream(5, [one])]
    big = [
        msgspec.structs.replace(
            event,
            bids=tuple((price, lots * 1_000_000) for price, lots in event.bids),
            asks=tuple((price, lots * 1_000_000) for price, lots in event.asks),
        )
        if type(event).__name__ == "BookSnapshot"
        else event
        for event in events
        if type(event).__name__ != "BookDelta"
    ]
    wanted = pairs.at_random(big, KALSHI, 5, 200, qtys=(10**6, 33 * 10**8, 7 * 10**9 + 1))
    theirs, ours = pairs.both(big, KALSHI, kernels.at_once(), wanted)
    assert ours == theirs
    assert max(fill.qty for fill in ours) > 100_000


def test_rules_fill_alike_whoever_matches_them() -> None:
    rules = kernels.rules
    quoting = rules.Rule(rules.QUOTES, size=500, most=4_000, away=0, apart=SECOND, legs=1)
    taking = rules.Rule(rules.TAKES, size=300, most=3_000, away=300, lean=200, apart=5 * SECOND, legs=1)
    for seed, rule in enumerate((quoting, taking, quoting._replace(away=100, legs=0))):
        events = streams.stream(seed, [streams.market("A"), streams.market("B", "cents")])
        packed = packing.pack(events, KALSHI)
        for way in kernels.ways():
            played = kernels.running.play(packed, way, until=packed.until, rule=rule)
            theirs = pairs.ruled(events, KALSHI, way, rule)
            ours = kernels.running.fills(packed, played)
            assert [msgspec.structs.replace(one, order="") for one in theirs] == [
                msgspec.structs.replace(one, order="") for one in ours
            ]
            assert len(ours) >= 10


def test_orders_of_the_whole_kernel_fill_alike(tmp_path) -> None:
    """The engine's own strategies trade a made-up day; what they sent is sent again, to the kernels."""
    folder = windows.write(tmp_path, windows=12)
    plan = Plan(data=folder.name, strategies=("latency_arb", "certainty_capture", "convexity_fade", "lp_extreme"))
    (part,) = backtest.chosen(plan, folder)
    recorder = scripts.Recorder(POLYMARKET)
    result = backtest.run(plan, part, recorder)
    packed = packing.pack(recorder.heard, POLYMARKET)
    way = kernels.running.Fast(drawn=tuple(recorder.drawn))
    ours = kernels.running.script(packed, recorder.asked, way, backtest.AFTER)
    assert ours == recorder.fills
    assert len(ours) == len(result.fills) > 3


def test_too_little_room_is_made_and_nothing_is_lost(monkeypatch) -> None:
    monkeypatch.setattr(kernels.running, "FIRST", kernels.running.Room(says=8, draws=8, heap=8, levels=1, shrunk=1))
    events = streams.stream(3, markets(3))
    theirs, ours = pairs.both(events, KALSHI, kernels.ways()[0], pairs.at_random(events, KALSHI, 3, 200))
    assert ours == theirs


def test_what_the_kernels_cannot_hold_is_refused_in_a_sentence() -> None:
    events = streams.stream(1, [streams.market("A")], count=50)
    packed = packing.pack(events, KALSHI)
    (at, first), *_ = pairs.at_random(events, KALSHI, 1, 5)
    assert type(first) is Submit
    place = msgspec.structs.replace(first.order.place, qty=None)
    asked = scripts.by_hand(events, [(at, Submit(order=msgspec.structs.replace(first.order, place=place)))])
    with pytest.raises(InputError, match="without a quantity is for the whole kernel"):
        kernels.running.script(packed, asked, kernels.at_once())
    withdrawn = scripts.by_hand(events, [(at, pairs.Withdraw(order=OrderId("none")))])
    with pytest.raises(InputError, match="none: the script withdraws or moves an order that it never placed"):
        kernels.running.script(packed, withdrawn, kernels.at_once())
    odd = msgspec.structs.replace(streams.FEES["polymarket"], exponent=2)
    with pytest.raises(InputError, match="exponent 2 is not known"):
        packing.fee_row(msgspec.structs.replace(streams.market("A"), fee=odd))
    fine = streams.market("A", "kalshi", lot="0.0000001")
    with pytest.raises(InputError, match="does not come out in whole micro-units"):
        packing.fee_row(fine)


def test_the_kernels_know_the_engines_own_numbers() -> None:
    """They are written down twice, since compiled code would keep an old one."""
    assert (layout.GRACE, layout.ENDED_KEPT) == (queue.GRACE, paper_desk.ENDED_KEPT)
    assert layout.CENT == fees.CENT / MICRO
