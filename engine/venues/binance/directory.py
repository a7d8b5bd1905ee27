"""Which pairs Binance lists, as instruments; and by which steps each is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueRefused
from engine.core.events import Listed
from engine.core.ids import BINANCE, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import Qty, Ticks
from engine.venues.binance import wire_rest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.units import Nanos
    from engine.venues.binance.wire import Scale
    from engine.venues.binance.wire_rest import Pair
    from engine.venues.port import Now
    from engine.venues.rest import Rest

COST: Final = 20.0
"""Weight of one look at the exchange's information."""
MOST: Final = 100
"""Symbols asked for at once."""
STATUS: Final = {"TRADING": "open", "BREAK": "paused", "HALT": "paused", "PRE_TRADING": "unopened"}
PLAIN_QUOTE: Final = "USDT"


class BinanceDirectory:
    """Asks the exchange's information, and remembers the steps of what it listed."""

    def __init__(self, rest: Rest, now: Now) -> None:
        self._rest = rest
        self._now = now
        self.scales: dict[str, Scale] = {}
        """Of every symbol listed so far. A step never changes in a session, or ticks would change their meaning."""

    async def find(self, what: str) -> Sequence[Listed]:
        """Return a family for each pair named in `what`: ``BTCUSDT``, ``BTC`` (against USDT), or several with commas.

        Raises
        ------
        VenueError
            If the venue cannot be asked or its answer not be read; `VenueRefused` for a symbol it does not know.
        """
        symbols = [_symbol(word) for word in what.split(",") if word.strip()]
        return await self.look(symbols)

    async def look(self, symbols: Sequence[str]) -> Sequence[Listed]:
        """Return a family for each symbol.

        Raises
        ------
        VenueError
            As `find`.
        """
        if not symbols or len(symbols) > MOST or not all(_sound(symbol) for symbol in symbols):
            raise VenueRefused(BINANCE, "symbol", f"not symbols: {' '.join(symbols)[:80]!r}")
        quoted = json.dumps(sorted(set(symbols)), separators=(",", ":"))
        answer = await self._rest.ask("/api/v3/exchangeInfo", {"symbols": quoted}, cost=COST)
        if answer.status != 200:
            code = wire_rest.complaint(answer.body).code
            raise VenueRefused(BINANCE, str(code), f"no such pair: {', '.join(symbols)[:80]} (HTTP {answer.status})")
        found = [pair for pair in wire_rest.pairs(answer.body) if pair.symbol in symbols]
        for pair in found:
            self.scales.setdefault(pair.symbol, pair.scale)
        return [listed(pair, self.scales[pair.symbol], self._now()) for pair in found]

    def unknown(self, symbols: Iterable[str]) -> list[str]:
        """Return those whose steps are not known yet."""
        return sorted(symbol for symbol in symbols if symbol not in self.scales)


def listed(pair: Pair, scale: Scale, at: Nanos) -> Listed:
    """Return a pair as an instrument alone in its family."""
    instrument, family = InstrumentId(BINANCE, pair.symbol), FamilyId(f"{BINANCE}:{pair.symbol}")
    title = f"{pair.base}/{pair.quote}"
    return Listed(
        at=at,
        family=Family(id=family, title=title, subtitle="Binance spot", group="Crypto · spot", members=(instrument,)),
        instruments=(
            Instrument(
                id=instrument,
                title=title,
                label=pair.base,
                family=family,
                payoff=Payoff.LINEAR,
                unit=scale.unit,
                grid=(Band(pair.least_price, pair.most_price, Ticks(1)),),
                lot=scale.lot,
                least=Qty(pair.least),
                step=pair.step,
                status=STATUS.get(pair.status, "closed"),
                settles_in=pair.quote,
                facts=(("base", pair.base), ("status", pair.status)),
            ),
        ),
    )


def _symbol(word: str) -> str:
    symbol = word.strip().upper()
    return symbol if len(symbol) > 5 else symbol + PLAIN_QUOTE


def _sound(symbol: str) -> bool:
    return 4 < len(symbol) <= 40 and symbol.isalnum() and symbol == symbol.upper()
