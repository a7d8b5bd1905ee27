"""The shape of every strategy: what it is called, what it may be told, what it watches, and how it is asked.

A strategy is a plain object that the kernel owns. It is asked on events (a trade, a quote, or at a fixed cadence),
looks at what a `Context` shows, and returns what it wants and why it is silent. It has no clock but the context's,
touches nothing, and keeps what it keeps bounded; the same events make it say the same. It never sends: the kernel
weighs every `Want` by the ordinary gates, and only in a session in which the strategy may send at all.

One object may answer for several lines of the registry (`Spec`) that share what they see.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from engine.core.commands import Tif
from engine.core.ids import FamilyId, InstrumentId, StrategyId
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from engine.book.book import Book
    from engine.core.events import Marked, Trade
    from engine.core.ids import OrderId, StationId, VenueId
    from engine.core.instrument import Family, Instrument
    from engine.core.reading import Reading
    from engine.options.hedge_book import HedgeBook
    from engine.portfolio.position import Position
    from engine.strategies.event_eye import Sky
    from engine.strategies.readiness import Day as DayResult

Value = bool | int | float | str
"""What a parameter holds."""


LONGEST_TEXT: Final = 400
"""Characters of a parameter that is a text."""
LONGEST_MEMORY: Final = 256 * 1024
"""Characters of one thing that a strategy asks to be remembered."""
LONGEST_LESSON: Final = 512 * 1024
"""Characters of one thing that it is taught."""


class Kind(Enum):
    """What a parameter is."""

    NUMBER = "number"
    WHOLE = "whole"
    SWITCH = "switch"
    CHOICE = "choice"
    TEXT = "text"


class Parameter(NamedTuple):
    """One thing a strategy may be told, with its range."""

    name: str
    kind: Kind
    default: Value
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        """Return the value a text stands for.

        Raises
        ------
        ValueError
            If it stands for none, or for one outside of the range; the message is a sentence for the trader.
        """
        said = text.strip()
        if self.kind is Kind.TEXT:
            if len(said) > LONGEST_TEXT or not said.isprintable():
                msg = f"{self.name} is at most {LONGEST_TEXT} printable characters"
                raise ValueError(msg)
            return said
        if self.kind is Kind.CHOICE:
            if said not in self.choices:
                msg = f"{self.name} is one of {', '.join(self.choices)}, was {said[:40]!r}"
                raise ValueError(msg)
            return said
        if self.kind is Kind.SWITCH:
            if said not in {"on", "off"}:
                msg = f"{self.name} is on or off, was {said[:40]!r}"
                raise ValueError(msg)
            return said == "on"
        return self._number(said)

    def write(self, value: Value) -> str:
        """Return a value as `read` takes it."""
        if self.kind is Kind.SWITCH:
            return "on" if value else "off"
        return f"{value:.12g}" if isinstance(value, float) else str(value)

    def _number(self, said: str) -> Value:
        try:
            value: float = int(said) if self.kind is Kind.WHOLE else float(said)
        except (ValueError, OverflowError):
            what = "a whole number" if self.kind is Kind.WHOLE else "a number"
            msg = f"{self.name} is {what}, was {said[:40]!r}"
            raise ValueError(msg) from None
        if not (math.isfinite(value) and self.low <= value <= self.high):
            unit = f" {self.unit}" if self.unit else ""
            msg = f"{self.name} must lie between {self.low:g} and {self.high:g}{unit}, was {said[:40]}"
            raise ValueError(msg)
        return value


class Spec(NamedTuple):
    """One line of the registry."""

    name: StrategyId
    title: str
    trigger: str
    """What it acts on, in a word or two: ``Binance trade``."""
    help: str
    parameters: tuple[Parameter, ...] = ()


class Want(NamedTuple):
    """An order that a strategy would send: by quantity, by budget, or by a part of the bankroll that `size` turns
    into a quantity."""

    strategy: StrategyId
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: Ticks | None
    """Worst price of one share of `leg`."""
    qty: Qty | None = None
    budget: Money | None = None
    part: float | None = None
    tif: Tif = Tif.IOC
    post_only: bool = False
    reduce_only: bool = False
    ttl: Nanos | None = None
    """Taken back after so long."""
    key: str = ""
    """The strategy's own name of the order while it works: one order a key."""
    fair: float | None = None
    """What a share is worth to it."""
    edge: float | None = None
    """Account currency a share."""
    why: str = ""
    """In a few words, for the journal."""


class Move(NamedTuple):
    """Move or resize the working order of a key; where the venue cannot, it is taken back and may be wanted anew."""

    strategy: StrategyId
    key: str
    price: Ticks
    qty: Qty
    """Whole quantity, what has filled included."""


class Drop(NamedTuple):
    """Take the working order of a key back."""

    strategy: StrategyId
    key: str
    again: bool = False
    """Also where that was refused before."""


class Why(NamedTuple):
    """Why a strategy is silent: a code that is counted, and a sentence. Made once, so that silence costs nothing."""

    strategy: StrategyId
    code: str
    text: str


