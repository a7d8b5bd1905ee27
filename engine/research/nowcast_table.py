"""Scores the nowcast on recorded days. Run: python -m engine.research.nowcast_table ../shared [FILE].

Every day is forecast from what had been reported by 9, 12, 15 and 18 o'clock of local standard time, with
coefficients that were fitted without it: Atlanta's days leave one out, the reanalysis leaves its month out, and the
four cities of January 2026 leave that month out.
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.core.units import HOUR, MINUTE, Nanos
from engine.research import days, nowcast_fit
from engine.research import four_cities as recorded
from engine.research.scoring import Tally, reliability
from engine.weather import climate_day, degrees, forecast, outlook, possible, residual
from engine.weather.climate_day import fahrenheit
from engine.weather.degrees import Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.core.reading import CellQuantiles, Reading
    from engine.research.days import City, Hourly, Reported
    from engine.weather.degrees import Degrees
    from engine.weather.residual import Table

CLOCKS: Final = (9, 12, 15, 18)
OUT: Final = Path("docs/results/nowcast.md")
NEXT: Final = 65 * MINUTE
KERNEL_F: Final = 2.0
"""Standard deviation that each day of a climatology is smoothed by."""
NEAR_DAYS: Final = 15
"""A climatology is of so many days of the year on either side, of other years."""
OURS: Final = "nowcast"
SEEN: Final = "running extreme alone"
CLIMATE: Final = "climatology"
LEANING: Final = "nowcast with climatology"
FORECAST: Final = "forecast alone"
BOTH: Final = "nowcast with forecast"

Board = dict[tuple[str, int], Tally]
"""By what was scored and the hour."""


class Line(NamedTuple):
    """One of a table: everything that was scored in one set of days."""

    title: str
    note: str
    board: Board


def atlanta(shared: Path, sign: int = 1) -> Line:
    """Return the scores of a station by its METARs, each day with a table fitted without it; of the low by -1."""
    told = days.atlanta(shared)
    courses = [nowcast_fit.of_reports(day) for day in told]
    others = [nowcast_fit.of_hours(day) for day in days.reanalysis(shared)]
    whole = [*others, *(course for course in courses if course is not None)]
    lessons = nowcast_fit.lessons(sign, whole)
    offs = [_hourly_off(sign, day) for day in told]
    came = [day.high if sign > 0 else day.low for day in told]
    board: Board = defaultdict(Tally)
    for i, day in enumerate(told):
        kept = np.array([course.opens != day.opens or course.city is not day.city for course in whole])
        table = nowcast_fit.table(lessons.only(kept))
        gap = _gap([off for j, off in enumerate(offs) if j != i])
        climate = smoothed([other for j, other in enumerate(came) if j != i])
        for clock in CLOCKS:
            guess = outlook.Guess(_normal(climate), whole_day=True)
            known, law = by_reports(day.city, day.readings, day.opens, clock, sign=sign, table=table, gap=gap)
            _, leaning = by_reports(day.city, day.readings, day.opens, clock, guess, sign=sign, table=table, gap=gap)
            _score(board, clock, came[i], {OURS: law, LEANING: leaning, CLIMATE: climate, SEEN: _sure(known)})
    note = (
        "METAR with T and six-hour groups, no forecast; leave one day out; climatology of the other days, which the"
        " nowcast may also lean on as it does on a forecast."
    )
    what = "high" if sign > 0 else "low"
    return Line(f"Atlanta's {what}, {len(told)} days of January and February 2020", note, dict(board))


def by_reports(
    city: City,
    readings: Sequence[Reading],
    opens: Nanos,
    clock: int,
    guess: outlook.Guess | None = None,
    *,
    sign: int = 1,
    table: Table | None = None,
    gap: dict[int, float] | None = None,
) -> tuple[possible.Possible, Degrees | None]:
    """Return what a station's reports until an hour leave possible, and the law of the official high, or low."""
    until, closes = opens + clock * HOUR, Nanos(opens + 24 * HOUR)
    told = [reading for reading in readings if reading.measured_at <= until]
    known = (possible.high if sign > 0 else possible.low)(told, opens, closes)
    seen = residual.sky(sign, told, opens, closes, city.latitude, city.longitude)
    return known, outlook.official(known, seen, guess, table=table, gap=gap)


