"""Twelve simulated traders, who make the markets of the day move.

Each looks at a market at random moments and forms a view: the truth through an error of its own that shrinks
until the close, cut off by what the station has reported so far. It sells what it holds when the price has
passed its view, and else buys the side its view favours, never worse than its view. What the price is they
reckon from the opening and from one another's trades; since others trade too, an order may find nothing and
be declined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.commands import Place
from engine.core.contract import Metric
from engine.core.events import Asked
from engine.core.ids import AccountId, MarketId, embedded
from engine.core.reading import CellQuantiles
from engine.core.units import HOUR, MINUTE, SECOND, TICKS_PER_UNIT, Leg, Money, Nanos, Qty, Side, Ticks
from engine.maths import lmsr
from engine.sandbox.makers import Makers
from engine.sandbox.outlook import Z90
from engine.weather import forecast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.core.contract import Verdict
    from engine.sandbox.contracts import Board, Listing

TRADERS: Final = tuple(AccountId(f"sim-{number:02d}") for number in range(1, 13))
BANKROLL: Final = 5_000
GAP_S: Final = 40.0
"""Simulated seconds between two looks, on average: three a real second at 120 times."""
FIRST_LOOK: Final = Nanos(20 * SECOND)
LAST_CALL: Final = Nanos(60 * SECOND)
"""Nobody trades this close to the end of a market."""
LATE: Final = 5 * MINUTE
"""How long after its making a trader has read a report."""
MARGIN: Final = 0.01
"""A view this near to the price is none."""
VIEW: Final = (0.02, 0.98)
"""Nobody pays more than the upper, or sells for less than the lower."""
SURE: Final = 0.85
"""Of what a trader believes to hold, this much it dares to sell."""
HALF_WAY: Final = 0.6
"""How far towards its view a trade may move the price."""
MOST_IN_MARKET: Final = 150.0
"""Shares of one leg that a trader gathers at most."""
PROBE: Final = 0.05
"""How often a trader without a view bids below the price, in case somebody has moved it."""
SPREAD: Final = {Metric.PRECIPITATION: 1.2, Metric.TEMP_MAX: 2.2, Metric.TEMP_MIN: 2.2, Metric.WIND_GUST: 6.0}
"""Deviation of a view when a market is listed, in its unit; for rain in thresholds."""

Held = tuple[int, Leg]


@dataclass(slots=True)
class Market:
    """A market as the crowd sees it."""

    listing: Listing
    sold: list[float]
    """Shares sold of each outcome, the opening's own included."""
    opinions: tuple[float, ...]
    """By how many deviations each trader's view is off."""
    verdict: Verdict | None = None
    """How it will come out; found out when it is first traded."""
    held: list[dict[Held, float]] = field(default_factory=lambda: [{} for _ in TRADERS])

    @property
    def b(self) -> float:
        """Liquidity, shares."""
        return self.listing.create.b

    def price(self, outcome: int) -> float:
        """Return the price of YES as the crowd's own trades have left it."""
        return lmsr.price(self.sold, outcome, self.b)


