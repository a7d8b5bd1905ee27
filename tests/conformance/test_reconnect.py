"""After a gap: what happened while nobody looked is found, and no order is let through before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.core.order import Status
from engine.core.units import Side
from tests.conformance.held import truthful
from tests.conformance.session import Session
from tests.conformance.venues import DYING, TRADING, Entry, each

EACH = each()
KEEPS = each(tuple(one for one in TRADING if not one.dies))
"""Where orders outlive their connection."""


async def _away(here: Session, entry: Entry, meanwhile: Callable[[], None]) -> None:
    """Cut every socket of a venue, keep it cut while something happens there, and let it come back."""
    stage = here.stage
    closed = stage.fault("drop", entry, channel="connect", count=0)
    stage.fault("drop", entry, channel="ws", count=8)
    await here.until(lambda: not here.desk(entry).account_up and not here.desk(entry).market_up)
    assert not here.desk(entry).reconciled
    meanwhile()
    name = here.register.get("o-000001").place.instrument
    refused = await here.place(name, Side.BUY, here.low(name), entry.qty(33))
    assert refused.status is Status.REFUSED
    stage.world.desk.clear(closed)
    stage.world.desk.clear()
    await here.ready()


async def _resting(here: Session, entry: Entry):
    name = here.middle(entry)
    order = await here.place(name, Side.BUY, here.listing(name).book.best_ask - here.step(name), entry.qty(20))
    await here.stands(order, Status.WORKING)
    return order


@KEEPS
@pytest.mark.parametrize("number", [8, 20])
def test_fills_of_meanwhile_are_found(entry, number, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        order = await _resting(here, entry)
        price, name = order.place.price, order.place.instrument
        await _away(here, entry, lambda: here.others(name, Side.SELL, price, entry.qty(number)))
        await here.until(lambda: order.filled == entry.qty(number))
        await here.stands(order, Status.FILLED if number == 20 else Status.PARTIAL)
        await truthful(here, entry)

    play(entry, scenario)


@KEEPS
def test_a_cancel_of_meanwhile_is_found(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        order = await _resting(here, entry)
        (there,) = here.stage.working(entry)
        await _away(here, entry, lambda: here.stage.truth(entry).cancel(there.id))
        await here.ends(order)
        assert order.status in {Status.CANCELED, Status.REJECTED}
        await truthful(here, entry)

    play(entry, scenario)


@KEEPS
def test_an_order_that_is_not_ours_is_shown_and_left_alone(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        order = await _resting(here, entry)
        name = order.place.instrument
        price = here.money(name, 1_000 if entry.outcomes else here.low(name))

        def meanwhile() -> None:
            here.stage.truth(entry).elsewhere(name, price, entry.qty(15))

        if (
            entry.id == "polymarket"
        ):  # its desk knows orders by what was signed: one put on the floor is none of its own
            pytest.skip("the sandbox's Polymarket shows signed orders only")
        await _away(here, entry, meanwhile)
        await here.until(lambda: here.desk(entry).external)
        assert "EXTERNAL_ORDER" in here.codes()
        await here.quiet(5)
        assert len(here.stage.working(entry)) == 2
        assert order.status is Status.WORKING

    play(entry, scenario)


@KEEPS
def test_the_account_stream_alone_may_fail(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        order = await _resting(here, entry)
        price, name = order.place.price, order.place.instrument
        here.stage.fault("gap", entry, channel="ws", count=0)  # nothing is told any more, and nothing seems wrong
        here.others(name, Side.SELL, price, entry.qty(8))
        await here.quiet(2)
        here.stage.world.desk.clear()
        here.stage.fault("close", entry, channel="ws", count=8, value=1012)
        await here.until(lambda: order.filled == entry.qty(8))
        await here.ready()
        await truthful(here, entry)

    play(entry, scenario)


@each(DYING)
def test_orders_end_with_their_connection_where_the_venue_promised_it(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        partly = await _resting(here, entry)
        below = await here.place(name, Side.BUY, here.listing(name).book.best_bid - 2 * here.step(name), entry.qty(10))
        await here.stands(below, Status.WORKING)
        here.others(name, Side.SELL, partly.place.price, entry.qty(8))
        await here.until(lambda: partly.filled == entry.qty(8))
        await _away(here, entry, lambda: None)
        await here.ends(partly, below)
        assert [one.status for one in (partly, below)] == [Status.CANCELED, Status.CANCELED]
        assert here.stage.working(entry) == []
        await truthful(here, entry)

    play(entry, scenario)
