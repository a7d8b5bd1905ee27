"""What a strategy may say when it is asked: orders it wants, moves or drops, why it is silent, what to note or keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.commands import Tif
from engine.core.ids import FamilyId, InstrumentId, StrategyId
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.strategies.context import Working

LONGEST_MEMORY: Final = 256 * 1024
"""Characters of one thing that a strategy asks to be remembered."""


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
