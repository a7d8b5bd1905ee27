"""Whether numbers of a fill, a mark or an account are such as our sums can hold: a venue may say anything. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Filled, Marked, Pictured
    from engine.core.quotes import QuoteFill

MOST: Final = Decimal(10**15)
"""No quantity, no price and no money is more; sums of ours hold a million times that."""

LEAST: Final = 1 / MOST
"""No price is less, but 0."""
MOST_PRICE: Final = Decimal(10**12)
"""No mark is larger, in any currency."""
LEAST_INDEX: Final = 1 / MOST_PRICE
"""No underlying is worth less."""
MOST_GREEK: Final = 1e12
"""Of a greek and of a rate, either way."""


def fill(event: Filled | QuoteFill) -> str:
    """Return which number of a fill is none, or beyond what our sums can hold; empty where they hold all."""
    for what, value in (("quantity", event.qty), ("cost", event.cost), ("fee", event.fee), ("price", event.price)):
        if not _bearable(value):
            return f"its {what} was {value:.6g}"
    qty, price = event.qty, event.price
    fine = not price or abs(price) >= LEAST
    if not fine or not _bearable(qty * price) or (price and not _bearable(event.cost / price)):  # kept beside its cost
        return f"{event.qty:.6g} for {event.cost:.6g} at {price:.6g}"
    return ""


def mark(event: Marked) -> str:
    """Return what of a mark cannot be, in words; empty where all of it can."""
    price, index, forward = event.price, event.index, event.forward
    if price is not None and not 0 <= price <= MOST_PRICE:
        return "price"
    if index is not None and not LEAST_INDEX <= index <= MOST_PRICE:
        return "index"
    if forward is not None and not LEAST_INDEX <= forward <= MOST_PRICE:
        return "forward"
    for value in (event.delta, event.gamma, event.vega, event.theta, event.funding):
        if value is not None and not -MOST_GREEK <= value <= MOST_GREEK:
            return "greek or a rate"
    return ""


def picture(event: Pictured) -> str:
    """Return what of an account cannot be so; empty where our sums hold all of it."""
    numbers: list[tuple[str, Iterable[Decimal | None]]] = [
        ("its cash", (event.cash,)),
        ("a position", (one for held in event.positions or () for one in (held.qty, held.average))),
        ("an order", (one for order in event.orders for one in (order.qty, order.filled))),
        ("a fill", (one for done in event.fills for one in (done.qty, done.cost, done.fee, done.price))),
    ]
    for what, some in numbers:
        wrong = next((value for value in some if value is not None and not _bearable(value)), None)
        if wrong is not None:
            return f"{what} in the picture of the account is {wrong:.6g}"
    return ""


def _bearable(value: Decimal) -> bool:
    return value.is_finite() and -MOST <= value <= MOST
