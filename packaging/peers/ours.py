"""This program over the events: the whole kernel with a strategy in Python, and the compiled kernels."""

from __future__ import annotations

import gc
import json
import sys
import time

import numpy as np

from app.bench import quotes, replay, trader
from engine.core.events import BookDelta, BookSnapshot, Trade
from engine.core.ids import KALSHI
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.research.fast import packing, rules, running


def events(rows: np.ndarray, bench: replay.Bench) -> list:
    """Return the events as the engine's own, the book that they begin from as one."""
    shift, name = bench.at - int(rows["at"][0]), bench.instrument.id
    first = int(np.searchsorted(rows["at"], rows["at"][0], side="right"))
    sides = [tuple((int(r["price"]), int(r["lots"])) for r in rows[:first] if r["side"] == side) for side in (1, -1)]
    found: list = [BookSnapshot(at=bench.at, instrument=name, bids=sides[0], asks=sides[1], seq=1)]
    for n, (at, kind, side, price, lots) in enumerate(rows[first:].tolist()):
        when, where = Nanos(at + shift), Side.BUY if side > 0 else Side.SELL
        if kind:
            found.append(Trade(at=when, instrument=name, price=Ticks(price), lots=Lots(lots), taker=where,
                               trade_id=f"t{n}"))  # fmt: skip
        else:
            found.append(BookDelta(at=when, instrument=name, side=where, price=Ticks(price), lots=Lots(lots)))
    return found


def said(lane: str, count: int, wall: float, cpu: float, **more: object) -> None:
    """Print a lane's line."""
    print(json.dumps({"lane": lane, "version": "", "rate": count / wall, "cpu_rate": count / cpu, **more}))


def whole(rows: np.ndarray) -> None:
    """Run through the kernel, its gates and the paper exchange."""
    bench = replay.Bench()
    some = events(rows, bench)
    gc.collect()
    gc.disable()
    began, cpu = time.perf_counter(), time.process_time()
    for event in some:
        bench.take(event)
    said("atmx, whole kernel", len(some), time.perf_counter() - began, time.process_time() - cpu,
         looks=bench.strategy.looks, orders=bench.orders)  # fmt: skip
    gc.enable()


def compiled(rows: np.ndarray) -> None:
    """Run through the compiled kernels: a taker's rule that acts as often as the others, and none."""
    bench = replay.Bench()
    made = quotes.ALL[KALSHI](lambda: bench.at)
    began = time.perf_counter()
    packed = packing.pack([*trader.ready(made, bench.at), *events(rows, bench)], KALSHI)
    build = time.perf_counter() - began
    taker = rules.Rule(
        rules.TAKES, size=100, most=1 << 40, away=10_000, lean=0, apart=replay.ORDERS_APART * replay.APART, legs=1
    )
    for lane, rule in (("atmx, compiled, taker's rule", taker), ("atmx, compiled, no rule", rules.Rule())):
        for _ in range(3):
            began, cpu = time.perf_counter(), time.process_time()
            played = running.play(packed, running.Fast(), until=packed.until, rule=rule)
            wall, spent = time.perf_counter() - began, time.process_time() - cpu
        said(lane, len(packed.rows), wall, spent, orders=played.orders, build_s=build)


if __name__ == "__main__":
    {"whole": whole, "compiled": compiled}[sys.argv[2]](np.load(sys.argv[1]))
