"""A running high or low that crosses an edge of a bracket is told where the trader asked for it.

What was reached stays reached, so that each edge is crossed once a day; a correction that takes a bound back and
lets it cross again tells it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.core.contract import Metric
from engine.core.effects import Level
from engine.core.ids import FamilyId, MarketId
from engine.kernel import modelling, weathering
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import Ring
    from engine.core.contract import Contract
    from engine.core.ids import StationId
    from engine.kernel.state import State


class Reach(NamedTuple):
    """How far one market's extreme has come."""

    key: MarketId
    contract: Contract
    bound: int | None
    by_readings: bool
    """Its rules count readings alone: what lies behind the extreme may still win."""


def ring(state: State, command: Ring) -> None:
    """Tell crossings at a station from now on, or no more."""
    code = command.station
    if code not in state.stations:
        state.out.notice(Level.WARN, f"{code[:8]} is not in the station list", "CROSSED", code[:8])
        return
    if command.on:
        state.bells[code] = None
    else:
        state.bells.pop(code, None)
    mark(state, code)


def mark(state: State, code: StationId) -> None:
    """Note that all that shows a station's day is out of date."""
    state.out.dirty(topics.station(code))
    for market in state.exchange.markets.values():
        if any(named.id == code for named in market.contract.stations):
            state.out.dirty(topics.station(code, market.id), topics.source(market.id))
    for family in weathering.at_station(state, code):
        state.out.dirty(topics.station(code, family.id), topics.source(family.id))


def reached(state: State, code: StationId) -> tuple[Reach, ...]:
    """Return how far the extremes of a station's markets have come; nothing unless a bell is set."""
    return (
        tuple(
            Reach(key, one, modelling.bound(state, one), weathering.by_readings(state, FamilyId(key)))
            for key, one in _asking(state, code)
        )
        if code in state.bells
        else ()
    )


def tell(state: State, code: StationId, before: tuple[Reach, ...]) -> None:
    """Tell what was crossed since; markets with the same edges are told of together."""
    told: dict[str, list[str]] = {}
    for key, contract, old, by_readings in before:
        new = modelling.bound(state, contract)
        if new is not None and new != old:
            words = _crossed(contract, old, new, by_readings=by_readings)
            if words:
                told.setdefault(f"{code} {words}", []).append(key)
    for text, keys in told.items():
        some = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
        state.out.notice(Level.WARN, f"{text} ({some})", "CROSSED", code)


def _asking(state: State, code: StationId) -> list[tuple[MarketId, Contract]]:
    """Return the running markets on a station's high or low."""
    found = [
        (market.id, market.contract)
        for market in state.exchange.markets.values()
        if market.status in {"open", "closed"} and any(one.id == code for one in market.contract.stations)
    ]
    for family in weathering.at_station(state, code):
        contract = weathering.contract_of(state, family.id)
        if contract is not None:
            found.append((MarketId(family.id), contract))
    return [(key, one) for key, one in found if one.metric in {Metric.TEMP_MAX, Metric.TEMP_MIN} and one.brackets]


def _crossed(contract: Contract, old: int | None, new: int, *, by_readings: bool) -> str:
    """Return which brackets a bound has left behind, and which holds it now; empty where it stayed in one."""
    high = contract.metric is Metric.TEMP_MAX
    sign = 1 if high else -1
    far = [(bracket.label, bracket.high if high else bracket.low) for bracket in contract.brackets]
    passed = [
        label
        for label, edge in far
        if edge is not None and sign * (new - edge) > 0 and (old is None or sign * (old - edge) <= 0)
    ]
    if not passed:
        return ""
    if by_readings:
        return f"running {'high' if high else 'low'} {new} °F: past {', '.join(passed)}, if a reading was"
    holds = next((b.label for b in contract.brackets if _within(b.low, b.high, new)), "")
    dead = f"{passed[0]} is dead" if len(passed) == 1 else f"{', '.join(passed)} are dead"
    return f"running {'high' if high else 'low'} {new} °F: {dead}" + (f", {holds} holds it" if holds else "")


def _within(low: int | None, high: int | None, value: int) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
