"""Leader and follower: one bracket of an event accelerates away from its neighbours while buyers press on it.

The gates in their order: an inner bracket, a narrow spread, enough volume, a rising price, acceleration above a
threshold that follows the hazard of a new high, order flow and queue on the buyers' side.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "bracket_leader"
EQUAL: Final = 1e-9
"""Relative difference at which an acceleration is at its threshold, not above it; cents for the spread."""

FULL_HAZARD: Final = 0.3


class Gate(Enum):
    """The first condition that failed, or PASS."""

    __hash__ = object.__hash__

    EDGE_BRACKET = "edge_bracket"
    SPREAD = "spread"
    VOLUME = "volume"
    VELOCITY = "velocity"
    ACCEL = "accel"
    OFI = "ofi"
    QUEUE = "queue"
    PASS = "PASS"


class Needs(NamedTuple):
    """What the gates ask for."""

    theta: float = 0.0005
    """Acceleration against the faster neighbour, price a second squared."""
    hazard_high: float = 0.5
    """From here the threshold is half."""
    hazard_low: float = 0.1
    """Below here it is twice."""
    spread_cents: float = 5.0
    volume: float = 10.0
    """Contracts in 20 minutes."""
    queue: float = 0.5


class Verdict(NamedTuple):
    """What the gates say; acceleration and threshold where they got that far."""

    gate: Gate
    ahead: float | None = None
    """Acceleration less the faster neighbour's."""
    theta: float | None = None


NEEDS: Final = Needs()


def judge(
    acceleration: Sequence[float], velocity: Sequence[float], j: int, order_flow: float, queue: float | None,
    hazard: float, spread_cents: float, volume: float, needs: Needs = NEEDS,
) -> Verdict:  # fmt: skip
    """Return whether bracket j leads.

    Parameters
    ----------
    acceleration, velocity : sequences of float
        Of every bracket of the event in order of their lower edges: the one below all first, the one above all last.
    j : int
        Which one is judged.
    order_flow : float
        Order-flow imbalance, > 0 presses upwards.
    queue : float in [0, 1] or None
        Bids' share of the best sizes.
    hazard : float in [0, 1]
        Of a new high within the hour.
    spread_cents : float
    volume : float, contracts

    Raises
    ------
    ValueError
        If the sequences differ in length or j is no bracket of them.
    """
    if len(acceleration) != len(velocity) or not 0 <= j < len(acceleration):
        msg = f"no bracket {j} of {len(acceleration)} accelerations and {len(velocity)} velocities"
        raise ValueError(msg)
    if j in (0, len(acceleration) - 1):
        return Verdict(Gate.EDGE_BRACKET)
    if not spread_cents <= needs.spread_cents + EQUAL:
        return Verdict(Gate.SPREAD)
    if not volume >= needs.volume:
        return Verdict(Gate.VOLUME)
    if not velocity[j] > 0.0:
        return Verdict(Gate.VELOCITY)
    ahead = acceleration[j] - max(acceleration[j - 1], acceleration[j + 1])
    theta = threshold(hazard, needs)
    if not ahead > theta * (1.0 + EQUAL):
        return Verdict(Gate.ACCEL, ahead, theta)
    if not order_flow > 0.0:
        return Verdict(Gate.OFI, ahead, theta)
    if queue is None or not queue > needs.queue:
        return Verdict(Gate.QUEUE, ahead, theta)
    return Verdict(Gate.PASS, ahead, theta)


def threshold(hazard: float, needs: Needs = NEEDS) -> float:
    """Return the acceleration asked for: half when a new high is likely, twice when it is not."""
    if hazard >= needs.hazard_high:
        return 0.5 * needs.theta
    return 2.0 * needs.theta if hazard < needs.hazard_low else needs.theta


def throttle(hazard: float) -> float:
    """Return the part of a size to use: all of it from a hazard of 0.3 on, less in proportion below."""
    return min(max(hazard / FULL_HAZARD, 0.0), 1.0)
