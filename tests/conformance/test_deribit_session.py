"""Whole sessions on Deribit: what the kernel says of orders, positions and cash is what the venue's floor has."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from app import accounts
from engine.core.commands import Amend, Cancel, Reconcile, Tif
from engine.core.ids import DERIBIT, AccountId, InstrumentId
from engine.core.order import Status
from engine.core.units import Leg, Lots, Qty, Side, Ticks
from engine.sandbox.floor_order import State
from engine.sandbox.option_market import PERPETUAL
from engine.sandbox.servers.deribit import API, SOCKET, DeribitServer
from engine.sandbox.servers.deribit_desk import Client
from engine.sandbox.servers.world import World
from engine.venues.deribit.endpoints import Endpoints
from engine.venues.deribit.keys import Keys
from tests.conformance.session import Session, session
from tests.conformance.stage import staged
from tests.conformance.venues import Entry
from tests.engine.venues.deribit import exchange
from tests.scale import scale

YOU, OTHER = AccountId("deribit-you"), AccountId("deribit-other")
DEPOSIT = Decimal(200_000)
CENT = Decimal("0.01")


def serve(world: World) -> Mapping[str, Any]:
    server = DeribitServer(world, [])
    server.open_account(Client("you", "hush-you", YOU), DEPOSIT)
    server.bourse.pit.open_account(OTHER, DEPOSIT * 1_000, checked=False)
    return {"server": server, "rest": server.app()}


def where(at: Mapping[str, str]) -> Endpoints:
    return Endpoints("sandbox", f"http://{at['rest']}{API}", f"ws://{at['rest']}{SOCKET}")


ENTRY = Entry(
    DERIBIT, "BTC-FUTURES", serve, where, Keys("you", "hush-you"), Keys("you", "of somebody else"),
    places="WS private/buy", cancels="WS private/cancel",
    acts=lambda method, path: path.rpartition("/")[2] in {"buy", "sell", "edit", "cancel", "cancel_by_label"},
)  # fmt: skip
Scenario = Callable[[Session, DeribitServer, Any], Awaitable[None]]


@pytest.fixture(autouse=True)
def _hastier(monkeypatch) -> None:
    exchange.hasten(monkeypatch)


def play(folder, scenario: Scenario, cases=(0,)) -> None:
    """Play a scenario for each case, a few side by side since most of each is waiting."""
    failed: list[str] = []

    async def one(room: asyncio.Semaphore, number: int, case: Any) -> None:
        async with room:
            own = folder / str(number)
            own.mkdir()
            try:
                async with staged((ENTRY,), own, seed=number + 1) as stage, session(stage, seed=number) as here:
                    await scenario(here, stage.servers[DERIBIT], case)
            except Exception as e:  # noqa: BLE001 - told with its case, beside what else failed
                failed.append(f"{case}: {e!r}")

    async def whole() -> None:
        room = asyncio.Semaphore(4)
        await asyncio.gather(*(one(room, number, case) for number, case in enumerate(cases)))

    asyncio.run(whole())
    assert not failed, failed


def best(server: DeribitServer, side: Side) -> int:
    found = server.bourse.pit.books[PERPETUAL].half(side).best
    assert found is not None
    return found


def floor(server: DeribitServer) -> list[Any]:
    return [one for one in server.bourse.pit.orders.values() if one.account == YOU]


def held(server: DeribitServer) -> dict[tuple[InstrumentId, Leg], Decimal]:
    pit = server.bourse.pit
    found = {}
    for name, one in pit.accounts[YOU].holdings.items():
        for leg in Leg:
            if one.of(leg):
                found[name, leg] = one.of(leg) * pit.instruments[name].lot
    return found


def trade(here: Session, server: DeribitServer, side: Side, price: int, lots: int) -> None:
    here.stage.world.now()
    server.bourse.pit.place(OTHER, PERPETUAL, side, Ticks(price), Lots(lots))
    here.stage.world.now()


async def truthful(here: Session, server: DeribitServer) -> None:
    """Hold what the session knows against the floor: nothing doubled, nothing lost."""
    await here.settles()
    there, pit = floor(server), server.bourse.pit
    lot = pit.instruments[PERPETUAL].lot
    assert sum(one.filled for one in there) * lot == sum(one.filled for one in here.register)
    unit = pit.instruments[PERPETUAL].unit
    ours = here.listing(PERPETUAL).instrument.unit
    open_there = sorted((one.price * unit, one.left * lot) for one in there if one.state is State.RESTING)
    open_here = sorted((one.place.price * ours, one.quantity - one.filled) for one in here.register.open())
    assert open_here == open_there
    assert here.held(ENTRY) == held(server)
    here.ask(Reconcile(venue=DERIBIT))
    await here.until(lambda: abs((here.desk(ENTRY).cash or 0) - pit.equity(YOU)) < CENT)


def in_ours(here: Session, server: DeribitServer, price: int) -> int:
    """Return a price of the floor in the session's ticks."""
    unit = server.bourse.pit.instruments[PERPETUAL].unit
    return int(price * unit / here.listing(PERPETUAL).instrument.unit)


