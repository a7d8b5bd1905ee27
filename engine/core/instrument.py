"""What can be traded, and by which steps: instruments and the events that group them.

Prices of an instrument are whole `Ticks` of its `unit`, sizes in books are whole `Lots` of its `lot`. Both are
the finest the venue can ever quote and never change in an instrument's life; where an order may lie is its
`grid`, which the venue may replace.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Final

import msgspec

from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import FamilyId, InstrumentId, OrderId
from engine.core.source_terms import SourceTerms
from engine.core.units import TICK, Leg, Lots, Nanos, Qty, Side, Ticks


class Payoff(Enum):
    """What one unit is worth at the end."""

    BINARY = "binary"
    CALL = "call"
    PUT = "put"
    LINEAR = "linear"


class Band(msgspec.Struct, frozen=True):
    """Prices ``start``, ``start + step``, … up to ``stop``, which belongs to it."""

    start: Ticks
    stop: Ticks
    step: Ticks


class Strike(msgspec.Struct, frozen=True, kw_only=True):
    """Whole values for which YES pays, both ends inside; None is open. Read from the market, never from its name."""

    low: int | None = None
    high: int | None = None
    unit: str = ""
    """Such as ``°F``; empty where the venue does not say."""


SPENDS: Final = "spends"
"""Fact of an instrument whose venue spends the money of a purchase that takes at once: at better prices than asked for
that buys more than its quantity."""
LEAST_RESTS: Final = "least_rests"
"""Fact of an instrument whose least size is that of orders which may rest: a sale that takes at once may be smaller."""


class Instrument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to trade on a venue. Of a market with a YES and a NO it is YES; NO is its other leg."""

    id: InstrumentId
    title: str
    label: str = ""
    """Among its family: ``86-87``, ``Up``."""
    family: FamilyId | None = None
    payoff: Payoff = Payoff.BINARY
    unit: Decimal = TICK
    """Account currency of one tick."""
    grid: tuple[Band, ...] = (Band(Ticks(100), Ticks(9_900), Ticks(100)),)
    lot: Decimal = Decimal("0.01")
    least: Qty = Qty(Decimal("0.01"))
    """Smallest order."""
    step: Decimal = Decimal("0.01")
    """Order quantities are multiples of it."""
    fee: FeeRule = NO_FEE
    opens: Nanos | None = None
    closes: Nanos | None = None
    """When trading ends, by the venue's clock."""
    expires: Nanos | None = None
    status: str = "open"
    """``unopened``, ``open``, ``paused``, ``closed``, ``determined``, ``settled``."""
    strike: Strike | None = None
    underlying: str = ""
    """Of an option, a future or a perpetual: what it is about, in capitals such as ``BTC``."""
    exercise: Decimal | None = None
    """Strike price of an option, in units of the underlying's index."""
    result: str = ""
    """``yes``, ``no`` or a settlement value once determined; provisional until `status` is settled."""
    contract_size: Decimal = Decimal(1)
    """Of the underlying, for one unit of quantity; for an inverse future its face value in dollars."""
    inverse: bool = False
    """Priced and settled in the coin it is about: an option's price times the index is its worth in dollars."""
    settles_in: str = "USD"
    nets: bool = True
    """YES and NO of it are one signed position (Kalshi), not two holdings (Polymarket)."""
    source: str = ""
    """Who says what happened, in the venue's own words; read for each event, never from a table."""
    rules: str = ""
    """The rule text, bounded."""
    facts: tuple[tuple[str, str], ...] = ()
    """What only this venue needs: token ids, condition id, negative risk."""

    def fact(self, name: str) -> str:
        """Return a venue's own fact about it; empty when it has none of that name."""
        for key, value in self.facts:
            if key == name:
                return value
        return ""


class Family(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The instruments of one question: brackets of a day's high, the windows of a series."""

    id: FamilyId
    """``venue:event``."""
    title: str
    subtitle: str = ""
    group: str = ""
    """Section of the markets tree, such as ``Weather · high`` or ``Crypto · 5 min``."""
    members: tuple[InstrumentId, ...] = ()
    """In order of their strikes."""
    exclusive: bool = False
    """At most one of them pays."""
    exhaustive: bool = False
    """At least one of them pays; proven from strikes or stated by the venue."""
    why: str = ""
    """How that is known, or why it is not."""
    station: str = ""
    """ICAO code of the station that decides, where the rules name one."""
    source: str = ""
    terms: SourceTerms | None = None
    """What the rules of a weather event say of its source; None where it is about something else."""
    unit: str = ""
    closes: Nanos | None = None
    negative_risk: bool = False
    """NO of one can be turned into YES of all others."""


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """A family and all its instruments, as the ledger remembers them for the next start."""

    family: Family
    instruments: tuple[Instrument, ...]


class Level(msgspec.Struct, frozen=True, gc=False):
    """One price of a book as a view or a what-if shows it."""

    price: Ticks
    lots: Lots


class Known(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a gateway needs to know of an order to cancel, amend or find it."""

    client: str
    """Client id: made from the ledger's salt and the order id, on disk before anything is sent."""
    order: OrderId
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: Ticks | None
    qty: Qty | None
    filled: Qty
    sent_at: Nanos
    venue_order: str = ""
