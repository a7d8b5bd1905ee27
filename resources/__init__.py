"""Files the program ships, and the one way to reach them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TypedDict

_HERE = Path(__file__).resolve().parent


def path(*parts: str) -> Path:
    """Return the path of a shipped file, such as ``path("map", "states.json")``."""
    return _HERE.joinpath(*parts)


class StationFacts(TypedDict):
    """One line of the shipped station list; the names are those of `engine.core.snapshot.StationRow`."""

    id: str
    name: str
    lat: float
    lon: float
    cell: str
    utc_offset_hours: int
    routine_minute: int


def load_stations() -> tuple[StationFacts, ...]:
    """Return the automated stations of the contiguous United States, by code."""
    with path("stations", "asos.csv").open(encoding="ascii", newline="") as file:
        return tuple(_station(line) for line in csv.DictReader(file))


def _station(line: dict[str, str]) -> StationFacts:
    return StationFacts(
        id=line["id"],
        name=line["name"],
        lat=float(line["lat"]),
        lon=float(line["lon"]),
        cell=line["cell"],
        utc_offset_hours=int(line["utc_offset_hours"]),
        routine_minute=int(line["routine_minute"]),
    )
