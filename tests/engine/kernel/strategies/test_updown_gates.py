"""The golden gate cases of S1 to S5, driven through the kernel by trades and books, never by calling a strategy."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from engine.core.ids import StrategyId
from engine.core.units import SECOND
from tests.engine.kernel.strategies.updown_desk import BEGINS, Desk
from tests.shared import SHARED

OWN: tuple[dict[str, Any], ...] = (
    {
        "name": "S1 up", "out": {"gate": "PASS", "side": "UP", "price": 0.6, "size_frac": 0.02, "passive": False},
        "in": {"S0": 68040.0, "K": 68000.0, "sigma": 6e-05, "tau": 120.0, "name": "latency_arb", "up_ask": 0.6},
    },
    {
        "name": "S2 z low", "out": {"gate": "z"},
        "in": {"S0": 68020.0, "K": 68000.0, "sigma": 6e-05, "tau": 120.0, "name": "certainty_capture", "up_ask": 0.5},
    },
    {
        "name": "S3 tau", "out": {"gate": "tau"},
        "in": {"S0": 68000.0, "K": 68000.0, "sigma": 6e-05, "tau": 29.0, "name": "convexity_fade", "up_ask": 0.42},
    },
)  # fmt: skip
"""From the specification, so that the project is guarded without the shared cases."""
TRADED = ("latency_arb", "lp_extreme")
MS = SECOND // 1_000


def cases() -> list[Any]:
    file = SHARED / "golden" / "models.json"
    if not file.exists():
        return list(OWN)
    found = json.loads(file.read_text(encoding="utf-8"))
    return [*OWN, *found.get("models", found)["updown.strategies"]["cases"]]


def drive(case: dict[str, Any]) -> tuple[Desk, str]:
    """Bring price, strike, volatility, average, regime, time and book about by events."""
    given = case["in"]
    name, tau, strike = given["name"], given["tau"], given["K"]
    opening = given.get("elapsed_s", 100.0) < 15.0
    desk = Desk()
    desk.told("latency_arb", "oracle_delay_s", "0")
    look = BEGINS + round((given["elapsed_s"] if opening else 300.0 - tau) * SECOND)
    if given["sigma"]:  # returns of one size, a second apart: their mean square is it, whatever the decay
        _wander(desk, BEGINS - 20 * SECOND, 24 if opening else 20, strike, given["sigma"])
    else:
        desk.trade_at(BEGINS - 500 * MS, strike)
        desk.trade_at(BEGINS, strike)
    desk.switch(name)
    _settle_in(desk, case, look)
    return desk, name


def _wander(desk: Desk, begins: int, steps: int, price: float, sigma: float) -> None:
    for n in range(steps + 1):
        desk.trade_at(begins + n * SECOND, price * math.exp(sigma) if n % 2 else price, 1e-8)


def _settle_in(desk: Desk, case: dict[str, Any], look: int) -> None:
    given = case["in"]
    spot, sigma = given["S0"], given["sigma"]
    begins = look - 20_500 * MS
    if sigma and begins > BEGINS:  # after a minute of silence no return leads to the price: it begins anew there
        _wander(desk, begins, 20, spot, sigma)
    if given.get("vwap_") is not None and sigma:
        desk.trade_at(look - 40 * MS, 2 * given["vwap_"] - spot, 10.0)
        desk.trade_at(look - 30 * MS, spot, 10.0)
    if given.get("regime_") == "Trend":
        for n in range(400):
            desk.trade_at(look - (500 - n) * MS, spot - (400 - n) * 1e-7, 1e-8)
    asks = {"ask": given.get("up_ask", 0.0), "down_ask": given.get("down_ask", 0.0)}
    if asks["ask"] > 0.0 and asks["down_ask"] > 0.0 and asks["ask"] + asks["down_ask"] <= 1.0:
        asks["ask" if case["out"].get("side") == "DOWN" or given["name"] == "lp_extreme" else "down_ask"] = 0.0
    desk.to(look - 20 * MS)
    if given["name"] in TRADED:
        desk.quote_up(**asks)
        desk.trade_at(look, spot, 1e-8)
    else:
        desk.trade_at(look - 10 * MS, spot, 1e-8)
        desk.to(look)
        desk.quote_up(**asks)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_each_strategy_fires_and_stays_silent_as_its_golden_case_says(case):
    desk, name = drive(case)
    seat, out = desk.seat(name), case["out"]
    if out["gate"] != "PASS":
        assert seat.intents == 0
        assert seat.why.code == out["gate"]
        return
    assert seat.last is not None, seat.why
    signal = next(iter(desk.engine.windows.values())).signals[StrategyId(name)]
    assert (signal.side.value, signal.passive) == (out["side"], out["passive"])
    assert signal.price == pytest.approx(out["price"], rel=1e-12)
    assert signal.size == pytest.approx(out["size_frac"], rel=1e-6)
    for field, value in (("fair", signal.fair), ("edge", signal.edge), ("confidence", signal.confidence)):
        if field in out:
            assert value == pytest.approx(out[field], rel=1e-6), field
    assert len(desk.orders(name)) == 1, seat.why
