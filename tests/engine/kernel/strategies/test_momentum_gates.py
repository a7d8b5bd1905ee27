"""The golden gate cases of the leader through the kernel: prices move so, and momentum fires or stays silent so.

Each case says how three brackets move, how wide, deep and busy the judged one is, and how likely a new high is.
Prices are quoted along that motion, and temperatures are reported that make the hazard about as asked for.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.events import BookSnapshot, Listed, StationForecast, Trade
from engine.core.ids import KALSHI, InstrumentId, StationId
from engine.core.instrument import Band, Strike
from engine.core.reading import HourQuantiles
from engine.core.units import HOUR, Lots, Nanos, Side, Ticks
from engine.strategies.momentum import Momentum
from engine.strategies.momentum_terms import NAME
from tests.engine.kernel.strategies.momentum_desk import FEE, STATION
from tests.engine.kernel.strategies.momentum_desk import Running as Session
from tests.engine.kernel.venue import START, SYMBOLS, family, instrument, opened
from tests.shared import shared

EDGES = ((None, 52), (53, 54), (55, None))
MIDS = (3_000, 3_500, 3_000)
"""Of the last moment, ticks."""
SAMPLES = 9
TRENDS = {0.6: 24, 0.3: 3, 0.05: -14}
"""Tenths of a degree Celsius an hour before the last report, by the hazard that is asked for."""
CLASSES = {0.6: (0.5, 1.0), 0.3: (0.1, 0.5), 0.05: (0.0, 0.1)}


class Running(Session):
    """Three brackets that move as they are told."""

    def __init__(self, trend: int) -> None:
        self.trend = trend
        super().__init__(opened(stations=(STATION,)))

    def registry(self) -> tuple[Any, ...]:
        self.momentum = Momentum()
        return (self.momentum,)

    def ready(self) -> None:
        self.connect()
        grid = (Band(Ticks(1), Ticks(9_999), Ticks(1)),)
        some = tuple(
            instrument(n, fee=FEE, grid=grid, strike=Strike(low=low, high=high, unit="°F"))
            for n, (low, high) in enumerate(EDGES)
        )
        listed = family(
            members=tuple(one.id for one in some), station="KMDW", unit="°F", closes=Nanos(START + 16 * HOUR),
            title="Highest temperature in Chicago",
        )  # fmt: skip
        self.do(Listed(at=self.at, family=listed, instruments=some))
        for hour in range(6, 0, -1):
            self.report(-hour, 60 - self.trend * (hour - 1))
        hours = tuple(
            HourQuantiles(valid_at=Nanos(START + h * HOUR), p10=m - 0.6, p50=m, p90=m + 0.6)
            for h in range(20)
            for m in (43.0 + 10.5 * min(h, 12) / 12,)
        )
        self.do(StationForecast(at=self.at, station=StationId("KMDW"), run="HRRR 06Z", hours=hours))

    def quote(self, n: int, mid: float, spread_c: float, bid: int, ask: int) -> None:  # type: ignore[override]
        low, high = round(mid - 50 * spread_c), round(mid + 50 * spread_c)
        self.do(
            BookSnapshot(
                at=self.at, instrument=InstrumentId(KALSHI, SYMBOLS[n]), bids=((Ticks(low), Lots(100 * bid)),),
                asks=((Ticks(high), Lots(100 * ask)),),
            )
        )  # fmt: skip

    def move(self, case: dict[str, Any]) -> Any:
        """Let the brackets move as a case says; return what was decided of the judged one."""
        for name, value in (("tolerance", "0.5"), ("maker_edge", "0")):
            self.ask(SetParameter(strategy=NAME, name=name, value=value), 1.0)
        self.ask(SetStrategy(strategy=NAME, to=StrategyState.PAPER), 1.0)
        judged = case.get("j", 1)
        bid = round(10 * case["qi"])
        for k in range(1 - SAMPLES, 1):
            for n in range(3):
                mid = MIDS[n] + 1e4 * (case["vel"][n] * k + 0.5 * case["acc"][n] * k * k)
                self.quote(n, mid, case["spread_c"] if n == judged else 3, bid if n == judged else 5,
                           10 - bid if n == judged else 5)  # fmt: skip
            if k == 1 - SAMPLES:
                lots = Lots(round(100 * case["volume"] / 5))
                for _ in range(5):
                    one = InstrumentId(KALSHI, SYMBOLS[judged])
                    self.do(Trade(at=self.at, instrument=one, price=Ticks(3_500), lots=lots, taker=Side.SELL))
            self.beat()
            self.run(1)
        event = next(iter(self.momentum._events.values()))
        return event.seen, event.decision, event.decision.gates[judged]


def cases() -> list[dict[str, Any]]:
    models = json.loads(shared("golden/models.json").read_text())
    found = models.get("models", models)
    if isinstance(found, dict):
        return found["kalshi.accel_gate"]["cases"]
    return next(one for one in found if one.get("name", one.get("model")) == "kalshi.accel_gate")["cases"]


def test_each_golden_gate_case_fires_or_stays_silent_through_the_kernel() -> None:
    some = cases()
    assert len(some) >= 8
    for case in some:
        given, wanted = case["in"], case["out"]
        asked = min(CLASSES, key=lambda h: abs(h - given["hazard_"]))
        session = Running(TRENDS[asked])
        seen, decision, gate = session.move(given)
        low, high = CLASSES[asked]
        assert low <= seen.sky.hazard_60 <= high, (case["name"], seen.sky.hazard_60)
        for n in range(3):
            assert seen.acceleration[n] == pytest.approx(given["acc"][n], abs=3e-5)
            assert seen.velocity[n] == pytest.approx(given["vel"][n], abs=3e-4)
        assert gate.value == wanted["gate"], (case["name"], gate)
        session.run(1)
        sent = [one for one in session.orders() if one.place.side is Side.BUY]
        assert bool(sent) is (wanted["gate"] == "PASS"), (case["name"], decision, session.seat.reasons)
