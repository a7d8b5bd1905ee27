"""What an account on Polymarket needs to trade. No representation shows a secret."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys of the private calls, made or derived from the wallet's key."""

    api_key: str
    secret: str = field(repr=False)
    """URL-safe base64."""
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PolymarketKeys:
    """A wallet's key, how it signs, and its credentials when they are known already."""

    private_key: int = field(repr=False)
    """The secp256k1 scalar."""
    signature_type: int = 0
    """0 the key's own address, 1 proxy wallet, 2 Safe, 3 deposit wallet (ERC-1271)."""
    wallet: str = ""
    """Address that holds the money for types 1 to 3."""
    credentials: Credentials | None = None
    """None: derived at the start from the key (`POST /auth/api-key`, `GET /auth/derive-api-key`)."""

    def __post_init__(self) -> None:
        """Refuse a type that does not exist, or a wallet that is missing."""
        if self.signature_type not in range(4):
            msg = f"signature type must be 0 to 3, was {self.signature_type}"
            raise ValueError(msg)
        if self.signature_type and not self.wallet:
            msg = f"signature type {self.signature_type} needs the wallet's address"
            raise ValueError(msg)


def private_key_of(text: str) -> int:
    """Return the key written as 64 hexadecimal digits (with or without ``0x``).

    Raises
    ------
    ValueError
        If it is not that; the text itself is in no message.
    """
    digits = text.strip().removeprefix("0x").removeprefix("0X")
    try:
        key = int(digits, 16) if len(digits) == 64 else 0
    except ValueError:
        key = 0
    if not 0 < key < 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141:
        msg = "a private key is 64 hexadecimal digits"
        raise ValueError(msg)
    return key
