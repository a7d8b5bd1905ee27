"""How the kernels hold things: columns of their tables, codes, and what a run has of them. Everything is an integer.

Prices are ticks of YES, sizes lots, times nanoseconds, fees micro-units. 0 stands for "none" where a price, a time or
a code may be absent, and -1 where a row or a number of lots may be.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
"""One-dimensional."""
Given = NDArray[np.int64]
"""One-dimensional, and only read."""
Table = NDArray[np.int64]
"""(n, COLUMNS)."""
Rows = NDArray[Any]
"""Of `ROW`, only read."""

BUY, SELL = 0, 1
"""Sides as the kernels count them: what stands on one is met from the other."""
GRACE: Final = 250_000_000
"""As `engine.orders.queue.GRACE`."""
ENDED_KEPT: Final = 5_000
"""As `engine.orders.paper_desk.ENDED_KEPT`."""
CENT: Final = 10_000
"""In micro-units."""

ROW: Final = np.dtype(
    [
        ("at", np.int64), ("lots", np.int64), ("price", np.int32), ("one", np.int32), ("bid", np.int32),
        ("ask", np.int32), ("kind", np.uint8), ("side", np.int8), ("by", np.uint8),
    ],
    align=True,
)  # fmt: skip
"""One thing that happened on a market. `side` is -1 where nobody says; of a snapshot `lots` is its first level, `bid`
and `ask` are how many there are; of terms and steps `price` is their row."""
NOTHING, KNOW, STATUS, STEPS, SNAPSHOT, DELTA, STALE, TRADE = range(8)

# columns of a market, and what a rule remembers of it
OFF, BASE, WIDTH, STRIDE, TOP, BEST, BEST_ASK, COUNT, COUNT_ASK, TAKEN, DOUBT, STATE, CLOSES, KNOWN, BANDS, BANDS_N, \
    LEAST, FEE, HEAD, HEAD_SELL, LEVELS, LEVELS_SELL, HELD, DID, DID_SELL, WORKS, WORKS_SELL, QUOTED, \
    QUOTED_SELL, BEST_KEY, BEST_KEY_ASK = range(31)  # fmt: skip
COLUMNS: Final = 31
"""Of the table; no kind of row has more. The slot of a best price says nothing where there is no such price."""
UNOPENED, OPEN, PAUSED, CLOSED, DETERMINED, SETTLED = range(1, 7)

# columns of an order
ONE, YES, SIDE, LEG, PRICE, TOTAL, LEFT, TIF, UNTIL, POST, NUMBER, AHEAD, SHAVED, ORDER_STATE, NEXT, PREVIOUS, RESTS, \
    ENDED, BEFORE, DONE = range(20)  # fmt: skip
ORDER_COLUMNS: Final = 20
GTC, GTD, IOC, FOK = range(4)
FRESH, WORKING, OVER, REFUSED = range(4)

# columns of what is not yet explained at a price of ours, and of one shrinking of it
AT_PRICE, LEVEL_NEXT, LOOSE, TRADED, TRADED_AT, FIRST, LAST = range(7)
SHRUNK_AT, SHRUNK_LOTS, SHRUNK_BEFORE, SHRUNK_NEXT = range(4)

# columns of terms, and of a fee
T_STATE, T_CLOSES, T_BANDS, T_BANDS_N, T_LEAST, T_FEE = range(6)
FEE_KIND, TAKER, TAKER_PER, MAKER, MAKER_PER, FEE_STEP, SHAVE_STEP, COST, WAIVED, FEE_TOP = range(10)
FEE_COLUMNS: Final = 10
NO_FEE, OF_COST, KALSHI, KALSHI_CENTS, POLYMARKET, UNKNOWN_FEE = range(6)

# columns of what is under way
WHEN, TURN, WHAT, WHOM, PRICE_TO, LOTS_TO = range(6)
UNDER_WAY_COLUMNS: Final = 6
SUBMIT, WITHDRAW, REPLACE, LOOK, CLOSE, EXPIRE = range(1, 7)

# columns of a script
DO_AT, DO_ROW, DO, DO_WHOM, DO_PRICE, DO_LOTS = range(6)

# columns of an answer
HOME, SAID, WHOSE, HAPPENED, AT_YES, OF_LOTS, AS_MAKER, FOR_FEE, SERIAL = range(9)
ACCEPTED, REJECTED, FILLED, CANCELED, EXPIRED, AMENDED, AMEND_REFUSED, PICTURED = range(1, 9)

# columns of the first row: what a run has one of, and where its kinds of rows begin
ORDERS, NUMBERS, PLANS, HEAPED, LAST_IN, LAST_OUT, DRAWN, SAYS, HEARD, FREE_LEVEL, FREE_SHRUNK, HITS, ENDS, FULL, \
    WANTS, WANTS_SELL, WANTS_PRICE, WANTS_PRICE_SELL, ORDERS_AT, ORDERS_ROOM, HEAP_AT, HEAP_ROOM, SAYS_AT, SAYS_ROOM, \
    HITS_AT, OLD_AT, TERMS_AT, BANDS_AT = range(28)  # fmt: skip
FULL_SAYS, FULL_DRAWS, FULL_HEAP, FULL_LEVELS, FULL_SHRUNK, FULL_ORDERS, OFF_LADDER = range(1, 8)
"""Why a run must be done again with more room; the last, that a price lies where no ladder was laid."""


class Desk(NamedTuple):
    """All that a run writes to.

    One table holds every kind of row, since each array that a function is given costs as much to compile as the
    function itself. A row is known by its number, whatever its kind.
    """

    t: Table
    """The first row, markets, orders, levels, shrinkings, terms, bands, fees, what is under way, answers."""
    depth: Ints
    """What stands at each price, market by market, bids then asks."""
    taken: Ints
    """What we took of it."""
    late: Ints
    """Drawn delays, nanoseconds; empty where delays do not vary."""


class Delays(NamedTuple):
    """Fixed parts of the delays, and the fill model."""

    out: int
    back: int
    touch: int
