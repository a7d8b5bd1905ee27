"""One market of the embedded exchange: who holds what, what the pot holds, and the prices that follow.

A YES share of an outcome pays 1 if it wins, a NO share if it does not. Selling a NO share moves prices exactly as
buying YES does, so one number per outcome is enough for them: `net`, YES less NO shares sold. With two outcomes
only the first is traded and NO is its other leg; its second price is 1 less the first.

    liability(w) = all NO shares + net[w]

is what winner w would cost, to the last share, and the pot is never below it: the subsidy is the maker's greatest
loss, and every cost is rounded the house's way. Shares are counted in whole lots (`int`) here, which is exact and
three times as fast as `Decimal`.
"""

from __future__ import annotations

import copy
import math
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.contract import Contract
from engine.core.errors import InvariantBroken
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import AccountId, Cell, MarketId
from engine.core.trade import pot_of
from engine.core.units import DAY, MICRO, MICROS, NO_MONEY, NOTHING, TICKS_PER_UNIT, Leg, Money, Nanos, Qty, Side, Ticks
from engine.exchange.resting import RestBook
from engine.maths import lmsr, lmsr_decay
from engine.portfolio.position import FLAT, Position

if TYPE_CHECKING:
    from collections.abc import Mapping

LOTS: Final = Decimal(1_000_000)
"""Lots in a share, micro-units in a unit of money."""
BUY: Final = Side.BUY
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a dictionary."""
OPEN: Final = "open"
CLOSED: Final = "closed"
DISPUTED: Final = "disputed"
SETTLED: Final = "settled"
VOID: Final = "void"
ENDED: Final = (SETTLED, VOID)

Stake = list[Position]
"""One account's positions in a market: of outcome i, YES at 2i and NO at 2i + 1."""


