"""An order in an option as a form has it, and what it would change: its volatility, its greeks and its cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.commands import Tif
from engine.core.ids import InstrumentId
from engine.core.units import Side
from engine.maths.implied import Why, implied_vols
from engine.views.options import ChainRow, ChainView, OptionSide
from widgets import formats, option_columns

if TYPE_CHECKING:
    from engine.views.preview import Preview

YEAR_D: Final = 365.0


class OptionOrder(NamedTuple):
    """An order as the form has it; prices in the instrument's own money, not yet in ticks."""

    instrument: InstrumentId
    side: Side
    price: Decimal
    qty: Decimal
    tif: Tif
    post_only: bool
    intent: str
    reduce_only: bool = False


def effects(
    row: ChainRow, one: OptionSide, put: bool, view: ChainView, wanted: OptionOrder | str, card: Preview | None
) -> tuple[tuple[str, str], ...]:
    """Return names and values: the sides of the book, and what the order adds with the engine's card of it."""
    scale = option_columns.scale_of(view)
    sides = " / ".join(formats.number(price, scale.price) for price in (one.bid, one.ask))
    found = [
        ("bid / ask", sides),
        ("IV bid / ask", " / ".join(formats.points(v) for v in (one.bid_iv, one.ask_iv))),
    ]
    if not isinstance(wanted, OptionOrder):
        return tuple(found)
    signed = float(wanted.qty) * (1.0 if wanted.side is Side.BUY else -1.0)
    cost = None if view.dollars is None else -signed * float(wanted.price) * view.dollars
    found.append(("IV at the price", _implied(row, put, view, float(wanted.price))))
    for name, value, places in (("Δ", one.delta, 3), ("V $", one.vega, 1), ("Θ $/d", one.theta, 1)):
        found.append(
            (f"order's {name}", formats.number(None if value is None else signed * value, places, signed=True))
        )
    found.append(("pays" if signed > 0 else "brings", formats.money(None if cost is None else abs(cost))))
    found.append(("fee", formats.money(None if card is None else card.fee)))
    found.append(("worst alone", formats.money(None if card is None else card.max_loss, signed=True)))
    found.append(("after", formats.DASH if card is None else formats.plain(card.position_after, 40)))
    return tuple(found)


def _implied(row: ChainRow, put: bool, view: ChainView, price: float) -> str:
    """Return the volatility that a price of ours would have, or a dash."""
    if view.forward is None:
        return formats.DASH
    quoted = price * view.forward if view.inverse else price
    found = implied_vols(quoted, view.forward, float(row.strike), view.days / YEAR_D, put)
    return formats.percent(float(found.vol[0])) if found.why[0] == Why.OK else formats.DASH
