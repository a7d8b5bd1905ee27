"""What an operator types into the new-market dialog, as terms of a contract. Pure; errors are sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from msgspec import UNSET, UnsetType

from engine.core.contract import Bracket, Metric, SourceName, Sources, Unit, WeightedSource
from engine.core.ids import Cell
from engine.core.units import HOUR, SECOND, Nanos
from engine.maths import marchetypes
from engine.maths.marchetypes import Information, Resolution
from engine.views.market import MarketDraft

UNITS: Final[dict[Metric, tuple[Unit, ...]]] = {
    Metric.TEMP_MAX: (Unit.FAHRENHEIT, Unit.CELSIUS),
    Metric.TEMP_MIN: (Unit.FAHRENHEIT, Unit.CELSIUS),
    Metric.PRECIPITATION: (Unit.MM, Unit.INCH),
    Metric.WIND_GUST: (Unit.KNOT,),
    Metric.SNOW: (Unit.INCH, Unit.MM),
    Metric.STORM_CATEGORY: (Unit.KNOT,),
    Metric.AQI: (Unit.MM,),
}
METRIC_NAMES: Final[dict[Metric, str]] = {
    Metric.TEMP_MAX: "Highest temperature",
    Metric.TEMP_MIN: "Lowest temperature",
    Metric.PRECIPITATION: "Precipitation",
    Metric.WIND_GUST: "Wind gust",
    Metric.SNOW: "Snowfall",
    Metric.STORM_CATEGORY: "Storm category (no source is read)",
    Metric.AQI: "Air quality (no source is read)",
}
UNIT_NAMES: Final[dict[Unit, str]] = {
    Unit.MM: "mm",
    Unit.INCH: "in",
    Unit.FAHRENHEIT: "°F",
    Unit.CELSIUS: "°C",
    Unit.KNOT: "kt",
}
SETTLES_BY: Final = {
    "rule": "the metric's own rule",
    "first": "climate report, else the station",
    "agree": "report and station, if they agree",
    "private": "your station file, else the station",
}
"""Who gives a station's value: what is offered, by its key."""
APART: Final[dict[tuple[Metric, Unit], Decimal]] = {
    (Metric.TEMP_MAX, Unit.FAHRENHEIT): Decimal(0),
    (Metric.TEMP_MAX, Unit.CELSIUS): Decimal(0),
    (Metric.TEMP_MIN, Unit.FAHRENHEIT): Decimal(0),
    (Metric.TEMP_MIN, Unit.CELSIUS): Decimal(0),
    (Metric.PRECIPITATION, Unit.INCH): Decimal("0.01"),
    (Metric.PRECIPITATION, Unit.MM): Decimal("0.3"),
    (Metric.SNOW, Unit.INCH): Decimal("0.1"),
    (Metric.SNOW, Unit.MM): Decimal("2.6"),
}
"""What a climate report tells of, and by how much it and the station's own reports may differ: one unit of either."""
OWN_APART: Final[dict[Unit, Decimal]] = {
    Unit.FAHRENHEIT: Decimal("3.6"),
    Unit.CELSIUS: Decimal(2),
    Unit.INCH: Decimal("0.1"),
    Unit.MM: Decimal("2.5"),
    Unit.KNOT: Decimal(10),
}
"""By how much a station file of one's own and the official sources may differ: as two stations may, or a shower."""
MOST_BRACKETS: Final = 24
LONGEST_HOURS: Final = 14 * 24
WHOLE_DAY_H: Final = 24
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RANGE: Final = re.compile(r"([-−]?\d{1,4})(?:\s*(?:-|–|to)\s*([-−]?\d{1,4}))?")


class Unfit(ValueError):
    """A field cannot be used; the text says why, in words for the operator."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Typed:
    """The dialog's fields as they stand."""

    cell: str
    metric: Metric
    unit: Unit
    bracketed: bool
    threshold: str
    brackets: str
    day: date
    hours: int
    utc_offset_hours: int
    by_hand: bool
    """Liquidity is typed rather than taken from the forecast."""
    b: str
    even: bool
    """Open at even prices rather than the forecast's."""
    phase: int = 1
    information: str = ""
    """A level of `marchetypes.Information`; empty when nobody said."""
    resolution: str = Resolution.END.value
    settles_by: str = "rule"
    """A key of `SETTLES_BY`."""


def terms(typed: Typed) -> MarketDraft:
    """Return the draft the fields stand for.

    Raises
    ------
    Unfit
        If a field is missing or makes no sense; names the field.
    """
    if not typed.cell:
        raise Unfit("cell", "pick a cell on the map first")
    opens = day_start(typed.day, typed.utc_offset_hours)
    return MarketDraft(
        cell=Cell(typed.cell),
        metric=typed.metric,
        unit=typed.unit,
        threshold=None if typed.bracketed else _decimal("threshold", typed.threshold),
        brackets=brackets(typed.brackets) if typed.bracketed else (),
        opens=opens,
        closes=Nanos(opens + _hours(typed.hours) * HOUR),
        b=_liquidity(typed.b) if typed.by_hand else None,
        prior=() if typed.even else None,
        sources=sources(typed),
        phase=typed.phase,
        kind=kind_of(typed.information, typed.resolution),
    )


