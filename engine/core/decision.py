"""What was decided about orders, one line each: read off the rows that are kept, so recorder and replay tell it alike.

An order is decided on once when it is placed or refused, and again whenever its price or quantity is moved. What
becomes of it later is the market's doing and no decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.effects import Row
from engine.core.errors import StoreDamaged
from engine.core.trade import Booked
from engine.core.units import Nanos, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.effects import AnyRow
    from engine.core.trade import Ours, Traded

NAMES: Final = {"who": "who", "symbol": "market", "side": "side", "leg": "leg", "price": "price", "qty": "quantity"} | {
    "budget": "budget", "tif": "time in force", "refused": "refused", "at": "time", "order": "order", "venue": "venue",
    "edge": "edge",
}  # fmt: skip
"""Fields of a decision in words, for a list of differences."""


class Decision(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One order as it was asked for, or as it was asked to be from now on."""

    order: str
    at: Nanos
    """When the order was sent; a move has the time of its order."""
    who: str
    """The strategy, or where a person pressed."""
    venue: str
    symbol: str
    side: str
    leg: str
    price: int | None
    """Ticks of the leg; None takes what there is."""
    qty: str | None
    budget: str | None
    tif: str
    refused: str = ""
    """Why it was not let through; empty when it was."""
    edge: float | None = None

    def differs(self, other: Decision) -> tuple[str, ...]:
        """Return the names of the fields in which two decisions differ."""
        return tuple(word for name, word in NAMES.items() if getattr(self, name) != getattr(other, name))

    @property
    def wish(self) -> tuple[object, ...]:
        """What was asked for: the same again is no new decision."""
        return self.price, self.qty, self.budget


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Decision)


def encode(one: Decision) -> bytes:
    """Return a decision as the journal keeps it."""
    return _encode(one)


def decode(body: bytes) -> Decision:
    """Return the decision of a body.

    Raises
    ------
    StoreDamaged
        If the bytes are none.
    """
    try:
        found: Decision = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        msg = f"unreadable decision ({e})"
        raise StoreDamaged(msg) from e
    return found


ROOM: Final = 10_000
"""Orders whose last decision is known; of one that is older the same would merely be told again."""


class Decisions:
    """Reads decisions off rows, and knows what was decided last of each of the newest orders."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, ...]] = {}

    def of(self, rows: Iterable[AnyRow]) -> list[Decision]:
        """Return what these rows decide anew, in their order."""
        found = []
        for row in rows:
            one = _of(row)
            if one is not None and self._last.get(one.order) != one.wish:
                self._last.pop(one.order, None)  # what moves is new again
                self._last[one.order] = one.wish
                if len(self._last) > ROOM:
                    del self._last[next(iter(self._last))]
                found.append(one)
        return found


def _of(row: AnyRow) -> Decision | None:
    if isinstance(row, Booked):
        return None if row.ours is None else _traded(row.trade, row.ours)
    return _kept(row) if row.table == "orders" else None


def _kept(row: Row) -> Decision:
    it = row.values
    text = {name: str(it.get(name) or "") for name in ("id", "venue", "symbol", "side", "leg", "tif", "why")}
    price, edge, at = it.get("price"), it.get("edge"), it.get("at")
    return Decision(
        order=text["id"],
        at=Nanos(at if isinstance(at, int) else 0),
        who=str(it.get("strategy") or it.get("origin") or ""),
        venue=text["venue"],
        symbol=text["symbol"],
        side=text["side"],
        leg=text["leg"],
        price=price if isinstance(price, int) else None,
        qty=_amount(it.get("qty")),
        budget=_amount(it.get("budget")),
        tif=text["tif"],
        refused=text["why"] if it.get("status") == "refused" else "",
        edge=edge if isinstance(edge, float) else None,
    )


def _traded(trade: Traded, ours: Ours) -> Decision:
    place = ours.place
    return Decision(
        order=trade.order,
        at=trade.at,
        who=str(place.strategy or place.origin),
        venue=place.instrument.venue,
        symbol=place.instrument.symbol,
        side=trade.side._value_,  # `value` without its descriptor
        leg=trade.leg._value_,
        price=place.price,
        qty=None if place.qty is None else plain(place.qty),
        budget=None if place.budget is None else plain(place.budget),
        tif=place.tif._value_,
        edge=ours.edge,
    )


def _amount(value: object) -> str | None:
    return None if value is None else str(value)
