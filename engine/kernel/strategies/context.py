"""What strategies see of the kernel's state: nothing is copied, and nothing can be changed through it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import StrategyState
from engine.core.ids import FamilyId, InstrumentId, OrderId, StationId, StrategyId, VenueId
from engine.core.order import Status
from engine.core.snapshot import LIVE
from engine.core.units import MINUTE, NOTHING, SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.kernel import weathering
from engine.kernel.live import armed
from engine.kernel.options import holding
from engine.kernel.rfq import hedge_books
from engine.strategies.context import Working
from engine.strategies.event_eye import Sky
from engine.weather import outlook, residual

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.core.instrument import Family
    from engine.core.reading import Reading
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Account, Seat
    from engine.options.hedge_book import HedgeBook
    from engine.portfolio.position import Position

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
OFF, SHADOW, PAPER, STATE_LIVE = (
    StrategyState.OFF,
    StrategyState.SHADOW,
    StrategyState.PAPER,
    StrategyState.LIVE,
)
DRAWS: Final = 50.0
"""Independent days that the weather's opinion counts as beside prices: about those its tables were fitted on."""
LAST_HOUR: Final = residual.HOURS - 1e-9
STEADY: Final = frozenset({Status.WORKING, Status.PARTIAL})


def sends(state: State, seat: Seat) -> bool:
    """Whether what a line wants is sent in this session, now."""
    mode = state.session.mode
    if seat.state is PAPER:
        return mode in {"paper", "demo"}
    if seat.state is not STATE_LIVE or mode != LIVE:
        return False
    return armed(state)


_NO_ORDER: Final = OrderId("")


class Holding:
    """What one line has of its own; in the shadow what it would have."""

    __slots__ = ("_like", "_seat", "_state")

    def __init__(self, state: State, seat: Seat, like: Seat | None = None) -> None:
        self._state = state
        self._seat = seat
        self._like = like or seat

    @property
    def account(self) -> Account:
        """What was really traded, or would have been."""
        return self._seat.real if sends(self._state, self._like) else self._seat.shadow

    @property
    def held(self) -> Mapping[tuple[InstrumentId, Leg], Position]:
        """Positions that are not flat."""
        return self.account.held

    @property
    def exposure(self) -> Decimal:
        """What its positions cost and its working orders would cost."""
        account, seat = self.account, self._seat
        if not (account.held or seat.orders or account.resting):
            return ZERO
        total = account.cost()
        for one in self.working.values():
            listing = self._state.listings.get(one.instrument)
            if listing is not None:
                each = listing.instrument.unit * one.price
                total += (one.qty - one.filled) * (each if one.side is Side.BUY else ONE - each)
        return total

    @property
    def working(self) -> dict[str, Working]:
        """Orders that may still trade, by key."""
        if not sends(self._state, self._like):
            return {
                key: Working(_NO_ORDER, w.instrument, w.side, w.leg, w.price or Ticks(0), w.qty or NOTHING, NOTHING,
                             settled=True)
                for key, (w, _) in self._seat.shadow.resting.items()
            }  # fmt: skip
        found: dict[str, Working] = {}
        for key, number in self._seat.orders.items():
            one = self._state.register.get(number)
            if one is None or one.ended:
                continue
            place = one.place
            found[key] = Working(
                number, place.instrument, place.side, place.leg, place.price or Ticks(0),
                one.most or Qty(ZERO), one.filled, one.status in STEADY,
            )  # fmt: skip
        return found

    def since(self, at: Nanos) -> Decimal:
        """Return realised less fees of the UTC days from that of `at` on."""
        return self.account.since(at)


