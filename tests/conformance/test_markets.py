"""What exists and what it costs: listings, books and trades of every venue are the floor's, or marked stale."""

from __future__ import annotations

from engine.core.events import BooksStale, Trade
from engine.core.ids import BINANCE, DERIBIT, DERIVE
from engine.core.units import Side
from engine.sandbox.servers.faults import Storm
from tests.conformance.session import Session
from tests.conformance.stage import STILL, still
from tests.conformance.venues import ENTRIES, OUTCOMES, Entry, each
from tests.scale import FULL, scale

BUSY = 150.0
"""What the crowd does in a real second."""
EACH = each()


@each(OUTCOMES)
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


@each(ENTRIES)
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
        ask, _ = here.best(name, Side.SELL)
        done = [(ask, int(entry.qty(n) / here.listing(name).instrument.lot)) for n in (3, 1, 2)]
        for number in (3, 1, 2):
            here.others(name, Side.BUY, ask, entry.qty(number))
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
        here.nudge(entry, here.middle(entry))
        await here.until(lambda: stale)
        here.stage.world.desk.clear()
        name = here.middle(entry)
        here.others(name, Side.BUY, here.low(name), entry.qty(100))  # while nobody looked
        await here.ready()
        await here.until(lambda: here.agrees(entry))

    play_all(entry, CUTS, scenario)


@EACH
def test_a_frame_out_of_place_never_leaves_a_wrong_book(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        for _ in range(3):
            here.stage.fault(kind, entry, channel="ws", count=1, value=0.05 if kind == "latency" else 0.0)
            here.others(name, Side.BUY, here.best(name, Side.BUY)[0], entry.one)
            await here.quiet(1)
            here.nudge(entry, name)
            here.others(name, Side.SELL, here.best(name, Side.SELL)[0], entry.one)
            await here.quiet(1)
        here.stage.world.desk.clear()
        here.nudge(entry, name)
        await here.until(lambda: here.agrees(entry))

    play_all(entry, ("gap", "duplicate", "reorder", "latency"), scenario)


@each(always=(DERIBIT, DERIVE))
def test_a_book_is_the_venues_or_marked_stale_whatever_the_network_does(entry, play_all) -> None:
    seeds = range(scale(50) if entry.outcomes or FULL else 1)
    print(f"{entry.id}: seeds {seeds.start} to {seeds.stop - 1}")
    play_all(entry, seeds, _storm, rate=60.0, armed=False)


async def _storm(here: Session, entry: Entry, seed: int) -> None:
    stage = here.stage
    told: list[BooksStale] = []
    here.host.listen(lambda event: told.append(event) if isinstance(event, BooksStale) else None)
    kinds = ("latency", "gap", "duplicate", "reorder")
    stage.world.desk.storm(Storm(seed=seed, chance=0.03, venue=entry.id, kinds=kinds, value=0.01))
    books = "" if entry.outcomes else "book"  # not the account's socket, whose end leaves every book as it is
    stage.fault("drop" if seed % 2 else "close", entry, books, channel="ws", after=20 if books else 60)
    at = here.host.sequence
    await here.until(lambda: told and here.host.sequence > at + 150)
    stage.world.desk.clear()
    still(stage)
    here.nudge(entry, here.books(entry)[0].instrument.id)
    await here.ready()
    await here.until(lambda: here.agrees(entry))
