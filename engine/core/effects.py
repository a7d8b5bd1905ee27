"""Everything the engine can ask of the outside. The host carries effects out in the order they come."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

import msgspec

from engine.core.commands import Place
from engine.core.ids import OrderId, Topic
from engine.core.units import Nanos


class Approved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that passed every gate. Made only by `engine.risk.gates.check`."""

    order: OrderId
    place: Place
    gates: tuple[str, ...]


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


class Wake(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Send me `Due(what)` at `due`."""

    due: Nanos
    what: str


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of the ledger: table, and its columns with what they hold. Money is text by then."""

    table: str
    values: dict[str, str | int | float | None]


class Keep(Effect, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Write rows of the ledger in one transaction; `then` comes back as `Kept` once they are safe."""

    rows: tuple[Row, ...]
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


AnyEffect = Submit | Withdraw | Wake | Keep | Notice | Changed
