from __future__ import annotations

import asyncio
from multiprocessing import Pipe

import pytest

from app.bench import flood, loaded, loopback, peer, stage
from engine.core.ids import BINANCE, KALSHI, POLYMARKET, VenueId


@pytest.mark.parametrize(("venue", "durable"), [(KALSHI, True), (POLYMARKET, False), (BINANCE, False)])
def test_every_offer_is_answered_by_one_order(venue: VenueId, durable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "MEASURED_S", 1.0)
    with peer.started() as other:
        seen, told = asyncio.run(loopback.ordered(venue, other, durable=durable, frames_per_s=500.0))
    offers = len(told.offered[venue])
    assert 0 < seen.asked == seen.events["Accepted"] == seen.events["Canceled"]
    assert 0 <= offers - seen.asked <= seen.merged  # what waited too long was over when it was looked at
    # Polymarket takes orders of one moment in one request; what arrives after the last frame is not told of
    assert 0 < len(told.arrived) <= len(seen.written) <= offers
    assert len(loopback.waited(told.offered[venue], told.arrived)) > 0
    assert len(seen.handed) == len(seen.written)
    assert all(began <= ended for began, ended in zip(seen.handed, seen.written, strict=True))


@pytest.mark.usefixtures("qapp")
def test_orders_leave_below_a_busy_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "MEASURED_S", 1.0)
    monkeypatch.setattr(stage, "SETTLING_S", 0.3)
    seen, told = loaded.under_screen(KALSHI)
    found = loopback.figure(KALSHI, seen, told, bar=loaded.BAR)
    assert found["orders"] == found["written"] > 0
    assert 0 <= found["offers"] - found["orders"] <= seen.merged


def test_both_paces_and_what_the_machine_alone_takes_stand_in_one_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "MEASURED_S", 1.0)
    monkeypatch.setattr(loopback, "BARE_TRIPS", 3)
    found = loopback.socket_to_order_kalshi()
    assert found["bar"] == [100.0, 500.0]
    assert found["frames"] > loopback.SLOW_PER_S, "the bar is held against the quicker pace"
    assert len(found["at_1000"]) == len(found["bare"]) == 2
    assert min(found["at_1000"] + found["bare"]) > 0
    assert found["handed"][0] <= found["median"], "the system's own part is in the one and not in the other"
    assert len(found["often"]) == 2
    assert found["often_orders"] > found["n"], "where they are many"


def test_what_followed_an_offer_is_held_against_that_one() -> None:
    assert loopback.waited([1_000, 5_000, 9_000], [2_000, 9_500]) == [1.0, 0.5]
    assert loopback.waited([], [1]) == []


def test_no_quote_is_lost_and_no_order_forgotten_under_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "PER_S", {KALSHI: 500.0, POLYMARKET: 200.0, BINANCE: 300.0})
    with peer.started() as other:
        found = asyncio.run(flood._flooded(other, 1.5))
    counts = found.counts
    assert counts["sent"] == counts["stepped"] + counts["merged"]
    assert counts["refused"] == counts["stale"] == 0
    assert counts["orders"] == counts["accepted"] == counts["ended"] > 0
    assert 0 < counts["requests"] <= counts["orders"]  # Polymarket takes orders of one moment in one
    assert found.lags


def test_the_long_flood_is_for_the_full_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATMX_FULL", "1")
    assert flood.seconds() == 60.0
    monkeypatch.delenv("ATMX_FULL")
    assert flood.seconds() == 2.0


def test_a_process_that_never_listens_is_told() -> None:
    here, _there = Pipe()
    with pytest.raises(TimeoutError, match="does not listen"):
        peer.Peer(here, 0.01)
