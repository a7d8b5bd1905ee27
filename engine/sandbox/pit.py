"""The floor of a simulated derivatives venue: positions long and short, margin, cash in dollars.

Matching, books and orders are `Floor`'s. What differs is money: an option's premium moves when it trades, of a future
only what it realises does, fees are a share of the underlying, and an account may owe what it does not hold as long as
its margin lasts. YES is what is held long, NO what is held short. Pure, as the floor is.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.instrument import Payoff
from engine.core.units import MICRO, Leg, Lots, Nanos, Side, Ticks
from engine.sandbox.floor import ENDED, Floor
from engine.sandbox.floor_ground import replace_instrument
from engine.sandbox.floor_order import FillMade, FloorError, Paid, StatusSet

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from engine.core.ids import AccountId, InstrumentId
    from engine.core.instrument import Instrument
    from engine.sandbox.floor_account import Account, Holding
    from engine.sandbox.floor_order import Order, Traded

MARGIN: Final = Decimal("0.1")
"""Of what a future or a short option stands for: bound by it."""
COIN: Final = Decimal("0.00000001")
ZERO: Final = Decimal(0)


class Pit(Floor):
    """All instruments, accounts and orders of one derivatives venue."""

    def __init__(self, at: Nanos, ids: random.Random, index: Callable[[Instrument], Decimal]) -> None:
        """Take the time, the generator of identifiers, and what a coin is worth in dollars."""
        super().__init__(at, ids)
        self.index = index
        self.entries: dict[tuple[AccountId, InstrumentId], Decimal] = {}
        """At what average price each position was opened."""
        self._named = 0

    @override
    def new_id(self) -> str:
        """Return a fresh identifier: digits, as the venue's are."""
        self._named += 1
        return str(440_000_000 + self._named)

    @override
    def free(self, name: AccountId) -> Decimal:
        """Return the dollars of an account that neither orders nor positions bind."""
        account = self.accounts[name]
        bound = sum((self._bound(account, order) for order in account.orders.values()), ZERO)
        return account.cash - bound - sum((self._held(one, held) for one, held in account.holdings.items()), ZERO)

    def value(self, instrument: Instrument, price: Decimal, qty: Decimal) -> Decimal:
        """Return what a trade comes to in dollars: a premium, or what a future stands for."""
        if instrument.payoff is Payoff.LINEAR and instrument.inverse:
            return qty
        each = self.index(instrument) if instrument.inverse else Decimal(1)
        return (price * qty * each).quantize(MICRO)

    def coin_fee(self, instrument: Instrument, price: Decimal, qty: Decimal, *, maker: bool) -> Decimal:
        """Return the fee of a trade in the money it settles in."""
        rule = instrument.fee
        rate = rule.maker_rate if maker else rule.rate
        if rule.kind == "of_underlying":
            whole = qty if instrument.inverse else qty * self.index(instrument)
            charged = min(rate * whole, rule.cap * price * qty) if rule.cap else rate * whole
        else:
            charged = rate * (qty / self.index(instrument) if instrument.inverse else price * qty)
        return charged.quantize(COIN, ROUND_CEILING)

    def equity(self, name: AccountId) -> Decimal:
        """Return the cash of an account in dollars; what positions gained is in it once it is realised."""
        return self.accounts[name].cash

    @override
    def settle(self, name: InstrumentId, payout: Decimal) -> None:
        """Pay positions at a delivery price of the underlying, dollars, and end the instrument."""
        instrument = self._known(name)
        if instrument.status not in ENDED:
            self.set_status(name, "closed")
        result = f"{payout:f}"
        self.instruments[name] = replace_instrument(instrument, "settled", result)
        for account in self.accounts.values():
            self._deliver(account, instrument, payout)
        self._tell(StatusSet(at=self.at, instrument=name, status="settled", result=result, payout=None))

    def cross(
        self, account: AccountId, other: AccountId, name: InstrumentId, way: Side, price: Ticks, lots: Lots
    ) -> None:
        """Let two accounts trade beside the book, as in a block; `way` is the first one's."""
        instrument = self._known(name)
        back = Side.SELL if way is Side.BUY else Side.BUY
        for one, side in ((account, way), (other, back)):
            owner, quoted = self.accounts[one], price * instrument.unit
            qty = lots * instrument.lot
            if instrument.payoff is not Payoff.LINEAR:
                cost = self.value(instrument, quoted, qty)
                owner.cash += -cost if side is Side.BUY else cost
            fee = self.coin_fee(instrument, quoted, qty, maker=True) * self.index(instrument)
            owner.cash += self._moved(owner, instrument, side, quoted, lots) - fee.quantize(MICRO, ROUND_CEILING)

    # ---- money

    @override
    def _check(self, instrument: Instrument, price: Ticks, lots: Lots) -> None:
        if not any(b.start <= price <= b.stop and (price - b.start) % b.step == 0 for b in instrument.grid):
            raise FloorError("grid", f"price {price * instrument.unit} is off the grid")
        qty = lots * instrument.lot
        if lots <= 0 or qty < instrument.least or qty % instrument.step != 0:
            raise FloorError("size", f"{qty} is no size of {instrument.id.symbol}")

    @override
    def _can_pay(self, owner: Account, instrument: Instrument, order: Order, *, instead_of: Order | None) -> None:
        needs = self._bound(owner, order) - (ZERO if instead_of is None else self._bound(owner, instead_of))
        free = self.free(owner.id)
        if needs > free:
            raise FloorError("funds", f"{needs} is needed, {free} is free")

    def _bound(self, account: Account, order: Order) -> Decimal:
        instrument = self.instruments[order.instrument]
        held = account.holding(order.instrument)
        closes = held.no if order.way is Side.BUY else held.yes
        opening = max(0, order.left - closes) * instrument.lot
        return self._needs(instrument, order.way, order.price * instrument.unit, Decimal(opening))

    def _needs(self, instrument: Instrument, side: Side, price: Decimal, qty: Decimal) -> Decimal:
        if instrument.payoff is not Payoff.LINEAR and side is Side.BUY:
            return self.value(instrument, price, qty)
        whole = self.value(instrument, price, qty)
        if instrument.payoff is not Payoff.LINEAR:
            whole = qty * self.index(instrument)
        return (MARGIN * whole).quantize(MICRO)

    def _held(self, name: InstrumentId, held: Holding) -> Decimal:
        """Return the margin that a position binds."""
        instrument = self.instruments.get(name)
        if instrument is None or not (held.yes or held.no):
            return ZERO
        if instrument.payoff is not Payoff.LINEAR and held.yes:
            return ZERO  # it is paid for
        entry = Decimal(1) if instrument.inverse else self.index(instrument)
        return self._needs(instrument, Side.SELL, entry, (held.yes + held.no) * instrument.lot)

    @override
    def _fee(self, instrument: Instrument, order: Order, price: Ticks, lots: Lots, *, maker: bool) -> Decimal:
        coins = self.coin_fee(instrument, price * instrument.unit, lots * instrument.lot, maker=maker)
        each = self.index(instrument) if instrument.inverse else Decimal(1)
        return (coins * each).quantize(MICRO, ROUND_CEILING)

    @override
    def _book(self, order: Order, trade: Traded, *, maker: bool) -> FillMade:
        instrument = self.instruments[order.instrument]
        account = self.accounts[order.account]
        price, qty = trade.price * instrument.unit, trade.lots * instrument.lot
        cost = self.value(instrument, price, qty)
        fee = self._fee(instrument, order, trade.price, trade.lots, maker=maker)
        if instrument.payoff is not Payoff.LINEAR:
            account.cash += -cost if order.way is Side.BUY else cost
        account.cash += self._moved(account, instrument, order.way, price, trade.lots)
        return self._made(order, trade, cost, fee, maker=maker)

    def _moved(self, account: Account, instrument: Instrument, way: Side, price: Decimal, lots: Lots) -> Decimal:
        """Change a position and return what that realised of a future, dollars."""
        held = account.holding(instrument.id)
        opens, closes = (Leg.YES, Leg.NO) if way is Side.BUY else (Leg.NO, Leg.YES)
        key = account.id, instrument.id
        entry = self.entries.get(key, price)
        closing = min(lots, held.of(closes))
        gained = self._gained(instrument, closes, entry, price, closing * instrument.lot)
        held.add(closes, -closing)
        if lots > closing:
            before = held.of(opens)
            entry = (entry * before + price * (lots - closing)) / (before + lots - closing) if before else price
            held.add(opens, lots - closing)
        self.entries[key] = entry
        return gained

    def _gained(self, instrument: Instrument, held: Leg, entry: Decimal, price: Decimal, qty: Decimal) -> Decimal:
        if instrument.payoff is not Payoff.LINEAR or not qty:
            return ZERO
        sign = 1 if held is Leg.YES else -1
        if instrument.inverse:
            coins = qty * (1 / entry - 1 / price) * sign
            return (coins * self.index(instrument)).quantize(MICRO)
        return ((price - entry) * qty * sign).quantize(MICRO)

    def _deliver(self, account: Account, instrument: Instrument, price: Decimal) -> None:
        held = account.holdings.get(instrument.id)
        if held is None or not (held.yes or held.no):
            return
        long, qty = held.yes > 0, (held.yes + held.no) * instrument.lot
        amount = self._worth(instrument, price, qty) * (1 if long else -1)
        if instrument.payoff is Payoff.LINEAR:
            entry = self.entries.get((account.id, instrument.id), price)
            amount = self._gained(instrument, Leg.YES if long else Leg.NO, entry, price, qty)
        account.cash += amount
        yes, no = held.yes, held.no
        held.yes = held.no = Lots(0)
        held.changed_at = self.at
        self._tell(Paid(at=self.at, account=account.id, instrument=instrument.id, yes=yes, no=no, amount=amount))

    def _worth(self, instrument: Instrument, price: Decimal, qty: Decimal) -> Decimal:
        strike = instrument.exercise or ZERO
        inside = price - strike if instrument.payoff is Payoff.CALL else strike - price
        return (max(inside, ZERO) * qty).quantize(MICRO)