class Market:
    """A market and everything it owes. Only the exchange changes one."""

    __slots__ = (
        "_opens",
        "_scale",
        "_z",
        "b",
        "b_open",
        "book",
        "cell",
        "contract",
        "created_at",
        "fee",
        "fee_rate",
        "fees_back",
        "group",
        "id",
        "kind",
        "last",
        "lots",
        "net",
        "no_lots",
        "offset",
        "organic",
        "paid",
        "phase",
        "pot",
        "pot_id",
        "prices",
        "prior",
        "record",
        "sealed",
        "stakes",
        "status",
        "subsidy",
        "trades",
        "winner",
    )

    def __init__(
        self,
        contract: Contract,
        b: float,
        prior: tuple[float, ...],
        fee_rate: Decimal,
        created_at: Nanos,
        group: str,
        subsidy: Money,
        phase: int = 1,
        kind: str = "",
    ) -> None:
        self.contract = contract
        self.id = MarketId(contract.id)
        self.pot_id = pot_of(self.id)
        self.cell: Cell = contract.cell
        self.group = group
        self.b = b
        """Liquidity now."""
        self.b_open = b
        """Liquidity it opened with."""
        self.prior = prior
        self.fee_rate = fee_rate
        self.fee: FeeRule = FeeRule(kind="of_cost", rate=fee_rate) if fee_rate else NO_FEE
        self.created_at = created_at
        self.subsidy = subsidy
        """The most the house can lose on it."""
        self.status = OPEN
        self.winner: int | None = None
        self.record: int | None = None
        """Sequence number of its last settlement record; the kernel's to set."""
        self.pot: Money = NO_MONEY
        self.net = [0] * len(prior)
        """YES less NO shares sold of each outcome, in lots."""
        self.no_lots = 0
        """NO shares sold, of all outcomes, in lots."""
        self.stakes: dict[AccountId, Stake] = {}
        self.sealed: dict[AccountId, Stake] = {}
        """Stakes as they were when it settled."""
        self.paid: dict[AccountId, Money] = {}
        """What its settlement paid, the house's remainder with its sign included."""
        self.fees_back: dict[AccountId, Money] = {}
        """Fees that it gave back, being void."""
        self.lots = 0
        """Traded so far."""
        self.trades = 0
        self.last: Ticks | None = None
        """Price of YES after the last trade, of the outcome traded."""
        self.kind = kind
        """Its marchetype (`engine.maths.marchetypes`) as the operator sees it; empty when nobody said."""
        self.phase = 1
        """1 the curve alone, 2 with resting orders, 3 with a quoted spread and a b that falls, too."""
        self.book: RestBook | None = None
        """Resting orders, from phase 2 on."""
        self.organic: deque[tuple[Nanos, int]] = deque()
        """Lots that people traded with each other, and when; a day of them."""
        self._scale = 1.0 / (b * MICROS)
        self.offset = lmsr.opening_shares(prior, b)
        """Shares that the curve counts besides those sold: what it opened with, rebased whenever b fell."""
        self._opens = [q / b for q in self.offset]
        self._z = list(self._opens)
        self.prices: tuple[float, ...] = ()
        """Price of YES of every outcome."""
        self._price()
        self.advance(phase)

    @property
    def sold(self) -> tuple[Qty, ...]:
        """Net shares sold of each outcome; of two outcomes, YES and NO shares."""
        if self.contract.brackets:
            return tuple([of_lots(n) for n in self.net])
        return (of_lots(self.net[0] + self.no_lots), of_lots(self.no_lots))

    @property
    def volume(self) -> Qty:
        """Shares traded so far."""
        return of_lots(self.lots)

    @property
    def over(self) -> bool:
        """Whether it has ended and owes nobody anything: no share is held, no order rests, nothing is in the pot."""
        return (
            self.status in ENDED
            and not self.pot
            and not (self.book is not None and self.book.orders)
            and not any(position.qty for stake in self.stakes.values() for position in stake)
        )

    def liability(self, winner: int) -> Money:
        """Return what has to be paid if this outcome wins."""
        return Money(of_lots(self.no_lots + self.net[winner]))

    def leg_price(self, outcome: int, leg: Leg) -> float:
        """Return the marginal price of one share of a leg."""
        yes = self.prices[outcome]
        return yes if leg is Leg.YES else 1.0 - yes

    def ticks(self, outcome: int) -> Ticks:
        """Return the price of YES, in ticks."""
        return Ticks(round(self.prices[outcome] * TICKS_PER_UNIT))

    def position(self, account: AccountId, outcome: int, leg: Leg) -> Position:
        """Return an account's position in one leg; flat if it never held any."""
        stake = self.stakes.get(account)
        return FLAT if stake is None else stake[2 * outcome + (leg is not YES)]

    def stake(self, account: AccountId) -> Stake:
        """Return an account's positions, to be changed in place."""
        found = self.stakes.get(account)
        if found is None:
            found = self.stakes[account] = self._flat()
        return found

    def margin(self, account: AccountId) -> Money:
        """Return the most the account can still lose here: its cost basis less the least it can be paid, >= 0."""
        stake = self.stakes.get(account)
        return NO_MONEY if stake is None else self._margin(stake)

    def margin_with(self, account: AccountId, outcome: int, leg: Leg, position: Position) -> Money:
        """Return that with one position in another's place; changes nothing."""
        stake = list(self.stakes.get(account) or self._flat())
        stake[2 * outcome + (leg is Leg.NO)] = position
        return self._margin(stake)

    def move(self, outcome: int, leg: Leg, side: Side, lots: int) -> Ticks:
        """Move the curve by a trade whose cash has been posted, and return the new price of YES.

        Raises
        ------
        InvariantBroken
            If the pot would no longer cover every winner.
        """
        signed = lots if side is BUY else -lots
        net = self.net
        if leg is YES:
            net[outcome] += signed
        else:
            net[outcome] -= signed
            self.no_lots += signed
        if len(net) == 2:
            yes, no = net
            most = yes if yes > no else no
        else:
            most = max(net)
        if self.pot < (self.no_lots + most) * MICRO:
            self._not_covered()
        z = self._z
        z[outcome] = self._opens[outcome] + net[outcome] * self._scale
        gap = z[1] - z[0]
        if len(z) == 2 and gap < 700.0:  # as `_price` does
            first = 1.0 / (1.0 + math.exp(gap))
            self.prices = (first, 1.0 - first)
        else:
            self._price()
        self.trades += 1
        self.lots += lots
        last = self.last = round(self.prices[outcome] * TICKS_PER_UNIT)  # type: ignore[assignment] # as in `units`
        return last  # type: ignore[return-value]

    def meet(self, leg: Leg, side: Side, lots: int, other: Leg, at: Nanos, ticks: Ticks) -> None:
        """Take in that two people traded at a price of YES, their cash posted; the curve stays where it is.

        `other` is the leg of the one who rested. InvariantBroken as in `move`.
        """
        signed = lots if side is BUY else -lots
        if leg is not YES:
            self.no_lots += signed
        if other is not YES:
            self.no_lots += signed if leg is YES else -signed
        if self.pot < (self.no_lots + max(self.net)) * MICRO:
            self._not_covered()
        self.trades += 1
        self.lots += lots
        self.last = ticks
        self.organic.append((at, lots))
        while self.organic[0][0] <= at - DAY:
            self.organic.popleft()

    def advance(self, phase: int) -> None:
        """Go on to a later phase, or stay."""
        self.phase = max(self.phase, phase)
        if self.phase > 1 and self.book is None:
            self.book = RestBook(len(self.contract.tradable))

    def lower(self, b: float) -> None:
        """Let b fall without moving a price; ValueError if it would rise."""
        sold = [lots / MICROS for lots in self.net]
        self._recount(b, lmsr_decay.rebase(sold, self.offset, self.b, b).offset)

    def recall(self, b: float, offset: tuple[float, ...]) -> None:
        """Take liquidity and offset as an earlier session left them; ValueError if they cannot be."""
        if not 0.0 < b <= self.b_open or len(offset) != len(self.prior) or not all(map(math.isfinite, offset)):
            msg = f"market {self.id} cannot have liquidity {b} with {len(offset)} offsets"
            raise ValueError(msg)
        self._recount(b, offset)

    def _recount(self, b: float, offset: tuple[float, ...]) -> None:
        self.b, self.offset = b, offset
        self._scale = 1.0 / (b * MICROS)
        self._opens = [o / b for o in offset]
        self._z = [at + net * self._scale for at, net in zip(self._opens, self.net, strict=True)]
        self._price()

    def sketch(self, account: AccountId) -> Market:
        """Return a copy that one account may trade on; what others hold is shared, and to be read only.

        Where orders rest their owners trade as well, so there everything is copied.
        """
        other = copy.copy(self)
        other.net, other._z, other.stakes = list(self.net), list(self._z), dict(self.stakes)
        for one in [account] if self.book is None else list(other.stakes):
            if one in other.stakes:
                other.stakes[one] = list(other.stakes[one])
        if self.book is not None:
            other.book, other.organic = self.book.copy(), deque(self.organic)
        return other

    def restore(self, sold: tuple[Qty, ...]) -> None:
        """Take the shares sold in earlier sessions; the stakes must be in place.

        Raises
        ------
        ValueError
            If the shares sold are not those held.
        """
        self.net = [0] * len(self.prior)
        for stake in self.stakes.values():
            for i in self.contract.tradable:
                yes, no = lots_of(stake[2 * i].qty), lots_of(stake[2 * i + 1].qty)
                self.net[i] += yes - no
                self.no_lots += no
        if self.sold != sold:
            msg = f"market {self.id} sold other shares than its accounts hold"
            raise ValueError(msg)
        self._z = [at + net * self._scale for at, net in zip(self._opens, self.net, strict=True)]
        self._price()

    def _flat(self) -> Stake:
        return [FLAT] * (2 * len(self.contract.tradable))

    def _margin(self, stake: Stake) -> Money:
        no_shares = sum([p.qty for p in stake[1::2]], NO_MONEY)
        nets = [yes.qty - no.qty for yes, no in zip(stake[::2], stake[1::2], strict=True)]
        if not self.contract.brackets:
            nets.append(NOTHING)
        return Money(max(sum([p.cost for p in stake], NO_MONEY) - no_shares - min(nets), NO_MONEY))

    def _not_covered(self) -> None:
        msg = f"pot of {self.id} holds {self.pot} and may owe {of_lots(self.no_lots + max(self.net))}"
        raise InvariantBroken(msg)

    def _price(self) -> None:
        z = self._z
        if len(z) == 2:
            gap = z[1] - z[0]
            first = 1.0 / (1.0 + math.exp(gap)) if gap < 700.0 else 0.0
            self.prices = (first, 1.0 - first)
            return
        top = max(z)
        weights = [math.exp(x - top) for x in z]
        whole = math.fsum(weights)
        self.prices = tuple([w / whole for w in weights])


