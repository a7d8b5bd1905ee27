"""The other traders of the simulated venues: makers who quote, noise that trades, and some who know better.

`Crowding` lists what the day's venues offer, keeps plausible books on all of it, lets bitcoin trade, and closes,
determines and settles each market when its time has come. Everything follows from a seed and the time it is told:
`due` says when something happens next, `act` lets it happen.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from decimal import Decimal
from math import floor as down
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from engine.core.ids import POLYMARKET, AccountId
from engine.core.units import HOUR, MINUTE, SECOND, TICKS_PER_UNIT, Lots, Nanos, Side, Ticks
from engine.sandbox.floor_order import FloorError, Life, Meeting
from engine.sandbox.highs import MORNING, High
from engine.sandbox.offers import AHEAD, MILLS, SERIES, WINDOW, first_window, kalshi_high, polymarket_high, window
from engine.sandbox.sky import minute_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Family, Instrument
    from engine.sandbox.coin import Coin, CoinTrade
    from engine.sandbox.floor import Floor
    from engine.sandbox.offers import Offer
    from engine.sandbox.outlook import Outlook
    from engine.sandbox.sky import Sky

MAKERS: Final = (AccountId("maker-1"), AccountId("maker-2"))
NOISE: Final = AccountId("noise")
INFORMED: Final = AccountId("informed")
PATIENT: Final = AccountId("patient")
LEVELS: Final = 4
"""Prices a maker quotes on each side."""
HALF: Final = (0.008, 0.018)
"""How far a maker's best quotes stay from its view."""
EDGE: Final = 0.02
"""What an informed trader wants to gain."""
PULL: Final = 100.0
"""Shares a maker holds before it moves its quotes by a tick."""
MAKING, NOISY, KNOWING, RESTING = 0.62, 0.82, 0.92, 1.0
"""Cumulative shares of what the crowd does."""
FINE: Final = 0.035
"""Nearer than this to certainty Polymarket's grid is finer."""
LAST_S: Final = 15
"""Nobody of the crowd trades in the last seconds of a window, or the last minutes of a day."""
REMEMBERED: Final = HOUR
"""How long a settled window stays on the floor."""
OHARE: Final = "KORD"


@dataclass(slots=True)
class Pitch:
    """One instrument as the crowd works it."""

    instrument: Instrument
    offer: Offer
    index: int
    """Among its offer's instruments."""
    quotes: dict[tuple[AccountId, Side], list[str]] = field(default_factory=dict)
    fine: bool = False
    """Whether its grid is the finer one."""

    @property
    def step(self) -> int:
        """Ticks between two prices."""
        return self.instrument.grid[0].step

    def fair(self, at: Nanos) -> float:
        """Return the chance of YES at an instant."""
        return self.offer.chances(at)[self.index]


