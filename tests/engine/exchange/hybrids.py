"""Markets where orders rest, with three accounts that have money, and how a test asks them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.commands import Tif
from engine.core.ids import YOU, AccountId, OrderId
from engine.core.units import Leg, Side
from engine.exchange.answers import Declined, Matched, Quote
from engine.exchange.exchange import Exchange
from tests.engine.exchange.listed import NOW, SIM, funded, order, rain

OTHER = AccountId("sim-02")
ACCOUNTS = (YOU, SIM, OTHER)
FEE = Decimal("0.01")


def hybrid(phase: int = 2, contract: Any = None, b: float = 100.0, **terms: Any) -> Exchange:
    """An exchange with one market of a phase, and three accounts with money."""
    exchange = funded(*ACCOUNTS)
    made = exchange.create(contract or rain(), b, (), terms.get("fee_rate", Decimal(0)), NOW, phase=phase)
    assert not isinstance(made, Declined), made
    return exchange


def ask(exchange: Exchange, name: str, side: Side = Side.BUY, leg: Leg = Leg.YES, **terms: Any) -> Matched:
    """Place an order, and fail the test if that is declined."""
    place = order(side, leg, **({"tif": Tif.GTC} | terms))
    quote = exchange.quote(place, NOW)
    assert isinstance(quote, Quote), quote
    return exchange.hybrid.submit(quote, NOW, OrderId(name))


def declined(exchange: Exchange, side: Side = Side.BUY, leg: Leg = Leg.YES, **terms: Any) -> str:
    said = exchange.quote(order(side, leg, **({"tif": Tif.GTC} | terms)), NOW)
    assert isinstance(said, Declined), said
    return said.code
