"""The door of the local server: every request is checked, bounded and counted before a handler sees it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import HttpVersion10, web

from app.local import guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler, Middleware

    from app.local.guard import Scope, Tokens

    Count = Callable[[str, str, int, float], None]
    """Takes method, path as it is documented, status and seconds."""

MOST_BODY: Final = 65_536
NEXT_S: Final = 10.0
"""A request must be here so long after its connection opened, or after the answer before it."""
MOST_CONNECTIONS: Final = 64
SOON_S: Final = 0.05
"""What one connection too many is given."""
_QUIET: Final = logging.getLogger("atmx.local.http")
_QUIET.setLevel(logging.CRITICAL)  # what strangers send is counted; a traceback for each would fill the disk
LIMITS: Final[dict[str, Any]] = {
    "logger": _QUIET,
    "keepalive_timeout": NEXT_S,
    "max_line_size": 8_190,
    "max_field_size": 8_190,
    "lingering_time": 0.0,
}
SCOPE: Final = web.RequestKey("scope", guard.Scope)
OTHER: Final = "other"
"""Methods and paths that are none of ours: a label for each would let a stranger fill the memory."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "DELETE"})
_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Problem(Exception):
    """What a handler cannot do, with the status that says so."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Patience:
    """Closes connections whose next request does not come in time."""

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self._waits: dict[object, asyncio.TimerHandle] = {}

    def __call__(self) -> asyncio.Protocol:
        """Return what speaks on a new connection; one too many is soon closed."""
        line = self._server()
        full = len(self._server.connections) >= MOST_CONNECTIONS
        self.wait(line, SOON_S if full else NEXT_S)  # not now: it has no transport to close yet
        return line

    def wait(self, line: web.RequestHandler, seconds: float | None = None) -> None:
        """Give the next request its time."""
        self.arrived(line)
        given = NEXT_S if seconds is None else seconds
        self._waits[line] = asyncio.get_running_loop().call_later(given, self._late, line)

    def arrived(self, line: object) -> None:
        """Take note that a request is here."""
        timer = self._waits.pop(line, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """Wait for nobody any more."""
        for line in list(self._waits):
            self.arrived(line)

    def _late(self, line: web.RequestHandler) -> None:
        self._waits.pop(line, None)
        line.force_close()


def answer(value: object, status: int = 200) -> web.Response:
    """Return a value as JSON."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type=guard.JSON, headers=_HEADERS)


def plain(text: str, kind: str = "text/plain; charset=utf-8") -> web.Response:
    """Return text."""
    return web.Response(body=text.encode(), headers={**_HEADERS, "Content-Type": kind})


def need(request: web.Request, scope: Scope) -> None:
    """Refuse who has no token for this.

    Raises
    ------
    Problem
        403.
    """
    if request[SCOPE] is not scope:
        raise Problem(403, f"this token may not {scope.value}; that scope has a token of its own, off by default")


def door(port: Callable[[], int], tokens: Tokens, count: Count, patience: Callable[[], Patience]) -> Middleware:
    """Return what stands before every handler: it lets pass what `guard` does, and words what goes wrong."""

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        patience().arrived(request.protocol)
        heads = [(name.lower(), value) for name, value in request.headers.items()]
        found = guard.check(guard.Ask(request.method, request.raw_path, heads), port(), tokens)
        if request.version < HttpVersion10:
            found = guard.Refusal(400, "HTTP 1.0 or 1.1 is spoken here")
        response: web.StreamResponse | None = None
        try:
            if isinstance(found, guard.Refusal):
                response = answer({"error": found.text}, found.status)
            else:
                request[SCOPE] = found
                response = await _worded(request, handler)
        finally:
            patience().wait(request.protocol)
            status = 499 if response is None else response.status  # it went away before its answer
            known = not isinstance(found, guard.Refusal)
            method = request.method if request.method in _METHODS else OTHER
            count(method, _path(request) if known else OTHER, status, time.perf_counter() - began)
        return response

    return checked


async def _worded(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as e:
        return answer({"error": str(e)}, e.status)
    except web.HTTPRequestEntityTooLarge:
        return answer({"error": f"a request holds at most {MOST_BODY} bytes"}, 413)
    except web.HTTPMethodNotAllowed as e:
        refused = answer({"error": f"{request.method} is not for this address"}, 405)
        refused.headers["Allow"] = ", ".join(sorted(e.allowed_methods))
        return refused
    except web.HTTPException as e:
        return answer({"error": "there is nothing at this address" if e.status == 404 else e.reason}, e.status)


def _path(request: web.Request) -> str:
    """Return the address as it is documented, so that there are no more of them than routes."""
    resource = request.match_info.route.resource
    return OTHER if resource is None else resource.canonical
