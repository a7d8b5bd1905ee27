"""Warnings of the weather service on the hex map: areas to cells, and which alerts lie on a cell now.

Of the active alerts about a fifth carry a polygon; the others name forecast zones and counties, whose areas
are published apart. Either becomes a set of cells in which a parent stands for its seven children where all of
them are in it, so that a county is a few dozen entries. A cell is looked up together with its parents, which is
exact because membership goes by the cells' numbering and never by geometry.

Source: the NWS sheet §4 (polygons by overlap, since a plain fill drops slivers; `ends` null in 37 % of alerts;
duplicate ids in one answer; updates and cancellations refer to what they replace).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Final, NamedTuple

import h3
import msgspec
from msgspec import structs

from engine.core.errors import DataError
from engine.core.events import Alerted
from engine.core.ids import Cell
from engine.core.units import Nanos
from engine.weather.cells import RESOLUTION
from engine.weather.cells import resolution as _resolution

MOST_POLYGONS: Final = 5_000
"""Of one area: Alaska's coasts come to hundreds."""
MOST_POINTS: Final = 100_000
MOST_CELLS: Final = 500_000
"""2.6 million km² at resolution 7; the largest zones have 30,000."""
MOST_WORK: Final = 1_000_000_000
"""Points times cells of one polygon, about four seconds' worth."""
CELL_KM2: Final = {4: 1_770.3, 5: 252.9, 6: 36.13, 7: 5.161}
EARTH_KM: Final = 6_371.0
HALF_TURN: Final = 180.0

RANKS: Final = {"Minor": 2, "Moderate": 3, "Severe": 4, "Extreme": 5}
"""Severities in their order; whatever else is said ranks 1."""

_ZONE = re.compile(r"[A-Z]{2}[ZC][0-9]{3}")

Cells = frozenset[Cell]
"""Cells of mixed resolution, none the parent of another."""


class BadArea(DataError):
    """An area that cannot be put on the map; the text says in one sentence why."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as it was issued."""

    id: str
    event: str
    """Such as ``Flash Flood Warning``."""
    severity: str
    """Extreme, Severe, Moderate, Minor or Unknown, and whatever else may come."""
    headline: str = ""
    sent: Nanos
    effective: Nanos
    """From here on it stands; `onset`, when the weather begins, may be later."""
    onset: Nanos | None = None
    expires: Nanos
    """Until when this text is good."""
    ends: Nanos | None = None
    """When the weather ends, where it is said."""
    zones: tuple[str, ...] = ()
    """Codes of zones and counties (UGC), such as ``NYZ072`` and ``NYC061``."""
    cells: Cells | None = None
    """Of its own polygon; None when it names zones only."""
    replaces: tuple[str, ...] = ()
    """Ids of the alerts it refers to."""
    cancelled: bool = False
    """It takes back what it refers to and warns of nothing itself."""

    @property
    def over_at(self) -> Nanos:
        """When it is over."""
        return self.expires if self.ends is None else self.ends

    def stands(self, now: Nanos) -> bool:
        """Whether it is in force."""
        return self.effective <= now < self.over_at and not self.cancelled


def told(alert: Alert, cells: Cells, at: Nanos) -> Alerted:
    """Return the event that tells of an alert where it lies."""
    return Alerted(
        at=at,
        id=alert.id,
        event=alert.event,
        severity=alert.severity,
        headline=alert.headline,
        sent=alert.sent,
        effective=alert.effective,
        onset=alert.onset,
        expires=alert.expires,
        ends=alert.ends,
        zones=alert.zones,
        cells=tuple(sorted(cells)),
        replaces=alert.replaces,
    )


def heard(event: Alerted) -> Alert:
    """Return the alert that an event tells of."""
    return Alert(
        id=event.id,
        event=event.event,
        severity=event.severity,
        headline=event.headline,
        sent=event.sent,
        effective=event.effective,
        onset=event.onset,
        expires=event.expires,
        ends=event.ends,
        zones=event.zones,
        cells=frozenset(event.cells),
        replaces=event.replaces,
    )


