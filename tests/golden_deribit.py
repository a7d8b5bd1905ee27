"""Adapters of the ``deribit.*`` cases of ``golden/signing.json`` to the engine's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.venues.deribit import sign

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def login(key: str, timestamp: int, nonce: str, data: str) -> Out:
    return {"signature": sign.login(key, timestamp, nonce, data)}


def request(key: str, timestamp: int, nonce: str, method: str, uri: str, body: str) -> Out:
    return {"signature": sign.request(key, timestamp, nonce, method, uri, body)}


FUNCTIONS: dict[str, Callable[..., Out]] = {"deribit.ws_signature": login, "deribit.http_signature": request}
