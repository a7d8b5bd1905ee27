"""Sweeps in a process of their own, since Dask leaves threads behind: here, on two cores, on a cluster."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.research import sweep
from engine.research.backtest import Plan
from engine.research.sweep import Axis, Sweep


def sweeps(parts=()):
    """A rule through the kernels, and a strategy through the whole kernel."""
    plan = Plan(data="polymarket-btc5m-ladder", strategies=("takes",), parts=parts)
    wide = (Axis("size", ("5", "20")), Axis("away", ("3",)), Axis("lean", ("0", "10")), Axis("latency", ("35", "500")))
    whole = Plan(data=plan.data, strategies=("latency_arb",), parts=parts)
    return Sweep(plan=plan, axes=wide), Sweep(plan=whole, axes=(Axis("latency", ("35", "20000")),))


def main(folder: Path) -> None:
    """Run both everywhere."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="CRITICAL"
    ) as cluster:
        rule, whole = sweeps()
        there = {"scheduler": cluster.scheduler_address}
        for one, where in ((rule, {}), (rule, {"jobs": 2}), (rule, there), (whole, {}), (whole, there)):
            came = sweep.run(one, folder, sweep.store(None), **where)
            print(" ".join(f"{some.fills}:{some.gross}:{some.fees}:{some.digest}" for some in came))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
