"""The venue's side: orders come in, are matched, moved and ended, and it is said. As `engine.orders.paper_desk`.

Only what has a quantity is taken, and of two orders of ours that would meet the one that came is cancelled.
"""

from __future__ import annotations

from engine.research.fast import ladder, meeting, waiting
from engine.research.fast.charges import charge, rebate, shaving
from engine.research.fast.jit import compiled
from engine.research.fast.layout import (
    ACCEPTED,
    AHEAD,
    AMEND_REFUSED,
    AMENDED,
    AS_MAKER,
    AT_YES,
    BANDS,
    BANDS_N,
    BEST,
    BUY,
    CANCELED,
    CLOSES,
    COUNT,
    DETERMINED,
    DOUBT,
    DRAWN,
    ENDED,
    ENDED_KEPT,
    ENDS,
    EXPIRED,
    FEE,
    FEE_KIND,
    FILLED,
    FOK,
    FOR_FEE,
    FRESH,
    FULL,
    FULL_DRAWS,
    FULL_SAYS,
    GTC,
    GTD,
    HAPPENED,
    HEAD,
    HITS,
    HITS_AT,
    HOME,
    IOC,
    KNOWN,
    LAST_OUT,
    LEAST,
    LEFT,
    LEG,
    NEXT,
    NUMBER,
    NUMBERS,
    OF_LOTS,
    OFF_LADDER,
    ONE,
    OPEN,
    ORDER_STATE,
    OVER,
    PAUSED,
    POST,
    PRICE,
    REFUSED,
    REJECTED,
    SAID,
    SAYS,
    SAYS_AT,
    SAYS_ROOM,
    SERIAL,
    SETTLED,
    SHAVED,
    SIDE,
    STATE,
    TIF,
    TOP,
    TOTAL,
    UNKNOWN_FEE,
    UNOPENED,
    UNTIL,
    WHOSE,
    WORKING,
    YES,
    Delays,
    Desk,
)


@compiled
def late(d: Desk) -> int:
    """Return how late a message is on top of the fixed part, nanoseconds: the next one drawn."""
    if d.late.size == 0:
        return 0
    n = d.t[0, DRAWN]
    d.t[0, DRAWN] = n + 1
    if n >= d.late.size:
        d.t[0, FULL] = FULL_DRAWS
        return 0
    return d.late[n]


@compiled
def say(d: Desk, how: Delays, what: int, i: int, at: int) -> int:
    """Send an answer home; return its row."""
    home = max(d.t[0, LAST_OUT], at + how.back + late(d))
    d.t[0, LAST_OUT] = home
    n = d.t[0, SAYS_AT] + d.t[0, SAYS]
    if d.t[0, SAYS] >= d.t[0, SAYS_ROOM]:
        d.t[0, FULL] = FULL_SAYS
        return n - 1
    d.t[0, SAYS] += 1
    d.t[n, :] = 0
    d.t[n, HOME], d.t[n, SAID], d.t[n, WHOSE], d.t[n, HAPPENED] = home, what, i, at
    return n


@compiled
def numbered(d: Desk) -> int:
    """Return the next number: of an order's place, and of a fill."""
    d.t[0, NUMBERS] += 1
    return d.t[0, NUMBERS]


@compiled
def end(d: Desk, how: Delays, i: int, told: int, at: int) -> None:
    """End an order; with 0 nothing is said, since its last fill says it."""
    waiting.drop(d, i)
    d.t[i, ORDER_STATE] = OVER
    if told:
        say(d, how, told, i, at)
    d.t[i, ENDED] = d.t[0, ENDS]
    d.t[0, ENDS] += 1


@compiled
def fill(d: Desk, how: Delays, i: int, price: int, lots: int, maker: int, at: int) -> None:
    """Say that part of an order traded at a price of YES, and what that cost."""
    o, one = d.t, d.t[i, ONE]
    row, each = d.t[one, FEE], price if o[i, LEG] == 0 else d.t[one, TOP] - price
    charged = charge(d.t, row, each, lots, maker, at)
    off = shaving(d.t, row, o[i, SIDE], each, lots, charged)
    o[i, SHAVED] += off
    back = rebate(o[i, SHAVED], charged + off)
    o[i, SHAVED] -= back
    number = numbered(d)
    n = say(d, how, FILLED, i, at)
    d.t[n, AT_YES], d.t[n, OF_LOTS], d.t[n, AS_MAKER] = price, lots, maker
    d.t[n, FOR_FEE], d.t[n, SERIAL] = charged + off - back, number


