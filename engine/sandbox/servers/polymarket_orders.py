"""Signed Polymarket orders: whose they are, what they ask for, and whether the venue would take them. Pure.

An order is named by the EIP-712 hash of its fields under the exchange that will settle it; the signature is over that
hash, or, for a deposit wallet, over a wrapper around it that its owner signs. Money and shares are 1e-6 units, and the
price is only their quotient.

Source: CLOB V2 order documentation and the exchange contracts' type strings, October 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.units import Leg, Lots, Nanos, Side, Ticks
from engine.sandbox.servers.polymarket_auth import CHAIN, checksum, keccak, recover, typed, word

if TYPE_CHECKING:
    from engine.core.instrument import Instrument

TICKS: Final = 10_000
MICROS: Final = 1_000_000
EARLY_S: Final = 60
"""A GTD order ends this much before the time it states."""
LEAST_SPENT: Final = 1 * MICROS
"""Of a buy that trades at once."""
NO_BYTES: Final = "0x" + 64 * "0"
NO_FUNDS: Final = "not enough balance / allowance"
FOK_KILLED: Final = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED: Final = (
    "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
)
CROSSES: Final = "invalid post-only order: order crosses book"
NOT_READY: Final = "the market is not yet ready to process new orders"
BAD_EXPIRY: Final = "invalid expiration"
BAD_SIGNATURE: Final = "invalid signature"

DECIMALS: Final = {1000: 3, 100: 4, 50: 5, 25: 6, 10: 5, 1: 6}
"""Decimals of the money of an order that may rest, by the market's tick in ticks of 0.0001."""
TAKING: Final = 4
"""Decimals of what an order gets that trades at once, whatever the tick; what it gives has two."""

_ORDER_TYPE: Final = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    "uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
_DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_WRAPPED_TYPE: Final = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    + _ORDER_TYPE
)


class OrderRefused(Exception):
    """The venue's answer to an order it does not take."""


class Kind(Enum):
    """Whose signature an order bears."""

    EOA = 0
    PROXY = 1
    SAFE = 2
    DEPOSIT_WALLET = 3


class SignedOrder(msgspec.Struct, frozen=True, rename="camel"):
    """An order as it travels. Every number but two is a string of digits."""

    salt: int | str
    maker: str
    signer: str
    token_id: str
    maker_amount: str
    taker_amount: str
    side: str
    signature_type: int
    timestamp: str
    signature: str
    expiration: str = "0"
    metadata: str = NO_BYTES
    builder: str = NO_BYTES


class Post(msgspec.Struct, frozen=True, rename="camel"):
    """Body of ``POST /order``, or one item of ``POST /orders``."""

    order: SignedOrder
    owner: str
    order_type: str = "GTC"
    post_only: bool = False
    defer_exec: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """A settling contract, by its EIP-712 domain."""

    contract: str
    version: str = "2"

    @property
    def domain(self) -> bytes:
        """Its domain separator, 32 bytes."""
        name, version = keccak(b"Polymarket CTF Exchange"), keccak(self.version.encode())
        return keccak(keccak(_DOMAIN_TYPE.encode()) + name + version + word(CHAIN) + word(self.contract))


STANDARD: Final = Exchange("0xE111180000d2663C0091e4f400237545B87B996B")
NEG_RISK: Final = Exchange("0xe2222d279d744050d28e00520010520000310F59")
POSITIONS: Final = Exchange("0xe3333700cA9d93003F00f0F71f8515005F6c00Aa", "3")
EXCHANGES: Final = (STANDARD, NEG_RISK, POSITIONS)
_POSITION_ZEROS: Final = ((1 << 64) - 1) << 40


@dataclass(frozen=True, slots=True)
class Asked:
    """An order in the floor's words."""

    id: str
    side: Side
    leg: Leg
    price: Ticks
    """Of a share of `leg`."""
    lots: Lots
    expires: Nanos | None
    """As stated, less the minute that the venue takes off."""
    spends: int | None = None
    """Money, in 1e-6 units, of a purchase that trades at once: it buys what that buys, `lots` or more."""


def exchange_of(token: int, *, neg_risk: bool) -> Exchange:
    """Return who settles orders on a token."""
    if token & _POSITION_ZEROS == 0:
        return POSITIONS
    return NEG_RISK if neg_risk else STANDARD


def order_hash(order: SignedOrder, exchange: Exchange) -> str:
    """Return an order's id: the EIP-712 hash of its fields.

    Raises
    ------
    OrderRefused
        If a field is no number, no address or too big.
    """
    return "0x" + typed(exchange.domain, _struct(order)).hex()


def check_signature(order: SignedOrder, exchange: Exchange, owner: str) -> None:
    """Make sure that the wallet that owns the API key signed this order for this exchange.

    Raises
    ------
    OrderRefused
        If another did, or if it was signed for another exchange, as with a wrong negative-risk flag.
    """
    try:
        kind = Kind(order.signature_type)
        maker, signer = checksum(order.maker), checksum(order.signer)
        digest = typed(exchange.domain, _struct(order))
        wrapped = kind is Kind.DEPOSIT_WALLET
        by = _unwrapped(order, exchange, signer) if wrapped else recover(digest, order.signature)
    except ValueError as e:
        raise OrderRefused(BAD_SIGNATURE) from e
    if wrapped:
        fits = maker == signer and maker != owner
    elif kind is Kind.EOA:
        fits = maker == signer == by
    else:
        fits = signer == by and maker != signer
    if not fits or by != owner:
        raise OrderRefused(BAD_SIGNATURE)


