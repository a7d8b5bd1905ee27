"""The distribution moves: its centre speeds up in one direction, so inventory moves one bracket along with it."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

NAME: Final = "pmf_migration"
UPDATES: Final = 2
"""In a row, before a movement is believed."""
LEAST_T: Final = 2.0
"""Of the acceleration's estimate over its error."""
NEAR_F: Final = 0.5
"""Degrees Fahrenheit from a bracket's upper edge at which it is about to be left."""
HAZARD_HIGH: Final = 0.5


class Direction(Enum):
    """Which way the centre goes; the value is the step in brackets."""

    __hash__ = object.__hash__

    UP = 1
    DOWN = -1


class HandOver(NamedTuple):
    """Inventory to be moved: reduce one bracket, add to the next, both resting."""

    reduce: int
    add: int


class Migration:
    """Whether the centre of one event's distribution migrates, update by update."""

    __slots__ = ("_row", "direction")

    def __init__(self) -> None:
        self._row = 0
        self.direction: Direction | None = None
        """Of the last update; None where speed and acceleration disagree or say nothing."""

    def update(self, speed: float, acceleration: float, t: float) -> Direction | None:
        """Take in the centre's motion and return its direction once it is believed.

        Parameters
        ----------
        speed, acceleration : float, degrees a second, and a second squared
        t : float
            The acceleration's estimate over its error; only its size counts.
        """
        now = _direction(speed, acceleration) if abs(t) > LEAST_T else None
        self._row = self._row + 1 if now is not None and now is self.direction else int(now is not None)
        self.direction = now
        return now if self._row >= UPDATES else None


def hand_over(held: int, brackets: int, direction: Direction) -> HandOver | None:
    """Return where the inventory of bracket `held` goes; None at the last one.

    Raises
    ------
    ValueError
        If there is no such bracket.
    """
    if not 0 <= held < brackets:
        msg = f"there is no bracket {held} among {brackets}"
        raise ValueError(msg)
    to = held + direction.value
    return HandOver(held, to) if 0 <= to < brackets else None


def leaves(high_f: float, upper_edge_f: float, hazard: float) -> bool:
    """Whether a bracket is about to be left by its upper edge: the day's high is near it and a new high is likely."""
    return upper_edge_f - high_f <= NEAR_F and hazard >= HAZARD_HIGH


def _direction(speed: float, acceleration: float) -> Direction | None:
    if speed > 0.0 and acceleration > 0.0:
        return Direction.UP
    return Direction.DOWN if speed < 0.0 and acceleration < 0.0 else None
