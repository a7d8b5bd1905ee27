"""Adapters of the ``rysk.*`` cases of ``golden/signing.json`` to the engine's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.venues.polymarket.sign import Domain, Wallet
from engine.venues.rysk import sign

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def quote(signer: str, type_string: str, domain: Out, message: Out) -> Out:
    of = Domain(domain["chainId"], domain["verifyingContract"], domain["version"], domain["name"])
    return {
        "struct_hash": "0x" + sign.struct_hash(type_string, message).hex(),
        "digest": "0x" + sign.digest(type_string, message, of).hex(),
        "signature": sign.signed(Wallet(int(signer)), type_string, message, of),
    }


FUNCTIONS: dict[str, Callable[..., Out]] = {"rysk.quote": quote}
