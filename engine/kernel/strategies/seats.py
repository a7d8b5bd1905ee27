"""What the kernel keeps of each line of the registry: its state, its parameters, its account, its reasons. Data only.

An `Account` is what a line's own fills come to, apart from all others on the same market: positions, results by UTC
day, and what prices did after each fill. Every seat has two, of what was really traded and of what SHADOW would have.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.commands import StrategyState
from engine.core.units import DAY, MINUTE, SECOND, Leg, Nanos
from engine.portfolio.position import FLAT
from engine.strategies.base import Strategy
from engine.strategies.context import Working
from engine.strategies.said import Want, Why
from engine.strategies.spec import Kind, Parameter, Spec, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.core.effects import Changed
    from engine.core.ids import InstrumentId, OrderId, StrategyId, Topic, VenueId
    from engine.core.units import Qty, Side
    from engine.kernel.strategies.context import StateContext as Context
    from engine.portfolio.position import Position

ZERO: Final = Decimal(0)
HORIZONS: Final = (Nanos(5 * SECOND), Nanos(MINUTE), Nanos(5 * MINUTE))
"""After a fill, at which the price is looked at again."""
MARKS_ROOM: Final = 512
REASONS_ROOM: Final = 64
DAYS_ROOM: Final = 400
MADE_ROOM: Final = 1_024
THROTTLE: Final = "fills_a_minute"
COMMON: Final = (
    Parameter(
        THROTTLE, Kind.WHOLE, 30, 1, 1_000, "fills",
        "More fills within 60 seconds stop it until you switch it on again: repeated execution is a fault first.",
    ),
)  # fmt: skip
"""What every line may be told."""


@dataclass(slots=True)
class Day:
    """Results of one UTC day."""

    realised: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0
    orders: int = 0
    asked: int = 0
    """Cadences at which it was asked."""
    blind: int = 0
    """Of those, how often what it needs was missing or stale."""
    halts: int = 0


class Marked(NamedTuple):
    """A fill whose markouts are still to come."""

    at: Nanos
    instrument: InstrumentId
    leg: Leg
    sign: int
    """1 for a purchase, -1 for a sale."""
    price: Decimal
    qty: Decimal


@dataclass(slots=True)
class Markout:
    """What prices did some time after the fills: positive went our way."""

    value: Decimal = ZERO
    """Sum of the movement times shares."""
    qty: Decimal = ZERO
    count: int = 0
    waiting: deque[Marked] = field(default_factory=lambda: deque(maxlen=MARKS_ROOM))

    @property
    def cents(self) -> float | None:
        """Cents a share; None before the first."""
        return float(100 * self.value / self.qty) if self.qty else None


@dataclass(slots=True)
class Account:
    """What a line's own trading comes to."""

    held: dict[tuple[InstrumentId, Leg], Position] = field(default_factory=dict)
    """Positions that are not flat."""
    days: dict[int, Day] = field(default_factory=dict)
    """By number, the oldest first; `know` takes more in."""
    markouts: tuple[Markout, ...] = field(default_factory=lambda: tuple(Markout() for _ in HORIZONS))
    fills: deque[Nanos] = field(default_factory=lambda: deque(maxlen=1_024))
    """When; of the last minute."""
    made: dict[str, Decimal] = field(default_factory=dict)
    """What each of the session's last fills realised, by its key in the ledger: the venue may take it back."""
    resting: dict[str, tuple[Want, Nanos]] = field(default_factory=dict)
    """SHADOW: orders that would rest, and when they were wanted; by key."""

    def day(self, at: Nanos) -> Day:
        """Return the results of the UTC day of a moment."""
        number = at // DAY
        found = self.days.get(number)
        if found is None:
            found = Day()
            self.know({number: found})
            while len(self.days) > DAYS_ROOM:
                oldest = min(self.days)
                gone, kept = self.days.pop(oldest), self.days[min(self.days)]
                kept.realised, kept.fees = kept.realised + gone.realised, kept.fees + gone.fees
                kept.fills, kept.orders = kept.fills + gone.fills, kept.orders + gone.orders
                kept.asked, kept.blind = kept.asked + gone.asked, kept.blind + gone.blind
                kept.halts += gone.halts
        return found

    def know(self, days: Mapping[int, Day]) -> None:
        """Take days in; they are kept in their order."""
        last = next(reversed(self.days), None)
        self.days.update(days)
        if last is None or any(number < last for number in days):
            self.days = dict(sorted(self.days.items()))

    def since(self, at: Nanos) -> Decimal:
        """Return realised less fees of the UTC days from that of `at` on."""
        first, total = at // DAY, ZERO
        for number, day in reversed(self.days.items()):  # of a year few are asked for, and at every order
            if number < first:
                break
            total += day.realised - day.fees
        return total

    def realised(self) -> Decimal:
        """Return what was realised since the ledger began, fees not taken off."""
        return sum((day.realised for day in self.days.values()), ZERO)

    def fees(self) -> Decimal:
        """Return the fees since the ledger began."""
        return sum((day.fees for day in self.days.values()), ZERO)

    def cost(self) -> Decimal:
        """Return what the open positions cost."""
        return sum((one.cost for one in self.held.values()), ZERO)

    def know_made(self, key: str, realised: Decimal) -> None:
        """Remember what a fill realised; the oldest is forgotten."""
        while len(self.made) >= MADE_ROOM:
            del self.made[next(iter(self.made))]
        self.made[key] = realised

    def put(self, key: tuple[InstrumentId, Leg], position: Position) -> None:
        """Set a position; a flat one is forgotten."""
        if position.qty:
            self.held[key] = position
        else:
            self.held.pop(key, None)

    def get(self, instrument: InstrumentId, leg: Leg) -> Position:
        """Return a position."""
        return self.held.get((instrument, leg), FLAT)


