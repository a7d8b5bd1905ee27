"""What a gate is: one measure of an order, and how to break a sound order so that it must refuse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.units import MICRO

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.risk.limits import Limits
    from engine.risk.measures import Known, Measure
    from engine.risk.probe import Probe


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate."""

    code: str
    scope: str
    meaning: str
    source: str
    """What it reads."""
    measure: Callable[[Probe, Known], Measure]
    breach: Callable[[Probe, Limits], Probe]
    """Turns a probe that passes into one this gate must refuse; the self-test's other half."""
    spares_reducing: bool = False
    spares_hedging: bool = False
    """It stops new risk alone: the hedge of a trade that binds passes it while no more could be lost."""
    warns: bool = False
    """For manual orders it only warns."""
    venue: bool = False
    """Orders of the embedded exchange do not meet it."""
    automated: bool = False
    """Only orders of a strategy meet it."""
    derivative: bool = False
    """Only orders in options, futures and perpetuals meet it."""
    shares: bool = False
    """Only orders in shares of an outcome meet it: it counts in what these can be worth."""


def above(name: str, code: str, by: Decimal = MICRO) -> Callable[[Probe, Limits], Probe]:
    """Return what puts a field of a probe beyond its limit."""

    def breach(p: Probe, limits: Limits) -> Probe:
        broken = replace(p)
        setattr(broken, name, limits[code] + by)
        return broken

    return breach


def enough(name: str, code: str) -> Callable[[Probe, Limits], Probe]:
    """Return what gives a probe as many of something as its limit allows, so that one more is one too many."""

    def breach(p: Probe, limits: Limits) -> Probe:
        broken = replace(p)
        setattr(broken, name, int(limits[code]))
        return broken

    return breach
