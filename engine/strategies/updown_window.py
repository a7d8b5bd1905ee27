"""One Up/Down window as the engine follows it: its times, its strike and where that is from, what is seen, the house.

The strike is the oracle's price at the start where the venue publishes it; until then the first spot price at or after
the start, moved by the basis, and called a proxy. A tie is Up.
"""

from __future__ import annotations

import math
import re
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import SECOND, Leg, Nanos, Ticks
from engine.core.when import instant
from engine.core.windows import AFTER_S, AHEAD_S, LENGTHS_S, OPENING_S, Window
from engine.maths.normal import ROOT_2
from engine.portfolio import greeks
from engine.strategies import maker_book
from engine.strategies.base import Slope
from engine.strategies.house import House
from engine.strategies.sight import Outcome, Sight

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId, StrategyId
    from engine.core.instrument import Family, Instrument
    from engine.strategies.base import Restored
    from engine.strategies.context import Market
    from engine.strategies.sight import Signal
    from engine.strategies.updown_calm import Calm
    from engine.strategies.updown_spot import Spot

SLUG: Final = re.compile(r"(?P<asset>[a-z0-9]{2,12})-updown-(?P<interval>5m|15m|1h|4h)-(?P<start>\d{9,11})$")
NAMED: Final = re.compile(r"(?:^|:)(?P<asset>[a-z0-9]{2,12})-up-or-down-")
"""Of hourly windows, whose slugs are words: ``bitcoin-up-or-down-july-3-3pm-et``."""
ASSETS: Final = {"bitcoin": "btc", "ethereum": "eth", "solana": "sol", "dogecoin": "doge"}
"""How such slugs call what is written shorter elsewhere."""
OPENING: Final = "price_to_beat"
"""Fact of an instrument: the oracle's price at the start, once the venue publishes it."""
PROXY: Final = "Binance, a proxy"
BINANCE: Final = "Binance, which decides"
"""Of windows whose rules name a Binance candle: no basis comes between."""
ORACLE: Final = "oracle, as published"
LATEST: Final = 60 * SECOND
"""A first price later than this after the start says nothing of the start."""
LONGEST_WAIT: Final = 63
LEAST_S: Final = 0.001
"""Seconds that are always left."""
erfc, log1p, sqrt, INF = math.erfc, math.log1p, math.sqrt, math.inf
"""Here because looking one up in its module costs as much as calling it."""
TOP: Final = 10_000
CENT: Final = Ticks(100)
PATH_STEPS: Final = 300
PATH_ROOM: Final = 320


def window_of(family: Family, instrument: Instrument) -> Window | None:
    """Return the window that an instrument is; None when it is none, or its times are not known."""
    found = SLUG.search(family.id)
    if found is not None:
        start, interval = int(found["start"]), found["interval"]
        if start % LENGTHS_S[interval]:
            return None
        return Window(found["asset"], interval, Nanos(start * SECOND), Nanos((start + LENGTHS_S[interval]) * SECOND))
    named = NAMED.search(family.id)
    begins = _moment(instrument.fact("window_start"))
    if named is None or begins is None or instrument.closes is None:
        return None
    interval = next((k for k, s in LENGTHS_S.items() if instrument.closes - begins == s * SECOND), "")
    asset = ASSETS.get(named["asset"], named["asset"])
    return Window(asset, interval, begins, instrument.closes) if interval else None


def decided_by_binance(instrument: Instrument) -> bool:
    """Whether a market's own words name a Binance candle as what decides it, and no oracle."""
    source = instrument.source.lower()
    return "binance" in source and "chain" not in source


def _moment(text: str) -> Nanos | None:
    try:
        return Nanos(int(text) * SECOND) if text.isdecimal() else instant(text) if text else None
    except ValueError:
        return None


class Step(NamedTuple):
    """What was seen at a moment of a window."""

    at: Nanos
    spot: float
    p_up: float | None
    """None while there is no volatility to reckon with."""
    mid: float | None
    """Of Up."""


