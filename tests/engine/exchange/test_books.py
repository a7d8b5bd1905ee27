"""The exchange against a slow obvious model: dictionaries of decimals, every rule written out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.core.commands import Tif
from engine.core.ids import FEES, HOUSE, YOU, AccountId, MarketId
from engine.core.units import Leg, Side, is_money
from engine.exchange.answers import CashMove, Declined, Quote, Traded
from engine.exchange.exchange import Exchange
from tests.engine.exchange.listed import KENNEDY, MIDWAY, NEAR, NOW, ORDER, SIM, funded, high, order, rain
from tests.engine.exchange.test_recovery import restarted

OTHER = AccountId("sim-02")
ACCOUNTS = (YOU, SIM, OTHER)
MICRO = Decimal("0.000001")
Key = tuple[AccountId, MarketId, int, Leg]


class ExchangeAgainstDictionaries(RuleBasedStateMachine):
    """Random creates, trades, closes, disputes, settlements, voids, reversals and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange()
        self.cash: dict[str, Decimal] = {}
        """Of every account, the pots among them; `outside` too, so that all of it sums to 0."""
        self.shares: dict[Key, Decimal] = {}
        self.owing: set[str] = set()
        """Accounts that a clawback may have left below 0."""
        self.made = 0
        self.asked = 0
        """Orders since a market last ended or came back, so that there is something to settle."""

    @initialize(amount=st.integers(50, 3_000), house=st.integers(200, 20_000))
    def fund(self, amount: int, house: int) -> None:
        self.exchange = Exchange()
        for account in (*ACCOUNTS, HOUSE):
            self.book(self.exchange.deposit(account, Decimal(house if account == HOUSE else amount)))
        self.list_rain(b=50.0, fee_rate=Decimal("0.01"))

    def book(self, moves: tuple[CashMove, ...]) -> None:
        assert sum(m.amount for m in moves) == 0
        for move in moves:
            assert is_money(move.amount)
            self.cash[move.account] = self.cash.get(move.account, Decimal(0)) + move.amount

    def open(self) -> list[MarketId]:
        return [i for i, m in self.exchange.markets.items() if m.status == "open"]

    def ended(self) -> list[MarketId]:
        return [i for i, m in self.exchange.markets.items() if m.status in ("settled", "void")]

    def list_rain(self, b: float, fee_rate: Decimal) -> None:
        self.made += 1
        contract = rain(f"R{self.made}", (MIDWAY, NEAR, KENNEDY)[self.made % 3])
        self.created(self.exchange.create(contract, b, (), fee_rate, NOW))

    def created(self, made: Any) -> None:
        if not isinstance(made, Declined):
            self.book(made.moves)

    @precondition(lambda self: self.made < 3 or not self.open())
    @rule(b=st.sampled_from((10.0, 50.0, 300.0)), fee_rate=st.sampled_from((Decimal(0), Decimal("0.02"))))
    def create_rain(self, b: float, fee_rate: Decimal) -> None:
        self.list_rain(b, fee_rate)

    @precondition(lambda self: self.made < 3 or not self.open())
    @rule(b=st.sampled_from((10.0, 100.0)), prior=st.sampled_from(((), (0.01, 0.2, 0.3, 0.49))))
    def create_high(self, b: float, prior: tuple[float, ...]) -> None:
        self.made += 1
        self.created(self.exchange.create(high(f"H{self.made}"), b, prior, Decimal(0), NOW))

    @precondition(lambda self: self.open())
    @rule(
        data=st.data(),
        by=st.sampled_from(ACCOUNTS),
        side=st.sampled_from(Side),
        leg=st.sampled_from(Leg),
        tif=st.sampled_from((Tif.IOC, Tif.FOK)),
        kind=st.sampled_from(("qty", "qty", "budget", "price")),
        price=st.none() | st.none() | st.integers(5, 9_995),
    )
    def trade(self, data, by, side, leg, tif, kind, price) -> None:
        self.asked += 1
        market = data.draw(st.sampled_from(self.open()))
        outcome = data.draw(st.sampled_from(list(self.exchange.markets[market].contract.tradable)))
        held = self.shares.get((by, market, outcome, leg), Decimal(0))
        if side is Side.SELL and kind == "budget":
            kind = "qty"
        if kind == "price":
            price = price or 5_000
        wanted: dict[str, Any] = {}
        if kind != "price":
            most = held if side is Side.SELL and held else Decimal(200)
            wanted[kind] = data.draw(st.decimals(MICRO, most, places=6) | st.just(most))
        place = order(side, leg, market, outcome, by=by, tif=tif, price=price, **wanted)
        quote = self.exchange.quote(place)
        had = self.cash.get(by, Decimal(0))
        done = self.exchange.execute(place, NOW, ORDER)
        if isinstance(done, Declined):
            assert isinstance(quote, Declined)
            assert quote == done
            return
        assert isinstance(quote, Quote)
        assert (quote.qty, quote.cost, quote.fee) == (done.qty, done.cost, done.fee)
        self.check_trade(place, quote, done, had, held)
        self.book(done.moves)
        change = done.qty if side is Side.BUY else -done.qty
        self.shares[by, market, outcome, leg] = held + change

    def check_trade(self, place: Any, quote: Quote, done: Traded, had: Decimal, held: Decimal) -> None:
        exact = Decimal(quote.leg_before) * done.qty
        assert is_money(done.qty)
        assert done.qty > 0
        if done.side is Side.BUY:
            assert done.cost >= exact - Decimal("1e-9")
            assert done.cost + done.fee <= had
            assert place.budget is None or done.cost + done.fee <= place.budget
            assert place.price is None or quote.leg_after <= place.price / 10_000 + 1e-12
            assert quote.leg_after <= 0.999 + 1e-9
        else:
            assert done.cost <= exact + Decimal("1e-9")
            assert done.qty <= held
            assert place.price is None or quote.leg_after >= place.price / 10_000 - 1e-12
            assert quote.leg_after >= 0.001 - 1e-9
        if place.qty is not None:
            assert done.qty == place.qty or (place.tif is Tif.IOC and done.qty < place.qty)

    @precondition(lambda self: self.open() and self.asked > 8)
    @rule(data=st.data(), then=st.sampled_from(("close", "dispute")))
    def stop(self, data, then) -> None:
        market = data.draw(st.sampled_from(self.open()))
        getattr(self.exchange, then)(market)

    @precondition(lambda self: len(self.ended()) < len(self.exchange.markets) and self.asked > 12)
    @rule(data=st.data())
    def settle(self, data) -> None:
        self.asked = 0
        market = data.draw(st.sampled_from([i for i in self.exchange.markets if i not in self.ended()]))
        n = len(self.exchange.markets[market].prior)
        winner = data.draw(st.none() | st.integers(0, n - 1))
        due = {a: self.due(a, market, winner) for a in ACCOUNTS}
        done = self.exchange.settle(market, winner)
        assert {p.account: p.amount for p in done.payouts}.items() <= due.items() or done.remainder < 0
        self.book(done.moves)
        assert self.cash[f"pot:{market}"] == 0

    def due(self, account: AccountId, market: MarketId, winner: int | None) -> Decimal:
        if winner is None:
            mine = [h.position for h in self.exchange.holdings(account) if h.market == market]
            return sum((one.cost + one.fees for one in mine), Decimal(0))
        return sum(
            (
                qty
                for (who, where, outcome, leg), qty in self.shares.items()
                if (who, where) == (account, market) and (outcome == winner) is (leg is Leg.YES)
            ),
            Decimal(0),
        )

    @precondition(lambda self: self.ended() and self.asked > 3)
    @rule(data=st.data())
    def reverse(self, data) -> None:
        self.asked = 10
        market = data.draw(st.sampled_from(self.ended()))
        back = self.exchange.reverse(market)
        self.owing |= {m.account for m in back.moves if m.amount < 0}
        self.book(back.moves)

    @rule()
    def restart(self) -> None:
        self.exchange = restarted(self.exchange)

    @invariant()
    def cash_is_conserved_and_is_what_the_moves_say(self) -> None:
        assert sum(self.cash.values()) == 0
        assert self.exchange.total() == -self.cash.get("outside", Decimal(0))
        for account in (*ACCOUNTS, HOUSE, FEES):
            assert self.exchange.cash.get(account, 0) == self.cash.get(account, 0)
        for market in self.exchange.markets.values():
            assert market.pot == self.cash[market.pot_id]

    @invariant()
    def no_cash_is_negative_save_after_a_clawback(self) -> None:
        for account, cash in self.exchange.cash.items():
            assert cash >= 0 or account in self.owing

    @invariant()
    def every_pot_covers_every_winner(self) -> None:
        for name, market in self.exchange.markets.items():
            if name in self.ended():
                continue
            for winner in range(len(market.prior)):
                owed = sum((self.due(a, name, winner) for a in ACCOUNTS), Decimal(0))
                assert owed == market.liability(winner)
                assert owed <= market.pot

    @invariant()
    def positions_and_sums_are_those_of_the_shares(self) -> None:
        for account in ACCOUNTS:
            live = [h for h in self.exchange.holdings(account) if h.market not in self.ended()]
            assert all(h.position.qty == self.shares[account, h.market, h.outcome, h.leg] >= 0 for h in live)
            assert sum((h.position.cost for h in live), Decimal(0)) == self.exchange.escrow(account)
            assert all((h.position.cost == 0) >= (h.position.qty == 0) for h in live)
            assert 0 <= self.exchange.margin(account) <= self.exchange.escrow(account)
            nets: dict[str, Decimal] = {}
            for h in live:
                cell = self.exchange.markets[h.market].cell
                nets[cell] = nets.get(cell, Decimal(0)) + (h.position.qty if h.leg is Leg.YES else -h.position.qty)
            assert {c: n for c, n in nets.items() if n} == self.exchange.exposures(account)

    @invariant()
    def prices_are_a_distribution(self) -> None:
        for market in self.exchange.markets.values():
            assert sum(market.prices) == pytest.approx(1.0)
            assert all(0.0 < p < 1.0 for p in market.prices)


TestExchangeAgainstDictionaries = ExchangeAgainstDictionaries.TestCase
TestExchangeAgainstDictionaries.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_thousand_orders_of_several_accounts_come_to_the_serial_sum() -> None:
    exchange = funded(*ACCOUNTS, amount=3_000)
    exchange.create(rain(), 200.0, (), Decimal("0.01"), NOW)
    moved: dict[str, Decimal] = {}
    for i in range(1_000):
        side = Side.BUY if i % 3 else Side.SELL
        done = exchange.execute(
            order(side, (Leg.YES, Leg.NO)[i % 2], by=ACCOUNTS[i // 3 % 3], qty=1 + i % 4), NOW, ORDER
        )
        for move in done.moves if isinstance(done, Traded) else ():
            moved[move.account] = moved.get(move.account, Decimal(0)) + move.amount
    assert sum(moved.values()) == 0
    assert all(exchange.cash[a] == 3_000 + moved[a] for a in ACCOUNTS)
    assert exchange.cash[FEES] == moved[FEES] > 0
