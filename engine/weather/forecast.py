"""Forecast quantiles to the chance of an outcome, to a market's prior and to its liquidity. Pure.

A normal law is fitted to p10, p50 and p90. Where stations keep whole degrees the chance of k is that of
[k - ½, k + ½); what was already measured cuts the law off and the rest is scaled up to one. An amount that grows from
nothing stays at what was counted where the law lies below it: most days bring no rain at all.

Source: library sheet, "Integer bins" and "truncate at the running lower bound"; LMSR sheet 1.5 and 1.6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from engine.core.contract import Metric, Unit
from engine.maths import lmsr, normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.contract import Bracket, Contract

    Floats = NDArray[np.float64]

Z90: Final = 1.2815515655446004
"""Standard deviations from the median to p90."""
Z75: Final = 0.6744897501960817
LEAST_SIGMA: Final = 1e-6
"""A forecast without spread is a step."""
REFERENCE_IQR_F: Final = 8.0
"""Typical interquartile range of a day's high over the climate, F; a market as unsure as that gets the base b."""
WHOLE: Final = frozenset({Metric.TEMP_MAX, Metric.TEMP_MIN})
"""Quantities that settle in whole degrees Fahrenheit."""
STEPS: Final = {
    (Metric.PRECIPITATION, Unit.MM): 0.254,
    (Metric.PRECIPITATION, Unit.INCH): 0.01,
    (Metric.SNOW, Unit.MM): 2.54,
    (Metric.SNOW, Unit.INCH): 0.1,
    (Metric.WIND_GUST, Unit.KNOT): 1.0,
}
"""What stations count amounts by, in the contract's unit. Amounts grow over a window and never fall."""
ROUNDING: Final = 1e-9
"""By so much floats may lie beside the amount that they are."""
LEAST_PRIOR: Final = 0.01
"""A market that opens lower could be traded one way only, and costs the maker b · log of its inverse."""


