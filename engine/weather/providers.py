"""What a provider's daily high is worth at a station: its days held against the official ones, and a verdict. Pure.

Evidence must above all not be too high: a running high that was never reached kills brackets that may still win. So a
provider fails at a station where it stands above the official high on more than a few days, where it misses by more
than a degree too often, or leans. Too few days say nothing, and nothing said is not failed.

Source: the gate of the momentum design (provider maximum against the monthly table, per station); settlement sheet §5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

import msgspec

from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, Nanos
from engine.weather import climate_day
from engine.weather.daily import Daily
from engine.weather.observed import settled

LEAST_DAYS: Final = 20
MOST_ABOVE: Final = 0.02
"""Share of days above the official high."""
LEAST_WITHIN: Final = 0.90
"""Share of days within a degree of it."""
MOST_BIAS_F: Final = 0.75
LEAST_HOURS: Final = 22
"""Of a day's hours, those that must hold a row for the day to count."""
CROSSING: Final = "VC"
"""`Reading.source` of rows of Visual Crossing."""
MADIS: Final = "MADIS"
ORDER: Final = ("IEM CLI", "CLI", "CF6", "IEM CF6", "DSM")
"""Who states the official value, the best first."""
GATED: Final = frozenset({"five_minute", "visual_crossing", "one_minute", "madis", "private"})
"""Providers that a session leaves out where they failed. The station's own hourly reports are what it settles by."""

THRESHOLDS: Final = (
    f"at least {LEAST_DAYS} days, above the official high on at most {MOST_ABOVE:.0%} of them, within 1 °F on at least "
    f"{LEAST_WITHIN:.0%}, mean difference at most {MOST_BIAS_F} °F"
)


class Pair(NamedTuple):
    """A day's high by a provider, and the official one; whole degrees Fahrenheit."""

    day: date
    theirs: int
    official: int


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What came of holding a provider's days against the official ones."""

    provider: str
    station: str
    n: int
    equal: float | None
    """Share of days; None without any."""
    within_one: float | None
    above: float | None
    bias: float | None
    """Mean of provider less official, °F."""
    worst: int | None
    """Of those differences, the one furthest from zero."""
    worst_day: date | None
    usable: bool | None
    """None: too few days to say."""
    why: str
    """Why it failed, or why it cannot be said; empty when it passed."""


def check(provider: str, station: str, pairs: Iterable[Pair]) -> Check:
    """Return the figures of a provider at a station, and whether it may be used."""
    days = list(pairs)
    if not days:
        return _unknown(provider, station)
    off = [pair.theirs - pair.official for pair in days]
    n = len(off)
    within, above, bias = sum(abs(d) <= 1 for d in off) / n, sum(d > 0 for d in off) / n, sum(off) / n
    furthest = max(range(n), key=lambda i: (abs(off[i]), days[i].day))
    why = _why(n, within, above, bias)
    return Check(
        provider=provider,
        station=station,
        n=n,
        equal=sum(d == 0 for d in off) / n,
        within_one=within,
        above=above,
        bias=bias,
        worst=off[furthest],
        worst_day=days[furthest].day,
        usable=None if n < LEAST_DAYS else not why,
        why=why,
    )


