"""The compiled kernels fill as the engine does on the recorded days, set by set: on all of them under `make full`."""

from __future__ import annotations

import time
from importlib.util import find_spec
from itertools import islice

import pytest

from engine.core.ids import KALSHI, POLYMARKET
from engine.research import backtest, sets
from engine.research.backtest import Plan
from engine.research.fast import packing, scripts
from engine.research.sets.recording import Assumed
from tests.engine.research.fast import kernels, pairs
from tests.scale import FULL
from tests.shared import shared

pytestmark = pytest.mark.skipif(find_spec("numba") is None, reason="needs the extra research")

SETS = sorted(sets.ALL)
ORDERS = 600 if FULL else 120
SLOW = {"kalshi-ny-bbo", "kalshi-miami-minute", "polymarket-btc5m-books", "polymarket-btc5m-chainlink"}
"""A day of each takes a second to read: one way of delays is enough of them but under `make full`."""
OWN = {
    "kalshi-weather-trades": ("market_maker",),
    "kalshi-15m-crypto-trades": ("market_maker",),
    "polymarket-btc5m-ladder": ("latency_arb", "certainty_capture", "convexity_fade", "strike_misalign", "lp_extreme"),
}


def venue_of(name):
    return KALSHI if name.startswith("kalshi") else POLYMARKET


@pytest.mark.parametrize("name", SETS)
def test_orders_at_random_fill_alike_on_recorded_days(name) -> None:
    folder = shared(f"data/{name}")
    days = events = fills = 0
    slow = fast = 0.0
    for part in islice(sets.ALL[name].parts(folder, Assumed()), None if FULL else 1):
        day = list(part.events())
        packed = packing.pack(day, venue_of(name))
        for way in kernels.ways() if FULL or name not in SLOW else kernels.ways()[:1]:
            asked = scripts.by_hand(day, pairs.at_random(day, venue_of(name), part.name, ORDERS))
            began = time.process_time()
            theirs = pairs.simulated(day, asked, venue_of(name), way)
            middle = time.process_time()
            ours = kernels.running.script(packed, asked, way, pairs.AFTER)
            fast, slow = fast + time.process_time() - middle, slow + middle - began
            assert ours == theirs, (part.name, way)
            fills += len(ours)
            events += len(day)
        days += 1
    assert days
    print(f"{name}: {days} parts, {events:,} events, {fills:,} fills alike; simulator {slow:.2f} s, fast {fast:.2f} s")


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(OWN))
def test_orders_of_the_engines_strategies_fill_alike_on_recorded_days(name) -> None:
    """What strategies send through the whole kernel and its gates, sent again to the kernels."""
    plan = Plan(data=name, strategies=OWN[name])
    fills = 0
    for part in islice(backtest.chosen(plan, shared(f"data/{name}")), 2):
        recorder = scripts.Recorder(venue_of(name))
        backtest.run(plan, part, recorder)
        way = kernels.running.Fast(drawn=tuple(recorder.drawn))
        ours = kernels.running.script(packing.pack(recorder.heard, venue_of(name)), recorder.asked, way, backtest.AFTER)
        assert ours == recorder.fills, part.name
        fills += len(ours)
    print(f"{name}: {', '.join(plan.strategies)}: {fills} fills alike")
