"""Runs over packed events: a script of orders, or a rule; with more room when there was too little."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from engine.core.commands import Tif
from engine.core.effects import Look, Replace, Submit, Withdraw
from engine.core.errors import InputError
from engine.core.instrument import Payoff
from engine.core.units import MICRO, Leg, Side
from engine.orders.simulate import MOST_JITTER, Latency
from engine.research.fast import layout as at
from engine.research.fast import playing, rules
from engine.research.fast.layout import Delays, Desk
from engine.research.fast.rules import Rule
from engine.research.fast.scripts import Fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.instrument import Instrument
    from engine.research.fast.layout import Ints
    from engine.research.fast.packing import Packed
    from engine.research.fast.scripts import Asked

TIFS: Final = {Tif.GTC: at.GTC, Tif.GTD: at.GTD, Tif.IOC: at.IOC, Tif.FOK: at.FOK}
IDLE: Final = Rule()
LEAST_ORDERS: Final = 4_096
MOST_LOTS: Final = 1 << 43
"""Of an order: its cost and fee fit into 64 bits."""
MOST_ROOM: Final = 1 << 26
"""Answers, draws or orders of one run at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fast:
    """How orders are thought to fill, as `engine.orders.simulate.Simulator` is told."""

    latency: Latency = field(default_factory=Latency)
    touch: bool = False
    seed: str = "1"
    drawn: tuple[float, ...] | None = None
    """In place of the seed: what delays were drawn from elsewhere."""


class Room(NamedTuple):
    """How much of everything a run may need; four times as much where that was too little."""

    says: int = 4_096
    draws: int = 8_192
    heap: int = 4_096
    levels: int = 256
    shrunk: int = 4_096
    orders: int = LEAST_ORDERS


FIRST: Final = Room()


@dataclass(frozen=True, slots=True)
class Played:
    """What a run left behind."""

    desk: Desk
    until: int

    @property
    def orders(self) -> int:
        """How many there were."""
        return int(self.desk.t[0, at.ORDERS])

    def answers(self, kind: int) -> Ints:
        """Return the answers of a kind that came home."""
        t = self.desk.t
        says = t[t[0, at.SAYS_AT] : t[0, at.SAYS_AT] + t[0, at.SAYS]]
        found: Ints = says[(says[:, at.SAID] == kind) & (says[:, at.HOME] <= self.until)]
        return found


def script(packed: Packed, asked: Sequence[Asked], fast: Fast, after: int = 0) -> list[Fill]:
    """Return the fills that come home of a script, in their order, until so many nanoseconds after the last event.

    Raises
    ------
    InputError
        If the script asks for what the fast path does not do; the first such order is named.
    """
    names = {name: place for place, name in enumerate(packed.names)}
    orders: dict[str, int] = {}
    table: list[list[int]] = []
    lines = [_line(one, packed, names, orders, table) for one in asked]
    o = np.array(table, np.int64).reshape(-1, at.ORDER_COLUMNS)
    todo = np.array(lines, np.int64).reshape(-1, 6)
    played = play(packed, fast, until=packed.until + after, o=o, todo=todo)
    return fills(packed, played, list(orders))


def fills(packed: Packed, played: Played, names: Sequence[str] = ()) -> list[Fill]:
    """Return the fills of a run that came home; its orders go by their names, or their numbers from 0 on."""
    first = int(played.desk.t[0, at.ORDERS_AT])
    found = []
    for row in played.answers(at.FILLED):
        number = int(row[at.WHOSE]) - first
        found.append(_fill(packed, played, row, names[number] if names else str(number)))
    return found


def play(
    packed: Packed, fast: Fast, *, until: int, o: Ints | None = None, todo: Ints | None = None,
    rule: Rule = IDLE,
) -> Played:  # fmt: skip
    """Run, with more room as long as there was too little.

    Parameters
    ----------
    o : (n, ORDER_COLUMNS) int64, optional
        Orders of a script.
    todo : (n, 6) int64, optional
        What it asks, in order of time.
    rule : Rule, optional
        In place of a script.

    Raises
    ------
    InputError
        If a price lies where no ladder was laid, or no room is enough.
    """
    room = FIRST if rule.kind == rules.NONE else room_for(len(packed.rows))
    todo = np.zeros((0, 6), np.int64) if todo is None else todo
    o = np.zeros((0, at.ORDER_COLUMNS), np.int64) if o is None else o
    how = Delays(fast.latency.out, fast.latency.back, int(fast.touch))
    while True:
        desk = _desk(packed, o, room, fast, ruled=rule.kind != rules.NONE)
        asked = todo.copy()
        asked[:, at.DO_WHOM] += desk.t[0, at.ORDERS_AT]
        playing.play(desk, how, packed.rows, packed.prices, packed.lots, asked, rule, until)
        full = int(desk.t[0, at.FULL])
        if full == 0:
            return Played(desk, until)
        room = _more(room, full, fast)


