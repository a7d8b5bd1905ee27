"""Where Derive is, and which contracts its actions are signed for. The sandbox passes its own addresses.

The venue has moved its contracts before: nothing here is computed from a name, and all of it can be set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of one Derive; the defaults are production, whose actions settle on Ethereum."""

    rest: str = "https://api.derive.xyz/v3"
    socket: str = "wss://api.derive.xyz/v3/ws"
    chain_id: int = 1
    contract: str = "0xeB8d770ec18DB98Db922E9D83260A585b9F0DeAD"
    """Verifying contract of the domain that every action is signed under."""
    trade: str = "0xB8D20c2B7a1Ad2EE33Bc50eF10876eD3035b5e7b"
    """Module of orders."""
    rfq: str = "0x9371352CCef6f5b36EfDFE90942fFE622Ab77F1D"
    """Module of quotes and of what takes them."""


PROD: Final = Endpoints()
DEMO: Final = Endpoints(
    rest="https://testnet.api.derive.xyz/v3", socket="wss://testnet.api.derive.xyz/v3/ws", chain_id=11_155_111
)
"""The venue's test network, on Sepolia."""
