"""An order typed as words, ``buy 10 84-85 @42``, to what it would be in the ticket. Pure; it never sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place, Tif
from engine.core.ids import EMBEDDED
from engine.core.units import TICKS_PER_CENT, Leg, Qty, Side, Ticks
from widgets import fuzzy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import MarketId
    from engine.views.market import MarketRow

ORDER: Final = re.compile(
    r"(?P<side>buy|sell)\s+(?P<qty>\d{1,7})\s+(?:(?P<leg>yes|no)\s+)?(?P<what>.*?)\s*"
    r"(?:@\s*(?P<price>\d{1,2}(?:[.,]\d{1,2})?)\s*c?)?",
    re.IGNORECASE,
)
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Typed:
    """An order in words."""

    side: Side
    leg: Leg
    qty: Qty
    what: str
    """Words that name the outcome; empty for the one that is looked at."""
    price: Ticks | None
    """None is any price."""


def parse(query: str) -> Typed | None:
    """Return the order that a text is, or nothing where it is none."""
    found = ORDER.fullmatch(" ".join(query[: fuzzy.LONGEST_QUERY].split()))
    if found is None or not int(found["qty"]):
        return None
    price = found["price"]
    ticks = None if price is None else Decimal(price.replace(",", ".")) * TICKS_PER_CENT
    if ticks is not None and not 0 < ticks < 100 * TICKS_PER_CENT:
        return None
    return Typed(
        side=Side.BUY if found["side"].lower() == "buy" else Side.SELL,
        leg=Leg.NO if (found["leg"] or "").lower() == "no" else Leg.YES,
        qty=Qty(Decimal(found["qty"])),
        what=found["what"],
        price=None if ticks is None else Ticks(int(ticks)),
    )


def orders(
    typed: Typed, rows: Sequence[MarketRow], looked_at: MarketId | None, chosen: object = None
) -> list[tuple[MarketRow, Place]]:
    """Return the outcomes that the words name, the market that is looked at first, each with its order.

    Parameters
    ----------
    rows : sequence of MarketRow
        Of all markets; only open ones are offered.
    chosen : InstrumentId, optional
        The outcome that is looked at: what an order without a name means.
    """
    is_open = [row for row in rows if row.status in {"open", ""} and not row.currency]  # words are in cents
    if not typed.what:
        found = [row for row in is_open if row.instrument == chosen]
    else:
        what = _dashed(typed.what)
        own = [row for row in is_open if row.market == looked_at and fuzzy.match(what, _dashed(row.label))]
        texts = [fuzzy.ready(_dashed(f"{row.event} {row.label} {row.station}")) for row in is_open]
        ranked = [is_open[at] for at, _ in fuzzy.rank(what, texts, MOST)]
        found = [*own, *(row for row in ranked if row not in own)]
    return [(row, _place(typed, row)) for row in found[:MOST]]


def _place(typed: Typed, row: MarketRow) -> Place:
    return Place(
        instrument=row.instrument,
        side=typed.side,
        leg=typed.leg,
        price=typed.price,
        qty=typed.qty,
        tif=Tif.IOC if row.instrument.venue == EMBEDDED or typed.price is None else Tif.GTC,
        reduce_only=typed.side is Side.SELL,
        origin="palette",
    )


def _dashed(text: str) -> str:
    return text.replace("–", "-").replace("—", "-")
