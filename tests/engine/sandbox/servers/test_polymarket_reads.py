"""What the sandbox's Polymarket shows over real sockets: books, prices, markets, an account's own, positions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.units import SECOND, Side
from tests.engine.sandbox.servers.polymarket_stage import run


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
