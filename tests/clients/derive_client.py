"""Drives Derive's own `derive-py` against the hosts given on standard input; prints JSON.

Runs in that client's own environment, as a script. Its hosts are fixed in `CONFIGS`; they are replaced there, with
contracts and separators left as they are, and nothing of its logic is touched.
"""

import asyncio
import contextlib
import json
import sys
from decimal import Decimal

from derive_py import HTTPClient, WebSocketClient
from derive_py.config import CONFIGS
from derive_py.data_types import Chain, ClientConfig
from derive_py.data_types.generated_models import (
    Direction,
    LegUnpricedParams,
    PricedLegParamsAndResponse,
    TimeInForce,
)
from derive_py.exceptions import DeriveJSONRPCError


def config(job, who):
    here = {"base_url": job["rest"], "ws_address": job["ws"]}
    CONFIGS[Chain.ETHEREUM] = CONFIGS[Chain.ETHEREUM].model_copy(update=here)
    return ClientConfig(
        chain=Chain.ETHEREUM, session_key=who["key"], wallet=who["wallet"], subaccount_id=who["subaccount"]
    )


def orders(job, client):
    """Place, see and cancel an order, trade one, and be told why another is refused."""
    named = {"instrument_name": job["market"]}
    bid = {**named, "direction": Direction.buy, "amount": Decimal("1.5"), "max_fee": Decimal("200")}
    sub = client.active_subaccount
    placed = sub.orders.create(**bid, limit_price=Decimal(job["low"]), label="first").order
    listed = [one.order_id for one in sub.orders.list_open()]
    canceled = sub.orders.cancel(**named, order_id=placed.order_id)
    bought = sub.orders.create(**bid, limit_price=Decimal(job["high"]), time_in_force=TimeInForce.ioc)
    try:
        sub.orders.create(**{**bid, "max_fee": Decimal("0.001")}, limit_price=Decimal(job["high"]))
        refused = 0
    except DeriveJSONRPCError as e:
        refused = e.rpc_error.code
    return {
        "markets": sorted([*client.markets.perp_instruments_cache, *client.markets.option_instruments_cache]),
        "mark": client.markets.get_ticker(**named).mark_price,
        "placed": [placed.order_id, placed.order_status.value, str(placed.limit_price), placed.label],
        "listed": listed,
        "canceled": [canceled.order_id, canceled.order_status.value],
        "bought": [bought.order.order_status.value, str(bought.order.filled_amount)],
        "trades": [[one.trade_id, str(one.trade_amount), str(one.trade_fee)] for one in bought.trades],
        "positions": [[one.instrument_name, one.amount] for one in sub.positions.list()],
        "refused": refused,
    }


def quotes(job, maker, taker):
    """Ask for a spread, quote it, and take the quote, each with the client's own signatures."""
    low, high = job["legs"]
    shape = ((low, Direction.buy, "80"), (high, Direction.sell, "40"))
    asked = taker.active_subaccount.rfq.send_rfq(
        legs=[LegUnpricedParams(amount=Decimal(2), direction=way, instrument_name=name) for name, way, _ in shape]
    )
    seen = [one.rfq_id for one in maker.active_subaccount.rfq.poll_rfqs(status="open").rfqs]
    legs = [
        PricedLegParamsAndResponse(amount=Decimal(2), direction=way, instrument_name=name, price=Decimal(price))
        for name, way, price in shape
    ]
    quoted = maker.active_subaccount.rfq.send_quote(direction=Direction.sell, legs=legs, rfq_id=asked.rfq_id)
    (offer,) = taker.active_subaccount.rfq.poll_quotes(rfq_id=asked.rfq_id, status="open").quotes
    taken = taker.active_subaccount.rfq.accept_quote(quote=offer)
    return {
        "seen": asked.rfq_id in seen,
        "quoted": quoted.status.value,
        "taken": [taken.status.value, taken.quote_id == quoted.quote_id],
        "maker": sorted([one.instrument_name, one.amount] for one in maker.active_subaccount.positions.list()),
    }


async def watch(job):
    """See one order come and go on the private channel, and a whole book on the public one."""
    client = WebSocketClient(config(job, job["taker"]))
    async with client:
        books, news = asyncio.Queue(), asyncio.Queue()
        await client.public_channels.orderbook_group_depth_by_instrument_name(
            instrument_name=job["market"], group=1, depth=10, callback=books.put_nowait
        )
        sub = client.active_subaccount
        await client.private_channels.orders_by_subaccount_id(subaccount_id=sub.id, callback=news.put_nowait)
        placed = await sub.orders.create(
            instrument_name=job["market"], direction=Direction.buy, amount=Decimal(1), max_fee=Decimal(200),
            limit_price=Decimal(job["low"]),
        )  # fmt: skip
        await sub.orders.cancel(instrument_name=job["market"], order_id=placed.order.order_id)
        said = []
        while len(said) < 2:
            told = await asyncio.wait_for(news.get(), 5)
            said += [one.order_status.value for one in (told if isinstance(told, list) else [told])]
        book = await asyncio.wait_for(books.get(), 5)
        return {"orders": said, "bids": len(book.bids), "asks": len(book.asks)}


def told(job):
    with HTTPClient(config(job, job["taker"])) as taker, HTTPClient(config(job, job["maker"])) as maker:
        found = orders(job, taker) | quotes(job, maker, taker)
    found["watched"] = asyncio.run(asyncio.wait_for(watch(job), 20))
    return found


def main():
    job = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):  # the client logs to where it finds standard output
        found = told(job)
    json.dump(found, sys.stdout)


main()
