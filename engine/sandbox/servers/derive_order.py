"""What lies on the sandbox's Derive: orders, the sides of trades, subaccounts. The floor changes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.sandbox.servers.derive_market import Contract

ZERO: Final = Decimal(0)
HOUSE: Final = 0
"""The subaccount that quotes."""


@dataclass(slots=True, eq=False)
class Order:
    """An order, as the venue keeps it."""

    id: str
    account: int
    contract: Contract
    buys: bool
    price: Decimal
    amount: Decimal
    max_fee: Decimal
    nonce: int
    tif: str
    label: str = ""
    signer: str = ""
    signature: str = ""
    expiry_s: int = 1 << 40
    reduce_only: bool = False
    mmp: bool = False
    made_at: int = 0
    """Nanoseconds, as is `changed_at`."""
    changed_at: int = 0
    filled: Decimal = ZERO
    spent: Decimal = ZERO
    fees: Decimal = ZERO
    status: str = "open"
    reason: str = ""
    replaced: str | None = None

    @property
    def left(self) -> Decimal:
        """What may still trade."""
        return self.amount - self.filled if self.status == "open" else ZERO


@dataclass(frozen=True, slots=True)
class Fill:
    """One side of a trade."""

    id: str
    account: int
    order: Order | None
    contract: Contract
    buys: bool
    price: Decimal
    amount: Decimal
    fee: Decimal
    maker: bool
    at: int
    operation: str
    quote: str | None = None
    rfq: str | None = None
    label: str = ""


@dataclass(slots=True)
class Account:
    """A subaccount."""

    id: int
    cash: Decimal
    positions: dict[str, Decimal] = field(default_factory=dict)
    average: dict[str, Decimal] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    coins: Decimal = ZERO

    @property
    def open(self) -> list[Order]:
        """Its orders that rest."""
        return [one for one in self.orders if one.status == "open"]
