"""The book of a market as the kernels keep it: a slot a price, best prices tracked. As `engine.book.ladder`."""

from __future__ import annotations

from engine.research.fast.jit import compiled, inlined
from engine.research.fast.layout import (
    BASE,
    BEST,
    BEST_KEY,
    BUY,
    COUNT,
    DOUBT,
    OFF,
    OLD_AT,
    STRIDE,
    TAKEN,
    TOP,
    WIDTH,
    Desk,
    Given,
)


@compiled
def key_of(d: Desk, one: int, side: int, price: int) -> int:
    """Return the slot of a price at which a level or an order may lie."""
    m = d.t
    return m[one, OFF] + side * m[one, WIDTH] + (price - m[one, BASE]) // m[one, STRIDE]


@compiled
def inside(d: Desk, one: int, price: int) -> bool:
    """Whether a ladder was laid where a price lies."""
    return 0 <= price - d.t[one, BASE] < d.t[one, WIDTH] * d.t[one, STRIDE]


@compiled
def possible(d: Desk, one: int, price: int) -> bool:
    """Whether a level can lie at a price."""
    top = d.t[one, TOP]
    return price > 0 and (top == 0 or price < top)


@compiled
def _price_of(d: Desk, one: int, side: int, key: int) -> int:
    """Return the price of a slot."""
    m = d.t
    return m[one, BASE] + (key - m[one, OFF] - side * m[one, WIDTH]) * m[one, STRIDE]


@inlined
def _beyond(d: Desk, one: int, side: int, key: int) -> int:
    """Return the next slot of a side that is worse than one of it and holds any size; -1 for none."""
    m, depth = d.t, d.depth
    first = m[one, OFF] + side * m[one, WIDTH]
    if side == BUY:
        key -= 1
        while key >= first and depth[key] == 0:
            key -= 1
        return key if key >= first else -1
    last = first + m[one, WIDTH]
    key += 1
    while key < last and depth[key] == 0:
        key += 1
    return key if key < last else -1


@compiled
def worse(d: Desk, one: int, side: int, price: int) -> int:
    """Return the next price of a side that is worse than one of it and holds any size; 0 for none."""
    key = _beyond(d, one, side, key_of(d, one, side, price))
    return _price_of(d, one, side, key) if key >= 0 else 0


@inlined
def put(d: Desk, one: int, side: int, price: int, key: int, lots: int) -> None:
    """Set the size of a level, whose slot is known; 0 or less removes it."""
    m, before = d.t, d.depth[key]
    if lots > 0:
        d.depth[key] = lots
        if before == 0:
            m[one, COUNT + side] += 1
            best = m[one, BEST + side]
            if best == 0 or (price > best if side == BUY else price < best):
                m[one, BEST + side], m[one, BEST_KEY + side] = price, key
    elif before > 0:
        d.depth[key] = 0
        m[one, COUNT + side] -= 1
        if price == m[one, BEST + side]:
            best_key = _beyond(d, one, side, key) if m[one, COUNT + side] else -1
            m[one, BEST_KEY + side] = best_key
            m[one, BEST + side] = _price_of(d, one, side, best_key) if best_key >= 0 else 0


@compiled
def touch(d: Desk, one: int, side: int) -> int:
    """Return what stands at the best price of a side; 0 where nothing does."""
    return d.depth[d.t[one, BEST_KEY + side]] if d.t[one, BEST + side] else 0


@compiled
def crossed(d: Desk, one: int) -> bool:
    """Whether best bid and best ask meet."""
    bid, ask = d.t[one, BEST], d.t[one, BEST + 1]
    return bid > 0 and ask > 0 and bid >= ask


@compiled
def replaced(d: Desk, one: int, price: Given, lots: Given, first: int, bids: int, asks: int) -> None:
    """Put a whole book in the place of the old one; what we took of a level stays taken if it did not move."""
    m, depth, old = d.t, d.depth, d.t[0, OLD_AT]
    n = 0
    for side in range(2):
        at = m[one, BEST + side]
        last = n + m[one, COUNT + side]
        while n < last:
            key = key_of(d, one, side, at)
            m[old + n, 0], m[old + n, 1] = key, depth[key]
            depth[key] = 0
            n += 1
            if n < last:
                at = worse(d, one, side, at)
        m[one, BEST + side] = m[one, COUNT + side] = 0
    for i in range(bids):
        put(d, one, 0, price[first + i], key_of(d, one, 0, price[first + i]), lots[first + i])
    for i in range(bids, bids + asks):
        put(d, one, 1, price[i + first], key_of(d, one, 1, price[i + first]), lots[i + first])
    if m[one, TAKEN]:
        for i in range(n):
            key = m[old + i, 0]
            if d.taken[key] and (m[one, DOUBT] or depth[key] != m[old + i, 1]):
                d.taken[key] = 0
                m[one, TAKEN] -= 1
