"""How long to wait before trying again."""

from __future__ import annotations

import math


def delay_s(attempt: int, base: float = 1.0, factor: float = 2.0, cap: float = 60.0) -> float:
    """Return ``base · factor^attempt`` seconds, at most `cap`, before any jitter.

    Raises
    ------
    ValueError
        If the attempt is negative, the base or cap not positive, or the factor below 1.
    """
    if attempt < 0 or not (0.0 < base < math.inf and 1.0 <= factor < math.inf and 0.0 < cap < math.inf):
        msg = f"no delay for attempt {attempt} from {base} s by {factor} up to {cap} s"
        raise ValueError(msg)
    if base >= cap or attempt * math.log(factor) > math.log(cap / base):  # before the power overflows
        return cap
    return min(base * float(factor**attempt), cap)
