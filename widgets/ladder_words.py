"""The line under a ladder: the order a click would be, what it costs, and its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import Side
from widgets import fill_words, formats, ladder_orders
from widgets.ladder_keys import edge_of, order_words, paid_at_most, price_text, rises, short
from widgets.ladder_orders import Drag
from widgets.size_words import size_text
from widgets.states import HALTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.commands import Place
    from engine.core.units import Ticks
    from engine.views.ladder import LadderView, OwnOrder, Scale
    from engine.views.preview import Preview
    from widgets.ladder_ends import End
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
    "Left column buys YES at the row, right column sells YES, or buys NO when none is held. The label and the line "
    "below say which order a click would be. It goes at most {protect} past the best price (settings, Trading).\n\n"
    "Ctrl+click takes what is there, Shift+click closes the position, right "
    "click cancels an own order, middle click or C centres.\nClick an own order to select it, click again or Del to "
    "cancel it; drag it to amend, Ctrl+drag copies, Alt+drag moves all of this ladder, Esc lets go.\nWheel scrolls, "
    "Ctrl+wheel changes the row height, Shift+wheel the size.\n\nUp Down PgUp PgDn move, Home best ask, End best bid, "
    "Left Right side, Enter places.\nB S join the best price, Shift+B Shift+S improve it, T takes, + − 1…6 size.\nO "
    "selects an own order, Shift+Up Shift+Down amend it by a row, Del cancels it, Backspace all of this market, F F "
    "flattens it, H hedges its event.\nOf an option, a future or a perpetual the right column sells, short where "
    "nothing is held.\n\nA arms, U cumulative, E edge, X clears the trades, I the card, Esc disarms."
)


def asks_parts(words: str) -> tuple[Part, ...]:
    """Return a question in place."""
    return (
        (formats.plain(words, 200), "warn", 600, False),
        ("Enter does it, Esc keeps", "text.default", 400, False),
    )


def label_parts(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return what stands beside the pointer: the order and its cost, or the gate that would refuse it."""
    if not parts:
        return ()
    first, *rest = parts
    if first[3]:  # struck: what would be refused
        return (first, *((formats.plain(words, 60), tone, weight, struck) for words, tone, weight, struck in rest[:1]))
    return (first, *(part for part in rest[:1] if part[0].startswith(("=", "≤"))))


def own_words(
    some: Sequence[OwnOrder], end: End | None, drag: tuple[Drag, Ticks] | None, scale: Scale | None = None
) -> str:
    """Return what is said of own orders: what they are and what may be done, or what letting go of them does."""
    if not some:
        return "" if end is None else ladder_orders.told(end.order, scale)
    if drag is None:
        return (
            ladder_orders.told(some[0], scale)
            if len(some) == 1
            else f"{len(some)} orders: {_names(some, scale)} · click lists them"
        )
    verb = {Drag.MOVE: "amend", Drag.COPY: "copy", Drag.BRACKET: "move all orders here with"}[drag[0]]
    return f"{verb} {_names(some, scale)} → {price_text(drag[1], scale)} · let go to send, Esc keeps"


def _names(some: Sequence[OwnOrder], scale: Scale | None) -> str:
    return ", ".join(ladder_orders.words(one, scale) for one in some[:3]) + ("…" if len(some) > 3 else "")


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
        most = paid_at_most(place, view.scale)
        cost = "" if most is None else f"≤ {formats.money(most)}"
        edge = edge_of(view, place)
    elif card.refused_by:
        why = f"{card.refused_by}: {formats.plain(card.refused_why)}"
        return ((order_words(place, view.scale), "text.dim", 500, True), (why, "danger.text", 400, False))
    else:
        fee = f" + fee {formats.number(card.fee, 2)}" if card.fee else ""
        cost, edge = f"= {formats.money(card.cost)}{fee}", card.edge
        if view.scale is not None and not card.cost:  # nothing is paid for a future
            cost = f"fee {formats.money(card.fee)}"
    words: list[Part] = [(order_words(place, view.scale), "buy" if rises(place) else "sell", 700, False)]
    if cost:
        words.append((cost, "text.default", 400, False))
    if card is not None and card.intent in {"", place.intent} and (far := _far(card)):
        words.append((far, "text.muted", 400, False))
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


def _far(card: Preview) -> str:
    """Return average and worst price of an order that takes more than one; empty of one that does not."""
    if (
        card.average is None
        or card.worst is None
        or abs(card.worst - card.average) < (0.05 if not card.currency else 0)
    ):
        return ""
    if card.currency:
        if card.average == card.worst:
            return ""
        average, worst = (formats.priced(one, 1, card.currency) for one in (card.average, card.worst))
        return f"avg {average} worst {worst}"
    return f"avg {formats.number(card.average, 1)}c worst {formats.number(card.worst, 1)}c"
