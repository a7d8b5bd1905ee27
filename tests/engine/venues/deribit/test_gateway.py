"""Deribit's gateway against its sandbox: what leaves, and when."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from functools import partial

import pytest
from msgspec.structs import replace

from engine.core.errors import WireError
from engine.core.events import Amended, AmendRefused, CancelRefused, Filled, Lost
from engine.core.units import Qty, Side, Ticks
from engine.net.budget import Budget
from engine.sandbox.option_market import PERPETUAL
from engine.venues.deribit import endpoints, wire_account
from tests.engine.venues.deribit.exchange import hasten, now, trading


@pytest.fixture(autouse=True)
def _hasty(monkeypatch) -> None:
    hasten(monkeypatch)


def test_as_many_orders_and_cancels_leave_at_once_as_the_account_may_send(monkeypatch) -> None:
    async def waits(seconds: float) -> None:
        raise AssertionError(f"it would have waited {seconds:g} s")

    monkeypatch.setattr(endpoints, "Budget", partial(Budget, steady=lambda: 0.0, sleep=waits))  # none flows in

    async def scenario() -> None:
        async with trading(allowed=10.0) as here:
            await here.until(lambda: here.gateway.capabilities.orders_per_second == 8.0)
            low = here.best(PERPETUAL, Side.BUY) - 1_000
            orders = [await here.place(PERPETUAL, Side.BUY, low, 10) for _ in range(8)]
            for one in orders[:2]:
                await here.gateway.cancel(here.known(one))
            assert [one.status for one in orders] == ["canceled"] * 2 + ["working"] * 6

    asyncio.run(scenario())


def test_an_order_that_may_only_rest_is_not_moved_into_a_trade() -> None:
    async def scenario() -> None:
        async with trading() as here:
            low, ask = here.best(PERPETUAL, Side.BUY) - 1_000, here.best(PERPETUAL, Side.SELL)
            mine = await here.place(PERPETUAL, Side.BUY, low, 10, post_only=True)
            await here.gateway.amend(here.known(mine), Ticks(ask), Qty(Decimal(10)))
            assert [event.code for event in here.of(AmendRefused)] == ["post_only"]
            assert (mine.status, mine.filled) == ("working", 0)
            here.gateway._ours.find(mine.approved.client).post_only = None  # as of an order of an earlier session
            await here.gateway.amend(here.known(mine), Ticks(ask), Qty(Decimal(10)))
            assert len(here.of(AmendRefused)) == 2
            await here.gateway.amend(here.known(mine), Ticks(low + 10), Qty(Decimal(20)))
            assert [event.price for event in here.of(Amended)] == [low + 10]
            await here.truthful()

    asyncio.run(scenario())


def test_trades_are_asked_for_under_every_money_that_is_listed() -> None:
    async def scenario() -> None:
        async with trading() as here:
            listed = here.venue.directory.instruments
            some = next(one for one in listed.values() if one.fact("currency"))
            facts = tuple((name, "USDT" if name == "currency" else value) for name, value in some.facts)
            listed["SOL_USDT-PERPETUAL"] = replace(some, facts=facts)
            asked: list[str] = []
            ask = here.gateway._account._ask

            async def noted(method: str, params: dict[str, str]) -> object:
                asked.extend([params["currency"]] if method.endswith("trades_by_currency") else [])
                return await ask(method, params)

            here.gateway._account._ask = noted
            await here.gateway.picture([])
            assert asked == ["BTC", "ETH", "USDC", "USDT"]

    asyncio.run(scenario())


def test_a_trade_that_cannot_be_read_takes_no_other_with_it() -> None:
    async def scenario() -> None:
        async with trading() as here:
            mine = await here.place(PERPETUAL, Side.BUY, here.best(PERPETUAL, Side.BUY) - 1_000, 30)
            row = {
                "trade_id": "t-1", "instrument_name": PERPETUAL.symbol, "direction": "buy", "price": 60_000.0,
                "amount": 10.0, "label": mine.approved.client, "fee": 0.0, "fee_currency": "BTC", "liquidity": "M",
                "timestamp": 1_786_123_456_789, "index_price": 60_000.0,
            }  # fmt: skip
            order = {
                "order_id": "x", "instrument_name": PERPETUAL.symbol, "direction": "buy", "order_state": "open",
                "label": mine.approved.client, "filled_amount": -1.0,
            }  # fmt: skip
            odd, last = {**row, "trade_id": "t-2", "price": -1.0}, {**row, "trade_id": "t-3"}
            text = json.dumps({"trades": [row, odd, last], "orders": [order]}).encode()
            told: list[object] = []
            with pytest.raises(WireError):
                told.extend(here.gateway.heard(wire_account.CHANGES.decode(text), now(here)))  # keeps what came before
            assert [event.trade_id for event in told if isinstance(event, Filled)] == ["t-1", "t-3"]

    asyncio.run(scenario())


def test_a_cancel_by_http_whose_answer_cannot_be_read_is_not_told_as_refused() -> None:
    async def scenario() -> None:
        async with trading() as here:
            mine = await here.place(PERPETUAL, Side.BUY, here.best(PERPETUAL, Side.BUY) - 1_000, 10)
            here.fault("error", channel="connect", count=0)
            here.fault("drop", channel="ws", count=4)
            await here.until(lambda: not here.links["account"])
            here.fault("garble", "private/cancel")
            await here.gateway.cancel(here.known(mine))
            assert [one.order for one in here.of(Lost)] == [mine.approved.order]
            assert not here.of(CancelRefused)
            here.lift()
            await here.truthful()

    asyncio.run(scenario())
