"""What a hexagon can show: one layer per quantity of `CellLine`, its scale, its words. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import h3
import numpy as np

from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.views.weather import CellLine, CellsView
    from widgets.hexviewport import Floats

_MEAN: Final = "mean"
_SUM: Final = "sum"
_MOST: Final = "most"
_TIERS: Final = ("C", "B", "A")
_TIER_WORDS: Final = {
    "C": "C: two within 25 km or one within 40",
    "B": "B: a station within 15 km",
    "A": "A: within 5 km",
}
_SEVERITIES: Final = ("Unknown", "Minor", "Moderate", "Severe", "Extreme")
_SHORT: Final = ("?", "Min", "Mod", "Sev", "Ext")
HOURLY: Final = frozenset({"p50", "spread", "observed", "alerts"})
"""Layers that show the hour that is looked at; the others are of the whole window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One quantity on the map.

    Parameters
    ----------
    key, title : str
        Its name here, and on its button.
    value : callable
        The quantity of a cell as a number; None when it is not known.
    text : callable
        A number in the few characters that fit a cell.
    words : callable
        A number with its unit.
    signed : bool
        Diverging around 0, with fixed ends.
    ends : (low, high), optional
        Fixed ends of the scale; without them the scale spans the data.
    parents : str
        How cells are put together where the zoom asks for larger ones: by their mean, their sum or the most of them.
    steps : tuple of str, optional
        Words of the values 1, 2, …, where the layer has no scale but kinds, each with its colour of its own.
    """

    key: str
    title: str
    value: Callable[[CellLine], float | None]
    text: Callable[[float], str]
    words: Callable[[float, str], str]
    signed: bool = False
    ends: tuple[float, float] | None = None
    parents: str = _MEAN
    steps: tuple[str, ...] = ()


def _exposure(line: CellLine) -> float | None:
    return None if line.exposure is None else float(line.exposure)


def layers(saturates_at: float) -> tuple[Layer, ...]:
    """Return all layers in the order of their buttons; the edge's colours saturate at so many cents."""
    return (
        Layer(
            key="probability",
            title="p(event)",
            value=lambda line: line.probability,
            text=lambda v: formats.points(v, 0),
            words=lambda v, _unit: formats.percent(v),
            ends=(0.0, 1.0),
        ),
        Layer(
            key="edge",
            title="Edge",
            value=lambda line: line.edge,
            text=lambda v: formats.number(v, 1, signed=True),
            words=lambda v, _unit: f"{formats.number(v, 2, signed=True)}c",
            signed=True,
            ends=(-saturates_at, saturates_at),
        ),
        Layer(
            key="p50",
            title="Forecast p50",
            value=lambda line: line.p50,
            text=_short,
            words=lambda v, unit: f"{formats.number(v, 1)} {unit}".strip(),
        ),
        Layer(
            key="spread",
            title="Spread",
            value=lambda line: line.spread,
            text=_short,
            words=lambda v, unit: f"{formats.number(v, 1)} {unit}".strip(),
        ),
        Layer(
            key="observed",
            title="Obs",
            value=lambda line: line.observed,
            text=_short,
            words=lambda v, unit: f"{formats.number(v, 1)} {unit}".strip(),
        ),
        Layer(
            key="exposure",
            title="Exposure",
            value=_exposure,
            text=lambda v: formats.number(v, 0),
            words=lambda v, _unit: formats.money(v),
            parents=_SUM,
        ),
        Layer(
            key="tier",
            title="Tier",
            value=lambda line: float(_TIERS.index(line.tier) + 1) if line.tier in _TIERS else None,
            text=lambda v: _TIERS[round(v) - 1],
            words=lambda v, _unit: _TIER_WORDS[_TIERS[round(v) - 1]],
            ends=(1.0, 3.0),
            parents=_MOST,
            steps=_TIERS,
        ),
        Layer(
            key="alerts",
            title="Alerts",
            value=lambda line: float(line.alert) if line.alert else None,
            text=lambda v: _SHORT[round(v) - 1],
            words=lambda v, _unit: _SEVERITIES[round(v) - 1],
            ends=(1.0, 5.0),
            parents=_MOST,
            steps=_SEVERITIES,
        ),
    )


def _short(value: float) -> str:
    return formats.number(value, 0 if abs(value) >= 20 else 1)


_BY_KEY: Final = {layer.key: layer for layer in layers(1.0)}


def legend_title(layer: Layer, view: CellsView) -> str:
    """Return what the legend is of, with its unit: ``p(high ≥ 88 °F), %``."""
    unit = f", {view.unit}" if view.unit else ""
    at = "" if view.hour is None else f" {formats.local(view.hour, view.utc_offset_hours, '%H')} h"
    return {
        "probability": f"p({event(view)}), %",
        "edge": "model − market, c",
        "p50": f"forecast median{at}{unit}",
        "spread": f"forecast p90 − p10{at}{unit}",
        "observed": f"observed{at}{unit}",
        "exposure": "worst-case loss, $",
        "tier": "evidence a market would have: tier",
        "alerts": f"alerts in force{at}, gravest",
    }[layer.key]


