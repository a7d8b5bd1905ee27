"""The line under a ladder: the order a click would be, what it costs, and its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import Side
from widgets import fill_words, formats
from widgets.ladder_keys import edge_of, order_words, paid_at_most, rises, short
from widgets.ladder_look import size_text
from widgets.panel import HALTED

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.views.market import LadderView, Preview
    from widgets.ladder_keys import Offer

Part = tuple[str, str, int, bool]
"""Words, colour, weight, struck."""
FLATTENS: Final[tuple[Part, ...]] = (
    ("FLATTEN", "warn", 700, False),
    ("sells every position of this market at what it pays: F sends, Esc keeps", "text.default", 400, False),
)
ENTER: Final[Part] = ("Enter", "text.muted", 400, False)
"""Before an order that the cursor stands for, not the mouse."""
HELP: Final = (
    "Left column buys YES at the row, right column sells YES, or buys NO when none is held. The line below says "
    "which order a click would be.\n\nCtrl+click takes what is there, Shift+click closes the position, right click "
    "cancels an own order, middle click or C centres.\nWheel scrolls, Ctrl+wheel changes the row height, Shift+wheel "
    "the size.\n\nUp Down PgUp PgDn move, Home best ask, End best bid, Left Right side, Enter places.\nB S join the "
    "best price, Shift+B Shift+S improve it, T takes, + − 1…6 size.\nDel cancels the selected order, Backspace all of "
    "this market, F F flattens it.\nA arms, U cumulative, E edge, Esc disarms."
)


def offer_parts(
    view: LadderView | None, what: Offer | None, card: Preview | None, *, armed: bool, hover: bool
) -> tuple[tuple[Part, ...], str]:
    """Return what a press would do now, or why it may not go, and the icon before it.

    Parameters
    ----------
    hover : bool
        Whether the mouse names the cell; else it is the cursor, and Enter presses it.
    """
    if view is None or what is None:
        return (), ""
    if view.state == HALTED and what.place.side is Side.BUY:
        words = "Only cancels and reducing orders pass.  Backspace cancels all here."
        return ((words, "text.default", 400, False),), "stop"
    if what.why:
        return ((what.words, "text.dim", 500, True), (formats.plain(what.why), "danger.text", 400, False)), ""
    parts = cost_parts(view, what.place, card, armed=armed)
    refused = parts[0][3]
    return (*(parts if hover or refused else (ENTER, *parts)), *own_parts(view)), ""


def own_parts(view: LadderView) -> tuple[Part, ...]:
    """Return how likely our waiting order that is nearest fills, and what that was reckoned from."""
    if view.fill is None:
        return ()
    return (
        (f"own {formats.plain(view.fill_words, 40)}", "text.muted", 400, False),
        (f"fills {fill_words.chance(view.fill)}", "text.strong", 600, False),
        (fill_words.inputs(view.fill), "text.muted", 400, False),
    )


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
    if card is not None and card.fill is not None and card.intent in {"", place.intent}:
        words.append((f"fills {fill_words.chance(card.fill)}", "text.default", 500, False))
    if not armed:
        words.append(("disarmed: opens the ticket", "text.muted", 400, False))
    return tuple(words)
