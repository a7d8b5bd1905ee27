"""Two plain rules for sweeps: one keeps a quote on either side of a market, one takes what leans.

A rule knows what has come home to it and what the book shows, no more. It buys YES on the bid side, and where an
instrument pays one share or the other it buys NO on the ask side, so that it never sells what it does not hold.
The same functions decide whether the kernels match its orders or, in the tests, the paper gateways' simulator.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.research.fast.jit import compiled, entry, inlined, inlined_entry
from engine.research.fast.layout import (
    BUY,
    CANCELED,
    DID,
    DONE,
    EXPIRED,
    FILLED,
    GTC,
    HEARD,
    HELD,
    HOME,
    IOC,
    LEFT,
    LEG,
    NEXT,
    OF_LOTS,
    ONE,
    ORDER_COLUMNS,
    POST,
    PREVIOUS,
    PRICE,
    QUOTED,
    REJECTED,
    SAID,
    SAYS,
    SAYS_AT,
    SELL,
    SIDE,
    TIF,
    TOTAL,
    WANTS,
    WANTS_PRICE,
    WHOSE,
    WORKS,
    YES,
    Desk,
    Table,
)

NO, PLACE, TAKE_BACK = 0, 1, 2
"""What a rule wants on a side."""
NONE, QUOTES, TAKES = 0, 1, 2
"""Kinds."""
PER_MILLE: Final = 1_000


class Rule(NamedTuple):
    """A rule and its parameters; what it remembers stands with the markets."""

    kind: int = NONE
    size: int = 0
    """Lots of an order."""
    most: int = 0
    """Net lots it holds of a market, either way."""
    away: int = 0
    """Ticks behind the best price that it quotes at; of a taker the widest spread it crosses."""
    lean: int = 0
    """Per mille by which one side of the touch outweighs the other before it takes."""
    apart: int = 0
    """Nanoseconds between two things it does on one side of a market."""
    legs: int = 0
    """1 where the ask side is quoted by buying NO."""


@entry
def learn(t: Table, i: int, said: int, lots: int) -> None:
    """Take in an answer about an order."""
    one, side = t[i, ONE], t[i, YES]
    if said == FILLED:
        t[one, HELD] += lots if side == BUY else -lots
        t[i, DONE] += lots
    over = said in (CANCELED, EXPIRED, REJECTED) or t[i, DONE] == t[i, TOTAL]
    if over and t[one, WORKS + side] == i:
        t[one, WORKS + side] = -1


@inlined
def hear(d: Desk, at: int) -> None:
    """Take in the answers that are home by now."""
    t = d.t
    while t[0, HEARD] < t[0, SAYS] and t[t[0, SAYS_AT] + t[0, HEARD], HOME] <= at:
        n = t[0, SAYS_AT] + t[0, HEARD]
        if t[n, WHOSE] >= 0:
            learn(t, t[n, WHOSE], t[n, SAID], t[n, OF_LOTS])
        t[0, HEARD] += 1


@compiled
def _room(t: Table, rule: Rule, one: int, side: int) -> bool:
    """Whether one more order keeps within what may be held."""
    held = t[one, HELD]
    return (held if side == BUY else -held) + rule.size <= rule.most


@compiled
def _quote(t: Table, rule: Rule, one: int, side: int, at: int, price: int) -> None:
    """Keep one order of a side at a price."""
    last = t[one, DID + side]
    if last and at - last < rule.apart:
        return
    room, want = _room(t, rule, one, side), NO
    if t[one, WORKS + side] < 0:
        if room and price > 0:
            want = PLACE
    elif not room or t[one, QUOTED + side] != price:
        want = TAKE_BACK
    if want != NO:
        t[0, WANTS + side], t[0, WANTS_PRICE + side], t[one, DID + side] = want, price, at


@compiled
def _take(t: Table, rule: Rule, one: int, side: int, at: int, price: int) -> None:
    """Take at a price, once in a while."""
    last = t[one, DID + side]
    if t[one, WORKS + side] < 0 and not (last and at - last < rule.apart) and _room(t, rule, one, side):
        t[0, WANTS + side], t[0, WANTS_PRICE + side], t[one, DID + side] = PLACE, price, at


@inlined_entry
def decide(t: Table, rule: Rule, one: int, at: int, bid: int, ask: int, bid_lots: int, ask_lots: int) -> bool:
    """Say what is wanted of a market now, in the first row; False where it is nothing."""
    t[0, WANTS] = t[0, WANTS + 1] = NO
    if bid == 0 or ask == 0:
        return False
    if rule.kind == QUOTES:
        _quote(t, rule, one, BUY, at, bid - rule.away)
        _quote(t, rule, one, SELL, at, ask + rule.away)
    elif ask - bid <= rule.away:
        both = rule.lean * (bid_lots + ask_lots)
        if PER_MILLE * (bid_lots - ask_lots) > both:
            _take(t, rule, one, BUY, at, ask)
        elif PER_MILLE * (ask_lots - bid_lots) > both:
            _take(t, rule, one, SELL, at, bid)
    return t[0, WANTS] != NO or t[0, WANTS + 1] != NO


@entry
def order(t: Table, i: int, rule: Rule, one: int, side: int) -> None:
    """Write down the order that a rule wants, and that it works for a side."""
    price = t[0, WANTS_PRICE + side]
    for column in range(ORDER_COLUMNS):
        t[i, column] = 0
    t[i, ONE], t[i, YES], t[i, PRICE] = one, side, price
    t[i, SIDE] = side
    if side == SELL and rule.legs:
        t[i, SIDE], t[i, LEG] = BUY, 1
    t[i, TOTAL] = t[i, LEFT] = rule.size
    t[i, TIF], t[i, POST] = (IOC, 0) if rule.kind == TAKES else (GTC, 1)
    t[i, NEXT] = t[i, PREVIOUS] = -1
    t[one, WORKS + side], t[one, QUOTED + side] = i, price
