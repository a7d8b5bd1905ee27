"""What a venue takes of a trade, in integer micro-units. As `engine.maths.fees`, which says where the rules come from.

A schedule comes as a fraction with everything in it: fee
steps = lots · ticks · (top - ticks) · numerator / denominator, rounded as the venue rounds.
"""

from __future__ import annotations

from engine.research.fast.jit import compiled
from engine.research.fast.layout import (
    CENT,
    COST,
    FEE_KIND,
    FEE_STEP,
    FEE_TOP,
    KALSHI,
    MAKER,
    MAKER_PER,
    NO_FEE,
    OF_COST,
    POLYMARKET,
    SELL,
    SHAVE_STEP,
    TAKER,
    TAKER_PER,
    WAIVED,
    Table,
)


@compiled
def divided(a: int, b: int, by: int) -> tuple[int, int]:
    """Return a·b / by and what is left, exactly, for a, b ≥ 0 and a quotient below 2⁵⁰.

    The product may be too long for 64 bits: the quotient is guessed in floats, and the remainder, which is short,
    says by how little that was wrong.
    """
    whole = int(float(a) * float(b) / float(by))
    left = a * b - whole * by  # wraps round in both terms alike
    while left < 0:
        whole -= 1
        left += by
    while left >= by:
        whole += 1
        left -= by
    return whole, left


@compiled
def charge(t: Table, row: int, ticks: int, lots: int, maker: int, at: int) -> int:
    """Return the trade fee before cash is rounded."""
    kind = t[row, FEE_KIND]
    if kind == NO_FEE or lots == 0 or at < t[row, WAIVED]:
        return 0
    spread = ticks if kind == OF_COST else ticks * (t[row, FEE_TOP] - ticks)
    of, per = (t[row, MAKER], t[row, MAKER_PER]) if maker else (t[row, TAKER], t[row, TAKER_PER])
    steps, left = divided(lots, spread * of, per)
    if kind == POLYMARKET:
        if steps > 0 and 2 * left >= per:
            steps += 1
    elif left > 0:
        steps += 1
    return steps * t[row, FEE_STEP]


@compiled
def shaving(t: Table, row: int, side: int, ticks: int, lots: int, charged: int) -> int:
    """Return what rounding the movement of cash against the account takes on top of the trade fee."""
    if t[row, FEE_KIND] != KALSHI:
        return 0
    cost, step = lots * ticks * t[row, COST], t[row, SHAVE_STEP]
    return (cost - charged) % step if side == SELL else -(cost + charged) % step


@compiled
def rebate(shaved: int, taken: int) -> int:
    """Return what comes back with a fill: a cent once an order's shavings exceed one, never more than its fee."""
    return CENT if shaved > CENT and taken >= CENT else 0
