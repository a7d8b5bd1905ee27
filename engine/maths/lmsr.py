"""Logarithmic market scoring rule: prices, costs and sizes of a market that always quotes.

One convex function of the shares sold of each outcome fixes everything,

    C(q) = b · log Σᵢ exp(qᵢ / b).

A trade costs what it adds to C, whatever path led there. The price of an outcome is its softmax weight, and the
maker's loss is bounded by where it opened: b · log(1 / smallest opening probability).

A trade of one outcome needs only that outcome's price, not the whole vector, so every function a trade calls is a
closed form over scalars. They use `expm1` and `log1p`: the difference of two values of C would lose the trade in
rounding once many shares are sold. Everything is `float`, in shares and account currency; the exchange rounds to
money, once, in the house's favour.

Source: R. Hanson, "Logarithmic Market Scoring Rules for Modular Combinatorial Information Aggregation", 2003.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGE: Final = 30.0
"""Trades of more b than this would overflow in the end; another form of the same sum does not."""


class Liquidity(NamedTuple):
    """A market's b and the relative uncertainty it came from."""

    b: float
    """Shares."""
    ratio: float
    """Interquartile range over its scale; the clip of b is not in it."""


class MakerResult(NamedTuple):
    """What the maker took in, paid out and kept, in account currency."""

    revenue: float
    payout: float
    pnl: float
    bound: float
    """`pnl` is never below it."""


def cost(q: Sequence[float], b: float) -> float:
    """Return C(q).

    Parameters
    ----------
    q : n >= 2 floats, shares
        Shares sold of each outcome, the prior's own included; any sign, any size.
    b : float, shares, > 0
        Liquidity: the larger, the less a trade moves the price.

    Returns
    -------
    float, account currency
        Only differences mean anything; with n equal entries 0 it is b · log n.

    Raises
    ------
    ValueError
        If b is not positive and finite, an entry is not finite, or there are fewer than two.
    """
    _check_market(q, b)
    top = max(q)
    return top + b * math.log(math.fsum(math.exp((x - top) / b) for x in q))


def prices(q: Sequence[float], b: float) -> tuple[float, ...]:
    """Return the price of every outcome, a distribution; arguments and errors as for `cost`."""
    _check_market(q, b)
    top = max(q)
    weights = [math.exp((x - top) / b) for x in q]
    whole = math.fsum(weights)
    return tuple([w / whole for w in weights])


def price(q: Sequence[float], outcome: int, b: float) -> float:
    """Return the price of one outcome in [0, 1]; errors as for `cost`, IndexError for no such outcome."""
    return prices(q, b)[outcome]


def trade_cost(price: float, shares: float, b: float) -> float:
    """Return what a trade adds to C: paid for `shares` > 0, received (negative) for `shares` < 0.

    Parameters
    ----------
    price : float in [0, 1]
        Of the outcome, before the trade. For the NO leg of an outcome: 1 minus its price. So close to 1 that
        1 - price has few digits left, a sale's cost has no more.
    shares : float
        Of that leg, signed.
    b : float, shares, > 0

    Raises
    ------
    ValueError
        If an argument is not finite or out of its range.
    """
    return step(price, shares, b)[0]


def price_after(price: float, shares: float, b: float) -> float:
    """Return the marginal price after a trade; arguments and errors as for `trade_cost`."""
    return step(price, shares, b)[1]


def step(price: float, shares: float, b: float) -> tuple[float, float]:
    """Return `trade_cost` and the marginal price after it, together; one exponential serves both.

    Arguments and errors as for `trade_cost`.
    """
    if 0.0 < price < 1.0 and 0.0 < b < math.inf and abs(shares) <= LARGE * b:
        moved = price * math.expm1(shares / b)
        return b * math.log1p(moved), (price + moved) / (1.0 + moved)
    _check_trade(price, shares, b)
    return _far_step(price, shares, b)


def shares_for_budget(price: float, b: float, budget: float) -> float:
    """Return the shares whose `trade_cost` is `budget`; negative shares for a negative budget (proceeds wanted).

    Raises
    ------
    ValueError
        If the price is not inside (0, 1), an argument is not finite, b is not positive, or the proceeds wanted
        are more than selling without end would bring.
    """
    _check_inside(price, "price")
    _check_trade(price, budget, b)
    x = budget / b
    if x > LARGE:
        return budget + b * math.log((1.0 - (1.0 - price) * math.exp(-x)) / price)
    grown = math.expm1(x) / price
    if grown <= -1.0:
        msg = f"selling at {price} never brings {-budget} with b {b}"
        raise ValueError(msg)
    return b * math.log1p(grown)


