"""Our orders in the queues of a market's levels. As `engine.orders.queue`, which says by which rules, line by line."""

from __future__ import annotations

from engine.research.fast import ladder
from engine.research.fast.charges import divided
from engine.research.fast.jit import compiled
from engine.research.fast.layout import (
    AHEAD,
    AT_PRICE,
    BUY,
    DOUBT,
    FIRST,
    FREE_LEVEL,
    FREE_SHRUNK,
    FULL,
    FULL_LEVELS,
    FULL_SHRUNK,
    GRACE,
    HEAD,
    LAST,
    LEVEL_NEXT,
    LEVELS,
    LOOSE,
    NEXT,
    NUMBER,
    ONE,
    PREVIOUS,
    PRICE,
    RESTS,
    SHRUNK_AT,
    SHRUNK_BEFORE,
    SHRUNK_LOTS,
    SHRUNK_NEXT,
    TRADED,
    TRADED_AT,
    YES,
    Desk,
)


@compiled
def reaches(ours: int, traded: int, side: int) -> bool:
    """Whether a trade at a price is at or beyond an order of ours on that side."""
    return ours >= traded if side == BUY else ours <= traded


@compiled
def here(d: Desk, one: int, side: int, price: int) -> int:
    """Return the first of our orders at a price; -1 for none. The others at it follow."""
    i = d.t[one, HEAD + side]
    while i >= 0:
        ours = d.t[i, PRICE]
        if ours == price:
            return i
        if ours < price if side == BUY else ours > price:
            return -1
        i = d.t[i, NEXT]
    return -1


@compiled
def rest(d: Desk, i: int, ahead: int) -> None:
    """Put an order into the queue, behind everything that stands at its price."""
    o, one, side = d.t, d.t[i, ONE], d.t[i, YES]
    price, number = o[i, PRICE], o[i, NUMBER]
    before, at = -1, d.t[one, HEAD + side]
    while at >= 0:
        other = o[at, PRICE]
        better = other > price if side == BUY else other < price
        if not (better or (other == price and o[at, NUMBER] < number)):
            break
        before, at = at, o[at, NEXT]
    o[i, AHEAD], o[i, RESTS] = ahead, 1
    o[i, NEXT], o[i, PREVIOUS] = at, before
    if at >= 0:
        o[at, PREVIOUS] = i
    if before >= 0:
        o[before, NEXT] = i
    else:
        d.t[one, HEAD + side] = i


@compiled
def _shift(d: Desk, level: int) -> None:
    """Let go of the oldest shrinking of a level."""
    first = d.t[level, FIRST]
    d.t[level, FIRST] = d.t[first, SHRUNK_NEXT]
    d.t[first, SHRUNK_NEXT] = d.t[0, FREE_SHRUNK]
    d.t[0, FREE_SHRUNK] = first


@compiled
def forget(d: Desk, one: int, side: int, price: int) -> None:
    """Forget what was not explained at a price."""
    levels, before, at = d.t, -1, d.t[one, LEVELS + side]
    while at >= 0 and levels[at, AT_PRICE] != price:
        before, at = at, levels[at, LEVEL_NEXT]
    if at < 0:
        return
    while levels[at, FIRST] >= 0:
        _shift(d, at)
    if before >= 0:
        levels[before, LEVEL_NEXT] = levels[at, LEVEL_NEXT]
    else:
        d.t[one, LEVELS + side] = levels[at, LEVEL_NEXT]
    levels[at, LEVEL_NEXT] = d.t[0, FREE_LEVEL]
    d.t[0, FREE_LEVEL] = at


@compiled
def drop(d: Desk, i: int) -> None:
    """Take an order out of the queue, if it is there."""
    o = d.t
    if not o[i, RESTS]:
        return
    one, side, price = o[i, ONE], o[i, YES], o[i, PRICE]
    before, after = o[i, PREVIOUS], o[i, NEXT]
    if before >= 0:
        o[before, NEXT] = after
    else:
        d.t[one, HEAD + side] = after
    if after >= 0:
        o[after, PREVIOUS] = before
    o[i, RESTS] = 0
    if here(d, one, side, price) < 0:
        forget(d, one, side, price)


@compiled
def level_at(d: Desk, one: int, side: int, price: int) -> int:
    """Return what is not yet explained at a price; -1 for nothing."""
    at = d.t[one, LEVELS + side]
    while at >= 0 and d.t[at, AT_PRICE] != price:
        at = d.t[at, LEVEL_NEXT]
    return at


