"""What a station's daily high usually is at a time of year: the guess where nobody forecasts. Pure.

Mean and logarithm of the variance are waves of the year, fitted by `engine.research.climate_fit` to some years of
official highs.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from engine.weather import climate_table
from engine.weather.forecast import Z90


class Usual(NamedTuple):
    """Quantiles of a normal law, F."""

    p10: float
    p50: float
    p90: float


class Waves(NamedTuple):
    """A station's year: of the mean two waves, F; of the logarithm of the variance, F², one."""

    mean: float
    cos: float
    sin: float
    cos_twice: float
    sin_twice: float
    log_variance: float
    log_cos: float
    log_sin: float


STATIONS: Final = {station: Waves(*numbers) for station, numbers in climate_table.HIGHS.items()}


def high(station: str, season: float) -> Usual | None:
    """Return the usual high at an angle of the year (`residual.season`); None where the station's is not known."""
    waves = STATIONS.get(station)
    if waves is None:
        return None
    c, s = math.cos(season), math.sin(season)
    mean = waves.mean + waves.cos * c + waves.sin * s + waves.cos_twice * (c * c - s * s) + waves.sin_twice * 2 * s * c
    sd = math.exp(0.5 * (waves.log_variance + waves.log_cos * c + waves.log_sin * s))
    return Usual(mean - Z90 * sd, mean, mean + Z90 * sd)
