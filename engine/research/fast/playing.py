"""A day through the kernels: what happens on the markets, what is asked of the venue, what is due, in order of time.

As `engine.orders.simulate`: what is under way is done before a market event of the same moment, and requests keep
their order on the way out as answers do on the way home.
"""

from __future__ import annotations

from engine.research.fast import ladder, matching, meeting, rules
from engine.research.fast.jit import compiled, entry, inlined
from engine.research.fast.layout import (
    BANDS,
    BANDS_AT,
    BANDS_N,
    BEST,
    CLOSE,
    CLOSED,
    CLOSES,
    DELTA,
    DO,
    DO_AT,
    DO_LOTS,
    DO_PRICE,
    DO_ROW,
    DO_WHOM,
    DOUBT,
    EXPIRE,
    EXPIRED,
    FEE,
    FULL,
    FULL_HEAP,
    FULL_ORDERS,
    GTD,
    HEAP_AT,
    HEAP_ROOM,
    HEAPED,
    HITS,
    KNOW,
    KNOWN,
    LAST_IN,
    LEAST,
    LOOK,
    LOTS_TO,
    OPEN,
    ORDER_STATE,
    ORDERS,
    ORDERS_AT,
    ORDERS_ROOM,
    PAUSED,
    PICTURED,
    PLANS,
    PRICE_TO,
    REPLACE,
    SNAPSHOT,
    STALE,
    STATE,
    STATUS,
    STEPS,
    SUBMIT,
    T_BANDS,
    T_BANDS_N,
    T_CLOSES,
    T_FEE,
    T_LEAST,
    T_STATE,
    TERMS_AT,
    TIF,
    TRADE,
    TURN,
    UNDER_WAY_COLUMNS,
    UNOPENED,
    UNTIL,
    WANTS,
    WHAT,
    WHEN,
    WHOM,
    WITHDRAW,
    WORKING,
    WORKS,
    Delays,
    Desk,
    Given,
    Rows,
    Table,
)
from engine.research.fast.rules import Rule


@compiled
def _earlier(t: Table, a: int, b: int) -> bool:
    return t[a, WHEN] < t[b, WHEN] or (t[a, WHEN] == t[b, WHEN] and t[a, TURN] < t[b, TURN])


@compiled
def _swap(t: Table, a: int, b: int) -> None:
    for column in range(UNDER_WAY_COLUMNS):
        t[a, column], t[b, column] = t[b, column], t[a, column]


