"""Drives Kalshi's own `kalshi-python-sync` against the base URL given on standard input; prints JSON.

Runs in that client's own environment, as a script. The client takes its host in its configuration.
"""

import json
import sys

from kalshi_python_sync import (
    ApiClient,
    Configuration,
    EventsApi,
    ExchangeApi,
    KalshiAuth,
    MarketApi,
    OrdersApi,
    PortfolioApi,
)


def main():
    job = json.load(sys.stdin)
    client = ApiClient(Configuration(host=job["hosts"]["kalshi"]))
    client.kalshi_auth = KalshiAuth(job["key_id"], job["pem"])
    markets, orders, portfolio = MarketApi(client), OrdersApi(client), PortfolioApi(client)
    event = EventsApi(client).get_event(job["event"], with_nested_markets=True).event
    listed = markets.get_markets(event_ticker=job["event"], limit=100).markets
    ticker = job["market"]
    book = markets.get_market_orderbook(ticker).orderbook_fp
    wanted = {
        "ticker": ticker,
        "client_order_id": job["client"],
        "side": "bid",
        "count": job["size"],
        "price": job["price"],
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
        "post_only": True,
    }
    placed = orders.create_order_v2(**wanted)
    resting = orders.get_orders(ticker=ticker, status="resting").orders
    seen = orders.get_order(placed.order_id).order
    canceled = orders.cancel_order_v2(placed.order_id)
    best_ask = f"{1 - float(book.no_dollars[-1][0]):.4f}"
    take = wanted | {
        "client_order_id": job["client"] + "-2",
        "count": "2.00",
        "price": best_ask,
        "time_in_force": "immediate_or_cancel",
        "post_only": False,
    }
    bought = orders.create_order_v2(**take)
    json.dump(
        {
            "trading": ExchangeApi(client).get_exchange_status().trading_active,
            "event_markets": len(event.markets),
            "markets": [m.ticker for m in listed],
            "bids": len(book.yes_dollars),
            "asks": len(book.no_dollars),
            "placed": [placed.remaining_count, placed.fill_count],
            "listed": [[o.order_id == placed.order_id, o.client_order_id] for o in resting],
            "seen": [seen.status, seen.yes_price_dollars, seen.remaining_count_fp],
            "canceled": [canceled.order_id == placed.order_id, canceled.reduced_by],
            "left": len(orders.get_orders(ticker=ticker, status="resting").orders),
            "bought": bought.fill_count,
            "fills": [f.count_fp for f in portfolio.get_fills(ticker=ticker).fills],
            "positions": [p.position_fp for p in portfolio.get_positions(ticker=ticker).market_positions],
            "balance": portfolio.get_balance().balance,
        },
        sys.stdout,
    )


main()
