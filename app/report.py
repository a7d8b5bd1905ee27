"""What a session did, as one JSON document: rows of the views, money as strings, times as ISO."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.units import SECOND
from engine.views import topics

if TYPE_CHECKING:
    from app.boot import Session

_TIMES: Final = frozenset({"at", "closes"})


def iso(at: int) -> str:
    """Return a time in ISO form with Z, microseconds kept where there are any."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at // 1_000)
    return moment.isoformat(timespec="seconds" if at % SECOND == 0 else "microseconds").replace("+00:00", "Z")


def rows(view: object) -> list[dict[str, Any]]:
    """Return the rows of a view as JSON values."""
    found = []
    lines: tuple[Any, ...] = getattr(view, "rows", None) or getattr(view, "records", None) or ()
    for row in lines:
        plain = msgspec.to_builtins(row)
        for name, value in plain.items():
            if name in _TIMES and isinstance(value, int):
                plain[name] = iso(value)
            elif name == "instrument":
                plain[name] = value[1]
        found.append(plain)
    return found


def rss_mb() -> float | None:
    """Return the memory this process holds, in megabytes; None where the system does not tell."""
    try:
        fields = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    held = next((line.split()[1] for line in fields if line.startswith("VmRSS:")), None)
    return None if held is None else round(int(held) / 1024, 1)


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
        "pnl": {name: str(getattr(result, name)) for name in ("realised", "unrealised", "fees", "total")},
        "chain_ok": chain_ok,
        "ledger": str(session.ledger),
        "journal": str(session.journal),
        "seconds": round(seconds, 3),
    }
