"""Everything that can happen to the engine. Frozen; every one carries `at`, the kernel's only clock."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.commands import AnyCommand
from engine.core.contract import Metric
from engine.core.ids import OrderId, StationId, VenueId, VenueOrderId
from engine.core.reading import CellQuantiles, HourQuantiles, Reading
from engine.core.snapshot import Snapshot
from engine.core.units import Money, Nanos, Qty, Ticks


class Happening(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """Base of everything that happens. `at` is when we learned it.

    Nothing frozen can come to hold itself, so the collector need not look at any of these.
    """

    at: Nanos


class Opened(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A session begins with what the ledger knows; always the first event of a journal."""

    snapshot: Snapshot


class Asked(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A command, stamped and journalled like everything else."""

    command: AnyCommand
    pressed_at: Nanos
    """The host's steady clock. Gates of human pace (RATE, DUPLICATE) read it, since a demo day's `at` runs fast."""


class Observed(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A report of a station arrived."""

    reading: Reading


class StationForecast(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Temperature at a station, hour by hour, and its daily extreme."""

    station: StationId
    run: str
    """Model and cycle, such as ``HRRR 18Z``."""
    hours: tuple[HourQuantiles, ...]
    """Degrees Fahrenheit."""


class GridForecast(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One quantity over one window, cell by cell."""

    run: str
    metric: Metric
    unit: str
    opens: Nanos
    closes: Nanos
    cells: tuple[CellQuantiles, ...]


class Due(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A timer the kernel asked for (`Wake`)."""

    what: str


class Kept(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """What a `Keep(then=...)` asked for is safe on disk."""

    what: str


class StoreChanged(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The disk stopped taking writes, or takes them again."""

    ok: bool
    why: str = ""


class ChainChecked(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The settlement records on disk were recomputed and held against their checkpoint."""

    ok: bool
    records: int
    proved: int | None
    """Records that the checkpoint vouches for; None when there is no checkpoint to prove the tail with."""
    text: str = ""


class LinkChanged(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A connection came up or went down; down makes what it brings stale."""

    venue: VenueId
    up: bool


class Accepted(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue has it."""

    order: OrderId
    venue_order: VenueOrderId


class Rejected(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A definite no: from the venue, or nothing was ever sent (``code="unsent"``)."""

    order: OrderId
    code: str
    text: str


class Filled(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Part or all of it traded. `trade_id` makes it count once."""

    order: OrderId
    trade_id: str
    price: Decimal
    """Average, per share of the order's leg."""
    qty: Qty
    cost: Money
    """Paid for a purchase, got for a sale, before the fee; never negative."""
    fee: Money
    maker: bool = False


class FillReversed(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue took a fill back."""

    order: OrderId
    trade_id: str


class Canceled(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Gone, what was left of it."""

    order: OrderId
    why: str = ""


class CancelRefused(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue keeps it working, and says so unmistakably."""

    order: OrderId
    code: str


class Expired(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Its time ran out, or the venue closed the market."""

    order: OrderId


class Amended(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue moved it."""

    order: OrderId
    price: Ticks
    qty: Qty


class AmendRefused(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """It stands as it was."""

    order: OrderId
    code: str


class Lost(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Sent, and no answer that settles it. The order stays in flight until reconciled."""

    order: OrderId
    why: str


OrderEvent = (
    Accepted | Rejected | Filled | FillReversed | Canceled | CancelRefused | Expired | Amended | AmendRefused | Lost
)
Event = (
    Opened
    | Asked
    | Observed
    | StationForecast
    | GridForecast
    | Due
    | Kept
    | StoreChanged
    | ChainChecked
    | LinkChanged
    | Accepted
    | Rejected
    | Filled
    | FillReversed
    | Canceled
    | CancelRefused
    | Expired
    | Amended
    | AmendRefused
    | Lost
)
