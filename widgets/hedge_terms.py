"""What a trader types into the hedge dialog, as a loss to be hedged. Pure; errors are sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

import h3

from engine.core.contract import Metric, Unit
from engine.core.ids import Cell
from engine.core.units import Money
from engine.views.hedge import HedgeDraft
from engine.weather import cells
from widgets.market_terms import METRIC_NAMES, Unfit

METRICS: Final[dict[Metric, str]] = {
    metric: name for metric, name in METRIC_NAMES.items() if metric not in (Metric.STORM_CATEGORY, Metric.AQI)
}
"""Those that a source is read for."""
LARGEST: Final = Decimal(1_000_000_000)
LONGEST: Final = 60
"""Characters of a field."""

PLACES: Final = "a place is latitude and longitude, an H3 cell, a station, a city or a market: 41.79, -87.75"


class Found(NamedTuple):
    """A place that is known by a name; exactly one of `cell` and `place` is set."""

    cell: Cell | None
    place: tuple[float, float] | None
    """Latitude and longitude, degrees."""
    title: str


Find = Callable[[str], Found | str]
"""From a name to its place, or to one sentence that says why it has none."""

_NUMBER = re.compile(r"[-+]?[0-9]{1,10}(\.[0-9]{1,8})?", re.ASCII)
_PLACE = re.compile(r"(\S+?)\s*[,;\s]\s*(\S+)")
_CELL = re.compile(r"[0-9a-f]{15}")


@dataclass(frozen=True, slots=True)
class Typed:
    """The dialog's fields as they stand."""

    place: str
    """Latitude and longitude, the code of a cell, or a name."""
    metric: Metric
    unit: Unit
    above: bool
    level: str
    loss: str
    budget: str
    most_cells: int


def terms(typed: Typed, find: Find | None = None) -> HedgeDraft:
    """Return the draft the fields stand for; `find` knows the names of places.

    Raises
    ------
    Unfit
        If a field is missing or makes no sense; names the field.
    """
    cell, place, _ = where(typed.place, find)
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


def where(text: str, find: Find | None = None) -> Found:
    """Return the place that a text stands for.

    A cell coarser than a market's is its centre, a finer one the market's cell it lies in.

    Raises
    ------
    Unfit
        If it stands for none.
    """
    text = text.strip()[:LONGEST]
    if not text:
        raise Unfit("place", "pick a cell on the map, or type latitude and longitude")
    if _CELL.fullmatch(text):
        return _cell(Cell(text))
    found = _PLACE.fullmatch(text)
    if found is not None and (_NUMBER.fullmatch(_plain(found[1])) or find is None):
        latitude, longitude = (float(_number("place", part, "a coordinate")) for part in found.groups())
        if abs(latitude) > 90.0 or abs(longitude) > 180.0:
            raise Unfit("place", "latitude goes from -90 to 90 and longitude from -180 to 180")
        return Found(None, (latitude, longitude), text)
    known = PLACES if find is None else find(text)
    if isinstance(known, str):
        raise Unfit("place", known)
    return known


def _cell(cell: Cell) -> Found:
    if not h3.is_valid_cell(cell):
        raise Unfit("place", f"{cell} is no H3 cell")
    if h3.get_resolution(cell) < cells.RESOLUTION:
        return Found(None, cells.center(cell), cell)
    return Found(cells.parent(cell, cells.RESOLUTION), None, cell)


def _plain(text: str) -> str:
    return text.strip().replace("−", "-").removeprefix("$")


def _number(field: str, text: str, words: str) -> Decimal:
    plain = _plain(text)
    if not _NUMBER.fullmatch(plain):
        raise Unfit(field, f"{words} must be a number")
    return Decimal(plain)
