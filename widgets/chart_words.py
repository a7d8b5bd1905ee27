"""What a chart reads out at its crosshair. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.units import MINUTE
from widgets import formats, timeaxis

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.views.chart import ChartView, Line


def read_out(
    view: ChartView | None, at: int | None, write: Callable[[float], str], *, percent: bool
) -> list[tuple[str, str]]:
    """Return what the crosshair's bar says, else the last one's, as words and the names of their colours."""
    if view is None or not len(view.at):
        return []
    n = len(view.at) - 1 if at is None else int(np.searchsorted(view.at, at, "right")) - 1
    if n < 0 or (at is not None and at >= view.ends[n]):
        hole = next((h for h in view.holes if at is not None and h.start <= at < h.end), None)
        why = "" if hole is None else f": {hole.why}"
        return [(f"nothing known{why}" if at is not None and at <= view.now else "", "text.dim")]
    seconds = view.ends[n] - view.at[n] < MINUTE
    found = [(timeaxis.moment(view.zone, int(view.at[n]), seconds=bool(seconds)), "text.muted")]
    if view.trades[n]:
        for name, values in (("O", view.open), ("H", view.high), ("L", view.low), ("C", view.close)):
            found.append((f"{name} {write(float(values[n]))}", "text.default"))
        found.append((f"vol {formats.number(float(view.volume[n]), 0)}", "text.muted"))
        found.append((f"Δ {formats.number(float(view.signed[n]), 0, signed=True)}", "text.muted"))
    else:
        found.append(("no trade", "text.dim"))
    moment = int(view.at[n])
    for line, tone in ((view.mid, "buy"), (view.fair, "fair"), (view.under, "text.strong")):
        value = None if line is None else _value_at(line, moment, int(view.ends[n]))
        if line is not None and value is not None:
            words = write(value) if line is not view.under else f"{formats.number(value, 1)} {line.unit}"
            found.append((f"{line.name} {words}", tone))
    if view.binary and view.trades[n] and not percent:
        found.insert(5, (f"= {formats.number(float(view.close[n]), 1)} %", "text.muted"))
    return found


def _value_at(line: Line, start: int, end: int) -> float | None:
    """Return the last value of a line within a stretch; None where it has none."""
    n = int(np.searchsorted(line.at, end, "left")) - 1
    return float(line.value[n]) if n >= 0 and line.at[n] >= start else None
