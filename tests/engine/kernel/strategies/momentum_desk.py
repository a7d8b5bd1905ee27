"""Chicago's high in front of a kernel that runs momentum: the day so far, books that a test moves, days earned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.events import BookSnapshot, Observed, StationForecast, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId, StationId
from engine.core.instrument import Strike
from engine.core.reading import HourQuantiles, Reading, ReportKind
from engine.core.snapshot import Snapshot, StationRow, StrategyDayRow
from engine.core.units import DAY, HOUR, Lots, Money, Nanos, Side, Ticks
from engine.strategies.momentum import NAME, Momentum
from tests.engine.kernel.venue import START, SYMBOLS, Session, instrument, opened

STATION = StationRow(
    id="KMDW", name="Chicago Midway", lat=41.786, lon=-87.752, utc_offset_hours=-6, cell="872664521ffffff",
    routine_minute=53,
)  # fmt: skip
EDGES = ((None, 50), (51, 52), (53, 54), (55, None))
FEE = FeeRule(kind="kalshi", rate=Decimal("0.07"))
CENTS = (5, 35, 45, 15)


class Running(Session):
    """A session that lists Chicago's high, with the day so far and books that a test moves."""

    def __init__(self, snapshot: Snapshot | None = None, hours: int = 16) -> None:
        self.cents = list(CENTS)
        self.hours = hours
        super().__init__(opened(stations=(STATION,)) if snapshot is None else snapshot)

    def registry(self) -> tuple[Any, ...]:
        self.momentum = Momentum()
        return (self.momentum,)

    def ready(self) -> None:
        self.connect()
        some = tuple(
            instrument(n, fee=FEE, strike=Strike(low=low, high=high, unit="°F")) for n, (low, high) in enumerate(EDGES)
        )
        closes = Nanos(START + self.hours * HOUR)
        self.list(*some, station="KMDW", unit="°F", closes=closes, title="Highest temperature in Chicago")
        for hour in range(6, 0, -1):
            self.report(-hour, 60)
        hours = tuple(
            HourQuantiles(
                valid_at=Nanos(START + h * HOUR), p10=(m := 43.0 + 10.5 * min(h, 12) / 12) - 1.0, p50=m, p90=m + 1.0
            )
            for h in range(20)
        )
        self.do(StationForecast(at=self.at, station=StationId("KMDW"), run="HRRR 06Z", hours=hours))
        self.books()
        self.run(3)

    def report(self, hour: float, tenths_c: int) -> None:
        at = Nanos(START + int(hour * HOUR))
        reading = Reading(
            station=StationId("KMDW"), measured_at=at, kind=ReportKind.ROUTINE, source="IEM", raw="KMDW",
            temp_tenths_c=tenths_c, temp_whole_c=round(tenths_c / 10),
        )  # fmt: skip
        self.do(Observed(at=max(self.at, at), reading=reading))

    def books(self, **sizes: int) -> None:
        """Send every bracket's book, a cent either side of its price; sizes in contracts."""
        for n, cents in enumerate(self.cents):
            bid, ask = (
                (Ticks(100 * (cents + d)), Lots(100 * sizes.get(side, 20))) for d, side in ((-1, "bid"), (1, "ask"))
            )
            self.do(BookSnapshot(at=self.at, instrument=InstrumentId(KALSHI, SYMBOLS[n]), bids=(bid,), asks=(ask,)))

    def trade(self, n: int, qty: int, taker: Side = Side.SELL) -> None:  # type: ignore[override]
        one = InstrumentId(KALSHI, SYMBOLS[n])
        price = Ticks(100 * self.cents[n])
        self.do(Trade(at=self.at, instrument=one, price=price, lots=Lots(100 * qty), taker=taker))

    def lead(self, n: int = 2, seconds: int = 30) -> None:
        """Let a bracket accelerate while buyers press, and others pay for it."""
        start = list(self.cents)
        for k in range(seconds):
            rise = round(0.02 * k * k)
            self.cents[n] = start[n] + rise
            self.cents[n - 1] = start[n - 1] - rise
            self.books(bid=40, ask=10)
            self.trade(n, 2)
            self.beat()
            self.run(1)

    def switch(self, to: str) -> None:
        self.ask(SetStrategy(strategy=NAME, to=StrategyState(to)), 1.0)

    def tell(self, name: Any, value: Any = None) -> None:  # type: ignore[override]
        if isinstance(name, str):
            self.ask(SetParameter(strategy=NAME, name=name, value=value), 1.0)
        else:
            super().tell(name, value)

    @property
    def seat(self) -> Any:
        return self.state.strategies.seats[NAME]

    def momentum_working(self) -> Any:
        return self.state.strategies.context.own(NAME).working

    def orders(self) -> list[Any]:
        return [one for one in self.state.register if one.place.strategy == NAME]


def paper(hours: int = 16, **told: str) -> Running:
    session = Running(hours=hours)
    session.switch("paper")
    for name, value in ({"maker_edge": "0", "volume": "5"} | told).items():
        session.tell(name, value)
    return session


def days(count: int, *, halted: int = 0, blind: int = 0, lost: int = 0, start: int = START // DAY) -> tuple[Any, ...]:
    """Return so many days on the paper desk: a few halted, blind or lost, the others won a little."""
    return tuple(
        StrategyDayRow(
            strategy=NAME, day=start - n, realised=Money(Decimal(-5 if n <= lost else 4 + n % 3)),
            fees=Money(Decimal(1)), fills=3, orders=4, asked=100, blind=100 if n <= blind else 0,
            halts=int(n <= halted),
        )
        for n in range(count, 0, -1)
    )  # fmt: skip
