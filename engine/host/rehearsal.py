"""An order's way gone for practice, on a kernel that nothing else knows, so that the processor has it at hand.

Between two orders lie milliseconds in which the machine does something else, and then the same step takes several
times as long. So in idle moments of a session that sends orders one is taken all the way on a stage of its own: a
kernel, a venue and a market that exist nowhere else, times that are nobody's. The session's kernel, journal, ledger
and venues have no part in it, and what comes out is thrown away here.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core import codec
from engine.core.commands import Place, Tif
from engine.core.effects import Keep, Submit
from engine.core.events import Asked, BookDelta, BookSnapshot, Kept, LinkChanged, Listed, Opened, Pictured, Rejected
from engine.core.ids import FamilyId, InstrumentId, VenueId
from engine.core.instrument import Family, Instrument
from engine.core.snapshot import Snapshot, VenueRow
from engine.core.units import SECOND, Lots, Nanos, Qty, Side, Ticks
from engine.kernel.step import Kernel
from engine.orders.register import Register
from engine.risk.limits import SPECS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.core.effects import AnyEffect, Approved
    from engine.core.events import Event

VENUE: Final = VenueId("rehearsal")
IT: Final = InstrumentId(VENUE, "REHEARSAL")
APART: Final = Nanos(3 * SECOND)
"""Between two orders, by the stage's own clock: gates of pace let every one pass."""
BEGAN: Final = Nanos(1_800_000_000 * SECOND)
NEVER: Final = Nanos(2**62)
ONE: Final = Qty(Decimal(1))
BID: Final = Ticks(4_400)
ASK: Final = Ticks(5_600)
EVENT: Final = FamilyId("rehearsal:REHEARSAL")
FORGOTTEN: Final = 64
"""Rehearsals after which their orders, which are all over, are let go."""
WIDE: Final = ("OPEN_ORDERS", "RATE", "RATE_MINUTE", "BOOK_AGE")


class Rehearsal:
    """The stage."""

    def __init__(self) -> None:
        self._kernel = Kernel()
        self._at = BEGAN
        self._lots = 0
        self._count = 0
        for event in _opening(BEGAN):
            self._kernel.step(event)

    def __call__(self) -> Approved | None:
        """Take one order from its click to where a venue's gateway would have it, and end it; return it.

        None where a gate refused it.
        """
        self._at = Nanos(self._at + APART)
        self._lots = 100 + (self._lots + 100) % 10_000
        self._step(BookDelta(at=self._at, instrument=IT, side=Side.BUY, price=Ticks(4_000), lots=Lots(self._lots)))
        while self._kernel.prepare():
            pass
        place = Place(instrument=IT, side=Side.BUY, price=ASK, qty=ONE, tif=Tif.IOC)
        waiting = self._step(Asked(at=self._at, command=place, pressed_at=self._at))
        order = None
        for keep in waiting:
            if isinstance(keep, Keep) and keep.then:
                for effect in self._step(Kept(at=self._at, what=keep.then)):
                    if isinstance(effect, Submit):
                        order = effect.order
        if order is not None:
            self._step(Rejected(at=self._at, order=order.order, code="unsent", text=""))
        self._count += 1
        if self._count % FORGOTTEN == 0:
            self._kernel.state.register = Register()
        return order

    def _step(self, event: Event) -> Sequence[AnyEffect]:
        """As the host steps an event, but that nobody keeps what comes of it."""
        codec.encode(event)
        effects = self._kernel.step(event)
        codec.digest(effects)
        return effects


class Practice:
    """A rehearsal, and the words in which each gateway in turn would put its order; the stage is made when needed."""

    def __init__(self, gateways: Sequence[Callable[[Approved], None]]) -> None:
        self._gateways = deque(gateways)
        self._stage: Rehearsal | None = None

    def __call__(self) -> None:
        """Go the way once."""
        if self._stage is None:
            self._stage = Rehearsal()
        order = self._stage()
        if order is not None:
            self._gateways[0](order)
            self._gateways.rotate()


def _opening(at: Nanos) -> Iterator[Event]:
    """Yield what makes the stage's one market ready to trade on."""
    limits = tuple((code, SPECS[code].highest) for code in WIDE)
    row = VenueRow(id=VENUE, title="Rehearsal", trades=True, collateral="USD", orders_per_second=10_000.0)
    yield Opened(
        at=at,
        snapshot=Snapshot(
            profile="rehearsal",
            mode="paper",
            account_name="rehearsal",
            salt="rehearsal",
            venues=(row,),
            limits=(*limits, ("DUPLICATE", SPECS["DUPLICATE"].lowest)),
        ),
    )
    instrument = Instrument(id=IT, title="Rehearsal", family=EVENT, closes=NEVER)
    family = Family(id=EVENT, title="Rehearsal", members=(IT,), closes=NEVER)
    yield Listed(at=at, family=family, instruments=(instrument,))
    yield LinkChanged(at=at, venue=VENUE, up=True, channel="market")
    yield LinkChanged(at=at, venue=VENUE, up=True, channel="account")
    yield Pictured(at=at, venue=VENUE, asked_at=at)
    many = Lots(25_000)
    yield BookSnapshot(at=at, instrument=IT, bids=((BID, many),), asks=((ASK, many),))
