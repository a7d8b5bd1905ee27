"""Fits the table of `engine.weather.residual`. Run: python -m engine.research.nowcast_fit ../shared.

From hours of a reanalysis of three cities and the hourly T groups of one station: for each hour of the day a
regression, with its neighbouring hours at less weight, of the furthest still to come, less the temperature now, on
the features of a sky; its residuals make a law of two normals by expectation and maximisation.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.units import HOUR, MINUTE, Nanos
from engine.research import days
from engine.weather import climate_day, residual
from engine.weather.climate_day import fahrenheit
from engine.weather.residual import Row, Sky

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.research.days import City, Hourly, Reported
    from engine.weather.residual import Table

    Floats = NDArray[np.float64]

OUT: Final = Path(__file__).resolve().parents[1] / "weather" / "residual_table.py"
RIDGE: Final = 5.0
WIDTH: Final = 1.5
"""Hours on either side whose days count, less the farther."""
ROUNDS: Final = 80
LEAST_SD: Final = 0.3


@dataclass(frozen=True, slots=True)
class Course:
    """The temperatures of a day as they are learnt from."""

    city: City
    opens: Nanos
    temps: tuple[float, ...]
    """F at each hour from three before midnight to the midnight that ends the day."""


def of_hours(day: Hourly) -> Course:
    """Return a day of the reanalysis as a course."""
    city = days.CITIES[day.series]
    return Course(city, climate_day.window(day.day, city.utc_offset_hours)[0], day.hours)


def of_reports(day: Reported) -> Course | None:
    """Return a station's day as a course: the T group nearest each hour; None where one is more than 20 min off."""
    known = [(r.measured_at, fahrenheit(r.temp_tenths_c)) for r in day.readings if r.temp_tenths_c is not None]
    temps = []
    for hour in range(-days.BEFORE, 25):
        at = day.opens + hour * HOUR
        when, value = min(known, key=lambda pair: abs(pair[0] - at))
        if abs(when - at) > 20 * MINUTE:
            return None
        temps.append(float(value))
    return Course(day.city, day.opens, tuple(temps))


def sky(sign: int, course: Course, clock: int) -> Sky:
    """Return the sky of a course at an hour of its day."""
    i = clock + days.BEFORE
    temps, at = course.temps, Nanos(course.opens + clock * HOUR)
    edge = max(temps[days.BEFORE : i + 1], key=lambda t: sign * t)
    sun = clock + course.city.longitude / 15.0 - course.city.utc_offset_hours
    return Sky(
        at=at,
        hour=residual.hour_of(clock, sun),
        left=24.0 - clock,
        now_f=temps[i],
        edge_f=edge,
        last_hour=temps[i] - temps[i - 1],
        last_three=temps[i] - temps[i - 3],
        season=residual.season(at, course.city.latitude),
    )


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the days teach, n days by 24 hours."""

    hours: Floats
    """(n, 24): hour of the table."""
    features: Floats
    """(n, 24, k)"""
    to_come: Floats
    """(n, 24): furthest still to come less the temperature now, F."""
    beyond: Floats
    """(n, 24): 1 where it was further than the day so far."""
    steps: Floats
    """(n, 24): change over the next hour, F."""

    def only(self, kept: NDArray[np.bool_]) -> Lessons:
        """Return those of some days."""
        return Lessons(*(x[kept] for x in (self.hours, self.features, self.to_come, self.beyond, self.steps)))


def lessons(sign: int, courses: Sequence[Course]) -> Lessons:
    """Return what some days teach about one side."""
    seen = [[sky(sign, course, clock) for clock in range(24)] for course in courses]
    now = np.array([[one.now_f for one in skies] for skies in seen])
    edge = np.array([[one.edge_f for one in skies] for skies in seen])
    temps = np.array([course.temps for course in courses])
    far = np.array([[_to_come(sign, course, clock) for clock in range(24)] for course in courses])
    return Lessons(
        hours=np.array([[one.hour for one in skies] for skies in seen]),
        features=np.array([[one.features for one in skies] for skies in seen], dtype=float),
        to_come=far - now,
        beyond=(sign * (far - edge) > 0.0).astype(float),
        steps=temps[:, days.BEFORE + 1 :] - now,
    )


def _to_come(sign: int, course: Course, clock: int) -> float:
    return max(course.temps[clock + days.BEFORE + 1 :], key=lambda t: sign * t)


def table(learnt: Lessons) -> Table:
    """Return the fitted table."""
    return tuple(_row(hour, learnt) for hour in range(24))


def _row(hour: int, learnt: Lessons) -> Row:
    weight = np.maximum(0.0, 1.0 - np.abs(learnt.hours - hour) / WIDTH)
    at = weight > 0.0
    w, off, x, y = weight[at], learnt.hours[at] - hour, learnt.features[at], learnt.to_come[at]
    means = np.average(x, axis=0, weights=w)
    found, rest = _lean(w, off, x - means, y)
    sd, tail, tail_sd = _two(rest, w)
    step, step_rest = _lean(w, off, x[:, :1] - means[:1], learnt.steps[at])
    return Row(
        base=round(float(found[0]), 3),
        slopes=tuple(round(float(v), 4) for v in found[2:]),
        means=tuple(round(float(v), 3) for v in means),
        sd=round(sd, 3),
        tail=round(tail, 3),
        tail_sd=round(tail_sd, 3),
        open_share=round(float(np.average(learnt.beyond[at], weights=w)), 4),
        step=round(float(step[0]), 3),
        step_lean=round(float(step[2]), 4),
        step_sd=round(math.sqrt(float(np.average(step_rest**2, weights=w))), 3),
    )


def _lean(w: Floats, off: Floats, dx: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return mean, slope by the hour and slopes of the features, by ridge, and what is left."""
    design = np.column_stack([np.ones_like(y), off, dx])
    ridge = np.diag([1e-9, RIDGE] + [RIDGE] * dx.shape[1])
    gram, target = design.T @ (w[:, None] * design) + ridge, design.T @ (w * y)
    found = np.asarray(np.linalg.solve(gram, target), dtype=np.float64)
    return found, y - design @ found


