"""Who asks, and who signed: Derive's personal signatures and EIP-712 actions, checked as the venue checks them.

Written from the venue's specification and shared with nothing: the connector's own signing is proved against it, so a
mistake must not stand on both sides. Words are put together with Python's own integers, signers are recovered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import coincurve
from Crypto.Hash import keccak as _keccak

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHAIN: Final = 1
CONTRACT: Final = "0xeB8d770ec18DB98Db922E9D83260A585b9F0DeAD"
TRADE: Final = "0xB8D20c2B7a1Ad2EE33Bc50eF10876eD3035b5e7b"
RFQ: Final = "0x9371352CCef6f5b36EfDFE90942fFE622Ab77F1D"
FRESH_MS: Final = 300_000
"""A login that is older, or newer, than this is refused."""
FLOOR_S, CEILING_S = 10, 120 * 86_400
"""How soon, and how late, a signature may end."""
AHEAD_NS, BEHIND_NS = 3_600 * 10**9, 120 * 86_400 * 10**9
"""How far a nonce may be from now."""
E12: Final = 10**6
"""A word must be a multiple of it: twelve digits after the point."""
_HALF: Final = 1 << 255


class Wrong(Exception):
    """What the venue says no to."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(f"{code} {message}")
        self.body: dict[str, Any] = {"code": code, "message": message, "data": data}


def keccak(data: bytes) -> bytes:
    """Return the 32 bytes of Keccak-256."""
    return _keccak.new(digest_bits=256, data=data).digest()


def checksum(address: str) -> str:
    """Return an address with its checksum in the letters' case."""
    text = address.lower().removeprefix("0x")
    marks = keccak(text.encode()).hex()
    return "0x" + "".join(c.upper() if int(m, 16) > 7 else c for c, m in zip(text, marks, strict=False))


def _of_key(public: coincurve.PublicKey) -> str:
    return checksum("0x" + keccak(public.format(compressed=False)[1:])[12:].hex())


def address_of(secret: int) -> str:
    """Return the address of a private key."""
    return _of_key(coincurve.PrivateKey(secret.to_bytes(32, "big")).public_key)


def recovered(digest: bytes, signature: str) -> str:
    """Return the address that signed a digest.

    Raises
    ------
    Wrong
        If the signature is none.
    """
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
        compact = raw[:64] + bytes([raw[64] - 27])
        public = coincurve.PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception as e:  # noqa: BLE001 - the library says no in many ways
        raise Wrong(14014, "Signature invalid", str(e)[:100]) from None
    return _of_key(public)


@dataclass(slots=True)
class Session:
    """A session key of a wallet."""

    address: str
    expires_s: int = 4_102_444_800
    """Unix seconds; without one the year 2100."""
    scopes: tuple[str, ...] = ("trade:orderbook:all", "trade:rfq:all", "account_info")

    @property
    def trades(self) -> bool:
        """Whether it may sign orders."""
        return any(one.startswith("trade:") for one in self.scopes)


@dataclass(slots=True)
class Wallet:
    """An owner, who may sign for it, and what of its account the whole venue knows."""

    owner: str
    subaccounts: tuple[int, ...]
    sessions: dict[str, Session] = field(default_factory=dict)
    protects: bool = False
    """Cancel on disconnect; it outlives every connection."""
    maker: bool = True
    nonces: set[int] = field(default_factory=set)

    def who(self, address: str, now_s: int) -> Session:
        """Return the key of an address; Wrong if it may not act for this wallet."""
        if address == self.owner:
            return Session(address)
        session = self.sessions.get(address)
        if session is None:
            raise Wrong(14026, "Session key not found")
        if session.expires_s <= now_s:
            raise Wrong(14030, "Session key expired")
        return session


