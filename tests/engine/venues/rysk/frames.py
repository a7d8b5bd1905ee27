"""Rysk's words, written after its documentation: requests, answers, and a confirmation in its three shapes."""

from __future__ import annotations

from typing import Any

from engine.core.units import SECOND, Nanos
from engine.venues.rysk.endpoints import DEMO

NOW = Nanos(1_791_315_110 * SECOND)
EXPIRY = 1_791_532_800
WETH = "0xb67bfa7b488df4f2efa874f4e59242e9130ae61f"
USD = DEMO.usd[0]
TAKER = "0x" + "00" * 20
ASSETS: dict[str, Any] = {
    str(DEMO.chain_id): [
        {
            "active": True, "address": WETH, "chainId": DEMO.chain_id, "decimals": 18, "symbol": "WETH",
            "maxTradeSize": str(10 * 10**18), "minTradeSize": str(10**17), "underlying": "ETH", "price": "0",
        },
        {"active": False, "address": "0x" + "11" * 20, "symbol": "OLD", "underlying": "OLD", "maxTradeSize": "1",
         "minTradeSize": "1"},
        {"address": "nonsense"},
    ]
}  # fmt: skip


def terms(**other: Any) -> dict[str, Any]:
    """A request for a covered call on one ETH at 3000."""
    return {
        "asset": WETH, "assetName": "ETH", "chainId": DEMO.chain_id, "expiry": EXPIRY, "isPut": False,
        "quantity": str(10**18), "strike": str(3_000 * 10**8), "taker": TAKER, "usd": USD, "collateralAsset": WETH,
    } | other  # fmt: skip


def rfq(number: str = "b7c2", **other: Any) -> dict[str, Any]:
    """It as the stream brings it: a response nobody asked for."""
    return {"jsonrpc": "2.0", "id": number, "result": terms(**other)}


def trade(nonce: str = "1791315116263", **other: Any) -> dict[str, Any]:
    """A confirmation's body."""
    return {
        "maker": "0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB", "assetAddress": WETH.upper().replace("0X", "0x"),
        "chainId": DEMO.chain_id, "expiry": EXPIRY, "isPut": False, "nonce": "1791315117000",
        "price": str(41_500_000 * 10**12), "quantity": str(10**18), "quoteNonce": nonce,
        "quoteValidUntil": 1_791_315_146, "quoteSignature": "0x00", "strike": str(3_000 * 10**8),
        "taker": "0x1000000000000000000000000000000000000001", "isTakerBuy": False, "signature": "0x00",
        "validUntil": 1_791_315_176, "createdAt": 1_791_315_120, "apr": 12.34,
    } | other  # fmt: skip


SHAPES = (
    lambda body: {"jsonrpc": "2.0", "id": "trade", "result": body},
    lambda body: {"jsonrpc": "2.0", "method": "rfq_confirmation", "params": body},
    lambda body: {"jsonrpc": "2.0", "id": "9", "method": "trade_confirmation", "params": body},
)
