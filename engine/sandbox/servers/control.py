"""The fault desk's own door: a small HTTP service with a token, on a port of its own.

``GET /faults`` says what is in force and what has acted; ``POST /faults`` takes one fault or a list, ``POST /storm`` a
storm; ``DELETE /faults`` lifts all, ``DELETE /faults/N`` one. ``POST /do`` takes ``{"what": NAME, …}``, a command of
the sandbox, such as a market to pause. It is never itself subject to faults.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from engine.sandbox.servers.faults import Fault, FaultDesk, Storm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.sandbox.servers.doors import Handler


def control(
    desk: FaultDesk, token: str, commands: Mapping[str, Callable[[Mapping[str, str]], None]] | None = None
) -> web.Application:
    """Return the application; every request needs ``Authorization: Bearer TOKEN``."""
    known_commands = commands or {}

    @web.middleware
    async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            return web.json_response({"error": "wrong token"}, status=401)
        try:
            return await handler(request)
        except msgspec.DecodeError as e:
            return web.json_response({"error": str(e)}, status=400)

    async def show(_: web.Request) -> web.Response:
        in_force = [
            {"number": o.number, "acted": o.acted, **msgspec.to_builtins(o.fault)} for o in desk.orders
        ]  # fmt: skip
        return web.json_response({"faults": in_force, "acted": [msgspec.to_builtins(a) for a in desk.acted]})

    async def add(request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=Fault | list[Fault])
        numbers = [desk.add(fault) for fault in (asked if isinstance(asked, list) else [asked])]
        return web.json_response({"numbers": numbers}, status=201)

    async def storm(request: web.Request) -> web.Response:
        desk.storm(msgspec.json.decode(await request.read(), type=Storm))
        return web.json_response({}, status=201)

    async def clear(request: web.Request) -> web.Response:
        number = request.match_info.get("number", "0")
        desk.clear(int(number) if number.isdecimal() else -1)
        return web.json_response({})

    async def do(request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=dict[str, str])
        command = known_commands.get(asked.get("what", ""))
        if command is None:
            return web.json_response({"error": f"known are {', '.join(known_commands)}"}, status=404)
        try:
            command(asked)
        except (KeyError, ValueError) as e:
            return web.json_response({"error": str(e)}, status=400)
        return web.json_response({})

    app = web.Application(middlewares=[known])
    app.router.add_post("/do", do)
    app.router.add_get("/faults", show)
    app.router.add_post("/faults", add)
    app.router.add_post("/storm", storm)
    app.router.add_delete("/faults", clear)
    app.router.add_delete("/faults/{number}", clear)
    return app
