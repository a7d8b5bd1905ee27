"""The crowd on the real exchange: what it asks for is taken, and prices end nearer to the truth than they began."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from statistics import fmean

import pytest

from engine.core.commands import CreateMarket, Place
from engine.core.events import Asked
from engine.core.ids import OrderId, outcome_of
from engine.core.units import HOUR, SECOND, Leg, Nanos, Side
from engine.exchange.answers import Declined
from engine.exchange.exchange import Exchange
from engine.sandbox import day
from engine.sandbox.crowd import TRADERS
from engine.sandbox.makers import MAKERS

HOURS = 12


class Session:
    """A day's markets and orders, executed until `HOURS` after the start."""

    def __init__(self, built, board) -> None:
        self.exchange = Exchange()
        self.orders: list[Asked] = []
        self.declined: Counter[str] = Counter()
        self.last: dict[str, float] = {}
        self.rested = self.met = 0
        """Orders that came to rest, and trades with them."""
        self.verdicts = {x.contract.id: x.verdict() for x in board.until(Nanos(built.start + HOURS * HOUR))}
        for row in built.accounts:
            self.exchange.deposit(row.account, row.amount)
        for event in takewhile(lambda e: e.at < built.start + HOURS * HOUR, built.events()):
            self._settle(event.at)
            if isinstance(event, Asked):
                self._ask(event)

    def _ask(self, asked: Asked) -> None:
        match asked.command:
            case CreateMarket() as made:
                self.exchange.create(
                    contract=made.contract, b=made.b, prior=made.prior, fee_rate=made.fee_rate, at=asked.at,
                    phase=made.phase,
                )  # fmt: skip
            case Place() as order:
                self.orders.append(asked)
                self._expire(asked.at)
                answer = self.exchange.quote(order, asked.at)
                if isinstance(answer, Declined):
                    self.declined[answer.code] += 1
                    return
                name = OrderId(f"x{len(self.orders)}")
                if self.exchange.markets[answer.market].book is None:
                    self.exchange.trade(answer, asked.at, name)
                    return
                done = self.exchange.hybrid.submit(answer, asked.at, name)
                self.rested += done.rested is not None
                self.met += sum(one.via == 1 for one in done.met)

    def _expire(self, at: Nanos) -> None:
        for one in list(self.exchange.hybrid):
            if one.until is not None and one.until <= at:
                self.exchange.hybrid.cancel(one.order, at)

    def _settle(self, at: Nanos) -> None:
        for market in self.exchange.markets.values():
            if market.status == "open" and market.contract.closes <= at:
                winner = self.verdicts[market.id].winner
                self.exchange.close(market.id)
                if winner is None:
                    self.exchange.dispute(market.id)
                else:
                    self.last[market.id] = market.prices[winner]
                    self.exchange.settle(market.id, winner)


@pytest.fixture(scope="module", params=[1, 2])
def session(request, world, stations):
    return Session(day.build(request.param, stations), world(request.param)[2])


def test_the_exchange_takes_nearly_every_order(session) -> None:
    assert session.declined.total() < 0.03 * len(session.orders)


def test_two_to_four_orders_come_in_a_real_second(session) -> None:
    assert 2 <= len(session.orders) / (HOURS * HOUR / SECOND / day.SPEED) <= 4


def test_two_more_leave_orders_where_they_may_rest_and_are_met(session) -> None:
    assert session.rested > 20
    assert session.met > 5
    waiting = [asked.command for asked in session.orders if asked.command.by in MAKERS]
    assert {order.by for order in waiting} == set(MAKERS)
    assert {outcome_of(order.instrument)[0].split("-")[2] for order in waiting} == {"TEMP"}


def test_all_twelve_trade_both_legs_both_ways(session) -> None:
    assert {asked.command.by for asked in session.orders} == {*TRADERS, *MAKERS}
    done = Counter((asked.command.side, asked.command.leg) for asked in session.orders)
    assert all(done[side, leg] > 10 for side in Side for leg in Leg)


def test_every_order_says_that_it_is_the_days_and_when_it_was_made(session) -> None:
    assert all(asked.command.origin == "day" and asked.pressed_at == asked.at for asked in session.orders)


def test_prices_end_nearer_to_the_truth_than_they_began(session) -> None:
    opened = [session.exchange.markets[m].prior[session.verdicts[m].winner] for m in session.last]
    assert fmean(session.last.values()) > fmean(opened) + 0.05


def test_prices_go_both_ways(session) -> None:
    moves = Counter()
    for asked in session.orders:
        order = asked.command
        moves[(order.side is Side.BUY) is (order.leg is Leg.YES)] += 1
    assert min(moves.values()) > 0.25 * max(moves.values())


def test_the_house_can_pay_for_the_worst(session) -> None:
    assert session.exchange.subsidies() < session.exchange.rules.subsidy_limit / 2
    assert min(session.exchange.cash.values()) >= 0


def test_nobody_trades_after_the_close(session) -> None:
    closes = {m.id: m.contract.closes for m in session.exchange.markets.values()}
    assert all(asked.at < closes[asked.command.instrument.symbol.rpartition("/")[0]] for asked in session.orders)
