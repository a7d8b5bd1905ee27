"""What a grid forecast tells beside its quantiles: the points around a cell, where the spread is from, the credit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.contract import Metric, Unit
from engine.kernel import modelling
from engine.kernel.project import names

if TYPE_CHECKING:
    from engine.core.contract import Contract
    from engine.core.events import GridForecast, StationForecast
    from engine.core.reading import CellQuantiles


def facts(found: GridForecast, at: CellQuantiles | None, contract: Contract) -> tuple[tuple[str, str], ...]:
    """Return (name, value) of a cell for the side sheet; what the forecast does not tell is left out."""
    told = []
    if at is not None and at.around is not None:
        unit = names.UNITS[contract.unit]
        mean, most, least = (
            stated(value, found, contract) for value in (at.around.mean, at.around.most, at.around.least)
        )
        told.append((f"{at.around.count} points ≤ {found.radius_km:g} km", f"{least:.1f} – {most:.1f} {unit}"))
        told.append(("Their mean", f"{mean:.1f} {unit}"))
    return (*told, *origins(found))


def origins(found: GridForecast | StationForecast) -> tuple[tuple[str, str], ...]:
    """Return where a forecast's spread comes from, and in short what its licence wants shown."""
    told = [("Spread from", found.spread)] if found.spread else []
    return (*told, ("Credit", found.credit.partition(";")[0])) if found.credit else tuple(told)


def origin(found: GridForecast | None) -> str:
    """Return the same in one line and in full."""
    if found is None:
        return ""
    spread = f"Spread from {found.spread}" if found.spread else ""
    return " · ".join(part for part in (spread, found.credit) if part)


def stated(value: float, found: GridForecast, contract: Contract) -> float:
    """Return a value of a grid in the contract's unit."""
    if contract.metric is Metric.PRECIPITATION:
        return value * modelling.TO_MM[Unit(found.unit)] / modelling.TO_MM[contract.unit]
    return (value - 32.0) * 5.0 / 9.0 if contract.unit is Unit.CELSIUS else value