def rank(severity: str) -> int:
    """Return how grave a severity is, 1 to 5."""
    return RANKS.get(severity, 1)


def is_zone(code: str) -> bool:
    """Whether a text is the code of a forecast zone or county."""
    return _ZONE.fullmatch(code) is not None


def cells_of(geometry: object, resolution: int = RESOLUTION) -> Cells:
    """Return the cells an area touches, complete groups of siblings as their parent.

    Parameters
    ----------
    geometry : object
        A decoded GeoJSON geometry: Polygon, MultiPolygon, Point, or a collection of them. Positions are longitude
        and latitude in degrees; rings after the first of a polygon are holes.
    resolution : int, 4 to 7

    Raises
    ------
    BadArea
        If it is no such geometry, has positions off the globe, or is too large.
    """
    if resolution not in CELL_KM2:
        msg = f"resolution must be 4 to 7, was {resolution}"
        raise ValueError(msg)
    polygons = list(_polygons(geometry, 0))
    if len(polygons) > MOST_POLYGONS:
        raise BadArea(f"an area has at most {MOST_POLYGONS} polygons, was {len(polygons)}")
    points = sum(len(ring) for rings in polygons for ring in rings)
    if points > MOST_POINTS:
        raise BadArea(f"an area has at most {MOST_POINTS} positions, was {points}")
    left = float(MOST_CELLS)
    for rings in polygons:  # all are measured before the first is filled
        left -= _size(rings, resolution, left)
    found = {cell for rings in polygons for cell in _filled(rings, resolution)}
    return frozenset(map(Cell, h3.compact_cells(found)))


def covers(cells: Cells, cell: Cell) -> bool:
    """Whether a cell lies in a set, itself or by a parent."""
    return any(one in cells for one in _line(cell))


def touches(cells: Cells, cell: Cell) -> bool:
    """Whether a set lies over a cell or over a part of it."""
    own = _resolution(cell)
    if covers(cells, cell):
        return True
    return any(_resolution(one) > own and h3.cell_to_parent(one, own) == cell for one in cells)


def count(cells: Cells, resolution: int = RESOLUTION) -> int:
    """Return how many cells of a resolution a set stands for; coarser ones count with all their children."""
    return sum(int(h3.cell_to_children_size(cell, resolution)) for cell in cells)


def spread(cells: Cells, resolution: int = RESOLUTION, most: int = MOST_CELLS) -> tuple[Cell, ...]:
    """Return a set's cells of one resolution by code, as the map draws them.

    Raises
    ------
    ValueError
        If there are more than `most`.
    """
    if (wanted := count(cells, resolution)) > most:
        msg = f"{wanted} cells are more than {most}"
        raise ValueError(msg)
    return tuple(sorted(map(Cell, h3.uncompact_cells(cells, resolution))))


