"""Bracket titles to sets of whole values, and whether a family's sets cover every value once. Pure.

``25°F or below``, ``26-27°F``, ``12°C``, ``40 or higher``: what YES pays for is read from the market's own title, and
an event counts as exclusive and exhaustive only if its sets prove it.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.instrument import Strike

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNIT: Final = r"\s*(?P<unit>°\s*[FC]?|º\s*[FC]?|[FC]\b|degrees?(?:\s+(?:Fahrenheit|Celsius))?)?\s*"
_WHOLE: Final = r"-?\d{1,6}"
_FORMS: Final = (
    ("up_to", re.compile(rf"(?P<high>{_WHOLE}){_UNIT}(?:or|and)\s+(?:below|lower|less|under|fewer)", re.IGNORECASE)),
    ("from", re.compile(rf"(?P<low>{_WHOLE}){_UNIT}(?:(?:or|and)\s+(?:higher|above|more|greater|over)|\+)", re.I)),
    ("range", re.compile(rf"(?:between\s+)?(?P<low>{_WHOLE}){_UNIT}(?:-|–|—|to|and)\s*(?P<high>{_WHOLE})"
                         rf"{_UNIT.replace('unit', 'unit2')}", re.IGNORECASE)),
    ("below", re.compile(rf"(?:<|less than|below|under)\s*(?P<over>{_WHOLE}){_UNIT}", re.IGNORECASE)),
    ("above", re.compile(rf"(?:>|more than|above|over)\s*(?P<under>{_WHOLE}){_UNIT}", re.IGNORECASE)),
    ("up_to", re.compile(rf"(?:≤|<=|at most)\s*(?P<high>{_WHOLE}){_UNIT}", re.IGNORECASE)),
    ("from", re.compile(rf"(?:≥|>=|at least)\s*(?P<low>{_WHOLE}){_UNIT}", re.IGNORECASE)),
    ("exact", re.compile(rf"(?P<low>{_WHOLE}){_UNIT}", re.IGNORECASE)),
)  # fmt: skip


class Proof(NamedTuple):
    """What the strikes of a family prove."""

    exclusive: bool
    exhaustive: bool
    why: str


def strike_of(title: str) -> Strike | None:
    """Return the whole values for which YES pays; None where the title is no such set.

    A bare number is one only with a unit of temperature beside it: elsewhere (``64,000``) it is a threshold.
    """
    text = title.strip()[:80]
    for kind, form in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            return _strike(kind, found)
    return None


def prove(strikes: Sequence[Strike | None]) -> Proof:
    """Return whether sets of whole values, in any order, overlap nowhere and leave nothing out."""
    known = [strike for strike in strikes if strike is not None]
    if not known or len(known) < len(strikes):
        return Proof(False, False, "not every market's title is a set of whole values")
    if len({strike.unit for strike in known}) > 1:
        return Proof(False, False, "the markets' titles name different units")
    ordered = sorted(known, key=lambda strike: (strike.low is not None, strike.low or 0))
    pairs = list(itertools.pairwise(ordered))
    if not all(a.high is not None and b.low is not None and a.high < b.low for a, b in pairs):
        return Proof(False, False, "the markets' sets of values overlap")
    gaps = [a.high + 1 for a, b in pairs if a.high is not None and b.low is not None and a.high + 1 < b.low]
    if gaps:
        return Proof(True, False, f"no market pays for {gaps[0]}")
    if ordered[0].low is not None or ordered[-1].high is not None:
        return Proof(True, False, "the markets' sets of values have an end")
    return Proof(True, True, "the markets' sets hold every whole value once")


def _strike(kind: str, found: re.Match[str]) -> Strike | None:
    parts = found.groupdict()
    unit = _unit((parts.get("unit2") or parts.get("unit") or "").strip())
    low, high = (_int(parts.get(name)) for name in ("low", "high"))
    if kind == "exact":
        return Strike(low=low, high=low, unit=unit) if unit else None
    if kind == "below":
        return Strike(high=int(parts["over"]) - 1, unit=unit)
    if kind == "above":
        return Strike(low=int(parts["under"]) + 1, unit=unit)
    if low is not None and high is not None and low > high:
        return None
    return Strike(low=low, high=high, unit=unit)


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _unit(text: str) -> str:
    last = text.upper().replace("FAHRENHEIT", "F").replace("CELSIUS", "C").replace("º", "°")
    if last.endswith("F"):
        return "°F"
    if last.endswith("C"):
        return "°C"
    return "°" if last else ""
