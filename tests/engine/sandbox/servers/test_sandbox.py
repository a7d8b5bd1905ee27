"""The whole sandbox in one process, and what its door can be asked to do."""

from __future__ import annotations

import asyncio

import aiohttp

from engine.core.ids import KALSHI
from engine.sandbox.servers.sandbox import Sandbox
from tests.engine.sandbox.servers.plain import world


def test_the_door_pauses_markets_and_ends_days() -> None:
    async def go() -> None:
        made, _ = world()
        sandbox = Sandbox(made, (), "sesame")
        said = await sandbox.open()
        async with aiohttp.ClientSession(headers={"Authorization": "Bearer sesame"}) as session:

            async def do(**asked: str) -> int:
                async with session.post(f"{said['faults']['rest']}/do", json=asked) as answer:
                    return answer.status

            async with session.get(f"{said['weather']['iem']}/geojson/network.py") as answer:
                assert (await answer.json())["count"] == len(sandbox.weather.archive.spots)
            async with session.get(f"{said['weather']['nws']}/alerts/active") as answer:
                assert answer.status == 200
            name = next(name for name in made.floor.instruments if name.venue == KALSHI)
            assert await do(what="market", venue="kalshi", symbol=name.symbol, status="paused") == 200
            async with session.get(f"{said['kalshi']['rest']}/markets/{name.symbol}") as answer:
                assert (await answer.json())["market"]["status"] == "inactive"
            assert await do(what="market", venue="kalshi", symbol=name.symbol, status="open") == 200
            assert await do(what="market", venue="kalshi", symbol=name.symbol, status="settled") == 400
            assert await do(what="market", venue="kalshi", symbol="NOPE", status="open") == 400
            assert await do(what="kalshi.grid", symbol=name.symbol, step="0.001") == 200
            async with session.get(f"{said['kalshi']['rest']}/markets/{name.symbol}") as answer:
                ranges = (await answer.json())["market"]["price_ranges"]
            assert ranges == [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]
            assert await do(what="polymarket.mode", mode="post only") == 200
            assert await do(what="dance") == 404
            async with session.ws_connect(f"{said['binance']['ws']}/ws/btcusdt@trade") as ws:
                assert await do(what="binance.day_over") == 200
                assert (await ws.receive(timeout=2)).data == 1000
        await sandbox.close()

    asyncio.run(go())
