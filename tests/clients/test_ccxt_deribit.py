"""ccxt's Deribit client trades on the sandbox, over HTTP and on its socket; what it saw is held against the floor."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from engine.core.ids import AccountId
from engine.core.units import Side
from engine.sandbox.floor_order import State
from engine.sandbox.servers.deribit import SOCKET, DeribitServer
from engine.sandbox.servers.deribit_desk import Client
from engine.sandbox.servers.doors import serve
from tests.clients.test_official_clients import day, drive

CASH = Decimal(500_000)


@pytest.mark.skipif(importlib.util.find_spec("ccxt") is None, reason="needs ccxt: the extra of that name")
def test_ccxts_deribit_trades_on_the_sandbox() -> None:
    async def told():
        world = day()
        server = DeribitServer(world, [])
        server.open_account(Client("you", "hush", AccountId("you")), CASH)
        runner, port = await serve(server.app())
        one = min(
            (one for one in server.bourse.pit.instruments.values() if one.id.symbol.endswith("-P")),
            key=lambda one: abs((one.exercise or 0) - server.bourse.index()),
        )
        bid = server.bourse.pit.books[one.id].bids.best
        assert bid is not None
        task = {
            "rest": f"http://127.0.0.1:{port}", "ws": f"ws://127.0.0.1:{port}{SOCKET}", "client_id": "you",
            "secret": "hush", "market": one.id.symbol, "amount": 0.5, "price": float(bid * one.unit),
        }  # fmt: skip
        try:
            seen = await drive(Path(sys.executable), "deribit_ccxt.py", task)
        finally:
            await runner.cleanup()
        return server, one, task, seen

    server, one, task, seen = asyncio.run(told())
    pit, you = server.bourse.pit, AccountId("you")
    first, *_, bought = [order for order in pit.orders.values() if order.account == you]
    assert seen["markets"] >= len(pit.instruments)
    assert seen["bids"][0][0] == task["price"]
    assert seen["streamed"][0] == seen["bids"][0][:2]
    assert (seen["placed"], seen["canceled"], seen["left"]) == ("open", "canceled", 0)
    assert seen["listed"] == [[first.id, "by-ccxt"]]
    assert seen["moved"] == [first.id, 2 * task["amount"]]
    assert seen["seen"] == ["open", 2 * task["amount"], task["price"]]
    assert first.state is State.CANCELED
    assert seen["refused"] == "InvalidOrder"
    assert (bought.state, bought.side) == (State.FILLED, Side.BUY)
    assert seen["bought"] == ["closed", task["amount"]]
    fee = pit.coin_fee(one, bought.price * one.unit, Decimal("0.5"), maker=False)
    assert seen["trades"] == [[0.5, float(bought.price * one.unit), float(fee), "BTC"]]
    assert seen["positions"] == [["long", 0.5]]
    assert Decimal(str(seen["balance"])) == pytest.approx(pit.equity(you) / server.bourse.index(), rel=Decimal("1e-6"))
    assert -1 < seen["delta"] < 0
