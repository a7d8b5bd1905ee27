"""Paying a market out, and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.ids import FEES, HOUSE, AccountId
from engine.core.units import NO_MONEY, NOTHING, Money
from engine.exchange.answers import CashMove, Payout, Reversed, Settled
from engine.exchange.market import DISPUTED, SETTLED, VOID, dues, refunds
from engine.portfolio.position import FLAT, Position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.exchange.books import Books
    from engine.exchange.market import Market, Stake


def settle(market: Market, winner: int | None, books: Books) -> Settled:
    """Pay every holder of an open, closed or disputed market; the rest is the house's.

    A void market earns nobody a fee: all that were taken in it go back. The sheet (3.3) gives back cost bases and is
    silent on fees, which are a line of their own (1.8); they are all there, whereas gains that were taken out are not.
    """
    due = _due(market, winner, Money(market.pot + max(books.cash.get(HOUSE, NO_MONEY), NO_MONEY)))
    sums = {account: Money(sum(row, NO_MONEY)) for account, row in due.items()}
    remainder = Money(market.pot - sum(sums.values(), NO_MONEY))
    kind = "refund" if winner is None else "payout"
    paid = [CashMove(account, amount, kind, market.id) for account, amount in sums.items() if amount]
    if remainder:
        paid.append(CashMove(HOUSE, remainder, "remainder", market.id))
    market.fees_back = _fees(market) if winner is None else {}
    moves = (*_against_the_pot(market, paid), *_given_back(market, 1))
    books.post(moves, market)
    for account, stake in market.stakes.items():
        books.carry(account, market, stake, -1)
    market.paid = {move.account: move.amount for move in paid}
    market.status = VOID if winner is None else SETTLED
    market.winner = winner
    gains = _flatten(market, due)
    got = {account: Money(amount + market.fees_back.get(account, NO_MONEY)) for account, amount in sums.items()}
    payouts = tuple([Payout(account, got[account], gains[account]) for account in due])
    return Settled(market=market.id, winner=winner, payouts=payouts, remainder=remainder, moves=moves)


def reverse(market: Market, books: Books) -> Reversed:
    """Claim back what a settlement paid, and put every position back."""
    claims = [
        CashMove(account, Money(-amount), "clawback", market.id) for account, amount in sorted(market.paid.items())
    ]
    moves = (*_against_the_pot(market, claims), *_given_back(market, -1))
    books.post(moves, market)
    market.stakes, market.sealed, market.paid, market.fees_back = market.sealed, {}, {}, {}
    market.status = DISPUTED
    market.winner = None
    for account, stake in market.stakes.items():
        books.carry(account, market, stake, 1)
    return Reversed(market=market.id, moves=moves)


def recover(market: Market, paid: Mapping[AccountId, Money], fees_back: Mapping[AccountId, Money]) -> None:
    """Bring a market that settled in an earlier session to where that left it; no money moves.

    Earlier versions gave no fees back: what was given is what the ledger has.
    """
    market.fees_back = {account: amount for account, amount in sorted(fees_back.items()) if amount}
    market.paid = {account: amount for account, amount in sorted(paid.items()) if amount}
    to_holders = sum((amount for account, amount in paid.items() if account != HOUSE), NO_MONEY)
    _flatten(market, _due(market, market.winner, Money(to_holders)))


def _due(market: Market, winner: int | None, available: Money) -> dict[AccountId, list[Money]]:
    return refunds(market.stakes, available) if winner is None else dues(market.stakes, winner)


def _fees(market: Market) -> dict[AccountId, Money]:
    """Return what each account paid in fees, of those that did."""
    sums = {
        account: Money(sum((p.fees for p in market.stakes[account]), NO_MONEY)) for account in sorted(market.stakes)
    }
    return {account: fees for account, fees in sums.items() if fees}


def _given_back(market: Market, sign: int) -> tuple[CashMove, ...]:
    """Return the moves that give fees back (1), or claim them again (-1)."""
    return tuple(
        half
        for account, fees in market.fees_back.items()
        for half in (
            CashMove(account, Money(sign * fees), "fee", market.id),
            CashMove(FEES, Money(-sign * fees), "fee", market.id),
        )
    )


def _against_the_pot(market: Market, moves: list[CashMove]) -> tuple[CashMove, ...]:
    """Return the moves, each followed by the pot's other half of it."""
    return tuple([half for m in moves for half in (m, CashMove(market.pot_id, Money(-m.amount), m.kind, market.id))])


def _flatten(market: Market, due: Mapping[AccountId, list[Money]]) -> dict[AccountId, Money]:
    """Seal the stakes, close every position at what it is due, and return what each account made by that."""
    market.sealed = market.stakes
    flat: dict[AccountId, Stake] = {}
    gains: dict[AccountId, Money] = {}
    for account, stake in market.stakes.items():
        rows, back = list(zip(stake, due[account], strict=True)), account in market.fees_back
        flat[account] = [
            p
            if p is FLAT
            else Position(NOTHING, NO_MONEY, Money(p.realised + (paid - p.cost)), NO_MONEY if back else p.fees)
            for p, paid in rows
        ]
        gains[account] = Money(sum([paid - p.cost for p, paid in rows], NO_MONEY))
    market.stakes = flat
    return gains
