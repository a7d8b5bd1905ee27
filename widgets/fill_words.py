"""How likely a waiting order fills, in words, with what that was reckoned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from widgets import formats
from widgets.size_words import size_text

if TYPE_CHECKING:
    from engine.views.ladder import FillOdds

NEARLY: Final = 0.9995
"""From here on a chance would be written as all."""


def chance(odds: FillOdds) -> str:
    """Return the chance and the time it is for, such as ``34 % in 10 min``; a dash where it is not known."""
    return f"{share(odds)} in {span(odds)}"


def share(odds: FillOdds) -> str:
    """Return the chance alone."""
    if odds.chance is None:
        return formats.DASH
    least = "≥ " if odds.at_most else ""
    if odds.chance >= NEARLY:  # nothing is certain to fill, and no chance is more than certain
        return f"{least or '> '}{formats.percent(0.999)}"
    return "< 0.1 %" if 0.0 < odds.chance < 0.001 and not least else least + formats.percent(odds.chance)


def inputs(odds: FillOdds) -> str:
    """Return what is ahead, and how often trades of what size reach the order: ``120 ahead · 6.0/min × 8.2``."""
    ahead = formats.DASH if odds.ahead is None else size_text(odds.ahead) or "0"
    most = "≤ " if odds.at_most and odds.ahead is not None else ""
    mean = formats.DASH if odds.mean_size is None else formats.number(odds.mean_size, 1)
    return f"{most}{ahead} ahead · {formats.number(60 * odds.per_s, 1)}/min × {mean}"


def span(odds: FillOdds) -> str:
    """Return the time that the chance is for."""
    seconds = odds.horizon_s
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