class Order(NamedTuple):
    """A working order of a line, as far as the host must remember it."""

    order: OrderId
    instrument: InstrumentId
    side: Side
    leg: Leg
    qty: Qty | None


@dataclass(slots=True)
class Seat:
    """One line of the registry."""

    spec: Spec
    strategy: Strategy
    state: StrategyState = StrategyState.OFF
    halted: str = ""
    """Why it stopped by itself; switching it on again ends that."""
    halted_at: Nanos | None = None
    why: Why | None = None
    reasons: dict[str, int] = field(default_factory=dict)
    """How often it was silent for each code."""
    refusals: dict[str, int] = field(default_factory=dict)
    """How often each gate refused it."""
    refused: str = ""
    """Gate of the last refusal that nothing else came after."""
    intents: int = 0
    digest: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    last: Want | None = None
    last_at: Nanos | None = None
    last_said: str = ""
    """What became of it."""
    orders: dict[str, OrderId] = field(default_factory=dict)
    """Working orders by key."""
    real: Account = field(default_factory=Account)
    shadow: Account = field(default_factory=Account)
    earned: dict[int, Day] = field(default_factory=dict)
    """Live: its days on the paper desk, by UTC day."""
    throttle: int = 30

    @property
    def name(self) -> StrategyId:
        """Its name in the registry."""
        return self.spec.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it may be told, the common ones last."""
        return (*self.spec.parameters, *COMMON)

    def value(self, name: str) -> Value:
        """Return a parameter's value."""
        return self.throttle if name == THROTTLE else self.strategy.values[self.name][name]

    def silent(self, why: Why) -> bool:
        """Take note of why it does nothing; return whether that is news."""
        count = self.reasons.get(why.code)
        if count is None:
            if len(self.reasons) >= REASONS_ROOM:
                self.reasons.pop(next(iter(self.reasons)))
            count = 0
        self.reasons[why.code] = count + 1
        before, self.why = self.why, why
        return before is not why


class Strategies:
    """All seats, and who is asked about what."""

    def __init__(self, some: Iterable[Strategy] = ()) -> None:
        self.all: tuple[Strategy, ...] = tuple(some)
        self.seats: dict[StrategyId, Seat] = {
            spec.name: Seat(spec, strategy) for strategy in self.all for spec in strategy.specs
        }
        self.trades: dict[InstrumentId, tuple[Strategy, ...]] = {}
        self.quotes: dict[InstrumentId, tuple[Strategy, ...]] = {}
        """Who is asked about an instrument; empty while nobody is on."""
        self.windows: frozenset[InstrumentId] = frozenset()
        """Whose books the cockpit shows, whether any line is on or not."""
        self.follows: dict[VenueId, frozenset[InstrumentId]] = {}
        """What feeds must bring for them."""
        self.context: Context | None = None
        self.by_order: dict[OrderId, tuple[StrategyId, str]] = {}
        """Line and key of each working order."""
        self.ticking: set[StrategyId] = set()
        """Strategies whose next cadence is set, by their first line."""
        self.pace = 1.0
        """Seconds of the session's clock in one of the host's, where it runs fastest."""
        self.steady: tuple[Nanos, Nanos] = (Nanos(0), Nanos(0))
        """A moment of the session's clock and of the host's, from which the gates of human pace are told the time."""
        self.days_kept_at = Nanos(0)
        """When the days' counts were last put on disk."""
        self.views: Mapping[Topic, Changed] = {}

    def active(self, strategy: Strategy) -> bool:
        """Whether any line of a strategy is on."""
        return any(self.seats[spec.name].state is not StrategyState.OFF for spec in strategy.specs)


__all__ = ["HORIZONS", "Account", "Day", "Markout", "Seat", "Strategies", "Working"]
