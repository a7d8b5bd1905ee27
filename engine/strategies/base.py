"""The shape of every strategy: what it watches, how it is asked, what it hears of its orders, and what it shows.

A strategy is a plain object that the kernel owns. It is asked on events (a trade, a quote, or at a fixed cadence),
looks at what a `Context` shows, and returns what it wants and why it is silent. It has no clock but the context's,
touches nothing, and keeps what it keeps bounded; the same events make it say the same. It never sends: the kernel
weighs every `Want` by the ordinary gates, and only in a session in which the strategy may send at all.

One object may answer for several lines of the registry (`Spec`) that share what they see.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from engine.core.ids import InstrumentId, StrategyId
from engine.core.units import Leg, Money, Nanos, Qty, Side
from engine.strategies.said import NOTHING_SAID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from engine.core.events import Trade
    from engine.strategies.context import Context, Market
    from engine.strategies.readiness import Day as DayResult
    from engine.strategies.said import Remember, Said, Want, Why
    from engine.strategies.spec import Spec, Value

LONGEST_LESSON: Final = 512 * 1024
"""Characters of one thing that it is taught."""


class Watch(NamedTuple):
    """What a strategy is asked about; its books are followed while any of its lines is on."""

    trades: tuple[InstrumentId, ...] = ()
    quotes: tuple[InstrumentId, ...] = ()


class Deal(NamedTuple):
    """A fill of one of a strategy's orders, in the account's currency."""

    side: Side
    leg: Leg
    qty: Qty
    cost: Money
    """What all of it cost or brought, without the fee."""
    fee: Money


class Restored(NamedTuple):
    """An order of an earlier session."""

    strategy: StrategyId
    instrument: InstrumentId
    leg: Leg
    at: Nanos
    filled: Qty
    open: bool
    post_only: bool


class Shown(NamedTuple):
    """What a strategy has to show of one of its lines; None is unknown."""

    side: str = ""
    fair: float | None = None
    ask: float | None = None
    edge: float | None = None
    """Account currency a share."""
    z: float | None = None
    size: float | None = None
    """Part of the bankroll."""
    cooldown_s: float | None = None
    """Left; None while it is not waiting."""
    orders: int | None = None
    orders_limit: int | None = None
    text: str = ""
    """Why it is silent, with the numbers of now; empty where the code's own sentence says it."""
    halted: str = ""
    """The loss it is halted by until a day or a week is over; goes before whatever else keeps it silent."""


class Slope(NamedTuple):
    """How one share of YES of an instrument moves with the price underneath it; None while that cannot be said."""

    underlying: InstrumentId
    delta: float | None
    """Coins: account currency for one of the underlying's."""
    gamma: float | None
    """Coins for 1 %."""


NO_SLOPES: Final[Mapping[InstrumentId, Slope]] = MappingProxyType({})


OTHER: Final = -1
"""Number of an order that was not foreseen."""


class Foreseen(Protocol):
    """The orders that a line is likely to want next in an instrument."""

    @property
    def wants(self) -> Sequence[Want]:
        """All of them, with their quantities."""

    def size(self, want: Want, now: Nanos) -> tuple[int, Want] | None:
        """Return which of `wants` an intent is, by number, or `OTHER`, and that intent as `Strategy.size` gives it.

        None is doubt, or that nothing is to be sent. Nothing came between that ends what `Context.laid` gives back:
        only time goes on, and books and trades of others.
        """


