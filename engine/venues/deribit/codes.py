"""Deribit's error codes: what each means for what was asked. Pure.

Three things matter: whether a request was surely not carried out, whether it is worth asking again later, and whether
it is us who may not ask. What is not in the table is a definite no, in the venue's own word.

Source: Deribit API v2, "RPC Error Codes".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.core.errors import AuthFailed, OutcomeUnknown, Throttled, VenueError, VenueRefused
from engine.core.ids import DERIBIT

if TYPE_CHECKING:
    from engine.venues.deribit.wire import Refusal

UNKNOWN: Final = frozenset({13888, 11094, 13028, -32000})
"""Timed out, internal error, temporarily unavailable, server error: it may have been done."""
THROTTLED: Final = frozenset({10028, 10047, 10066})
"""Too many requests, the matching engine's queue is full, too many at once: nothing was done."""
TOO_MANY: Final = 10028
"""Our credits are spent; the venue may end the session."""
LATER: Final = frozenset({10040, 10041, 11051})
"""Retry, settlement in progress, maintenance: nothing was done."""
AUTH: Final = frozenset({9999, 10000, 11042, 13004, 13009, 13010, 13021})
GONE: Final = frozenset({10004, 10010, 11008, 11044, 13020})
"""The order is not found, closed, filled, or not open: it may have filled."""
_WORDS: Final[dict[int, tuple[str, str]]] = {
    10002: ("least", "the quantity is below the smallest that is taken"),
    10003: ("self_trade", "it would overlap an order of our own"),
    10004: ("not_found", "there is no such order"),
    10005: ("price_low", "the price is too low"),
    10006: ("price_low", "the price is too low for the index"),
    10007: ("price_high", "the price is too high"),
    10008: ("price_high", "the price is too high for the index"),
    10009: ("funds", "there is not enough money for it"),
    10010: ("closed", "the order is closed already"),
    10011: ("price", "the price is not allowed"),
    10012: ("market_closed", "the book is closed"),
    10013: ("position", "it would exceed the largest position that is allowed"),
    10014: ("position", "it would exceed the largest position that is allowed"),
    10015: ("orders", "too many orders are open"),
    10016: ("position", "it would exceed the largest position that is allowed"),
    10017: ("position", "it would exceed the largest position that is allowed"),
    10018: ("orders", "too many orders are open"),
    10019: ("locked", "the venue has locked the account"),
    10020: ("instrument", "the venue does not know the instrument"),
    10021: ("quantity", "the quantity is not valid"),
    10023: ("price", "the price is not valid"),
    10026: ("price", "the price has too many digits"),
    10027: ("quantity", "the quantity is no whole number of contracts"),
    10028: ("throttled", "asked too often; the venue did nothing"),
    10029: ("not_found", "the order is not ours"),
    10032: ("least", "the whole order is worth too little"),
    10040: ("later", "the venue asks to try again; it did nothing"),
    10041: ("settlement", "the daily settlement is in progress; the venue did nothing"),
    10043: ("price_tick", "the price lies between two steps of its grid"),
    10047: ("throttled", "the queue of the matching engine is full; the venue did nothing"),
    10066: ("throttled", "too many requests at once; the venue did nothing"),
    11008: ("filled", "the order is filled already"),
    11029: ("invalid", "the request was not valid"),
    11030: ("rejected", "the venue rejected it"),
    11031: ("rejected", "the venue rejected it"),
    11042: ("auth", "the key has no right to do this"),
    11044: ("closed", "the order is not open"),
    11046: ("instrument", "the instrument has ended"),
    11047: ("invalid", "these terms do not go together"),
    11050: ("invalid", "the request was not valid"),
    11051: ("maintenance", "the venue is under maintenance; it did nothing"),
    11054: ("post_only", "a post-only order would have traded at once"),
    13020: ("not_found", "there is no such thing"),
}


def word(code: int) -> str:
    """Return a code as one word of ours."""
    if code in AUTH:
        return "auth"
    return _WORDS[code][0] if code in _WORDS else f"deribit_{code}"[:24]


def sentence(refusal: Refusal) -> str:
    """Return a refusal in one sentence, the venue's own reason at its end where it gives one."""
    if refusal.code in AUTH:
        text = "the venue does not take our key, its rights or our clock"
    elif refusal.code in _WORDS:
        text = _WORDS[refusal.code][1]
    else:
        text = f"the venue refused it ({refusal.code} {_plain(refusal.message)})".replace(" )", ")")
    detail = ": ".join(one for one in (_plain(refusal.param), _plain(refusal.reason)) if one)
    return f"{text} ({detail})"[:200] if detail else text


def error(refusal: Refusal) -> VenueError:
    """Return a refusal of a question as the error it is."""
    text = sentence(refusal)
    if refusal.code in AUTH:
        return AuthFailed(DERIBIT, text)
    if refusal.code in THROTTLED:
        return Throttled(DERIBIT, text)
    if refusal.code in UNKNOWN:
        return OutcomeUnknown(DERIBIT, f"the venue answered {refusal.code} {_plain(refusal.message)}".strip())
    return VenueRefused(DERIBIT, word(refusal.code), text)


def _plain(text: str) -> str:
    """Return the venue's words as plain text: letters, digits and a few signs, one line."""
    return re.sub(r"[^\w .,:;/()'\-]+", " ", text, flags=re.ASCII).strip()[:120]
