"""Keys of orders of earlier sessions. A key is one order for ever; a session begins with the last orders alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.local import reading
from engine.store import database, history

if TYPE_CHECKING:
    from pathlib import Path

    from app.boot import Session
    from engine.core.snapshot import OrderRow


class Earlier:
    """What the ledger knows of keys; it is read once, with the first that is asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: frozenset[str] | None = None

    async def order(self, intent: str) -> OrderRow | None:
        """Return the order that the key of an intent became; None of one that was not used.

        Raises
        ------
        StoreError
            If the ledger cannot be read.
        """
        if self._known is None:  # of what is asked for later the session itself knows
            self._known = await asyncio.to_thread(_intents, self._session.ledger)
        return await asyncio.to_thread(_order, self._session.ledger, intent) if intent in self._known else None


def _intents(ledger: Path) -> frozenset[str]:
    with database.reader(ledger) as connection:
        return history.intents(connection, reading.PREFIX)


def _order(ledger: Path, intent: str) -> OrderRow | None:
    with database.reader(ledger) as connection:
        return history.order_of(connection, intent)
