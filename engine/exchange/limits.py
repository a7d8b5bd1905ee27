"""Whether an account may make a trade, and the house another market: cash, exposure, and what could be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import HOUSE
from engine.core.units import NO_MONEY, Money, Qty
from engine.exchange.answers import Declined
from engine.exchange.books import EMPTY
from engine.exchange.market import BUY, ENDED, YES, of_lots
from engine.portfolio.groups import Outcome, judge

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from decimal import Decimal

    from engine.core.ids import AccountId, Cell, MarketId
    from engine.exchange.answers import Quote
    from engine.exchange.books import Books
    from engine.exchange.market import Market
    from engine.exchange.rules import ExchangeRules
    from engine.portfolio.position import Position

OK: Final = Outcome.OK


def refuse_trade(
    quote: Quote,
    market: Market,
    held: Position,
    books: Books,
    markets: Mapping[MarketId, Market],
    rules: ExchangeRules,
) -> Declined | None:
    """Return why this account cannot make this trade; None when it can."""
    account, buying, cost = quote.account, quote.side is BUY, quote.cost
    if books.standing and account in books.standing:
        return refuse_order(quote, market, held, books, markets, rules)
    if buying:
        has = books.cash.get(account, NO_MONEY)
        needs = cost + quote.fee if quote.fee else cost
        if needs > has:
            return Declined("CASH", f"This costs {needs} and {has} is free.", limit=has, would_be=needs)
    groups = books.nets.get(account)
    cells = EMPTY if groups is None else groups.get(market.group, EMPTY)
    before = cells.get(market.cell, NO_MONEY)
    others: Decimal = NO_MONEY
    if len(cells) > 1 or (cells and market.cell not in cells):
        others = sum([abs(net) for net in cells.values()], NO_MONEY) - abs(before)
    delta = quote.qty if buying is (quote.leg is YES) else -quote.qty
    after = abs(before + delta)
    if after > rules.max_cell or after + others > rules.max_group:
        outcome = judge(before, delta, others, rules.max_cell, rules.max_group)
        if outcome is not OK:
            return _over_exposed(outcome, after, others, rules)
    tied = books.escrow.get(account, NO_MONEY)
    if (tied + cost if buying else tied) <= rules.max_margin:
        return None  # what is tied up is never less than what can be lost, which takes longer to add up
    return _refuse_margin(quote, market, held, markets.values(), rules)


def refuse_order(
    quote: Quote,
    market: Market,
    held: Position,
    books: Books,
    markets: Mapping[MarketId, Market],
    rules: ExchangeRules,
) -> Declined | None:
    """Return the same where orders of the account rest, or this one is to: whatever of them all fills.

    What is set aside for a resting order stays set aside until it trades, so that its trade needs no leave.
    """
    account, buying = quote.account, quote.side is BUY
    standing = books.standing.get(account)
    aside = NO_MONEY if standing is None else standing.cash
    needs = quote.cost + quote.fee + quote.reserve if buying else NO_MONEY
    has = Money(books.cash.get(account, NO_MONEY) - aside)
    if buying and needs > has:
        return Declined("CASH", f"This costs {needs} and {has} is free.", limit=has, would_be=needs)
    ways = {} if standing is None else standing.ways.get(market.group, {})
    nets = books.cells(account, market)
    qty = quote.qty + quote.rest
    up, down = ways.get(market.cell, (NO_MONEY, NO_MONEY))
    before = nets.get(market.cell, NO_MONEY)
    rises = buying is (quote.leg is YES)
    reach = before + up if rises else before - down
    others = sum([_reach(nets, ways, cell) for cell in {**nets, **ways} if cell != market.cell], NO_MONEY)
    delta = qty if rises else -qty
    outcome = judge(reach, delta, others, rules.max_cell, rules.max_group)
    if outcome is not OK:
        return _over_exposed(outcome, abs(reach + delta), others, rules)
    tied = books.escrow.get(account, NO_MONEY) + aside
    if (tied + quote.cost + quote.reserve if buying else tied) <= rules.max_margin:
        return None
    return _refuse_margin(quote, market, held, markets.values(), rules, Money(aside + quote.reserve))


def _reach(nets: Mapping[Cell, Decimal], ways: Mapping[Cell, tuple[Decimal, Decimal]], cell: Cell) -> Decimal:
    """Return how far to one side an account may come in a cell, whatever of its orders fills."""
    net = nets.get(cell, NO_MONEY)
    up, down = ways.get(cell, (NO_MONEY, NO_MONEY))
    return max(abs(net + up), abs(net - down))


def refuse_subsidy(subsidy: Money, after: Money, books: Books, rules: ExchangeRules) -> Declined | None:
    """Return why the house cannot fund another market; `after` is the sum of subsidies with it."""
    limit, has = rules.subsidy_limit, books.cash.get(HOUSE, NO_MONEY)
    if after > limit:
        text = f"The house could then lose {after} on all its markets; the limit is {limit}."
        return Declined("SUBSIDY_LIMIT", text, limit=limit, would_be=after)
    if subsidy > has:
        text = f"The house has {has} and this market's worst case needs {subsidy}."
        return Declined("CASH", text, limit=has, would_be=subsidy)
    return None


def margin(account: AccountId, markets: Collection[Market]) -> Money:
    """Return the most an account can lose on its open positions."""
    return Money(sum([m.margin(account) for m in markets if m.status not in ENDED], NO_MONEY))


def _refuse_margin(
    quote: Quote,
    market: Market,
    held: Position,
    markets: Collection[Market],
    rules: ExchangeRules,
    aside: Money = NO_MONEY,
) -> Declined | None:
    account, limit = quote.account, rules.max_margin
    now = held.bought(quote.qty, quote.cost) if quote.side is BUY else held.sold(_going(quote, market), quote.cost)
    here = market.margin(account)
    change = market.margin_with(account, quote.outcome, quote.leg, now) - here
    if change <= 0 and not quote.reserve:
        return None
    after = margin(account, markets) + change + aside
    if after <= limit:
        return None
    text = f"You could lose {after} on your positions; the limit is {limit}."
    return Declined("POSITION_LIMIT", text, limit=limit, would_be=after)


def _going(quote: Quote, market: Market) -> Qty:
    """Return the shares of a leg that its account sells: with this order, and with those of it that rest."""
    if market.book is None:
        return quote.qty
    index = 2 * quote.outcome + (quote.leg is not YES)
    return Qty(quote.qty + quote.rest + of_lots(market.book.offered.get((quote.account, index), 0)))


def _over_exposed(outcome: Outcome, cell: Decimal, others: Decimal, rules: ExchangeRules) -> Declined:
    if outcome is Outcome.PER_CELL:
        text = f"You would be {cell} shares to one side in this cell; the limit is {rules.max_cell}."
        return Declined("PER_CELL", text, limit=rules.max_cell, would_be=cell)
    text = f"You would be {cell + others} shares to one side in this neighbourhood; the limit is {rules.max_group}."
    return Declined("CORRELATED", text, limit=rules.max_group, would_be=cell + others)
