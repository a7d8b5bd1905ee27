"""What a session of many days may let go: forecasts of the past, tapes of markets that are over, old reports.

Once a day. A market that is over keeps the reports that decided it as long as it is on the settlement queue, so that
a ruling can seal them again; the ledger keeps everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import embedded
from engine.core.units import DAY, Nanos
from engine.exchange.market import ENDED
from engine.kernel import automated

if TYPE_CHECKING:
    from engine.exchange.market import Market
    from engine.kernel.state import State

OVER: Final = 40
"""Markets that are over and whose evidence is still at hand."""
REPORTS: Final = 3 * DAY
"""Reports that are kept whatever the markets are."""


def forget(state: State) -> None:
    """Drop what nothing asks for any more."""
    yesterday = state.now - DAY
    for metric, grids in state.grids.items():
        for window in [w for w in grids if w[1] < yesterday]:
            del grids[window]
            state.grid_cells.pop((metric, *window), None)
    automated.forget(state)
    over = [m for m in state.exchange.markets.values() if m.status in ENDED]
    for market in over:
        if market.contract.closes < yesterday:
            _forget_market(state, market)
    at_hand = sorted(over, key=lambda m: -(m.record or 0))[:OVER]
    waiting = (m for m in state.exchange.markets.values() if m.status not in ENDED)
    since = min((m.contract.opens - DAY for m in (*waiting, *at_hand)), default=state.now)
    state.observed.forget(Nanos(min(since, state.now - REPORTS)))


def _forget_market(state: State, market: Market) -> None:
    for outcome in market.contract.tradable:
        state.trails.pop(embedded(market.id, outcome), None)
        state.tapes.pop(embedded(market.id, outcome), None)
    state.shown.pop(market.id, None)  # it holds both as well
    state.attempts.pop(market.id, None)
    state.opinions.pop(market.id, None)
