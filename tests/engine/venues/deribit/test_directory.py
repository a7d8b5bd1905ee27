"""Deribit's directory: what is named is found, lists are asked for once in a while, ticks never change."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from engine.core.errors import AuthFailed, Throttled, VenueRefused, WireError
from engine.core.ids import DERIBIT
from engine.core.units import MINUTE, Nanos
from engine.net.budget import Bucket, Budget
from engine.sandbox.servers.doors import serve
from engine.venues.deribit.directory import Directory
from engine.venues.rest import Rest
from tests.engine.venues.deribit.chains import future, linear, option, refusal, reply

NOW = [Nanos(1_795_000_000_000_000_000)]
LISTS: dict[str, list[dict[str, Any]]] = {
    "BTC": [option(), option("BTC-27NOV26-90000-P"), future()],
    "USDC": [linear(), linear("BTC_USDC-27NOV26-90000-C", tick_size=5)],
}


class Venue:
    """Answers `public/get_instruments`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.body = b""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["currency"])
        body = self.body or reply(LISTS[request.query["currency"]])
        return web.Response(body=body, status=400 if b'"error"' in body else 200)


def play(scenario) -> Venue:
    venue = Venue()

    async def whole() -> None:
        app = web.Application()
        app.router.add_get("/api/v2/public/get_instruments", venue.answer)
        runner, port = await serve(app)
        tokens = Budget({"read": Bucket(1e9, 1e9)})
        rest = Rest(
            DERIBIT, f"http://127.0.0.1:{port}/api/v2", lambda: NOW[0], budget=tokens, rng=random.Random(1), timeout_s=2
        )  # fmt: skip
        try:
            await scenario(Directory(rest, lambda: NOW[0]), venue)
        finally:
            await rest.close()
            await runner.cleanup()

    asyncio.run(whole())
    return venue


def test_coins_expiries_names_and_linear_sides_are_found() -> None:
    async def scenario(directory: Directory, venue: Venue) -> None:
        def ids(found) -> list[str]:
            return [one.family.id for one in found]

        assert ids(await directory.find("btc")) == ["deribit:BTC-27NOV26", "deribit:BTC-FUTURES"]
        assert ids(await directory.find("BTC-27NOV26")) == ["deribit:BTC-27NOV26"]
        assert ids(await directory.find("BTC-27NOV26-90000-C")) == ["deribit:BTC-27NOV26"]
        assert ids(await directory.find("BTC-PERPETUAL, SOL")) == ["deribit:BTC-FUTURES", "deribit:SOL_USDC-27NOV26"]
        assert ids(await directory.find("BTC_USDC")) == ["deribit:BTC_USDC-27NOV26"]
        for nothing in ("BTC-1JAN30", "DOGE", "BTC-27NOV26-1-C"):
            with pytest.raises(VenueRefused):
                await directory.find(nothing)
        with pytest.raises(VenueRefused):
            await directory.find("<script>")

    assert play(scenario).asked == ["BTC", "USDC"]


def test_a_list_is_asked_for_again_after_a_while_and_when_something_changed() -> None:
    async def scenario(directory: Directory, venue: Venue) -> None:
        await directory.find("BTC")
        NOW[0] = Nanos(NOW[0] + MINUTE)
        await directory.find("BTC")
        directory.stale()
        await directory.find("BTC")

    assert play(scenario).asked == ["BTC"] * 3


def test_ticks_do_not_change_when_the_grid_does() -> None:
    async def scenario(directory: Directory, venue: Venue) -> None:
        await directory.find("BTC")
        before = directory.scales["BTC-27NOV26-90000-C"]
        finer = option(tick_size=0.0005, tick_size_steps=[])
        venue.body = reply([finer, option() | {"instrument_name": "BTC-CS-1", "kind": "combo"}, {"instrument_name": 5}])
        directory.stale()
        (found,) = await directory.find("BTC-27NOV26")
        assert directory.scales["BTC-27NOV26-90000-C"] == before
        assert (found.instruments[0].unit, found.instruments[0].grid[0].step) == (Decimal("0.0001"), 5)
        assert directory.skipped.count == 1
        assert len(directory.skipped.news()) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (refusal(13009, "unauthorized"), AuthFailed), (refusal(10028, "too_many_requests"), Throttled),
        (refusal(-32602, "Invalid params"), VenueRefused), (b"<html>", WireError), (reply({"a": 1}), WireError),
        (reply([{"kind": "option"}]), WireError),
    ],
)  # fmt: skip
def test_what_the_venue_refuses_or_garbles_is_told_by_what_it_means(body, kind) -> None:
    async def scenario(directory: Directory, venue: Venue) -> None:
        venue.body = body
        with pytest.raises(kind):
            await directory.find("BTC")

    play(scenario)