class Wallets:
    """All wallets that the venue knows."""

    def __init__(self) -> None:
        self._by_owner: dict[str, Wallet] = {}

    def add(self, wallet: Wallet) -> Wallet:
        """Know a wallet."""
        self._by_owner[wallet.owner.lower()] = wallet
        return wallet

    def find(self, owner: str) -> Wallet:
        """Return a wallet by its owner; Wrong if there is none."""
        found = self._by_owner.get(str(owner).lower())
        if found is None:
            raise Wrong(14000, "Account not found")
        return found

    def of(self, subaccount: int) -> Wallet:
        """Return the wallet of a subaccount."""
        return next(one for one in self._by_owner.values() if subaccount in one.subaccounts)

    def login(self, owner: object, stamp: object, signature: object, now_ms: int) -> Wallet:
        """Return the wallet that signed a time as a personal message; Wrong if none did."""
        text = str(stamp)
        if not text.isdecimal() or abs(int(text) - now_ms) > FRESH_MS:
            raise Wrong(14013, "Timestamp invalid", f"{text[:20]} is not now")
        head = f"\x19Ethereum Signed Message:\n{len(text)}{text}".encode()
        wallet = self.find(str(owner))
        wallet.who(recovered(keccak(head), str(signature)), now_ms // 1_000)
        return wallet

    def headers(self, headers: Mapping[str, str], now_ms: int) -> Wallet:
        """Return the wallet that a request by HTTP is signed for."""
        names = ("X-DeriveWallet", "X-DeriveTimestamp", "X-DeriveSignature")
        if any(name not in headers for name in names):
            raise Wrong(14000, "Account not found", "no headers that say who asks")
        owner, stamp, signature = (headers[name] for name in names)
        return self.login(owner, stamp, signature, now_ms)


def words(*values: int) -> bytes:
    """Return numbers as words of 32 bytes, negative ones as two's complement."""
    return b"".join((value % (1 << 256)).to_bytes(32, "big") for value in values)


def scaled(text: object) -> int:
    """Return a decimal text as a whole number of 1e-18; Wrong where it has more than twelve digits behind."""
    wrong = Wrong(-32602, "Invalid params", f"no decimal of twelve places: {str(text)[:40]}")
    try:
        whole = Decimal(str(text)) * 10**18
    except InvalidOperation:
        raise wrong from None
    if not whole.is_finite() or whole != whole.to_integral_value() or int(whole) % E12:
        raise wrong
    return int(whole)


def number(address: object) -> int:
    """Return an address as a number; Wrong if it is none."""
    digits = str(address).removeprefix("0x")
    if len(digits) != 40 or set(digits.lower()) - set("0123456789abcdef"):
        raise Wrong(14012, "Invalid address", str(address)[:60])
    return int(digits, 16)


def action_digest(
    subaccount: int, nonce: int, module: str, data: bytes, expiry: int, owner: str, signer: str
) -> bytes:  # fmt: skip
    """Return what an action's signer signed."""
    kind = keccak(
        b"Action(uint256 subaccountId,uint256 nonce,address module,bytes data,uint256 expiry,address owner,"
        b"address signer)"
    )
    domain = keccak(
        keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
        + keccak(b"Matching")
        + keccak(b"1.0")
        + words(CHAIN, number(CONTRACT))
    )
    body = keccak(
        kind
        + words(subaccount, nonce, number(module))
        + keccak(data)
        + words(expiry, number(owner), number(signer))
    )  # fmt: skip
    return keccak(b"\x19\x01" + domain + body)


def order_data(
    asset: str, sub_id: int, price: object, amount: object, max_fee: object, subaccount: int, *, buys: bool
) -> bytes:
    """Return an order's words."""
    return words(number(asset), sub_id, scaled(price), scaled(amount), scaled(max_fee), subaccount, int(buys))


def legs_data(legs: Sequence[tuple[str, int, object, object, bool]], *, buys: bool) -> bytes:
    """Return a package's legs as words: asset, sub id, price, amount and whether the leg buys."""
    found = [len(legs)]
    for asset, sub_id, price, amount, leg_buys in legs:
        way = (1 if leg_buys else -1) * (1 if buys else -1)
        found += [number(asset), sub_id, scaled(price), way * scaled(amount)]
    return words(*found)


def quote_data(max_fee: object, legs: bytes) -> bytes:
    """Return a quote's words: one dynamic tuple."""
    return words(32, scaled(max_fee), 64) + legs


def execute_data(max_fee: object, legs: bytes) -> bytes:
    """Return the words of what takes a quote."""
    return keccak(words(32) + legs) + words(scaled(max_fee))


def check(
    wallet: Wallet, given: Mapping[str, Any], module: str, data: bytes, now_ns: int, *, fresh: bool = True
) -> int:
    """Check an action of a wallet, and use up its nonce; return the nonce.

    Raises
    ------
    Wrong
        In the venue's numbers.
    """
    now_s = now_ns // 10**9
    try:
        nonce, expiry = int(given["nonce"]), int(given["signature_expiry_sec"])
        subaccount = int(given["subaccount_id"])
        signer, signature = checksum(str(given["signer"])), str(given["signature"])
    except (KeyError, ValueError, TypeError) as e:
        raise Wrong(-32602, "Invalid params", str(e)[:100]) from None
    if subaccount not in wallet.subaccounts:
        raise Wrong(14025, "Subaccount not found for wallet")
    if not FLOOR_S < expiry - now_s <= CEILING_S:
        raise Wrong(11011, "Signature expiry out of bounds")
    if not -BEHIND_NS < nonce - now_ns < AHEAD_NS:
        raise Wrong(11018, "Nonce is not of now")
    session = wallet.who(signer, now_s)
    if not session.trades:
        raise Wrong(14031, "Session key scope is not enough")
    if session.expires_s < expiry:
        raise Wrong(14038, "The action would outlive its key")
    digest = action_digest(subaccount, nonce, module, data, expiry, wallet.owner, signer)
    if recovered(digest, signature) != signer:
        raise Wrong(14014, "Signature invalid", "it was not made by its signer over this action")
    if fresh and nonce in wallet.nonces:
        raise Wrong(11017, "Nonce is not unique")
    wallet.nonces.add(nonce)
    return nonce
