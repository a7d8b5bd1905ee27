"""What Up/Down windows of one underlying come to together, as delta and gamma: held, and with open orders filled.

A strategy that prices windows says how one share of each moves now (`Strategy.slopes`). Orders may fill or not, so the
worst of them count: for delta those of either sign, for gamma those that are short of it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import Leg, Side
from engine.kernel import staking
from engine.risk.limits import OFF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.ids import InstrumentId
    from engine.kernel.staking import Waiting
    from engine.kernel.state import State
    from engine.portfolio.exposure import Resting
    from engine.risk.probe import Probe
    from engine.strategies.base import Slope

ZERO: Final = Decimal(0)
PLACES: Final = Decimal("0.000001")


class Sums(NamedTuple):
    """Of one underlying, not negative; None where a window that counts cannot be priced now."""

    delta: Decimal | None = ZERO
    """Coins, either way."""
    gamma: Decimal | None = ZERO
    """Coins for 1 % that we are short of."""


def weigh(state: State, found: Probe, rest: Resting, waiting: list[Waiting]) -> None:
    """Fill in what the two gates of windows look at; nothing while neither has a limit."""
    found.window_delta_after = found.window_gamma_after = ZERO
    if not limited(state):
        return
    slopes = known(state)
    own = slopes.get(found.place.instrument)
    if own is None:  # it is no window
        return
    orders = [(one.instrument, one.rest) for one in waiting]
    before = sums(state, own.underlying, slopes, orders)
    after = sums(state, own.underlying, slopes, [*orders, (found.place.instrument, rest)])
    found.window_delta_before, found.window_gamma_before = before
    found.window_delta_after, found.window_gamma_after = after


def limited(state: State) -> bool:
    """Whether a limit of either gate is in force."""
    return state.limits["WINDOW_DELTA"] < OFF or state.limits["WINDOW_GAMMA"] < OFF


def known(state: State) -> dict[InstrumentId, Slope]:
    """Return how one share of each window moves now, as the strategies that price them say."""
    context = state.strategies.context
    if context is None:
        return {}
    return {name: slope for one in state.strategies.all for name, slope in one.slopes(context).items()}


def sums(
    state: State,
    underlying: InstrumentId,
    slopes: dict[InstrumentId, Slope],
    orders: Iterable[tuple[InstrumentId, Resting]],
) -> Sums:
    """Return the worst of an underlying's windows with orders filled or not."""
    up: dict[InstrumentId, list[float]] = {}
    for one, slope in slopes.items():
        if slope.underlying == underlying:
            held = float(state.book.get(one, Leg.YES).qty - state.book.get(one, Leg.NO).qty)
            up[one] = [held]
    for one, order in orders:
        if one in up:
            buys_up = (order.side is Side.BUY) is (order.leg is Leg.YES)
            up[one].append(float(order.qty) if buys_up else -float(order.qty))
    most = least = gamma = 0.0
    for one, changes in up.items():
        slope = slopes[one]
        if not any(changes):
            continue
        if slope.delta is None or slope.gamma is None:
            return Sums(None, None)
        held, *open_ = changes
        moves = [change * slope.delta for change in open_]
        most += held * slope.delta + sum(move for move in moves if move > 0.0)
        least += held * slope.delta + sum(move for move in moves if move < 0.0)
        gamma += held * slope.gamma + sum(min(change * slope.gamma, 0.0) for change in open_)
    return Sums(_rounded(max(most, -least, 0.0)), _rounded(max(-gamma, 0.0)))


def _rounded(value: float) -> Decimal:
    return Decimal(value).quantize(PLACES)


def fullest(state: State) -> tuple[Sums, str]:
    """Return what the underlying with the largest delta has used now, and its name."""
    slopes = known(state)
    orders = [(one.instrument, one.rest) for one in staking.waiting(state) if one.instrument in slopes]
    each = [(sums(state, one, slopes, orders), one.symbol) for one in {s.underlying: None for s in slopes.values()}]
    return max(each, key=lambda one: one[0].delta or ZERO, default=(Sums(), ""))
