"""What an exchange lists, by the library's map of markets: ``BTC/USDT``, an exchange's own id, or a coin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import Unavailable, VenueRefused
from engine.core.ids import InstrumentId
from engine.venues.ccxt import markets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.events import Listed
    from engine.venues.ccxt.library import Client
    from engine.venues.ccxt.markets import Spec
    from engine.venues.port import Now

MOST: Final = 200
"""Instruments of one look: a coin may have thousands of options."""


class Directory:
    """Asks the library's markets, and remembers how each is counted."""

    def __init__(self, client: Client, now: Now) -> None:
        self._client = client
        self._now = now
        self._specs: dict[str, Spec] = {}

    async def find(self, what: str) -> Sequence[Listed]:
        """Return the families of a symbol, an id, or a coin's spot pairs and perpetuals.

        Raises
        ------
        VenueError
            If the exchange cannot be asked; `VenueRefused` for what it does not list.
        """
        try:
            async with self._client.used() as exchange:
                found = list(self._found(exchange, what.strip()))
        except Unavailable as e:
            raise VenueRefused(self._client.venue, "extra", str(e)) from e
        if not found:
            raise VenueRefused(self._client.venue, "symbol", f"{self._client.where.exchange} lists no {what[:60]!r}")
        return markets.listed(found[:MOST], self._now(), self._client.where.exchange)

    def spec(self, instrument: InstrumentId) -> Spec | None:
        """Return an instrument that was listed in this session, or None."""
        return self._specs.get(instrument.symbol) if instrument.venue == self._client.venue else None

    def learn(self, exchange: Any, symbol: str) -> Spec | None:  # noqa: ANN401 - a class of the library
        """Return an instrument by its id from markets that are loaded; None for one there is not."""
        known = self._specs.get(symbol)
        if known is None:
            rows = (exchange.markets_by_id or {}).get(symbol) or []
            for row in rows if isinstance(rows, list) else [rows]:
                known = self._take(exchange, row)
                if known is not None:
                    break
        return known

    def by_symbol(self, exchange: Any, symbol: str) -> Spec | None:  # noqa: ANN401 - a class of the library
        """Return an instrument by the library's symbol."""
        row = (exchange.markets or {}).get(symbol)
        return None if row is None else self.learn(exchange, str(row["id"]))

    def _found(self, exchange: Any, what: str) -> Iterable[Spec]:  # noqa: ANN401 - a class of the library
        rows: dict[str, Any] = exchange.markets or {}
        wanted = [rows[what]] if what in rows else [row for row in rows.values() if row["id"] == what]
        if not wanted and what.isalnum():
            wanted = [r for r in rows.values() if r.get("base") == what.upper() and r["type"] in {"spot", "swap"}]
        for row in wanted:
            one = self._take(exchange, row)
            if one is not None:
                yield one

    def _take(self, exchange: Any, row: Any) -> Spec | None:  # noqa: ANN401 - a class of the library
        try:
            one = markets.spec(self._client.venue, row, int(exchange.precisionMode))
        except (ValueError, KeyError, TypeError, ArithmeticError):
            return None  # one market that cannot be read must not hide the others
        return self._specs.setdefault(one.id.symbol, one)
