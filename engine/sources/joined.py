"""One forecast of a station out of two: a model's hours, and after their end those of a forecast that reaches further.

A model of the next eighteen hours says more of today than the Weather Service's grid, and nothing of tomorrow, which
markets list as well. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from engine.core.events import StationForecast


def joined(model: StationForecast, further: StationForecast | None) -> StationForecast:
    """Return a model's forecast with the hours of another that lie after its last; both are of one station."""
    if further is None or not model.hours:
        return model if model.hours or further is None else further
    last = model.hours[-1].valid_at
    later = tuple(hour for hour in further.hours if hour.valid_at > last)
    if not later:
        return model
    return replace(
        model,
        at=max(model.at, further.at),
        run=f"{model.run} + {further.run}",
        hours=model.hours + later,
    )
