"""What one station measured by reports that several services told, and whether it depends on which is believed. Pure.

The reports that hold decide. Where another service states other numbers of one of them, and no correction says which
is right, the window is measured by that service's word, too: if it comes to something else, nobody may say.

Source: settlement sheet R7 (a disagreement is disputed, both are kept); promises P22, P23.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.when import iso
from engine.weather.observed import witnessed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.core.reading import Reading
    from engine.oracle.rules import Measured


def measure(of: Callable[[Sequence[Reading]], Measured], readings: Iterable[Reading]) -> Measured:
    """Return what reports come to by a rule; contradicted where it hangs on whose word is taken."""
    told = witnessed(readings)
    found = of([held for held, _ in told])
    if found.value is None or found.contradiction:
        return found
    for source in sorted({one.source for _, against in told for one in against}):
        theirs = [next((one for one in against if one.source == source), held) for held, against in told]
        other = of(theirs)
        if other.value is not None and other.value != found.value:
            held, one = next((h, t) for (h, _), t in zip(told, theirs, strict=True) if t is not h)
            why = f"{held.source} and {one.source} tell the report of {iso(held.measured_at)} differently"
            return replace(found, contradiction=why)
    return found


def kept(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return the reports that decide, by time, each followed by what is said against it."""
    return tuple(one for held, against in witnessed(readings) for one in (held, *against))
