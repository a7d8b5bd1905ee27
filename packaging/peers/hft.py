"""hftbacktest over the events: latency, queue position, the imbalance read at each feed event, orders now and then."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.order import IOC
from hftbacktest.types import event_dtype
from numba import njit

APART = 10_000


@njit
def trade(hbt):
    """Read the touch at each feed event."""
    looks = sent = 0
    pressure = 0.0
    while True:
        found = hbt.wait_next_feed(False, 10**15)
        if found != 2:
            return looks, sent, pressure, found
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_qty, depth.best_ask_qty
        if bid > 0 and ask > 0:
            pressure = (bid - ask) / (bid + ask)
            looks += 1
            if looks % APART == 0:
                sent += 1
                hbt.submit_buy_order(0, sent, depth.best_ask, 1.0, IOC, LIMIT, False)
                hbt.clear_inactive_orders(0)


def data(rows: np.ndarray) -> np.ndarray:
    """Return the events as its own rows."""
    found = np.zeros(len(rows), event_dtype)
    kinds = np.where(rows["kind"] == 1, TRADE_EVENT, DEPTH_EVENT)
    found["ev"] = kinds | np.where(rows["side"] > 0, BUY_EVENT, SELL_EVENT) | EXCH_EVENT | LOCAL_EVENT
    found["exch_ts"] = rows["at"]
    found["local_ts"] = rows["at"] + 1
    found["px"], found["qty"] = rows["price"] / 10_000, rows["lots"] / 100
    return found


def main(file: str) -> None:
    """Run each kind of its book, compiled beforehand, and print events a second."""
    rows = np.load(file)
    events = data(rows)
    for lane, make in (("HashMap", HashMapMarketDepthBacktest), ("ROIVector", ROIVectorMarketDepthBacktest)):
        for some in (events[:5_000], events):
            asset = BacktestAsset().data(some).linear_asset(1.0).constant_order_latency(35_000_000, 15_000_000)
            asset = asset.risk_adverse_queue_model().partial_fill_exchange().tick_size(0.01).lot_size(0.01)
            if lane == "ROIVector":
                asset = asset.roi_lb(0.0).roi_ub(1.0)
            hbt = make([asset.trading_value_fee_model(0.0, 0.0)])
            began, cpu = time.perf_counter(), time.process_time()
            looks, sent, _, ended = trade(hbt)
            seconds, spent = time.perf_counter() - began, time.process_time() - cpu
            hbt.close()
        about = {"lane": f"hftbacktest {lane}", "version": version("hftbacktest"), "looks": looks, "orders": sent}
        rates = {"rate": len(rows) / seconds, "cpu_rate": len(rows) / spent}
        print(json.dumps({**about, **rates, "ended": int(ended)}))


if __name__ == "__main__":
    main(sys.argv[1])
