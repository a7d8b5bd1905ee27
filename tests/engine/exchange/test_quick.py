"""The usual order is quoted in one go: the same as one rule after the other would have it."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from engine.core.commands import Place, Tif
from engine.core.ids import HOUSE, YOU, OrderId
from engine.core.units import Leg, Nanos, Side
from engine.exchange.answers import Declined, Quote
from engine.exchange.exchange import Exchange
from engine.exchange.rules import ExchangeRules
from tests.engine.exchange.listed import CLOSES, KENNEDY, NEAR, NOW, ORDER, SIM, funded, high, order, rain
from tests.scale import scale

SIZES = (
    1, 2, 7, "0.5", "2.500", "1.234567", "1.2345678", "0.0000001", 40, 300, 990, 1_100, 0, -3, "1e9", "1e10", "NaN",
    "sNaN", "Infinity", "1e-50", "0.0000011000000000000000000000000000000001",
)  # fmt: skip


def listed(chance: random.Random) -> Exchange:
    """An exchange with markets of every kind: cheap, dear, with a fee, of brackets, with orders that rest, closed."""
    exchange = funded(amount=chance.choice((50, 5_000)), rules=ExchangeRules(max_margin=Decimal(400)))
    for name, cell, terms in (
        ("RAIN", KENNEDY, {}),
        ("NEAR", NEAR, {"prior": chance.choice(((0.5, 0.5), (0.01, 0.99), (0.001, 0.999)))}),
        ("FEE", KENNEDY, {"fee_rate": Decimal("0.02")}),
        ("RESTS", KENNEDY, {"phase": 2}),
        ("OVER", KENNEDY, {}),
    ):
        given = {"b": 100.0, "prior": (), "fee_rate": Decimal(0), "at": NOW} | terms
        assert not isinstance(exchange.create(rain(name, cell), **given), Declined)
    assert not isinstance(exchange.create(high(), 100.0, (), Decimal(0), NOW), Declined)
    exchange.close("OVER")
    return exchange


def anything(chance: random.Random) -> Place:
    """An order, sound ones mostly."""
    terms: dict[str, Any] = {}
    kind = chance.random()
    if kind < 0.9:
        terms["qty"] = Decimal(chance.choices(SIZES, (20, 10, 10, 5, *[1] * (len(SIZES) - 4)))[0])
    if kind > 0.85:
        terms["budget"] = Decimal(chance.choice((1, 20)))
    if chance.random() < 0.4:
        terms["price"] = chance.choice((1, 5, 3_000, 4_900, 5_000, 5_100, 7_000, 9_995, 9_999, 10_000, 0, True))
    market = chance.choices(("RAIN", "NEAR", "HIGH", "FEE", "RESTS", "OVER", "NONE"), (8, 6, 4, 2, 2, 1, 1))[0]
    return order(
        chance.choice((Side.BUY, Side.BUY, Side.SELL)),
        chance.choice((Leg.YES, Leg.NO)),
        market,
        chance.choice((0, 2)) if market == "HIGH" else 0,
        by=chance.choices((YOU, SIM, HOUSE), (8, 8, 1))[0],
        tif=chance.choices((Tif.IOC, Tif.FOK, Tif.GTC, Tif.GTD), (16, 4, 1, 1))[0],
        post_only=chance.random() < 0.02,
        **terms,
    )


def test_a_quote_made_in_one_go_is_that_of_the_rules_one_by_one() -> None:
    seen: dict[bool, int] = {True: 0, False: 0}
    for seed in range(scale(100)):
        chance = random.Random(seed)
        exchange = listed(chance)
        deposited = exchange.total()
        for number in range(100):
            place, at = anything(chance), chance.choices((NOW, CLOSES, Nanos(-1)), (20, 1, 1))[0]
            quick, slow = exchange.quote(place, at), exchange.reckon(place, at)
            assert quick == slow, place
            seen[isinstance(quick, Quote)] += 1
            if isinstance(quick, Quote) and (quick.parts or quick.rest):
                exchange.hybrid.submit(quick, at, OrderId(f"o-{number}"))
            elif isinstance(quick, Quote):
                exchange.trade(quick, at, ORDER)
        assert exchange.total() == deposited
    assert min(seen.values()) > 5 * scale(100)
