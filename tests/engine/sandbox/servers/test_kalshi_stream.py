"""Kalshi's WebSocket as a plain client meets it."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from decimal import Decimal

import aiohttp
import pytest
from aiohttp import WSMsgType
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Band
from engine.core.units import SECOND, Lots, Nanos, Side, Ticks
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.kalshi_auth import Refusal
from engine.sandbox.servers.kalshi_orders import lots_of, price_of
from engine.sandbox.servers.kalshi_stream import Session
from tests.engine.sandbox import ground
from tests.engine.sandbox.servers.plain import ED, YOU, headers, kalshi, quiet, said
from tests.engine.sandbox.servers.test_kalshi_rest import EVENT, on

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["subscribe", "ticker", "unsubscribe", "get_snapshot"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["channels", "market_tickers", "sid", "sids", "action"]), inner, max_size=3)
    ),
    max_leaves=6,
)
FLOOR = ground.floor()


async def tickers(client) -> list[str]:
    _, found = await client.get(f"/events/{EVENT}")
    return [m["ticker"] for m in found["markets"]]


def subscribe(number: int, channel: str, *markets: str, **more):
    params = {"channels": [channel], "use_yes_price": False, **more}
    return {"id": number, "cmd": "subscribe", "params": params | ({"market_tickers": markets} if markets else {})}


async def rest(ws) -> list[dict]:
    """Return the frames that are there."""
    found = []
    with suppress(TimeoutError):
        while True:
            found.append(await ws.receive_json(timeout=0.05))
    return found


def test_a_handshake_must_be_signed() -> None:
    @on
    async def go(client) -> None:
        for signed in ({}, headers("GET", "/trade-api/v2/ws", client.clock.at),
                       headers("GET", "/trade-api/ws/v2", Nanos(client.clock.at - 60 * SECOND))):  # fmt: skip
            with pytest.raises(aiohttp.WSServerHandshakeError) as no:
                await client.session.ws_connect(f"{client.base}/trade-api/ws/v2", headers=signed)
            assert no.value.status == 401
        async with client.socket(key=ED, name="reader") as ws:
            await ws.send_json({"id": 1, "cmd": "list_subscriptions"})
            assert await ws.receive_json() == {"type": "ok", "id": 1, "msg": []}

    go()


def test_one_row_of_numbers_over_all_markets_and_acknowledgements() -> None:
    @on
    async def go(client) -> None:
        names = await tickers(client)
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "orderbook_delta", names[0], names[3]))
            await ws.send_json(subscribe(2, "orderbook_delta", names[2]))
            await ws.send_json(
                {"id": 3, "cmd": "update_subscription",
                 "params": {"sid": 1, "market_tickers": [names[4]], "action": "add_markets"}}
            )  # fmt: skip
            await ws.send_json(
                {"id": 4, "cmd": "update_subscription",
                 "params": {"sid": 1, "market_tickers": [names[0]], "action": "delete_markets"}}
            )  # fmt: skip
            frames = await rest(ws)
            client.clock.move(60)
            client.server.world.now()
            frames += await rest(ws)
        assert frames[0] == {"type": "subscribed", "id": 1, "msg": {"channel": "orderbook_delta", "sid": 1}}
        assert [f["type"] for f in frames[1:8]] == [
            "orderbook_snapshot", "orderbook_snapshot", "ok", "orderbook_snapshot", "ok", "orderbook_snapshot", "ok",
        ]  # fmt: skip
        assert frames[3]["msg"]["market_tickers"] == [names[0], names[3], names[2]], "the whole subscription so far"
        assert [f["seq"] for f in frames[1:]] == list(range(1, len(frames)))
        deltas = [f for f in frames if f["type"] == "orderbook_delta"]
        assert deltas
        assert names[0] not in {f["msg"]["market_ticker"] for f in deltas}, "it was taken off again"

    go()


def test_snapshot_and_deltas_are_the_book() -> None:
    @on
    async def go(client) -> None:
        names = await tickers(client)
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "orderbook_delta", *names))
            client.server.world.now()
            frames = await rest(ws)
            for _ in range(30):
                client.clock.move(10)
                client.server.world.now()
            frames += await rest(ws)
        books: dict[str, dict[tuple[str, Decimal], Decimal]] = {}
        for frame in frames[1:]:
            msg = frame["msg"]
            book = books.setdefault(msg["market_ticker"], {})
            if frame["type"] == "orderbook_snapshot":
                for side in ("yes", "no"):
                    book |= {(side, Decimal(p)): Decimal(n) for p, n in msg.get(f"{side}_dollars_fp", [])}
            else:
                key = (msg["side"], Decimal(msg["price_dollars"]))
                book[key] = book.get(key, Decimal(0)) + Decimal(msg["delta_fp"])
                assert book[key] >= 0
        assert len(frames) > 50
        for name in names:
            _, now = await client.get(f"/markets/{name}/orderbook")
            wanted = {
                (side, Decimal(p)): Decimal(n) for side in ("yes", "no")
                for p, n in now["orderbook_fp"][f"{side}_dollars"]
            }  # fmt: skip
            assert {k: v for k, v in books[name].items() if v} == wanted

    go()


def test_an_empty_side_is_left_out() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        quiet(client, name)
        client.floor.place("maker-1", InstrumentId(KALSHI, name), Side.SELL, Ticks(6000), Lots(150))
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "orderbook_delta", name))
            snapshot = await said(ws, "orderbook_snapshot")
            assert "yes_dollars_fp" not in snapshot["msg"]
            assert snapshot["msg"]["no_dollars_fp"] == [["0.4000", "1.50"]]

    go()


def test_yes_prices_are_given_when_asked_for() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        quiet(client, name)
        client.floor.place("maker-1", InstrumentId(KALSHI, name), Side.SELL, Ticks(6000), Lots(150))
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "orderbook_delta", name, use_yes_price=True))
            snapshot = await said(ws, "orderbook_snapshot")
            assert snapshot["msg"]["no_dollars_fp"] == [["0.6000", "1.50"]]
            client.floor.place("maker-1", InstrumentId(KALSHI, name), Side.SELL, Ticks(6100), Lots(100))
            delta = (await said(ws, "orderbook_delta"))["msg"]
            assert (delta["side"], delta["price_dollars"], delta["delta_fp"]) == ("no", "0.6100", "1.00")

    go()


def test_get_snapshot_replaces_what_was_missed() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        quiet(client, name)
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "orderbook_delta", name))
            await said(ws, "orderbook_snapshot")
            client.server.world.desk.add(Fault(kind="gap", channel="ws", match="orderbook_delta"))
            for price in (4000, 4100):
                client.floor.place("maker-1", InstrumentId(KALSHI, name), Side.BUY, Ticks(price), Lots(100))
            delta = await said(ws, "orderbook_delta")
            assert (delta["seq"], delta["msg"]["price_dollars"]) == (3, "0.4100"), "number 2 went missing"
            ask = {"sid": 1, "market_tickers": [name], "action": "get_snapshot"}
            await ws.send_json({"id": 2, "cmd": "update_subscription", "params": ask})
            snapshot = await said(ws, "orderbook_snapshot")
            assert (snapshot["seq"], len(snapshot["msg"]["yes_dollars_fp"])) == (4, 2)

    go()


def test_own_orders_fills_and_positions_arrive_unnumbered() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        quiet(client, name)
        client.floor.place("maker-1", InstrumentId(KALSHI, name), Side.SELL, Ticks(5600), Lots(1000))
        async with client.socket() as ws:
            for number, channel in enumerate(("fill", "user_orders", "market_positions"), 1):
                await ws.send_json(subscribe(number, channel))
                assert (await said(ws, "subscribed"))["msg"] == {"channel": channel, "sid": number}
            _, made = await client.order(name, "bid", "0.6000", "12.00", client_order_id="mine")
            frames = await rest(ws)
            assert all("seq" not in f for f in frames)
            fill = next(f["msg"] for f in frames if f["type"] == "fill")
            assert (fill["order_id"], fill["client_order_id"], fill["fee_cost"], fill["post_position_fp"]) == (
                made["order_id"], "mine", "0.172500", "10.00",
            )  # fmt: skip
            orders = [f["msg"] for f in frames if f["type"] == "user_order"]
            assert [(o["status"], o["fill_count_fp"], o["remaining_count_fp"]) for o in orders] == [
                ("resting", "0.00", "12.00"), ("resting", "10.00", "2.00"),
            ]  # fmt: skip
            held = next(f["msg"] for f in frames if f["type"] == "market_position")
            assert (held["position_fp"], held["position_cost_dollars"]) == ("10.00", "5.600000")
            await client.call("DELETE", f"/portfolio/events/orders/{made['order_id']}")
            assert (await said(ws, "user_order"))["msg"]["status"] == "canceled"

    go()


def test_own_deltas_name_their_order() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        quiet(client, name)
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "orderbook_delta", name))
            await said(ws, "orderbook_snapshot")
            await client.order(name, "bid", "0.4000", "1.00", client_order_id="mine")
            assert (await said(ws, "orderbook_delta"))["msg"]["client_order_id"] == "mine"
            client.floor.place("maker-1", InstrumentId(KALSHI, name), Side.BUY, Ticks(4100), Lots(100))
            assert "client_order_id" not in (await said(ws, "orderbook_delta"))["msg"]

    go()


def test_trades_and_tickers() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        quiet(client, name)
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "trade", name))
            await ws.send_json(subscribe(2, "ticker", name, send_initial_snapshot=True))
            first = await said(ws, "ticker")
            assert (first["msg"]["yes_bid_dollars"], first["msg"]["yes_ask_dollars"]) == ("0.0000", "1.0000")
            assert "seq" not in first
            place = client.floor.place
            place("maker-1", InstrumentId(KALSHI, name), Side.SELL, Ticks(5600), Lots(1000))
            place("maker-2", InstrumentId(KALSHI, name), Side.BUY, Ticks(5600), Lots(400))
            trade = await said(ws, "trade")
            assert trade["seq"] == 1
            assert (trade["msg"]["yes_price_dollars"], trade["msg"]["taker_outcome_side"]) == ("0.5600", "yes")
            frames = await rest(ws)
            last = [f["msg"] for f in frames if f["type"] == "ticker"][-1]
            assert (last["price_dollars"], last["volume_fp"], last["yes_ask_size_fp"]) == ("0.5600", "4.00", "6.00")

    go()


def test_life_is_told_but_not_the_scheduled_close() -> None:
    async def go() -> None:
        async with kalshi(rate=0.001) as client, client.socket() as ws:
            await ws.send_json(subscribe(1, "market_lifecycle_v2"))
            await said(ws, "subscribed")
            for hours in (8, 4, 10):
                client.clock.move(hours * 3600)
                client.server.world.now()
            told = [(f["msg"]["event_type"], f["msg"]["market_ticker"]) for f in await rest(ws)]
            today = [what for what, name in told if name.startswith(EVENT)]
            assert today == ["determined"] * 6 + ["settled"] * 6
            created = [name for what, name in told if what == "created"]
            assert sum(name.startswith("KXHIGHCHI-26JUL05") for name in created) == 6

    asyncio.run(go())


def test_a_new_grid_and_a_pause_are_told() -> None:
    @on
    async def go(client) -> None:
        name = InstrumentId(KALSHI, (await tickers(client))[3])
        quiet(client, name.symbol)
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "market_lifecycle_v2"))
            await said(ws, "subscribed")
            client.floor.regrid(name, (Band(Ticks(10), Ticks(9_990), Ticks(10)),))
            told = (await said(ws, "market_lifecycle_v2"))["msg"]
            assert told["event_type"] == "price_level_structure_updated"
            assert told["price_ranges"] == [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]
            status, kept = await client.order(name.symbol, "bid", "0.4050", "1.00")
            assert status == 201
            _, gone = await client.order(name.symbol, "bid", "0.4000", "1.00", cancel_order_on_pause=True)
            client.floor.set_status(name, "paused")
            assert (await said(ws, "market_lifecycle_v2"))["msg"]["event_type"] == "deactivated"
            status, no = await client.order(name.symbol, "bid", "0.4000", "1.00")
            assert (status, no["code"]) == (400, "MARKET_INACTIVE")
            client.floor.set_status(name, "open")
            assert (await said(ws, "market_lifecycle_v2"))["msg"]["event_type"] == "activated"
            _, listed = await client.call("GET", "/portfolio/orders?status=resting")
            assert [o["order_id"] for o in listed["orders"]] == [kept["order_id"]]
            _, one = await client.call("GET", f"/portfolio/orders/{gone['order_id']}")
            assert one["order"]["status"] == "canceled"

    go()


def test_a_failing_channel_ends_its_subscriptions() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "orderbook_delta", name))
            await said(ws, "orderbook_snapshot")
            client.server.sessions[0].fail(25)
            assert (await said(ws, "error"))["msg"]["code"] == 25
            await ws.send_json(subscribe(2, "orderbook_delta", name))
            assert (await said(ws, "orderbook_snapshot"))["seq"] == 1

    go()


def test_errors_name_their_code_and_the_socket_lives_on() -> None:
    @on
    async def go(client) -> None:
        name = (await tickers(client))[3]
        async with client.socket() as ws:
            asked = [
                ("{", 1),
                ('{"id":1,"cmd":"subscribe"}', 2),
                ('{"id":1,"cmd":"subscribe","params":{}}', 3),
                ('{"id":1,"cmd":"unsubscribe","params":{}}', 4),
                ('{"id":1,"cmd":"dance","params":{}}', 5),
                ('{"id":1,"cmd":"unsubscribe","params":{"sids":[9]}}', 7),
                ('{"id":1,"cmd":"subscribe","params":{"channels":["nope"]}}', 8),
                ('{"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"]}}', 14),
                ('{"id":1,"cmd":"subscribe","params":{"channels":["ticker"],"market_ticker":"NOPE"}}', 16),
                ('{"id":1,"cmd":"update_subscription","params":{"action":"add_markets"}}', 12),
                ('{"id":1,"cmd":"update_subscription","params":{"sid":9,"action":"add_markets"}}', 7),
            ]
            for text, code in asked:
                await ws.send_str(text)
                assert (await said(ws, "error"))["msg"]["code"] == code
            await ws.send_json(subscribe(5, "orderbook_delta", name))
            await said(ws, "orderbook_snapshot")
            ask = {"id": 6, "cmd": "update_subscription", "params": {"sid": 1, "action": "juggle"}}
            await ws.send_json(ask)
            assert (await said(ws, "error"))["msg"]["code"] == 13
            await ws.send_json({"id": 7, "cmd": "unsubscribe", "params": {"sids": [1]}})
            gone = await said(ws, "unsubscribed")
            assert gone == {"type": "unsubscribed", "id": 7, "sid": 1, "seq": gone["seq"]}

    go()


def test_groups_are_told() -> None:
    @on
    async def go(client) -> None:
        async with client.socket() as ws:
            await ws.send_json(subscribe(1, "order_group_updates"))
            await said(ws, "subscribed")
            _, group = await client.call("POST", "/portfolio/order_groups/create", {"contracts_limit_fp": "5.00"})
            told = await said(ws, "order_group_updates")
            assert (told["seq"], told["msg"]["event_type"]) == (1, "created")
            name = group["order_group_id"]
            await client.call("PUT", f"/portfolio/order_groups/{name}/limit", {"contracts_limit_fp": "7.00"})
            assert (await said(ws, "order_group_updates"))["msg"]["contracts_limit_fp"] == "7.00"
            await client.call("PUT", f"/portfolio/order_groups/{name}/trigger", {})
            assert (await said(ws, "order_group_updates"))["msg"]["event_type"] == "triggered"

    go()


def test_the_heartbeat_is_a_ping_with_its_word() -> None:
    async def go() -> None:
        async with kalshi(heartbeat_s=0.02) as client, client.socket(autoping=False) as ws:
            message = await ws.receive(timeout=1)
            assert (message.type, message.data) == (WSMsgType.PING, b"heartbeat")
            client.server.world.desk.add(Fault(kind="half_open", channel="ws"))
            await asyncio.sleep(0.05)
            with suppress(TimeoutError):
                while True:
                    await ws.receive(timeout=0.05)
            await ws.send_json({"id": 1, "cmd": "list_subscriptions"})
            with pytest.raises(TimeoutError):
                await ws.receive(timeout=0.1)

    asyncio.run(go())


@settings(deadline=None, max_examples=60)
@given(st.text() | st.dictionaries(st.sampled_from(["id", "cmd", "params"]), JSON).map(json.dumps))
@example('{"id":1,"cmd":"subscribe","params":{"channels":["ticker"],"market_tickers":["\\u0000"]}}')
def test_no_message_breaks_a_session(text) -> None:
    frames = []
    session = Session(FLOOR, {}, YOU, "you", lambda frame, kind: frames.append(frame))
    session.command(text)
    assert frames
    assert all(json.loads(frame)["type"] for frame in frames)


@given(st.text(max_size=30) | st.decimals(allow_nan=True).map(str))
@example("1e999999")
@example("NaN")
def test_no_number_is_refused_but_in_words(text) -> None:
    for read in (price_of, lots_of):
        with suppress(Refusal):
            assert read(text) > 0
