"""Legs of a position in options: those we hold and those of a plan, as rows of a table and as arithmetic. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.core.units import DAY, Side
from engine.maths import payoff
from engine.maths.payoff import CALL, FUTURE, PUT
from widgets import formats, option_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos
    from engine.maths.payoff import Leg
    from engine.views.options import ExpiriesView, LegGreeks
    from widgets.option_chain import WantedLeg

YEAR_D: Final = 365.0
HELD, PLAN = "held", "plan"
MOST: Final = 12
"""Legs of a plan."""
LARGEST: Final = Decimal(1_000_000)

Forwards = dict[tuple[str, int], float]
"""By underlying and expiry."""


class Planned(NamedTuple):
    """A leg that is only thought of."""

    instrument: InstrumentId
    name: str
    underlying: str
    put: bool
    strike: float
    expires: Nanos
    qty: Decimal
    """Below 0 to sell."""
    price: float
    """What it would cost a unit, in the currency of its chain."""
    inverse: bool
    iv: float
    currency: str


class Row(NamedTuple):
    """A leg as the table shows it."""

    source: str
    """`HELD` or `PLAN`."""
    instrument: InstrumentId
    name: str
    underlying: str
    qty: Decimal
    average: float | None
    mark: float | None
    currency: str
    iv: float | None
    delta: float | None
    gamma: float | None
    vega: float | None
    theta: float | None
    unrealised: Decimal | None
    doubt: str
    """Where the greeks are from, or why there are none."""


class Position(NamedTuple):
    """Legs that can be reckoned together, and what had to be left out."""

    underlying: str
    spot: float
    legs: tuple[Leg, ...]
    names: tuple[str, ...]
    missing: tuple[str, ...]
    """Legs without a volatility, a price or a strike; they are in no curve."""


def forwards_of(view: ExpiriesView) -> Forwards:
    """Return the forward of each expiry that has one; venues of one underlying share the first that is known."""
    found: Forwards = {}
    for one in view.rows:
        if one.forward is not None:
            found.setdefault((one.underlying, one.expires), one.forward)
    return found


def planned(wanted: WantedLeg, qty: Decimal) -> Planned | str:
    """Return a leg at what it would trade at now: the ask bought, the bid sold; or why there is none."""
    one, view = wanted.option, wanted.view
    price = one.ask if wanted.side is Side.BUY else one.bid
    if price is None:
        return f"Nobody {'sells' if wanted.side is Side.BUY else 'buys'} it now, so it has no price as a leg."
    vol = one.mark_iv or one.model_iv or one.ask_iv or one.bid_iv
    if vol is None:
        return "Its volatility is not known, so it cannot be valued as a leg."
    kind = "P" if wanted.put else "C"
    name = f"{kind} {formats.exact(wanted.strike)} {option_columns.expiry_words(view.expires)}"
    signed = qty if wanted.side is Side.BUY else -qty
    return Planned(
        one.instrument, name, view.underlying, wanted.put, wanted.strike, view.expires, signed, price, view.inverse,
        vol, view.currency,
    )  # fmt: skip


def add(plan: Sequence[Planned], leg: Planned) -> tuple[Planned, ...] | str:
    """Return a plan with a leg more, netted with what it has of the same option; or why not."""
    same = next((one for one in plan if one.instrument == leg.instrument), None)
    if same is None:
        return (*plan, leg) if len(plan) < MOST else f"A plan has at most {MOST} legs."
    if (same.qty > 0) != (leg.qty > 0):
        qty = same.qty + leg.qty
        return tuple(one._replace(qty=qty) if one is same else one for one in plan if one is not same or qty)
    qty = same.qty + leg.qty
    price = float((Decimal(same.price) * same.qty + Decimal(leg.price) * leg.qty) / qty)
    return tuple(one._replace(qty=qty, price=price) if one is same else one for one in plan)


def resized(plan: Sequence[Planned], instrument: InstrumentId, qty: Decimal) -> tuple[Planned, ...]:
    """Return a plan with another size of one leg, of the side it has; 0 takes it out."""
    return tuple(
        one._replace(qty=min(abs(qty), LARGEST).copy_sign(one.qty)) if one.instrument == instrument else one
        for one in plan
        if one.instrument != instrument or qty
    )


def flipped(plan: Sequence[Planned], instrument: InstrumentId) -> tuple[Planned, ...]:
    """Return a plan with one leg on its other side, at the same price."""
    return tuple(one._replace(qty=-one.qty) if one.instrument == instrument else one for one in plan)


def held_row(leg: LegGreeks) -> Row:
    """Return a position as a row."""
    doubt = {"": "Its greeks are not known.", "last": "Greeks by the venue's last word."}.get(leg.greeks_from, "")
    return Row(
        HELD, leg.instrument, formats.plain(leg.name, 40), leg.underlying, leg.qty, leg.average, leg.mark, leg.currency,
        leg.iv, leg.delta, leg.gamma, leg.vega, leg.theta, leg.unrealised, doubt,
    )  # fmt: skip


def plan_row(leg: Planned, spot: float | None, forwards: Mapping[tuple[str, int], float], now: Nanos) -> Row:
    """Return a leg of a plan as a row, with its greeks by Black's formula at its own volatility."""
    one = _planned_leg(leg, spot, forwards, now)
    if one is None or spot is None:
        return Row(PLAN, leg.instrument, leg.name, leg.underlying, leg.qty, leg.price, None, leg.currency, leg.iv,
                   None, None, None, None, None, "The price underneath is not known.")  # fmt: skip
    sums = payoff.sums([one._replace(paid_coin=0.0)], np.array([spot]))
    worth = float(payoff.result([one._replace(qty=1.0, paid=0.0, paid_coin=0.0)], np.array([spot]))[0])
    return Row(
        PLAN, leg.instrument, leg.name, leg.underlying, leg.qty, leg.price, worth / spot if leg.inverse else worth,
        leg.currency, leg.iv, float(sums.delta[0]), float(sums.gamma[0]), float(sums.vega[0]), float(sums.theta[0]),
        Decimal(repr(float(payoff.result([one], np.array([spot]))[0]))), "A plan: nothing of it is held.",
    )  # fmt: skip