def shares_to_price(price: float, target: float, b: float) -> float:
    """Return the shares that move the marginal price to `target`; negative when it lies below.

    Raises
    ------
    ValueError
        If a price is not inside (0, 1) or b is not positive and finite.
    """
    _check_b(b)
    return b * (logit(target) - logit(price))


def cost_to_price(price: float, target: float, b: float) -> float:
    """Return what that trade costs, negative when it sells; errors as for `shares_to_price`."""
    _check_b(b)
    _check_inside(price, "price")
    _check_inside(target, "target")
    return b * (math.log1p(-price) - math.log1p(-target))


def logit(price: float) -> float:
    """Return log(price / (1 - price)); ValueError outside (0, 1)."""
    _check_inside(price, "price")
    return math.log(price) - math.log1p(-price)


def opening_shares(prior: Sequence[float], b: float) -> tuple[float, ...]:
    """Return the q at which a market opens on these probabilities.

    Parameters
    ----------
    prior : n >= 2 floats, > 0
        Weights of the outcomes; normalised here, so that all ones is even.
    b : float, shares, > 0

    Raises
    ------
    ValueError
        If a weight is not positive and finite, there are fewer than two, or b is not positive and finite.
    """
    _check_b(b)
    return tuple([b * math.log(p) for p in distribution(prior)])


def losses(prior: Sequence[float], b: float) -> tuple[float, ...]:
    """Return the most the maker can lose if each outcome wins, >= 0; errors as for `opening_shares`."""
    return tuple([-q for q in opening_shares(prior, b)])


def max_loss(prior: Sequence[float], b: float) -> float:
    """Return the most the maker can lose, whoever wins; for n even outcomes b · log n."""
    return max(losses(prior, b))


def distribution(weights: Sequence[float]) -> tuple[float, ...]:
    """Return positive weights divided by their sum; ValueError if one is not positive and finite, or n < 2."""
    if len(weights) < 2:
        msg = f"a market needs two outcomes or more, was given {len(weights)}"
        raise ValueError(msg)
    for weight in weights:
        if not 0.0 < weight < math.inf:
            msg = f"a probability must be positive and finite, was {weight}"
            raise ValueError(msg)
    whole = math.fsum(weights)
    return tuple([weight / whole for weight in weights])


def floored(probabilities: Sequence[float], least: float) -> tuple[float, ...]:
    """Return the distribution with nothing below `least`, the others scaled to make room.

    A forecast gives the far tail of a temperature 1e-9. Opening there would cost the maker b · log 1e9 and could
    only be traded one way.

    Raises
    ------
    ValueError
        If a probability is negative or not finite, all are 0, or n · least is not below 1.
    """
    n = len(probabilities)
    whole = math.fsum(probabilities)
    if not all(0.0 <= p < math.inf for p in probabilities) or not 0.0 < whole < math.inf:
        msg = "probabilities must be finite, not negative and not all zero"
        raise ValueError(msg)
    if not 0.0 < least * n < 1.0:
        msg = f"{n} outcomes cannot each have at least {least}"
        raise ValueError(msg)
    low = [p / whole < least for p in probabilities]
    while True:  # scaling down can push another below; at most n rounds, since `low` only grows
        rest = math.fsum(p for p, is_low in zip(probabilities, low, strict=True) if not is_low)
        scale = (1.0 - least * sum(low)) / rest
        grown = [is_low or p * scale < least for p, is_low in zip(probabilities, low, strict=True)]
        if grown == low:
            return tuple([least if is_low else p * scale for p, is_low in zip(probabilities, low, strict=True)])
        low = grown


