"""What a trader types into the hedge dialog, as a loss to be hedged. Pure; errors are sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.core.contract import Metric, Unit
from engine.core.ids import Cell
from engine.core.units import Money
from engine.views.hedge import HedgeDraft
from widgets.market_terms import METRIC_NAMES, Unfit

METRICS: Final[dict[Metric, str]] = {
    metric: name for metric, name in METRIC_NAMES.items() if metric not in (Metric.STORM_CATEGORY, Metric.AQI)
}
"""Those that a source is read for."""
LARGEST: Final = Decimal(1_000_000_000)
LONGEST: Final = 60
"""Characters of a field."""

_NUMBER = re.compile(r"[-+]?[0-9]{1,10}(\.[0-9]{1,8})?", re.ASCII)
_PLACE = re.compile(r"(\S+?)\s*[,;\s]\s*(\S+)")
_CELL = re.compile(r"[0-9a-f]{15}")


@dataclass(frozen=True, slots=True)
class Typed:
    """The dialog's fields as they stand."""

    place: str
    """Latitude and longitude, or the code of a cell."""
    metric: Metric
    unit: Unit
    above: bool
    level: str
    loss: str
    budget: str
    most_cells: int


def terms(typed: Typed) -> HedgeDraft:
    """Return the draft the fields stand for.

    Raises
    ------
    Unfit
        If a field is missing or makes no sense; names the field.
    """
    cell, place = _where(typed.place.strip())
    loss = _number("loss", typed.loss, "the loss")
    budget = _number("budget", typed.budget, "the budget") if typed.budget.strip() else None
    for field, words, value in (("loss", "the loss", loss), ("budget", "the budget", budget)):
        if value is not None and not 0 < value <= LARGEST:
            raise Unfit(field, f"{words} must be above 0 and at most a billion")
    return HedgeDraft(
        cell=cell,
        place=place,
        metric=typed.metric,
        unit=typed.unit,
        above=typed.above,
        level=_number("level", typed.level, "the level") if typed.level.strip() else None,
        loss=Money(loss.quantize(Decimal("0.000001"))),
        budget=None if budget is None else Money(budget),
        most_cells=typed.most_cells,
    )


def _where(text: str) -> tuple[Cell | None, tuple[float, float] | None]:
    if not text:
        raise Unfit("place", "pick a cell on the map, or type latitude and longitude")
    if _CELL.fullmatch(text):
        return Cell(text), None
    found = _PLACE.fullmatch(text[:LONGEST])
    if found is None:
        raise Unfit("place", "a place is latitude and longitude, such as 41.79, -87.75")
    latitude, longitude = (float(_number("place", part, "a coordinate")) for part in found.groups())
    if abs(latitude) > 90.0 or abs(longitude) > 180.0:
        raise Unfit("place", "latitude goes from -90 to 90 and longitude from -180 to 180")
    return None, (latitude, longitude)


def _number(field: str, text: str, words: str) -> Decimal:
    plain = text.strip().replace("−", "-").removeprefix("$")
    if not _NUMBER.fullmatch(plain):
        raise Unfit(field, f"{words} must be a number")
    return Decimal(plain)