class Remember(NamedTuple):
    """Keep what a line has learnt in the ledger, in place of what it kept under the name before."""

    strategy: StrategyId
    name: str
    body: str
    """At most `LONGEST_MEMORY` characters; given back by `recall` at the next start."""


class Note(NamedTuple):
    """A line for the log."""

    strategy: StrategyId
    text: str
    loud: bool = False
    """The trader has to see it."""


class Record(NamedTuple):
    """Put what a line sees of an event on disk, for research: a JSON text, once a minute at most."""

    strategy: StrategyId
    family: FamilyId
    body: str


Said = Want | Move | Drop | Why | Note | Remember | Record
NOTHING_SAID: Final[tuple[Said, ...]] = ()


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


class Market(Protocol):
    """One instrument of a venue as a strategy sees it."""

    @property
    def instrument(self) -> Instrument:
        """What is traded."""

    @property
    def book(self) -> Book:
        """Of YES, in ticks and lots."""

    @property
    def stale(self) -> str:
        """Why the book is not to be trusted; empty while it is."""

    @property
    def status(self) -> str:
        """``open``, ``closed``, ``determined``…"""

    @property
    def last(self) -> Trade | None:
        """The last trade."""

    @property
    def mark(self) -> Marked | None:
        """What the venue reckons it at; None where it never said."""


class Working(NamedTuple):
    """An order of a strategy that may still trade."""

    order: OrderId
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: Ticks
    qty: Qty
    filled: Qty
    settled: bool
    """The venue has it and nothing is asked of it: it may be moved."""


class Own(Protocol):
    """What one line of the registry has of its own: in SHADOW what it would have."""

    @property
    def held(self) -> Mapping[tuple[InstrumentId, Leg], Position]:
        """Positions that are not flat."""

    @property
    def exposure(self) -> Decimal:
        """What its positions cost and its working orders would cost."""

    @property
    def working(self) -> Mapping[str, Working]:
        """By key."""

    def since(self, at: Nanos) -> Decimal:
        """Return realised less fees of the UTC days from that of `at` on."""


class Context(Protocol):
    """What a strategy may know when it is asked."""

    @property
    def now(self) -> Nanos:
        """The only clock there is."""

    @property
    def mode(self) -> str:
        """Of the session."""

    def on(self, strategy: StrategyId) -> bool:
        """Whether a line is asked at all."""

    def sends(self, strategy: StrategyId) -> bool:
        """Whether what a line wants is sent in this session, now; else it is in the shadow."""

    def market(self, instrument: InstrumentId) -> Market | None:
        """Return an instrument's market; None where it is not known."""

    def families(self) -> Iterable[Family]:
        """Return all families that venues list."""

    def family(self, family: FamilyId) -> Family | None:
        """Return one of them."""

    def opinion(self, instrument: InstrumentId) -> float | None:
        """Return the weather model's chance of a bracket's YES; None where it has none."""

    def sky(self, family: FamilyId) -> Sky | None:
        """Return what the weather says of a family's brackets; None where the model has no opinion."""

    def own(self, strategy: StrategyId, like: StrategyId | None = None) -> Own:
        """Return what a line has of its own: really, or in the shadow, as it trades or as another one does."""

    def bankroll(self, venue: VenueId) -> float | None:
        """Return cash and cost of positions on a venue; None until the venue has said."""

    def pace(self, venue: VenueId) -> float:
        """Return the seconds of the session's clock in a real one: feeds grow old in real time."""

    def latest(self, station: StationId) -> Reading | None:
        """Return the newest report of a station; None without."""

    def hedge_books(self, stale_s: float, hold_h: float) -> Sequence[HedgeBook]:
        """Return every underlying of which derivatives are held, with its sums and where a hedge could trade."""


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

    def settled(self, context: Context, instrument: InstrumentId, pays: Decimal) -> None:
        """An instrument that it watched or held was settled; YES pays `pays`."""

    def shows(self, context: Context, strategy: StrategyId) -> Shown:
        """Return what there is to show of one of its lines; only asked when somebody looks."""
        return Shown()


def quoted(strategy: StrategyId, desired: Mapping[str, Want], working: Mapping[str, Working]) -> list[Said]:
    """Return what makes the working orders of a line the desired ones: dropped, moved, wanted, in this order.

    What stands as desired stays; what is still travelling is left alone until the venue has answered.
    """
    drops: list[Said] = []
    moves: list[Said] = []
    for key, one in working.items():
        want = desired.get(key)
        if not one.settled:
            continue
        if want is None or (want.instrument, want.side, want.leg) != (one.instrument, one.side, one.leg):
            drops.append(Drop(strategy, key))
        elif (
            want.price is not None
            and want.qty is not None
            and (one.price, one.qty - one.filled) != (want.price, want.qty)
        ):
            moves.append(Move(strategy, key, want.price, Qty(one.filled + want.qty)))
    return [*drops, *moves, *(want for key, want in desired.items() if key not in working)]