@compiled
def plan(d: Desk, when: int, what: int, whom: int, price: int, lots: int) -> None:
    """Have something done at a time, after what was asked for that time before."""
    t, n, heap = d.t, d.t[0, HEAPED], d.t[0, HEAP_AT]
    if n >= t[0, HEAP_ROOM] - 1:  # the last row is room for what is taken off
        t[0, FULL] = FULL_HEAP
        return
    t[0, PLANS] += 1
    row = heap + n
    t[row, WHEN], t[row, TURN], t[row, WHAT] = when, t[0, PLANS], what
    t[row, WHOM], t[row, PRICE_TO], t[row, LOTS_TO] = whom, price, lots
    t[0, HEAPED] = n + 1
    while n > 0 and _earlier(t, heap + n, heap + (n - 1) // 2):
        _swap(t, heap + n, heap + (n - 1) // 2)
        n = (n - 1) // 2


@compiled
def _take_off(d: Desk) -> int:
    """Take what is due first off the heap; return the row it lies in until the next one is planned."""
    t, n, heap = d.t, d.t[0, HEAPED] - 1, d.t[0, HEAP_AT]
    t[0, HEAPED] = n
    _swap(t, heap, heap + n)
    at = 0
    while True:
        first = at
        for child in range(2 * at + 1, min(2 * at + 3, n)):
            if _earlier(t, heap + child, heap + first):
                first = child
        if first == at:
            return heap + n
        _swap(t, heap + at, heap + first)
        at = first


@compiled
def work(d: Desk, how: Delays, until: int) -> None:
    """Do everything that is due by then, each thing at its own time."""
    while d.t[0, HEAPED] > 0 and d.t[d.t[0, HEAP_AT], WHEN] <= until:
        n = _take_off(d)
        at, what, whom = d.t[n, WHEN], d.t[n, WHAT], d.t[n, WHOM]
        price, lots = d.t[n, PRICE_TO], d.t[n, LOTS_TO]
        if what == SUBMIT:
            matching.arrive(d, how, whom, at)
            if d.t[whom, TIF] == GTD and d.t[whom, UNTIL]:
                plan(d, max(at, d.t[whom, UNTIL]), EXPIRE, whom, 0, 0)
        elif what == WITHDRAW:
            matching.cancel(d, how, whom, at)
        elif what == REPLACE:
            matching.amend(d, how, whom, price, lots, at)
        elif what == LOOK:
            matching.say(d, how, PICTURED, -1, at)
        elif what == CLOSE:
            closes, state = d.t[whom, CLOSES], d.t[whom, STATE]
            if closes and at >= closes and state in (OPEN, PAUSED, UNOPENED):
                matching.set_state(d, how, whom, CLOSED, at)
        elif d.t[whom, ORDER_STATE] == WORKING:
            matching.end(d, how, whom, EXPIRED, at)


@compiled
def ask(d: Desk, how: Delays, what: int, whom: int, price: int, lots: int, at: int) -> None:
    """Send a request to the venue."""
    d.t[0, LAST_IN] = max(d.t[0, LAST_IN], at + how.out + matching.late(d))
    plan(d, d.t[0, LAST_IN], what, whom, price, lots)


@compiled
def know(d: Desk, how: Delays, one: int, state: int, closes: int, at: int) -> None:
    """Learn of a market, or that its terms changed."""
    m = d.t
    planned = m[one, CLOSES] if m[one, KNOWN] else 0
    if not m[one, KNOWN]:
        m[one, KNOWN], m[one, DOUBT], m[one, STATE] = 1, 1, state
    m[one, CLOSES] = closes
    matching.set_state(d, how, one, state, at)
    if closes and closes != planned:
        plan(d, max(at, closes), CLOSE, one, 0, 0)


@compiled
def hear(
    d: Desk, how: Delays, kind: int, one: int, price: int, lots: int, bids: int, asks: int, at: int, prices: Given,
    sizes: Given,
) -> None:  # fmt: skip
    """Take in what happened on a market; the frequent kinds are the player's own."""
    t = d.t
    if kind == KNOW:
        terms = t[0, TERMS_AT] + price
        t[one, BANDS], t[one, BANDS_N] = t[terms, T_BANDS], t[terms, T_BANDS_N]
        t[one, LEAST], t[one, FEE] = t[terms, T_LEAST], t[terms, T_FEE]
        know(d, how, one, t[terms, T_STATE], t[terms, T_CLOSES], at)
    elif not t[one, KNOWN]:
        return
    elif kind == STATUS:
        know(d, how, one, price, lots if lots else t[one, CLOSES], at)
    elif kind == STEPS:
        t[one, BANDS], t[one, BANDS_N] = t[0, BANDS_AT] + price, bids
    elif kind == STALE:
        t[one, DOUBT] = 1
    elif kind == SNAPSHOT:
        meeting.snapshot(d, one, prices, sizes, lots, bids, asks, at, how.touch)


@compiled
def _ask_next(d: Desk, how: Delays, script: Table, n: int) -> None:
    at = script[n, DO_AT]
    work(d, how, at)
    ask(d, how, script[n, DO], script[n, DO_WHOM], script[n, DO_PRICE], script[n, DO_LOTS], at)


@inlined
def _asked(d: Desk, rule: Rule, one: int, at: int) -> bool:
    """Ask a rule what it wants of a market; False where that is nothing."""
    bid, ask = d.t[one, BEST], d.t[one, BEST + 1]
    return rules.decide(d.t, rule, one, at, bid, ask, ladder.touch(d, one, 0), ladder.touch(d, one, 1))


@compiled
def _obey(d: Desk, how: Delays, rule: Rule, one: int, at: int) -> None:
    """Send what a rule wants of a market."""
    t = d.t
    for side in range(2):
        if t[0, WANTS + side] == rules.NO:
            continue
        work(d, how, at)
        if t[0, WANTS + side] == rules.TAKE_BACK:
            ask(d, how, WITHDRAW, t[one, WORKS + side], 0, 0, at)
        else:
            if t[0, ORDERS] >= t[0, ORDERS_ROOM]:
                t[0, FULL] = FULL_ORDERS
                return
            i = t[0, ORDERS_AT] + t[0, ORDERS]
            t[0, ORDERS] += 1
            rules.order(t, i, rule, one, side)
            ask(d, how, SUBMIT, i, 0, 0, at)


@entry
def play(d: Desk, how: Delays, rows: Rows, prices: Given, sizes: Given, script: Table, rule: Rule, until: int) -> None:
    """Play all rows, and on to `until`; `FULL` of the first row says why a run must be done again."""
    asked = 0
    for n in range(rows.shape[0]):
        row = rows[n]
        at, one, kind = row.at, row.one + 1, row.kind
        while asked < script.shape[0] and script[asked, DO_ROW] <= n:
            _ask_next(d, how, script, asked)
            asked += 1
        if d.t[0, HEAPED] > 0 and d.t[d.t[0, HEAP_AT], WHEN] <= at:
            work(d, how, at)
        if kind == DELTA:
            if d.t[one, KNOWN]:
                meeting.delta(d, one, row.side, row.price, row.lots, row.by, at, how.touch)
                if (row.bid and row.bid != d.t[one, BEST]) or (row.ask and row.ask != d.t[one, BEST + 1]):
                    d.t[one, DOUBT] = 1
        elif kind == TRADE:
            if d.t[one, KNOWN]:
                meeting.trade(d, one, row.price, row.lots, row.side, at)
        else:
            hear(d, how, kind, one, row.price, row.lots, row.bid, row.ask, at, prices, sizes)
        if d.t[0, HITS]:
            matching.tell_hits(d, how, at)
        if rule.kind:
            rules.hear(d, at)
            if d.t[one, KNOWN] and d.t[one, STATE] == OPEN and not d.t[one, DOUBT] and _asked(d, rule, one, at):
                _obey(d, how, rule, one, at)
        if d.t[0, FULL]:
            return
    while asked < script.shape[0]:
        _ask_next(d, how, script, asked)
        asked += 1
    work(d, how, until)
