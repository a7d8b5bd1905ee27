"""What happens on a market and what of ours that fills. As `engine.orders.market`, line by line."""

from __future__ import annotations

from engine.research.fast import ladder
from engine.research.fast.jit import compiled, inlined
from engine.research.fast.layout import (
    AHEAD,
    AT_PRICE,
    BEFORE,
    BEST,
    BUY,
    COUNT,
    DOUBT,
    HEAD,
    HITS,
    HITS_AT,
    LEFT,
    LEVELS,
    NEXT,
    PRICE,
    SELL,
    TAKEN,
    Desk,
    Given,
)
from engine.research.fast.waiting import drop, explain, forget, here, hold, moved, reaches, settle


@compiled
def _hit(d: Desk, i: int, lots: int) -> None:
    """Note that part of an order of ours trades at its price."""
    n = d.t[0, HITS]
    d.t[d.t[0, HITS_AT] + n, 0], d.t[d.t[0, HITS_AT] + n, 1] = i, lots
    d.t[0, HITS] = n + 1


@compiled
def _filled(d: Desk, first: int) -> None:
    """Take what hits since the first took out of the orders."""
    for n in range(first, d.t[0, HITS]):
        i = d.t[d.t[0, HITS_AT] + n, 0]
        d.t[i, LEFT] -= d.t[d.t[0, HITS_AT] + n, 1]
        if d.t[i, LEFT] == 0:
            drop(d, i)


@compiled
def take(d: Desk, one: int, key: int, lots: int) -> None:
    """What is taken of a level is gone until the venue moves it."""
    if lots > 0:
        if d.taken[key] == 0:
            d.t[one, TAKEN] += 1
        d.taken[key] += lots


@compiled
def met(d: Desk, one: int, side: int, touch: int) -> None:
    """Hit what of ours on a side the other side of the venue's book would have met."""
    best, i = d.t[one, BEST + 1 - side], d.t[one, HEAD + side]
    if best == 0 or i < 0 or not reaches(d.t[i, PRICE], best, side):
        return
    against, first = 1 - side, d.t[0, HITS]
    while i >= 0:
        left, found, price = d.t[i, LEFT], 0, best
        for _ in range(d.t[one, COUNT + against]):
            if not reaches(d.t[i, PRICE], price, side):
                break
            key = ladder.key_of(d, one, against, price)
            free = d.depth[key] - d.taken[key]
            if free > 0:
                got = min(left - found, free)
                take(d, one, key, got)
                found += got
                if found == left:
                    break
            if touch:
                break
            price = ladder.worse(d, one, against, price)
            if price == 0:
                break
        if found == 0:
            break
        _hit(d, i, found)
        i = d.t[i, NEXT]
    _filled(d, first)


@inlined
def trade(d: Desk, one: int, price: int, lots: int, taker: int, at: int) -> None:
    """Take a trade of others in, and hit what of ours it would have filled; never more than its size."""
    if taker < 0:
        bid, ask = d.t[one, BEST], d.t[one, BEST + 1]
        if bid > 0 and price <= bid:
            taker = SELL
        elif ask > 0 and price >= ask:
            taker = BUY
        else:
            return
    side = 1 - taker
    i = d.t[one, HEAD + side]
    if i < 0:
        return
    settle(d, one, side, price, at)
    first, left, eaten = d.t[0, HITS], lots, 0
    while i >= 0 and left > 0 and reaches(d.t[i, PRICE], price, side):
        if d.t[i, PRICE] == price:
            ahead = d.t[i, AHEAD]
            gap = left if ahead < 0 else min(left, max(0, ahead - eaten))
            left -= gap
            eaten += gap
        got = min(left, d.t[i, LEFT])
        if got > 0:
            _hit(d, i, got)
            left -= got
        i = d.t[i, NEXT]
    explain(d, one, side, price, lots, eaten, at)
    _filled(d, first)


@inlined
def delta(d: Desk, one: int, side: int, price: int, lots: int, by: int, at: int, touch: int) -> None:
    """Take a change of one level in; nothing counts before a stale book is whole."""
    m = d.t
    if m[one, DOUBT]:
        return
    if not ladder.possible(d, one, price):
        m[one, DOUBT] = 1
        return
    key = ladder.key_of(d, one, side, price)
    before = d.depth[key]
    after = before + lots if by else lots
    if after < 0:
        m[one, DOUBT] = 1
        return
    if before == after:
        return
    ladder.put(d, one, side, price, key, after)
    if m[one, TAKEN] and d.taken[key]:
        d.taken[key] = 0
        m[one, TAKEN] -= 1
    if m[one, HEAD + side] >= 0 and here(d, one, side, price) >= 0:
        moved(d, one, side, price, before, after, at)
    if after < before:
        return
    if ladder.crossed(d, one):
        m[one, DOUBT] = 1
        return
    if m[one, HEAD + 1 - side] >= 0:
        met(d, one, 1 - side, touch)


@compiled
def snapshot(
    d: Desk, one: int, prices: Given, lots: Given, first: int, bids: int, asks: int, at: int, touch: int
) -> None:
    """Take the whole book in."""
    m, o = d.t, d.t
    for i in range(first, first + bids + asks):
        if not ladder.possible(d, one, prices[i]):
            m[one, DOUBT] = 1
            return
    for side in range(2):
        i = m[one, HEAD + side]
        while i >= 0:
            o[i, BEFORE] = d.depth[ladder.key_of(d, one, side, o[i, PRICE])]
            i = o[i, NEXT]
    ladder.replaced(d, one, prices, lots, first, bids, asks)
    doubted = m[one, DOUBT]
    m[one, DOUBT] = 0
    if doubted:
        for side in range(2):
            while m[one, LEVELS + side] >= 0:
                forget(d, one, side, d.t[m[one, LEVELS + side], AT_PRICE])
    for side in range(2):
        i, done = m[one, HEAD + side], 0
        while i >= 0:
            price = o[i, PRICE]
            if price != done:
                done = price
                if doubted:
                    hold(d, one, side, price)
                else:
                    moved(d, one, side, price, o[i, BEFORE], d.depth[ladder.key_of(d, one, side, price)], at)
            i = o[i, NEXT]
    if ladder.crossed(d, one):
        m[one, DOUBT] = 1
        return
    met(d, one, BUY, touch)
    met(d, one, SELL, touch)
