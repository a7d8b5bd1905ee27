"""What a session did, as one JSON document: rows of the views, money as strings, times as ISO."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.units import Nanos
from engine.core.when import iso
from engine.views import topics

if TYPE_CHECKING:
    from app.boot import Session

_TIMES: Final = frozenset({"at", "closes"})
_PRICES: Final = frozenset({"price", "average", "mark"})
"""Cents on the screen."""
_PLACES: Final = 6


def price(cents: float) -> str:
    """Return a price as scripts want it: account currency a share, to the micro-unit."""
    return f"{(Decimal(round(cents * 10_000)) / 1_000_000).normalize():f}"


def rows(view: object) -> list[dict[str, Any]]:
    """Return the rows of a view as JSON values."""
    found = []
    lines: tuple[Any, ...] = getattr(view, "rows", None) or getattr(view, "records", None) or ()
    for row in lines:
        plain = msgspec.to_builtins(row)
        for name, value in plain.items():
            if name in _TIMES and isinstance(value, int):
                plain[name] = iso(Nanos(value))
            elif name in _PRICES and isinstance(value, float):
                plain[name] = price(value)
            elif isinstance(amount := getattr(row, name), Decimal) and amount != round(amount, _PLACES):
                plain[name] = f"{amount:.{_PLACES}f}"  # at a mark: more places than there is money
            elif name == "instrument":
                plain[name] = value[1]
        found.append(plain)
    return found


def of_session(session: Session, *, chain_ok: bool, seconds: float) -> dict[str, Any]:
    """Return the document of `atmx --json`."""
    view = session.kernel.view
    result = view(topics.PNL)
    settlements = view(topics.SETTLEMENTS)
    paid = {row.seq: row for row in session.kernel.state.settlements}
    records = rows(settlements)
    for record in records:
        row = paid.get(record["seq"])
        if row is not None:
            record["market"] = row.market
            record["paid"] = str(row.paid)
            record["reason"] = row.verdict.reason
            record["value"] = None if row.verdict.value is None else str(row.verdict.value)
    return {
        "orders": rows(view(topics.ORDERS)),
        "fills": rows(view(topics.FILLS)),
        "positions": rows(view(topics.POSITIONS)),
        "settlements": records,
        "strategies": rows(view(topics.STRATEGIES)),
        "pnl": {name: str(getattr(result, name)) for name in ("realised", "unrealised", "fees", "total")},
        "chain_ok": chain_ok,
        "ledger": str(session.ledger),
        "journal": str(session.journal),
        "seconds": round(seconds, 3),
    }
