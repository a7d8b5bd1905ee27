"""Drives Polymarket's own `polymarket-client` against the hosts given on standard input; prints JSON.

Runs in that client's own environment, as a script. Its hosts are fixed in `PRODUCTION`; the SDK's factory for other
environments takes the same configuration with other addresses, and nothing of its logic is touched.
"""

import asyncio
import dataclasses
import json
import sys

from polymarket import AsyncSecureClient, SecureClient
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.streams import MarketSpec, UserSpec


def environment(hosts):
    places = {
        "clob_url": hosts["clob"],
        "relayer_url": hosts["clob"],
        "gamma_url": hosts["gamma"],
        "data_url": hosts["data"],
        "clob_market_ws_url": hosts["ws_market"],
        "clob_user_ws_url": hosts["ws_user"],
    }
    return create_environment(name="sandbox", config=dataclasses.replace(PRODUCTION_CONFIG, **places))


def wallet(job, where):
    """An EOA trades for itself; without a wallet the SDK finds the signer's deposit wallet."""
    keys = {"private_key": job["key"], "environment": where}
    return keys if job["deposit_wallet"] else keys | {"wallet": job["address"]}


def trade(job, where):
    with SecureClient.create(**wallet(job, where)) as client:
        markets = client.list_markets(closed=False, page_size=100).first_page().items
        event = client.get_event(slug=job["event"])
        found = client.get_market(slug=job["market"])
        token = found.outcomes.yes.token_id
        book = client.get_order_book(token_id=token)
        placed = client.place_limit_order(
            token_id=token, price=job["price"], size=job["size"], side="BUY", post_only=True
        )
        listed = client.list_open_orders(market=found.condition_id).first_page().items
        seen = client.get_order(order_id=placed.order_id)
        canceled = client.cancel_order(order_id=placed.order_id)
        bought = client.place_market_order(token_id=token, side="BUY", amount="10", order_type="FAK")
        trades = client.list_account_trades(market=found.condition_id).first_page().items
        return {
            "wallet_type": client.wallet_type,
            "markets": [m.slug for m in markets],
            "event_markets": len(event.markets),
            "tick": str(found.trading.minimum_tick_size),
            "bids": len(book.bids),
            "asks": len(book.asks),
            "best_ask": str(book.asks[-1].price),
            "placed": placed.status,
            "listed": [o.id for o in listed],
            "seen": [seen.id, str(seen.price), str(seen.original_size), seen.side, seen.status],
            "canceled": list(canceled.canceled),
            "left": len(client.list_open_orders().first_page().items),
            "bought": [bought.status, str(bought.making_amount), str(bought.taking_amount)],
            "trades": [[t.id, t.trader_side, str(t.size)] for t in trades],
            "trade_ids": list(bought.trade_ids),
            "balance": client.get_balance_allowance(asset_type="COLLATERAL").balance,
            "heartbeat": bool(client.send_order_heartbeat().heartbeat_id),
        }


async def watch(job, where):
    """See one order come and go on both streams."""
    async with await AsyncSecureClient.create(**wallet(job, where)) as client:
        token = (await client.get_market(slug=job["market"])).outcomes.yes.token_id
        market = await client.subscribe(MarketSpec(token_ids=[token], custom_feature_enabled=True))
        user = await client.subscribe(UserSpec())
        first = await asyncio.wait_for(anext(aiter(market)), 5)
        placed = await client.place_limit_order(token_id=token, price=job["price"], size=job["size"], side="BUY")
        await client.cancel_order(order_id=placed.order_id)
        kinds = []
        async for event in user:
            if not hasattr(event.payload, "order_event_type"):
                continue  # what becomes of the trade before is told here too, when its time has come
            kinds.append([event.payload.order_event_type, event.payload.status, event.payload.id == placed.order_id])
            if event.payload.order_event_type == "CANCELLATION":
                break
        changes = []
        async for event in market:
            if event.type == "price_change":
                changes += [str(c.size) for c in event.payload.price_changes if str(c.price) == job["price"]]
            if len(changes) > 1:
                break
        return {"first": first.type, "user": kinds, "changes": changes}


def main():
    job = json.load(sys.stdin)
    where = environment(job["hosts"])
    found = trade(job, where)
    if job["watch"]:
        found["watched"] = asyncio.run(asyncio.wait_for(watch(job, where), 20))
    json.dump(found, sys.stdout)


main()
