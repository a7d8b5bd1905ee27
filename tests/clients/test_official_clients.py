"""The venues' own clients against the sandbox: they list markets, read a book, place, see and cancel an order.

Each runs as a subprocess in an environment of its own (`make clients`) over real sockets. What they print is held
against the floor. They sign by the machine's clock, while the simulated day stands at its beginning.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import time
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from eth_account import Account

import resources
from engine.core.ids import KALSHI, AccountId
from engine.core.snapshot import StationRow
from engine.core.units import TICKS_PER_UNIT
from engine.sandbox.servers import derive_auth
from engine.sandbox.servers.derive import PREFIX as DERIVE_PREFIX
from engine.sandbox.servers.derive import DeriveServer
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.kalshi import PREFIX, KalshiServer
from engine.sandbox.servers.kalshi_auth import KalshiKey
from engine.sandbox.servers.polymarket import Polymarket
from engine.sandbox.servers.world import World
from tests.engine.sandbox.ground import balance
from tests.engine.sandbox.servers.plain import StillClock

HERE = Path(__file__).parent
LONGEST_S = 60


def environment(name: str) -> Path:
    """Return the Python of a client's environment, or skip with the reason that there is none."""
    made = Path(sys.prefix) / f"clients-{name}"
    if (made / "none").exists():
        pytest.skip((made / "none").read_text().strip())
    found = next((made / p for p in ("bin/python", "Scripts/python.exe") if (made / p).exists()), None)
    return found or pytest.skip(f"needs the environment of {name}'s official client: make clients")


