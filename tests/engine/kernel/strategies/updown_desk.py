"""Up/Down windows in front of a kernel: Binance trades, Polymarket books, all as events on one simulated clock."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.events import BookSnapshot, LinkChanged, LinkReport, Listed, Pictured, StatusChanged, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import BINANCE, POLYMARKET, FamilyId, InstrumentId, StrategyId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.snapshot import VenueRow
from engine.core.units import SECOND, Lots, Money, Nanos, Qty, Side, Ticks
from engine.core.windows import LENGTHS_S
from engine.strategies.updown import UpDown
from tests.engine.kernel.venue import START, Session, opened

BITCOIN = InstrumentId(BINANCE, "BTCUSDT")
FINE = Decimal("0.00000001")
"""A step of the spot price so small that golden prices are what they say."""
BEGINS = Nanos((START // SECOND // 300 + 2) * 300 * SECOND)
"""A whole five minutes, six minutes or so after a session starts."""
START_S = BEGINS // SECOND
STRIKE = 68_000.0
WIDE = ("AT_RISK", "EVENT_EXPOSURE", "MARKET_POSITION", "ORDER_VALUE", "ORDER_QTY")
ROOMY = (
    *((code, Decimal(10**6)) for code in WIDE),
    ("OPEN_ORDERS", Decimal(1_000)),
    ("PRICE_COLLAR", Decimal(100)),
    ("RATE", Decimal(1_000)),
    ("RATE_MINUTE", Decimal(10_000)),
)
VENUES = (
    VenueRow(id=POLYMARKET, title="Polymarket", can=("POST_ONLY", "FOK", "GTD"), orders_per_second=100.0),
    VenueRow(id=BINANCE, title="Binance", trades=False),
)


def spot() -> tuple[Family, Instrument]:
    """Bitcoin on Binance."""
    family = FamilyId("binance:BTCUSDT")
    one = Instrument(
        id=BITCOIN, title="BTC/USDT", family=family, payoff=Payoff.LINEAR, unit=FINE, lot=FINE,
        grid=(Band(Ticks(1), Ticks(10**15), Ticks(1)),),
    )  # fmt: skip
    return Family(id=family, title="BTC/USDT", members=(BITCOIN,)), one


def window(start: int, interval: str = "5m", rate: str = "0", **facts: str) -> tuple[Family, Instrument]:
    """An Up/Down window that begins at a UNIX second."""
    slug = f"btc-updown-{interval}-{start}"
    family = FamilyId(f"{POLYMARKET}:{slug}")
    name = InstrumentId(POLYMARKET, f"0x{slug}")
    one = Instrument(
        id=name, title=f"Bitcoin Up or Down {start}", label="Up", family=family, lot=Decimal("0.000001"),
        grid=(Band(Ticks(10), Ticks(9_990), Ticks(10)),), least=Qty(Decimal("0.01")), step=Decimal("0.01"),
        fee=FeeRule(kind="polymarket", rate=Decimal(rate)), nets=False, settles_in="pUSD",
        closes=Nanos((start + LENGTHS_S[interval]) * SECOND),
        facts=(("yes", "Up"), ("no", "Down"), ("slug", slug), *facts.items()),
    )  # fmt: skip
    return Family(id=family, title=one.title, members=(name,), exclusive=True, closes=one.closes), one


class Desk(Session):
    """A session with both venues and the program's own Up/Down engine."""

    def __init__(self, mode: str = "paper", *starts: int, rate: str = "0", **more: Any) -> None:
        self._trades = count(1)
        self._rate = rate
        super().__init__(opened(mode, **{"venues": VENUES, "limits": ROOMY, "beat": Nanos(SECOND)} | more), ready=False)
        self.connected()
        self.windows = [self.list_window(start) for start in starts or (BEGINS // SECOND,)]
        self.run(1)

    def registry(self) -> Any:
        self.engine = UpDown()
        return (self.engine,)

    def _look(self, look: Any, life: int) -> None:
        cash = Money(Decimal(1_000))
        self.after(self.LATENCY, lambda: self.tell(Pictured(at=self.at, venue=look.venue, asked_at=self.at, cash=cash)))

    def connected(self) -> None:
        for venue in (POLYMARKET, BINANCE):
            for channel in ("market", "account"):
                self.do(LinkChanged(at=self.at, venue=venue, up=True, channel=channel))
        family, one = spot()
        self.do(Listed(at=self.at, family=family, instruments=(one,)))

    def list_window(self, start: int, interval: str = "5m", **facts: str) -> InstrumentId:
        family, one = window(start, interval, self._rate, **facts)
        self.do(Listed(at=self.at, family=family, instruments=(one,)))
        return one.id

    def to(self, moment: int) -> None:
        """Let time pass until a moment; links live on."""
        self.run(max(0.0, (moment - self.at) / SECOND))
        self.at = Nanos(max(moment, self.at))
        for venue in (POLYMARKET, BINANCE):
            self.do(LinkReport(at=self.at, venue=venue, frames=self.at // (SECOND // 100), skew_ms=1.0))

    def trade_at(self, moment: int, price: float, size: float = 1.0, **more: Any) -> None:
        """A trade of bitcoin."""
        self.to(moment)
        self.trade_at_now(price, size, **({"venue_time": Nanos(moment)} | more))

    def trade_at_now(self, price: float, size: float = 1.0, **more: Any) -> None:
        """The same now, and nothing before it."""
        ticks, lots = Ticks(round(Decimal(repr(price)) / FINE)), Lots(max(1, round(Decimal(repr(size)) / FINE)))
        given: dict[str, Any] = {"trade_id": str(next(self._trades)), "venue_time": self.at} | more
        self.do(Trade(at=self.at, instrument=BITCOIN, price=ticks, lots=lots, taker=Side.BUY, **given))

    def quote_up(self, ask: float = 0.0, down_ask: float = 0.0, name: InstrumentId | None = None) -> list[Any]:
        """The book of a window: what Up and Down are offered at; 0 is no offer."""
        lots = Lots(10**12)
        asks = ((Ticks(round(ask * 10_000)), lots),) if ask else ()
        bids = ((Ticks(10_000 - round(down_ask * 10_000)), lots),) if down_ask else ()
        return self.do(BookSnapshot(at=self.at, instrument=name or self.windows[0], bids=bids, asks=asks))

    def ask(self, command: Any, gap: float = 3.0) -> list[Any]:
        """Put a command; the host's steady clock goes with the session's."""
        self.pressed = self.at - START
        return super().ask(command, gap)

    def switch(self, name: str, to: str = "paper") -> None:
        self.ask(SetStrategy(strategy=StrategyId(name), to=StrategyState(to)), gap=0.01)

    def told(self, name: str, what: str, value: str) -> None:
        self.ask(SetParameter(strategy=StrategyId(name), name=what, value=value), gap=0.01)

    def beat(self) -> None:
        for venue in (POLYMARKET, BINANCE):
            self.do(LinkReport(at=self.at, venue=venue, frames=self.at // (SECOND // 100), skew_ms=1.0))

    def settle(self, name: InstrumentId, result: str) -> None:
        for status in ("closed", "determined", "settled"):
            said = result if status != "closed" else ""
            self.do(StatusChanged(at=self.at, instrument=name, status=status, result=said))

    def seat(self, name: str) -> Any:
        return self.state.strategies.seats[StrategyId(name)]

    def orders(self, name: str = "") -> list[Any]:
        return [one for one in self.state.register if one.place.strategy == name or (not name and one.place.strategy)]


def warmed(*starts: int, rate: str = "0", mode: str = "paper", **more) -> Desk:
    """A desk whose price has stood 6e-5 a root second around the strike, up to the window's first trade."""
    desk = Desk(mode, *starts, rate=rate, **more)
    for n in range(21):
        desk.trade_at(BEGINS - 20 * SECOND + n * SECOND, STRIKE * (1 + 6e-5 * (n % 2)), 1e-6)
    return desk


def firing(desk: Desk, name: str = "latency_arb", to: str = "paper", at: int = 60) -> None:
    """Let the price rise above an Up share that has not followed."""
    desk.switch(name, to)
    desk.told(name, "windows", "all")
    desk.to(BEGINS + at * SECOND)
    desk.quote_up(0.60, 0.42)
    desk.trade_at(BEGINS + at * SECOND + 1, STRIKE + 60.0, 1e-6)


def window_of(desk: Desk, at: int = 0):
    return desk.engine.windows[desk.windows[at]]


def fill(desk: Desk, order, qty: int) -> None:
    desk.run(1)
    desk.trade(order, Decimal(qty))
