"""A simulated market of options on bitcoin: which there are, what they are worth, and where they are quoted. Pure.

Options are inverse, as the large venue's are: priced in coin, a coin each, settled at 08:00 UTC at the average of the
index over the half-hour before. There are four expiries, each with fifteen strikes of both kinds, and a perpetual.
Values come from one surface without arbitrage (SSVI with a power law: Gatheral and Jacquier, "Arbitrage-free SVI
volatility surfaces", 2014), whose level breathes slowly, and from the simulated day's own price of bitcoin; quotes
stand around them, wider where a tick of price is much of the premium. Everything follows from seed, instrument and
moment: who looks, and how often, changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import exp, log, pi, sin, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.core.events import BookSnapshot, Listed, Marked, StatusChanged, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import DERIBIT, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Lots, Nanos, Qty, Side, Ticks
from engine.maths import black

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.sandbox.coin import Coin

SETTLES: Final = 8 * HOUR
"""After midnight UTC."""
AVERAGED: Final = 30 * MINUTE
AHEAD: Final = (0, 1, 7, 28)
"""Days after the next 08:00 at which the four expiries lie, as they are first listed."""
STRIKES: Final = 15
UNIT: Final = Decimal("0.0001")
COARSE: Final = 5
"""Ticks of a step above `EDGE`."""
EDGE: Final = 50
"""Ticks; 0.005 of a coin."""
GRID: Final = (Band(Ticks(1), Ticks(EDGE), Ticks(1)), Band(Ticks(EDGE), Ticks(100_000), Ticks(COARSE)))
LOT: Final = Decimal("0.1")
LEVELS: Final = 4
CARRY: Final = 0.05
"""A year, of the forward over the spot price."""
LEVEL, BREATH = 0.48, 0.04
"""Volatility at the money, and how far it goes up and down."""
RHO, ETA = -0.25, 0.9
"""Of the surface: skew, and how strongly it bends; ``ETA · (1 + |RHO|) <= 2`` leaves no butterfly."""
HALF: Final = 0.006
"""Half a spread at the money, in volatility."""
YEAR: Final = 365 * DAY
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FEE: Final = FeeRule(kind="of_underlying", rate=Decimal("0.0003"), maker_rate=Decimal("0.0003"), cap=Decimal("0.125"))
FUTURE_FEE: Final = FeeRule(kind="of_value", rate=Decimal("0.0005"))
PERPETUAL: Final = InstrumentId(DERIBIT, "BTC-PERPETUAL")
PERPETUAL_UNIT: Final = Decimal("0.5")
PERPETUALS: Final = FamilyId(f"{DERIBIT}:BTC-FUTURES")


class Terms(NamedTuple):
    """An option by what its name says."""

    expires: Nanos
    strike: int
    put: bool


class Quoted(NamedTuple):
    """What an option is worth at a moment."""

    price: float
    """In coin."""
    vol: float
    forward: float
    found: black.Option


class OptionMarket:
    """One seed's options on bitcoin.

    Parameters
    ----------
    seed : int, >= 0
    coin : Coin
        The day's bitcoin.
    """

    def __init__(self, seed: int, coin: Coin) -> None:
        self._seed = seed
        self._coin = coin

    def index(self, at: Nanos) -> float:
        """Return dollars of a bitcoin."""
        return self._coin.price(at)

    def forward(self, expires: Nanos, at: Nanos) -> float:
        """Return dollars of a bitcoin at an expiry."""
        return self.index(at) * exp(CARRY * max(0, expires - at) / YEAR)

    def level(self, expires: Nanos, at: Nanos) -> float:
        """Return the volatility at the money: it breathes over hours, the nearer the expiry the more."""
        years = max(0, expires - at) / YEAR
        turn = sin(2 * pi * (at % (6 * HOUR)) / (6 * HOUR) + self._seed) + 0.5 * sin(
            2 * pi * (at % (47 * MINUTE)) / (47 * MINUTE)
        )
        return LEVEL * (1.0 + BREATH * turn / (1.0 + 10.0 * years))

    def vol(self, terms: Terms, at: Nanos) -> float:
        """Return the volatility of a strike."""
        years = max(0, terms.expires - at) / YEAR
        if years <= 0.0:
            return 0.0
        theta = self.level(terms.expires, at) ** 2 * years
        k = log(terms.strike / self.forward(terms.expires, at))
        phi = ETA / sqrt(theta * (1.0 + theta))
        total = 0.5 * theta * (1.0 + RHO * phi * k + sqrt((phi * k + RHO) ** 2 + 1.0 - RHO * RHO))
        return sqrt(total / years)

    def value(self, terms: Terms, at: Nanos) -> Quoted:
        """Return an option's value."""
        forward, vol = self.forward(terms.expires, at), self.vol(terms, at)
        years = max(0, terms.expires - at) / YEAR
        found = black.option(forward, float(terms.strike), vol, years, put=terms.put)
        return Quoted(found.price / forward, vol, forward, found)

    def delivery(self, expires: Nanos) -> Decimal:
        """Return the delivery price: the average of the index over the half-hour before."""
        some = [self.index(Nanos(expires - second * SECOND)) for second in range(0, AVERAGED // SECOND, 10)]
        return Decimal(sum(some) / len(some)).quantize(Decimal("0.01"))

    def marked(self, one: InstrumentId, at: Nanos) -> Marked:
        """Return what the venue reckons an instrument at; of the perpetual, its funding too."""
        index = Decimal(self.index(at)).quantize(Decimal("0.01"))
        if one == PERPETUAL:
            bid, ask = self._perpetual(at)
            return Marked(
                at=at, instrument=one, price=Decimal(bid + ask) / 2 * PERPETUAL_UNIT, index=index, bid=bid,
                bid_lots=self._size(one, at, 0), ask=ask, ask_lots=self._size(one, at, 1), funding=0.0001,
                open_interest=Decimal(412_000_000), venue_time=at,
            )  # fmt: skip
        terms = terms_of(one.symbol)
        found = self.value(terms, at)
        bids, asks = self._sides(one, at)
        return Marked(
            at=at,
            instrument=one,
            price=Decimal(found.price).quantize(Decimal("0.000001")),
            index=index,
            forward=Decimal(found.forward).quantize(Decimal("0.01")),
            bid=bids[0][0] if bids else None,
            bid_lots=bids[0][1] if bids else None,
            ask=asks[0][0] if asks else None,
            ask_lots=asks[0][1] if asks else None,
            mark_iv=found.vol,
            delta=found.found.delta,
            gamma=found.found.gamma,
            vega=found.found.vega / 100.0,
            theta=found.found.theta_day,
            open_interest=Decimal(int(40 + 2_400 * exp(-((log(terms.strike / found.forward) / 0.12) ** 2)))) / 10,
            rate=0.0,
            venue_time=at,
        )

    def book(self, one: InstrumentId, at: Nanos) -> BookSnapshot:
        """Return an instrument's book."""
        bids, asks = self._sides(one, at) if one != PERPETUAL else self._perpetual_sides(at)
        return BookSnapshot(at=at, instrument=one, bids=bids, asks=asks, venue_time=at)

    def trade(self, one: InstrumentId, at: Nanos, number: int) -> Trade | None:
        """Return somebody's trade against the book, if somebody trades at this moment: now and then."""
        chance = self._chance(one, at, 3)
        if chance.random() > (0.5 if one == PERPETUAL else 0.02):
            return None
        bids, asks = self._sides(one, at) if one != PERPETUAL else self._perpetual_sides(at)
        buys = bool(chance.random() < 0.5)
        side = asks if buys else bids
        if not side:
            return None
        price, lots = side[0]
        part = Lots(max(1, int(lots * float(chance.uniform(0.05, 0.6)))))
        taker = Side.BUY if buys else Side.SELL
        return Trade(at=at, instrument=one, price=price, lots=part, taker=taker, trade_id=f"d{number}", venue_time=at)

    def _chance(self, one: InstrumentId, at: Nanos, what: int) -> np.random.Generator:
        return np.random.default_rng((self._seed, number(one.symbol), at // (30 * SECOND), what))

    def _size(self, one: InstrumentId, at: Nanos, level: int) -> Lots:
        """Return what stands at a level; it changes once in two minutes."""
        minute = at // (2 * MINUTE)
        mix = (number(one.symbol) * 2_654_435_761 + minute * 40_503 + level * 7_919 + self._seed) % 1_000_003
        if one == PERPETUAL:
            return Lots(500 + mix % 9_500)
        return Lots(5 + mix % (90 + 60 * level))

    def _sides(
        self, one: InstrumentId, at: Nanos
    ) -> tuple[tuple[tuple[Ticks, Lots], ...], tuple[tuple[Ticks, Lots], ...]]:
        """Return bids and asks of an option, best first, on the grid and never crossed."""
        terms = terms_of(one.symbol)
        found = self.value(terms, at)
        half = max(found.found.vega * HALF / found.forward, 0.6 * float(UNIT), 0.004 * found.price)
        bid = _down((found.price - half) / float(UNIT))
        ask = max(_up((found.price + half) / float(UNIT)), _up(bid + 1))
        bids, asks = [], []
        for level in range(LEVELS):
            if bid > 0:
                bids.append((Ticks(bid), self._size(one, at, 2 * level)))
            asks.append((Ticks(ask), self._size(one, at, 2 * level + 1)))
            bid, ask = _down(bid - 1), _up(ask + 1)
        return tuple(bids), tuple(asks)

    def _perpetual(self, at: Nanos) -> tuple[Ticks, Ticks]:
        price = self.index(at) * (1.0 + 2e-4 * sin(2 * pi * (at % HOUR) / HOUR))
        bid = int(price / float(PERPETUAL_UNIT))
        return Ticks(bid), Ticks(bid + 1)

    def _perpetual_sides(self, at: Nanos) -> tuple[tuple[tuple[Ticks, Lots], ...], tuple[tuple[Ticks, Lots], ...]]:
        bid, ask = self._perpetual(at)
        bids = tuple((Ticks(bid - 2 * n), self._size(PERPETUAL, at, 2 * n)) for n in range(LEVELS))
        asks = tuple((Ticks(ask + 2 * n), self._size(PERPETUAL, at, 2 * n + 1)) for n in range(LEVELS))
        return bids, asks


def expiries(at: Nanos) -> tuple[Nanos, ...]:
    """Return when the four expiries of a moment are: tomorrow's 08:00 or today's, the day after, two later ones.

    The later ones are Fridays, so that the same ones stay listed while days go by.
    """
    first = Nanos((at - SETTLES) // DAY * DAY + DAY + SETTLES)
    found = {first, Nanos(first + DAY)}
    for ahead in AHEAD[2:]:
        found.add(_friday(Nanos(first + ahead * DAY)))
    return tuple(sorted(found))


def _friday(at: Nanos) -> Nanos:
    """Return the first Friday not before, at the same hour: 2 January 1970 was one."""
    days = at // DAY
    return Nanos(at + (1 - days) % 7 * DAY)


def strikes(forward: float, years: float) -> tuple[int, ...]:
    """Return the strikes of an expiry: round ones, about two deviations to each side."""
    reach = 2.2 * LEVEL * sqrt(max(years, 1 / 365))
    rough = forward * reach * 2 / (STRIKES - 1)
    step = next((s for s in (500, 1_000, 2_000, 2_500, 5_000, 10_000) if s >= rough * 0.75), 20_000)
    middle = round(forward / step) * step
    return tuple(middle + (n - STRIKES // 2) * step for n in range(STRIKES))


def name(terms: Terms) -> str:
    """Return an option's symbol, such as ``BTC-27MAR26-100000-C``."""
    return f"BTC-{day(terms.expires)}-{terms.strike}-{'P' if terms.put else 'C'}"


def day(expires: Nanos) -> str:
    """Return an expiry as names have it: ``6JAN25``."""
    when = datetime.fromtimestamp(expires // SECOND, UTC)
    return f"{when.day}{MONTHS[when.month - 1]}{when:%y}"


def terms_of(symbol: str) -> Terms:
    """Return what a name of ours says; ValueError of any other."""
    parts = symbol.split("-")
    if len(parts) != 4 or parts[0] != "BTC" or parts[3] not in {"C", "P"}:
        msg = f"{symbol[:80]!r} is no option of the simulated day"
        raise ValueError(msg)
    word = parts[1]
    when = datetime(2000 + int(word[-2:]), MONTHS.index(word[-5:-2]) + 1, int(word[:-5]), tzinfo=UTC)
    return Terms(Nanos(int(when.timestamp()) * SECOND + SETTLES), int(parts[2]), parts[3] == "P")


def listing(expires: Nanos, some: tuple[int, ...], at: Nanos) -> Listed:
    """Return an expiry as a venue lists it."""
    family = FamilyId(f"{DERIBIT}:BTC-{day(expires)}")
    every = [Terms(expires, strike, put) for strike in some for put in (False, True)]
    instruments = tuple(option(terms, family) for terms in every)
    title = Family(
        id=family, title=f"BTC options {day(expires)}", subtitle="settled in BTC", group="Options · BTC",
        members=tuple(one.id for one in instruments), source="btc_usd", closes=expires,
    )  # fmt: skip
    return Listed(at=at, family=title, instruments=instruments)


def option(terms: Terms, family: FamilyId | None = None) -> Instrument:
    """Return an option as a venue lists it."""
    word = "put" if terms.put else "call"
    return Instrument(
        id=InstrumentId(DERIBIT, name(terms)), title=f"BTC {day(terms.expires)} {terms.strike} {word}",
        label=f"{terms.strike} {word[0].upper()}", family=family, payoff=Payoff.PUT if terms.put else Payoff.CALL,
        unit=UNIT, grid=GRID, lot=LOT, least=Qty(LOT), step=LOT, fee=FEE, closes=terms.expires, expires=terms.expires,
        underlying="BTC", exercise=Decimal(terms.strike), inverse=True, settles_in="BTC", source="btc_usd",
    )  # fmt: skip


def perpetual(at: Nanos) -> Listed:
    """Return the perpetual as a venue lists it: dollars of face value, in tens."""
    one = Instrument(
        id=PERPETUAL, title="BTC perpetual", label="PERPETUAL", family=PERPETUALS, payoff=Payoff.LINEAR,
        unit=PERPETUAL_UNIT, grid=(Band(Ticks(1), Ticks(20_000_000), Ticks(1)),), lot=Decimal(10),
        least=Qty(Decimal(10)), step=Decimal(10), fee=FUTURE_FEE, underlying="BTC", inverse=True, settles_in="BTC",
        source="btc_usd",
    )  # fmt: skip
    family = Family(
        id=PERPETUALS, title="BTC futures", subtitle="settled in BTC", group="Futures and perpetuals",
        members=(PERPETUAL,), source="btc_usd",
    )  # fmt: skip
    return Listed(at=at, family=family, instruments=(one,))


def settled(some: tuple[InstrumentId, ...], price: Decimal, at: Nanos) -> Iterator[StatusChanged]:
    """Yield the end of an expiry's options."""
    for one in some:
        yield StatusChanged(at=at, instrument=one, status="settled", result=f"{price:f}")


def _down(ticks: float) -> int:
    """Return the highest price of the grid that is not above; 0 where there is none."""
    whole = int(ticks)
    return max(0, whole) if whole <= EDGE else whole // COARSE * COARSE


def _up(ticks: float) -> int:
    whole = max(1, -int(-ticks // 1))
    return whole if whole <= EDGE else -(-whole // COARSE) * COARSE


def number(symbol: str) -> int:
    """Return a number of a name that is the same in every process."""
    found = 0
    for letter in symbol:
        found = (found * 131 + ord(letter)) % 2_147_483_647
    return found
