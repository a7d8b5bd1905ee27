"""Fits the table of `engine.weather.climatology`. Run: python -m engine.research.climate_fit ../shared.

By least squares on the official highs of every station whose place is known; the variance by a gamma law with a
logarithmic link on the squared errors, so that it stays above 0.
"""

from __future__ import annotations

import sys
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.units import Nanos
from engine.core.when import at_minute
from engine.research import days
from engine.weather import residual

if TYPE_CHECKING:
    from collections.abc import Mapping

    Numbers = tuple[float, ...]

OUT: Final = Path(__file__).resolve().parents[1] / "weather" / "climate_table.py"
NOON: Final = time(12)
ROUNDS: Final = 30
STATIONS: Final = {
    "KXHIGHAUS": "KAUS", "KXHIGHCHI": "KORD", "KXHIGHLAX": "KLAX", "KXHIGHMIA": "KMIA", "KXHIGHNY": "KNYC",
    "KXHIGHPHIL": "KPHL", "KXHIGHTATL": "KATL", "KXHIGHTBOS": "KBOS", "KXHIGHTDAL": "KDFW", "KXHIGHTDC": "KDCA",
    "KXHIGHTHOU": "KIAH", "KXHIGHTLV": "KLAS", "KXHIGHTMIN": "KMSP", "KXHIGHTNOLA": "KMSY", "KXHIGHTOKC": "KOKC",
    "KXHIGHTPHX": "KPHX", "KXHIGHTSATX": "KSAT", "KXHIGHTSEA": "KSEA", "KXHIGHTSFO": "KSFO",
}  # fmt: skip
"""Which station each series of the file holds; only Austin, Miami and New York were checked against settlements."""


def waves(highs: Mapping[date, int]) -> Numbers:
    """Return the eight coefficients of a station."""
    season = np.array([residual.season(Nanos(at_minute(day, NOON.hour, 0)), 1.0) for day in highs])
    came = np.array([float(high) for high in highs.values()])
    one, c, s = np.ones_like(season), np.cos(season), np.sin(season)
    design = np.column_stack([one, c, s, np.cos(2 * season), np.sin(2 * season)])
    mean, *_ = np.linalg.lstsq(design, came, rcond=None)
    square = (came - design @ mean) ** 2
    wave = np.column_stack([one, c, s])
    variance = np.array([np.log(square.mean()), 0.0, 0.0])
    for _ in range(ROUNDS):
        now = wave @ variance
        variance, *_ = np.linalg.lstsq(wave, now + square / np.exp(now) - 1.0, rcond=None)
    return tuple(round(float(number), 3) for number in (*mean, *variance))


def text(shared: Path) -> str:
    """Return the module that keeps the table."""
    known = days.officials(shared)
    by_series = {series: {day: high for (one, day), high in known.items() if one == series} for series in STATIONS}
    counts = sorted({len(highs) for highs in by_series.values()})
    span = sorted(day for _, day in known)
    lines = [
        '"""Coefficients of `engine.weather.climatology`, written by `python -m engine.research.climate_fit`.',
        "",
        f"Fitted to {counts[0]:,} to {counts[-1]:,} official daily highs a station, {span[0]} to {span[-1]}.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Final",
        "",
        "# fmt: off",
        "HIGHS: Final[dict[str, tuple[float, float, float, float, float, float, float, float]]] = {",
        *(f'    "{STATIONS[series]}": {waves(highs)!r},' for series, highs in by_series.items()),
        "}",
        "# fmt: on",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the table beside the model."""
    OUT.write_text(text(Path(sys.argv[1])), encoding="utf-8")


if __name__ == "__main__":
    main()