@compiled
def tell_hits(d: Desk, how: Delays, at: int) -> None:
    """Say what of ours was hit."""
    for n in range(d.t[0, HITS]):
        hit = d.t[0, HITS_AT] + n
        i = d.t[hit, 0]
        fill(d, how, i, d.t[i, PRICE], d.t[hit, 1], 1, at)
        if d.t[i, LEFT] == 0:
            end(d, how, i, 0, at)
    d.t[0, HITS] = 0


@compiled
def lies_on(d: Desk, one: int, price: int) -> bool:
    """Whether an order may lie at a price."""
    first = d.t[one, BANDS]
    for n in range(first, first + d.t[one, BANDS_N]):
        if d.t[n, 0] <= price <= d.t[n, 1] and (price - d.t[n, 0]) % d.t[n, 2] == 0:
            return True
    return False


@compiled
def set_state(d: Desk, how: Delays, one: int, state: int, at: int) -> None:
    """Open, pause or close a market; closing ends what works in it, and what was decided stays so."""
    before = d.t[one, STATE]
    if before == SETTLED or (before == DETERMINED and state != SETTLED):
        return
    d.t[one, STATE] = state
    if state in (OPEN, PAUSED, UNOPENED):
        return
    for side in range(2):
        i = d.t[one, HEAD + side]
        while i >= 0:
            after = d.t[i, NEXT]
            end(d, how, i, EXPIRED, at)
            i = after


@compiled
def ours_meet(d: Desk, i: int) -> bool:
    """Whether an order would meet one of ours on the other side."""
    head = d.t[d.t[i, ONE], HEAD + 1 - d.t[i, YES]]
    if head < 0:
        return False
    limit = d.t[i, PRICE]
    return limit == 0 or waiting.reaches(limit, d.t[head, PRICE], d.t[i, YES])


@compiled
def sweep(d: Desk, how: Delays, i: int, at: int, really: bool) -> int:
    """Return how many lots an order takes at once, short of our own orders; really taken, or only reckoned."""
    o, one, side = d.t, d.t[i, ONE], d.t[i, YES]
    against, limit, left, total = 1 - side, o[i, PRICE], o[i, LEFT], 0
    wall = d.t[one, HEAD + against] if ours_meet(d, i) else -1
    price = d.t[one, BEST + against]
    for _ in range(d.t[one, COUNT + against]):
        if limit and not waiting.reaches(limit, price, side):
            break
        key = ladder.key_of(d, one, against, price)
        lots = d.depth[key] - d.taken[key]
        if lots > 0:
            free = lots
            if wall >= 0:
                ours = o[wall, PRICE]
                if price > ours if side == BUY else price < ours:
                    break
                if price == ours:
                    free = min(lots, max(0, o[wall, AHEAD]))
            got = min(free, left)
            if got > 0:
                total += got
                left -= got
                if really:
                    meeting.take(d, one, key, got)
                    o[i, LEFT] -= got
                    fill(d, how, i, price, got, 0, at)
            if left == 0 or free < lots:
                break
        if how.touch:
            break
        price = ladder.worse(d, one, against, price)
        if price == 0:
            break
    return total


@compiled
def objected(d: Desk, i: int, at: int) -> bool:
    """Whether something is wrong with an order whatever the book says."""
    m, o, one = d.t, d.t, d.t[i, ONE]
    if not m[one, KNOWN] or m[one, STATE] != OPEN or (m[one, CLOSES] and at >= m[one, CLOSES]):
        return True
    if d.t[m[one, FEE], FEE_KIND] == UNKNOWN_FEE or (o[i, LEG] and not m[one, TOP]):
        return True
    if o[i, PRICE] and not lies_on(d, one, o[i, PRICE]):
        return True
    if o[i, TOTAL] <= 0 or o[i, TOTAL] < m[one, LEAST]:
        return True
    resting = o[i, TIF] in (GTC, GTD)
    if resting and not o[i, PRICE]:
        return True
    if o[i, TIF] == GTD and o[i, UNTIL] and o[i, UNTIL] <= at:
        return True
    return not resting and m[one, DOUBT] != 0


