"""What has to be known of an instrument before something of it is signed: how it is counted, and the index now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError
from engine.core.units import MINUTE
from engine.venues.derive import wire_market
from engine.venues.derive.numbers import number
from engine.venues.derive.wire import understood
from engine.venues.derive.wire_orders import Unsendable

if TYPE_CHECKING:
    from decimal import Decimal

    from engine.venues.derive.asking import Calls
    from engine.venues.derive.catalogue import Catalogue
    from engine.venues.derive.directory import Directory
    from engine.venues.derive.wire_instruments import Spec
    from engine.venues.port import Now

FRESH: Final = MINUTE
"""How old an index may be by which a fee is bounded: three times the fee leaves room for a minute's move."""


class Facts:
    """Answers from what is known, else by asking the venue."""

    def __init__(self, calls: Calls, directory: Directory, catalogue: Catalogue, now: Now) -> None:
        self._calls = calls
        self._directory = directory
        self._catalogue = catalogue
        self._now = now

    async def spec(self, symbol: str) -> Spec:
        """Return an instrument.

        Raises
        ------
        Unsendable
            If the venue does not know it, or cannot be asked.
        """
        try:
            found = await self._directory.spec(symbol)
        except VenueError as e:
            raise Unsendable(f"{symbol} is not known, and Derive cannot be asked: {e}") from e
        if found is None:
            raise Unsendable(f"Derive lists no {symbol}")
        return found

    async def index(self, symbol: str) -> Decimal:
        """Return the index of an instrument's underlying, in dollars.

        Raises
        ------
        Unsendable
            If it is not known and cannot be asked for: without it no fee can be bounded.
        """
        known = self._catalogue.index(symbol)
        if known is not None and self._now() - known[1] <= FRESH:
            return known[0]
        try:
            row = await self._calls.ask("public/get_ticker", {"instrument_name": symbol}, wire_market.SLIM)
            index = understood(number, row.I, row.I)
        except VenueError as e:
            raise Unsendable(f"the index of {symbol} is not known, so its fee cannot be bounded: {e}") from e
        self._catalogue.reckoned(symbol, index, self._now())
        return index
