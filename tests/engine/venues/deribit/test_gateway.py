"""Deribit's gateway against its sandbox: what leaves, and when."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from engine.core.errors import WireError
from engine.core.events import CancelRefused, Filled, Lost
from engine.core.units import Side
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
