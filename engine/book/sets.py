"""Complete sets: every outcome of an event traded at once, at the prices that stand and after exact fees."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import NO_MONEY, NOTHING, Money, Nanos, Qty, Side
from engine.maths.fees import charge, trade_fee

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.book.brackets import Row

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
MANY: Final = Qty(Decimal(1_000_000))
"""Shares whose fee, over them, is what one more share costs where rounding does not matter."""


class SetKind(Enum):
    """Ways of trading every outcome at once."""

    BUY_YES = "buy all YES"
    """Pays 1 if at least one happens: needs an exhaustive event."""
    SELL_YES = "sell all YES"
    """Of a set that is held or minted for 1: needs an exclusive event."""
    BUY_NO = "buy all NO"
    """Pays n - 1 if at most one happens: needs an exclusive event."""


class SetLeg(NamedTuple):
    """One outcome's part of a set trade."""

    worst: Decimal
    """Limit price per share of the leg that is bought or sold."""
    cost: Money
    """Paid, or got for a sale, before the fee."""
    fee: Money


class SetTrade(NamedTuple):
    """A complete set at the prices that stand."""

    kind: SetKind
    proven: bool
    """Whether the event is known to be what the kind needs; without it there is no sure profit."""
    price: Decimal | None
    """Of one set at the best prices; None while one is missing."""
    fee: Decimal | None
    """Exact, of one set at the best prices."""
    qty: Qty
    """Sets that can be had at a profit after exact fees; 0 where that is none."""
    profit: Money
    """Of them all, whatever happens."""
    legs: tuple[SetLeg, ...]
    """Empty unless `qty` is positive."""


def complete_set(
    rows: Sequence[Row],
    kind: SetKind,
    *,
    exclusive: bool,
    exhaustive: bool,
    most: Qty | None = None,
    at: Nanos | None = None,
) -> SetTrade:
    """Return the set trade of the greatest sure profit, walking the depth of every book at once.

    Parameters
    ----------
    rows : sequence of Row, one for every outcome
    kind : SetKind
    exclusive, exhaustive : bool
        What is proven of the event.
    most : Qty, optional
        Sets at most, such as what the account can pay.
    at : Nanos, optional
        For waived fees.
    """
    proven = exhaustive if kind is SetKind.BUY_YES else exclusive
    sides = [_levels(one, kind) for one in rows]
    if not sides or not all(sides):
        return SetTrade(kind, proven, None, None, NOTHING, NO_MONEY, ())
    one = _priced(rows, sides, kind, Qty(ONE), at, best_only=True)
    price, fee = sum((leg.cost for leg in one), ZERO), sum((leg.fee for leg in one), ZERO)
    best = SetTrade(kind, proven, price, fee, NOTHING, NO_MONEY, ())
    for qty in _sizes(rows, sides, kind, most, at):
        legs = _priced(rows, sides, kind, qty, at)
        profit = _profit(legs, kind, qty)
        if profit > best.profit:
            best = SetTrade(kind, proven, price, fee, qty, profit, legs)
    return best


def set_cost(rows: Sequence[Row], kind: SetKind, qty: Qty, at: Nanos | None = None) -> tuple[SetLeg, ...] | None:
    """Return what `qty` sets cost leg by leg, depth and exact fees included; None where there are not so many."""
    sides = [_levels(one, kind) for one in rows]
    if any(sum(size for _, size in side) < qty for side in sides):
        return None
    return _priced(rows, sides, kind, qty, at)


Levels = list[tuple[Decimal, Decimal]]
"""Price and shares of the leg that is traded, best first."""


def _levels(one: Row, kind: SetKind) -> Levels:
    levels = one.asks if kind is SetKind.BUY_YES else one.bids
    prices = ((ticks * one.unit, lots * one.lot) for ticks, lots in levels)
    return [(ONE - price if kind is SetKind.BUY_NO else price, size) for price, size in prices]


def _side(kind: SetKind) -> Side:
    return Side.SELL if kind is SetKind.SELL_YES else Side.BUY


def _worth(kind: SetKind, outcomes: int) -> int:
    """Return what a set pays, or for a sale what giving it up costs."""
    return outcomes - 1 if kind is SetKind.BUY_NO else 1


def _profit(legs: Sequence[SetLeg], kind: SetKind, qty: Qty) -> Money:
    cost, fee = sum((leg.cost for leg in legs), ZERO), sum((leg.fee for leg in legs), ZERO)
    worth = _worth(kind, len(legs)) * qty
    return Money((cost - worth if kind is SetKind.SELL_YES else worth - cost) - fee)


def _priced(
    rows: Sequence[Row], sides: Sequence[Levels], kind: SetKind, qty: Qty, at: Nanos | None, *, best_only: bool = False
) -> tuple[SetLeg, ...]:
    """Return each outcome's part of `qty` sets, one fill a level; at the best price alone if `best_only`."""
    legs = []
    for one, levels in zip(rows, sides, strict=True):
        left, cost, fee, worst = Decimal(qty), ZERO, ZERO, levels[0][0]
        for price, size in levels:
            if left <= 0:
                break
            got = Qty(left if best_only else min(left, size))
            cost += got * price
            fee += trade_fee(one.fee, _side(kind), price, got, maker=False, at=at)
            worst, left = price, left - got
        legs.append(SetLeg(worst, Money(cost), Money(fee)))
    return tuple(legs)


def _sizes(
    rows: Sequence[Row], sides: Sequence[Levels], kind: SetKind, most: Qty | None, at: Nanos | None
) -> list[Qty]:
    """Return the sizes at which one more set begins to cost more, up to where it would not pay any more."""
    step = max(one.step for one in rows)
    where = [0] * len(sides)
    used = [ZERO] * len(sides)
    total, sizes = ZERO, []
    while all(n < len(side) for n, side in zip(where, sides, strict=True)):
        now = [side[n] for n, side in zip(where, sides, strict=True)]
        if not _pays(rows, [price for price, _ in now], kind, at) or (most is not None and total >= most):
            break
        chunk = min(size - taken for (_, size), taken in zip(now, used, strict=True))
        total += chunk
        for n, (_, size) in enumerate(now):
            used[n] += chunk
            if used[n] >= size:
                where[n], used[n] = where[n] + 1, ZERO
        sizes.append(total if most is None else min(total, Decimal(most)))
    return [qty for size in sizes if (qty := Qty(size // step * step)) > 0]


def _pays(rows: Sequence[Row], prices: Sequence[Decimal], kind: SetKind, at: Nanos | None) -> bool:
    """Whether one more set at these prices brings more than it costs, fees before rounding included."""
    fees = sum(
        (charge(one.fee, price, MANY, maker=False, at=at) for one, price in zip(rows, prices, strict=True)), ZERO
    )
    cost, worth = sum(prices, ZERO) * MANY, _worth(kind, len(rows)) * MANY
    return (cost - worth if kind is SetKind.SELL_YES else worth - cost) > fees
