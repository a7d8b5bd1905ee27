"""The simulated venues as the events a terminal would have of them, without a socket: for the demo.

The same floor and crowd as behind the sandbox's servers, told in the engine's own words. A family comes with the
whole book of each of its instruments, then level by level; a book that closes is told empty at once. Everything
follows from the seed, the stations and the start, and is made only when asked for.
"""

from __future__ import annotations

import random
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import BookDelta, BookSnapshot, Event, GridChanged, LinkChanged, Listed, StatusChanged, Trade
from engine.core.ids import BINANCE, KALSHI, POLYMARKET, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import Nanos, Qty, Ticks
from engine.sandbox.coin import Coin
from engine.sandbox.crowding import Crowding
from engine.sandbox.day import skies
from engine.sandbox.floor import Floor
from engine.sandbox.floor_order import LevelChanged, Listing, Notice, StatusSet, Traded
from engine.sandbox.outlook import Outlook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.core.snapshot import StationRow
    from engine.sandbox.coin import CoinTrade

RATE: Final = 0.027
"""What the crowd does in a second of the day: with what follows from it 25 to 28 events in a real one at 120 times."""
COIN_RATE: Final = 0.04
MARKET: Final = "market"
BITCOIN: Final = InstrumentId(BINANCE, "BTCUSDT")
WORDS: Final = {"yes_name": "yes", "no_name": "no"}
"""What the engine calls a fact, where the floor calls it otherwise."""


def events(
    seed: int, start: Nanos, stations: Sequence[StationRow], *, rate: float = RATE, coin_rate: float = COIN_RATE,
    coin: Coin | None = None, again: set[InstrumentId] | None = None,
) -> Iterator[Event]:  # fmt: skip
    """Yield what happens on the venues from `start` on, in the order of time, for ever.

    Parameters
    ----------
    seed : int, >= 0
        Of the day: its weather is that of `engine.sandbox.day.build` with the same stations.
    stations : sequence of StationRow
        All that are known, Chicago Midway among them.
    rate, coin_rate : float, > 0, per second of the day
        What the crowd does, and bitcoin trades.
    coin : Coin, optional
        The path of bitcoin, where others look at it too; else one of the seed's.
    again : set of InstrumentId, optional
        Whose whole books were asked for anew: told at the next turn, and taken out of it.

    Raises
    ------
    ValueError
        If Chicago Midway is not among the stations.
    """
    weather = skies(seed, stations)
    floor = Floor(start, random.Random(f"{seed} floor"))
    coin = coin or Coin(seed, start)
    crowding = Crowding(
        seed, start, floor, weather, Outlook(seed, weather), coin, rate=rate, coin_rate=coin_rate
    )  # fmt: skip
    told = Told(floor, crowding)
    for venue in (KALSHI, POLYMARKET, BINANCE):
        yield LinkChanged(at=start, venue=venue, up=True, channel=MARKET)
    yield _bitcoin(start)
    while True:
        crowding.act()
        yield from told.take()
        if again:
            names = sorted(again)
            again.clear()
            yield from told.whole(names)


