"""The registry of strategies as the dock shows it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import StrategyState
from engine.core.ids import StrategyId
from engine.core.units import DAY, SECOND, Leg, Money, Side
from engine.kernel import exposing
from engine.kernel.live import armed
from engine.kernel.options import holding
from engine.kernel.project import names
from engine.kernel.strategies import switching
from engine.kernel.strategies.context import sends
from engine.kernel.strategies.seats import HORIZONS
from engine.maths import contracts
from engine.strategies import readiness
from engine.strategies.base import Shown, Strategy
from engine.views.strategies import (
    MarkoutView,
    ParameterLine,
    ReadinessLine,
    StrategiesView,
    StrategyDetail,
    StrategyLine,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Account, Seat
    from engine.portfolio.position import Position
    from engine.strategies.said import Want
    from engine.strategies.spec import Parameter

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
DAYS: Final = 30
DRAWDOWN: Final = "drawdown"
PARTS: Final = frozenset({"days won", DRAWDOWN, "uptime"})
"""Bars of `readiness` that are parts of one."""


def view(state: State) -> StrategiesView:
    """Return all lines."""
    session = state.session
    return StrategiesView(
        rows=tuple(line(state, seat) for seat in state.strategies.seats.values()),
        mode=session.mode,
        account_name=session.account_name,
        armed=armed(state),
        now=state.now,
    )


def detail(state: State, name: str) -> StrategyDetail | None:
    """Return one line with its parameters; None for one that does not exist."""
    seat = state.strategies.seats.get(StrategyId(name))
    if seat is None:
        return None
    days = sorted(seat.real.days.items(), reverse=True)[:DAYS]
    return StrategyDetail(
        line=line(state, seat),
        parameters=tuple(_parameter(seat, one) for one in seat.parameters),
        reasons=_most(seat.reasons),
        readiness=_readiness(state, seat),
        earns_live=type(seat.strategy).unready is not Strategy.unready,
        days=tuple((number, day.realised - day.fees) for number, day in days),
    )


def _readiness(state: State, seat: Seat) -> tuple[ReadinessLine, ...]:
    """Return the bars as going live holds them against the same days; without a bankroll no drawdown is known."""
    bankroll = switching.bankroll(state, seat)
    known = bankroll is not None and 0.0 < bankroll < math.inf
    found = readiness.checks(switching.days(seat, state.now), bankroll if known and bankroll else 1.0)
    return tuple(
        ReadinessLine(
            name=one.name, found=None if falls and not known else one.found, wanted=one.wanted, at_least=not falls,
            part=one.name in PARTS, passed=one.passed and (known or not falls), n=one.n,
        )
        for one in found
        for falls in (one.name == DRAWDOWN,)
    )  # fmt: skip


def line(state: State, seat: Seat) -> StrategyLine:
    """Return one line of the registry."""
    context, off = state.strategies.context, seat.state is StrategyState.OFF
    shown = Shown() if context is None or off else seat.strategy.shows(context, seat.name)
    sending = sends(state, seat)
    account = seat.shadow if not off and not sending else seat.real
    unrealised = _unrealised(state, account)
    realised, fees = Money(account.realised()), Money(account.fees())
    held = "" if off else _held(state, shown, sending=sending)
    stopped = seat.halted or held
    why = "" if off or seat.why is None else shown.text or seat.why.text
    day = account.days.get(state.now // DAY)  # whoever looks makes none: the days decide whether it may go live
    today = 0 if day is None else day.orders
    return StrategyLine(
        name=seat.name,
        title=seat.spec.title,
        trigger=seat.spec.trigger,
        help=seat.spec.help,
        state=seat.state.value,
        sends=sending,
        halted=seat.halted,
        held=held,
        side=shown.side,
        fair=shown.fair,
        ask=shown.ask,
        edge=None if shown.edge is None else 100 * shown.edge,
        z=shown.z if shown.z is not None and math.isfinite(shown.z) else None,
        size=shown.size,
        cooldown_s=shown.cooldown_s,
        orders=today if shown.orders is None else shown.orders,
        orders_limit=shown.orders_limit,
        working=len(seat.orders) if sending else len(seat.shadow.resting),
        fills=sum(day.fills for day in account.days.values()),
        exposure=Money(account.cost()),
        realised=realised,
        unrealised=unrealised,
        fees=fees,
        net=None if unrealised is None else Money(realised + unrealised - fees),
        markouts=tuple(
            MarkoutView(seconds=horizon // SECOND, cents=one.cents, count=one.count)
            for horizon, one in zip(HORIZONS, account.markouts, strict=True)
        ),
        code="" if off or seat.why is None else seat.why.code,
        why=f"halted: {stopped}" if stopped else why,
        refusals=_most(seat.refusals),
        intents=seat.intents,
        digest=seat.digest.hexdigest(),
        last="" if seat.last is None else _words(state, seat.last),
        last_at=seat.last_at,
        last_said=seat.last_said,
    )


def _held(state: State, shown: Shown, *, sending: bool) -> str:
    """Return what halts a line from outside or until its day is over; what is in the shadow no halt of trading does."""
    by = state.session.halted_by
    return f"trading is halted by {by}" if by and sending else shown.halted


def _most(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _unrealised(state: State, account: Account) -> Money | None:
    total = ZERO
    for (instrument, leg), position in account.held.items():
        listing = state.listings.get(instrument)
        made = None if listing is None else _gain(listing, leg, position)
        if made is None:
            return None
        total += made
    return Money(total)


def _gain(listing: Listing, leg: Leg, position: Position) -> Decimal | None:
    """Return what a position would bring at its mark, less its cost; NO of a derivative is what is held short."""
    if contracts.is_derivative(listing.instrument):
        return holding.gain(listing, leg, position)
    yes = exposing.mark(listing)
    return None if yes is None else position.qty * (yes if leg is Leg.YES else ONE - yes) - position.cost


def _words(state: State, want: Want) -> str:
    did = "buy" if want.side is Side.BUY else "sell"
    if want.qty is not None:
        much = f"{want.qty.normalize():f} "
    else:
        much = "" if want.part is None else f"{100 * want.part:.2f} % "
    at = "" if want.price is None else f" at {want.price / 100:g}c"
    return f"{did} {much}{want.leg.value} of {names.instrument(state, want.instrument)}{at}"


def _parameter(seat: Seat, one: Parameter) -> ParameterLine:
    return ParameterLine(
        name=one.name,
        kind=one.kind.value,
        value=one.write(seat.value(one.name)),
        default=one.write(one.default),
        low=one.low if math.isfinite(one.low) else None,
        high=one.high if math.isfinite(one.high) else None,
        unit=one.unit,
        help=one.help,
        choices=one.choices,
    )