class Crowd:
    """All traders of a day; trades come from `trades`, in order."""

    def __init__(self, seed: int, board: Board) -> None:
        self._chance = np.random.default_rng((seed, 7))
        self._board = board
        self._seen = 0
        self._open: list[Market] = []
        self._cash = [float(BANKROLL)] * len(TRADERS)
        self._makers = Makers(seed)
        self._looked: tuple[Market, int] | None = None

    def trades(self, start: Nanos) -> Iterator[Asked]:
        """Yield orders from `start` on, for ever."""
        at = float(start + FIRST_LOOK)
        while True:
            at += self._chance.exponential(GAP_S) * SECOND
            moment = Nanos(int(at))
            self._catch_up(moment)
            order = self._look(moment)
            if order is not None:
                yield Asked(at=moment, command=order, pressed_at=moment)
            for left in self._leave(moment):
                yield Asked(at=moment, command=left, pressed_at=moment)

    def _catch_up(self, at: Nanos) -> None:
        for listing in self._board.until(at, self._seen):
            self._seen += 1
            create = listing.create
            sold = list(lmsr.opening_shares(create.prior, create.b))
            self._open.append(Market(listing, sold, tuple(self._chance.normal(0, 0.9, len(TRADERS)).tolist())))
        for market in [m for m in self._open if m.listing.contract.closes - LAST_CALL <= at]:
            self._open.remove(market)
            self._pay(market)

    def _pay(self, market: Market) -> None:
        winner = None if market.verdict is None else market.verdict.winner
        if winner is None:  # disputed: nobody is paid until it is ruled; or nobody ever looked
            return
        for trader, held in enumerate(market.held):
            self._cash[trader] += sum(
                q for (outcome, leg), q in held.items() if (outcome == winner) is (leg is Leg.YES)
            )

    def _leave(self, at: Nanos) -> list[Place]:
        """Return the orders that somebody leaves in the market just looked at, where orders may rest."""
        if self._looked is None or self._looked[0].listing.create.phase == 1:
            return []
        market, outcome = self._looked
        return self._makers.orders(market.listing.contract.id, outcome, market.price(outcome), at)

    def _look(self, at: Nanos) -> Place | None:
        self._looked = None
        if not self._open:
            return None
        weights = np.array([_interest(m.listing, at) for m in self._open])
        market = self._open[int(self._chance.choice(len(self._open), p=weights / weights.sum()))]
        trader = int(self._chance.integers(len(TRADERS)))
        views = self._view(market, trader, at)
        outcome = self._pick(market, views)
        self._looked = market, outcome
        return self._order(market, trader, outcome, min(max(views[outcome], VIEW[0]), VIEW[1]))

    def _view(self, market: Market, trader: int, at: Nanos) -> tuple[float, ...]:
        listing, contract = market.listing, market.listing.contract
        if market.verdict is None:
            market.verdict = listing.verdict()
        truth = float(market.verdict.value or 0)
        left = (contract.closes - at) / (contract.closes - listing.at)
        wide = SPREAD[contract.metric]
        if contract.metric is Metric.PRECIPITATION:
            wide *= max(float(contract.threshold or 0), truth / 2)
        sigma = wide * max(left**0.8, 0.1)
        middle = truth + sigma * (market.opinions[trader] + 0.7 * float(self._chance.standard_normal()))
        low = max(0.0, middle - Z90 * sigma) if contract.metric is Metric.PRECIPITATION else middle - Z90 * sigma
        quantiles = CellQuantiles(cell=contract.cell, p10=low, p50=middle, p90=low + 2 * Z90 * sigma)
        return forecast.chances(contract, quantiles, listing.known(Nanos(at - LATE)))

    def _pick(self, market: Market, views: Sequence[float]) -> int:
        tradable = market.listing.contract.tradable
        if len(tradable) == 1:
            return 0
        appeal = np.array([abs(views[i] - market.price(i)) + 0.02 for i in tradable])
        return int(self._chance.choice(len(tradable), p=appeal / appeal.sum()))

    def _order(self, market: Market, trader: int, outcome: int, view: float) -> Place | None:
        price = market.price(outcome)
        rises = view > price
        against, along = (Leg.NO, Leg.YES) if rises else (Leg.YES, Leg.NO)
        if abs(view - price) < MARGIN:
            return self._probe(market, trader, outcome, view)
        if market.held[trader].get((outcome, against), 0.0) >= 1.0:
            return self._sell(market, trader, (outcome, against), view)
        return self._buy(market, trader, (outcome, along), view)

    def _sell(self, market: Market, trader: int, what: Held, view: float) -> Place | None:
        outcome, leg = what
        price, worth = _of_leg(leg, market.price(outcome)), _of_leg(leg, view)
        most = -lmsr.shares_to_price(price, price + HALF_WAY * (worth - price), market.b)
        qty = _whole(min(most, SURE * market.held[trader].get(what, 0.0) * float(self._chance.uniform(0.4, 1.0))))
        if qty <= 0:
            return None
        proceeds = -lmsr.trade_cost(price, -float(qty), market.b)
        self._book(market, trader, what, -float(qty), -proceeds)
        return _place(trader, market, what, Side.SELL, worth, qty=qty)

    def _buy(self, market: Market, trader: int, what: Held, view: float) -> Place | None:
        outcome, leg = what
        price, worth = _of_leg(leg, market.price(outcome)), _of_leg(leg, view)
        most = lmsr.cost_to_price(price, price + HALF_WAY * (worth - price), market.b)
        wish = float(self._chance.gamma(2.0, 4.0)) * (0.5 + 4.0 * abs(view - market.price(outcome)))
        budget = round(min(wish, most, self._cash[trader] - 1.0), 2)
        shares = lmsr.shares_for_budget(price, market.b, max(budget, 0.0))
        if budget < 0.5 or market.held[trader].get(what, 0.0) + shares > MOST_IN_MARKET:
            return None
        self._book(market, trader, what, shares, budget)
        return _place(trader, market, what, Side.BUY, worth, budget=Money(Decimal(f"{budget:.2f}")))

    def _probe(self, market: Market, trader: int, outcome: int, view: float) -> Place | None:
        if self._chance.random() >= PROBE:
            return None
        leg = Leg.YES if self._chance.random() < 0.5 else Leg.NO
        worth = _of_leg(leg, view) - 3 * MARGIN
        if worth < VIEW[0]:
            return None
        return _place(trader, market, (outcome, leg), Side.BUY, worth, budget=Money(Decimal(5)))

    def _book(self, market: Market, trader: int, what: Held, shares: float, paid: float) -> None:
        outcome, leg = what
        market.sold[outcome] += shares if leg is Leg.YES else -shares
        market.held[trader][what] = market.held[trader].get(what, 0.0) + shares
        self._cash[trader] -= paid


def _interest(listing: Listing, at: Nanos) -> float:
    left = (listing.contract.closes - at) / HOUR
    near_home = 2.0 if listing.sky.region.index == 0 else 1.0
    return near_home / float(np.sqrt(1.0 + max(left, 0.0)))


def _of_leg(leg: Leg, price: float) -> float:
    return price if leg is Leg.YES else 1.0 - price


def _whole(shares: float) -> Qty:
    return Qty(Decimal(int(shares)))


def _place(
    trader: int,
    market: Market,
    what: Held,
    side: Side,
    worth: float,
    qty: Qty | None = None,
    budget: Money | None = None,
) -> Place:
    outcome, leg = what
    return Place(
        by=TRADERS[trader],
        instrument=embedded(MarketId(market.listing.contract.id), outcome),
        side=side,
        leg=leg,
        price=Ticks(round(worth * TICKS_PER_UNIT)),
        qty=qty,
        budget=budget,
        origin="day",
    )
