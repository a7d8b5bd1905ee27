"""The simulated taker asks for options that the simulated market lists, the same for the same seed."""

from __future__ import annotations

from engine.core.events import Listed, QuoteRequested
from engine.core.units import HOUR, Nanos
from engine.core.when import instant
from engine.kernel.rfq.finding import terms
from engine.sandbox import option_market as market
from engine.sandbox.coin import Coin
from engine.sandbox.option_market import OptionMarket
from engine.sandbox.taker import TakerFeed

START = instant("2026-07-03T12:00:00Z")


def asked(seed: int) -> list:
    feed = TakerFeed(OptionMarket(seed, Coin(seed, START)), lambda: START, seed, 120.0)
    return [event for n in range(20) for event in feed.ask(Nanos(START + n * HOUR))]


def test_what_is_asked_for_is_listed_on_the_market_that_prices_it() -> None:
    for event in asked(3):
        if isinstance(event, Listed):
            (one,) = event.instruments
            known = terms(one)
            assert known is not None
            twin = market.option(market.terms_of(one.id.symbol))
            assert terms(twin) == known
            assert not one.inverse
            assert twin.inverse
        else:
            assert isinstance(event, QuoteRequested)
            assert event.request.expires is not None
            assert event.request.expires > event.at
            assert len(event.request.sides) == 1


def test_the_same_seed_asks_the_same_and_another_seed_something_else() -> None:
    assert asked(3) == asked(3)
    assert asked(3) != asked(4)