@lru_cache(maxsize=4)
def drawn(seed: str, jitter: int, n: int, given: tuple[float, ...] | None = None) -> Ints:
    """Return the first so many delays on top of the fixed part, as the simulator draws them from a seed."""
    if not jitter:
        return np.zeros(0, np.int64)
    draw = random.Random(seed).random
    some = (draw() for _ in range(n)) if given is None else given
    return np.array([int(min(-math.log1p(-one), MOST_JITTER) * jitter) for one in some], np.int64)


def room_for(rows: int) -> Room:
    """Return how much a rule is given at first: a start over costs more than memory."""
    orders = min(max(rows // 16, LEAST_ORDERS), 1 << 18)
    return Room(says=3 * orders, draws=4 * orders, orders=orders)


def _more(room: Room, full: int, fast: Fast) -> Room:
    if full == at.OFF_LADDER:
        raise InputError("an order lies at a price far from all that were quoted; the fast path laid no ladder there")
    if full == at.FULL_DRAWS and fast.drawn is not None:
        raise InputError(f"the run needs more than the {len(fast.drawn)} delays that were given")
    name = {
        at.FULL_SAYS: "says", at.FULL_DRAWS: "draws", at.FULL_HEAP: "heap", at.FULL_LEVELS: "levels",
        at.FULL_SHRUNK: "shrunk", at.FULL_ORDERS: "orders",
    }[full]  # fmt: skip
    size: int = getattr(room, name)
    if size >= MOST_ROOM:
        raise InputError(f"the run needs room for more than {MOST_ROOM} {name}")
    return room._replace(**{name: size * 4})


class _Table:
    """Kinds of rows, one after the other. Empty ones are never written: memory that nobody touches costs no time."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, int, Ints]] = []
        self.rows = 0

    def add(self, rows: Ints) -> int:
        """Append rows, filled up to the full width; return the number of the first."""
        self._parts.append((self.rows, 0, rows))
        return self.room(len(rows))

    def room(self, n: int) -> int:
        """Append empty rows."""
        first, self.rows = self.rows, self.rows + n
        return first

    def chain(self, n: int, following: int) -> int:
        """Append rows that are free, each leading to the next."""
        rows = np.arange(self.rows + 1, self.rows + n + 1).reshape(-1, 1)
        rows[-1] = -1
        self._parts.append((self.rows, following, rows))
        return self.room(n)

    def whole(self) -> Ints:
        """Return the table."""
        table = np.zeros((self.rows, at.COLUMNS), np.int64)
        for first, column, rows in self._parts:
            table[first : first + len(rows), column : column + rows.shape[1]] = rows
        return table


def _desk(packed: Packed, o: Ints, room: Room, fast: Fast, *, ruled: bool) -> Desk:
    n, table, s = len(packed.names), _Table(), np.zeros((1, at.COLUMNS), np.int64)
    table.add(s)
    width = (packed.high - packed.low) // packed.stride + 1
    bands, fees = packed.bands, packed.fees
    markets = _markets(packed, width)
    table.add(markets)
    s[0, at.ORDERS_AT], s[0, at.ORDERS], s[0, at.ORDERS_ROOM] = table.rows, 0 if ruled else len(o), room.orders
    table.room(room.orders) if ruled else table.add(o)
    s[0, at.FREE_LEVEL] = table.chain(room.levels, at.LEVEL_NEXT)
    s[0, at.FREE_SHRUNK] = table.chain(room.shrunk, at.SHRUNK_NEXT)
    terms = packed.terms.copy()
    bands_at, fees_at = table.add(bands), table.add(fees)
    terms[:, at.T_BANDS] += bands_at
    terms[:, at.T_FEE] += fees_at
    s[0, at.TERMS_AT], s[0, at.BANDS_AT] = table.add(terms), bands_at
    s[0, at.HEAP_ROOM] = max(room.heap, 4 * n)
    s[0, at.HEAP_AT], s[0, at.HITS_AT] = table.room(int(s[0, at.HEAP_ROOM])), table.room(room.orders + len(o))
    s[0, at.OLD_AT] = table.room(2 * packed.most_levels + 2)
    s[0, at.SAYS_AT], s[0, at.SAYS_ROOM] = table.room(room.says), room.says
    slots = int(2 * width.sum()) if n else 1
    return Desk(
        table.whole(), np.zeros(slots, np.int64), np.zeros(slots, np.int64),
        drawn(fast.seed, fast.latency.jitter, room.draws, fast.drawn),
    )  # fmt: skip


def _markets(packed: Packed, width: Ints) -> Ints:
    """Return the rows of markets nobody knows of yet."""
    m = np.zeros((len(width), at.COLUMNS), np.int64)
    m[1:, at.OFF] = np.cumsum(2 * width)[:-1]
    m[:, at.BASE], m[:, at.WIDTH], m[:, at.STRIDE] = packed.low, width, packed.stride
    m[:, at.TOP] = [int(1 / one.unit) if one.payoff is Payoff.BINARY else 0 for one in packed.instruments]
    m[:, [at.HEAD, at.HEAD_SELL, at.LEVELS, at.LEVELS_SELL, at.WORKS, at.WORKS_SELL]] = -1
    return m


def _line(
    one: Asked, packed: Packed, names: dict[Any, int], orders: dict[str, int], table: list[list[int]]
) -> tuple[int, ...]:
    """Return a request as the kernels read it; a new order is written into the table."""
    row, what = int(packed.ends[min(one.after, len(packed.ends) - 1)]), one.what
    match what:
        case Submit(order=order):
            place = order.place
            if place.qty is None:
                raise InputError(f"{order.order}: an order without a quantity is for the whole kernel")
            if place.instrument not in names:
                raise InputError(f"{order.order}: {place.instrument.symbol} is never listed")
            orders[order.order] = len(table)
            table.append(_order(place, names[place.instrument], packed.instruments[names[place.instrument]]))
            return (one.at, row, at.SUBMIT, len(table) - 1, 0, 0)
        case Withdraw(order=withdrawn):
            return (one.at, row, at.WITHDRAW, _row(orders, str(withdrawn)), 0, 0)
        case Replace(known=known, price=price, qty=qty):
            i = _row(orders, str(known.order))
            terms = packed.instruments[table[i][at.ONE] - 1]
            return (one.at, row, at.REPLACE, i, _yes(terms, price, known.leg), _lots(terms, qty))
        case Look():
            return (one.at, row, at.LOOK, -1, 0, 0)


def _row(orders: dict[str, int], name: str) -> int:
    if name not in orders:
        raise InputError(f"{name}: the script withdraws or moves an order that it never placed")
    return orders[name]


def _order(place: Any, one: int, terms: Instrument) -> list[int]:  # noqa: ANN401 - Place, whose quantity is there
    yes = (place.side is Side.BUY) == (place.leg is Leg.YES)
    row = [0] * at.ORDER_COLUMNS
    row[at.ONE], row[at.YES] = one + 1, at.BUY if yes else at.SELL
    row[at.SIDE], row[at.LEG] = at.BUY if place.side is Side.BUY else at.SELL, int(place.leg is Leg.NO)
    row[at.PRICE] = 0 if place.price is None else _yes(terms, place.price, place.leg)
    row[at.TOTAL] = row[at.LEFT] = _lots(terms, place.qty)
    row[at.TIF], row[at.POST] = TIFS[place.tif], int(place.post_only)
    row[at.UNTIL] = (place.until or 0) if place.tif is Tif.GTD else 0
    row[at.NEXT] = row[at.PREVIOUS] = -1
    return row


def _yes(terms: Instrument, price: int, leg: Leg) -> int:
    return price if leg is Leg.YES else int(1 / terms.unit) - price


def _lots(terms: Instrument, qty: Decimal) -> int:
    """Return a quantity in lots; 0 where the venue takes no order of it."""
    lots = 0 if qty <= 0 or qty % terms.step or qty % terms.lot else int(qty / terms.lot)
    if lots > MOST_LOTS:
        raise InputError(f"{terms.id.symbol}: an order of {qty:f} is too large for the fast path")
    return lots


def _fill(packed: Packed, played: Played, row: Ints, name: str) -> Fill:
    o = played.desk.t[row[at.WHOSE]]
    terms = packed.instruments[o[at.ONE] - 1]
    of_yes = int(row[at.AT_YES]) * terms.unit
    each = of_yes if o[at.LEG] == 0 else 1 - of_yes
    qty = int(row[at.OF_LOTS]) * terms.lot
    return Fill(
        name, int(row[at.HOME]), int(row[at.HAPPENED]), each, qty, qty * each, int(row[at.FOR_FEE]) * MICRO,
        bool(row[at.AS_MAKER]),
    )  # fmt: skip
