"""Kalshi's REST as a plain client meets it."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from functools import partial

import pytest

from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import SECOND, Lots, Nanos, Side, Ticks
from engine.sandbox.servers.faults import Fault
from tests.engine.sandbox.servers.plain import ED, YOU, headers, kalshi, quiet

EVENT = "KXHIGHCHI-26JUL03"


def on(test, rate: float = 1.0):
    """Return what runs a coroutine against a fresh server."""

    def run() -> None:
        async def go() -> None:
            async with kalshi(rate=rate) as client:
                await test(client)

        asyncio.run(go())

    return run


async def middle(client) -> str:
    """Return the ticker of a bracket in the middle of its event, with an empty book."""
    _, said = await client.get(f"/events/{EVENT}")
    ticker = said["markets"][3]["ticker"]
    quiet(client, ticker)
    return ticker


def test_markets_are_found_from_series_to_strikes() -> None:
    @on
    async def go(client) -> None:
        status, said = await client.get("/series/KXHIGHCHI")
        assert (status, said["series"]["fee_type"], said["series"]["fee_multiplier"]) == (200, "quadratic", 1)
        _, said = await client.get("/events?series_ticker=KXHIGHCHI&status=open&with_nested_markets=true")
        assert [e["event_ticker"] for e in said["events"]] == [EVENT, "KXHIGHCHI-26JUL04"], "today and tomorrow"
        markets = said["events"][0]["markets"]
        assert [m["strike_type"] for m in markets] == ["less", *["between"] * 4, "greater"]
        assert "floor_strike" not in markets[0]
        assert markets[0]["cap_strike"] == markets[1]["floor_strike"]
        assert markets[4]["cap_strike"] == markets[5]["floor_strike"]
        assert {m["status"] for m in markets} == {"active"}
        assert {m["settlement_bounds_type"] for m in markets} == {"default"}, "the official client knows two words"
        assert markets[0]["price_ranges"] == [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
        _, one = await client.get(f"/markets/{markets[2]['ticker']}")
        assert one["market"] == markets[2]

    go()


def test_pages_end_with_an_empty_cursor() -> None:
    @on
    async def go(client) -> None:
        seen, cursor = [], ""
        while True:
            _, said = await client.get(f"/markets?limit=5&status=open&cursor={cursor}")
            seen += [m["ticker"] for m in said["markets"]]
            cursor = said["cursor"]
            if not cursor:
                break
        assert len(seen) == len(set(seen)) == 24

    go()


def test_a_book_has_bids_only_best_last() -> None:
    @on
    async def go(client) -> None:
        _, event = await client.get(f"/events/{EVENT}")
        ticker = event["markets"][3]["ticker"]
        _, said = await client.get(f"/markets/{ticker}/orderbook")
        yes, no = said["orderbook_fp"]["yes_dollars"], said["orderbook_fp"]["no_dollars"]
        assert yes == sorted(yes, key=lambda row: Decimal(row[0]))
        assert Decimal(yes[-1][0]) + Decimal(no[-1][0]) < 1
        _, market = await client.get(f"/markets/{ticker}")
        assert market["market"]["yes_bid_dollars"] == yes[-1][0]
        assert Decimal(market["market"]["yes_ask_dollars"]) == 1 - Decimal(no[-1][0])
        _, many = await client.get(f"/markets/orderbooks?tickers={ticker}&tickers=NOPE")
        assert [b["orderbook_fp"] for b in many["orderbooks"]] == [said["orderbook_fp"]]

    go()


def test_who_signs_wrongly_is_told_so() -> None:
    @on
    async def go(client) -> None:
        url = f"{client.base}/trade-api/v2/portfolio/balance"
        path = "/trade-api/v2/portfolio/balance"
        good = headers("GET", path, client.clock.at)
        wrong = {
            "nothing": {},
            "method": headers("POST", path, client.clock.at),
            "path": headers("GET", "/portfolio/balance", client.clock.at),
            "key": good | {"KALSHI-ACCESS-KEY": "ed"},
            "old": headers("GET", path, Nanos(client.clock.at - 60 * SECOND)),
            "text": good | {"KALSHI-ACCESS-SIGNATURE": "not base64!"},
        }
        for signed in wrong.values():
            async with client.session.get(url, headers=signed) as answer:
                assert answer.status == 401
                assert "code" in await answer.json()
        async with client.session.get(url, headers=good, params={"subaccount": "0"}) as answer:
            assert answer.status == 200, "the query is not signed"

    go()


def test_both_kinds_of_key_sign_and_a_reader_may_not_write() -> None:
    @on
    async def go(client) -> None:
        for name in ("ed", "reader"):
            status, said = await client.call("GET", "/portfolio/balance", key=ED, name=name)
            assert (status, said["balance"], said["balance_dollars"]) == (200, 100_000, "1000.0000")
        status, _ = await client.call("DELETE", "/portfolio/events/orders", key=ED, name="reader")
        assert status == 403

    go()


def test_an_order_rests_is_seen_and_is_cancelled() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        status, made = await client.order(ticker, "bid", "0.4000", "10.00", client_order_id="a-1")
        assert (status, made["fill_count"], made["remaining_count"]) == (201, "0.00", "10.00")
        assert "average_fill_price" not in made
        _, balance = await client.call("GET", "/portfolio/balance")
        assert balance["balance"] == 99_600, "the balance is what may still be spent"
        _, said = await client.call("GET", f"/portfolio/orders?status=resting&ticker={ticker}")
        assert [(o["order_id"], o["yes_price_dollars"], o["book_side"], o["outcome_side"]) for o in said["orders"]] == [
            (made["order_id"], "0.4000", "bid", "yes")
        ]
        _, queue = await client.call("GET", f"/portfolio/orders/{made['order_id']}/queue_position")
        assert queue == {"queue_position_fp": "0.00"}
        status, gone = await client.call("DELETE", f"/portfolio/events/orders/{made['order_id']}")
        assert (status, gone["reduced_by"], gone["client_order_id"]) == (200, "10.00", "a-1")
        status, again = await client.call("DELETE", f"/portfolio/events/orders/{made['order_id']}")
        assert (status, again["error"]["code"]) == (404, "not_found")
        _, one = await client.call("GET", f"/portfolio/orders/{made['order_id']}")
        assert one["order"]["status"] == "canceled"

    go()


def test_a_second_use_of_a_client_id_is_a_conflict_and_places_nothing() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        first, _ = await client.order(ticker, "bid", "0.4000", "10.00", client_order_id="twice")
        status, said = await client.order(ticker, "bid", "0.4000", "10.00", client_order_id="twice")
        assert (first, status, said["code"]) == (201, 409, "order_already_exists")
        _, listed = await client.call("GET", "/portfolio/orders")
        assert len(listed["orders"]) == 1

    go()


def test_a_fill_is_in_the_reply_the_fills_the_position_and_the_cash() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        rival = client.floor.place("maker-1", InstrumentId(KALSHI, ticker), Side.SELL, Ticks(5600), Lots(1000))
        status, made = await client.order(ticker, "bid", "0.6000", "12.00", time_in_force="immediate_or_cancel")
        assert (status, made["fill_count"], made["remaining_count"]) == (201, "10.00", "0.00")
        assert Decimal(made["average_fill_price"]) == Decimal("0.56")
        assert rival.left == 0
        _, fills = await client.call("GET", "/portfolio/fills")
        assert [(f["yes_price_dollars"], f["count_fp"], f["is_taker"]) for f in fills["fills"]] == [
            ("0.5600", "10.00", True)
        ]
        assert Decimal(fills["fills"][0]["fee_cost"]) == Decimal("0.1725")
        _, held = await client.call("GET", "/portfolio/positions?count_filter=position")
        assert held["market_positions"][0]["position_fp"] == "10.00"
        assert held["event_positions"][0]["event_ticker"] == EVENT
        _, balance = await client.call("GET", "/portfolio/balance")
        assert balance["balance_dollars"] == "994.2275"
        _, trades = await client.get(f"/markets/trades?ticker={ticker}")
        assert trades["trades"][0]["trade_id"] == fills["fills"][0]["trade_id"]
        assert trades["trades"][0]["taker_book_side"] == "bid"

    go()


def test_an_ask_buys_no() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        client.floor.place("maker-1", InstrumentId(KALSHI, ticker), Side.BUY, Ticks(4500), Lots(500))
        status, _ = await client.order(ticker, "ask", "0.4000", "5.00")
        assert status == 201
        _, held = await client.call("GET", "/portfolio/positions")
        assert held["market_positions"][0]["position_fp"] == "-5.00"
        assert Decimal(held["market_positions"][0]["market_exposure_dollars"]) == Decimal("2.75")

    go()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"price": "0.4050"}, 400, "invalid_price"),
        ({"price": "1.0000"}, 400, "invalid_price"),
        ({"price": "abc"}, 400, "invalid_parameters"),
        ({"price": 0.4}, 400, "invalid_parameters"),
        ({"count": "0"}, 400, "invalid_parameters"),
        ({"count": "1.005"}, 400, "invalid_parameters"),
        ({"side": "yes"}, 400, "invalid_parameters"),
        ({"self_trade_prevention_type": "none"}, 400, "invalid_parameters"),
        ({"count": "5000.00"}, 400, "insufficient_balance"),
        ({"ticker": "KXHIGHCHI-26JUL03-B1.5"}, 404, "market_not_found"),
        ({"time_in_force": "fill_or_kill"}, 400, "fill_or_kill_insufficient_resting_volume"),
        ({"expiration_time": 1}, 400, "invalid_order"),
        ({"reduce_only": True}, 400, "invalid_order"),
        ({"order_group_id": "none"}, 404, "not_found"),
    ],
)
def test_what_is_wrong_is_named(change, status, code) -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        order = {"ticker": ticker, "side": "bid", "price": "0.4000", "count": "10.00"} | change
        answer, said = await client.order(**order)
        assert (answer, said.get("code") or said["error"]["code"]) == (status, code)
        assert not client.floor.accounts[YOU].orders

    go()


def test_post_only_may_not_cross() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        client.floor.place("maker-1", InstrumentId(KALSHI, ticker), Side.SELL, Ticks(5000), Lots(100))
        status, said = await client.order(ticker, "bid", "0.5000", "1.00", post_only=True)
        assert (status, said["details"]) == (400, "post only cross")
        status, _ = await client.order(ticker, "bid", "0.4900", "1.00", post_only=True)
        assert status == 201

    go()


def test_amend_counts_the_whole_order_and_decrease_keeps_its_place() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        _, made = await client.order(ticker, "bid", "0.4000", "10.00", client_order_id="one")
        path = f"/portfolio/events/orders/{made['order_id']}"
        client.floor.place("maker-1", InstrumentId(KALSHI, ticker), Side.SELL, Ticks(4000), Lots(400))
        client.floor.place("maker-1", InstrumentId(KALSHI, ticker), Side.BUY, Ticks(4000), Lots(100))
        status, said = await client.call("POST", f"{path}/decrease", {"reduce_to": "5.00"})
        assert (status, said["remaining_count"]) == (200, "5.00")
        status, _ = await client.call("POST", f"{path}/decrease", {"reduce_to": "1.00", "reduce_by": "1.00"})
        assert status == 400
        _, queue = await client.call("GET", f"/portfolio/orders/{made['order_id']}/queue_position")
        assert queue["queue_position_fp"] == "0.00"
        body = {"ticker": ticker, "side": "bid", "price": "0.4100", "count": "12.00", "updated_client_order_id": "two"}
        status, said = await client.call("POST", f"{path}/amend", body)
        assert (status, said["fill_count"], said["remaining_count"], said["client_order_id"]) == (
            200, "4.00", "8.00", "two",
        )  # fmt: skip
        status, _ = await client.call("POST", f"{path}/amend", body | {"side": "ask"})
        assert status == 400

    go()


def test_a_batch_is_answered_item_by_item() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        good = {
            "ticker": ticker, "side": "bid", "price": "0.4000", "count": "1.00", "client_order_id": "g",
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "maker",
        }  # fmt: skip
        orders = [good, good | {"price": "0.4050", "client_order_id": "h"}, good]
        status, said = await client.call("POST", "/portfolio/events/orders/batched", {"orders": orders})
        assert status == 201
        assert [row.get("error", {}).get("code") for row in said["orders"]] == [
            None, "invalid_price", "order_already_exists",
        ]  # fmt: skip
        names = [said["orders"][0]["order_id"], "nobody"]
        status, gone = await client.call(
            "DELETE", "/portfolio/events/orders/batched", {"orders": [{"order_id": name} for name in names]}
        )
        assert status == 200
        assert [(row["reduced_by"], "error" in row) for row in gone["orders"]] == [("1.00", False), ("0.00", True)]
        await client.call("POST", "/portfolio/events/orders/batched", {"orders": [good | {"client_order_id": "i"}]})
        status, nothing = await client.call("DELETE", "/portfolio/events/orders")
        assert (status, nothing) == (204, None)
        assert not client.floor.accounts[YOU].orders

    go()


def test_a_group_cancels_itself_past_its_limit() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        status, group = await client.call("POST", "/portfolio/order_groups/create", {"contracts_limit": 5})
        assert status == 201
        name = group["order_group_id"]
        for price in ("0.4000", "0.3900"):
            status, _ = await client.order(ticker, "bid", price, "5.00", order_group_id=name)
            assert status == 201
        client.floor.place("maker-1", InstrumentId(KALSHI, ticker), Side.SELL, Ticks(4000), Lots(500))
        client.server.world.now()
        assert not client.floor.accounts[YOU].orders
        status, said = await client.order(ticker, "bid", "0.4000", "5.00", order_group_id=name)
        assert (status, said["code"]) == (400, "order_group_triggered")
        status, _ = await client.call("PUT", f"/portfolio/order_groups/{name}/reset", {})
        assert status == 200
        status, _ = await client.order(ticker, "bid", "0.4000", "5.00", order_group_id=name)
        assert status == 201
        _, listed = await client.call("GET", "/portfolio/order_groups")
        assert listed["order_groups"][0]["is_auto_cancel_enabled"] is True
        status, _ = await client.call("DELETE", f"/portfolio/order_groups/{name}")
        assert not client.floor.accounts[YOU].orders

    go()


def test_tokens_run_out_and_come_back_and_cancels_are_cheap() -> None:
    async def go() -> None:
        async with kalshi(tier="basic") as client:
            ticker = await middle(client)
            said = [await client.order(ticker, "bid", "0.0100", "1.00") for _ in range(12)]
            assert [status for status, _ in said] == [201] * 10 + [429] * 2
            assert said[-1][1] == {"error": "too many requests"}
            client.clock.move(0.1)
            status, _ = await client.order(ticker, "bid", "0.0100", "1.00")
            assert status == 201
            client.clock.move(0.1)
            gone = [await client.call("DELETE", f"/portfolio/events/orders/{s['order_id']}") for _, s in said[:5]]
            assert [status for status, _ in gone] == [200] * 5
            _, limits = await client.call("GET", "/account/limits")
            assert limits["write"] == {"refill_rate": 100, "bucket_capacity": 100}

    asyncio.run(go())


def test_after_the_close_nothing_can_be_done_and_a_winner_is_paid() -> None:
    @partial(on, rate=0.001)
    async def go(client) -> None:
        ticker = await middle(client)
        name = InstrumentId(KALSHI, ticker)
        client.floor.place("maker-1", name, Side.SELL, Ticks(5000), Lots(1000))
        await client.order(ticker, "bid", "0.5000", "10.00")
        _, resting = await client.order(ticker, "bid", "0.0100", "20000.00")
        closes = client.floor.instruments[name].closes
        client.clock.move((closes - client.clock.at) / SECOND + 1)
        status, said = await client.order(ticker, "bid", "0.5000", "10.00")
        assert (status, said["code"]) == (400, "MARKET_INACTIVE")
        status, said = await client.call("DELETE", f"/portfolio/events/orders/{resting['order_id']}")
        assert (status, said["code"]) == (400, "MARKET_INACTIVE")
        _, one = await client.call("GET", f"/portfolio/orders/{resting['order_id']}")
        assert one["order"]["status"] == "canceled"
        client.clock.move(9 * 3600)
        _, event = await client.get(f"/events/{EVENT}?with_nested_markets=false")
        assert [m["result"] for m in event["markets"]].count("yes") == 1
        assert {m["status"] for m in event["markets"]} == {"finalized"}
        assert Decimal(event["markets"][0]["expiration_value"]) > 60
        _, paid = await client.call("GET", "/portfolio/settlements")
        won = next(m for m in event["markets"] if m["ticker"] == ticker)["result"] == "yes"
        assert paid["settlements"][0]["revenue"] == (1000 if won else 0)
        _, nested = await client.get("/events?series_ticker=KXHIGHCHI&status=settled&with_nested_markets=true")
        assert "markets" not in nested["events"][0], "settled events do not nest their markets"

    go()


def test_a_reply_lost_after_accept_leaves_an_order_that_the_id_finds() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        client.server.world.desk.add(Fault(kind="reset_after", venue="kalshi", match="POST"))
        with pytest.raises(Exception, match=r"disconnected|reset|closed"):
            await client.order(ticker, "bid", "0.4000", "1.00", client_order_id="lost")
        status, _ = await client.order(ticker, "bid", "0.4000", "1.00", client_order_id="lost")
        assert status == 409
        _, listed = await client.call("GET", "/portfolio/orders?status=resting")
        assert [o["client_order_id"] for o in listed["orders"]] == ["lost"]

    go()


def test_a_request_that_arrives_twice_places_one_order() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        client.server.world.desk.add(Fault(kind="duplicate", venue="kalshi", match="POST"))
        status, made = await client.order(ticker, "bid", "0.4000", "1.00", client_order_id="once")
        assert status == 201
        assert list(client.floor.accounts[YOU].orders) == [made["order_id"]]

    go()


def test_maintenance_is_announced_and_kept() -> None:
    @on
    async def go(client) -> None:
        ticker = await middle(client)
        number = client.server.world.desk.add(Fault(kind="maintenance", venue="kalshi"))
        status, said = await client.get("/exchange/status")
        assert (status, said["trading_active"]) == (200, False)
        status, said = await client.order(ticker, "bid", "0.4000", "1.00")
        assert (status, said["code"]) == (503, "service_unavailable")
        client.server.world.desk.clear(number)
        _, said = await client.get("/exchange/status")
        assert said["trading_active"] is True

    go()


def test_unknown_paths_and_bodies_are_refused_in_json() -> None:
    @on
    async def go(client) -> None:
        status, said = await client.get("/markets/NOPE")
        assert (status, said["error"]["code"]) == (404, "not_found")
        status, said = await client.get("/nothing/here")
        assert (status, said["error"]["code"]) == (404, "not_found")
        status, said = await client.call("POST", "/portfolio/events/orders", [1, 2])
        assert (status, said["code"]) == (400, "invalid_parameters")
        status, _ = await client.get("/markets?status=wild")
        assert status == 400

    go()


def test_the_public_answers_are_there() -> None:
    @on
    async def go(client) -> None:
        for path in (
            "/exchange/schedule", "/exchange/announcements", "/historical/cutoff", "/series", "/series/fee_changes",
            f"/events/{EVENT}/metadata", "/exchange/user_data_timestamp",
        ):  # fmt: skip
            status, said = await client.get(path)
            assert status == 200
            assert said
        for path in ("/account/endpoint_costs", "/portfolio/orders/queue_positions",
                     "/portfolio/summary/total_resting_order_value"):  # fmt: skip
            status, _ = await client.call("GET", path)
            assert status == 200

    go()
