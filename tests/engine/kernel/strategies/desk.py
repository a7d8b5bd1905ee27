"""A strategy of the smallest kind and a session that has it: it buys a bracket offered below what it is told."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.commands import SetParameter, SetStrategy, StrategyState, Tif
from engine.core.ids import KALSHI, InstrumentId, StrategyId
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.strategies.base import Strategy, Watch
from engine.strategies.said import Drop, Want, Why
from engine.strategies.spec import Kind, Parameter, Spec
from engine.views import topics
from tests.engine.kernel.venue import SYMBOLS, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.events import Trade
    from engine.core.snapshot import Snapshot
    from engine.strategies.context import Context, Market
    from engine.strategies.said import Said

NAME = StrategyId("cheap")
ONE = InstrumentId(KALSHI, SYMBOLS[0])
TWO = InstrumentId(KALSHI, SYMBOLS[1])
CHEAP = (((3_800, 500),), ((3_900, 5_000),))
"""A book that it buys of."""


def books(bid: int, ask: int) -> Any:
    """Bids and asks of 5 and 50 contracts."""
    return (((bid, 500),), ((ask, 5_000),))


class Cheap(Strategy):
    """Buys what is offered at or below `limit`; with `rest` it rests a bid there instead."""

    specs = (
        Spec(
            NAME, "Cheap", "book", "Buys what is cheap.",
            (
                Parameter("limit", Kind.WHOLE, 4_000, 100, 9_900, "ticks", "Buys at or below."),
                Parameter("lots", Kind.NUMBER, 5.0, 1.0, 1_000.0, "shares", "Of one order."),
                Parameter("rest", Kind.SWITCH, False, help="Rest a bid instead."),
                Parameter("leg", Kind.CHOICE, "YES", choices=("YES", "NO"), help="Which share."),
            ),
        ),
    )  # fmt: skip
    every = Nanos(10 * SECOND)

    def __init__(self) -> None:
        super().__init__()
        self.dear = Why(NAME, "dear", "it is offered above the limit")
        self.told: list[str] = []

    def watch(self, context: Context) -> Watch:
        return Watch((TWO,), (ONE,)) if context.market(ONE) is not None else Watch()

    def on_quote(self, context: Context, market: Market) -> Sequence[Said]:
        limit, ask = Ticks(int(self.values[NAME]["limit"])), market.book.best_ask
        qty = Qty(Decimal(str(self.values[NAME]["lots"])))
        if self.values[NAME]["rest"]:
            if "bid" in context.own(NAME).working:
                return ()
            return (Want(NAME, ONE, Side.BUY, Leg.YES, limit, qty, tif=Tif.GTC, post_only=True, key="bid"),)
        if ask is None or ask > limit:
            return (self.dear,)
        return (Want(NAME, ONE, Side.BUY, Leg(self.values[NAME]["leg"]), Ticks(ask), qty, edge=0.01),)

    def on_trade(self, context: Context, market: Market, trade: Trade) -> Sequence[Said]:
        self.told.append(f"trade {trade.price}")
        return (Drop(NAME, "bid"),) if trade.price == 1 else ()

    def on_due(self, context: Context) -> Sequence[Said]:
        self.told.append("due")
        return ()

    def ended(self, context: Any, strategy: Any, instrument: Any, leg: Any, filled: Any) -> None:
        self.told.append(f"ended {filled}")

    def settled(self, context: Any, instrument: Any, pays: Any) -> None:
        self.told.append(f"settled {pays}")


class Running(Session):
    """A session with that strategy."""

    def __init__(self, snapshot: Snapshot | None = None, **more: Any) -> None:
        super().__init__(snapshot, **more)

    def registry(self) -> tuple[Strategy, ...]:
        self.cheap = Cheap()
        return (self.cheap,)

    @property
    def seat(self) -> Any:
        return self.state.strategies.seats[NAME]

    def switch(self, to: str, typed: str = "", gap: float = 3.0) -> None:
        self.ask(SetStrategy(strategy=NAME, to=StrategyState(to), typed=typed), gap)

    def told(self, name: str, value: str) -> None:
        self.ask(SetParameter(strategy=NAME, name=name, value=value))

    def orders(self) -> list[Any]:
        return [one for one in self.state.register if one.place.strategy == NAME]


def row(session: Running) -> Any:
    """Return its row of the dock."""
    return session.kernel.view(topics.STRATEGIES).rows[0]
