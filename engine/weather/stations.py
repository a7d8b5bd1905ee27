"""Which stations settle a cell: chosen once, when its market is made, and frozen in the contract.

No cell of resolution 7 holds two stations and 99 % of a city's hold none, so evidence is found by distance from
the cell's centre: within 15 km, else 25, else 40; farther than that there is no market.

Source: the H3 sheet, rules 1-3 (listing tiers, weights).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.contract import EvidenceStation, Metric, Tier
from engine.core.ids import Cell, StationId
from engine.core.snapshot import StationRow
from engine.weather import cells

REACHES_KM: Final = (15.0, 25.0, 40.0)
SAME_PLACE_KM: Final = 5.0
"""Up to here the nearest station speaks for the cell alone."""
MOST_STATIONS: Final = 3
NEAREST_ONLY: Final = frozenset({Metric.PRECIPITATION, Metric.SNOW})
"""Showers end within a few kilometres: a mean with a farther gauge measures neither place."""
EARTH_KM: Final = 6_371.0088
"""As the cells' library has it."""
DEGREE_KM: Final = 110.0
"""A little less than a degree of latitude anywhere, so that the quick test drops no station in reach."""

_KM = Decimal("0.1")
_SHARE = Decimal("0.0001")


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The stations of a contract."""

    tier: Tier
    stations: tuple[EvidenceStation, ...]
    """Nearest first; weights sum to 1."""

    @property
    def nearest_km(self) -> Decimal:
        """How far the value may be from what falls on the cell itself: the basis risk to show."""
        return self.stations[0].km


@dataclass(frozen=True, slots=True)
class NoStation:
    """Why a cell cannot have a market."""

    nearest: StationId | None
    name: str
    km: Decimal | None

    @property
    def sentence(self) -> str:
        """The refusal in words."""
        if self.nearest is None:
            return "No station is known."
        return f"No station within 40 km: the nearest is {self.name} ({self.nearest}), {self.km} km away."


def evidence(cell: Cell, metric: Metric, stations: Sequence[StationRow]) -> Evidence | NoStation:
    """Return the stations that would settle a metric in a cell, or the nearest one when none is in reach."""
    place = cells.center(cell)
    near = _by_distance(place, [row for row in stations if _perhaps_near(place, row)])
    if not near or near[0][0] > REACHES_KM[-1]:
        return _none(_by_distance(place, stations))
    reach = next(reach for reach in REACHES_KM if near[0][0] <= reach)
    inside = [(far, row) for far, row in near if far <= reach]
    at_hand = near[0][0] <= SAME_PLACE_KM or near[0][1].cell == cell
    alone = at_hand or metric in NEAREST_ONLY
    return Evidence(_tier(at_hand, near[0][0]), _weighted(inside[: 1 if alone else MOST_STATIONS]))


def tiers(places: Floats, stations: Sequence[StationRow]) -> list[str]:
    """Return the tier that a market would have at each place, by its nearest station.

    Parameters
    ----------
    places : (n, 2) float64, degrees
        Latitude and longitude of centres of cells.
    stations : sequence of StationRow

    Returns
    -------
    list of n str
        ``A``, ``B`` or ``C`` as `evidence` says; empty where there could be no market.
    """
    if not len(places):
        return []
    if not stations:
        return [""] * len(places)
    here, there = _on_sphere(places), _on_sphere(np.array([(row.lat, row.lon) for row in stations]))
    nearest = np.concatenate([(part @ there.T).max(1) for part in np.array_split(here, len(here) // 2_000 + 1)])
    far = EARTH_KM * np.arccos(np.clip(nearest, -1.0, 1.0))
    steps = np.searchsorted(np.array([SAME_PLACE_KM, REACHES_KM[0], REACHES_KM[-1]]), far)
    return [(Tier.A.value, Tier.B.value, Tier.C.value, "")[step] for step in steps.tolist()]


def _on_sphere(places: Floats) -> Floats:
    lat, lon = np.radians(places[:, 0]), np.radians(places[:, 1])
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def _perhaps_near(place: tuple[float, float], row: StationRow) -> bool:
    return abs(row.lat - place[0]) * DEGREE_KM <= REACHES_KM[-1]


def _by_distance(place: tuple[float, float], stations: Sequence[StationRow]) -> list[tuple[float, StationRow]]:
    found = [(cells.km(place, (row.lat, row.lon)), row) for row in stations]
    return sorted(found, key=lambda pair: (pair[0], pair[1].id))


def _none(near: Sequence[tuple[float, StationRow]]) -> NoStation:
    if not near:
        return NoStation(None, "", None)
    far, row = near[0]
    return NoStation(StationId(row.id), row.name, _rounded(far))


def _tier(at_hand: bool, nearest_km: float) -> Tier:
    if at_hand:
        return Tier.A
    return Tier.B if nearest_km <= REACHES_KM[0] else Tier.C


def _weighted(near: Sequence[tuple[float, StationRow]]) -> tuple[EvidenceStation, ...]:
    """Return inverse squares of the distances as shares; what rounding leaves over goes to the nearest."""
    raw = [1.0 / max(far, 1.0) ** 2 for far, _ in near]
    shares = [Decimal(weight / sum(raw)).quantize(_SHARE) for weight in raw]
    shares[0] += 1 - sum(shares)
    return tuple(
        EvidenceStation(id=StationId(row.id), km=_rounded(far), weight=share)
        for (far, row), share in zip(near, shares, strict=True)
    )


def _rounded(far: float) -> Decimal:
    return Decimal(far).quantize(_KM)
