"""Deribit's gateway against its sandbox: what leaves, and when."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from engine.core.events import CancelRefused, Lost
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
