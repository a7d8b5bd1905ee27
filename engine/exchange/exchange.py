"""The embedded exchange: all markets and all accounts, and the one place where their money moves.

Nothing here waits, logs or reads a clock; an order is quoted or executed whole inside one call. Every operation
returns its cash moves, which sum to 0, and is refused before anything changes or not at all. Cash is never
negative, save that a settlement which is taken back claims from an account what it may have spent since; such an
account buys nothing until it is even.
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor, log
from typing import TYPE_CHECKING, Final, cast

import msgspec

from engine.core.ids import FEES, HOUSE, AccountId, Cell, InstrumentId, MarketId, OrderId, embedded
from engine.core.units import (
    MICRO,
    MICROS,
    NO_MONEY,
    TICKS_PER_UNIT,
    Leg,
    Money,
    Nanos,
    Ticks,
    is_money,
    money_up,
)
from engine.exchange import hybrid, recovery, settling, sizing, terms
from engine.exchange.answers import CashMove, Created, Declined, Holding, Quote, SubsidyQuote, Traded
from engine.exchange.books import OUTSIDE, RESERVED, Books
from engine.exchange.hybrid import Hybrid
from engine.exchange.limits import margin, refuse_subsidy, refuse_trade
from engine.exchange.market import BUY, CLOSED, DISPUTED, ENDED, LOTS, OPEN, YES, Market
from engine.exchange.rules import LOT, MOST, ExchangeRules
from engine.exchange.sizing import AT_ONCE
from engine.maths import lmsr
from engine.maths.fees import fee
from engine.portfolio.groups import group_of
from engine.portfolio.position import FLAT, Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.core.commands import Place
    from engine.core.contract import Contract
    from engine.core.snapshot import Snapshot
    from engine.exchange.answers import Reversed, Settled
    from engine.exchange.resting import Rest

ANY_TIME: Final = Nanos(-1)


class Exchange:
    """Markets and accounts."""

    def __init__(self, rules: ExchangeRules | None = None) -> None:
        self.rules = rules or ExchangeRules()
        self.markets: dict[MarketId, Market] = {}
        self._books = Books()
        self.hybrid = Hybrid(self.markets, self._books, self.rules)
        """Orders that rest, in markets of a later phase than the first."""
        self._listed: dict[InstrumentId, tuple[Market, int]] = {}
        self.gone: dict[MarketId, str] = {}
        """How each market ended that was let go: its id stays taken, and nothing reaches it any more."""

    @property
    def cash(self) -> dict[AccountId, Money]:
        """Free cash of every account; to be read only."""
        return cast("dict[AccountId, Money]", self._books.cash)

    def free(self, account: AccountId) -> Money | None:
        """Return the cash of an account that no resting order has set aside; None of one that has no account."""
        return self._books.free(account) if account in self._books.cash else None

    def ways(self, account: AccountId) -> Mapping[str, Mapping[Cell, tuple[Decimal, Decimal]]]:
        """Return by group and cell what resting orders of an account may add to YES less NO, and take from it."""
        found = self._books.standing.get(account)
        return {} if found is None else found.ways

    def nets(self, account: AccountId) -> Mapping[str, Mapping[Cell, Decimal]]:
        """Return YES less NO shares of an account by group and cell; to be read only."""
        return self._books.nets.get(account, {})

    def restore(self, snapshot: Snapshot) -> None:
        """Take over what the ledger knows. The exchange must be new.

        Raises
        ------
        StoreDamaged
            If holdings, shares sold and pots do not agree.
        """
        for market in recovery.markets(snapshot, self.rules, self._books):
            self._list(market)
        recovery.resting(snapshot, self.hybrid)

    def deposit(self, account: AccountId, amount: Money) -> tuple[CashMove, ...]:
        """Bring money in from outside.

        Raises
        ------
        ValueError
            If the amount is not a positive whole number of micro-units, or the account is not one that can hold it.
        """
        if not is_money(amount) or amount <= 0 or account in (FEES, OUTSIDE) or account.startswith("pot:"):
            msg = f"cannot deposit {amount} to {account}"
            raise ValueError(msg)
        moves = (
            CashMove(account, amount, "deposit", ""),
            CashMove(OUTSIDE, Money(-amount), "deposit", ""),
        )
        self._books.post(moves)
        return moves

    def preview_create(self, contract: Contract, b: float, prior: Sequence[float]) -> Declined | SubsidyQuote:
        """Return what listing a contract would cost the house at worst; changes nothing.

        Declined when the terms cannot make a market; sums that are too large are in the quote, as `refused`.
        """
        opens = self._refuse_terms(contract, b, prior)
        if isinstance(opens, Declined):
            return opens
        subsidy = money_up(lmsr.max_loss(opens, b))
        after = Money(self.subsidies() + subsidy)
        return SubsidyQuote(
            subsidy=subsidy,
            total_after=after,
            limit=self.rules.subsidy_limit,
            prices=opens,
            refused=refuse_subsidy(subsidy, after, self._books, self.rules),
        )

    def create(
        self, contract: Contract, b: float, prior: Sequence[float], fee_rate: Decimal, at: Nanos, *,
        phase: int = 1, kind: str = "",
    ) -> Created | Declined:  # fmt: skip
        """List a contract; the house pays the worst case into its pot."""
        refused = terms.refuse_listing(contract, fee_rate, at, self.rules, phase=phase, kind=kind)
        if refused is not None:
            return refused
        preview = self.preview_create(contract, b, prior)
        if isinstance(preview, Declined):
            return preview
        if preview.refused is not None:
            return preview.refused
        group = group_of(contract.cell, self.rules.group_mode)
        market = Market(contract, b, preview.prices, fee_rate, at, group, preview.subsidy, phase, kind)
        moves = (
            CashMove(HOUSE, Money(-preview.subsidy), "subsidy", market.id),
            CashMove(market.pot_id, preview.subsidy, "subsidy", market.id),
        )
        self._books.post(moves, market)
        self._list(market)
        return Created(market=market.id, subsidy=preview.subsidy, prices=market.prices, moves=moves)

    def quote(self, place: Place, at: Nanos = ANY_TIME) -> Quote | Declined:
        """Return what an order would do, or why it cannot; changes nothing. Without a time no close is looked at."""
        qty, listed = place.qty, self._listed.get(place.instrument)
        if listed is None or qty is None or place.budget is not None or place.post_only:
            return self.reckon(place, at)
        market, outcome = listed
        account, leg, side, price = place.by, place.leg, place.side, place.price
        if (  # the usual order, in one go: whatever else it is, or is refused for, `reckon` tells
            market.status != OPEN
            or market.book is not None
            or market.fee_rate
            or at >= market.contract.closes
            or account in RESERVED
            or place.tif not in AT_ONCE
            or type(qty) is not Decimal
            or not qty.is_finite()
            or not LOT <= qty <= MOST
            or (price is not None and not (type(price) is int and 0 < price < TICKS_PER_UNIT))
        ):
            return self.reckon(place, at)
        lots = int(qty * LOTS)
        yes = market.prices[outcome]
        own = yes if leg is YES else 1.0 - yes
        rules = self.rules
        stake = market.stakes.get(account)
        held = FLAT if stake is None else stake[2 * outcome if leg is YES else 2 * outcome + 1]
        if side is BUY:
            band: int = rules.high if leg is YES else TICKS_PER_UNIT - rules.low
            worst = (band if price is None or price > band else price) / TICKS_PER_UNIT
            amount, after = lmsr.step(own, lots / MICROS, market.b)
            fits, cost = after <= worst and own < worst, ceil(amount * MICROS) * MICRO
        else:
            band = rules.low if leg is YES else TICKS_PER_UNIT - rules.high
            worst = (band if price is None or price < band else price) / TICKS_PER_UNIT
            amount, after = lmsr.step(own, lots / -MICROS, market.b)
            fits, cost = after >= worst and own > worst and qty <= held.qty, floor(-amount * MICROS) * MICRO
        if not fits or lots * LOT != qty:
            return self.reckon(place, at)
        quote = Quote(account, market.id, outcome, leg, side, qty, cost, NO_MONEY, own, after, lots)  # type: ignore[arg-type] # as in `units`
        return refuse_trade(quote, market, held, self._books, self.markets, rules) or quote

    def execute(self, place: Place, at: Nanos, order: OrderId) -> Traded | Declined:
        """Trade at once what `quote` says; trading ends with the contract's window."""
        quote = self.quote(place, at)
        return quote if isinstance(quote, Declined) else self.trade(quote, at, order)

    def trade(self, quote: Quote, at: Nanos, order: OrderId) -> Traded:
        """Trade what `quote` said at the same time; nothing may have traded, moved or closed in between.

        Of a market where orders rest it is the sum of what was bought or sold; `hybrid.submit` tells all of it, and
        only there can the order rest.
        """
        market = self.markets[quote.market]
        if market.book is not None:
            return hybrid.summed(quote, self.hybrid.submit(quote, at, order))
        account, outcome, leg, side, qty, cost, taken = (
            quote.account, quote.outcome, quote.leg, quote.side, quote.qty, quote.cost, quote.fee,
        )  # fmt: skip
        index = 2 * outcome if leg is YES else 2 * outcome + 1
        realised = self._books.enter(market, account, index, side is BUY, qty, cost, taken)
        before: Ticks = round(market.prices[outcome] * TICKS_PER_UNIT)  # type: ignore[assignment] # as in `units`
        after = market.move(outcome, leg, side, quote.lots)
        return Traded(account, order, at, quote.market, outcome, leg, side, qty, cost, taken, before, after, realised)

    def listed(self, instrument: InstrumentId) -> tuple[Market, int] | None:
        """Return the market of an instrument and which of its outcomes it is; None when it is not traded here."""
        return self._listed.get(instrument)

    def sketch(self, account: AccountId, markets: Iterable[MarketId]) -> Exchange:
        """Return an exchange on which an account's trades in these markets can be tried; this one stays as it is.

        All else is shared with this one: only `quote`, `execute` and `trade`, of this account in these markets, may
        be asked of it, before anything happens here.
        """
        other = Exchange(self.rules)
        other._books = self._books.sketch(account)
        other.markets = dict(self.markets)
        for name in markets:
            other.markets[name] = self.markets[name].sketch(account)
            other._list(other.markets[name])
        other.hybrid = self.hybrid.sketch(other.markets, other._books)
        return other

    def close(self, market: MarketId, at: Nanos = ANY_TIME) -> tuple[Rest, ...]:
        """End trading and return the resting orders that it took out. A market that is not open stays as it is."""
        found = self.markets[market]
        if found.status != OPEN:
            return ()
        found.status = CLOSED
        return self.hybrid.clear(found, at)

    def dispute(self, market: MarketId, at: Nanos = ANY_TIME) -> tuple[Rest, ...]:
        """Hold everything as it is until a ruling, but no order; ValueError if the market is settled or void."""
        found = self.markets[market]
        if found.status in ENDED:
            msg = f"market {market} is {found.status}; take its settlement back first"
            raise ValueError(msg)
        found.status = DISPUTED
        return self.hybrid.clear(found, at)

    def settle(self, market: MarketId, winner: int | None, at: Nanos = ANY_TIME) -> Settled:
        """Pay out a market and return what is left to the house; None is void and gives cost bases and fees back.

        A void can owe more than the pot holds, since gains taken out of it earlier stay where they are. Then the
        house adds what it can, and if that is too little the refunds shrink in proportion.

        Raises
        ------
        ValueError
            If the market is settled or void already, or has no such outcome.
        """
        found = self.markets[market]
        if found.status in ENDED:
            msg = f"market {market} is {found.status} already"
            raise ValueError(msg)
        if winner is not None and not 0 <= winner < len(found.prior):
            msg = f"market {market} has no outcome {winner}"
            raise ValueError(msg)
        ousted = self.hybrid.clear(found, at)
        return msgspec.structs.replace(settling.settle(found, winner, self._books), ousted=ousted)

    def reverse(self, market: MarketId, at: Nanos = ANY_TIME) -> Reversed:
        """Take a settlement back from everybody it paid; the market is disputed again, every position as before.

        An account that has spent the payout is left with negative cash: the only way there is to get any.

        Raises
        ------
        ValueError
            If the market is neither settled nor void.
        """
        found = self.markets[market]
        if found.status not in ENDED:
            msg = f"market {market} is {found.status}; there is no settlement to take back"
            raise ValueError(msg)
        return msgspec.structs.replace(settling.reverse(found, self._books), ousted=self.hybrid.unfunded(at))

    def let_go(self, market: MarketId) -> None:
        """Keep nothing of a market that has ended but its id and how it ended.

        Raises
        ------
        ValueError
            If the market is not over to the last share, order and cent.
        """
        found = self.markets[market]
        if not found.over:
            msg = f"market {market} is {found.status} and may still owe something; it cannot be let go"
            raise ValueError(msg)
        del self.markets[market]
        for outcome in found.contract.tradable:
            self._listed.pop(embedded(market, outcome), None)
        self.gone[market] = found.status

    def ended(self, market: MarketId) -> str:
        """Say why a market that was let go is not to be reached; empty of any other."""
        status = self.gone.get(market)
        return f"market {market} is {status} and was let go since; its record stays in the ledger" if status else ""

    def holding(self, account: AccountId, market: MarketId, outcome: int, leg: Leg) -> Position:
        """Return an account's position in one leg; flat when it has none."""
        found = self.markets.get(market)
        if found is None or outcome not in found.contract.tradable:
            return Position()
        return found.position(account, outcome, leg)

    def holdings(self, account: AccountId) -> Iterator[Holding]:
        """Yield an account's positions, flat ones with a past too, by market, outcome and leg."""
        for market in sorted(self.markets):
            for i, position in enumerate(self.markets[market].stakes.get(account, ())):
                if position.qty or position.realised or position.fees:
                    yield Holding(market, i // 2, Leg.NO if i % 2 else Leg.YES, position)

    def exposures(self, account: AccountId) -> dict[Cell, Decimal]:
        """Return YES less NO shares of an account in every cell where they differ, by cell."""
        groups = self._books.nets.get(account, {})
        return dict(sorted((cell, net) for cells in groups.values() for cell, net in cells.items() if net))

    def near(self, account: AccountId, market: Market) -> Mapping[Cell, Decimal]:
        """Return YES less NO shares of an account in the cells of a market's group; to be read only."""
        return self._books.cells(account, market)

    def escrow(self, account: AccountId) -> Money:
        """Return the cost basis of an account's open positions."""
        return Money(self._books.escrow.get(account, NO_MONEY))

    def margin(self, account: AccountId) -> Money:
        """Return the most an account can lose on its open positions."""
        return margin(account, self.markets.values())

    def subsidies(self) -> Money:
        """Return the most the house can lose on all markets that are not settled."""
        return Money(sum((m.subsidy for m in self.markets.values() if m.status not in ENDED), NO_MONEY))

    def total(self) -> Money:
        """Return all cash and all pots: what was deposited, always."""
        return Money(sum((m.pot for m in self.markets.values()), sum(self.cash.values(), NO_MONEY)))

    def depth(self, market: MarketId, outcome: int, ticks: Sequence[Ticks]) -> tuple[float, ...]:
        """Return the YES shares that move the curve's quote to each of these ticks.

        Above the price they are what can be bought up to there; below it they are negative, and their size is
        what the maker takes back down to there. Inside a quoted spread they are 0.
        """
        found = self.markets[market]
        b, here = found.b, lmsr.logit(found.prices[outcome])
        half = self.rules.half_spread if self.hybrid.half(found) else 0
        if not half:
            return tuple([b * (log(t / (TICKS_PER_UNIT - t)) - here) for t in ticks])
        at = found.prices[outcome] * TICKS_PER_UNIT
        goals = [max(at, t - half) if t > at else min(at, t + half) for t in ticks]
        return tuple([b * (log(t / (TICKS_PER_UNIT - t)) - here) if t != at else 0.0 for t in goals])

    def reckon(self, place: Place, at: Nanos) -> Quote | Declined:
        """Return what `quote` does, one rule after the other, so that a refusal has its reason."""
        listed = self._listed.get(place.instrument)
        if listed is None:
            return self._not_listed(place.instrument)
        market, outcome = listed
        if market.status != OPEN or at >= market.contract.closes:
            return _not_open(market)
        if place.by in RESERVED:
            return Declined("ACCOUNT", f"Account {place.by} does not trade.")
        refused = sizing.refuse_form(place, market.phase)
        if refused is not None:
            return refused
        if market.book is not None:
            return self.hybrid.quote(place, market, outcome, at)
        account, leg, side = place.by, place.leg, place.side
        stake = market.stakes.get(account)
        held = FLAT if stake is None else stake[2 * outcome if leg is YES else 2 * outcome + 1]
        sized = sizing.size(place, market, outcome, held.qty, self.rules)
        if isinstance(sized, Declined):
            return sized
        amount = sized.amount
        cost: Money = (ceil(amount * MICROS) if side is BUY else floor(-amount * MICROS)) * MICRO  # type: ignore[assignment]
        taken = fee(market.fee, cost) if market.fee_rate else NO_MONEY
        quote = Quote(
            account, market.id, outcome, leg, side, sized.qty, cost, taken, sized.own, sized.after, sized.lots
        )
        return refuse_trade(quote, market, held, self._books, self.markets, self.rules) or quote

    def _refuse_terms(self, contract: Contract, b: float, prior: Sequence[float]) -> tuple[float, ...] | Declined:
        if contract.id in self.markets or contract.id in self.gone:
            return Declined("DUPLICATE_ID", f"Market {contract.id} exists already.")
        refused = terms.refuse_contract(contract, self.rules) or terms.refuse_liquidity(b, self.rules)
        return refused or terms.opening(prior, len(contract.outcomes), self.rules)

    def _not_listed(self, instrument: InstrumentId) -> Declined:
        ended = self.ended(MarketId(instrument.symbol.rpartition("/")[0]))
        if ended:
            return Declined("NOT_OPEN", f"M{ended[1:]}.")
        return Declined("UNKNOWN", f"There is no market {instrument.symbol[:80]!r} here.")

    def _list(self, market: Market) -> None:
        self.markets[market.id] = market
        for outcome in market.contract.tradable:
            self._listed[embedded(market.id, outcome)] = (market, outcome)


def _not_open(market: Market) -> Declined:
    if market.status in (OPEN, CLOSED):
        return Declined("CLOSED", f"Trading in {market.contract.title} has ended.")
    return Declined("NOT_OPEN", f"{market.contract.title} is {market.status} and does not trade.")
