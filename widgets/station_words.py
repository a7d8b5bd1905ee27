"""A station's day in the words of the screen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.views.station import ExtremeLine, GroupLine
    from engine.views.weather import StationView

TEMPERATURES: Final = {"°F": "°F", "F": "°F", "°C": "°C", "C": "°C"}
SIX: Final = 6
LEAST: Final = 0.0005
"""A chance below this is told as less than a tenth of a percent."""
Row = tuple[str, str, str]
"""(name, value, where the number is from)."""


def unit_of(view: StationView) -> str:
    """Return the unit as it is written."""
    return TEMPERATURES.get(view.unit, view.unit)


def is_temperature(view: StationView) -> bool:
    """Whether the linked market asks for a temperature."""
    return view.unit in TEMPERATURES


def places_of(view: StationView) -> int:
    """Return the decimals readings are shown with."""
    return 2 if view.unit == "in" else 0 if view.unit == "kt" else 1


def word_of(view: StationView) -> str:
    """Return which extreme is asked: ``high`` or ``low``."""
    return "high" if view.sign > 0 else "low"


def hero(view: StationView) -> tuple[str, str, str]:
    """Return the large figure, what it is, and when or by whom."""
    clock = formats.local(view.running_at, view.utc_offset_hours, "%H:%M")
    if is_temperature(view):
        word = word_of(view)
        if view.official is not None:
            return str(view.official), f"official {word}", formats.plain(view.official_source, 40)
        bound = formats.DASH if view.running is None else str(view.running)
        least = "at least" if view.sign > 0 else "at most"
        return bound, f"running {word}", f"{least}, since {clock}" if view.running is not None else ""
    if view.unit == "kt":
        return formats.number(view.gust), "highest gust", ""
    return formats.number(view.rain, 2), "accumulated", "routine sum" if view.rain is not None else ""


def chance(p: float | None) -> str:
    """Return a chance in percent; a small one is not told as none, a large one not as certain."""
    if p is not None and 0.0 < p < LEAST:
        return "< 0.1 %"
    if p is not None and 1.0 - LEAST < p < 1.0:
        return "> 99.9 %"
    return formats.percent(p)


def so_far(line: ExtremeLine | None) -> str:
    """Return which official values the reports name until now, such as ``84 or 85``; empty where none."""
    if line is None or not line.so_far:
        return ""
    values = line.so_far
    if len(values) > 3:
        return f"{values[0]} to {values[-1]}"
    return " or ".join(str(value) for value in values)


def rows_of(view: StationView) -> tuple[Row, ...]:
    """Return the facts: what may still come, what may still be told, then the engine's own."""
    notes = dict(view.notes)
    rows: list[Row] = []
    if view.flags:
        rows.append(("Quality flags", " · ".join(f for f, _ in view.flags), "; ".join(w for _, w in view.flags)))
    if is_temperature(view):
        rows += _temperature(view, notes)
    rows += ((name, value, notes.get(name, "")) for name, value in view.facts)
    rows += _other(view)
    if is_temperature(view) and view.rain:
        rows.append(("Rain, routine sum", f"{formats.number(view.rain, 2)} in", "P groups of routine METARs"))
    return tuple(rows)


def _temperature(view: StationView, notes: dict[str, str]) -> list[Row]:
    rows: list[Row] = []
    word, unit = word_of(view), unit_of(view)
    if view.official is not None:
        if view.running is not None:
            rows.append((f"Running {word} was", f"{view.running} {unit}", notes.get(f"running {word}", "")))
    else:
        rows += _open(view, notes)
    return rows


def _other(view: StationView) -> list[Row]:
    """Return the day's other extreme."""
    other = view.other
    if other is None:
        return []
    name = "Official" if other.official is not None else "Running"
    value = other.official if other.official is not None else other.bound
    words = formats.DASH if value is None else f"{value} {unit_of(view)}"
    return [(f"{name} {'low' if other.sign < 0 else 'high'}", words, other.by)]


def _open(view: StationView, notes: dict[str, str]) -> list[Row]:
    """Return what is open while nothing official has come."""
    rows: list[Row] = []
    word, why = word_of(view), notes.get("model", "")
    if view.hazard_1h is not None or view.hazard_3h is not None:
        both = f"{chance(view.hazard_1h)} · {chance(view.hazard_3h)}"
        rows.append((f"New {word} in 1 h · 3 h", both, f"Of reports from now on; {why}" if why else ""))
    if view.hazard_day is not None and view.running is not None:
        way = "above" if view.sign > 0 else "below"
        rows.append((f"Official {way} {view.running}", chance(view.hazard_day), why))
    if view.groups:
        rows.append(("Groups", groups(view), groups_told(view)))
    return rows


def groups(view: StationView) -> str:
    """Return when the groups still to come are made: ``17:53 · 23:53 + 24 h``."""
    return groups_at(view.groups, view.utc_offset_hours)


def groups_at(lines: Sequence[GroupLine], offset_hours: int) -> str:
    """Return times of groups on a clock, the day's own marked: ``17:53 · 23:53 + 24 h``."""
    at = {group.at: group.hours for group in lines}
    clock = ((formats.local(when, offset_hours, "%H:%M"), hours) for when, hours in at.items())
    return " · ".join(when if hours == SIX else f"{when} + {hours} h" for when, hours in clock)


def groups_told(view: StationView) -> str:
    """Return what each of them can still tell."""
    said = []
    for group in view.groups:
        start, end = (formats.local(at, view.utc_offset_hours, "%H:%M") for at in (group.starts, group.at))
        said.append(f"{group.hours}-hour group of {start}–{end} LST: {group.tells}")
    return "; ".join(said)