def b_from_uncertainty(
    p25: float, p50: float, p75: float, base: float, b_min: float = 10.0, b_max: float = 1000.0
) -> Liquidity:
    """Return b for an amount that starts at 0, such as rain: base · IQR / median, clipped.

    The wider the forecast, the deeper the market. A dry median makes the ratio the IQR itself, so that case
    depends on the unit: give millimetres.

    Raises
    ------
    ValueError
        If a percentile is not finite, they are out of order, or base or the clip is not positive and ordered.
    """
    if not (math.isfinite(p25) and math.isfinite(p50) and math.isfinite(p75)):
        msg = f"percentiles must be finite, were {p25}, {p50}, {p75}"
        raise ValueError(msg)
    if not p25 <= p50 <= p75:
        msg = f"percentiles are out of order: {p25}, {p50}, {p75}"
        raise ValueError(msg)
    iqr = p75 - p25
    return _clipped(iqr / p50 if p50 > 0.0 else iqr, base, b_min, b_max)


def b_from_reference(
    iqr: float, reference: float, base: float, b_min: float = 10.0, b_max: float = 1000.0
) -> Liquidity:
    """Return b for a temperature: base · IQR / climatological IQR of the same quantity, clipped.

    A temperature has no zero to divide by: its median in Kelvin would make every market shallow, and in Celsius
    winter ones infinitely deep.

    Raises
    ------
    ValueError
        If the IQR is negative, the reference not positive, or one not finite; base and clip as above.
    """
    if not 0.0 <= iqr < math.inf:
        msg = f"an interquartile range must be finite and not negative, was {iqr}"
        raise ValueError(msg)
    if not 0.0 < reference < math.inf:
        msg = f"the reference range must be positive and finite, was {reference}"
        raise ValueError(msg)
    return _clipped(iqr / reference, base, b_min, b_max)


def maker_result(prior: Sequence[float], b: float, trades: Sequence[tuple[int, float]], winner: int) -> MakerResult:
    """Return how the maker came out of a market: trades are (outcome, signed shares), in order.

    Raises
    ------
    ValueError
        As `opening_shares` and `trade_cost`, or if an outcome does not exist.
    """
    q = list(opening_shares(prior, b))
    sold = [0.0] * len(q)
    revenue = 0.0
    for outcome, shares in (*trades, (winner, 0.0)):
        if not 0 <= outcome < len(q):
            msg = f"there is no outcome {outcome} among {len(q)}"
            raise ValueError(msg)
        revenue += trade_cost(price(q, outcome, b), shares, b)
        q[outcome] += shares
        sold[outcome] += shares
    return MakerResult(revenue, sold[winner], revenue - sold[winner], -max_loss(prior, b))


def _far_step(price: float, shares: float, b: float) -> tuple[float, float]:
    """Return the same for trades of more than `LARGE` b and for prices that do not move."""
    if price in (0.0, 1.0):
        return shares * price, price
    if shares > 0.0:
        rest = (1.0 - price) * math.exp(-shares / b)
        return shares + b * math.log(price + rest), price / (price + rest)
    own = price * math.exp(shares / b)
    return b * math.log1p(own - price), own / (own + (1.0 - price))


def _clipped(ratio: float, base: float, b_min: float, b_max: float) -> Liquidity:
    if not 0.0 < base < math.inf:
        msg = f"the base liquidity must be positive and finite, was {base}"
        raise ValueError(msg)
    if not 0.0 < b_min <= b_max < math.inf:
        msg = f"liquidity cannot be clipped to {b_min} to {b_max}"
        raise ValueError(msg)
    return Liquidity(min(max(base * ratio, b_min), b_max), ratio)


def _check_b(b: float) -> None:
    if not 0.0 < b < math.inf:
        msg = f"b must be positive and finite, was {b}"
        raise ValueError(msg)


def _check_trade(price: float, amount: float, b: float) -> None:
    if not 0.0 < b < math.inf:
        _check_b(b)
    if not 0.0 <= price <= 1.0:
        msg = f"a price must be in [0, 1], was {price}"
        raise ValueError(msg)
    if not -math.inf < amount < math.inf:
        msg = f"an amount must be finite, was {amount}"
        raise ValueError(msg)


def _check_inside(price: float, name: str) -> None:
    if not 0.0 < price < 1.0:
        msg = f"the {name} must be inside (0, 1), was {price}"
        raise ValueError(msg)


def _check_market(q: Sequence[float], b: float) -> None:
    _check_b(b)
    if len(q) < 2:
        msg = f"a market needs two outcomes or more, was given {len(q)}"
        raise ValueError(msg)
    for x in q:
        if not math.isfinite(x):
            msg = f"shares must be finite, were {x}"
            raise ValueError(msg)