@compiled
def level_made(d: Desk, one: int, side: int, price: int) -> int:
    """Return what is not yet explained at a price, made if there was nothing; 0 where there is no room."""
    at = level_at(d, one, side, price)
    if at >= 0:
        return at
    levels, at = d.t, d.t[0, FREE_LEVEL]
    if at < 0:
        d.t[0, FULL] = FULL_LEVELS
        return 0
    d.t[0, FREE_LEVEL] = levels[at, LEVEL_NEXT]
    levels[at, AT_PRICE], levels[at, LEVEL_NEXT] = price, d.t[one, LEVELS + side]
    levels[at, LOOSE] = levels[at, TRADED] = levels[at, TRADED_AT] = 0
    levels[at, FIRST] = levels[at, LAST] = -1
    d.t[one, LEVELS + side] = at
    return at


@compiled
def _push(d: Desk, level: int, at: int, lots: int, before: int) -> None:
    """Note a shrinking of a level."""
    new = d.t[0, FREE_SHRUNK]
    if new < 0:
        d.t[0, FULL] = FULL_SHRUNK
        return
    d.t[0, FREE_SHRUNK] = d.t[new, SHRUNK_NEXT]
    d.t[new, SHRUNK_AT], d.t[new, SHRUNK_LOTS], d.t[new, SHRUNK_BEFORE] = at, lots, before
    d.t[new, SHRUNK_NEXT] = -1
    if d.t[level, FIRST] < 0:
        d.t[level, FIRST] = new
    else:
        d.t[d.t[level, LAST], SHRUNK_NEXT] = new
    d.t[level, LAST] = new


@compiled
def hold(d: Desk, one: int, side: int, price: int) -> None:
    """No more can be ahead than stands there, and what left without a reason yet."""
    if d.t[one, DOUBT]:
        return
    i = here(d, one, side, price)
    if i < 0:
        return
    level = level_at(d, one, side, price)
    most = d.depth[ladder.key_of(d, one, side, price)] + (d.t[level, LOOSE] if level >= 0 else 0)
    while i >= 0 and d.t[i, PRICE] == price:
        if d.t[i, AHEAD] < 0 or d.t[i, AHEAD] > most:
            d.t[i, AHEAD] = most
        i = d.t[i, NEXT]


@compiled
def settle(d: Desk, one: int, side: int, price: int, at: int) -> None:
    """Count shrinkings that no trade explained in time as cancels, ahead of us in proportion."""
    level = level_at(d, one, side, price)
    if level < 0:
        return
    levels, shrunk = d.t, d.t
    if levels[level, TRADED] and at - levels[level, TRADED_AT] > GRACE:
        levels[level, TRADED] = 0
    while levels[level, FIRST] >= 0 and at - shrunk[levels[level, FIRST], SHRUNK_AT] > GRACE:
        oldest = levels[level, FIRST]
        lots, before = shrunk[oldest, SHRUNK_LOTS], shrunk[oldest, SHRUNK_BEFORE]
        levels[level, LOOSE] -= lots
        _shift(d, level)
        i = here(d, one, side, price)
        while i >= 0 and d.t[i, PRICE] == price:
            ahead = d.t[i, AHEAD]
            if ahead > 0:
                d.t[i, AHEAD] = ahead - divided(ahead, lots, max(before, ahead, 1))[0]
            i = d.t[i, NEXT]
    if levels[level, FIRST] < 0 and levels[level, TRADED] == 0:
        forget(d, one, side, price)
    hold(d, one, side, price)


@compiled
def moved(d: Desk, one: int, side: int, price: int, before: int, after: int, at: int) -> None:
    """A level with orders of ours changed: what it lost was traded, or else cancelled."""
    settle(d, one, side, price, at)
    if after < before:
        level = level_made(d, one, side, price)
        explained = min(before - after, d.t[level, TRADED])
        d.t[level, TRADED] -= explained
        lost = before - after - explained
        if lost:
            _push(d, level, at, lost, before)
            d.t[level, LOOSE] += lost
    hold(d, one, side, price)


@compiled
def explain(d: Desk, one: int, side: int, price: int, lots: int, eaten: int, at: int) -> None:
    """A trade at a level of ours: its shrinking has come already, or is still to come."""
    i = here(d, one, side, price)
    if i < 0:
        return
    while i >= 0 and d.t[i, PRICE] == price:
        if d.t[i, AHEAD] > 0:
            d.t[i, AHEAD] = max(0, d.t[i, AHEAD] - eaten)
        i = d.t[i, NEXT]
    level = level_made(d, one, side, price)
    while lots and d.t[level, FIRST] >= 0:
        oldest = d.t[level, FIRST]
        known = min(lots, d.t[oldest, SHRUNK_LOTS])
        d.t[oldest, SHRUNK_LOTS] -= known
        lots -= known
        d.t[level, LOOSE] -= known
        if d.t[oldest, SHRUNK_LOTS] == 0:
            _shift(d, level)
    d.t[level, TRADED] += lots
    d.t[level, TRADED_AT] = at
