"""Orders on the sandbox's Polymarket over real sockets: placed, refused, traded, taken back."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.units import SECOND, Side
from tests.engine.sandbox.ground import balance
from tests.engine.sandbox.servers.polymarket_stage import CROWD, NEG_RISK, run, until


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