def test_a_session_trades_a_perpetual_long_and_short(tmp_path) -> None:
    async def scenario(here: Session, server: DeribitServer, _: Any) -> None:
        ask, bid = (in_ours(here, server, best(server, side)) for side in (Side.SELL, Side.BUY))
        assert here.listing(PERPETUAL).book.best_ask == ask
        bought = await here.place(PERPETUAL, Side.BUY, ask, 100, tif=Tif.IOC)
        await here.stands(bought, Status.FILLED)
        assert held(server) == {(PERPETUAL, Leg.YES): 100}
        await truthful(here, server)
        sold = await here.place(PERPETUAL, Side.SELL, bid, 150, tif=Tif.IOC)
        await here.stands(sold, Status.FILLED)
        assert held(server) == {(PERPETUAL, Leg.NO): 50}
        await truthful(here, server)
        rests = await here.place(PERPETUAL, Side.BUY, bid - 1_000, 200)
        await here.stands(rests, Status.WORKING)
        here.ask(Amend(order=rests.id, price=Ticks(bid - 500), qty=Qty(Decimal(300))))
        await here.until(lambda: rests.place.price == bid - 500)
        await truthful(here, server)
        await here.cancel(rests)
        await truthful(here, server)

    play(tmp_path, scenario)


KINDS = ("latency", "drop", "half_open", "reset_after", "lost_reply", "error", "error_after", "garble")


def test_whatever_the_network_does_the_books_of_both_sides_agree(tmp_path) -> None:
    seeds = range(scale(20))
    print(f"deribit: seeds {seeds.start} to {seeds.stop - 1}")
    play(tmp_path, _storm, seeds)


async def _storm(here: Session, server: DeribitServer, seed: int) -> None:
    rng, stage = random.Random(f"{seed} deribit"), here.stage
    for kind in KINDS:
        for match in ("WS private/buy", "WS private/sell", "WS private/cancel", "WS private/edit"):
            stage.fault(kind, ENTRY, match, count=0, chance=0.06, value=0.05 if kind == "latency" else 0.0)
    stage.fault("drop", ENTRY, "GET ", count=0, chance=0.05)
    for kind in ("drop", "close", "half_open"):
        stage.fault(kind, ENTRY, channel="ws", after=rng.randrange(1, 60), chance=0.2)
    for _ in range(12):
        await _act(here, server, rng)
        await here.quiet(rng.uniform(0.0, 1.5))
    stage.world.desk.clear()
    await here.quiet(15)
    await here.ready()
    await truthful(here, server)
    for order in list(here.register.open()):
        here.ask(Cancel(order=order.id))
    await here.until(lambda: not list(here.register.open()))
    assert not [one for one in floor(server) if one.state is State.RESTING]
    await truthful(here, server)


async def _act(here: Session, server: DeribitServer, rng: random.Random) -> None:
    working = [one for one in here.register.open() if one.status in {Status.WORKING, Status.PARTIAL}]
    does = rng.random()
    if does < 0.5 or not working:
        side = rng.choice(list(Side))
        against = Side.SELL if side is Side.BUY else Side.BUY
        away = in_ours(here, server, 1) * rng.choice([0, 0, 1, 3]) * (1 if side is Side.BUY else -1)
        price = in_ours(here, server, best(server, against)) - away
        tif = rng.choice([Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK])
        await here.place(PERPETUAL, side, price, 10 * rng.randint(1, 40), tif=tif)
    elif does < 0.65:
        here.ask(Cancel(order=rng.choice(working).id))
    elif does < 0.8:
        one = rng.choice(working)
        by = in_ours(here, server, 1) * (-1 if one.place.side is Side.BUY else 1)
        here.ask(Amend(order=one.id, price=Ticks(one.place.price + by), qty=Qty(one.quantity)))
    else:
        resting = [one for one in floor(server) if one.state is State.RESTING]
        if resting:
            one = rng.choice(resting)
            back = Side.SELL if one.way is Side.BUY else Side.BUY
            trade(here, server, back, one.price, max(1, int(one.left * rng.choice([0.4, 1.0]))))


def test_an_account_is_read_and_nothing_is_asked_that_could_trade(tmp_path) -> None:
    async def scenario() -> None:
        async with staged((ENTRY,), tmp_path) as stage:
            stage.forbids = lambda asked: ENTRY.acts(asked.method, asked.path)
            at = where(stage.hosts[DERIBIT])
            lines = await accounts.try_keys(DERIBIT, at, ENTRY.keys, stage.clock.now)
            assert (f"free cash read now: {DEPOSIT:.2f}", True) in lines
            assert ("working orders: 0", True) in lines
            assert any(text.startswith("REST") and good for text, good in lines)
            strangers = await accounts.try_keys(DERIBIT, at, ENTRY.others, stage.clock.now)
            assert [text for text, good in strangers if not good] != []
            assert not any(text.startswith("free cash") for text, _ in strangers)
            server = stage.servers[DERIBIT]
            assert not {"private/buy", "private/sell", "private/cancel"} & set(server.asked)

    asyncio.run(scenario())
