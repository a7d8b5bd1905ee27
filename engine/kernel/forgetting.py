"""What a session of many days may let go: forecasts of the past, markets that are over, their tapes and old reports.

Once a day, and when a session opens. A market that is over keeps the reports that decided it as long as it is on the
settlement queue, so that a ruling can seal them again; then the market itself goes, unless something on the screen
still names it. Its id stays taken. The ledger keeps everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import EMBEDDED, MarketId, embedded
from engine.core.units import DAY, Nanos
from engine.exchange.market import ENDED
from engine.kernel import automated, grouping, settling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.ids import InstrumentId
    from engine.exchange.market import Market
    from engine.kernel.state import State

OVER: Final = 40
"""Markets that are over and whose evidence is still at hand."""
REPORTS: Final = 3 * DAY
"""Reports that are kept whatever the markets are; a market that closed since is kept with them."""
ROWS: Final = 200
"""Of the newest orders, and of the newest records: what is listed of them."""


def forget(state: State) -> None:
    """Drop what nothing asks for any more."""
    yesterday = state.now - DAY
    for metric, grids in state.grids.items():
        for window in [w for w in grids if w[1] < yesterday]:
            del grids[window]
            state.grid_cells.pop((metric, *window), None)
    automated.forget(state)
    state.diary.forget()
    over = [m for m in state.exchange.markets.values() if m.status in ENDED]
    for market in over:
        if market.contract.closes < yesterday:
            _forget_market(state, market)
    let_go(state)
    if state.session.markets_kept:
        grouping.forget_over(state)
    at_hand = newest(over, OVER)
    waiting = (m for m in state.exchange.markets.values() if m.status not in ENDED)
    since = min((m.contract.opens - DAY for m in (*waiting, *at_hand)), default=state.now)
    state.observed.forget(Nanos(min(since, state.now - REPORTS)))


def contest(state: State) -> None:
    """Look at each market that is over and whose evidence is at hand: what came since may decide it otherwise."""
    for market in newest([m for m in state.exchange.markets.values() if m.status in ENDED], OVER):
        settling.contest(state, market)


def let_go(state: State) -> None:
    """Let markets go that nothing can be done with and nothing names; a session that keeps all, none."""
    kept = state.session.markets_kept
    over = [m for m in state.exchange.markets.values() if m.over and m.contract.closes < state.now - REPORTS]
    if not kept or not over:
        return
    at_hand = {m.id for m in newest([m for m in state.exchange.markets.values() if m.status in ENDED], kept)}
    spared = at_hand.union(_named(state))
    for market in over:
        if market.id in spared:
            continue
        _forget_market(state, market)
        for outcome in market.contract.tradable:
            state.diary.of.pop(embedded(market.id, outcome), None)
            state.diary.done.pop(embedded(market.id, outcome), None)
        state.verdicts.pop(market.id, None)
        state.waiting.pop(market.id, None)
        state.contested.pop(market.id, None)
        state.book.let_go(market.id)
        state.exchange.let_go(market.id)
    _forget_records(state)


def newest(over: list[Market], count: int) -> list[Market]:
    """Return the markets whose records are the newest."""
    return sorted(over, key=lambda m: -(m.record or 0))[:count]


def _forget_market(state: State, market: Market) -> None:
    for outcome in market.contract.tradable:
        state.trails.pop(embedded(market.id, outcome), None)
        state.tapes.pop(embedded(market.id, outcome), None)
    state.shown.pop(market.id, None)  # it holds both as well
    state.attempts.pop(market.id, None)
    state.opinions.pop(market.id, None)


def _forget_records(state: State) -> None:
    """Drop the rows of records that no list shows, of markets that were let go."""
    gone, before = state.exchange.gone, len(state.settlements)
    old = state.settlements[:-ROWS]
    state.settlements = [row for row in old if row.market not in gone] + state.settlements[-ROWS:]
    state.settlements_gone += before - len(state.settlements)


def _named(state: State) -> Iterator[MarketId]:
    """Yield the markets that orders, fills, entries of the journal or what waits for the disk name."""
    for instrument in _instruments(state):
        if instrument.venue == EMBEDDED and "/" in instrument.symbol:
            yield MarketId(instrument.symbol.rpartition("/")[0])
    for told in state.released.values():
        if told.market is not None:
            yield told.market
        if told.settled is not None:
            yield told.settled.market
        if told.booked is not None:
            yield told.booked.trade.market


def _instruments(state: State) -> Iterator[InstrumentId]:
    yield from (one.place.instrument for one in state.register.open())
    yield from (one.place.instrument for one in state.foreseen.values())
    yield from (one.place.instrument for one in state.register.newest(ROWS))
    yield from (row.instrument for row in state.fills)
    yield from (row.instrument for row in state.diary.entries.values())
