"""Golden cases of Polymarket's signatures and amounts, answered with the connector's own code."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.units import Side
from engine.venues.polymarket import amounts, sign

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def clob_auth(signer: str, chain_id: int, timestamp: int, nonce: int) -> Out:
    wallet = sign.Wallet(int(signer))
    digest = sign.attestation(wallet.address, timestamp, nonce, chain_id)
    return {"digest": "0x" + digest.hex(), "signature": wallet.attest(timestamp, nonce, chain_id)}


def hmac(key: str, timestamp: int, method: str, path: str, body: str | None = None) -> Out:
    return {"signature": sign.hmac_signature(key, timestamp, method, path, body)}


def order(signer: str, domain: Out, message: Out) -> Out:
    where = sign.Domain(domain["chainId"], domain["verifyingContract"], domain["version"], domain["name"])
    what = sign.Order(
        salt=message["salt"],
        maker=message["maker"],
        signer=message["signer"],
        token=message["tokenId"],
        maker_amount=message["makerAmount"],
        taker_amount=message["takerAmount"],
        side=message["side"],
        signature_type=message["signatureType"],
        timestamp_ms=message["timestamp"],
        metadata=message["metadata"],
        builder=message["builder"],
    )
    digest = sign.order_digest(what, where)
    return {"digest": "0x" + digest.hex(), "signature": sign.Wallet(int(signer)).sign_order(what, where)}


def exact(kind: str, side: str, tick: str, price: str, size: str = "", amount: str = "", **_floats: object) -> Out:
    compute = amounts.limit if kind == "limit" else amounts.market
    came = compute(Side[side], Decimal(price), Decimal(size or amount), Decimal(tick))
    return {"makerAmount": str(came.maker), "takerAmount": str(came.taker)}


FUNCTIONS: dict[str, Callable[..., Out]] = {
    "polymarket.clob_auth": clob_auth,
    "polymarket.hmac": hmac,
    "polymarket.order": order,
    "polymarket.amounts": exact,
}