def _hourly_off(sign: int, day: Reported) -> int:
    """Return the official high less the highest T group, or the official low less the lowest."""
    told = [r.temp_tenths_c for r in day.readings if day.opens <= r.measured_at < day.closes]
    temps = [fahrenheit(tenths) for tenths in told if tenths is not None]
    return day.high - max(temps) if sign > 0 else day.low - min(temps)


def _gap(offs: Sequence[int]) -> dict[int, float]:
    return {off: count / len(offs) for off, count in sorted(Counter(offs).items())}


def reanalysis(shared: Path) -> list[Line]:
    """Return the scores on the hours of a reanalysis, a table each city; every month with a table fitted without it."""
    told = days.reanalysis(shared)
    officials = days.officials(shared)
    courses = [nowcast_fit.of_hours(day) for day in told]
    lessons = nowcast_fit.lessons(1, courses)
    months = np.array([day.day.year * 12 + day.day.month for day in told])
    boards: dict[str, Board] = defaultdict(lambda: defaultdict(Tally))
    for month in sorted(set(months.tolist())):
        table = nowcast_fit.table(lessons.only(months != month))
        steps = {series: _instrument(told, months != month, series) for series in days.CITIES}
        for i in np.flatnonzero(months == month).tolist():
            day = told[i]
            climate = _climate(officials, day.series, day.day)
            for clock in CLOCKS:
                law, seen = by_hours(courses[i], clock, table, steps[day.series])
                leaning, _ = by_hours(courses[i], clock, table, steps[day.series], climate)
                laws = {OURS: law, LEANING: leaning, CLIMATE: climate, SEEN: seen}
                _score(boards[day.series], clock, day.official, laws)
    counts = Counter(day.series for day in told)
    note = (
        "Hourly reanalysis at the city's centre instead of the station's reports, no forecast; leave one month out; its"
        " error against the official high is a law of its own, learnt from the other months."
    )
    return [
        Line(f"{days.CITIES[series].name}, {counts[series]} days of August 2024 to January 2026", note, dict(board))
        for series, board in boards.items()
    ]


def by_hours(
    course: nowcast_fit.Course, clock: int, table: Table, step: dict[int, float], climate: Degrees | None = None
) -> tuple[Degrees, Degrees]:
    """Return the law of the official high by a reanalysis until an hour, and its running high as it stands."""
    seen = nowcast_fit.sky(1, course, clock)
    running = degrees.sure(math.floor(seen.edge_f + 0.5))
    parts = residual.ahead(1, seen, table)
    if climate is not None:
        off = math.fsum(size * chance for size, chance in step.items())
        other = Part(1.0, climate.mean - off, forecast.sigma(_normal(climate)))
        parts = outlook.blended(parts, other, residual.open_share(1, seen.hour, table))
    return degrees.higher(running, degrees.rounded(parts)).shifted(step), running


def _normal(law: Degrees) -> CellQuantiles:
    """Return the quantiles of the normal law with a law's mean and spread."""
    square = math.fsum(p * (law.first + i - law.mean) ** 2 for i, p in enumerate(law.p))
    return recorded.quantiles(law.mean, math.sqrt(square))


def _instrument(told: Sequence[Hourly], kept: NDArray[np.bool_], series: str) -> dict[int, float]:
    """Return the law of official high less the reanalysis' own, whole F: the days' errors, each smoothed by 1 F."""
    offs = [
        day.official - max(day.hours[days.BEFORE :])
        for day, keep in zip(told, kept, strict=True)
        if keep and day.series == series
    ]
    law = degrees.rounded([Part(1.0 / len(offs), off, 1.0) for off in offs])
    return {law.first + i: p for i, p in enumerate(law.p)}


