"""The markets of the embedded exchange, from listing to letting go: opened, closed, disputed, settled, taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.ids import HOUSE, InstrumentId, MarketId, embedded
from engine.core.units import NO_MONEY, Money, Nanos, money_up
from engine.exchange import recovery, settling, terms
from engine.exchange.accounts import Accounts
from engine.exchange.answers import CashMove, Created, Declined, SubsidyQuote
from engine.exchange.limits import refuse_subsidy
from engine.exchange.market import CLOSED, DISPUTED, ENDED, OPEN, Market
from engine.exchange.rules import ExchangeRules
from engine.maths import lmsr
from engine.portfolio.groups import group_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.contract import Contract
    from engine.core.snapshot import Snapshot
    from engine.exchange.answers import Reversed, Settled
    from engine.exchange.resting import Rest

ANY_TIME: Final = Nanos(-1)


class Listings(Accounts):
    """Which markets there are, and where each of them stands."""

    def __init__(self, rules: ExchangeRules | None = None) -> None:
        super().__init__(rules)
        self._listed: dict[InstrumentId, tuple[Market, int]] = {}
        self.gone: dict[MarketId, str] = {}
        """How each market ended that was let go: its id stays taken, and nothing reaches it any more."""

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

    def listed(self, instrument: InstrumentId) -> tuple[Market, int] | None:
        """Return the market of an instrument and which of its outcomes it is; None when it is not traded here."""
        return self._listed.get(instrument)

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

    def subsidies(self) -> Money:
        """Return the most the house can lose on all markets that are not settled."""
        return Money(sum((m.subsidy for m in self.markets.values() if m.status not in ENDED), NO_MONEY))

    def _refuse_terms(self, contract: Contract, b: float, prior: Sequence[float]) -> tuple[float, ...] | Declined:
        if contract.id in self.markets or contract.id in self.gone:
            return Declined("DUPLICATE_ID", f"Market {contract.id} exists already.")
        refused = terms.refuse_contract(contract, self.rules) or terms.refuse_liquidity(b, self.rules)
        return refused or terms.opening(prior, len(contract.outcomes), self.rules)

    def _list(self, market: Market) -> None:
        self.markets[market.id] = market
        for outcome in market.contract.tradable:
            self._listed[embedded(market.id, outcome)] = (market, outcome)
