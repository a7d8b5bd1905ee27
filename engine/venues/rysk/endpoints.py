"""Where Rysk is, and what its quotes are signed for. Nothing here is computed from a name; all of it can be set.

Rysk's quote has changed before. `CURRENT` is what is signed today; `FIRST` is what the first makers signed in May
2025 and nobody takes any more: it is kept so that old signatures can be checked.

Source: Rysk's maker documentation and public command line client, as of September 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CURRENT: Final = (
    "Quote(address assetAddress,uint256 chainId,bool isPut,uint256 strike,uint64 expiry,address maker,uint64 nonce,"
    "uint256 price,uint256 quantity,bool isTakerBuy,uint64 validUntil,address usd,address collateralAsset)"
)
FIRST: Final = (
    "Quote(string assetAddress,uint256 chainId,bool isPut,uint256 strike,uint64 expiry,address maker,string nonce,"
    "uint256 price,uint256 quantity,bool isTakerBuy,uint64 validUntil)"
)
CHAINS: Final = {
    999: "0x8c8bcb6d2c0e31c5789253ecc8431ca6209b4e35",
    8453: "0xe33a517dfef3d582f6eb94276e8d514f835a1401",
    84532: "0x0ff34dd648b68f09b199b60b91442e750fd13fdc",
    998: "0x0122db8Ed9B9B49F3FD8774d93773C2e2A564E81",
    10143: "0x3b87932046bc3e1bb63c13aba1306f9d398a9cc6",
}
"""Contract that quotes are signed for, by chain: HyperEVM, Base, Base's, HyperEVM's and Monad's test networks."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of one Rysk; the defaults are production."""

    rest: str = "https://v12.rysk.finance"
    socket: str = "wss://v12.rysk.finance"
    """Followed by ``/maker`` and ``/rfqs/ASSET``: requests come on a socket for each asset, quotes go out on one."""
    chain_id: int = 999
    contract: str = CHAINS[999]
    name: str = "rysk"
    version: str = "0.0.0"
    quote_type: str = CURRENT
    usd: tuple[str, ...] = ("0xB8CE59FC3717ada4C02eaDF9682A9e934F625ebb",)
    """Dollar tokens that premiums and puts' collateral may be in; a request that names another is not quoted."""
    assets: tuple[str, ...] = ()
    """Symbols to follow, such as ``WETH``; empty for all that are active."""


PROD: Final = Endpoints()
DEMO: Final = Endpoints(
    rest="https://rip-testnet.rysk.finance", socket="wss://rip-testnet.rysk.finance", chain_id=84532,
    contract=CHAINS[84532], usd=("0x98d56648c9b7f3cb49531f4135115b5000ab1733",),
)  # fmt: skip
"""The venue's test network, on Base Sepolia."""
