"""Alerts and areas around places that tests of the weather speak of."""

from __future__ import annotations

from functools import lru_cache

from engine.core.units import HOUR, Nanos
from engine.weather import areas, cells
from engine.weather.alerts import Alert

MIDWAY = cells.cell_at(41.786, -87.752)
KENNEDY = cells.cell_at(40.64, -73.78)
NOON = Nanos(1_783_080_000 * 1_000_000_000)


def square(west: float, south: float, wide: float, tall: float | None = None) -> list[list[float]]:
    north, east = south + (wide if tall is None else tall), west + wide
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: list[list[float]]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


@lru_cache
def around(place: str, reach: float = 0.2) -> areas.Cells:
    latitude, longitude = cells.center(place)
    return areas.cells_of(polygon(square(longitude - reach, latitude - reach, 2 * reach)))


def alert(name: str = "a", **terms: object) -> Alert:
    given = {
        "event": "Flood Warning",
        "severity": "Severe",
        "sent": NOON,
        "effective": NOON,
        "expires": Nanos(NOON + HOUR),
        "cells": around(MIDWAY),
    } | terms
    return Alert(id=name, **given)
