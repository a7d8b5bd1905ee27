"""What positions and orders on venues may lose together, whatever fills and whoever wins.

An order may fill in any part or not at all, and the venue's news of it may be late. So under each outcome an order
counts with what it would lose there, and never with what it would gain. Outcomes of an exclusive family cannot win
together: its worst loss is that of its worst outcome, not the sum over its members.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from engine.core.units import NO_MONEY, Leg, Money, Side
from engine.maths.contracts import Booking

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ZERO = Decimal(0)
ONE = Decimal(1)
PREMIUM = Booking.PREMIUM
_BUY, _YES, _NO = Side.BUY, Leg.YES, Leg.NO
"""Python 3.11 takes 100 ns to look a member of an enumeration up by its name."""


class Stake(NamedTuple):
    """Shares of one leg of a member of the family, and what they cost."""

    member: int
    leg: Leg
    qty: Decimal
    cost: Decimal


class Resting(NamedTuple):
    """What may still trade of an order, at its limit, with the fee of all of it."""

    member: int
    side: Side
    leg: Leg
    qty: Decimal
    price: Decimal
    """Account currency a share of the leg."""
    fee: Decimal


def loss(stakes: Sequence[Stake], resting: Sequence[Resting], members: int, *, exclusive: bool, sure: bool) -> Money:
    """Return the worst loss, never negative.

    Parameters
    ----------
    stakes, resting
        Their members are 0 to `members` - 1.
    members : int
    exclusive : bool
        At most one of them pays.
    sure : bool
        At least one of them pays.
    """
    if not exclusive:
        return Money(sum((_of_one(stakes, resting, member) for member in range(members)), ZERO))
    if not members:
        return Money(max(ZERO, -result(stakes, resting, None)) if not sure else ZERO)
    none_pays, changes = by_winner(stakes, resting)
    worst = min(changes.values(), default=ZERO)
    if not sure or len(changes) < members:  # nobody pays, or one in which nothing of ours is
        worst = min(worst, ZERO)
    return Money(max(ZERO, -(none_pays + worst)))


def _of_one(stakes: Iterable[Stake], resting: Iterable[Resting], member: int) -> Decimal:
    own = [s for s in stakes if s.member == member]
    open_ = [r for r in resting if r.member == member]
    return max(ZERO, -min(result(own, open_, member), result(own, open_, None)))


def by_winner(stakes: Iterable[Stake], resting: Iterable[Resting]) -> tuple[Decimal, dict[int, Decimal]]:
    """Return what is left if none pays, and by member how much more or less that is if this one does."""
    total = ZERO
    changes: dict[int, Decimal] = {}
    for member, leg, qty, cost in stakes:
        yes = leg is _YES
        total -= cost if yes else cost - qty
        changes[member] = changes.get(member, ZERO) + (qty if yes else -qty)
    for one in resting:
        lost, paying = balance(one)
        total += lost
        changes[one.member] = changes.get(one.member, ZERO) + paying - lost
    return total, changes


def balance(one: Resting) -> tuple[Decimal, Decimal]:
    """Return what an order leaves at worst if its member does not pay, and if it does: never a gain."""
    _, side, leg, qty, price, fee = one
    buying = side is _BUY
    worth = -price if buying else price
    lost = qty * worth - fee
    paying = qty * (worth + ONE if buying else worth - ONE) - fee
    if lost > ZERO:
        lost = ZERO
    if paying > ZERO:
        paying = ZERO
    return (paying, lost) if leg is _NO else (lost, paying)


def result(stakes: Iterable[Stake], resting: Iterable[Resting], winner: int | None) -> Decimal:
    """Return what is left if `winner` pays, and of the orders only those fill that lose by it."""
    total = ZERO
    for member, leg, qty, cost in stakes:
        total += (qty if (member == winner) is (leg is _YES) else ZERO) - cost
    for one in resting:
        pays = ONE if (one.member == winner) is (one.leg is _YES) else ZERO
        each = pays - one.price if one.side is _BUY else one.price - pays
        total += min(ZERO, one.qty * each - one.fee)
    return total


class Claim(NamedTuple):
    """What an order would do to what is held, and the cash it ties up at worst."""

    closing: Decimal
    opening: Decimal
    tied: Money


def claim(one: Resting, held: dict[Leg, Decimal], *, nets: int) -> Claim:
    """Return what an order claims, and take from `held` what it would close: two orders cannot close one share.

    `nets` is a `Booking`. An order in an option ties up its premium whichever side it is on, one in a future its fee:
    what these may lose is for the stress of all of them to say (`engine.options.stress`).
    """
    buying = one.side is _BUY
    closed = (_NO if one.leg is _YES else _YES) if buying else one.leg
    closing = ZERO if buying and not nets else min(one.qty, held[closed])
    held[closed] -= closing
    opening = one.qty - closing
    if not opening:
        return Claim(closing, opening, NO_MONEY)
    if nets >= PREMIUM:
        return Claim(closing, opening, Money((opening * one.price if nets == PREMIUM else ZERO) + one.fee))
    return Claim(closing, opening, Money(opening * (one.price if buying else ONE - one.price) + one.fee))
