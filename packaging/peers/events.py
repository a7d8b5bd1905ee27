"""The million events that every engine is given: the replay benchmark's own, as one array on disk."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from app.bench import replay
from engine.core.events import BookSnapshot, Trade
from engine.core.units import Side

KIND = np.dtype([("at", "i8"), ("kind", "u1"), ("side", "i1"), ("price", "i4"), ("lots", "i8")])
"""`kind` 0 is a level, 1 a trade; `side` 1 is the bid or a buyer, -1 the ask or a seller; a tick is 0.0001."""


def main(file: Path, count: int) -> None:
    """Write them: the book that it begins from, level by level, then the stream."""
    bench = replay.Bench()
    whole = bench.whole()
    rows = [(int(whole.at), 0, side, price, lots) for side, levels in sides(whole) for price, lots in levels]
    for event in replay.stream(bench, count):
        if isinstance(event, Trade):
            rows.append((int(event.at), 1, 1 if event.taker is Side.BUY else -1, event.price, event.lots))
        else:
            rows.append((int(event.at), 0, 1 if event.side is Side.BUY else -1, event.price, event.lots))
    np.save(file, np.array(rows, KIND))


def sides(whole: BookSnapshot) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    """Return both sides of a book with their sign."""
    return (1, whole.bids), (-1, whole.asks)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
