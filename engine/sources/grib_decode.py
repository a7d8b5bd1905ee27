"""A GRIB2 message of one field, decoded by ecCodes: what it is of, its grid and its values. Runs in a worker process.

ecCodes is called directly: cfgrib and xarray bring pandas and 100 MB to read one message, and of two fields that
differ by their span alone they give one without a word. `coded` makes small messages, for the simulated day and for
tests.

Source: ecCodes keys; WMO GRIB2 templates 3.0, 3.30, 4.0 to 4.12.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import eccodes
import numpy as np

from engine.core.errors import BadReport
from engine.core.units import SECOND, Nanos
from engine.sources.grib_message import Facts
from engine.weather.gridded import Field
from engine.weather.grids import Degrees, Grid, Lambert

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KINDS: Final = {0: "ave", 1: "acc", 2: "max", 3: "min", 6: "StdDev"}
"""How a value is taken over its span, by table 4.10, in the words of the indexes."""
MISSING: Final = -1e30
ABSURD: Final = 1e15
LOCAL: Final = 192
"""From here on categories and numbers are a centre's own."""


def decode(message: bytes) -> tuple[Facts, Field]:
    """Return what a message of one field is of, and its field.

    Raises
    ------
    BadReport
        If ecCodes cannot read it, or if its grid is none of ours.
    """
    try:
        handle = eccodes.codes_new_from_message(message)
        try:
            return _facts(handle), Field(grid := _grid(handle), _values(handle, grid))
        finally:
            eccodes.codes_release(handle)
    except (eccodes.CodesInternalError, ValueError, OverflowError, MemoryError) as e:
        raise BadReport(f"a GRIB message that cannot be decoded ({str(e)[:80]})", "") from e


