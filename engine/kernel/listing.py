"""Markets from listing to close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.ids import MarketId, embedded
from engine.core.units import DAY, MINUTE, Nanos
from engine.exchange.answers import Declined
from engine.kernel import rows, trading
from engine.kernel.state import Release
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import CreateMarket
    from engine.core.contract import Contract
    from engine.core.effects import Row
    from engine.kernel.state import State

GRACE: Final = 10 * MINUTE
"""After the close, before the first attempt to settle: the report that ends the window is on its way."""


def create(state: State, asked: CreateMarket) -> None:
    """List a contract. Operators only; the house puts up the worst case."""
    if not state.operator(asked.by):
        text = "only an operator may create a market; take the operator's role first"
        state.out.notice(Level.WARN, text, "ROLE", asked.contract.id)
        return
    made = state.exchange.create(asked.contract, asked.b, asked.prior, asked.fee_rate, state.now)
    if isinstance(made, Declined):
        state.out.notice(
            Level.WARN, f"{asked.contract.title} was not listed: {made.text}", made.code, asked.contract.id
        )
        return
    market = state.exchange.markets[made.market]
    then = f"market:{market.id}"
    state.out.keep((rows.market(market), *rows.cash(made.moves, state.now), *_known(state, asked.contract)), then=then)
    listed = f"Listed {asked.contract.title}; worst-case subsidy ${made.subsidy:.2f}"
    state.released[then] = Release(market=market.id, text=listed, code="LISTED")
    for outcome in asked.contract.tradable:
        price = 100.0 * market.prices[outcome]
        state.trail(embedded(market.id, outcome)).append((state.now, price))
    schedule(state, market.id)


def _known(state: State, contract: Contract) -> tuple[Row, ...]:
    """Return the reports that came before the market did: only those of listed markets are kept as they come."""
    since = Nanos(contract.opens - DAY)
    reports = (r for s in contract.stations for r in state.observed.readings(s.id, since, contract.closes))
    return tuple(rows.reading(one) for one in reports)


def schedule(state: State, market: MarketId) -> None:
    """Ask to be woken when a market closes, or to settle it when it has."""
    found = state.exchange.markets[market]
    closes = found.contract.closes
    if found.status == "open":
        state.out.wake(closes, f"close:{market}")
    elif found.status == "closed":
        state.out.wake(Nanos(max(closes + GRACE, state.now)), f"settle:{market}")


def announce(state: State, told: Release) -> None:
    """A market is on disk: show it."""
    state.out.notice(Level(told.level), told.text, told.code, str(told.market))
    state.out.dirty(topics.MARKETS, topics.SETTLEMENTS, topics.SPINE)
    if told.market is not None:
        trading.moved(state, told.market)


def close(state: State, market: MarketId) -> None:
    """End trading in a market; settling it comes after the grace."""
    found = state.exchange.markets.get(market)
    if found is None or found.status != "open":
        return
    state.exchange.close(market)
    state.out.keep((rows.market(found),))
    state.out.notice(Level.INFO, f"{found.contract.title} is closed", "CLOSED", market)
    state.out.dirty(topics.SETTLEMENTS, topics.POSITIONS)
    trading.moved(state, market)
    state.out.wake(Nanos(found.contract.closes + GRACE), f"settle:{market}")