class Crowding:
    """All of the crowd, and the venues' own timetable."""

    def __init__(
        self, seed: int, start: Nanos, floor: Floor, skies: Sequence[Sky], outlook: Outlook, coin: Coin,
        *, rate: float, coin_rate: float,
    ) -> None:  # fmt: skip
        """Take the world; nothing is listed before the first `act`.

        Parameters
        ----------
        rate : float, > 0, per second of the floor's time
            How often somebody of the crowd does something; each is one to a few book changes.
        coin_rate : float, > 0, per second of the floor's time
            Bitcoin trades.
        """
        self.floor = floor
        self.coin = coin
        self.families: dict[str, Family] = {}
        """What is listed now, by identifier."""
        self.offers: dict[str, Offer] = {}
        self.coin_listeners: list[Callable[[CoinTrade], None]] = []
        self.rate = rate
        self._skies = skies
        self._outlook = outlook
        self._chance = np.random.default_rng((seed, 21))
        self._pitches: dict[InstrumentId, Pitch] = {}
        self._plan: list[tuple[Nanos, int, Callable[[], None]]] = []
        self._planned = 0
        for account in (*MAKERS, NOISE, INFORMED, PATIENT):
            floor.open_account(account, Decimal(1_000_000), checked=False)
        self._trades = coin.trades(start, coin_rate)
        self._at(start, self._open)

    def due(self) -> Nanos:
        """Return when something happens next."""
        return self._plan[0][0]

    def act(self) -> None:
        """Let the next thing happen, at its own time."""
        at, _, what = heapq.heappop(self._plan)
        self.floor.advance(at)
        what()

    def run(self, until: Nanos) -> None:
        """Let everything happen that is due by an instant."""
        while self.due() <= until:
            self.act()
        self.floor.advance(until)

    # the timetable

    def _at(self, at: Nanos, what: Callable[[], None]) -> None:
        self._planned += 1
        heapq.heappush(self._plan, (at, self._planned, what))

    def _open(self) -> None:
        now = self.floor.at
        for sky in self._skies:
            if sky.region.home.id in SERIES:
                self._days(sky, sky.local(minute_of(now))[0])
        for step in range(AHEAD + 1):
            self._window(first_window(now) + step * WINDOW)
        self._next_action()
        self._next_coin()

    def _days(self, sky: Sky, day: int) -> None:
        """List a day's high, and plan the next day's for the morning."""
        self._list(kalshi_high(High(sky, 0, day, self._outlook)))
        names = [row.id for row in sky.region.stations]
        if OHARE in names:
            self._list(polymarket_high(High(sky, names.index(OHARE), day, self._outlook), "Chicago"))
        tomorrow = Nanos((sky.midnight(day) + MORNING * 60) * MINUTE)
        self._at(max(tomorrow, self.floor.at), lambda: self._days(sky, day + 1))

    def _window(self, start: int) -> None:
        self._list(window(self.coin, start))
        if start >= first_window(self.floor.at) + AHEAD * WINDOW:
            self._at(Nanos((start - (AHEAD - 1) * WINDOW) * SECOND), lambda: self._window(start + WINDOW))

    def _list(self, offer: Offer) -> None:
        family = offer.family
        self.families[family.id] = family
        self.offers[family.id] = offer
        for index, instrument in enumerate(offer.instruments):
            self.floor.bring(instrument, offer.schedule)
            pitch = self._pitches[instrument.id] = Pitch(instrument, offer, index)
            self._regrid(pitch)
            for maker in MAKERS:
                self._quote(pitch, maker, Side.BUY)
                self._quote(pitch, maker, Side.SELL)
            for _ in range(LEVELS):
                self._rest(pitch)
        self._at(offer.closes, lambda: self._close(offer))

    def _close(self, offer: Offer) -> None:
        for instrument in offer.instruments:
            self._pitches.pop(instrument.id, None)
            self.floor.set_status(instrument.id, "closed")
        self._at(offer.determined, lambda: self._determine(offer))

    def _determine(self, offer: Offer) -> None:
        for instrument, wins in zip(offer.instruments, offer.winners(), strict=True):
            self.floor.set_status(instrument.id, "determined", "yes" if wins else "no")
        self._at(offer.settles, lambda: self._settle(offer))

    def _settle(self, offer: Offer) -> None:
        for instrument, wins in zip(offer.instruments, offer.winners(), strict=True):
            self.floor.settle(instrument.id, Decimal(int(wins)))
        self._at(Nanos(offer.settles + REMEMBERED), lambda: self._drop(offer))

    def _drop(self, offer: Offer) -> None:
        self.families.pop(offer.family.id, None)
        self.offers.pop(offer.family.id, None)
        for instrument in offer.instruments:
            self.floor.drop(instrument.id)

    def _next_coin(self) -> None:
        trade = next(self._trades)

        def happen() -> None:
            for listener in self.coin_listeners:
                listener(trade)
            self._next_coin()

        self._at(trade.at, happen)

    # what the crowd does

    def _next_action(self) -> None:
        wait = self._chance.exponential(1 / self.rate) * SECOND
        self._at(Nanos(self.floor.at + max(1, int(wait))), self._action)

    def _action(self) -> None:
        pitch = self._pick()
        if pitch is not None:
            self._regrid(pitch)
            what = self._chance.random()
            if what < MAKING:
                self._make(pitch)
            elif what < NOISY:
                self._hit(pitch)
            elif what < KNOWING:
                self._know(pitch)
            else:
                self._rest(pitch)
        self._next_action()

    def _pick(self) -> Pitch | None:
        now = self.floor.at
        live = [p for p in self._pitches.values() if p.offer.closes - now > LAST_S * SECOND and self._trades_now(p)]
        if not live:
            return None
        weights = np.array([self._interest(pitch, now) for pitch in live])
        return live[int(self._chance.choice(len(live), p=weights / weights.sum()))]

    def _trades_now(self, pitch: Pitch) -> bool:
        found = self.floor.instruments.get(pitch.instrument.id)
        return found is not None and found.status == "open"

    def _interest(self, pitch: Pitch, now: Nanos) -> float:
        chance = pitch.fair(now)
        soon = 1.0 if (pitch.instrument.opens or now) <= now else 0.2
        if pitch.offer.closes - now < WINDOW * SECOND:
            soon = 3.0
        return pitch.offer.interest * soon * (0.05 + 4 * chance * (1 - chance))

    def _view(self, pitch: Pitch, error: float) -> float:
        return min(max(pitch.fair(self.floor.at) + float(self._chance.normal(0, error)), 0.001), 0.999)

    def _make(self, pitch: Pitch) -> None:
        maker = MAKERS[int(self._chance.integers(len(MAKERS)))]
        first, second = (Side.BUY, Side.SELL) if self._chance.random() < 0.5 else (Side.SELL, Side.BUY)
        self._quote(pitch, maker, first)
        self._quote(pitch, maker, second)

    def _quote(self, pitch: Pitch, maker: AccountId, side: Side) -> None:
        """Bring one side of a maker's quotes to where its view has them, touching only what must move."""
        wanted = self._wanted(pitch, maker, side)
        kept: list[str] = []
        for name in pitch.quotes.get((maker, side), []):
            order = self.floor.orders.get(name)
            if order is None:
                continue
            if order.price in wanted and order.price not in {self.floor.orders[k].price for k in kept}:
                kept.append(name)
                wanted.remove(order.price)
            else:
                self.floor.cancel(name)
        for price in wanted:
            name = self._place(pitch, maker, side, price, self._size(pitch, 60.0), meeting=Meeting.STOP_MAKER)
            if name:
                kept.append(name)
        pitch.quotes[maker, side] = kept

    def _wanted(self, pitch: Pitch, maker: AccountId, side: Side) -> list[Ticks]:
        step = pitch.step
        net = self.floor.accounts[maker].holding(pitch.instrument.id).net * float(pitch.instrument.lot)
        shift = min(max(round(net / PULL), -2), 2) * step
        half = float(self._chance.uniform(*HALF)) * (0.3 if pitch.fine else 1.0)
        view = self._view(pitch, 0.002)
        if side is Side.BUY:
            best = down((view - half) * TICKS_PER_UNIT / step) * step - shift
            prices = [best - k * step for k in range(LEVELS)]
        else:
            best = -down(-(view + half) * TICKS_PER_UNIT / step) * step - shift
            prices = [best + k * step for k in range(LEVELS)]
        band = pitch.instrument.grid[0]
        return [Ticks(p) for p in prices if band.start <= p <= band.stop]

    def _hit(self, pitch: Pitch) -> None:
        """Trade at the best price, a little more often towards the fair value."""
        book = self.floor.books[pitch.instrument.id]
        bid, ask = book.bids.best, book.asks.best
        fair = pitch.fair(self.floor.at) * TICKS_PER_UNIT
        middle = ((bid or 0) + (ask or TICKS_PER_UNIT)) / 2
        buys = self._chance.random() < 0.5 + min(max((fair - middle) / 400, -0.3), 0.3)
        price = ask if buys else bid
        if price is not None:
            side = Side.BUY if buys else Side.SELL
            self._place(pitch, NOISE, side, price, self._size(pitch, 14.0), life=Life.IOC)

    def _know(self, pitch: Pitch) -> None:
        """Take what is offered at a price the day does not bear out."""
        book = self.floor.books[pitch.instrument.id]
        view = self._view(pitch, 0.004) * TICKS_PER_UNIT
        edge = EDGE * TICKS_PER_UNIT
        if book.asks.best is not None and book.asks.best < view - edge:
            self._place(pitch, INFORMED, Side.BUY, book.asks.best, self._size(pitch, 80.0), life=Life.IOC)
        elif book.bids.best is not None and book.bids.best > view + edge:
            self._place(pitch, INFORMED, Side.SELL, book.bids.best, self._size(pitch, 80.0), life=Life.IOC)

    def _rest(self, pitch: Pitch) -> None:
        """Leave an order some way from the price, for some time."""
        side = Side.BUY if self._chance.random() < 0.5 else Side.SELL
        away = (2 + float(self._chance.exponential(4.0))) * pitch.step * (-1 if side is Side.BUY else 1)
        price = round((pitch.fair(self.floor.at) * TICKS_PER_UNIT + away) / pitch.step) * pitch.step
        band = pitch.instrument.grid[0]
        if band.start <= price <= band.stop:
            life = int(self._chance.uniform(0.05, 0.4) * (pitch.offer.closes - self.floor.at))
            expires = Nanos(self.floor.at + max(life, SECOND))
            size = self._size(pitch, 40.0)
            self._place(pitch, PATIENT, side, Ticks(price), size, expires=expires, meeting=Meeting.STOP_MAKER)

    def _place(
        self, pitch: Pitch, account: AccountId, side: Side, price: Ticks, lots: Lots,
        *, life: Life = Life.GTC, meeting: Meeting = Meeting.STOP_TAKER, expires: Nanos | None = None,
    ) -> str:  # fmt: skip
        """Place an order; return its identifier while it rests, else nothing."""
        try:
            order = self.floor.place(
                account, pitch.instrument.id, side, price, lots, life=life, meeting=meeting, expires=expires
            )
        except FloorError:  # the venue is paused, or the grid has just changed
            return ""
        return order.id if order.left else ""

    def _size(self, pitch: Pitch, typical: float) -> Lots:
        """Return a size: whole shares mostly, now and then a fraction."""
        shares = max(1.0, float(self._chance.lognormal(np.log(typical), 0.9)))
        whole = self._chance.random() < 0.85
        qty = Decimal(round(shares)) if whole else Decimal(f"{shares:.2f}")
        return Lots(int(qty / pitch.instrument.lot))

    def _regrid(self, pitch: Pitch) -> None:
        """Give a Polymarket instrument its finer grid once it is near certainty."""
        if pitch.fine or pitch.instrument.id.venue != POLYMARKET:
            return
        if FINE < pitch.fair(self.floor.at) < 1 - FINE:
            return
        pitch.fine = True
        known = self.floor.instruments[pitch.instrument.id]
        facts = tuple((k, "0.001" if k == "tick" else v) for k, v in known.facts)
        pitch.instrument = msgspec.structs.replace(known, grid=MILLS, facts=facts)
        self.floor.bring(pitch.instrument, pitch.offer.schedule)
