"""Deribit's books under measurement: a change of two levels from its frame's bytes to events, and into the book.

The frames have the shape and the length of recorded ones of the perpetual, whose book has some hundred prices a side.
"""

from __future__ import annotations

import json
import random
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.bench import figures
from engine.book.sparse import SparseLadder
from engine.core.events import BookDelta, BookSnapshot
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.instrument import Instrument, Payoff
from engine.core.units import Nanos
from engine.venues.deribit import wire
from engine.venues.deribit.channels import Channels
from engine.venues.deribit.numbers import Scale

if TYPE_CHECKING:
    from app.bench.figures import Figure

FRAMES: Final = 4_000
"""Of a round."""
ROUNDS: Final = 10
LEVELS: Final = 120
NAME: Final = "BTC-PERPETUAL"
MIDDLE: Final = 86_000.0


class Listed:
    """The venue's directory, as far as a socket's channels look at it."""

    def __init__(self) -> None:
        self.scales = {NAME: Scale(Decimal("0.5"), Decimal(1))}
        self.instruments = {NAME: Instrument(id=InstrumentId(DERIBIT, NAME), title=NAME, payoff=Payoff.LINEAR)}

    def stale(self) -> None:
        """Forget nothing."""


class Market:
    """One book that wanders, in the venue's words."""

    def __init__(self) -> None:
        self._rng = random.Random(5)
        self._change = 169_600_000_000

    def whole(self) -> bytes:
        """Return the whole book."""
        sides = {
            side: [["new", MIDDLE + sign * 0.5 * (n + 1), 10 * (n + 1)] for n in range(LEVELS)]
            for side, sign in (("bids", -1), ("asks", 1))
        }
        return self._frame({"type": "snapshot", **sides})

    def move(self) -> bytes:
        """Return a change of one price on each side."""
        sides: dict[str, list[list[object]]] = {}
        for side, sign in (("bids", -1), ("asks", 1)):
            price = MIDDLE + sign * 0.5 * self._rng.randrange(1, LEVELS)
            gone = self._rng.random() < 0.15
            sides[side] = [["delete" if gone else "change", price, 0 if gone else 10 * self._rng.randrange(1, 9_999)]]
        before = self._change
        self._change += self._rng.randrange(1, 400)
        return self._frame({"type": "change", **sides, "prev_change_id": before})

    def _frame(self, more: dict[str, object]) -> bytes:
        data = {"timestamp": 1_786_563_085_228, "instrument_name": NAME, "change_id": self._change, **more}
        params = {"channel": f"book.{NAME}.raw", "data": data}
        return json.dumps({"jsonrpc": "2.0", "method": "subscription", "params": params}).encode()


def _channels() -> tuple[Market, Channels]:
    listed: Any = Listed()
    market, channels = Market(), Channels(listed)
    channels.want(frozenset({NAME}), Nanos(0))
    channels.opened(Nanos(0), raw=True)
    first = wire.read(market.whole())
    assert isinstance(first, wire.News)
    assert isinstance(channels.news(first, Nanos(1))[0], BookSnapshot)
    return market, channels


def decode_deribit() -> Figure:
    """A frame of two changed levels, from its bytes to its events."""
    market, channels = _channels()
    samples = []
    for _ in range(ROUNDS):
        raws = [market.move() for _ in range(FRAMES)]
        told = 0
        began = time.perf_counter_ns()
        for raw in raws:
            told += len(channels.booked(raw, Nanos(2)) or ())
        samples.append((time.perf_counter_ns() - began) / FRAMES)
        assert told == 2 * FRAMES
    return figures.of(samples[2:], "ns", levels=2)


def frame_to_book_deribit() -> Figure:
    """The same, and into the book with its best prices."""
    market, channels = _channels()
    book = SparseLadder()
    samples = []
    for _ in range(ROUNDS):
        raws = [market.move() for _ in range(FRAMES)]
        began = time.perf_counter_ns()
        for raw in raws:
            for event in channels.booked(raw, Nanos(2)) or ():
                if type(event) is BookDelta:
                    book.put(event.side, event.price, event.lots)
        samples.append((time.perf_counter_ns() - began) / FRAMES)
    assert not book.crossed
    return figures.of(samples[2:], "ns", levels=2)


ALL: Final = {"decode_deribit": decode_deribit, "frame_to_book_deribit": frame_to_book_deribit}
