"""Deribit's messages for the tests, written from its specification."""

from __future__ import annotations

import json
from typing import Any

from engine.venues.deribit import wire, wire_instruments
from engine.venues.deribit.numbers import Scale

DAY_MS = 86_400_000
EXPIRY_MS = 1_795_766_400_000
"""2026-11-27 08:00 UTC."""


def option(name: str = "BTC-27NOV26-90000-C", **other: Any) -> dict[str, Any]:
    return {
        "instrument_name": name, "kind": "option", "option_type": "call" if name.endswith("C") else "put",
        "strike": float(name.split("-")[2].replace("d", ".")), "instrument_type": "reversed", "tick_size": 0.0001,
        "tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}], "min_trade_amount": 0.1,
        "contract_size": 1.0, "block_trade_tick_size": 0.0001, "maker_commission": 0.0003, "taker_commission": 0.0003,
        "base_currency": "BTC", "quote_currency": "BTC", "counter_currency": "USD", "settlement_currency": "BTC",
        "settlement_period": "week", "price_index": "btc_usd", "expiration_timestamp": EXPIRY_MS,
        "creation_timestamp": EXPIRY_MS - 30 * DAY_MS, "is_active": True, "state": "open", "instrument_id": 1,
    } | other  # fmt: skip


def linear(name: str = "SOL_USDC-27NOV26-140-P", **other: Any) -> dict[str, Any]:
    coin = name.partition("_")[0]
    given = {
        "instrument_type": "linear", "tick_size": 0.01, "tick_size_steps": [], "min_trade_amount": 10.0,
        "contract_size": 10.0, "block_trade_tick_size": 0.01, "base_currency": coin, "quote_currency": "USDC",
        "settlement_currency": "USDC", "price_index": f"{coin.lower()}_usdc",
    }  # fmt: skip
    return option(name, **(given | other))


def future(name: str = "BTC-PERPETUAL", **other: Any) -> dict[str, Any]:
    given = {
        "instrument_name": name, "kind": "future", "option_type": None, "strike": None, "tick_size": 0.5,
        "tick_size_steps": [], "min_trade_amount": 10.0, "contract_size": 10.0, "block_trade_tick_size": 0.01,
        "maker_commission": 0.0, "taker_commission": 0.0005, "quote_currency": "USD",
        "expiration_timestamp": 32_503_708_800_000 if "PERP" in name else EXPIRY_MS,
        "settlement_period": "perpetual" if "PERP" in name else "week",
    }  # fmt: skip
    return option("BTC-27NOV26-90000-C", **(given | other))


def row(given: dict[str, Any]) -> wire_instruments.Row:
    return wire.body(wire_instruments.ROW, json.dumps(given).encode())


def reply(result: Any, number: int = 1, **other: Any) -> bytes:
    stamps = {"usIn": 1_795_000_000_000_000, "usOut": 1_795_000_000_000_500, "usDiff": 500, "testnet": True}
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": result} | stamps | other).encode()


def refusal(code: int, message: str = "", number: int = 1, data: Any = None) -> bytes:
    error = {"code": code, "message": message, "data": data}
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode()


def news(channel: str, data: Any) -> bytes:
    params = {"channel": channel, "data": data}
    return json.dumps({"jsonrpc": "2.0", "method": "subscription", "params": params}).encode()


PERP = Scale(*(wire_instruments.scale(row(future())).unit, wire_instruments.scale(row(future())).lot))