class Alerts:
    """The alerts that are known, and where they lie. The clock is the caller's."""

    def __init__(self, zones: Mapping[str, Cells] | None = None) -> None:
        self._zones: dict[str, Cells] = dict(zones or {})
        self._alerts: dict[str, Alert] = {}
        self._at: dict[Cell, dict[str, None]] = {}
        self._places: dict[str, Cells] = {}
        self._gone: set[str] = set()

    def __len__(self) -> int:
        """How many are known."""
        return len(self._alerts)

    def set_zone(self, code: str, cells: Cells) -> None:
        """Learn a zone's area; alerts known before that name it lie there from now on."""
        self._zones[code] = cells
        for alert in [alert for alert in self._alerts.values() if alert.cells is None and code in alert.zones]:
            self._lift(alert.id)
            self._lay(alert)

    def missing(self) -> tuple[str, ...]:
        """Return the zones that alerts name and whose area is not known, by code."""
        named = {zone for alert in self._alerts.values() if alert.cells is None for zone in alert.zones}
        return tuple(sorted(zone for zone in named if zone not in self._zones))

    def add(self, alert: Alert) -> bool:
        """Take an alert in; False when it is known, or replaced or taken back already."""
        known = self._alerts.get(alert.id)
        if alert.id in self._gone or (known is not None and known.sent >= alert.sent):
            return False
        for one in (*alert.replaces, alert.id):
            self._drop(one)
        self._gone.update(alert.replaces)
        if alert.cancelled:
            self._gone.add(alert.id)
        else:
            self._lay(alert)
        return True

    def put(self, alert: Alert) -> None:
        """Take an alert in as it is told, in place of what was known under its id."""
        self._drop(alert.id)
        self._lay(alert)

    def get(self, alert: str) -> Alert | None:
        """Return an alert by its id."""
        return self._alerts.get(alert)

    def all(self) -> tuple[Alert, ...]:
        """Return what is known, in the order it was taken in."""
        return tuple(self._alerts.values())

    def end(self, alert: str, at: Nanos) -> bool:
        """Let an alert be over from an instant on, if it is not before; False when it is not known, or over by then.

        It stays at hand for what was under it before.
        """
        known = self._alerts.get(alert)
        if known is None or known.over_at <= at:
            return False
        self._alerts[alert] = structs.replace(known, ends=at)
        return True

    def replace(self, alerts: Iterable[Alert]) -> None:
        """Take a whole answer: what is no longer in it is over."""
        fresh = {alert.id: alert for alert in sorted(alerts, key=_by_sent)}
        for one in [one for one in self._alerts if one not in fresh]:
            self._drop(one)
        self._gone &= {one for alert in fresh.values() for one in alert.replaces} | fresh.keys()
        for alert in fresh.values():
            self.add(alert)

    def forget(self, now: Nanos) -> int:
        """Drop what is over by then, and return how many that were."""
        over = [alert.id for alert in self._alerts.values() if alert.over_at <= now]
        for one in over:
            self._drop(one)
        return len(over)

    def standing(self, now: Nanos) -> tuple[Alert, ...]:
        """Return the alerts in force, oldest first."""
        return tuple(sorted((alert for alert in self._alerts.values() if alert.stands(now)), key=_by_sent))

    def on(self, cell: Cell, now: Nanos) -> tuple[Alert, ...]:
        """Return the alerts in force on a cell, oldest first."""
        return tuple(alert for alert in self.ever_on(cell) if alert.stands(now))

    def ever_on(self, cell: Cell) -> tuple[Alert, ...]:
        """Return all that is known on a cell, in force or not, oldest first."""
        names = {name for one in _line(cell) for name in self._at.get(one, ())}
        return tuple(sorted((self._alerts[name] for name in names), key=_by_sent))

    def over(self, cells: Sequence[Cell], now: Nanos) -> dict[Cell, tuple[Alert, ...]]:
        """Return the alerts in force over each of some cells, those that touch a part of it too; only where any are.

        The order of the alerts is that of their ids.
        """
        stands = {name: alert for name, alert in self._alerts.items() if alert.stands(now)}
        laid = {
            cell: found for cell, names in self._at.items() if (found := [name for name in names if name in stands])
        }
        if not laid:
            return {}
        parts: dict[int, dict[Cell, set[str]]] = {}
        found_on: dict[Cell, tuple[Alert, ...]] = {}
        coarse = sorted({_resolution(cell) for cell in laid})
        for cell in cells:
            own = _resolution(cell)
            if own not in parts:
                parts[own] = _parts(laid, own)
            names = set(parts[own].get(cell, ()))
            for resolution in coarse:
                if resolution <= own:
                    names.update(laid.get(Cell(h3.cell_to_parent(cell, resolution)), ()))
            if names:
                found_on[cell] = tuple(stands[name] for name in sorted(names))
        return found_on

    def where(self, alert: str) -> Cells:
        """Return the cells of an alert, as far as its zones are known."""
        return self._places.get(alert, frozenset())

    def _lay(self, alert: Alert) -> None:
        areas = [self._zones.get(zone, frozenset()) for zone in alert.zones] if alert.cells is None else [alert.cells]
        place = frozenset().union(*areas)
        self._alerts[alert.id] = alert
        self._places[alert.id] = place
        for cell in place:
            self._at.setdefault(cell, {})[alert.id] = None

    def _lift(self, name: str) -> None:
        for cell in self._places.pop(name, ()):
            names = self._at[cell]
            names.pop(name, None)
            if not names:
                del self._at[cell]

    def _drop(self, name: str) -> None:
        self._lift(name)
        self._alerts.pop(name, None)


