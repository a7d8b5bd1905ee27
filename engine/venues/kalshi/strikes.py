"""Kalshi strikes as sets of whole numbers, and whether a row of them leaves nothing out. Pure.

``less`` and ``greater`` are strict, ``between`` holds both its ends, and a ticker's ``T81`` says neither: what counts
is the market object's strike type. Strikes with decimals are counted in steps of the finest decimal that occurs in
their event, so ``between 52200 and 52299.99`` is a whole set of cents. The market's own sub-title ("77° or below")
is read too, and has to say the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from engine.core.instrument import Strike
from engine.venues.kalshi.numbers import bounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.venues.kalshi.wire_markets import Market

_FINEST: Final = 6
_FIGURE: Final = r"\$?\s?([-−]?\s?\$?\s?[0-9][0-9,]*(?:\.[0-9]+)?)\s?°?\s?[FC]?"
_SIGNS: Final = re.compile(r"[,$\s]")
_BELOW: Final = re.compile(rf"{_FIGURE} or (?:below|less|lower|under)", re.IGNORECASE)
_ABOVE: Final = re.compile(rf"{_FIGURE} or (?:above|more|higher|over)", re.IGNORECASE)
_WITHIN: Final = re.compile(rf"{_FIGURE} (?:to|-|–) {_FIGURE}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cover:
    """What is known of an event's brackets together."""

    exclusive: bool
    exhaustive: bool
    why: str


def places(markets: Sequence[Market]) -> int:
    """Return how many decimals the finest strike of an event has.

    Raises
    ------
    ValueError
        If a strike is no ordinary number.
    """
    figures = [bounded(f) for market in markets for f in (market.floor_strike, market.cap_strike) if f is not None]
    finest = max((-int(figure.normalize().as_tuple().exponent) for figure in figures), default=0)
    return min(max(finest, 0), _FINEST)


def strike(market: Market, decimals: int, unit: str) -> Strike | None:
    """Return for which values YES pays, in steps of `decimals`; None where the market states no such set.

    Raises
    ------
    ValueError
        If a strike is no ordinary number.
    """
    floor, cap, step = market.floor_strike, market.cap_strike, Decimal(1).scaleb(-decimals)
    low = high = None
    match market.strike_type:
        case "greater" if floor is not None:
            low = _down(floor, step) + 1
        case "greater_or_equal" if floor is not None:
            low = _up(floor, step)
        case "less" if cap is not None:
            high = _up(cap, step) - 1
        case "less_or_equal" if cap is not None:
            high = _down(cap, step)
        case "between" if floor is not None and cap is not None:
            low, high = _up(floor, step), _down(cap, step)
        case _:
            return None
    return Strike(low=low, high=high, unit=unit if decimals == 0 else f"{step} {unit}".strip())


def stated(text: str, decimals: int) -> tuple[int | None, int | None] | None:
    """Return the ends a sub-title names, such as ``77° or below``; None where it names none."""
    if (found := _WITHIN.fullmatch(text.strip())) is not None:
        return _figure(found[1], decimals), _figure(found[2], decimals)
    if (found := _BELOW.fullmatch(text.strip())) is not None:
        return None, _figure(found[1], decimals)
    if (found := _ABOVE.fullmatch(text.strip())) is not None:
        return _figure(found[1], decimals), None
    return None


def order(found: Strike | None) -> tuple[bool, float, float]:
    """Return by what markets are sorted: from the lowest bracket up; those without a strike last."""
    if found is None:
        return True, 0.0, 0.0
    low = float("-inf") if found.low is None else float(found.low)
    return False, low, float("inf") if found.high is None else float(found.high)


def cover(named: Sequence[tuple[Market, Strike | None]], decimals: int, *, venue_says: bool, unread: int = 0) -> Cover:
    """Return whether the brackets exclude each other and leave nothing out, and how that is known.

    Parameters
    ----------
    named : sequence of (Market, Strike)
        All markets of one event, in the order of their strikes.
    venue_says : bool
        The event's own ``mutually_exclusive``.
    unread : int
        Markets of the event that are not among them, since they could not be read.
    """
    claim = "the venue says that at most one pays" if venue_says else "the venue does not say that only one can pay"
    strikes = [found for _, found in named if found is not None]
    if len(strikes) < len(named) or len(strikes) < 2:
        return Cover(venue_says, exhaustive=False, why=f"not proven: no row of strikes; {claim}")
    odd = next(
        (market.ticker for market, found in named if found is not None and _contradicts(market, found, decimals)), ""
    )
    if odd:
        return Cover(exclusive=False, exhaustive=False, why=f"not proven: strike and sub-title of {odd} disagree")
    apart = _apart(strikes)
    if apart:
        return Cover(exclusive=False, exhaustive=False, why=f"not exclusive: {apart}")
    hole = _hole(strikes)
    if unread:
        return Cover(exclusive=True, exhaustive=False, why=f"not proven: markets that cannot be read: {unread}")
    if hole:
        return Cover(exclusive=True, exhaustive=False, why=f"not exhaustive: {hole}")
    return Cover(exclusive=True, exhaustive=True, why="proven: the strikes hold every whole value exactly once")


def _contradicts(market: Market, found: Strike, decimals: int) -> bool:
    said = stated(market.yes_sub_title or market.subtitle or "", decimals)
    return said is not None and said != (found.low, found.high)


def _apart(strikes: Sequence[Strike]) -> str:
    """Return which two overlap, or which one is empty; nothing when none does."""
    for one in strikes:
        if one.low is not None and one.high is not None and one.low > one.high:
            return f"{one.low} to {one.high} holds nothing"
    for one, two in pairwise(strikes):
        if one.high is None or two.low is None or two.low <= one.high:
            return f"{span(one)} and {span(two)} overlap"
    return ""


def _hole(strikes: Sequence[Strike]) -> str:
    """Return what no bracket holds; nothing when all is held."""
    if strikes[0].low is not None:
        return f"nothing below {strikes[0].low}"
    if strikes[-1].high is not None:
        return f"nothing above {strikes[-1].high}"
    for one, two in pairwise(strikes):
        assert one.high is not None
        assert two.low is not None
        if two.low != one.high + 1:
            return f"nothing from {one.high + 1} to {two.low - 1}"
    return ""


def span(found: Strike) -> str:
    """Return a bracket as a label: ``≤ 77``, ``78–79``, ``≥ 86``."""
    if found.low is None:
        return "any" if found.high is None else f"≤ {found.high}"
    if found.high is None:
        return f"≥ {found.low}"
    return f"{found.low}–{found.high}" if found.low != found.high else f"{found.low}"


def _figure(text: str, decimals: int) -> int:
    plain = _SIGNS.sub("", text).replace("−", "-")
    return int(Decimal(plain[:24]).scaleb(decimals))


def _up(value: Decimal, step: Decimal) -> int:
    return int((bounded(value) / step).to_integral_value(ROUND_CEILING))


def _down(value: Decimal, step: Decimal) -> int:
    return int((bounded(value) / step).to_integral_value(ROUND_FLOOR))