def _climate(officials: dict[tuple[str, date], int], series: str, day: date) -> Degrees:
    """Return the law of the official highs of other years about this day."""
    near = []
    for year in range(2022, 2027):
        for off in range(-NEAR_DAYS, NEAR_DAYS + 1):
            other = date(year, 1, 1) + timedelta(days=day.timetuple().tm_yday - 1 + off)
            if year != day.year and (series, other) in officials and abs((other - day).days) > 2 * NEAR_DAYS:
                near.append(officials[series, other])
    return smoothed(near)


def smoothed(values: Sequence[int]) -> Degrees:
    """Return the law of some highs, each smoothed."""
    return degrees.rounded([Part(1.0 / len(values), value, KERNEL_F) for value in values])


def _sure(known: possible.Possible) -> Degrees | None:
    return None if known.bound is None else degrees.sure(known.bound)


def _score(board: Board, clock: int, came: int, laws: Mapping[str, Degrees | None]) -> None:
    for name, law in laws.items():
        if law is not None:
            board[name, clock].add(law, came)


def four_cities(shared: Path) -> Line:
    """Return the scores with and without forecasts of eight providers, January 29 to 31, 2026.

    A forecast counts as unsure as the providers disagree, and at least as it was wrong on the days before.
    """
    told, came, given = recorded.reports(shared), recorded.highs(shared), recorded.guesses(shared)
    fitted = [
        nowcast_fit.of_hours(day) for day in days.reanalysis(shared) if (day.day.year, day.day.month) != (2026, 1)
    ]
    atlanta_days = [c for day in days.atlanta(shared) if (c := nowcast_fit.of_reports(day)) is not None]
    table = nowcast_fit.table(nowcast_fit.lessons(1, [*fitted, *atlanta_days]))
    errors, officials = recorded.errors_of(came, given), days.officials(shared)
    board: Board = defaultdict(Tally)
    for code, (_, city) in recorded.STATIONS.items():
        for day in (date(2026, 1, 29), date(2026, 1, 30), date(2026, 1, 31)):
            opens, _ = climate_day.window(day, city.utc_offset_hours)
            for clock in CLOCKS:
                guess = recorded.guess(given[code, day], Nanos(opens + clock * HOUR), errors.before(day))
                known, alone = by_reports(city, told[code], opens, clock, table=table)
                _, both = by_reports(city, told[code], opens, clock, guess, table=table)
                only = outlook.official(possible.high([], opens, Nanos(opens + 24 * HOUR)), None, guess)
                if alone is not None:  # the recording starts in the middle of a day
                    usual = _climate(officials, recorded.SERIES[code], day)
                    laws = {OURS: alone, BOTH: both, FORECAST: only, CLIMATE: usual, SEEN: _sure(known)}
                    _score(board, clock, came[code, day], laws)
    note = (
        "Five-minute reports in whole Celsius, New York's hourly T groups; forecasts of eight providers, their mean as"
        f" the median; 31 January has a gap of ten hours. {len(errors.before(date(2026, 1, 29)))} earlier forecasts"
        " tell how unsure they are. Chicago's climatology is O'Hare's."
        " How far a day goes beyond five-minute reports was learnt from six of these days."
    )
    return Line("Four cities, New York, Chicago, Miami and Austin, 29 to 31 January 2026", note, dict(board))


