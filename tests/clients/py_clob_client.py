"""Drives Polymarket's own `py-clob-client-v2` against the host given on standard input; prints JSON.

Runs in that client's own environment, as a script. The client takes its host as an argument.
"""

import json
import sys

from py_clob_client_v2 import (
    BookParams,
    ClobClient,
    MarketOrderArgs,
    OpenOrderParams,
    OrderArgs,
    OrderPayload,
    OrderType,
    PartialCreateOrderOptions,
    TradeParams,
)

POLYGON = 137


def main():
    job = json.load(sys.stdin)
    client = ClobClient(job["hosts"]["clob"], POLYGON, key=job["key"])
    client.set_api_creds(client.create_or_derive_api_key())
    again = client.create_or_derive_api_key()  # the same nonce: refused, then derived
    markets = client.get_markets()["data"]
    market = next(m for m in markets if m["market_slug"] == job["market"])
    token = market["tokens"][0]["token_id"]
    book = client.get_order_book(token)
    stated = book["hash"]
    options = PartialCreateOrderOptions(tick_size=str(market["minimum_tick_size"]), neg_risk=market["neg_risk"])
    order = OrderArgs(token_id=token, price=float(job["price"]), size=float(job["size"]), side="BUY")
    placed = client.create_and_post_order(order, options, OrderType.GTC)
    listed = client.get_open_orders(OpenOrderParams(market=market["condition_id"]))
    seen = client.get_order(placed["orderID"])
    canceled = client.cancel_order(OrderPayload(orderID=placed["orderID"]))
    taken = MarketOrderArgs(token_id=token, amount=10, side="BUY", order_type=OrderType.FOK)
    bought = client.create_and_post_market_order(taken, options, OrderType.FOK)
    trades = client.get_trades(TradeParams(market=market["condition_id"]))
    json.dump(
        {
            "version": client.get_version(),
            "time": client.get_server_time(),
            "same_key": again.api_key == client.creds.api_key,
            "markets": [m["market_slug"] for m in markets],
            "neg_risk": client.get_neg_risk(token),
            "tick": str(client.get_tick_size(token)),
            "bids": len(book["bids"]),
            "asks": len(book["asks"]),
            "hash": client.get_order_book_hash(book) == stated,
            "books": len(client.get_order_books([BookParams(t["token_id"]) for t in market["tokens"]])),
            "midpoint": client.get_midpoint(token)["mid"],
            "spread": client.get_spread(token)["spread"],
            "placed": placed,
            "listed": [o["id"] for o in listed],
            "seen": [seen["id"], seen["price"], seen["original_size"], seen["side"], seen["status"]],
            "canceled": canceled["canceled"],
            "left": len(client.get_open_orders()),
            "bought": bought,
            "trades": [[t["id"], t["trader_side"], t["size"]] for t in trades],
            "heartbeat": bool(client.post_heartbeat()["heartbeat_id"]),
        },
        sys.stdout,
    )


main()
