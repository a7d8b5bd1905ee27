"""Our copy of a book under a bad network: it is the venue's book, or it says that it is not."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import pytest

from engine.core.events import BookDelta, BookSnapshot, BooksStale
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.venues.polymarket import numbers, wire_changes, wire_market
from engine.venues.polymarket.mirror import Mirror
from engine.venues.polymarket.wire_market import Whose
from tests.scale import scale

IT = InstrumentId(POLYMARKET, "0x01")
YES, NO = "111", "222"
TOKENS = {YES: Whose(IT, Leg.YES), NO: Whose(IT, Leg.NO)}
START_MS = 1_786_728_438_000


class Venue:
    """A book of the obvious kind, and what the venue would say of it."""

    def __init__(self, rng: random.Random, *, hashes: bool = True) -> None:
        self.rng = rng
        self.hashes = hashes
        self.millis = START_MS
        self.sides = {"BUY": {}, "SELL": {}}
        for side, prices in (("BUY", range(3_000, 5_000, 100)), ("SELL", range(5_100, 7_000, 100))):
            self.sides[side] = {p: rng.randrange(1, 10**9) for p in prices if rng.random() < 0.5}

    def state(self) -> tuple[dict[int, int], dict[int, int]]:
        return dict(self.sides["BUY"]), dict(self.sides["SELL"])

    def book(self, *, whole: bool = True) -> bytes:
        bids, asks = ([{"price": numbers.price(p), "size": numbers.shares(n)} for p, n in levels] for levels in (
            sorted(self.sides["BUY"].items()), sorted(self.sides["SELL"].items(), reverse=True)))  # fmt: skip
        document = {
            "market": "0x01", "asset_id": YES, "timestamp": str(self.millis), "hash": "", "bids": bids, "asks": asks,
            "min_order_size": "5", "tick_size": "0.01", "neg_risk": False, "last_trade_price": "0.5",
        }  # fmt: skip
        frame = wire_market.books(json.dumps(document).encode())[0]
        document["hash"] = wire_market.book_hash(frame) if self.hashes else f"unlike any {self.millis}"
        kept = document if whole else {k: v for k, v in document.items() if k not in ("min_order_size", "neg_risk")}
        return json.dumps(kept).encode()

    def change(self) -> bytes:
        self.millis += self.rng.randrange(1, 50)
        side = self.rng.choice(["BUY", "SELL"])
        best_bid, best_ask = max(self.sides["BUY"], default=2_000), min(self.sides["SELL"], default=8_000)
        price = (
            self.rng.randrange(max(best_bid - 1_000, 100), best_ask, 100)
            if side == "BUY"
            else self.rng.randrange(best_bid + 100, min(best_ask + 1_000, 9_900), 100)
        )
        lots = self.rng.choice([0, self.rng.randrange(1, 10**9)])
        self.sides[side].pop(price, None)
        if lots:
            self.sides[side][price] = lots
        frame = wire_market.books(self.book())[0]
        bid = numbers.price(max(self.sides["BUY"], default=0))
        ask = numbers.price(min(self.sides["SELL"], default=10_000))
        row = {
            "asset_id": YES, "price": numbers.price(price), "size": numbers.shares(lots), "side": side,
            "hash": frame.hash, "best_bid": bid, "best_ask": ask,
        }  # fmt: skip
        document = {"event_type": "price_change", "market": "0x01", "timestamp": str(self.millis)}
        return json.dumps(document | {"price_changes": [row]}).encode()


class Rig:
    """A mirror fed with frames, and the book its events build elsewhere."""

    def __init__(self) -> None:
        self.mirror = Mirror(IT, YES, verify_ns=0)
        self.copy: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.stale = True
        self.at = Nanos(START_MS * 10**6)

    def hear(self, raw: bytes) -> None:
        self.at = Nanos(self.at + SECOND)
        for frame in wire_market.frames(raw):
            if frame.kind == wire_market.BOOK:
                events = self.mirror.book(frame, TOKENS[frame.asset_id], self.at)
            else:
                rows, when = wire_changes.told(frame, TOKENS), numbers.nanos(frame.timestamp)
                events = self.mirror.change(rows, when, self.at)
            for event in events:
                self.take(event)

    def take(self, event: object) -> None:
        match event:
            case BooksStale():
                self.stale = True
            case BookSnapshot():
                self.copy = dict(event.bids), dict(event.asks)
                self.stale = False
            case BookDelta():
                side = self.copy[0 if event.side is Side.BUY else 1]
                side.pop(event.price, None)
                if event.lots:
                    side[event.price] = event.lots


def trusting(seed: int) -> tuple[Venue, Rig]:
    """Both after a first book and a first change, whose hash proved how hashes are reckoned."""
    venue, rig = Venue(random.Random(seed)), Rig()
    rig.hear(venue.book())
    rig.hear(venue.change())
    return venue, rig


@pytest.mark.parametrize("block", range(4))
def test_a_book_is_the_venues_or_called_stale_whatever_the_network_does(block) -> None:
    for seed in range(block * scale(250), (block + 1) * scale(250)):
        venue, rig = trusting(seed)
        rng, held = random.Random(~seed), []
        for _ in range(40):
            raw, now = venue.change(), venue.state()
            match rng.randrange(12):
                case 0:
                    continue  # never arrives
                case 1:
                    held.append(raw)
                    continue  # arrives too late
                case 2:
                    rig.hear(raw)  # and again below
                case 3:
                    rig.mirror.forget("cut")
                    rig.stale = True
            rig.hear(raw)
            assert rig.stale or rig.copy == now, f"seed {seed}"
            if held and rng.random() < 0.5:
                rig.hear(held.pop())
                assert rig.stale or rig.copy == now, f"seed {seed}"
            if rig.stale and rng.random() < 0.6:
                rig.hear(venue.book())
                assert rig.stale or rig.copy == venue.state(), f"seed {seed}"
        rig.hear(venue.book())
        assert not rig.stale
        assert rig.copy == venue.state(), f"seed {seed}"


def test_a_book_over_rest_is_brought_up_to_date_with_what_came_meanwhile() -> None:
    venue, rig = trusting(1)
    rig.mirror.forget("cut")
    first = venue.change()
    answer = venue.book()  # made before the next two changes, read after them
    later = [venue.change(), venue.change()]
    for raw in (first, *later, answer):
        rig.hear(raw)
    assert not rig.stale
    assert rig.copy == venue.state()


def test_a_book_older_than_what_was_applied_is_not_taken_for_new() -> None:
    venue, rig = trusting(2)
    old = venue.book()
    rig.hear(venue.change())
    rig.mirror.distrust("asked for anew")
    rig.hear(old)
    assert rig.mirror.stale
    rig.hear(venue.book())
    assert rig.copy == venue.state()


def test_one_odd_time_does_not_keep_a_book_stale_for_ever() -> None:
    venue, rig = trusting(3)
    real, venue.millis = venue.millis, venue.millis + 10**9
    rig.hear(venue.change())
    venue.millis = real
    rig.hear(venue.change())
    assert rig.mirror.stale
    for _ in range(3):
        rig.hear(venue.book())
    assert not rig.mirror.stale


def test_a_difference_of_the_best_prices_is_noticed_without_any_hash() -> None:
    venue, rig = Venue(random.Random(4), hashes=False), Rig()
    rig.hear(venue.book())
    venue.sides["BUY"] = {p: n for p, n in venue.sides["BUY"].items() if p != max(venue.sides["BUY"])}
    venue.sides["SELL"][9_000] = 5
    raw = json.loads(venue.change())
    rig.hear(json.dumps(raw).encode())
    assert rig.mirror.stale == "the best prices differ from the venue's"
    assert rig.mirror.gaps == 1


def test_a_reckoning_of_hashes_that_never_was_right_says_nothing() -> None:
    venue, rig = Venue(random.Random(5), hashes=False), Rig()
    rig.hear(venue.book())
    for _ in range(20):
        rig.hear(venue.change())
    assert not rig.mirror.stale
    assert rig.copy == venue.state()


def test_an_audit_finds_a_change_that_never_came() -> None:
    venue, rig = Venue(random.Random(6), hashes=False), Rig()
    rig.hear(venue.book())
    rig.hear(venue.change())
    venue.sides["BUY"][100] = 777
    venue.millis += 5
    (frame,) = wire_market.books(venue.book())
    assert rig.mirror.audit(frame, rig.at) == []  # it may be on its way
    (event,) = rig.mirror.audit(frame, rig.at)
    assert isinstance(event, BooksStale)


def test_an_audit_of_the_same_book_says_nothing() -> None:
    venue, rig = trusting(7)
    (frame,) = wire_market.books(venue.book())
    assert rig.mirror.audit(frame, rig.at) == rig.mirror.audit(frame, rig.at) == []


def test_changes_beyond_the_room_ask_for_a_newer_book() -> None:
    venue, rig = trusting(8)
    rig.mirror.forget("cut")
    old = venue.book()
    for _ in range(1_001):
        rig.hear(venue.change())
    rig.hear(old)
    assert rig.mirror.stale
    rig.hear(venue.book())
    assert rig.copy == venue.state()


def test_sizes_keep_their_six_decimals() -> None:
    assert numbers.lots("10.820819") == 10_820_819
    assert Decimal(numbers.shares(10_820_819)) == Decimal("10.820819")