def _two(rest: Floats, w: Floats) -> tuple[float, float, float]:
    """Return spread, share of the wide law and its spread: two normal laws around 0, by EM."""
    whole = math.sqrt(float(np.average(rest**2, weights=w)))
    near, far, share = 0.7 * whole, 1.8 * whole, 0.25
    for _ in range(ROUNDS):
        a = (1.0 - share) / near * np.exp(-0.5 * (rest / near) ** 2)
        b = share / far * np.exp(-0.5 * (rest / far) ** 2)
        wide = w * b / np.maximum(a + b, 1e-300)
        share = min(0.5, max(0.02, float(wide.sum() / w.sum())))
        near = max(LEAST_SD, math.sqrt(float(((w - wide) * rest**2).sum() / (w - wide).sum())))
        far = max(near, math.sqrt(float((wide * rest**2).sum() / wide.sum())))
    return near, share, far


def courses(shared: Path) -> list[Course]:
    """Return all there is to learn from."""
    stations = [course for day in days.atlanta(shared) if (course := of_reports(day)) is not None]
    return [of_hours(day) for day in days.reanalysis(shared)] + stations


def text(learnt: Sequence[Course]) -> str:
    """Return the module that keeps the tables."""
    by_city: dict[str, int] = {}
    for course in learnt:
        by_city[course.city.name] = by_city.get(course.city.name, 0) + 1
    counts = ", ".join(f"{name} {n}" for name, n in by_city.items())
    lines = [
        '"""Coefficients of `engine.weather.residual`, written by `python -m engine.research.nowcast_fit`.',
        "",
        f"Fitted to {len(learnt)} days: {counts}.",
        "Atlanta by hourly METARs of January and February 2020; the others by hourly reanalysis at the city's centre,",
        "August 2024 to January 2026.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Final",
        "",
        "Numbers = tuple[",
        "    float, tuple[float, ...], tuple[float, ...], float, float, float, float, float, float, float",
        "]  # fmt: skip",
        "",
        f"DAYS: Final = {len(learnt)}",
        "# fmt: off",
        "ROWS: Final[dict[int, tuple[Numbers, ...]]] = {",
    ]
    for sign in (1, -1):
        lines.append(f"    {sign}: (")
        for row in table(lessons(sign, learnt)):
            lines += ["        (", f"            {row.base!r}, {row.slopes!r},", f"            {row.means!r},"]
            lines += [f"            {', '.join(map(repr, tuple(row)[3:]))},", "        ),"]
        lines.append("    ),")
    return "\n".join([*lines, "}", "# fmt: on", ""])


def main() -> None:
    """Write the tables beside the model."""
    OUT.write_text(text(courses(Path(sys.argv[1]))), encoding="utf-8")


if __name__ == "__main__":
    main()
