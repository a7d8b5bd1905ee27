"""Adapters of the ``derive.*`` cases of ``golden/signing.json`` to the engine's signatures."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.venues.derive import sign
from engine.venues.derive.endpoints import DEMO, PROD
from engine.venues.polymarket.sign import Domain, Wallet

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]
WHERE = {
    "v3_mainnet": sign.domain(PROD),
    "v3_sepolia": sign.domain(DEMO),
    "v2_mainnet": Domain(957, PROD.contract, "1.0", "Matching"),
    "v2_testnet": Domain(901, "0x3cc154e220c2197c5337b7Bd13363DD127Bc0C6E", "1.0", "Matching"),
}
"""Networks that the cases were signed for; the second version hashes actions alike."""


def legs(given: list[Out]) -> list[sign.Leg]:
    return [
        sign.Leg(
            one["instrument_name"], one["asset_address"], one["sub_id"], Decimal(one["price"]), Decimal(one["amount"]),
            one["direction"] == "buy",
        )
        for one in given
    ]  # fmt: skip


def data(kind: str, given: Out, out_is_execute: bool) -> bytes:
    if kind == "trade":
        return sign.trade_data(
            given["asset_address"], given["sub_id"], Decimal(given["limit_price"]), Decimal(given["amount"]),
            Decimal(given["max_fee"]), given["recipient_id"], buys=given["is_bid"],
        )  # fmt: skip
    make = sign.execute_data if out_is_execute else sign.quote_data
    return make(Decimal(given["max_fee"]), legs(given["legs"]), buys=given["global_direction"] == "buy")


def action(
    signer: str, env: str, module: str, module_address: str, subaccount_id: int, owner: str, nonce: str,
    signature_expiry_sec: int, module_data_input: Out, signer_address: str, api_version: int,
) -> Out:  # fmt: skip
    wallet = Wallet(int(signer))
    assert wallet.address == signer_address
    # the cases of packages: makers quote "buy" and takers execute "sell" in all of them
    executes = module == "rfq" and module_data_input["global_direction"] == "sell"
    words = data(module, module_data_input, executes)
    found = sign.Action(subaccount_id, int(nonce), module_address, words, signature_expiry_sec, owner, wallet.address)
    digest = sign.digest(found, WHERE[env])
    return {
        "module_data_hex": "0x" + words.hex(),
        "action_hash": "0x" + sign.action_hash(found).hex(),
        "typed_data_hash": "0x" + digest.hex(),
        "signature": "0x" + wallet.sign(digest).hex(),
    }


FUNCTIONS: dict[str, Callable[..., Out]] = {"derive.action": action}