def _parts(laid: Mapping[Cell, Iterable[str]], resolution: int) -> dict[Cell, set[str]]:
    """Return what lies on a part of each cell of a resolution."""
    found: dict[Cell, set[str]] = {}
    for cell, names in laid.items():
        if _resolution(cell) > resolution:
            found.setdefault(Cell(h3.cell_to_parent(cell, resolution)), set()).update(names)
    return found


class OrderAt(NamedTuple):
    """Orders for the count: when they were sent, and the cell of their market where it has one."""

    at: Nanos
    cell: Cell | None
    orders: int = 1
    ours: int = 0
    """So many of them."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One span of the dashboard's graph of alerts against orders."""

    opens: Nanos
    alerts: int
    """In force at some time of the span."""
    orders: int
    under: int
    """Of these, on a cell that an alert lay on when they were sent."""
    ours: int = 0
    ours_under: int = 0


def against_orders(
    alerts: Sequence[Alert],
    index: Alerts,
    orders: Iterable[OrderAt],
    opens: Nanos,
    span: Nanos,
    buckets: int,
) -> tuple[Bucket, ...]:
    """Return alerts in force and orders sent, in spans of one length.

    Parameters
    ----------
    alerts : sequence of Alert
        Those to count, ones that are over since included.
    index : Alerts
        Where they lie.
    opens, span : Nanos
        Start of the first span, and the length of each, > 0.
    buckets : int
        How many spans.
    """
    if span <= 0 or buckets < 1:
        msg = f"a graph has at least one span of some length, was {buckets} of {span} ns"
        raise ValueError(msg)
    sent, under, ours, ours_under = ([0] * buckets for _ in range(4))
    laid: dict[Cell, tuple[Alert, ...]] = {}
    for order in orders:
        place = (order.at - opens) // span
        if 0 <= place < buckets:
            sent[place] += order.orders
            ours[place] += order.ours
            if order.cell is not None and _is_under(laid, index, order.cell, order.at):
                under[place] += order.orders
                ours_under[place] += order.ours
    starts = [Nanos(opens + n * span) for n in range(buckets)]
    standing = [_standing(alerts, at, Nanos(at + span)) for at in starts]
    return tuple(map(Bucket, starts, standing, sent, under, ours, ours_under))


def _is_under(laid: dict[Cell, tuple[Alert, ...]], index: Alerts, cell: Cell, at: Nanos) -> bool:
    """Whether an alert lay on a cell at an instant; what ever lay there is looked up once."""
    if cell not in laid:
        laid[cell] = index.ever_on(cell)
    return any(alert.stands(at) for alert in laid[cell])


def _standing(alerts: Sequence[Alert], opens: Nanos, closes: Nanos) -> int:
    return sum(alert.effective < closes and alert.over_at > opens and not alert.cancelled for alert in alerts)


def _by_sent(alert: Alert) -> tuple[Nanos, str]:
    return alert.sent, alert.id


def _line(cell: Cell) -> Iterator[Cell]:
    """Yield a cell and all its parents."""
    yield cell
    for resolution in range(h3.get_resolution(cell) - 1, -1, -1):
        yield Cell(h3.cell_to_parent(cell, resolution))


Position = tuple[float, float]
"""Latitude and longitude, as h3 takes them."""
Rings = list[list[Position]]


def _polygons(geometry: object, depth: int) -> Iterator[Rings]:
    if not isinstance(geometry, Mapping):
        raise BadArea(f"an area is a GeoJSON object, was {_seen(geometry)}")
    kind = geometry.get("type")
    parts = geometry.get("coordinates")
    if kind == "Point":
        yield [[_position(parts)]]
    elif kind == "Polygon":
        yield _rings(parts)
    elif kind == "MultiPolygon":
        for part in _list(parts, "a MultiPolygon's coordinates"):
            yield _rings(part)
    elif kind == "GeometryCollection" and depth == 0:
        for part in _list(geometry.get("geometries"), "a collection's geometries"):
            yield from _polygons(part, depth + 1)
    else:
        raise BadArea(f"an area is a Polygon or MultiPolygon, was {_seen(kind)}")


