"""Whether what a venue reckons an option, a future or a perpetual at can be: no sum of ours holds any number. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.core.events import Marked

MOST: Final = Decimal(10**12)
"""No price is larger, in any currency."""
LEAST: Final = 1 / MOST
"""No underlying is worth less."""
LARGEST: Final = 1e12
"""Of a greek and of a rate, either way."""


def beyond(mark: Marked) -> str:
    """Return what of a mark cannot be, in words; empty where all of it can."""
    price, index, forward = mark.price, mark.index, mark.forward
    if price is not None and not 0 <= price <= MOST:
        return "price"
    if index is not None and not LEAST <= index <= MOST:
        return "index"
    if forward is not None and not LEAST <= forward <= MOST:
        return "forward"
    for value in (mark.delta, mark.gamma, mark.vega, mark.theta, mark.funding):
        if value is not None and not -LARGEST <= value <= LARGEST:
            return "greek or a rate"
    return ""
