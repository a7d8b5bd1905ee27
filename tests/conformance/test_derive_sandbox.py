"""Whole sessions on Derive: what the kernel says of orders, positions and cash is what the venue's floor has.

Its instruments are no brackets, so it is not one of the suite's entries; the promises are the same. The storms cut,
delay, forget and answer with 9000 while orders, replacements and cancels go out and the other side trades.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from app import accounts
from engine.core.commands import Amend, Cancel, Reconcile, Tif
from engine.core.ids import DERIVE, InstrumentId
from engine.core.order import Status
from engine.core.units import Leg, Qty, Side, Ticks
from engine.sandbox.servers import derive_auth
from engine.sandbox.servers.derive import PREFIX, DeriveServer
from engine.sandbox.servers.derive_floor import Order
from engine.sandbox.servers.world import World
from engine.venues.derive import endpoints
from engine.venues.derive import gateway as derive_gateway
from engine.venues.derive.keys import DeriveKeys
from tests.conformance.session import Session, session
from tests.conformance.stage import SPEED, staged
from tests.conformance.venues import Entry
from tests.scale import scale

OWNER, SESSION, OTHER = 0xA11CE, 0x5E55, 0x7A4E
MINE, THEIRS = 30_769, 86_126
DEPOSIT = Decimal(50_000)
PERP = InstrumentId(DERIVE, "ETH-PERP")
CENTI = Decimal("0.01")


def serve(world: World) -> Mapping[str, Any]:
    server = DeriveServer(world, lively=False, rate=0.0, tps=1_000)
    address = derive_auth.address_of(SESSION)
    wallet = derive_auth.Wallet(derive_auth.address_of(OWNER), (MINE,), {address: derive_auth.Session(address)})
    server.open_account(wallet, DEPOSIT)
    server.open_account(derive_auth.Wallet(derive_auth.address_of(OTHER), (THEIRS,)), Decimal(10_000_000))
    return {"server": server, "rest": server.app()}


def where(at: Mapping[str, str]) -> endpoints.Endpoints:
    return endpoints.Endpoints(rest=f"http://{at['rest']}{PREFIX}", socket=f"ws://{at['rest']}{PREFIX}/ws")


OWN = derive_auth.address_of(OWNER)
ENTRY = Entry(
    DERIVE, "ETH-PERP", serve, where, DeriveKeys(SESSION, OWN, MINE), DeriveKeys(0xBAD, OWN, MINE),
    places="POST /v3/private/order", cancels="POST /v3/private/cancel",
    acts=lambda method, path: path.rpartition("/")[2] in {"order", "replace", "cancel", "send_quote"},
)  # fmt: skip


@pytest.fixture(autouse=True)
def _hastier(monkeypatch) -> None:
    for name in ("CATCH_UP_S", "LET_IN_S"):
        monkeypatch.setattr(derive_gateway, name, getattr(derive_gateway, name) / SPEED)


Scenario = Callable[[Session, DeriveServer, Any], Awaitable[None]]


def play(folder, scenario: Scenario, cases=(0,), mode: str = "live") -> None:
    """Play a scenario for each case, a few side by side since most of each is waiting."""
    failed: list[str] = []

    async def one(room: asyncio.Semaphore, number: int, case: Any) -> None:
        async with room:
            own = folder / str(number)
            own.mkdir()
            try:
                async with (
                    staged((ENTRY,), own, seed=number + 1) as stage,
                    session(stage, seed=number, mode=mode) as here,
                ):
                    await scenario(here, stage.servers[DERIVE], case)
            except Exception as e:  # noqa: BLE001 - told with its case, beside what else failed
                failed.append(f"{case}: {e!r}")

    async def whole() -> None:
        room = asyncio.Semaphore(4)
        await asyncio.gather(*(one(room, number, case) for number, case in enumerate(cases)))

    asyncio.run(whole())
    assert not failed, failed


def trade(server: DeriveServer, price: Decimal, amount: Decimal, *, buys: bool) -> None:
    one = server.floor.contracts[PERP.symbol]
    server.floor.place(
        Order(server.new_id(), THEIRS, one, buys, price, amount, Decimal(1_000), 0, "ioc")
    )  # fmt: skip
    server.publish()


def held(server: DeriveServer) -> dict[tuple[InstrumentId, Leg], Decimal]:
    found = server.floor.accounts[MINE].positions
    return {
        (InstrumentId(DERIVE, name), Leg.YES if amount > 0 else Leg.NO): abs(amount) for name, amount in found.items()
    }


async def truthful(here: Session, server: DeriveServer) -> None:
    """Hold what the session knows against the floor: nothing doubled, nothing lost."""
    await here.settles()
    there = server.floor.accounts[MINE].orders
    assert sum(one.filled for one in there) == sum(one.filled for one in here.register)
    open_there = sorted((one.price, one.left) for one in there if one.status == "open")
    open_here = sorted(
        (one.place.price * CENTI, one.quantity - one.filled) for one in here.register.open()
    )  # fmt: skip
    assert open_here == open_there
    assert here.held(ENTRY) == held(server)
    here.ask(Reconcile(venue=DERIVE))
    await here.until(lambda: abs((here.desk(ENTRY).cash or 0) - server.floor.accounts[MINE].cash) < CENTI)


def test_a_session_trades_a_perpetual_long_and_short(tmp_path) -> None:
    async def scenario(here: Session, server: DeriveServer, _: Any) -> None:
        assert here.listing(PERP).book.best_ask == 250_100
        bought = await here.place(PERP, Side.BUY, 250_100, Decimal("0.4"), tif=Tif.IOC)
        await here.stands(bought, Status.FILLED)
        assert held(server) == {(PERP, Leg.YES): Decimal("0.4")}
        await truthful(here, server)
        sold = await here.place(PERP, Side.SELL, 249_900, Decimal("0.5"), tif=Tif.IOC)
        await here.stands(sold, Status.FILLED)
        assert held(server) == {(PERP, Leg.NO): Decimal("0.1")}
        await truthful(here, server)
        rests = await here.place(PERP, Side.BUY, 240_000, 1)
        await here.stands(rests, Status.WORKING)
        here.ask(Amend(order=rests.id, price=Ticks(241_000), qty=Qty(Decimal("1.5"))))
        await here.until(lambda: rests.place.price == 241_000)
        await truthful(here, server)
        await here.cancel(rests)
        await truthful(here, server)

    play(tmp_path, scenario)


def test_on_paper_prices_are_the_venues_and_it_never_hears_of_an_order(tmp_path) -> None:
    async def scenario(here: Session, server: DeriveServer, _: Any) -> None:
        here.stage.forbids = lambda asked: ENTRY.acts(asked.method, asked.path)
        bought = await here.place(PERP, Side.BUY, 250_100, Decimal("0.4"), tif=Tif.IOC)
        await here.stands(bought, Status.FILLED)
        assert bought.cost == Decimal("0.4") * 2501
        assert here.held(ENTRY) == {(PERP, Leg.YES): Decimal("0.4")}
        assert server.floor.accounts[MINE].orders == []

    play(tmp_path, scenario, mode="paper")


KINDS = ("latency", "drop", "half_open", "reset_after", "lost_reply", "throttle", "error", "error_after", "garble")


def test_whatever_the_network_does_the_books_of_both_sides_agree(tmp_path) -> None:
    seeds = range(scale(20))
    print(f"derive: seeds {seeds.start} to {seeds.stop - 1}")
    play(tmp_path, _storm, seeds)


async def _storm(here: Session, server: DeriveServer, seed: int) -> None:
    rng, stage = random.Random(f"{seed} derive"), here.stage
    for kind in KINDS:
        for match in ("/private/order", "/private/cancel", "/private/replace"):
            value = 0.05 if kind == "latency" else 0.0
            stage.fault(kind, ENTRY, match, count=0, chance=0.06, value=value)
    for kind in ("drop", "close", "half_open"):
        stage.fault(kind, ENTRY, channel="ws", after=rng.randrange(1, 60), chance=0.2)
    for _ in range(12):
        server.timeouts = int(rng.random() < 0.1)
        await _act(here, server, rng)
        await here.quiet(rng.uniform(0.0, 1.5))
    stage.world.desk.clear()
    server.timeouts = 0
    await here.quiet(15)
    await here.ready()
    await truthful(here, server)
    for order in list(here.register.open()):
        here.ask(Cancel(order=order.id))
    await here.until(lambda: not list(here.register.open()))
    assert server.floor.open_of(MINE) == []
    await truthful(here, server)


async def _act(here: Session, server: DeriveServer, rng: random.Random) -> None:
    working = [one for one in here.register.open() if one.status in {Status.WORKING, Status.PARTIAL}]
    does = rng.random()
    if does < 0.5 or not working:
        buys = rng.random() < 0.5
        price = (250_100 if buys else 249_900) - rng.choice([0, 0, 100, 300]) * (1 if buys else -1)
        tif = rng.choice([Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK])
        qty = Decimal(rng.randint(10, 200)) / 100
        await here.place(PERP, Side.BUY if buys else Side.SELL, price, qty, tif=tif)
    elif does < 0.65:
        here.ask(Cancel(order=rng.choice(working).id))
    elif does < 0.8:
        one = rng.choice(working)
        by = -100 if one.place.side is Side.BUY else 100
        here.ask(Amend(order=one.id, price=Ticks(one.place.price + by), qty=Qty(one.quantity)))
    else:
        there = server.floor.open_of(MINE)
        if there:
            one = rng.choice(there)
            trade(
                server,
                one.price,
                max(one.contract.step, (one.left * rng.choice([1, 2]) / 2).quantize(one.contract.step)),
                buys=not one.buys,
            )


def test_an_account_is_read_and_nothing_is_asked_that_could_trade(tmp_path) -> None:
    async def scenario() -> None:
        async with staged((ENTRY,), tmp_path) as stage:
            stage.forbids = lambda asked: ENTRY.acts(asked.method, asked.path)
            at = where(stage.hosts[DERIVE])
            lines = await accounts.try_keys(DERIVE, at, ENTRY.keys, stage.clock.now)
            assert (f"free cash read now: {DEPOSIT:.2f}", True) in lines
            assert ("working orders: 0", True) in lines
            assert any(text.startswith("REST") and good for text, good in lines)
            strangers = await accounts.try_keys(DERIVE, at, ENTRY.others, stage.clock.now)
            assert [text for text, good in strangers if not good] != []
            assert not any(text.startswith("free cash") for text, _ in strangers)

    asyncio.run(scenario())