def _carry(underlying: str, expires: int, spot: float, forwards: Mapping[tuple[str, int], float]) -> float:
    return forwards.get((underlying, expires), spot) / spot


def _planned_leg(
    leg: Planned, spot: float | None, forwards: Mapping[tuple[str, int], float], now: Nanos
) -> Leg | None:  # fmt: skip
    if not spot or spot <= 0.0:
        return None
    years = max(0.0, (leg.expires - now) / DAY / YEAR_D)
    carry = _carry(leg.underlying, leg.expires, spot, forwards)
    paid, coin = (0.0, leg.price) if leg.inverse else (leg.price, 0.0)
    return payoff.Leg(PUT if leg.put else CALL, float(leg.qty), leg.strike, years, leg.iv, carry, paid, coin)


def _held_leg(
    leg: LegGreeks, spot: float, forwards: Mapping[tuple[str, int], float], now: Nanos
) -> Leg | None:  # fmt: skip
    """Return a position as arithmetic takes it; None where a part of it is not known."""
    inverse = leg.currency == leg.underlying
    if leg.kind in {"C", "P"}:
        if leg.strike is None or leg.expires is None or not leg.iv or leg.average is None:
            return None
        years = max(0.0, (leg.expires - now) / DAY / YEAR_D)
        carry = _carry(leg.underlying, leg.expires, spot, forwards)
        paid, coin = (0.0, leg.average) if inverse else (leg.average, 0.0)
        return payoff.Leg(leg.kind, float(leg.qty), float(leg.strike), years, leg.iv, carry, paid, coin)
    if leg.average is None or leg.delta is None or leg.mark is None:
        return None
    return payoff.Leg(FUTURE, leg.delta, 0.0, 0.0, 0.0, leg.mark / spot, leg.average)


def position(
    underlying: str,
    spot: float | None,
    held: Iterable[LegGreeks],
    plan: Iterable[Planned],
    forwards: Mapping[tuple[str, int], float],
    now: Nanos,
) -> Position | None:
    """Return what of both can be reckoned together; None without a price underneath, or without a leg."""
    if not spot or spot <= 0.0:
        return None
    found = [
        (formats.plain(one.name, 40), _held_leg(one, spot, forwards, now))
        for one in held
        if one.underlying == underlying and one.qty
    ]
    found += [(one.name, _planned_leg(one, spot, forwards, now)) for one in plan if one.underlying == underlying]
    if not found:
        return None
    legs = [(name, leg) for name, leg in found if leg is not None]
    return Position(
        underlying, spot, tuple(leg for _, leg in legs), tuple(name for name, _ in legs),
        tuple(name for name, leg in found if leg is None),
    )  # fmt: skip
