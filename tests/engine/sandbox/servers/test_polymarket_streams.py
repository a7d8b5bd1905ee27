"""The sandbox's Polymarket channels: first an array of books, then changes, and what a wallet is told."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import msgspec
import pytest

from engine.core.units import Side
from engine.sandbox.offers import MILLS
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.polymarket import Polymarket
from tests.engine.sandbox.servers.plain import world
from tests.engine.sandbox.servers.polymarket_stage import played


def run(story):
    async def told():
        async with played() as client:
            return await asyncio.wait_for(story(client), 20)

    return asyncio.run(told())


@asynccontextmanager
async def channel(client, name: str, hello: object):
    async with client.session.ws_connect(client.stage.hosts[f"ws_{name}"]) as ws:
        await ws.send_str(json.dumps(hello))
        yield ws


def market(client, *tokens: str, custom: bool = False):
    hello = {"type": "market", "assets_ids": list(tokens), "custom_feature_enabled": custom}
    return channel(client, "market", hello)


def user(client, wallet, *markets: str):
    auth = {"apiKey": wallet.key["apiKey"], "secret": wallet.key["secret"], "passphrase": wallet.key["passphrase"]}
    return channel(client, "user", {"type": "user", "auth": auth, "markets": list(markets)})


async def frames(ws, until):
    """Return objects as they come, up to the first that `until` takes."""
    found = []
    while not (found and until(found[-1])):
        frame = json.loads(await ws.receive_str(timeout=5))
        found += frame if isinstance(frame, list) else [frame]
    return found


async def settled(ws):
    """Wait until the server has read what was said before."""
    await ws.send_str("PING")
    assert await ws.receive_str(timeout=5) == "PONG"


def sha(book) -> str:
    kept = {k: book[k] for k in ("market", "asset_id", "timestamp")} | {"hash": ""}
    rest = ("bids", "asks", "min_order_size", "tick_size", "neg_risk", "last_trade_price")
    text = json.dumps(kept | {k: book[k] for k in rest}, separators=(",", ":"))
    return hashlib.sha1(text.encode()).hexdigest()


def test_the_first_answer_is_an_array_of_books_and_pings_are_plain_text():
    async def story(client):
        stage = client.stage
        stage.quote(stage.plain, Side.BUY, "0.41", "100")
        async with market(client, *stage.plain.tokens) as ws:
            first = json.loads(await ws.receive_str(timeout=5))
            assert [(b["event_type"], b["asset_id"]) for b in first] == [("book", t) for t in stage.plain.tokens]
            assert first[0]["bids"] == [{"price": "0.41", "size": "100"}]
            assert first[1]["asks"] == [{"price": "0.59", "size": "100"}]
            assert first[0]["tick_size"] == "0.01"
            _, rest = await client.get("/book", token_id=stage.plain.tokens[0])
            assert first[0]["hash"] == rest["hash"] == sha(rest)
            await settled(ws)

    run(story)


def test_changes_carry_new_totals_mirrored_for_both_tokens():
    async def story(client):
        stage = client.stage
        async with market(client, stage.plain.tokens[1]) as ws:
            await ws.receive_str(timeout=5)
            name = stage.quote(stage.plain, Side.BUY, "0.41", "100")
            stage.quote(stage.plain, Side.BUY, "0.41", "5")
            stage.floor.cancel(name)
            found = await frames(ws, lambda f: len(f["price_changes"]) and f["price_changes"][0]["size"] == "5")
            assert [f["price_changes"][0]["size"] for f in found] == ["100", "105", "5"]
            first, second = found[0]["price_changes"]
            assert (first["price"], first["side"], first["best_bid"], first["best_ask"]) == ("0.41", "BUY", "0.41", "1")
            assert (second["price"], second["side"], second["best_ask"]) == ("0.59", "SELL", "0.59")
            _, book = await client.get("/book", token_id=stage.plain.tokens[0])
            assert found[-1]["price_changes"][0]["hash"] == book["hash"]

    run(story)


def test_a_trade_is_told_on_both_tokens_and_followed_by_whole_books():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.BUY, "0.41", "100")
        async with market(client, *stage.plain.tokens, custom=True) as ws:
            await ws.receive_str(timeout=5)
            await client.post(wallet, wallet.order(stage.plain, "BUY", "0.59", "40", leg=1, kind="FOK"))
            seen = []
            found = await frames(ws, lambda f: f["event_type"] == "book" and seen.append(f) is None and len(seen) == 2)
            trades = [f for f in found if f["event_type"] == "last_trade_price"]
            assert [(t["price"], t["side"], t["size"]) for t in trades] == [
                ("0.59", "BUY", "40"),
                ("0.41", "SELL", "40"),
            ]
            assert len({t["transaction_hash"] for t in trades}) == 1
            assert "tick_size" not in found[-1]
            assert found[-2]["bids"] == [{"price": "0.41", "size": "60"}]
            change = next(f for f in found if f["event_type"] == "price_change")
            assert change["price_changes"][0]["size"] == "60"

    run(story)


def test_a_trade_among_one_outcomes_shares_leaves_the_others_last_price():
    async def story(client):
        stage, ann, ben = client.stage, await client.sign_in(1), await client.sign_in(2)
        stage.floor.split(ann.address, stage.plain.id, 20_000_000)
        await client.post(ann, ann.order(stage.plain, "SELL", "0.55", "10", leg=1))
        async with market(client, *stage.plain.tokens) as ws:
            await ws.receive_str(timeout=5)
            await client.post(ben, ben.order(stage.plain, "BUY", "0.55", "10", leg=1, kind="FOK"))
            first, second = stage.plain.tokens
            seen = await frames(ws, lambda f: f["event_type"] == "book" and f["asset_id"] == second)
            assert [f["asset_id"] for f in seen if f["event_type"] == "last_trade_price"] == [second]
            lasts = [(await client.get("/book", token_id=t))[1]["last_trade_price"] for t in (first, second)]
            assert lasts == ["", "0.55"]
            assert (await client.get("/last-trade-price", token_id=second))[1] == {"price": "0.55", "side": "BUY"}

    run(story)


def test_custom_features_come_to_those_who_asked():
    async def story(client):
        stage = client.stage
        async with (
            market(client, stage.plain.tokens[0], custom=True) as ws,
            market(client, stage.plain.tokens[0]) as plain,
        ):
            await ws.receive_str(timeout=5)
            await plain.receive_str(timeout=5)
            stage.quote(stage.plain, Side.SELL, "0.46", "10")
            (change, top) = await frames(ws, lambda f: f["event_type"] == "best_bid_ask")
            assert change["event_type"] == "price_change"
            assert (top["best_bid"], top["best_ask"], top["spread"]) == ("0", "0.46", "0.46")
            stage.floor.settle(stage.neg.id, Decimal(1))
            (*_, done) = await frames(ws, lambda f: f["event_type"] == "market_resolved")
            assert (done["winning_asset_id"], done["market"]) == (stage.neg.tokens[0], stage.neg.condition)
            await settled_after(plain, stage)

    async def settled_after(plain, stage):
        stage.quote(stage.plain, Side.SELL, "0.47", "10")
        found = await frames(plain, lambda f: f["price_changes"][0]["price"] == "0.47")
        assert {f["event_type"] for f in found} == {"price_change"}

    run(story)


def test_a_finer_tick_is_announced_and_a_coarser_one_cancels_what_lies_beside_it():
    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        instrument = stage.floor.instruments[stage.plain.id]
        schedule = stage.offers[0].schedule
        async with market(client, stage.plain.tokens[0]) as ws, user(client, wallet) as mine:
            await ws.receive_str(timeout=5)
            await settled(mine)
            stage.floor.bring(msgspec.structs.replace(instrument, grid=MILLS), schedule)
            (told,) = await frames(ws, lambda f: f["event_type"] == "tick_size_change")
            assert (told["old_tick_size"], told["new_tick_size"]) == ("0.01", "0.001")
            await client.post(wallet, wallet.order(stage.plain, "BUY", "0.405", "10"))
            stage.floor.bring(instrument, schedule)
            (placed, gone) = await frames(mine, lambda f: f["type"] == "CANCELLATION")
            assert (placed["status"], gone["status"], gone["id"]) == ("LIVE", "INVALID", placed["id"])

    run(story)


def test_a_wallet_hears_of_its_orders_and_nobody_elses():
    async def story(client):
        stage = client.stage
        ann, ben = await client.sign_in(1), await client.sign_in(2)
        async with user(client, ann) as hers, user(client, ben, stage.neg.condition) as his:
            await settled(hers)
            await settled(his)
            _, placed = await client.post(ann, ann.order(stage.plain, "BUY", "0.40", "10"))
            await client.post(ben, ben.order(stage.plain, "SELL", "0.40", "10"))
            await client.post(ben, ben.order(stage.plain, "BUY", "0.60", "4", leg=1, kind="FOK"))
            found = await frames(hers, lambda f: f["event_type"] == "trade")
            kinds = [(f["type"], f.get("status"), f.get("size_matched")) for f in found]
            assert kinds[:2] == [("PLACEMENT", "LIVE", "0"), ("UPDATE", "LIVE", "4")]
            trade = found[-1]
            assert (trade["status"], trade["trader_side"], trade["price"]) == ("MATCHED", "MAKER", "0.6")
            (mine,) = [m for m in trade["maker_orders"] if m["order_id"] == placed["orderID"]]
            assert (mine["price"], mine["matched_amount"], mine["outcome"]) == ("0.4", "4", "Up")
            await client.send("DELETE", "/cancel-all", wallet=ann)
            (*_, gone) = await frames(hers, lambda f: f["type"] == "CANCELLATION")
            assert (gone["status"], gone["size_matched"]) == ("CANCELED", "4")
            await settled(his)  # his frames were all of a market he did not ask for

    run(story)


def test_a_killed_order_is_told_with_its_reason_in_the_status():
    async def story(client):
        wallet = await client.sign_in()
        async with user(client, wallet) as mine:
            await settled(mine)
            status, _ = await client.post(wallet, wallet.order(client.stage.plain, "BUY", "0.40", "10", kind="FOK"))
            (told,) = await frames(mine, lambda f: f["type"] == "CANCELLATION")
            assert (status, told["size_matched"]) == (400, "")
            assert told["status"].startswith("CANCELED_order couldn't be fully filled")

    run(story)


def test_trades_are_mined_and_confirmed_with_a_hash(monkeypatch):
    monkeypatch.setattr("engine.sandbox.servers.polymarket_trades.MINED_S", 0.01)
    monkeypatch.setattr("engine.sandbox.servers.polymarket_trades.CONFIRMED_S", 0.02)

    async def story(client):
        stage, wallet = client.stage, await client.sign_in()
        stage.quote(stage.plain, Side.SELL, "0.46", "100")
        async with user(client, wallet) as mine:
            await settled(mine)
            await client.post(wallet, wallet.order(stage.plain, "BUY", "0.46", "10"))
            found = await frames(mine, lambda f: f["status"] == "CONFIRMED")
            trades = [f for f in found if f["event_type"] == "trade"]
            assert [t["status"] for t in trades] == ["MATCHED", "MINED", "CONFIRMED"]
            assert [bool(t["transaction_hash"]) for t in trades] == [False, True, True]

    run(story)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"type":7}', '{"assets_ids":[1]}', "x" * 1000])
def test_what_cannot_be_read_is_not_answered(text):
    async def story(client):
        async with channel(client, "market", text) as ws:
            await ws.send_str(text)
            await settled(ws)

    run(story)


def test_wrong_keys_end_the_connection():
    async def story(client):
        wallet = await client.sign_in()
        wallet.key = wallet.key | {"secret": "AAAA"}
        async with user(client, wallet) as mine:
            message = await mine.receive(timeout=5)
            assert message.data == 1008

    run(story)


def test_the_fault_desk_leaves_frames_out_and_doubles_them():
    async def story(client):
        stage = client.stage
        async with market(client, stage.plain.tokens[0]) as ws:
            await ws.receive_str(timeout=5)
            stage.faults.add(Fault(kind="gap", venue="polymarket", match="price_change"))
            stage.faults.add(Fault(kind="duplicate", venue="polymarket", match="price_change", after=1))
            for cents in ("0.40", "0.41"):
                stage.quote(stage.plain, Side.BUY, cents, "10")
            first, second = [await frames(ws, lambda f: True) for _ in range(2)]
            assert first == second
            assert first[0]["price_changes"][0]["price"] == "0.41"

    run(story)


class Rebuilt:
    """A token's book as a subscriber rebuilds it, each frame's hash checked."""

    def __init__(self, first, whole) -> None:
        self.whole = {k: first.get(k, whole[k]) for k in whole}
        self.sides = sides(first)
        self.changes = 0

    def book(self, frame) -> None:
        self.sides = sides(frame)
        self.check(frame["timestamp"], frame["hash"])

    def change(self, change, stamp: str) -> None:
        side = self.sides["bids" if change["side"] == "BUY" else "asks"]
        side[change["price"]] = change["size"]
        if change["size"] == "0":
            del side[change["price"]]
        self.changes += 1
        self.check(stamp, change["hash"])

    def check(self, stamp: str, due: str) -> None:
        self.whole["timestamp"] = stamp
        for name, side in self.sides.items():
            found = sorted(side.items(), key=lambda lv: Decimal(lv[0]), reverse=name == "asks")
            self.whole[name] = [{"price": p, "size": n} for p, n in found]
        assert sha(self.whole) == due


def sides(book):
    return {side: {lv["price"]: lv["size"] for lv in book[side]} for side in ("bids", "asks")}


def apply(frame, books: dict[str, Rebuilt], wholes) -> None:
    kind, token = frame["event_type"], frame.get("asset_id", "")
    if kind == "book" and token in books:
        books[token].book(frame)
    elif kind == "book":
        books[token] = Rebuilt(frame, wholes[token])
    elif kind == "last_trade_price":
        books[token].whole["last_trade_price"] = frame["price"]
    elif kind == "tick_size_change":
        books[token].whole["tick_size"] = frame["new_tick_size"]
    for change in frame.get("price_changes", ()):
        books[change["asset_id"]].change(change, frame["timestamp"])


def test_books_rebuilt_from_frames_have_every_hash_whatever_the_crowd_does():
    async def story():
        made, clock = world(seed=3, rate=20.0)
        venue = Polymarket.of(made)
        hosts = await venue.open()
        tokens = [t for _, m in venue.desk.catalogue.markets() for t in m.tokens]
        books: dict[str, Rebuilt] = {}

        async def whole(session):
            async with session.post(hosts["clob"] + "/books", json=[{"token_id": t} for t in tokens]) as answer:
                return {book["asset_id"]: book for book in await answer.json()}

        async with aiohttp.ClientSession() as session, session.ws_connect(hosts["ws_market"]) as ws:
            first = await whole(session)
            await ws.send_str(json.dumps({"type": "market", "assets_ids": tokens}))
            for _ in range(30):
                clock.move(1)
                made.now()
                await asyncio.sleep(0)
            await ws.send_str("PING")
            while (text := await ws.receive_str(timeout=5)) != "PONG":
                found = json.loads(text)
                for frame in found if isinstance(found, list) else [found]:
                    apply(frame, books, first)
            last = await whole(session)
        await venue.close()
        assert {token: book.sides for token, book in books.items()} == {t: sides(b) for t, b in last.items()}
        assert sum(book.changes for book in books.values()) > 500

    asyncio.run(asyncio.wait_for(story(), 30))


def test_beyond_five_hundred_tokens_there_are_no_snapshots():
    async def story(client):
        stage = client.stage
        others = [str(n) for n in range(500)]
        async with market(client, *others, *stage.plain.tokens) as ws:
            await settled(ws)

    run(story)


def test_what_is_unsubscribed_is_silent():
    async def story(client):
        stage = client.stage
        async with market(client, stage.plain.tokens[0], stage.neg.tokens[0]) as ws:
            await ws.receive_str(timeout=5)
            await ws.send_str(json.dumps({"operation": "unsubscribe", "assets_ids": [stage.plain.tokens[0]]}))
            await settled(ws)
            stage.quote(stage.plain, Side.BUY, "0.40", "10")
            stage.quote(stage.neg, Side.BUY, "0.20", "10")
            (change,) = await frames(ws, lambda f: True)
            assert change["market"] == stage.neg.condition

    run(story)
