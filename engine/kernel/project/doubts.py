"""What to ask once, in place, before an order goes: doubts that no gate refuses for.

Each is one sentence with the number that raised it. What reduces is never doubted, but for gates that only warn.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import NO_MONEY, Money, Qty, Side
from engine.kernel import results

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.kernel.state import State
    from engine.risk.gate import Gate
    from engine.risk.measures import Measure

LAST: Final = 20
LEAST: Final = 5
"""Orders that there have to be before their median says anything."""
LARGE: Final = 3
"""Times the median of the last orders."""
VALUE_SHARE: Final = Decimal("0.10")
"""Of the bankroll: what one order may cost before it is asked about."""
FAR_CENTS: Final = 5.0
"""Beyond this many cents through the model an order is doubted."""
LOSING_SHARE: Final = Decimal("0.20")
"""Of what a position cost: how far down it may be before adding to it is asked about."""


class Facts(NamedTuple):
    """What an order would do, as its card says it."""

    qty: Qty | None
    cost: Money | None
    fee: Money | None
    edge: float | None
    """Cents a share at the model, the fee counted."""
    mark: float | None
    """Price of its leg now, in [0, 1]."""
    reducing: bool


def doubts(state: State, place: Place, facts: Facts, stands: tuple[tuple[Gate, Measure], ...]) -> tuple[str, ...]:
    """Return what to ask about an order; nothing of one that would do nothing, or only reduces."""
    if facts.qty is None or facts.qty <= 0 or facts.reducing:
        return ()
    found = [m.text for g, m in stands if g.warns and m.refuses]
    found += [text for text in (_large(state, facts), _dear(state, facts), _far(facts), _eaten(facts)) if text]
    if losing := _losing(state, place, facts):
        found.append(losing)
    return tuple(found)


def _large(state: State, facts: Facts) -> str:
    sizes = sorted(o.filled for o in list(state.register)[-LAST:] if o.filled)
    if len(sizes) < LEAST or facts.qty is None:
        return ""
    median = sizes[len(sizes) // 2]
    over = facts.qty > LARGE * median
    return f"{facts.qty:.0f} shares is more than {LARGE} times your median of {median:.0f}" if over else ""


def _dear(state: State, facts: Facts) -> str:
    equity, cost = results.equity(state), abs(facts.cost or NO_MONEY)
    if equity <= 0 or cost <= VALUE_SHARE * equity:
        return ""
    return f"it costs {100 * cost / equity:.0f} % of the bankroll"


def _far(facts: Facts) -> str:
    far = facts.edge is not None and facts.edge < -FAR_CENTS
    return f"the price is {-(facts.edge or 0):.1f}c worse than the model" if far else ""


def _eaten(facts: Facts) -> str:
    """Say that the fee takes more than the edge there is."""
    if facts.edge is None or not facts.fee or not facts.qty:
        return ""
    fee = 100.0 * float(facts.fee / facts.qty)
    before = facts.edge + fee
    return f"the fee of {fee:.2f}c is more than the edge of {before:.2f}c" if 0 < before < fee else ""


def _losing(state: State, place: Place, facts: Facts) -> str:
    held = state.book.get(place.instrument, place.leg)
    if place.side is not Side.BUY or not held.qty or facts.mark is None:
        return ""
    loss = held.cost - held.qty * Decimal(str(facts.mark))
    return f"it adds to a position that is down ${loss:.2f}" if loss > LOSING_SHARE * held.cost else ""