def lots_of(qty: Decimal) -> int:
    """Return a quantity in lots; what is finer than a lot is cut off."""
    return int(qty * LOTS)


def of_lots(lots: int) -> Qty:
    """Return the quantity of so many lots."""
    return Qty(lots * MICRO)


def dues(stakes: Mapping[AccountId, Stake], winner: int) -> dict[AccountId, list[Money]]:
    """Return what each position is paid when an outcome wins: 1 a share of what came true."""
    return {
        account: [
            Money(p.qty) if (i // 2 == winner) is (i % 2 == 0) else NO_MONEY for i, p in enumerate(stakes[account])
        ]
        for account in sorted(stakes)
    }


def refunds(stakes: Mapping[AccountId, Stake], available: Money) -> dict[AccountId, list[Money]]:
    """Return what each position gets back when a market is void: its cost basis, or its share of `available`.

    Gains that were taken out before cannot be had back, so the bases can come to more than there is. Shares are
    cut at the running sum: what is paid comes to `available` exactly.
    """
    whole = sum((p.cost for stake in stakes.values() for p in stake), NO_MONEY)
    if whole <= available:
        return {account: [p.cost for p in stakes[account]] for account in sorted(stakes)}
    paid: dict[AccountId, list[Money]] = {}
    cost = given = 0
    for account in sorted(stakes):
        row: list[Money] = []
        for position in stakes[account]:
            cost += lots_of(position.cost)
            upto = cost * lots_of(available) // lots_of(whole)
            row.append(Money((upto - given) * MICRO))
            given = upto
        paid[account] = row
    return paid