class Quantiles(Protocol):
    """Anything with p10, p50 and p90, such as `CellQuantiles`."""

    @property
    def p10(self) -> float: ...  # noqa: D102
    @property
    def p50(self) -> float: ...  # noqa: D102
    @property
    def p90(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Range:
    """Where a value can still lie by what was measured; None is open. Inclusive."""

    at_least: float | None = None
    at_most: float | None = None


OPEN: Final = Range()


@dataclass(frozen=True, slots=True)
class Opening:
    """How a market opens by a forecast, and the numbers its dialog shows."""

    prior: tuple[float, ...]
    b: float
    """Shares."""
    iqr: float
    """In the contract's unit."""
    scale: float
    """What the IQR is divided by: the median of an amount, the climate's IQR of a temperature."""
    scale_name: str
    """``median`` or ``climate IQR``."""
    ratio: float
    worst_case: float
    """The most the maker can lose, account currency."""


def sigma(q: Quantiles) -> float:
    """Return the standard deviation of the fitted normal law."""
    return max((q.p90 - q.p10) / (2.0 * Z90), LEAST_SIGMA)


def iqr(q: Quantiles) -> float:
    """Return the fitted interquartile range."""
    return 2.0 * Z75 * sigma(q)


def above(q: Quantiles, threshold: float, known: Range = OPEN) -> float:
    """Return the chance of a continuous value above a threshold, given where it can still lie."""
    return _between(q, threshold, math.inf, known.at_least, known.at_most)


def whole_in(q: Quantiles, low: int | None, high: int | None, known: Range = OPEN) -> float:
    """Return the chance of a whole value in [low, high]; None is open on that side.

    `known` is in whole values too: a running high of 88 makes it ``Range(at_least=88)``.
    """
    least = None if known.at_least is None else known.at_least - 0.5
    most = None if known.at_most is None else known.at_most + 0.5
    start = -math.inf if low is None else low - 0.5
    end = math.inf if high is None else high + 0.5
    return _between(q, start, end, least, most)


def whole_above(q: Quantiles, threshold: float, known: Range = OPEN) -> float:
    """Return the chance of a whole value strictly above a threshold."""
    return whole_in(q, math.floor(threshold) + 1, None, known)


def least_above(metric: Metric, unit: Unit, threshold: float) -> float:
    """Return the least amount that counts as more than a threshold: of rain and snow no less than what is measured.

    Knots are whole, halves up.
    """
    step = STEPS[metric, unit]
    return math.floor(threshold) + 0.5 if metric is Metric.WIND_GUST else max(threshold, step)


def counted_above(q: Quantiles, least: float, threshold: float, known: Range = OPEN) -> float:
    """Return the chance that an amount ends at `least` or more, which is what counts as above a threshold.

    What a law has below what was counted already is no reason for more to come: it stays where it is, as it does at
    nothing before the first drop. A law cut off there and scaled up gave any rain at all 100 % of a dry forecast.
    """
    if known.at_least is not None and known.at_least > threshold + ROUNDING:
        return 1.0
    return normal.cdf((q.p50 - least) / sigma(q))


def above_each(p10: Floats, p50: Floats, p90: Floats, threshold: float) -> Floats:
    """Return the chance of a value above a threshold for each of n cells.

    Parameters
    ----------
    p10, p50, p90 : (n,) float64
        Quantiles, one cell each; NaN where there is no forecast.
    threshold : float
        For whole degrees give ``floor(threshold) + 0.5``, for amounts `least_above`.

    Returns
    -------
    (n,) float64
        NaN where a quantile is; else as `above`.
    """
    spread = np.maximum((p90 - p10) / (2.0 * Z90), LEAST_SIGMA)
    scaled = (threshold - p50) / (spread * math.sqrt(2.0))
    return 0.5 * np.fromiter(map(math.erfc, scaled.tolist()), np.float64, scaled.size)


def chances(contract: Contract, q: Quantiles, known: Range = OPEN) -> tuple[float, ...]:
    """Return the chance of every outcome of a contract; quantiles and `known` in the contract's unit.

    Degrees Celsius are whole in Fahrenheit only, so such a contract is treated as continuous. Of amounts
    no less than what stations measure counts.
    """
    if contract.brackets:
        return tuple(_bracket(q, bracket, known) for bracket in contract.brackets)
    if contract.threshold is None:
        msg = f"contract {contract.id} has neither threshold nor brackets"
        raise ValueError(msg)
    if (contract.metric, contract.unit) in STEPS:
        threshold = float(contract.threshold)
        more = counted_above(q, least_above(contract.metric, contract.unit, threshold), threshold, known)
        return more, 1.0 - more
    whole = contract.metric in WHOLE and contract.unit is Unit.FAHRENHEIT
    yes = (whole_above if whole else above)(q, float(contract.threshold), known)
    return yes, 1.0 - yes


def opening(
    contract: Contract,
    q: Quantiles,
    base: float,
    known: Range = OPEN,
    reference_iqr_f: float = REFERENCE_IQR_F,
    *,
    fair: Sequence[float] | None = None,
) -> Opening:
    """Return prior and liquidity of a new market: b = base · IQR / scale, clipped to 10 to 1,000 shares.

    The prior is `fair` where a better law than the quantiles' own gives the chances.

    Raises
    ------
    ValueError
        If the quantiles are out of order or not finite, or base is not positive.
    """
    if not (math.isfinite(q.p10) and math.isfinite(q.p90) and q.p10 <= q.p50 <= q.p90):
        msg = f"percentiles are out of order: {q.p10}, {q.p50}, {q.p90}"
        raise ValueError(msg)
    prior = lmsr.floored(_shares(chances(contract, q, known) if fair is None else fair), LEAST_PRIOR)
    spread, scale, name, depth = _liquidity(contract, q, base, reference_iqr_f)
    return Opening(prior, depth.b, spread, scale, name, depth.ratio, lmsr.max_loss(prior, depth.b))


def _liquidity(
    contract: Contract, q: Quantiles, base: float, reference_iqr_f: float
) -> tuple[float, float, str, lmsr.Liquidity]:
    if contract.metric in WHOLE:
        reference = reference_iqr_f * (5.0 / 9.0 if contract.unit is Unit.CELSIUS else 1.0)
        return iqr(q), reference, "climate IQR", lmsr.b_from_reference(iqr(q), reference, base)
    mm = 25.4 if contract.unit is Unit.INCH else 1.0  # a dry median leaves the IQR alone, which the rule takes in mm
    quarter, median, three = (max(0.0, mm * value) for value in (q.p50 - iqr(q) / 2, q.p50, q.p50 + iqr(q) / 2))
    return (three - quarter) / mm, median / mm, "median", lmsr.b_from_uncertainty(quarter, median, three, base)


def _shares(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Return them unless all are 0 by underflow: then nothing is known and all are even."""
    return tuple(probabilities) if any(probabilities) else (1.0,) * len(probabilities)


def _bracket(q: Quantiles, bracket: Bracket, known: Range) -> float:
    return whole_in(q, bracket.low, bracket.high, known)


def _between(q: Quantiles, start: float, end: float, least: float | None, most: float | None) -> float:
    """Return the normal law's mass in [start, end], cut to [least, most] and scaled up."""
    low = -math.inf if least is None else least
    high = math.inf if most is None else most
    inside = _mass(q, max(start, low), min(end, high))
    whole = _mass(q, low, high)
    if whole > 0.0:
        return min(1.0, inside / whole)
    # measured so far beyond the forecast that its mass underflows: the value is as good as measured
    if least is not None:
        return 1.0 if start <= least < end else 0.0
    return 1.0 if most is not None and start < most <= end else 0.0


def _mass(q: Quantiles, start: float, end: float) -> float:
    """Return the law's mass between two values, computed in the nearer tail."""
    if end <= start:
        return 0.0
    s = sigma(q)
    low, high = (start - q.p50) / s, (end - q.p50) / s
    return normal.cdf(-low) - normal.cdf(-high) if low > 0.0 else normal.cdf(high) - normal.cdf(low)
