"""Everything the engine can ask of the outside. The host carries effects out in the order they come."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

import msgspec

from engine.core.commands import Place
from engine.core.ids import InstrumentId, OrderId, Topic, VenueId
from engine.core.instrument import Known
from engine.core.quotes import Quote
from engine.core.trade import Booked
from engine.core.units import Nanos, Qty, Ticks


class Approved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that passed every gate. Made only by `engine.risk.gates.check`."""

    order: OrderId
    place: Place
    gates: tuple[str, ...]
    client: str = ""
    """Client id on a venue; empty on the embedded exchange."""
    at: Nanos = Nanos(0)
    """When it was approved: a venue that signs a time signs this one, so that its order id is known beforehand."""


class Likely(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that may come next. Not approved: it may be put into words beforehand, and never sent."""

    place: Place
    client: str
    """The client id that the next order will bear."""
    at: Nanos
    """When it would be approved, were it asked for now."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An order that did not, and the first gate that closed. A value, not an error."""

    place: Place
    gate: str
    text: str
    """One sentence for the trader."""
    limit: Decimal | None = None
    would_be: Decimal | None = None


class Level(IntEnum):
    """How loud a notice is."""

    INFO = 20
    WARN = 30
    DANGER = 40


class Effect(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """Base of all effects."""


class Submit(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Send it to its venue."""

    order: Approved


class Withdraw(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Ask the venue to cancel it."""

    order: OrderId
    known: Known | None = None


class Replace(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Ask the venue to move or resize it; `qty` is the whole quantity, what has filled included."""

    known: Known
    price: Ticks
    qty: Qty


class Look(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Ask the venue for our account, and for what became of these orders; answered by `Pictured`."""

    venue: VenueId
    orders: tuple[Known, ...] = ()


class Follow(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Follow the books of exactly these instruments of a venue."""

    venue: VenueId
    instruments: tuple[InstrumentId, ...]


class Resnap(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A book cannot be trusted: ask for it whole."""

    venue: VenueId
    instruments: tuple[InstrumentId, ...]


class SignQuote(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Sign a quote and send it to whoever asked; answered by `QuoteStood`. It is on disk by then."""

    quote: Quote


class DropQuote(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Take a quote back, where its venue can do that."""

    quote: Quote


class Wake(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Send me `Due(what)` at `due`."""

    due: Nanos
    what: str


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of the ledger: table, and its columns with what they hold. Money is text by then."""

    table: str
    values: dict[str, str | int | float | None]


AnyRow = Row | Booked
"""What is written: a row as it is, or a trade, which the store turns into its rows."""


class Keep(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Write rows of the ledger in one transaction; `then` comes back as `Kept` once they are safe."""

    rows: tuple[AnyRow, ...]
    then: str = ""


class Notice(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Tell the trader."""

    level: Level
    text: str
    code: str = ""
    subject: str = ""


class Changed(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The view is out of date."""

    topic: Topic


AnyEffect = (
    Submit | Withdraw | Replace | Look | Follow | Resnap | SignQuote | DropQuote | Wake | Keep | Notice | Changed
)