class Seen:
    """One window, and what every strategy did in it."""

    def __init__(self, window: Window, instrument: InstrumentId, spot: Spot, *, binance: bool = False) -> None:
        self.window = window
        self.start, self.end, self.interval = window.start, window.end, window.interval
        self.binance = binance
        """A Binance candle decides it."""
        self.instrument = instrument
        self.spot = spot
        self.sight = Sight(0.0)
        self.sight.opening_s = OPENING_S[window.interval]
        self.source = ""
        """Where the strike is from; empty while there is none."""
        self.seen = 0.0
        """Spot price at the start; 0 while none came."""
        self.house = House()
        """Of the lines that send; one that is in the shadow sets no side for those."""
        self.shadow_house = House()
        self.house_at: Nanos | None = None
        self.orders: dict[StrategyId, int] = {}
        self.shadow_orders: dict[StrategyId, int] = {}
        """Those that would have been sent; they leave all that may be."""
        self.signals: dict[StrategyId, Signal] = {}
        """The last of each strategy."""
        self.market: Market | None = None
        self.bid: Ticks | None = None
        self.ask: Ticks | None = None
        self.calm: Calm | None = None
        """Where price and time may move without any line saying something else; None while that is not known."""
        self.wait = self._waits = 0
        """Events that are to come before it is looked for: the more, the more often nothing happened within it."""
        self.path: deque[Step] = deque(maxlen=PATH_ROOM)
        """For the screen: a step every three hundredth of the window."""
        self.trace_due = 0
        self._path_every = (window.end - window.start) // PATH_STEPS
        self.begins = window.start - AHEAD_S[window.interval] * SECOND
        self.ends = window.end + AFTER_S[window.interval] * SECOND

    def sent(self, *, sends: bool) -> dict[StrategyId, int]:
        """Return the orders of each line that `sends`, or of those in the shadow."""
        return self.orders if sends else self.shadow_orders

    @property
    def asset(self) -> str:
        """Such as ``btc``."""
        return self.window.asset

    @property
    def beta(self) -> float:
        """What the price that decides lies above the spot price."""
        return 0.0 if self.binance else self.spot.beta

    def restored(self, order: Restored) -> None:
        """Count an order of an earlier session; an active one that filled or still works keeps the house."""
        self.orders[order.strategy] = self.orders.get(order.strategy, 0) + 1
        if not order.post_only and (order.filled or order.open):
            if self.house.side is None:
                self.house_at = order.at
            self.house.stands(Outcome.UP if order.leg is Leg.YES else Outcome.DOWN)

    def lives(self, now: Nanos) -> bool:
        """Whether its events count: from a little before its start to a little after its end."""
        return self.begins <= now <= self.ends

    def priced(self, market: Market) -> None:
        """Take in what its venue says of the strike."""
        told = market.instrument.fact(OPENING)
        try:
            price = float(told) if told else 0.0
        except ValueError:
            return
        if 0.0 < price < 1e12 and self.source != ORACLE:
            self.sight.strike, self.source = price, ORACLE
            self.stir()
            if self.seen > 0.0 and not self.binance:
                self.spot.told(self.start, price, self.seen)

    def traded(self) -> None:
        """Take the strike of the first spot price at or after the start: of the first there was, not that we heard."""
        spot, start = self.spot, self.window.start
        if self.seen == 0.0 and 0 < spot.previous_at < start <= spot.at <= start + LATEST:
            self.seen = self.spot.price
            if not self.source:
                self.sight.strike, self.source = self.spot.price + self.beta, BINANCE if self.binance else PROXY
                self.stir()

    def quoted(self, market: Market) -> None:
        """Take in the best prices of its book: of YES, which is Up."""
        book = market.book
        bid, ask = book.best_bid, book.best_ask
        if market.stale:
            bid = ask = None
        self.market = market
        if bid != self.bid or ask != self.ask:  # most changes are behind the best prices
            self.bid, self.ask, sight = bid, ask, self.sight
            self.stir()
            sight.up_ask = 0.0 if ask is None else ask / TOP
            sight.down_ask = 0.0 if bid is None else (TOP - bid) / TOP

    def stir(self) -> None:
        """Have all lines asked anew: offers or strike moved, or what they say may be another thing."""
        calm, self.calm = self.calm, None
        if calm is not None:
            self._waits = 1 if calm.used else min(2 * self._waits + 1, LONGEST_WAIT)
        self.wait = self._waits

    def touch(self) -> tuple[Ticks | None, Ticks | None]:
        """Return bid and ask of its book as it is now, whether a line is on and told of it or not."""
        market = self.market
        if market is None or market.stale:
            return None, None
        return market.book.best_bid, market.book.best_ask

    def look(self, now: Nanos, delay_s: float) -> bool:
        """Reckon value and distance anew; False while there is nothing to reckon with, or it does not run."""
        return self.start <= now < self.end and self.reckon(now, delay_s)

    def reckon(self, now: Nanos, delay_s: float) -> bool:
        """Do the same of a window that runs."""
        spot, sight = self.spot, self.sight
        price = spot.price
        if not self.source or price <= 0.0:
            return False
        left = (self.end - now) / SECOND + delay_s
        if left < LEAST_S:
            left = LEAST_S
        if not self.binance:
            price += spot.beta
        sigma, strike = spot.volatility.sigma, sight.strike
        off = (price - strike) / strike if strike > 0.0 else 1.0
        v = sigma * sqrt(left)
        if off > -0.5 and off < 0.5 and v > 0.0 and v < INF:  # as `Sight.look` does it, without the call
            z = log1p(off) / v
            x = (z - 0.5 * v) / ROOT_2
            sight.spot = price
            sight.sigma = sigma
            sight.tau_s = left
            sight.v = v
            sight.z = z
            sight.p_up = 0.5 * erfc(-x)
            sight.p_down = 0.5 * erfc(x)
        else:
            sight.look(price, sigma, left)
        elapsed = sight.elapsed_s = (now - self.start) / SECOND
        sight.regime = spot.regime.regime
        if elapsed <= sight.opening_s:  # later nobody looks at the average
            sight.vwap = spot.vwap.value
        return True

    def slope(self, now: Nanos, delay_s: float) -> Slope:
        """Return how an Up share moves with the spot price now."""
        under = self.spot.instrument
        if now >= self.end:
            return Slope(under, 0.0, 0.0)
        sight = self.sight
        if not self.look(now, delay_s) or not sight.sigma > 0.0:
            return Slope(under, None, None)
        one = greeks.of_window(sight.spot, sight.strike, sight.sigma, sight.tau_s, 1.0, 0.0)
        return Slope(under, one.delta, one.gamma * sight.spot / 100.0)

    def trace(self, now: Nanos, delay_s: float) -> None:
        """Put a step on the path; one is due from `trace_due` on."""
        if not self.look(now, delay_s):
            return
        self.trace_due = now + self._path_every
        known = self.sight.sigma > 0.0
        bid, ask = self.touch()
        mid = None if bid is None or ask is None else (bid + ask) / 2 / TOP
        self.path.append(Step(now, self.spot.price, self.sight.p_up if known else None, mid))

    @property
    def step(self) -> Ticks:
        """The market's own step; a cent while there is no market."""
        market = self.market
        return CENT if market is None else maker_book.step(market)

    def own_bid(self, side: Outcome) -> float:
        """Return the best bid for a side; 0 for none."""
        if side is Outcome.UP:
            return 0.0 if self.bid is None else self.bid / TOP
        return 0.0 if self.ask is None else (TOP - self.ask) / TOP
