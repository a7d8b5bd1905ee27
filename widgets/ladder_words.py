"""The line under a ladder: the order a click would be, what it costs, and its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from widgets import formats
from widgets.ladder_keys import edge_of, order_words, paid_at_most, rises, short
from widgets.ladder_look import size_text

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.views.market import LadderView, Preview

Part = tuple[str, str, int, bool]
"""Words, colour, weight, struck."""
ENTER: Final[Part] = ("Enter", "text.muted", 400, False)
"""Before an order that the cursor stands for, not the mouse."""


def cost_parts(view: LadderView, place: Place, card: Preview | None, *, armed: bool) -> tuple[Part, ...]:
    """Return what an order costs, how much of it there is, and its edge.

    The card's figures are shown when it answers this very order; until then the most it can cost.
    """
    if card is None or card.intent not in {"", place.intent} or card.cost is None:
        most = paid_at_most(place)
        cost = "" if most is None else f"≤ {formats.money(most)}"
        edge = edge_of(view, place)
    elif card.refused_by:
        why = f"{card.refused_by}: {formats.plain(card.refused_why)}"
        return ((order_words(place), "text.dim", 500, True), (why, "danger.text", 400, False))
    else:
        fee = f" + fee {formats.number(card.fee, 2)}" if card.fee else ""
        cost, edge = f"= {formats.money(card.cost)}{fee}", card.edge
    words: list[Part] = [(order_words(place), "buy" if rises(place) else "sell", 700, False)]
    if cost:
        words.append((cost, "text.default", 400, False))
    if (there := short(view, place)) is not None:
        words.append((f"fills {size_text(there) or 0}", "warn", 500, False))
    if edge is not None:
        tone = "profit" if edge > 0 else "loss" if edge < 0 else "text.muted"
        shown = f"{formats.number(edge, 2, signed=True)}c"
        words += [("edge", "text.muted", 400, False), (shown, tone, 600, False)]
    if not armed:
        words.append(("disarmed: opens the ticket", "text.muted", 400, False))
    return tuple(words)
