"""Scores of laws over whole degrees against what came: coverage, CRPS, Brier. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.weather.degrees import Degrees

SHARE: Final = 0.9
WIDTH: Final = 2
"""Degrees of a bracket: two whole ones, as the venues list them."""


def brier(law: Degrees, came: int) -> float:
    """Return the summed square of what each bracket of two degrees was off by: 0 is perfect, 2 is certain and wrong."""
    start = math.floor(min(law.first, came) / WIDTH) * WIDTH
    return math.fsum(
        (law.within(low, low + WIDTH - 1) - (low <= came < low + WIDTH)) ** 2
        for low in range(start, max(law.last, came) + 1, WIDTH)
    )


@dataclass(slots=True)
class Tally:
    """Scores of many days."""

    inside: list[bool] = field(default_factory=list)
    """Whether the truth lay in the fewest degrees that hold nine tenths."""
    sizes: list[int] = field(default_factory=list)
    crps: list[float] = field(default_factory=list)
    brier: list[float] = field(default_factory=list)

    def add(self, law: Degrees, came: int) -> None:
        """Take in one day."""
        likely = law.likely(SHARE)
        self.inside.append(came in likely)
        self.sizes.append(len(likely))
        self.crps.append(law.crps(came))
        self.brier.append(brier(law, came))

    @property
    def n(self) -> int:
        """How many days."""
        return len(self.crps)

    @property
    def covered(self) -> float:
        """Share of days whose truth lay inside."""
        return sum(self.inside) / self.n

    @property
    def size(self) -> float:
        """Mean count of degrees in the set."""
        return sum(self.sizes) / self.n

    @property
    def mean_crps(self) -> float:
        """Mean CRPS, F."""
        return math.fsum(self.crps) / self.n

    @property
    def mean_brier(self) -> float:
        """Mean Brier score."""
        return math.fsum(self.brier) / self.n
