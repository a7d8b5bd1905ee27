"""The floor of derivatives: positions are someone's long and someone's short, and money only moves between accounts."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.core.ids import AccountId
from engine.core.units import DAY, Lots, Nanos, Side, Ticks
from engine.sandbox.bourse import Bourse
from engine.sandbox.coin import Coin
from engine.sandbox.day import START
from engine.sandbox.floor_order import FloorError, Life
from engine.sandbox.option_market import PERPETUAL
from engine.venues.deribit.numbers import MS

A, B = AccountId("a"), AccountId("b")


def bourse(rate: float = 1e-4) -> Bourse:
    made = Bourse(3, START, Coin(3, START), rate=rate)
    made.pit.open_account(A, Decimal(500_000))
    made.pit.open_account(B, Decimal(500_000), checked=False)
    return made


def call(made: Bourse):
    return next(one for one in made.pit.instruments.values() if one.id.symbol.endswith("-C"))


def test_what_one_pays_for_an_option_the_other_gets_and_the_venue_has_its_fees() -> None:
    made = bourse()
    pit, name, rng = made.pit, call(made).id, random.Random(5)
    before = sum(one.cash for one in pit.accounts.values())
    for _ in range(200):
        side, price = rng.choice(list(Side)), Ticks(rng.choice([200, 205, 210, 400]))
        pit.place(rng.choice([A, B]), name, side, price, Lots(rng.randrange(1, 30)), life=rng.choice(list(Life)[:2]))
    assert sum(one.holding(name).net for one in pit.accounts.values()) == 0
    assert sum(one.cash for one in pit.accounts.values()) + pit.fees == before
    assert pit.fees > 0


def test_the_maker_quotes_again_what_was_bought_whole() -> None:
    made = bourse()
    name = call(made).id
    asks = list(made.pit.books[name].asks.orders())
    made.pit.place(A, name, Side.BUY, asks[0].price, asks[0].left, life=Life.IOC)
    assert asks[0].id not in made.pit.orders, "a quote that is filled is let go of"
    made.quote(name)
    assert [one.price for one in made.pit.books[name].asks.orders()] == [one.price for one in asks]


def test_an_option_pays_what_it_is_worth_at_delivery_and_a_future_what_it_gained() -> None:
    made = bourse()
    pit, option = made.pit, call(made)
    for name, price in ((option.id, 205), (PERPETUAL, 160_000)):
        for order in list(pit.orders.values()):
            if order.instrument == name and order.left:
                pit.cancel(order.id)
        pit.place(A, name, Side.BUY, Ticks(price), Lots(100))
        pit.place(B, name, Side.SELL, Ticks(price), Lots(100))
    cash = pit.accounts[A].cash
    strike = option.exercise
    assert strike is not None
    pit.settle(option.id, strike + 2_500)
    assert pit.accounts[A].cash == cash + Decimal(2_500) * 100 * option.lot
    assert pit.accounts[A].holding(option.id).net == 0
    cash = pit.accounts[A].cash
    pit.settle(PERPETUAL, Decimal(100_000))
    gained = 1_000 * (1 / Decimal(80_000) - 1 / Decimal(100_000)) * made.index()
    assert pit.accounts[A].cash - cash == pytest.approx(gained, abs=Decimal("0.001"))


def test_who_cannot_bear_it_may_not_trade_it_and_closing_is_free() -> None:
    made = bourse()
    pit, name = made.pit, call(made).id
    with pytest.raises(FloorError, match="needed"):
        pit.place(A, name, Side.SELL, Ticks(9_000), Lots(1_000))
    pit.place(A, name, Side.BUY, Ticks(5_000), Lots(5), life=Life.IOC)
    assert pit.accounts[A].holding(name).yes > 0
    pit.accounts[A].cash = Decimal(1)
    pit.place(A, name, Side.SELL, Ticks(9_000), Lots(1))
    with pytest.raises(FloorError, match="grid"):
        pit.place(A, name, Side.SELL, Ticks(9_001), Lots(1))


def test_expiries_come_and_go_with_the_clock() -> None:
    made = bourse()
    first = set(made.pit.instruments)
    made.run(Nanos(START + 2 * DAY))
    gone = [one for one in first if made.pit.instruments[one].status == "settled"]
    assert len(gone) == 60
    assert len(made.deliveries) == 2
    assert set(made.pit.instruments) - first
    assert all(made.pit.instruments[one].result for one in gone)


def test_the_crowd_keeps_books_that_do_not_cross() -> None:
    made = bourse(rate=40.0)
    made.run(Nanos(START + 20_000 * MS))
    for book in made.pit.books.values():
        assert book.bids.best is None or book.asks.best is None or book.bids.best < book.asks.best
    assert sum(map(len, made.pit.tape.values())) > 0