@compiled
def match(d: Desk, how: Delays, i: int, planned: int, at: int) -> None:
    """Fill an order, and let what is left rest or end."""
    o, one = d.t, d.t[i, ONE]
    if o[i, TIF] == FOK and planned < o[i, LEFT]:
        end(d, how, i, CANCELED, at)
        return
    if planned:
        sweep(d, how, i, at, True)
    if o[i, LEFT] == 0:
        end(d, how, i, 0, at)
    elif ours_meet(d, i) or o[i, TIF] in (IOC, FOK):
        end(d, how, i, CANCELED, at)
    else:
        depth = d.depth[ladder.key_of(d, one, o[i, YES], o[i, PRICE])]
        waiting.rest(d, i, 0 if how.touch else -1 if d.t[one, DOUBT] else depth)


@compiled
def arrive(d: Desk, how: Delays, i: int, at: int) -> None:
    """Take a new order in."""
    o, one = d.t, d.t[i, ONE]
    if o[i, ORDER_STATE] != FRESH:
        return
    if objected(d, i, at):
        o[i, ORDER_STATE] = REFUSED
        say(d, how, REJECTED, i, at)
        return
    if o[i, PRICE] and not ladder.inside(d, one, o[i, PRICE]):
        d.t[0, FULL] = OFF_LADDER
        return
    o[i, NUMBER] = numbered(d)
    planned = sweep(d, how, i, at, False)
    if (o[i, POST] and (planned or ours_meet(d, i))) or (planned and d.t[one, DOUBT]):
        o[i, ORDER_STATE] = REFUSED
        say(d, how, REJECTED, i, at)
        return
    o[i, ORDER_STATE] = WORKING
    say(d, how, ACCEPTED, i, at)
    match(d, how, i, planned, at)


@compiled
def cancel(d: Desk, how: Delays, i: int, at: int) -> None:
    """Take an order back; of one that has ended its end is already told."""
    state = d.t[i, ORDER_STATE]
    gone = state == OVER and d.t[i, ENDED] < d.t[0, ENDS] - ENDED_KEPT
    if state == WORKING:
        end(d, how, i, CANCELED, at)
    elif state in (FRESH, REFUSED) or gone:
        say(d, how, CANCELED, i, at)


@compiled
def _may_move(d: Desk, how: Delays, i: int, price: int) -> bool:
    """Whether the book lets an order move to a price."""
    o, one, side = d.t, d.t[i, ONE], d.t[i, YES]
    against, crosses = 1 - side, False
    best = d.t[one, BEST + against]
    for _ in range(d.t[one, COUNT + against]):
        if not waiting.reaches(price, best, side):
            break
        key = ladder.key_of(d, one, against, best)
        if d.depth[key] > d.taken[key]:
            crosses = True
        if crosses or how.touch:
            break
        best = ladder.worse(d, one, against, best)
        if best == 0:
            break
    head = d.t[one, HEAD + against]
    own = head >= 0 and waiting.reaches(price, d.t[head, PRICE], side)
    return not (o[i, POST] and (crosses or own)) and not (crosses and d.t[one, DOUBT])


@compiled
def amend(d: Desk, how: Delays, i: int, price: int, lots: int, at: int) -> None:
    """Move or resize an order to a price of YES; a smaller size at the same price keeps its place."""
    o, one = d.t, d.t[i, ONE]
    filled = o[i, TOTAL] - o[i, LEFT]
    wrong = o[i, ORDER_STATE] != WORKING or d.t[one, STATE] != OPEN or not lies_on(d, one, price)
    if wrong or lots <= filled or not _may_move(d, how, i, price):
        say(d, how, AMEND_REFUSED, i, at)
        return
    if not ladder.inside(d, one, price):
        d.t[0, FULL] = OFF_LADDER
        return
    stays = price == o[i, PRICE] and lots <= o[i, TOTAL]
    o[i, TOTAL], o[i, LEFT] = lots, lots - filled
    n = say(d, how, AMENDED, i, at)
    d.t[n, AT_YES], d.t[n, OF_LOTS] = price, lots
    if stays:
        return
    waiting.drop(d, i)
    o[i, PRICE], o[i, NUMBER] = price, numbered(d)
    match(d, how, i, sweep(d, how, i, at, False), at)
