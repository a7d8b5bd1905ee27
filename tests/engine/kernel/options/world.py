"""A pure session on a venue of options: what is marked and quoted is said by hand, orders fill on paper."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from engine.core import codec
from engine.core.commands import Place, Tif
from engine.core.events import BookSnapshot, LinkChanged, Marked, StatusChanged
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.instrument import Payoff
from engine.core.snapshot import Snapshot
from engine.core.units import SECOND, Lots, Nanos, Qty, Side, Ticks
from engine.host.backtest import Backtest
from engine.orders.simulate import Latency, Simulator
from engine.risk.limits import SPECS
from engine.sandbox import option_market as market
from engine.sandbox.option_feed import ROW
from engine.sandbox.option_market import PERPETUAL, Terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.instrument import Instrument
    from engine.orders.register import Order

START = Nanos(1_790_000_000 * SECOND)
EXPIRES = market.expiries(START)[2]
LATER = market.expiries(START)[3]
STRIKES = (50_000, 60_000, 70_000)
INDEX = Decimal(60_000)
WIDE = tuple((code, SPECS[code].highest) for code in ("RATE", "RATE_MINUTE", "ORDER_VALUE", "AT_RISK", "STRESS"))
EASY = (*WIDE, ("DUPLICATE", SPECS["DUPLICATE"].lowest), ("STOP_LOSS", SPECS["STOP_LOSS"].highest))


def call(strike: int = 60_000, expires: Nanos = EXPIRES) -> InstrumentId:
    """A call."""
    return InstrumentId(DERIBIT, market.name(Terms(expires, strike, put=False)))


def put(strike: int = 60_000, expires: Nanos = EXPIRES) -> InstrumentId:
    """A put."""
    return InstrumentId(DERIBIT, market.name(Terms(expires, strike, put=True)))


class World(Backtest):
    """A desk on the simulated venue, which does nothing by itself."""

    def __init__(self, *, cash: int = 100_000, limits: Sequence[tuple[str, Decimal]] = EASY, **snapshot: Any) -> None:
        self.journal: list[tuple[bytes, str]] = []
        self._numbers = count(1)
        chance = iter(range(1, 10**9))
        simulator = Simulator(DERIBIT, lambda: (next(chance) * 0.37) % 1.0, Latency(out=1, back=1, jitter=0))
        given: dict[str, Any] = {
            "profile": "test", "mode": "paper", "account_name": "desk", "salt": "a1b2c3d4e5f6", "venues": (ROW,),
            "beat": Nanos(SECOND), "limits": tuple(limits),
            "venue_cash": ((DERIBIT, Decimal(cash)),),
        } | snapshot  # fmt: skip
        super().__init__(
            Snapshot(**given), START, iter(()), {DERIBIT: simulator}, heard=self._keep, pulse=Nanos(SECOND)
        )
        self.step(LinkChanged(at=self.at, venue=DERIBIT, up=True, channel="market"))
        self.step(market.perpetual(self.at))
        for expires in (EXPIRES, LATER):
            self.step(market.listing(expires, STRIKES, self.at))
        self.run(1)

    def _keep(self, event: Event, effects: Sequence[AnyEffect]) -> None:
        self.journal.append((codec.encode(event), codec.digest(effects)))

    def instrument(self, one: InstrumentId) -> Instrument:
        """An instrument as it is listed."""
        return self.state.listings[one].instrument

    def mark(self, one: InstrumentId = PERPETUAL, price: float | str = 0.05, **said: Any) -> None:
        """Let the venue reckon an instrument."""
        given: dict[str, Any] = {"index": INDEX, "price": Decimal(str(price)), "venue_time": self.at}
        if self.instrument(one).payoff is not Payoff.LINEAR:
            given |= {"forward": INDEX, "mark_iv": 0.6}
        self.step(Marked(at=self.at, instrument=one, **(given | said)))

    def quote(
        self, one: InstrumentId, bid: Decimal | float | str, ask: Decimal | float | str, lots: int = 1_000
    ) -> None:
        """Let a book stand."""
        unit = self.instrument(one).unit
        bids, asks = ((Ticks(int(Decimal(str(p)) / unit)), Lots(lots)) for p in (bid, ask))
        self.step(BookSnapshot(at=self.at, instrument=one, bids=(bids,), asks=(asks,)))

    def ready(self, one: InstrumentId, price: str = "0.05", **said: Any) -> None:
        """Mark and quote an instrument, a tick or two around."""
        self.mark(one, price, **said)
        unit = self.instrument(one).unit * (5 if one != PERPETUAL else 1)
        lots = 100_000 if one == PERPETUAL else 1_000
        self.quote(one, Decimal(price) - unit, Decimal(price) + unit, lots)

    def order(self, one: InstrumentId, side: Side, qty: str, price: str | None = None, **terms: Any) -> Order:
        """Send an order of ours, let the paper venue answer, and return it; without a price it takes what stands."""
        ticks = None if price is None else Ticks(int(Decimal(price) / self.instrument(one).unit))
        intent = f"t-{next(self._numbers)}"
        given = {"tif": Tif.IOC if price is None else Tif.GTC} | terms
        self.ask(Place(instrument=one, side=side, qty=Qty(Decimal(qty)), price=ticks, intent=intent, **given))
        self.run(0.5)
        return list(self.state.register)[-1]

    def buy(self, one: InstrumentId, qty: str, price: str | None = None, **terms: Any) -> Order:
        """Buy."""
        return self.order(one, Side.BUY, qty, price, **terms)

    def sell(self, one: InstrumentId, qty: str, price: str | None = None, **terms: Any) -> Order:
        """Sell."""
        return self.order(one, Side.SELL, qty, price, **terms)

    def settle(self, one: InstrumentId, price: str) -> None:
        """Let the venue settle an instrument at a delivery price."""
        self.step(StatusChanged(at=self.at, instrument=one, status="settled", result=price))
        self.run(1)

    @property
    def cash(self) -> Decimal:
        """Of our account there."""
        found = self.state.desks[DERIBIT].cash
        assert found is not None
        return found
