"""The simulated options as a venue with orders: makers quote what `OptionMarket` says on a pit, others trade on it.

Expiries are listed and settled by the day's clock. Everything follows from a seed and the time it is told. Pure.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import AccountId
from engine.core.units import SECOND, Lots, Nanos, Side
from engine.sandbox import option_market
from engine.sandbox.floor_fees import Free
from engine.sandbox.floor_order import FloorError, Life, Meeting
from engine.sandbox.option_market import PERPETUAL, YEAR, OptionMarket
from engine.sandbox.pit import Pit

if TYPE_CHECKING:
    from engine.core.events import Listed
    from engine.core.ids import FamilyId, InstrumentId
    from engine.core.instrument import Family, Instrument
    from engine.sandbox.coin import Coin

MAKER: Final = AccountId("option-maker")
NOISE: Final = AccountId("option-noise")
OFTEN: Final = 0.3
"""Share of what the crowd does that concerns the perpetual."""


class Bourse:
    """Instruments, crowd and timetable of the simulated options.

    Parameters
    ----------
    rate : float, > 0, per second of the day
        How often somebody of the crowd does something.
    """

    def __init__(self, seed: int, start: Nanos, coin: Coin, *, rate: float) -> None:
        self.market = OptionMarket(seed, coin)
        self.pit = Pit(start, random.Random(f"{seed} pit"), lambda _: self.index())
        self.families: dict[FamilyId, Family] = {}
        self.deliveries: dict[str, Decimal] = {}
        """Delivery prices by UTC day."""
        self.rate = rate
        self._expiries: dict[Nanos, tuple[InstrumentId, ...]] = {}
        self._quotes: dict[InstrumentId, list[str]] = {}
        self._rng = random.Random(f"{seed} bourse")
        self._number = 0
        for account in (MAKER, NOISE):
            self.pit.open_account(account, Decimal(1_000_000_000), checked=False)
        self._next = start
        self._bring(option_market.perpetual(start))
        self._list(start)
        self._next = self._later(start)

    def index(self) -> Decimal:
        """Return dollars of a bitcoin now."""
        return Decimal(self.market.index(self.pit.at)).quantize(Decimal("0.01"))

    def run(self, until: Nanos) -> None:
        """Let everything happen that is due by an instant."""
        while self._next <= until:
            self.pit.advance(self._next)
            self._list(self._next)
            self._act()
            self._next = self._later(self._next)
        if until > self.pit.at:
            self.pit.advance(until)
            self._list(until)

    def _later(self, at: Nanos) -> Nanos:
        return Nanos(at + max(1, int(self._rng.expovariate(self.rate) * SECOND)))

    def _list(self, at: Nanos) -> None:
        for expires in [one for one in self._expiries if one <= at]:
            self._settle(expires)
        if len(self._expiries) >= len(option_market.AHEAD) and min(self._expiries) > at:
            return
        for expires in option_market.expiries(at):
            if expires not in self._expiries:
                forward = self.market.forward(expires, at)
                strikes = option_market.strikes(forward, (expires - at) / YEAR)
                found = option_market.listing(expires, strikes, at)
                self._expiries[expires] = tuple(one.id for one in found.instruments)
                self._bring(found)

    def _settle(self, expires: Nanos) -> None:
        price = self.market.delivery(expires)
        self.deliveries[f"{datetime.fromtimestamp(expires // SECOND, UTC):%Y-%m-%d}"] = price
        for name in self._expiries.pop(expires):
            self._quotes.pop(name, None)
            self.pit.settle(name, price)

    def _bring(self, listed: Listed) -> None:
        self.families[listed.family.id] = listed.family
        for instrument in listed.instruments:
            self.pit.bring(instrument, Free())
            self.quote(instrument.id)

    def quote(self, name: InstrumentId) -> None:
        """Put the maker's quotes of an instrument where they belong now."""
        for order in self._quotes.pop(name, []):
            if order in self.pit.orders:  # what was filled whole is forgotten, as all of the crowd's past is
                self.pit.cancel(order)
        book = self.market.book(name, self.pit.at)
        instrument = self.pit.instruments[name]
        kept = self._quotes[name] = []
        for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
            for price, lots in levels:
                placed = self.pit.place(MAKER, name, side, price, _whole(instrument, lots), meeting=Meeting.STOP_MAKER)
                kept.append(placed.id)

    def _act(self) -> None:
        names = sorted(self._quotes)
        name = PERPETUAL if self._rng.random() < OFTEN else self._rng.choice(names)
        if self.pit.instruments[name].status != "open":
            return
        self.quote(name)
        self._number += 1
        trade = self.market.trade(name, self.pit.at, self._number)
        if trade is not None and trade.taker is not None:
            try:
                lots = _whole(self.pit.instruments[name], trade.lots)
                self.pit.place(NOISE, name, trade.taker, trade.price, lots, life=Life.IOC)
            except FloorError:
                return  # the book has moved on, or the market is paused


def _whole(instrument: Instrument, lots: Lots) -> Lots:
    """Return a size that an order may have, at least the smallest."""
    step = max(1, int(instrument.step / instrument.lot))
    return Lots(max(step, lots // step * step))
