"""The local server over real sockets, with the engine of a demo day behind it."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import stat
from decimal import Decimal
from pathlib import Path

import pytest
import websockets

from app import settings
from app.local.server import ROUTES, Local
from app.serving import Serving
from engine.core.commands import Halt, Release, Role, TakeRole
from engine.core.errors import Unavailable
from tests.app.local.served import Served, metrics, serve


def test_p29_it_reads_orders_and_lists_and_every_metric_moves(tmp_path: Path) -> None:
    async def act(served: Served) -> None:
        await looked_at(served)
        before = metrics(await served.get("/metrics"))
        await ordered(served)
        await refused_by_a_gate(served)
        await listed(served)
        await streamed(served)
        after = metrics(await served.get("/metrics"))
        for name in (
            'atmx_trades_total{side="buy"}', 'atmx_trade_latency_seconds_count{side="buy"}', "atmx_active_markets",
            'atmx_http_requests_total{method="POST",path="/v1/orders",status="201"}', "atmx_events_total",
            'atmx_gate_refusals_total{gate="KILL"}', "atmx_orders_total", "atmx_http_request_duration_seconds_count",
        ):  # fmt: skip
            assert after[name] > before.get(name, 0.0), name
        assert "atmx_websocket_clients" in after
        assert "atmx_position_limit_rejections_total" in after
        text = (await served.get("/metrics")).text
        assert "o-0" not in text
        assert served.local.tokens.read not in text

    serve(tmp_path, act)
    assert list((tmp_path / "api").iterdir()) == []  # tokens of a session that has ended


async def looked_at(served: Served) -> None:
    folder = served.session.profile.folder / "api"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (folder / "address").read_text() == served.local.address
    assert (folder / "order.token").read_text() == served.local.tokens.order
    for route in ROUTES:
        if route.method == "GET" and not route.queries:
            found = await served.get(route.path)
            assert found.status_code == 200, route.path
            assert not {name for name in found.headers if name.startswith("access-control")}
    status = (await served.get("/v1/status")).json()
    assert (status["mode"], status["api_orders"]) == ("demo", "on")
    health = (await served.get("/v1/health")).json()
    assert health["ok"]
    assert {"engine", "store", "recorder", "simulated day"} <= {row["name"] for row in health["rows"]}
    assert "engine" in (await served.get("/health")).text
    outcome = await served.first()
    book = (await served.get("/v1/prices", params={k: outcome[k] for k in ("venue", "symbol")})).json()
    assert Decimal(book["bids"][0]["price"]) < Decimal(book["asks"][0]["price"]) == Decimal(outcome["ask"])
    for params, code in (
        ({}, 422),
        ({"venue": "lmsr", "symbol": "NO/0"}, 404),
        ({"venue": "x", "symbol": "y"}, 404),
    ):
        assert (await served.get("/v1/prices", params=params)).status_code == code
    assert (await served.get("/v1/nothing")).status_code == 404


async def ordered(served: Served) -> None:
    answer = await served.order()
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert (order["origin"], order["key"], order["side"]) == ("api", "first-order", "BUY YES")
    again = await served.order()
    assert (again.status_code, again.json()["id"]) == (200, order["id"])
    for _ in range(400):
        rows = (await served.get("/v1/orders")).json()
        if rows[0]["status"] == "filled":
            break
        await asyncio.sleep(0.01)
    assert [row["id"] for row in rows] == [order["id"]]
    assert rows[0]["filled"] == "5"
    positions = (await served.get("/v1/positions")).json()
    assert [(row["leg"], row["qty"]) for row in positions] == [("YES", "5")]
    assert len((await served.get("/v1/fills")).json()) == 1
    late = await served.client.delete(f"/v1/orders/{order['id']}", headers=served.head(served.local.tokens.order))
    assert late.status_code == 409
    wrong = await served.order(key="another-order", price="0.50001")
    assert (wrong.status_code, "multiple" in wrong.text) == (409, True)
    for fields in ({"qty": "-5"}, {"qty": "1e9"}, {"side": "hold"}, {"more": 1}, {"key": "short"}, {"qty": None}):
        assert (await served.order(**({"key": "another-order"} | fields))).status_code == 422
    assert (await served.order(key="another-order", symbol="NO/0")).status_code == 404


@pytest.mark.parametrize("killed", [False, True])
def test_a_key_is_one_order_over_restarts_and_kills_whatever_came_since(tmp_path: Path, killed: bool) -> None:
    first: dict[str, str] = {}
    after = tmp_path / "after"

    async def order(served: Served) -> None:
        answer = await served.order()
        assert answer.status_code == 201
        for _ in range(400):
            first.update(next(row for row in (await served.get("/v1/orders")).json() if row["key"] == "first-order"))
            if first["ended"]:
                break
            await asyncio.sleep(0.01)
        served.session.host.ask(Halt(why="noon"))
        for n in range(120):  # refused, each an order that ended: more than a session begins with
            assert (await served.order(key=f"refused-{n}")).json()["status"] == "refused"
        served.session.host.ask(Release(typed=served.session.kernel.state.session.account_name))
        folder = served.session.profile.folder
        if killed:  # what a kill leaves: the files as they lie
            shutil.copytree(folder, after, ignore=shutil.ignore_patterns("api", "*.lock"))

    async def again(served: Served) -> None:
        known = served.session.kernel.state.register
        assert known.of_intent("api:first-order") is None, "it ended too long ago for the session to begin with it"
        before = len(known)
        for fields in ({}, {"symbol": "NO/0"}):
            answer = await served.order(**fields)
            found = answer.json()
            assert (answer.status_code, found["id"], found["status"]) == (200, first["id"], first["status"])
            assert (found["filled"], found["fee"], found["at"]) == (first["filled"], first["fee"], first["at"])
        assert (await served.order(key="refused-3")).status_code == 200
        assert len(known) == before
        assert (await served.order(key="another-order")).status_code == 201
        assert len(known) == before + 1

    serve(tmp_path / "one", order)
    serve(after if killed else tmp_path / "one", again)


def test_an_order_whose_key_cannot_be_looked_up_is_not_sent(tmp_path: Path) -> None:
    async def act(served: Served) -> None:
        served.session.ledger = tmp_path / "gone.db"
        answer = await served.order()
        assert (answer.status_code, "cannot be told" in answer.text) == (503, True)
        assert len(served.session.kernel.state.register) == 0

    serve(tmp_path / "one", act)


async def refused_by_a_gate(served: Served) -> None:
    served.session.host.ask(Halt(why="noon"))
    refused = await served.order(key="while-halted")
    assert (refused.status_code, refused.json()["status"]) == (201, "refused")
    assert refused.json()["why"].startswith("KILL")
    served.session.host.ask(Release(typed=served.session.kernel.state.session.account_name))


async def listed(served: Served) -> None:
    contract = next(iter(served.session.kernel.state.exchange.markets.values())).contract
    body = {
        "cell": contract.cell, "metric": "temp_max", "unit": "F", "threshold": "90", "b": "50",
        "opens": "2027-06-01T05:00:00Z", "closes": "2027-06-02T05:00:00Z",  # a day of KNYC
    }  # fmt: skip
    head = served.head(served.local.tokens.operate)
    served.session.host.ask(TakeRole(role=Role.TRADER))
    await asyncio.sleep(0.05)
    assert (await served.client.post("/v1/markets", headers=head, json=body)).status_code == 403
    served.session.host.ask(TakeRole(role=Role.OPERATOR))
    await asyncio.sleep(0.05)
    made = await served.client.post("/v1/markets", headers=head, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["market"] in served.session.kernel.state.exchange.markets
    backwards = body | {"opens": body["closes"], "closes": body["opens"]}
    assert (await served.client.post("/v1/markets", headers=head, json=backwards)).status_code == 409
    mine = served.head(served.local.tokens.order)
    assert (await served.client.post("/v1/markets", headers=mine, json=body)).status_code == 403


async def streamed(served: Served) -> None:
    where = served.local.address.replace("http", "ws") + "/v1/stream?of=orders,positions"
    head = served.head(served.local.tokens.read)
    async with websockets.connect(where, additional_headers=head, proxy=None) as stream:
        first = [json.loads(await stream.recv()) for _ in range(2)]
        assert {one["of"] for one in first} == {"orders", "positions"}
        await served.order(key="seen-in-the-stream")
        found = json.loads(await stream.recv())
        while found["of"] != "orders" or found["rows"][0]["key"] != "seen-in-the-stream":
            found = json.loads(await stream.recv())
        assert "atmx_websocket_clients 1.0" in (await served.get("/metrics")).text


def test_orders_of_programs_are_off_unless_asked_for_and_live_ones_unless_ticked_for_the_arming(tmp_path: Path) -> None:
    async def off(served: Served) -> None:
        assert served.local.tokens.order == served.local.tokens.operate == ""
        head = served.head(served.local.tokens.read)
        assert (await served.client.post("/v1/orders", headers=head, json={})).status_code == 403
        assert (await served.get("/v1/status")).json()["api_orders"] == "off"
        assert not (served.session.profile.folder / "api" / "order.token").exists()
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = Local(served.session)
            with pytest.raises(Unavailable, match="cannot listen on"):
                await taken.start(other.getsockname()[1])

    serve(tmp_path / "off", off, scopes=())

    async def live(served: Served) -> None:
        served.session.mode = "live"
        refused = await served.order()
        assert (refused.status_code, "ticked at arming" in refused.text) == (403, True)
        assert (await served.get("/v1/status")).json()["api_orders"] == "not for this arming"
        ticked.append(True)
        assert served.local.orders == "on"
        assert not served.session.kernel.state.register.waiting

    ticked: list[bool] = []
    serve(tmp_path / "live", live, live_orders=lambda: bool(ticked))


GOOD = "Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {order}\r\n"
BODY = '{"key": "a-forged-order", "venue": "lmsr", "symbol": "{symbol}", "side": "buy", "qty": "1"}'
POST = "POST /v1/orders HTTP/1.1\r\n"
JSON = "Content-Type: application/json\r\n"
FORGED: dict[str, str] = {
    "no host": "Authorization: Bearer {order}\r\n" + JSON,
    "another name": GOOD.replace("127.0.0.1", "evil.com") + JSON,
    "a name that begins like ours": GOOD.replace("127.0.0.1", "127.evil.com") + JSON,
    "a name that ends like ours": GOOD.replace("127.0.0.1", "evil.127.0.0.1") + JSON,
    "a rebound subdomain": GOOD.replace("127.0.0.1", "localhost.evil.com") + JSON,
    "a trailing dot": GOOD.replace("127.0.0.1", "localhost.") + JSON,
    "capitals": GOOD.replace("127.0.0.1", "LOCALHOST") + JSON,
    "another port": GOOD.replace("{port}", "80") + JSON,
    "no port": GOOD.replace(":{port}", "") + JSON,
    "a decimal address": GOOD.replace("127.0.0.1", "2130706433") + JSON,
    "an octal address": GOOD.replace("127.0.0.1", "0177.0.0.1") + JSON,
    "a short address": GOOD.replace("127.0.0.1", "127.1") + JSON,
    "a sister address": GOOD.replace("127.0.0.1", "127.0.0.2") + JSON,
    "any address": GOOD.replace("127.0.0.1", "0.0.0.0") + JSON,
    "the sixth protocol": GOOD.replace("127.0.0.1", "[::1]") + JSON,
    "a mapped address": GOOD.replace("127.0.0.1", "[::ffff:127.0.0.1]") + JSON,
    "a user in front": GOOD.replace("127.0.0.1", "evil@127.0.0.1") + JSON,
    "two hosts": GOOD + "Host: evil.com\r\n" + JSON,
    "a foreign page": GOOD + "Origin: https://evil.com\r\n" + JSON,
    "a page without origin": GOOD + "Origin: null\r\n" + JSON,
    "a page of another port": GOOD + "Origin: http://127.0.0.1:80\r\n" + JSON,
    "a secure page of ours": GOOD + "Origin: https://127.0.0.1:{port}\r\n" + JSON,
    "an origin that begins like ours": GOOD + "Origin: http://127.0.0.1:{port}.evil.com\r\n" + JSON,
    "two origins": GOOD + "Origin: http://127.0.0.1:{port}\r\nOrigin: https://evil.com\r\n" + JSON,
    "fetched by another site": GOOD + "Sec-Fetch-Site: cross-site\r\n" + JSON,
    "fetched by a sister site": GOOD + "Sec-Fetch-Site: same-site\r\n" + JSON,
    "no token": "Host: 127.0.0.1:{port}\r\n" + JSON,
    "an empty token": GOOD.replace("{order}", "") + JSON,
    "a wrong token": GOOD.replace("{order}", "{order}x") + JSON,
    "a cut token": GOOD.replace("{order}", "A") + JSON,
    "the reading token": GOOD.replace("{order}", "{read}") + JSON,
    "another kind of token": GOOD.replace("Bearer", "Basic") + JSON,
    "two tokens": GOOD + "Authorization: Bearer {order}\r\n" + JSON,
    "a cookie for a token": "Host: 127.0.0.1:{port}\r\nCookie: token={order}\r\n" + JSON,
    "text of a form": GOOD + "Content-Type: text/plain\r\n",
    "a form": GOOD + "Content-Type: application/x-www-form-urlencoded\r\n",
    "no type": GOOD,
    "two types": GOOD + JSON + "Content-Type: text/plain\r\n",
    "a header that is too long": GOOD + JSON + "X-Long: " + "a" * 9_000 + "\r\n",
    "a folded header": GOOD + JSON + "X-Folded: a\r\n  b: c\r\n: d\r\n",
}
LINES = {
    "a nothing in the path": "GET /v1/orders%00 HTTP/1.1\r\n", "an options request": "OPTIONS /v1/orders HTTP/1.1\r\n",
    "a get that orders": "GET /v1/orders/x HTTP/1.1\r\n", "a put": "PUT /v1/orders HTTP/1.1\r\n",
    "another host in the line": "POST http://evil.com/v1/orders HTTP/1.1\r\n", "no version": "POST /v1/orders\r\n",
    "a stream of a page": "GET /v1/stream HTTP/1.1\r\nOrigin: https://evil.com\r\n",
}  # fmt: skip


def test_p29_forged_requests_are_refused_and_nothing_is_ordered(tmp_path: Path) -> None:
    """Forty heads and seven first lines that a page or a careless program might send, and one that is right."""
    assert len(FORGED) == 40

    async def act(served: Served) -> None:
        port, given = served.local.port, served.local.tokens
        symbol = (await served.first())["symbol"]
        words = {"{port}": str(port), "{order}": given.order, "{read}": given.read, "{symbol}": symbol}

        async def said(line: str, head: str) -> bytes:
            body = fill(BODY, words).encode()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                fill(f"{line}{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n", words).encode() + body
            )
            answer = await asyncio.wait_for(reader.read(), 10.0)
            writer.close()
            return answer

        for name, head in FORGED.items():
            answer = await said(POST, head)
            assert answer[9:10] == b"4", (name, answer[:200])
            assert b"access-control" not in answer.lower(), name
        for name, line in LINES.items():
            answer = await said(line, GOOD + JSON)
            assert answer[9:10] == b"4", (name, answer[:200])
        assert not len(served.session.kernel.state.register)
        assert b" 201 " in (await said(POST, GOOD + JSON))[:20]
        assert len(served.session.kernel.state.register) == 1

    serve(tmp_path, act)


def fill(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(name, value)
    return text


def test_p29_slow_and_many_connections_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that comes a letter at a time, and more connections than a few programs need."""
    monkeypatch.setattr("app.local.doors.NEXT_S", 0.2)
    monkeypatch.setattr("app.local.doors.MOST_CONNECTIONS", 8)

    async def act(served: Served) -> None:
        streams = [await asyncio.open_connection("127.0.0.1", served.local.port) for _ in range(12)]
        for _, writer in streams:
            writer.write(b"GET /v1/status HTTP/1.1\r\nHost: ")
        ends = await asyncio.gather(
            *(asyncio.wait_for(reader.read(), 10.0) for reader, _ in streams), return_exceptions=True
        )
        assert all(end == b"" or isinstance(end, ConnectionError) for end in ends)
        for _, writer in streams:
            writer.close()
        assert (await served.get("/v1/status")).status_code == 200

    serve(tmp_path, act)


def test_a_client_that_never_says_good_bye_does_not_keep_the_program_from_leaving(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("app.serving.PATIENCE_S", 0.2)

    async def act(served: Served) -> None:
        port, token = served.local.port, served.local.tokens.read
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        heads = (
            "GET /v1/stream HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token}",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "", "",
        )  # fmt: skip
        writer.write("\r\n".join(heads).encode())
        assert b" 101 " in await reader.readline()
        serving = Serving(settings.load(tmp_path / "settings.toml", {}))
        serving.local = served.local
        await serving.stop()
        assert serving.local is None
        assert not list((tmp_path / "api").iterdir())
        writer.close()

    serve(tmp_path, act)
