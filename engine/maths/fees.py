"""What a venue takes of a trade: the one reader of `FeeRule`.

Kalshi (schedule of 2026): the trade fee is `rate · multiplier · shares · p(1-p)` up to the next 0.0001; then the
whole movement of cash is rounded against the account to its precision, and that shaving is part of the fee the
venue states; what was shaved off an order comes back by the cent. Until 2026 the trade fee alone was rounded, to
whole cents. Polymarket: `rate · shares · (p(1-p))^exponent` to five decimals, less than the last of them is
nothing; takers only.

Sources: Kalshi, "Fee rounding" and the fee schedule of 2026; Polymarket, "Fees", CLOB v2.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import MICRO, NO_MONEY, Money, Nanos, Qty, Side

if TYPE_CHECKING:
    from engine.core.fee_rule import FeeRule

KALSHI_STEP: Final = Decimal("0.0001")
CENT: Final = Decimal("0.01")
POLYMARKET_STEP: Final = Decimal("0.00001")
OF_UNDERLYING: Final = "of_underlying"
OF_VALUE: Final = "of_value"
"""Of options and futures; `engine.maths.contracts` reckons these, which need the underlying's price."""
KINDS: Final = frozenset({"none", "of_cost", "kalshi", "kalshi_cents", "polymarket", OF_UNDERLYING, OF_VALUE})
ONE: Final = Decimal(1)
BUY: Final = Side.BUY
"""Here because looking a member up costs as much as a function."""


def fee(rule: FeeRule, cost: Money) -> Money:
    """Return the fee of a trade on the embedded exchange that moved `cost` (>= 0), up to the next micro-unit.

    Of a sale it is never more than the proceeds as long as the rate is at most 1, since those are whole
    micro-units too.

    Raises
    ------
    ValueError
        If the rule's kind is not one of those that follow from the cost alone.
    """
    if rule.kind == "none":
        return NO_MONEY
    if rule.kind == "of_cost":
        return Money((cost * rule.rate).quantize(MICRO, ROUND_CEILING))
    raise _no_such(rule.kind)


def trade_fee(rule: FeeRule, side: Side, price: Decimal, qty: Qty, maker: bool, at: Nanos | None = None) -> Money:
    """Return the whole fee of one fill as the venue states it, rounding included.

    Parameters
    ----------
    rule : FeeRule
    side : Side
        BUY pays cost and fee, SELL gets proceeds less the fee: the rounding goes against the account either way.
    price : Decimal, account currency per share, 0 to 1 for a binary contract
        Of the leg that is bought or sold.
    qty : Qty, shares, >= 0
    maker : bool
        The order rested.
    at : Nanos, optional
        When it traded: before `rule.waived_until` there is no trade fee.

    Returns
    -------
    Money
        ``cost + fee`` of a purchase is a whole multiple of the account's precision; so is ``cost - fee`` of a sale.

    Raises
    ------
    ValueError
        If the rule's kind is not known, or takes an underlying: a fee that cannot be told must not be guessed.
    """
    if rule.kind == "kalshi" and rule.waived_until is None and qty:  # the usual one: the same in one go
        rate = rule.maker_rate if maker else rule.rate
        charged = (rate * rule.multiplier * qty * (price * (ONE - price))).quantize(KALSHI_STEP, ROUND_CEILING)
        cost, step = qty * price, rule.precision or KALSHI_STEP
        if side is BUY:
            paid = cost + charged
            return charged + ((paid / step).to_integral_value(ROUND_CEILING) * step - paid)  # type: ignore[return-value]
        got = cost - charged
        return charged + (got - (got / step).to_integral_value(ROUND_FLOOR) * step)  # type: ignore[return-value]
    charged = charge(rule, price, qty, maker, at)
    return Money(charged + shaving(rule, side, price, qty, charged))


def charge(rule: FeeRule, price: Decimal, qty: Qty, maker: bool, at: Nanos | None = None) -> Money:
    """Return the trade fee before cash is rounded; arguments and errors as in `trade_fee`."""
    if rule.kind not in KINDS or rule.kind == OF_UNDERLYING:
        raise _no_such(rule.kind)
    waived = rule.waived_until is not None and at is not None and at < rule.waived_until
    if waived or qty == 0 or rule.kind == "none":
        return NO_MONEY
    if rule.kind == "of_cost":
        return fee(rule, Money(qty * price))
    if rule.kind == OF_VALUE:
        return Money(((rule.maker_rate if maker else rule.rate) * qty * price).quantize(MICRO, ROUND_CEILING))
    spread = price * (ONE - price)
    if rule.kind == "polymarket":
        return _polymarket(rule, spread, qty, maker)
    exact = (rule.maker_rate if maker else rule.rate) * rule.multiplier * qty * spread
    return Money(exact.quantize(KALSHI_STEP if rule.kind == "kalshi" else CENT, ROUND_CEILING))


def shaving(rule: FeeRule, side: Side, price: Decimal, qty: Qty, charged: Money) -> Money:
    """Return what rounding the movement of cash against the account takes on top of the trade fee; Kalshi only."""
    if rule.kind != "kalshi":
        return NO_MONEY
    cost, step = qty * price, rule.precision or KALSHI_STEP
    if side is Side.BUY:
        paid = cost + charged
        return Money(_whole(paid, step, ROUND_CEILING) - paid)
    got = cost - charged
    return Money(got - _whole(got, step, ROUND_FLOOR))


def rebate(shaved: Decimal, taken: Money) -> Money:
    """Return what Kalshi gives back with a fill: a cent once an order's shavings exceed one, never more than its fee.

    Parameters
    ----------
    shaved : Decimal
        Sum of `shaving` over the order's fills, this one included, less what came back already.
    taken : Money
        This fill's fee before the rebate.
    """
    return Money(CENT) if shaved > CENT and taken >= CENT else NO_MONEY


def _whole(amount: Decimal, step: Decimal, rounding: str) -> Decimal:
    """Return a whole multiple of `step`, which need not be a power of ten."""
    return (amount / step).to_integral_value(rounding) * step


def _polymarket(rule: FeeRule, spread: Decimal, qty: Qty, maker: bool) -> Money:
    if maker and rule.taker_only:
        return NO_MONEY
    step = rule.precision or POLYMARKET_STEP
    exact = qty * rule.rate * (spread if rule.exponent == 1 else spread**rule.exponent)
    return NO_MONEY if exact < step else Money(_whole(exact, step, ROUND_HALF_UP))


def _no_such(kind: str) -> ValueError:
    return ValueError(f"no such kind of fee: {kind!r}")
