"""Scores of laws over whole degrees against what came: coverage, CRPS, Brier. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.weather.degrees import Degrees

BINS: Final = 10
LEAST: Final = 0.001
SHARE: Final = 0.9
WIDTH: Final = 2
"""Degrees of a bracket: two whole ones, as the venues list them."""


class Said(NamedTuple):
    """Brackets that were given about one chance."""

    low: float
    high: float
    n: int
    said: float
    """Mean chance given."""
    came: float
    """Share that came."""


def brackets(law: Degrees, came: int) -> list[tuple[float, bool]]:
    """Return the chance of each bracket of two degrees, and whether it came."""
    start = math.floor(min(law.first, came) / WIDTH) * WIDTH
    return [
        (law.within(low, low + WIDTH - 1), low <= came < low + WIDTH)
        for low in range(start, max(law.last, came) + 1, WIDTH)
    ]


def reliability(pairs: Sequence[tuple[float, bool]]) -> list[Said]:
    """Return how often what was given a chance came, by tenths of chance; empty tenths are left out."""
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for chance, came in pairs:
        groups[min(int(chance * BINS), BINS - 1)].append((chance, came))
    return [
        Said(
            i / BINS,
            (i + 1) / BINS,
            len(group),
            sum(p for p, _ in group) / len(group),
            sum(c for _, c in group) / len(group),
        )
        for i, group in enumerate(groups)
        if group
    ]


def brier(law: Degrees, came: int) -> float:
    """Return the summed square of what each bracket of two degrees was off by: 0 is perfect, 2 is certain and wrong."""
    return math.fsum((chance - won) ** 2 for chance, won in brackets(law, came))


@dataclass(slots=True)
class Tally:
    """Scores of many days."""

    inside: list[bool] = field(default_factory=list)
    """Whether the truth lay in the fewest degrees that hold nine tenths."""
    sizes: list[int] = field(default_factory=list)
    crps: list[float] = field(default_factory=list)
    brier: list[float] = field(default_factory=list)
    pairs: list[tuple[float, bool]] = field(default_factory=list)
    """Of every bracket of two degrees that was given a thousandth or that came."""

    def add(self, law: Degrees, came: int) -> None:
        """Take in one day."""
        likely = law.likely(SHARE)
        self.inside.append(came in likely)
        self.sizes.append(len(likely))
        self.crps.append(law.crps(came))
        self.brier.append(brier(law, came))
        self.pairs += [(chance, won) for chance, won in brackets(law, came) if won or chance >= LEAST]

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
