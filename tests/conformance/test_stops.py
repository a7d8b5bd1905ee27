"""What keeps orders from leaving: arming, the kill switch, keys and clocks that are wrong, venues that are closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.core.commands import Arm, Disarm, Halt, Tif
from engine.core.ids import DERIBIT, KALSHI
from engine.core.order import Status
from engine.core.units import Side
from engine.venues import rest
from engine.venues.deribit import gateway as deribit_gateway
from engine.venues.port import CancelsMany
from tests.conformance.held import truthful
from tests.conformance.session import NAME, Session, session
from tests.conformance.stage import staged
from tests.conformance.venues import Entry, each

EACH = each()


@EACH
def test_unarmed_nothing_leaves_and_armed_it_does(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        refused = await here.place(name, Side.BUY, bid, entry.qty(10))
        here.ask(Arm(typed="LIVE somebody"))
        still_refused = await here.place(name, Side.BUY, bid, entry.qty(11))
        assert {refused.status, still_refused.status} == {Status.REFUSED}
        assert here.stage.asked(entry) == []
        await here.arm()
        order = await here.place(name, Side.BUY, bid, entry.qty(12))
        await here.stands(order, Status.WORKING)
        await truthful(here, entry)

    play(entry, scenario, armed=False)


@EACH
def test_disarming_takes_every_order_back(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        orders = [await here.place(name, Side.BUY, bid - n * here.step(name), entry.qty(10 + n)) for n in range(3)]
        await here.until(lambda: all(one.status is Status.WORKING for one in orders))
        here.ask(Disarm(why="test"))
        late = await here.place(name, Side.BUY, bid, entry.qty(33))
        await here.ends(*orders)
        assert late.status is Status.REFUSED
        assert here.stage.working(entry) == []
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_the_kill_switch_cancels_what_works_and_lets_nothing_follow(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        orders = [await here.place(name, Side.BUY, bid - n * here.step(name), entry.qty(10 + n)) for n in range(3)]
        await here.until(lambda: all(one.status is Status.WORKING for one in orders))
        await here.until(lambda: not here.desks.waiting)  # the stream may tell of one before its own answer
        before = len(here.stage.asked(entry))
        here.ask(Halt(why="test"))
        late = await here.place(name, Side.BUY, bid, entry.qty(33))
        assert late.status is Status.REFUSED
        assert all(one.status is not Status.WORKING for one in orders), "it was not asked back at once"
        await here.ends(*orders)
        after = here.stage.asked(entry)[before:]
        assert after
        assert all(one.method == "DELETE" or f"{one.method} {one.path}".startswith(entry.cancels) for one in after)
        if isinstance(here.desks.venues[entry.id].gateway, CancelsMany):
            assert len(after) == 1, "they were asked back one by one"
        assert here.stage.working(entry) == []
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_orders_that_wait_for_their_turn_when_the_switch_is_pressed_never_leave(entry, play, monkeypatch) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        for module in (rest, deribit_gateway):
            monkeypatch.setattr(module, "PATIENCE_S", 60.0)
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        gateway: Any = here.desks.venues[entry.id].gateway
        host = getattr(gateway, "_rest", None) or getattr(gateway, "_clob", None) or gateway._calls.rest
        host.budget.hold("write", 3.0)  # as after a burst, or a 429
        orders = [await here.place(name, Side.BUY, bid - n * here.step(name), entry.qty(10 + n)) for n in range(3)]
        host.budget.hold("write", 3.0)  # however long that took
        left = len(here.stage.placed(entry))
        here.ask(Halt(why="test"))
        await here.ends(*orders)
        assert len(here.stage.placed(entry)) == left, "an order left after the switch was pressed"
        assert {one.status for one in orders} <= {Status.REJECTED, Status.CANCELED}
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_an_order_that_waits_for_the_disk_when_the_switch_is_pressed_never_leaves(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        held: list[str] = []
        release = here.host.kept
        here.host.kept = held.extend  # type: ignore[method-assign] - the disk takes its time
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid, entry.qty(10))
        await here.until(lambda: held)
        here.ask(Halt(why="test"))
        await here.quiet(1)
        here.host.kept = release  # type: ignore[method-assign]
        release(held)
        await here.ends(order)
        assert here.stage.placed(entry) == []

    play(entry, scenario)


@EACH
def test_a_market_order_keeps_its_collar(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        ask, there = here.best(name, Side.SELL)
        whole = (there / entry.one).to_integral_value() * entry.one
        order = await here.place(name, Side.BUY, ask, whole, tif=Tif.IOC)
        await here.ends(order)
        assert order.average is not None
        assert order.average <= here.money(name, ask)
        await truthful(here, entry)

    play(entry, scenario)


def _shut_out(entry: Entry, folder, **fields) -> None:
    """Play a session that the venue does not let in: it says so, sends no order, and does not ask without end."""

    async def whole() -> None:
        async with staged((entry,), folder) as stage, session(stage, ready=False, **fields) as here:
            await here.until(lambda: here.books(entry))
            await here.quiet(40)
            desk = here.desk(entry)
            assert not desk.reconciled
            said = f"{desk.why} {[one.why for one in desk.links.values()]}"
            assert "40" in said or "key" in said, said
            here.ask(Arm(typed=f"LIVE {NAME}"))
            name = here.books(entry)[0].instrument.id
            order = await here.place(name, Side.BUY, here.low(name), entry.qty(10))
            assert order.status is Status.REFUSED
            assert stage.asked(entry) == []
            refused = len([one for one in stage.requests if one.venue == entry.id])
            assert refused < 150, f"{refused} requests in forty seconds"

    asyncio.run(whole())


@EACH
def test_wrong_keys_are_told_and_not_tried_without_end(entry, tmp_path) -> None:
    if entry.others is None:
        pytest.skip("any key of a wallet is one: its account is empty")
    _shut_out(entry, tmp_path, keys=lambda one: one.others)


@EACH
def test_a_clock_that_is_wrong_is_told_or_mended(entry, tmp_path) -> None:
    if entry.id in {KALSHI, DERIBIT}:
        _shut_out(entry, tmp_path, ahead=120.0)
        return

    async def whole() -> None:
        async with staged((entry,), tmp_path) as stage, session(stage, ready=False, ahead=120.0) as here:
            await here.until(lambda: here.desk(entry).reconciled)  # its clock is asked for, and reckoned with

    asyncio.run(whole())


@EACH
def test_maintenance_closes_the_gate_and_its_end_opens_it(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        down = here.stage.fault("maintenance", entry, channel="", count=0)
        await here.until(lambda: not here.desk(entry).market_up)
        order = await here.place(name, Side.BUY, here.low(name), entry.qty(10))
        assert order.status is Status.REFUSED
        here.stage.world.desk.clear(down)
        await here.ready()
        again = await here.place(name, Side.BUY, here.listing(name).book.best_bid, entry.qty(11))
        await here.stands(again, Status.WORKING)
        await truthful(here, entry)

    play(entry, scenario)
