"""The gates as lamps: how they stand now, without an order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place
from engine.core.ids import EMBEDDED, YOU
from engine.core.order import Status
from engine.core.units import MINUTE, NO_MONEY, Money, Side
from engine.exchange.answers import Declined
from engine.kernel import exposing, results, standing
from engine.kernel.options import stressing
from engine.kernel.project.listed import derivative_lamps as of_derivatives
from engine.kernel.project.listed import flow_lamps as of_flows
from engine.kernel.project.listed import lamps as of_desks
from engine.kernel.project.listed.account import leaving
from engine.kernel.session import GateMemory
from engine.portfolio.groups import group_of
from engine.risk.gates import GATES
from engine.risk.limits import SPECS
from engine.views.account import GateRow, GatesView

if TYPE_CHECKING:
    from engine.core.ids import Cell, VenueId
    from engine.kernel.state import State
    from engine.risk.gate import Gate

NEAR: Final = 0.7
UNKNOWN: Final = "—"
"""A limit that waits for the balances which it is a share of."""
UNITS: Final = {code: spec.unit for code, spec in SPECS.items()} | {
    "CASH": "$", "UNKNOWN_ORDER": "orders", "VENUE_RATE": "/s",
}  # fmt: skip
"""What each gate counts in, those without a limit of ours included."""
FINEST: Final = Decimal("0.0001")
"""The finest step of what is used, in any unit but dollars."""
_NONE = GateMemory()


def view(state: State) -> GatesView:
    """Return all gates."""
    session = state.session
    return GatesView(
        rows=tuple(_row(state, gate) for gate in GATES),
        halted_by=session.halted_by,
        halted_why=session.halted_why,
        halted_at=session.halted_at,
        cancelled=session.cancelled,
        waiting=sum(o.status is Status.CANCELING for o in state.register.open()),
        open=sum(1 for _ in state.book.held()),
        flatten_cost=flatten_cost(state),
    )


def lamps(state: State, venue: VenueId | None = None) -> dict[str, str]:
    """Return the state of every gate by its code, or of those that the trader's own orders on one venue meet.

    Ladder and spine ask often and need no words.
    """
    met = [
        g
        for g in GATES
        if venue is None
        or not (g.automated or (g.venue and venue == EMBEDDED) or (g.derivative and venue not in state.options.venues))
    ]
    return {gate.code: _lamp(state, gate, venue)[0] for gate in met}


def _lamp(
    state: State, gate: Gate, venue: VenueId | None = None
) -> tuple[str, Decimal | None, Decimal | None, float | None]:
    """Return a gate's state, what it has used, its limit and the share of it; of venues the worst one's."""
    if gate.automated:
        used, refuses = of_flows.standing(state, gate.code)
    elif gate.derivative:
        used, refuses = of_derivatives.standing(state, gate.code)
    elif gate.venue:
        desks = [desk for desk in state.desks.values() if (desk.venue == venue if venue else desk.facts.trades)]
        used, refuses = _worst([of_desks.standing(state, desk, gate.code) for desk in desks])
    else:
        used, refuses = _standing(state, gate.code)
    limit = state.told_limit(gate.code)
    share = _share(gate.code, used, limit)
    return "REFUSING" if refuses else "NEAR" if share is not None and share >= NEAR else "OK", used, limit, share


def _worst(stands: list[tuple[Decimal | None, bool]]) -> tuple[Decimal | None, bool]:
    """Return the standing that refuses, or else the one that has used most."""
    known = [used for used, _ in stands if used is not None]
    return max(known, default=None), any(refuses for _, refuses in stands)


def _row(state: State, gate: Gate) -> GateRow:
    memory = state.gates.get(gate.code, _NONE)
    mood, used, limit, share = _lamp(state, gate)
    unit = UNITS.get(gate.code, "")
    return GateRow(
        code=gate.code,
        scope=gate.scope,
        meaning=gate.meaning,
        used=_text(used, unit),
        limit=_text(limit, unit) if limit is not None or gate.code not in SPECS else UNKNOWN,
        value=limit,
        share=share,
        state=mood,
        last_refusal=memory.refusal,
        last_refusal_at=memory.refused_at,
        self_test=memory.test,
        self_test_at=memory.tested_at,
        source=gate.source,
        flow=_flow(gate),
        whose=of_flows.whose(state, gate.code) if gate.automated else "",
        unit=unit,
        amount=used,
    )


def _flow(gate: Gate) -> str:
    if gate.derivative:
        return "options"
    return "strategies" if gate.automated else "venues" if gate.venue else "every order"


def _standing(state: State, code: str) -> tuple[Decimal | None, bool]:
    """Return what a gate has used without any order, and whether it refuses all opening now."""
    session = state.session
    closed = {
        "STORAGE": not session.storage_ok,
        "CHAIN": not session.chain_ok,
        "MODE": session.mode not in {"paper", "demo", "live"},
        "KILL": bool(session.halted_by),
        "REDUCE_ONLY": session.reduce_only,
    }
    if code in closed:
        return None, closed[code]
    used = _used(state, code)
    if used is not None and code in {"DAILY_LOSS", "WEEKLY_LOSS"}:
        return used, used <= state.limits[code]
    if used is not None and code in {"RATE", "RATE_MINUTE", "OPEN_ORDERS"}:
        return used, used + 1 > state.limits[code]
    return used, False


def _used(state: State, code: str) -> Decimal | None:
    match code:
        case "DAILY_LOSS":
            return results.day(state)
        case "WEEKLY_LOSS":
            return results.week(state)
        case "AT_RISK":
            return results.at_risk(state)
        case "EVENT_EXPOSURE":
            shares = (loss for key, loss in state.venue_losses.items() if not key.startswith(stressing.PREFIX))
            return max((*state.losses.values(), *shares), default=NO_MONEY)
        case "CELL_EXPOSURE":
            return max(_cells(state).values(), default=NO_MONEY)
        case "GROUP_EXPOSURE":
            return _fullest_group(state)
        case "CASH":
            return state.exchange.free(YOU) or NO_MONEY
        case "OPEN_ORDERS":
            return Decimal(sum(1 for _ in state.register.open()))
        case "UNKNOWN_ORDER":
            return Decimal(sum(o.status is Status.LOST for o in state.register.open()))
        case "SOURCE_AGE":
            return _oldest_source(state)
        case _:
            return None


def _cells(state: State) -> dict[Cell, Decimal]:
    """Return the most |net| shares of each cell, on our exchange and on venues, open orders filled."""
    found = standing.swayed(state, dict(exposing.swings(state)))
    return {cell: swing.most for cell, swing in found.items()}


def _fullest_group(state: State) -> Decimal:
    sums: dict[str, Decimal] = {}
    for cell, most in _cells(state).items():
        group = group_of(cell)
        sums[group] = sums.get(group, NO_MONEY) + most
    return max(sums.values(), default=NO_MONEY)


def _oldest_source(state: State) -> Decimal | None:
    """Return minutes since the stations of our own markets reported, the most silent one's."""
    ages = []
    for market in state.losses:
        stations = state.exchange.markets[market].contract.stations
        latest = [state.observed.latest(s.id) for s in stations]
        known = [r.measured_at for r in latest if r is not None]
        if known:
            ages.append((state.now - max(known)) // MINUTE)
    return Decimal(max(ages)) if ages else None


def _share(code: str, used: Decimal | None, limit: Decimal | None) -> float | None:
    if used is None or not limit:
        return None
    share = float(used / limit)
    return max(0.0, share) if code in SPECS else None


def _text(value: Decimal | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "$":
        return f"{value:.2f}"
    return f"{_told(value)} {unit}" if unit else f"{value:.2f}"


def _told(value: Decimal) -> str:
    """Return an amount to the finest step that is told: coins may be a quotient of many digits."""
    if 0 < abs(value) < FINEST:
        return f"< {FINEST}"
    return f"{value.quantize(FINEST).normalize():f}"


def flatten_cost(state: State) -> Money | None:
    """Return what selling every position now would lose against the marks; None when one cannot be sold."""
    lost = Decimal(0)
    for instrument, leg, position in state.book.held():
        if instrument.venue != EMBEDDED:
            listing = state.listings.get(instrument)
            thin = None if listing is None else leaving(listing, leg, position.qty)
            if thin is None:
                return None
            lost += thin
            continue
        price = results.mark(state, instrument, leg)
        quote = state.exchange.quote(Place(instrument=instrument, side=Side.SELL, leg=leg, qty=position.qty))
        if price is None or isinstance(quote, Declined):
            return None
        lost += Decimal(price) * position.qty - quote.cost + quote.fee
    return Money(lost)
