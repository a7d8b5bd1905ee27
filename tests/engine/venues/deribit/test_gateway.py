"""Deribit's gateway against its sandbox: what leaves, and when."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from engine.core.units import Side
from engine.net.budget import Budget
from engine.sandbox.option_market import PERPETUAL
from engine.venues.deribit import endpoints
from tests.engine.venues.deribit.exchange import hasten, trading


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

