"""The sandbox's Polymarket over real sockets: reads, orders, refusals, modes and limits, as plain HTTP sees them."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec
import pytest

from engine.core.units import SECOND, Side
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.polymarket_http import RATES, Rate
from engine.sandbox.servers.polymarket_private import Mode
from tests.engine.sandbox.ground import balance
from tests.engine.sandbox.servers.polymarket_stage import CROWD, NEG_RISK, played


def run(story, **more):
    async def told():
        async with played(**more) as client:
            return await asyncio.wait_for(story(client), 20)

    return asyncio.run(told())


async def until(of):
    """Ask again until it is so."""
    for _ in range(400):
        if await of():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never was")


def test_public_reads_agree_with_the_book():
    async def story(client):
        stage, token, other = client.stage, *client.stage.plain.tokens
        stage.quote(stage.plain, Side.BUY, "0.41", "100")
        stage.quote(stage.plain, Side.BUY, "0.43", "10.820819")
        stage.quote(stage.plain, Side.SELL, "0.46", "50")
        status, book = await client.get("/book", token_id=token)
        assert status == 200
        assert [lv["price"] for lv in book["bids"]] == ["0.41", "0.43"], "best last"
        assert book["bids"][-1]["size"] == "10.820819"
        assert book["asks"] == [{"price": "0.46", "size": "50"}]
        assert (book["tick_size"], book["min_order_size"], book["neg_risk"]) == ("0.01", "5", False)
        _, mirror = await client.get("/book", token_id=other)
        assert [lv["price"] for lv in mirror["asks"]] == ["0.59", "0.57"]
        assert (await client.get("/midpoint", token_id=token))[1] == {"mid": "0.445"}
        assert (await client.get("/spread", token_id=other))[1] == {"spread": "0.03"}
        assert (await client.get("/price", token_id=token, side="BUY"))[1] == {"price": "0.43"}
        assert (await client.get("/price", token_id=token, side="SELL"))[1] == {"price": "0.46"}
        assert (await client.get("/tick-size", token_id=token))[1] == {"minimum_tick_size": 0.01}
        assert (await client.get("/neg-risk", token_id=stage.neg.tokens[0]))[1] == {"neg_risk": True}
        assert (await client.get("/time"))[1] == stage.wall // SECOND
        assert (await client.get("/version"))[1] == {"version": 2}
        books = [{"token_id": t} for t in (token, "12345", other)]
        assert [b["asset_id"] for b in (await client.send("POST", "/books", books))[1]] == [token, other]
        status, short = await client.get(f"/clob-markets/{stage.plain.condition}")
        assert short["fd"] == {"r": 0.07, "e": 1.0, "to": True}
        assert [t["o"] for t in short["t"]] == ["Up", "Down"]
        _, long = await client.get(f"/markets/{stage.plain.condition}")
        assert [t["token_id"] for t in long["tokens"]] == [token, other]
        assert long["accepting_orders"]

    run(story)


def test_prices_of_many_tokens_come_in_one_answer():
    async def story(client):
        stage, (token, other) = client.stage, client.stage.plain.tokens
        stage.quote(stage.plain, Side.BUY, "0.43", "10")
        wanted = [{"token_id": token, "side": "BUY"}, {"token_id": other, "side": "SELL"}, {"token_id": "7"}]
        assert (await client.send("POST", "/prices", wanted))[1] == {token: {"BUY": "0.43"}, other: {"SELL": "0.57"}}
        assert (await client.send("POST", "/midpoints", wanted))[1] == {token: "0.715", other: "0.285"}
        assert (await client.send("POST", "/spreads", wanted[:1]))[1] == {token: "0.57"}
        assert (await client.get("/price", token_id=token, side="SELL"))[0] == 404
        assert (await client.get("/price", token_id=token, side="UP"))[0] == 400
        assert (await client.get("/midpoint", token_id=stage.neg.tokens[0]))[0] == 404, "an empty book has no middle"
        assert (await client.send("POST", "/last-trades-prices", wanted[:1]))[1] == [
            {"price": "0.5", "side": "", "token_id": token}
        ]
        assert (await client.send("POST", "/books", {"token_id": token}))[0] == 400
        assert (await client.send("POST", "/books", [{"token_id": "1"}] * 501))[0] == 400

    run(story)


def test_markets_are_listed_long_and_short_and_have_a_history():
    async def story(client):
        stage = client.stage
        _, long = await client.get("/markets")
        assert [m["condition_id"] for m in long["data"]] == [stage.plain.condition, stage.neg.condition]
        assert long["next_cursor"] == "LTE="
        _, short = await client.get("/sampling-simplified-markets")
        assert set(short["data"][0]) < set(long["data"][0])
        _, named = await client.get(f"/markets-by-token/{stage.neg.tokens[1]}")
        assert named["condition_id"] == stage.neg.condition
        assert (await client.get("/fee-rate", token_id=stage.neg.tokens[1]))[1] == {"base_fee": 1000}
        stage.quote(stage.plain, Side.SELL, "0.46", "10")
        wallet = await client.sign_in()
        await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10"))
        _, seen = await client.get("/prices-history", market=stage.plain.tokens[0])
        assert seen == {"history": [{"t": stage.at // SECOND, "p": 0.46}]}
        assert (await client.get("/prices-history", market=stage.plain.tokens[0], startTs="soon"))[0] == 400
        assert (await client.get("/ok"))[1] == "OK"
        assert (await client.get("/deployed", address="0x1"))[1] == {"deployed": True}
        assert (await client.get("/fees/builder-fees/0x1"))[0] == 404

    run(story)


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


def test_own_trades_and_balances_take_filters():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.SELL, "0.46", "10")
        await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10"))
        now = stage.at // SECOND
        for query, many in (
            ({"market": stage.plain.condition}, 1), ({"market": stage.neg.condition}, 0), ({"after": str(now)}, 1),
            ({"after": str(now + 1)}, 0), ({"before": str(now - 1)}, 0), ({"asset_id": stage.plain.tokens[1]}, 0),
        ):  # fmt: skip
            assert len((await client.get("/data/trades", wallet=wallet, **query))[1]["data"]) == many, query
        assert (await client.get("/data/trades", wallet=wallet, after="soon"))[0] == 400
        assert (await client.get("/balance-allowance", wallet=wallet, asset_type="GOLD"))[0] == 400
        bad = {"asset_type": "CONDITIONAL", "token_id": "7"}
        assert (await client.get("/balance-allowance", wallet=wallet, **bad))[0] == 400

    run(story)


def test_a_market_is_not_ready_before_it_opens_and_while_it_is_paused():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        for status in ("unopened", "paused"):
            stage.floor.set_status(stage.plain.id, status)
            _, body = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.40", "10"))
            assert body["error"] == "the market is not yet ready to process new orders"
        unknown = wallet.order(stage.plain, "BUY", "0.40", "10")
        unknown["order"]["tokenId"] = "7"
        assert "does not exist" in (await client.post(wallet, unknown))[1]["error"]

    run(story)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/book", {"token_id": "5"}, 404), ("/book", {"token_id": "x"}, 400), ("/book", {}, 400),
        ("/midpoint", {"token_id": "5"}, 404), ("/markets/0x5", {}, 404), ("/clob-markets/0x5", {}, 404),
        ("/markets-by-token/5", {}, 404), ("/nothing", {}, 404), ("/data/orders", {}, 401),
        ("/markets", {"next_cursor": "?"}, 400), ("/auth/derive-api-key", {}, 401),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_so_in_json(path, query, status):
    async def story(client):
        found, body = await client.get(path, **query)
        assert found == status
        assert isinstance(body["error"], str)

    run(story)


def test_an_order_is_placed_seen_and_canceled():
    async def story(client):
        wallet, market = await client.sign_in(), client.stage.plain
        body = wallet.order(market, "BUY", "0.40", "12.5", post_only=True)
        status, placed = await client.post(wallet, body)
        assert (status, placed["success"], placed["status"]) == (200, True, "live")
        assert placed["orderID"] == wallet.order_id(body)
        _, listed = await client.get("/data/orders", wallet=wallet)
        assert listed["next_cursor"] == "LTE="
        (row,) = listed["data"]
        assert (row["id"], row["price"], row["original_size"], row["side"]) == (placed["orderID"], "0.4", "12.5", "BUY")
        status, seen = await client.get(f"/data/order/{placed['orderID']}", wallet=wallet)
        assert seen == row
        _, canceled = await client.send("DELETE", "/order", {"orderID": placed["orderID"]}, wallet=wallet)
        assert canceled == {"canceled": [placed["orderID"]], "not_canceled": {}}
        _, again = await client.send("DELETE", "/order", {"orderID": placed["orderID"]}, wallet=wallet)
        assert list(again["not_canceled"]) == [placed["orderID"]]
        status, _ = await client.get(f"/data/order/{placed['orderID']}", wallet=wallet)
        assert status == 404, "only live orders are known"
        status, refused = await client.post(wallet, body)
        assert (status, "Duplicated" in refused["error"]) == (400, True)

    run(story)


def test_one_wallet_neither_sees_nor_cancels_anothers_orders():
    async def story(client):
        ann, ben = await client.sign_in(1), await client.sign_in(2)
        _, placed = await client.post(ann, ann.order(client.stage.plain, "BUY", "0.40", "10"))
        assert (await client.get("/data/orders", wallet=ben))[1]["data"] == []
        _, canceled = await client.send("DELETE", "/orders", [placed["orderID"]], wallet=ben)
        assert canceled["canceled"] == []
        borrowed = ben.order(client.stage.plain, "BUY", "0.40", "10") | {"owner": ann.key["apiKey"]}
        assert (await client.post(ben, borrowed))[0] == 400

    run(story)


def test_a_trade_is_told_to_its_wallet_and_moves_money_and_shares():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.neg, Side.SELL, "0.30", "8")
        stage.quote(stage.neg, Side.SELL, "0.31", "100")
        _, done = await client.post(wallet, wallet.order(stage.neg, "BUY", "0.32", "20", kind="FAK"))
        second = Decimal("12.903225")  # it spends its 20 times 0.32, and at better prices that buys more than 20
        assert (done["status"], done["takingAmount"]) == ("matched", "20.903225")
        assert Decimal(done["makingAmount"]) == Decimal("8") * Decimal("0.30") + second * Decimal("0.31")
        assert len(done["tradeIDs"]) == 2, "one for each price"
        _, found = await client.get("/data/trades", wallet=wallet)
        assert [(t["size"], t["price"], t["trader_side"]) for t in found["data"]] == [
            (f"{second}", "0.31", "TAKER"), ("8", "0.3", "TAKER"),
        ]  # fmt: skip
        assert found["data"][0]["status"] == "TRADE_STATUS_MATCHED"
        query = {"asset_type": "CONDITIONAL", "token_id": stage.neg.tokens[0]}
        _, held = await client.get("/balance-allowance", wallet=wallet, **query)
        assert held["balance"] == "20903225"
        _, money = await client.get("/balance-allowance", wallet=wallet, asset_type="COLLATERAL")
        fee = sum(
            (Decimal("0.07") * n * p * (1 - p)).quantize(Decimal("0.00001"))
            for n, p in ((8, Decimal("0.30")), (second, Decimal("0.31")))
        )
        left = 10_000 * 10**6 - (Decimal(done["makingAmount"]) + fee) * 10**6
        assert int(money["balance"]) == int(left)
        assert balance(stage.floor) == 0
        _, sold = await client.post(wallet, wallet.order(stage.neg, "SELL", "0.9", "21"))
        assert sold == {"error": "not enough balance / allowance"}

    run(story)


def test_a_purchase_that_takes_spends_its_money_and_no_more_is_asked_of_the_wallet():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.SELL, "0.20", "30000")
        killed = wallet.order(stage.plain, "BUY", "0.50", "13000", kind="FOK")
        status, body = await client.post(wallet, killed)
        assert (status, "couldn't be fully filled" in body["error"]) == (400, True), "its money does not find its match"
        _, done = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.50", "11000", kind="FOK"))
        assert (done["status"], done["makingAmount"], done["takingAmount"]) == ("matched", "5500", "27500")
        assert balance(stage.floor) == 0

    run(story)


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"side": "BUY", "price": "0.46", "size": "10", "post_only": True}, "invalid post-only order: order crosses"),
        ({"side": "BUY", "price": "0.46", "size": "500", "kind": "FOK"}, "couldn't be fully filled"),
        ({"side": "BUY", "price": "0.44", "size": "10", "kind": "FAK"}, "no orders found to match"),
        ({"side": "BUY", "price": "0.46", "size": "2", "kind": "FAK"}, "min size: $1"),
        ({"side": "BUY", "price": "0.90", "size": "20000"}, "not enough balance / allowance"),
        ({"side": "BUY", "price": "0.46", "size": "10", "contract": NEG_RISK}, "invalid signature"),
        ({"side": "BUY", "price": "0.46", "size": "10", "kind": "GTD", "expiration": 1_783_000_300}, "expiration"),
    ],
)
def test_refusals_come_in_the_venues_words_and_change_nothing(order, why):
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.SELL, "0.46", "100")
        status, body = await client.post(wallet, wallet.order(stage.plain, **order))
        assert (status, why in body["error"]) == (400, True), body
        assert stage.floor.accounts[wallet.address].cash == 10_000
        assert (await client.get("/data/orders", wallet=wallet))[1]["data"] == []

    run(story)


def test_a_batch_says_success_for_each_and_means_only_that_it_was_read():
    async def story(client):
        wallet, market = await client.sign_in(), client.stage.plain
        good, bad = (wallet.order(market, "BUY", price, "10") for price in ("0.40", "0.405"))
        status, found = await client.send("POST", "/orders", [good, bad], wallet=wallet)
        assert (status, [f["success"] for f in found]) == (200, [True, True])
        assert found[0]["orderID"]
        assert found[1]["orderID"] == ""
        assert "tick size" in found[1]["errorMsg"]
        many = [wallet.order(market, "BUY", "0.40", "10") for _ in range(16)]
        assert (await client.send("POST", "/orders", many, wallet=wallet))[0] == 400
        _, canceled = await client.send("DELETE", "/cancel-market-orders", {"market": market.condition}, wallet=wallet)
        assert canceled["canceled"] == [found[0]["orderID"]]

    run(story)


def test_a_good_till_date_order_ends_a_minute_early():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        near = wallet.order(stage.plain, "BUY", "0.40", "10", kind="GTD", expiration=stage.wall // SECOND + 89)
        assert await client.post(wallet, near) == (400, {"error": "invalid expiration"})
        ends = stage.wall // SECOND + 200
        _, placed = await client.post(
            wallet, wallet.order(stage.plain, "BUY", "0.40", "10", kind="GTD", expiration=ends)
        )
        stage.pass_time(139)
        assert len((await client.get("/data/orders", wallet=wallet))[1]["data"]) == 1
        stage.pass_time(2)
        assert (await client.get("/data/orders", wallet=wallet))[1]["data"] == []
        assert placed["success"]

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


def test_an_order_that_would_take_is_held_back_where_the_market_says_so():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        delayed = msgspec.structs.replace(
            stage.floor.instruments[stage.plain.id], facts=(*stage.plain_facts, ("delay_s", "1"))
        )
        stage.floor.bring(delayed, stage.offers[0].schedule)
        name = stage.quote(stage.plain, Side.SELL, "0.46", "100")
        _, rests = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.40", "10"))
        _, first = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10"))
        _, late = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "100", kind="FOK"))
        assert [found["status"] for found in (rests, first, late)] == ["live", "delayed", "delayed"]
        assert stage.floor.orders[name].filled == 0

        async def traded():
            return len((await client.get("/data/trades", wallet=wallet))[1]["data"]) == 1

        await until(traded)
        assert late["orderID"] not in stage.floor.orders, "killed when its time came"

    run(story)


def test_a_trade_that_fails_on_the_chain_gives_everything_back(monkeypatch):
    monkeypatch.setattr("engine.sandbox.servers.polymarket_trades.MINED_S", 0.01)
    monkeypatch.setattr("engine.sandbox.servers.polymarket_trades.CONFIRMED_S", 0.02)

    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.SELL, "0.46", "100")
        stage.venue.desk.trades.failing = 1
        await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10", kind="FOK"))
        assert stage.floor.accounts[wallet.address].cash < 10_000

        async def failed():
            _, found = await client.get("/data/trades", wallet=wallet)
            return found["data"][0]["status"] == "TRADE_STATUS_FAILED"

        await until(failed)
        assert stage.floor.accounts[wallet.address].cash == 10_000
        assert stage.floor.accounts[CROWD].cash == 1_000_000
        assert balance(stage.floor) == 0

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


def test_the_data_api_shows_what_a_wallet_holds_after_a_while():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.SELL, "0.46", "100")
        await client.get("/positions", host="data", user=wallet.address)
        await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10", kind="FOK"))
        assert (await client.get("/positions", host="data", user=wallet.address))[1] == []
        stage.pass_time(3)
        _, everybody = await client.get("/trades", host="data", market=stage.plain.condition)
        assert [t["size"] for t in everybody] == [10.0]
        _, (row,) = await client.get("/positions", host="data", user=wallet.address.lower())
        assert (row["asset"], row["size"], row["outcome"]) == (stage.plain.tokens[0], 10.0, "Up")
        assert row["avgPrice"] == pytest.approx(0.46)
        _, (trade,) = await client.get("/trades", host="data", user=wallet.address)
        assert (trade["side"], trade["size"], trade["price"]) == ("BUY", 10.0, 0.46)
        assert (await client.get("/positions", host="data"))[0] == 400
        _, second = await client.get("/v2/positions", host="data", user=wallet.address)
        assert second["pagination"] == {"has_more": False, "next_cursor": None}
        assert (second["data"][0]["current_size"], second["data"][0]["status"]) == (10.0, "OPEN")
        _, (worth,) = await client.get("/value", host="data", user=wallet.address)
        assert worth["value"] == pytest.approx(row["currentValue"])
        _, (act,) = await client.get("/activity", host="data", user=wallet.address)
        assert (act["type"], act["usdcSize"]) == ("TRADE", pytest.approx(4.6))
        assert (await client.get("/trades", host="data", user="0x" + "5" * 40))[1] == []
        assert (await client.get("/trades", host="data", user=wallet.address, limit="x"))[0] == 400
        stage.floor.settle(stage.plain.id, Decimal(0))
        stage.pass_time(3)
        assert (await client.get("/positions", host="data", user=wallet.address))[1] == []

    run(story)


def test_a_settled_market_pays_and_closes():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.SELL, "0.46", "100")
        await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10", kind="FOK"))
        cash = stage.floor.accounts[wallet.address].cash
        stage.floor.settle(stage.plain.id, Decimal(1))
        assert stage.floor.accounts[wallet.address].cash == cash + 10
        _, market = await client.get(f"/markets/{stage.plain.condition}")
        assert (market["closed"], market["accepting_orders"]) == (True, False)
        assert [(t["price"], t["winner"]) for t in market["tokens"]] == [(1.0, True), (0.0, False)]
        status, body = await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10"))
        assert (status, "closed" in body["error"]) == (400, True)

    run(story)
