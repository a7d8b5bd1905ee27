"""What a ticket's fields stand for, and what a ticket says of its draft."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel

from engine.core.units import TICKS_PER_CENT, TICKS_PER_UNIT, Ticks
from widgets import formats, theme
from widgets.ladder_keys import order_words

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.views.ladder import LadderView
    from widgets.fields import Field


class Unfit(ValueError):
    """A field makes no order; names it and says why."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(text)
        self.field = field


def price_of(field: Field) -> Ticks | None:
    """Return the price a field holds; None when it is empty.

    Raises
    ------
    Unfit
        If it holds no price within 0.01 and 99.99 cents.
    """
    text = field.text().strip()
    if not text:
        return None
    ticks = _decimal(field, text, "the price") * TICKS_PER_CENT
    if ticks != int(ticks) or not 0 < ticks < TICKS_PER_UNIT:
        raise Unfit(field, "the price must lie within 0.01 and 99.99 cents")
    return Ticks(int(ticks))


def amount_of(field: Field) -> Decimal:
    """Return the quantity or the money a field holds.

    Raises
    ------
    Unfit
        If it holds none above 0, or more than six decimals.
    """
    value = _decimal(field, field.text().strip(), "the quantity")
    if not 0 < value <= 1_000_000 or value != round(value, 6):
        raise Unfit(field, "the quantity must be above 0, with six decimals at most")
    return value


def refusal(view: LadderView | None, closed: str) -> str:
    """Return why no order goes in one sentence: the code of the gate first, where there is one."""
    code, why = ("", "") if view is None else (formats.plain(view.refusing, 40), formats.plain(view.why))
    return f"REFUSED by {code}: {why}" if code and why else f"REFUSED: {formats.plain(closed)}"


def facts(view: LadderView) -> tuple[object, ...]:
    """Return what the card of an order depends on."""
    return view.best_bid, view.best_ask, view.last, view.fair, view.state, view.refusing, view.position


def draft_words(place: Place) -> str:
    """Return the draft in words while its card is awaited."""
    if place.qty is not None:
        return order_words(place)
    goal = f"for {formats.money(place.budget)}" if place.budget is not None else "to the price"
    return f"{order_words(place)} {goal}"


def label(words: str) -> QLabel:
    """Return the name of a field, at its left."""
    made = QLabel(words)
    look = theme.current()
    made.setFont(look.ui(look.type("body")))
    theme.wear(made, WindowText="text.muted")
    return made


def _decimal(field: Field, text: str, name: str) -> Decimal:
    value = formats.typed(text)
    if value is None:
        raise Unfit(field, f"{name} must be a number")
    return value
