"""A weather service of a few lines, and a client of it whose waits take no time."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from engine.core.units import SECOND, Nanos
from engine.sources import http

Reply = Callable[[web.Request], web.StreamResponse]


class Clock:
    """Moves when somebody waits."""

    def __init__(self, at: Nanos) -> None:
        self.at = at
        self.waits: list[float] = []

    def now(self) -> Nanos:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at = Nanos(self.at + round(seconds * SECOND))


class Desk:
    """Answers by a script, then by its last line for ever; remembers what it was asked."""

    def __init__(self, *script: Reply) -> None:
        self.script = list(script)
        self.asked: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return reply(request)


def text(body: str | bytes, status: int = 200, **headers: str) -> Reply:
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(body=raw, status=status, headers=named, content_type="text/plain")


def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", desk.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def client(base: str, clock: Clock, manner: http.Manner | None = None, **more) -> http.Client:
    made = manner or http.Manner(every_s=0.001, tries=3)
    return http.Client("Test", base, clock.now, rng=random.Random(1), manner=made, sleep=clock.sleep, **more)