def event(view: CellsView) -> str:
    """Return the event without its place and day: the title up to its first middle dot."""
    return formats.plain(view.title.partition(" · ")[0], 60)


def gathered(view: CellsView, res: int) -> dict[str, tuple[CellLine, ...]]:
    """Return the lines that each cell of resolution `res` stands for.

    Lines of finer cells, such as that of a contract's own cell among coarser forecast cells, count for their parent
    only where it has no line of its own.
    """
    if res == view.resolution and all(_resolution(line.cell) == res for line in view.cells):
        return {line.cell: (line,) for line in view.cells}
    found: dict[str, list[CellLine]] = {}
    finer: dict[str, list[CellLine]] = {}
    for line in view.cells:
        own = _resolution(line.cell)
        if own == res:
            found.setdefault(line.cell, []).append(line)
        elif own > res:
            into = found if own == view.resolution else finer
            into.setdefault(h3.cell_to_parent(line.cell, res), []).append(line)
    for cell, lines in finer.items():
        found.setdefault(cell, lines)
    return {cell: tuple(lines) for cell, lines in found.items()}


def _resolution(cell: str) -> int:
    return int(cell[1], 16)  # the second digit of a cell's name: a tenth of the price of asking H3


def value_of(layer: Layer, lines: Sequence[CellLine]) -> float | None:
    """Return a layer's value over the lines a drawn cell stands for; None when none of them is known."""
    if len(lines) == 1:
        value = layer.value(lines[0])
        return value if value is not None and math.isfinite(value) else None
    known = [v for line in lines if (v := layer.value(line)) is not None and math.isfinite(v)]
    if not known:
        return None
    if layer.parents == _MOST:
        return max(known)
    return sum(known) if layer.parents == _SUM else sum(known) / len(known)


def values_of(layer: Layer, cells: Sequence[str], lines: dict[str, tuple[CellLine, ...]]) -> Floats:
    """Return a layer's value for each of `cells`, (n,) float64; NaN where nothing is known."""
    out = np.full(len(cells), np.nan)
    for number, cell in enumerate(cells):
        group = lines.get(cell)
        if group is not None and (value := value_of(layer, group)) is not None:
            out[number] = value
    return out


def domain(layer: Layer, lines: dict[str, tuple[CellLine, ...]]) -> tuple[float, float]:
    """Return the ends of a layer's scale: its own, or round numbers around all the values of the view."""
    if layer.ends is not None:
        return layer.ends
    return span(layer, [v for group in lines.values() if (v := value_of(layer, group)) is not None])


def span(layer: Layer, known: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a layer's scale over values that are known."""
    if layer.ends is not None:
        return layer.ends
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    if layer.parents == _SUM:
        low = min(0.0, low)
    step = step_of(max(high - low, 1e-9) / 4)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return (low, high) if high > low else (low, low + step)


def step_of(rough: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below `rough`, and at least 0.5."""
    if rough <= 0.5:
        return 0.5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= rough * (1 - 1e-9))


def hour_facts(lines: Sequence[CellLine], view: CellsView) -> tuple[tuple[str, str], ...]:
    """Return what is known of a cell at the hour that is looked at, (name, value); a dash for what is not."""
    clock = formats.local(view.hour, view.utc_offset_hours, "%H")
    rows = []
    for layer, words in (
        (_BY_KEY["p50"], "Forecast p50"),
        (_BY_KEY["spread"], "p90 − p10"),
        (_BY_KEY["observed"], "Observed"),
    ):
        value = value_of(layer, lines) if lines else None
        rows.append((f"{clock} h {words}", formats.DASH if value is None else layer.words(value, view.unit)))
    return tuple(rows)


def facts_of(lines: Sequence[CellLine], view: CellsView) -> tuple[tuple[str, str], ...]:
    """Return what is known of a cell, (name, value); a dash for what is not."""

    def words(key: str) -> str:
        value = value_of(_BY_KEY[key], lines)
        return formats.DASH if value is None else _BY_KEY[key].words(value, view.unit)

    at = "" if view.hour is None else f" {formats.local(view.hour, view.utc_offset_hours, '%H')} h"
    rows = [
        (f"p({event(view)})" if view.title else "p(event)", words("probability")),
        ("Edge, model − market", words("edge")),
        (f"Forecast p50{at}", words("p50")),
        (f"p90 − p10{at}", words("spread")),
        (f"Observed{at}", words("observed")),
        ("Stations", formats.count(sum(line.stations for line in lines)) if lines else formats.DASH),
        ("Tier of evidence", words("tier")),
        ("My exposure", words("exposure")),
    ]
    if len(lines) > 1:
        rows.insert(0, ("Mean of", f"{len(lines)} cells"))
    return tuple(rows)
