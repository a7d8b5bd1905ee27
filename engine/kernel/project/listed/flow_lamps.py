"""How the gates of automated flow stand now, without an order: by the strategy or group that has used most."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from engine.core.commands import StrategyState
from engine.core.units import MINUTE
from engine.kernel import automated, grouping, linking, sloping, staking
from engine.risk.flow_measures import FREE_MESSAGES
from engine.risk.venue_measures import CENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import StrategyId
    from engine.core.units import Nanos
    from engine.kernel.state import State
    from engine.risk.flow import Flow

OFF = StrategyState.OFF
COUNTED = frozenset({"STRATEGY_RATE", "STRATEGY_REPEAT", "STRATEGY_FILLS", "WINDOW_ORDERS", "MARKET_ORDERS"})
"""Of which one more than the limit would be one too many."""


class Most(NamedTuple):
    """The fullest of those a gate is told by, and who that is."""

    used: Decimal | None = None
    whose: str = ""


def standing(state: State, code: str) -> tuple[Decimal | None, bool]:
    """Return what a gate has used without any order, and whether it refuses somebody's orders now."""
    if code == "STRATEGY_HALT":
        return None, any(seat.halted for seat in state.strategies.seats.values())
    if not any_on(state):  # nobody meets it, and a spine asks often
        return None, False
    used = _most(state, code).used
    if used is None:
        return None, False
    limit = state.limits[code]
    return used, used + 1 > limit if code in COUNTED else used > limit


def any_on(state: State) -> bool:
    """Whether any strategy sends orders."""
    return bool(state.flows) or any(seat.state is not OFF for seat in state.strategies.seats.values())


def whose(state: State, code: str) -> str:
    """Return who has used most of a gate's limit; empty where that is not told by anybody."""
    if code == "STRATEGY_HALT":
        return ", ".join(f"{one}: {seat.halted}" for one, seat in state.strategies.seats.items() if seat.halted)
    return _most(state, code).whose if any_on(state) else ""


def _most(state: State, code: str) -> Most:
    of_each = _BY_STRATEGY.get(code)
    if of_each is not None:
        told = ((of_each(flow, state.now), str(one)) for one, flow in state.flows.items())
        found = [Most(used, one) for used, one in told if used is not None]
        return max(found, key=lambda one: one.used or 0, default=Most())
    match code:
        case "MARKET_ORDERS":
            return _fullest_market(state)
        case "STRATEGY_STAKE":
            stakes = [
                Most(Decimal(staking.stake(state, one, staking.waiting(state))[0]), str(one))
                for one in automated.strategies(state)
            ]
            return max(stakes, key=lambda one: one.used or 0, default=Most())
        case "STRATEGIES_STAKE":
            return Most(
                sum(
                    (
                        Decimal(staking.stake(state, one, staking.waiting(state))[0])
                        for one in automated.strategies(state)
                    ),
                    Decimal(0),
                )
            )
        case "WINDOW_DELTA" | "WINDOW_GAMMA":
            windows, underlying = sloping.fullest(state)
            return Most(windows.delta if code == "WINDOW_DELTA" else windows.gamma, underlying)
        case "CORRELATED":
            fullest = next(iter(grouping.joint(state)), None)
            return Most() if fullest is None else Most(Decimal(fullest.loss), fullest.group.name)
        case "VENUE_EXPOSURE":
            return _fullest_venue(state)
        case "GROSS_EXPOSURE":
            return Most(Decimal(staking.gross(state, staking.waiting(state))[0]))
        case "DATA_AGE":
            trading = (desk for desk in state.desks.values() if desk.facts.trades)
            heard = ((linking.silence_s(state, desk), desk.facts.title) for desk in trading)
            oldest = max(((silent, title) for silent, title in heard if silent is not None), default=None)
            return Most() if oldest is None else Most(_tenths(oldest[0]), oldest[1])
        case "MODEL_AGE":
            ages = ((automated.input_age_s(state, one), str(one)) for one in _sending(state))
            aged = [Most(_tenths(age), one) for age, one in ages if age]
            return max(aged, key=lambda one: one.used or 0, default=Most())
        case _:
            return Most()


def _sending(state: State) -> list[StrategyId]:
    """Return the strategies that are on, and those that sent something without being in the registry."""
    seats = state.strategies.seats
    return [one for one in automated.strategies(state) if one not in seats or seats[one].state is not OFF]


def _tenths(seconds: float) -> Decimal:
    return Decimal(round(seconds, 1)).quantize(Decimal("0.1"))


def _fullest_market(state: State) -> Most:
    counts: dict[str, int] = {}
    for order in state.register.open():
        symbol = order.place.instrument.symbol
        counts[symbol] = counts.get(symbol, 0) + 1
    fullest = max(counts, key=lambda symbol: counts[symbol], default=None)
    return Most(Decimal(0)) if fullest is None else Most(Decimal(counts[fullest]), fullest)


def _fullest_venue(state: State) -> Most:
    known = list(state.venue_losses.items())
    losses = {
        desk.facts.title: sum((loss for key, loss in known if automated.is_on(key, venue)), Decimal(0))
        for venue, desk in state.desks.items()
        if desk.facts.trades
    }
    fullest = max(losses, key=lambda title: losses[title], default=None)
    return Most() if fullest is None else Most(losses[fullest], fullest)


def _rate(flow: Flow, now: Nanos) -> Decimal:
    return Decimal(sum(now - at < MINUTE for at in flow.sent))


def _fills(flow: Flow, now: Nanos) -> Decimal:
    return Decimal(sum(now - at < MINUTE for at in flow.fills))


def _repeats(flow: Flow, now: Nanos) -> Decimal:
    return Decimal(max((one.times for one in flow.repeats.values() if now - one.at < MINUTE), default=0))


def _window(flow: Flow, _: Nanos) -> Decimal:
    return Decimal(max(flow.events.values(), default=0))


def _messages(flow: Flow, _: Nanos) -> Decimal | None:
    if len(flow.messages) < FREE_MESSAGES:
        return None
    return (Decimal(len(flow.messages)) / max(1, len(flow.executions))).quantize(CENT)


def _markout(flow: Flow, _: Nanos) -> Decimal | None:
    found = flow.markout()
    return None if found is None else Decimal(max(0.0, -found)).quantize(CENT)


_BY_STRATEGY: dict[str, Callable[[Flow, Nanos], Decimal | None]] = {
    "STRATEGY_RATE": _rate,
    "STRATEGY_REPEAT": _repeats,
    "STRATEGY_FILLS": _fills,
    "WINDOW_ORDERS": _window,
    "MESSAGE_RATIO": _messages,
    "MARKOUT": _markout,
}
