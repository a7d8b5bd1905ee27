"""Warnings of the weather service: each as it was issued, and which lie on a cell now.

Of the active alerts about a fifth carry a polygon; the others name forecast zones and counties, whose areas
are published apart. Either is a set of cells (`engine.weather.areas`).

Source: the NWS sheet §4 (`ends` null in 37 % of alerts; duplicate ids in one answer; updates and cancellations refer
to what they replace).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import h3
import msgspec
from msgspec import structs

from engine.core.events import Alerted
from engine.core.ids import Cell
from engine.core.units import Nanos
from engine.weather.areas import Cells, with_parents
from engine.weather.cells import resolution as _resolution

RANKS: Final = {"Minor": 2, "Moderate": 3, "Severe": 4, "Extreme": 5}
"""Severities in their order; whatever else is said ranks 1."""

_ZONE = re.compile(r"[A-Z]{2}[ZC][0-9]{3}")


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
        names = {name for one in with_parents(cell) for name in self._at.get(one, ())}
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


def _by_sent(alert: Alert) -> tuple[Nanos, str]:
    return alert.sent, alert.id


def _parts(laid: Mapping[Cell, Iterable[str]], resolution: int) -> dict[Cell, set[str]]:
    """Return what lies on a part of each cell of a resolution."""
    found: dict[Cell, set[str]] = {}
    for cell, names in laid.items():
        if _resolution(cell) > resolution:
            found.setdefault(Cell(h3.cell_to_parent(cell, resolution)), set()).update(names)
    return found
