"""Two opinions about one distribution, market and weather, made one.

The weight of the market in a logarithmic pool (`engine.maths.pmf.pool`) follows volume and hazard. The filter keeps
additive log-ratios ``z_i = ln(p_i / p_K)`` (Aitchison and Shen 1980): the walk ``q·dt·(I + 11')`` and both
observation noises are the same whichever bracket is the reference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CLIP: Final = 1e-4
LOW, HIGH = 0.05, 0.95
"""No opinion is left out altogether."""
OF_VOLUME: Final = 0.15
OF_HAZARD: Final = 2.0


class State(NamedTuple):
    """What the filter knows: log-ratios against the last bracket and their covariance."""

    z: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @property
    def p(self) -> tuple[float, ...]:
        """The distribution: softmax of the ratios and 0."""
        whole = np.append(self.z, 0.0)
        shares = np.exp(whole - whole.max())
        return tuple(float(share) for share in shares / shares.sum())


def market_weight(
    volume: float,
    hazard: float,
    *,
    velocity: float = 0.0,
    base: float = 0.0,
    of_volume: float = OF_VOLUME,
    of_hazard: float = OF_HAZARD,
    of_velocity: float = 0.0,
) -> float:
    """Return the market's weight in a pool: a logistic of volume (contracts), hazard and speed, in [0.05, 0.95]."""
    x = base + of_volume * math.log1p(max(volume, 0.0)) + of_hazard * hazard + of_velocity * abs(velocity)
    return min(HIGH, max(LOW, 1.0 / (1.0 + math.exp(-x))))


def start(p: Sequence[float], variance: float) -> State:
    """Return a state at a distribution with `variance` on every log-ratio; probabilities are held off 0."""
    shares = _held(p)
    return State(np.log(shares[:-1] / shares[-1]), variance * _shape(len(shares) - 1))


def walk(state: State, per_s: float, seconds: float) -> State:
    """Return the state after time passed: every bracket's log wanders with variance `per_s` a second."""
    return State(state.z, state.covariance + per_s * seconds * _shape(len(state.z)))


def see_market(state: State, p: Sequence[float], sd: Sequence[float]) -> State:
    """Return the state after market prices `p` with standard errors `sd`, both in probability."""
    shares = _held(p)
    noise = (np.asarray(sd, dtype=float) / shares) ** 2
    return _update(state, np.log(shares[:-1] / shares[-1]), np.diag(noise[:-1]) + noise[-1])


def see_weather(state: State, p: Sequence[float], worth: float) -> State:
    """Return the state after a forecast's distribution that counts as `worth` independent draws (> 0)."""
    shares = _held(p)
    noise = 1.0 / (shares * worth)
    return _update(state, np.log(shares[:-1] / shares[-1]), np.diag(noise[:-1]) + noise[-1])


def keep(state: State, stay: Sequence[int]) -> State:
    """Return the state over some of the brackets alone, as when others have become impossible.

    Raises
    ------
    ValueError
        If fewer than two stay, or they are not some of the state's in its order.
    """
    n = len(state.z) + 1
    if len(stay) < 2 or list(stay) != sorted(set(stay)) or not 0 <= stay[0] <= stay[-1] < n:
        msg = f"brackets {list(stay)} are not two or more of {n} in order"
        raise ValueError(msg)
    pick = np.zeros((len(stay) - 1, n))
    for row, index in enumerate(stay[:-1]):
        pick[row, index] += 1.0
        pick[row, stay[-1]] -= 1.0  # log-ratios against the last that stays
    whole = np.zeros((n, n))
    whole[:-1, :-1] = state.covariance
    return State(pick @ np.append(state.z, 0.0), pick @ whole @ pick.T)


def _update(state: State, seen: NDArray[np.float64], noise: NDArray[np.float64]) -> State:
    """One Kalman update in Joseph's form, which keeps the covariance symmetric and positive."""
    p = state.covariance
    gain = np.linalg.solve((p + noise).T, p.T).T
    rest = np.eye(len(seen)) - gain
    return State(state.z + gain @ (seen - state.z), rest @ p @ rest.T + gain @ noise @ gain.T)


def _held(p: Sequence[float]) -> NDArray[np.float64]:
    clipped = np.clip(np.asarray(p, dtype=float), CLIP, 1.0 - CLIP)
    shares: NDArray[np.float64] = clipped / clipped.sum()
    return shares


def _shape(n: int) -> NDArray[np.float64]:
    """``I + 11'``: the covariance of log-ratios whose logs are independent and alike."""
    return np.eye(n) + 1.0
