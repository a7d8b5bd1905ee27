"""The local server of a session: routes, and its life from the settings to the end of the session.

It runs on the session's loop; a request is answered in between frames. Bound to 127.0.0.1 alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from aiohttp import web

from app.local import doors, guard, health, ordering, reading, shapes, tokens
from app.local.doors import Problem, answer, need, plain
from app.local.earlier import Earlier
from app.local.guard import Scope
from app.local.metrics import TYPE, Metrics
from app.local.openapi import INSTRUMENT, Query, Route, document
from app.local.stream import Streams
from engine.core.errors import Unavailable
from engine.views.health import HealthView

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from app.boot import Session
    from engine.core.ids import InstrumentId, Topic

LIVE: Final = "live"
_LISTS: Final = {
    "markets": "Every outcome that can be traded", "orders": "Our orders, newest first",
    "fills": "Our fills, newest first", "positions": "What we hold", "gates": "The risk gates",
    "settlements": "What waits to be settled, and what has", "strategies": "The registry of strategies",
}  # fmt: skip
ROUTES: Final = (
    Route("GET", "/metrics", "Metrics, for Prometheus", "text/plain"),
    Route("GET", "/health", "How each part of the program does, as a table", "text/plain"),
    Route("GET", "/v1/health", "The same", HealthView),
    Route("GET", "/v1/status", "The session", shapes.Status),
    *(Route("GET", f"/v1/{name}", words, list[reading.LISTS[name][2]]) for name, words in _LISTS.items()),  # type: ignore[misc]
    Route("GET", "/v1/prices", "The book of one outcome", shapes.Prices, queries=INSTRUMENT, refusals=(404, 422)),
    Route("GET", "/v1/trades", "What traded of it", list[shapes.Trade], queries=INSTRUMENT, refusals=(404, 422)),
    Route("POST", "/v1/markets", "List a market of the embedded exchange", shapes.Created, 201, shapes.Create,
          refusals=(409, 413, 415, 422), scope="operate"),
    Route("POST", "/v1/orders", "Send an order; a key that was used returns the order it became", shapes.Order, 201,
          shapes.Place, refusals=(404, 409, 413, 415, 422, 503), scope="order"),
    Route("DELETE", "/v1/orders/{id}", "Take an order back", shapes.Order, 202,
          queries=(Query("id", "as orders names it", "path"),), refusals=(404, 409), scope="order"),
)  # fmt: skip
"""All that is documented; /v1/stream and /v1/openapi.json stand beside it."""


class Local:
    """Serves one session.

    Parameters
    ----------
    session : Session
        Whose state is told, and whose kernel is asked.
    scopes : collection of Scope
        Which tokens there are; reading is always among them.
    live_orders : callable
        Whether the live session is armed with orders of programs ticked.
    lag : callable
        99th percentile of how late the loop's callbacks run, milliseconds; None before any.
    """

    def __init__(
        self,
        session: Session,
        scopes: Collection[Scope] = (),
        *,
        live_orders: Callable[[], bool] = lambda: False,
        lag: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._session = session
        self._earlier = Earlier(session)
        self._live_orders = live_orders
        self.tokens = tokens.make({Scope.READ, *scopes})
        self.streams = Streams(session)
        self.metrics = Metrics(session, lag, self.streams.__len__)
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._patience: doors.Patience | None = None
        self._listening: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Return where it is served."""
        return f"http://{guard.LOCAL}:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen, and write address and tokens into the profile.

        Raises
        ------
        Unavailable
            If the port is taken or the profile cannot be written.
        """
        app = web.Application(client_max_size=doors.MOST_BODY, middlewares=[self._door()])
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, **doors.LIMITS)
        await self._runner.setup()
        if self._runner.server is None:
            msg = "the local server did not start"
            raise Unavailable(msg)
        self._patience = doors.Patience(self._runner.server)
        try:
            loop = asyncio.get_running_loop()
            self._listening = await loop.create_server(
                self._patience, guard.LOCAL, port, backlog=doors.MOST_CONNECTIONS
            )
        except OSError as e:
            await self.stop()
            msg = f"the local server cannot listen on {guard.LOCAL}:{port} ({e.strerror})"
            raise Unavailable(msg) from e
        self.port = self._listening.sockets[0].getsockname()[1]
        tokens.write(self._session.profile.folder, self.tokens, self.address)

    async def stop(self) -> None:
        """Close every connection and take the tokens away."""
        tokens.forget(self._session.profile.folder)
        if self._listening is not None:
            self._listening.close()
        await self.streams.close()
        if self._patience is not None:
            self._patience.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = self._listening = self._patience = None

    def mark(self, topic: Topic) -> None:
        """Say that a view is out of date."""
        self.streams.mark(topic)

    @property
    def orders(self) -> str:
        """Return whether orders of programs are taken, in the words of the API."""
        if not self.tokens.order:
            return "off"
        live = self._session.mode == LIVE
        return "not for this arming" if live and not self._live_orders() else "on"

    def _door(self) -> Any:  # noqa: ANN401  # a middleware, whose type only checkers can import
        def patience() -> doors.Patience:
            if self._patience is None:
                raise web.HTTPServiceUnavailable
            return self._patience

        return doors.door(lambda: self.port, self.tokens, self.metrics.count, patience)

    def _routes(self) -> list[web.RouteDef]:
        lists = [web.get(f"/v1/{name}", self._list_of(name)) for name in reading.LISTS]
        return [
            *lists,
            web.get("/metrics", self._metrics),
            web.get("/health", self._health_text),
            web.get("/v1/health", self._health),
            web.get("/v1/status", self._status),
            web.get("/v1/prices", self._prices),
            web.get("/v1/trades", self._trades),
            web.post("/v1/markets", self._create),
            web.post("/v1/orders", self._place),
            web.delete("/v1/orders/{id}", self._cancel),
            web.get("/v1/stream", self.streams.serve),
            web.get("/v1/openapi.json", self._openapi),
        ]

    def _list_of(self, name: str) -> Any:  # noqa: ANN401  # a handler
        make = reading.LISTS[name][0]

        async def told(_: web.Request) -> web.Response:
            return answer(make(self._session))

        return told

    async def _metrics(self, _: web.Request) -> web.Response:
        return plain(self.metrics.text().decode(), TYPE)

    async def _health_text(self, _: web.Request) -> web.Response:
        return plain(health.text(health.of(self._session)))

    async def _health(self, _: web.Request) -> web.Response:
        return answer(health.of(self._session))

    async def _status(self, _: web.Request) -> web.Response:
        return answer(reading.status(self._session, self.orders))

    async def _openapi(self, _: web.Request) -> web.Response:
        return answer(document(ROUTES, self.address))

    async def _prices(self, request: web.Request) -> web.Response:
        return answer(_found(reading.prices(self._session, self._instrument(request))))

    async def _trades(self, request: web.Request) -> web.Response:
        return answer(_found(reading.trades(self._session, self._instrument(request))))

    async def _create(self, request: web.Request) -> web.Response:
        need(request, Scope.OPERATE)
        asked = await _body(request, shapes.Create)
        return answer(await ordering.create(self._session, asked), 201)

    async def _place(self, request: web.Request) -> web.Response:
        self._may_order(request)
        order, new = await ordering.place(self._session, self._earlier, await _body(request, shapes.Place))
        return answer(order, 201 if new else 200)

    async def _cancel(self, request: web.Request) -> web.Response:
        need(request, Scope.ORDER)  # taking back is allowed whatever the arming
        return answer(await ordering.cancel(self._session, request.match_info["id"]), 202)

    def _may_order(self, request: web.Request) -> None:
        need(request, Scope.ORDER)
        if self.orders != "on":
            raise Problem(403, ordering.NOT_ARMED)

    def _instrument(self, request: web.Request) -> InstrumentId:
        venue, symbol = (request.query.get(name, "") for name in ("venue", "symbol"))
        if not (0 < len(venue) <= shapes.LONGEST and 0 < len(symbol) <= shapes.LONGEST):
            raise Problem(422, f"venue and symbol are wanted, each of at most {shapes.LONGEST} signs")
        found = reading.known(self._session, venue, symbol)
        if found is None:
            raise Problem(404, "this session knows no such instrument")
        return found


T = TypeVar("T")


def _found(value: T | None) -> T:
    if value is None:
        raise Problem(404, "nothing is known of it yet")
    return value


async def _body(request: web.Request, shape: type[T]) -> T:
    """Return what a request sends; 422 with the field that is wrong."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise Problem(422, f"what was sent cannot be taken: {str(e)[:200]}") from None
