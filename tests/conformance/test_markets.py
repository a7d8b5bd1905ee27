"""What exists and what it costs: listings, books and trades of every venue are the floor's, or marked stale."""

from __future__ import annotations

import pytest

from engine.core.events import BooksStale, Trade
from engine.core.ids import BINANCE
from engine.core.units import Side
from engine.sandbox.servers.faults import Storm
from tests.conformance.session import Session
from tests.conformance.stage import STILL, still
from tests.conformance.venues import BOOKS, ENTRIES, Entry
from tests.scale import scale

BUSY = 150.0
"""What the crowd does in a real second."""
ANY = pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: one.id)
EACH = pytest.mark.parametrize("entry", BOOKS, ids=lambda one: one.id)


@EACH
def test_the_directory_lists_what_the_floor_has(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        floor, listings = here.stage.world.floor, here.kernel.state.listings
        for family in here.kernel.state.families.values():
            theirs = here.stage.world.crowding.families[family.id]
            assert (family.members, family.exclusive, family.exhaustive) == (theirs.members, True, True), family.why
        for name in here.desk(entry).followed:
            ours, there = listings[name].instrument, floor.instruments[name]
            assert (ours.strike, ours.status, ours.grid) == (there.strike, there.status, there.grid)
            assert (ours.lot, ours.nets, ours.fee.rate) == (there.lot, there.nets, there.fee.rate)
            assert ours.closes is not None
        assert here.books(entry)

    play(entry, scenario)


@EACH
def test_books_follow_the_floor(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        at = here.host.sequence
        await here.until(lambda: here.host.sequence > at + 150)
        still(here.stage)
        await here.until(lambda: here.agrees(entry))
        assert all(any(here.shown(one.instrument.id)) for one in here.books(entry))

    play(entry, scenario, rate=BUSY)


@ANY
def test_trades_are_told_once_and_in_order(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        heard: list[Trade] = []
        here.host.listen(lambda event: heard.append(event) if isinstance(event, Trade) else None)
        if entry.id == BINANCE:
            await here.until(lambda: len(heard) > 50)
            ids = [int(one.trade_id) for one in heard]
            assert ids == list(range(ids[0], ids[0] + len(ids)))
            kept = {one.id: one for one in here.stage.servers[BINANCE].trades}
            assert all(one.price == kept[int(one.trade_id)].price for one in heard)
            return
        name = here.middle(entry)
        ask = here.stage.book(name)[1][0]
        done = [(ask[0], n) for n in (3_000_000, 1_000_000, 2_000_000)]
        if here.stage.world.floor.instruments[name].lot > 0.001:
            done = [(price, size // 10_000) for price, size in done]
        for price, size in done:
            here.stage.trade(name, Side.BUY, price, size)
        await here.until(lambda: len(heard) >= len(done))
        await here.quiet(5)
        assert [(one.price, one.lots) for one in heard if one.instrument == name] == done

    play(entry, scenario, rate=BUSY if entry.id == BINANCE else STILL, armed=entry.row.trades)


CUTS = ("drop", "half_open", "close", "close 1000", "close 1008", "close 1011", "close 1012", "close 4000")
"""Ends of a connection: without a word, with open eyes, with a code."""


@EACH
def test_a_book_whose_link_is_cut_goes_stale_and_comes_back(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, cut: str) -> None:
        kind, _, code = cut.partition(" ")
        stale: list[str] = []
        here.host.listen(lambda _: stale.extend(one.stale for one in here.books(entry) if one.stale))
        here.stage.fault(kind, entry, channel="ws", count=4, value=float(code or 0))
        here.stage.nudge(entry, here.middle(entry))
        await here.until(lambda: stale)
        here.stage.world.desk.clear()
        here.stage.trade(here.middle(entry), Side.BUY, 500, 1_000_000)  # while nobody looked
        await here.ready()
        await here.until(lambda: here.agrees(entry))

    play_all(entry, CUTS, scenario)


@EACH
def test_a_frame_out_of_place_never_leaves_a_wrong_book(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        for _ in range(3):
            here.stage.fault(kind, entry, channel="ws", count=1, value=0.05 if kind == "latency" else 0.0)
            here.stage.trade(name, Side.BUY, here.stage.book(name)[0][0][0], 10_000)
            await here.quiet(1)
            here.stage.nudge(entry, name)
            here.stage.trade(name, Side.SELL, here.stage.book(name)[1][0][0], 10_000)
            await here.quiet(1)
        here.stage.world.desk.clear()
        here.stage.nudge(entry, name)
        await here.until(lambda: here.agrees(entry))

    play_all(entry, ("gap", "duplicate", "reorder", "latency"), scenario)


@EACH
def test_a_book_is_the_venues_or_marked_stale_whatever_the_network_does(entry, play_all) -> None:
    seeds = range(scale(50))
    print(f"{entry.id}: seeds {seeds.start} to {seeds.stop - 1}")
    play_all(entry, seeds, _storm, rate=60.0, armed=False)


async def _storm(here: Session, entry: Entry, seed: int) -> None:
    stage = here.stage
    told: list[BooksStale] = []
    here.host.listen(lambda event: told.append(event) if isinstance(event, BooksStale) else None)
    kinds = ("latency", "gap", "duplicate", "reorder")
    stage.world.desk.storm(Storm(seed=seed, chance=0.03, venue=entry.id, kinds=kinds, value=0.01))
    stage.fault("drop" if seed % 2 else "close", entry, channel="ws", after=60)
    at = here.host.sequence
    await here.until(lambda: told and here.host.sequence > at + 150)
    stage.world.desk.clear()
    still(stage)
    stage.nudge(entry, here.books(entry)[0].instrument.id)
    await here.ready()
    await here.until(lambda: here.agrees(entry))
