"""What the weather service warns of on a simulated day: heat where the day is hot, storms where they go.

A heat advisory stands over a region's land from late morning until evening. A heavy storm is warned of before its
peak, over the ground it will cross, and half-way again over what is left of it; the first warning is then replaced.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

import h3
import numpy as np
from msgspec import structs

from engine.core.events import Alerted
from engine.core.units import MINUTE, Nanos
from engine.sandbox.places import grid
from engine.sandbox.sky import PEAK, RADIUS, T0, VX, VY, X0, Y0, nanos_of
from engine.weather import cells as geometry
from engine.weather.areas import cells_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.ids import Cell
    from engine.sandbox.sky import Floats, Sky

HOT: Final = 1.0
"""Degrees Fahrenheit below a place's usual high from which on a day is warned of."""
HEAT: Final = (4 * 60 + 12, 11 * 60, 20 * 60)
"""Local minutes at which heat is warned of, begins and ends."""
STATEMENT, STORM, FLOOD = 12.0, 20.0, 60.0
"""mm/h at a storm's peak from which on it is worth a statement, a warning, and a warning of floods."""
AHEAD: Final = 40
"""Minutes before a storm's peak at which it is warned of."""
LASTS: Final = 75
AGAIN: Final = 35
"""Minutes after a warning at which it is said again over what is left of the way."""
WIDE: Final = 1.6
"""Radii of a storm to each side of its way."""
KINDS: Final = (
    (STATEMENT, "Special Weather Statement", "Moderate"),
    (STORM, "Severe Thunderstorm Warning", "Severe"),
    (FLOOD, "Flash Flood Warning", "Severe"),
)
"""From which peak on a storm is told of, and as what."""


def warnings(sky: Sky, start: Nanos) -> Iterator[Alerted]:
    """Yield a region's alerts for ever; what was said before `start` that day comes at `start`."""
    day, _ = sky.local(start // MINUTE)
    waiting: list[tuple[Nanos, str, Alerted]] = []
    while True:
        for one in _said(sky, day):
            heapq.heappush(waiting, (one.sent, one.id, one))
        ends = nanos_of(sky.midnight(day + 1))
        while waiting and waiting[0][0] < ends:
            sent, _, one = heapq.heappop(waiting)
            yield one if sent >= start else structs.replace(one, at=start)
        day += 1


def _said(sky: Sky, day: int) -> list[Alerted]:
    """Return what is said on one local day."""
    said = [_heat(sky, day)] if sky.draw(day).high >= sky.region.climate.high - HOT else []
    for number, storm in enumerate(sky.draw(day).storms):
        if storm[PEAK] >= STATEMENT:
            said += _storm(sky, day, number, storm)
    return said


def _heat(sky: Sky, day: int) -> Alerted:
    issued, begins, ends = (nanos_of(sky.midnight(day) + minute) for minute in HEAT)
    place = sky.region.climate.name
    return Alerted(
        at=issued,
        id=f"demo:{sky.region.home.id}:{day}:heat",
        event="Heat Advisory",
        severity="Moderate",
        headline=f"Heat Advisory for {place}: high near {sky.draw(day).high:.0f} °F",
        sent=issued,
        effective=issued,
        onset=begins,
        expires=ends,
        ends=ends,
        cells=_land(sky),
    )


def _land(sky: Sky) -> tuple[Cell, ...]:
    """Return the region's cells that are not over water."""
    around = grid(sky.region.home)
    inland = sky.region.inland([geometry.center(cell) for cell in around])
    dry = [cell for cell, km in zip(around, inland, strict=True) if km > 0.0]
    return tuple(sorted(h3.compact_cells(dry)))


def _storm(sky: Sky, day: int, number: int, storm: Floats) -> list[Alerted]:
    """Return the warning of a storm, and what is said again of it; a weak storm is only stated."""
    issued = max(int(storm[T0]) - AHEAD, sky.midnight(day))
    ends = issued + LASTS
    _, event, severity = [kind for kind in KINDS if storm[PEAK] >= kind[0]][-1]
    name = f"demo:{sky.region.home.id}:{day}:{number}"
    first = _warning(sky, storm, f"{name}:1", event, severity, issued, ends)
    if event == KINDS[0][1]:
        return [first]
    again = _warning(sky, storm, f"{name}:2", event, severity, issued + AGAIN, ends, (first.id,))
    return [first, again]


def _warning(
    sky: Sky,
    storm: Floats,
    name: str,
    event: str,
    severity: str,
    issued: int,
    ends: int,
    replaces: tuple[str, ...] = (),
) -> Alerted:
    speed = 60.0 * float(np.hypot(storm[VX], storm[VY]))
    return Alerted(
        at=nanos_of(issued),
        id=name,
        event=event,
        severity=severity,
        headline=f"{event} for {sky.region.climate.name}: {storm[PEAK]:.0f} mm an hour, moving at {speed:.0f} km/h",
        sent=nanos_of(issued),
        effective=nanos_of(issued),
        expires=nanos_of(ends),
        cells=tuple(sorted(_way(sky, storm, issued, ends))),
        replaces=replaces,
    )


def _way(sky: Sky, storm: Floats, since: int, until: int) -> frozenset[Cell]:
    """Return the cells a storm crosses between two minutes: its way, as wide as it is."""
    velocity = np.array([storm[VX], storm[VY]])
    along = velocity / np.hypot(*velocity) * storm[RADIUS] * WIDE
    across = np.array([-along[1], along[0]])
    first, last = (np.array([storm[X0], storm[Y0]]) + velocity * (minute - storm[T0]) for minute in (since, until))
    corners = (first - along - across, last + along - across, last + along + across, first - along + across)
    ring = [list(sky.region.place(float(east), float(north)))[::-1] for east, north in corners]
    return cells_of({"type": "Polygon", "coordinates": [ring]})
