"""The gates: `check` is the only maker of `Approved`.

Each gate answers for one thing, by one function of a `Probe` and its limit. A gate that lacks its reference
refuses. Orders that can only make a position smaller pass the gates that limit size, loss and pace of opening,
so that a halt never locks a position in; the hedge of a trade that binds already passes those that stop new risk
alone (`Gate.spares_hedging`), but no kill switch and no halt. Gates of venues (`Gate.venue`) answer for links, books,
lots and live sending; orders of the embedded exchange do not meet them. Those of automated flow (`Gate.automated`)
answer for orders of strategies alone, and for these no gate only warns.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.commands import Place
from engine.core.effects import Approved, Refused
from engine.core.ids import MarketId, embedded
from engine.core.instrument import Band
from engine.core.units import MINUTE, NO_MONEY, SECOND, TICKS_PER_UNIT, Money, Nanos, Qty, Side, Ticks
from engine.risk.common_gates import COMMON
from engine.risk.derivative_gates import DERIVATIVE, sound
from engine.risk.flow_gates import AUTOMATED
from engine.risk.gate import Gate
from engine.risk.measures import PASSES, Known, Measure
from engine.risk.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import OrderId
    from engine.risk.limits import Limits

GATES: Final[tuple[Gate, ...]] = (*COMMON, *DERIVATIVE, *AUTOMATED)
CODES: Final = tuple(g.code for g in GATES)
SPARES_HEDGING: Final = frozenset(g.code for g in GATES if g.spares_hedging)


class Course(NamedTuple):
    """The gates that one kind of order meets, in their order."""

    measures: tuple[tuple[str, Callable[[Probe, Known], Measure]], ...]
    codes: tuple[str, ...]


def _course(*, venue: bool, reducing: bool, automated: bool, derivative: bool) -> Course:
    met = [
        g
        for g in GATES
        if g.venue <= venue
        and g.automated <= automated
        and not (g.warns and not automated)
        and g.derivative <= derivative
        and not (g.shares and derivative)
        and not (reducing and g.spares_reducing)
    ]
    return Course(tuple((g.code, g.measure) for g in met), tuple(g.code for g in met))


_COURSES: Final = tuple(
    _course(venue=venue, reducing=reducing, automated=automated, derivative=derivative)
    for derivative in (False, True)
    for automated in (False, True)
    for venue in (False, True)
    for reducing in (False, True)
)


def check(order: OrderId, probe: Probe, limits: Limits) -> Approved | Refused:
    """Return the order approved, or the first gate that refuses it."""
    known = limits.values()
    course = _COURSES[4 * bool(probe.strategy) + 2 * probe.venue + probe.reducing]
    if probe.reach is not None:
        course = _COURSES[8 + 4 * bool(probe.strategy) + 2 * probe.venue + probe.reducing]
    for code, measured in course.measures:
        found = measured(probe, known)
        if found.refuses and not (probe.hedging and code in SPARES_HEDGING):
            return Refused(place=probe.place, gate=code, text=found.text, limit=found.limit, would_be=found.used)
    met = tuple(code for code in course.codes if code not in SPARES_HEDGING) if probe.hedging else course.codes
    return Approved(order=order, place=probe.place, gates=met)


def approve(order: OrderId, place: Place, client: str, at: Nanos, *, reducing: bool) -> Approved:
    """Return an order for a venue approved of which an envelope knows that `check` would (`kernel.envelope`)."""
    course = _COURSES[4 * (place.strategy is not None) + 2 + reducing]
    return Approved(order=order, place=place, gates=course.codes, client=client, at=at)


def measure(probe: Probe, limits: Limits) -> tuple[tuple[Gate, Measure], ...]:
    """Return how every gate stands towards an order, spared ones as passing."""
    return tuple((gate, PASSES if _spared(gate, probe) else gate.measure(probe, limits)) for gate in GATES)


def _spared(gate: Gate, probe: Probe) -> bool:
    """Whether an order does not meet a gate."""
    return (
        (gate.venue and not probe.venue)
        or (gate.automated and not probe.strategy)
        or (gate.derivative and probe.reach is None)
        or (gate.shares and probe.reach is not None)
        or (probe.reducing and gate.spares_reducing)
        or (probe.hedging and gate.spares_hedging)
    )


def self_test(gate: Gate, limits: Limits) -> str:
    """Return what is wrong with a gate; empty when it passes a sound order and refuses a broken one."""
    passing = _sound(limits)
    if gate.derivative:
        passing.reach = sound()
    if gate.measure(passing, limits).refuses:
        return f"{gate.code} refuses a sound order"
    if not gate.measure(gate.breach(passing, limits), limits).refuses:
        return f"{gate.code} lets a broken order pass"
    return ""


def _sound(limits: Limits) -> Probe:
    """Return an order that every gate lets pass, whatever the limits."""
    nothing = Decimal(0)
    instrument = embedded(MarketId("SELF-TEST"), 0)
    half = Ticks(TICKS_PER_UNIT // 2)
    place = Place(instrument=instrument, side=Side.SELL, qty=Qty(Decimal(1)), price=half)
    return Probe(
        place=place,
        at=Nanos(0),
        pressed_at=Nanos(0),
        closes=Nanos(int(limits["CLOSE_GUARD"]) * SECOND + MINUTE),
        qty=Qty(nothing),
        venue=True,
        armed=True,
        link_down="",
        unreconciled="",
        skew_ms=0.0,
        stale="",
        heard_s=0.0,
        grid=(Band(Ticks(1), Ticks(TICKS_PER_UNIT - 1), Ticks(1)),),
        top=TICKS_PER_UNIT,
        mid=float(half),
        least=nothing,
        step=Decimal(1),
        can=frozenset(),
        tied=Money(nothing),
        cost=Money(nothing),
        fee=Money(nothing),
        cash=Money(nothing),
        source_age_s=0.0,
        market_after=nothing,
        cell_after=nothing,
        group_after=nothing,
        event_loss_after=Money(nothing),
        at_risk_after=Money(nothing),
        day=Money(Decimal(1)),
        week=Money(Decimal(1)),
        strategy="self-test",
        model_age_s=0.0,
        strategy_after=NO_MONEY,
        strategies_after=NO_MONEY,
        window_delta_after=nothing,
        window_gamma_after=nothing,
        correlated_after=NO_MONEY,
        venue_after=NO_MONEY,
        gross_after=NO_MONEY,
    )
