"""Weather alerts in force: what one says, where, until when, and how a later one replaces it. Pure.

Most alerts of the National Weather Service have no polygon; they name forecast zones or counties by UGC code.
An alert ends at `ends`, or, where that is not stated, when its text expires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from engine.core.units import Nanos

Ring = tuple[tuple[float, float], ...]
"""Latitude and longitude, closed: the last point is the first."""
Polygon = tuple[Ring, ...]
"""The outer ring, then holes."""

CANCEL: Final = "Cancel"
SEVERITIES: Final = ("Unknown", "Minor", "Moderate", "Severe", "Extreme")


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert as issued."""

    id: str
    event: str
    """Such as ``Flash Flood Warning``."""
    message: str
    """``Alert``, ``Update`` or ``Cancel``."""
    severity: str = "Unknown"
    certainty: str = ""
    urgency: str = ""
    headline: str = ""
    description: str = ""
    area: str = ""
    sender: str = ""
    sent_at: Nanos
    begins_at: Nanos
    """Onset, or when it took effect."""
    ends_at: Nanos
    polygons: tuple[Polygon, ...] = ()
    zones: tuple[str, ...] = ()
    """UGC codes: SSZnnn forecast zones, SSCnnn counties."""
    zone_urls: tuple[str, ...] = ()
    """Where each zone's outline can be had."""
    replaces: tuple[str, ...] = ()
    """Ids of those it stands for."""
    known_at: Nanos
    """When we first had it."""

    @property
    def rank(self) -> int:
        """Return its severity as a number, 0 unknown to 4 extreme."""
        return SEVERITIES.index(self.severity) if self.severity in SEVERITIES else 0


def in_force(alerts: Iterable[Alert], at: Nanos) -> tuple[Alert, ...]:
    """Return what is in force of a number of messages, the gravest first and then by id.

    An id counts once, with the time it was known first; an update removes what it replaces, a cancel that and
    itself; whatever ended is gone.
    """
    by_id: dict[str, Alert] = {}
    for alert in alerts:
        known = by_id.get(alert.id)
        by_id[alert.id] = alert if known is None or alert.known_at < known.known_at else known
    replaced = {old for alert in by_id.values() for old in alert.replaces if old != alert.id}
    found = [a for a in by_id.values() if a.id not in replaced and a.message != CANCEL and a.ends_at > at]
    return tuple(sorted(found, key=lambda alert: (-alert.rank, alert.id)))


def without_outline(alerts: Iterable[Alert], known: Mapping[str, object]) -> tuple[str, ...]:
    """Return the zone addresses that alerts without a polygon need and `known` lacks, each once, in order."""
    wanted = (url for alert in alerts if not alert.polygons for url in alert.zone_urls if url not in known)
    return tuple(dict.fromkeys(wanted))