def kind_of(information: str, resolution: str) -> str:
    """Return the code of the marchetype; empty while the level of information is not said."""
    return marchetypes.of(Information(information), Resolution(resolution)).code if information else ""


def sources(typed: Typed) -> Sources | UnsetType:
    """Return who gives the stations' values: the climate report before the station's own reports, or both.

    Raises
    ------
    Unfit
        If both must agree on something that the report does not tell.
    """
    if typed.settles_by == "rule":
        return UNSET
    if typed.settles_by == "private":
        return _own(typed)
    apart = APART.get((typed.metric, typed.unit))
    if apart is None:
        raise Unfit("sources", f"no climate report tells a {METRIC_NAMES[typed.metric].lower()}")
    both = typed.settles_by == "agree"
    if both and typed.hours != WHOLE_DAY_H:
        raise Unfit("hours", "a climate report speaks of one whole day: 24 h")
    return _first_of(SourceName.CLI, SourceName.ASOS, least=2 if both else 1, apart=apart)


def _own(typed: Typed) -> Sources:
    if typed.metric is Metric.SNOW:
        raise Unfit("sources", "a station file of your own tells no snowfall")
    official = (SourceName.CLI, SourceName.ASOS) if (typed.metric, typed.unit) in APART else (SourceName.ASOS,)
    return _first_of(SourceName.PRIVATE, *official, least=1, apart=OWN_APART[typed.unit])


def _first_of(*names: SourceName, least: int, apart: Decimal) -> Sources:
    order = tuple(WeightedSource(name=name, weight=Decimal(1)) for name in names)
    return Sources(order=order, use="first", least=least, apart=apart)


def brackets(text: str) -> tuple[Bracket, ...]:
    """Return the outcomes of ``84-85, 86-87``: those ranges, and an open tail at each end.

    Raises
    ------
    Unfit
        If a range cannot be read, runs backwards, overlaps another or leaves a gap.
    """
    ranges: list[tuple[int, int]] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        found = _RANGE.fullmatch(part)
        if not found:
            raise Unfit("brackets", f"“{part[:24]}” is no range: write 84-85, 86-87")
        low, high = (int((n or found[1]).replace("−", "-")) for n in found.groups())
        if low > high:
            raise Unfit("brackets", f"{low}-{high} runs backwards")
        if ranges and low != ranges[-1][1] + 1:
            raise Unfit("brackets", f"{ranges[-1][1]} is followed by {low}: ranges must meet, without gap or overlap")
        ranges.append((low, high))
    if not ranges:
        raise Unfit("brackets", "type at least one range, such as 84-85, 86-87")
    if len(ranges) > MOST_BRACKETS:
        raise Unfit("brackets", f"{len(ranges)} ranges; at most {MOST_BRACKETS}")
    first, last = ranges[0][0] - 1, ranges[-1][1] + 1
    middle = tuple(Bracket(label=_label(low, high), low=low, high=high) for low, high in ranges)
    return (
        Bracket(label=f"≤ {_whole(first)}", low=None, high=first),
        *middle,
        Bracket(label=f"≥ {_whole(last)}", low=last, high=None),
    )


def day_start(day: date, utc_offset_hours: int) -> Nanos:
    """Return midnight of a day in local standard time."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH
    return Nanos(midnight // timedelta(seconds=1) * SECOND - utc_offset_hours * HOUR)


def day_of(at: Nanos, utc_offset_hours: int) -> date:
    """Return the climate day a moment belongs to: local standard time, all year."""
    return (_EPOCH + timedelta(seconds=at // SECOND, hours=utc_offset_hours)).date()


def _label(low: int, high: int) -> str:
    if low == high:
        return _whole(low)
    return f"{_whole(low)} to {_whole(high)}" if low < 0 else f"{low}–{high}"


def _whole(n: int) -> str:
    return f"{n}".replace("-", "−")


def _decimal(field: str, text: str) -> Decimal:
    try:
        value = Decimal(text.strip().replace("−", "-"))
    except InvalidOperation as e:
        raise Unfit(field, f"the {field} must be a number") from e
    if not value.is_finite() or abs(value) > 1000:
        raise Unfit(field, f"the {field} must lie within −1000 and 1000")
    return value


def _liquidity(text: str) -> float:
    value = float(_decimal("liquidity", text))
    if not 1 <= value <= 1000:
        raise Unfit("liquidity", "the liquidity must lie within 1 and 1000 shares")
    return value


def _hours(hours: int) -> int:
    if not 1 <= hours <= LONGEST_HOURS:
        raise Unfit("hours", f"the window must last 1 to {LONGEST_HOURS} hours")
    return hours
