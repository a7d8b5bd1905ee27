"""Where Polymarket is, and which contracts its orders are signed for. The sandbox passes its own addresses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of one Polymarket; the defaults are production on Polygon."""

    clob: str = "https://clob.polymarket.com"
    gamma: str = "https://gamma-api.polymarket.com"
    data: str = "https://data-api.polymarket.com"
    ws_market: str = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    ws_user: str = "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    chain_id: int = 137
    exchange: str = "0xE111180000d2663C0091e4f400237545B87B996B"
    """Verifying contract of ordinary markets."""
    negative_risk: str = "0xe2222d279d744050d28e00520010520000310F59"
    """Verifying contract of negative-risk markets; signing for the wrong one is an invalid signature."""
    exchange_v3: str = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
    """Verifying contract of tokens whose id is a position id of the third version."""