def highs(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> dict[str, int]:
    """Return a station's high of a day by each provider that has enough rows of it, °F.

    Parameters
    ----------
    readings : sequence of Reading
        Of the station, those that close the day included; in any order.
    """
    found: dict[str, int] = {}
    for name, (belongs, of) in _PROVIDERS.items():
        own = settled(reading for reading in readings if belongs(reading))
        hours = {r.measured_at // HOUR for r in own if opens <= r.measured_at < closes and _has_temperature(r)}
        high = of(own, opens, closes) if len(hours) >= LEAST_HOURS else None
        if high is not None:
            found[name] = high
    return found


def official(stated: Iterable[Daily], day: date, closes: Nanos) -> int | None:
    """Return the official high of a day by what was stated after its end; None where nobody did."""
    final = [one for one in stated if one.day == day and one.high_f is not None and _after(one, closes)]
    for source in ORDER:
        own = [one for one in final if one.source == source]
        if own:
            return max(own, key=lambda one: one.issued_at or 0).high_f
    return None


def provider_of(reading: Reading) -> str:
    """Return which provider's row a reading is, by the names that are judged."""
    if reading.source == CROSSING:
        return "visual_crossing"
    if reading.source == MADIS:
        return "madis"
    return {
        ReportKind.FIVE_MINUTE: "five_minute",
        ReportKind.ONE_MINUTE: "one_minute",
        ReportKind.PRIVATE: "private",
        ReportKind.CLIMATE: "cli",
    }.get(reading.kind, "asos")


def refused(reading: Reading, failed: Mapping[tuple[str, str], str]) -> str:
    """Return why a reading is no evidence at its station; empty when it is.

    Parameters
    ----------
    failed : mapping of (provider, station) to why
        What failed the check.
    """
    provider = provider_of(reading)
    return failed.get((provider, reading.station), "") if provider in GATED else ""


def _why(n: int, within: float, above: float, bias: float) -> str:
    if n < LEAST_DAYS:
        return f"{n} days, {LEAST_DAYS} are needed"
    if above > MOST_ABOVE:
        return f"above the official high on {above:.0%} of {n} days"
    if within < LEAST_WITHIN:
        return f"within 1 °F of the official high on {within:.0%} of {n} days only"
    if abs(bias) > MOST_BIAS_F:
        return f"{bias:+.2f} °F off on the mean of {n} days"
    return ""


def _unknown(provider: str, station: str) -> Check:
    return Check(
        provider=provider, station=station, n=0, equal=None, within_one=None, above=None, bias=None, worst=None,
        worst_day=None, usable=None, why="no day with both",
    )  # fmt: skip


def _after(one: Daily, closes: Nanos) -> bool:
    """Whether a statement was made after the day: tables and summaries that state no time are no interim ones."""
    return one.final(closes) if one.issued_at is not None else not one.interim


def _bound(own: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    return climate_day.high(own, opens, closes).bound


def _midnight(own: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    return climate_day.high(own, opens, closes).midnight


def _hourly(own: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    inside = [
        climate_day.fahrenheit(r.temp_tenths_c)
        for r in own
        if opens <= r.measured_at < closes and r.temp_tenths_c is not None
    ]
    return max(inside, default=None)


def _sampled(own: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    """Return the high of rows that never feed a bound: each by the least degree it may mean."""
    inside = [reading for reading in own if opens <= reading.measured_at < closes]
    exact = [climate_day.fahrenheit(r.temp_tenths_c) for r in inside if r.temp_tenths_c is not None]
    bodies = [r.temp_whole_c for r in inside if r.temp_tenths_c is None and r.temp_whole_c is not None]
    return max([*exact, *(climate_day.fahrenheit_set(body)[0] for body in bodies)], default=None)


def _has_temperature(reading: Reading) -> bool:
    return reading.temp_tenths_c is not None or reading.temp_whole_c is not None


def _is(name: str) -> Callable[[Reading], bool]:
    return lambda reading: provider_of(reading) == name


def _routine(reading: Reading) -> bool:
    return reading.kind is ReportKind.ROUTINE and provider_of(reading) == "asos"


_High = Callable[[Sequence[Reading], Nanos, Nanos], int | None]
_PROVIDERS: Final[Mapping[str, tuple[Callable[[Reading], bool], _High]]] = {
    "asos": (_is("asos"), _bound),
    "asos hourly": (_routine, _hourly),
    "asos 24 h group": (_is("asos"), _midnight),
    "five_minute": (_is("five_minute"), _bound),
    "visual_crossing": (_is("visual_crossing"), _sampled),
    "one_minute": (_is("one_minute"), _sampled),
    "madis": (_is("madis"), _sampled),
    "private": (_is("private"), _sampled),
}
"""Which readings each is made of, and how its high is read from them."""
