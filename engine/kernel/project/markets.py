"""The tree of markets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.ids import embedded
from engine.core.units import Leg, Qty
from engine.kernel.modelling import opinion
from engine.kernel.project import names, quotes
from engine.kernel.project.listed import derivative_markets
from engine.kernel.project.listed import markets as listed
from engine.views.market import MarketRow, MarketsView

if TYPE_CHECKING:
    from engine.exchange.market import Market
    from engine.kernel.state import State


def view(state: State) -> MarketsView:
    """Return all markets that are not over, grouped; within a group those that close first come first."""
    shown = [m for m in state.exchange.markets.values() if m.status not in {"settled", "void"}]
    shown.sort(key=lambda m: (names.GROUPS.get(m.contract.metric, ""), m.contract.closes, m.contract.title))
    ours = tuple(row for market in shown for row in _rows(state, market))
    return MarketsView(rows=ours + listed.rows(state) + derivative_markets.rows(state))


def _rows(state: State, market: Market) -> list[MarketRow]:
    return [_row(state, market, outcome) for outcome in market.contract.tradable]


def _row(state: State, market: Market, outcome: int) -> MarketRow:
    contract = market.contract
    instrument = embedded(market.id, outcome)
    quoted = quotes.best(state, market, outcome)
    formed = opinion(state, market)
    model = None if formed is None else formed.chances[outcome]
    yes = quotes.edge_yes(model, quoted.price, market.fee)
    no = quotes.edge_no(model, quoted.price, market.fee)
    held = state.book
    position = Qty(held.get(instrument, Leg.YES).qty - held.get(instrument, Leg.NO).qty)
    return MarketRow(
        instrument=instrument,
        market=market.id,
        group=names.GROUPS.get(contract.metric, "Weather"),
        event=contract.place if contract.brackets else names.short(contract),
        station=contract.stations[0].id,
        label=contract.outcomes[outcome] if contract.brackets else "",
        cell=contract.cell,
        status=market.status,
        closes=contract.closes,
        bid=quoted.bid,
        ask=quoted.ask,
        mid=quoted.price,
        model=model,
        edge=None if yes is None or no is None else max(yes, no),
        overround=_overround(state, market) if outcome == 0 else None,
        position=position,
        volume=market.volume if outcome == 0 else Qty(market.volume - market.volume),
        phase=market.phase,
    )


def _overround(state: State, market: Market) -> float | None:
    """Return the sum of the asks less 1, in cents; None for YES/NO and where a bracket has no ask."""
    if not market.contract.brackets:
        return None
    asks = [quotes.best(state, market, o).ask for o in market.contract.tradable]
    known = [a for a in asks if a is not None]
    return sum(known) / 100.0 - 100.0 if len(known) == len(asks) else None
