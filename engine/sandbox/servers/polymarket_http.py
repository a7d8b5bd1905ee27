"""What every Polymarket server of the sandbox shares: JSON answers, refusals, cursors and rate limits."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web

from engine.sandbox.servers.polymarket_books import Wire, compact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiohttp.typedefs import Handler

    from engine.core.units import Nanos

    Now = Callable[[], Nanos]

FIRST: Final = "MA=="
LAST: Final = "LTE="
"""Cursor of the page after the last."""
PAGE: Final = 100
JSON_TYPE: Final = "application/json"


class Refusal(Exception):
    """An answer that is not the one asked for."""

    def __init__(self, status: int, error: str, headers: Mapping[str, str] | None = None, **more: object) -> None:
        super().__init__(error)
        self.status = status
        self.headers = headers
        self.body: Wire = {"error": error, **more}


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals, and what the router refuses, into the venue's error bodies."""
    try:
        return await handler(request)
    except Refusal as e:
        return answer(e.body, e.status, e.headers)
    except web.HTTPException as e:
        return answer({"error": e.reason}, e.status)


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON answer without blanks."""
    return web.Response(text=compact(body), status=status, content_type=JSON_TYPE, headers=headers)


def page(items: Sequence[Wire], cursor: str, size: int = PAGE) -> Wire:
    """Return one page of a listing with the cursor of the next.

    Raises
    ------
    Refusal
        If the cursor is none of ours.
    """
    start = _offset(cursor or FIRST)
    found = items[start : start + size] if start >= 0 else []
    more = start >= 0 and start + size < len(items)
    following = base64.b64encode(str(start + size).encode()).decode() if more else LAST
    return {"limit": size, "count": len(found), "next_cursor": following, "data": list(found)}


def _offset(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError) as e:
        raise Refusal(400, "next item should be greater than or equal to 0") from e


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests within so many seconds."""

    most: int
    seconds: int


RATES: Final[dict[str, tuple[Rate, ...]]] = {
    "POST /order": (Rate(3_500, 10), Rate(36_000, 600)),
    "POST /orders": (Rate(1_000, 10), Rate(15_000, 600)),
    "DELETE /order": (Rate(3_000, 10), Rate(30_000, 600)),
    "DELETE /orders": (Rate(1_000, 10), Rate(15_000, 600)),
    "GET /balance-allowance": (Rate(200, 10),),
    "auth": (Rate(100, 10),),
    "clob": (Rate(9_000, 10),),
    "gamma": (Rate(4_000, 10),),
    "gamma markets": (Rate(300, 10),),
    "gamma events": (Rate(500, 10),),
    "data": (Rate(1_000, 10),),
    "data trades": (Rate(200, 10),),
    "data positions": (Rate(150, 10),),
}
"""As documented in May 2026."""


@dataclass(slots=True)
class Limits:
    """Counts requests by who asks and for what, in windows that begin with the first."""

    now: Now
    rates: Mapping[str, Sequence[Rate]] = field(default_factory=lambda: RATES)
    _counts: dict[tuple[str, str, int], tuple[int, int]] = field(default_factory=dict)

    def spend(self, who: str, what: str) -> dict[str, str]:
        """Count one request and return the headers that tell what is left.

        Raises
        ------
        Refusal
            429, with the seconds to wait, when nothing is.
        """
        second = self.now() // 1_000_000_000
        left, reset = 1 << 30, second
        for rate in self.rates.get(what, ()):
            key = (who, what, rate.seconds)
            since, count = self._counts.get(key, (second, 0))
            if second - since >= rate.seconds:
                since, count = second, 0
            self._counts[key] = since, count + 1
            if rate.most - count - 1 < left:
                left, reset = rate.most - count - 1, since + rate.seconds
        headers = {"Poly-RateLimit-Remaining": str(left), "Poly-RateLimit-Reset": str(reset)}
        headers["Poly-RateLimit-Tier"] = "standard"
        if left < 0:
            wait = max(1, reset - second)
            raise Refusal(
                429, "rate limit exceeded", headers | {"Retry-After": str(wait)}, retry_after_seconds=wait
            )  # fmt: skip
        return headers