def _facts(handle: int) -> Facts:
    day, time = _whole(handle, "dataDate"), _whole(handle, "dataTime")
    at = datetime(day // 10_000, day // 100 % 100, day % 100, time // 100, time % 100, tzinfo=UTC)
    eccodes.codes_set(handle, "stepUnits", 0)  # minutes
    start, end = _whole(handle, "startStep"), _whole(handle, "endStep")
    taken = _maybe(handle, "typeOfStatisticalProcessing")
    return Facts(
        run=Nanos(int(at.timestamp()) * SECOND), start=start, end=end,
        kind="" if taken is None else KINDS.get(taken, f"process {taken}"),
        parameter=tuple(_whole(handle, key) for key in ("discipline", "parameterCategory", "parameterNumber")),  # type: ignore[arg-type]  # three
        name=_text(handle, "shortName"), unit=_text(handle, "units"), level_kind=_text(handle, "typeOfLevel"),
        level=float(eccodes.codes_get(handle, "level", ktype=float)), percentile=_maybe(handle, "percentileValue"),
        member=_maybe(handle, "perturbationNumber"),
    )  # fmt: skip


def _grid(handle: int) -> Grid:
    """Return the message's grid; only rows that run along i, one after the other."""
    kind = _text(handle, "gridType")
    if kind not in ("lambert", "regular_ll"):
        raise BadReport(f"fields on a grid of the kind {kind[:30]!r} are not read", kind)
    turned = [_whole(handle, k) for k in ("iScansNegatively", "jPointsAreConsecutive", "alternativeRowScanning")]
    if any(turned):
        raise BadReport("a grid whose points are in another order than row by row eastward", kind)
    south = -1 if not _whole(handle, "jScansPositively") else 1
    nx, ny = _whole(handle, "Nx"), _whole(handle, "Ny")
    first = _number(handle, "latitudeOfFirstGridPointInDegrees"), _number(handle, "longitudeOfFirstGridPointInDegrees")
    if kind == "regular_ll":
        dx, dy = (_number(handle, f"{axis}DirectionIncrementInDegrees") for axis in "ij")
        grid: Grid = Degrees(nx, ny, dx, south * dy, *first)
    else:
        dx, dy = _number(handle, "DxInMetres"), _number(handle, "DyInMetres")
        turns = [_number(handle, f"{name}InDegrees") for name in ("LoV", "Latin1", "Latin2")]
        radius = _number(handle, "radius")
        if any(abs(lat) < 1 or abs(lat) > 89 for lat in turns[1:]) or turns[1] * turns[2] < 0:
            raise BadReport(f"a cone that touches at {turns[1]:g} and {turns[2]:g} degrees", kind)
        if not 6_300_000 < radius < 6_400_000:
            raise BadReport(f"an earth of {radius:g} m", kind)
        grid = Lambert(nx, ny, dx, south * dy, *first, turns[0], turns[1], turns[2], radius)
    if not (nx > 0 and ny > 0 and dx > 0 and dy > 0):
        raise BadReport(f"a grid of {nx} by {ny} points, {dx:g} by {dy:g} apart", kind)
    return grid


def _values(handle: int, grid: Grid) -> Floats:
    eccodes.codes_set(handle, "missingValue", MISSING)
    values = eccodes.codes_get_values(handle)
    if values.size != grid.nx * grid.ny:
        raise BadReport(f"{values.size} values on a grid of {grid.nx} by {grid.ny}", "")
    values[~np.isfinite(values) | (np.abs(values) > ABSURD)] = np.nan
    found: Floats = values.reshape(grid.ny, grid.nx)
    return found


def coded(facts: Facts, field: Field, *, bits: int = 16, centre: str = "kwbc") -> bytes:
    """Return a field as a message: a window of a Lambert grid, or degrees, packed simply; NaN as missing.

    Raises
    ------
    ValueError
        If the grid is neither.
    """
    handle = eccodes.codes_grib_new_from_samples("GRIB2")
    try:
        eccodes.codes_set(handle, "centre", centre)
        eccodes.codes_set(handle, "localTablesVersion", int(max(facts.parameter) >= LOCAL))
        _describe(handle, facts)
        _place(handle, field)
        values = np.where(np.isnan(field.values), MISSING, field.values).ravel()
        eccodes.codes_set(handle, "bitmapPresent", int(np.isnan(field.values).any()))
        eccodes.codes_set(handle, "missingValue", MISSING)
        eccodes.codes_set(handle, "bitsPerValue", bits)
        eccodes.codes_set_values(handle, values)
        made: bytes = eccodes.codes_get_message(handle)
        return made
    finally:
        eccodes.codes_release(handle)


def _describe(handle: int, facts: Facts) -> None:
    at = datetime.fromtimestamp(facts.run // SECOND, UTC)
    pairs: dict[str, Any] = {
        "dataDate": int(f"{at:%Y%m%d}"), "dataTime": at.hour * 100 + at.minute,
        "discipline": facts.parameter[0],
    }  # fmt: skip
    percent, member = facts.percentile is not None, facts.member is not None
    span = bool(facts.kind)
    template = (10 if span else 6) if percent else (11 if span else 1) if member else (8 if span else 0)
    pairs["productDefinitionTemplateNumber"] = template
    pairs |= {"parameterCategory": facts.parameter[1], "parameterNumber": facts.parameter[2]}
    pairs |= {"typeOfLevel": facts.level_kind, "level": round(facts.level)}
    for key, value in pairs.items():
        eccodes.codes_set(handle, key, value)
    if span:
        number = next(number for number, kind in KINDS.items() if kind == facts.kind)
        eccodes.codes_set(handle, "typeOfStatisticalProcessing", number)
    unit, each = (1, 60) if facts.start % 60 == 0 == facts.end % 60 else (0, 1)
    eccodes.codes_set(handle, "indicatorOfUnitForForecastTime", unit)
    eccodes.codes_set(handle, "forecastTime", facts.start // each)
    if span:
        eccodes.codes_set(handle, "indicatorOfUnitForTimeRange", unit)
        eccodes.codes_set(handle, "lengthOfTimeRange", (facts.end - facts.start) // each)
    if percent:
        eccodes.codes_set(handle, "percentileValue", facts.percentile)
    if member:
        eccodes.codes_set(handle, "perturbationNumber", facts.member)


def _place(handle: int, field: Field) -> None:
    rows, columns = field.values.shape
    lat, lon = (float(n[0]) for n in field.grid.places(np.array([float(field.i0)]), np.array([float(field.j0)])))
    grid = field.grid
    if isinstance(grid, Lambert):
        pairs: dict[str, Any] = {
            "gridType": "lambert", "shapeOfTheEarth": 6, "Nx": columns, "Ny": rows,
            "latitudeOfFirstGridPointInDegrees": lat, "longitudeOfFirstGridPointInDegrees": lon % 360,
            "LaDInDegrees": grid.lat_one, "LoVInDegrees": grid.lon_upright, "DxInMetres": grid.dx_m,
            "DyInMetres": abs(grid.dy_m), "Latin1InDegrees": grid.lat_one, "Latin2InDegrees": grid.lat_two,
            "uvRelativeToGrid": 1, "jScansPositively": int(grid.dy_m > 0),
        }  # fmt: skip
    elif isinstance(grid, Degrees):
        pairs = {
            "gridType": "regular_ll", "shapeOfTheEarth": 6, "Nx": columns, "Ny": rows,
            "jScansPositively": int(grid.dlat > 0),
            "latitudeOfFirstGridPointInDegrees": lat, "longitudeOfFirstGridPointInDegrees": lon % 360,
            "latitudeOfLastGridPointInDegrees": lat + (rows - 1) * grid.dlat,
            "longitudeOfLastGridPointInDegrees": (lon + (columns - 1) * grid.dlon) % 360,
            "iDirectionIncrementInDegrees": grid.dlon, "jDirectionIncrementInDegrees": abs(grid.dlat),
        }  # fmt: skip
    else:
        msg = f"no template for {type(grid).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a value that has no form here
    for key, value in pairs.items():
        eccodes.codes_set(handle, key, value)


def _whole(handle: int, key: str) -> int:
    return int(eccodes.codes_get(handle, key, ktype=int))


def _number(handle: int, key: str) -> float:
    return float(eccodes.codes_get(handle, key, ktype=float))


def _text(handle: int, key: str) -> str:
    return sys.intern(str(eccodes.codes_get(handle, key, ktype=str))[:60])


def _maybe(handle: int, key: str) -> int | None:
    return _whole(handle, key) if eccodes.codes_is_defined(handle, key) else None