class Strategy:
    """Base of all strategies: silent until a method is overridden."""

    specs: tuple[Spec, ...] = ()
    blind = False
    """At its last cadence what it needs was missing or stale: counted against the time it was up."""
    every: Nanos | None = None
    """How often it is asked by the clock alone; None is never."""
    listens = False
    """It hears trades even while all its lines are off, to be warm when one is switched on."""

    def __init__(self) -> None:
        self.values: dict[StrategyId, dict[str, Value]] = {
            spec.name: {one.name: one.default for one in spec.parameters} for spec in self.specs
        }

    def tell(self, strategy: StrategyId, name: str, value: Value) -> None:
        """Take a parameter of one of its lines; it was checked."""
        self.values[strategy][name] = value

    def recall(self, strategy: StrategyId, name: str, body: str, at: Nanos) -> str:
        """Take up what an earlier session asked to be remembered at a time; return a warning, empty for none.

        Raises
        ------
        ValueError
            If it cannot be used; the message is a sentence.
        """
        return ""

    def teach(self, strategy: StrategyId, name: str, body: str) -> str:
        """Take up something of a file, in place of what was taught under the name before; return what it is, in words.

        Raises
        ------
        ValueError
            If it cannot be used; the message is a sentence, and what was known before stays.
        """
        msg = f"it is taught nothing by the name of {name[:40]!r}"
        raise ValueError(msg)

    def unready(self, strategy: StrategyId, days: Sequence[DayResult], bankroll: float | None) -> str:
        """Return in one sentence why a line has not earned to trade for real; empty where it may."""
        return ""

    def woken(self, context: Context) -> None:
        """A line is on after all were off: of what happened in between it heard nothing but what it `listens` to."""

    def watch(self, context: Context) -> Watch:
        """Return what it wants to be asked about now; asked again when listings change and at its cadence."""
        return Watch()

    def on_trade(self, context: Context, market: Market, trade: Trade) -> Sequence[Said]:
        """Somebody traded in what it watches."""
        return NOTHING_SAID

    def on_quote(self, context: Context, market: Market) -> Sequence[Said]:
        """A book that it watches changed, and is to be trusted."""
        return NOTHING_SAID

    def on_due(self, context: Context) -> Sequence[Said]:
        """Its cadence."""
        return NOTHING_SAID

    def lay(self, context: Context, strategy: StrategyId, instrument: InstrumentId) -> object:
        """Return what sizes of a line in an instrument hang on and only what we do ourselves changes.

        Asked in an idle moment while the line sends; `Context.laid` gives it back as long as nothing of ours changed.
        It may change nothing.
        """
        return None

    def foresee(self, context: Context, strategy: StrategyId, instrument: InstrumentId) -> Foreseen | None:
        """Return what a line is likely to want next in an instrument; None where nothing is, or that is not known.

        Asked as `lay` is, and after it. It may change nothing.
        """
        return None

    def size(self, context: Context, want: Want) -> Want | Why:
        """Return an intent with its quantity, or what holds it back: the place for limits of its own."""
        return want

    def sent(self, context: Context, want: Want) -> None:
        """An intent passed the gates and was sent, or in SHADOW would have been."""

    def remembers(self, strategy: StrategyId) -> Sequence[Remember]:
        """Return what has to be on disk with an order that was just sent."""
        return ()

    def ended(self, context: Context, strategy: StrategyId, instrument: InstrumentId, leg: Leg, filled: Qty) -> None:
        """An order of one of its lines has ended with so much filled."""

    def restored(self, want: Restored) -> None:
        """An order of one of its lines of an earlier session, oldest first, before anything is asked."""

    def filled(self, context: Context, strategy: StrategyId, instrument: InstrumentId) -> None:
        """An order of one of its lines traded."""

    def traded(
        self, context: Context, strategy: StrategyId, instrument: InstrumentId, side: Side, leg: Leg, price: float
    ) -> None:
        """A fill of one of its lines, before `filled`; `price` is what a share of `leg` cost, account currency."""

    def dealt(self, context: Context, strategy: StrategyId, instrument: InstrumentId, deal: Deal) -> None:
        """The same fill with its quantity, cost and fee."""

    def taken_back(self, context: Context, strategy: StrategyId, instrument: InstrumentId, deal: Deal) -> None:
        """The venue took a fill back: there was none. `deal` is what `dealt` was told of it; positions are without."""

    def came_to_nothing(self, context: Context, strategy: StrategyId, instrument: InstrumentId, leg: Leg) -> None:
        """After `ended` told of a fill, the venue took all back that the order had filled."""

    def settled(self, context: Context, instrument: InstrumentId, pays: Decimal) -> None:
        """An instrument that it watched or held was settled; YES pays `pays`."""

    def slopes(self, context: Context) -> Mapping[InstrumentId, Slope]:
        """Return how a share of each instrument that it prices moves now; asked where a limit is in force."""
        return NO_SLOPES

    def shows(self, context: Context, strategy: StrategyId) -> Shown:
        """Return what there is to show of one of its lines; only asked when somebody looks."""
        return Shown()
