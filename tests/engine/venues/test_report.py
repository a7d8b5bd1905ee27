"""A venue's report is the sum of its sockets, with what its REST side knows."""

from __future__ import annotations

import asyncio
import random

from engine.core.units import Nanos
from engine.net.budget import Bucket, Budget
from engine.venues.link import LinkStats
from engine.venues.report import Standing, report, reporting
from engine.venues.rest import Rest
from tests.engine.venues.wires import VENUE, Room, now, running, until


def _rest():
    return Rest(VENUE, "http://127.0.0.1", now, budget=Budget({"read": Bucket(10, 10)}), rng=random.Random(1))


def test_sockets_are_summed_and_the_clock_comes_from_requests():
    rest = _rest()
    rest.timing.learn_time(1_000.0, Nanos(1_010_000_000), Nanos(1_020_000_000))
    links = [
        LinkStats(frames=3, gaps=1, latency_ms=10.0, up=True),
        LinkStats(frames=4, errors=2, overflow=5, latency_ms=30.0),
    ]
    told = report(VENUE, Nanos(7), links, rest, Standing(subscribed=6, queued=1, keys="session", host="here"))
    assert (told.frames, told.gaps, told.errors, told.overflow, told.sockets) == (7, 1, 2, 5, 1)
    assert (told.latency_ms, told.skew_ms) == (20.0, 15.0)
    assert (told.read_room, told.write_room, told.cancel_room) == (1.0, None, None)
    assert (told.subscribed, told.queued, told.keys, told.host) == (6, 1, "session", "here")


def test_what_was_not_measured_is_none():
    told = report(VENUE, Nanos(7), [LinkStats()], None, Standing())
    assert (told.latency_ms, told.skew_ms, told.read_room) == (None, None, None)
    assert report(VENUE, Nanos(7), [LinkStats()], _rest(), Standing()).latency_ms is None


def test_without_pings_a_request_measures_the_way():
    rest = _rest()
    rest.timing.measure("", Nanos(0), Nanos(12_000_000))
    assert report(VENUE, Nanos(7), [LinkStats()], rest, Standing()).latency_ms == 12.0


def test_reports_come_until_it_is_cancelled():
    async def main():
        room = Room()
        work = reporting(room, now, lambda at: report(VENUE, at, [], None, Standing()), every_s=0.001)
        async with running(work):
            await until(lambda: len(room.events) >= 3)

    asyncio.run(main())
