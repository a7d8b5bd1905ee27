"""Contracts, orders and an exchange with money in it, for the tests of the exchange."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import h3
import msgspec

from engine.core.commands import Place
from engine.core.contract import Bracket, Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.ids import HOUSE, YOU, AccountId, OrderId, StationId, embedded
from engine.core.units import Leg, Nanos, Side
from engine.exchange.answers import Declined, Traded
from engine.exchange.exchange import Exchange
from engine.exchange.rules import ExchangeRules

MIDWAY = h3.latlng_to_cell(41.786, -87.752, 7)
NEAR = next(c for c in sorted(h3.cell_to_children(h3.cell_to_parent(MIDWAY, 4), 7)) if c != MIDWAY)
"""Another cell of the same neighbourhood."""
KENNEDY = h3.latlng_to_cell(40.64, -73.78, 7)
SIM = AccountId("sim-01")
OPENS, CLOSES, NOW = Nanos(1_000), Nanos(2_000), Nanos(1_500)
ORDER = OrderId("o-1")


def rain(name: str = "RAIN", cell: str = MIDWAY, **terms: Any) -> Contract:
    """A YES/NO contract on rain at Midway."""
    contract = Contract(
        id=name,
        title="CHI rain > 2.5 mm",
        place="Chicago",
        metric=Metric.PRECIPITATION,
        unit=Unit.MM,
        cell=cell,
        stations=(EvidenceStation(id=StationId("KMDW"), km=Decimal("1.2"), weight=Decimal(1)),),
        tier=Tier.A,
        opens=OPENS,
        closes=CLOSES,
        threshold=Decimal("2.5"),
    )
    return msgspec.structs.replace(contract, **terms)


def high(name: str = "HIGH", edges: tuple[int, ...] = (80, 82, 84), **terms: Any) -> Contract:
    """A contract of brackets on the daily high; `edges` are the upper ends of all but the last."""
    lows: tuple[int | None, ...] = (None, *(e + 1 for e in edges))
    highs: tuple[int | None, ...] = (*edges, None)
    brackets = tuple(Bracket(label=f"{low}-{up}", low=low, high=up) for low, up in zip(lows, highs, strict=True))
    given = {"metric": Metric.TEMP_MAX, "unit": Unit.FAHRENHEIT, "threshold": None, "brackets": brackets}
    return rain(name, **(given | terms))


def funded(*accounts: AccountId, amount: int = 5_000, rules: ExchangeRules | None = None) -> Exchange:
    """An exchange where the house and these accounts have money."""
    exchange = Exchange(rules)
    exchange.deposit(HOUSE, Decimal(20_000))
    for account in accounts or (YOU, SIM):
        exchange.deposit(account, Decimal(amount))
    return exchange


def open_rain(**create: Any) -> Exchange:
    """The same with the rain market open at even odds and b 100."""
    exchange = funded()
    given = {"b": 100.0, "prior": (), "fee_rate": Decimal(0), "at": NOW} | create
    made = exchange.create(rain(), **given)
    assert not isinstance(made, Declined), made
    return exchange


def order(side: Side = Side.BUY, leg: Leg = Leg.YES, market: str = "RAIN", outcome: int = 0, **terms: Any) -> Place:
    """An order; quantities, budgets and limits as given."""
    terms = {k: Decimal(v) if k in ("qty", "budget") and isinstance(v, int | str) else v for k, v in terms.items()}
    return Place(instrument=embedded(market, outcome), side=side, leg=leg, **terms)


def buy(exchange: Exchange, leg: Leg = Leg.YES, **terms: Any) -> Traded:
    """Buy, and fail the test if that is declined."""
    done = exchange.execute(order(Side.BUY, leg, **terms), NOW, ORDER)
    assert isinstance(done, Traded), done
    return done


def sell(exchange: Exchange, leg: Leg = Leg.YES, **terms: Any) -> Traded:
    """Sell, and fail the test if that is declined."""
    done = exchange.execute(order(Side.SELL, leg, **terms), NOW, ORDER)
    assert isinstance(done, Traded), done
    return done


def refusal(exchange: Exchange, place: Place) -> Declined:
    """The refusal of an order, and fail the test if it trades."""
    said = exchange.execute(place, NOW, ORDER)
    assert isinstance(said, Declined), said
    return said
