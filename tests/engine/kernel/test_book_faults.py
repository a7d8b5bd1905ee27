"""P18: a book is the venue's or is marked stale, never silently wrong; and nothing trades on a stale one.

The oracle is a dict of levels, changed at random; a feed with sequence numbers carries it over a network that drops,
doubles, delays, spoils and disconnects. After every event a book that is not marked stale is the oracle's as of the
last number it took.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine.core.effects import Resnap
from engine.core.events import BookDelta, BookSnapshot, BooksStale, Trade
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import SECOND, Lots, Nanos, Side, Ticks
from tests.engine.kernel.venue import SYMBOLS, Session
from tests.scale import scale

ONE = InstrumentId(KALSHI, SYMBOLS[0])
FULL = 10_000
PARTS = 20
Levels = dict[tuple[Side, int], int]


class Oracle:
    """The venue's book and all its earlier states."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now: Levels = {(Side.BUY, 4_900): 500, (Side.SELL, 5_100): 400}
        self.then: list[Levels] = [dict(self.now)]

    @property
    def seq(self) -> int:
        return len(self.then) - 1

    def best(self) -> tuple[Ticks | None, Ticks | None]:
        bids = [p for (side, p), n in self.now.items() if n and side is Side.BUY]
        asks = [p for (side, p), n in self.now.items() if n and side is Side.SELL]
        return (Ticks(max(bids)) if bids else None, Ticks(min(asks)) if asks else None)

    def change(self) -> dict[str, Any]:
        """Change a level; return what a delta says of it."""
        bid, ask = self.best()
        side = self.chance.choice([Side.BUY, Side.SELL])
        if side is Side.BUY and ask != 100:  # below the lowest price nobody can bid
            price = self.chance.randrange(100, ask or 9_900, 100)
        else:
            side = Side.SELL
            price = self.chance.randrange((bid or 0) + 100, 10_000, 100)
        lots = self.chance.choice([0, self.chance.randint(1, 900)])
        by = self.chance.random() < 0.5
        was = self.now.get((side, price), 0)
        self.now[side, price] = lots
        self.then.append({k: n for k, n in self.now.items() if n})
        best = self.best() if self.chance.random() < 0.3 else (None, None)
        return {
            "side": side, "price": Ticks(price), "lots": Lots(lots - was if by else lots), "by": by,
            "best_bid": best[0], "best_ask": best[1],
        }  # fmt: skip


class Feed:
    """What a venue's shell does: sequence numbers, gaps told, whole books when asked."""

    def __init__(self, session: Session, oracle: Oracle) -> None:
        self.session, self.oracle = session, oracle
        self.seq: int | None = None
        """The last one taken; None until a whole book comes."""

    def frame(self, seq: int, said: dict[str, Any]) -> None:
        if self.seq is None or seq <= self.seq:
            return
        if seq > self.seq + 1:
            self.lose("a gap")
            return
        self.seq = seq
        self.session.do(BookDelta(at=self.session.at, instrument=ONE, **said))

    def lose(self, why: str) -> None:
        self.seq = None
        self.session.do(BooksStale(at=self.session.at, venue=KALSHI, instruments=(ONE,), why=why))

    def whole(self, seq: int) -> None:
        if self.seq is not None and seq < self.seq:
            return
        self.seq = seq
        levels = self.oracle.then[seq].items()
        bids, asks = (
            tuple(sorted(((Ticks(p), Lots(n)) for (side, p), n in levels if side is which and n), reverse=up))
            for which, up in ((Side.BUY, True), (Side.SELL, False))
        )
        self.session.do(BookSnapshot(at=self.session.at, instrument=ONE, bids=bids, asks=asks, seq=seq))


def spoil(chance: random.Random, said: dict[str, Any]) -> dict[str, Any]:
    """A frame that decodes and says what cannot be."""
    return said | chance.choice(
        [{"price": Ticks(chance.choice([-100, 0, 10_000, 10**30]))}, {"lots": Lots(-(10**18)), "by": True}]
    )


def play(seed: int) -> str:
    """Return what is wrong after a scenario; empty when nothing is."""
    chance = random.Random(seed)
    session = Session()
    oracle = Oracle(chance)
    feed = Feed(session, oracle)
    asked = len(session.sent(Resnap))
    feed.whole(oracle.seq)
    late: list[tuple[int, dict[str, Any]]] = []
    spoiled = False
    for _ in range(chance.randint(20, 60)):
        session.at = Nanos(session.at + chance.choice([1, 10, 400, 3_000]) * SECOND // 1_000)
        said = oracle.change()
        fate = chance.choices(["ok", "drop", "twice", "late", "spoiled", "down", "trade"], [70, 6, 6, 6, 4, 4, 4])[0]
        if fate in {"ok", "twice", "trade"}:
            for _ in range(1 + (fate == "twice")):
                feed.frame(oracle.seq, said)
        elif fate == "late":
            late.append((oracle.seq, said))
        elif fate == "spoiled" and feed.seq is not None and oracle.seq == feed.seq + 1:
            feed.frame(oracle.seq, spoil(chance, said))
            spoiled = True
        elif fate == "down":
            session.drop("market")
            session.connect("market")
            feed.seq = None
        if fate == "trade":
            session.do(Trade(at=session.at, instrument=ONE, price=Ticks(5_000), lots=Lots(1)))
        if late and chance.random() < 0.5:
            feed.frame(*late.pop())
        wrong = judge(session, oracle, feed)
        if wrong:
            return wrong
        new = session.sent(Resnap)[asked:]
        if (new or feed.seq is None or spoiled) and chance.random() < 0.6:
            asked, spoiled = len(session.sent(Resnap)), False
            feed.whole(oracle.seq)
        if session.state.listings[ONE].stale and chance.random() < 0.1:
            why = session.place(gap=0.0).why
            if not why.startswith(("BOOK_STALE", "VENUE_LINK", "DUPLICATE", "RATE")):
                return f"an order passed on a stale book: {why!r}"
    session.run(30)
    feed.whole(oracle.seq)
    return judge(session, oracle, feed) or session.state.listings[ONE].stale


def judge(session: Session, oracle: Oracle, feed: Feed) -> str:
    listing = session.state.listings[ONE]
    if listing.stale:
        return ""
    if feed.seq is None:
        return "the feed lost its place and the book is not stale"
    ours = {(side, int(p)): int(n) for side in Side for p, n in listing.book.levels(side)}
    truth = {k: n for k, n in oracle.then[feed.seq].items() if n}
    return "" if ours == truth else f"at {feed.seq} the book was {ours}, truly {truth}"


@pytest.mark.parametrize("part", range(PARTS))
def test_p18_a_book_is_the_venues_or_is_stale_and_nothing_trades_on_it(part: int) -> None:
    seeds = range(part * FULL, part * FULL + scale(FULL) // PARTS)
    print(f"seeds {seeds.start} to {seeds.stop - 1}")
    bad = {seed: why for seed in seeds if (why := play(seed))}
    assert not bad, dict(list(bad.items())[:5])
