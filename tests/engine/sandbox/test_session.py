from __future__ import annotations

import gc
import json
import os
import resource
from decimal import Decimal
from pathlib import Path

from engine.core import codec
from engine.core.commands import SetLimit, StrategyState
from engine.core.effects import Level
from engine.core.units import DAY
from engine.core.when import instant
from engine.kernel.step import Kernel
from engine.sandbox.session import PureSession
from engine.views import topics
from tests.engine.kernel.desk import STATIONS
from tests.scale import FULL

START = instant("2026-07-03T15:00:00Z")
HOUR_S = 3_600


def session(seed: int = 7, rate: float = 0.5, coin_rate: float = 1.0) -> PureSession:
    return PureSession(seed, START, STATIONS, rate=rate, coin_rate=coin_rate)


def digests(one: PureSession) -> list[str]:
    return [row.digest for row in one.kernel.view(topics.STRATEGIES).rows]


def test_the_same_seed_gives_the_same_session():
    played = []
    for _ in range(2):
        one = session()
        one.run(330)
        one.switch(StrategyState.PAPER)
        one.run(330)
        played.append((one.steps, one.orders, digests(one), one.state.total))
    assert played[0] == played[1]
    assert played[0][1] > 0, "strategies sent orders"


def test_every_strategy_runs_for_a_day_with_bounded_memory_and_without_a_fault(tmp_path):
    """24 hours in full; report in the folder that ATMX_REPORT names."""
    one = session(rate=0.2, coin_rate=0.4)
    one.run(600)
    for gate in ("DAILY_LOSS", "WEEKLY_LOSS"):  # the strategies' own halts stay
        one.ask(SetLimit(gate=gate, value=Decimal(-100_000), why="a whole day is played"))
    one.switch(StrategyState.PAPER)
    sizes = []
    for _ in range(24 if FULL else 1):
        one.run(HOUR_S)
        assert one.state.session.halted_by == ""
        engine = one.state.strategies.all[0]
        seats = one.state.strategies.seats.values()
        sizes.append(
            {
                "listings": len(one.state.listings), "windows": len(engine.windows),
                "working": one.state.register.waiting, "by_order": len(one.state.strategies.by_order),
                "reasons": sum(len(seat.reasons) for seat in seats),
                "held": sum(len(seat.real.held) for seat in seats),
            }
        )  # fmt: skip
    assert all(size["windows"] <= 8 and size["by_order"] <= 64 and size["reasons"] <= 64 * 8 for size in sizes)
    assert sizes[-1]["listings"] <= sizes[0]["listings"] + 200, "windows that are over are forgotten"
    rows = one.kernel.view(topics.STRATEGIES).rows
    assert sum(row.intents for row in rows) > 0
    loud = [note for note in one.notices if note.level >= Level.DANGER and note.code not in {"KILL", "STRATEGY_HALT"}]
    assert loud == []
    _report(one, rows, sizes, Path(os.environ.get("ATMX_REPORT") or tmp_path))


def _report(one: PureSession, rows, sizes, folder: Path) -> None:
    gc.collect()
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024)
    known = {
        "hours": len(sizes), "full": FULL, "steps": one.steps, "orders": one.orders,
        "days": (one.at - START) / DAY, "peak_rss_mb": peak,
        "first": sizes[0], "last": sizes[-1],
        "strategies": [
            {"name": row.name, "intents": row.intents, "fills": row.fills, "net": str(row.net), "why": row.code,
             "refusals": dict(row.refusals[:8]), "digest": row.digest}
            for row in rows
        ],
    }  # fmt: skip
    path = folder / "strategies.json"
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["hours"] == len(sizes)


def test_a_replay_of_a_session_proposes_and_does_the_same():
    events: list[bytes] = []
    effects: list[bytes] = []

    class Recorded(PureSession):
        def step(self, event):
            kernel = self.kernel
            if not hasattr(kernel, "_told"):
                inner = kernel.step

                def told(one):
                    found = inner(one)
                    events.append(codec.encode(one))
                    effects.append(codec.digest(found))
                    return found

                kernel.step = told
                kernel._told = True
            super().step(event)

    one = Recorded(7, START, STATIONS, rate=0.5, coin_rate=1.0)
    one.run(330)
    one.switch(StrategyState.PAPER)
    one.run(400)
    fresh = Kernel()
    assert [codec.digest(fresh.step(codec.decode(body))) for body in events] == effects
    rows = fresh.view(topics.STRATEGIES).rows
    assert [row.digest for row in rows] == digests(one)
    assert any(row.intents for row in rows)
