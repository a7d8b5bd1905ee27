"""Markets and accounts as the last session left them, checked against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.errors import StoreDamaged
from engine.core.ids import MarketId
from engine.core.units import Leg, Ticks, money_up
from engine.exchange import settling
from engine.exchange.market import ENDED, Market, lots_of
from engine.exchange.resting import Rest
from engine.maths import lmsr
from engine.portfolio.groups import group_of
from engine.portfolio.position import Position

if TYPE_CHECKING:
    from engine.core.snapshot import HoldingRow, MarketRow, Snapshot
    from engine.exchange.books import Books
    from engine.exchange.hybrid import Hybrid
    from engine.exchange.rules import ExchangeRules


def markets(snapshot: Snapshot, rules: ExchangeRules, books: Books) -> list[Market]:
    """Return the ledger's markets and fill these empty books.

    Raises
    ------
    StoreDamaged
        If holdings, shares sold and pots do not agree.
    """
    books.cash.update({row.account: row.amount for row in snapshot.cash})
    found = {MarketId(row.contract.id): _market(row, rules) for row in snapshot.markets}
    for held in snapshot.holdings:
        _hold(found.get(held.market), held)
    for row in snapshot.markets:
        _recover(found[MarketId(row.contract.id)], row, books)
    return list(found.values())


def resting(snapshot: Snapshot, hybrid: Hybrid) -> None:
    """Let the orders rest again that did, each at its place.

    Raises
    ------
    StoreDamaged
        If one cannot rest where it did, or what is set aside for it is not there.
    """
    hybrid.next_place = max(hybrid.next_place, snapshot.next_place)
    for row in snapshot.resting:
        one = Rest(
            row.order, row.place, row.at, row.account, row.market, row.outcome, row.leg, row.side, Ticks(row.price),
            lots_of(row.qty), row.until,
        )  # fmt: skip
        wrong = hybrid.restore(one)
        if not wrong and one.reserved != row.reserved:
            wrong = f"{row.reserved} was set aside for order {one.order}, which needs {one.reserved}"
        if wrong:
            raise StoreDamaged(wrong)


def _market(row: MarketRow, rules: ExchangeRules) -> Market:
    subsidy = money_up(lmsr.max_loss(row.prior, row.b))
    group = group_of(row.contract.cell, rules.group_mode)
    market = Market(row.contract, row.b, row.prior, row.fee_rate, row.created_at, group, subsidy, row.phase, row.kind)
    market.status = row.status
    market.winner, market.record = row.winner, row.record
    market.pot = row.pot
    market.trades, market.lots = row.trades, lots_of(row.volume)
    market.last = None if row.last_ticks is None else Ticks(row.last_ticks)
    market.organic.extend((at, lots_of(qty)) for at, qty in row.organic)
    return market


def _hold(market: Market | None, held: HoldingRow) -> None:
    if market is None or held.outcome not in market.contract.tradable:
        msg = f"{held.account} holds {held.market}/{held.outcome}, which is not listed"
        raise StoreDamaged(msg)
    index = 2 * held.outcome + (held.leg is Leg.NO)
    market.stake(held.account)[index] = Position(held.qty, held.cost, held.realised, held.fees)


def _recover(market: Market, row: MarketRow, books: Books) -> None:
    """Bring a market's sums, and its accounts', in line with the stakes in it."""
    try:
        if row.b_now is not None:
            market.recall(row.b_now, row.offset)
        market.restore(row.sold)
    except ValueError as e:
        raise StoreDamaged(str(e)) from e
    if market.status in ENDED:
        back = {p.account: p.amount for p in row.fees_back}
        settling.recover(market, {p.account: p.amount for p in row.payouts}, back)
        return
    if any(market.pot < market.liability(w) for w in range(len(market.prior))):
        msg = f"the pot of {market.id} holds {market.pot} and does not cover what it may owe"
        raise StoreDamaged(msg)
    for account, stake in market.stakes.items():
        books.carry(account, market, stake, 1)