async def drive(python: Path, script: str, job: dict[str, object]) -> dict:
    """Run a client's script with a task, and return what it saw."""
    plain = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("PYTHON")}
    process = await asyncio.create_subprocess_exec(
        python, HERE / script, stdin=-1, stdout=-1, stderr=-1, env=plain, cwd=HERE
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(json.dumps(job).encode()), LONGEST_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()[-4_000:]
    return json.loads(out)


def day() -> World:
    return World(1, [StationRow(**row) for row in resources.load_stations()], StillClock(), time.time_ns)


def midst(floor, venue: str):
    """Return the instrument of a venue that is least sure to end one way, and the step of its prices."""

    def doubt(instrument) -> int:
        book = floor.books[instrument.id]
        return min(book.bids.best or 0, TICKS_PER_UNIT - (book.asks.best or TICKS_PER_UNIT))

    found = max((i for i in floor.instruments.values() if i.id.venue == venue), key=doubt)
    return found, Decimal(found.grid[0].step) / TICKS_PER_UNIT


@asynccontextmanager
async def polymarket(world: World):
    venue = Polymarket.of(world)
    yield venue, await venue.open()
    await venue.close()


def polymarket_task(world: World, hosts, **more):
    instrument, step = midst(world.floor, "polymarket")
    account = Account.from_key(secrets.token_bytes(32))
    return {
        "hosts": hosts, "key": "0x" + account.key.hex().removeprefix("0x"), "address": account.address,
        "event": instrument.fact("event"), "market": instrument.fact("slug"), "price": f"{2 * step:f}", "size": "12.5",
        **more,
    }  # fmt: skip


def run(script: str, **more):
    """Run one of Polymarket's clients; return what it saw, the account it left, and the floor."""
    python = environment("polymarket")

    async def told():
        world = day()
        async with polymarket(world) as (venue, hosts):
            task = polymarket_task(world, hosts, **more)
            seen = await drive(python, script, task)
            assert balance(world.floor) == 0
            return seen, task, venue

    return asyncio.run(told())


def held_against_the_floor(seen, task, venue) -> None:
    floor = venue.desk.floor
    account = floor.accounts[AccountId(task["address"])]
    _, market = venue.desk.catalogue.market(task["market"])
    assert set(seen["markets"]) == {m.slug for _, m in venue.desk.catalogue.markets()}
    order_id = seen["listed"][0]
    assert seen["listed"] == seen["canceled"] == [order_id]
    assert seen["seen"] == [order_id, task["price"], task["size"], "BUY", "LIVE"]
    assert floor.orders[order_id].state.value == "canceled"
    assert seen["left"] == 0
    assert seen["bids"] > 0
    assert seen["asks"] > 0
    assert seen["heartbeat"]
    bought = sum(Decimal(size) for _, _, size in seen["trades"])
    assert bought == account.holdings[market.id].yes * Decimal("0.000001") > 0


def test_py_clob_client_trades_on_the_sandbox():
    seen, task, venue = run("py_clob_client.py")
    held_against_the_floor(seen, task, venue)
    assert (seen["version"], seen["same_key"], seen["hash"], seen["books"]) == (2, True, True, 2)
    assert abs(seen["time"] - time.time()) < LONGEST_S
    assert seen["placed"]["status"] == "live"
    assert seen["bought"]["status"] == "matched"
    assert seen["bought"]["transactionsHashes"], "the client waited until the trade was mined"
    assert seen["neg_risk"] is (venue.desk.catalogue.market(task["market"])[0].neg_risk != "")


@pytest.mark.parametrize("deposit_wallet", [False, True], ids=["its own key", "deposit wallet"])
def test_polymarket_client_trades_on_the_sandbox(deposit_wallet):
    seen, task, venue = run("polymarket_client.py", deposit_wallet=deposit_wallet, watch=deposit_wallet)
    held_against_the_floor(seen, task, venue)
    assert seen["wallet_type"] == ("DEPOSIT_WALLET" if deposit_wallet else "EOA")
    assert seen["placed"] == "live"
    assert seen["bought"][0] == "matched"
    assert seen["trade_ids"] == [trade for trade, _, _ in reversed(seen["trades"])]
    assert seen["event_markets"] == len(venue.desk.catalogue.event(task["event"]).markets)
    if deposit_wallet:
        assert seen["watched"] == {
            "first": "book",
            "user": [["PLACEMENT", "LIVE", True], ["CANCELLATION", "CANCELED", True]],
            "changes": ["12.5", "0"],
        }


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_kalshis_client_trades_on_the_sandbox(kind):
    python = environment("kalshi")
    made = {
        "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }
    key = made[kind]()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()  # fmt: skip

    async def told():
        world, you = day(), AccountId("you")
        world.floor.open_account(you, Decimal(1_000))
        runner, port = await serve(KalshiServer(world, [KalshiKey("key", you, key.public_key())]).app())
        instrument, step = midst(world.floor, KALSHI)
        task = {
            "hosts": {"kalshi": f"http://127.0.0.1:{port}{PREFIX}"}, "key_id": "key", "pem": pem, "client": "first",
            "event": instrument.fact("event"), "market": instrument.id.symbol, "price": f"{2 * step:.4f}",
            "size": "12.50",
        }  # fmt: skip
        try:
            return world, instrument, await drive(python, "kalshi_client.py", task)
        finally:
            await runner.cleanup()

    world, instrument, seen = asyncio.run(told())
    family = world.crowding.families[instrument.family]
    assert set(seen["markets"]) == {i.symbol for i in family.members}
    assert seen["event_markets"] == len(family.members)
    assert seen["trading"] is True
    assert seen["placed"] == ["12.50", "0.00"]
    assert seen["listed"] == [[True, "first"]]
    assert seen["seen"] == ["resting", "0.0200", "12.50"]
    assert seen["canceled"] == [True, "12.50"]
    assert seen["left"] == 0
    assert seen["bought"] == "2.00"
    assert sum(Decimal(n) for n in seen["fills"]) == 2
    assert seen["positions"] == ["2.00"]
    assert world.floor.accounts[AccountId("you")].holdings[instrument.id].yes == 200
    assert balance(world.floor) == 0


def test_derives_client_trades_and_quotes_on_the_sandbox():
    python = environment("derive")
    subaccounts = {"taker": 30_769, "maker": 86_126}

    async def told():
        server = DeriveServer(day(), lively=False, rate=0.0, tps=1_000)
        people = {}
        for who, number in subaccounts.items():
            owner, session = secrets.randbits(250) + 1, secrets.randbits(250) + 1
            address, signer = derive_auth.address_of(owner), derive_auth.address_of(session)
            wallet = derive_auth.Wallet(address, (number,), {signer: derive_auth.Session(signer)})
            server.open_account(wallet, Decimal(50_000))
            people[who] = {"wallet": address, "key": f"0x{session:064x}", "subaccount": number}
        runner, port = await serve(server.app())
        calls = sorted(name for name in server.floor.contracts if name.endswith("-C"))
        task = {
            "rest": f"http://127.0.0.1:{port}{DERIVE_PREFIX}", "ws": f"ws://127.0.0.1:{port}{DERIVE_PREFIX}/ws",
            "market": "ETH-PERP", "low": "2400", "high": "2600", "legs": calls[2:4], **people,
        }  # fmt: skip
        try:
            return server, task, await drive(python, "derive_client.py", task)
        finally:
            await runner.cleanup()

    server, task, seen = asyncio.run(told())
    floor = server.floor
    first, bought, *_ = floor.accounts[subaccounts["taker"]].orders
    fills = [one for one in floor.accounts[subaccounts["taker"]].fills if one.order is bought]
    assert set(seen["markets"]) == {one.name for one in floor.contracts.values() if one.kind != "erc20"}
    assert seen["mark"] == "2500"
    assert seen["placed"] == [first.id, "open", "2400", "first"]
    assert seen["listed"] == [first.id]
    assert seen["canceled"] == [first.id, "cancelled"]
    assert seen["bought"] == ["filled", "1.5"]
    assert [(n, Decimal(a), Decimal(f)) for n, a, f in seen["trades"]] == [(o.id, o.amount, o.fee) for o in fills]
    assert seen["positions"] == [["ETH-PERP", "1.5"]]
    assert seen["refused"] == 11023
    assert (seen["seen"], seen["quoted"], seen["taken"]) == (True, "open", ["filled", True])
    low, high = task["legs"]
    assert seen["maker"] == [[low, "-2"], [high, "2"]]
    assert floor.accounts[subaccounts["maker"]].positions == {low: -2, high: 2}
    assert seen["watched"]["orders"] == ["open", "cancelled"]
    assert seen["watched"]["bids"] > 0
    assert seen["watched"]["asks"] > 0
