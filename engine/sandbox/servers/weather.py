"""The weather services of the simulated day: the Mesonet, the Weather Service, Visual Crossing and buckets of models.

All go through the fault desk, as venue ``weather``. What has not changed since a client last asked is answered by
"not modified", to an entity tag or to a date.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from aiohttp import web

from engine.core.units import SECOND
from engine.sandbox.servers.doors import guard
from engine.sandbox.servers.weather_archive import Archive
from engine.sandbox.servers.weather_crossing import CrossingServer, refuse
from engine.sandbox.servers.weather_iem import IemServer
from engine.sandbox.servers.weather_models import MISSING, ModelServer
from engine.sandbox.servers.weather_nws import NwsServer, fresh, problem

if TYPE_CHECKING:
    from engine.sandbox.servers.doors import Handler
    from engine.sandbox.servers.world import World

VENUE: Final = "weather"
REMEMBERED: Final = 2_000


class WeatherServer:
    """Applications over what the simulated stations have reported, and over what models say of the day."""

    def __init__(self, world: World) -> None:
        """Serve a world's weather."""
        self.world = world
        self.archive = Archive(world)
        self.runs = ModelServer(self.archive)
        self._changed: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def iem(self) -> web.Application:
        """Return the Mesonet."""
        app = web.Application(middlewares=[guard(self.world.desk, VENUE, _busy), self._conditional])  # type: ignore[list-item]  # a guard is a middleware
        app.add_routes(IemServer(self.archive).routes())
        return app

    def nws(self) -> web.Application:
        """Return the Weather Service."""
        app = web.Application(middlewares=[guard(self.world.desk, VENUE, _problem), _named, self._conditional])  # type: ignore[list-item]  # a guard is a middleware
        app.add_routes(NwsServer(self.archive).routes())
        return app

    def crossing(self) -> web.Application:
        """Return Visual Crossing, which knows no conditional requests."""
        app = web.Application(middlewares=[guard(self.world.desk, VENUE, refuse)])  # type: ignore[list-item]  # a guard is a middleware
        app.add_routes(CrossingServer(self.archive).routes())
        return app

    def models(self) -> web.Application:
        """Return the buckets of the models by name, and JMA as ``open-meteo``."""
        app = web.Application(middlewares=[guard(self.world.desk, VENUE, _bucket), self._conditional])  # type: ignore[list-item]  # a guard is a middleware
        app.add_routes(self.runs.routes())
        return app

    @property
    def _conditional(self) -> object:
        """Return the middleware that says when nothing changed."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            if not isinstance(response, web.Response) or response.status != 200:
                return response
            tag, changed = self._version(request.path_qs, bytes(response.body or b""))  # type: ignore[arg-type]  # ours are bytes
            if _has(request, tag, changed):
                response = web.Response(status=304)
            response.headers["ETag"] = tag
            response.headers["Last-Modified"] = formatdate(changed, usegmt=True)
            if seconds := fresh(request.path):
                response.headers["Cache-Control"] = f"public, max-age={seconds}"
            return response

        return middleware

    def _version(self, path: str, body: bytes) -> tuple[str, int]:
        """Return the tag of a body, and since when it has been what this path answers, seconds of the day's clock."""
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        known = self._changed.pop(path, None)
        now = int(self.archive.now() // SECOND)
        self._changed[path] = known if known is not None and known[0] == tag else (tag, now)
        while len(self._changed) > REMEMBERED:
            self._changed.popitem(last=False)
        return self._changed[path]


@web.middleware
async def _named(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn away who does not say who asks."""
    if not request.headers.get("User-Agent", "").strip():
        return web.Response(text="<html>Access Denied</html>", status=403, content_type="text/html")
    return await handler(request)


def _has(request: web.Request, tag: str, changed: int) -> bool:
    if "If-None-Match" in request.headers:
        return tag in request.headers["If-None-Match"]
    try:
        since = parsedate_to_datetime(request.headers.get("If-Modified-Since", "")).timestamp()
    except (ValueError, TypeError):
        return False
    return changed <= since


def _busy(status: int) -> web.Response:
    text = "Too many requests from your IP address, slow down." if status == 429 else "ERROR: server over capacity"
    return web.Response(text=text, status=status, content_type="text/plain")


def _bucket(status: int) -> web.Response:
    text = MISSING.replace("NoSuchKey", "SlowDown" if status in (429, 503) else "InternalError")
    return web.Response(text=text, status=503 if status == 429 else status, content_type="application/xml")


def _problem(status: int) -> web.Response:
    return problem(status, "ServiceUnavailable" if status == 503 else "UnexpectedProblem", "An unexpected problem.")