def text(lines: Sequence[Line], hazard: Sequence[tuple[float, bool]]) -> str:
    """Return the page."""
    page = [
        "# The nowcast of official highs and lows, scored on recorded days",
        "",
        "Written by `python -m engine.research.nowcast_table ../shared`; hours are local standard time. Inside: share"
        " of days whose official high lay in the fewest whole degrees that hold 90 %; degrees: how many those are on"
        " average; CRPS in °F; Brier: summed over brackets of two degrees, 0 to 2. A running extreme alone is a"
        " certainty, so its set is one degree and its CRPS the mean error.",
        "",
    ]
    for line in lines:
        page += [f"## {line.title}", "", line.note, ""]
        page += ["| hour | by | n | inside | degrees | CRPS | Brier |", "|---:|---|---:|---:|---:|---:|---:|"]
        for clock in CLOCKS:
            page += [_row(clock, name, tally) for (name, hour), tally in line.board.items() if hour == clock]
        page.append("")
    return "\n".join([*page, *_reliability(lines), *_hazards(hazard)])


def _reliability(lines: Sequence[Line]) -> list[str]:
    """Return how often brackets came that the nowcast gave a chance, over all days and hours, for each line."""
    page = ["## Reliability: brackets of two degrees, all four hours", ""]
    page += ["| days | chance given | n | mean given | came |", "|---|---|---:|---:|---:|"]
    for line in lines:
        best = BOTH if any(name == BOTH for name, _ in line.board) else OURS
        pairs = [pair for (name, _), tally in line.board.items() if name == best for pair in tally.pairs]
        head = f"| {line.title.split(',')[0]}, {best} |"
        page += [
            f"{head} {one.low:.1f}–{one.high:.1f} | {one.n} | {one.said:.1%} | {one.came:.1%} |"
            for one in reliability(pairs)
        ]
    return [*page, ""]


def hazards(shared: Path) -> list[tuple[float, bool]]:
    """Return the chance given to a new high in Atlanta's next hourly report, and whether it came, from 6 to 21."""
    told = days.atlanta(shared)
    table = nowcast_fit.table(nowcast_fit.lessons(1, [nowcast_fit.of_hours(day) for day in days.reanalysis(shared)]))
    found = []
    for day in told:
        for clock in range(6, 22):
            until = day.opens + clock * HOUR
            before = [r for r in day.readings if r.measured_at <= until]
            known = possible.high(before, day.opens, day.closes)
            seen = residual.sky(1, before, day.opens, day.closes, day.city.latitude, day.city.longitude)
            later = [r.temp_tenths_c for r in day.readings if 0 < r.measured_at - (seen.at if seen else 0) <= NEXT]
            shown = [fahrenheit(tenths) for tenths in later if tenths is not None]
            if seen is not None and known.bound is not None and shown:
                found.append((outlook.hazard(known, seen, 60.0, table), max(shown) > known.bound))
    return found


def _hazards(pairs: Sequence[tuple[float, bool]]) -> list[str]:
    share = sum(came for _, came in pairs) / len(pairs)
    score = math.fsum((chance - came) ** 2 for chance, came in pairs) / len(pairs)
    return [
        "## Hazard: a new high in the next hour's reports, Atlanta, each hour from 6 to 21",
        "",
        f"Fitted to the other cities alone. n {len(pairs)}, came {share:.1%}; Brier {score:.3f}, of the share alone"
        f" {share * (1.0 - share):.3f}.",
        "",
        "| chance given | n | mean given | came |",
        "|---|---:|---:|---:|",
        *(
            f"| {one.low:.1f}–{one.high:.1f} | {one.n} | {one.said:.1%} | {one.came:.1%} |"
            for one in reliability(pairs)
        ),
        "",
    ]


def _row(clock: int, name: str, tally: Tally) -> str:
    scores = f"{tally.covered:.0%} | {tally.size:.1f} | {tally.mean_crps:.2f} | {tally.mean_brier:.3f}"
    return f"| {clock} | {name} | {tally.n} | {scores} |"


def lines(shared: Path) -> list[Line]:
    """Return everything that is scored."""
    return [atlanta(shared), atlanta(shared, -1), *reanalysis(shared), four_cities(shared)]


def main() -> None:
    """Write the page."""
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else OUT
    shared = Path(sys.argv[1])
    page = text(lines(shared), hazards(shared))
    out.write_text(page, encoding="utf-8")
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
