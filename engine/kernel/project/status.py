"""The spine and the feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import Role
from engine.core.ids import YOU
from engine.core.order import Status
from engine.core.units import MINUTE
from engine.kernel import results
from engine.kernel.live import armed
from engine.kernel.project import gates, names
from engine.kernel.project.listed import connections, greeks, sources
from engine.views.status import FeedChip, FeedsView, SpineView

if TYPE_CHECKING:
    from engine.kernel.state import State

ROUTINE_STALE: Final = 70 * MINUTE
ROUTINE_AGEING: Final = 65 * MINUTE
CHIPS: Final = 6
age: Final = sources.age


def spine(state: State) -> SpineView:
    """Return what is always on screen."""
    session = state.session
    lamps = list(gates.lamps(state).values())
    orders = [o.status for o in state.register.open()]
    upcoming = [m for m in state.exchange.markets.values() if m.status == "open" and m.contract.closes > state.now]
    mine = [m for m in upcoming if any(state.book.of_market(m.id))]
    nearest = min(mine or upcoming, key=lambda m: m.contract.closes, default=None)
    return SpineView(
        mode=session.mode,
        account_name=session.account_name,
        role=session.roles.get(YOU, Role.TRADER).value,
        now=state.now,
        place=state.place,
        utc_offset_hours=state.utc_offset_hours,
        cash=results.cash(state),
        equity=results.equity(state),
        at_risk=results.at_risk(state),
        at_risk_limit=state.told_limit("AT_RISK"),
        day=results.day(state),
        day_fees=results.day_fees(state),
        day_limit=state.told_limit("DAILY_LOSS"),
        week=results.week(state),
        week_limit=state.told_limit("WEEKLY_LOSS"),
        working=sum(s in {Status.SENT, Status.WORKING, Status.PARTIAL, Status.AMENDING} for s in orders),
        cancelling=orders.count(Status.CANCELING),
        unknown=orders.count(Status.LOST),
        open=sum(1 for _ in state.book.held()),
        next_close="" if nearest is None else names.rule(nearest.contract),
        next_close_at=None if nearest is None else nearest.contract.closes,
        gates_ok=lamps.count("OK"),
        gates_near=lamps.count("NEAR"),
        gates_refusing=lamps.count("REFUSING"),
        halted_by=session.halted_by,
        halted_why=session.halted_why,
        halted_at=session.halted_at,
        reduce_only=session.reduce_only,
        storage_ok=session.storage_ok,
        last_sequence=state.events,
        subsidies=state.exchange.subsidies(),
        subsidies_limit=state.exchange.rules.subsidy_limit,
        greeks=greeks.spine(state) if state.options.held else (),
        armed_until=session.armed_until if armed(state) else None,
    )


def feeds(state: State) -> FeedsView:
    """Return a chip for the exchange, for the stations that settle open markets, and for the newest forecast."""
    chips = [_exchange(state), *connections.chips(state), *_stations(state)]
    run = max((f for g in state.grids.values() for f in g.values()), key=lambda f: f.at, default=None)
    if run is not None:
        minutes = (state.now - run.at) / MINUTE
        mood = "live" if minutes < 120 else "ageing" if minutes < 240 else "stale"
        tip = f"Forecast {run.run}, {minutes:.0f} minutes old, {len(run.cells)} cells"
        chips.append(FeedChip(name=run.run, state=mood, text=age(run.at, state.now), tip=tip))
    return FeedsView(chips=tuple(chips), demo=state.session.mode == "demo")


def _exchange(state: State) -> FeedChip:
    session = state.session
    count = sum(m.status == "open" for m in state.exchange.markets.values())
    if session.storage_ok:
        tip = f"The exchange in this program: {count} markets open, every trade on disk before it is shown"
        return FeedChip(name="Exchange", state="live", text=f"{count} open", tip=tip)
    return FeedChip(name="Exchange", state="down", text="disk", tip=f"The disk takes no writes: {session.storage_why}")


def _stations(state: State) -> list[FeedChip]:
    wanted: dict[str, None] = {}
    for market in state.exchange.markets.values():
        if market.status == "open":
            wanted[market.contract.stations[0].id] = None
    chips = []
    for code in list(wanted)[:CHIPS]:
        reading = state.observed.latest(code)  # type: ignore[arg-type]
        if reading is None:
            chips.append(FeedChip(name=code, state="off", text="—", tip=f"No report of {code} yet"))
            continue
        old = state.now - reading.measured_at
        mood = "live" if old <= ROUTINE_AGEING else "ageing" if old <= ROUTINE_STALE else "stale"
        tip = f"Newest report of {code}, from {reading.source}: {reading.raw[:120]}"
        chips.append(FeedChip(name=code, state=mood, text=age(reading.measured_at, state.now), tip=tip))
    return chips
