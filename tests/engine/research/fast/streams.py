"""Made-up markets that do everything a venue's can: levels that move, trades before and after them, gaps, new steps."""

from __future__ import annotations

import random
from decimal import Decimal

from engine.core.events import (
    BookDelta,
    BookSnapshot,
    BooksStale,
    GridChanged,
    LinkChanged,
    Listed,
    StatusChanged,
    Trade,
)
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import SECOND, Nanos, Side

START = 1_800_000_000 * SECOND
FEES = {
    "kalshi": FeeRule(kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal("0.0175")),
    "broker": FeeRule(kind="kalshi", rate=Decimal("0.07"), precision=Decimal("0.01"), multiplier=Decimal("0.5")),
    "cents": FeeRule(kind="kalshi_cents", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"),
                     waived_until=Nanos(START + 300 * SECOND)),
    "polymarket": FeeRule(kind="polymarket", rate=Decimal("0.07")),
    "makers_too": FeeRule(kind="polymarket", rate=Decimal("0.025"), taker_only=False),
    "of_cost": FeeRule(kind="of_cost", rate=Decimal("0.001")),
    "none": FeeRule(kind="none"),
    "unknown": FeeRule(kind="of the moon"),
}  # fmt: skip


def market(name, fee="kalshi", lot="0.01", seconds=900, payoff=Payoff.BINARY, step=100):
    """Terms of one; a linear one is quoted in cents, without an end."""
    linear = payoff is Payoff.LINEAR
    grid = (Band(step, 1 << 30 if linear else 10_000 - step, step),)
    return Instrument(
        id=InstrumentId(KALSHI, name), title=name, fee=FEES[fee], lot=Decimal(lot), least=Decimal(lot) * 100,
        step=Decimal(lot), grid=grid, payoff=payoff, unit=Decimal("0.01") if linear else Decimal("0.0001"),
        closes=None if linear else Nanos(START + seconds * SECOND),
    )  # fmt: skip


def stream(seed, markets, count=2_000):
    """Events of fifteen minutes: nine in ten change a level, and now and then something goes wrong."""
    rng = random.Random(seed)
    family = Family(id=FamilyId("kalshi:made"), title="made", members=tuple(one.id for one in markets))
    events = [LinkChanged(at=Nanos(START), venue=KALSHI, up=True, channel="market"),
              Listed(at=Nanos(START), family=family, instruments=tuple(markets))]  # fmt: skip
    at, books = START, {one.id: _Book(rng, one) for one in markets}
    for book in books.values():
        events.append(book.whole(at))
    for _ in range(count):
        at += int(rng.expovariate(count / 900) * SECOND) if rng.random() < 0.5 else 0
        book = books[rng.choice(markets).id]
        events += book.next(Nanos(at))
    return sorted(events, key=lambda event: event.at)


class _Book:
    def __init__(self, rng, terms) -> None:
        self.rng, self.terms, self.step = rng, terms, terms.grid[0].step
        self.middle = 50 if terms.payoff is Payoff.BINARY else 6_500_000 // self.step
        self.levels = {Side.BUY: {}, Side.SELL: {}}
        for n in range(1, 6):
            self.levels[Side.BUY][self.middle - n] = self._lots()
            self.levels[Side.SELL][self.middle + n] = self._lots()

    def _lots(self):
        return self.rng.choice((100, 700, 2_500, 10_000, 3_000_000))

    def whole(self, at):
        sides = [
            tuple((p * self.step, self.levels[side][p]) for p in sorted(self.levels[side], reverse=side is Side.BUY))
            for side in Side
        ]
        return BookSnapshot(at=Nanos(at), instrument=self.terms.id, bids=sides[0], asks=sides[1])

    def next(self, at):
        kind, name = self.rng.random(), self.terms.id
        if kind < 0.70:
            return [self._delta(at)]
        if kind < 0.92:
            return self._trade(at)
        if kind < 0.96:
            return [self.whole(at)]
        if kind < 0.97:
            return [BooksStale(at=at, venue=KALSHI, instruments=(name,), why="gap"), self.whole(at)]
        if kind < 0.975:
            return [LinkChanged(at=at, venue=KALSHI, up=False, channel="market", why="down"), self.whole(at)]
        if kind < 0.98:
            return [BookDelta(at=at, instrument=name, side=Side.BUY, price=0, lots=5), self.whole(at)]
        if kind < 0.985:
            return [BookDelta(at=at, instrument=name, side=Side.BUY, price=self.middle * self.step,
                              lots=-50_000_000, by=True)]  # fmt: skip
        if kind < 0.99:
            return [GridChanged(at=at, instrument=name, grid=self.terms.grid)]
        status = self.rng.choice(("paused", "open", "open"))
        return [StatusChanged(at=at, instrument=name, status=status), self.whole(at)]

    def _delta(self, at):
        side = self.rng.choice(list(Side))
        inner = self.rng.random() < 0.3
        price = self.middle + (0 if inner else self.rng.randrange(1, 6)) * (-1 if side is Side.BUY else 1)
        own, other = self.levels[side], self.levels[Side.SELL if side is Side.BUY else Side.BUY]
        if price in other or self.rng.random() < 0.35:
            price = self.rng.choice(list(own)) if own else price
            lots = 0 if len(own) > 2 and price not in other else own.get(price, 0) // 2
        else:
            lots = self._lots()
        before = own.get(price, 0)
        own[price] = lots
        if not lots:
            del own[price]
        by = self.rng.random() < 0.5
        return BookDelta(
            at=at, instrument=self.terms.id, side=side, price=price * self.step, lots=lots - before if by else lots,
            by=by, best_bid=max(self.levels[Side.BUY], default=0) * self.step or None,
        )  # fmt: skip

    def _trade(self, at):
        taker = self.rng.choice(list(Side))
        against = Side.SELL if taker is Side.BUY else Side.BUY
        some = sorted(self.levels[against], reverse=against is Side.BUY)
        price = some[0] if some else self.middle
        lots = min(self._lots(), self.levels[against].get(price, 100))
        trade = Trade(at=at, instrument=self.terms.id, price=price * self.step, lots=lots,
                      taker=self.rng.choice((taker, None)))  # fmt: skip
        left = self.levels[against].get(price, lots) - lots
        if price not in self.levels[against] or (left <= 0 and len(some) < 2):
            return [trade]
        self.levels[against][price] = left
        if left <= 0:
            del self.levels[against][price]
        moved = BookDelta(at=at, instrument=self.terms.id, side=against, price=price * self.step, lots=max(0, left))
        return [trade, moved] if self.rng.random() < 0.5 else [moved, trade]
