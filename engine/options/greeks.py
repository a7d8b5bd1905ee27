"""Greeks of options, futures and perpetuals: reckoned by ourselves where that can be, else the venue's while fresh.

All are of one unit of quantity, in dollars, by the forward: `delta` and `gamma` by one dollar of the underlying,
`vega` for one point of volatility, `theta` for a day, or for what is left of life if that is less. An inverse option
is worth ``Black(F) · index / F`` dollars, so its dollar delta is the forward delta; what it is in coins, the net
transaction delta, is that less its price (Deribit). Within the last half-hour the delivery price is being averaged,
and what has been averaged moves no more: delta and gamma fade with the seconds left.

Source: Deribit, "Linear and inverse options" and the greeks of its tickers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.instrument import Payoff
from engine.core.units import DAY, SECOND
from engine.maths import black
from engine.maths.contracts import is_option

if TYPE_CHECKING:
    from engine.core.events import Marked
    from engine.core.instrument import Instrument

FRESH_S: Final = 5.0
"""The venue's own greeks count as long."""
LAST_S: Final = 60.0
"""Whatever is known counts as long; older is not known."""
YEAR: Final = 365 * DAY
AVERAGED: Final = 1_800 * SECOND
"""Before expiry, in which the delivery price is averaged."""
OWN: Final = "own"
VENUE: Final = "venue"
LAST: Final = "last"


class Greeks(NamedTuple):
    """Of one unit of quantity."""

    delta: float
    delta_coin: float | None
    """Net transaction delta; None where the price in coins is not known."""
    gamma: float
    vega: float
    theta: float
    source: str
    """``own``, ``venue`` or ``last``."""


class Model(NamedTuple):
    """What an option's value is reckoned from."""

    forward: float
    vol: float
    years: float
    dollars: float
    """What a unit's Black value is to be multiplied by: size, and of an inverse option index over forward."""


def years_left(one: Instrument, now: int) -> float:
    """Return years of 365 days to expiry, 0 once it is over; 0 of what never expires."""
    return 0.0 if one.expires is None else max(0, one.expires - now) / YEAR


def model(one: Instrument, mark: Marked, now: int) -> Model | None:
    """Return what an option is reckoned from by what its venue said; None where something of it was not said."""
    forward = mark.forward if mark.forward is not None else mark.index
    vol = mark.mark_iv
    if forward is None or not forward > 0 or vol is None or not 0.0 < vol <= black.MOST_VOL:
        return None
    index = mark.index if mark.index is not None and mark.index > 0 else forward
    ratio = float(index / forward) if one.inverse else 1.0
    return Model(float(forward), vol, years_left(one, now), float(one.contract_size) * ratio)


def greeks(one: Instrument, mark: Marked | None, now: int, age_s: float) -> Greeks | None:
    """Return an option's greeks from what its venue last said, `age_s` real seconds ago; None where not known."""
    if mark is None or not is_option(one) or not 0.0 <= age_s <= LAST_S:
        return None
    found = model(one, mark, now)
    if found is not None:
        return _own(one, mark, found, now, OWN if age_s <= FRESH_S else LAST)
    if mark.delta is None or mark.gamma is None or mark.vega is None or mark.theta is None:
        return None
    size = float(one.contract_size)
    coin = _in_coin(one, mark, mark.delta)
    return Greeks(
        mark.delta * size, None if coin is None else coin * size, mark.gamma * size, mark.vega * size,
        mark.theta * size, VENUE if age_s <= FRESH_S else LAST,
    )  # fmt: skip


def _own(one: Instrument, mark: Marked, found: Model, now: int, source: str) -> Greeks:
    assert one.exercise is not None
    assert one.expires is not None
    put = one.payoff is Payoff.PUT
    each = black.option(found.forward, float(one.exercise), found.vol, found.years, put=put)
    size, left = float(one.contract_size), max(0, one.expires - now)
    fade = min(1.0, left / AVERAGED)
    delta = each.delta * fade
    coin = _in_coin(one, mark, delta)
    return Greeks(
        delta * size,
        None if coin is None else coin * size,
        each.gamma * fade * size,
        each.vega / 100.0 * size,
        each.theta_day * min(1.0, left / DAY) * size,
        source,
    )


def _in_coin(one: Instrument, mark: Marked, delta: float) -> float | None:
    if not one.inverse:
        return delta
    return None if mark.price is None else delta - float(mark.price)