class Told:
    """What the floor tells, turned into events."""

    def __init__(self, floor: Floor, crowding: Crowding) -> None:
        self._floor = floor
        self._crowding = crowding
        self._fresh: dict[InstrumentId, None] = {}
        """Listed since the last `take`: their books are told whole."""
        self._gone: set[InstrumentId] = set()
        self._known: set[InstrumentId] = set()
        self._events: deque[Event] = deque()
        floor.listeners.append(self._hear)
        crowding.coin_listeners.append(self._coin)

    def take(self) -> Iterator[Event]:
        """Yield what was told since the last time."""
        yield from self._listed()
        self._gone.clear()
        while self._events:
            yield self._events.popleft()

    def _listed(self) -> Iterator[Event]:
        families = dict.fromkeys(self._floor.instruments[name].family for name in self._fresh)
        for family in families:
            offer = self._crowding.offers[str(family)]
            instruments = tuple(_facts(self._floor.instruments[i.id]) for i in offer.instruments)
            yield Listed(at=self._floor.at, family=offer.family, instruments=instruments)
        yield from self.whole(self._fresh)
        self._fresh.clear()

    def whole(self, names: Iterable[InstrumentId]) -> Iterator[BookSnapshot]:
        """Yield the whole book of each of some instruments, as far as they are listed."""
        for name in names:
            book = self._floor.books.get(name)
            if book is not None:
                yield BookSnapshot(
                    at=self._floor.at, instrument=name, bids=tuple(book.bids.levels()), asks=tuple(book.asks.levels()),
                    venue_time=self._floor.at,
                )  # fmt: skip

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, Listing):
            self._list(notice)
        elif isinstance(notice, StatusSet):
            self._status(notice)
        elif isinstance(notice, LevelChanged | Traded) and notice.instrument not in self._fresh:
            if isinstance(notice, Traded):
                self._events.append(_trade(notice))
            elif notice.instrument not in self._gone:
                self._events.append(_delta(notice))

    def _list(self, notice: Listing) -> None:
        name = notice.instrument.id
        if name not in self._known:
            self._known.add(name)
            self._fresh[name] = None
        elif name not in self._fresh:
            self._events.append(GridChanged(at=notice.at, instrument=name, grid=notice.instrument.grid))

    def _status(self, notice: StatusSet) -> None:
        name = notice.instrument
        self._events.append(
            StatusChanged(at=notice.at, instrument=name, status=notice.status, result=notice.result)
        )  # fmt: skip
        if notice.status == "closed":
            self._gone.add(name)
            self._events.append(BookSnapshot(at=notice.at, instrument=name, venue_time=notice.at))
        elif notice.status == "settled":
            self._known.discard(name)

    def _coin(self, found: CoinTrade) -> None:
        self._events.append(
            Trade(
                at=found.at, instrument=BITCOIN, price=found.price, lots=found.lots, taker=found.taker,
                trade_id=str(found.id), venue_time=found.at,
            )
        )  # fmt: skip


def _delta(notice: LevelChanged) -> BookDelta:
    return BookDelta(
        at=notice.at, instrument=notice.instrument, side=notice.side, price=notice.price, lots=notice.lots,
        venue_time=notice.at, best_bid=notice.best_bid, best_ask=notice.best_ask,
    )  # fmt: skip


def _trade(notice: Traded) -> Trade:
    return Trade(
        at=notice.at, instrument=notice.instrument, price=notice.price, lots=notice.lots, taker=notice.way,
        trade_id=notice.trade_id, venue_time=notice.at,
    )  # fmt: skip


def _facts(instrument: Instrument) -> Instrument:
    """Return an instrument as the venue's own directory would: sizes of orders, and facts by the engine's names."""
    if instrument.id.venue != POLYMARKET:
        return instrument
    facts = dict(instrument.facts)
    told = {WORDS.get(name, name): value for name, value in facts.items()}
    told["neg_risk"] = "1" if facts["neg_risk"] == "true" else "0"
    return msgspec.structs.replace(
        instrument, least=Qty(Decimal(facts["min_size"])), step=Decimal("0.01"), facts=tuple(told.items())
    )


def _bitcoin(at: Nanos) -> Listed:
    family = FamilyId(f"{BINANCE}:{BITCOIN.symbol}")
    instrument = Instrument(
        id=BITCOIN, title="BTC/USDT", label="BTC", family=family, payoff=Payoff.LINEAR, unit=Decimal("0.01"),
        grid=(Band(Ticks(1), Ticks(100_000_000), Ticks(1)),), lot=Decimal("0.00000001"),
        least=Qty(Decimal("0.00001")), step=Decimal("0.00001"), settles_in="USDT",
        facts=(("base", "BTC"), ("status", "TRADING")),
    )  # fmt: skip
    title = Family(
        id=family, title="BTC/USDT", subtitle="Binance spot", group="Crypto · spot", members=(BITCOIN,)
    )  # fmt: skip
    return Listed(at=at, family=title, instruments=(instrument,))
