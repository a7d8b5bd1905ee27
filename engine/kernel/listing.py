"""Markets from listing to close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.ids import MarketId, embedded
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.exchange.answers import Declined
from engine.exchange.walk import QUOTED
from engine.kernel import journal, resting, results, rows, taping
from engine.kernel.state import Release
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import CreateMarket, SetPhase
    from engine.core.contract import Contract
    from engine.core.effects import Row
    from engine.exchange.market import Market
    from engine.kernel.state import State

PHASES: Final = {
    1: "the maker's curve alone",
    2: "orders rest beside the curve",
    3: "the curve quotes a spread and its liquidity falls as people trade with each other",
}
GRACE: Final = 10 * MINUTE
"""After the close, before the first attempt to settle: the report that ends the window is on its way."""


def create(state: State, asked: CreateMarket) -> None:
    """List a contract. Operators only; the house puts up the worst case."""
    if not state.operator(asked.by):
        text = "only an operator may create a market; take the operator's role first"
        state.out.notice(Level.WARN, text, "ROLE", asked.contract.id)
        return
    made = state.exchange.create(
        asked.contract, asked.b, asked.prior, asked.fee_rate, state.now, phase=asked.phase, kind=asked.kind
    )
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


def set_phase(state: State, asked: SetPhase) -> None:
    """Bring a market to a later phase. Operators only."""
    found = state.exchange.markets.get(asked.market)
    if not state.operator(asked.by):
        text = "only an operator may change a market's phase; take the operator's role first"
        state.out.notice(Level.WARN, text, "ROLE", asked.market)
        return
    if found is None:
        text = state.exchange.ended(asked.market) or f"market {asked.market[:80]} is not known"
        state.out.notice(Level.WARN, text, "PHASE")
        return
    refused = state.exchange.hybrid.advance(found, asked.phase)
    if refused is not None:
        state.out.notice(Level.WARN, refused.text, refused.code, found.id)
        return
    then = f"phase:{found.id}:{found.phase}"
    state.out.keep((rows.market(found),), then)
    text = f"{found.contract.title} is in phase {found.phase}: {PHASES[found.phase]}"
    state.released[then] = Release(market=found.id, text=text, code="PHASE")
    _wake_decay(state, found)


def decay(state: State, market: MarketId) -> None:
    """Let the liquidity of a market of phase 3 fall to what the day's volume asks for; looked at once an hour."""
    found = state.exchange.markets.get(market)
    if found is None or found.status != "open":
        return
    before = found.b
    if state.exchange.hybrid.decay(found, state.now):
        volume = state.exchange.hybrid.organic(found, state.now)
        text = f"{found.contract.title}: b fell from {before:.1f} to {found.b:.1f} shares on {volume:.0f} traded"
        state.out.keep((rows.market(found),))
        state.out.notice(Level.INFO, f"{text} between people", "LIQUIDITY", market)
        taping.moved(state, market)
    _wake_decay(state, found)


def _wake_decay(state: State, market: Market) -> None:
    if market.phase >= QUOTED:
        state.out.wake(Nanos(state.now + HOUR), f"decay:{market.id}")


def schedule(state: State, market: MarketId) -> None:
    """Ask to be woken when a market closes, or to settle it when it has."""
    found = state.exchange.markets[market]
    if found.status == "open":
        _wake_decay(state, found)
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
        taping.moved(state, told.market)


def close(state: State, market: MarketId) -> None:
    """End trading in a market; settling it comes after the grace."""
    found = state.exchange.markets.get(market)
    if found is None or found.status != "open":
        return
    journal.market_closing(state, found)
    kept, heard = resting.ousted(state, state.exchange.close(market, state.now), "the market closed")
    then = f"closed:{market}" if heard else ""
    state.out.keep((rows.market(found), *kept), then)
    if heard:
        state.released[then] = Release(heard=heard)
        results.refresh_loss(state, market)
    state.out.notice(Level.INFO, f"{found.contract.title} is closed", "CLOSED", market)
    state.out.dirty(topics.SETTLEMENTS, topics.POSITIONS)
    taping.moved(state, market)
    state.out.wake(Nanos(found.contract.closes + GRACE), f"settle:{market}")
