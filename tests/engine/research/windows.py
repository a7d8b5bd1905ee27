"""Made-up windows in the form of `polymarket-btc5m-ladder`, from its description, for checkouts without the data."""

from __future__ import annotations

import json
import random
from pathlib import Path

START = 1_785_106_200
OFFSETS = (120, 90, 60, 45, 30, 20, 10)


def write(folder: Path, windows: int = 4, seed: int = 3) -> Path:
    """Write a set of windows in which the books lag behind the spot, and return its folder."""
    chance, rows, spot = random.Random(seed), [], 65_000.0
    for number in range(windows):
        start, opened = START + 300 * number, spot
        samples = []
        for offset in OFFSETS:
            spot += chance.gauss(0.0, 25.0)
            ask = round(min(0.97, max(0.04, 0.5 + (spot - opened) / 400 + 0.01)), 2)
            samples.append(
                {
                    "offset": offset, "t": -offset + 1.5, "spot": round(spot, 2), "delta_pct": 0.0,
                    "up": {"ask": ask, "bid": round(ask - 0.02, 2), "ask_depth": 900.0, "bid_depth": 800.0},
                    "down": {"ask": round(1.02 - ask, 2), "bid": round(1 - ask, 2), "ask_depth": 800.0,
                             "bid_depth": 900.0},
                }
            )  # fmt: skip
        rows.append(
            {"window_ts": start, "slug": f"btc-updown-5m-{start}", "open_px": round(opened, 2), "liquidity": 1.0,
             "samples": samples, "winner": "UP" if spot >= opened else "DOWN"}
        )  # fmt: skip
    made = folder / "polymarket-btc5m-ladder"
    made.mkdir()
    (made / "ladder.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made
