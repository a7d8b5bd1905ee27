"""ccxt's Deribit client against the sandbox: reads a task from stdin, prints what it saw.

It lists markets, reads a book over HTTP and over the socket, places, sees, moves and cancels an order, and takes one.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ccxt.pro  # type: ignore[import-untyped]


async def main(task: dict[str, Any]) -> dict[str, Any]:
    client = ccxt.pro.deribit({"apiKey": task["client_id"], "secret": task["secret"], "enableRateLimit": False})
    client.urls["api"] = {**client.urls["api"], "rest": task["rest"], "ws": task["ws"]}
    try:
        markets = await client.load_markets()
        symbol = next(one["symbol"] for one in markets.values() if one["id"] == task["market"])
        book = await client.fetch_order_book(symbol)
        cached = await client.watch_order_book(symbol)
        streamed = [list(map(float, one[:2])) for one in cached["bids"]]  # the client goes on changing its own
        placed = await client.create_order(
            symbol, "limit", "buy", task["amount"], task["price"], {"postOnly": True, "label": "by-ccxt"}
        )
        listed = await client.fetch_open_orders(symbol)
        moved = await client.edit_order(placed["id"], symbol, "limit", "buy", task["amount"] * 2, task["price"])
        seen = await client.fetch_order(placed["id"], symbol)
        canceled = await client.cancel_order(placed["id"], symbol)
        left = await client.fetch_open_orders(symbol)
        try:
            await client.create_order(symbol, "limit", "buy", task["amount"], book["asks"][0][0], {"postOnly": True})
            refused = ""
        except ccxt.BaseError as e:
            refused = type(e).__name__
        bought = await client.create_order(symbol, "limit", "buy", task["amount"], book["asks"][0][0])
        trades = await client.fetch_my_trades(symbol)
        positions = await client.fetch_positions([symbol])
        balance = await client.fetch_balance({"code": "BTC"})
        greeks = await client.fetch_greeks(symbol)
        return {
            "markets": len(markets),
            "symbol": symbol,
            "bids": book["bids"],
            "asks": book["asks"],
            "streamed": streamed,
            "placed": placed["status"],
            "listed": [[one["id"], one["info"]["label"]] for one in listed],
            "moved": [moved["id"], moved["amount"]],
            "seen": [seen["status"], seen["amount"], seen["price"]],
            "canceled": canceled["status"],
            "left": len(left),
            "refused": refused,
            "bought": [bought["status"], bought["filled"]],
            "trades": [[one["amount"], one["price"], one["fee"]["cost"], one["fee"]["currency"]] for one in trades],
            "positions": [[one["side"], abs(float(one["info"]["size"]))] for one in positions],
            "balance": balance["BTC"]["total"],
            "delta": greeks["delta"],
        }
    finally:
        await client.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.loads(sys.stdin.read())))))
