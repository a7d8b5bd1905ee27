"""The sandbox's Polymarket over real sockets: keys, bodies, modes, limits and faults, as plain HTTP sees them."""

from __future__ import annotations

import pytest

from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.polymarket_http import RATES, Rate
from engine.sandbox.servers.polymarket_private import Mode
from tests.engine.sandbox.servers.polymarket_stage import run, until


def test_keys_are_listed_and_revoked():
    async def story(client):
        wallet = await client.sign_in()
        status, _ = await client.send("POST", "/auth/api-key", headers=wallet.level_1())
        assert status == 400, "the nonce has one"
        async with client.session.get(
            client.stage.hosts["clob"] + "/auth/derive-api-key", headers=wallet.level_1()
        ) as found:
            assert await found.json() == wallet.key
        assert (await client.get("/auth/api-keys", wallet=wallet))[1] == {"apiKeys": [wallet.key["apiKey"]]}
        assert (await client.get("/auth/ban-status/closed-only", wallet=wallet))[1] == {"closed_only": False}
        assert (await client.send("DELETE", "/auth/api-key", wallet=wallet))[1] == "OK"
        assert (await client.get("/auth/api-keys", wallet=wallet))[0] == 401
        async with client.session.get(
            client.stage.hosts["clob"] + "/auth/derive-api-key", headers=wallet.level_1(nonce=5)
        ) as found:
            assert found.status == 400

    run(story)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("DELETE", "/order", {}, 400), ("DELETE", "/orders", ["x"] * 3_001, 400), ("POST", "/order", [], 400),
        ("DELETE", "/cancel-market-orders", {}, 400), ("POST", "/orders", {"order": 1}, 400),
        ("POST", "/v1/heartbeats", [], 400), ("DELETE", "/order", {"orderID": 7}, 400),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read_are_refused(method, path, body, status):
    async def story(client):
        wallet = await client.sign_in()
        assert (await client.send(method, path, body, wallet=wallet))[0] == status

    run(story)


@pytest.mark.parametrize(
    ("mode", "status", "post_only_passes"),
    [(Mode.RESTARTING, 425, False), (Mode.CANCEL_ONLY, 503, False), (Mode.POST_ONLY, 503, True)],
)
def test_the_engine_can_restart_or_take_less(mode, status, post_only_passes):
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        _, resting = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.40", "10"))
        stage.venue.mode = mode
        found, body = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.41", "10"))
        assert found == status
        assert body.get("code") == ("post_only_mode" if mode is Mode.POST_ONLY else None)
        assert ("cancel-only" in body["error"]) == (mode is Mode.CANCEL_ONLY)
        found, _ = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.42", "10", post_only=True))
        assert (found == 200) == post_only_passes
        found, _ = await client.send("DELETE", "/order", {"orderID": resting["orderID"]}, wallet=wallet)
        assert found == (425 if mode is Mode.RESTARTING else 200)

    run(story)


def test_limits_are_counted_by_wallet_and_say_when_to_come_back():
    rates = RATES | {"POST /order": (Rate(2, 10),)}

    async def story(client):
        ann, ben = await client.sign_in(1), await client.sign_in(2)
        market = client.stage.plain
        statuses = [(await client.post(ann, ann.order(market, "BUY", "0.40", "10")))[0] for _ in range(2)]
        body = ann.order(market, "BUY", "0.40", "10")
        status, told = await client.post(ann, body)
        assert (statuses, status, told["retry_after_seconds"]) == ([200, 200], 429, 10)
        assert (await client.post(ben, ben.order(market, "BUY", "0.40", "10")))[0] == 200
        assert (await client.send("DELETE", "/cancel-all", wallet=ann))[0] == 200, "cancels have limits of their own"
        client.stage.pass_time(10)
        assert (await client.post(ann, ann.order(market, "BUY", "0.40", "10")))[0] == 200

    run(story, rates=rates)


def test_without_a_heartbeat_a_wallets_orders_are_canceled(monkeypatch):
    monkeypatch.setattr("engine.sandbox.servers.polymarket_desk.SILENCE_S", 0.05)

    async def story(client):
        wallet = await client.sign_in()
        await client.post(wallet, wallet.order(client.stage.plain, "BUY", "0.40", "10"))
        _, first = await client.send("POST", "/v1/heartbeats", {"heartbeat_id": ""}, wallet=wallet)
        status, told = await client.send("POST", "/v1/heartbeats", {"heartbeat_id": "?"}, wallet=wallet)
        assert (status, told["heartbeat_id"]) == (400, first["heartbeat_id"])

        async def gone():
            return (await client.get("/data/orders", wallet=wallet))[1]["data"] == []

        await until(gone)

    run(story)


def test_the_fault_desk_acts_on_the_clob_before_or_after_an_order_is_booked():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.faults.add(Fault(kind="error_after", venue="polymarket", match="POST /order", value=502))
        status, _ = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.40", "10"))
        assert status == 502
        assert len((await client.get("/data/orders", wallet=wallet))[1]["data"]) == 1, "booked all the same"
        stage.faults.add(Fault(kind="throttle", venue="polymarket", match="POST /order"))
        status, told = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.41", "10"))
        assert (status, told["retry_after_seconds"]) == (429, 1)
        assert len((await client.get("/data/orders", wallet=wallet))[1]["data"]) == 1

    run(story)