class StateContext:
    """The context of one kernel."""

    __slots__ = ("_holdings", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._holdings = {name: Holding(state, seat) for name, seat in state.strategies.seats.items()}

    @property
    def now(self) -> Nanos:
        """The session's clock."""
        return self._state.now

    @property
    def mode(self) -> str:
        """Of the session."""
        return self._state.session.mode

    def on(self, strategy: StrategyId) -> bool:
        """Whether a line is asked at all."""
        return self._state.strategies.seats[strategy].state is not OFF

    def sends(self, strategy: StrategyId) -> bool:
        """Whether what a line wants is sent in this session, now; else it is in the shadow."""
        return sends(self._state, self._state.strategies.seats[strategy])

    def market(self, instrument: InstrumentId) -> Listing | None:
        """Return an instrument's market; None where it is not known."""
        return self._state.listings.get(instrument)

    def families(self) -> Iterable[Family]:
        """Return all families that venues list, in the order they came."""
        return self._state.families.values()

    def family(self, family: FamilyId) -> Family | None:
        """Return one of them."""
        return self._state.families.get(family)

    def opinion(self, instrument: InstrumentId) -> float | None:
        """Return the weather model's chance of a bracket's YES; None where it has none."""
        listing = self._state.listings.get(instrument)
        return None if listing is None else weathering.chance(self._state, listing)

    def sky(self, family: FamilyId) -> Sky | None:
        """Return what the weather says of a family's brackets; None where the model has no opinion.

        Hazards run from now, over the minutes since the last report too, and are unknown before the first. None, too,
        where readings alone decide: the model is of the official value, which may have passed what still wins.
        """
        formed = None if weathering.by_readings(self._state, family) else weathering.opinion(self._state, family)
        found = self._state.families.get(family)
        if formed is None or found is None:
            return None
        latest = self.latest(StationId(found.station))
        at = (0 if latest is None else latest.measured_at) / SECOND
        day = formed.day
        if day is None or day.seen is None or day.known.bound is None:
            return Sky(formed.chances, DRAWS, None, None, None, at)
        past = max(0.0, (self._state.now - day.seen.at) / MINUTE)
        five, hour = (outlook.hazard(day.known, day.seen, past + ahead) for ahead in (5.0, 60.0))
        phase = residual.phase(day.known.sign, min(day.seen.hour + past / 60.0, LAST_HOUR))
        return Sky(
            formed.chances, DRAWS, five, max(five, hour), float(day.known.bound), at, day.known.sign,
            outlook.gap(day.known, day.seen), phase.value,
        )  # fmt: skip

    def own(self, strategy: StrategyId, like: StrategyId | None = None) -> Holding:
        """Return what a line has of its own: really, or in the shadow, as it trades or as another one does."""
        if like is None or like == strategy:
            return self._holdings[strategy]
        seats = self._state.strategies.seats
        return Holding(self._state, seats[strategy], seats[like])

    def laid(self, strategy: StrategyId, instrument: InstrumentId) -> object:
        """Return what a line laid out for an instrument while its envelope stands; None else."""
        found = self._state.envelopes.ready.get((instrument, strategy))
        return None if found is None else found.laid

    def bankroll(self, venue: VenueId) -> float | None:
        """Return cash and cost of positions on a venue; None until the venue has said."""
        desk = self._state.desks.get(venue)
        if desk is None or desk.cash is None:
            return None
        signed = self._state.options.held
        held = sum((p.cost for one, _, p in self._state.book.held() if one.venue == venue and one not in signed), ZERO)
        held += sum((holding.basis(self._state, one) for one in signed if one.venue == venue), ZERO)
        return float(desk.cash + held)

    def pace(self, venue: VenueId) -> float:
        """Return the seconds of the session's clock in a real one."""
        desk = self._state.desks.get(venue)
        return 1.0 if desk is None else desk.facts.pace

    def latest(self, station: StationId) -> Reading | None:
        """Return the newest report of a station; None without."""
        return self._state.observed.latest(station)

    def hedge_books(self, stale_s: float, hold_h: float) -> Sequence[HedgeBook]:
        """Return every underlying of which derivatives are held, with its sums and where a hedge could trade."""
        return hedge_books.all_of(self._state, stale_s, hold_h)