def _rings(parts: object) -> Rings:
    rings = [[_position(p) for p in _list(ring, "a ring")] for ring in _list(parts, "a polygon")]
    for ring in rings:
        if len(ring) > 1 and ring[0] == ring[-1]:
            ring.pop()
        if len(set(ring)) < 3:
            raise BadArea(f"a ring has at least 3 different positions, was {len(set(ring))}")
    if not rings:
        raise BadArea("a polygon has at least one ring, was empty")
    return rings


def _list(value: object, name: str) -> Sequence[object]:
    if not isinstance(value, list | tuple) or len(value) > MOST_POINTS:
        raise BadArea(f"{name} is a list of at most {MOST_POINTS}, was {_seen(value)}")
    return value


def _position(value: object) -> Position:
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= 4:
        raise BadArea(f"a position is longitude and latitude, was {_seen(value)}")
    longitude, latitude = value[0], value[1]
    if not (_is_degree(longitude, 180.0) and _is_degree(latitude, 90.0)):
        raise BadArea(f"a position lies on the globe, was {_seen(longitude)}, {_seen(latitude)}")
    return float(latitude), float(longitude)


def _is_degree(value: object, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most


def _seen(value: object) -> str:
    """Return a foreign value in a few characters; whatever it is, showing it cannot fail."""
    if isinstance(value, str | float | bool) or value is None:
        text = repr(value[:60] if isinstance(value, str) else value)
        return text if len(text) <= 60 else f"{text[:57]}…"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 64 else f"a number of {value.bit_length()} bits"
    size = f" of {len(value)}" if isinstance(value, Sized) else ""
    return f"{type(value).__name__}{size}"


def _crosses(ring: Sequence[Position]) -> bool:
    """Whether a ring goes across the date line: two neighbours are more than half a turn apart."""
    return any(abs(a[1] - b[1]) > HALF_TURN for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def _size(rings: Rings, resolution: int, left: float) -> float:
    """Return about how many cells a polygon's box has.

    Raises
    ------
    BadArea
        If these are more than are left, or would take too long.
    """
    outer = rings[0]
    turn = 360.0 if _crosses(outer) else 0.0
    around = [longitude + (turn if longitude < 0.0 else 0.0) for _, longitude in outer]
    south, north = min(latitude for latitude, _ in outer), max(latitude for latitude, _ in outer)
    wide = math.radians(max(around) - min(around))
    if wide > math.pi:
        raise BadArea(f"an area is at most half the globe wide, was {math.degrees(wide):.0f} degrees")
    km2 = EARTH_KM**2 * wide * (math.sin(math.radians(north)) - math.sin(math.radians(south)))
    cells = km2 / CELL_KM2[resolution] + 1.0
    if cells > left:
        raise BadArea(f"an area has at most {MOST_CELLS} cells of resolution {resolution}, was about {cells:.0f} more")
    work = cells * sum(map(len, rings))
    if work > MOST_WORK:
        raise BadArea(f"an area of about {cells:.0f} cells has fewer positions than {sum(map(len, rings))}")
    return cells


def _filled(rings: Rings, resolution: int) -> set[str]:
    outer, *holes = rings
    if len(outer) == 1:
        return {h3.latlng_to_cell(*outer[0], resolution)}
    try:
        shape = h3.LatLngPoly(outer, *holes)
        inside = set(h3.polygon_to_cells_experimental(shape, resolution, contain="overlap"))
    except (h3.H3BaseException, ValueError, MemoryError) as e:
        raise BadArea(f"an area cannot be filled with cells ({type(e).__name__})") from e
    return inside or {h3.latlng_to_cell(*outer[0], resolution)}