def read(post: Post, instrument: Instrument, least: Decimal) -> Asked:
    """Return what an order asks for, by the rules of amounts, tick, size and expiry.

    Parameters
    ----------
    least : Decimal, shares
        Of an order that may rest.

    Raises
    ------
    OrderRefused
        With the venue's words, for the first rule it breaks.
    """
    order = post.order
    tokens = {instrument.fact("yes_token"): Leg.YES, instrument.fact("no_token"): Leg.NO}
    leg = tokens.get(order.token_id)
    if leg is None:
        raise OrderRefused(f"the orderbook {order.token_id[:80]} does not exist")
    name = order_hash(order, exchange_of(int(order.token_id), neg_risk=instrument.fact("neg_risk") == "true"))
    side = {"BUY": Side.BUY, "SELL": Side.SELL}.get(order.side)
    if side is None or post.order_type not in ("GTC", "GTD", "FOK", "FAK"):
        raise OrderRefused("Invalid order payload")
    if post.post_only and post.order_type in ("FOK", "FAK"):
        raise OrderRefused("invalid post-only order: only GTC and GTD orders can be post-only")
    money, shares = _amounts(order, side)
    tick = tick_of(instrument)
    taking = post.order_type in ("FOK", "FAK")
    _decimals(money, shares, side, DECIMALS[tick], taking=taking)
    price = _price(money, shares, side, tick, name, taking=taking)
    if shares < least * MICROS and not taking:
        size = f"{Decimal(shares) / MICROS:f}"
        raise OrderRefused(f"order {name} is invalid. Size ({size}) lower than the minimum: {least:f}")
    spends = money if taking and side is Side.BUY else None
    return Asked(name, side, leg, price, Lots(shares), _expiry(order, post.order_type), spends)


def tick_of(instrument: Instrument) -> int:
    """Return the market's price step in ticks of 0.0001."""
    return instrument.grid[0].step


def digits(text: str) -> int:
    """Return a number that travels as a string of digits.

    Raises
    ------
    OrderRefused
        If it is anything else, or longer than 256 bits.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 78):
        raise OrderRefused("Invalid order payload")
    return int(text)


def _amounts(order: SignedOrder, side: Side) -> tuple[int, int]:
    maker, taker = digits(order.maker_amount), digits(order.taker_amount)
    if not (0 < maker < 1 << 63 and 0 < taker < 1 << 63):
        raise OrderRefused("Invalid order payload")
    return (maker, taker) if side is Side.BUY else (taker, maker)


def _decimals(money: int, shares: int, side: Side, most: int, *, taking: bool) -> None:
    """Refuse amounts finer than the venue counts: an order that trades at once gives two decimals and gets four."""
    gives, gets = (money, shares) if side is Side.BUY else (shares, money)
    coarse, fine = (gives, gets) if taking else (shares, money)
    digits = TAKING if taking else most
    if coarse % 10_000 == 0 and fine % 10 ** (6 - digits) == 0:
        return
    what = f"{'market ' if taking else ''}{side.name.lower()}"
    first, second = (2, digits) if taking or side is Side.SELL else (digits, 2)
    raise OrderRefused(
        f"invalid amounts, the {what} orders maker amount supports a max accuracy of {first} decimals, "
        f"taker amount a max of {second} decimals"
    )


def _price(money: int, shares: int, side: Side, tick: int, name: str, *, taking: bool) -> Ticks:
    """Return the price that two amounts state; in an order that trades at once the one it gets may be rounded."""
    price = Fraction(money, shares)
    nearest = Ticks(round(price * TICKS / tick) * tick)
    if side is Side.BUY:
        beside = abs(shares - Fraction(money * TICKS, nearest or tick))
    else:
        beside = abs(money - Fraction(shares * nearest, TICKS))
    if (beside >= 10 ** (6 - TAKING) if taking else beside) or not tick <= nearest <= TICKS - tick:
        said = f"{float(price):.6g}"
        raise OrderRefused(f"order {name} is invalid. Price ({said}) breaks minimum tick size rule: {tick / TICKS:g}")
    return nearest


def _expiry(order: SignedOrder, kind: str) -> Nanos | None:
    seconds = digits(order.expiration)
    if kind != "GTD":
        if seconds:
            raise OrderRefused(BAD_EXPIRY)
        return None
    if not EARLY_S < seconds < 1 << 33:
        raise OrderRefused(BAD_EXPIRY)
    return Nanos((seconds - EARLY_S) * 1_000_000_000)


def _struct(order: SignedOrder) -> bytes:
    try:
        words = (
            word(int(order.salt)), word(order.maker), word(order.signer), word(digits(order.token_id)),
            word(digits(order.maker_amount)), word(digits(order.taker_amount)),
            word({"BUY": 0, "SELL": 1}[order.side]), word(order.signature_type), word(digits(order.timestamp)),
            word(order.metadata), word(order.builder),
        )  # fmt: skip
    except (ValueError, KeyError) as e:
        raise OrderRefused("Invalid order payload") from e
    return keccak(keccak(_ORDER_TYPE.encode()) + b"".join(words))


def _unwrapped(order: SignedOrder, exchange: Exchange, wallet: str) -> str:
    """Return who signed for a deposit wallet, after checking the three parts that follow the signature."""
    raw = bytes.fromhex(order.signature.removeprefix("0x"))
    kind = _ORDER_TYPE.encode()
    contents = _struct(order)
    if raw[65:] != exchange.domain + contents + kind + len(kind).to_bytes(2, "big"):
        raise ValueError("not what an owner wraps")
    name, version = keccak(b"DepositWallet"), keccak(b"1")
    struct = keccak(_WRAPPED_TYPE_HASH + contents + name + version + word(CHAIN) + word(wallet) + word(0))
    return recover(typed(exchange.domain, struct), raw[:65].hex())


_WRAPPED_TYPE_HASH: Final = keccak(_WRAPPED_TYPE.encode())
